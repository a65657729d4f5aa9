"""Delimited text: any delimiter and quote, with a header (columns matched by name) or without.

    layout: acme/orders
    format: csv
    encoding: windows-1252
    dialect: {delimiter: ";", decimal: ",", header: true}
    record: order_line
    fields:
      order_no: {column: Tilausnro, required: true}
      price:    {column: Hinta, type: money, scale: 2}

Source of the form: RFC 4180, read strictly: an unclosed quote, a short or a long row never shifts a value.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, Self

from pydantic import Field as Described
from pydantic import field_validator, model_validator

from exchange.declare.layout import KindBase, LayoutBase, Name
from exchange.formats import encoding as encodings
from exchange.formats._csv_read import CsvReader
from exchange.formats._csv_write import CsvWriter
from exchange.formats.contract import SAMPLE_SIZE, Reader, Sniffed, Writer
from exchange.formats.encoding import EncodingName
from exchange.formats.values import Dialect, ValueField
from exchange.outcome import Gathered

DELIMITERS = (";", ",", "\t", "|")
"""What `sniff` tries."""


class Field(ValueField):
    """A column, or a structure of columns."""

    column: int | str | None = Described(
        None, description="header of the column, or its number from 1; default: the name of the field"
    )
    fields: dict[Name, Field] | None = None

    @model_validator(mode="after")
    def _fits_csv(self) -> Self:
        problems = {
            "a csv row holds every field once: `many` has no place in it": self.many,
            "a csv row has no open maps: declare its columns as fields": self.open,
            "a csv file has no control totals": self.control is not None,
            "columns are counted from 1": isinstance(self.column, int) and self.column < 1,
            "a structure has no column of its own": self.fields is not None and self.column is not None,
        }
        wrong = [problem for problem, is_so in problems.items() if is_so]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self


class CsvDialect(Dialect):
    """How rows, columns and values are written."""

    delimiter: str = Described(";", description="the character between columns, or tab")
    quote: Literal['"', "'", "none"] = Described(
        '"', description="what stands around values that hold a delimiter; inside a value it is doubled"
    )
    quoting: Literal["when needed", "all"] = Described(
        "when needed", description="which values are written quoted"
    )
    header: bool = Described(True, description="the first row names the columns")
    skip: int = Described(0, ge=0, description="lines before the header (or the first row) that are not read")
    other_lines: str | None = Described(
        None,
        alias="other lines",
        description="regular expression of lines that are no rows, such as an opening and a closing line",
    )
    width: int | None = Described(None, ge=1, description="without a header: how many columns a row has")
    newline: Literal["lf", "crlf"] = Described(
        "crlf", description="line ends that are written; both are read"
    )
    bom: bool = Described(False, description="write a byte order mark")
    spreadsheet: bool = Described(False, description="people open the written file in a spreadsheet program")
    guard: bool | None = Described(
        None,
        alias="guard formulas",
        description="write ' before texts that would become formulas; default: if spreadsheet",
    )

    @field_validator("delimiter")
    @classmethod
    def _one_character(cls, delimiter: str) -> str:
        named = {"tab": "\t"}.get(delimiter, delimiter)
        if len(named) != 1 or named in "\r\n\"'\0":
            raise ValueError(f'"{delimiter}" cannot separate columns; use one character, or tab')
        return named

    @field_validator("other_lines")
    @classmethod
    def _an_expression(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise ValueError(f'"{pattern}" is no regular expression: {error}') from None
        return pattern

    @property
    def options(self) -> dict[str, Any]:
        """What Python's csv module must know."""
        none = self.quote == "none"
        wanted = csv.QUOTE_ALL if self.quoting == "all" else csv.QUOTE_MINIMAL
        quoting = csv.QUOTE_NONE if none else wanted
        return {
            "delimiter": str(self.delimiter),
            "quotechar": None if none else str(self.quote),
            "quoting": quoting,
        }

    @property
    def guards(self) -> bool:
        """Whether formulas are guarded against."""
        return self.spreadsheet if self.guard is None else self.guard


class Kind(KindBase):
    """The rows."""

    fields: dict[Name, Field]


