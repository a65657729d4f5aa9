"""Sums of several payments that the bank booked as one entry without telling the payments: they pay nothing that could be
named. The file with the details (a camt.054, a reference listing) is what has to be matched; the sum waits on no suspense
account meanwhile, or the bank's account would move twice. Nor does anything of an entry whose payments do not come to its
amount: nobody knows which of them is wrong.
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
    """Closes the case of a sum that hides its payments, or that they do not come to."""
    batch = case.transaction.get("batch") or {}
    if batch.get("differs"):
        case.close(
            f"The payments of its entry differ from the amount of the entry by {batch['differs']} {case.currency}: ask the bank "
            "which is right."
        )
        return None
    count, total = batch.get("count") or 0, batch.get("total")
    if (
        count > 1
        and batch.get("index") is None
        and total is not None
        and abs(total) == abs(case.transaction["amount"])
    ):
        case.is_told_apart = True
        case.close(
            f"The bank booked {count} payments as one sum; they stand in a file of their own, which is to be matched."
        )
    return None
