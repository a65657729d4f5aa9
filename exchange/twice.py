"""What a payment is for, in one form: two payments with a key in common pay the same. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from exchange.accounts import tail
from exchange.reconcile.references import comparable


def keys(
    account: str,
    amount: int,
    currency: str,
    day: str | None,
    reference: str | None,
    invoices: str | None,
    text: str | None,
) -> Sequence[str]:
    """The keys of a payment: amount and currency with the reference, and with the invoices, and what all numbers of the payee's
    account have in common. Whether two accounts behind the same key may be one is asked then.

    A reference is compared without blanks and leading zeros, and an RF reference as the national one it carries. Where
    a payment has neither, its text and its day stand for them: the same wage each month is not the same payment.

    >>> keys("FI2112345600000785", 100, "EUR", None, "RF08 0001 2344", "", "")
    ('785|100|EUR|12344',)
    """
    head = f"{tail(account)}|{amount}|{currency}|"
    one = comparable(reference) if reference else ""
    other = comparable(invoices) if invoices else ""
    if one and other and one != other:
        return (head + one, head + other)
    if one or other:
        return (head + (one or other),)
    return (f"{head}{day or ''}|{' '.join((text or '').split()).casefold()}",)
