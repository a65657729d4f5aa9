"""A month of a company and its bank, every day of it, judged by what truly happened.

Some days and a tenth of the traffic by default; EXCHANGE_MONTH=1 plays all of it: 500 payments and 3,000 receipts.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from exchange.operations import paying
from exchange.operations.asking import status
from exchange.operations.proving import verify
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
    assert all(set(stages) <= {"done"} for stages in now.stages.values()), now.stages
    assert verify(month.site, files=True).problems == []


def test_every_payment_stands_where_the_bank_left_it(month: Month) -> None:
    found = paying.payments(month.site, paying.Wanted(), 10_000).payments
    stages = {payment.end_to_end_id: payment.stage for payment in found}
    ordered = [each for day in month.payments.values() for each in day]
    assert len(found) == len(ordered)
    for each in ordered:
        assert stages[each.end_to_end] in _truth(each, month), (each, stages[each.end_to_end])
    if WHOLE:
        assert len(ordered) == 500


def _truth(payment: Payable, month: Month) -> set[str]:
    """Where a payment may stand at the end of the last day."""
    if payment.fate == "refused" or payment.day == REFUSED:
        return {"rejected"}
    if payment.fate == "returned" and _is_back(payment.day, month):
        return {"returned"}
    return {"booked"}


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
    assert not month.decided.keys() & month.unmatched.keys()
    for reference in month.received:
        assert (reference in month.decided) != (reference in month.unmatched), reference
    assert all(row["Reason"] for rows in month.unmatched.values() for row in rows)


def test_the_sum_of_every_account_agrees_to_the_cent(month: Month) -> None:
    booked = Decimal(0)
    for path in (month.site / "outbox/bookkeeping").glob("*.si"):
        booked += sum(map(Decimal, re.findall(r"#TRANS 1910 \{\} (\S+)", path.read_text("cp437"))))
    for account in (EUR, SEK):
        open_ = [
            Decimal(row["Amount"].replace(",", "."))
            for rows in month.unmatched.values()
            for row in rows
            if row["BankAccount"] == account
        ]
        moved = month.bank.accounts[account].balance - month.bank.accounts[account].opened
        assert moved == sum(open_) + (booked if account == EUR else 0)
