"""Files of the shops' own documentation: each is known for what it is, and none makes the product stumble."""

from __future__ import annotations

from decimal import Decimal as D
from pathlib import Path

import pytest

from exchange.operations import looking

SHOPIFY = {
    "currencies": "currencies",
    "customer": "customers",
    "discount_code": "discount-codes",
    "discount_codes": "discount-codes",
    "dispute": "disputes",
    "disputes": "disputes",
    "draft_order": "draft-orders",
    "fulfillment": "fulfillments",
    "gift_card": "gift-cards",
    "inventory_item": "inventory-items",
    "inventory_items": "inventory-items",
    "inventory_level": "inventory-levels",
    "inventory_levels": "inventory-levels",
    "location": "locations",
    "payout": "payouts",
    "payouts_transactions": "balance-transactions",
    "price_rules": "price-rules",
    "product": "products",
    "products": "products",
    "refund": "refunds",
    "refund_calculate": "refund-calculations",
    "transaction": "transactions",
    "transactions": "transactions",
}
WOOCOMMERCE = {
    "_customers_03": "customers",
    "_customers_07": "customer-downloads",
    "_order-refunds_01": "refunds",
    "_order-refunds_03": "refunds",
    "_orders_01": "orders",
    "_orders_03": "orders",
    "_payment-gateways_01": "payment-gateways",
    "_payment-gateways_02": "payment-gateways",
    "_products_01": "products",
    "_products_02": "products",
    "_products_04": "products",
    "_products_05": "products",
    "_shipping-methods_01": "shipping-methods",
    "_shipping-methods_02": "shipping-methods",
    "_taxes_01": "tax-rates",
    "_taxes_04": "tax-rates",
}
ZETTLE = {
    "fetch-account-transactions-v2_01": "account-transactions",
    "fetch-inventory-balance_01": "inventory-balances",
    "fetch-inventory-balance_04": "inventory-queries",
    "fetch-purchase-information-for-transactions-v2_01": "account-transactions",
    "product-library_01": "products",
    "product-library_02": "product-updates",
    "purchase_01": "payments",
    "purchase_02": "payments",
    "purchase_03": "payments",
    "purchase_04": "payments",
    "purchase_05": "payments",
    "purchase_06": "payments",
    "update-inventory-balance_01": "inventory-movements",
    "update-inventory-balance_02": "inventory-balances",
    "update-inventory-balance_03": "inventory-product-changes",
}
FLAWED = {
    "products": {"KEY002"},  # one article number stands for several variants
    "draft_order": {"SHOP011"},  # its lines make 1170.42, its total says 1027.41
    "payouts_transactions": {
        "SHOP021",
        "SHOP022",
    },  # an excerpt: an adjustment of -1.50 less a fee of -0.25 is -1.75
    "_payment-gateways_01": {"JSN005"},  # a key stands twice
    "_orders_01": {"MAP001"},  # sales tax of the United States, without its rate
    "_orders_03": {"MAP001", "WOO004"},  # the same; two refunds, of which the sums alone are told
}


@pytest.mark.parametrize(
    ("shop", "name", "layout"),
    [("shopify", *pair) for pair in SHOPIFY.items()]
    + [("woocommerce", *pair) for pair in WOOCOMMERCE.items()]
    + [("zettle", *pair) for pair in ZETTLE.items()],
)
def test_a_file_is_known_for_what_it_is(corpus: Path, shop: str, name: str, layout: str) -> None:
    seen = looking.inspect(corpus / "accounting" / shop / f"{name}.json", None, None)
    assert seen.layout == f"{shop}/{layout}"
    assert {finding.code for finding in seen.findings.kept} == FLAWED.get(name, set())
    assert sum(seen.records.values()) >= 1 or name == "_payment-gateways_01"


def test_every_file_is_listed(corpus: Path) -> None:
    for shop, names in (("shopify", SHOPIFY), ("woocommerce", WOOCOMMERCE), ("zettle", ZETTLE)):
        assert {path.stem for path in (corpus / "accounting" / shop).glob("*.json")} == set(names)


@pytest.mark.parametrize(
    ("shop", "name", "documents", "totals"),
    [
        ("shopify", "customer", {"common/customer": 1}, []),
        ("shopify", "product", {"common/product": 4}, []),
        ("shopify", "inventory_levels", {"common/stock": 4}, []),
        ("woocommerce", "_orders_03", {"common/order": 1}, [("USD", D("39.00"))]),
        ("woocommerce", "_products_04", {"common/product": 2}, []),
        ("woocommerce", "_customers_03", {"common/customer": 2}, []),
        ("zettle", "product-library_01", {"common/product": 2}, []),
        ("zettle", "update-inventory-balance_02", {"common/stock": 2}, []),
        ("zettle", "fetch-account-transactions-v2_01", {"common/settlement": 1}, []),
    ],
)
def test_documents_of_real_files(
    corpus: Path, shop: str, name: str, documents: dict[str, int], totals: list[tuple[str, D]]
) -> None:
    seen = looking.inspect(corpus / "accounting" / shop / f"{name}.json", None, None)
    assert dict(seen.documents) == documents
    assert [(each["currency"], each["credit"]) for each in seen.totals] == totals


def test_a_file_that_nobody_declared_says_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "webhook.json"
    path.write_text('{"webhook": {"id": 1}, "topic": "orders/create"}', encoding="utf-8")
    seen = looking.inspect(path, None, None)
    assert [finding.message for finding in seen.findings.kept] == [
        "No layout is known for this file: it is json with webhook, topic."
    ]


def test_programs_of_payroll_are_no_data(corpus: Path) -> None:
    for path in (corpus / "accounting" / "payroll").glob("*.al"):
        seen = looking.inspect(path, None, None)
        assert [finding.message for finding in seen.findings.kept] == [
            "This is no data file but the text of a program."
        ]
