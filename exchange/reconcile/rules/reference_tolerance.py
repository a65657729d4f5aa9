"""The checked reference of one open item, and an amount that differs by less than is worth asking about. The difference is
booked to the account for rounding. Both limits of a currency count: the smaller one decides.
"""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from exchange.declare.declared import Declared
from exchange.reconcile.book import Book
from exchange.reconcile.case import Allocation, Case, Decision, Posting
from exchange.reconcile.rules._by_reference import doubted, named

ORDER = 40
EARLY = False
BACK = False
ACCOUNTS = ("rounding",)


class Limit(Declared):
    """How much of a difference is let pass."""

    units: int = Field(ge=0, description="at most so many smallest units of the currency (cents, öre)")
    percent: Decimal = Field(ge=0, le=10, description="and at most so many per cent of what is open")

    def allows(self, difference: int, left: int) -> bool:
        """Whether a difference is within both limits; percentages are not rounded up."""
        return abs(difference) <= self.units and abs(difference) * 100 <= self.percent * left


class Settings(Declared):
    """Limits by currency; a currency that is not named has none."""

    limits: dict[str, Limit] = Field(
        min_length=1, description="currency → limit, such as EUR: {units: 50, percent: 0.5}"
    )
    over: bool = Field(True, description="whether a little too much is let pass, too")


def decide(case: Case, book: Book, settings: Settings) -> Decision | None:
    """Closes the item when the difference is within the limits."""
    item, limit = named(case, book), settings.limits.get(case.currency)
    if item is None or limit is None:
        return None
    difference = case.paid - item.left
    if not limit.allows(difference, item.left) or (difference > 0 and not settings.over):
        return None
    if doubted(case, book, item, "reference_tolerance"):
        return None
    booked = -difference if case.side == "receivable" else difference
    reason = (
        f"Reference {case.transaction['reference']} is that of open invoice {item.record['number']}; the difference of "
        f"{case.money(abs(difference))} is within the tolerance."
    )
    evidence = {"reference": case.transaction["reference"], "difference": str(difference)}
    return Decision(
        "reference_tolerance",
        reason,
        "matched",
        [Allocation(item, case.paid, item.left)],
        [Posting("rounding", book.accounts["rounding"], booked, item.record["number"])],
        evidence=evidence,
    )
