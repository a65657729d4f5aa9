"""Shopify files: what the API's versions and real shops put into them, and money that adds up."""

from __future__ import annotations

import json
from copy import deepcopy
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest
from conftest import Documents

from exchange.operations import looking
from exchange.outcome import Gathered

TAX = {"title": "ALV", "price": "2.55", "rate": 0.255}


def line(**given: Any) -> dict[str, Any]:
    """One article for 12.55, with 25.5 % VAT inside."""
    base = {"id": 1, "sku": "A", "name": "Article", "quantity": 1, "price": "12.55", "tax_lines": [TAX]}
    return {**base, "discount_allocations": [], **given}


def order(**given: Any) -> dict[str, Any]:
    """A paid order of one article."""
    base = {
        "id": 1,
        "name": "#1001",
        "created_at": "2026-11-24T23:30:00+02:00",
        "currency": "EUR",
        "taxes_included": True,
        "financial_status": "paid",
        "total_price": "12.55",
        "total_tax": "2.55",
        "line_items": [line()],
        "shipping_lines": [],
        "refunds": [],
    }
    return {**base, **given}


def refund(**given: Any) -> dict[str, Any]:
    base = {
        "id": 9,
        "created_at": "2026-11-25T08:00:00+02:00",
        "refund_line_items": [],
        "order_adjustments": [],
    }
    return {**base, "transactions": [], **given}


def back(amount: str) -> list[dict[str, Any]]:
    """The money that went back."""
    return [{"kind": "refund", "status": "success", "amount": amount, "currency": "EUR", "gateway": "card"}]


@pytest.mark.parametrize(
    "form", [lambda o: {"orders": [o]}, lambda o: {"order": o}, lambda o: [o], lambda o: o]
)
def test_an_order_is_found_wherever_it_stands(documents: Documents, form: Any) -> None:
    made, found = documents(form(order(customer={"id": 7, "verified_email": True, "state": "enabled"})))
    assert not found
    assert [(each["number"], each["ordered"].isoformat(), each["total"]) for each in made] == [
        ("1001", "2026-11-24", D("12.55"))
    ]
    (sold,) = made[0]["lines"]
    assert (sold["net"], sold["vat_rate"], sold["vat"], sold["gross"]) == (
        D("10.00"),
        D("25.5"),
        D("2.55"),
        D("12.55"),
    )


def test_no_orders_at_all(documents: Documents) -> None:
    assert documents({"orders": []}) == ([], [])


def test_everything_that_makes_a_total(documents: Documents) -> None:
    """Discounts of the order on its lines, shipping, tips, duties and fees, gift cards, articles that are gone."""
    duties = {
        "shop_money": {"amount": "3.00", "currency_code": "EUR"},
        "presentment_money": {"amount": "33.00"},
    }
    lines = [
        line(price="15.00", quantity=2, discount_allocations=[{"amount": "4.90"}], total_discount="30.00"),
        line(
            sku=None,
            name=None,
            title="Gone",
            product_id=None,
            quantity=1,
            price="50.00",
            gift_card=True,
            tax_lines=[],
        ),
    ]
    shipping = [
        {
            "title": "Post",
            "price": "5.00",
            "discount_allocations": [{"amount": "5.00"}],
            "tax_lines": [{"price": "0.00", "rate": 0.255}],
        }
    ]
    made, found = documents(
        [
            order(
                line_items=lines,
                shipping_lines=shipping,
                total_price="80.10",
                total_tip_received="1.00",
                original_total_duties_set=duties,
                original_total_additional_fees_set=deepcopy(duties) | {"shop_money": {"amount": "1.00"}},
            )
        ]
    )
    assert not found
    kinds = [(each["kind"], each["gross"], each["vat_rate"]) for each in made[0]["lines"]]
    assert kinds == [
        ("product", D("25.10"), D("25.5")),
        ("product", D("50.00"), D(0)),
        ("shipping", D("0.00"), D("25.5")),
        ("fee", D("1.00"), D(0)),
        ("fee", D("3.00"), D(0)),
        ("fee", D("1.00"), D(0)),
    ]
    assert made[0]["lines"][1]["description"] == "Gone"
    assert made[0]["total"] == D("80.10")


def test_several_taxes_on_one_line(documents: Documents) -> None:
    taxes = [{"title": "GST", "price": "5.00", "rate": 0.05}, {"title": "PST", "price": "7.00", "rate": 0.07}]
    made, found = documents(
        [
            order(
                taxes_included=False,
                currency="CAD",
                total_price="112.00",
                total_tax="12.00",
                line_items=[line(price="100.00", tax_lines=taxes)],
            )
        ]
    )
    assert not found
    (sold,) = made[0]["lines"]
    assert (sold["net"], sold["vat_rate"], sold["vat"], sold["gross"]) == (
        D("100.00"),
        D(12),
        D("12.00"),
        D("112.00"),
    )


