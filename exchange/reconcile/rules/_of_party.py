"""The open items of whoever paid, for rules that go by the payer."""

from __future__ import annotations

from exchange.reconcile.book import Book
from exchange.reconcile.case import Case
from exchange.reconcile.items import Item


def party_items(case: Case, book: Book) -> list[Item]:
    """Open items of the parties that the payer's account is known for, in the order of the ledger."""
    open_items, account = book.of(case), case.payer.get("account")
    if open_items is None or not account:
        return []
    found = open_items.of_account(account)
    for number in sorted(book.learned(case)):
        found += open_items.of_party(number)
    return book.payable(case, sorted({item.place: item for item in found}.values()))


def namesakes_items(case: Case, book: Book) -> list[Item]:
    """Open items of the only party that is called as the payer is, or the one it paid for, for proposals: a name alone
    decides nothing.
    """
    open_items = book.of(case)
    if open_items is None:
        return []
    named = {item.place: item for name in case.names for item in open_items.of_name(name)}
    found = book.payable(case, sorted(named.values()))
    return found if len({item.party.get("number") for item in found}) == 1 else []
