"""Entering claimed files into the ledger: the four cases of old and new names and bytes.

                new bytes                           bytes that came before (in this flow, under any name)
new name        claimed                             duplicate: dropped with a notice, or held
old name        claimed as a new version, or held   the same

A new version is held where money is concerned, unless nothing was sent of what came before under the name and nothing will be: a person
rejected it, or it is full of mistakes.

Of a flow whose newest file counts for others, bytes that came before the newest ones say that all is as it was then: they are
claimed once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Column, Connection, and_, exists, func, not_, or_, select, update

from exchange.ledger import bulk
from exchange.ledger.book import Move, Writing
from exchange.ledger.rows import Arrival, arrival_of
from exchange.ledger.schema import arrivals, deliveries
from exchange.model import Again

_SECOND, _DAY = 1_000, 86_400_000
_CURABLE = ("content", "broken", "crash", "empty")
"""Holds that a newer version of the file cures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """A claimed file whose bytes are in the archive. Moments are milliseconds since 1970."""

    id: str
    name_raw: bytes
    name: str
    moved: bool
    fingerprint: str
    identity: str | None
    marker: bytes | None
    size: int
    mtime_ns: int | None
    sha256: str
    seen_at: int
    source: str


@dataclass(frozen=True, slots=True)
class _Case:
    """Which of the cases a newcomer is, and the sentence that says so."""

    stage: str
    hold: str | None = None
    reason: str | None = None
    duplicate_of: str | None = None
    supersedes: str | None = None


def enter(
    writing: Writing,
    flow: str,
    newcomers: Sequence[Newcomer],
    *,
    on_duplicate: Again,
    approvals: int,
    apart: int = 0,
) -> list[Arrival]:
    """Make arrivals of claimed files, each in the stage its case asks for; those it replaces become
    superseded. apart: each counts as seen in a time of its own, of so many seconds.
    """
    if apart:
        newcomers = _apart(writing, newcomers, apart * _SECOND)
    bytes_before = _first_by_content(writing.connection, flow, [each.sha256 for each in newcomers])
    names_before = _last_by_name(writing.connection, flow, [each.name_raw for each in newcomers])
    names = list(names_before) if on_duplicate == "hold" else []
    used = _used(writing.connection, flow, names)
    newest = _newest_bytes(writing.connection, flow) if on_duplicate in ("newest", "ask") else None
    rows: list[dict[str, Any]] = []
    entries, cured = [], []
    for new in newcomers:
        before = bytes_before.get(new.sha256), names_before.get(new.name_raw)
        holds = on_duplicate == "hold" and new.name_raw in used
        case = _case(new, *before, on_duplicate, holds=holds, is_newest=new.sha256 == newest)
        rows.append(_row(writing, flow, new, case) | {"approvals_needed": approvals})
        entries.append((new.id, f"arrival {case.stage}", _facts(flow, new, case)))
        old = names_before.get(new.name_raw)
        if case.stage == "claimed" and old is not None and old.hold in _CURABLE:
            cured.append((old, new))
        arrival = Arrival(**rows[-1], event=0)
        newest = new.sha256 if case.stage == "claimed" else newest
        bytes_before.setdefault(new.sha256, arrival)
        names_before[new.name_raw] = arrival
        used.add(new.name_raw)
    for row, n in zip(rows, writing.append(entries), strict=True):
        row["event"] = n
    if rows:
        bulk.put(writing.connection, arrivals, rows)
    _supersede(writing, cured)
    return [Arrival(**row) for row in rows]


