"""WooCommerce files: decimals, rates, coupons, refunds."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest
from conftest import Documents

RATE = {"rate_id": 7, "label": "ALV", "rate_percent": 25.5}


def line(**given: Any) -> dict[str, Any]:
    base = {"name": "Cup", "sku": "C", "quantity": 1, "total": "10.00", "total_tax": "2.55", "price": 10}
    return {**base, "taxes": [{"id": 7, "total": "2.55"}], **given}


def order(**given: Any) -> dict[str, Any]:
    base = {
        "id": 5,
        "number": "A-5",
        "order_key": "wc_1",
        "status": "processing",
        "currency": "EUR",
        "date_created": "2026-11-24T10:00:00",
        "prices_include_tax": False,
        "total": "12.55",
        "total_tax": "2.55",
        "customer_id": 0,
        "billing": {"first_name": "", "last_name": "", "company": "", "email": "a@b.example", "country": ""},
        "line_items": [line()],
        "tax_lines": [RATE],
    }
    return {**base, **given}


def test_an_order_of_a_guest(documents: Documents) -> None:
    made, found = documents([order()])
    assert not found
    assert (made[0]["number"], made[0]["customer"]["number"], made[0]["customer"]["name"]) == (
        "A-5",
        None,
        "a@b.example",
    )
    assert (made[0]["lines"][0]["vat_rate"], made[0]["total_net"]) == (D("25.5"), D("10.00"))


def test_old_versions_without_rates(documents: Documents) -> None:
    made, found = documents([order(tax_lines=[{"rate_id": 7, "label": "ALV"}])], country="FI")
    assert (found, made[0]["lines"][0]["vat_rate"]) == ([], D("25.5"))
    made, found = documents(
        [
            order(
                tax_lines=[],
                shipping={"country": "SE"},
                line_items=[line(total_tax="2.50")],
                total="12.50",
                total_tax="2.50",
            )
        ]
    )
    assert (found, made[0]["lines"][0]["vat_rate"]) == ([], D(25))


def test_several_taxes_and_some_that_were_not_applied(documents: Documents) -> None:
    taxes = [{"id": 1, "total": "5"}, {"id": 2, "total": "7.00"}, {"id": 3, "total": ""}]
    rates = [{"rate_id": number, "rate_percent": percent} for number, percent in ((1, 5), (2, 7), (3, 25))]
    sold = line(total="100.00", total_tax="12.00", taxes=taxes)
    made, found = documents([order(line_items=[sold], tax_lines=rates, total="112.00", total_tax="12.00")])
    assert (found, made[0]["lines"][0]["vat_rate"]) == ([], D(12))


def test_many_decimals_are_rounded_and_the_cent_is_told(documents: Documents) -> None:
    lines = [
        line(total="3.984064", total_tax="1.015936", taxes=[{"id": 7, "total": "1.015936"}]) for _ in range(3)
    ]
    made, found = documents([order(line_items=lines, total="14.99", total_tax="3.047808")])
    assert [each.code for each in found] == ["WOO003"]
    assert [each["gross"] for each in made[0]["lines"]] == [D("5.00"), D("5.00"), D("5.00"), D("-0.01")]
    assert made[0]["total"] == D("14.99")


def test_fees_coupons_and_free_articles(documents: Documents) -> None:
    free = line(quantity=0, total="0.00", total_tax="0.00", taxes=[])
    fee = {"name": "Alennus &amp; etu", "total": "-2.00", "total_tax": "0.00", "taxes": []}
    made, found = documents(
        [order(line_items=[line(subtotal="20.00"), free], fee_lines=[fee], total="10.55")]
    )
    assert not found
    assert [(each["description"], each["gross"], each["vat_rate"]) for each in made[0]["lines"]] == [
        ("Cup", D("12.55"), D("25.5")),
        ("Cup", D("0.00"), D(0)),
        ("Alennus & etu", D("-2.00"), D(0)),
    ]


def test_a_refund_is_told_but_not_guessed(documents: Documents) -> None:
    made, found = documents([order(refunds=[{"id": 1, "reason": "", "total": "-4.00"}])])
    assert [(each.code, each.severity) for each in found] == [("WOO004", "warning")]
    assert "sum(refunds.total) is -4.00" in found[0].message
    assert [each["kind"] for each in made] == ["order"]


@pytest.mark.parametrize(
    ("given", "code"), [({"total": "13.55"}, "WOO001"), ({"total_tax": "1.55", "total": "12.55"}, "WOO002")]
)
def test_totals_that_are_wrong_hold_the_order(documents: Documents, given: dict[str, Any], code: str) -> None:
    made, found = documents([order(**given)])
    assert (made, [(each.code, each.severity) for each in found]) == ([], [(code, "error")])


def test_variations_and_customers(documents: Documents) -> None:
    variation = {
        "id": 9,
        "sku": "",
        "regular_price": "5.00",
        "price": "4.00",
        "stock_status": "instock",
        "stock_quantity": 3,
        "manage_stock": "parent",
        "status": "publish",
        "attributes": [{"name": "Size", "option": "M"}, {"name": "Colour", "option": "Red"}],
    }
    made, found = documents([variation])
    assert (found, made[0]["sku"], made[0]["name"], made[0]["price"]) == ([], "9", "M, Red", D("4.00"))
    customer = {"id": 3, "username": "u", "role": "customer", "email": "", "billing": {"company": "Bolag Ab"}}
    made, found = documents([customer])
    assert (found, made[0]["name"], made[0]["number"]) == ([], "Bolag Ab", "3")