def test_a_customer_without_tax_has_no_rate(documents: Documents) -> None:
    exempt = [{"title": "ALV", "price": "0.00", "rate": 0.255}]
    made, found = documents([order(tax_exempt=True, total_tax="0.00", line_items=[line(tax_lines=exempt)])])
    assert not found
    assert (made[0]["lines"][0]["vat_rate"], made[0]["lines"][0]["net"]) == (D(0), D("12.55"))


def test_yen_have_no_decimals(documents: Documents) -> None:
    lines = [line(price="1000", tax_lines=[{"price": "91", "rate": 0.1}])]
    made, found = documents([order(currency="JPY", total_price="1000", total_tax="91", line_items=lines)])
    assert not found
    assert (made[0]["lines"][0]["net"], made[0]["total"]) == (D(909), D(1000))


def test_a_cent_of_rounding_is_a_line_and_a_warning(documents: Documents) -> None:
    made, found = documents([order(taxes_included=False, total_price="15.11", total_tax="2.56")])
    assert [(each.code, each.severity) for each in found] == [("SHOP003", "warning")]
    assert "1001" in found[0].message
    assert [(each["kind"], each["gross"]) for each in made[0]["lines"]] == [
        ("product", D("15.10")),
        ("rounding", D("0.01")),
    ]
    assert made[0]["total"] == sum(each["gross"] for each in made[0]["lines"]) == D("15.11")


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ({"total_price": "11.55"}, "SHOP001", "sum(lines.gross) is 12.55, total is 11.55"),
        ({"total_tax": "1.55"}, "SHOP002", "vat_of_lines is 2.55, total_tax is 1.55"),
    ],
)
def test_totals_that_are_wrong_hold_the_order(
    documents: Documents, given: dict[str, Any], code: str, words: str
) -> None:
    made, found = documents([order(**given), order(name="#1002")])
    assert [each["number"] for each in made] == ["1002"]
    assert [(each.code, each.severity) for each in found] == [(code, "error")]
    assert words in found[0].message and 'number is "1001"' in found[0].message


def test_articles_and_shipping_that_came_back(documents: Documents) -> None:
    """Some versions tell the shipping twice; it is credited once."""
    gone = {"id": 3, "quantity": 1, "subtotal": 12.55, "total_tax": 2.55, "line_item": line()}
    shipping = {
        "kind": "shipping_refund",
        "amount": "-4.00",
        "tax_amount": "-1.02",
        "reason": "Shipping refund",
    }
    told_again = {
        "subtotal_amount_set": {"shop_money": {"amount": "5.02"}},
        "shipping_line": {"title": "Post"},
    }
    paid = [{"title": "Post", "price": "5.02", "tax_lines": [{"price": "1.02", "rate": 0.255}]}]
    whole = refund(
        refund_line_items=[gone],
        order_adjustments=[shipping],
        refund_shipping_lines=[told_again],
        transactions=back("17.57"),
    )
    sale = {"total_price": "17.57", "total_tax": "3.57", "shipping_lines": paid}
    for came_back in (whole, {**whole, "order_adjustments": []}):
        made, found = documents([order(**sale, refunds=[came_back])])
        assert not found
        credit = made[1]
        assert (credit["number"], credit["kind"], credit["credits"]) == ("1001-R9", "credit", "1001")
        amounts = [
            (each["kind"], each["quantity"], each["net"], each["vat"], each["vat_rate"])
            for each in credit["lines"]
        ]
        assert amounts == [
            ("product", D(-1), D("-10.00"), D("-2.55"), D("25.5")),
            ("shipping", D(-1), D("-4.00"), D("-1.02"), D("25.5")),
        ]
        assert (credit["total_net"], credit["total_vat"], credit["total"]) == (
            D("-14.00"),
            D("-3.57"),
            D("-17.57"),
        )


def test_less_paid_back_than_the_article_cost(documents: Documents) -> None:
    gone = {"quantity": 1, "subtotal": "12.55", "total_tax": "2.55", "line_item": line()}
    kept = {"kind": "refund_discrepancy", "amount": "2.55", "tax_amount": "0.00", "reason": "Restocking"}
    made, found = documents(
        [
            order(
                refunds=[
                    refund(refund_line_items=[gone], order_adjustments=[kept], transactions=back("10.00"))
                ]
            )
        ]
    )
    assert not found
    assert made[1]["total"] == D("-10.00")


def test_money_paid_back_for_nothing_named_is_told(documents: Documents) -> None:
    goodwill = {"kind": "refund_discrepancy", "amount": "-5.00", "tax_amount": "0.00"}
    made, found = documents(
        [order(refunds=[refund(order_adjustments=[goodwill], transactions=back("5.00"))])]
    )
    assert [(each.code, each.severity) for each in found] == [("SHOP005", "warning")]
    assert made[1]["total"] == D("-5.00")


def test_a_refund_that_does_not_fit_the_money_is_held(documents: Documents) -> None:
    gone = {"quantity": 1, "subtotal": "12.55", "total_tax": "2.55", "line_item": line()}
    made, found = documents([order(refunds=[refund(refund_line_items=[gone], transactions=back("12.00"))])])
    assert [each["kind"] for each in made] == ["order"]
    assert [(each.code, each.severity) for each in found] == [("SHOP004", "error")]


