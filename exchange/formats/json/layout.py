"""What a JSON layout may say.

    layout: acme/orders
    format: json
    each: data.orders            # where the records are: a list, or one object; "" is the whole file
    record: order
    fields:
      number: {path: order_no, required: true}
      total: {type: money, path: amounts.total}
      lines: {many: true, path: line_items, fields: {sku: {}, quantity: {type: integer}}}

`lines: true` is NDJSON, one object per line; where `each` allows "", such a file is known by itself. Fields around the list
are a kind of their own, see `JsonKind`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from exchange.declare.layout import Control, KindBase, LayoutBase, Name, Recognise
from exchange.formats.encoding import EncodingName
from exchange.formats.values import Dialect, ValueField

Path = tuple[str, ...]
NUMBERS = ("integer", "decimal", "money", "percent")


class JsonField(ValueField):
    """A value, a structure (`fields`), an open map (`open`), or a list of these (`many`).

    Numbers may stand as JSON numbers or as texts, either is read exactly; `as` says how they are written.
    """

    path: str | None = Field(
        None, description="dotted keys, such as customer.email; default: the field's own name"
    )
    as_: Literal["number", "text"] | None = Field(
        None,
        alias="as",
        description="how a value is written; default: numbers and booleans as such, others as text",
    )
    fields: dict[Name, JsonField] | None = None

    @model_validator(mode="after")
    def _writable(self) -> Self:
        if self.path is not None and not all(self.path.split(".")):
            raise ValueError(f'"{self.path}" is not a path: keys with a dot between them')
        if self.fields is not None and (self.open or self.as_ is not None):
            raise ValueError("a structure with `fields` has neither `open` nor `as`")
        if self.as_ == "number" and self.type not in (*NUMBERS, "text"):
            raise ValueError(f"a {self.type} cannot be written as a number")
        return self

    def steps(self, name: str) -> Path:
        """The keys that lead to the value."""
        return tuple((self.path or name).split("."))


class JsonKind(KindBase):
    """One kind of record: the object that the file is, or the records `inside` it, at `each`."""

    each: str | list[str] | None = Field(
        None, description="where its records are, seen from the kind around it"
    )
    fields: dict[Name, JsonField] = {}


class Keys(Recognise):
    """How a JSON file is known."""

    keys: list[str] | None = Field(
        None, description="keys that the first record has; default: the required ones"
    )
    alone: bool = Field(False, description="beside the records, the file holds nothing at its top")


class Layout(LayoutBase):
    """The layout of a JSON file."""

    format: Literal["json"]
    encoding: EncodingName = Field("utf-8", description="how text is stored; JSON is UTF-8 by its standard")
    lines: bool = Field(
        False,
        description="NDJSON: one object per line; a file whose records may be the file itself is read so, too",
    )
    each: str | list[str] | None = Field(
        None, description='where the records are; all of a list are read; "" is the file'
    )
    dialect: Dialect = Dialect()
    record: Name | None = Field(None, description="the only kind of record, with `fields`; or else `records`")
    fields: dict[Name, JsonField] | None = None
    records: dict[Name, JsonKind] | None = None
    recognise: Keys | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = [*self._form_problems()] or [*self._kind_problems(), *self._field_problems()]
        if problems:
            raise ValueError("; ".join(dict.fromkeys(problems)))
        return self

    def kinds(self) -> Mapping[str, JsonKind]:
        """The kinds of records by name, the short form expanded."""
        return self._kinds

    @cached_property
    def _kinds(self) -> Mapping[str, JsonKind]:
        if self.records is not None:
            return self.records
        return {self.record or "": JsonKind(each=self.each, fields=self.fields or {})}

    @property
    def streamed(self) -> str:
        """The name of the kind that is read one by one."""
        around = {kind.inside for kind in self.kinds().values()}
        return next(name for name in self.kinds() if name not in around)

    @property
    def envelope(self) -> str | None:
        """The name of the kind around the records."""
        return self.kinds()[self.streamed].inside

    @cached_property
    def places(self) -> tuple[Path, ...]:
        """Where the records are, as keys from the top; () is the file itself. The first is written."""
        each = self.kinds()[self.streamed].each or ""
        declared = [each] if isinstance(each, str) else each
        return tuple(tuple(place.split(".")) if place else () for place in declared)

    @property
    def may_be_lines(self) -> bool:
        """Whether a file may as well hold its records one per line: where one may be the file itself."""
        return () in self.places and self.envelope is None

    def _form_problems(self) -> Iterator[str]:
        """The short form has record and fields; the long form has records."""
        short = [name for name in ("record", "fields", "each") if getattr(self, name) is not None]
        if self.records is not None and short:
            yield f"`records` and `{short[0]}` cannot stand together"
        elif self.records is None and (self.record is None or self.fields is None):
            yield "the layout needs `record` and `fields`, or `records`"

    def _kind_problems(self) -> Iterator[str]:
        """One kind of record, and at most one envelope around it."""
        around = {kind.inside for kind in self.kinds().values() if kind.inside is not None}
        inner = [name for name in self.kinds() if name not in around]
        undeclared = sorted(around - set(self.kinds()))
        if undeclared:
            yield f'there is a kind inside "{undeclared[0]}", which is not declared'
            return
        if len(inner) != 1 or len(self.kinds()) > 2 or any(self.kinds()[name].inside for name in around):
            yield "a JSON layout has one kind of record and at most one kind around it"
            return
        if self.lines and (around or self.kinds()[inner[0]].each):
            yield "with `lines: true` each line is a record: no `each` and no kind around it"
        for name in around:
            if self.kinds()[name].each is not None or () in self.places:
                yield f'"{name}" is the file itself: `each` belongs to the kind inside it, and is not ""'
        for place in self.places:
            if not all(place):
                yield f'"{".".join(place)}" is not a path: keys with a dot between them'

    def _field_problems(self) -> Iterator[str]:
        for name, kind in self.kinds().items():
            yield from _tree_problems(kind.fields)
            for field_name, field in kind.fields.items():
                if field.control is not None and name != self.envelope:
                    yield f'"{field_name}": `control` is for the kind around the records'
                elif field.control is not None:
                    yield from self._control_problems(field_name, field.control)
        if self.envelope is not None:
            taken = {field.steps(name) for name, field in self.kinds()[self.envelope].fields.items()}
            for place in self.places:
                if any(place[: len(path)] == path or path[: len(place)] == place for path in taken):
                    yield f'"{".".join(place)}" holds the records and cannot be a field as well'

    def _control_problems(self, name: str, control: Control) -> Iterator[str]:
        if not control.is_plain:
            yield f'"{name}": `where`, `unless` and `severity` of a control are for XML only'
        if control.within not in (None, self.envelope):
            yield f'"{name}": the control is within "{control.within}", which is not around the records'
        for term in control.sum or []:
            kind, _, path = term.removeprefix("-").partition(".")
            if kind != self.streamed or not _declared(self.kinds()[kind].fields, path.split(".")):
                yield f'"{name}": the control sums "{term}", which is no declared number'
        for counted in control.count or []:
            if counted not in ("*", self.streamed):
                yield f'"{name}": the control counts "{counted}", which is not the kind of the records'


def _declared(fields: Mapping[str, JsonField], path: list[str]) -> bool:
    """Whether a dotted name is a declared number, through structures and lists."""
    field = fields.get(path[0])
    if field is None:
        return False
    if len(path) > 1:
        return _declared(field.fields or {}, path[1:])
    return field.type in NUMBERS and not field.fields


class Tree(dict[str, "Tree | str"]):
    """The objects that a structure's paths make: key → the field that stands there, or the object below."""

    @classmethod
    def of(cls, fields: Mapping[str, JsonField]) -> Tree:
        """The tree of the fields, in declared order. Raises ValueError when two fields claim one place."""
        top = cls()
        for name, field in fields.items():
            *above, last = field.steps(name)
            here: Tree | str = top
            for key in above:
                here = here.setdefault(key, cls()) if isinstance(here, Tree) else here
            if not isinstance(here, Tree) or last in here:
                raise ValueError(f'"{name}" and another field stand at the same place')
            here[last] = name
        return top


def _tree_problems(fields: Mapping[str, JsonField]) -> Iterator[str]:
    try:
        Tree.of(fields)
    except ValueError as error:
        yield str(error)
    for field in fields.values():
        yield from _tree_problems(field.fields or {})
