"""Decisions of rules about bank transactions that were open, once there are other open items or other rules; and with what
they were looked at last. The decision goes its way as a file of its own, as that of a person does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, func, insert, or_, select, update

from exchange.ledger import bulk
from exchange.ledger.book import Ledger
from exchange.ledger.match_tables import looks, match_items, matches
from exchange.ledger.matches import item_rows, values_of
from exchange.ledger.schema import ENGINE, arrivals
from exchange.ledger.settled import through, used_since
from exchange.outcome import Basis, MatchRow
from exchange.past import case_id


@dataclass(frozen=True, slots=True)
class Open:
    """A case that nobody has decided. key, units, currency: what the transaction must still be."""

    n: int
    arrival: str
    position: int
    key: str | None
    units: int
    currency: str
    suspense: str | None

    @property
    def id(self) -> str:
        """What people call it."""
        return case_id(self.arrival, self.position)


@dataclass(frozen=True, slots=True)
class Late:
    """What rules say now of an open case. make: the document that goes on its way, by the number of the decision."""

    case: Open
    row: MatchRow
    make: Callable[[int], str]


class Proposed(NamedTuple):
    """What rules say now of a case that stays open."""

    n: int
    reason: str
    proposals: str


_OPEN: tuple[ColumnElement[bool], ...] = (
    matches.c.decision == "unmatched",
    matches.c.decided_by.is_(None),
)
"""What a person has opened again is for a person."""


def open_cases(connection: Connection, flow: str) -> list[Open]:
    """The cases of a flow that rules may look at again, file by file; only those whose files went on."""
    query = _open_of(flow).order_by(matches.c.arrival, matches.c.position)
    return [Open(*row) for row in connection.execute(query)]


def has_open(connection: Connection, flow: str) -> bool:
    """Whether a flow has any."""
    return connection.execute(_open_of(flow).limit(1)).first() is not None


def _open_of(flow: str) -> Select[Any]:
    columns = [matches.c[name] for name in Open.__dataclass_fields__]
    query = select(*columns).join(arrivals, arrivals.c.id == matches.c.arrival)
    return query.where(matches.c.flow == flow, *_OPEN, through())


def decide(ledger: Ledger, decided: Sequence[Late], undecided: Sequence[Proposed], basis: Basis) -> bool:
    """Enter what rules decided, all of it or, where somebody was faster, nothing; and what they propose of the others."""
    with ledger.write() as writing:
        connection = writing.connection
        items = [item for each in decided for item in each.row.items]
        if used_since(connection, items, basis, "") is not None or not _untouched(connection, decided):
            return False
        events = writing.append((each.case.arrival, "case decided again", _said(each)) for each in decided)
        for each, event in zip(decided, events, strict=True):
            values = values_of(each.row) | {
                "decided_by": ENGINE, "late": 1, "document": each.make(event), "sent": 0, "event": event,
                "reason": each.row.reason, "proposals": "",
            }  # fmt: skip
            connection.execute(update(matches).where(matches.c.n == each.case.n).values(**values))
            if each.row.items:
                bulk.put(connection, match_items, item_rows(each.case.n, each.row.items))
        for n, reason, proposals in undecided:
            told = or_(matches.c.reason != reason, matches.c.proposals != proposals)
            change = update(matches).where(matches.c.n == n, *_OPEN, told)
            connection.execute(change.values(reason=reason, proposals=proposals))
    return True


def _untouched(connection: Connection, decided: Sequence[Late]) -> bool:
    """Whether all these cases are as they were when they were looked at."""
    for each in decided:
        here = select(matches.c.key).where(matches.c.n == each.case.n, *_OPEN)
        row: Row[tuple[str | None]] | None = connection.execute(here).first()
        if row is None or row.key != each.case.key:
            return False
    return True


def _said(each: Late) -> dict[str, object]:
    items = [{"number": item.number, "closed": item.closed} for item in each.row.items]
    told = {"case": each.case.id, "decision": each.row.decision, "rule": each.row.rule, "before": "unmatched"}
    return told | {"items": items, "postings": each.row.postings}


def newest(connection: Connection, flow: str) -> int:
    """A number that grows whenever a file of a flow is done."""
    done = (arrivals.c.flow == flow, arrivals.c.stage == "done")
    return connection.scalar(select(func.max(arrivals.c.event)).where(*done)) or 0


def seen(connection: Connection, flow: str) -> str | None:
    """With what the open cases of a flow were looked at last."""
    return connection.scalar(select(looks.c.seen).where(looks.c.flow == flow))


def note_seen(ledger: Ledger, flow: str, with_what: str) -> None:
    """The open cases of a flow were looked at with this."""
    with ledger.write() as writing:
        writing.connection.execute(delete(looks).where(looks.c.flow == flow))
        writing.connection.execute(insert(looks).values(flow=flow, seen=with_what))
