"""What a file held: its findings, the documents that went through with it, and what else the result depends
on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from exchange.findings import Finding, code
from exchange.ledger import queries
from exchange.ledger.book import COUNTED, Writing
from exchange.ledger.rows import Arrival
from exchange.ledger.schema import documents, finding_counts, findings, references
from exchange.model import DocumentKey
from exchange.outcome import Gathered

_PORTION = 500

KNOWN_KEY = code(
    "KEY001",
    "error",
    "{kind} {value} went through before, with {file} (arrival {arrival}).",
    advice="Reject the file when it is the same business again; release it when it is not.",
)
TWICE_IN_FILE = code(
    "KEY002",
    "error",
    "{kind} {value} stands in this file more than once.",
    advice="Reject the file and ask the sender; release it when both are meant.",
)


def store_findings(writing: Writing, arrival: str, gathered: Gathered) -> None:
    """Put the findings of a run in place of those of the run before."""
    for table in (findings, finding_counts):
        writing.connection.execute(delete(table).where(table.c.arrival == arrival))
    if gathered.kept:
        rows = [{"arrival": arrival, **finding.as_dict()} for finding in gathered.kept]
        writing.connection.execute(insert(findings), rows)
        counts = [
            {"arrival": arrival, "severity": severity, "code": name, "count": number}
            for (severity, name), number in gathered.counts.items()
        ]
        writing.connection.execute(insert(finding_counts), counts)


def store_references(writing: Writing, arrival: Arrival, facts: Mapping[str, str]) -> None:
    """Note what else this run of an arrival depends on: name → hash."""
    rows = [
        {"arrival": arrival.id, "run": arrival.run, "name": name, "hash": each}
        for name, each in facts.items()
    ]
    if rows:
        writing.connection.execute(delete(references).where(_this_run(arrival)))
        writing.connection.execute(insert(references), rows)


def store_documents(
    writing: Writing, arrival: Arrival, keys: Iterable[DocumentKey]
) -> tuple[int, Finding | None]:
    """Enter the business keys of an arrival in place of those of an earlier run: how many, and the first
    clash.

    After a clash the caller undoes the whole step. An arrival a person has forced through may repeat keys.
    """
    writing.connection.execute(delete(documents).where(documents.c.arrival == arrival.id))
    number = 0
    rest = iter(keys)
    while some := list(islice(rest, _PORTION)):
        number += len(some)
        clash = _store(writing.connection, arrival, some)
        if clash is not None:
            return number, clash
    return number, None


def _store(connection: Connection, arrival: Arrival, keys: list[DocumentKey]) -> Finding | None:
    """Enter some keys at once; only when one is known already look which."""
    rows = [_row(arrival, key) for key in keys]
    table = {"sqlite": sqlite, "postgresql": postgresql}[connection.dialect.name].insert(documents)
    attempt = connection.begin_nested()
    if connection.execute(table.on_conflict_do_nothing(), rows, execution_options=COUNTED).rowcount == len(
        rows
    ):
        attempt.commit()
        return None
    attempt.rollback()
    clashes = _clashes(connection, arrival, rows)
    if not arrival.forced:
        return clashes[0][1]
    released = {id(row) for row, _ in clashes}
    connection.execute(insert(documents), [row | {"released": int(id(row) in released)} for row in rows])
    return None


def _clashes(
    connection: Connection, arrival: Arrival, rows: list[dict[str, Any]]
) -> list[tuple[dict[str, Any], Finding]]:
    """The rows that cannot be entered, each with what it clashes with."""
    wanted = {row["key"] for row in rows}
    here = (documents.c.flow == arrival.flow, documents.c.key.in_(wanted), documents.c.released == 0)
    found = connection.execute(select(documents.c.kind, documents.c.key, documents.c.arrival).where(*here))
    owners = {(row.kind, row.key): row.arrival for row in found}
    clashes = []
    for row in rows:
        other = owners.setdefault((row["kind"], row["key"]), None)
        if other is None:
            owners[row["kind"], row["key"]] = arrival.id
        else:
            clashes.append((row, _clash(connection, arrival, row, other)))
    return clashes


def _clash(connection: Connection, arrival: Arrival, row: dict[str, Any], other: str) -> Finding:
    place = {"line": row["line"], "value": row["key"], "kind": row["kind"]}
    if other == arrival.id:
        return TWICE_IN_FILE.at(**place)
    return KNOWN_KEY.at(**place, file=queries.arrival(connection, other).name, arrival=other)


def _row(arrival: Arrival, key: DocumentKey) -> dict[str, Any]:
    return {
        "flow": arrival.flow,
        "kind": key.kind,
        "key": key.key,
        "arrival": arrival.id,
        "line": key.line,
        "amount": None if key.amount is None else str(key.amount),
        "currency": key.currency,
        "released": 0,
    }


def _this_run(arrival: Arrival) -> Any:
    return (references.c.arrival == arrival.id) & (references.c.run == arrival.run)
