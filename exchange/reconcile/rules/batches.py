"""Sums of several payments that the bank booked as one entry without telling the payments: they pay nothing that could be
named. The file with the details (a camt.054, a reference listing) is what has to be matched; the sum waits on no suspense
account meanwhile, or the bank's account would move twice. The same goes for one reference payment (705 in Finland) of which
the entry says nothing. Nor does anything of an entry whose payments do not come to its amount: nobody knows which of them is wrong.
"""

from __future__ import annotations

import re

from exchange.declare.declared import Declared
from exchange.model import Record
from exchange.reconcile.book import Book
from exchange.reconcile.case import Case, Decision

_REFERENCES = re.compile(r"(?:[A-Z]{4}\+)?705")
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
    is_sum = (
        batch.get("index") is None and total is not None and abs(total) == abs(case.transaction["amount"])
    )
    if is_sum and count > 1:
        case.is_told_apart = True
        case.close(
            f"The bank booked {count} payments as one sum; they stand in a file of their own, which is to be matched."
        )
    elif is_sum and count == 1 and _is_sum_of_references(case.transaction):
        case.is_told_apart = True
        case.close(
            "The bank booked the reference payments of a day as one sum; the one payment of it stands in a file of its own, which is to be "
            "matched."
        )
    return None


def _is_sum_of_references(transaction: Record) -> bool:
    """Whether a movement is the sum of a day's reference payments (705 in the list of the Finnish banks) and says nothing of a payment."""
    code, other = transaction.get("bank_code") or {}, transaction.get("counterparty") or {}
    told = ("reference", "invoices", "end_to_end_id", "instruction_id")
    return (
        transaction["amount"] > 0
        and code.get("issuer") == "FFFS"
        and _REFERENCES.fullmatch(code.get("proprietary") or "") is not None
        and not any(transaction.get(name) for name in told)
        and not any(other.values())
    )
