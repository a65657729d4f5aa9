"""Open items: kept in little memory, used once, found by any spelling of their reference."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from exchange.checks import get
from exchange.model import Record
from exchange.reconcile.items import OpenItems
from exchange.reconcile.packed import Kept, Packed
from exchange.reconcile.rulebook import references_only
from tests.unit.reconcile.support import decide, item, moved, numbers

VALUES: Any = st.recursive(
    st.one_of(
        st.none(),
        st.text(),
        st.integers(),
        st.booleans(),
        st.decimals(allow_nan=False),
        st.dates(),
        st.datetimes(timezones=st.just(UTC)),
        st.times(),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.text(), VALUES), max_size=5))
def test_packed_records_come_back_as_they_were(records: list[dict[str, Any]]) -> None:
    packed = Packed()
    places = [packed.put(record) for record in records]
    for place, record in zip(places, records, strict=True):
        assert _spelled(packed.get(place)) == _spelled(record)


def _spelled(value: Any) -> Any:
    """With the types and the digits of everything, in order."""
    if isinstance(value, dict):
        return [(name, _spelled(inner)) for name, inner in value.items()]
    return (
        [_spelled(inner) for inner in value]
        if isinstance(value, list)
        else (type(value).__name__, str(value))
    )


def decided(items: list[Record], *receipts: Record) -> list[tuple[str, str | None, str]]:
    """Number of the open item and the reason, alike for packed items and for kept ones."""
    results = []
    for keep in (Packed, Kept):
        made = decide(items, receipts, rules=references_only(), keep=keep)
        results.append([(r["decision"], next(iter(numbers(r)), None), r["reason"]) for r in made])
    assert results[0] == results[1]
    return results[0]


def test_an_item_is_used_once_and_found_by_any_spelling() -> None:
    first, second, third = decided(
        [item(1, "1232")], moved("10.00", "RF33 1232"), moved("10.00", "00001232"), moved("10.00", "1232")
    )
    assert first[1] is None and "cannot be relied on" in first[2]
    assert second[:2] == ("matched", "1")
    assert third[1] is None and "paid twice?" in third[2]


def test_a_tie_is_never_decided_and_another_amount_tells_the_difference() -> None:
    tie, other, none = decided(
        [item(1, "1232"), item(2, "1232"), item(3, "12344", "12.00")],
        moved("10.00", "1232"),
        moved("10.00", "12344"),
        moved("10.00", "13"),
    )
    assert tie[1] is None and tie[2] == "Several open invoices fit equally well: 1, 2."
    assert "2.00 too little" in other[2]
    assert none[1] is None


def test_the_spelling_of_the_payer_must_be_sound_itself() -> None:
    """An RF reference may carry digits that are no reference of their own: those alone prove nothing."""
    items = [item(1, "RF18539007547034")]
    assert decided(items, moved("10.00", "RF18539007547034"))[0][0] == "matched"
    assert "cannot be relied on" in decided([item(1, "RF712348231")], moved("10.00", "2348232"))[0][2]


def test_two_hundred_thousand_items_take_less_than_sixty_mebibytes() -> None:
    complete = get("fi-viite").complete
    assert complete is not None
    packed, number = Packed(), 5_000
    ledger = [item(each, complete(str(10_000_000 + each)), f"{each}.37") for each in range(number)]
    items = OpenItems("receivable", packed).load([ledger], lambda _: None)
    assert len(packed) == len(items) == number
    sizes = [
        packed._bytes,
        packed._starts,
        items._left,
        items._base,
        items._references._ready(),
        items._keys._ready(),
    ]
    assert 200_000 * sum(map(sys.getsizeof, sizes)) / number < 60 << 20


def test_what_is_not_booked_is_no_receipt() -> None:
    moment = datetime(2026, 11, 23, tzinfo=UTC)
    results = decided(
        [item(1, "1232")],
        moved("10.00", "1232", status="pending", seen=moment),
        moved("10.00", "1232", reversal=True),
        moved("10.00", "1232", returned_reason="AC04"),
        moved("-10.00", "1232"),
        moved("10.00"),
    )
    assert [decision for decision, _, _ in results] == ["closed", *["unmatched"] * 4]
