"""Sums of several payments that the bank booked as one entry without telling the payments: they pay nothing that could be
named. The file with the details (a camt.054, a reference listing) is what has to be matched.
"""

from __future__ import annotations

from exchange.declare.declared import Declared
from exchange.reconcile.book import Book
from exchange.reconcile.case import Case, Decision

ORDER = 20
EARLY = True
BACK = False
ACCOUNTS = ()


class Settings(Declared):
    """Nothing can be set."""


def decide(case: Case, book: Book, settings: Settings) -> Decision | None:
    """Closes the case of a sum that hides its payments."""
    batch = case.transaction.get("batch") or {}
    count, total = batch.get("count") or 0, batch.get("total")
    if (
        count > 1
        and batch.get("index") is None
        and total is not None
        and abs(total) == abs(case.transaction["amount"])
    ):
        case.close(
            f"The bank booked {count} payments as one sum; they stand in a file of their own, which is to be matched."
        )
    return None
