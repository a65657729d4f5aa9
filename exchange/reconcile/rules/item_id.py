"""An id of letters and digits that a payment provider gives its payouts stands whole in the text of the bank's receipt, and the
amount is that of the payout. Such an id is too long to be met by chance, so no name need agree; one that two items have decides nothing.
"""

from __future__ import annotations

from itertools import pairwise

from pydantic import Field

from exchange.declare.declared import Declared
from exchange.reconcile import words
from exchange.reconcile.book import Book
from exchange.reconcile.case import Allocation, Case, Decision

ORDER = 85
EARLY = False
BACK = False
ACCOUNTS = ()


class Settings(Declared):
    """How long an id must be."""

    characters: int = Field(
        10, ge=8, le=64, description="ids of fewer letters and digits are left to other rules"
    )


def decide(case: Case, book: Book, settings: Settings) -> Decision | None:
    """Closes the one item whose id the text has, or notes another amount."""
    open_items = book.of(case)
    if open_items is None:
        return None
    found = {
        item.place: item
        for text in _ids(case.text, settings.characters)
        for item in book.payable(case, open_items.of_number(text))
    }
    if len(found) != 1:
        return None
    [item] = found.values()
    number = item.record["number"]
    if book.contradiction(case, item):
        return None
    if item.left != case.paid:
        case.note(
            f"The text has the id {number}; {case.money(item.left)} were due, {case.money(case.paid)} came."
        )
        case.propose("item_id", f"The text has the id; {case.money(item.left)} were due.", [item])
        return None
    reason = f"The text has the id {number}, and the amount is right."
    paid = [Allocation(item, case.paid, case.paid)]
    return Decision("item_id", reason, "matched", paid, evidence={"id": number, "text": case.text})


def _ids(text: str, characters: int) -> list[str]:
    """Words, and two that stand together, that are long enough and have letters and digits, without zeros in front."""
    found = words.words(text)
    candidates = {
        word.lstrip("0") for word in (*found, *(first + second for first, second in pairwise(found)))
    }
    return sorted(
        word for word in candidates if len(word) >= characters and not word.isalpha() and not word.isdecimal()
    )
