"""What rules decide alone is right on receipts whose truth is known, whatever the seed; and what must hold of every decision."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.checks import get
from exchange.model import Record
from exchange.reconcile import money
from exchange.reconcile.rules import rules
from tests.bench import traps, truth
from tests.unit.reconcile.support import ALL, decide, item, moved, numbers, rules_of


def test_automatic_decisions_are_right_and_most_receipts_are_decided() -> None:
    made = truth.report([2026])
    assert made.wrong == []
    assert made.decided.total() * 100 > made.cases.total() * 70, made.coverage
    assert {"reference", "reference_tolerance", "cash_discount", "part_payment", "overpayment", "invoice_list", "text_numbers",
            "known_payer", "bank_events", "returns"} <= set(made.right)  # fmt: skip


def test_what_payers_tell_wrong_misleads_no_rule() -> None:
    made = traps.report(range(6))
    assert made.wrong == []
    assert {
        "reference",
        "reference_tolerance",
        "part_payment",
        "overpayment",
        "text_numbers",
        "known_payer",
    } <= set(made.right)
    for kind in ("less a credit note, rf reference", "two, right reference", "one, his other reference"):
        assert made.cases[kind] > made.decided[kind] > 0, kind


def test_what_nobody_can_know_is_never_decided() -> None:
    made = truth.report([7])
    for kind in ("paid twice", "account of two", "wrong amount, unknown payer", "other currency", "return, unknown",
                 "text names something else", "unknown payer", "hidden sum", "reference of another"):  # fmt: skip
        assert made.cases[kind] > 0 and made.decided[kind] == 0, kind


def test_the_truth_catches_rules_that_are_too_lax() -> None:
    lax = ALL.replace("part_payment: {}", "part_payment: {party: false}").replace(
        "overpayment: {}", "overpayment: {party: false}"
    )
    assert truth.report([7], rules_of(lax)).wrong


def _references(number: int) -> list[str]:
    complete = get("fi-viite").complete
    assert complete is not None
    return [complete(str(1_000 + each)) for each in range(number)]


REFERENCES = _references(5)
PARTIES = [
    {"number": str(each), "name": f"Kahvila {name} Oy"}
    for each, name in enumerate(("Aino", "Berta", "Cecilia"))
]
ITEMS = st.lists(
    st.builds(
        lambda reference, units, party, currency: (reference, units, party, currency),
        st.sampled_from([*REFERENCES, None]), st.integers(-900, 3_000).filter(bool), st.sampled_from(PARTIES),
        st.sampled_from(["EUR", "EUR", "EUR", "SEK"]),
    ),
    max_size=6,
)  # fmt: skip
RECEIPTS = st.lists(
    st.fixed_dictionaries(
        {
            "units": st.integers(-3_000, 4_000).filter(bool), "reference": st.sampled_from([*REFERENCES, None, "12345"]),
            "payer": st.sampled_from([*(each["name"] for each in PARTIES), None]),
            "text": st.sampled_from([None, "lasku 50001", "50000 50002", "laskut 50001, 50003"]),
        }
    ),
    max_size=8,
)  # fmt: skip


def _made(items: Any, receipts: Any) -> tuple[list[Record], list[Record]]:
    known = [
        item(50_000 + place, reference, str(money.major(units, currency)), currency, customer=dict(party))
        for place, (reference, units, party, currency) in enumerate(items)
    ]
    paid = [
        moved(
            str(money.major(each["units"], "EUR")), each["reference"], payer=each["payer"], text=each["text"]
        )
        for each in receipts
    ]
    return known, paid


@settings(max_examples=80)
@given(ITEMS, RECEIPTS)
def test_money_is_neither_made_nor_lost_and_no_item_is_used_beyond_what_is_open(
    items: Any, receipts: Any
) -> None:
    known, paid = _made(items, receipts)
    made = decide(known, paid)
    assert len(made) == len(paid)
    closed: Counter[str] = Counter()
    for record, transaction in zip(made, paid, strict=True):
        assert record["amount"] == transaction["amount"] and record["reason"]
        if record["decision"] == "unmatched":
            assert not record["allocations"] and not record["postings"]
            continue
        parts = [record["amount"], *(each["booked"] for each in record["allocations"])]
        assert sum([*parts, *(each["amount"] for each in record["postings"])]) == 0
        for each in record["allocations"]:
            assert each["open"] - each["closed"] == each["left"]
            closed[each["number"]] += int(each["closed"] * 100)
    opened = {each["number"]: int(each["open"] * 100) for each in known}
    for number, units in closed.items():
        whole = opened[number]
        assert 0 <= units <= whole if whole > 0 else whole <= units <= 0, number


@settings(max_examples=30)
@given(ITEMS, RECEIPTS)
def test_the_same_always_gives_the_same(items: Any, receipts: Any) -> None:
    first, second = (decide(*_made(items, receipts)) for _ in range(2))
    told = [[(each["rule"], each["reason"], numbers(each)) for each in made] for made in (first, second)]
    assert told[0] == told[1]


@settings(max_examples=30)
@given(ITEMS, RECEIPTS, st.integers(0, 999))
def test_what_a_reference_has_a_right_to_no_weaker_rule_takes(items: Any, receipts: Any, seed: int) -> None:
    """In whatever order the receipts come: each item that a reference and the exact amount name is paid by such a receipt."""
    known, paid = _made(items, receipts)
    Random(seed).shuffle(paid)
    made = decide(known, paid)
    by_reference = Counter(each["reference"] for each in known if each["reference"])
    for open_item in known:
        if (
            by_reference[open_item["reference"]] != 1
            or open_item["currency"] != "EUR"
            or open_item["open"] <= 0
        ):
            continue
        exact = [
            p for p in paid if p["reference"] == open_item["reference"] and p["amount"] == open_item["open"]
        ]
        rules_of_it = [each["rule"] for each in made if open_item["number"] in numbers(each)]
        assert not exact or rules_of_it[:1] == ["reference"] or "reference" in rules_of_it


def test_a_rule_is_found_by_its_folder_and_has_its_turn_in_order() -> None:
    assert list(rules())[:5] == ["told_before", "returns", "batches", "ordered_payment", "reference"]
