"""What one person may approve: the declared limits against the sums that would leave. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from exchange.declare.site import Approver


@dataclass(frozen=True, slots=True)
class Line:
    """The payments from one account in one currency. account, largest: None when payments are not known one by one;
    first_day, last_day: on which they are to be carried out (ISO), None when the file does not say.
    """

    account: str | None
    currency: str
    count: int
    total: Decimal
    largest: Decimal | None
    first_day: str | None = None
    last_day: str | None = None


@dataclass(frozen=True, slots=True)
class Orders:
    """What would leave, by account and currency."""

    lines: Sequence[Line]

    def sums(self) -> dict[str, Decimal]:
        """By currency, over all accounts."""
        sums: dict[str, Decimal] = {}
        for line in self.lines:
            sums[line.currency] = sums.get(line.currency, Decimal()) + line.total
        return sums


def objection(mine: Approver, flow: str, orders: Orders, today: Mapping[str, Decimal]) -> str | None:
    """Why these sums are more than a person may approve, as a sentence; None when they are not.

    today: what the person has approved since the day began. A limit that names no amount for a currency allows nothing
    in it; an amount that is not known is above every limit.
    """
    if mine.flows and flow not in mine.flows:
        return f"files of the flow {flow} are not among those allowed."
    limited = mine.accounts or mine.per_payment or mine.per_file or mine.per_day
    if limited and not orders.lines:
        return "the sums of the files are not known, and there are limits."
    return (
        _accounts(mine, orders)
        or _payments(mine, orders)
        or _sums("one file", mine.per_file, orders.sums())
        or _sums("one day", mine.per_day, _with(today, orders.sums()))
    )


def _accounts(mine: Approver, orders: Orders) -> str | None:
    allowed = {compact(account) for account in mine.accounts}
    for line in orders.lines if allowed else ():
        if line.account is None:
            return "it is not known from which accounts is paid, and only some are allowed."
        if compact(line.account) not in allowed:
            return f"the account {line.account} is not among those allowed."
    return None


def _payments(mine: Approver, orders: Orders) -> str | None:
    for line in orders.lines if mine.per_payment else ():
        if line.largest is None:
            return "the payments are not known one by one, and there is a limit for one payment."
        problem = _above("one payment", mine.per_payment, line.currency, line.largest)
        if problem:
            return problem
    return None


def _sums(of: str, allowed: Mapping[str, Decimal], sums: Mapping[str, Decimal]) -> str | None:
    problems = (_above(of, allowed, currency, total) for currency, total in sums.items()) if allowed else ()
    return next(filter(None, problems), None)


def _above(of: str, allowed: Mapping[str, Decimal], currency: str, amount: Decimal) -> str | None:
    limit = allowed.get(currency)
    if limit is None:
        return f"{amount} {currency} is asked for, and for {of} there is no limit in {currency}, so nothing is allowed."
    if amount > limit:
        return f"{amount} {currency} is above the limit of {limit} {currency} for {of}."
    return None


def _with(today: Mapping[str, Decimal], sums: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return {currency: today.get(currency, Decimal()) + total for currency, total in sums.items()}


def compact(account: str) -> str:
    """An account number as it is compared: without spaces, in capitals."""
    return "".join(account.split()).upper()
