"""What a file held: its findings, the documents that went through with it, and what else the result depends
on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, select

from exchange.findings import Finding, code
from exchange.ledger import bulk, queries, savepoint
from exchange.ledger.book import Writing
from exchange.ledger.rows import Arrival
from exchange.ledger.schema import documents, finding_counts, findings, references
from exchange.ledger.stages import AS_KNOWN
from exchange.mapping.repeated import TWICE_IN_FILE, Seen
from exchange.model import DocumentKey
from exchange.outcome import Gathered


class _Row(NamedTuple):
    """A document as it is entered; an empty text stands for none. released: its key may stand there more than once."""

    flow: str
    kind: str
    key: str
    arrival: str
    line: int | None
    amount: str
    currency: str
    released: int


KNOWN_KEY = code(
    "KEY001",
    "error",
    "{kind} {value} went through before, with {file} (arrival {arrival}).",
    advice="Reject the file when it is the same business again; release it when it is not.",
)


def store_findings(writing: Writing, found: Mapping[str, Gathered]) -> None:
    """Put the findings of a run in place of those of the run before: arrival → what was gathered."""
    for table in (findings, finding_counts):
        writing.connection.execute(delete(table).where(table.c.arrival.in_(found)))
    rows = [{"arrival": id_, **each.as_dict()} for id_, gathered in found.items() for each in gathered.kept]
    counts = [
        {"arrival": id_, "severity": severity, "code": name, "count": number}
        for id_, gathered in found.items()
        for (severity, name), number in gathered.counts.items()
    ]
    if rows:
        bulk.put(writing.connection, findings, rows)
        bulk.put(writing.connection, finding_counts, counts)


def store_references(writing: Writing, used: Sequence[tuple[Arrival, Mapping[str, str]]]) -> None:
    """Note what else runs of arrivals depend on: name → hash."""
    writing.connection.execute(
        delete(references).where(references.c.arrival.in_([row.id for row, _ in used]))
    )
    rows = [
        {"arrival": row.id, "run": row.run, "name": name, "hash": each}
        for row, facts in used
        for name, each in facts.items()
    ]
    if rows:
        bulk.put(writing.connection, references, rows)


def store_documents(
    writing: Writing, documents_of: Sequence[tuple[Arrival, Iterable[DocumentKey]]]
) -> tuple[Counter[str], Finding | None]:
    """Enter the business keys of arrivals in place of those of earlier runs: how many of each, and the first
    clash.

    After a clash the caller undoes the whole step. An arrival a person has forced through, alone, may repeat
    keys.
    """
    ids = [row.id for row, _ in documents_of]
    writing.connection.execute(delete(documents).where(documents.c.arrival.in_(ids)))
    forced = all(row.forced & AS_KNOWN for row, _ in documents_of)
    numbers: Counter[str] = Counter()
    standing: dict[str, Seen] = {row.id: Seen() for row, _ in documents_of}
    for some in bulk.portions(_row(row, key) for row, keys in documents_of for key in keys):
        numbers.update([row.arrival for row in some])
        clash = None if forced else _stands_twice(some, standing)
        clash = clash or _store(writing.connection, some, forced)
        if clash is not None:
            return numbers, clash
    return numbers, None


def _stands_twice(rows: list[_Row], seen: Mapping[str, Seen]) -> Finding | None:
    """The first of the standing documents that its file has more than once; those of earlier files do not count."""
    for row in rows:
        if row.released:
            for finding in seen[row.arrival].again(row.kind, [(row.key, row.line, None, None)]):
                return finding
    return None


def _store(connection: Connection, rows: list[_Row], forced: bool) -> Finding | None:
    """Enter some keys at once; only when one is known already look which."""
    with savepoint.part(connection) as undo:
        if bulk.put_values(connection, documents, _Row._fields, rows, unless_there=True) == len(rows):
            return None
        undo()
    clashes = _clashes(connection, rows)
    if not forced:
        return clashes[0][1]
    released = {id(row) for row, _ in clashes}
    told = [row._replace(released=int(row.released or id(row) in released)) for row in rows]
    bulk.put_values(connection, documents, _Row._fields, told)
    return None


def _clashes(connection: Connection, rows: list[_Row]) -> list[tuple[_Row, Finding]]:
    """The rows (all of one flow) that cannot be entered, each with what it clashes with."""
    wanted = {row.key for row in rows}
    here = (documents.c.flow == rows[0].flow, documents.c.key.in_(wanted), documents.c.released == 0)
    found = connection.execute(select(documents.c.kind, documents.c.key, documents.c.arrival).where(*here))
    owners: dict[tuple[str, str], str] = {(row.kind, row.key): row.arrival for row in found}
    clashes = []
    for row in (row for row in rows if not row.released):
        other = owners.get((row.kind, row.key))
        if other is None:
            owners[row.kind, row.key] = row.arrival
        else:
            clashes.append((row, _clash(connection, row, other)))
    return clashes


def _clash(connection: Connection, row: _Row, other: str) -> Finding:
    place: dict[str, Any] = {"line": row.line, "value": row.key, "kind": row.kind}
    if other == row.arrival:
        return TWICE_IN_FILE.at(**place)
    return KNOWN_KEY.at(**place, file=queries.arrival(connection, other).name, arrival=other)


def _row(arrival: Arrival, key: DocumentKey) -> _Row:
    amount = "" if key.amount is None else str(key.amount)
    again = int(key.is_standing)
    return _Row(arrival.flow, key.kind, key.key, arrival.id, key.line, amount, key.currency or "", again)
