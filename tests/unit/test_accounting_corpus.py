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
        (("<n1:TotalDebit>1250.00", "<n1:TotalDebit>1350.00"), {"SAFT03"}),
        (("<n1:TotalCredit>1250.00", "<n1:TotalCredit>1150.00"), {"SAFT04"}),
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
