"""Payees' accounts that were never paid before, and those that a payee of that name did not have before, though another payee
may: a changed account number is how most frauds with payments begin.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, Subquery, and_, case, func, not_, or_, select

from exchange.accounts import identity
from exchange.ledger.payment_queries import STAGE, joined
from exchange.ledger.payment_tables import batches, payments

NOT_KNOWN = ("rejected", "cancelled", "returned", "withdrawn")
"""What came to nothing makes no account known."""
_ACCOUNT, _CLEARING, _LOW = payments.c.payee_account, payments.c.payee_clearing, func.lower(payments.c.payee)
SHOWN = 200
"""How many payees are looked at one by one."""


@dataclass(frozen=True, slots=True)
class Payee:
    """An account that no earlier payment to a payee of this name went to. before: the accounts that payees of this name had, empty when
    new; others: the payees that were paid to this account.
    """

    name: str | None
    account: str
    before: tuple[str, ...]
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Strangers:
    """How many payees' accounts are new or changed, and the first of them, the changed ones before the others."""

    count: int
    first: tuple[Payee, ...]


def strangers(connection: Connection, deliveries: Collection[str]) -> Strangers:
    """What the payments of files that wait would pay for the first time, or to a payee who had another account.

    The ledger's payments are gone through once for the accounts, once more for those that are known under another number of
    theirs, and once more for the names of those that are new. What became of a payment, which other tables tell, is asked only
    where the account or the name is one of these. (An index of accounts would double what it costs to enter a payment.)
    """
    now = _paid_now(deliveries).subquery()
    begin = connection.scalar(select(func.min(now.c.n)))
    if begin is None:
        return Strangers(0, ())
    earlier = joined(select(_ACCOUNT, _CLEARING)).where(payments.c.n < begin, STAGE.not_in(NOT_KNOWN))
    table = _unlike(now, earlier).cte()
    known = _known_otherwise(connection, earlier, select(table))
    named = earlier.with_only_columns(_LOW).where(_ACCOUNT.is_not(None), _LOW.in_(select(table.c.low)))
    changed = case((table.c.low.in_(named), 1), else_=0)
    wanted = select(table, changed.label("changed")).where(or_(table.c.fresh, changed == 1))
    total, rows = 0, []
    for row in connection.execute(wanted.order_by(changed.desc(), table.c.n)):
        names = known.get(_identity(row), ())
        if not names or (row.changed and row.low not in names):
            total += 1
            rows += [row] if total <= SHOWN else []
    return Strangers(total, tuple(_payees(connection, earlier, rows)))


def _unlike(now: Subquery, earlier: Select[Any]) -> Select[Any]:
    """Accounts that were not paid before (fresh), or not to a payee of the name that they have now."""
    names = earlier.add_columns(_LOW.label("low")).where(_ACCOUNT.in_(select(now.c.payee_account)))
    known = names.distinct().subquery()
    same_bank = or_(
        known.c.payee_clearing.is_(None),
        now.c.payee_clearing.is_(None),
        known.c.payee_clearing == now.c.payee_clearing,
    )
    paid_before = and_(known.c.payee_account == now.c.payee_account, same_bank)
    fresh = func.count(known.c.payee_account) == 0
    named_so = func.max(case((known.c.low == now.c.low, 1), else_=0)) == 1
    columns = (*now.c, fresh.label("fresh"))
    found = select(*columns).select_from(now.outerjoin(known, paid_before)).group_by(*now.c)
    return found.having(or_(fresh, not_(named_so)))


def _payees(connection: Connection, earlier: Select[Any], rows: Sequence[Row[Any]]) -> Iterator[Payee]:
    """Each with the accounts that its name had, and the names that its account had."""
    had: dict[str, set[str]] = {}
    lows = {row.low for row in rows} - {None}
    accounts = earlier.add_columns(_LOW.label("low")).where(_LOW.in_(lows), _ACCOUNT.is_not(None))
    for account, clearing, low in connection.execute(accounts.distinct()) if lows else ():
        had.setdefault(low, set()).add(_shown(account, clearing))
    others: dict[str, set[str]] = {}
    shared = {row.payee_account for row in rows if not row.fresh}
    names = earlier.with_only_columns(_ACCOUNT, payments.c.payee).where(_ACCOUNT.in_(shared))
    for account, name in connection.execute(names.distinct()) if shared else ():
        others.setdefault(account, set()).add(name or "")
    for row in rows:
        before = tuple(sorted(had.get(row.low, ())))
        whose = () if row.fresh else tuple(sorted(others.get(row.payee_account, set()) - {""}))
        yield Payee(row.payee, _shown(row.payee_account, row.payee_clearing), before, whose)


def _known_otherwise(
    connection: Connection, earlier: Select[Any], unlike: Select[Any]
) -> dict[str | None, set[str | None]]:
    """Accounts that were paid before under another number that is certainly theirs, each with the names of the payees."""
    wanted = {_identity(row) for row in connection.execute(unlike)} - {None}
    if not wanted:
        return {}
    columns = earlier.add_columns(batches.c.currency, _LOW.label("low")).where(_ACCOUNT.is_not(None))
    known: dict[str | None, set[str | None]] = {}
    for row in connection.execute(columns.distinct()):
        if (each := _identity(row)) in wanted:
            known.setdefault(each, set()).add(row.low)
    return known


def _identity(row: Any) -> str | None:
    return identity(row.payee_account, row.payee_clearing or "", row.currency)


def _paid_now(deliveries: Collection[str]) -> Select[Any]:
    """The accounts that files would pay, each with every name that it has there in small letters, and the first payment to it."""
    return (
        select(
            _ACCOUNT,
            _CLEARING,
            func.min(batches.c.currency).label("currency"),
            func.min(payments.c.n).label("n"),
            func.min(payments.c.payee).label("payee"),
            _LOW.label("low"),
        )
        .join(batches, batches.c.n == payments.c.batch)
        .where(batches.c.delivery.in_(deliveries), payments.c.payee_account.is_not(None))
        .group_by(_ACCOUNT, _CLEARING, _LOW)
    )


def _shown(account: str, clearing: str | None) -> str:
    """An account for people: behind the number of its bank where it has one."""
    return f"{clearing}-{account}" if clearing else account
