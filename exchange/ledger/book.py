"""The ledger itself: open it, read it, write it. Every write is one transaction that also lengthens the
chain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, Table, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from exchange import clock
from exchange.errors import LedgerError, UseError
from exchange.ledger import bulk, chain, savepoint
from exchange.ledger.connect import WRITE
from exchange.ledger.ids import Ids
from exchange.ledger.schema import ENGINE, arrivals, deliveries, events

_CHAIN_LOCK = 0x45584347


@dataclass(frozen=True, slots=True)
class Move:
    """One step of one arrival or delivery: from which stage, what else changes in its row, what the event
    says.

    Moves that go together in one call set the same columns.
    """

    id: str
    old: str
    values: Mapping[str, object] = field(default_factory=dict)
    data: Mapping[str, object] = field(default_factory=dict)


class Writing:
    """One transaction that writes. Moments are milliseconds since 1970; everything in it happens at `at`."""

    def __init__(self, connection: Connection, actor: str, because: str | None) -> None:
        self.connection = connection
        self.actor = actor
        self.because = because
        self.at = milliseconds()
        self.n, self.hash = chain.head(connection)

    def append(self, entries: Iterable[tuple[str, str, Mapping[str, object]]]) -> list[int]:
        """Append events (subject, what, data) to the chain; their numbers."""
        rows = [self._next(*entry) for entry in entries]
        if rows:
            bulk.put(self.connection, events, rows)
        return [row["n"] for row in rows]

    def move(self, table: Table, new: str, moves: Sequence[Move]) -> None:
        """Move rows of `arrivals` or `deliveries` to a stage, each with its event; LedgerError when one is
        elsewhere.
        """
        if not moves:
            return
        thing = "delivery" if table is deliveries else "arrival"
        numbers = self.append((move.id, f"{thing} {new}", {"from": move.old, **move.data}) for move in moves)
        rows = [
            {
                "at_id": move.id,
                "at_stage": move.old,
                "stage": new,
                "event": n,
                "hold": None,
                "reason": None,
                **move.values,
            }
            for move, n in zip(moves, numbers, strict=True)
        ]
        made = bulk.change(self.connection, table, rows)
        if made != len(rows):
            raise LedgerError(f"Of {len(rows)} steps to {new!r} only {made} could be made.")

    @contextmanager
    def attempt(self) -> Iterator[Callable[[], None]]:
        """A part of the transaction that can be undone alone: call what is given, and write nothing after
        that.
        """
        n, hash_ = self.n, self.hash
        with savepoint.part(self.connection) as undo_part:

            def undo() -> None:
                undo_part()
                self.n, self.hash = n, hash_

            yield undo

    def _next(self, subject: str, what: str, data: Mapping[str, object]) -> dict[str, Any]:
        event: dict[str, Any] = {
            "n": self.n + 1,
            "at": self.at,
            "actor": self.actor,
            "subject": subject,
            "what": what,
            "because": self.because,
            "data": chain.canonical(dict(data)),
            "prev": self.hash,
        }
        sealed = chain.seal(self.hash, event)
        self.n, self.hash = self.n + 1, sealed
        return {**event, "hash": sealed}


class Ledger:
    """The durable book of one site. Made by `exchange.ledger.open_ledger`; may be used by several threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        with self.read() as connection:
            last = [connection.scalar(select(func.max(table.c.id))) or "" for table in (arrivals, deliveries)]
        self._ids = Ids(max(last))

    def new_id(self) -> str:
        """An identifier greater than every one in the ledger."""
        return self._ids.new(milliseconds())

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one moment of the ledger and writes nothing."""
        with _translated(), self.engine.connect() as connection:
            if self.engine.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def write(self, actor: str = ENGINE, because: str | None = None) -> Iterator[Writing]:
        """A transaction that writes, alone; committed at the end, undone when anything is raised.

        After a LedgerError from the commit itself the step may still have become durable: read again before
        deciding.
        """
        options = {WRITE: True}
        with (
            _translated(),
            self.engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            if self.engine.dialect.name == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_CHAIN_LOCK})"))
            yield Writing(connection, actor, because)

    @contextmanager
    def signed(self, actor: str, because: str) -> Iterator[Writing]:
        """A writing transaction of a person, who must give a name and a reason."""
        if not actor.strip() or actor == ENGINE:
            raise UseError("Somebody must do this: a name is missing.")
        if not because.strip():
            raise UseError("A reason is missing.", advice="Say why, with --because.")
        with self.write(actor, because) as writing:
            yield writing

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error)
        raise LedgerError(f"The ledger refused: {reason}.") from error


def milliseconds() -> int:
    """The present moment as the ledger keeps it."""
    return round(clock.now().timestamp() * 1000)
