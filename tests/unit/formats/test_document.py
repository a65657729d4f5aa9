"""Documents there and back as JSON lines, every rule checked in both directions."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.findings import Finding
from exchange.formats import document
from exchange.model import Record
from exchange.outcome import Gathered

INVOICE: Any = document.Layout.model_validate(
    {
        "layout": "common/invoice",
        "format": "document",
        "record": "invoice",
        "fields": {
            "number": {"required": True},
            "paid": {"type": "boolean"},
            "issued": {"type": "date"},
            "count": {"type": "integer"},
            "customer": {"fields": {"name": {"required": True}, "country": {"check": "country"}}},
            "lines": {
                "many": True,
                "required": True,
                "fields": {"net": {"type": "money", "required": True}, "dimensions": {"open": True}},
            },
            "notes": {"many": True},
        },
    }
)
GOOD = (
    '{"number": "0012", "paid": true, "issued": "2026-01-31", "count": 3, "customer": {"name": "Ä", '
    '"country": "FI"}, "lines": [{"net": "12.50", "dimensions": {"project": "P1"}}], "notes": ["a", "b"]}\n'
)


def read(text: str) -> tuple[list[Record], list[Finding]]:
    gathered = Gathered()
    batches = document.reader(INVOICE).read(io.BytesIO(text.encode()), gathered)
    return [record for batch in batches for record in batch], gathered.kept


def write(record: Record) -> tuple[str, list[Finding]]:
    gathered, out = Gathered(), io.BytesIO()
    document.writer(INVOICE).write([[record]], out, io.BytesIO, gathered)
    return out.getvalue().decode(), gathered.kept


def test_there_and_back() -> None:
    (record,), found = read("\n" + GOOD)
    assert found == []
    assert (record["number"], record["paid"], record["issued"]) == ("0012", True, date(2026, 1, 31))
    assert record["lines"] == [{"net": Decimal("12.50"), "dimensions": {"project": "P1"}}]
    assert (record["notes"], record["@kind"], record["@line"]) == (["a", "b"], "invoice", 2)
    text, found = write(record)
    assert found == [] and read(text)[0][0] == record | {"@line": 1}
    assert '"net": "12.50"' in text


@pytest.mark.parametrize(
    ("old", "new", "code", "field"),
    [
        ('"0012"', "12", "DOC003", "number"),
        ('"0012"', '""', "VAL001", "number"),
        ('"number": "0012", ', "", "VAL001", "number"),
        ('"paid": true', '"paid": "true"', "DOC003", "paid"),
        ("2026-01-31", "31.01.2026", "VAL020", "issued"),
        ('"count": 3', '"count": 3.5', "VAL010", "count"),
        ('"count": 3', '"count": NaN', "DOC001", None),
        ('"count": 3', '"count": 3, "count": 4', "DOC001", None),
        ('"count": 3', '"cuont": 3', "DOC002", "cuont"),
        ('"name": "Ä", ', "", "VAL001", "customer.name"),
        ('"FI"', '"XX"', "VAL007", "customer.country"),
        ('[{"net": "12.50", "dimensions": {"project": "P1"}}]', "null", "VAL001", "lines"),
        ('[{"net": "12.50", "dimensions": {"project": "P1"}}]', '{"net": "1"}', "DOC003", "lines"),
        ('"12.50"', '"12,50"', "VAL010", "lines[1].net"),
        ('"12.50"', "[1]", "DOC003", "lines[1].net"),
        ('{"project": "P1"}', '{"project": 1}', "DOC003", "lines[1].dimensions.project"),
        ('{"project": "P1"}', '"P1"', "DOC003", "lines[1].dimensions"),
        ("}\n", "\n", "DOC001", None),
        (GOOD, "[1]", "DOC001", None),
        (GOOD, "[" * 100_000, "DOC001", None),
    ],
)
def test_what_is_wrong_is_told_with_its_place(old: str, new: str, code: str, field: str | None) -> None:
    assert old in GOOD
    records, found = read(GOOD.replace(old, new, 1) if new else GOOD.replace(old, ""))
    assert records == []
    assert [(finding.code, finding.field, finding.line) for finding in found] == [(code, field, 1)]


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"number": None}, "VAL001", "number"),
        ({"number": 12}, "VAL040", "number"),
        ({"issued": datetime(2026, 1, 1, tzinfo=UTC)}, "VAL040", "issued"),
        ({"lines": []}, "VAL001", "lines"),
        ({"lines": [{"net": 1.5}]}, "VAL040", "lines[1].net"),
        ({"lines": {"net": 1}}, "DOC003", "lines"),
        ({"customer": "Ä"}, "DOC003", "customer"),
        ({"numbr": "1"}, "DOC002", "numbr"),
    ],
)
def test_writing_refuses(change: Record, code: str, field: str) -> None:
    record = read(GOOD)[0][0] | change
    text, found = write(record)
    assert text == ""
    assert [(finding.code, finding.field, finding.line) for finding in found] == [(code, field, 1)]


def test_ready_for_json() -> None:
    value = {
        "a": Decimal("1E+2"),
        "b": [datetime(2026, 1, 1, tzinfo=UTC)],
        "@line": 1,
        "c": {"d": None, "e": True},
    }
    want = {"a": "100", "b": ["2026-01-01T00:00:00+00:00"], "c": {"d": None, "e": True}}
    assert document.to_json(value) == want


def test_recognising() -> None:
    assert document.recognise(GOOD.encode(), INVOICE)
    for other in (b"", b"[]", b"{", b'{"a": 1}', b'{"number": "1"}'):
        assert document.recognise(other, INVOICE) is None


@given(st.text(st.sampled_from('{}[]":,01.e-ntrufalsumbe\n\\ ä'), max_size=60))
def test_reading_never_raises(text: str) -> None:
    records, found = read(text)
    assert not records or not found or len(text.split("\n")) > 1
