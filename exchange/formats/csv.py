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
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Literal, Self

from pydantic import Field as Described
from pydantic import field_validator, model_validator

from exchange.declare.declared import Declared
from exchange.declare.layout import GroupingLayout, KindBase, Name
from exchange.formats import encoding as encodings
from exchange.formats._csv_columns import (
    Column,
    columns,
    distinct,
    first_line,
    lacks_last,
    rows_only,
    shown_in,
    split,
)
from exchange.formats._csv_glimpse import glimpse as glimpse
from exchange.formats._csv_read import CsvReader
from exchange.formats._csv_signs import Delimiter, Quote, need_to_differ
from exchange.formats._csv_strange import DELIMITERS
from exchange.formats._csv_write import CsvWriter
from exchange.formats.contract import SAMPLE_SIZE, Reader, Resemblance, Sniffed, Writer
from exchange.formats.encoding import EncodingName
from exchange.formats.values import Dialect, ValueField
from exchange.outcome import Gathered


class Field(ValueField):
    """A column, or a structure of columns."""

    column: int | str | list[str] | None = Described(
        None,
        description="header of the column (of several the first that is there), or its number from 1; default: the name of the field",
    )
    optional: bool = Described(
        False,
        description="files may lack the column; it is read as empty, and always written",
    )
    before: bool = Described(
        False,
        description="stands before the header (`begin`), in a line of titles with one line of values under it, and holds for all "
        "rows; read, not written",
    )
    quoted: bool | None = Described(
        None,
        description="whether the value is written quoted where `quoting` is texts; default: if it is a text",
    )
    fields: dict[Name, Field] | None = None

    @property
    def is_quoted(self) -> bool:
        """Whether its value is written quoted where just texts are."""
        return self.type == "text" if self.quoted is None else self.quoted

    @model_validator(mode="after")
    def _fits_csv(self) -> Self:
        problems = {
            "a csv row holds every field once: `many` has no place in it": self.many,
            "a csv row has no open maps: declare its columns as fields": self.open,
            "a csv file has no control totals": self.control is not None,
            "columns are counted from 1": isinstance(self.column, int) and self.column < 1,
            "a structure has no column of its own": self.fields is not None and self.column is not None,
            "a column that files may lack cannot be required": self.optional and self.required,
            "`optional` belongs to the columns of a structure": self.optional and self.fields is not None,
            "a column needs one name at least": self.column == [],
            "what stands before the header has a title of its own, may be missing and is not required": self.before
            and (self.required or self.fields is not None or isinstance(self.column, int)),
        }
        wrong = [problem for problem, is_so in problems.items() if is_so]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self


