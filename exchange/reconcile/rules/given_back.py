"""Money that goes out to a customer, or comes in from a supplier: the credit note that it names is open with just this amount. So it is
with refunds that a payment provider made, and with payouts that a provider took back. It decides where the provider tells the number,
where a long id stands in the text, or where the other party is that of the credit note; of two that fit each is proposed.
"""

from __future__ import annotations

from collections.abc import Iterator

from exchange.declare.declared import Declared
from exchange.reconcile import words
from exchange.reconcile.book import PROVIDER, Book
from exchange.reconcile.case import Allocation, Case, Decision
from exchange.reconcile.items import Item, OpenItems, Side
from exchange.reconcile.rules import item_id

ORDER = 87
EARLY = False
BACK = False
ACCOUNTS = ()
AT_MOST = 30
"""Texts with more numbers are left to people."""


class Settings(Declared):
    """Nothing can be set."""


def decide(case: Case, book: Book, settings: Settings) -> Decision | None:
    """Closes the one credit note that is named and has the amount, or proposes what fits."""
    other: Side = "receivable" if case.side == "payable" else "payable"
    open_items, own = book.sides.get(other), book.of(case)
    numbers = _numbers(case) if open_items is not None else []
    if open_items is None or not 1 <= len(numbers) <= AT_MOST:
        return None
    if own is not None and any(own.of_number(each) or own.of_digits(each) for each in numbers):
        return None  # an invoice of the other ledger may be meant
    found = {item.place: item for each in numbers for item in _credits(case, open_items, each)}
    exact = [item for item in found.values() if -item.left == case.paid]
    if len(exact) == 1 and _is_sure(case, book, exact[0]):
        return _decision(case, exact[0])
    for item in exact or found.values():
        case.propose(
            "given_back", f"It names the credit note; {case.money(-item.left)} can be given back.", [item]
        )
    if found and not exact:
        left = ", ".join(f"{case.money(-item.left)} of {item.record['number']}" for item in found.values())
        case.lead(f"{case.money(case.paid)} were given back; by the credit notes that are open it is {left}.")
    return None


def _numbers(case: Case) -> list[str]:
    """What the movement names: the number that a provider tells, or else those in the text."""
    listed = [line["number"] for line in case.transaction.get("invoices") or [] if line["number"]]
    return (
        listed
        if len(listed) == 1
        else []
        if listed
        else sorted({*words.numbers(case.text), *words.loose(case.text), *_ids(case)})
    )


def _ids(case: Case) -> list[str]:
    return item_id.ids(case.text, item_id.LONG)


def _credits(case: Case, open_items: OpenItems, number: str) -> Iterator[Item]:
    """The open credit notes that have a number, or take back what has it; those that stand in the list twice are nobody's."""
    known = open_items.of_number(number) or open_items.of_digits(number)
    for item in (*known, *open_items.of_credited(number)):
        if item.left < 0 and item.record["currency"] == case.currency and not open_items.is_doubtful(item):
            yield item


def _is_sure(case: Case, book: Book, item: Item) -> bool:
    told = bool(case.transaction.get("invoices")) and case.transaction.get("account_scheme") == PROVIDER
    named = words.spelled(item.record["number"]) in _ids(case)
    return not book.contradiction(case, item) and (told or named or book.agreement(case, item) is not None)


def _decision(case: Case, item: Item) -> Decision:
    number = item.record["number"]
    of = item.record.get("credits")
    reason = f"Credit note {number}{f' for {of}' if of else ''} is open with {case.money(case.paid)}, just what was given back."
    paid = [Allocation(item, item.left, item.left)]
    return Decision("given_back", reason, "matched", paid, evidence={"number": number, "text": case.text})