def test_what_was_only_put_back_on_the_shelf_is_no_credit(documents: Documents) -> None:
    gone = {"quantity": 1, "subtotal": "0.00", "total_tax": "0.00", "line_item": line()}
    made, found = documents([order(refunds=[refund(refund_line_items=[gone])])])
    assert (len(made), found) == (1, [])


def test_several_currencies(documents: Documents) -> None:
    """The shop's own currency is booked, not the one the customer saw."""
    both = {
        "shop_money": {"amount": "12.55", "currency_code": "EUR"},
        "presentment_money": {"amount": "141.00", "currency_code": "SEK"},
    }
    sold = line(price_set=both)
    paid_in_sek = [{"kind": "refund", "status": "success", "amount": "141.00", "currency": "SEK"}]
    gone = {"quantity": 1, "subtotal": 12.55, "total_tax": 2.55, "line_item": line()}
    refunded = refund(refund_line_items=[gone], transactions=paid_in_sek)
    made, found = documents(
        [order(presentment_currency="SEK", total_price_set=both, line_items=[sold], refunds=[refunded])]
    )
    assert not found
    assert [(each["currency"], each["total"]) for each in made] == [("EUR", D("12.55")), ("EUR", D("-12.55"))]


def test_drafts(documents: Documents) -> None:
    """The discount of the whole draft is spread, and its cents are not lost."""
    lines = [line(price="10.00", tax_lines=[], quantity=1) for _ in range(3)]
    draft = order(
        name="#D7",
        line_items=lines,
        applied_discount={"amount": "10.00"},
        total_price="20.00",
        total_tax="0.00",
        invoice_url="https://shop.example",
        completed_at=None,
        status="open",
        shipping_line=None,
    )
    del draft["financial_status"]
    made, found = documents({"draft_order": draft})
    assert not found
    assert made[0]["payment"]["status"] == "draft: open"
    assert [each["gross"] for each in made[0]["lines"]] == [D("6.67"), D("6.67"), D("6.67"), D("-0.01")]


def test_products_customers_and_stock(documents: Documents) -> None:
    variants = [
        {
            "id": 5,
            "title": "Default Title",
            "sku": "",
            "price": "9.90",
            "barcode": "6412345678907",
            "inventory_management": "shopify",
            "inventory_quantity": -2,
        }
    ]
    product = {
        "id": 1,
        "title": "Mug & co",
        "handle": "mug",
        "body_html": "<p>A <b>mug</b></p>",
        "status": "draft",
        "variants": variants,
    }
    made, found = documents({"products": [product]})
    assert not found
    assert {name: made[0][name] for name in ("sku", "name", "description", "ean", "active")} == {
        "sku": "5",
        "name": "Mug & co",
        "description": "A mug",
        "ean": "6412345678907",
        "active": False,
    }
    assert made[0]["stock"][0] | {"arriving": None} == {
        "warehouse": None,
        "quantity": D(-2),
        "available": D(0),
        "arriving": None,
    }
    made, found = documents(
        {"customers": [{"id": 4, "state": "invited", "verified_email": False, "email": None}]}
    )
    assert (made[0]["name"], found) == ("Customer 4", [])
    levels = [
        {"inventory_item_id": 1, "location_id": 2, "available": None},
        {"inventory_item_id": 1, "location_id": 3, "available": 7},
    ]
    made, found = documents({"inventory_levels": levels})
    assert ([(each["item"], each["warehouse"], each["available"]) for each in made], found) == (
        [("1", "3", D(7))],
        [],
    )


def test_orders_one_per_line(tmp_path: Path) -> None:
    path = tmp_path / "orders.ndjson"
    path.write_text("\n".join(json.dumps(order(name=name)) for name in ("#1", "#2")) + "\n", encoding="utf-8")
    found = Gathered()
    made = list(looking.read(path, None, None, as_common=True, found=found))
    assert ([each["number"] for each in made], list(found.kept)) == (["1", "2"], [])


def test_a_tip_that_is_a_line_counts_once(documents: Documents) -> None:
    tip = line(sku=None, name="Tip", price="2.00", tax_lines=[], tip_payment_gateway="shopify_payments")
    made, found = documents(order(line_items=[line(), tip], total_price="14.55", total_tip_received="2.00"))
    assert (found, made[0]["total"]) == ([], D("14.55"))
    assert [each["gross"] for each in made[0]["lines"]] == [D("12.55"), D("2.00")]


def test_what_is_paid_back_beside_articles_has_a_rate_of_the_order(documents: Documents) -> None:
    goodwill = {"kind": "refund_discrepancy", "amount": "-4.00", "tax_amount": "-1.02"}
    given = refund(order_adjustments=[goodwill], transactions=back("5.02"))
    made, found = documents([order(refunds=[given])])
    assert (found, made[1]["lines"][0]["vat_rate"]) == ([], D("25.5"))
    goodwill["tax_amount"] = "-0.96"
    made, found = documents(
        [order(refunds=[refund(order_adjustments=[goodwill], transactions=back("4.96"))])]
    )
    assert [each.code for each in found] == ["MAP001"]
