"""Days of execution that have passed before a payment is sent: banks refuse it then, or pay it at once, so a person names the day first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from sqlalchemy import Connection, Select, func, select

from exchange import clock
from exchange.errors import UseError
from exchange.ledger import orders
from exchange.ledger.payment_tables import batches
from exchange.ledger.rows import Delivery
from exchange.ledger.schema import ENGINE, approvals, events

_MEANING = "Banks refuse them, or pay at once."


def passed(connection: Connection, deliveries: Sequence[Delivery], zone: tzinfo | None) -> Mapping[str, str]:
    """The first day of execution of each delivery of which one lies before today."""
    if not deliveries:
        return {}
    today = clock.now().astimezone(zone).date().isoformat()
    first = {each.id: orders.first(connection, each) for each in deliveries}
    day = func.min(batches.c.execution_date)
    rows = connection.execute(
        select(batches.c.delivery, day)
        .where(batches.c.delivery.in_(first.values()), batches.c.execution_date < today)
        .group_by(batches.c.delivery)
    )
    days: dict[str, str] = {row[0]: row[1] for row in rows}
    return {id_: days[one] for id_, one in first.items() if one in days}


def check_named(days: Collection[str], named: str) -> None:
    """UseError unless a person names the first of the days that have passed, or nothing where none has."""
    first = min(days, default="")
    if named == first:
        return
    if not first:
        raise UseError(f"No day of execution has passed, {named} neither.", advice="Leave out --passed.")
    raise UseError(
        f"The day of execution of some of these payments has passed ({first}). {_MEANING}",
        advice="Reject the file and have it made with another day; or let it go all the same, with "
        f"`--passed {first}`.",
    )


def objections(
    connection: Connection, deliveries: Sequence[Delivery], zone: tzinfo | None
) -> Mapping[str, str]:
    """Why deliveries must not be sent without a word: a day of theirs has passed since they were made, or since a person let them go."""
    days = passed(connection, deliveries, zone)
    late = [each for each in deliveries if each.id in days]
    since = {each.id: _let_go(connection, each, zone) for each in late}
    return {
        each.id: f"The day of execution of some of these payments has passed before they could be sent ({days[each.id]}). {_MEANING} "
        "Reject the file and have it made with another day; or send it all the same: "
        f"`exchange retry {each.arrival} --passed {days[each.id]} --because …`."
        for each in late
        if since[each.id] <= days[each.id]
    }


def _let_go(connection: Connection, delivery: Delivery, zone: tzinfo | None) -> str:
    """The day on which it was made, or a person last let it go."""
    approved = select(func.max(approvals.c.at)).where(approvals.c.arrival == delivery.arrival)
    ready = (events.c.subject == delivery.id, events.c.what == "delivery ready", events.c.actor != ENGINE)
    again: Select[Any] = select(func.max(events.c.at)).where(*ready)
    known = (connection.scalar(query) or 0 for query in (approved, again))
    at = max(delivery.created_at, *known)
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(zone).date().isoformat()
