"""Reading csv: `csv.reader(strict=True)` below, a generated row function above, memory bounded."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, BinaryIO

from exchange.findings import Finding, Found
from exchange.formats import _csv_columns
from exchange.formats._csv_before import Before
from exchange.formats._csv_columns import Column
from exchange.formats._csv_complaints import (
    DOUBLE_COLUMN,
    EMPTY_FILE,
    LONG_ROW,
    NO_COLUMN,
    SHORT_ROW,
    TOO_LONG,
    UNKNOWN_COLUMN,
    ZERO_BYTE,
    broken,
)
from exchange.formats._csv_head import HeadLine
from exchange.formats._csv_straight import Rows
from exchange.formats._csv_strange import FirstRow
from exchange.formats._fast import indented
from exchange.formats._generated import compile_function
from exchange.formats.contract import Progress
from exchange.formats.encoding import Unreadable, blocks, of_several
from exchange.formats.group import REFUSED, grouped
from exchange.formats.values import EMPTY, Codec
from exchange.model import KIND, LINE, Batch, Record

if TYPE_CHECKING:
    from exchange.formats.csv import Field, Layout

ROWS = 200
"""How many rows are read at once: few enough for the processor's cache (2,000 take 1.3 times as long)."""
RECORD_LIMIT = 2_000_000
"""A row, quoted newlines included, with more characters than this is an unclosed quote or an attack."""

Arrangement = tuple[str | None, ...]
"""The field (by dotted name) that each column of a file holds; None for columns that are not read."""


