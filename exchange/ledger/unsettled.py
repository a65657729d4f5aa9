"""Payments that lie at the bank and that it has not brought to an end: none of these is rejected, cancelled, booked or returned;
and those that it refused although their money had left.

The former are counted by batch and stage, because by when the bank must speak depends on nothing else.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, select

from exchange.ledger.payment_tables import answers, batches, payments
from exchange.ledger.payments import UNIT, amount_of
from exchange.ledger.schema import arrivals, deliveries, events
from exchange.ledger.settled import stands
from exchange.outcome import REFUSED

OWN_STAGES = {"sent": "ordered", "received": "received", "accepted": "accepted"}
"""How far such a payment is, and what its row says of that."""
_PRESENT = {own: present for present, own in OWN_STAGES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsettled:
    """Some payments of one batch and one stage. delivered_at: when their file was sent, or was last sent again."""

    batch: int
    stage: str
    flow: str
    arrival: str
    delivery: str
    target: str
    target_index: int
    file: str
    delivered_at: int
    execution_date: date | None
    currency: str
    account: str | None
    count: int
    amount: Decimal


_copies = deliveries.alias("copies")
_LAST_SENT: Any = (
    select(func.max(_copies.c.delivered_at))
    .where(*(_copies.c[name] == deliveries.c[name] for name in ("arrival", "run", "ord")))
    .where(_copies.c.stage == "delivered")
    .scalar_subquery()
)
"""A file that is sent again is a delivery of its own, with the same place in the same run."""


def unsettled(connection: Connection, flows: Collection[str]) -> list[Unsettled]:
    """All payments of some flows that lie at the bank unsettled, in the order in which their batches came."""
    grouped = (payments.c.batch, payments.c.stage)
    counted = (
        select(
            *grouped,
            func.count().label("count"),
            func.sum(payments.c.amount // UNIT).label("units"),
            func.sum(payments.c.amount % UNIT).label("parts"),
        )
        .join(batches, batches.c.n == payments.c.batch)
        .join(deliveries, deliveries.c.id == batches.c.delivery)
        .where(deliveries.c.flow.in_(flows), deliveries.c.stage == "delivered")
        .where(payments.c.stage.in_(_PRESENT))
        .group_by(*grouped)
        .subquery()
    )
    columns: tuple[Any, ...] = (
        counted,
        *(batches.c[name] for name in ("delivery", "execution_date", "currency", "account")),
        *(deliveries.c[name] for name in ("flow", "arrival", "target", "target_index")),
        deliveries.c.name.label("file"),
        _LAST_SENT.label("delivered_at"),
    )
    query = (
        select(*columns)
        .join(batches, batches.c.n == counted.c.batch)
        .join(deliveries, deliveries.c.id == batches.c.delivery)
        .order_by(counted.c.batch, counted.c.stage)
    )
    return [_unsettled(row._mapping) for row in connection.execute(query)]


def _unsettled(row: Any) -> Unsettled:
    taken = {name: row[name] for name in Unsettled.__slots__ if name not in _COMPUTED}
    day = row["execution_date"]
    return Unsettled(
        stage=_PRESENT[row["stage"]],
        execution_date=None if day is None else date.fromisoformat(day),
        amount=amount_of(int(row["units"]) * UNIT + int(row["parts"])),
        **taken,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One payment that the bank refused after its money had left, and that has not come back. told_at: when it was refused."""

    n: int
    flow: str
    arrival: str
    delivery: str
    file: str
    execution_date: date | None
    currency: str
    account: str | None
    amount: Decimal
    told_at: int


def owed(connection: Connection, flows: Collection[str]) -> list[Owed]:
    """All such payments of some flows, in the order in which they came. A refusal that a person rejected says nothing."""
    closer = answers.alias("closer")
    own = exists().where(closer.c.arrival == answers.c.arrival, closer.c.payment == payments.c.n)
    of_batch = and_(answers.c.batch == payments.c.batch, ~own)
    told: dict[int, int] = {}
    found: dict[int, Any] = {}
    for about in (answers.c.payment == payments.c.n, of_batch):
        for row in connection.execute(_refused_when(about, flows)):
            found[row.n] = row
            told[row.n] = min(row.told_at, told.get(row.n, row.told_at))
    return [_owed(found[n], told[n]) for n in sorted(found)]


def _refused_when(about: ColumnElement[bool], flows: Collection[str]) -> Any:
    """Booked payments with the moment of the first refusal after the booking. about: which answers are about which payments."""
    columns: tuple[Any, ...] = (
        payments.c.n,
        payments.c.amount,
        *(batches.c[name] for name in ("delivery", "execution_date", "currency", "account")),
        *(deliveries.c[name] for name in ("flow", "arrival")),
        deliveries.c.name.label("file"),
    )
    return (
        select(*columns, func.min(events.c.at).label("told_at"))
        .select_from(answers)
        .join(payments, about)
        .join(batches, batches.c.n == payments.c.batch)
        .join(deliveries, deliveries.c.id == batches.c.delivery)
        .join(events, events.c.n == answers.c.event)
        .join(arrivals, arrivals.c.id == answers.c.arrival)
        .where(answers.c.verdict.in_(REFUSED), answers.c.event > payments.c.event)
        .where(payments.c.stage == "booked", deliveries.c.flow.in_(flows), stands())
        .group_by(*columns)
    )


def _owed(row: Any, told_at: int) -> Owed:
    taken = {
        name: row._mapping[name]
        for name in Owed.__slots__
        if name not in ("amount", "execution_date", "told_at")
    }
    day = row.execution_date
    day = None if day is None else date.fromisoformat(day)
    return Owed(amount=amount_of(row.amount), execution_date=day, told_at=told_at, **taken)


_COMPUTED = ("stage", "execution_date", "amount")
