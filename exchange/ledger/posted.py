"""Which bookings of payments stand in the vouchers of a flow that matches: those whose movement is decided, or on suspense."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, select, update

from exchange.ledger import bulk
from exchange.ledger.match_tables import matches
from exchange.ledger.payment_tables import answers, payments


def of_arrival(connection: Connection, arrival: str) -> None:
    """Note of the payments that an arrival books whether its vouchers post them, by what is decided of it now."""
    told = _bookings(connection, arrival)
    if not told:
        return
    movements = connection.execute(
        select(matches.c.entry, matches.c.end_to_end, matches.c.decision, matches.c.suspense).where(
            matches.c.arrival == arrival, matches.c.units < 0
        )
    ).all()
    by_name: dict[tuple[str, str], list[bool]] = {}
    for row in movements:
        is_posted = row.decision in ("matched", "booked") or row.suspense is not None
        for name in ("entry", "end_to_end"):
            if getattr(row, name):
                by_name.setdefault((name, getattr(row, name)), []).append(is_posted)
    posted: dict[str, list[int]] = {"payment": [], "batch": []}
    open_: dict[str, list[int]] = {"payment": [], "batch": []}
    for answer in told:
        found = by_name.get(("end_to_end", answer.end_to_end_id)) or by_name.get(("entry", answer.reference))
        name = "batch" if answer.payment is None else "payment"
        (posted if found and all(found) else open_)[name].append(getattr(answer, name))
    for name, column in (("payment", payments.c.n), ("batch", payments.c.batch)):
        for some in bulk.portions(posted[name]):
            mine = (column.in_(some), payments.c.stage == "booked")
            connection.execute(update(payments).where(*mine).values(posting=arrival))
        for some in bulk.portions(open_[name]):
            mine = (column.in_(some), payments.c.posting == arrival)
            connection.execute(update(payments).where(*mine).values(posting=None))


def _bookings(connection: Connection, arrival: str) -> Sequence[Row[Any]]:
    """What an arrival tells of bookings: of a payment, with its end-to-end id, or of a batch."""
    query: Select[Any] = (
        select(answers.c.payment, answers.c.batch, answers.c.reference, payments.c.end_to_end_id)
        .join(payments, payments.c.n == answers.c.payment, isouter=True)
        .where(answers.c.arrival == arrival, answers.c.kind == "booking")
    )
    return connection.execute(query).all()
