"""What a layout of delimited records of several kinds may say."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Literal, Self

from pydantic import Field as Described
from pydantic import model_validator

from exchange.declare.layout import Name
from exchange.formats import encoding as encodings
from exchange.formats._csv_columns import placed_title
from exchange.formats._csv_signs import Delimiter, Quote, need_to_differ
from exchange.formats.fixed.structure import (
    CodedLine,
    RecordBase,
    RecordField,
    RecordsLayout,
    TrailerBase,
    lines,
    structure_problems,
)
from exchange.formats.values import Dialect


class Field(RecordField):
    """A field: its column. What a row lacks, and an empty cell, is an empty value."""

    column: int | str | None = Described(
        None, description="its number from 1, or its title in the `header` of the record"
    )
    holds: Literal["number", "owner number"] | None = Described(
        None,
        description="number: the running number of its record in the envelope, given when written unless the record "
        "has one; owner number: that of the record it belongs to",
    )
    fields: dict[Name, Field] | None = Described(None, exclude=True)

    @model_validator(mode="after")
    def _fits_rows(self) -> Self:
        wrong = [problem for problem, is_so in self.faults().items() if is_so]
        if self.many and self.column is not None:
            wrong.append("records that repeat are declared with `of`, not with `many`")
        if wrong:
            raise ValueError("; ".join(wrong))
        return self


class Line(CodedLine):
    """One record of the file: how it is known, its columns, its fields."""

    header: list[str] | None = Described(
        None,
        description="the titles of its columns, as the header line of this kind has them; it is written before all "
        "records. A file may have it, with its columns in another order, or lack it",
    )
    width: int | None = Described(
        None, ge=1, description="how many columns it has; default: those of `header`, or up to its last field"
    )
    fewest: int | None = Described(
        None,
        ge=1,
        description="rows may end behind so many columns, and what they lack is empty; default: all columns",
    )
    fields: dict[Name, Field] = {}

    @property
    def columns(self) -> int:
        """How many columns it has."""
        numbers = [field.column for field in self.fields.values() if isinstance(field.column, int)]
        return self.width or len(self.header or ()) or max(numbers, default=1)

    def place(self, field: Field) -> int:
        """The column of a field, from 0. Raises ValueError."""
        if isinstance(field.column, int):
            return field.column - 1
        return (self.header or []).index(str(field.column))


class Trailer(Line, TrailerBase):
    """The record that ends an envelope; its fields belong to the kind that it ends."""


class Record(Line, RecordBase):
    """A kind of record, or a record that belongs to the one before it (`of`)."""

    trailer: Trailer | None = None


class RowDialect(Dialect):
    """How rows, columns and values are written."""

    delimiter: Delimiter = Described(";", description="the character between columns, or tab")
    quote: Quote = Described(
        '"',
        description="the character around values that hold a delimiter or a line end, doubled inside a value; or none",
    )
    skip: int = Described(0, ge=0, description="lines at the beginning that are not read")
    newline: Literal["lf", "crlf"] = Described(
        "crlf", description="line ends that are written; both are read"
    )
    bom: bool = Described(False, description="write a byte order mark")

    @model_validator(mode="after")
    def _differ(self) -> Self:
        need_to_differ(self.quote, self.delimiter)
        return self


class Layout(RecordsLayout):
    """A file of delimited rows of several kinds, which a code tells apart."""

    format: Literal["delimited"]
    dialect: RowDialect = RowDialect()
    code_column: int = Described(
        1, ge=1, alias="code column", description="the column in which the codes of records stand"
    )
    records: dict[Name, Record]

    @model_validator(mode="after")
    def _usable(self) -> Self:
        problems = list(_problems(self))
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @cached_property
    def declared(self) -> dict[str, Record]:
        """All records, by name."""
        return {str(name): record for name, record in self.records.items()}


def own_lines(layout: Layout) -> Iterator[tuple[str, Line]]:
    """Every record and trailer, with a name for messages."""
    return ((name, line) for name, line in lines(layout) if isinstance(line, Line))


def _problems(layout: Layout) -> Iterator[str]:
    if layout.dialect.bom and not encodings.canonical(layout.encoding).startswith("utf-"):
        yield f"{layout.encoding} has no byte order mark"
    known: dict[str, str] = {}
    for name, line in own_lines(layout):
        yield from (f"{name}: {problem}" for problem in _line_problems(layout, line))
        if not line.codes:
            yield f"{name} needs a `code`"
        heads = line.header[layout.code_column - 1 : layout.code_column] if line.header else []
        for code in (*line.codes, *heads):
            if code in known:
                yield f'{name} and {known[code]} have the same code or header "{code}"'
            known[code] = name
    yield from structure_problems(layout)


def _line_problems(layout: Layout, line: Line) -> Iterator[str]:
    taken: dict[int, str] = {}
    if line.header and len(set(map(placed_title, line.header))) < len(line.header):
        yield "a title stands twice in `header`"
    if line.header and line.columns != len(line.header):
        yield f"`header` has {len(line.header)} titles for {line.columns} columns"
    for title in line.header or ():
        if encodings.unwritable(title, layout.encoding):
            yield f'the title "{title}" cannot be written in {layout.encoding}'
    if line.columns < layout.code_column or (line.fewest or 1) > line.columns:
        yield f"it has {line.columns} columns, fewer than `code column` or `fewest` says"
    for name, field in line.fields.items():
        try:
            place = line.place(field)
        except ValueError:
            yield f"{name} needs its `column`: a number, or a title that stands in `header`"
            continue
        if not 0 <= place < line.columns:
            yield f"{name} stands in column {place + 1}, but the record has {line.columns}"
        if place in taken:
            yield f"{name} and {taken[place]} both stand in column {place + 1}"
        taken[place] = name
    code = layout.code_column - 1
    if (code in taken) != (len(line.codes) > 1):
        yield "a field stands in the column of the code where there are several codes, and only there"
