"""A statement that stands in one file twice, of formats that tell no place of it."""

from __future__ import annotations

from typing import Any

import pytest

from exchange.findings import Finding
from exchange.model import Record
from exchange.past import NoPast
from exchange.reconcile.continuity import Statements

NOTHING = dict.fromkeys(("key", "entry_ref", "booked", "end_to_end_id", "reference", "text", "batch"))


def movement(amount: int, statement: str = "S1", **more: Any) -> Record:
    return {
        **NOTHING,
        "account": "A",
        "amount": amount,
        "statement": {"id": statement, "kind": "statement"},
        **more,
    }


def codes(*movements: Record) -> list[str]:
    found: list[Finding] = []
    list(Statements(NoPast(), found.append).watched(iter([list(movements)])))
    return [each.code for each in found]


@pytest.mark.parametrize(
    ("first", "told"),
    [
        (movement(5, entry_ref="2026112000001"), ["REC014"]),
        (movement(5, entry_ref="17"), []),
        (movement(5), []),
        (movement(5, entry_ref="2026112000001", batch={"count": 2}), []),
        (movement(5, "", entry_ref="2026112000001"), []),
    ],
)
def test_movements_that_begin_again(first: Record, told: list[str]) -> None:
    other = movement(7, first["statement"]["id"], entry_ref="2026112000002")
    assert codes(first, other) == []
    assert codes(first, other, {**first}, {**other}) == told
    assert codes(first, movement(1, "S2"), {**first}, {**other}) == told


def test_other_movements_of_the_same_amount_are_their_own() -> None:
    assert codes(movement(5, entry_ref="20261120001"), movement(5, entry_ref="20261120002")) == []
