"""What stands before the header of a csv file and holds for all of its rows: a line of titles with one line of values under it.

    fields:
      payout_date: {column: payout_date, before: true}

A file may lack these lines, or some of the columns: then they are read as empty.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from exchange.findings import Found, code
from exchange.formats._csv_columns import Column, found_in, placed
from exchange.formats.values import Codec
from exchange.model import Record

if TYPE_CHECKING:
    from exchange.formats.csv import Layout

TWO_LINES = code(
    "CSV024",
    "error",
    "Line {line}: before the header, two lines of values stand under the same titles: {value}",
    advice="It cannot be known which of them the rows belong to. Ask the sender for one file for each.",
)
BROKEN = code(
    "CSV025",
    "error",
    "Line {line}: the values before the header do not stand under their titles: {got} values, {want} titles.",
    advice="Ask the sender for a corrected file.",
)


class Before:
    """The values before the header of one layout's files."""

    def __init__(self, layout: Layout) -> None:
        self._skipped = layout.before
        self._options = layout.dialect.options
        fields = {str(name): field for name, field in layout.fields.items() if field.before}
        self._codecs = {name: Codec(name, field, layout.dialect) for name, field in fields.items()}
        self._columns: Mapping[str, Column] = {name: placed(name, field) for name, field in fields.items()}

    def __bool__(self) -> bool:
        return bool(self._columns)

    def read(self, lines: Sequence[str], delimiter: str, found: Found) -> Record | None:
        """The values; None where something is wrong, which is told. lines: all before the header."""
        rows = list(self._rows(lines, delimiter))
        known = [len(found_in(cells, self._columns)[0]) for _, cells in rows]
        best = max(known, default=0)
        if not best:
            return dict.fromkeys(self._codecs)
        titles = rows[known.index(best)][1]
        following = list(islice(rows, known.index(best) + 1, None))
        if not following:
            return dict.fromkeys(self._codecs)
        line, cells = following[0]
        if len(following) > 1:
            found(TWO_LINES.at(line=following[1][0], value="; ".join(following[1][1])[:80]))
            return None
        if len(cells) != len(titles):
            found(BROKEN.at(line=line, got=len(cells), want=len(titles)))
            return None
        return self._values(titles, cells, line, found)

    def _values(self, titles: Sequence[str], cells: Sequence[str], line: int, found: Found) -> Record | None:
        places, _ = found_in(titles, self._columns)
        record: Record = {}
        clear = True
        for name, codec in self._codecs.items():
            place = places.get(name)
            text = "" if place is None else cells[place]
            record[name], wrong = codec.read(text, line=line, column=None if place is None else place + 1)
            clear = clear and not wrong
            for finding in wrong:
                found(finding)
        return record if clear else None

    def _rows(self, lines: Sequence[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
        """Rows that are not blank, with their lines. A line whose quotes are not sound is no row."""
        for number, line in enumerate(lines, self._skipped + 1):
            try:
                cells = next(
                    csv.reader([line.lstrip("\ufeff")], **self._options | {"delimiter": delimiter}), []
                )
            except csv.Error:
                cells = []
            if any(cell.strip() for cell in cells):
                yield number, [cell.strip() for cell in cells]
