"""Many rows with one statement. The text of a statement is made once for each kind of database and set of columns:
what is then left for each row is what the database itself does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Dialect, Table, Text, bindparam, func, insert, literal_column, update
from sqlalchemy.dialects import postgresql, sqlite

Row = dict[str, Any]
T = TypeVar("T")
PORTION = 500
"""So many rows or values one statement has."""
_AT = "at_"
_COUNTED = {"preserve_rowcount": True}
_upserts: dict[str, Callable[[Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def portions(values: Iterable[T]) -> Iterator[list[T]]:
    """The values in lists of at most `PORTION`."""
    rest = iter(values)
    while some := list(islice(rest, PORTION)):
        yield some


def put(connection: Connection, table: Table, rows: Sequence[Row], *, unless_there: bool = False) -> int:
    """Insert rows that all have the same columns; how many. unless_there: pass over those that clash."""
    return _run(connection, _insertion(connection.dialect, table, tuple(rows[0]), unless_there), rows)


def put_values(
    connection: Connection,
    table: Table,
    columns: tuple[str, ...],
    rows: Sequence[tuple[Any, ...]],
    *,
    unless_there: bool = False,
) -> int:
    """Insert rows given as their values in the order of columns; how many. In columns that may be empty an empty text
    stands for that: the SQLite driver is slow with values that are None. unless_there: pass over those that clash.
    """
    statement, order = _insertion_of_values(connection.dialect, table, columns, unless_there)
    values: Any = [dict(zip(columns, row, strict=True)) for row in rows] if order is None else rows
    assert order is None or order == columns
    return connection.exec_driver_sql(statement, values, execution_options=_COUNTED).rowcount


def put_over(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows, each in place of the one with the same primary key."""
    insertion = _upserts[connection.dialect.name](table)
    keys = [column.name for column in table.primary_key]
    changed = {name: insertion.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(insertion.on_conflict_do_update(index_elements=keys, set_=changed), list(rows))


def change(connection: Connection, table: Table, rows: Sequence[Row]) -> int:
    """Update rows; how many. Keys that begin with `at_` name columns to look for, the others those to set."""
    return _run(connection, _update(connection.dialect, table, tuple(rows[0])), rows)


_Prepared = tuple[str, tuple[str, ...] | None]
"""The statement's text, and the order of its columns where the driver takes them by place."""


def _run(connection: Connection, prepared: _Prepared, rows: Sequence[Row]) -> int:
    statement, order = prepared
    values: Any = rows if order is None else [tuple([row[name] for name in order]) for row in rows]
    return connection.exec_driver_sql(statement, values, execution_options=_COUNTED).rowcount


@lru_cache(1_000)
def _insertion(dialect: Dialect, table: Table, columns: tuple[str, ...], unless_there: bool) -> _Prepared:
    if unless_there:
        return _prepared(dialect, _upserts[dialect.name](table).inline().on_conflict_do_nothing(), columns)
    return _prepared(dialect, insert(table).inline(), columns)


@lru_cache(100)
def _insertion_of_values(
    dialect: Dialect, table: Table, columns: tuple[str, ...], unless_there: bool
) -> _Prepared:
    values: dict[str, Any] = {
        name: func.nullif(bindparam(name, type_=table.c[name].type), literal_column("''"))
        if table.c[name].nullable and isinstance(table.c[name].type, Text)
        else bindparam(name)
        for name in columns
    }
    insertion = _upserts[dialect.name](table)
    if unless_there:
        insertion = insertion.on_conflict_do_nothing()
    return _prepared(dialect, insertion.inline().values(values), None)


@lru_cache(1_000)
def _update(dialect: Dialect, table: Table, columns: tuple[str, ...]) -> _Prepared:
    looked_for = [name for name in columns if name.startswith(_AT)]
    values: dict[str, Any] = {name: bindparam(name) for name in columns if name not in looked_for}
    where = [table.c[name.removeprefix(_AT)] == bindparam(name) for name in looked_for]
    return _prepared(dialect, update(table).where(*where).values(values), columns)


def _prepared(dialect: Dialect, statement: Any, columns: tuple[str, ...] | None) -> _Prepared:
    compiled = statement.compile(dialect=dialect, column_keys=None if columns is None else list(columns))
    return str(compiled), tuple(compiled.positiontup) if compiled.positional else None
