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
    """How well an account must be known before it decides."""

    at_least: int = Field(
        2, alias="at least", ge=1, description="so many confirmed matches must have come from the account"
    )
    precision: int = Field(
        100, ge=50, le=100, description="per cent of them that must have been for the same party"
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
        reason = (
            f"{(book.agreement(case, item) or '').capitalize()}, and {case.money(case.paid)} is what is open of invoice "
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


def _doubt(case: Case, book: Book, settings: Settings, fitting: list[Item]) -> str | None:
    """What keeps the rule from deciding alone."""
    if len(fitting) > 1:
        return f"so they do for {len(fitting)} invoices"
    if case.transaction["reference"]:
        return (
            f"the payer gave the reference {case.transaction['reference']}, which is not that of the invoice"
        )
    own = words.loose(fitting[0].record["number"]) | words.loose(fitting[0].party.get("number") or "")
    stray = sorted(words.loose(case.text) - own)
    if stray:
        return f"the text names {', '.join(stray)}, which is not the invoice"
    if sums.ways([item.left for item in party_items(case, book)], case.paid)[0] > 1:
        return "several invoices of the payer together come to it, too"
    learned = book.learned(case)
    total = sum(learned.values())
    number = fitting[0].party.get("number") or ""
    doubt = lacks(learned.get(number, 0), total, settings)
    if learned.get(number, 0) < settings.at_least:
        return f"the account is not known well enough yet ({doubt})"
    return f"the account pays for others, too ({doubt})" if doubt else None
