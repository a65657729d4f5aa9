"""What accounting systems and shops are sent must be the whole of an invoice, of one voucher, and nothing that is not known."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest
from invoice_support import FACTS, document, errors, library, mapped

from exchange.findings import Finding
from exchange.flow.content import run_chain
from exchange.flow.site import open_site
from exchange.mapping.tally import Tally
from exchange.model import Record

SAMPLES = Path(__file__).parents[2] / "samples"
LINE = {"description": "Beans", "quantity": D(1), "unit_price": D(100), "net": D(100), "vat_rate": D("25.5"), "vat": D("25.5"),
        "gross": D("125.5"), "account": "4000"}  # fmt: skip
INVOICE = {
    "number": "1",
    "kind": "invoice",
    "issued": date(2026, 11, 2),
    "currency": "EUR",
    "seller": {"name": "S"},
    "customer": {"name": "C"},
}


def made(
    owner: str, mapping: str, source: str, given: list[dict[str, Any]]
) -> tuple[list[Record], list[Finding]]:
    """What a mapping makes with the tables of a sample site."""
    step = open_site(SAMPLES / owner / "site").library.mapping(mapping)
    assert step is not None
    found: list[Finding] = []
    batches = run_chain(
        iter([[document(source, one) for one in given]]), [[step]], FACTS, found.append, lambda _: Tally()
    )
    return [record for batch in batches for record in batch], found


@pytest.mark.parametrize(
    ("mapping", "code", "rate"),
    [("xero/invoice-to-bills", "XERO04", "25"), ("xero/invoice-to-sales-invoices", "XERO03", "25.5")],
)
def test_an_invoice_whose_allowance_has_no_row_is_refused(mapping: str, code: str, rate: str) -> None:
    line = {**LINE, "vat_rate": D(rate), "vat": D(rate), "gross": 100 + D(rate)}
    whole = {**INVOICE, "lines": [line], "total_net": D(100), "total_vat": D(rate), "total": 100 + D(rate)}
    _, found = made("xero", mapping, "common/invoice", [whole])
    assert errors(found) == []
    allowance = {"kind": "allowance", "net": D(10), "vat_rate": D(rate)}
    vat = D(rate) * 9 / 10
    less = {**whole, "total_net": D(90), "total_vat": vat, "total": 90 + vat, "adjustments": [allowance]}
    _, found = made("xero", mapping, "common/invoice", [less])
    assert [each.code for each in errors(found)] == [code]


def test_long_numbers_of_two_vouchers_do_not_make_one_entry() -> None:
    rows = [{"account": "3000", "amount": D(-10)}, {"account": "1700", "amount": D(10)}]
    keys = [f"FI2112345600000785/2026-11-02/{number}" for number in (1, 2)]
    given = [{"date": date(2026, 11, 2), "text": "Sale", "key": key, "rows": rows} for key in keys]
    entries, found = made("quickbooks", "quickbooks/voucher-to-journal", "common/voucher", given)
    assert errors(found) == []
    numbers = [entry["number"] for entry in entries]
    assert numbers[0] == numbers[1] != numbers[2] == numbers[3]
    assert {len(number) for number in numbers} == {21}


@pytest.mark.parametrize(
    ("owner", "mapping", "foreign"),
    [
        ("dgfip", "dgfip/voucher-to-fec", "currency_amount"),
        ("sie", "sie/voucher-to-5-entry", "currency_amount"),
        ("datev", "datev/voucher-to-bookings", "base_amount"),
    ],
)
def test_the_own_currency_is_not_a_foreign_one(owner: str, mapping: str, foreign: str) -> None:
    own = "SEK" if owner == "sie" else "EUR"
    accounts = ("411000", "707000") if owner == "dgfip" else ("1700", "3000")

    def told(currency: str) -> set[tuple[str | None, bool]]:
        rows = [
            {"account": account, "amount": amount, "currency": currency, "currency_amount": 2 * amount}
            for account, amount in zip(accounts, (D(10), D(-10)), strict=True)
        ]
        given = [{"date": date(2026, 11, 2), "text": "Sale", "key": "V1", "number": "1", "rows": rows}]
        records, found = made(owner, mapping, "common/voucher", given)
        assert errors(found) == []
        written = [row for record in records for row in record.get("rows", [record]) if "account" in row]
        return {(row["currency"], row[foreign] is not None) for row in written}

    assert told(own) == {(None, False)}
    assert told("USD") == {("USD", True)}


@pytest.mark.parametrize(
    ("country", "rate", "day", "code"),
    [
        ("SE", "25.5", date(2026, 3, 1), "KOMY"),
        ("SE", "24", date(2024, 8, 31), "KOMY"),
        ("SE", "24", date(2026, 3, 1), "NONE"),
        ("SE", "14", date(2025, 12, 31), "KOMY"),
        ("SE", "25", date(2026, 3, 1), "NONE"),
        ("IE", "13.5", date(2026, 3, 1), "NONE"),
        ("LU", "14", date(2025, 3, 1), "NONE"),
        ("EE", "13.5", date(2026, 3, 1), "KOMY"),
        ("FI", "24", date(2026, 3, 1), "KOMY"),
        ("SE", "0", date(2026, 3, 1), "EUMY"),
        ("GB", "0", date(2026, 3, 1), "EUUM"),
    ],
)
def test_finnish_vat_abroad_is_known_by_the_rates_of_the_day(
    country: str, rate: str, day: date, code: str
) -> None:
    vat = D(rate)
    line = {**LINE, "vat_rate": D(rate), "vat": vat, "gross": 100 + vat}
    given = {**INVOICE, "issued": day, "due": day, "customer": {"name": "C", "address": {"country": country}}, "lines": [line],
             "total_net": D(100), "total_vat": vat, "total": 100 + vat}  # fmt: skip
    invoices, found = mapped("netvisor/invoice-to-sales-invoice", [document("common/invoice", given)])
    assert errors(found) == []
    (invoice,) = invoices
    assert invoice["lines"][0]["vat_code"] == code
    assert [each.code for each in found] == (["NETV01"] if code == "NONE" else [])


@pytest.mark.parametrize(
    ("country", "category", "code", "told"),
    [("SE", "K", "EUMY", None), ("SE", "AE", "", "NETV36"), ("SE", "E", "NONE", None), ("FI", "AE", "RAMY", None), ("GB", "G", "EUUM", None)],
)  # fmt: skip
def test_services_to_the_eu_are_not_reported_as_goods(
    country: str, category: str, code: str, told: str | None
) -> None:
    line = {**LINE, "vat_rate": D(0), "vat": D(0), "gross": D(100), "vat_category": category}
    given = {**INVOICE, "due": INVOICE["issued"], "customer": {"name": "C", "address": {"country": country}}, "lines": [line],
             "total_net": D(100), "total_vat": D(0), "total": D(100)}  # fmt: skip
    invoices, found = mapped("netvisor/invoice-to-sales-invoice", [document("common/invoice", given)])
    assert [each.code for each in found] == ([] if told is None else [told])
    assert told or invoices[0]["lines"][0]["vat_code"] == code
    named = {**given, "lines": [{**line, "vat_code": "EUPM309"}]}
    _, found = mapped("netvisor/invoice-to-sales-invoice", [document("common/invoice", named)])
    assert found == []


def test_a_shop_keeps_what_is_not_known_of_an_article() -> None:
    known = {"sku": "A1", "name": "Beans", "active": False, "stock": [{"quantity": D(3), "available": D(0)}]}
    given = [document("common/product", one) for one in ({"sku": "A2", "name": "Tea"}, known)]
    (bare, told), _ = mapped("woocommerce/product-to-product-import", given)
    assert (bare["published"], bare["in_stock"], bare["stock"]) == (None, None, None)
    assert (told["published"], told["in_stock"], told["stock"]) == (False, "0", D(0))
    assert library().problems == []
