"""Shopify's order export: several rows for an order, columns that came and went, VAT of the whole order."""

from __future__ import annotations

from decimal import ROUND_HALF_UP
from decimal import Decimal as D
from pathlib import Path
from random import Random
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


def amount(value: D) -> D:
    return value.quantize(D("0.01"), ROUND_HALF_UP)


def random_order(chance: Random, number: int) -> tuple[list[str], D]:
    """The rows of an order as Shopify works it out, VAT line by line, and its total."""
    inclusive, rate = chance.random() < 0.5, D(chance.choice(["25.5", "25", "13.5", "6"]))
    articles = [
        (chance.randint(1, 5), D(chance.randint(1, 99999)) / 100) for _ in range(chance.randint(1, 6))
    ]
    taxable = [chance.random() < 0.8 for _ in articles]
    shipping = D(chance.choice([0, 490, 1290])) / 100
    parts = [quantity * price for quantity, price in articles]
    bases = [part for part, bears in zip(parts, taxable, strict=True) if bears] + [shipping]
    taxes = sum((amount(part * rate / (100 + rate if inclusive else 100)) for part in bases), D(0))
    total = sum(parts, D(0)) + shipping + (0 if inclusive else taxes)
    head = [
        f"#{number}",
        "a@b.example",
        "paid",
        "EUR",
        sum(parts, D(0)),
        shipping,
        taxes,
        total,
        "2026-11-24 23:30:00 +0200",
    ]
    tail = ["", "", f"VAT {rate}%", taxes, "", ""]
    rows = []
    for at, ((quantity, price), bears) in enumerate(zip(articles, taxable, strict=True)):
        first = head if at == 0 else [*head[:2], *[""] * 7]
        last = tail if at == 0 else [""] * 6
        rows.append(",".join(map(str, [*first, quantity, "Mug", price, f"M{at}", *last, str(bears).lower()])))
    return rows, total


def test_orders_at_random_keep_their_totals(tmp_path: Path) -> None:
    chance = Random(20261128)
    orders = [random_order(chance, number) for number in range(1000, 1200)]
    path = tmp_path / "orders_export.csv"
    rows = [row for order, _ in orders for row in order]
    path.write_text("\n".join([f"{HEADER},Lineitem taxable", *rows]) + "\n", encoding="utf-8")
    found = Gathered()
    made = list(looking.read(path, None, None, as_common=True, found=found))
    assert (len(made), list(found.kept)) == (200, [])
    for order, (_, total) in zip(made, orders, strict=True):
        assert order["total"] == total == sum(line["gross"] for line in order["lines"])
        assert order["total_net"] + order["total_vat"] == total
