"""Several open items (credit notes among them) of a known payer that add up to the payment; where nobody is known by the
account, of the only party that is called as the payer is. Only where one set alone does; it is proposed, never decided.
"""

from __future__ import annotations

from pydantic import Field

from exchange.declare.declared import Declared
from exchange.reconcile import sums
from exchange.reconcile.book import Book
from exchange.reconcile.case import Case, Decision
from exchange.reconcile.rules._of_party import namesakes_items, party_items

ORDER = 110
EARLY = False
BACK = False
ACCOUNTS = ()


class Settings(Declared):
    """How many items are tried; work doubles with each one."""

    items: int = Field(12, ge=2, le=16, description="payers with more open items are left to people")


def decide(case: Case, book: Book, settings: Settings) -> Decision | None:
    """Proposes the only set that adds up."""
    known = party_items(case, book)
    items = [item for item in known or namesakes_items(case, book) if book.in_time(case, item)]
    if not 2 <= len(items) <= settings.items:
        return None
    count, found = sums.all_ways([item.left for item in items], case.paid)
    chosen = [items[number] for number in found]
    numbers = ", ".join(item.record["number"] for item in chosen)
    payer = items[0].party.get("name") or "this payer"
    if count > 1:
        case.note(f"The open invoices of {payer} come to this amount in {count} ways; one is {numbers}.")
    elif len(chosen) > 1:
        whose = (
            "this payer's open invoices"
            if known
            else f"the open invoices of {payer}, who is called as the payer is,"
        )
        case.propose("subset", f"Of {whose} {numbers} alone add up to the payment.", chosen)
    return None
