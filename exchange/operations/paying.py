"""Payments that leave: which there are, how far each is, and one payment's whole story."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, tzinfo
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from exchange.accounts import compact
from exchange.declare.problems import did_you_mean
from exchange.errors import UnknownNameError, UseError
from exchange.ledger import payment_queries
from exchange.ledger.payment_queries import Payment as Payment
from exchange.ledger.payment_queries import PaymentStory, Sum, Told
from exchange.ledger.payment_queries import Wanted as Wanted
from exchange.ledger.payments import stored
from exchange.operations.asking import moment
from exchange.operations.installation import Books, books, expect_flow
from exchange.operations.watching import Late, Lateness, Missing, lateness


@dataclass(frozen=True, slots=True)
class Payments:
    """Some payments, the newest first, the sums of all that were wanted, and what is missing of any."""

    payments: Sequence[Payment]
    sums: Sequence[Sum]
    lateness: Lateness
    late: Sequence[Late]

    @property
    def count(self) -> int:
        """How many there are, shown or not."""
        return sum(each.count for each in self.sums)

    def missing(self, payment: Payment) -> Missing | None:
        """What the bank owes of a payment; None where nothing is late."""
        return self.lateness.of(payment)


def payments(folder: Path, wanted: Wanted, limit: int, *, late: bool = False) -> Payments:
    """The payments that are wanted; late: only those of which the bank should have spoken by now."""
    with books(folder) as opened, opened.ledger.read() as connection:
        _expect_known(opened, connection, wanted)
        found, groups = lateness(opened.site, connection)
        if late:
            wanted = replace(wanted, late=(found.of_batch.keys(), found.of_payment.keys()))
        return Payments(
            payment_queries.find(connection, wanted, limit),
            payment_queries.sums(connection, wanted),
            found,
            groups,
        )


def _expect_known(opened: Books, connection: Connection, wanted: Wanted) -> None:
    """Whose payments are wanted: a name that no payment has is a mistake, not a list without rows."""
    expect_flow(opened, connection, wanted.flow)
    if wanted.account is not None:
        known = payment_queries.payers(connection)
        if compact(wanted.account) not in known:
            raise UnknownNameError(
                f"No payment leaves from account {wanted.account}.",
                advice=did_you_mean(compact(wanted.account), known),
            )
    if wanted.payee is not None and not payment_queries.is_payee(connection, wanted.payee):
        raise UnknownNameError(
            f"No payment goes to a payee or an account {wanted.payee!r}.",
            advice=did_you_mean(wanted.payee, payment_queries.payees(connection)),
        )


def story(folder: Path, text: str) -> tuple[PaymentStory, Missing | None, tzinfo]:
    """One payment's whole story, by its number or one of its ids; what the bank owes of it; and the site's time zone."""
    with books(folder) as opened, opened.ledger.read() as connection:
        told = payment_queries.story(connection, text)
        found, _ = lateness(opened.site, connection)
        return told, found.of(told.payment), opened.site.zone


def as_dict(payment: Payment, missing: Missing | None) -> dict[str, Any]:
    """A payment for `--json`."""
    row = asdict(payment)
    del row["n"], row["batch"], row["event"]
    return {
        "id": payment.id,
        **row,
        "delivered_at": moment(payment.delivered_at),
        "missing": list(missing.what) if missing else [],
        "missing_since": missing.since if missing else None,
    }


def wanted(
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    least: str | None,
    most: str | None,
    **named: Any,
) -> Wanted:
    """Which payments a person asks for: amounts as they are written, 1200.50 or 1200,50."""
    first, last = since and since.date(), until and until.date()
    return Wanted(since=first, until=last, least=_amount(least), most=_amount(most), **named)


def _amount(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        given = Decimal(text.replace(",", "."))
        stored(given)
    except (InvalidOperation, ValueError):
        raise UseError(f"{text!r} is not an amount.", advice="Write it as 1200.50.") from None
    return given


def told_as_dict(each: Told) -> dict[str, Any]:
    """What a bank told, for `--json`."""
    return {**asdict(each), "at": moment(each.at)}
