"""Tables of a site: rows found by key, some of them valid only from or to a day. Building and searching; no
files.

    tables, problems = build([Source(declared, csv_text)])
    tables.search("vat-codes", column="code")(Decimal("25.5"), on=date(2024, 9, 1))

All cells are text. A key given as a number, a date or a boolean is looked up by its plain text, numbers
without needless zeros (25.50 finds the row "25.5" and "25.50").
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from exchange.declare.places import PlacedText
from exchange.declare.problems import Problem, nearest
from exchange.mapping.operators import Fault

Key = tuple[str, ...]


class MissFault(Fault):
    """A key is in no row of a table."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its cells by column and the days, both included, that it is valid from and to."""

    cells: Mapping[str, str | None]
    start: date
    end: date
    line: int


@dataclass(frozen=True, slots=True)
class Table:
    """One table, indexed by key. miss: "fail", "pass" (the key itself) or a default value in a tuple."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    dated: bool
    miss: str | tuple[str]
    rows: Mapping[Key, tuple[Row, ...]]

    @property
    def values(self) -> tuple[str, ...]:
        """The columns that can be looked up: all but the key and the validity."""
        return tuple(column for column in self.columns if column not in self.key)


@dataclass(frozen=True, slots=True)
class Search:
    """A look-up of one column of a table, made once and used for every record."""

    table: Table
    column: str
    found: dict[tuple[Any, ...], str | None] = field(default_factory=dict)

    def __call__(self, *keys: Any, on: date | None = None) -> str | None:
        """The cell of the row with these keys, valid on that day. An empty key gives empty."""
        memo = (*keys, on)
        if memo in self.found:
            return self.found[memo]
        if any(key is None for key in keys):
            return None
        value = self._search(tuple(plain(key) for key in keys), on)
        if len(self.found) < _REMEMBERED:
            self.found[memo] = value
        return value

    def row(self, keys: Key, on: date | None) -> Row | None:
        """The row with these keys that is valid on that day."""
        rows = self.table.rows.get(keys, ())
        return next((row for row in rows if on is None or row.start <= on <= row.end), None)

    def _search(self, keys: Key, on: date | None) -> str | None:
        if self.table.dated and on is None:
            raise Fault(
                f'the day for the dated table "{self.table.name}" is empty',
                "Give a day that is not empty with on=.",
            )
        row = self.row(keys, on)
        if row is not None:
            return row.cells[self.column]
        if self.table.miss == "pass":
            return keys[0]
        if isinstance(self.table.miss, tuple):
            return self.table.miss[0]
        raise self._miss(keys, on)

    def _miss(self, keys: Key, on: date | None) -> MissFault:
        shown = " / ".join(keys)
        if keys in self.table.rows:
            spans = ", ".join(f"{row.start} to {row.end}" for row in self.table.rows[keys])
            return MissFault(f'"{shown}" is in the table "{self.table.name}", but not for {on} (it has {spans})',
                             "Add a row that is valid on that day.")  # fmt: skip
        close = nearest(shown, (" / ".join(key) for key in self.table.rows))
        hint = f' The nearest key is "{close}".' if close else ""
        return MissFault(
            f'"{shown}" is not in the table "{self.table.name}"',
            f"Add a row to the table, or correct the value.{hint}",
        )


_REMEMBERED = 10_000
"""How many different keys one look-up remembers; more are searched each time."""


@dataclass(frozen=True, slots=True)
class Tables:
    """All tables by name."""

    tables: Mapping[str, Table] = field(default_factory=dict)

    def get(self, name: str) -> Table | None:
        """The table of that name."""
        return self.tables.get(name)

    def names(self) -> tuple[str, ...]:
        """The names of all tables, in order."""
        return tuple(sorted(self.tables))


@dataclass(frozen=True, slots=True)
class TableRules:
    """What is declared of a table. place: the text that problems of the table as a whole point at."""

    name: str
    key: Sequence[str]
    place: PlacedText
    valid_from: str | None = None
    valid_to: str | None = None
    miss: str | tuple[str] = "fail"


def build(
    rules: TableRules, rows: Iterable[tuple[int, Mapping[str, str | None]]], columns: Sequence[str], file: str
) -> tuple[Table, list[Problem]]:
    """A table from its rows (line number, cells by column), with what is wrong in it; file: where the rows
    stand.
    """
    problems = _missing_columns(rules, columns)
    if problems:
        return Table(rules.name, tuple(columns), tuple(rules.key), False, rules.miss, {}), problems
    index: dict[Key, list[Row]] = {}
    for line, cells in rows:
        _enter(rules, line, cells, index, problems, file)
    for key, same in index.items():
        same.sort(key=lambda row: row.start)
        problems += _overlaps(key, same, file)
    dated = rules.valid_from is not None or rules.valid_to is not None
    kept = {key: tuple(same) for key, same in index.items()}
    return Table(rules.name, tuple(columns), tuple(rules.key), dated, rules.miss, kept), problems


def read_csv(
    text: str, file: str
) -> tuple[list[str], list[tuple[int, dict[str, str | None]]], list[Problem]]:
    """Columns and rows of a table's CSV: a header line, `;` or `,` between cells (whichever the header
    has).
    """
    header = text.removeprefix("\ufeff").partition("\n")[0]
    reader = csv.reader(
        io.StringIO(text.removeprefix("\ufeff")), delimiter=";" if ";" in header else ",", strict=True
    )
    rows: list[tuple[int, dict[str, str | None]]] = []
    problems: list[Problem] = []
    columns: list[str] = []
    try:
        columns = [name.strip() for name in next(reader, [])]
        for cells in reader:
            if len(cells) == len(columns):
                rows.append(
                    (
                        reader.line_num,
                        {name: cell.strip() or None for name, cell in zip(columns, cells, strict=True)},
                    )
                )
            elif cells:
                message = f"The row has {len(cells)} cells, the header has {len(columns)}."
                problems.append(Problem(file, reader.line_num, 1, message, advice="Correct the row."))
    except csv.Error as wrong:
        problems.append(
            Problem(
                file, reader.line_num, 1, f"The CSV cannot be read: {wrong}.", advice="Correct the quotes."
            )
        )
    return columns, rows, problems


def plain(value: Any) -> str:
    """The text by which a key is looked up."""
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _key_text(cell: str) -> str:
    """A key cell: decimals lose needless zeros, so that they are found by number."""
    whole, point, decimals = cell.partition(".")
    if point and whole.removeprefix("-").isdigit() and decimals.isdigit():
        return plain(Decimal(cell))
    return cell


def _missing_columns(rules: TableRules, columns: Sequence[str]) -> list[Problem]:
    wanted = [*rules.key, *(name for name in (rules.valid_from, rules.valid_to) if name)]
    have = ", ".join(columns)
    return [
        rules.place.problem(f'The table "{rules.name}" has no column "{name}".', f"Its columns are: {have}.")
        for name in wanted
        if name not in columns
    ]


def _enter(
    rules: TableRules,
    line: int,
    cells: Mapping[str, str | None],
    index: dict[Key, list[Row]],
    problems: list[Problem],
    file: str,
) -> None:
    """One row into the index, or a problem."""
    key = [cells[name] for name in rules.key]
    if any(part is None for part in key):
        problems.append(
            Problem(file, line, 1, "The key of this row is empty.", advice="Fill it in or take the row out.")
        )
        return
    try:
        start = date.fromisoformat(cells[rules.valid_from] or "0001-01-01") if rules.valid_from else date.min
        end = date.fromisoformat(cells[rules.valid_to] or "9999-12-31") if rules.valid_to else date.max
    except ValueError as wrong:
        problems.append(
            Problem(
                file, line, 1, f"A day of validity is no date: {wrong}.", advice="Write days as 2024-09-01."
            )
        )
        return
    if end < start:
        problems.append(
            Problem(
                file, line, 1, f"The row ends ({end}) before it begins ({start}).", advice="Correct the days."
            )
        )
    index.setdefault(tuple(_key_text(part or "") for part in key), []).append(Row(cells, start, end, line))


def _overlaps(key: Key, rows: Sequence[Row], file: str) -> list[Problem]:
    """Two rows for one key on one day."""
    shown = " / ".join(key).replace("{", "{{").replace("}", "}}")
    message = f'The key "{shown}" stands in line {{}} as well, for the same days.'
    advice = "Take one of the rows out, or let their days not overlap."
    return [
        Problem(file, after.line, 1, message.format(before.line), advice=advice)
        for before, after in pairwise(rows)
        if after.start <= before.end
    ]
