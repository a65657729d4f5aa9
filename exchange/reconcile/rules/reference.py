"""The checked payment reference and the exact amount are those of one open item."""

from __future__ import annotations

from exchange.declare.declared import Declared
from exchange.reconcile import references
from exchange.reconcile.book import Book
from exchange.reconcile.case import Allocation, Case, Decision
from exchange.reconcile.items import Item, OpenItems

ORDER = 30
EARLY = True
BACK = False
ACCOUNTS = ()


class Settings(Declared):
    """Nothing can be set."""


def decide(case: Case, book: Book, settings: Settings) -> Decision | None:
    """The one item, or why there is none."""
    items, reference = book.of(case), case.transaction["reference"]
    if items is None:
        return None
    if not reference:
        who = "payer gave" if case.side == "receivable" else "payment has"
        case.at_least = f"The {who} no structured reference."
        return None
    candidates = items.of_reference(reference)
    if not any(item.record["reference"] == reference for item in candidates):  # those in the ledger are sound
        fault = references.fault(reference)
        if fault:
            case.note(f"The reference {reference} cannot be relied on: {fault}.")
            return None
    if not candidates:
        case.note(f"No open invoice has the reference {reference}.")
        return None
    return _chosen(case, book, items, candidates)


def _chosen(case: Case, book: Book, items: OpenItems, candidates: list[Item]) -> Decision | None:
    reference = case.transaction["reference"]
    if not any(item.left for item in candidates):
        numbers = ", ".join(item.record["number"] for item in candidates)
        case.close(f"Invoice {numbers} was already paid by an earlier entry: paid twice?")
        return None
    unused = [item for item in candidates if item.left]
    exact = [item for item in book.payable(case, unused) if item.left == case.paid]
    if len(exact) == 1:
        item = exact[0]
        doubt = book.contradiction(case, item) if case.side == "payable" else None
        if doubt:
            case.close(f"Reference {reference} and amount are those of {item.record['number']}, but {doubt}.")
            case.propose("reference", "Reference and amount fit, the account does not.", [item])
            return None
        reason = f"Reference {reference} and amount are those of open invoice {item.record['number']}."
        paid = Allocation(item, case.paid, case.paid)
        return Decision("reference", reason, "matched", [paid], evidence={"reference": reference})
    if exact:
        numbers = ", ".join(item.record["number"] for item in exact)
        case.close(f"Several open invoices fit equally well: {numbers}.")
        for item in exact:
            case.propose("reference", "Reference and amount fit, as they do for others.", [item])
    elif twice := sorted({item.record["number"] for item in unused if items.is_doubtful(item)}):
        case.note(
            f"The reference fits, but invoice {', '.join(twice)} stands in the list of open items more than once."
        )
    else:
        case.note(_difference(case, unused))
    return None


def _difference(case: Case, unused: list[Item]) -> str:
    wanted = ", ".join(
        f"{item.record['open']} {item.record['currency']} of invoice {item.record['number']}"
        for item in unused
    )
    paid = f"{abs(case.transaction['amount'])} {case.currency}"
    if len(unused) == 1 and unused[0].record["currency"] == case.currency:
        gap = case.paid - unused[0].left
        much = f"{case.money(abs(gap)).split()[0]} too {'much' if gap > 0 else 'little'}"
        return f"The reference fits, the amount does not: {paid} paid, {wanted} open ({much})."
    return f"The reference fits, the amount does not: {paid} paid, open are {wanted}."
