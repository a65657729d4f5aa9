"""A month of a company and its bank, every day of it, judged by what truly happened.

Some days and a tenth of the traffic by default; EXCHANGE_MONTH=1 plays all of it: 500 payments and 3,000 receipts.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from exchange.operations import paying
from exchange.operations.asking import status
from exchange.operations.proving import verify
from tests.scenario import payables
from tests.scenario.month import DAYS, EUR, SEK, Month
from tests.scenario.payables import Payable

WHOLE = bool(os.environ.get("EXCHANGE_MONTH"))
SEED = 20261001
REFUSED = DAYS[3]
"""The day on which the bank takes nothing of the file."""
SHOULD_DECIDE = {"exact", "too little", "too much", "two invoices", "credit note", "only in the text"}
"""Habits that leave no doubt to a careful accountant."""


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    """All days, over."""
    days, payments, receipts = (DAYS, 25, 137) if WHOLE else (DAYS[:6], 8, 40)
    made = Month.of(tmp_path_factory.mktemp("month"), SEED, days, payments, receipts)
    made.bank.refused_files.add(REFUSED.isoformat())
    made.play()
    return made


def test_nothing_is_left_over(month: Month) -> None:
    now = status(month.site)
    assert not now.held, now.held
    assert not now.open_deliveries
    unchanged = now.stages["open-payables"].pop("duplicate", 0)
    assert unchanged < len(month.days) / 2, "a list that is as it was the day before is dropped"
    assert all(set(stages) <= {"done"} for stages in now.stages.values()), now.stages
    assert verify(month.site, files=True).problems == []


def test_every_payment_stands_where_the_bank_left_it(month: Month) -> None:
    found = paying.payments(month.site, paying.Wanted(), 10_000).payments
    stages = {payment.end_to_end_id: payment.stage for payment in found}
    ordered = [each for day in month.payments.values() for each in day]
    assert len(found) == len(ordered)
    stands = [(each, stages[each.end_to_end]) for each in ordered]
    assert [(each, stage) for each, stage in stands if stage != _truth(each, month)] == []
    if WHOLE:
        assert len(ordered) == 500


def _truth(payment: Payable, month: Month) -> str:
    """Where a payment stands at the end of the last day."""
    if payment.fate == "refused" or payment.day == REFUSED:
        return "rejected"
    if payment.fate == "returned" and _is_back(payment.day, month):
        return "returned"
    closed = {invoice for allocations in month.decided.values() for invoice in allocations}
    return "posted" if payment.invoice in closed else "booked"  # for people: crowns, and what is in doubt


def _is_back(day: date, month: Month) -> bool:
    """Whether a payment of that day, which bounces, was back before the month was over: the next day."""
    return day < month.days[-1]


def test_the_source_is_told_what_was_not_paid(month: Month) -> None:
    ordered = [each for day in month.payments.values() for each in day]
    whole = {each.end_to_end for each in ordered if each.day == REFUSED}
    single = {each.end_to_end for each in ordered if each.fate == "refused"} - whole
    told = {row["EndToEndId"]: row for row in month.told_back if row["EndToEndId"]}
    assert set(told) == single | whole
    assert {told[name]["ReasonCodes"] for name in whole} == {"AM10"}
    assert all(told[name]["ReasonCodes"] != "AM10" for name in single)


def test_no_decision_is_wrong_and_few_are_left_to_people(month: Month) -> None:
    wrong, decided = [], Counter[tuple[str, bool]]()
    for reference, paid in month.received.items():
        allocations = month.decided.get(reference)
        decided[paid.habit, allocations is not None] += 1
        if allocations is not None and allocations != paid.truth:
            wrong.append((paid.habit, reference, allocations, paid.truth))
    assert wrong == []
    sure = sum(decided[habit, True] for habit in SHOULD_DECIDE)
    assert sure / (sure + sum(decided[habit, False] for habit in SHOULD_DECIDE)) > 0.95, decided
    if WHOLE:
        assert len(month.received) >= 3_000


def test_every_movement_is_decided_once_or_handed_to_people_with_a_reason(month: Month) -> None:
    assert not month.decided.keys() & month.unmatched.keys() & month.received.keys()
    for reference in month.received:
        assert (reference in month.decided) != (reference in month.unmatched), reference
    assert all(row["Reason"] for rows in month.unmatched.values() for row in rows)


def test_no_purchase_invoice_is_paid_by_another_payment_and_those_with_a_reference_all_are(
    month: Month,
) -> None:
    """What comes back opens the invoice again."""
    alone, all_, wrong = _payments_decided(month)
    assert wrong == []
    assert {name for name, invoice in all_.items() if invoice.reference} <= alone.keys()
    assert len(alone) > 0.9 * len(all_) > 18
    assert {name for name in all_ if name.startswith("back ")} or not WHOLE


def _payments_decided(month: Month) -> tuple[dict[str, Decimal], dict[str, Payable], list[object]]:
    """What was decided of the payments in euro that left or came back, all of these, and what is not as it should be."""
    known = {each.end_to_end: each for day in month.payments.values() for each in day}
    alone, all_, wrong = dict[str, Decimal](), dict[str, Payable](), list[object]()
    for entry, booking in month.bank.accounts[EUR].booked.items():
        back = [booking.returned] if booking.returned is not None else []
        truth = {known[order.end_to_end].invoice: order.amount for order in booking.orders}
        truth |= {known[order.end_to_end].invoice: -order.amount for order in back}
        made = month.decided.get(entry, {}) if truth else {}
        wrong += [
            (entry, invoice, amount) for invoice, amount in made.items() if truth.get(invoice) != amount
        ]
        way = "back" if back else "out"
        alone |= {f"{way} {invoice}": amount for invoice, amount in made.items()}
        all_ |= {
            f"{way} {known[order.end_to_end].invoice}": known[order.end_to_end]
            for order in (*booking.orders, *back)
        }
    return alone, all_, wrong


def test_the_sum_of_every_account_agrees_to_the_cent(month: Month) -> None:
    sums = books(month)
    open_ = {account: [*_open(month, account)] for account in (EUR, SEK)}
    moved = {number: account.balance - account.opened for number, account in month.bank.accounts.items()}
    assert sums["1910"] == moved[EUR]
    assert moved[SEK] == sum(open_[SEK]), "the books are in euro: crowns are for people"
    assert sums.get("2990", 0) == -sum(amount for amount in open_[EUR] if amount > 0)
    assert sums.get("1790", 0) == -sum(amount for amount in open_[EUR] if amount < 0)
    ticked = [each for allocations in month.decided.values() for each in allocations.items()]
    assert sums[payables.ACCOUNT] == sum(amount for invoice, amount in ticked if invoice in month.owed)
    assert sums["1700"] == -sum(amount for invoice, amount in ticked if invoice not in month.owed)
    assert sum(sums.values()) == 0


def books(month: Month) -> dict[str, Decimal]:
    """What all vouchers together have booked: ledger account → sum, debit positive."""
    sums: dict[str, Decimal] = {}
    for path in (month.site / "outbox/bookkeeping").glob("*.si"):
        for account, amount in re.findall(r"#TRANS (\d+) \{\} (\S+)", path.read_text("cp437")):
            sums[account] = sums.get(account, Decimal(0)) + Decimal(amount)
    return sums


def _open(month: Month, account: str) -> Iterator[Decimal]:
    for rows in month.unmatched.values():
        for row in rows:
            if row["BankAccount"] == account:
                yield Decimal(row["Amount"].replace(",", "."))


def test_coverage_and_every_open_case_are_reported(month: Month) -> None:
    """Run with -rP to read it."""
    told = Counter((paid.habit, reference in month.decided) for reference, paid in month.received.items())
    for habit in sorted({habit for habit, _ in told}):
        alone, all_ = told[habit, True], told[habit, True] + told[habit, False]
        print(f"{habit:18} {alone:5} of {all_:5} decided alone ({100 * alone / all_:.1f} %)")
    alone_, payments, _ = _payments_decided(month)
    print(
        f"payments in EUR    {len(alone_):5} of {len(payments):5} decided alone, those that came back among them"
    )
    rows = [row for some in month.unmatched.values() for row in some]
    cases = Counter(row["BankAccount"] for row in rows)
    print(f"open: {cases[EUR]} of {EUR}, {cases[SEK]} of {SEK}; books: {books(month)}")
    for row in rows:
        print(" ", row["BankEntry"], row["Amount"], row["Currency"], row["Reason"])
        assert row["Reason"]
    receipts = sum(number for (_, decided), number in told.items() if not decided)
    assert cases[EUR] == receipts + len(payments) - len(alone_), "everything is decided or open"
