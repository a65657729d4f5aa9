"""What every layout may say, whatever its format. A format module subclasses and adds its own places."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from exchange.declare.declared import Declared as Declared
from exchange.declare.declared import Name as Name
from exchange.declare.declared import PlacedName, Wrong
from exchange.declare.places import PlacedText
from exchange.declare.problems import did_you_mean
from exchange.model import FieldShape, KindShape, Shape

TYPES = ("text", "integer", "decimal", "money", "percent", "date", "datetime", "time", "boolean")
FieldType = Literal["text", "integer", "decimal", "money", "percent", "date", "datetime", "time", "boolean"]
NAME_PATTERN = r"^[a-z0-9][a-z0-9.-]*/[a-z0-9][a-z0-9._-]*$"


def _owned(name: str) -> str:
    if not re.fullmatch(NAME_PATTERN, name):
        advice = "Names are owner/name: lower-case letters, digits, - and dots, such as acme/orders."
        raise Wrong(f'"{name}" is not the name of a layout or mapping', advice=advice)
    return name


LayoutName = Annotated[
    PlacedText, AfterValidator(_owned), WithJsonSchema({"type": "string", "pattern": NAME_PATTERN})
]


class Control(Declared):
    """A control total: checked when a file is read, computed when one is written.

    sum: terms `kind.field`, each with an optional leading "-"; count: kinds, or "*" for every record.
    `where`, `unless` and `severity` are for XML only, and so is a count with sums to be added to it.
    """

    sum: list[str] | None = Field(None, description="terms kind.field, each with an optional - before it")
    count: list[str] | None = Field(
        None, description="kinds whose records are counted; * counts every record"
    )
    modulo: int | None = Field(None, description="only the remainder of a division by this number is kept")
    within: Name | None = Field(None, description="the envelope summed over; default: the one with the field")
    where: dict[Name, str] | None = Field(
        None,
        description="only records whose fields are these texts, such as {direction: CRDT}; of kinds without these fields all",
    )
    unless: dict[Name, str] | None = Field(
        None,
        description="nothing is asked where the record with the total has these texts, such as {whole: true}: what is counted "
        "does not stand in the file then",
    )
    severity: Literal["error", "warning"] = Field(
        "error", description="how serious a difference is on reading"
    )

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if self.sum is None and self.count is None:
            raise ValueError("a control is a sum or a count")
        if self.where is not None and "*" in (self.count or ()):
            raise ValueError("`where` needs the names of kinds, not *")
        return self

    @property
    def is_plain(self) -> bool:
        """Whether it says nothing that only XML knows."""
        both = self.sum is not None and self.count is not None
        return self.where is None and self.unless is None and self.severity == "error" and not both


class FieldBase(Declared):
    """One field: its type and rules. Formats add where it stands."""

    type: FieldType = Field("text", description="what the text means; a value that does not fit is a finding")
    required: bool = Field(False, description="an empty value is a finding")
    meaning: str | None = Field(None, description="a sentence for people; shown in the reference")
    min_length: int | None = Field(None, description="fewest characters allowed")
    max_length: int | None = Field(None, description="most characters allowed")
    matches: str | None = Field(None, description="regular expression that the whole text must match")
    pattern: str | None = Field(
        None, description="how a date or time is written: %d.%m.%Y, or %-d.%-m.%Y without leading zeros"
    )
    values: list[str] | None = Field(None, description="the only texts allowed")
    scale: int | None = Field(None, description="most decimals allowed; written with exactly this many")
    digits: int | None = Field(None, description="most digits allowed in all")
    minimum: Decimal | None = Field(None, description="smallest number allowed")
    maximum: Decimal | None = Field(None, description="biggest number allowed")
    check: str | None = Field(None, description="name of a check: iban, rf, fi-viite …")
    constant: str | None = Field(None, description="the text that always stands here, checked on reading")
    control: Control | None = None
    many: bool = Field(False, description="repeated: a list of structures (or of plain values)")
    open: bool = Field(False, description="an open map of names to texts, such as dimensions")

    def children(self) -> Mapping[str, FieldBase]:
        """The fields of a structure; empty for a plain value."""
        return getattr(self, "fields", None) or {}

    def shape(self, name: str) -> FieldShape:
        """What a mapping needs to know of this field."""
        inner = {child: field.shape(child) for child, field in self.children().items()}
        kind = "structure" if inner or self.open else self.type
        computed = self.constant is not None or self.control is not None
        return FieldShape(name, kind, self.required, self.many, inner, computed, self.open)


class KindBase(Declared):
    """One kind of record in a file."""

    inside: Name | None = Field(None, description="the kind of envelope this kind stands in")
    meaning: str | None = Field(None, description="a sentence for people; shown in the reference")

    def own_fields(self) -> Mapping[str, FieldBase]:
        """The declared fields of this kind (every format's kind has `fields`)."""
        fields: Mapping[str, FieldBase] = self.fields  # type: ignore[attr-defined]
        return fields

    def shape(self, name: str) -> KindShape:
        """What a mapping needs to know of this kind; formats may hand on kinds that hold others, too (`own`)."""
        fields = {field_name: field.shape(field_name) for field_name, field in self.own_fields().items()}
        return KindShape(name, fields, self.inside, bool(getattr(self, "own", False)))


class Group(Declared):
    """Records that belong together become one: lines of an order → one order with its lines.

    The parent keeps the fields named in `keep` (default: none but `by`), children keep all.
    """

    by: list[PlacedName] = Field(
        min_length=1, description="fields; records with equal values belong together"
    )
    into: Name = Field(description="the kind of the record that they become")
    children: Name = Field(description="the field of that record which lists them")
    keep: list[PlacedName] = Field(
        [], description="more fields that the record itself has, taken from the first one"
    )
    order: Literal["consecutive", "any"] = Field(
        "consecutive", description="any: lines of one group may be apart; the groups are held in memory"
    )

    @cached_property
    def shared(self) -> tuple[str, ...]:
        """The fields of the record that the others become."""
        return tuple(str(name) for name in (*self.by, *self.keep))


class Recognise(Declared):
    """How a file of this layout is known, besides what its format finds out by itself."""

    name: str | None = Field(None, description="file name pattern, such as ORD_*.csv")
    starts: str | None = Field(None, description="regular expression that matches at the start of the text")
    never: bool = Field(
        False, description="no file is taken for this layout by its looks; for layouts that are only written"
    )


class LayoutBase(Declared):
    """The declared shape of one file type: one layout drives reading and writing."""

    layout: LayoutName = Field(description="its name, owner/name: that of the file below schemas/")
    like: LayoutName | None = Field(
        None, description="another layout: this one is as that, but for what stands here"
    )
    format: str = Field(description="one of the formats: `exchange formats`")
    meaning: str | None = Field(None, description="a sentence for people; shown in the reference")
    source: str | None = Field(None, description="where the facts of this layout come from")
    confidence: Literal["official", "samples", "single source", "memory"] | None = Field(
        None, description="how sure the facts are"
    )
    version: str | None = Field(None, description="the version of the file type that it describes")
    standing: bool = Field(
        False,
        description="says how things stand, as a stock, a price or a customer's address do: the same business key may come again "
        "with every later file, and is looked for twice in one file only",
    )
    alone: bool = Field(
        False,
        description="who receives such files takes one document in each: flows that write them say `per: document`",
    )
    schema_: str | None = Field(
        None,
        alias="schema",
        description="XSD or JSON Schema of the files; {message} stands for the message named by the namespace",
    )
    schema_errors: Literal["error", "warning"] = Field(
        "error",
        alias="schema errors",
        description="how serious they are when reading; when writing they are errors",
    )
    recognise: Recognise | None = None
    about: dict[str, str | list[str]] = Field(
        {},
        description="what `exchange inspect` shows of a file: words for people → kind.field, or two of them such as the first and "
        "the last day of a period",
    )

    def only_alone(self) -> tuple[str, str]:
        """What is wrong with a flow that puts all documents of an arrival into one file, and what to do."""
        return (
            f"Who receives {self.layout} takes one document in a file, but here all documents of an arrival become one file.",
            "Write `per: document` and a name with {n} or {key}. Where several in a file are taken, a layout of your own that is "
            "`like` this one says `alone: false`.",
        )

    @model_validator(mode="after")
    def _about_its_fields(self) -> Self:
        known = list(self._dotted()) if self.about else []
        for fields in self.about.values():
            for field in [fields] if isinstance(fields, str) else fields:
                if field not in known:
                    raise Wrong(
                        f'"{field}" is no kind.field of this layout', advice=did_you_mean(field, known)
                    )
        return self

    def _dotted(self) -> Iterator[str]:
        """All fields that `about` may name."""
        for kind, declared in self.kinds().items():
            yield from (f"{kind}.{name}" for name, _ in walk_fields(declared.own_fields()))

    def kinds(self) -> Mapping[str, KindBase]:
        """The kinds of records, by name; formats with a short form (`record` + `fields`) expand it."""
        raise NotImplementedError

    def shape(self) -> Shape:
        """The neutral shape that mappings are compiled against."""
        kinds = {name: kind.shape(name) for name, kind in self.kinds().items()}
        return Shape(self.layout, kinds, self.standing)


class GroupingLayout(LayoutBase):
    """A layout of flat records, of which several may be one thing."""

    group: Group | None = None

    @model_validator(mode="after")
    def _groups_by_its_fields(self) -> Self:
        if self.group is None:
            return self
        kinds = self.kinds()
        around = {kind.inside for kind in kinds.values()}
        fields = {field for name, kind in kinds.items() if name not in around for field in kind.own_fields()}
        for name in (*self.group.by, *self.group.keep):
            if name not in fields:
                raise Wrong(
                    f'"{name}" is not a field of the records that are grouped',
                    at=name,
                    advice=did_you_mean(name, fields),
                )
            if name == self.group.children:
                raise Wrong(f'"{name}" cannot be the list of the records as well', at=name)
        return self

    def shape(self) -> Shape:
        """The neutral shape, grouping included."""
        flat = super().shape()
        if self.group is None:
            return flat
        return Shape(self.layout, dict(_grouped(flat.kinds, self.group)), flat.standing)


def _grouped(kinds: Mapping[str, KindShape], group: Group) -> Iterator[tuple[str, KindShape]]:
    """The shape after grouping: the streamed kind is replaced by the parent with its children."""
    around = {kind.inside for kind in kinds.values()}
    for name, kind in kinds.items():
        if name in around:
            yield name, kind
            continue
        parents = {f: kind.fields[f] for f in group.shared}
        lines = FieldShape(group.children, "structure", True, True, kind.fields)
        yield group.into, KindShape(group.into, {**parents, group.children: lines}, kind.inside)


def walk_fields(fields: Mapping[str, FieldBase], prefix: str = "") -> Iterator[tuple[str, FieldBase]]:
    """Every field with its dotted name, structures before what is inside them."""
    for name, field in fields.items():
        yield prefix + name, field
        yield from walk_fields(field.children(), f"{prefix}{name}.")
