"""A payer whose name is much like that of one party alone, and the exact amount of one open item of that party: proposed,
never decided.
"""

from __future__ import annotations

from pydantic import Field

from exchange.declare.declared import Declared
from exchange.reconcile.book import Book
from exchange.reconcile.case import Case, Decision
from exchange.reconcile.items import Item
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
    open_items, name = book.of(case), case.payer.get("name")
    if open_items is None or not name:
        return None
    items = book.payable(case, open_items.of_amount(case.paid, case.currency))
    items = [item for item in items if item.party.get("name") and book.in_time(case, item)]
    if not 1 <= len(items) <= settings.at_most:
        return None
    ranked = _ranked(name, items)
    best, item = ranked[0]
    others = [score for score, other in ranked[1:]]
    if best >= settings.at_least and (not others or best - others[0] >= settings.gap):
        reason = f"The amount is right, and the payer {name} is called much like {item.party['name']}."
        case.propose("similar_name", reason, [item])
    return None


def _ranked(name: str, items: list[Item]) -> list[tuple[int, Item]]:
    """Items with the likeness of their party's name, the most alike first."""
    from rapidfuzz import fuzz

    scored = [(int(fuzz.token_set_ratio(plain(name), plain(item.party["name"]))), item) for item in items]
    return sorted(scored, key=lambda each: (-each[0], each[1].place))
