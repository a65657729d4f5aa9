"""What a layout of fixed-width records may say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Literal, Self

from pydantic import Field as Described
from pydantic import model_validator

from exchange.declare.layout import Name
from exchange.formats.encoding import EncodingName
from exchange.formats.fixed.letters import Letters
from exchange.formats.fixed.records import AlignBy, Field, Line, Places, Record, span
from exchange.formats.fixed.seal import Seal
from exchange.formats.fixed.structure import RecordsLayout, is_pattern, lines, structure_problems


class Layout(RecordsLayout):
    """A file of records with fields in fixed columns."""

    format: Literal["fixed"]
    letters: Letters | None = Described(
        None,
        description="old files write letters in seven bits: [ \\ ] { | } for Ä Ö Å ä ö å (swedish, also in Finland) "
        "or Æ Ø Å æ ø å (danish, also in Norway)",
    )
    length: int | None = Described(None, ge=1, description="columns of every record")
    other_encodings: list[EncodingName] = Described(
        [],
        alias="other encodings",
        description="encodings that files of this kind come in, too: the one that the bytes read best in when they "
        "cannot be text in `encoding`, or UTF-8 when they are; a finding tells of it. "
        "Columns are characters in each of them: a line that was filled up by bytes is an error",
    )
    lines: int | None = Described(
        None,
        ge=1,
        description="so many lines of equal length make one record, whose columns are counted through; they are "
        "read without line ends, too, and filled up where blanks at their end were cut off",
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


def own_lines(layout: Layout) -> Iterator[tuple[str, Line]]:
    """Every record and trailer, with a name for messages."""
    return ((name, line) for name, line in lines(layout) if isinstance(line, Line))


def _problems(layout: Layout) -> Iterator[str]:
    """Everything that does not fit together."""
    if layout.titles is not None and not is_pattern(layout.titles):
        yield f'`titles` is no regular expression: "{layout.titles}"'
    if layout.lines and (layout.newline == "none" or not layout.length or layout.length % layout.lines):
        yield "`lines` needs line ends and a `length` that is a multiple of it"
    if layout.newline == "none" and layout.length is None:
        yield "without line ends the `length` of a record must be declared"
    for name, line in own_lines(layout):
        yield from (f"{name}: {problem}" for problem in _line_problems(layout, line))
    yield from _code_problems(layout)
    yield from structure_problems(layout)


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
    for name, line in own_lines(layout):
        if line.code is None and len(layout.declared) > 1:
            yield f"{name} needs a `code`"
        for code in line.codes:
            key = (layout.places(line), code)
            if key in known:
                yield f'{name} and {known[key]} have the same code "{code}"'
            known[key] = name
