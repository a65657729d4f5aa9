"""An id of letters and digits that a payment provider gives its payouts stands whole in the text of the bank's receipt, and the
amount is that of the payout. Such an id is too long to be met by chance, so no name need agree; a shorter one, or one of several words, counts
where the payer is known to be the item's party and gives no reference. One that two items have decides nothing.
"""

from __future__ import annotations

from pydantic import Field

from exchange.declare.declared import Declared
from exchange.reconcile import words
from exchange.reconcile.book import Book
from exchange.reconcile.case import Allocation, Case, Decision
from exchange.reconcile.items import Item
from exchange.reconcile.names import plain

ORDER = 85
EARLY = False
BACK = False
ACCOUNTS = ()
LONG = 10
"""So many letters and digits are not met by chance."""
WORDS = 4
"""An id in a text has no more words than this."""
BRAND = 5
"""Letters of a name that is told by its first word."""


class Settings(Declared):
    """How long an id must be."""

    characters: int = Field(
        LONG, ge=8, le=64, description="ids of fewer letters and digits count only from the item's own party"
    )
    of_party: int = Field(
        6,
        alias="of party",
        ge=5,
        le=64,
        description="and of so many, from the item's own party, with all their words",
    )


def decide(case: Case, book: Book, settings: Settings) -> Decision | None:
    """Closes the one item whose id the text has, or notes another amount."""
    open_items = book.of(case)
    if open_items is None:
        return None
    found = {
        item.place: item
        for text in ids(case.text, settings.characters)
        for item in book.payable(case, open_items.of_number(text))
    }
    if not found and not case.transaction["reference"]:
        found = {
            item.place: item
            for text in ids(case.text, settings.of_party, WORDS)
            for item in book.payable(case, open_items.of_number(text))
            if (book.agreement(case, item) or _is_brand(case, item)) and book.in_time(case, item)
        }
    if len(found) != 1:
        return None
    [item] = found.values()
    number = item.record["number"]
    if book.contradiction(case, item):
        return None
    if item.left != case.paid:
        case.lead(
            f"The text has the id {number}; {case.money(item.left)} were due, {case.money(case.paid)} came."
        )
        case.propose("item_id", f"The text has the id; {case.money(item.left)} were due.", [item])
        return None
    reason = f"The text has the id {number}, and the amount is right."
    paid = [Allocation(item, case.paid, case.paid)]
    return Decision("item_id", reason, "matched", paid, evidence={"id": number, "text": case.text})


def _is_brand(case: Case, item: Item) -> bool:
    """Whether the payer's name begins with that of the party, where that is one long word: KLARNA BANK AB is Klarna."""
    brand = plain(item.party.get("name") or "")
    names = (plain(name).split() for name in case.names)
    return len(brand) >= BRAND and any(name[:1] == [brand] for name in names)


def ids(text: str, characters: int, together: int = 2) -> list[str]:
    """Words, and so many that stand together, that are long enough and have letters and digits, without zeros in front."""
    found = words.words(text)
    candidates = {
        "".join(found[start : start + number]).lstrip("0")
        for number in range(1, together + 1)
        for start in range(len(found) - number + 1)
    }
    return sorted(
        word for word in candidates if len(word) >= characters and not word.isalpha() and not word.isdecimal()
    )
