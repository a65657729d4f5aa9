"""Heeros' sales invoices: customers, invoices and rows in one file."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pytest
from invoice_support import CORPUS, library

from exchange.findings import Finding

HEEROS = CORPUS / "heeros/heeros_sales_invoice_import_example.csv"


@pytest.mark.skipif(not HEEROS.exists(), reason="the corpus is not here")
def test_the_example_of_heeros_is_read_and_written() -> None:
    data = HEEROS.read_bytes()
    reader, writer = library().reader("heeros/sales-invoices"), library().writer("heeros/sales-invoices")
    assert reader is not None and writer is not None
    found: list[Finding] = []
    records = [record for batch in reader.read(io.BytesIO(data), found.append) for record in batch]
    customer, first, second = records
    assert found == [] and (customer["number"], customer["contact_phone"]) == ("00001", "0932324444")
    assert (first["seller"], first["type"], first["due"]) == ("Veikko Myyjänen", "INV01", date(2009, 11, 1))
    assert [(row["quantity"], row["unit_price"], row["price_kind"]) for row in first["rows"]] == [
        (Decimal("7.5"), Decimal("10.6776"), "N")
    ]
    assert (second["type"], second["customer_name"]) == ("INV02", None)
    assert [row["quantity"] for row in second["rows"]] == [Decimal(-2), Decimal("-2.5")]
    out = io.BytesIO()
    writer.write([records], out, io.BytesIO, found.append)
    assert found == [] and out.getvalue().split() == data.split()
