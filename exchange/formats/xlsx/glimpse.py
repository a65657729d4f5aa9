"""The first sheet with rows of a workbook for which no layout is known: how many rows, with which columns."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from exchange.findings import Found
from exchange.formats.contract import Sniffed
from exchange.formats.glimpse import Gazer, Glimpse, are_names
from exchange.formats.xlsx.book import Book, Cell, Unusable, opened
from exchange.formats.xlsx.cells import seen_as


def glimpse(stream: BinaryIO, _sniffed: Sniffed, found: Found) -> Glimpse | None:
    """What is seen; None where the workbook has no row, or is none."""
    try:
        book = opened(stream)
        sheet, rows, first = next(_filled(book), (None, iter(()), {}))
        if sheet is None:
            return None
        titles = [cell.text.strip() for cell in first.values()]
        headed = all(cell.type == "text" for cell in first.values()) and are_names(titles)
        places: dict[int, str | int] = {
            column: first[column].text.strip() if headed else column for column in sorted(first)
        }
        gazer = Gazer(*places.values())
        for cells in rows if headed else chain([first], rows):
            named = {
                places.get(column, column): cell
                for column, cell in cells.items()
                if column in places or not headed
            }
            gazer.add({place: seen_as(cell, book.from_1904) for place, cell in named.items()})
    except Unusable as stopped:
        found(stopped.finding)
        return None
    return Glimpse(gazer.rows, gazer.seen(), headed, sheet=sheet)


def _filled(book: Book) -> Iterator[tuple[str, Iterator[dict[int, Cell]], dict[int, Cell]]]:
    """Each sheet that has rows: its name, its rows but for the first, and this one."""
    for sheet in book.sheets:
        rows = (cells for _, cells in book.rows(sheet) if cells)
        first = next(rows, None)
        if first is not None:
            yield sheet, rows, first