def _apart(writing: Writing, newcomers: Sequence[Newcomer], step: int) -> list[Newcomer]:
    """Each in a step of time after those of the files before it, of whatever flow: receivers that know files by day and time alone get
    one name, or one number, once.
    """
    lately = arrivals.c.claimed_at >= writing.at - _DAY
    last = (writing.connection.scalar(select(func.max(arrivals.c.seen_at)).where(lately)) or 0) // step
    apart = []
    for new in newcomers:
        last = max(last + 1, new.seen_at // step)
        apart.append(replace(new, seen_at=max(new.seen_at, last * step)))
    return apart


def _case(
    new: Newcomer,
    same_bytes: Arrival | None,
    same_name: Arrival | None,
    on_duplicate: Again,
    *,
    holds: bool,
    is_newest: bool,
) -> _Case:
    if same_bytes is not None:
        return _case_again(same_bytes, same_name, on_duplicate, is_newest=is_newest)
    if same_name is None:
        return _Case("claimed")
    if holds:
        say = f"Other bytes came before under the name {same_name.name} (arrival {same_name.id})."
        return _Case("held", "version", say, supersedes=same_name.id)
    return _Case("claimed", supersedes=same_name.id)


def _case_again(
    same_bytes: Arrival, same_name: Arrival | None, on_duplicate: Again, *, is_newest: bool
) -> _Case:
    """Which of the cases bytes are that came before."""
    say = f"The same bytes came before as {same_bytes.name} (arrival {same_bytes.id})."
    if on_duplicate == "hold":
        return _Case("held", "duplicate", say, duplicate_of=same_bytes.id)
    if on_duplicate == "skip" or is_newest:
        return _Case("duplicate", None, say, duplicate_of=same_bytes.id)
    say += " Other files came since, and the newest counts"
    if on_duplicate == "newest" and same_bytes.stage != "rejected":
        name_before = None if same_name is None else same_name.id
        return _Case("claimed", None, f"{say}: it is taken again.", same_bytes.id, name_before)
    return _Case("held", "duplicate", f"{say}: release it if it holds again.", duplicate_of=same_bytes.id)


def _facts(flow: str, new: Newcomer, case: _Case) -> dict[str, object]:
    facts: dict[str, object] = {
        "flow": flow,
        "name": new.name,
        "size": new.size,
        "sha256": new.sha256,
        "source": new.source,
    }
    links = {"duplicate of": case.duplicate_of, "new version of": case.supersedes, "hold": case.hold}
    return facts | {name: value for name, value in links.items() if value is not None}


def _row(writing: Writing, flow: str, new: Newcomer, case: _Case) -> dict[str, Any]:
    return {
        "id": new.id,
        "flow": flow,
        "name_raw": new.name_raw,
        "name": new.name,
        "moved": int(new.moved),
        "fingerprint": new.fingerprint,
        "identity": new.identity,
        "marker": new.marker,
        "size": new.size,
        "mtime_ns": new.mtime_ns,
        "sha256": new.sha256,
        "repaired": None,
        "seen_at": new.seen_at,
        "claimed_at": writing.at,
        "source": new.source,
        "source_done": 0,
        "stage": case.stage,
        "hold": case.hold,
        "reason": case.reason,
        "run": 0,
        "forced": 0,
        "version": None,
        "crashes": 0,
        "attempts": 0,
        "failing_since": None,
        "next_try": None,
        "duplicate_of": case.duplicate_of,
        "supersedes": case.supersedes,
        "manifested": int(case.stage != "duplicate"),
    }


def _supersede(writing: Writing, cured: Sequence[tuple[Arrival, Newcomer]]) -> None:
    moves = [
        Move(
            old.id,
            "held",
            {"reason": f"A newer version came under the same name (arrival {new.id}).", "manifested": 0},
            {"by": new.id},
        )
        for old, new in cured
    ]
    writing.move(arrivals, "superseded", moves)


def _first_by_content(connection: Connection, flow: str, hashes: Sequence[str]) -> dict[str, Arrival]:
    """The arrivals of a flow that first brought some bytes, by hash."""
    found: dict[str, Arrival] = {}
    for some in bulk.portions(hashes):
        here = (arrivals.c.flow == flow, arrivals.c.sha256.in_(some), arrivals.c.duplicate_of.is_(None))
        found |= {row.sha256: arrival_of(row) for row in connection.execute(select(arrivals).where(*here))}
    return found


def _newest_bytes(connection: Connection, flow: str) -> str | None:
    """The bytes that a flow took last."""
    here = (arrivals.c.flow == flow, arrivals.c.stage.not_in(("duplicate", "superseded")))
    newest = select(func.max(arrivals.c.id)).where(*here).scalar_subquery()
    return connection.scalar(select(arrivals.c.sha256).where(arrivals.c.id == newest))


def _last_by_name(connection: Connection, flow: str, names: Sequence[bytes]) -> dict[bytes, Arrival]:
    """The newest arrivals of a flow under some names, by name."""
    found: dict[bytes, Arrival] = {}
    column: Column[bytes] = arrivals.c.name_raw
    for some in bulk.portions(names):
        here = (arrivals.c.flow == flow, column.in_(some))
        newest = select(func.max(arrivals.c.id)).where(*here).group_by(column)
        rows = connection.execute(select(arrivals).where(arrivals.c.id.in_(newest)))
        found |= {row.name_raw: arrival_of(row) for row in rows}
    return found


def _used(connection: Connection, flow: str, names: Sequence[bytes]) -> set[bytes]:
    """The names under which something was sent, or may still be."""
    column: Column[bytes] = arrivals.c.name_raw
    over = arrivals.c.stage.in_(("rejected", "superseded", "duplicate"))
    wrong = and_(arrivals.c.stage == "held", arrivals.c.hold.in_(_CURABLE))
    sent = exists().where(deliveries.c.arrival == arrivals.c.id, deliveries.c.stage != "withdrawn")
    found: set[bytes] = set()
    for some in bulk.portions(names):
        here = (arrivals.c.flow == flow, column.in_(some), or_(not_(or_(over, wrong)), sent))
        found.update(connection.scalars(select(column).where(*here).distinct()))
    return found


def unmanifested(connection: Connection, flow: str, limit: int) -> list[Arrival]:
    """Arrivals of a flow that came to an end and whose manifest is not yet written."""
    query = select(arrivals).where(arrivals.c.flow == flow, arrivals.c.manifested == 0)
    return [arrival_of(row) for row in connection.execute(query.order_by(arrivals.c.id).limit(limit))]


def uncleared(connection: Connection, flow: str, limit: int) -> list[Arrival]:
    """Arrivals of a flow whose file may still lie at the source although the ledger has it."""
    query = select(arrivals).where(arrivals.c.flow == flow, arrivals.c.source_done == 0)
    return [arrival_of(row) for row in connection.execute(query.order_by(arrivals.c.id).limit(limit))]


def known(connection: Connection, ids: Iterable[str]) -> set[str]:
    """Which of these identifiers are arrivals."""
    found: set[str] = set()
    for some in bulk.portions(ids):
        found.update(connection.scalars(select(arrivals.c.id).where(arrivals.c.id.in_(some))))
    return found


def cleared(writing: Writing, ids: Sequence[str]) -> None:
    """Note that the source was cleared of these."""
    for some in bulk.portions(ids):
        writing.connection.execute(update(arrivals).where(arrivals.c.id.in_(some)).values(source_done=1))


def came_late(writing: Writing, rows: Sequence[Arrival]) -> None:
    """Note that files were written to after they had been read: what the ledger has is not what the sender
    meant.
    """
    cleared(writing, [row.id for row in rows])
    say = "The file at the source changed after it was taken; what came late lies there still."
    writing.append((row.id, "arrival late", {"say": say}) for row in rows)
    at_rest = select(arrivals.c.id).where(
        arrivals.c.id.in_([row.id for row in rows]), arrivals.c.stage == "claimed"
    )
    held = {"hold": "late", "reason": say}
    writing.move(
        arrivals, "held", [Move(each, "claimed", held) for each in writing.connection.scalars(at_rest)]
    )
