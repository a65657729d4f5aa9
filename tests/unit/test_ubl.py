"""UBL: what is written passes the schema and the official rules of EN 16931 and Peppol, and adds up to the cent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from invoice_cases import BUYER, adjusted, invoices, sendable
from invoice_support import AT_RANDOM, errors, read, written
from lxml import etree
from official_rules import PEPPOL, broken_rules, ubl_schema

from exchange.findings import Finding

RULES = [PEPPOL / f"{name}-EN16931-UBL.xslt" for name in ("CEN", "PEPPOL")]
CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"


def sent(invoice: Mapping[str, Any]) -> tuple[bytes, list[Finding]]:
    """The file of an invoice or a credit note."""
    kind = "credit-note" if invoice["kind"] == "credit" else "invoice"
    return written(f"ubl/invoice-to-ubl-{kind}", f"ubl/{kind}", invoice)


plain = invoices().map(sendable)
INVOICES = plain | adjusted(plain)
"""With and without allowances and charges of the whole invoice."""


@settings(max_examples=AT_RANDOM)
@given(INVOICES)
def test_what_is_written_passes_the_schema_and_adds_up(whole: dict[str, Any]) -> None:
    data, found = sent(whole)
    assert errors(found) == []
    tree = etree.fromstring(data)
    root = etree.QName(tree).localname
    assert ubl_schema(root).validate(tree), ubl_schema(root).error_log
    sign = -1 if whole["kind"] == "credit" else 1
    assert Decimal(tree.findtext(f".//{CBC}PayableAmount") or "") == sign * whole["total"]


@settings(max_examples=AT_RANDOM)
@given(INVOICES)
def test_what_is_written_breaks_no_official_rule(whole: dict[str, Any]) -> None:
    data, found = sent(whole)
    assert errors(found) == []
    assert broken_rules(data, *RULES) == []


@settings(max_examples=AT_RANDOM)
@given(adjusted(plain))
def test_allowances_and_charges_come_back_with_their_sign(whole: dict[str, Any]) -> None:
    data, _ = sent(whole)
    kind = "credit-note" if whole["kind"] == "credit" else "invoice"
    (back,), found = read(f"ubl/ubl-{kind}-to-invoice", f"ubl/{kind}", data)
    assert found == []
    for name in ("kind", "net", "vat_category"):
        assert [each[name] for each in back["adjustments"]] == [each[name] for each in whole["adjustments"]]
    assert [each["vat_rate"] or 0 for each in back["adjustments"]] == [
        each["vat_rate"] for each in whole["adjustments"]
    ]
    assert [(each["percent"], each["base"]) for each in back["adjustments"]] == [
        (each.get("percent"), each.get("base")) for each in whole["adjustments"]
    ]
    for name in ("total_net", "total", "vat_accounting_currency", "vat_in_accounting_currency"):
        assert back[name] == whole[name], name
    nets = (each["net"] if each["kind"] == "charge" else -each["net"] for each in back["adjustments"])
    assert sum((each["net"] for each in back["lines"]), sum(nets, Decimal(0))) == back["total_net"]


def line(**given: Any) -> dict[str, Any]:
    usual = {"description": "Kahvi", "quantity": Decimal(1), "net": Decimal("10.00"), "vat_rate": Decimal("25.5"),
             "vat_category": "S", "vat": Decimal("2.55"), "gross": Decimal("12.55")}  # fmt: skip
    return {**usual, **given}


INVOICE = {
    "number": "100", "kind": "invoice", "issued": date(2026, 11, 2), "due": date(2026, 12, 2), "currency": "EUR",
    "buyer_reference": "4711", "customer": BUYER, "lines": [line()], "total_net": Decimal("10.00"),
    "total_vat": Decimal("2.55"), "total": Decimal("12.55"),
}  # fmt: skip
UNTAXED = {"vat_rate": Decimal(0), "vat": Decimal(0), "gross": Decimal("10.00")}


def discounted(**given: Any) -> dict[str, Any]:
    """An allowance of one euro on the whole invoice, all that belongs to it right but for what is given."""
    allowance = {
        "kind": "allowance",
        "net": Decimal("1.00"),
        "vat_rate": Decimal("25.5"),
        "vat_category": "S",
    }
    nine = {"net": Decimal("9.00"), "vat": Decimal("2.30")}
    return {
        "adjustments": [{**allowance, **given}],
        "vat_totals": [{"category": "S", "rate": Decimal("25.5"), **nine}],
        "total_net": Decimal("9.00"),
        "total_vat": Decimal("2.30"),
        "total": Decimal("11.30"),
    }


NO_VAT = {"total_vat": Decimal(0), "total": Decimal("10.00")}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"customer": {**BUYER, "endpoint": {}}}, "UBL001"),
        ({"customer": {**BUYER, "endpoint": {"id": "TE003712345671"}}}, "UBL027"),
        ({"seller": {"endpoint": {"id": "7350053850019"}}}, "UBL027"),
        ({"seller": {"account": "FI2112345600000786"}}, "UBL029"),
        ({"seller": {"account": "86011117948", "address": {"country": "NO"}}}, "UBL029"),
        ({"buyer_reference": None}, "UBL003"),
        ({"customer": {**BUYER, "address": {"town": "Oslo"}}}, "UBL004"),
        ({"lines": [line(**UNTAXED, vat_category=None)], **NO_VAT}, "UBL005"),
        ({"lines": [line(**UNTAXED, vat_category="S")], **NO_VAT}, "UBL006"),
        ({"lines": [line(vat_category="Z")]}, "UBL007"),
        ({"lines": [line(), line(**UNTAXED, vat_category="O")], "total_net": Decimal("20.00"), "total": Decimal("22.55")}, "UBL008"),
        ({"customer": {**BUYER, "vat_number": None}, "lines": [line(**UNTAXED, vat_category="AE")], **NO_VAT}, "UBL009"),
        ({"lines": [line(**UNTAXED, vat_category="K")], **NO_VAT}, "UBL010"),
        ({"total_net": Decimal("10.01"), "total": Decimal("12.56")}, "UBL011"),
        ({"total": Decimal("12.56")}, "UBL012"),
        ({"vat_totals": [{"rate": Decimal("25.5"), "category": "S", "net": Decimal(10), "vat": Decimal("2.50")}]}, "UBL013"),
        ({"lines": [line(vat=Decimal("5.00"), gross=Decimal("15.00"))], "total_vat": Decimal("5.00"), "total": Decimal("15.00")}, "UBL015"),
        (discounted(vat_category=None, vat_rate=Decimal(0)), "UBL016"),
        (discounted(vat_category="Z"), "UBL017"),
        (discounted(vat_category="S", vat_rate=None), "UBL017"),
        (discounted(percent=Decimal(5), base=Decimal(10)), "UBL018"),
        (discounted(vat_rate=Decimal(14)), "UBL019"),
    ],
)  # fmt: skip
def test_what_a_receiver_would_refuse_is_refused_here(change: dict[str, Any], code: str) -> None:
    assert errors(sent(INVOICE)[1]) == []
    assert errors(sent({**INVOICE, **discounted()})[1]) == []
    assert code in {finding.code for finding in errors(sent({**INVOICE, **change})[1])}


def test_a_bill_that_is_sold_says_whom_to_pay() -> None:
    payee = "<cac:PayeeParty><cac:PartyName><cbc:Name>Factoring &amp; Co</cbc:Name></cac:PartyName></cac:PayeeParty>"
    sold = (
        sent(INVOICE)[0]
        .decode()
        .replace("</cac:AccountingCustomerParty>", f"</cac:AccountingCustomerParty>{payee}")
    )
    (made,), found = read("ubl/ubl-invoice-to-invoice", "ubl/invoice", sold.encode())
    assert [each.code for each in found] == ["UBL030"]
    assert "To be paid to Factoring & Co." in made["note"]