class Layout(LayoutBase):
    """A csv file: rows of one kind."""

    format: Literal["csv"]
    encoding: EncodingName = Described("utf-8", description="how text is stored, such as windows-1252")
    dialect: CsvDialect = CsvDialect()
    record: Name = Described(description="the kind of record that a row is")
    fields: dict[Name, Field]

    @model_validator(mode="after")
    def _columns_fit(self) -> Self:
        places = list(columns(self).values())
        doubled = {place for place in places if places.count(place) > 1}
        if doubled:
            raise ValueError(f"the column {sorted(map(str, doubled))[0]} is declared twice")
        if not self.dialect.header and any(isinstance(place, str) for place in places):
            named = next(place for place in places if isinstance(place, str))
            raise ValueError(f'the file has no header, so the column "{named}" needs a number')
        if self.dialect.bom and not encodings.canonical(self.encoding).startswith("utf-"):
            raise ValueError(f"{self.encoding} has no byte order mark")
        if self.dialect.width and any(isinstance(p, int) and p > self.dialect.width for p in places):
            raise ValueError(f"a column is declared beyond the width of {self.dialect.width}")
        return self

    def kinds(self) -> Mapping[str, KindBase]:
        """The one kind of row."""
        return {self.record: Kind(fields=self.fields)}


def columns(layout: Layout) -> dict[str, int | str]:
    """The column of each plain field, by its dotted name; without a header, in declared order."""
    leaves = list(_leaves(layout.fields))
    if not layout.dialect.header and all(field.column is None for _, field in leaves):
        return {name: number for number, (name, _) in enumerate(leaves, 1)}
    return {name: field.column or name.rpartition(".")[2] for name, field in leaves}


def _leaves(fields: Mapping[str, Field], prefix: str = "") -> Iterator[tuple[str, Field]]:
    for name, field in fields.items():
        if field.fields is None:
            yield prefix + name, field
        else:
            yield from _leaves(field.fields, f"{prefix}{name}.")


def reader(layout: Layout) -> Reader:
    """A reader of this layout."""
    return CsvReader(layout, columns(layout))


def writer(layout: Layout) -> Writer:
    """A writer of this layout."""
    return CsvWriter(layout, columns(layout))


def recognise(sample: bytes, layout: Layout) -> str | None:
    """By the header, when there is one; else by the width and the values of the first rows."""
    encoding = encodings.seen(sample, layout.encoding) if layout.dialect.header else layout.encoding
    rows = _rows(sample, encoding, layout.dialect.options, layout.dialect.skip)
    if not rows:
        return None
    places = columns(layout)
    if layout.dialect.header:
        header = [cell.strip() for cell in rows[0]]
        named = [place for place in places.values() if isinstance(place, str)]
        missing = [place for place in named if place not in header]
        return None if missing or not named else f"The header has all {len(named)} columns of the layout."
    return _recognised_values(sample, rows, layout)


def sniff(sample: bytes) -> Sniffed | None:
    """A file whose first rows have the same number of columns, at least two, by a usual delimiter."""
    guessed = encodings.guess(sample)
    for delimiter in DELIMITERS:
        rows = _rows(sample, guessed.encoding, {"delimiter": delimiter})
        widths = {len(row) for row in rows}
        if len(rows) > 1 and len(widths) == 1 and len(rows[0]) > 1:
            facts = {"delimiter": "tab" if delimiter == "\t" else delimiter}
            header = tuple(cell.strip() for cell in rows[0])
            return Sniffed("csv", guessed.encoding, guessed.reason, columns=header, facts=facts)
    return None


def _rows(sample: bytes, encoding: str, options: dict[str, Any], skip: int = 0) -> list[list[str]]:
    """The whole rows at the beginning of a sample; none when it is not of this form."""
    text = encodings.beginning(sample, encoding)
    lines = text.split("\n")[skip:] if text is not None and "\0" not in text else []
    cut = len(sample) >= SAMPLE_SIZE
    rows = csv.reader((f"{line}\n" for line in (lines[:-1] if cut else lines)), strict=True, **options)
    whole: list[list[str]] = []
    try:
        whole.extend(rows)
    except csv.Error:
        whole = whole if cut else []
    return [row for row in whole if row]


def _recognised_values(sample: bytes, rows: list[list[str]], layout: Layout) -> str | None:
    """Why rows without a header are of the layout: every value of the first rows fits."""
    gathered = Gathered()
    whole = sample[: sample.rfind(b"\n") + 1] if len(sample) >= SAMPLE_SIZE else sample
    number = sum(len(batch) for batch in reader(layout).read(io.BytesIO(whole), gathered))
    if gathered.errors or not number:
        return None
    return f"All {len(rows)} rows at the beginning have the columns of the layout, and their values fit."
