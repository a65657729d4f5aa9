"""The checked reference of one open item, and more money than is open: the item is paid, the rest stands as a credit on
account. The payer must be the item's party by account, id or name. Where open items of the party come to just what was paid, such as
two invoices with the reference of one, they are proposed.
"""

from __future__ import annotations

from pydantic import Field

from exchange.declare.declared import Declared
from exchange.reconcile.book import Book
from exchange.reconcile.case import Allocation, Case, Decision, Posting
from exchange.reconcile.rules._by_reference import agreed, doubted, named

ORDER = 70
EARLY = False
BACK = False
ACCOUNTS = ("credit",)


class Settings(Declared):
    """How much too much is let pass, and whether the payer must be known."""

    limits: dict[str, int] = Field(
        {}, description="currency → at most so many smallest units too much; none: as much again as was open"
    )
    party: bool = Field(
        True, description="whether payer and party must agree; false: a reference alone is enough"
    )


def decide(case: Case, book: Book, settings: Settings) -> Decision | None:
    """Pays the item and keeps the rest for the payer."""
    item = named(case, book)
    if item is None or case.paid <= item.left:
        return None
    number, rest = item.record["number"], case.paid - item.left
    fits, evidence = agreed(case, book, item, needed=settings.party)
    if not fits or rest > settings.limits.get(case.currency, item.left):
        case.propose("overpayment", f"The reference is that of invoice {number}: too much was paid?", [item])
        return None
    if doubted(case, book, item, "overpayment"):
        return None
    because = f" and {evidence}" if evidence else ""
    reason = (
        f"Reference {case.transaction['reference']} is that of open invoice {number}{because}; {case.money(rest)} more "
        f"than was open stand as a credit on account."
    )
    told = {"reference": case.transaction["reference"], "party": evidence or ""}
    booked = -rest if case.side == "receivable" else rest
    credit = Posting(
        "credit", book.accounts["credit"], booked, f"{number} {item.party.get('name') or ''}".strip()
    )
    return Decision(
        "overpayment", reason, "matched", [Allocation(item, item.left, item.left)], [credit], evidence=told
    )
