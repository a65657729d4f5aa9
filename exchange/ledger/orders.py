"""What files that wait would pay: their payments by account and currency, as limits and people look at them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Select, func

from exchange.ledger import chain, queries
from exchange.ledger.limits import Line, Orders
from exchange.ledger.payment_tables import batches, payments
from exchange.ledger.payments import UNIT, amount_of
from exchange.ledger.rows import Delivery


def of_deliveries(connection: Connection, deliveries: Sequence[Delivery]) -> Orders:
    """The payments of each file, and what its totals say beyond them: those are not known one by one. The payments of
    a file that is sent once more are those of the first time.
    """
    lines: list[Line] = []
    for each in deliveries:
        paid = _paid(connection, first(connection, each))
        lines += [*paid, *_rest(chain.facts(each.totals), paid)]
    return Orders(lines)


def first(connection: Connection, delivery: Delivery) -> str:
    """The delivery by which the same bytes were sent for the first time."""
    while delivery.resend_of is not None:
        delivery = queries.delivery(connection, delivery.resend_of)
    return delivery.id


def _paid(connection: Connection, delivery: str) -> list[Line]:
    whole, rest = func.sum(payments.c.amount // UNIT), func.sum(payments.c.amount % UNIT)
    days = func.min(batches.c.execution_date), func.max(batches.c.execution_date)
    by = batches.c.account, batches.c.currency
    columns: tuple[Any, ...] = (*by, func.count(), whole, rest, func.max(payments.c.amount), *days)
    query: Any = (
        Select(*columns)
        .select_from(payments)
        .join(batches, batches.c.n == payments.c.batch)
        .where(batches.c.delivery == delivery)
        .group_by(*by)
        .order_by(*by)
    )
    return [
        Line(
            account, currency, count, amount_of(int(units) * UNIT + int(parts)), amount_of(most), since, until
        )
        for account, currency, count, units, parts, most, since, until in connection.execute(query)
    ]


def _rest(totals: Mapping[str, str], paid: Sequence[Line]) -> Iterator[Line]:
    """What the totals of a file say that its payments do not add up to."""
    for currency, total in totals.items():
        mine = [line.total for line in paid if line.currency == currency]
        known = sum(mine, Decimal())
        if not mine or Decimal(total) > known:
            yield Line(None, currency, 0, Decimal(total) - known, None)
