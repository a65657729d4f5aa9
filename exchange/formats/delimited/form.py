"""How records stand between delimiters: the rows of a file with their header lines, and what is written."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

from exchange.findings import Finding, Found
from exchange.formats._csv_columns import placed_title
from exchange.formats._csv_complaints import (
    DOUBLE_COLUMN,
    LONG_ROW,
    NO_COLUMN,
    SHORT_ROW,
    TOO_LONG,
    UNKNOWN_COLUMN,
    broken,
)
from exchange.formats.contract import Progress
from exchange.formats.delimited.layout import Layout, own_lines
from exchange.formats.delimited.plan import Row, RowPlan, joined
from exchange.formats.encoding import Unreadable, blocks, marks_itself
from exchange.formats.fixed.fit import CONTROL
from exchange.formats.fixed.lines import LINE_LIMIT

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Rows:
    """The form of a layout of delimited rows; see `fixed.belonging.Form`."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.plans = {title: RowPlan(layout, title, line) for title, line in own_lines(layout)}
        self.at = layout.code_column - 1
        self.by_code = {code: plan for plan in self.plans.values() for code in plan.line.codes}
        self.heads = {placed_title(plan.header[self.at]): plan for plan in self.plans.values() if plan.header}
        self.end = {"crlf": "\r\n", "lf": "\n"}[layout.dialect.newline]

    @property
    def source(self) -> str:
        """The generated functions of all records."""
        return "\n".join(plan.source for plan in self.plans.values())

    def plan(self, row: Row) -> RowPlan | None:
        """The plan of a row; None when its code is not known."""
        return self.by_code.get(self.code(row))

    def code(self, row: Row) -> str:
        """The code of a row."""
        return row[self.at].strip() if len(row) > self.at else ""

    def shown(self, row: Row) -> str:
        """The row with its delimiters."""
        return self.layout.dialect.delimiter.join(row)

    def rows(self, stream: BinaryIO, found: Found, progress: Progress | None) -> Iterator[tuple[int, Row]]:
        """Each record with the number of the line it begins on, in the order of the layout. Raises Unreadable."""
        return self.cut(blocks(stream, self.layout.encoding, found, progress), found)

    def cut(self, texts: Iterator[str], found: Found) -> Iterator[tuple[int, Row]]:
        """The rows of a text; header lines say where the columns of their kind stand, and are no records."""
        arrangements: dict[str, Arrangement | None] = {}
        for number, cells in self._cells(texts, found):
            row = Row(cells)
            row.places = None
            plan = self.by_code.get(self.code(row))
            head = self.heads.get(placed_title(self.code(row))) if plan is None else None
            if head is not None:
                arrangements[head.title] = _arrangement(head, row, number, found)
                continue
            moved = arrangements.get(plan.title) if plan is not None else None
            yield number, row if moved is None else moved.arranged(row, number, found)

    def _cells(self, texts: Iterator[str], found: Found) -> Iterator[tuple[int, list[str]]]:
        dialect, last = self.layout.dialect, 0
        none = dialect.quote == "none"
        reading: dict[str, Any] = {"quoting": csv.QUOTE_NONE} if none else {"quotechar": dialect.quote}
        rows = csv.reader(_lines(texts, dialect.skip), delimiter=dialect.delimiter, strict=True, **reading)
        while True:
            first = last + 1
            try:
                cells = next(rows, None)
            except csv.Error as error:
                found(broken(error, first + dialect.skip, rows.line_num + dialect.skip))
                cells = []
            last = rows.line_num
            if cells is None:
                return
            if any(cell and not cell.isspace() for cell in cells):
                yield first + dialect.skip, cells

    def fitter(self, tell: Callable[..., None]) -> Fitter:
        """What brings rows to their columns."""
        return Fitter(tell)

    def control_character(self, row: Row, number: int) -> Finding | None:
        """Only tabs and line ends may stand in a quoted value."""
        for place, cell in enumerate(row):
            control = None if cell.isprintable() else _CONTROL.search(cell)
            if control is not None:
                return CONTROL.at(line=number, column=row.column(place), value=repr(control[0])[1:-1])
        return None

    def ended(self, text: str) -> str:
        """A record with its line end."""
        return text + self.end

    def opening(self) -> str:
        """The header lines."""
        heads = [joined(plan.header, self.layout.dialect) for plan in self.plans.values() if plan.header]
        mark = self.layout.dialect.bom and not marks_itself(self.layout.encoding)
        return ("\ufeff" if mark else "") + "".join(head + self.end for head in heads)