class CsvDialect(Dialect):
    """How rows, columns and values are written."""

    delimiter: Delimiter = Described(";", description="the character between columns, or tab")
    other_delimiters: list[Delimiter] = Described(
        [],
        alias="other delimiters",
        description="files may have one of these instead; the header tells which",
    )
    other_columns: Literal["told", "ignored"] = Described(
        "told",
        alias="other columns",
        description="columns that are not declared: a warning, or nothing where senders choose their columns",
    )
    quote: Quote = Described(
        '"',
        description="the character around values that hold a delimiter, doubled inside a value; or none",
    )
    quoting: Literal["when needed", "texts", "all"] = Described(
        "when needed",
        description="which values are written quoted; texts: all that are texts, empty ones too, and nothing else",
    )
    header: bool = Described(
        True,
        description="the first row names the columns; without it only the last ones can be `optional`: the first row shows "
        "which it has",
    )
    skip: int = Described(0, ge=0, description="lines before the header (or the first row) that are not read")
    begin: str | None = Described(
        None,
        description="regular expression of the header, where a varying number of other lines stands before it",
    )
    other_lines: str | None = Described(
        None,
        alias="other lines",
        description="regular expression of lines that are no rows, such as an opening and a closing line",
    )
    other_header: list[str] = Described(
        [],
        alias="other header lines",
        description="lines that are written below the header; on reading `other lines` says that they are no rows",
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

    @model_validator(mode="after")
    def _differ(self) -> Self:
        need_to_differ(self.quote, *self.delimiters)
        if self.quoting != "when needed" and self.quote == "none":
            raise ValueError(f"`quoting: {self.quoting}` needs a quote")
        return self

    @field_validator("other_lines", "begin")
    @classmethod
    def _an_expression(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise ValueError(f'"{pattern}" is no regular expression: {error}') from None
        return pattern

    @property
    def delimiters(self) -> list[str]:
        """All delimiters that files may have; the first is written."""
        return [self.delimiter, *self.other_delimiters]

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


class Head(Declared):
    """The first line of a file that tells of all rows: a record of its own, in which the rows stand.

    Its columns are counted; it has no header.
    """

    kind: Name = Described("file", description="the name under which rows know it")
    width: int = Described(ge=1, description="how many columns it has")
    fields: dict[Name, Field]

    @model_validator(mode="after")
    def _counted(self) -> Self:
        places = [field.column for field in self.fields.values()]
        numbers = [place for place in places if isinstance(place, int)]
        if len(numbers) < len(places) or any(field.fields is not None for field in self.fields.values()):
            raise ValueError("every field of `head` needs the number of its column")
        if len(set(numbers)) < len(numbers) or max(numbers, default=0) > self.width:
            raise ValueError("a column of `head` stands twice, or beyond its width")
        return self


class Layout(GroupingLayout):
    """A csv file: rows of one kind."""

    format: Literal["csv"]
    encoding: EncodingName = Described("utf-8", description="how text is stored, such as windows-1252")
    other_encodings: list[EncodingName] = Described(
        [],
        alias="other encodings",
        description="files may be in one of these instead: that of their byte order mark, or the first in which all bytes are text, "
        "UTF-8 before others",
    )
    dialect: CsvDialect = CsvDialect()
    head: Head | None = None
    record: Name = Described(description="the kind of record that a row is")
    fields: dict[Name, Field]

    @model_validator(mode="after")
    def _columns_fit(self) -> Self:
        found = columns(self).values()
        places = distinct(found)
        if not self.dialect.header and any(isinstance(place, str) for place in places):
            named = next(place for place in places if isinstance(place, str))
            raise ValueError(f'the file has no header, so the column "{named}" needs a number')
        if not self.dialect.header and self.dialect.other_header:
            raise ValueError("`other header lines` stand below a header, but the file has none")
        if not self.dialect.header and (self.dialect.other_delimiters or not lacks_last(found)):
            raise ValueError(
                "without a header nothing tells which delimiter and which columns a file has, but for the last ones"
            )
        if self.dialect.bom and not encodings.canonical(self.encoding).startswith("utf-"):
            raise ValueError(f"{self.encoding} has no byte order mark")
        if self.dialect.header:
            titles = (*(str(one.shown) for one in found), *self.dialect.other_header)
            unwritable = [title for title in titles if encodings.unwritable(title, self.encoding)]
            if unwritable:
                raise ValueError(f'the header "{unwritable[0]}" cannot be written in {self.encoding}')
        if self.dialect.width and any(isinstance(p, int) and p > self.dialect.width for p in places):
            raise ValueError(f"a column is declared beyond the width of {self.dialect.width}")
        if not self.dialect.begin and any(field.before for field in self.fields.values()):
            raise ValueError(
                "what stands `before` the header needs `begin` in the dialect, which knows the header"
            )
        if self.head is not None and (
            self.group is not None or self.head.kind in (self.record, *self.fields)
        ):
            raise ValueError("`head` needs a name of its own, and does not go together with `group`")
        return self

    @property
    def encodings(self) -> list[str]:
        """All encodings that files may have; the first is written."""
        return [self.encoding, *self.other_encodings]

    @property
    def before(self) -> int:
        """How many lines stand before the header (or the first row)."""
        return self.dialect.skip + (self.head is not None)

    def kinds(self) -> Mapping[str, KindBase]:
        """The one kind of row, and the head around the rows."""
        if self.head is None:
            return {self.record: Kind(fields=self.fields)}
        around = Kind(fields=self.head.fields)
        return {self.head.kind: around, self.record: Kind(fields=self.fields, inside=self.head.kind)}


def reader(layout: Layout) -> Reader:
    """A reader of this layout."""
    return CsvReader(layout, columns(layout))


def writer(layout: Layout) -> Writer:
    """A writer of this layout."""
    return CsvWriter(layout, columns(layout))


def recognise(sample: bytes, layout: Layout) -> str | None:
    """By the header, when there is one; else by the width and the values of the first rows."""
    if layout.dialect.header:
        encoding = encodings.seen(sample, _encoding_of(sample, layout))
        headed = (
            _recognised_header(_rows(sample, encoding, options, layout), layout)
            for options in _options(layout)
        )
        return next((reason for reason in headed if reason), None)
    rows = _rows(sample, _encoding_of(sample, layout), layout.dialect.options, layout)
    return _recognised_values(sample, rows, layout) if rows else None


def _encoding_of(sample: bytes, layout: Layout) -> str:
    """The first of the declared encodings in which a sample can be read."""
    readable = (name for name in layout.encodings if encodings.beginning(sample, name) is not None)
    return next(readable, layout.encoding)


def resembles(sample: bytes, layout: Layout) -> Resemblance | None:
    """How a file that is not of the layout is like its files: some of the columns are there, perhaps between other
    delimiters."""
    named = [column for column in columns(layout).values() if column.names and not column.optional]
    if not layout.dialect.header or len(named) < 2:
        return None
    read = dict.fromkeys((layout.encoding, encodings.guess(sample).encoding))
    likes = [like for each in read if (like := _resembles_in(sample, layout, each, named)) is not None]
    return max(likes, key=lambda like: like.score, default=None)


def _resembles_in(sample: bytes, layout: Layout, encoding: str, named: list[Column]) -> Resemblance | None:
    """The same, read in one encoding."""
    text = encodings.beginning(sample, encoding) or ""
    _, first, _ = first_line(rows_only(layout, iter(text.splitlines()[layout.before :])))
    best, by = max(
        (
            sum(
                one.find(split(first, layout.dialect.options | {"delimiter": by})) is not None
                for one in named
            ),
            by,
        )
        for by in dict.fromkeys((*layout.dialect.delimiters, *DELIMITERS))
    )
    if best < 2:
        return None
    how = f"{best} of its {len(named)} columns are there"
    declare: list[str] = []
    if encoding not in (*layout.encodings, "ascii"):
        how, declare = f"{how}, in {encoding}", [f"`encoding: {encoding}`"]
    if by not in layout.dialect.delimiters:
        sign = "tab" if by == "\t" else f'"{by}"'
        how, declare = f"{how}, between {sign}", [*declare, f"`dialect: {{delimiter: {sign}}}`"]
    return Resemblance(100 * best // len(named), how, " and ".join(declare) or "what is otherwise")


def _options(layout: Layout) -> list[dict[str, Any]]:
    """What Python's csv module must know, for each delimiter that files may have."""
    return [layout.dialect.options | {"delimiter": one} for one in layout.dialect.delimiters]


def _recognised_header(rows: list[list[str]], layout: Layout) -> str | None:
    """Why the first row is a header of the layout: all columns are there that files must have."""
    header = [cell.strip() for cell in rows[0]] if rows else []
    shown = shown_in(header, columns(layout).values())
    if shown is None:
        return None
    there, named = shown
    known = f"all {named}" if there == named else f"{there} of the {named}"
    return f"The header has {known} columns of the layout."


def sniff(sample: bytes) -> Sniffed | None:
    """A file whose first rows have the same number of columns, at least two, by a usual delimiter.

    Three at least where only most rows have as many as the first one, or where there is one line alone.
    """
    guessed = encodings.guess(sample)
    if JSON.match(sample):
        return None
    for delimiter in DELIMITERS:
        rows = _rows(sample, guessed.encoding, {"delimiter": delimiter})
        if _are_columns([len(row) for row in rows]) and (len(rows) > 1 or _is_terse(rows[0])):
            facts = {"delimiter": "tab" if delimiter == "\t" else delimiter}
            header = tuple(cell.strip() for cell in rows[0])
            return Sniffed("csv", guessed.encoding, guessed.reason, columns=header, facts=facts)
    return None


JSON = re.compile(rb'(\xef\xbb\xbf)?\s*(\{\s*"|\[\s*\{)')
"""The beginning of JSON, whose commas part no columns."""
LEAST_COLUMNS = 3
"""So many columns make rows of what is one line only, or is not alike in all lines."""
LEAST_ALIKE = Fraction(3, 4)
"""So many of the rows have as many columns as the first one."""
TERSE = 40
"""A value of one line alone is not longer: what is longer is prose with commas."""


def _are_columns(widths: list[int]) -> bool:
    """Whether these are the columns of rows that belong together."""
    if len({*widths}) == 1 < len(widths):
        return widths[0] > 1
    alike = widths.count(widths[0]) if widths else 0
    return bool(widths) and widths[0] >= LEAST_COLUMNS and alike >= LEAST_ALIKE * len(widths)


def _is_terse(row: list[str]) -> bool:
    """Whether one line is a row, and no sentence: short values, with no blank after the delimiter."""
    return all(len(cell) <= TERSE and cell == cell.strip() for cell in row)


def _rows(
    sample: bytes, encoding: str, options: dict[str, Any], layout: Layout | None = None
) -> list[list[str]]:
    """The whole rows at the beginning of a sample; none when it is not of this form."""
    text = encodings.beginning(sample, encoding)
    skip = layout.before if layout is not None else 0
    lines = text.split("\n")[skip:] if text is not None and "\0" not in text else []
    cut = len(sample) >= SAMPLE_SIZE
    ended = (f"{line}\n" for line in (lines[:-1] if cut else lines))
    rows = csv.reader(ended if layout is None else rows_only(layout, ended), strict=True, **options)
    whole: list[list[str]] = []
    try:
        whole.extend(rows)
    except csv.Error:
        whole = whole if cut else []
    return [row for row in whole if row]


def _recognised_values(sample: bytes, rows: list[list[str]], layout: Layout) -> str | None:
    """Why rows without a header are of the layout: every value of the first rows fits."""
    gathered = Gathered()
    number = _read_sample(sample, layout, gathered)
    if gathered.errors or not number:
        return None
    return f"All {len(rows)} rows at the beginning have the columns of the layout, and their values fit."


def fits(sample: bytes, layout: Layout) -> bool:
    """Whether the values of the first rows are what the layout says; asked where several layouts fit a header alike."""
    gathered = Gathered()
    return _read_sample(sample, layout, gathered) > 0 and not gathered.errors


def _read_sample(sample: bytes, layout: Layout, gathered: Gathered) -> int:
    """How many records the whole lines of a sample are."""
    whole = sample[: sample.rfind(b"\n") + 1] if len(sample) >= SAMPLE_SIZE else sample
    return sum(len(batch) for batch in reader(layout).read(io.BytesIO(whole), gathered))
