"""A part of a transaction that can be undone alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection


@contextmanager
def part(connection: Connection) -> Iterator[Callable[[], None]]:
    """What is written inside can be undone alone: call what is given, once, and write nothing inside after that. An
    exception undoes it, too.

    What is undone is let go of as well. SQLAlchemy's nested transactions leave the savepoint where it was: SQLite then
    keeps for it what every later statement changes, and looks through all of that at the end of each statement.
    """
    is_open = True

    def undo() -> None:
        nonlocal is_open
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT part")
        connection.exec_driver_sql("RELEASE SAVEPOINT part")
        is_open = False

    connection.exec_driver_sql("SAVEPOINT part")
    went_well = False
    try:
        yield undo
        went_well = True
    finally:
        if is_open and went_well:
            connection.exec_driver_sql("RELEASE SAVEPOINT part")
        elif is_open:
            undo()
