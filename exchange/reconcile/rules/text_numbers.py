"""Numbers of invoices, or checked references, in the payer's free text, and in a reference that no check digit proves: whole words only,
and what they name adds up to the payment.
Numbers of fewer than four digits count where the payer is known to be the party and all of them are items of its own. It decides when
the payer is the party of all of them by account, id or name, and none that is named is paid already; a long checked reference with the
exact amount needs no more. A structured reference must be that of one of them.
"""

from __future__ import annotations

from pydantic import Field

from exchange.declare.declared import Declared
from exchange.reconcile import references, words
from exchange.reconcile.book import Book
from exchange.reconcile.case import Allocation, Case, Decision
from exchange.reconcile.items import Item, OpenItems

ORDER = 90
EARLY = False
BACK = False
ACCOUNTS = ()


class Settings(Declared):
    """How many numbers of one text are looked at."""

    at_most: int = Field(
        30, alias="at most", ge=1, le=200, description="texts with more numbers are left to people"
    )
    reference: int = Field(
        7, ge=4, description="a checked reference of so many characters needs no agreement of payer and party"
    )


def decide(case: Case, book: Book, settings: Settings) -> Decision | None:
    """Closes what the text names, or proposes it."""
    open_items = book.of(case)
    told = _told(case)
    found = words.numbers(told)
    if open_items is None or not (found or words.loose(told)) or len(found) > settings.at_most:
        return None
    structured = _proven(case)
    if structured is None:
        by_reference = _by_reference(case, book, open_items, settings)
        if by_reference is not None:
            return by_reference
    items = _named(case, book, open_items, found)
    if not items and (settled := ", ".join(sorted(_settled(book, case)))):
        case.note(f"The text names {settled}, already paid by an earlier entry: paid twice?")
    if not items or (structured and not _has(items, structured)):
        return None
    return _together(case, book, items)


def _proven(case: Case) -> str | None:
    """The structured reference, if a check digit proves it."""
    reference: str | None = case.transaction["reference"]
    return reference if reference and references.fault(reference) is None else None


def _told(case: Case) -> str:
    """The text, and what stands as a reference though it is none: the number of an invoice, as many payers write it there."""
    reference = None if _proven(case) else case.transaction["reference"]
    return " / ".join(filter(None, (case.text, reference)))


def _has(items: list[Item], reference: str) -> bool:
    """Whether one of them has this reference: a reference of something else means that the text does not decide."""
    wanted = references.comparable(reference)
    return any(references.comparable(item.record["reference"] or "") == wanted for item in items)


def _by_reference(case: Case, book: Book, open_items: OpenItems, settings: Settings) -> Decision | None:
    """The one item whose checked reference stands in the text, with the exact amount."""
    joined = (references.compact(run) for run in _spaced(_told(case)))
    texts = sorted({*words.numbers(_told(case)), *joined})
    long = [text for text in texts if len(text) >= settings.reference and references.fault(text) is None]
    found = {item.place: item for text in long for item in book.payable(case, open_items.of_reference(text))}
    if len(found) != 1:
        return None
    [item] = found.values()
    if item.left != case.paid or book.contradiction(case, item):
        return None
    reason = f"The text has the reference {item.record['reference']} of open invoice {item.record['number']}, and the amount is right."
    evidence = {"reference": item.record["reference"], "text": _told(case)}
    return Decision(
        "text_numbers", reason, "matched", [Allocation(item, case.paid, case.paid)], evidence=evidence
    )


def _spaced(text: str) -> list[str]:
    """Runs of digits in groups, as references are printed on invoices."""
    return words.GROUPED.findall(text.upper())


def _named(case: Case, book: Book, open_items: OpenItems, found: frozenset[str]) -> list[Item]:
    """The open items whose numbers stand in the text; a number that two have is nobody's."""
    items: dict[int, Item] = {}
    for text in sorted(found):
        known = book.payable(case, open_items.of_number(text) or open_items.of_digits(text))
        if len(known) == 1 and book.in_time(case, known[0]):
            items[known[0].place] = known[0]
    return sorted((items | _short(case, book, open_items)).values())


def _short(case: Case, book: Book, open_items: OpenItems) -> dict[int, Item]:
    """Numbers of fewer digits, which any text has by chance, count where they are those of the payer's own items, and each of them is."""
    items: dict[int, Item] = {}
    others: set[str] = set()
    for text in words.loose(_told(case)):
        known = book.payable(case, open_items.of_number(text)) if len(text) < words.LEAST else []
        if len(known) == 1 and book.in_time(case, known[0]) and book.agreement(case, known[0]):
            items[known[0].place] = known[0]
        elif len(text) < words.LEAST:
            others.add(text)
    parties = {words.spelled(item.party.get("number") or "") for item in items.values()}
    return {} if others - parties else items


def _settled(book: Book, case: Case) -> set[str]:
    """Invoices that stand in the text and are paid already."""
    open_items = book.of(case)
    found = (
        []
        if open_items is None
        else [item for text in words.numbers(_told(case)) for item in open_items.of_number(text)]
    )
    return {item.record["number"] for item in found if not item.left}


def _parties(items: list[Item]) -> str:
    named = dict.fromkeys(
        item.party.get("name") or item.party.get("number") or "the customer" for item in items
    )
    return " or ".join(named)


def _together(case: Case, book: Book, items: list[Item]) -> Decision | None:
    numbers = ", ".join(item.record["number"] for item in items)
    total = sum(item.left for item in items)
    if total != case.paid:
        case.note(
            f"The text names {numbers}; {case.money(total)} are open there, {case.money(case.paid)} were paid."
        )
        case.propose("text_numbers", f"The text names them; {case.money(total)} are open there.", items)
        return None
    settled = sorted(_settled(book, case) - {item.record["number"] for item in items})
    if settled:
        case.note(f"The text names {numbers}, and {', '.join(settled)} besides, which is paid already.")
        case.propose("text_numbers", "The text names them, and others that are paid already.", items)
        return None
    agreements = [book.agreement(case, item) for item in items]
    against = next(filter(None, (book.contradiction(case, item) for item in items)), None)
    if against or not all(agreements):
        doubt = against or f"nothing says that the payer is {_parties(items)}"
        case.note(f"The text names {numbers}, and the sum is right; {doubt}.")
        case.propose(
            "text_numbers", "The text names them, and the sum is right; the payer is not known.", items
        )
        return None
    reason = f"The text names {numbers}, the sum is right, and {agreements[0]}."
    paid = [Allocation(item, item.left, item.left) for item in items]
    evidence = {"text": _told(case), "party": agreements[0]}
    return Decision("text_numbers", reason, "matched", paid, evidence=evidence)
