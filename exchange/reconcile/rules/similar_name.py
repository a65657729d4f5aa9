"""A payer whose name is much like that of one party alone, and the exact amount of an open item of that party: proposed,
never decided. Of several such items each is proposed, the one that was due first before the others.
"""

from __future__ import annotations

from datetime import date

from pydantic import Field

from exchange.declare.declared import Declared
from exchange.reconcile.book import Book
from exchange.reconcile.case import Case, Decision
from exchange.reconcile.items import Item, owner_of
from exchange.reconcile.names import plain

ORDER = 120
EARLY = False
BACK = False
ACCOUNTS = ()


class Settings(Declared):
    """How much alike names must be, in hundredths (token set ratio)."""

    at_least: int = Field(90, alias="at least", ge=50, le=100, description="likeness of the names")
    gap: int = Field(10, ge=0, le=50, description="so much less alike must every other party be")
    at_most: int = Field(
        200, alias="at most", ge=1, description="amounts that more items have are left alone"
    )


def decide(case: Case, book: Book, settings: Settings) -> Decision | None:
    """Proposes the item of the party whose name is nearest."""
    open_items, names = book.of(case), case.names
    if open_items is None or not names:
        return None
    items = book.payable(case, open_items.of_amount(case.paid, case.currency))
    items = [item for item in items if item.party.get("name") and book.in_time(case, item)]
    if not 1 <= len(items) <= settings.at_most:
        return None
    ranked = _ranked(names, items)
    best, nearest = ranked[0]
    mates = [item for _, item in ranked if owner_of(item) == owner_of(nearest)]
    others = [score for score, item in ranked if owner_of(item) != owner_of(nearest)]
    if best < settings.at_least or (others and best - others[0] < settings.gap):
        return None
    if len(mates) > 1:
        numbers = ", ".join(item.record["number"] for item in mates)
        case.note(f"Several open invoices of {nearest.party['name']} have this amount: {numbers}.")
    called = " for ".join(names)
    for item in sorted(mates, key=lambda item: (item.record.get("due") or date.max, item.place)):
        reason = f"The amount is right, and the payer {called} is called much like {item.party['name']}."
        case.propose("similar_name", reason, [item])
    return None


def _ranked(names: list[str], items: list[Item]) -> list[tuple[int, Item]]:
    """Items with the likeness of their party's name to the nearest of the payer's names, the most alike first."""
    from rapidfuzz import fuzz

    def likeness(item: Item) -> int:
        party = plain(item.party["name"])
        return int(max(fuzz.token_set_ratio(plain(name), party) for name in names))

    scored = [(likeness(item), item) for item in items]
    return sorted(scored, key=lambda each: (-each[0], each[1].place))
