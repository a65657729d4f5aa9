"""Excel workbooks (.xlsx): a sheet of rows, read as a stream and written, with the keys that csv layouts have.

    layout: acme/orders
    format: xlsx
    sheet: Orders
    record: order_line
    fields:
      order_no: {column: Order number, required: true}
      price:    {column: Price, type: money, scale: 2}

Numbers and dates are values of their own in a workbook: `pattern`, `decimal` and the like count for cells that hold texts instead.
Excel keeps about 15 digits of a number as a binary fraction; what is read is the decimal of at most 15 digits that it stands for, and a number
with more is refused when written, and when read if it has them before its point (a reference must be a text). Percentages of cells that
Excel shows with % are read as people see them: 25.5 % is 25.5. A formula counts with the result that is stored.
The older .xls and files with a password are refused. Source of the form: ECMA-376.
"""

from __future__ import annotations

import io
from itertools import chain

from exchange.formats._csv_columns import columns, shown_in
from exchange.formats.contract import Reader, Sniffed, Writer
from exchange.formats.xlsx.book import Unusable, opened
from exchange.formats.xlsx.glimpse import glimpse
from exchange.formats.xlsx.layout import Layout
from exchange.formats.xlsx.read import SheetReader, titles
from exchange.formats.xlsx.write import SheetWriter

__all__ = ["Layout", "glimpse", "reader", "recognise", "sniff", "writer"]

_ZIP = b"PK\x03\x04"
REACH = 32 * 1024 * 1024
"""The contents of a workbook stand at its end: one with fewer bytes is known by its sheets, of a bigger one the layout must be named."""


def reader(layout: Layout) -> Reader:
    """A reader of this layout."""
    return SheetReader(layout)


def writer(layout: Layout) -> Writer:
    """A writer of this layout."""
    return SheetWriter(layout)


def reach(first: bytes) -> int:
    """All of a workbook must be seen to know it."""
    return REACH if first.startswith(_ZIP) else 0


def recognise(sample: bytes, layout: Layout) -> str | None:
    """By the header of the sheet."""
    if not sample.startswith(_ZIP) or len(sample) >= REACH or not layout.dialect.header:
        return None
    try:
        book = opened(io.BytesIO(sample))
        sheet = layout.sheet or next(iter(book.sheets), "")
        rows = book.rows(sheet) if sheet in book.sheets else iter(())
        header = next((cells for number, cells in rows if cells and number > layout.dialect.skip), {})
    except Unusable:
        return None
    shown = shown_in(titles(header), columns(layout).values())
    if shown is None:
        return None
    return f"The sheet {sheet} has {shown[0]} of the {shown[1]} columns of the layout."


def sniff(sample: bytes) -> Sniffed | None:
    """A zip file with the parts of a workbook at its beginning."""
    if not sample.startswith(_ZIP) or not (b"xl/" in sample or b"[Content_Types].xml" in sample):
        return None
    columns: tuple[str, ...] = ()
    facts: dict[str, str] = {}
    if len(sample) < REACH:
        try:
            book = opened(io.BytesIO(sample))
            facts["sheets"] = ", ".join(book.sheets)
            rows = chain.from_iterable(book.rows(sheet) for sheet in book.sheets)
            first = next((cells for _, cells in rows if cells), {})
            columns = tuple(first[column].text.strip() for column in sorted(first))
        except Unusable:
            pass
    return Sniffed(
        "xlsx", "utf-8", "a zip file with the parts of an Excel workbook", columns=columns, facts=facts
    )
