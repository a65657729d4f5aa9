"""OIOUBL: what the Danish profile of UBL says in its own way is read as any other invoice."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from exchange.operations import looking
from exchange.outcome import Gathered

SAMPLES = Path(__file__).parents[2] / "samples/ubl"
INVOICE = (SAMPLES / "received/02-oioubl.in.xml").read_text("utf-8")
CREDIT_NOTE = (SAMPLES / "credit-notes/02-oioubl.in.xml").read_text("utf-8")
MEANS = re.compile(r"<cac:PaymentMeans>.*</cac:PaymentMeans>", re.DOTALL)


def read(text: str, folder: Path) -> tuple[dict[str, Any], list[str]]:
    path, found = folder / "a.xml", Gathered()
    path.write_text(text, encoding="utf-8")
    (document,) = looking.read(path, None, None, as_common=True, found=found)
    return document, [each.code for each in found.kept]


def _taxable(amount: str) -> str:
    return f'<cbc:TaxableAmount currencyID="DKK">{amount}</cbc:TaxableAmount>'


def test_taxes_duties_and_the_rounding_add_up(tmp_path: Path) -> None:
    """The tax exclusive amount of OIOUBL is the sum of the taxes; the net total is that of lines, allowances and duties."""
    invoice, found = read(INVOICE, tmp_path)
    assert found == []
    assert (invoice["total_net"], invoice["total_vat"]) == (Decimal("2100.05"), Decimal("495.01"))
    assert (invoice["rounding"], invoice["total"]) == (Decimal("-0.06"), Decimal("2595.00"))
    assert invoice["payable"] == Decimal("2595.00")
    assert [(each["kind"], each["reason"], each["net"]) for each in invoice["adjustments"]] == [
        ("allowance", "Rabat", Decimal("50.00")),
        ("charge", "Afgift af kølemidler", Decimal("30.10")),
    ]
    assert [(each["category"], each["net"], each["vat"]) for each in invoice["vat_totals"]] == [
        ("S", Decimal("1980.05"), Decimal("495.01")),
        ("Z", Decimal("120.00"), Decimal("0.00")),
    ]
    assert [(each["vat_rate"], each["vat"], each["vat_category"]) for each in invoice["lines"]] == [
        (Decimal(25), Decimal("499.99"), "S"),
        (Decimal(0), Decimal("0.00"), "Z"),
    ]


LINE = re.compile(r"<cac:InvoiceLine>.*?</cac:InvoiceLine>", re.DOTALL)
DUTY = """<cac:TaxTotal><cbc:TaxAmount currencyID="DKK">{duty}</cbc:TaxAmount><cac:TaxSubtotal>
<cbc:TaxableAmount currencyID="DKK">{duty}</cbc:TaxableAmount><cbc:TaxAmount currencyID="DKK">{duty}</cbc:TaxAmount>
<cac:TaxCategory><cbc:ID>Excise</cbc:ID><cac:TaxScheme><cbc:ID>16</cbc:ID></cac:TaxScheme></cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal>"""
VAT = """<cac:TaxTotal><cbc:TaxAmount currencyID="DKK">{vat}</cbc:TaxAmount><cac:TaxSubtotal>{base}
<cbc:TaxAmount currencyID="DKK">{vat}</cbc:TaxAmount><cac:TaxCategory><cbc:ID>StandardRated</cbc:ID><cbc:Percent>25</cbc:Percent>
<cac:TaxScheme><cbc:ID>63</cbc:ID></cac:TaxScheme></cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal>"""


@pytest.mark.parametrize(
    ("taxes", "vat"),
    [
        (VAT.format(vat="110.00", base=_taxable("440.00")) + DUTY.format(duty="40.00"), "100.00"),
        (DUTY.format(duty="40.00") + VAT.format(vat="100.00", base=_taxable("400.00")), "100.00"),
        (VAT.format(vat="110.00", base="") + DUTY.format(duty="40.00"), "110.00"),
        (VAT.format(vat="110.00", base=_taxable("440.00")), "110.00"),
    ],
)
def test_the_vat_on_a_duty_that_a_line_tells_with_its_own_goes_with_the_duty(
    taxes: str, vat: str, tmp_path: Path
) -> None:
    line = f"""<cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:InvoicedQuantity unitCode="LTR">20</cbc:InvoicedQuantity>
