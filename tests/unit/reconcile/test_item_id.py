"""Ids of payouts in the text of the bank's receipt: whole, long, of one item, with the exact amount."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.reconcile.rules.item_id import ids as found_ids
from tests.unit.reconcile.support import decide, item, moved, rules_of

PAYOUT = item("TX31 batch 31", None, "51.90", customer={"number": "adyen/K", "name": "Adyen"})
RULES = rules_of("rules: payouts\nuse: {item_id: {}}\n")


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("STRIPE PO_1NXYQ2LKFZ8A", {"PO1NXYQ2LKFZ8A", "1NXYQ2LKFZ8A"}),
        ("payout po_1NXYq2LkFz8A today", {"PO1NXYQ2LKFZ8A", "1NXYQ2LKFZ8A", "1NXYQ2LKFZ8ATODAY", "PAYOUTPO"} - {"PAYOUTPO"}),
        ("1234567890123", set()),
        ("INTERNATIONALPAYMENT", set()),
        ("A1", set()),
        ("", set()),
    ],
)  # fmt: skip
def test_what_may_be_an_id(text: str, ids: set[str]) -> None:
    assert set(found_ids(text, 10)) == ids


@given(st.text(max_size=80))
def test_no_text_makes_it_stumble(text: str) -> None:
    assert all(len(each) >= 10 for each in found_ids(text, 10))


@pytest.mark.parametrize(
    ("amount", "reference", "payer", "decided"),
    [
        ("51.90", None, "ADYEN NV", "item_id"),
        ("51.90", None, "Somebody Else", None),
        ("51.90", "4000983", "ADYEN NV", None),
        ("51.80", None, "ADYEN NV", None),
    ],
    ids=["the provider pays", "another payer", "a reference of something else", "another amount"],
)
def test_an_id_of_several_words_counts_from_its_own_party_alone(
    amount: str, reference: str | None, payer: str, decided: str | None
) -> None:
    receipt = moved(amount, reference, payer=payer, text="Payout TX31 batch 31, KaffeFI")
    [told] = decide([PAYOUT], [receipt], rules=RULES)
    assert told["rule"] == decided
    if amount == "51.80":
        assert told["reason"] == "The text has the id TX31 batch 31; 51.90 EUR were due, 51.80 EUR came."
        assert told["proposals"][0]["items"] == "TX31 batch 31"


@pytest.mark.parametrize(
    "text", ["Utb. 2000810 Vippsnr 117703", "Utbet. 2000810 Vippsnr 117703", "Utb. 2000811 Vippsnr 117703"]
)
def test_a_payout_of_vipps_is_known_by_its_number_and_that_of_the_sales_unit(text: str) -> None:
    payouts = [
        item(f"2000810 Vippsnr {unit}", None, "51.90", customer={"number": f"vipps/{unit}", "name": "Vipps"})
        for unit in ("117703", "117704")
    ]
    [told] = decide(payouts, [moved("51.90", None, payer="Vipps MobilePay AS", text=text)], rules=RULES)
    assert (told["rule"] == "item_id") == ("2000810" in text)


@pytest.mark.parametrize(
    ("payer", "decided"), [("KLARNA BANK AB (PUBL)", True), ("Bank Klarna", False), ("Klarnas Vänner", False)]
)
def test_a_provider_is_known_by_the_first_word_of_its_name(payer: str, decided: bool) -> None:
    payout = item("XISA93DJ", None, "1268.75", "SEK", customer={"number": "klarna/K1", "name": "Klarna"})
    [told] = decide([payout], [moved("1268.75", None, "SEK", payer=payer, text="XISA93DJ")], rules=RULES)
    assert (told["rule"] == "item_id") is decided
