"""What people say of payments that no file tells of: that the bank carried one out, that it will not, that money is back."""

from __future__ import annotations

from sqlalchemy import update

from exchange.errors import UseError
from exchange.ledger import payment_queries
from exchange.ledger.book import Ledger
from exchange.ledger.payment_queries import Payment
from exchange.ledger.payment_tables import payments
from exchange.outcome import REFUSED

_AT_THE_BANK = ("sent", "received", "accepted")
_GONE = ("booked", "posted")


def booked(ledger: Ledger, text: str, *, actor: str, because: str) -> Payment:
    """The bank carried a payment out, and no statement will tell. text: as in `payment_queries.one`."""
    only = "only what was sent can have left the account"
    return _said(ledger, text, "booked", (*_AT_THE_BANK, *REFUSED), only, actor, because)


def cancelled(ledger: Ledger, text: str, *, actor: str, because: str) -> Payment:
    """The bank does not carry a payment out, and no answer will tell."""
    only = "only what lies at the bank and has not left the account can be called off"
    return _said(ledger, text, "cancelled", _AT_THE_BANK, only, actor, because)


def returned(ledger: Ledger, text: str, *, actor: str, because: str) -> Payment:
    """The money of a booked payment is back: on another account, or set off by the bank."""
    return _said(ledger, text, "returned", _GONE, "money comes back of what was booked", actor, because)


def _said(
    ledger: Ledger, text: str, new: str, before: tuple[str, ...], only: str, actor: str, because: str
) -> Payment:
    """A payment moved by a person. before: from which stages; only: why from no other one."""
    with ledger.signed(actor, because) as writing:
        payment = payment_queries.one(writing.connection, text)
        if payment.stage not in before:
            raise UseError(
                f"The payment {payment.id} is {payment.stage}; {only}.",
                advice=_advice(payment),
            )
        [event] = writing.append([(payment.id, f"payment {new}", {"from": payment.stage})])
        change = update(payments).where(payments.c.n == payment.n)
        writing.connection.execute(change.values(stage=new, event=event, code=None, reason=because))
        return payment_queries.one(writing.connection, payment.id)


def _advice(payment: Payment) -> str:
    if payment.stage in ("ordered", "approved"):
        return f"Its file has not been sent: `exchange reject {payment.arrival[-8:]}` if nothing of it shall be paid."
    return f"See its story: `exchange payments {payment.id}`."
