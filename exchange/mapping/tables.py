"""Tables of a site: rows found by key, some of them valid only from or to a day. No files are read here.

    tables, problems = build([rows])              # rows as `declare.table` loads them
    Search(tables.get("vat-codes"), "code")(Decimal("25.5"), on=date(2024, 9, 1))

All cells are text. A key given as a number, a date or a boolean is looked up by its plain text, numbers
without needless zeros: 25.50 finds the row "25.5" as well as the row "25.50".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from exchange.declare.problems import Problem, nearest
from exchange.declare.table import Default, TableRows, validity
from exchange.mapping.bankdays import BankDays
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
    """One table, indexed by key. days: the columns of the first and last day of a row; miss: "fail", "empty",
    "pass" (the key itself) or a default value in a tuple; file: where the rows are declared.
    """

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    days: tuple[str, ...]
    miss: str | tuple[str]
    rows: Mapping[Key, tuple[Row, ...]]
    file: str = ""

    @property
    def dated(self) -> bool:
        """Whether rows are valid for some days only."""
        return bool(self.days)

    @property
    def is_total(self) -> bool:
        """Whether a look-up gives something for every key, on every day."""
        return self.miss != "fail" and not self.dated

    @property
    def values(self) -> tuple[str, ...]:
        """The columns that can be looked up: all but the key and the validity."""
        return tuple(column for column in self.columns if column not in (*self.key, *self.days))


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
        if self.table.miss == "empty":
            return None
        if self.table.miss == "pass":
            return keys[0]
        if isinstance(self.table.miss, tuple):
            return self.table.miss[0]
        raise self._miss(keys, on)

    def _miss(self, keys: Key, on: date | None) -> MissFault:
        shown = " / ".join(keys)
        if keys in self.table.rows:
            spans = ", ".join(f"{row.start} to {row.end}" for row in self.table.rows[keys])
            return MissFault(
                f'"{shown}" is in the table "{self.table.name}", but not for {on} (it has {spans})',
                "Add a row that is valid on that day.",
            )
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
    """All tables by name, and all calendars. asked: the names of those that were asked for, calendars as "calendar NAME"."""

    tables: Mapping[str, Table] = field(default_factory=dict)
    calendars: Mapping[str, BankDays] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set, compare=False)

    def get(self, name: str) -> Table | None:
        """The table of that name."""
        self.asked.add(name)
        return self.tables.get(name)

    def calendar(self, name: str) -> BankDays | None:
        """The calendar of that name."""
        self.asked.add(f"calendar {name}")
        return self.calendars.get(name)

    def names(self) -> tuple[str, ...]:
        """The names of all tables, in order."""
        return tuple(sorted(self.tables))


def build(loaded: Iterable[TableRows]) -> tuple[Tables, list[Problem]]:
    """Tables of loaded rows, and rows whose keys are the same number in another spelling, for the same
    days.
    """
    tables: dict[str, Table] = {}
    problems: list[Problem] = []
    for rows in loaded:
        tables[rows.table.table] = table = _table(rows)
        problems += [problem for key, same in table.rows.items() for problem in _overlaps(rows, key, same)]
    return Tables(tables), problems


def _table(rows: TableRows) -> Table:
    declared, index = rows.table, dict[Key, list[Row]]()
    for cells, line in zip(rows.rows, rows.lines, strict=True):
        key = tuple(_key_text(cells[column] or "") for column in declared.key)
        index.setdefault(key, []).append(Row(cells, *validity(declared, cells), line))
    kept = {key: tuple(sorted(same, key=lambda row: row.start)) for key, same in index.items()}
    miss = (declared.miss.default,) if isinstance(declared.miss, Default) else declared.miss
    columns = tuple(str(column) for column in declared.key)
    valid = () if declared.valid is None else (declared.valid.from_, declared.valid.to)
    days = tuple(column for column in valid if column)
    return Table(declared.table, rows.columns, columns, days, miss, kept, _file(rows))


def _file(rows: TableRows) -> str:
    """The file that holds the rows: beside the declared table, or itself."""
    declared, name = rows.table.key[0].file, rows.table.file
    return declared if name is None else declared[: declared.rfind("/") + 1] + name


def _overlaps(rows: TableRows, key: Key, same: Iterable[Row]) -> list[Problem]:
    """Rows for one key on one day; those spelt alike are told when the rows are loaded."""
    at = rows.table.file or rows.table.key[0]
    shown = " / ".join(key)
    advice = "Take one of the rows out, or let their days not overlap."
    return [
        at.problem(
            f'The key "{shown}" stands in lines {before.line} and {after.line} for the same days.', advice
        )
        for before, after in pairwise(same)
        if after.start <= before.end
    ]


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
