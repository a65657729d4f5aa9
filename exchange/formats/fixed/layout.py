"""What a layout of fixed-width records may say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Literal, Self

from pydantic import Field as Described
from pydantic import model_validator

from exchange.declare.layout import Control, GroupingLayout, KindBase, Name
from exchange.formats.encoding import EncodingName
from exchange.formats.fixed.letters import Letters
from exchange.formats.fixed.records import NUMBERS, AlignBy, Field, Line, Places, Record, span
from exchange.formats.fixed.seal import Seal


class Kind(KindBase):
    """A kind of record with everything that belongs to it. own: handed on itself where no other stands inside it."""

    fields: dict[Name, Field]
    own: bool = False


class Layout(GroupingLayout):
    """A file of records with fields in fixed columns."""

    format: Literal["fixed"]
    encoding: EncodingName = Described("iso-8859-1", description="how text is stored, such as windows-1252")
    letters: Letters | None = Described(
        None,
        description="old files write letters in seven bits: [ \\ ] { | } for Ä Ö Å ä ö å (swedish, also in Finland) "
        "or Æ Ø Å æ ø å (danish, also in Norway)",
    )
    length: int | None = Described(None, ge=1, description="columns of every record")
    other_encodings: list[EncodingName] = Described(
        [],
        alias="other encodings",
        description="encodings that files of this kind come in, too: the first one that the bytes can be text in, "
        "when they cannot be text in `encoding`; a finding tells of it",
    )
    lines: int | None = Described(
        None,
        ge=2,
        description="so many lines of equal length make one record, whose columns are counted through; they are "
        "read without line ends, too",
    )
    newline: Literal["crlf", "lf", "none"] = Described(
        "crlf", description="what ends a record; none: records follow each other without line ends"
    )
    code_at: Places | None = Described(
        None, alias="code at", description="where the codes of records stand, when no record says otherwise"
    )
    unused: str = Described(
        " ", min_length=1, max_length=1, description="what is written in columns that no field has"
    )
    seal: Seal | None = Described(
        None,
        description="files may stand between the records of a seal (bankgirot); it is told of, not verified",
    )
    tabs: int | None = Described(
        None,
        ge=1,
        description="tabs inside lines stand for blanks up to every so many columns; default: an error",
    )
    titles: str | None = Described(
        None,
        description="regular expression of lines in front of the first record that are none, such as the title of a "
        "printed example; a finding tells of them",
    )
    refused: dict[str, str] = Described(
        {},
        description="regular expression of the beginning of records that exist and are not read → why, in a sentence",
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
            name: Kind(
                inside=record.inside,
                own=record.own is not None,
                meaning=record.meaning,
                fields=self.all_fields(name),
            )
            for name, record in self.declared.items()
            if not record.owners
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

    @cached_property
    def subsets(self) -> dict[str, str]:
        """The record of each subset."""
        return {str(one): name for name, record in self.declared.items() for one in record.subsets}

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
    if layout.titles is not None and not _is_pattern(layout.titles):
        yield f'`titles` is no regular expression: "{layout.titles}"'
    for pattern in layout.refused:
        if not _is_pattern(pattern):
            yield f'`refused` has no regular expression: "{pattern}"'
    if layout.lines and (layout.newline == "none" or not layout.length or layout.length % layout.lines):
        yield "`lines` needs line ends and a `length` that is a multiple of it"
    if layout.newline == "none" and layout.length is None:
        yield "without line ends the `length` of a record must be declared"
    for name, line in lines(layout):
        yield from (f"{name}: {problem}" for problem in _line_problems(layout, line))
    yield from _code_problems(layout)
    for name, record in layout.declared.items():
        yield from (f"{name}: {problem}" for problem in _record_problems(layout, name, record))
    yield from _control_problems(layout)


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return True


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
    if record.owners and (record.inside is not None or record.trailer is not None):
        yield "a record with `of` or `before` has neither `inside` nor `trailer`"
    if record.inside in known and known[str(record.inside)].owners:
        yield f"{record.inside} belongs to another record; nothing can stand inside it"
    if not record.owners and record.as_ is not None:
        yield "`as` is for records with `of` or `before`"
    if record.as_ is None and record.of is not None and "many" in record.model_fields_set and record.many:
        yield "a record that stands more than once needs a name for its list (`as`)"
    if record.or_itself and (not record.is_listed or len(record.owners) != 1):
        yield "`or itself` is for a list of records that belong to one other (`of`, `as`)"
    yield from _behind_problems(layout, record)
    if record.before is not None or record.by is not None:
        yield from _ahead_problems(layout, record)
    yield from _subset_problems(layout, record)
    yield from _clashes(layout, name, record)


def _ahead_problems(layout: Layout, record: Record) -> Iterator[str]:
    """What is wrong with a record that stands before what it belongs to."""
    owners = [layout.declared[owner] for owner in record.owners if owner in layout.declared]
    others = [one.as_ for one in layout.declared.values() if one is not record]
    if record.before is None or record.by is None or record.of is not None:
        yield "a record has `before` and `by` together, without `of`"
    elif record.as_ in (None, *others) or record.many or record.required:
        yield "a record with `before` needs a name of its own (`as`) and `many: false`, and is not `required`"
    elif any(record.by not in one.fields for one in (record, *owners)):
        yield f"{record.by} is no field of the record and of all that it stands before"
    around = {owner.inside for owner in owners}
    if around and (len(around) > 1 or None in around):
        yield "the records that it stands before must stand in one envelope"


def _subset_problems(layout: Layout, record: Record) -> Iterator[str]:
    """Subsets with names that something else has, or of fields that do not exist or are no texts."""
    for subset, tests in record.subsets.items():
        if subset in layout.declared:
            yield f'the subset "{subset}" has the name of a record'
        for field in tests:
            if field not in record.fields or record.fields[field].type != "text":
                yield f'the subset "{subset}" asks for "{field}", which is no text of the record'


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
    parts.append({one for one, other in layout.declared.items() if not other.owners and one != name})
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
        for field_name, field in fields.items():
            for term in (field.earliest, field.latest):
                yield from _term_problems(layout, f"{name}.{field_name}", term, ("date",)) if term else ()
        for place, control in controls.items():
            if name not in around:
                yield f"{place}: a control total needs records inside {name}"
            if not control.is_plain:
                yield f"{place}: `where`, `severity` and sums beside a count are for XML only"
            if control.within not in (None, name):
                yield f"{place}: it can only be summed over {name} itself"
            yield from _counted_problems(layout, place, control)


def _counted_problems(layout: Layout, place: str, control: Control) -> Iterator[str]:
    """What a control total sums or counts, but does not exist."""
    for term in control.sum or ():
        yield from _term_problems(layout, place, term.removeprefix("-"), NUMBERS)
    for counted in control.count or ():
        if counted != "*" and counted not in layout.declared and counted not in layout.subsets:
            yield f'{place}: "{counted}" is no record of this layout'


def _term_problems(layout: Layout, place: str, term: str, types: tuple[str, ...]) -> Iterator[str]:
    kind, _, name = term.partition(".")
    record = layout.declared.get(layout.subsets.get(kind, kind))
    fields = {**record.fields, **(record.trailer.fields if record.trailer else {})} if record else {}
    if name not in fields:
        yield f'{place}: "{term}" is no field of a record'
    elif fields[name].type not in types:
        yield f'{place}: "{term}" is no {"date" if "date" in types else "number"}'
