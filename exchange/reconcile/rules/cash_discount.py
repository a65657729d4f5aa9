"""The checked reference of one open item, paid in time less the discount for paying early that was agreed: by the terms of
the open item itself, or by those of the rule where the item tells none. The discount is booked to its own account.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Self

from pydantic import Field, model_validator

from exchange.declare.declared import Declared, Wrong
from exchange.model import Record
from exchange.reconcile import money
from exchange.reconcile.book import Book
from exchange.reconcile.case import Allocation, Case, Decision, Posting
from exchange.reconcile.items import Item
from exchange.reconcile.rules._by_reference import doubted, named

ORDER = 50
EARLY = False
BACK = False
ACCOUNTS = ("discount",)


class Settings(Declared):
    """Terms for items that tell none ("14 days 2 %"), and how exact one is about the day and the rounding."""

    percent: Decimal | None = Field(
        None, gt=0, le=20, description="discount where the open item tells no terms"
    )
    days: int | None = Field(None, ge=0, description="within so many days of the invoice")
    grace: int = Field(0, ge=0, le=10, description="so many days late are let pass")
    units: int = Field(1, ge=0, le=100, description="a difference of so many smallest units is rounding")

    @model_validator(mode="after")
    def _together(self) -> Self:
        if (self.percent is None) != (self.days is None):
            raise Wrong("`percent` and `days` belong together: terms need both")
        return self


def decide(case: Case, book: Book, settings: Settings) -> Decision | None:
    """Closes the item when what is missing is the discount and the day is right."""
    item = named(case, book)
    missing = 0 if item is None else item.left - case.paid
    if item is None or missing <= 0:
        return None
    terms = _terms(item, settings, case.currency)
    if terms is None or abs(terms[0] - missing) > settings.units:
        return None
    discount, last = terms
    paid = case.transaction.get("valued") or case.transaction.get("booked")
    if paid is None or paid > last + timedelta(days=settings.grace):
        case.note(
            f"The discount of {case.money(discount)} was for payments until {last}; this one is of {paid}."
        )
        return None
    if doubted(case, book, item, "cash_discount"):
        return None
    booked = missing if case.side == "receivable" else -missing
    number = item.record["number"]
    reason = (
        f"Reference {case.transaction['reference']} is that of open invoice {number}, paid by {last} less the discount "
        f"of {case.money(missing)}."
    )
    evidence = {
        "reference": case.transaction["reference"],
        "discount": str(missing),
        "until": last.isoformat(),
    }
    return Decision(
        "cash_discount",
        reason,
        "matched",
        [Allocation(item, case.paid, item.left)],
        [Posting("discount", book.accounts["discount"], booked, number)],
        evidence=evidence,
    )


def _terms(item: Item, settings: Settings, currency: str) -> tuple[int, date] | None:
    """The discount in smallest units and the last day for it; only of an item on which nothing was paid yet."""
    record = item.record
    total = money.minor(record["amount"], currency)
    if total is None or item.left != total:
        return None
    own: Record = record.get("discount") or {}
    amount, percent, until = own.get("amount"), own.get("percent"), own.get("until")
    if until is not None and amount is not None:
        units = money.minor(amount, currency)
        return None if units is None else (units, until)
    if until is not None and percent is not None:
        return money.share(total, percent), until
    if settings.percent is None or settings.days is None or record.get("issued") is None:
        return None
    return money.share(total, settings.percent), record["issued"] + timedelta(days=settings.days)
