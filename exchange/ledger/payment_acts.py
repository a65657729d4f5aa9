"""What people say of payments: that the money of one came back by a way that no file tells of."""

from __future__ import annotations

from sqlalchemy import update

from exchange.errors import UseError
from exchange.ledger import payment_queries
from exchange.ledger.book import Ledger
from exchange.ledger.payment_queries import Payment
from exchange.ledger.payment_tables import payments

_GONE = ("booked", "posted")


def returned(ledger: Ledger, text: str, *, actor: str, because: str) -> Payment:
    """The money of a booked payment is back: on another account, or set off by the bank. text: as in `payment_queries.one`."""
    with ledger.signed(actor, because) as writing:
        payment = payment_queries.one(writing.connection, text)
        if payment.stage not in _GONE:
            raise UseError(
                f"The payment {payment.id} is {payment.stage}; money comes back of what was booked.",
                advice=f"See its story: `exchange payments {payment.id}`.",
            )
        [event] = writing.append([(payment.id, "payment returned", {"from": payment.stage})])
        change = update(payments).where(payments.c.n == payment.n)
        writing.connection.execute(change.values(stage="returned", event=event, code=None, reason=because))
        return payment_queries.one(writing.connection, payment.id)
