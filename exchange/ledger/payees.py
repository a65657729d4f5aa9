"""Payees' accounts that were never paid before, and those that a payee of that name did not have before: a changed account
number is how most frauds with payments begin.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, case, func, or_, select

from exchange.accounts import identity
from exchange.ledger.payment_queries import STAGE, joined
from exchange.ledger.payment_tables import batches, payments

NOT_KNOWN = ("rejected", "cancelled", "returned", "withdrawn")
"""What came to nothing makes no account known."""
_ACCOUNT, _CLEARING = payments.c.payee_account, payments.c.payee_clearing
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
    """What the payments of files that wait would pay for the first time.

    The ledger's payments are gone through once for the accounts, once more for those that are known under another number of
    theirs, and once more for the names of those that are new. What became of a payment, which other tables tell, is asked only
    where the account or the name is one of these. (An index of accounts would double what it costs to enter a payment.)
    """
    now = _paid_now(deliveries).subquery()
    begin = connection.scalar(select(func.min(now.c.n)))
    if begin is None:
        return Strangers(0, ())
    earlier = joined(select(_ACCOUNT, _CLEARING)).where(payments.c.n < begin, STAGE.not_in(NOT_KNOWN))
    known = earlier.where(_ACCOUNT.in_(select(now.c.payee_account))).distinct().subquery()
    same_bank = or_(
        known.c.payee_clearing.is_(None),
        now.c.payee_clearing.is_(None),
        known.c.payee_clearing == now.c.payee_clearing,
    )
    paid_before = and_(known.c.payee_account == now.c.payee_account, same_bank)
    unknown = select(now).select_from(now.outerjoin(known, paid_before))
    fresh = unknown.where(known.c.payee_account.is_(None))
    others = _known_otherwise(connection, earlier, fresh)
    table = fresh.cte()
    low = func.lower(payments.c.payee)
    named = earlier.with_only_columns(low).where(_ACCOUNT.is_not(None), low.in_(select(table.c.low)))
    changed = case((table.c.low.in_(named), 0), else_=1)
    total, rows = 0, []
    for row in connection.execute(select(table).order_by(changed, table.c.n)):
        if _identity(row) not in others:
            total += 1
            rows += [row] if total <= SHOWN else []
    had: dict[str, list[str]] = {}
    lows = {row.low for row in rows if row.low is not None}
    accounts = earlier.with_only_columns(low.label("low"), _ACCOUNT, _CLEARING).where(
        low.in_(lows), _ACCOUNT.is_not(None)
    )
    for name, *before in connection.execute(accounts.distinct()) if lows else ():
        had.setdefault(name, []).append(_shown(*before))
    first = (
        Payee(row.payee, _shown(row.payee_account, row.payee_clearing), tuple(sorted(had.get(row.low, ()))))
        for row in rows
    )
    return Strangers(total, tuple(first))


def _known_otherwise(connection: Connection, earlier: Select[Any], fresh: Select[Any]) -> set[str | None]:
    """Which accounts, new by their numbers, were paid before under another number that is certainly theirs."""
    wanted = {_identity(row) for row in connection.execute(fresh)} - {None}
    if not wanted:
        return set()
    columns = earlier.with_only_columns(_ACCOUNT, _CLEARING, batches.c.currency).where(_ACCOUNT.is_not(None))
    return {each for row in connection.execute(columns.distinct()) if (each := _identity(row)) in wanted}


def _identity(row: Any) -> str | None:
    return identity(row.payee_account, row.payee_clearing or "", row.currency)


def _paid_now(deliveries: Collection[str]) -> Select[Any]:
    """The accounts that files would pay: each with its first payment, a name, and the name in small letters."""
    return (
        select(
            _ACCOUNT,
            _CLEARING,
            func.min(batches.c.currency).label("currency"),
            func.min(payments.c.n).label("n"),
            func.min(payments.c.payee).label("payee"),
            func.max(func.lower(payments.c.payee)).label("low"),
        )
        .join(batches, batches.c.n == payments.c.batch)
        .where(batches.c.delivery.in_(deliveries), payments.c.payee_account.is_not(None))
        .group_by(_ACCOUNT, _CLEARING)
    )


def _shown(account: str, clearing: str | None) -> str:
    """An account for people: behind the number of its bank where it has one."""
    return f"{clearing}-{account}" if clearing else account