class CsvReader:
    """Reads files of one layout; the row function is compiled once for each order of columns met."""

    def __init__(self, layout: Layout, columns: Mapping[str, Column]) -> None:
        self._layout = layout
        self._columns = columns
        self._codecs = _csv_columns.codecs(layout)
        self.head = HeadLine(layout) if layout.head is not None else None
        self.before = Before(layout)
        self._sources: dict[Arrangement, str] = {}
        self._functions: dict[Arrangement, Callable[..., None]] = {}

    @property
    def source(self) -> str:
        """The row function for the columns in their declared order."""
        return _Generator(self._layout, self._codecs, self._declared_arrangement()).source()

    def read(self, stream: BinaryIO, found: Found, progress: Progress | None = None) -> Iterator[Batch]:
        """The rows as records; see `contract.Reader`."""
        incoming = self.begin(stream, found, progress).run()
        return incoming if self._layout.group is None else grouped(incoming, self._layout.group, found)

    @property
    def layout(self) -> str:
        """The name of the layout."""
        return self._layout.layout

    @property
    def is_plain(self) -> bool:
        """Whether a row is a record, without anything around it."""
        return self._layout.group is None and self._layout.head is None and not self.before

    def begin(self, stream: BinaryIO, found: Found, progress: Progress | None = None) -> Reading:
        """A file whose rows are taken one by one; `Reading.open` comes first."""
        return Reading(self, self._layout, found, stream, progress)

    def straight(self, arrangement: Arrangement, used: frozenset[str]) -> Rows:
        """Rows of files with this order of columns, for code that is made for rows of one pattern."""
        return Rows(self._layout, self._codecs, arrangement, used)

    def arrangement(
        self, header: Sequence[str] | None, first: str, delimiter: str, found: Found
    ) -> Arrangement | None:
        """Which column holds which field; None when a column is missing or stands twice. first: the first line."""
        if header is None:
            return self._numbered_arrangement(first, delimiter)
        names = [cell.strip() for cell in header]
        places, missing = _csv_columns.found_in(names, self._columns)
        for field in missing:
            title = self._columns[field].shown
            near = _csv_columns.near(title, names)
            found(NO_COLUMN.at(line=header_line(self._layout), field=field, value=title, near=near))
        held = {place: field for field, place in places.items()}
        fields = [held.get(place) for place in range(len(names))]
        return tuple(fields) if self._no_doubles(names, fields, found) and not missing else None

    def expects(self, first: str, line: int, delimiter: str, following: Iterator[str], found: Found) -> bool:
        """Whether a file that begins so may be of the layout; what it is instead is told, see `FirstRow.strange`."""
        row = FirstRow(self._layout, self._columns, first, line)
        strange = row.strange(
            delimiter, len(self._numbered_arrangement(first, delimiter)), self._codecs, following
        )
        if strange is not None:
            found(strange)
        return strange is None and not row.is_misread(delimiter)

    def function(self, arrangement: Arrangement) -> Callable[..., None]:
        """The compiled row function for an order of columns."""
        if arrangement not in self._functions:
            generator = _Generator(self._layout, self._codecs, arrangement)
            self._functions[arrangement] = generator.compile()
        return self._functions[arrangement]

    def explain(self, row: list[str], line: int, arrangement: Arrangement, found: Found) -> Record | None:
        """The slow side of one row: all its findings, and the record as far as it could be read."""
        findings: list[Finding] = []
        if not row:
            return None
        if len(row) != len(arrangement):
            kind = SHORT_ROW if len(row) < len(arrangement) else LONG_ROW
            findings.append(kind.at(line=line, got=len(row), want=len(arrangement), value="; ".join(row)))
            record: Record = {}
        else:
            cells = {
                field: (cell, n)
                for n, (field, cell) in enumerate(zip(arrangement, row, strict=True), 1)
                if field
            }
            record = self._structure(self._layout.fields, "", cells, line, findings)
        record |= {KIND: str(self._layout.record), LINE: line}
        for finding in findings:
            found(finding)
        return self._marked(record, findings) if findings else record

    def refused(self, line: int) -> list[Record]:
        """Stands for a row that could not be read at all, where somebody must know of it."""
        unread = {KIND: str(self._layout.record), LINE: line, REFUSED: False}
        return [unread] if self._layout.group else []

    def _structure(
        self,
        fields: Mapping[str, Field],
        prefix: str,
        cells: Mapping[str, tuple[str, int]],
        line: int,
        findings: list[Finding],
    ) -> Record:
        """The values of a structure's fields."""
        record: Record = {}
        for name, field in fields.items():
            if field.fields is None:
                cell, number = cells.get(prefix + name, ("", 0))
                record[str(name)], wrong = self._codecs[prefix + name].read(cell, line=line, column=number)
                findings += wrong
            elif any(cells[leaf][0] for leaf in _below(cells, f"{prefix}{name}.")):
                record[str(name)] = self._structure(field.fields, f"{prefix}{name}.", cells, line, findings)
            else:
                record[str(name)] = None
                findings += [EMPTY.at(line=line, field=prefix + name)] if field.required else []
        return record

    def _marked(self, record: Record, findings: list[Finding]) -> Record | None:
        """A refused record, for grouping only, with whether the fields it is grouped by could be read."""
        if self._layout.group is None:
            return None
        wrong = {finding.field for finding in findings}
        return record | {REFUSED: all(name in record and name not in wrong for name in self._layout.group.by)}

    def _declared_arrangement(self) -> Arrangement:
        """Where columns have numbers, these; otherwise the declared order."""
        numbers = [column.number for column in self._columns.values() if column.number is not None]
        width = self._layout.dialect.width or max([len(self._columns), *numbers])
        if len(numbers) == len(self._columns):
            width = self._layout.dialect.width or max(numbers)
        fields: list[str | None] = [None] * width
        for number, (field, column) in enumerate(self._columns.items(), 1):
            fields[(number if column.number is None else column.number) - 1] = field
        return tuple(fields)

    def _numbered_arrangement(self, first: str, delimiter: str) -> Arrangement:
        """The declared one, without those of the last columns that files may lack and that the first row does not have."""
        declared = self._declared_arrangement()
        has = len(_csv_columns.split(first, self._layout.dialect.options | {"delimiter": delimiter}))
        least = max(
            (n for n, field in enumerate(declared, 1) if field and not self._columns[field].optional),
            default=0,
        )
        return declared[:has] if least <= has < len(declared) and not self._layout.dialect.width else declared

    def _no_doubles(self, names: Sequence[str], fields: Sequence[str | None], found: Found) -> bool:
        """Reports columns that stand twice and columns that nobody reads."""
        line, clear = header_line(self._layout), True
        for index, name in enumerate(names):
            first = names.index(name)
            if name and first < index:
                doubled = DOUBLE_COLUMN.at(line=line, column=index + 1, value=name, first=first + 1)
                used = fields[first] is not None
                found(doubled if used else doubled.with_severity("warning"))
                clear = clear and not used
            elif name and fields[index] is None and self._layout.dialect.other_columns == "told":
                found(UNKNOWN_COLUMN.at(line=line, column=index + 1, value=name))
        return clear


