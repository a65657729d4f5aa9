"""Each rule: what it decides, what it only proposes, and what it leaves to people."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from exchange.flow.reconciling import MatchSpool
from exchange.model import Record
from exchange.outcome import Gathered, MatchedItem
from exchange.past import TAKEN_BACK, ByHand, Earlier, NoPast, Settled
from exchange.reconcile import sums
from exchange.reconcile.book import Book, Suspense
from exchange.reconcile.by_hand import NotPossible, payment
from exchange.reconcile.case import POSITION, Case, matched
from exchange.reconcile.continuity import Statements
from exchange.reconcile.items import OpenItems
from exchange.reconcile.matching import match
from exchange.reconcile.rulebook import references_only
from exchange.reconcile.rules import habits, rules
from exchange.reconcile.rules._learned import lacks
from tests.unit.reconcile.support import decide, item, moved, numbers

NORTH = {"number": "77", "name": "Norrbageriet i Umeå AB"}
LAKE = {"number": "78", "name": "Järvi ja Kumppanit Oy"}
ACCOUNT = "FI4250001510000023"


@dataclass
class Remembered(NoPast):
    """A past that a test makes up."""

    settled_: Mapping[str, Settled] = field(default_factory=dict)
    parties_: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    bookings_: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    paid_: Sequence[tuple[str, int, Earlier]] = ()
    decided_: Sequence[ByHand] = ()

    def settled(self, keys: Collection[str]) -> Mapping[str, Settled]:
        return {key: self.settled_[key] for key in keys if key in self.settled_}

    def parties(self, account: str) -> Mapping[str, int]:
        return self.parties_.get(account, {})

    def bookings(self, mask: str) -> Mapping[str, int]:
        return self.bookings_.get(mask, {})

    def paid(self, names: Collection[str], units: int, currency: str) -> Sequence[Earlier]:
        return [earlier for name, amount, earlier in self.paid_ if name in names and amount == units]

    def decided(self) -> Sequence[ByHand]:
        return self.decided_


def one(items: Sequence[Record], transaction: Record, **past: Any) -> Record:
    """The one decision; what it books comes to nought with the movement."""
    [made] = decide(items, [transaction], past=Remembered(**past))
    if made["decision"] in ("matched", "booked"):
        parts = [made["amount"], *(row["booked"] for row in made["allocations"])]
        assert sum(parts + [row["amount"] for row in made["postings"]]) == 0, made
    return made


def told(made: Record) -> tuple[str, str | None, list[str], dict[str, Decimal]]:
    """Decision, rule, items and what is booked beside them."""
    return (
        made["decision"],
        made["rule"],
        numbers(made),
        {row["kind"]: row["amount"] for row in made["postings"]},
    )


def proposed(made: Record) -> list[tuple[str, str | None]]:
    """Rules and items of what is proposed."""
    assert made["decision"] == "unmatched"
    return [(each["rule"], each["items"]) for each in made["proposals"]]


@pytest.mark.parametrize(
    ("paid", "decision", "rounding"),
    [("99.51", "reference_tolerance", "0.49"), ("99.50", "reference_tolerance", "0.50"),
     ("99.49", None, None), ("100.50", "reference_tolerance", "-0.50"), ("100.51", None, None)],
)  # fmt: skip
def test_a_difference_within_both_limits_is_rounding(
    paid: str, decision: str | None, rounding: str | None
) -> None:
    made = one([item(1, "12344", "100.00")], moved(paid, "12344"))
    expected = {"rounding": Decimal(rounding)} if rounding else {}
    assert (made["rule"], told(made)[3]) == (decision, expected)


def test_of_two_limits_the_smaller_one_counts_and_other_currencies_have_none() -> None:
    assert (
        one([item(1, "12344", "20.00")], moved("19.89", "12344"))["rule"] is None
    )  # 0.5 % of it are 10 cents
    assert one([item(1, "12344", "20.00")], moved("19.90", "12344"))["rule"] == "reference_tolerance"
    assert one([item(1, "12344", "100.00", "USD")], moved("99.99", "12344", "USD"))["rule"] is None


@pytest.mark.parametrize(
    ("day", "paid", "rule"),
    [
        (15, "98.00", "cash_discount"),
        (17, "98.00", "cash_discount"),
        (18, "98.00", None),
        (15, "97.90", None),
    ],
)
def test_a_cash_discount_counts_until_its_day_and_the_days_of_grace(
    day: int, paid: str, rule: str | None
) -> None:
    terms = {"percent": Decimal(2), "amount": None, "until": date(2026, 11, 15)}
    booked = {"booked": date(2026, 11, day), "valued": date(2026, 11, day)}
    made = one([item(1, "12344", "100.00", discount=terms)], moved(paid, "12344", **booked))
    assert made["rule"] == rule
    assert told(made)[3] == ({"discount": Decimal("2.00")} if rule else {})
    if rule:
        [paid_item] = made["allocations"]
        assert (paid_item["closed"], paid_item["left"]) == (Decimal("100.00"), Decimal("0.00"))


def test_a_part_is_taken_off_when_the_payer_is_the_customer_and_proposed_when_not() -> None:
    open_item = item(1, "12344", "100.00", customer=NORTH)
    made = one([open_item], moved("40.00", "12344", payer="NORRBAGERIET I UMEA"))
    assert told(made)[:3] == ("matched", "part_payment", ["1"])
    assert (made["allocations"][0]["left"], made["allocations"][0]["amount"]) == (
        Decimal("60.00"),
        Decimal("40.00"),
    )
    assert proposed(one([open_item], moved("40.00", "12344", payer="Somebody Else"))) == [
        ("part_payment", "1")
    ]
    assert proposed(one([open_item], moved("4.00", "12344", payer="NORRBAGERIET I UMEA"))) == [
        ("part_payment", "1")
    ]


def test_signs_in_an_account_or_an_id_make_no_other_payer() -> None:
    known = item(
        1, "12344", "100.00", customer={"number": "77", "account": "5050-1055", "business_id": "556012-3456"}
    )
    for payer in ({"payers_account": "50501055"}, {"payers_id": "5560123456"}):
        assert told(one([known], moved("40.00", "12344", **payer)))[1] == "part_payment", payer
    for payer in ({"payers_account": "50501056"}, {"payers_id": "5560123457"}):
        assert proposed(one([known], moved("40.00", "12344", **payer))) == [("part_payment", "1")], payer


def test_one_item_is_paid_by_several_receipts_in_turn() -> None:
    open_item = item(1, "12344", "100.00", customer=NORTH)
    payer = {"payer": "Norrbageriet i Umeå"}
    made = decide(
        [open_item],
        [
            moved("40.00", "12344", **payer),
            moved("35.00", "12344", **payer),
            moved("25.00", "12344", **payer),
        ],
    )
    assert [each["rule"] for each in made] == ["part_payment"] * 3
    assert made[2]["allocations"][0]["left"] == 0


def test_more_than_was_open_stands_as_a_credit() -> None:
    open_item = item(1, "12344", "100.00", customer=LAKE)
    made = one([open_item], moved("120.00", "12344", payer="Jarvi Ja Kumppanit"))
    assert told(made) == ("matched", "overpayment", ["1"], {"credit": Decimal("-20.00")})
    assert proposed(one([open_item], moved("120.00", "12344", payer="Matti"))) == [("overpayment", "1")]
    assert proposed(one([open_item], moved("250.00", "12344", payer="Järvi ja Kumppanit Oy"))) == [
        ("overpayment", "1")
    ]


def test_a_list_of_invoices_and_credit_notes_that_adds_up() -> None:
    items = [item("A-1001", None, "100.00", customer=NORTH), item("A-1002", None, "50.00", customer=NORTH),
             item("K-7", None, "-30.00", customer=NORTH)]  # fmt: skip
    listed = [{"number": "a1001", "kind": "invoice", "amount": Decimal("100.00")},
              {"number": "A-1002", "kind": "invoice", "amount": Decimal("50.00")},
              {"number": "K7", "kind": "credit", "amount": Decimal("30.00")}]  # fmt: skip
    made = one(items, moved("120.00", invoices=listed))
    assert told(made)[:3] == ("matched", "invoice_list", ["A-1001", "A-1002", "K-7"])
    assert [each["amount"] for each in made["allocations"]] == [
        Decimal("100.00"),
        Decimal("50.00"),
        Decimal("-30.00"),
    ]
    assert proposed(one(items, moved("121.00", invoices=listed))) == [("invoice_list", "A-1001, A-1002, K-7")]
    others = [*items[:2], item("K-7", None, "-30.00", customer=LAKE)]
    assert one(others, moved("120.00", invoices=listed))["decision"] == "unmatched", "items of two customers"


def test_a_list_of_references_is_a_list_of_invoices() -> None:
    items = [item("A-1", "12344", "100.00", customer=LAKE), item("A-2", "23456", "50.00", customer=LAKE)]
    listed = [{"number": "00 12344", "kind": "invoice", "amount": Decimal("100.00")},
              {"number": "23456", "kind": "invoice", "amount": None}]  # fmt: skip
    for reference in (None, "12344"):  # the first of them may stand as that of the payment, too
        made = one(items, moved("150.00", reference, invoices=listed, payer="Järvi ja Kumppanit Oy"))
        assert told(made)[:3] == ("matched", "invoice_list", ["A-1", "A-2"])
    named_twice = [item("A-1", "12344", customer=LAKE), item("A-9", "12344", customer=LAKE)]
    made = one([*named_twice, items[1]], moved("150.00", invoices=listed))
    assert made["decision"] == "unmatched", "two items with one reference"


def test_a_payment_of_ours_closes_what_it_was_ordered_for() -> None:
    supplier, ordered = {"number": "9", "name": "Paper Ltd"}, "PAY-2026-17"
    bills = [item("B1", None, "70.00", supplier=supplier, payment_id=ordered),
             item("B2", None, "-20.00", supplier=supplier, payment_id=ordered),
             item("B3", None, "50.00", supplier=supplier)]  # fmt: skip
    made = one(bills, moved("-50.00", end_to_end_id=ordered))
    assert told(made)[:3] == ("matched", "ordered_payment", ["B1", "B2"])
    less = one(bills, moved("-49.00", end_to_end_id=ordered))
    assert proposed(less) == [("ordered_payment", "B1, B2")]
    assert "ordered for B1, B2, of which 50.00 EUR are open" in less["reason"]
    assert proposed(one(bills, moved("-50.00", end_to_end_id="PAY-2026-18")))[:1] != [
        ("ordered_payment", "B1, B2")
    ]
    other = one([*bills[:2], item("B4", None, "10.00", supplier={"number": "8"}, payment_id=ordered)],
                moved("-60.00", end_to_end_id=ordered))  # fmt: skip
    assert other["decision"] == "unmatched", "invoices of two suppliers"
    received = one(
        [item(1, None, "50.00", customer=NORTH, payment_id=ordered)], moved("50.00", end_to_end_id=ordered)
    )
    assert received["decision"] == "unmatched", "an id of the payer's"


@pytest.mark.parametrize("status", ["pending", "information", "future"])
def test_what_the_bank_has_not_booked_pays_nothing_and_waits_for_nobody(status: str) -> None:
    items = [item(1, "12344", "10.00")]
    waiting, booked = decide(items, [moved("10.00", "12344", status=status), moved("10.00", "12344")])
    assert (waiting["decision"], waiting["rule"], numbers(waiting), waiting["postings"]) == (
        "closed",
        "not_booked",
        [],
        [],
    )
    assert status in waiting["reason"]
    assert told(booked)[:3] == ("matched", "reference", ["1"])


def test_numbers_in_the_text_need_the_sum_and_the_payer() -> None:
    items = [item(10023, None, "100.00", customer=NORTH), item(10024, None, "50.00", customer=NORTH)]
    paid = moved("150.00", text="Faktura 10023+10024", payer="Norrbageriet i Umeå AB")
    assert told(one(items, paid))[:3] == ("matched", "text_numbers", ["10023", "10024"])
    assert proposed(one(items, {**paid, "counterparty": {"name": "Bo", "account": None}})) == [
        ("text_numbers", "10023, 10024")
    ]
    behalf = {"name": "Bo", "account": None, "ultimate": "Norrbageriet i Umeå AB"}
    made = one(items, {**paid, "counterparty": behalf})
    assert told(made)[:3] == ("matched", "text_numbers", ["10023", "10024"])
    assert "paid on behalf of Norrbageriet" in str(made)
    assert (
        one(items, moved("150.00", text="Order 710023 och 100245", payer="Norrbageriet i Umeå AB"))["rule"]
        is None
    )
    assert proposed(one(items, {**paid, "amount": Decimal("149.00")})) == [("text_numbers", "10023, 10024")]


def test_a_long_reference_in_the_text_needs_the_amount_alone() -> None:
    items = [item(1, "2020121800015", "100.00", customer=NORTH)]
    assert told(one(items, moved("100.00", text="viite 20 20121 80001 5")))[1] == "text_numbers"
    assert one(items, moved("99.00", text="viite 2020121800015"))["rule"] is None


def test_the_number_of_an_invoice_that_stands_as_the_reference_is_read_as_a_text() -> None:
    items = [item(2207, None, "349.00", customer=NORTH), item(2208, None, "349.00", customer=LAKE)]
    paid = moved(
        "349.00", "FAKTURA 2207", counterparty={"name": None, "account": None, "id": "000000000000077"}
    )
    made = one(items, paid)
    assert told(made)[:3] == ("matched", "text_numbers", ["2207"])
    assert made["reason"].endswith("the payer's id 000000000000077 is the number of " + NORTH["name"] + ".")
    assert proposed(one(items, moved("349.00", "FAKTURA 2207"))) == [("text_numbers", "2207")], (
        "of nobody known"
    )
    assert proposed(one(items, paid | {"amount": Decimal("348.99")})) == [("text_numbers", "2207")]


def test_a_text_and_what_stands_as_the_reference_are_no_number_together() -> None:
    made = one([item(1, "10000123454", "100.00")], moved("100.00", "23454", text="tilaus 10 00 01"))
    assert told(made)[1] != "text_numbers" and not proposed(made)


def test_a_known_account_decides_about_the_only_item_of_that_amount() -> None:
    items = [
        item(1, None, "100.00", customer=NORTH),
        item(2, None, "70.00", customer=NORTH),
        item(3, None, "100.00", customer=LAKE),
    ]
    known = {"parties_": {ACCOUNT: {"77": 3}}}
    paid = moved("100.00", payers_account=ACCOUNT)
    assert told(one(items, paid, **known))[:3] == ("matched", "known_payer", ["1"])
    assert proposed(one(items, paid, parties_={ACCOUNT: {"77": 1}})) == [("known_payer", "1")]
    assert one(items, {**paid, "reference": "12344"}, **known)["rule"] is None, (
        "the payer meant something else"
    )
    doubted = one(items, paid, parties_={ACCOUNT: {"77": 3, TAKEN_BACK: 1}})
    assert proposed(doubted) == [("known_payer", "1")], (
        "a person took back what the account alone had decided"
    )
    assert doubted["reason"] == (
        "Payer and amount fit 1; people have taken back what the account alone had decided (less than 100 per cent of 4 agree)."
    )
    stray = one(items, {**paid, "text": "faktura 99871"}, **known)
    assert stray["reason"] == "Payer and amount fit 1; the text names 99871, which is not the invoice."
    assert stray["rule"] is None, "the payer named something else"
    twins = [*items, item(4, None, "100.00", customer=NORTH, due=date(2026, 11, 2))]
    assert proposed(one(twins, paid, **known))[:2] == [("known_payer", "4"), ("known_payer", "1")], (
        "the oldest first"
    )


def test_only_one_set_of_items_may_add_up() -> None:
    known = {"parties_": {ACCOUNT: {"77": 3}}}
    items = [
        item(number, None, amount, customer=NORTH)
        for number, amount in ((1, "100.00"), (2, "70.00"), (3, "-5.00"))
    ]
    assert proposed(one(items, moved("165.00", payers_account=ACCOUNT), **known)) == [("subset", "1, 2, 3")]
    twice = [item(number, None, "50.00", customer=NORTH) for number in range(4)]
    assert proposed(one(twice, moved("100.00", payers_account=ACCOUNT), **known)) == []
    assert sums.all_ways([1] * 16, 15)[0] == 16
    assert sums.all_ways([2**place for place in range(16)], 2**16 - 1) == (1, list(range(16)))


def test_a_credit_note_that_a_payer_deducts_is_proposed_where_only_the_name_is_known() -> None:
    items = [item(1, None, "100.00", customer=NORTH), item("K2", None, "-30.00", customer=NORTH)]
    made = one([*items, item(3, None, "70.50", customer=LAKE)], moved("70.00", payer="UMEÅ NORRBAGERIET I"))
    assert (made["decision"], proposed(made)) == ("unmatched", [("subset", "1, K2")])
    assert "Norrbageriet i Umeå AB, who is called as the payer is" in made["proposals"][0]["reason"]
    assert proposed(one(items, moved("70.00", payer="Somebody Else"))) == []
    namesake = item("K4", None, "-30.00", customer={**NORTH, "number": "79"})
    assert proposed(one([*items, namesake], moved("70.00", payer=NORTH["name"]))) == [], "two are called so"


PAYS = {"payer": NORTH["name"], "payers_account": ACCOUNT}


def test_a_reference_decides_no_other_amount_that_is_just_what_other_items_come_to() -> None:
    own, other, credit = (
        item(1, "1232", "300.00", customer=NORTH),
        item(2, "1245", "250.00", customer=NORTH),
        item("K3", None, "-50.00", customer=NORTH),
    )
    for amount, items, meant in (
        ("550.00", [own, other], "1, 2"),
        ("250.00", [own, other], "2"),
        ("250.00", [own, credit], "1, K3"),
        ("299.80", [own, {**other, "open": Decimal("299.80")}], "2"),
    ):
        made = one(items, moved(amount, "1232", **PAYS))
        assert (made["decision"], [each["items"] for each in made["proposals"]][:2]) == (
            "unmatched",
            [meant, "1"],
        ), amount
    assert (
        told(one([own, item(2, "1245", "240.00", customer=NORTH)], moved("250.00", "1232", **PAYS)))[1]
        == "part_payment"
    )
    stranger = item(2, "1245", "250.00", customer=LAKE)
    assert told(one([own, stranger], moved("250.00", "1232", **PAYS)))[1] == "part_payment"
    unnumbered = [{**each, "customer": {**each["customer"], "number": None}} for each in (own, other)]
    assert told(one(unnumbered, moved("550.00", "1232", **PAYS)))[0] == "unmatched"


def test_the_rest_of_an_item_that_was_paid_in_parts_is_its_rest() -> None:
    bill = item(1, "1232", "100.00", customer=NORTH)
    made = decide([bill], [moved(amount, "1232", **PAYS) for amount in ("40.00", "40.00", "20.00")])
    assert [each["allocations"][0]["left"] for each in made] == [Decimal("60.00"), Decimal("20.00"), 0]


def test_a_reference_that_several_items_have_tells_no_part() -> None:
    items = [item(1, "1232", "100.00", customer=NORTH), item(2, "1232", "200.00", customer=NORTH)]
    first, second = decide(items, [moved("300.00", "1232", **PAYS), moved("100.00", "1232", **PAYS)])
    assert (first["decision"], told(second)[2]) == ("unmatched", ["1"])


def test_numbers_in_parts_and_short_ones_speak_too() -> None:
    known = {"parties_": {ACCOUNT: {"77": 3}}}

    def paid(number: str, text: str) -> Record:
        return one(
            [item(number, None, "100.00", customer=NORTH)], moved("100.00", text=text, **PAYS), **known
        )

    assert told(paid("2026-0012", "Lasku 2026-0012"))[1] == "text_numbers"
    assert told(paid("2026/12", "Faktura 2026/12 tack"))[1] == "text_numbers"
    for number, text in (("2026-0012", "Lasku 2026-0013"), ("456", "Lasku 123"), ("456", "2 laskua")):
        assert told(paid(number, text))[0] == "unmatched", text
    assert told(paid("456", "Lasku 456, kundnr 77"))[1] == "text_numbers"
    for text in ("vuokra 11/2026", "1 250,00 EUR 20.11.2026", "kundnr 77"):
        assert told(paid("456", text))[1] == "known_payer", text


def test_short_numbers_count_from_the_payer_s_own_items_alone() -> None:
    items = [
        item(105, None, "350.00", customer=NORTH),
        item(104, None, "-50.00", customer=NORTH),
        item(106, None, "300.00", customer=LAKE),
    ]
    text = "laskut 105 ja hyvitys 104"
    assert told(one(items, moved("300.00", text=text, payer=NORTH["name"])))[1:3] == (
        "text_numbers",
        ["105", "104"],
    )
    for other, payer in (
        (text, "Somebody Else"),
        (text, LAKE["name"]),
        (f"2 {text}", NORTH["name"]),
        ("lasku 105", NORTH["name"]),
    ):
        assert told(one(items, moved("300.00", text=other, payer=payer)))[0] == "unmatched", other


def test_a_text_that_names_another_s_invoice_says_so() -> None:
    known = {"parties_": {ACCOUNT: {"77": 3}}}
    paid = moved("410.00", text="lasku 2026002", payer=LAKE["name"], payers_account=ACCOUNT)
    stranger = one([item(2026002, None, "410.00", customer=LAKE)], paid, **known)
    assert stranger["reason"].endswith(
        f"the sum is right; the account {ACCOUNT} has only paid for 77 so far."
    )
    made = one(
        [item(2026002, None, "410.00", customer=LAKE)],
        moved("410.00", text="lasku 2026002", payer="Vuosi Oy"),
    )
    assert (
        made["reason"]
        == "The text names 2026002, and the sum is right; nothing says that the payer is Järvi ja Kumppanit Oy."
    )


def test_an_amount_that_several_sets_of_items_come_to_is_not_decided_by_the_payer_alone() -> None:
    known = {"parties_": {ACCOUNT: {"77": 3}}}
    items = [item(number, None, f"{number}00.00", customer=NORTH) for number in (1, 2, 3)]
    assert proposed(one(items, moved("300.00", **PAYS), **known))[:1] == [("known_payer", "3")]
    many = [item(number, None, f"{number}.00", customer=NORTH) for number in range(100, 130)]
    assert told(one(many, moved("110.00", **PAYS), **known))[2] == ["110"]
    assert told(one(many, moved("110.00", **PAYS, text=""), **known))[1] == "known_payer"
    pair = [*many, item(1, None, "10.00", customer=NORTH)]
    assert told(one(pair, moved("110.00", **PAYS), **known))[0] == "unmatched"


def test_a_text_with_a_reference_of_its_own_decides_what_both_name() -> None:
    items = [item(1001, "1232", "100.00", customer=NORTH), item(1002, "1245", "70.00", customer=NORTH)]
    both = moved("170.00", "1232", text="laskut 1001 ja 1002", **PAYS)
    assert told(one(items, both))[2] == ["1001", "1002"]
    assert told(one(items, {**both, "reference": "1258"}))[0] == "unmatched"


def test_a_name_much_alike_is_only_proposed() -> None:
    items = [item(1, None, "100.00", customer=NORTH), item(2, None, "100.00", customer=LAKE)]
    assert proposed(one(items, moved("100.00", payer="Norrbageriet Umea"))) == [("similar_name", "1")]
    twice = one(
        [*items, item(9, None, "100.00", customer=NORTH, due=date(2026, 11, 9))],
        moved("100.00", payer="Norrbageriet Umea"),
    )
    assert (
        proposed(twice) == [("similar_name", "9"), ("similar_name", "1")]
        and "have this amount: 1, 9" in twice["reason"]
    )
    behalf = {"name": "Payment House", "ultimate": "Norrbageriet Umea"}
    assert proposed(one(items, moved("100.00", counterparty=behalf))) == [("similar_name", "1")]
    assert proposed(one(items, moved("100.00", payer="Postbanken"))) == []


def test_fees_and_interest_are_booked_by_the_banks_code() -> None:
    assert told(one([], moved("-4.50", event="fee"))) == (
        "booked",
        "bank_events",
        [],
        {"fee": Decimal("4.50")},
    )
    assert one([], moved("7.00", event="interest"))["postings"][0]["account"] == "8310"
    assert one([], moved("-7.00", event="interest"))["postings"][0]["account"] == "8410"
    assert one([], moved("-7.00", event="tax"))["decision"] == "unmatched"


def test_what_comes_back_opens_the_items_again() -> None:
    closed = MatchedItem("payable/9/L1//EUR", "L1", "9", "Tukku Oy", None, 5_000, 5_000, 5_000)
    earlier = ("E2E-1", -5_000, Earlier("7DYKVHBG-3", date(2026, 11, 2), "payable", [closed]))
    back = moved("50.00", returned_reason="AC04", end_to_end_id="E2E-1")
    made = one([], back, paid_=[earlier])
    assert told(made)[:3] == ("matched", "returns", ["L1"])
    assert made["side"] == "payable" and made["allocations"][0]["closed"] == Decimal("-50.00")
    other = (*earlier[:2], replace(earlier[2], id="7DYKVHBG-4"))
    assert one([], back, paid_=[earlier, other])["decision"] == "unmatched"
    open_item = item(1, "12344", "50.00")
    assert one([open_item], {**back, "reference": "12344"})["decision"] == "unmatched", (
        "a return is never a receipt"
    )


def test_a_return_tells_what_is_open_again() -> None:
    key, supplier = "payable/9/L1//EUR", {"number": "9", "name": "Tukku Oy"}
    parts = [MatchedItem(key, "L1", "9", "Tukku Oy", None, units, units, 9_000) for units in (5_000, 3_000)]
    ids, amounts = ("E2E-1", "E2E-2"), ("50.00", "30.00")
    earlier = [
        (id, -part.closed, Earlier(f"7DYKVHBG-{id}", date(2026, 11, 2), "payable", [part]))
        for id, part in zip(ids, parts, strict=True)
    ]
    backs = [
        moved(amount, returned_reason="AC04", end_to_end_id=id, key=id)
        for id, amount in zip(ids, amounts, strict=True)
    ]
    listed = [item("L1", "12344", "90.00", supplier=supplier)]
    for items, books, before in (
        (listed, {key: Settled(9_000, 8_000)}, "10.00"),
        ([], {key: Settled(9_000, 8_000)}, "10.00"),
        ([], {}, None),
    ):
        made = decide(items, backs, past=Remembered(settled_=books, paid_=earlier))
        told_ = [(each["open"], each["left"]) for record in made for each in record["allocations"]]
        sums = [Decimal(before) + more for more in (0, 50, 80)] if before else [None] * 3
        assert told_ == [(sums[0], sums[1]), (sums[1], sums[2])]


def test_what_the_same_file_paid_is_open_again_wherever_its_return_stands() -> None:
    supplier = {"number": "9", "name": "Tukku Oy"}
    bill = item("L1", "12344", "50.00", supplier=supplier)
    paid = moved("-50.00", "12344", end_to_end_id="E2E-1", key="1")
    back = moved("50.00", returned_reason="AC04", end_to_end_id="E2E-1", key="2")
    paid_again = moved("-50.00", "12344", end_to_end_id="E2E-2", key="3")
    for way in permutations([paid, back, paid_again]):
        made = decide([bill], way)
        by_key = {each["transaction"]["key"]: each for each in made}
        assert by_key["2"]["rule"] in ("returns", None)
        closed = sum(each["closed"] for record in made for each in record["allocations"])
        assert closed <= Decimal("50.00"), "never more than is open"
        if way.index(paid) < way.index(paid_again):
            assert [by_key[key]["decision"] for key in "123"] == ["matched"] * 3
            assert closed == Decimal("50.00"), "paid, open again, and paid"
    [first, second] = decide([bill], [paid, back])
    assert told(second)[:3] == ("matched", "returns", ["L1"])
    assert "transaction 1 of this file" in second["reason"]
    assert first["allocations"][0]["closed"] == -second["allocations"][0]["closed"]


def test_what_a_late_rule_paid_comes_back_too() -> None:
    mine = item(4711, None, "80.00", customer={"number": "9", "name": "Kahvila Oy"})
    paid = moved("80.00", text="lasku 4711", payer="Kahvila Oy", entry_ref="B7")
    back = moved("-80.00", reversal=True, entry_ref="B7")
    made = decide([mine], [paid, back])
    assert [told(each)[:3] for each in made] == [
        ("matched", "text_numbers", ["4711"]),
        ("matched", "returns", ["4711"]),
    ]


def test_one_payment_comes_back_once() -> None:
    paid = moved("10.00", "1232", end_to_end_id="E2E-1")
    back = moved("-10.00", reversal=True, end_to_end_id="E2E-1")
    made = decide([item(1, "1232")], [paid, back, dict(back)])
    assert [each["decision"] for each in made] == ["matched", "matched", "unmatched"]
    made = decide([item(1, "1232")], [paid, back | {"amount": Decimal("-9.00")}, back | {"currency": "SEK"}])
    assert [each["decision"] for each in made] == ["matched", "unmatched", "unmatched"]
    closed = MatchedItem("receivable/9/7//EUR", "7", "9", "Kahvila Oy", None, 1_000, 1_000, 1_000)
    earlier = ("E2E-1", 1_000, Earlier("7DYKVHBG-3", date(2026, 11, 2), "receivable", [closed]))
    made = decide([], [back, dict(back)], past=Remembered(paid_=[earlier]))
    assert [each["decision"] for each in made] == ["matched", "unmatched"]


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"end_to_end": "INVOICE-11", "payer": "FI1"}, "its other party is aaa"),
        ({"end_to_end": "INVOICE-11", "payer_name": "aaa"}, "its other party is aaa"),
        ({"end_to_end": "INVOICE-11"}, None),
        ({"entry": "7", "payer_name": ""}, "so short an id may be that of another one"),
        ({"entry": "7", "payer_name": "kahvila"}, None),
        ({"end_to_end": "INVOICE-11", "closed": []}, "Nobody has decided yet"),
    ],
)
def test_a_return_takes_back_only_what_nothing_speaks_against(other: dict[str, Any], why: str | None) -> None:
    closed = [MatchedItem("receivable/9/7//EUR", "7", "9", "Aaa", None, 1_000, 1_000, 1_000)]
    facts = {"payer_name": "aaa" if other.get("payer") else None, "closed": closed, **other}
    earlier = Earlier("7DYKVHBG-3", date(2026, 11, 2), "receivable", **facts)
    payer = {"payer": "Kahvila Oy", "payers_account": "FI2"}
    back = moved("-10.00", reversal=True, end_to_end_id="INVOICE-11", entry_ref="7", **payer)
    made = one([], back, paid_=[("7" if "entry" in other else "INVOICE-11", 1_000, earlier)])
    assert made["decision"] == ("unmatched" if why else "matched") and (why or "") in made["reason"]


def test_what_a_person_decided_is_not_opened_again_by_itself() -> None:
    closed = MatchedItem("payable/9/L1//EUR", "L1", "9", "Tukku Oy", None, 5_000, 5_000, 5_000)
    person = Earlier("7DYKVHBG-3", date(2026, 11, 2), "payable", [closed], decided_by="anna")
    back = moved("50.00", returned_reason="AC04", end_to_end_id="E2E-1")
    made = one([], back, paid_=[("E2E-1", -5_000, person)])
    assert made["decision"] == "unmatched"
    assert "by a decision of anna" in made["reason"] and "unmatch 7DYKVHBG-3" in made["reason"]


def test_a_person_pays_out_credit_notes_of_a_customer_in_full() -> None:
    notes = [
        item(number, None, amount, customer=NORTH)
        for number, amount in ((1, "-30.00"), (2, "-12.00"), (3, "9.00"))
    ]
    book = Book({"receivable": OpenItems("receivable").load([notes], Gathered())})
    case = Case(1, moved("-42.00"), -4_200)
    made = matched(case, payment(case, book, ["1", "2"], None))
    assert made["side"] == "receivable" and [each["booked"] for each in made["allocations"]] == [
        Decimal("30.00"),
        Decimal("12.00"),
    ]
    for numbers_, why in (
        (["1"], "Of the credit notes 30.00 EUR are open"),
        (["3"], "against no payables, which this movement could pay"),
    ):
        with pytest.raises(NotPossible, match=why):
            payment(case, book, numbers_, None)
    with pytest.raises(NotPossible, match="An amount of nought pays no open item"):
        payment(Case(1, moved("0.00"), 0), book, ["3"], None)


@pytest.mark.parametrize("numbers_", [["2"], ["1", "2"], ["2", "1"]])
def test_money_that_came_in_pays_no_more_credit_notes_than_invoices(numbers_: list[str]) -> None:
    items = [item(1, None, "60.00", customer=NORTH), item(2, None, "-133.02", customer=NORTH)]
    book = Book(
        {"receivable": OpenItems("receivable").load([items], Gathered())}, accounts={"credit": "2420"}
    )
    with pytest.raises(NotPossible, match=r"comes to -\d+\.02 EUR; money that came in pays invoices"):
        payment(Case(1, moved("133.02"), 13_302), book, numbers_, None)


def test_a_difference_is_missing_from_the_last_items_of_none_more_than_is_open() -> None:
    items = [item(1, None, "60.00", customer=NORTH), item(2, None, "10.00", customer=NORTH)]
    book = Book(
        {"receivable": OpenItems("receivable").load([items], Gathered())}, accounts={"discount": "3730"}
    )
    made = matched(
        Case(1, moved("50.00"), 5_000), payment(Case(1, moved("50.00"), 5_000), book, ["1", "2"], "discount")
    )
    assert [(each["amount"], each["closed"]) for each in made["allocations"]] == [
        (Decimal("50.00"), Decimal("60.00")),
        (Decimal("0.00"), Decimal("10.00")),
    ]
    assert [each["amount"] for each in made["postings"]] == [Decimal("20.00")]


@pytest.mark.parametrize("total", ["100.00", "90.00"])
def test_a_sum_whose_payments_stand_in_a_file_of_their_own_is_not_posted_besides(total: str) -> None:
    """Where the payments do not come to it, nobody knows that they do: it waits on suspense like any other."""
    told_sum = {"batch": {"index": None, "count": 3, "total": Decimal(total)}}
    book = Book({"receivable": OpenItems("receivable")}, suspense={"EUR": Suspense("2990", "1790")})
    [[made]] = match([[moved("100.00", **told_sum)]], book, references_only())
    assert made["decision"] == "unmatched"
    assert ("file of their own" in made["reason"]) == (total == "100.00") == (made["postings"] == [])


@pytest.mark.parametrize(
    ("code", "said", "apart"),
    [
        ("705", {}, True),
        ("NTRF+705", {}, True),
        ("710", {}, False),
        ("705", {"counterparty": {"name": "Aino"}}, False),
    ],
)
def test_a_sum_of_one_reference_payment_is_told_apart_where_it_says_nothing_of_it(
    code: str, said: Record, apart: bool
) -> None:
    told_sum: Record = {
        "batch": {"index": None, "count": 1, "total": Decimal("49.00")},
        "bank_code": {"proprietary": code, "issuer": "FFFS"},
        "counterparty": None,
    }
    book = Book({"receivable": OpenItems("receivable")}, suspense={"EUR": Suspense("2990", "1790")})
    [[made]] = match([[moved("49.00", **told_sum | said)]], book, references_only())
    assert ("file of its own" in made["reason"], made["postings"] == []) == (apart, apart)


def test_money_that_goes_out_pays_payables() -> None:
    supplier = {"number": "9", "name": "Tukku Oy"}
    made = one([item("L1", "12344", "50.00", supplier=supplier)], moved("-50.00", "12344"))
    assert told(made)[:3] == ("matched", "reference", ["L1"]) and made["allocations"][0]["booked"] == Decimal(
        "50.00"
    )
    made = one([item("L1", "12344", "100.00", supplier=supplier)], moved("-99.80", "12344"))
    assert told(made)[3] == {"rounding": Decimal("-0.20")}


@pytest.mark.parametrize("other", [{}, {"end_to_end_id": "NK1"}, {"text": "invoice 4711", "reference": None}])
def test_money_that_went_to_another_account_than_the_suppliers_pays_nothing_alone(
    other: dict[str, Any],
) -> None:
    supplier = {"number": "9", "name": "Tukku Oy", "account": "FI4947300010416310"}
    bill = item("4711", "12344", "50.00", supplier=supplier, payment_id="NK1")
    went = {"payer": "Tukku Oy", "payers_account": "FI37 1590 3000 0007 76", "reference": "12344", **other}
    made = one([bill], moved("-50.00", **went))
    assert (made["decision"], proposed(made)[0][1]) == ("unmatched", "4711")
    right = went | {"payers_account": "FI49 4730 0010 4163 10"}
    assert one([bill], moved("-50.00", **right))["decision"] == "matched"


def test_a_text_that_names_a_paid_invoice_besides_decides_nothing_alone() -> None:
    items = [item(9101, None, "10.00", customer=NORTH), item(9102, None, "10.00", customer=NORTH)]
    paid = {"receivable/77/9101//EUR": Settled(1_000, 1_000)}
    made = one(items, moved("10.00", text="9101 9102", payer=NORTH["name"]), settled_=paid)
    assert (made["decision"], proposed(made)) == ("unmatched", [("text_numbers", "9102")])
    assert "9101 besides, which is paid already" in made["reason"]


def test_what_earlier_matches_closed_is_not_paid_again_however_old_the_list_is() -> None:
    open_item = item(1, "12344", "100.00", customer=NORTH)
    key = "receivable/77/1//EUR"
    twice = one([open_item], moved("100.00", "12344"), settled_={key: Settled(10_000, 10_000)})
    assert "paid twice?" in twice["reason"]
    named = one(
        [item(40017, None, "100.00", customer=NORTH)],
        moved("100.00", text="lasku 40017"),
        settled_={"receivable/77/40017//EUR": Settled(10_000, 10_000)},
    )
    assert named["rule"] is None and "names 40017, already paid" in named["reason"]
    rest = one([open_item], moved("60.00", "12344"), settled_={key: Settled(10_000, 4_000)})
    assert told(rest)[:3] == ("matched", "reference", ["1"])
    reopened = one([open_item], moved("100.00", "12344"), settled_={key: Settled(10_000, 0)})
    assert reopened["decision"] == "matched"


def test_what_a_person_decided_stays() -> None:
    made = one(
        [item(1, "12344", "10.00")],
        moved("10.00", "12344", key="A/1", entry_ref="1"),
        decided_=[ByHand("A/1")],
    )
    assert (made["decision"], numbers(made)) == ("decided", [])


def test_people_s_habits_are_proposed_and_then_kept() -> None:
    paid = moved("-30.00", payer="Elisa Oyj", text="Lasku 8812", event="payment")
    mask = "-|payment|ELISA OYJ|LASKU #"
    assert proposed(one([], paid, bookings_={mask: {"7510": 4}})) == [("habits", None)]
    assert told(one([], paid, bookings_={mask: {"7510": 5}})) == (
        "booked",
        "habits",
        [],
        {"habit": Decimal("30.00")},
    )
    assert one([], paid, bookings_={mask: {"7510": 50, "7520": 1}})["decision"] == "unmatched", (
        "not unanimous"
    )
    assert told(one([], paid, bookings_={mask: {"7510": 50, TAKEN_BACK: 1}}))[0] == "unmatched"
    assert proposed(one([], paid, bookings_={mask: {TAKEN_BACK: 3}})) == []


def test_an_item_that_stands_twice_in_the_list_is_left_to_people() -> None:
    twins = [item(1, "12344", "100.00", customer=NORTH), item(1, "12344", "100.00", customer=NORTH)]
    assert one(twins, moved("100.00", "12344"))["decision"] == "unmatched"


def test_every_rule_says_what_it_is_and_none_shares_its_place() -> None:
    known = rules()
    assert len({rule.ORDER for rule in known.values()}) == len(known) >= 14
    assert all(rule.__doc__ for rule in known.values())


def test_positions_count_the_transactions_of_the_file() -> None:
    made = decide([], [moved("1.00"), moved("2.00")])
    assert [each[POSITION] for each in made] == [1, 2]


def test_the_file_posts_to_suspense_again_what_a_person_decided_from_there() -> None:
    made = one([], moved("10.00", None, key="A/1", entry_ref="1"), decided_=[ByHand("A/1", "2990")])
    posted = [(row["account"], row["amount"]) for row in made["postings"]]
    assert (made["decision"], posted) == ("decided", [("2990", Decimal("-10.00"))])


def test_of_two_that_are_alike_as_many_are_decided_as_a_person_did() -> None:
    alike = [moved("10.00", None, key="A/1", entry_ref="1"), moved("10.00", None, key="A/1")]
    made = decide([], alike, past=Remembered(decided_=[ByHand("A/1")]))
    assert [each["decision"] for each in made] == ["decided", "unmatched"]


def test_a_decision_about_what_is_not_in_the_file_any_more_is_told(tmp_path: Path) -> None:
    past, found = Remembered(decided_=[ByHand("gone")]), Gathered()
    book = Book({}, past)
    decided = match([[moved("10.00", None, key="A/1", entry_ref="1")]], book, references_only())
    list(MatchSpool(tmp_path).following(decided, book, Statements(past, found), found))
    assert [(each.code, each.value) for each in found.kept] == [("REC013", "gone")]


def test_what_people_booked_as_often_elsewhere_never_acts_alone() -> None:
    half = habits.Settings.model_validate({"at least": 2, "precision": 50})
    assert lacks(2, 4, half) == "something else was decided as often"
    assert lacks(3, 4, half) is None
    assert lacks(1, 1, half) == "1 of the 2 times that it needs"
    assert (
        lacks(9, 10, habits.Settings.model_validate({"precision": 95})) == "less than 95 per cent of 10 agree"
    )
