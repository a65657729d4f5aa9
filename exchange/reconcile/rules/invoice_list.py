"""The payer lists invoices and credit notes with their amounts in structured fields (CINV and CREN of ISO 20022, invoice
numbers of Bankgirot, several references of one payment): the amounts add up to the payment, and every number is that of
one open item of one party, or its reference.
"""

from __future__ import annotations

from exchange.declare.declared import Declared
from exchange.model import Record
from exchange.reconcile import money, words
from exchange.reconcile.book import PROVIDER, Book
from exchange.reconcile.case import Allocation, Case, Decision
from exchange.reconcile.items import Item

ORDER = 80
EARLY = False
BACK = False
ACCOUNTS = ()


class Settings(Declared):
    """Nothing can be set."""


def decide(case: Case, book: Book, settings: Settings) -> Decision | None:
    """Closes all that are listed, or says which of them does not fit."""
    listed = case.transaction.get("invoices") or []
    if not listed or book.of(case) is None:
        return None
    paid: list[Allocation] = []
    for line in listed:
        found = _line(case, book, line)
        if isinstance(found, str):
            case.note(found)
            return None
        paid.append(found)
    return _together(case, book, paid)


def _line(case: Case, book: Book, line: Record) -> Allocation | str:
    """What a line closes, or why it closes nothing."""
    open_items = book.of(case)
    number = line["number"] if open_items is not None else None
    known = (
        []
        if open_items is None or not number
        else open_items.of_number(number) or open_items.of_reference(number)
    )
    found = book.payable(case, known)
    if len(found) != 1:
        return _unfit(case, line["number"], known, found)
    item = found[0]
    amount = line.get("amount")
    if amount is None:
        return Allocation(item, item.left, item.left)
    units = money.minor(abs(amount), case.currency)
    credit = line.get("kind") == "credit" or amount < 0
    if units is None or credit != (item.left < 0) or units > abs(item.left):
        return (
            f"The payer lists {amount} for invoice {item.record['number']}; {case.money(item.left)} are open."
        )
    signed = -units if credit else units
    return Allocation(item, signed, signed)


def _unfit(case: Case, number: str | None, known: list[Item], found: list[Item]) -> str:
    """Why a number that is listed is not that of one open item."""
    if found or not known:
        return (
            f"{'Several' if found else 'No'} open invoices have the number {number}, which the payer lists."
        )
    others = sorted({item.record["currency"] for item in known if item.left} - {case.currency})
    if others:
        return f"Invoice {number}, which the payer lists, is open in {', '.join(others)}; {case.currency} were paid."
    if any(item.left for item in known):
        return f"Invoice {number}, which the payer lists, stands in the list of open items more than once."
    return f"Invoice {number}, which the payer lists, was already paid by an earlier entry: paid twice?"


def _note_told(case: Case, book: Book, paid: list[Allocation]) -> None:
    """What is decided of an order is no part of it that waits any more."""
    part = words.spelled(paid[0].item.record["number"]), case.currency
    if len(paid) == 1 and part in book.parts:
        book.parts[part] -= case.paid


def _is_rest_told(case: Case, book: Book, paid: list[Allocation]) -> bool:
    """Whether a provider tells in other movements of this file what is missing, so that all together are just what is open."""
    if len(paid) != 1 or case.transaction.get("account_scheme") != PROVIDER:
        return False
    item, part = paid[0].item, (words.spelled(paid[0].item.record["number"]), case.currency)
    return book.parts.get(part, 0) == item.left


def _together(case: Case, book: Book, paid: list[Allocation]) -> Decision | None:
    items = [each.item for each in paid]
    numbers = ", ".join(item.record["number"] for item in items)
    total = sum(each.used for each in paid)
    if len({item.place for item in items}) < len(items):
        case.note(f"The payer lists the same invoice more than once: {numbers}.")
    elif total != case.paid:
        case.note(f"The invoices that the payer lists ({numbers}) come to {case.money(total)}.")
        case.propose("invoice_list", f"The payer lists them; they come to {case.money(total)}.", items)
    elif not _safe(case, book, paid):
        case.propose(
            "invoice_list", "The payer lists them, and the sum is right; the payer is not known.", items
        )
    else:
        _note_told(case, book, paid)
        reason = f"The payer lists {numbers}; together they are {case.money(total)}, as was paid."
        return Decision("invoice_list", reason, "matched", paid, evidence={"invoices": numbers})
    return None


def _safe(case: Case, book: Book, paid: list[Allocation]) -> bool:
    """Items of one party, and a payer who is that party, or amounts that are exactly what is open."""
    items = [each.item for each in paid]
    if len({item.party.get("number") or item.party.get("name") for item in items}) > 1:
        return False
    if any(book.contradiction(case, item) for item in items):
        return False
    exact = all(each.used == each.item.left for each in paid) or _is_rest_told(case, book, paid)
    return exact or any(book.agreement(case, item) for item in items)