class Fitter:
    """Brings rows to the number of their columns, or tells that they cannot be."""

    def __init__(self, tell: Callable[..., None]) -> None:
        self._tell = tell

    def fitted(self, plan: RowPlan, row: Row, number: int) -> Row:
        """The row with exactly the columns of its record; empty cells behind its end are none."""
        facts = {"line": number, "got": len(row), "want": plan.width}
        if len(row) < plan.fewest:
            self._tell(SHORT_ROW, column=len(row) + 1, **facts)
        elif any(cell and not cell.isspace() for cell in row[plan.width :]):
            self._tell(LONG_ROW, column=plan.width + 1, **facts)
        fitted = Row([*row[: plan.width], *[""] * (plan.width - len(row))])
        fitted.places = row.places
        return fitted


def _lines(texts: Iterator[str], skip: int) -> Iterator[str]:
    """The physical lines with their ends. Raises Unreadable at one that never ends."""
    rest, number = "", 0
    for text in texts:
        *whole, rest = (rest + text).split("\n")
        for line in whole:
            number += 1
            if number > skip:
                yield f"{line}\n"
        if len(rest) > LINE_LIMIT:
            why = f"more than {LINE_LIMIT} characters"
            raise Unreadable(TOO_LONG.at(line=number + 1, last=number + 1, why=why))
    if (rest := rest.rstrip("\x1a")) and number >= skip:  # the end mark of DOS
        yield rest


class Arrangement:
    """How the columns of a kind stand in a file whose header has them in another way. places: where each of the layout
    stands, from 0; width: how many the header has.
    """

    def __init__(self, plan: RowPlan, places: Mapping[int, int], width: int) -> None:
        self._places = [places.get(place) for place in range(plan.width)]
        self._shown = [places.get(place, place) + 1 for place in range(plan.width)]
        self._width = width
        self._fewest = max(places.values()) + 1 - (plan.width - plan.fewest)

    def arranged(self, row: Row, number: int, found: Found) -> Row:
        """A row in the order of the layout. One with more or fewer cells than the header is told: no value may shift."""
        if len(row) < self._fewest:
            found(SHORT_ROW.at(line=number, column=len(row) + 1, got=len(row), want=self._width))
        elif any(cell and not cell.isspace() for cell in row[self._width :]):
            found(LONG_ROW.at(line=number, column=self._width + 1, got=len(row), want=self._width))
        arranged = Row(row[place] if place is not None and place < len(row) else "" for place in self._places)
        arranged.places = self._shown
        return arranged


def _arrangement(plan: RowPlan, head: Row, line: int, found: Found) -> Arrangement | None:
    """How the columns of a kind stand in a file, by its header; None when as declared."""
    seen: dict[str, int] = {}
    for place, title in enumerate(head):
        known = placed_title(title)
        if known in seen:
            found(DOUBLE_COLUMN.at(line=line, column=place + 1, value=title, first=seen[known] + 1))
        seen.setdefault(known, place)
    wanted = [placed_title(title) for title in plan.header or ()]
    used = {cell.place: cell.name for cell in plan.columns}
    for place, title in enumerate(plan.header or ()):
        if wanted[place] not in seen and place in used:
            field = f"{plan.title}.{used[place]}"
            found(NO_COLUMN.at(line=line, column=1, value=title, field=field, near=""))
    for known, place in seen.items():
        if known and known not in wanted:
            found(UNKNOWN_COLUMN.at(line=line, column=place + 1, value=head[place]))
    found_at = {place: seen[known] for place, known in enumerate(wanted) if known in seen}
    same = all(place == there for place, there in found_at.items()) and len(seen) <= len(wanted)
    return None if same else Arrangement(plan, found_at, len(head))