class Reading:
    """One file on its way: how far its rows are, and what went wrong.

    Either its records are taken in batches (`run`), or the rows themselves (`open`, then `rows`, `arrangement`), some
    of which are made records in the usual way (`records`).
    """

    def __init__(
        self, reader: CsvReader, layout: Layout, found: Found, stream: BinaryIO, progress: Progress | None
    ) -> None:
        self.reader = reader
        self.layout = layout
        self.found = found
        self.mark = [layout.before]
        """The last physical line of the last row that was finished."""
        self.rows: Any = iter(())
        self.arrangement: Arrangement = ()
        self.around: Record = {}
        self._stream, self._progress = stream, progress

    @property
    def line(self) -> int:
        """The physical line on which the last row ends."""
        return int(self.rows.line_num) + self.layout.before

    def run(self) -> Iterator[Batch]:
        """All records in batches."""
        before = -1
        going = self.open()
        while going and self.rows.line_num != before:
            before = self.rows.line_num
            records: Batch = []
            going = self.guarded(lambda into=records: self.take(self.rows, into), records)  # type: ignore[misc]
            if records:
                yield records

    def open(self) -> bool:
        """Up to the first row; whether there is anything to read."""
        dialect, before = self.layout.dialect, list[str]()
        lines: Iterator[str] = chain.from_iterable(self._lines(self._stream, self._progress))
        try:
            if self.reader.head is not None:
                self.around = self.reader.head.read(next(lines, ""), self.found)
            for _ in range(dialect.skip):
                next(lines, None)
            if dialect.other_lines or dialect.begin:
                lines = _csv_columns.rows_only(self.layout, lines, before)
            lines, first, blank = _csv_columns.first_line(lines)
            options = dialect.options | {"delimiter": _csv_columns.delimiter_of(self.layout, first)}
            sign = str(options["delimiter"])
            if first and not self.reader.expects(
                first, self.layout.before + blank + 1, sign, lines, self.found
            ):
                return False
            self.rows = csv.reader(lines, strict=True, **options)
            header = self._header(self.rows) if dialect.header else None
        except Unreadable as stopped:
            self.found(stopped.finding)
            return False
        if dialect.header and header is None:
            return False
        arrangement = self.reader.arrangement(header, first, sign, self.found)
        self.arrangement = arrangement or ()
        if arrangement is None or None in self.around.values():
            return False
        stated = self.reader.before.read(before, sign, self.found) if self.reader.before else {}
        self.around |= stated or {}
        return stated is not None

    def take(self, rows: Any, records: Batch) -> None:
        """The records of the next rows, of which all findings are told. rows: with the physical lines as `line_num`."""
        begun = len(records)
        self.reader.function(self.arrangement)(rows, records, self.mark, self._explain)
        if self.around:
            for record in records[begun:]:
                record.update(self.around)

    def guarded(self, take: Callable[[], object], records: Batch) -> bool:
        """Takes rows; what stops the taking is told, and whether rows may follow. records: get what stands for it."""
        try:
            take()
        except csv.Error as error:
            self.found(self._broken(self.rows, error))
            records += self.reader.refused(self.mark[0] + 1)
            self.mark[0] = self.rows.line_num + self.layout.before
        except Unreadable as stopped:
            self.found(stopped.finding)
            records += self.reader.refused(self.mark[0] + 1)
            return False
        return True

    def _explain(self, row: list[str], line: int) -> Record | None:
        return self.reader.explain(row, line, self.arrangement, self.found)

    def _header(self, rows: Any) -> list[str] | None:
        try:
            header: list[str] | None = next((row for row in rows if row), None)
        except csv.Error as error:
            self.found(self._broken(rows, error))
            return None
        if header is None:
            self.found(EMPTY_FILE.at(line=1))
        self.mark[0] = rows.line_num + self.layout.before
        return header

    def _lines(self, stream: BinaryIO, progress: Progress | None) -> Iterator[Iterator[str]]:
        """Physical lines, a block of them at a time; only LF ends a line."""
        rest, passed, lines, reached = "", 0, 0, -1
        for text in blocks(stream, of_several(stream, self.layout.encodings), self.found, progress):
            if "\0" in text:
                raise Unreadable(_zero_byte(text, rest, lines))
            whole = text.rfind("\n") + 1
            passed = len(text) if self.mark[0] != reached else passed + len(text)
            reached = self.mark[0]
            if passed > RECORD_LIMIT:
                why = f"more than {RECORD_LIMIT} characters"
                raise Unreadable(TOO_LONG.at(line=reached + 1, last=lines + 1, why=why))
            if whole:
                yield io.StringIO(rest + text[:whole], newline="\n")
                lines += text.count("\n")
            rest = text[whole:] if whole else rest + text
        if rest:
            yield iter([rest])

    def _broken(self, rows: Any, error: csv.Error) -> Finding:
        return broken(error, self.mark[0] + 1, rows.line_num + self.layout.before)


