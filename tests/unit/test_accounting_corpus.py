"""Files of the corpus that are read only: SAF-T Financial, Cross Industry Invoice, Svefaktura, against a plain look at the XML."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from invoice_support import CORPUS
from lxml import etree

from exchange.operations import looking
from exchange.outcome import Gathered

SAFT = "{urn:StandardAuditFile-Taxation-Financial:NO}"
RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"


def documents(path: Path) -> tuple[list[dict[str, Any]], Gathered]:
    found = Gathered()
    return list(looking.read(path, None, None, as_common=True, found=found)), found


def files(folder: str, pattern: str) -> Iterator[Path]:
    paths = sorted((CORPUS / folder).glob(pattern))
    if not paths:
        pytest.skip(f"{CORPUS / folder} is not here")
    yield from paths


def test_the_ledgers_of_the_tax_administration_are_read_whole() -> None:
    for path in files("saft-no", "ExampleFile SAF-T Financial*.xml"):
        tree = etree.parse(str(path))
        vouchers, found = documents(path)
        assert found.kept == [], path.name
        assert len(vouchers) == int(tree.findtext(f".//{SAFT}NumberOfEntries") or "-1")
        debit = sum(row["amount"] for v in vouchers for row in v["rows"] if row["amount"] > 0)
        assert debit == Decimal(tree.findtext(f".//{SAFT}TotalDebit") or ""), path.name


def test_a_ledger_with_a_missing_or_changed_line_is_found(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "samples/skatteetaten/ledger/01-month.in.xml").read_text("utf-8")
    for change, codes in (
        (("<n1:Amount>1000.00", "<n1:Amount>999.00"), {"SAFT01"}),
        (("<n1:NumberOfEntries>1<", "<n1:NumberOfEntries>2<"), {"XML013"}),
        (("<n1:TotalDebit>1250.00", "<n1:TotalDebit>1350.00"), {"XML013"}),
        (("<n1:TotalCredit>1250.00", "<n1:TotalCredit>1150.00"), {"XML013"}),
    ):
        assert change[0] in text
        path = tmp_path / "a.xml"
        path.write_text(text.replace(*change, 1), encoding="utf-8")
        assert codes <= {f.code for f in documents(path)[1].kept}, change


def test_cross_industry_invoices_are_read_as_they_say() -> None:
    read = 0
    for path in files("en16931/cii/examples", "*.xml"):
        tree = etree.parse(str(path))
        (invoice,), found = documents(path)
        assert found.errors == 0, path.name
        sign = -1 if invoice["kind"] == "credit" else 1
        assert invoice["payable"] * sign == Decimal(tree.findtext(f".//{RAM}DuePayableAmount") or "")
        assert invoice["total_net"] * sign == Decimal(tree.findtext(f".//{RAM}TaxBasisTotalAmount") or "")
        assert len(invoice["lines"]) == len(list(tree.iter(f"{RAM}IncludedSupplyChainTradeLineItem")))
        read += 1
    assert read >= 15


def test_svefaktura_samples_are_read() -> None:
    for path in files("svefaktura/samples", "*.xml"):
        (invoice,), found = documents(path)
        assert found.errors == 0, path.name
        total = invoice["total_net"] + invoice["total_vat"] + (invoice["rounding"] or 0)
        assert total == invoice["total"] and invoice["lines"]


def test_allowances_and_charges_of_a_credit_note_have_its_sign(tmp_path: Path) -> None:
    """The same amounts as an invoice and as a credit note: everything turns, and the lines still add up to the net total."""
    (cii,) = list(files("en16931/cii/examples", "CII_example5.xml"))
    (ubl,) = list(files("peppol-billing3/examples", "Allowance-example.xml"))
    for path, change in (
        (cii, (":TypeCode>380<", ":TypeCode>381<")),
        (ubl, ("TypeCode>380<", "TypeCode>381<")),
    ):
        text = path.read_text("utf-8")
        assert change[0] in text
        turned = tmp_path / path.name
        turned.write_text(text.replace(*change, 1), encoding="utf-8")
        ((invoice,), _), ((credit,), found) = documents(path), documents(turned)
        assert (invoice["kind"], credit["kind"], found.errors) == ("invoice", "credit", 0)
        assert invoice["adjustments"], path.name
        for name in ("adjustments", "lines", "vat_totals"):
            assert [row["net"] for row in credit[name]] == [-row["net"] for row in invoice[name]]
        for document in (invoice, credit):
            nets = [row["net"] * (1 if row["kind"] == "charge" else -1) for row in document["adjustments"]]
            assert sum(row["net"] for row in document["lines"]) + sum(nets) == document["total_net"]


def test_allowances_of_a_svefaktura_credit_note_have_its_sign(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "samples/sfti/received/01-round-off.in.xml").read_text("utf-8")
    allowance = (
        "<cac:AllowanceCharge><cbc:ChargeIndicator>false</cbc:ChargeIndicator>"
        '<cbc:Amount amountCurrencyID="SEK">0.60</cbc:Amount></cac:AllowanceCharge>'
    )
    changes = (
        ("InvoiceTypeCode>380<", "InvoiceTypeCode>381<"),
        ("<cac:TaxTotal>", allowance + "<cac:TaxTotal>"),
        ('TaxExclusiveTotalAmount amountCurrencyID="SEK">99.40', 'TaxExclusiveTotalAmount amountCurrencyID="SEK">98.80'),
        ('TaxInclusiveTotalAmount amountCurrencyID="SEK">124.00', 'TaxInclusiveTotalAmount amountCurrencyID="SEK">123.40'),
    )  # fmt: skip
    for change in changes:
        assert change[0] in text
        text = text.replace(*change, 1)
    (tmp_path / "a.xml").write_text(text, encoding="utf-8")
    (credit,), found = documents(tmp_path / "a.xml")
    assert found.kept == []
    assert [row["net"] for row in credit["adjustments"]] == [Decimal("-0.60")]
    assert (credit["lines"][0]["net"], credit["total_net"]) == (Decimal("-99.40"), Decimal("-98.80"))
