"""Cross Industry Invoice: what is written passes the schema and the rules of EN 16931, and comes back as the same invoice."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from invoice_cases import BUYER
from invoice_support import AT_RANDOM, CORPUS, errors, read, written
from lxml import etree
from official_rules import broken_rules, schema
from test_ubl import INVOICE, INVOICES, NO_VAT, UNTAXED, discounted, line

RULES = CORPUS / "en16931/cii/xslt/EN16931-CII-validation.xslt"
XSD = "en16931/cii/schema/D16B SCRDM (Subset)/uncoupled clm/CII/uncefact/data/standard/CrossIndustryInvoice_100pD16B.xsd"
RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"
SAMPLE = Path(__file__).parents[2] / "samples/uncefact/received/01-two-rates.in.xml"
LINE_START, LINE_END = (f"<{slash}ram:IncludedSupplyChainTradeLineItem>" for slash in ("", "/"))
SOME = max(10, AT_RANDOM // 2)
"""How many invoices at random."""


def sent(invoice: dict[str, Any]) -> tuple[bytes, list[Any]]:
    return written("uncefact/invoice-to-cii", "uncefact/invoice", invoice)


@settings(max_examples=SOME)
@given(INVOICES)
def test_what_is_written_is_right_and_comes_back(whole: dict[str, Any]) -> None:
    data, found = sent(whole)
    assert errors(found) == []
    tree = etree.fromstring(data)
    assert schema(XSD).validate(tree), schema(XSD).error_log
    assert broken_rules(data, RULES) == []
    sign = -1 if whole["kind"] == "credit" else 1
    assert Decimal(tree.findtext(f".//{RAM}DuePayableAmount") or "") == sign * whole["total"]
    (back,), found = read("uncefact/invoice-to-invoice", "uncefact/invoice", data)
    assert errors(found) == []
    told = ("number", "kind", "issued", "due", "currency", "total_net", "total_vat", "total")
    for name in (*told, "vat_accounting_currency", "vat_in_accounting_currency"):
        assert back[name] == whole[name], name
    assert [each["net"] for each in back["lines"]] == [each["net"] for each in whole["lines"]]
    allowances = whole.get("adjustments", [])
    assert [(each["kind"], each["net"]) for each in back["adjustments"]] == [
        (each["kind"], each["net"]) for each in allowances
    ]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"customer": {**BUYER, "address": {"town": "Oslo"}}}, "CII01"),
        ({"lines": [line(**UNTAXED, vat_category=None)], **NO_VAT}, "CII02"),
        ({"lines": [line(**UNTAXED, vat_category="S")], **NO_VAT}, "CII03"),
        ({"lines": [line(vat_category="Z")]}, "CII04"),
        ({"lines": [line(), line(**UNTAXED, vat_category="O")], "total_net": Decimal("20.00"), "total": Decimal("22.55")}, "CII05"),
        ({"customer": {**BUYER, "vat_number": None}, "lines": [line(**UNTAXED, vat_category="AE")], **NO_VAT}, "CII06"),
        ({"lines": [line(**UNTAXED, vat_category="K")], **NO_VAT}, "CII07"),
        ({"total_net": Decimal("10.01"), "total": Decimal("12.56")}, "CII08"),
        ({"total": Decimal("12.56")}, "CII09"),
        ({"vat_totals": [{"rate": Decimal("25.5"), "category": "S", "net": Decimal(10), "vat": Decimal("2.50")}]}, "CII10"),
        ({**discounted(), "vat_totals": []}, "CII11"),
        ({"lines": [line(vat=Decimal("5.00"), gross=Decimal("15.00"))], "total_vat": Decimal("5.00"), "total": Decimal("15.00")}, "CII12"),
        (discounted(vat_category=None, vat_rate=Decimal(0)), "CII13"),
        (discounted(vat_category="Z"), "CII14"),
    ],
)  # fmt: skip
def test_what_a_receiver_would_refuse_is_refused_here(change: dict[str, Any], code: str) -> None:
    data, found = sent(INVOICE)
    assert errors(found) == []
    assert schema(XSD).validate(etree.fromstring(data)), schema(XSD).error_log
    assert code in {finding.code for finding in errors(sent({**INVOICE, **change})[1])}


def test_lines_that_are_the_sum_of_others_are_not_counted() -> None:
    text = SAMPLE.read_text(encoding="utf-8")
    start, end = text.index(LINE_START), text.index(LINE_END) + len(LINE_END)
    one, number = text[start:end], "<ram:LineID>1</ram:LineID>"
    kinds = {
        kind: one.replace(number, f"{number}<ram:LineStatusReasonCode>{kind}</ram:LineStatusReasonCode>")
        for kind in ("GROUP", "DETAIL", "INFORMATION")
    }
    (whole,), _ = read("uncefact/invoice-to-invoice", "uncefact/invoice", text.encode())
    for kept in ("GROUP", "INFORMATION"):
        data = (text[:start] + kinds[kept] + kinds["DETAIL"] + text[end:]).encode()
        (invoice,), found = read("uncefact/invoice-to-invoice", "uncefact/invoice", data)
        assert found == []
        assert [each["net"] for each in invoice["lines"]] == [each["net"] for each in whole["lines"]]


def test_vat_in_the_currency_of_the_books_is_not_that_of_the_invoice() -> None:
    text = SAMPLE.read_text(encoding="utf-8")
    own = '<ram:TaxTotalAmount currencyID="EUR">8.90</ram:TaxTotalAmount>'
    other = '<ram:TaxTotalAmount currencyID="SEK">98.77</ram:TaxTotalAmount>'
    assert own in text
    for both in (own + other, other + own):
        data = text.replace(own, both).encode()
        (invoice,), found = read("uncefact/invoice-to-invoice", "uncefact/invoice", data)
        assert (found, invoice["total_vat"]) == ([], Decimal("8.90"))
