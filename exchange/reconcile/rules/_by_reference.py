"""The one open item that a checked reference names, for the rules about amounts that differ."""

from __future__ import annotations

from exchange.reconcile import sums
from exchange.reconcile.book import Book
from exchange.reconcile.case import Case
from exchange.reconcile.items import Item


def named(case: Case, book: Book) -> Item | None:
    """The only item with the movement's reference, which is open; None when there is none. A reference that several items
    have, paid ones too, does not tell which of them another amount is for; where the payer lists several invoices, the
    list does.
    """
    items, reference = book.of(case), case.transaction["reference"]
    if items is None or not reference or len(case.transaction.get("invoices") or []) > 1:
        return None
    known = items.of_reference(reference)
    found = book.payable(case, known)
    return found[0] if len(found) == 1 == len(known) and found[0].left > 0 else None


def otherwise(case: Case, book: Book, item: Item) -> list[Item]:
    """Open items of the same party that come to just what was paid: the payer may have meant these, and taken the reference
    of one of them, or of another.
    """
    items = book.of(case)
    if items is None:
        return []
    of_party = book.payable(case, items.of_owner(item))
    _, found = sums.ways([each.left for each in of_party], case.paid)
    return [of_party[place] for place in found]


def doubted(case: Case, book: Book, item: Item, rule: str) -> bool:
    """Whether the amount is just that of other items of the party; then these are proposed, and the item itself. So it is where
    the money went to another account than the supplier's.
    """
    elsewhere = book.contradiction(case, item) if case.side == "payable" else None
    if elsewhere:
        case.note(f"The reference is that of invoice {item.record['number']}, but {elsewhere}.")
        case.propose(rule, f"The reference is that of invoice {item.record['number']}.", [item])
        return True
    others = otherwise(case, book, item)
    if not others or item.left == case.paid:
        return False
    told = ", ".join(each.record["number"] for each in others)
    case.propose(rule, f"The amount is just that of {told}.", others)
    case.propose(rule, f"The reference is that of invoice {item.record['number']}.", [item])
    return True


def agreed(case: Case, book: Book, item: Item, *, needed: bool) -> tuple[bool, str | None]:
    """Whether the payer fits the item well enough for an amount that differs, and the evidence for it in words."""
    if book.contradiction(case, item):
        return False, None
    evidence = book.agreement(case, item)
    return (evidence is not None or not needed), evidence
