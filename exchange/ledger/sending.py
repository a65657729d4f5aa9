"""Deliveries in the ledger: entering them, and what waits to be sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, or_, select

from exchange.ledger import bulk, chain
from exchange.ledger.book import Ledger, Writing
from exchange.ledger.payment_tables import batches
from exchange.ledger.rows import Arrival, Delivery, arrival_of, delivery_of
from exchange.ledger.schema import arrivals, deliveries
from exchange.ledger.stages import AS_KNOWN

PENDING = ("ready", "sending", "staged")
FACTS = ("arrival", "target", "name", "sha256", "size")
"""What the first event of a delivery says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One output in the archive, to be sent: where to (place and index of the flow's target), name, bytes."""

    target: str
    target_index: int
    name: str
    sha256: str
    size: int
    documents: int
    totals: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Clash:
    """Why parcels cannot be entered: the kind of hold and a sentence. keep: writes what stays when the step is undone."""

    hold: str
    reason: str
    keep: Callable[[], None] = lambda: None


def enter(ledger: Ledger, writing: Writing, sent: Sequence[tuple[Arrival, Sequence[Parcel]]]) -> Clash | None:
    """Make deliveries of arrivals' outputs. After a clash the caller undoes the whole step.

    A clash: a name that is used already at that place, or bytes that the arrival has delivered before. What a
    person has forced goes out once more under the same name.
    """
    rows: list[dict[str, Any]] = []
    entries: list[tuple[str, str, Mapping[str, object]]] = []
    for arrival, parcels in sent:
        mine = [_row(ledger.new_id(), writing, arrival, ord_, each) for ord_, each in enumerate(parcels)]
        rows += mine
        entries += [(row["id"], "delivery ready", first_facts(row, arrival.approvals_needed)) for row in mine]
        if arrival.forced & AS_KNOWN:
            for row in mine:
                row["copy"] = _next_copy(writing.connection, row["target"], row["name"])
        elif arrival.run and (same := _same_as_before(writing.connection, arrival, parcels)):
            return same
    if not rows:
        return None
    for row, n in zip(rows, writing.append(entries), strict=True):
        row["event"] = n
    made = bulk.put(writing.connection, deliveries, rows, unless_there=True)
    return None if made == len(rows) else _taken(writing.connection, rows)


def first_facts(row: Mapping[str, Any], approvals: int) -> dict[str, object]:
    """What the first event of a delivery says: also how many people must approve it, where any must."""
    facts: dict[str, object] = {name: row[name] for name in FACTS}
    return facts | ({"approvals": approvals} if approvals else {})


def _same_as_before(connection: Connection, arrival: Arrival, parcels: Sequence[Parcel]) -> Clash | None:
    """An output of a replay whose bytes have been delivered to the same place under the same name."""
    before = _delivered(connection, arrival)
    for parcel in parcels:
        if before.get((parcel.target, parcel.name)) == parcel.sha256:
            say = f"It gave {parcel.name} with the same bytes as were delivered to {parcel.target} before."
            return Clash("same", say)
    return None


def unsent(connection: Connection, arrival: Arrival, parcels: Sequence[Parcel]) -> Sequence[Parcel]:
    """What of a replay was not delivered with the same bytes before. Of files by which money left all counts: a person
    looks at what would go out again.
    """
    if not arrival.run or arrival.forced & AS_KNOWN or _orders(connection, arrival):
        return parcels
    before = _delivered(connection, arrival)
    return [each for each in parcels if before.get((each.target, each.name)) != each.sha256]


def _orders(connection: Connection, arrival: Arrival) -> bool:
    """Whether payments left with deliveries of an arrival."""
    query = select(batches.c.n).join(deliveries, deliveries.c.id == batches.c.delivery)
    return connection.scalar(query.where(deliveries.c.arrival == arrival.id).limit(1)) is not None


def _delivered(connection: Connection, arrival: Arrival) -> dict[tuple[str, str], str]:
    """What an arrival has delivered: place and name → hash."""
    mine = (deliveries.c.arrival == arrival.id, deliveries.c.stage == "delivered")
    rows = connection.execute(select(deliveries).where(*mine).order_by(deliveries.c.id))
    return {(row.target, row.name): row.sha256 for row in rows}


def waiting(connection: Connection, flow: str, now: int, limit: int) -> list[tuple[Delivery, Arrival]]:
    """Deliveries of a flow that may be sent now, oldest first; those under way before those not begun."""
    may_go = or_(
        arrivals.c.stage == "approved",
        (arrivals.c.stage == "written") & (arrivals.c.approvals_needed == 0),
    )
    due = or_(deliveries.c.next_try.is_(None), deliveries.c.next_try <= now)
    mine = (deliveries.c.flow == flow, deliveries.c.stage.in_(PENDING), deliveries.c.stage != "delivered")
    query = (
        select(deliveries.c.id)
        .join(arrivals, arrivals.c.id == deliveries.c.arrival)
        .where(*mine, due, may_go)
    )
    return these(connection, list(connection.scalars(query.order_by(deliveries.c.id).limit(limit))))


def these(connection: Connection, ids: Sequence[str]) -> list[tuple[Delivery, Arrival]]:
    """Deliveries by identifier as they are now, each with its arrival, oldest first."""
    rows = [
        delivery_of(row) for row in connection.execute(select(deliveries).where(deliveries.c.id.in_(ids)))
    ]
    owners = {row.arrival for row in rows}
    found = connection.execute(select(arrivals).where(arrivals.c.id.in_(owners)))
    by_id = {row.id: arrival_of(row) for row in found}
    return [(row, by_id[row.arrival]) for row in sorted(rows, key=lambda row: row.id)]


def settled(connection: Connection, flow: str, limit: int) -> list[tuple[Arrival, list[Delivery]]]:
    """Arrivals of a flow that may be sent and have nothing pending any more, with their deliveries."""
    pending = select(deliveries.c.id).where(
        deliveries.c.arrival == arrivals.c.id, deliveries.c.stage.in_(PENDING)
    )
    may_go = or_(
        arrivals.c.stage == "approved",
        (arrivals.c.stage == "written") & (arrivals.c.approvals_needed == 0),
    )
    query = select(arrivals).where(
        arrivals.c.flow == flow, arrivals.c.stage != "done", may_go, ~pending.exists()
    )
    rows = [arrival_of(row) for row in connection.execute(query.order_by(arrivals.c.id).limit(limit))]
    sent = of_arrivals(connection, [row.id for row in rows])
    return [(row, sent[row.id]) for row in rows]


def of_arrivals(connection: Connection, ids: Sequence[str]) -> dict[str, list[Delivery]]:
    """The deliveries of some arrivals, in their order: arrival → deliveries."""
    sent: dict[str, list[Delivery]] = {id_: [] for id_ in ids}
    mine = select(deliveries).where(deliveries.c.arrival.in_(ids)).order_by(deliveries.c.id)
    for row in connection.execute(mine):
        sent[row.arrival].append(delivery_of(row))
    return sent


def pending(connection: Connection) -> list[Delivery]:
    """Every delivery that is not yet at its end, of all flows."""
    rows = connection.execute(
        select(deliveries).where(deliveries.c.stage.in_(PENDING)).order_by(deliveries.c.id)
    )
    return [delivery_of(row) for row in rows]


def known(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Which of these identifiers are deliveries that have at least been begun."""
    begun = (deliveries.c.id.in_(ids), deliveries.c.tmp.is_not(None))
    return set(connection.scalars(select(deliveries.c.id).where(*begun)))


def _next_copy(connection: Connection, target: str, name: str) -> int:
    same = (deliveries.c.target == target, deliveries.c.name == name)
    last = connection.scalar(select(func.max(deliveries.c.copy)).where(*same))
    return 0 if last is None else last + 1


def _taken(connection: Connection, rows: Sequence[dict[str, Any]]) -> Clash:
    """Which name it was."""
    own = [row["id"] for row in rows]
    for row in rows:
        same = [deliveries.c[name] == row[name] for name in ("target", "name", "copy")]
        others = (deliveries.c.stage != "withdrawn", deliveries.c.id.not_in(own))
        found = connection.execute(
            select(deliveries.c.id, deliveries.c.arrival).where(*same, *others)
        ).first()
        if found is not None:
            again = found.arrival == row["arrival"]
            return Clash("name", _name_taken(row["name"], row["target"], found.id, again=again))
    return Clash("name", "Two outputs of the file have the same name at the same place.")


def _name_taken(name: str, target: str, other: str, *, again: bool) -> str:
    """What to do about a name that is taken; again: by what the same arrival gave before."""
    if again:
        return (
            f"It gave {name} with other bytes than were brought to {target} before (delivery {other}). Compare both: reject "
            "this arrival to leave it at what was delivered, or replay it with --force to send this one as well, under the "
            "same name, when the receiver has taken the other away."
        )
    return (
        f"The name {name} was used before at {target} (delivery {other}). Put {{arrival.id}} into the `name` of the target, "
        "then retry this arrival."
    )


def _row(new_id: str, writing: Writing, arrival: Arrival, ord_: int, parcel: Parcel) -> dict[str, Any]:
    totals = chain.canonical({name: str(total) for name, total in parcel.totals.items()})
    return {
        "id": new_id,
        "arrival": arrival.id,
        "run": arrival.run,
        "ord": ord_,
        "copy": 0,
        "flow": arrival.flow,
        "target": parcel.target,
        "target_index": parcel.target_index,
        "name": parcel.name,
        "sha256": parcel.sha256,
        "size": parcel.size,
        "documents": parcel.documents,
        "totals": totals,
        "created_at": writing.at,
        "stage": "ready",
        "attempts": 0,
        "event": 0,
    }