<cbc:LineExtensionAmount currencyID="DKK">400.00</cbc:LineExtensionAmount>{taxes}
<cac:Item><cbc:Name>Brus</cbc:Name></cac:Item><cac:Price><cbc:PriceAmount currencyID="DKK">20.00</cbc:PriceAmount></cac:Price></cac:InvoiceLine>"""
    invoice, _ = read(LINE.sub(line, INVOICE, count=1), tmp_path)
    assert (invoice["lines"][0]["net"], invoice["lines"][0]["vat"]) == (Decimal("400.00"), Decimal(vat))


def test_parties_are_named_as_elsewhere(tmp_path: Path) -> None:
    invoice, _ = read(INVOICE, tmp_path)
    assert invoice["customer"]["endpoint"] == {"scheme": "0088", "id": "5790000435951", "operator": None}
    assert invoice["seller"]["endpoint"]["scheme"] == "0184"
    assert (invoice["seller"]["business_id"], invoice["seller"]["vat_number"]) == ("13585628", "DK13585628")
    assert invoice["seller"]["address"]["street"] == "Værkstedsvej 7 B"


def test_a_credit_note_has_the_other_sign(tmp_path: Path) -> None:
    credit, found = read(CREDIT_NOTE, tmp_path)
    assert (credit["kind"], credit["credits"], found) == ("credit", "F-3001", [])
    assert (credit["total_net"], credit["total_vat"]) == (Decimal("-90.90"), Decimal("-22.73"))
    assert (credit["rounding"], credit["total"]) == (Decimal("0.01"), Decimal("-113.62"))
    assert credit["adjustments"][0]["net"] == Decimal("-7.90")


@pytest.mark.parametrize(
    ("means", "reference", "account", "bic"),
    [
        (
            "<cbc:PaymentMeansCode>93</cbc:PaymentMeansCode><cbc:InstructionID>000000000000018</cbc:InstructionID>"
            "<cbc:PaymentID>71</cbc:PaymentID><cac:CreditAccount><cbc:AccountID>88888888</cbc:AccountID></cac:CreditAccount>",
            "+71<000000000000018+88888888<", "88888888", None,
        ),
        (
            "<cbc:PaymentMeansCode>93</cbc:PaymentMeansCode><cbc:PaymentID>73</cbc:PaymentID>"
            "<cac:CreditAccount><cbc:AccountID>88888888</cbc:AccountID></cac:CreditAccount>",
            "+73<+88888888<", "88888888", None,
        ),
        (
            "<cbc:PaymentMeansCode>50</cbc:PaymentMeansCode><cbc:InstructionID>1234567890123456</cbc:InstructionID>"
            "<cbc:PaymentID>04</cbc:PaymentID><cac:PayeeFinancialAccount><cbc:ID>1234567</cbc:ID></cac:PayeeFinancialAccount>",
            "+04<1234567890123456+1234567<", "1234567", None,
        ),
        (
            "<cbc:PaymentMeansCode>42</cbc:PaymentMeansCode><cbc:PaymentChannelCode>DK:BANK</cbc:PaymentChannelCode>"
            "<cac:PayeeFinancialAccount><cbc:ID>123456</cbc:ID><cbc:PaymentNote>F-3001</cbc:PaymentNote>"
            "<cac:FinancialInstitutionBranch><cbc:ID>0040</cbc:ID></cac:FinancialInstitutionBranch></cac:PayeeFinancialAccount>",
            "F-3001", "00400000123456", None,
        ),
        (
            "<cbc:PaymentMeansCode>31</cbc:PaymentMeansCode><cbc:PaymentChannelCode>IBAN</cbc:PaymentChannelCode>"
            "<cac:PayeeFinancialAccount><cbc:ID>DK5000400440116243</cbc:ID><cac:FinancialInstitutionBranch>"
            "<cac:FinancialInstitution><cbc:ID>DABADKKK</cbc:ID></cac:FinancialInstitution></cac:FinancialInstitutionBranch></cac:PayeeFinancialAccount>",
            None, "DK5000400440116243", "DABADKKK",
        ),
    ],
)  # fmt: skip
def test_how_it_is_paid(
    means: str, reference: str | None, account: str, bic: str | None, tmp_path: Path
) -> None:
    assert MEANS.search(INVOICE)
    invoice, found = read(MEANS.sub(f"<cac:PaymentMeans>{means}</cac:PaymentMeans>", INVOICE), tmp_path)
    seller = invoice["seller"]
    assert (invoice["reference"], seller["account"], seller["bic"], found) == (reference, account, bic, [])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("TaxInclusiveAmount currencyID=\"DKK\">2595.00", "TaxInclusiveAmount currencyID=\"DKK\">2596.00"), "UBL021"),
        (("PayableAmount currencyID=\"DKK\">2595.00", "PayableAmount currencyID=\"DKK\">2590.00"), "UBL022"),
        (("AllowanceTotalAmount currencyID=\"DKK\">50.00", "AllowanceTotalAmount currencyID=\"DKK\">51.00"), "UBL023"),
    ],
)  # fmt: skip
def test_what_does_not_add_up_is_told(change: tuple[str, str], code: str, tmp_path: Path) -> None:
    assert change[0] in INVOICE
    path, found = tmp_path / "a.xml", Gathered()
    path.write_text(INVOICE.replace(*change, 1), encoding="utf-8")
    list(looking.read(path, None, None, as_common=True, found=found))
    assert code in {each.code for each in found.kept}
