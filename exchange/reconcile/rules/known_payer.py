"""An account from which the invoices of one party were paid before, and an amount that is exactly what one open item of that
party has left. Nothing else in the payment may speak of something else, and no other items of the payer may come to it
together. What several items fit is proposed, the oldest first.
"""

from __future__ import annotations

from datetime import date

from pydantic import Field

from exchange.declare.declared import Declared
from exchange.reconcile import sums, words
from exchange.reconcile.book import Book
from exchange.reconcile.case import Allocation, Case, Decision
from exchange.reconcile.items import Item
from exchange.reconcile.rules._learned import lacks
from exchange.reconcile.rules._of_party import party_items

ORDER = 100
EARLY = False
BACK = False
ACCOUNTS = ()


class Settings(Declared):
    """How well an account must be known before it decides, and what numbers in its texts mean."""

    at_least: int = Field(
        2, alias="at least", ge=1, description="so many confirmed matches must have come from the account"
    )
    precision: int = Field(
        100, ge=50, le=100, description="per cent of them that must have been for the same party"
    )
    foreign_numbers: bool = Field(
        False,
        alias="foreign numbers",
        description="whether numbers of a text that name nothing known are let pass where people have matched such texts before; for payment "
        "providers, which write numbers of their own",
    )


def decide(case: Case, book: Book, settings: Settings) -> Decision | None:
    """Closes the only item that fits."""
    fitting = [
        item
        for item in party_items(case, book)
        if item.left == case.paid and book.in_time(case, item) and book.agreement(case, item)
    ]
    if not fitting:
        return None
    doubt = _doubt(case, book, settings, fitting)
    if doubt is None:
        item = fitting[0]
        why = book.agreement(case, item) or ""
        reason = (
            f"{why[:1].upper()}{why[1:]}, and {case.money(case.paid)} is what is open of invoice "
            f"{item.record['number']} alone."
        )
        return Decision(
            "known_payer",
            reason,
            "matched",
            [Allocation(item, case.paid, case.paid)],
            evidence={"account": case.payer.get("account"), "confirmed": dict(book.learned(case))},
        )
    if len(fitting) == 1:
        case.at_least = f"Payer and amount fit {fitting[0].record['number']}; {doubt}."
    for item in sorted(fitting, key=lambda item: (item.record.get("due") or date.max, item.place)):
        case.propose("known_payer", f"Payer and amount fit; {doubt}.", [item])
    return None


def _stray(case: Case, book: Book, settings: Settings, item: Item) -> str | None:
    """That the text has numbers of something else. A provider whose texts always have some, as PayPal's do, names nothing by them: so
    people have shown, and no item that is known has such a number.
    """
    party = item.party.get("number") or ""
    stray = sorted(words.foreign(case.text, (item.record["number"], party)))
    if not stray:
        return None
    told = f"the text names {', '.join(stray)}, which is not the invoice"
    open_items = book.of(case)
    if not settings.foreign_numbers or open_items is None:
        return told
    named = {*stray, *words.numbers(case.text), *(word.lstrip("0") for word in words.words(case.text))}
    if any(open_items.of_number(each) or open_items.of_digits(each) for each in named - {""}):
        return told
    masks = words.foreign_mask(case.transaction), words.naming_mask(case.transaction)
    seen = book.past.texts(masks)
    times = seen.get(party, 0)
    lack = lacks(times, sum(seen.values()), settings)
    return f"{told} (such texts: {lack})" if lack and times else told if lack else None


def _doubt(case: Case, book: Book, settings: Settings, fitting: list[Item]) -> str | None:
    """What keeps the rule from deciding alone."""
    if len(fitting) > 1:
        return f"so they do for {len(fitting)} invoices"
    if case.transaction["reference"]:
        return (
            f"the payer gave the reference {case.transaction['reference']}, which is not that of the invoice"
        )
    stray = _stray(case, book, settings, fitting[0])
    if stray is not None:
        return stray
    if sums.ways([item.left for item in party_items(case, book)], case.paid)[0] > 1:
        return "several invoices of the payer together come to it, too"
    learned = book.learned(case)
    total = sum(learned.values()) + book.refuted(case)
    number = fitting[0].party.get("number") or ""
    doubt = lacks(learned.get(number, 0), total, settings)
    if learned.get(number, 0) < settings.at_least:
        return f"the account is not known well enough yet ({doubt})"
    if doubt and len(learned) == 1:
        return f"people have taken back what the account alone had decided ({doubt})"
    return f"the account pays for others, too ({doubt})" if doubt else None
