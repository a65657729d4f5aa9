"""The one open item that a checked reference names, for the rules about amounts that differ."""

from __future__ import annotations

from exchange.reconcile.book import Book
from exchange.reconcile.case import Case
from exchange.reconcile.items import Item


def named(case: Case, book: Book) -> Item | None:
    """The only open item with the movement's reference; None when there is none, or more than one."""
    items, reference = book.of(case), case.transaction["reference"]
    if items is None or not reference:
        return None
    unused = [item for item in items.of_reference(reference) if item.left]
    found = book.payable(case, unused)
    return found[0] if len(found) == 1 == len(unused) and found[0].left > 0 else None


def agreed(case: Case, book: Book, item: Item, *, needed: bool) -> tuple[bool, str | None]:
    """Whether the payer fits the item well enough for an amount that differs, and the evidence for it in words."""
    if book.contradiction(case, item):
        return False, None
    evidence = book.agreement(case, item)
    return (evidence is not None or not needed), evidence
