"""Finvoice: what is written passes the official schema, comes back as the same invoice, and adds up to the cent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import invoice_support as support
import pytest
from hypothesis import given, settings
from invoice_cases import invoices
from invoice_support import CORPUS, EXAMPLES, errors
from lxml import etree

from exchange.findings import Finding
from exchange.model import Record

XSD = CORPUS / "finvoice/Finvoice3.0.xsd"
LAYOUT = "finvoice/finvoice"


def written(invoice: Mapping[str, Any]) -> tuple[bytes, list[Finding]]:
    return support.written("finvoice/invoice-to-finvoice", LAYOUT, invoice)


def read(data: bytes) -> tuple[list[Record], list[Finding]]:
    return support.read("finvoice/finvoice-to-invoice", LAYOUT, data)


@cache
def schema() -> etree.XMLSchema:
    if not XSD.is_file():
        pytest.skip(f"{XSD} is not here")
    return etree.XMLSchema(etree.parse(str(XSD)))


@settings(max_examples=EXAMPLES, deadline=None)
@given(invoices())
def test_what_is_written_passes_the_official_schema(invoice: dict[str, Any]) -> None:
    data, found = written(invoice)
    assert errors(found) == []
    tree = etree.fromstring(data)
    assert schema().validate(tree), schema().error_log


@settings(max_examples=EXAMPLES, deadline=None)
@given(invoices())
def test_an_invoice_comes_back_as_it_went(invoice: dict[str, Any]) -> None:
    data, _ = written(invoice)
    (back,), found = read(data)
    assert errors(found) == []
    for name in (
        "number",
        "kind",
        "issued",
        "due",
        "currency",
        "reference",
        "total_net",
        "total_vat",
        "total",
    ):
        assert back[name] == invoice[name], name
    assert back["customer"]["name"] == invoice["customer"]["name"][:70]
    assert sum(line["gross"] for line in back["lines"]) == invoice["total"]
    for line, sent in zip(back["lines"], invoice["lines"], strict=True):
        for name in ("quantity", "net", "vat", "gross", "vat_rate", "vat_category"):
            assert line[name] == sent[name], name
    assert sum(total["net"] for total in back["vat_totals"]) == invoice["total_net"]
    assert sum(total["vat"] for total in back["vat_totals"]) == invoice["total_vat"]


INVOICE = {
    "number": "100", "kind": "invoice", "issued": date(2026, 11, 2), "currency": "EUR",
    "customer": {"name": "Asiakas Oy"}, "total_net": Decimal("10.00"), "total_vat": Decimal("2.55"), "total": Decimal("12.55"),
    "lines": [{"description": "Kahvi", "quantity": Decimal(1), "net": Decimal("10.00"), "vat_rate": Decimal("25.5"),
               "vat": Decimal("2.55"), "gross": Decimal("12.55")}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"number": "1" * 21}, "FINV01"),
        ({"seller": {"account": "FI2112345600000786"}}, "FINV02"),
        ({"reference": "1234"}, "FINV03"),
        ({"reference": "RF00123"}, "FINV03"),
        ({"kind": "credit"}, "FINV04"),
        ({"total": Decimal("12.56")}, "FINV07"),
    ],
)
def test_what_a_receiver_would_refuse_is_refused_here(change: dict[str, Any], code: str) -> None:
    assert errors(written(INVOICE)[1]) == []
    assert code in {finding.code for finding in errors(written({**INVOICE, **change})[1])}


def test_a_broken_total_does_not_pass() -> None:
    data, _ = written(INVOICE)
    broken = data.replace(b">2,55</InvoiceTotalVatAmount>", b">2,56</InvoiceTotalVatAmount>")
    assert broken != data
    assert "FINV11" in {finding.code for finding in errors(read(broken)[1])}


def test_rows_of_text_alone_are_notes() -> None:
    data, _ = written(INVOICE)
    row = b"<InvoiceRow><ArticleName>Thank you</ArticleName><RowFreeText>for your order</RowFreeText></InvoiceRow>"
    (back,), found = read(data.replace(b"<EpiDetails>", row + b"<EpiDetails>"))
    assert errors(found) == [] and len(back["lines"]) == 1 and "Thank you" in back["note"]
