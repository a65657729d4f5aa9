"""The first line of a csv file, where it tells of all rows (`head`), and lines of which only the texts are quoted.

HeadLine(layout).read('"EXTF";700;…', found)   →   {"file": {"marker": "EXTF", "version": 700, …}}
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from exchange.findings import Finding, Found, code
from exchange.formats._csv_complaints import unwritable
from exchange.formats.values import Codec
from exchange.model import KIND, LINE, Record

if TYPE_CHECKING:
    from exchange.formats.csv import CsvDialect, Layout

WRONG_HEAD = code(
    "CSV023",
    "error",
    "The first line has {got} columns where the layout has {want}: {value}",
    advice="The file begins in another way than files of this kind do. Ask the sender for a corrected file.",
)


class HeadLine:
    """The head of one layout, both ways."""

    def __init__(self, layout: Layout) -> None:
        assert layout.head is not None
        self._head = layout.head
        self._dialect = layout.dialect
        self._encoding = layout.encoding
        self._codecs = {
            str(name): Codec(str(name), field, layout.dialect) for name, field in self._head.fields.items()
        }
        self._places = {
            str(name): field.column - 1
            for name, field in self._head.fields.items()
            if isinstance(field.column, int)
        }

    def read(self, line: str, found: Found) -> Record:
        """The head under its name; None under it when something is wrong, which is told. Missing empty columns at the
        end do not count.
        """
        try:
            cells = next(csv.reader([line.lstrip("\ufeff")], strict=True, **self._dialect.options), [])
        except csv.Error:
            cells = []
        while (
            len(cells) > self._head.width and not cells[-1].strip()
        ):  # a spreadsheet program makes all lines alike
            cells.pop()
        if not 0 < len(cells) <= self._head.width:
            found(WRONG_HEAD.at(line=1, got=len(cells), want=self._head.width, value=line.strip()[:80]))
            return {str(self._head.kind): None}
        cells += [""] * (self._head.width - len(cells))
        record: Record = {}
        wrong: list[Finding] = []
        for name, codec in self._codecs.items():
            record[name], findings = codec.read(
                cells[self._places[name]], line=1, column=self._places[name] + 1
            )
            wrong += findings
        for finding in wrong:
            found(finding)
        return {str(self._head.kind): None if wrong else record | {KIND: str(self._head.kind), LINE: 1}}

    def texts(self, record: Record, line: int | None, found: Found) -> list[str]:
        """The cells of a head; what does not fit is told."""
        cells = [""] * self._head.width
        for name, codec in self._codecs.items():
            text, findings = codec.write(record.get(name), line=line)
            place = {"field": name, "line": line}
            findings += unwritable(
                text, self._encoding, self._dialect.quote, self._dialect.delimiter, **place
            )
            for finding in findings:
                found(finding)
            cells[self._places[name]] = "" if findings else text
        return cells

    def line(self, cells: Sequence[str], newline: str) -> str:
        """The head as it is written."""
        texts = {self._places[str(name)] for name, field in self._head.fields.items() if field.is_quoted}
        return text_line(cells, [place in texts for place in range(len(cells))], self._dialect, newline)


def text_line(cells: Sequence[str], texts: Sequence[bool], dialect: CsvDialect, newline: str) -> str:
    """Cells as one line. texts: which of them are texts; where the dialect says so, just these are quoted."""
    if dialect.quote == "none":
        return f"{dialect.delimiter.join(cells)}{newline}"
    mark, every = str(dialect.quote), dialect.quoting == "all"
    special = (str(dialect.delimiter), mark, "\r", "\n")

    def shown(cell: str, is_text: bool) -> str:
        wanted = every or (is_text and dialect.quoting == "texts") or any(each in cell for each in special)
        return f"{mark}{cell.replace(mark, mark * 2)}{mark}" if wanted else cell

    joined: Any = str(dialect.delimiter).join(map(shown, cells, texts))
    return f"{joined}{newline}"
