"""Cross Industry Invoices of the lower profiles and ZUGFeRD 1.0: what can be booked is read, what cannot is held with the reason."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from invoice_support import errors, read

SAMPLES = Path(__file__).parents[2] / "samples/uncefact"
FULL = (SAMPLES / "received/01-two-rates.in.xml").read_text("utf-8")
NO_LINES = (SAMPLES / "received/02-without-lines.in.xml").read_text("utf-8")
MINIMUM = (SAMPLES / "received/03-minimum.in.xml").read_text("utf-8")
ZUGFERD = (SAMPLES / "zugferd-1/01-freight-and-discount.in.xml").read_text("utf-8")
BASIS = "<ram:BasisAmount>100.00</ram:BasisAmount>"
ALLOWANCE = (
    "<ram:SpecifiedTradeAllowanceCharge><ram:ChargeIndicator><udt:Indicator>false</udt:Indicator></ram:ChargeIndicator>"
    "<ram:ActualAmount>20.00</ram:ActualAmount><ram:CategoryTradeTax><ram:TypeCode>VAT</ram:TypeCode><ram:CategoryCode>S"
    "</ram:CategoryCode><ram:RateApplicablePercent>7</ram:RateApplicablePercent></ram:CategoryTradeTax></ram:SpecifiedTradeAllowanceCharge>"
)
FREIGHT = (
    "<ram:SpecifiedLogisticsServiceCharge><ram:Description>Fracht</ram:Description><ram:AppliedAmount>5.00</ram:AppliedAmount>"
    "<ram:AppliedTradeTax><ram:TypeCode>VAT</ram:TypeCode><ram:CategoryCode>S</ram:CategoryCode><ram:RateApplicablePercent>7"
    "</ram:RateApplicablePercent></ram:AppliedTradeTax></ram:SpecifiedLogisticsServiceCharge>"
)
TERMS = "<ram:SpecifiedTradePaymentTerms>"


def invoices(text: str, layout: str = "uncefact/invoice") -> tuple[list[dict[str, Any]], list[Any]]:
    mapping = {"uncefact/invoice": "invoice-to-invoice", "uncefact/zugferd-1": "zugferd-1-to-invoice"}[layout]
    made, found = read(f"uncefact/{mapping}", layout, text.encode())
    return list(made), found


def changed(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def test_without_lines_there_is_one_for_each_category() -> None:
    (invoice,), found = invoices(NO_LINES)
    assert [each.code for each in found] == ["UBL026"]
    assert [(line["net"], line["vat_rate"], line["vat"]) for line in invoice["lines"]] == [
        (Decimal("100.00"), Decimal(7), Decimal("7.00")),
        (Decimal("10.00"), Decimal(19), Decimal("1.90")),
    ]
    assert invoice["total"] == Decimal("118.90")


@pytest.mark.parametrize("sign", [1, -1])
def test_such_a_line_is_what_was_before_allowances_and_freight(sign: int) -> None:
    given = changed(NO_LINES, (BASIS, "<ram:BasisAmount>85.00</ram:BasisAmount>"), ("<ram:CalculatedAmount>7.00<", "<ram:CalculatedAmount>5.95<"),
                    (TERMS, ALLOWANCE + FREIGHT + TERMS), ("TotalAmount>110.00</ram:TaxBasis", "TotalAmount>95.00</ram:TaxBasis"),
                    (">8.90<", ">7.85<"), (">118.90<", ">102.85<"), ("LineTotalAmount>110.00", "LineTotalAmount>110.00"))  # fmt: skip
    if sign < 0:
        given = changed(given, (">380<", ">381<"))
    (invoice,), found = invoices(given)
    assert [each.code for each in found] == ["UBL026"]
    assert [line["net"] for line in invoice["lines"]] == [sign * Decimal("100.00"), sign * Decimal("10.00")]
    assert [(each["kind"], each["net"]) for each in invoice["adjustments"]] == [
        ("allowance", sign * Decimal("20.00")),
        ("charge", sign * Decimal("5.00")),
    ]
    assert invoice["total_net"] == sign * Decimal("95.00")


def test_totals_alone_are_held_with_the_reason() -> None:
    made, found = invoices(MINIMUM)
    assert made == []
    (told,) = errors(found)
    assert told.code == "UBL025" and "MINIMUM" in told.message and "by hand" in (told.advice or "")


def test_freight_is_a_charge() -> None:
    given = changed(FULL, (TERMS, FREIGHT + TERMS), ("TotalAmount>110.00</ram:TaxBasis", "TotalAmount>115.00</ram:TaxBasis"),
                    (">8.90<", ">9.25<"), (">118.90<", ">124.25<"))  # fmt: skip
    (invoice,), found = invoices(given)
    assert found == []
    assert [
        (each["kind"], each["reason"], each["net"], each["vat_rate"]) for each in invoice["adjustments"]
    ] == [("charge", "Fracht", Decimal("5.00"), Decimal(7))]


def test_zugferd_1_is_read() -> None:
    (invoice,), found = invoices(ZUGFERD, "uncefact/zugferd-1")
    assert found == []
    assert [(line["sku"], line["quantity"], line["net"], line["vat_rate"]) for line in invoice["lines"]] == [
        ("K-1", Decimal("20.0000"), Decimal("120.00"), Decimal("7.00")),
        ("S-4", Decimal("4.0000"), Decimal("100.00"), Decimal("19.00")),
    ]
    assert [each["net"] for each in invoice["adjustments"]] == [Decimal("10.00"), Decimal("2.00")]
    assert (invoice["total"], invoice["payable"]) == (Decimal("237.64"), Decimal("200.00"))
    assert invoice["seller"]["name"] == "Kaffeehaus Süd GmbH" and invoice["@key"] == "DE136695976/R-2004"


def test_zugferd_1_basic_tells_no_rates_of_its_lines() -> None:
    start = ZUGFERD.index("<ram:IncludedSupplyChainTradeLineItem>")
    lines = ZUGFERD[start:]
    for rate in ("7.00", "19.00"):
        end = f"<ram:CategoryCode>S</ram:CategoryCode><ram:ApplicablePercent>{rate}</ram:ApplicablePercent></ram:ApplicableTradeTax>"
        lines = changed(lines, (f"<ram:ApplicableTradeTax><ram:TypeCode>VAT</ram:TypeCode>{end}", ""))
    (invoice,), found = invoices(ZUGFERD[:start] + lines, "uncefact/zugferd-1")
    assert [each.code for each in found] == ["UBL026"]
    assert [(line["net"], line["vat_rate"]) for line in invoice["lines"]] == [
        (Decimal("120.00"), Decimal("7.00")),
        (Decimal("100.00"), Decimal("19.00")),
    ]


def test_what_is_left_to_pay_is_the_total_less_what_was_paid() -> None:
    given = changed(ZUGFERD, ('<ram:DuePayableAmount currencyID="EUR">200.00</ram:DuePayableAmount>', ""))
    (invoice,), found = invoices(given, "uncefact/zugferd-1")
    assert found == [] and invoice["payable"] == Decimal("200.00")


def test_a_test_is_no_invoice() -> None:
    end = "</udt:Indicator></ram:TestIndicator>"
    given = changed(ZUGFERD, (f"false{end}", f"true{end}"))
    made, found = invoices(given, "uncefact/zugferd-1")
    assert made == [] and [each.code for each in errors(found)] == ["UBL028"]


def test_two_sellers_may_give_the_same_number() -> None:
    one, _ = invoices(FULL)
    other, _ = invoices(changed(FULL, ("DE123456789", "DE136695976")))
    assert one[0]["@key"] != other[0]["@key"]
