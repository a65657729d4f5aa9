"""The bank names the payment by the end-to-end id under which we ordered it, and the purchase ledger says which invoices that
payment was ordered for: together they are just what was paid.
"""

from __future__ import annotations

from exchange.declare.declared import Declared
from exchange.reconcile.book import Book
from exchange.reconcile.case import Allocation, Case, Decision

ORDER = 25
EARLY = True
BACK = False
ACCOUNTS = ()


class Settings(Declared):
    """Nothing can be set."""


def decide(case: Case, book: Book, settings: Settings) -> Decision | None:
    """Closes what the payment was ordered for, or says by how much it differs."""
    open_items, ordered = book.of(case), case.transaction.get("end_to_end_id")
    if case.side != "payable" or open_items is None or not ordered:
        return None  # what others pay us has ids of their own
    known = open_items.of_payment(ordered)
    items = book.payable(case, known)
    if not items or len(items) < len(known):
        return None  # what is paid already, or stands twice in the list, is for the rules that look at amounts and names
    numbers = ", ".join(item.record["number"] for item in items)
    if len({item.party.get("number") or item.party.get("name") for item in items}) > 1:
        case.note(f"Payment {ordered} was ordered for invoices of several suppliers: {numbers}.")
        return None
    total = sum(item.left for item in items)
    if total != case.paid:
        case.note(f"Payment {ordered} was ordered for {numbers}, of which {case.money(total)} are open.")
        case.propose("ordered_payment", f"Payment {ordered} was ordered for it.", items)
        return None
    doubt = next(filter(None, (book.contradiction(case, item) for item in items)), None)
    if doubt:
        case.note(f"Payment {ordered} was ordered for {numbers}, but {doubt}.")
        case.propose("ordered_payment", f"Payment {ordered} was ordered for it.", items)
        return None
    reason = f"Payment {ordered} was ordered for {numbers}, and the amount is right."
    paid = [Allocation(item, item.left, item.left) for item in items]
    return Decision("ordered_payment", reason, "matched", paid, evidence={"payment": ordered})
