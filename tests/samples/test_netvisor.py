"""Sales invoices as Netvisor's own document type wants them: order of elements, one line each, codes.

The document type is in lower case and so is what is written; the requests of other clients use capitals.
"""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

ROOT = Path(__file__).parents[2] / "samples"
FILES = [path for path in sorted(ROOT.rglob("*.out.1.xml")) if b"<salesinvoice>" in path.read_bytes()]


@pytest.fixture(scope="module")
def dtd(corpus: Path) -> etree.DTD:
    text = (corpus / "accounting" / "netvisor" / "salesinvoice.dtd").read_text(encoding="utf-8")
    inner = text.partition("[")[2].rpartition("]")[0]
    return etree.DTD(io.StringIO(inner))


def invoices(path: Path) -> list[etree._Element]:
    """Each invoice in a document of its own, as Netvisor takes them."""
    made = []
    for invoice in etree.parse(path).getroot():
        root = etree.Element("root")
        root.append(invoice)
        made.append(root)
    return made


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_invoices_are_of_the_document_type(dtd: etree.DTD, path: Path) -> None:
    for root in invoices(path):
        assert dtd.validate(root), dtd.error_log.filter_from_errors()


def number(text: str | None) -> Decimal:
    assert text is not None and "." not in text
    return Decimal(text.replace(",", "."))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_lines_add_up_and_codes_fit_the_vat(path: Path) -> None:
    for root in invoices(path):
        lines = list(root.iter("salesinvoiceproductline"))
        assert sum(number(line.findtext("salesinvoiceproductlinesum")) for line in lines) == number(
            root.findtext("salesinvoice/salesinvoiceamount")
        )
        for line in lines:
            rate = line.find("productvatpercentage")
            assert rate is not None
            net = number(line.findtext("productunitprice")) * number(
                line.findtext("salesinvoiceproductlinequantity")
            )
            vat = number(line.findtext("salesinvoiceproductlinevatsum"))
            assert abs(net * number(rate.text) / 100 - vat) < Decimal("0.02")
            assert rate.get("vatcode") in (("KOMY", "NONE") if vat else ("NONE", "EUMY", "EUUM", "KOMY"))


def test_there_are_such_files() -> None:
    assert len(FILES) >= 5
