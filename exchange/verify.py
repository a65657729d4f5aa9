"""Proof that nothing was changed behind the engine's back: chain, rows, archived bytes, witness, manifests.

Reads only. An auditor can do the same without this program: see `exchange.ledger.chain` for the rule of the
chain.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, select

from exchange.archive import Store
from exchange.ledger import Ledger, chain, sending
from exchange.ledger.chain import START
from exchange.ledger.evidence import Evidence
from exchange.ledger.schema import arrivals, deliveries, events, statements
from exchange.recover import unknown_lines

_PORTION = 1_000
_ARRIVAL_FACTS = ("flow", "name", "size", "sha256", "source")


@dataclass(slots=True)
class Verified:
    """How much was checked, and what is wrong: sentences for people, empty when all is well."""

    events: int = 0
    arrivals: int = 0
    deliveries: int = 0
    files: int = 0
    head: str = START
    problems: list[str] = field(default_factory=list)


def verify(ledger: Ledger, store: Store, *, files: bool = True) -> Verified:
    """Check everything; files=False leaves out reading every archived file again."""
    result = Verified()
    with ledger.read() as connection:
        _database(connection, result)
        _chain(connection, result)
        _rows(connection, arrivals, "arrival", _ARRIVAL_FACTS, result)
        _rows(connection, deliveries, "delivery", sending.FACTS, result)
        _witness(connection, store, result)
        _manifests(connection, store, result)
        if files:
            _files(connection, store, result)
    return result


def _database(connection: Connection, result: Verified) -> None:
    if connection.dialect.name != "sqlite":
        return
    for (said,) in connection.exec_driver_sql("PRAGMA integrity_check"):
        if said != "ok":
            result.problems.append(f"The database is damaged: {said}.")


def _chain(connection: Connection, result: Verified) -> None:
    """Every link of the chain, in portions, and what the links say of approvals."""
    evidence = Evidence(
        lambda said: connection.scalar(select(statements.c.text).where(statements.c.hash == said))
    )
    while True:
        after = (events.c.n > result.events, events.c.n <= result.events + _PORTION)
        rows = connection.execute(select(events).where(*after).order_by(events.c.n)).mappings().all()
        broken = chain.broken_link((dict(row) for row in rows), prev=result.head, n=result.events)
        if broken is not None:
            result.problems.append(
                f"Event {broken} does not fit the chain: it or the one before was changed."
            )
            return
        if not rows:
            break
        for row in rows:
            evidence.take(dict(row))
        result.events, result.head = rows[-1]["n"], rows[-1]["hash"]
    result.problems += evidence.problems
    if connection.execute(select(events.c.n).where(events.c.n > result.events).limit(1)).first():
        result.problems.append(f"Event {result.events + 1} is missing.")


def _rows(connection: Connection, table: Table, thing: str, facts: tuple[str, ...], result: Verified) -> None:
    """Every row against its last event (the stage) and against its first one (the facts)."""
    for row in _each(connection, table):
        last = connection.execute(select(events).where(events.c.n == row["event"])).mappings().first()
        if last is None or (last["subject"], last["what"]) != (row["id"], f"{thing} {row['stage']}"):
            result.problems.append(
                f"The {thing} {row['id']} is {row['stage']}, and its event does not say so."
            )
        query = select(events.c.data).where(events.c.subject == row["id"]).order_by(events.c.n).limit(1)
        said = connection.scalar(query)
        shown = {name: row[name] for name in facts}
        if said is None or not shown.items() <= chain.facts(said).items():
            result.problems.append(f"The {thing} {row['id']} is not what its first event says.")
        setattr(result, table.name, getattr(result, table.name) + 1)


def _witness(connection: Connection, store: Store, result: Verified) -> None:
    """The ledger knows every line of the witness, and the witness every delivery that was published."""
    lines = list(store.witness.lines())
    for line in unknown_lines(connection, lines):
        say = f"The witness journal knows a delivery of {line['name']} to {line['target']}, the ledger does not."
        result.problems.append(say)
    seen = {line["delivery"] for line in lines}
    published = select(deliveries.c.id).where(deliveries.c.stage == "delivered")
    for id_ in connection.scalars(published):
        if id_ not in seen:
            result.problems.append(f"The witness journal does not know delivery {id_}, which is delivered.")


def _manifests(connection: Connection, store: Store, result: Verified) -> None:
    told = {line["arrival"]["id"] for line in store.manifests.lines()}
    for id_ in connection.scalars(select(arrivals.c.id).where(arrivals.c.stage == "done")):
        if id_ not in told:
            result.problems.append(f"There is no manifest of arrival {id_}, which is done.")


def _files(connection: Connection, store: Store, result: Verified) -> None:
    """Every archived file that the ledger names, read again."""
    repaired = select(arrivals.c.repaired).where(arrivals.c.repaired.is_not(None))
    named = select(arrivals.c.sha256).union(repaired, select(deliveries.c.sha256))
    for sha256 in connection.scalars(named):
        result.files += 1
        if not store.archive.is_whole(sha256):
            result.problems.append(f"The archived file {sha256} is missing or its bytes have changed.")


def _each(connection: Connection, table: Table) -> Iterator[dict[str, Any]]:
    """All rows of a table, in portions, by identifier."""
    last = ""
    while (
        rows := connection.execute(
            select(table).where(table.c.id > last).order_by(table.c.id).limit(_PORTION)
        )
        .mappings()
        .all()
    ):
        yield from (dict(row) for row in rows)
        last = rows[-1]["id"]
