"""What an XML layout may say: where kinds and fields stand, namespaces, and how files are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from exchange.declare.layout import Control, KindBase, LayoutBase, Name
from exchange.formats.values import Dialect, ValueField
from exchange.formats.xml.paths import Path, parse_path

Paths = str | list[str]


class XmlField(ValueField):
    """A field of an XML layout: a value, a structure (`fields`), or a list of these (`many`).

    path: seen from the structure or kind around it; of several paths the first that holds text is read, the
    first is written. A structure without a path only gathers fields that stand elsewhere.
    """

    path: Paths | None = Field(None, description="where it stands, such as GrpHdr/MsgId, Amt/@Ccy or .")
    late: bool = Field(
        False,
        description="stands after the records inside this kind; such fields are read ahead so that "
        "the first record knows them, and written last",
    )
    fields: dict[Name, XmlField] | None = None

    @model_validator(mode="after")
    def _placed(self) -> Self:
        if self.open:
            raise ValueError(
                "an XML field cannot be an open map; declare a repeated structure of name and value"
            )
        if self.path is None and (self.many or not self.fields):
            raise ValueError("this field has no `path`")
        for path in self.paths:
            if path.anywhere:
                raise ValueError(f'"{path}": // stands only in the place of a kind')
            if path.attribute is not None and self.fields:
                raise ValueError(f'"{path}" is an attribute and cannot hold fields')
        return self

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """The declared paths, best first; `.` for a structure without a path."""
        declared = [self.path] if isinstance(self.path, str) else self.path or ["."]
        return tuple(parse_path(text) for text in declared)


class XmlKind(KindBase):
    """One kind of record: the element `at` a path from the element of the kind it is inside (or from the root)."""

    at: Paths = Field(description="path of its element, from that of the kind around it; //Name: anywhere")
    own: bool | Literal["alone"] = Field(
        False,
        description="for a kind that others stand in: a record, too, handed on after those inside it; alone: only where "
        "none stands inside it",
    )
    always: list[str] = Field(
        [], description="paths of elements that are written even when they hold nothing, as some schemas want"
    )
    fields: dict[Name, XmlField] = {}

    @model_validator(mode="after")
    def _placed(self) -> Self:
        for path in self.places:
            if not path.steps or path.attribute is not None:
                raise ValueError(f'"{path}" is not the path of an element')
            if any(step.predicates for step in path.steps):
                raise ValueError(f'"{path}": the place of a kind has no conditions; use `where` in a mapping')
            if path.anywhere and self.inside is not None:
                raise ValueError(f'"{path}": only outermost kinds may stand anywhere (//)')
        for path in self.kept:
            if not path.steps or path.attribute is not None or path.anywhere:
                raise ValueError(f'`always`: "{path}" is not the path of an element inside this one')
        return self

    @cached_property
    def kept(self) -> tuple[Path, ...]:
        """The paths of `always`."""
        return tuple(parse_path(text) for text in self.always)

    @cached_property
    def places(self) -> tuple[Path, ...]:
        """The declared paths of the element; the first is written."""
        return tuple(parse_path(text) for text in ([self.at] if isinstance(self.at, str) else self.at))


class Layout(LayoutBase):
    """The layout of an XML file.

    namespace: of names without prefix; a list allows several, a closing `*` any version, "" none.
    versions: the numbers that may stand first at that `*`; a file of another version is read as the nearest of these,
    with a warning.
    """

    format: Literal["xml"]
    encoding: str = Field("utf-8", description="of written files; read files say their own")
    namespace: Paths = Field("", description="of names without prefix; several, any version with *, or none")
    versions: list[Annotated[str, Field(pattern=r"^[0-9]+$")]] = Field(
        [], description="the known versions: how what stands at the * of a namespace begins"
    )
    prefixes: dict[str, str] = Field({}, description="prefix → namespace (a closing * means any version)")
    dialect: Dialect = Dialect()
    indent: Literal[0, 2] = Field(0, description="blanks before each level of written files; 0: no line ends")
    concatenated: bool = Field(False, description="several XML documents may follow each other in one file")
    record: Name | None = Field(
        None, description="the only kind of record, with `at` and `fields`; or else `records`"
    )
    at: Paths | None = Field(None, description="path of the element of that kind")
    always: list[str] = Field(
        [], description="of that kind: elements that are written even when they hold nothing"
    )
    fields: dict[Name, XmlField] | None = None
    records: dict[Name, XmlKind] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = [*self._form_problems()] or [*self._name_problems(), *self._place_problems()]
        if problems:
            raise ValueError("; ".join(dict.fromkeys(problems)))
        return self

    def kinds(self) -> Mapping[str, XmlKind]:
        """The kinds of records by name, the short form expanded."""
        return self._kinds

    @cached_property
    def _kinds(self) -> Mapping[str, XmlKind]:
        if self.records is not None:
            return self.records
        return {self.record or "": XmlKind(at=self.at or "", always=self.always, fields=self.fields or {})}

    @cached_property
    def streamed(self) -> tuple[str, ...]:
        """The kinds that are handed on one by one: those that no other kind is inside."""
        around = {kind.inside for kind in self.kinds().values()}
        return tuple(name for name in self.kinds() if name not in around)

    @cached_property
    def namespaces(self) -> tuple[str, ...]:
        """The allowed namespaces of names without prefix, as declared."""
        return (self.namespace,) if isinstance(self.namespace, str) else tuple(self.namespace)

    @cached_property
    def values(self) -> Dialect:
        """How values are written: white space around a value is never part of it."""
        return self.dialect.model_copy(update={"trim": True})

    def _form_problems(self) -> Iterator[str]:
        """The short form has record, at and fields; the long form has records."""
        short = [name for name in ("record", "at", "fields") if getattr(self, name) is not None]
        short += ["always"] if self.always else []
        if self.records is not None and short:
            yield f"`records` and `{short[0]}` cannot stand together"
        elif self.records is None and None in (self.record, self.at, self.fields):
            yield "the layout needs `record`, `at` and `fields`, or `records`"
        if self.versions and not any(space.endswith("*") for space in self.namespaces):
            yield "`versions` says what may stand at the * of a namespace, but no namespace ends with one"

    def _name_problems(self) -> Iterator[str]:
        """Kinds and prefixes that are used but not declared."""
        for name, kind in self.kinds().items():
            if kind.inside is not None and kind.inside not in self.kinds():
                yield f'"{name}" is inside "{kind.inside}", which is not declared'
            elif name in self.ancestors(name):
                yield f'"{name}" is inside itself'
            for used in _names(kind):
                prefix = used.partition(":")[0] if ":" in used else None
                if prefix not in (None, "xml", *self.prefixes):
                    yield f'the prefix of "{used}" is not declared in `prefixes`'

    def _place_problems(self) -> Iterator[str]:
        """Rules that make no sense where they stand."""
        around = {kind.inside for kind in self.kinds().values()}
        for name, kind in self.kinds().items():
            for field_name, field in kind.fields.items():
                if field.late and name not in around:
                    yield f'"{field_name}": `late` is for kinds that hold other kinds'
                if field.control is not None and field.type not in ("integer", "decimal", "money"):
                    yield f'"{field_name}": a control total is a number'
                elif field.control is not None:
                    yield from self._control_problems(name, field_name, field.control, name in around)
                if any(inner.late or inner.control for inner in _inner(field)):
                    yield f'"{field_name}": `late` and `control` stand on the outermost field'

        yield from self._nesting_problems()

    def _nesting_problems(self) -> Iterator[str]:
        """Kinds at the same place or in a record of another kind; fields that look into other kinds' elements."""
        places = {name: set(self.whole_places(name)) for name in self.kinds()}
        around = {kind.inside for kind in self.kinds().values()}
        for name, own in places.items():
            others = [(other, place) for other, found in places.items() if other != name for place in found]
            if any(
                place in own and list(places).index(other) < list(places).index(name)
                for other, place in others
            ):
                yield f'"{name}" stands at the same place as another kind'
            if name not in around and any(place[: len(mine)] == mine for mine in own for _, place in others):
                yield f'another kind stands in the elements of "{name}", but is not `inside` it'
        for name, kind in self.kinds().items():
            if kind.inside is not None and kind.inside in self.kinds():
                yield from self._looking_problems(self.kinds()[kind.inside], name, kind)

    def _looking_problems(self, outer: XmlKind, name: str, kind: XmlKind) -> Iterator[str]:
        """Fields of the outer kind that reach into the elements of an inner kind, or choose among open elements."""
        for field_name, field in outer.fields.items():
            for path, place in ((path, place) for path in all_paths(field) for place in kind.places):
                steps = [step.name for step in path.steps[: len(place.steps)]]
                wanted = [step.name for step in place.steps]
                if steps == wanted:
                    yield f'"{field_name}" looks into the elements of "{name}"'
                elif any(s.predicates for s, w in zip(path.steps, wanted[:-1], strict=False) if s.name == w):
                    yield f'"{field_name}" has a condition on an element that holds "{name}"'
                elif _counts_open_elements(path, wanted):
                    yield f'"{field_name}" counts elements beside "{name}"; positions are counted inside other elements'
                elif path == Path():
                    yield f'"{field_name}" is the text of an element that holds "{name}"'

    def whole_places(self, name: str) -> Iterator[tuple[str, ...]]:
        """The places of a kind, seen from the root ("//" first for those that may be anywhere)."""
        kind = self.kinds()[name]
        known = kind.inside in self.kinds() and name not in self.ancestors(name)
        bases = list(self.whole_places(kind.inside)) if kind.inside and known else [()]
        for place in kind.places:
            start = ("//",) if place.anywhere else ()
            yield from ((*base, *start, *(step.name for step in place.steps)) for base in bases)

    def _control_problems(self, kind: str, field: str, control: Control, holds: bool) -> Iterator[str]:
        if not holds:
            yield f'"{field}": `control` is for kinds that hold other kinds'
        if control.within is not None and control.within not in (kind, *self.ancestors(kind)):
            yield f'"{field}": the control is within "{control.within}", which is not around "{kind}"'
        for term in control.sum or []:
            of, _, named = term.removeprefix("-").partition(".")
            if named.partition(".")[0] not in getattr(self.kinds().get(of), "fields", {}):
                yield f'"{field}": the control sums "{term}", which is not declared'
        for counted in control.count or []:
            if counted not in self.kinds():
                yield f'"{field}": the control counts "{counted}", which is not a kind'
        for name in (control.unless or {}).keys() - self.kinds()[kind].fields.keys():
            yield f'"{field}": `unless` names "{name}", which is no field of "{kind}"'
        kinds = {
            term.removeprefix("-").partition(".")[0]
            for term in (*(control.sum or ()), *(control.count or ()))
        }
        known = {name for of in kinds & self.kinds().keys() for name in self.kinds()[of].fields}
        for name in (control.where or {}).keys() - known:
            yield f'"{field}": `where` names "{name}", which is no field of what is added up'

    def ancestors(self, kind: str) -> list[str]:
        """The names of the kinds around a kind, innermost first (stops when one comes again)."""
        found: list[str] = []
        inside = self.kinds()[kind].inside
        while inside is not None and inside in self.kinds() and inside not in found:
            found.append(inside)
            inside = self.kinds()[inside].inside
        return found


def _inner(field: XmlField) -> Iterator[XmlField]:
    for child in (field.fields or {}).values():
        yield child
        yield from _inner(child)


def _counts_open_elements(path: Path, place: list[str]) -> bool:
    """Whether a path counts the elements of one that stays open while records are read."""
    for depth, step in enumerate(path.steps):
        if any(predicate.position for predicate in step.predicates):
            return True
        if depth >= len(place) or step.name != place[depth]:
            return False
    return False


def all_paths(field: XmlField, bases: tuple[Path, ...] = (Path(),)) -> list[Path]:
    """Every path that a field, or a field inside it, reads; seen from its kind."""
    own = tuple(path.under(base) for base in bases for path in field.paths)
    if not field.fields:
        return list(own)
    return [path for inner in field.fields.values() for path in all_paths(inner, own)]


def _names(kind: XmlKind) -> set[str]:
    """Every element and attribute name that a kind uses."""
    fields = [inner for field in kind.fields.values() for inner in (field, *_inner(field))]
    paths = [*kind.places, *kind.kept, *(path for field in fields for path in field.paths)]
    return set().union(*(path.names() for path in paths))
