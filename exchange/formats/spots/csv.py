"""Values of csv files: the cells of the rows that records came from."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from exchange.formats._csv_columns import columns, delimiter_of, first_line, rows_only
from exchange.formats._csv_read import CsvReader
from exchange.formats.csv import Layout
from exchange.formats.encoding import blocks
from exchange.formats.spots import Spot, ignored, leaf
from exchange.model import LINE, Record


def spots(layout: Layout, stream: BinaryIO, records: Sequence[Record]) -> list[dict[str, Spot]]:
    """The cells of each record by field; the column of a spot counts cells."""
    found: list[dict[str, Spot]] = [{} for _ in records]
    wanted: dict[int, list[tuple[dict[str, Spot], str]]] = defaultdict(list)
    for record, cells in zip(records, found, strict=True):
        for line, prefix in _rows(layout, record):
            wanted[line].append((cells, prefix))
    for line, row in _read(layout, stream, max(wanted, default=0)):
        for cells, prefix in wanted.get(line, ()):
            cells |= {
                leaf(prefix, name): spot for name, spot in row.items() if _belongs(layout, name, prefix)
            }
    return found


def _rows(layout: Layout, record: Record) -> Iterator[tuple[int, str]]:
    """The lines that a record came from, with the path of the row in it; "" for the record itself."""
    yield record[LINE], ""
    if layout.group is not None:
        children = layout.group.children
        for number, child in enumerate(record[children], 1):
            yield child[LINE], f"{children}[{number}]"


def _belongs(layout: Layout, name: str, prefix: str) -> bool:
    """Whether a column is a field there: of what groups rows only what it keeps of its first row."""
    return layout.group is None or bool(prefix) or name in layout.group.shared


def _read(layout: Layout, stream: BinaryIO, last: int) -> Iterator[tuple[int, dict[str, Spot]]]:
    """The rows up to a line, by the line that they begin on."""
    lines = _lines(stream, layout.encoding)
    for _ in range(layout.before):
        next(lines, None)
    lines, first, _ = first_line(rows_only(layout, lines))
    sign = delimiter_of(layout, first)
    options = layout.dialect.options | {"delimiter": sign}
    rows = csv.reader(lines, strict=True, **options)
    header = next((row for row in rows if row), []) if layout.dialect.header else None
    arrangement = CsvReader(layout, columns(layout)).arrangement(header, first, sign, ignored) or ()
    names = [cell.strip() for cell in header or ()] or [
        str(number) for number in range(1, len(arrangement) + 1)
    ]
    end = rows.line_num
    for row in rows:
        line, end = end + layout.before + 1, rows.line_num
        if line > last:
            return
        yield (
            line,
            {
                field: Spot(cell, line, number, name=name)
                for number, (field, cell, name) in enumerate(zip(arrangement, row, names, strict=False), 1)
                if field
            },
        )


def _lines(stream: BinaryIO, encoding: str) -> Iterator[str]:
    rest = ""
    for text in blocks(stream, encoding, ignored):
        *whole, rest = (rest + text).split("\n")
        yield from (f"{line}\n" for line in whole)
    if rest:
        yield rest
