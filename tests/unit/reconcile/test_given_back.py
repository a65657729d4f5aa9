"""What is given back to customers: the credit note that is named, with just the amount; and what payment providers tell of orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from exchange.model import Record
from exchange.past import NoPast
from tests.unit.reconcile.support import decide, item, moved, numbers, rules_of

NORTH = {"number": "77", "name": "Norrbageriet i Umeå AB"}
CREDIT = item("5001", None, "-15.00", customer=NORTH, credits="1048")
PAYOUT = item("po_1NXYq2LkFz8A", None, "-15.00", customer={"number": "stripe/", "name": "Stripe"})
SUPPLIERS = item("5001", None, "99.00", supplier={"number": "9", "name": "Somebody"})


def line(amount: str, number: str, **other: Any) -> Record:
    """A line of a payout: the order's number as the shop gave it to the provider."""
    told = [{"number": number, "amount": Decimal(amount), "kind": None}]
    return moved(amount, text=number, invoices=told, account_scheme="provider", **other)


@pytest.mark.parametrize(
    ("movement", "decision"),
    [
        (line("-15.00", "5001"), "matched"),
        (line("-15.00", "1048"), "matched"),
        (line("-15.00", "1049"), "unmatched"),
        (line("-14.00", "1048"), "unmatched"),
        (moved("-15.00", text="hyvitys 5001", payer="NORRBAGERIET I UMEA"), "matched"),
        (moved("-15.00", text="hyvitys 5001", payer="Somebody Else"), "unmatched"),
        (moved("-15.00", text="hyvitys", payer="NORRBAGERIET I UMEA"), "unmatched"),
    ],
    ids=["its number", "its order", "another order", "another amount", "a text and the customer", "a text alone", "a name alone"],
)  # fmt: skip
def test_a_credit_note_is_given_back_where_it_is_named(movement: Record, decision: str) -> None:
    [made] = decide([CREDIT], [movement])
    assert made["decision"] == decision
    if decision == "matched":
        [allocation] = made["allocations"]
        assert (made["rule"], made["side"], allocation["amount"], allocation["left"]) == (
            "given_back", "receivable", Decimal("-15.00"), 0,
        )  # fmt: skip
        assert made["amount"] + allocation["booked"] == 0


def test_two_credit_notes_of_one_order_and_amount_are_a_tie() -> None:
    twins = [CREDIT, {**CREDIT, "number": "5002"}]
    [made] = decide(twins, [line("-15.00", "1048")])
    assert [each["items"] for each in made["proposals"] if each["rule"] == "given_back"] == ["5001", "5002"]


def test_a_number_that_a_supplier_has_used_too_is_left_to_people() -> None:
    movement = moved("-15.00", text="hyvitys 5001", payer="NORRBAGERIET I UMEA")
    assert decide([CREDIT, SUPPLIERS], [movement])[0]["decision"] == "unmatched"


def test_another_amount_says_what_could_be_given_back() -> None:
    [made] = decide([CREDIT], [line("-14.00", "1048")])
    assert (
        made["reason"]
        == "14.00 EUR were given back; by the credit notes that are open it is 15.00 EUR of 5001."
    )


def test_a_payout_that_a_provider_took_from_the_bank_is_known_by_its_long_id() -> None:
    movement = moved("-15.00", text="STRIPE PO_1NXYQ2LKFZ8A", payer="STRIPE PAYMENTS UK LTD")
    assert numbers(decide([PAYOUT], [movement])[0]) == ["po_1NXYq2LkFz8A"]
    assert decide([PAYOUT], [{**movement, "text": "STRIPE PO_2NXYQ2LKFZ8A"}])[0]["decision"] == "unmatched"


@pytest.mark.parametrize(
    ("parts", "decided"),
    [
        (("30.00", "20.00"), 2),
        (("10.00", "10.00", "30.00"), 3),
        (("30.00",), 0),
        (("30.00", "30.00"), 0),
        (("50.00", "50.00"), 1),
    ],
)
def test_parts_that_a_provider_tells_pay_an_order_when_they_come_to_it(
    parts: tuple[str, ...], decided: int
) -> None:
    made = decide([item("1042", None, "50.00", customer=NORTH)], [line(part, "1042") for part in parts])
    assert [each["rule"] for each in made if each["rule"]] == ["invoice_list"] * decided
    if decided == len(parts):
        assert made[-1]["allocations"][0]["left"] == 0


def test_parts_that_a_customer_lists_are_no_evidence() -> None:
    told = {"invoices": [{"number": "1042", "amount": Decimal("25.00"), "kind": None}]}
    made = decide(
        [item("1042", None, "50.00", customer=NORTH)], [moved("25.00", **told), moved("25.00", **told)]
    )
    assert [each["decision"] for each in made] == ["unmatched"] * 2


@pytest.mark.parametrize(
    ("open_item", "reason"),
    [
        (item("1047", None, "500.00", "SEK"), "is open in SEK; EUR were paid"),
        (item("1046", None, "43.50"), "No open invoices have the number 1047"),
    ],
)
def test_why_an_order_that_is_listed_is_not_paid(open_item: Record, reason: str) -> None:
    assert reason in decide([open_item], [line("43.50", "1047")])[0]["reason"]


def test_an_order_that_is_told_twice_may_be_paid_twice() -> None:
    _, second = decide([item("1047", None, "43.50")], [line("43.50", "1047"), line("43.50", "1047")])
    assert (
        second["reason"]
        == "Invoice 1047, which the payer lists, was already paid by an earlier entry: paid twice?"
    )


@dataclass
class Shown(NoPast):
    """People have matched texts of a provider before."""

    texts_: Mapping[str, int] = field(default_factory=dict)

    def parties(self, account: str) -> Mapping[str, int]:
        return {"paypal/M": 5}

    def texts(self, masks: tuple[str, str]) -> Mapping[str, int]:
        assert masks == ("foreign|+||PAYPAL|PAYPAL # #", "naming|+||PAYPAL|PAYPAL # #")
        return self.texts_


@pytest.mark.parametrize(
    ("shown", "others", "decided"),
    [
        ({"paypal/M": 2}, (), True),
        ({"paypal/M": 1}, (), False),
        ({}, (), False),
        ({"paypal/M": 5, "": 1}, (), False),
        ({"paypal/M": 5, "78": 1}, (), False),
        ({"paypal/M": 5}, ("10423117",), False),
        ({"paypal/M": 5}, ("PP.5678.PP",), False),
    ],
    ids=["shown twice", "shown once", "never", "numbers have named", "others' too", "one names another", "one has such a number"],
)  # fmt: skip
def test_numbers_of_a_provider_s_own_mean_nothing_where_people_have_shown_it(
    shown: dict[str, int], others: tuple[str, ...], decided: bool
) -> None:
    provider = {"number": "paypal/M", "name": "Paypal"}
    items = [item("TX3", None, "50.00", customer=provider), *(item(each, None, "7.00") for each in others)]
    receipt = moved("50.00", payer="PayPal", payers_account="LU1", text="PAYPAL 10423117 PP.5678.PP")
    rules = rules_of("rules: payouts\nuse: {known_payer: {foreign numbers: true}}\n")
    [made] = decide(items, [receipt], rules=rules, past=Shown(shown))
    assert (made["rule"] == "known_payer") is decided
    if not decided:
        assert "the text names 10423117, 5678, which is not the invoice" in made["reason"]
        plain = rules_of("rules: payouts\nuse: {known_payer: {}}\n")
        assert decide(items, [receipt], rules=plain)[0]["decision"] == "unmatched"
