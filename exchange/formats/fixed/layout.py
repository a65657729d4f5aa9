"""What a layout of fixed-width records may say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, model_validator
from pydantic import Field as Described

from exchange.declare.layout import Control, Declared, KindBase, LayoutBase, Name
from exchange.formats.encoding import EncodingName
from exchange.formats.fixed.letters import Letters
from exchange.formats.values import ValueField
from exchange.model import FieldShape

NUMBERS = ("integer", "decimal", "money", "percent")


def _place(text: str) -> str:
    span(text)
    return text


def span(text: str) -> tuple[int, int]:
    """`3-12` → (2, 12), as slices count. Raises ValueError."""
    match = re.fullmatch(r"([1-9][0-9]*)(?:-([1-9][0-9]*))?", text)
    if match is None or int(match[2] or match[1]) < int(match[1]):
        raise ValueError(
            f'"{text}" is no place: write the first and last column, counted from 1, such as 3-12'
        )
    return int(match[1]) - 1, int(match[2] or match[1])


Place = Annotated[str, AfterValidator(_place)]
Places = Place | list[Place]
Lengths = Annotated[int, Described(ge=1)] | list[Annotated[int, Described(ge=1)]] | Place
Codes = str | list[str]


class SignPlace(Declared):
    """A sign that stands apart from its number."""

    at: Place = Described(description="its column")
    negative: str = Described("-", description="what stands there for a number below zero")
    positive: str = Described(" ", description="what stands there for any other")


class AlignBy(Declared):
    """Alignment that depends on another field: right when it holds one of these texts, else left."""

    by: Name = Described(description="the field that decides")
    right: list[str] = Described(description="its texts with which this field stands right")


class Field(ValueField):
    """A field: its columns, counted from 1, the last one included.

    By default texts stand left and are filled with blanks, numbers stand right and are filled with zeros. An
    empty value is written as the first text of `empty`, else as the fill of a text, else as blanks.
    """

    at: Place | None = Described(None, description="columns, such as 3-12 or 80")
    align: Literal["left", "right"] | AlignBy | None = None
    fill: str | None = Described(
        None,
        min_length=1,
        max_length=1,
        description="what fills columns that the value leaves; default: 0 or blank",
    )
    decimals: int | None = Described(None, ge=1, description="so many last digits are decimals")
    plus: bool = Described(False, description="write + before (or behind) numbers that are not negative")
    sign_at: SignPlace | None = Described(None, alias="sign at", description="a sign in columns of its own")
    holds: Literal["length"] | None = Described(
        None, description="length: how many columns its record has; checked on reading, computed when written"
    )
    fields: dict[Name, Field] | None = Described(None, exclude=True)

    @model_validator(mode="after")
    def _fits_fixed(self) -> Self:
        number = self.type in NUMBERS
        problems = {
            "`decimals` is for numbers": self.decimals is not None and not number,
            "`sign at` is for numbers": self.sign_at is not None and not number,
            "`plus` is for numbers": self.plus and not number,
            "the length of a record is an integer": self.holds is not None and self.type != "integer",
            "an integer has no `decimals`": self.decimals is not None and self.type == "integer",
            "a control total is a number": self.control is not None and not number,
            "records that repeat are declared with `of`, not with `many`": self.many and self.at is not None,
            "there are no open maps in fixed columns": self.open,
        }
        wrong = [problem for problem, is_so in problems.items() if is_so]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    def shape(self, name: str) -> FieldShape:
        """What a mapping needs to know of this field."""
        shape = super().shape(name)
        return replace(shape, computed=True) if self.holds else shape

    @property
    def span(self) -> tuple[int, int]:
        """First and last column, as slices count."""
        return span(self.at or "1")

    @property
    def width(self) -> int:
        """How many columns it has."""
        return self.span[1] - self.span[0]

    @property
    def filler(self) -> str:
        """The character that fills the columns which the value does not need."""
        return self.fill or ("0" if self.type in NUMBERS else " ")

    @property
    def right(self) -> bool:
        """Whether the value stands at the right."""
        return self.align == "right" or (self.align is None and self.type in NUMBERS)


class Line(Declared):
    """One record of the file: how it is known, and its fields."""

    code: Codes | None = Described(None, description="the text that tells this record from others")
    code_at: Places | None = Described(
        None, alias="code at", description="where the code stands; several places are read as one text"
    )
    length: Lengths | None = Described(
        None,
        description="columns of this record, where it differs from the others; a list or a range such as 9-428 "
        "where it may be shorter: the shortest that has room is written",
    )
    unused: str | None = Described(
        None, min_length=1, max_length=1, description="what is written in columns that no field has"
    )
    fields: dict[Name, Field] = {}

    @property
    def codes(self) -> tuple[str, ...]:
        """All codes of this record."""
        return (self.code,) if isinstance(self.code, str) else tuple(self.code or ())


class Trailer(Line):
    """The record that ends an envelope; its fields belong to the kind that it ends."""

    required: bool = Described(True, description="an envelope without it is a finding")


class Behind(Declared):
    """Where parts of an envelope stand that follow the records of a day: behind the last one that is not later."""

    by: Name = Described(description="the date of the part")
    field: Name = Described(description="the date of the records inside")


class Record(Line, KindBase):
    """A kind of record, or a record that belongs to the one before it (`of`)."""

    trailer: Trailer | None = None
    of: Name | list[Name] | None = Described(None, description="the record before it that it belongs to")
    as_: Name | None = Described(
        None, alias="as", description="name of the list (or structure) it becomes; none: its fields join in"
    )
    many: bool = Described(True, description="false: it stands once, as a structure")
    required: bool = Described(False, description="a record with `of`: it must be there")
    or_itself: bool = Described(
        False,
        alias="or itself",
        description="a list: the record before it, where it has none, is its own only element (on reading)",
    )
    behind: Behind | None = Described(
        None,
        description="a list of an envelope: where its records are written among those inside, such as balances "
        "at the end of each day",
    )

    @property
    def owners(self) -> tuple[str, ...]:
        """The records it may belong to."""
        return (self.of,) if isinstance(self.of, str) else tuple(self.of or ())

    @property
    def is_listed(self) -> bool:
        """Whether it becomes an element of a list."""
        return self.as_ is not None and self.many


class Kind(KindBase):
    """A kind of record with everything that belongs to it."""

    fields: dict[Name, Field]


class Layout(LayoutBase):
    """A file of records with fields in fixed columns."""

    format: Literal["fixed"]
    encoding: EncodingName = Described("iso-8859-1", description="how text is stored, such as windows-1252")
    letters: Letters | None = Described(
        None,
        description="old files write letters in seven bits: [ \\ ] { | } for Ä Ö Å ä ö å (swedish, also in Finland) "
        "or Æ Ø Å æ ø å (danish, also in Norway)",
    )
    length: int | None = Described(None, ge=1, description="columns of every record")
    newline: Literal["crlf", "lf", "none"] = Described(
        "crlf", description="what ends a record; none: records follow each other without line ends"
    )
    code_at: Places | None = Described(
        None, alias="code at", description="where the codes of records stand, when no record says otherwise"
    )
    unused: str = Described(
        " ", min_length=1, max_length=1, description="what is written in columns that no field has"
    )
    record: Name | None = Described(
        None, description="the only kind of record, with `fields`; or else `records`"
    )
    fields: dict[Name, Field] | None = None
    records: dict[Name, Record] | None = None

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if (self.records is None) == (self.record is None or self.fields is None):
            raise ValueError("a layout has either `record` and `fields` (one kind) or `records` (several)")
        problems = list(_problems(self))
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @cached_property
    def declared(self) -> dict[str, Record]:
        """All records, by name."""
        if self.records is not None:
            return {str(name): record for name, record in self.records.items()}
        return {str(self.record): Record(fields=self.fields or {})}

    def kinds(self) -> Mapping[str, KindBase]:
        """The kinds, each with the fields of its trailer and of the records that belong to it."""
        return {
            name: Kind(inside=record.inside, meaning=record.meaning, fields=self.all_fields(name))
            for name, record in self.declared.items()
            if record.of is None
        }

    def all_fields(self, name: str) -> dict[str, Field]:
        """The fields of a record, of its trailer, and of the records that belong to it."""
        record = self.declared[name]
        fields = {**record.fields, **(record.trailer.fields if record.trailer else {})}
        for child_name, child in self.children(name):
            inner = self.all_fields(child_name)
            if child.as_ is None:
                fields |= inner
            else:
                before = fields[child.as_].fields or {} if child.as_ in fields else {}
                fields[child.as_] = Field(
                    fields={**before, **inner}, many=child.many, required=child.required
                )
        return fields

    def children(self, name: str) -> list[tuple[str, Record]]:
        """The records that belong to a record, in declared order."""
        return [(child, record) for child, record in self.declared.items() if name in record.owners]

    def places(self, line: Line) -> tuple[tuple[int, int], ...]:
        """Where the code of a record stands."""
        places = line.code_at or self.code_at or []
        return tuple(span(place) for place in ([places] if isinstance(places, str) else places))

    def columns(self, line: Line) -> int:
        """How many columns a record has, at most."""
        return self.lengths(line)[-1]

    def lengths(self, line: Line) -> Sequence[int]:
        """How many columns a record may have, the fewest first."""
        said = line.length or self.length
        if said is None:
            ends = [field.span[1] for field in line.fields.values()] + [end for _, end in self.places(line)]
            return [max(ends, default=1)]
        if isinstance(said, str):
            first, last = span(said)
            return range(first + 1, last + 1)
        return [said] if isinstance(said, int) else sorted(said)


def lines(layout: Layout) -> Iterator[tuple[str, Line]]:
    """Every record and trailer, with a name for messages."""
    for name, record in layout.declared.items():
        yield name, record
        if record.trailer is not None:
            yield f"{name}.trailer", record.trailer


def _problems(layout: Layout) -> Iterator[str]:
    """Everything that does not fit together."""
    if layout.newline == "none" and layout.length is None:
        yield "without line ends the `length` of a record must be declared"
    for name, line in lines(layout):
        yield from (f"{name}: {problem}" for problem in _line_problems(layout, line))
    yield from _code_problems(layout)
    for name, record in layout.declared.items():
        yield from (f"{name}: {problem}" for problem in _record_problems(layout, name, record))
    yield from _control_problems(layout)


def _line_problems(layout: Layout, line: Line) -> Iterator[str]:
    taken: dict[int, str] = {}
    code = (
        {column for start, end in layout.places(line) for column in range(start, end)} if line.code else set()
    )
    for name, field in line.fields.items():
        if field.at is None:
            yield f"{name} needs its columns (`at`)"
            continue
        spans = [field.span] + ([span(field.sign_at.at)] if field.sign_at else [])
        for column in (column for start, end in spans for column in range(start, end)):
            if column in taken:
                yield f"{name} and {taken[column]} both stand in column {column + 1}"
                break
            taken[column] = name
        if field.span[1] > layout.columns(line):
            yield f"{name} ends in column {field.span[1]}, but the record has {layout.columns(line)}"
        if isinstance(field.align, AlignBy) and field.align.by not in line.fields:
            yield f"{name} is aligned by {field.align.by}, which is no field of the same record"
    if len(line.codes) > 1 and not code <= set(taken):
        yield "with several codes, a field must stand where the code stands, so that it can be written"
    if line.code is not None and not layout.places(line):
        yield "say where the code stands (`code at`)"
    width = sum(end - start for start, end in layout.places(line))
    yield from (
        f'the code "{one}" is not {width} columns wide' for one in line.codes if width and len(one) != width
    )


def _code_problems(layout: Layout) -> Iterator[str]:
    known: dict[tuple[object, str], str] = {}
    for name, line in lines(layout):
        if line.code is None and len(layout.declared) > 1:
            yield f"{name} needs a `code`"
        for code in line.codes:
            key = (layout.places(line), code)
            if key in known:
                yield f'{name} and {known[key]} have the same code "{code}"'
            known[key] = name


def _record_problems(layout: Layout, name: str, record: Record) -> Iterator[str]:
    known = layout.declared
    for other in [*record.owners, *([record.inside] if record.inside else [])]:
        if other not in known:
            yield f'"{other}" is no record of this layout'
        elif name in _around(layout, other):
            yield f"it stands inside itself, by way of {other}"
    if record.of is not None and (record.inside is not None or record.trailer is not None):
        yield "a record with `of` has neither `inside` nor `trailer`"
    if record.inside in known and known[str(record.inside)].of is not None:
        yield f"{record.inside} belongs to another record; nothing can stand inside it"
    if record.of is None and record.as_ is not None:
        yield "`as` is for records with `of`"
    if record.as_ is None and record.of is not None and "many" in record.model_fields_set and record.many:
        yield "a record that stands more than once needs a name for its list (`as`)"
    if record.or_itself and (not record.is_listed or len(record.owners) != 1):
        yield "`or itself` is for a list of records that belong to one other (`of`, `as`)"
    yield from _behind_problems(layout, record)
    yield from _clashes(layout, name, record)


def _behind_problems(layout: Layout, record: Record) -> Iterator[str]:
    if record.behind is None:
        return
    inside = [other for other in layout.declared.values() if other.inside in record.owners]
    compared = [record.fields.get(record.behind.by), *(one.fields.get(record.behind.field) for one in inside)]
    if not record.is_listed or any(one is None or one.type != "date" for one in compared):
        yield "`behind` is for a list of records (`of`, `as`), and compares dates that they and all inside have"


def _around(layout: Layout, name: str) -> set[str]:
    """A record and all that it stands in or belongs to."""
    found, rest = set[str](), [name]
    while rest:
        one = rest.pop()
        record = layout.declared.get(one)
        if one not in found and record is not None:
            found.add(one)
            rest += [*record.owners, *([record.inside] if record.inside else [])]
    return found


def _clashes(layout: Layout, name: str, record: Record) -> Iterator[str]:
    """Names that two things of one record would have."""
    parts = [set(record.fields), set(record.trailer.fields if record.trailer else ())]
    parts += [set(child.fields) for _, child in layout.children(name) if child.as_ is None]
    parts.append({str(child.as_) for _, child in layout.children(name) if child.as_ is not None})
    parts.append({one for one, other in layout.declared.items() if other.of is None and one != name})
    seen: set[str] = set()
    for part in parts:
        yield from (f'the name "{double}" stands for two things' for double in sorted(seen & part))
        seen |= part


def _control_problems(layout: Layout) -> Iterator[str]:
    """Control totals that cannot be computed."""
    around = {record.inside for record in layout.declared.values()}
    for name, record in layout.declared.items():
        fields = {**record.fields, **(record.trailer.fields if record.trailer else {})}
        controls = {
            f"{name}.{field_name}": field.control for field_name, field in fields.items() if field.control
        }
        for place, control in controls.items():
            if name not in around:
                yield f"{place}: a control total needs records inside {name}"
            if control.within not in (None, name):
                yield f"{place}: it can only be summed over {name} itself"
            yield from _counted_problems(layout, place, control)


def _counted_problems(layout: Layout, place: str, control: Control) -> Iterator[str]:
    """What a control total sums or counts, but does not exist."""
    for term in control.sum or ():
        yield from _term_problems(layout, place, term.removeprefix("-"))
    for counted in control.count or ():
        if counted != "*" and counted not in layout.declared:
            yield f'{place}: "{counted}" is no record of this layout'


def _term_problems(layout: Layout, place: str, term: str) -> Iterator[str]:
    kind, _, name = term.partition(".")
    record = layout.declared.get(kind)
    fields = {**record.fields, **(record.trailer.fields if record.trailer else {})} if record else {}
    if name not in fields:
        yield f'{place}: "{term}" is no field of a record'
    elif fields[name].type not in NUMBERS:
        yield f'{place}: "{term}" is no number'
