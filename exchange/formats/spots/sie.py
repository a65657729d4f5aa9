"""Values of SIE files: the fields of the lines that balances and vouchers came from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from exchange.formats.sie.layout import Layout
from exchange.formats.sie.lexical import cells, lines, split
from exchange.formats.sie.records import BALANCES, HEAD, ROWS, VOUCHER, Line
from exchange.formats.spots import Spot, ignored, leaf
from exchange.model import LINE, Record

LINES = {line.tag: line for line in (*HEAD, *BALANCES, VOUCHER, *ROWS)}


def spots(layout: Layout, stream: BinaryIO, records: Sequence[Record]) -> list[dict[str, Spot]]:
    """The fields of each record, of its rows, and of the head of the file (what stands there once)."""
    found: list[dict[str, Spot]] = [{} for _ in records]
    wanted: dict[int, list[tuple[dict[str, Spot], str]]] = defaultdict(list)
    for record, read in zip(records, found, strict=True):
        for number, prefix in _lines_of(record):
            wanted[number].append((read, prefix))
    for number, text in lines(stream, layout.encoding, ignored):
        tag, rest = split(text)
        if number in wanted and tag in LINES:
            for read, prefix in wanted[number]:
                read |= _fields(LINES[tag], rest, number, prefix)
        elif tag in LINES and LINES[tag] in HEAD and not LINES[tag].into:
            head = _fields(LINES[tag], rest, number, "file")
            for read in found:
                read.update({name: spot for name, spot in head.items() if name not in read})
        if number > max(wanted, default=0):
            break
    return found


def _lines_of(record: Record) -> Iterator[tuple[int, str]]:
    """The lines that a record came from, with the path that their fields have in it."""
    yield record[LINE], ""
    for name in ("rows", "removed"):
        for number, row in enumerate(record.get(name) or (), 1):
            yield row[LINE], f"{name}[{number}]"


def _fields(line: Line, rest: str, number: int, prefix: str) -> dict[str, Spot]:
    read = cells(rest, number, ignored)
    if read is None:
        return {}
    columns = [column for column in line.columns if column != "objects"]
    found = {
        leaf(prefix, column): Spot(text, number, name=f"#{line.tag}")
        for column, text in zip(columns, read.fields, strict=False)
    }
    if line in BALANCES:
        found[leaf(prefix, "record")] = Spot(line.tag, number, name=f"#{line.tag}")
    if read.objects:
        found[leaf(prefix, "dimensions")] = Spot(" ".join(read.objects), number, name=f"#{line.tag}")
    return found
