"""Ids of payouts in the text of the bank's receipt: whole, long, of one item, with the exact amount."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.reconcile.rules.item_id import _ids


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
    assert set(_ids(text, 10)) == ids


@given(st.text(max_size=80))
def test_no_text_makes_it_stumble(text: str) -> None:
    assert all(len(each) >= 10 for each in _ids(text, 10))
