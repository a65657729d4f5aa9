"""A part of a transaction that can be undone alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from exchange.ledger import Ledger
from exchange.ledger.savepoint import part


@pytest.fixture
def connection(ledger: Ledger) -> Iterator[Connection]:
    """Within a transaction that is undone at the end; it has a table `kept` of its own."""
    with ledger.engine.connect() as opened, opened.begin() as transaction:
        opened.execute(text("CREATE TEMPORARY TABLE kept (n INTEGER PRIMARY KEY)"))
        yield opened
        transaction.rollback()


def put(connection: Connection, n: int) -> None:
    connection.execute(text("INSERT INTO kept (n) VALUES (:n)"), {"n": n})


def kept(connection: Connection) -> list[int]:
    return list(connection.scalars(text("SELECT n FROM kept ORDER BY n")))


def all_let_go(connection: Connection) -> bool:
    """Whether no savepoint is left. The last question of a test: PostgreSQL undoes the transaction for the answer yes."""
    try:
        connection.exec_driver_sql("RELEASE SAVEPOINT part")
    except DBAPIError:
        return True
    return False


def test_what_goes_well_stays(connection: Connection) -> None:
    with part(connection):
        put(connection, 1)
    assert kept(connection) == [1] and all_let_go(connection)


def test_what_is_undone_is_gone_and_what_follows_stays(connection: Connection) -> None:
    put(connection, 1)
    with part(connection) as undo:
        put(connection, 2)
        undo()
    put(connection, 3)
    assert kept(connection) == [1, 3] and all_let_go(connection)


def test_parts_within_parts_are_undone_alone(connection: Connection) -> None:
    with part(connection):
        put(connection, 1)
        with part(connection) as undo:
            put(connection, 2)
            undo()
        with part(connection):
            put(connection, 3)
    assert kept(connection) == [1, 3] and all_let_go(connection)


def test_an_outer_part_takes_the_inner_ones_with_it(connection: Connection) -> None:
    with part(connection) as undo:
        with part(connection):
            put(connection, 1)
        undo()
    assert kept(connection) == [] and all_let_go(connection)


def test_an_exception_undoes(connection: Connection) -> None:
    put(connection, 1)
    with pytest.raises(DBAPIError), part(connection):
        put(connection, 2)
        put(connection, 1)
    assert kept(connection) == [1] and all_let_go(connection)


def test_leaving_early_goes_well(connection: Connection) -> None:
    def leave() -> None:
        with part(connection):
            put(connection, 1)
            return

    leave()
    assert kept(connection) == [1] and all_let_go(connection)