class _Generator:
    """Makes the row function for one order of columns."""

    def __init__(self, layout: Layout, codecs: Mapping[str, Codec], arrangement: Arrangement) -> None:
        self.layout = layout
        self.codecs = codecs
        self.arrangement = arrangement
        self.names: dict[str, object] = {"islice": islice}
        self.cells = {field: f"c{n}" for n, field in enumerate(arrangement) if field is not None}

    def compile(self) -> Callable[..., None]:
        return compile_function("read_rows", self.source(), self.names, f"{self.layout.layout} rows")

    def source(self) -> str:
        """def read_rows(rows, records, mark, explain): up to a batch of rows, appended to records."""
        lines: list[str] = []
        record = self._dict(self.layout.fields, "", lines)
        targets = ", ".join(f"c{n}" if field else "_" for n, field in enumerate(self.arrangement))
        skip = f" + {self.layout.before}" if self.layout.before else ""
        body = [
            f"for row in islice(rows, {ROWS}):",
            "    first = line + 1",
            f"    mark[0] = line = rows.line_num{skip}",
            "    try:",
            f"        {targets}, = row" if len(self.arrangement) == 1 else f"        {targets} = row",
            *indented(lines, 2),
            "    except ValueError:",
            "        record = explain(row, first)",
            "        if record is not None:",
            "            add(record)",
            "        continue",
            f"    add({{{record}, {KIND!r}: {str(self.layout.record)!r}, {LINE!r}: first}})",
        ]
        head = [
            "def read_rows(rows, records, mark, explain):",
            "    add = records.append",
            "    line = mark[0]",
        ]
        return "\n".join([*head, *indented(body)]) + "\n"

    def _dict(self, fields: Mapping[str, Field], prefix: str, lines: list[str]) -> str:
        """The items of a record or structure; what must be computed first is added to lines."""
        return ", ".join(
            f"{str(name)!r}: {self._value(field, prefix + name, lines)}" for name, field in fields.items()
        )

    def _value(self, field: Field, name: str, lines: list[str]) -> str:
        """The expression of one value."""
        if field.fields is not None:
            return self._structure(field.fields, field.required, name, lines)
        cell = self.cells.get(name)
        if cell is None:
            return "None"
        into = f"v{cell[1:]}"
        code_lines = self.codecs[name].read_code(cell, into, self.names)
        if len(code_lines) == 1 and code_lines[0].startswith(f"{into} = "):
            return code_lines[0].removeprefix(f"{into} = ")
        lines += code_lines
        return into

    def _structure(self, fields: Mapping[str, Field], required: bool, name: str, lines: list[str]) -> str:
        """A structure of columns: None when all of them are empty."""
        cells = [self.cells[leaf] for leaf in _below(self.cells, f"{name}.")]
        if not cells:
            return self._absent(required, lines)
        into = f"s{cells[0][1:]}_{name.count('.')}"
        inner: list[str] = []
        items = self._dict(fields, f"{name}.", inner)
        empty = "raise ValueError" if required else f"{into} = None"
        lines += [
            f"if {' or '.join(cells)}:",
            *indented([*inner, f"{into} = {{{items}}}"]),
            "else:",
            f"    {empty}",
        ]
        return into

    @staticmethod
    def _absent(required: bool, lines: list[str]) -> str:
        """A structure of which the file has no column."""
        lines += ["raise ValueError"] if required else []
        return "None"


def header_line(layout: Layout) -> int:
    """The line of the header."""
    return layout.before + 1


def _below(names: Mapping[str, object], prefix: str) -> list[str]:
    return [name for name in names if name.startswith(prefix)]


def _zero_byte(text: str, rest: str, lines: int) -> Finding:
    before = rest + text[: text.index("\0")]
    line = lines + before.count("\n") + 1
    return ZERO_BYTE.at(line=line, column=len(before) - before.rfind("\n"))
