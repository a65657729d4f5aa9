"""The checked reference of one open item, and less money than is open: what was paid is taken off, the rest stays open. The
payer must be the item's party by account, id or name, because the amount proves nothing here. Where open items of the
party (credit notes among them) come to just what was paid, the reference may be the wrong one: then it is proposed. So it is where
several items have the reference.
"""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from exchange.declare.declared import Declared
from exchange.reconcile.book import Book
from exchange.reconcile.case import Allocation, Case, Decision
from exchange.reconcile.rules._by_reference import agreed, doubted, named

ORDER = 60
EARLY = False
BACK = False
ACCOUNTS = ()


class Settings(Declared):
    """How much a part must be, and whether the payer must be known."""

    at_least: Decimal = Field(
        Decimal(5), alias="at least", ge=0, le=100, description="per cent of what is open that must be paid"
    )
    party: bool = Field(
        True, description="whether payer and party must agree; false: a reference alone is enough"
    )


def decide(case: Case, book: Book, settings: Settings) -> Decision | None:
    """Takes the part off the item."""
    item = named(case, book)
    if item is None or case.paid > item.left:
        return None
    number = item.record["number"]
    fits, evidence = agreed(case, book, item, needed=settings.party)
    if not fits or case.paid * 100 < settings.at_least * item.left:
        case.propose("part_payment", f"The reference is that of invoice {number}: a part of it?", [item])
        return None
    if doubted(case, book, item, "part_payment"):
        return None
    because = f" and {evidence}" if evidence else ""
    rest = case.money(item.left - case.paid)
    left = f"a part is paid, {rest} stay open" if case.paid < item.left else "this was the rest of it"
    reason = f"Reference {case.transaction['reference']} is that of open invoice {number}{because}: {left}."
    told = {"reference": case.transaction["reference"], "party": evidence or ""}
    return Decision(
        "part_payment", reason, "matched", [Allocation(item, case.paid, case.paid)], evidence=told
    )
