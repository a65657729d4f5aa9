"""Shopify's order export: several rows for an order, columns that came and went, VAT of the whole order."""

from __future__ import annotations

from decimal import Decimal as D
from pathlib import Path
from typing import Any

from exchange.operations import looking
from exchange.outcome import Gathered

HEADER = (
    "Name,Email,Financial Status,Currency,Subtotal,Shipping,Taxes,Total,Created at,Lineitem quantity,"
    "Lineitem name,Lineitem price,Lineitem sku,Billing Zip,Canceled at,Tax 1 Name,Tax 1 Value,Tax 2 Name,Tax 2 Value"
)
FIRST = "#1001,a@example.fi,paid,EUR,25.10,5.00,6.12,30.10,2026-11-24 23:30:00 +0200,1,Mug,12.55,M1,'00100,,FI VAT 25.5%,6.12,,"
SECOND = "#1001,a@example.fi,,,,,,,,1,Cup,12.55,C1,,,,,,"


def read(tmp_path: Path, *rows: str) -> tuple[list[dict[str, Any]], list[str]]:
    path = tmp_path / "orders_export_1.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    found = Gathered()
    made = list(looking.read(path, None, None, as_common=True, found=found))
    return made, [finding.code for finding in found.kept]


def test_rows_become_one_order(tmp_path: Path) -> None:
    made, codes = read(tmp_path, FIRST, SECOND)
    assert not codes and len(made) == 1
    order = made[0]
    assert (order["number"], order["total"], order["total_vat"]) == ("1001", D("30.10"), D("6.12"))
    assert [line["kind"] for line in order["lines"]] == ["product", "product", "shipping"]
    assert order["customer"]["address"]["postcode"] == "00100" and order["prices_include_vat"]


def test_prices_without_vat(tmp_path: Path) -> None:
    row = FIRST.replace("25.10,5.00,6.12,30.10", "10.00,0.00,2.55,12.55").replace("12.55,M1", "10.00,M1")
    made, codes = read(tmp_path, row.replace("6.12", "2.55"))
    assert not codes and not made[0]["prices_include_vat"] and made[0]["total_net"] == D("10.00")


def test_several_rates_are_held(tmp_path: Path) -> None:
    made, codes = read(tmp_path, FIRST.removesuffix(",,") + ",FI VAT 14%,1.00", SECOND)
    assert not made and codes == ["SHOP031"]


def test_another_vat_than_that_of_the_lines_is_held(tmp_path: Path) -> None:
    made, codes = read(tmp_path, FIRST.replace("5.00,6.12", "5.00,7.12"), SECOND)
    assert not made and codes == ["SHOP033"]
