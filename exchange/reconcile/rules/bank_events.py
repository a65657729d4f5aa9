"""Movements that pay no item by their nature: fees, interest, taxes, settlements of card sales. The bank's code tells
(table `bank-events`), the rules file names the account of each.
"""

from __future__ import annotations

from pydantic import Field

from exchange.declare.declared import Declared
from exchange.reconcile.book import Book
from exchange.reconcile.case import Case, Decision, Posting

ORDER = 130
EARLY = True
BACK = False
ACCOUNTS = ()
NEVER = ("receipt", "payment", "return")
"""Events of movements that may pay an item: they are never booked by their code alone."""


class Booking(Declared):
    """Where one kind of event is booked."""

    account: str = Field(min_length=1, description="ledger account")
    text: str | None = Field(None, description="text of the voucher's row")
    at_most: int | None = Field(
        None, alias="at most", ge=1, description="bigger ones, in smallest units, are left to people"
    )
    incoming: str | None = Field(
        None, description="ledger account of incoming ones, where that is another (interest received)"
    )


class Settings(Declared):
    """Bookings by event; an event that is not named is left to people."""

    events: dict[str, Booking] = Field(
        min_length=1,
        description="event of common/bank-transaction → booking: fee, interest, tax, card-settlement …",
    )


def decide(case: Case, book: Book, settings: Settings) -> Decision | None:
    """Books the movement to the account of its event."""
    event = case.transaction.get("event")
    booking = None if event is None or event in NEVER else settings.events.get(event)
    if booking is None:
        return None
    if booking.at_most is not None and case.paid > booking.at_most:
        case.close(
            f"By the bank's code it is {_words(event)}, but it is more than {case.money(booking.at_most)}."
        )
        return None
    account = booking.incoming if booking.incoming and case.units > 0 else booking.account
    text = booking.text or case.text or None
    reason = f"By the bank's code it is {_words(event)}: booked to account {account}."
    code = case.transaction.get("bank_code") or {}
    evidence = {
        "event": event,
        "code": "/".join(filter(None, (code.get("domain"), code.get("family"), code.get("subfamily")))),
    }
    posting = Posting(str(event), account, -case.units, text)
    return Decision("bank_events", reason, "booked", (), [posting], evidence=evidence)


def _words(event: str | None) -> str:
    return f"a {str(event).replace('-', ' ')}" if event not in ("interest", "cash", "tax") else str(event)
