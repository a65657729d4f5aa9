"""Reading a sheet: rows as they are streamed, their cells as texts by the rules of the fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from exchange.findings import Finding, Found, code
from exchange.formats._csv_columns import codecs, columns, found_in, near
from exchange.formats.contract import Progress
from exchange.formats.csv import Field
from exchange.formats.group import REFUSED, grouped
from exchange.formats.values import EMPTY
from exchange.formats.xlsx.book import NO_SHEET, Book, Cell, Unusable, letters, opened
from exchange.formats.xlsx.cells import DIGITS, is_cut, text_of
from exchange.formats.xlsx.layout import Layout
from exchange.model import KIND, LINE, PATH, Batch, Record, batches

_ASK = "Correct it in Excel and save the file again, or ask the sender to."
NO_COLUMN = code(
    "XLS003",
    "error",
    'The sheet {path} has no column "{value}" for {field}.{near}',
    advice="Ask the sender whether the column was renamed, and give the layout its new name.",
)
UNKNOWN_COLUMN = code(
    "XLS004",
    "warning",
    'The column "{value}" of {path} is not read.',
    advice="Add it to the layout if it matters, or declare `other columns: ignored`.",
)
DOUBLE_COLUMN = code("XLS005", "error", 'The column "{value}" stands twice, in {path} too.', advice=_ASK)
ERROR_CELL = code("XLS006", "error", "The cell {path} for {field} shows the error {value}.", advice=_ASK)
NOT_COMPUTED = code(
    "XLS007",
    "error",
    "The cell {path} for {field} has a formula whose result is not stored.",
    advice="Open the file in Excel and save it again: results are stored then.",
)
EMPTY_SHEET = code(
    "XLS008", "error", "The sheet {path} is empty.", advice="Ask the sender whether it is complete."
)
CUT = code(
    "XLS009",
    "error",
    "The cell {path} for {field} holds the number {value} with more than {want} digits; Excel keeps no more, so the last ones are not sure.",
    advice="Ask the sender for the file with these cells as texts.",
)

Arrangement = dict[str, int]
"""The column of each field that the sheet has, by dotted name, from 1."""


class SheetReader:
    """Reads the sheet of one layout."""

    source = "(a sheet is read without generated code)"

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.columns = columns(layout)
        self.codecs = codecs(layout)

    def read(self, stream: BinaryIO, found: Found, progress: Progress | None = None) -> Iterator[Batch]:
        """The rows as records; see `contract.Reader`."""
        incoming = batches(self._records(stream, found, progress))
        return incoming if self.layout.group is None else grouped(incoming, self.layout.group, found)

    def _records(self, stream: BinaryIO, found: Found, progress: Progress | None) -> Iterator[Record]:
        try:
            book = opened(stream)
            sheet = self.layout.sheet or next(iter(book.sheets), "")
            if sheet not in book.sheets:
                known = ", ".join(book.sheets) or "none"
                raise Unusable(NO_SHEET.at(value=sheet or "(any)", known=known))
            yield from _Sheet(self, book, sheet, found).records(progress, stream)
        except Unusable as stopped:
            found(stopped.finding)


class _Sheet:
    """One sheet on its way."""

    def __init__(self, reader: SheetReader, book: Book, name: str, found: Found) -> None:
        self.reader, self.layout, self.book, self.name, self.found = reader, reader.layout, book, name, found

    def records(self, progress: Progress | None, stream: BinaryIO) -> Iterator[Record]:
        """All rows that hold anything."""
        rows = (
            (number, cells)
            for number, cells in self.book.rows(self.name)
            if cells and number > self.layout.dialect.skip
        )
        arrangement = self._headed(rows) if self.layout.dialect.header else self._numbered()
        for number, cells in rows if arrangement is not None else ():
            if progress is not None and not number % 1_000:
                progress(stream.tell())
            record = self._record(number, cells, arrangement or {})
            if record is not None:
                yield record

    def place(self, column: int, row: int) -> str:
        """Where a cell is, as Excel says it."""
        return f"{self.name}!{letters(column)}{row}"

    def _headed(self, rows: Iterator[tuple[int, dict[int, Cell]]]) -> Arrangement | None:
        number, header = next(rows, (0, {}))
        if not header:
            self.found(EMPTY_SHEET.at(path=self.name))
            return None
        names = titles(header)
        places, missing = found_in(names, self.reader.columns)
        for field in missing:
            title = self.reader.columns[field].shown
            facts: dict[str, Any] = {"value": title, "near": near(title, names)}
            self.found(NO_COLUMN.at(path=self.name, line=number, field=field, **facts))
        arrangement = {field: place + 1 for field, place in places.items()}
        clear = self._no_doubles(number, names, set(arrangement.values()))
        return arrangement if clear and not missing else None

    def _no_doubles(self, row: int, names: list[str], used: set[int]) -> bool:
        """Tells of columns that stand twice, and of those that nobody reads."""
        clear = True
        for place, name in enumerate(names, 1):
            facts: dict[str, Any] = {
                "path": self.place(place, row),
                "line": row,
                "column": place,
                "value": name,
            }
            if name and names.index(name) + 1 < place:
                twice = DOUBLE_COLUMN.at(**facts)
                read = names.index(name) + 1 in used
                self.found(twice if read else twice.with_severity("warning"))
                clear = clear and not read
            elif name and place not in used and self.layout.dialect.other_columns == "told":
                self.found(UNKNOWN_COLUMN.at(**facts))
        return clear

    def _numbered(self) -> Arrangement:
        return {field: column.number or 0 for field, column in self.reader.columns.items()}

    def _record(self, number: int, cells: Mapping[int, Cell], arrangement: Arrangement) -> Record | None:
        """The record of a row; None, or a mark for grouping, when anything in it is wrong."""
        findings: list[Finding] = []
        record = self._structure(self.layout.fields, "", cells, arrangement, number, findings)
        record |= {KIND: str(self.layout.record), LINE: number, PATH: self.place(1, number)}
        for finding in findings:
            self.found(finding)
        if not findings:
            return record
        if self.layout.group is None:
            return None
        wrong = {finding.field for finding in findings}
        return record | {REFUSED: all(name not in wrong for name in self.layout.group.by)}

    def _structure(
        self,
        fields: Mapping[Any, Field],
        prefix: str,
        cells: Mapping[int, Cell],
        arrangement: Arrangement,
        row: int,
        findings: list[Finding],
    ) -> Record:
        record: Record = {}
        for name, field in fields.items():
            full = f"{prefix}{name}"
            if field.fields is None:
                record[str(name)] = self._value(full, cells, arrangement.get(full, 0), row, findings)
            elif any(place in cells for leaf, place in arrangement.items() if leaf.startswith(f"{full}.")):
                record[str(name)] = self._structure(
                    field.fields, f"{full}.", cells, arrangement, row, findings
                )
            else:
                record[str(name)] = None
                findings += (
                    [EMPTY.at(line=row, path=self.place(1, row), field=full)] if field.required else []
                )
        return record

    def _value(
        self, field: str, cells: Mapping[int, Cell], column: int, row: int, findings: list[Finding]
    ) -> Any:
        cell, codec = cells.get(column), self.reader.codecs[field]
        place: dict[str, Any] = {
            "line": row,
            "column": column or None,
            "path": self.place(column, row) if column else None,
        }
        if cell is not None and cell.type in ("error", "unknown"):
            findings.append(
                (ERROR_CELL if cell.type == "error" else NOT_COMPUTED).at(
                    field=field, value=cell.text, **place
                )
            )
            return None
        if cell is not None and cell.type != "text" and is_cut(cell.text, codec):
            findings.append(CUT.at(field=field, value=cell.text, want=DIGITS, **place))
            return None
        value, wrong = codec.read("" if cell is None else text_of(cell, codec, self.book.from_1904), **place)
        findings += wrong
        return value


def titles(header: Mapping[int, Cell]) -> list[str]:
    """The texts of a row from its first column on."""
    width = max(header, default=0)
    return [header[column].text.strip() if column in header else "" for column in range(1, width + 1)]
