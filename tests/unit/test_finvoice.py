"""Finvoice: what is written passes the official schema, comes back as the same invoice, and adds up to the cent."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from invoice_cases import invoices
from lxml import etree

from exchange.declare.catalogue import Catalogue
from exchange.findings import Finding
from exchange.flow.content import run_chain
from exchange.flow.library import Library
from exchange.mapping.tally import Tally
from exchange.model import ArrivalFacts, FieldShape, Record

ROOT = Path(__file__).parents[2]
XSD = ROOT.parent / "shared/corpus/accounting/finvoice/Finvoice3.0.xsd"
EXAMPLES = int(os.environ.get("EXCHANGE_INVOICES", "40"))
FACTS = ArrivalFacts(
    "01KAX3YEYR3TYTGZ5J8Q2M7B4C", "invoices", "a.csv", "ab" * 32, datetime(2026, 11, 23, 9, 30, 15, 0, UTC)
)
SELLER = {
    "company": "Nordkaffe Oy", "company_id": "2345678-5", "vat_number": "FI23456785", "street": "Satamakatu 4",
    "postcode": "00160", "town": "Helsinki", "country": "FI", "account": "FI2112345600000785", "bic": "NDEAFIHH",
}  # fmt: skip


@cache
def library() -> Library:
    return Library(Catalogue.of(), SELLER)


def whole(fields: Mapping[str, FieldShape], given: Mapping[str, Any] | None) -> Record:
    """A structure with every declared field, those that are not given empty."""
    given = given or {}
    assert given.keys() <= fields.keys(), given.keys() - fields.keys()
    return {name: _whole(shape, given.get(name)) for name, shape in fields.items()}


def _whole(shape: FieldShape, value: Any) -> Any:
    if shape.type != "structure" or shape.open:
        return value if value is not None or not shape.repeated else []
    if shape.repeated:
        return [whole(shape.fields, item) for item in value or []]
    return whole(shape.fields, value)


def run(mapping: str, records: list[Record]) -> tuple[list[Record], list[Finding]]:
    step = library().mapping(mapping)
    assert step is not None, library().problems
    found: list[Finding] = []
    made = run_chain(iter([records]), [[step]], FACTS, found.append, lambda _: Tally())
    return [record for batch in made for record in batch], found


def written(invoice: Mapping[str, Any]) -> tuple[bytes, list[Finding]]:
    layout, writer = library().layout("common/invoice"), library().writer("finvoice/finvoice")
    assert layout is not None and writer is not None
    record = whole(layout.shape().kinds["invoice"].fields, invoice)
    record |= {"@kind": "invoice", "@line": 1, "@path": None}
    made, found = run("finvoice/invoice-to-finvoice", [record])
    out = io.BytesIO()
    writer.write([made], out, lambda: tempfile.TemporaryFile(), found.append)  # noqa: SIM115
    return out.getvalue(), found


def read(data: bytes) -> tuple[list[Record], list[Finding]]:
    reader = library().reader("finvoice/finvoice")
    assert reader is not None
    found: list[Finding] = []
    records = [record for batch in reader.read(io.BytesIO(data), found.append) for record in batch]
    made, more = run("finvoice/finvoice-to-invoice", records)
    return made, [*found, *more]


def errors(found: list[Finding]) -> list[Finding]:
    return [finding for finding in found if finding.severity == "error"]


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
    "number": "100", "kind": "invoice", "issued": datetime(2026, 11, 2).date(), "currency": "EUR",
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
