"""Magento orders: what was chosen of a configurable article or of a bundle counts once, whoever has the price."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest
from conftest import Documents


def item(number: int, net: str, tax: str = "0", rate: str = "25.5", **given: Any) -> dict[str, Any]:
    base = {"item_id": number, "sku": f"A{number}", "name": f"Article {number}", "qty_ordered": 1}
    amounts = {"price": net, "row_total": net, "tax_amount": tax, "tax_percent": rate}
    return {**base, **amounts, "discount_amount": 0, "product_type": "simple", **given}


def order(items: list[dict[str, Any]], total: str, **given: Any) -> dict[str, Any]:
    base = {
        "entity_id": 1,
        "increment_id": "000001",
        "created_at": "2026-11-24 22:30:00",
        "status": "complete",
    }
    return {**base, "order_currency_code": "EUR", "grand_total": total, "items": items, **given}


PARENT = item(1, "100.00", "25.50", product_type="configurable")
FREE_CHILD = item(2, "0", parent_item_id=1, parent_item=PARENT)
PRICED_CHILD = item(2, "100.00", "25.50", parent_item_id=1)
BUNDLE = item(1, "100.00", "25.50", product_type="bundle")


@pytest.mark.parametrize(
    ("items", "kept"),
    [
        ([PARENT, FREE_CHILD], ["A1"]),
        ([PARENT, PRICED_CHILD], ["A1"]),
        (
            [BUNDLE, item(2, "60", "15.30", parent_item_id=1), item(3, "40", "10.20", parent_item_id=1)],
            ["A2", "A3"],
        ),
        ([BUNDLE, item(2, "0", parent_item_id=1), item(3, "0", parent_item_id=1)], ["A1"]),
    ],
    ids=[
        "variant",
        "variant with the price, too",
        "bundle of priced parts",
        "bundle with a price of its own",
    ],
)
def test_no_part_is_counted_twice(documents: Documents, items: list[dict[str, Any]], kept: list[str]) -> None:
    made, found = documents({"items": [order(items, "125.50")], "total_count": 1})
    assert not found
    assert [line["sku"] for line in made[0]["lines"]] == kept
    assert (made[0]["total"], made[0]["total_net"], made[0]["total_vat"]) == (
        D("125.50"),
        D("100.00"),
        D("25.50"),
    )


@pytest.mark.parametrize("frame", [lambda one: one, lambda one: [one], lambda one: {"items": [one]}])
def test_one_order_a_list_and_a_search_result(documents: Documents, frame: Any) -> None:
    made, found = documents(frame(order([item(1, "100.00", "25.50")], "125.50")))
    assert (found, made[0]["number"], made[0]["ordered"].isoformat()) == ([], "000001", "2026-11-24")


def test_a_discount_on_a_price_with_vat(documents: Documents) -> None:
    cheaper = item(1, "100.00", "22.95", discount_amount="12.55", discount_tax_compensation_amount="2.55")
    made, found = documents(order([cheaper], "112.95", tax_amount="22.95"))
    assert (found, made[0]["lines"][0]["net"]) == ([], D("90.00"))


def test_parts_that_no_line_tells_hold_the_order(documents: Documents) -> None:
    made, found = documents(order([item(1, "100.00", "25.50")], "130.50"))
    assert (made, [finding.code for finding in found]) == ([], ["MAG001"])


def test_missing_parts_are_no_zeros_that_matter(documents: Documents) -> None:
    bare = {"item_id": 1, "qty_ordered": 2, "row_total": "10.00"}
    made, found = documents(order([bare], "10.00", billing_address=None, payment=None, customer_id=None))
    assert not found
    assert (made[0]["lines"][0]["vat_rate"], made[0]["customer"]["name"]) == (D(0), "Guest")
