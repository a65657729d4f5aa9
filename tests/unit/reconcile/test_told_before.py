"""Movements that another file has told before, and those that only seem so."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from exchange.model import Record
from exchange.past import NoPast, Told
from tests.unit.reconcile.support import decide, item, moved, rules_of

FEE = {"event": "fee", "entry_ref": "26112000017"}


@dataclass
class Heard(NoPast):
    """What other files told."""

    rows: Sequence[Told]

    def told(self, entries: Collection[str]) -> Sequence[Told]:
        return [each for each in self.rows if each.entry in entries]


def told(**other: Any) -> Told:
    base = Told(
        "A-1", "A", True, False, FEE["entry_ref"], "FI2112345600000785", "2026-11-20", -450, "EUR", None, None
    )
    return base._replace(**other)


def one(transaction: Record, *rows: Told) -> Record:
    [made] = decide([], [transaction], past=Heard(rows))
    return made


def test_what_a_report_told_is_not_booked_again() -> None:
    made = one(moved("-4.50", **FEE), told())
    assert (made["decision"], made["rule"], made["postings"]) == ("closed", "told_before", [])
    assert "case A-1" in made["reason"]


@pytest.mark.parametrize(
    "other",
    [{"entry": "X"}, {"account": "other"}, {"booked": "2026-11-19"}, {"units": -451}, {"currency": "SEK"}, {"end_to_end": "E1"},
     {"payer": "FI4250001510000023"}],
    ids=str,
)  # fmt: skip
def test_another_movement_is_booked(other: dict[str, Any]) -> None:
    """Whatever of it is another: the reference, the account, the day, the amount, the currency, the ids, the payer."""
    payment = moved("-4.50", end_to_end_id="E2", payers_account="FI2112345600000785", **FEE)
    assert one(payment, told(**other))["rule"] == "bank_events"


def test_statements_that_tell_the_same_and_short_references_are_left_to_people() -> None:
    statement = moved("-4.50", statement={"id": "2", "kind": "statement", "sequence": None}, **FEE)
    assert "another statement" in one(statement, told(is_statement=True))["reason"]
    assert one(statement, told())["decision"] == "closed"
    short = one(moved("-4.50", event="fee", entry_ref="17"), told(entry="17"))
    assert short["decision"] == "unmatched" and "short" in short["reason"]


def test_of_a_batch_as_many_are_closed_as_were_told() -> None:
    alike = [moved("-4.50", **FEE) for _ in range(3)]
    rows = [told(), told(case="A-2"), told(case="B-1", arrival="B")]
    made = decide([], alike, past=Heard(rows))
    assert [each["rule"] for each in made] == ["told_before", "told_before", "bank_events"]


def test_what_came_later_and_waits_itself_stops_nothing() -> None:
    assert one(moved("-4.50", **FEE), told(arrival="Z", is_decided=False))["rule"] == "bank_events"


def test_nothing_of_an_entry_is_matched_whose_payments_do_not_come_to_it() -> None:
    batch = {"count": 2, "index": 1, "total": None, "differs": moved("1.00")["amount"]}
    [made] = decide([item("1", "1232", "10.00")], [moved("10.00", "1232", batch=batch)])
    assert made["decision"] == "unmatched" and "differ" in made["reason"]


def test_without_the_rule_it_is_booked_again() -> None:
    rules = rules_of('rules: few\nuse: {bank_events: {events: {fee: {account: "6570"}}}}\n')
    [made] = decide([], [moved("-4.50", **FEE)], past=Heard([told()]), rules=rules)
    assert made["rule"] == "bank_events"


def test_an_account_is_the_same_under_its_other_number() -> None:
    """A statement has the IBAN, the advice the number of the country: nothing is booked twice."""
    assert one(moved("-4.50", **FEE), told(account="123456-785"))["rule"] == "told_before"
    assert one(moved("-4.50", **FEE), told(account="12345600000776"))["rule"] == "bank_events"


SUM = {"entry_ref": "BATCH00001"}
PARTS = [told(case="A-2", entry="BATCH00001", units=25000), told(case="A-3", entry="BATCH00001", units=30000)]
SUSPENSE = """rules: r
use: {told_before: {}, batches: {}, reference: {}}
suspense: {EUR: {receipts: "2990", payments: "1790"}}
"""


def test_a_sum_whose_payments_were_told_is_not_booked_again() -> None:
    made = one(moved("550.00", **SUM), *PARTS)
    assert (made["decision"], made["postings"]) == ("closed", []) and "from case A-2 on" in made["reason"]
    assert one(moved("550.01", **SUM), *PARTS)["decision"] == "unmatched"
    assert one(moved("550.00", **SUM), PARTS[0], PARTS[1]._replace(arrival="B"))["decision"] == "unmatched"


@pytest.mark.parametrize("posted", [{"is_decided": True}, {"is_decided": False, "suspense": "2990"}], ids=str)
def test_payments_whose_sum_was_posted_move_the_bank_s_account_no_second_time(posted: dict[str, Any]) -> None:
    batch = {"count": 2, "index": 1, "total": Decimal("550.00"), "differs": None}
    whole = told(entry="BATCH00001", units=55000, **posted)
    part = moved("250.00", "4001018", batch=batch, **SUM)
    rules = rules_of(SUSPENSE)
    [made] = decide([item("1", "4001018", "250.00")], [part], past=Heard([whole]), rules=rules)
    assert (made["decision"], made["postings"]) == ("unmatched", []) and "case A-1" in made["reason"]
    waits = whole._replace(is_decided=False, suspense=None)
    [made] = decide([item("1", "4001018", "250.00")], [part], past=Heard([waits]), rules=rules)
    assert made["decision"] == "matched"
