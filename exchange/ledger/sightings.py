"""Sightings: every name a scan showed, with what became of it. A file that waits in peace costs no write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from exchange.ledger import bulk
from exchange.ledger.book import Writing
from exchange.ledger.rows import Sighting
from exchange.ledger.schema import sightings

LOOK = "A person must look:"
"""What is said of a file that nothing but a person brings on, such as an empty one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """One name of a scan: how it looks and what becomes of it (waiting, ignored, unreadable). why: begins its last sentence
    with `LOOK` where it waits for a person.
    """

    name_raw: bytes
    name: str
    fingerprint: str
    size: int | None
    mtime_ns: int | None
    disposition: str
    why: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What a scan changes in the table."""

    fresh: list[Noted]
    changed: list[tuple[Sighting, Noted]]
    replaced: list[tuple[Sighting, Noted]]
    gone: list[Sighting]

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.fresh or self.changed or self.replaced or self.gone)


def present(connection: Connection, flow: str) -> dict[bytes, Sighting]:
    """What lay at the source of a flow at its last scan, by name."""
    rows = connection.execute(select(sightings).where(sightings.c.flow == flow, sightings.c.present == 1))
    return {row.name_raw: Sighting(**row._mapping) for row in rows}


def compare(known: Mapping[bytes, Sighting], scan: Iterable[Noted]) -> Changes:
    """What is new in a scan. A taken file that looks otherwise now is another file under the same name."""
    changes = Changes([], [], [], [])
    names = set()
    for noted in scan:
        names.add(noted.name_raw)
        old = known.get(noted.name_raw)
        if old is None:
            changes.fresh.append(noted)
        elif old.arrival is not None:
            if old.fingerprint != noted.fingerprint:
                changes.replaced.append((old, noted))
        elif (old.fingerprint, old.disposition, old.why) != (noted.fingerprint, noted.disposition, noted.why):
            changes.changed.append((old, noted))
    changes.gone.extend(old for name, old in known.items() if name not in names)
    return changes


def note(writing: Writing, flow: str, changes: Changes) -> None:
    """Write what a scan changed."""
    fresh = [*changes.fresh, *(noted for _, noted in changes.replaced)]
    absent = [*changes.gone, *(old for old, _ in changes.replaced)]
    _leave(writing, [old for old in absent if old.arrival], None)
    for old in absent:
        if not old.arrival:
            _leave(writing, [old], f"It is gone and was not taken itself. {old.why}")
    if fresh:
        bulk.put(writing.connection, sightings, [_row(writing, flow, noted) for noted in fresh])
    for old, noted in changes.changed:
        _change(writing, old, noted)


def bind(writing: Writing, taken: Sequence[tuple[str, bytes, str, bool]], flow: str) -> None:
    """Note that names became arrivals: (arrival, name, why, still lies at the source)."""
    if not taken:
        return
    here = {"at_flow": flow, "at_present": 1, "disposition": "taken"}
    rows = [
        {**here, "at_name_raw": name, "present": int(stays), "why": why, "arrival": id_}
        for id_, name, why, stays in taken
    ]
    bulk.change(writing.connection, sightings, rows)


def _row(writing: Writing, flow: str, noted: Noted) -> dict[str, object]:
    return {
        "flow": flow,
        "name_raw": noted.name_raw,
        "name": noted.name,
        "fingerprint": noted.fingerprint,
        "size": noted.size,
        "mtime_ns": noted.mtime_ns,
        "first_seen": writing.at,
        "unchanged_since": writing.at,
        "present": 1,
        "disposition": noted.disposition,
        "why": noted.why,
        "arrival": None,
    }


def _change(writing: Writing, old: Sighting, noted: Noted) -> None:
    values: dict[str, object] = {"disposition": noted.disposition, "why": noted.why}
    if old.fingerprint != noted.fingerprint:
        values |= {
            "fingerprint": noted.fingerprint,
            "size": noted.size,
            "mtime_ns": noted.mtime_ns,
            "unchanged_since": writing.at,
        }
    writing.connection.execute(update(sightings).where(sightings.c.n == old.n).values(values))


def _leave(writing: Writing, rows: Sequence[Sighting], why: str | None) -> None:
    values: dict[str, object] = {"present": 0}
    if why is not None:
        values |= {"disposition": "gone", "why": why}
    for row in rows:
        writing.connection.execute(update(sightings).where(sightings.c.n == row.n).values(values))


def explain(writing: Writing, flow: str, name: bytes, why: str) -> None:
    """Say why a name that is at the source still waits."""
    here = (sightings.c.flow == flow, sightings.c.name_raw == name, sightings.c.present == 1)
    writing.connection.execute(update(sightings).where(*here).values(why=why))


def explain_taken(writing: Writing, arrival: str, why: str) -> None:
    """Say more about a file that became an arrival."""
    writing.connection.execute(update(sightings).where(sightings.c.arrival == arrival).values(why=why))
