"""Several open items (credit notes among them) of a known payer that add up to the payment. Only where one set alone does; it
is proposed, never decided.
"""

from __future__ import annotations

from pydantic import Field

from exchange.declare.declared import Declared
from exchange.reconcile.book import Book
from exchange.reconcile.case import Case, Decision
from exchange.reconcile.rules._of_party import party_items

ORDER = 110
EARLY = False
BACK = False
ACCOUNTS = ()


class Settings(Declared):
    """How many items are tried; work doubles with each one."""

    items: int = Field(12, ge=2, le=16, description="payers with more open items are left to people")


def decide(case: Case, book: Book, settings: Settings) -> Decision | None:
    """Proposes the only set that adds up."""
    items = [item for item in party_items(case, book) if book.in_time(case, item)]
    if not 2 <= len(items) <= settings.items:
        return None
    found = only_subset([item.left for item in items], case.paid)
    if found is not None and len(found) > 1:
        chosen = [items[number] for number in found]
        numbers = ", ".join(item.record["number"] for item in chosen)
        case.propose(
            "subset", f"Of this payer's open invoices {numbers} alone add up to the payment.", chosen
        )
    return None


def only_subset(amounts: list[int], wanted: int) -> list[int] | None:
    """The places of the only amounts that add up to what is wanted; None when none do, or several sets.

    >>> only_subset([100, 250, -50], 300), only_subset([100, 200, 300], 300), only_subset([100], 7)
    ([0, 1, 2], None, None)
    """
    ways: dict[int, tuple[int, int]] = {0: (1, 0)}
    for place, amount in enumerate(amounts):
        for total, (count, chosen) in list(ways.items()):
            known = ways.get(total + amount)
            if known is None:
                ways[total + amount] = count, chosen | 1 << place
            else:
                ways[total + amount] = known[0] + count, known[1]
    count, chosen = ways.get(wanted, (0, 0))
    return [place for place in range(len(amounts)) if chosen >> place & 1] if count == 1 and chosen else None
