"""Sales invoices as Netvisor's own document type wants them: order of elements, one line each, codes.

The document type is in lower case and so is what is written; the requests of other clients use capitals.
"""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from exchange.operations import looking
from exchange.outcome import Gathered

ROOT = Path(__file__).parents[2] / "samples"
FILES = [path for path in sorted(ROOT.rglob("*.out.1.xml")) if b"<salesinvoice>" in path.read_bytes()]


def document_type(corpus: Path, name: str) -> etree.DTD:
    text = (corpus / "accounting" / "netvisor" / name).read_text(encoding="utf-8")
    inner = text.partition("[")[2].rpartition("]")[0]
    return etree.DTD(io.StringIO(inner))


@pytest.fixture(scope="module")
def dtd(corpus: Path) -> etree.DTD:
    return document_type(corpus, "salesinvoice.dtd")


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
            assert rate.get("vatcode") in (
                ("KOMY", "NONE") if vat else ("NONE", "EUMY", "EUUM", "KOMY", "RAMY")
            )


def test_there_are_such_files() -> None:
    assert len(FILES) >= 5


def test_customers_are_of_the_document_type(corpus: Path) -> None:
    dtd = document_type(corpus, "customer.dtd")
    paths = [path for path in sorted(ROOT.rglob("*.out.*.xml")) if b"<customer>" in path.read_bytes()]
    assert len(paths) >= 3
    for path in paths:
        assert dtd.validate(etree.parse(path)), (path, dtd.error_log.filter_from_errors())


LAYOUTS = {
    "Customer": "customer",
    "Product": "product",
    "SalesPayment": "sales-payment",
    "responses/AccountingList": "ledger",
    "responses/CompanyList": "company-list",
    "responses/CustomerEdit": "answer",
    "responses/CustomerListMinimal": "customer-list",
    "responses/GetCompanyInformation": "company",
    "responses/GetCustomerMinimal": "customer",
    "responses/GetProductMinimal": "product",
    "responses/GetProductNotFound": "answer",
    "responses/GetSalesInvoice": "sales-invoice-answer",
    "responses/GetSalesInvoiceNotFound": "answer",
    "responses/ProductListMinimal": "product-list",
    "responses/SalesInvoiceList": "sales-invoice-list",
    "responses/SalesInvoiceListPreinvoice": "sales-invoice-list",
    "responses/SalesPaymentList": "sales-payment-list",
}


def test_requests_and_answers_of_netvisor_are_told_apart_and_read(corpus: Path) -> None:
    folder = corpus / "accounting" / "netvisor"
    files = {str(path.relative_to(folder).with_suffix("")): path for path in folder.rglob("*.xml")}
    assert files.keys() == LAYOUTS.keys()
    for name, path in files.items():
        assert looking.inspect(path, None, None).layout == f"netvisor/{LAYOUTS[name]}", name
        found = Gathered()
        records = list(looking.read(path, None, None, as_common=False, found=found))
        assert found.kept == [], name
        assert len(records) == len(elements(path)), name


def elements(path: Path) -> list[etree._Element]:
    """What a file tells of: the answer itself, or what stands in it once or in a list."""
    root = etree.parse(path).getroot()
    told = [child for child in root if child.tag != "ResponseStatus"]
    if not told or (not len(told[0]) and "list" not in told[0].tag.lower()):
        return [root]
    (only,) = told
    listed = [child for child in only if child.tag in ("Voucher", "Company", "Customer", "Product")]
    listed += [child for child in only if child.tag in ("SalesInvoice", "SalesPayment")]
    return listed if listed or not len(only) else told


def test_a_refusal_is_told(tmp_path: Path) -> None:
    path = tmp_path / "answer.xml"
    path.write_text(
        "<?xml version='1.0'?><Root><ResponseStatus><Status>FAILED</Status><Status>DATA :: no such customer</Status>"
        "<TimeStamp>7.4.2026 13:46:07</TimeStamp></ResponseStatus></Root>",
        encoding="utf-8",
    )
    (answer,) = looking.read(path, None, None, as_common=False, found=Gathered())
    assert answer["status"] == ["FAILED", "DATA :: no such customer"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_is_made_for_netvisor_can_be_read(path: Path) -> None:
    """As invoices with the same numbers, totals and sums of lines, between commas and between points."""
    told = [
        (each.findtext("salesinvoicenumber"), Decimal(each.findtext("salesinvoiceamount").replace(",", ".")))
        for each in etree.parse(path).iter("salesinvoice")
    ]
    found = Gathered()
    made = list(looking.read(path, None, None, as_common=True, found=found))
    assert [(each["number"], each["total"]) for each in made] == told
    assert not found.errors
    for invoice in made:
        assert (
            sum(line["gross"] for line in invoice["lines"]) + (invoice["rounding"] or 0) == invoice["total"]
        )
        assert invoice["total_net"] + invoice["total_vat"] == sum(line["gross"] for line in invoice["lines"])


def test_points_and_commas_are_told_apart() -> None:
    for name in ("invoices-received", "invoices-received-point"):
        path = ROOT / "netvisor" / name / "01-two.in.xml"
        assert (
            looking.inspect(path, None, None).layout
            == f"netvisor/sales-invoice-{name.removeprefix('invoices-')}"
        )
