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
from invoice_support import AT_RANDOM, CORPUS, errors
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


@settings(max_examples=AT_RANDOM)
@given(invoices())
def test_what_is_written_passes_the_official_schema(invoice: dict[str, Any]) -> None:
    data, found = written(invoice)
    assert errors(found) == []
    tree = etree.fromstring(data)
    assert schema().validate(tree), schema().error_log


@settings(max_examples=AT_RANDOM)
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


OTHERS = """<?xml version="1.0" encoding="UTF-8"?>
<Finvoice Version="2.01">
<SellerPartyDetails><SellerPartyIdentifier>2345678-0</SellerPartyIdentifier><SellerOrganisationName>Kahvila Oy</SellerOrganisationName>
<SellerPostalAddressDetails><SellerTownName>Turku</SellerTownName><SellerPostCodeIdentifier>20101</SellerPostCodeIdentifier>
<SellerPostOfficeBoxIdentifier>PL 12</SellerPostOfficeBoxIdentifier></SellerPostalAddressDetails></SellerPartyDetails>
<BuyerPartyDetails><BuyerOrganisationName>Ostaja Oy</BuyerOrganisationName>
<BuyerPostalAddressDetails><BuyerStreetName>Katu 1</BuyerStreetName><BuyerStreetName>Ovi 2</BuyerStreetName><BuyerTownName>Oulu</BuyerTownName>
<BuyerPostCodeIdentifier>90100</BuyerPostCodeIdentifier><BuyerPostOfficeBoxIdentifier>PL 7</BuyerPostOfficeBoxIdentifier>
</BuyerPostalAddressDetails></BuyerPartyDetails>
<InvoiceDetails><InvoiceTypeCode>INV01</InvoiceTypeCode><OriginCode>Original</OriginCode><InvoiceNumber>77</InvoiceNumber>
<InvoiceDate Format="CCYYMMDD">20260302</InvoiceDate><InvoicingPeriodStartDate Format="CCYYMMDD">20260201</InvoicingPeriodStartDate>
<InvoicingPeriodEndDate Format="CCYYMMDD">20260228</InvoicingPeriodEndDate>
<InvoiceTotalVatIncludedAmount AmountCurrencyIdentifier="EUR">12,55</InvoiceTotalVatIncludedAmount>
<PaymentTermsDetails><PaymentTermsFreeText>14 pv netto</PaymentTermsFreeText><PaymentTermsFreeText>Huomautukset 7 pv</PaymentTermsFreeText>
</PaymentTermsDetails></InvoiceDetails>
<FactoringAgreementDetails><FactoringFreeText>Saatava on siirretty.</FactoringFreeText></FactoringAgreementDetails>
<InvoiceRow><ArticleName>Kahvi</ArticleName><OrderedQuantity QuantityUnitCode="ps">1</OrderedQuantity><RowVatRatePercent>25,5</RowVatRatePercent>
<RowVatExcludedAmount AmountCurrencyIdentifier="EUR">10,00</RowVatExcludedAmount></InvoiceRow>
<EpiDetails><EpiPaymentInstructionDetails><EpiRemittanceInfoIdentifier IdentificationSchemeName="SPY">1232</EpiRemittanceInfoIdentifier>
<EpiInstructedAmount AmountCurrencyIdentifier="EUR">12,55</EpiInstructedAmount></EpiPaymentInstructionDetails></EpiDetails>
</Finvoice>
"""


def test_what_other_programs_tell_is_kept() -> None:
    (made,), found = read(OTHERS.encode())
    assert found == []
    assert made["seller"]["address"]["street"] == "PL 12"
    assert made["customer"]["address"]["street"] == "Katu 1"
    assert made["customer"]["address"]["street2"] == "Ovi 2, PL 7"
    assert made["period"] == {"start": date(2026, 2, 1), "end": date(2026, 2, 28)}
    assert made["terms"]["text"] == "14 pv netto Huomautukset 7 pv"
    assert made["note"] == "Saatava on siirretty."
    assert made["lines"][0]["unit"] == "ps"


def test_the_sums_of_vat_tell_what_a_row_leaves_out() -> None:
    """A row without a code under reverse charge would else be booked without the VAT that the buyer owes."""
    sums = (
        '<VatSpecificationDetails><VatBaseAmount AmountCurrencyIdentifier="EUR">10,00</VatBaseAmount><VatRatePercent>0</VatRatePercent>'
        '<VatCode>AE</VatCode><VatRateAmount AmountCurrencyIdentifier="EUR">0,00</VatRateAmount></VatSpecificationDetails>'
    )
    text = OTHERS.replace("12,55", "10,00").replace("<RowVatRatePercent>25,5</RowVatRatePercent>", "")
    text = text.replace("<PaymentTermsDetails>", f"{sums}<PaymentTermsDetails>", 1)
    (made,), found = read(text.encode())
    assert found == []
    assert [(line["vat_rate"], line["vat_category"], line["vat"]) for line in made["lines"]] == [(0, "AE", 0)]
    taxed = text.replace("AE", "S").replace("<VatRatePercent>0<", "<VatRatePercent>25,5<")
    (made,), _ = read(taxed.replace("10,00</InvoiceTotal", "12,55</InvoiceTotal").encode())
    assert [(line["vat_rate"], line["vat_category"]) for line in made["lines"]] == [(Decimal("25.5"), "S")]
    several, _ = read(text.replace(sums, sums + sums.replace("AE", "E")).encode())
    assert [line["vat_category"] for line in several[0]["lines"]] == [None]


def test_another_amount_to_pay_than_the_total_is_told() -> None:
    other = OTHERS.replace('"EUR">12,55</EpiInstructedAmount>', '"EUR">125,50</EpiInstructedAmount>')
    assert [(each.code, each.severity) for each in read(other.encode())[1]] == [("FINV15", "warning")]
    partly = other.replace("125,50", "2,55").replace(
        "12,55</InvoiceTotalVatIncludedAmount>",
        '12,55</InvoiceTotalVatIncludedAmount><InvoicePaidAmount AmountCurrencyIdentifier="EUR">10,00</InvoicePaidAmount>',
    )
    assert read(partly.encode())[1] == []


def test_the_reference_of_a_credit_note_is_nothing_to_pay_to() -> None:
    wrong = OTHERS.replace(">1232<", ">1233<")
    assert [(each.code, each.severity) for each in read(wrong.encode())[1]] == [("FINV14", "warning")]
    credit = wrong.replace("INV01", "INV02").replace(">12,55<", ">-12,55<").replace(">10,00<", ">-10,00<")
    (made,), found = read(credit.encode())
    assert found == [] and made["kind"] == "credit"


def test_an_account_of_before_iban_gets_its_beginning() -> None:
    whole = OTHERS.replace(
        "<EpiDetails>",
        "<EpiDetails><EpiPartyDetails><EpiBeneficiaryPartyDetails>"
        '<EpiAccountID IdentificationSchemeName="BBAN">123456-00000785</EpiAccountID></EpiBeneficiaryPartyDetails></EpiPartyDetails>',
    )
    (made,), found = read(whole.encode())
    assert found == [] and made["seller"]["account"] == "FI2112345600000785"
