"""What people have booked by hand to one account each time it came: the same payer, the same kind, the same text but for its
numbers. It is proposed from the first time on, and decided once the site's own history is long and unanimous enough.
"""

from __future__ import annotations

from pydantic import Field

from exchange.declare.declared import Declared
from exchange.past import TAKEN_BACK
from exchange.reconcile import words
from exchange.reconcile.book import Book
from exchange.reconcile.case import Case, Decision, Posting
from exchange.reconcile.rules._learned import lacks

ORDER = 140
EARLY = False
BACK = False
ACCOUNTS = ()


class Settings(Declared):
    """When a habit may act alone."""

    at_least: int = Field(5, alias="at least", ge=1, description="so many times people must have booked it")
    precision: int = Field(100, ge=50, le=100, description="per cent of them that went to the same account")


def decide(case: Case, book: Book, settings: Settings) -> Decision | None:
    """Books as people do, or proposes it."""
    if case.transaction["reference"]:
        return None
    known = book.past.bookings(words.mask(case.transaction))
    accounts = {account: times for account, times in known.items() if account != TAKEN_BACK}
    if not accounts:
        return None
    account, times = max(accounts.items(), key=lambda each: (each[1], each[0]))
    total = sum(known.values())
    told = f"People booked {times} of {total} like this to account {account}"
    doubt = lacks(times, total, settings)
    if doubt is not None:
        case.propose("habits", f"{told}; {doubt}.", account=account)
        return None
    posting = Posting("habit", account, -case.units, case.text or None)
    evidence = {"booked": dict(known)}
    return Decision("habits", f"{told}: booked there.", "booked", (), [posting], evidence=evidence)
