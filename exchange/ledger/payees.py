"""Payees' accounts that were never paid before, and those that a payee of that name did not have before: a changed account
number is how most frauds with payments begin.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, case, distinct, func

from exchange.ledger.payment_queries import STAGE, joined
from exchange.ledger.payment_tables import batches, payments

NOT_KNOWN = ("rejected", "cancelled", "returned", "withdrawn")
"""What came to nothing makes no account known."""
SHOWN = 200
"""How many payees are looked at one by one."""


@dataclass(frozen=True, slots=True)
class Payee:
    """An account that no earlier payment went to. before: the accounts that payees of this name had; empty when new."""

    name: str | None
    account: str
    before: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Strangers:
    """How many accounts were never paid before, and the first of them, those with a changed account before the others."""

    count: int
    first: tuple[Payee, ...]


def strangers(connection: Connection, deliveries: Collection[str]) -> Strangers:
    """What the payments of files that wait would pay for the first time."""
    mine = batches.c.delivery.in_(deliveries)
    inner: Any = Select(payments.c.payee, payments.c.payee_account, payments.c.n)
    inner = inner.join(batches, batches.c.n == payments.c.batch).where(
        mine, payments.c.payee_account.is_not(None)
    )
    begin = connection.scalar(Select(func.min(inner.subquery().c.n)))
    if begin is None:
        return Strangers(0, ())
    earlier = joined(Select(payments.c.payee_account, payments.c.payee)).where(
        payments.c.n < begin, STAGE.not_in(NOT_KNOWN), payments.c.payee_account.is_not(None)
    )
    now = inner.subquery()
    known = earlier.with_only_columns(payments.c.payee_account)
    fresh = now.c.payee_account.not_in(known)
    count = connection.scalar(Select(func.count(distinct(now.c.payee_account))).where(fresh)) or 0
    if not count:
        return Strangers(0, ())
    names = earlier.with_only_columns(func.lower(payments.c.payee)).where(payments.c.payee.is_not(None))
    changed = case((func.lower(now.c.payee).in_(names), 1), else_=0)
    query: Any = (
        Select(
            func.min(now.c.payee).label("payee"),
            now.c.payee_account,
            func.max(func.lower(now.c.payee)).label("low"),
        )
        .where(fresh)
        .group_by(now.c.payee_account)
        .order_by(func.max(changed).desc(), func.min(now.c.n))
        .limit(SHOWN)
    )
    rows = connection.execute(query).all()
    had: dict[str, list[str]] = {}
    lower = func.lower(payments.c.payee)
    accounts = earlier.with_only_columns(lower.label("low"), payments.c.payee_account)
    lows = {row.low for row in rows if row.low is not None}
    for low, account in connection.execute(accounts.where(lower.in_(lows)).distinct()):
        had.setdefault(low, []).append(account)
    return Strangers(
        count, tuple(Payee(row.payee, row.payee_account, tuple(sorted(had.get(row.low, ())))) for row in rows)
    )
