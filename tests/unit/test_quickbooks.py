"""IIF as it is written: header lines below each other, transactions that add up to nought and end, one number for each voucher."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path

from invoice_support import library

from exchange.declare.yaml import load
from exchange.findings import Finding
from exchange.formats import registry

SAMPLES = Path(__file__).parents[2] / "samples/quickbooks"


def test_transactions_balance_and_end() -> None:
    lines = (SAMPLES / "iif/01-month.out.1.iif").read_bytes().decode("windows-1252").split("\r\n")
    rows = [line.split("\t") for line in lines if line]
    assert [row[0] for row in rows[:3]] == ["!TRNS", "!SPL", "!ENDTRNS"]
    assert rows[0][2:] == rows[1][2:], "amounts stand in the same column of TRNS and SPL"
    kinds = " ".join(row[0] for row in rows[3:])
    assert kinds == "TRNS SPL SPL ENDTRNS TRNS SPL ENDTRNS TRNS SPL ENDTRNS"
    left, numbers = Decimal(0), set[str]()
    for row in rows[3:]:
        if row[0] == "ENDTRNS":
            assert left == 0 and len(numbers) == 1 and not any(row[1:])
            numbers.clear()
        else:
            left += Decimal(row[7])
            numbers.add(row[8])


def test_lines_below_the_header_are_no_rows() -> None:
    reader = library().reader("quickbooks/iif")
    assert reader is not None
    data = (SAMPLES / "iif/01-month.out.1.iif").read_bytes().replace(b"ENDTRNS" + b"\t" * 9 + b"\r\n", b"")
    found: list[Finding] = []
    made = [record for batch in reader.read(io.BytesIO(data), found.append) for record in batch]
    assert found == [] and [len(one["rows"]) for one in made] == [3, 2, 2]


def test_other_header_lines_need_a_header() -> None:
    text = "layout: a/b\nformat: csv\ndialect: {header: HEADER, other header lines: [x]}\nrecord: r\nfields: {a: {column: 1}}\n"
    for header, wrong in (("true", 0), ("false", 1)):
        node, _ = load(text.replace("HEADER", header), "a")
        assert node is not None
        assert len(registry.parse_layout(node)[1]) == wrong
