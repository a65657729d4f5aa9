"""Delimited rows of several kinds: what belongs together, header lines, totals, and everything that can be wrong."""

from __future__ import annotations

import io
import tracemalloc
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.declare.yaml import load
from exchange.findings import Finding
from exchange.formats import registry
from exchange.formats.delimited import Layout
from exchange.formats.spots import spots
from exchange.model import Record

TEXT = """
layout: acme/payments
format: delimited
encoding: utf-8
dialect: {delimiter: ";", decimal: ","}
records:
  batch:
    code: H
    fields:
      day: {column: 2, type: date, required: true}
    trailer:
      code: T
      fields:
        count: {column: 2, type: integer, control: {count: [payment]}}
        total: {column: 3, type: money, scale: 2, control: {sum: [payment.amount]}}
  payment:
    inside: batch
    code: P
    header: [Kind, Name, Amount, Note]
    fewest: 3
    fields:
      name: {column: Name, required: true}
      amount: {column: Amount, type: money, scale: 2, required: true}
      note: {column: Note}
  text:
    of: payment
    as: texts
    code: L
    fields:
      text: {column: 2, required: true}
"""
GOOD = (
    "Kind;Name;Amount;Note\r\nH;2026-11-30\r\n"
    'P;Åke;12,50;"a;""b"""\r\nL;one\r\nL;"two\nlines"\r\nP;Bo;7,00;\r\nT;2;19,50\r\n'
)


def _layout(text: str = TEXT) -> Layout:
    node, _ = load(text, "a")
    assert node is not None
    layout, problems = registry.parse_layout(node)
    assert isinstance(layout, Layout), problems
    return layout


LAYOUT = _layout()
READER = registry.get("delimited").reader(LAYOUT)
WRITER = registry.get("delimited").writer(LAYOUT)


def _read(data: bytes) -> tuple[list[Record], list[Finding]]:
    found: list[Finding] = []
    records = [record for batch in READER.read(io.BytesIO(data), found.append) for record in batch]
    return records, found


def _written(records: list[Record]) -> tuple[bytes, list[Finding]]:
    out, found = io.BytesIO(), list[Finding]()
    WRITER.write([records], out, io.BytesIO, found.append)
    return out.getvalue(), found


def _codes(text: str) -> list[tuple[str, Any, Any]]:
    return [(one.code, one.line, one.column) for one in _read(text.encode())[1]]


def test_what_belongs_together_is_one_record() -> None:
    records, found = _read(GOOD.encode())
    assert found == []
    assert [(one["name"], one["amount"], one["note"]) for one in records] == [
        ("Åke", Decimal("12.50"), 'a;"b"'),
        ("Bo", Decimal("7.00"), None),
    ]
    assert [one["text"] for one in records[0]["texts"]] == ["one", "two\nlines"]
    assert records[1]["@line"] == 7, "a value on two lines counts as two"
    assert records[0]["batch"]["day"] == date(2026, 11, 30) and records[0]["batch"]["total"] == Decimal(
        "19.50"
    )


def test_written_as_read() -> None:
    assert _written(_read(GOOD.encode())[0]) == (GOOD.encode(), [])


@pytest.mark.parametrize("bom", ["", ", bom: true"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig", "utf-16-le"])
def test_a_mark_stands_at_the_beginning_of_a_file_alone(encoding: str, bom: str) -> None:
    layout = _layout(TEXT.replace("utf-8", encoding).replace('decimal: ","', f'decimal: ","{bom}'))
    out, found = io.BytesIO(), list[Finding]()
    registry.get("delimited").writer(layout).write([_read(GOOD.encode())[0]], out, io.BytesIO, found.append)
    marks = "\ufeff" if bom and encoding in ("utf-8", "utf-16-le") else ""
    assert found == [] and out.getvalue().decode(encoding) == marks + GOOD


def test_columns_follow_the_header_of_the_file() -> None:
    moved = "Kind;Note;Amount;Name\nH;2026-11-30\nP;n;1,00;Åke\nP;n;x;Bo\nT;2;1,00\n"
    records, found = _read(moved.encode())
    assert [one["name"] for one in records] == ["Åke"]
    assert ("VAL", 4, 3) in [(one.code[:3], one.line, one.column) for one in found]
    place = spots(LAYOUT, io.BytesIO(moved.encode()), records)[0]["name"]
    assert (place.text, place.line, place.column) == ("Åke", 3, 4)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("P;n;1,00;Bo;x", [("CSV006", 3, 5)]),
        ("P;a;b;1,00;Bo", [("CSV006", 3, 5), ("VAL010", 3, 3)]),
        ("P;n;1,00", [("VAL001", 3, 4)]),
        ("P;n", [("CSV005", 3, 3), ("VAL001", 3, 3), ("VAL001", 3, 4)]),
    ],
)
def test_rows_that_differ_from_the_header_of_the_file_never_shift_a_value(
    row: str, told: list[tuple[str, int, int]]
) -> None:
    moved = f"Kind;Note;Amount;Name\nH;2026-11-30\n{row}\nT;1;1,00\n"
    assert sorted(one for one in _codes(moved) if one[0] != "FIX020") == told


def test_a_row_that_ends_early_keeps_the_columns_of_its_header() -> None:
    rows = "Kind;Amount;Name;Note\nH;2026-11-30\nP;1,00;Bo\nT;1;1,00\n"
    (record,), found = _read(rows.encode())
    assert found == [] and (record["name"], record["amount"], record["note"]) == ("Bo", Decimal("1.00"), None)


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "column"),
    [
        ("P;Bo;7,00;\r\n", "P;Bo\r\n", "CSV005", 7, 3),
        ("P;Bo;7,00;\r\n", "P;Bo;7,00;;x\r\n", "CSV006", 7, 5),
        ("P;Bo;", "Q;Bo;", "FIX003", 7, None),
        ("T;2;19,50", "T;3;19,50", "FIX020", 8, None),
        ("T;2;19,50", "T;2;19,51", "FIX020", 8, None),
        ("T;2;19,50\r\n", "", "FIX009", 2, None),
        ("H;2026-11-30\r\n", "", "FIX007", 2, None),
        ("H;2026-11-30\r\n", "H;2026-11-30\r\nL;x\r\n", "FIX008", 3, None),
        ("P;Bo;7,00;\r\n", 'P;"Bo"x;7,00;\r\n', "CSV008", 7, None),
        ("P;Bo;7,00;\r\n", 'P;"Bo;7,00;\r\n', "CSV007", 7, None),
        ("P;Bo;7,00;\r\n", "P;B\x02o;7,00;\r\n", "FIX017", 7, 2),
        ("Name;Amount", "Other;Amount", "CSV002", 1, 1),
        ("P;Bo;7,00;", "P;;7,00;", "VAL001", 7, 2),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    old: str, new: str, code: str, line: int, column: int | None
) -> None:
    assert old in GOOD
    assert (code, line, column) in _codes(GOOD.replace(old, new))


def test_short_rows_and_empty_columns_behind_the_end_are_as_declared() -> None:
    assert (
        _codes(GOOD.replace("P;Bo;7,00;\r\n", "P;Bo;7,00\r\n").replace("H;2026-11-30", "H;2026-11-30;;;"))
        == []
    )


def test_it_is_recognised_by_its_records() -> None:
    recognise = registry.get("delimited").recognise
    assert recognise(GOOD.encode(), LAYOUT) is not None
    for bad in (
        "H,2026-11-30\n",
        GOOD.replace("P;Bo", "Q;Bo"),
        GOOD.replace("2026-11-30", "x"),
        "P;a;1,00;\n",
        "",
    ):
        assert recognise(bad.encode(), LAYOUT) is None


def test_without_quotes_a_delimiter_cannot_be_written() -> None:
    layout = _layout(TEXT.replace('decimal: ","', 'decimal: ",", quote: none'))
    records, out, found = _read(GOOD.encode())[0], io.BytesIO(), list[Finding]()
    registry.get("delimited").writer(layout).write([records], out, io.BytesIO, found.append)
    assert [(one.code, one.field) for one in found] == [("CSV020", "payment.note"), ("CSV020", "text.text")]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("column: Note}", "column: Nope}", "needs its `column`"),
        ("note: {column: Note}", "note: {column: 2}", "both stand in column 2"),
        ("code: L", "code: P", "same code"),
        ("[Kind, Name, Amount, Note]", "[Kind, Name, Amount, Name]", "twice"),
        ("[Kind, Name, Amount, Note]", "[Kind, Name, Amount, na me]", "twice"),
        ("sum: [payment.amount]", "sum: [payment.nope]", "no field"),
    ],
)
def test_layouts_that_cannot_be_are_refused(old: str, new: str, said: str) -> None:
    node, _ = load(TEXT.replace(old, new), "a")
    assert node is not None
    assert said in " ".join(problem.message for problem in registry.parse_layout(node)[1])


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]) | st.sampled_from(';"\n'), min_size=1
)
AMOUNTS = st.decimals(-(10**9), 10**9, places=2)
PAYMENTS = st.lists(
    st.tuples(TEXTS, AMOUNTS, st.none() | TEXTS, st.lists(TEXTS, max_size=3)), min_size=1, max_size=5
)


@settings(max_examples=60)
@given(PAYMENTS)
def test_what_is_written_is_read_again(payments: list[tuple[str, Decimal, str | None, list[str]]]) -> None:
    batch = {"@kind": "batch", "day": date(2026, 11, 30)}
    records: list[Record] = [
        {
            "@kind": "payment",
            "name": name,
            "amount": amount,
            "note": note,
            "texts": [{"text": text} for text in texts],
            "batch": batch,
        }
        for name, amount, note, texts in payments
    ]
    data, found = _written(records)
    assert found == []
    again, found = _read(data)
    assert [one for one in found if one.severity == "error"] == []
    assert [
        (one["name"], one["amount"], one["note"], [each["text"] for each in one["texts"]]) for one in again
    ] == payments
    assert again[0]["batch"]["total"] == sum(amount for _, amount, _, _ in payments)


@settings(max_examples=150)
@given(st.lists(st.tuples(st.integers(0, len(GOOD)), st.binary(max_size=4), st.integers(0, 4)), max_size=6))
def test_damage_is_told_and_never_raised(changes: list[tuple[int, bytes, int]]) -> None:
    data = GOOD.encode()
    for at, new, gone in changes:
        data = data[:at] + new + data[at + gone :]
    records, found = _read(data)
    registry.get("delimited").recognise(data, LAYOUT)
    spots(LAYOUT, io.BytesIO(GOOD.encode()), records)
    if not any(one.severity == "error" for one in found):
        total = sum(one["amount"] for one in records)
        assert all(one["batch"]["total"] in (None, total) for one in records[:1]) or len(records) == 0


def test_memory_does_not_grow_with_the_file() -> None:
    body = "".join(f"P;Name {n};1,00;x\nL;t\n" for n in range(30_000))
    data = io.BytesIO(f"H;2026-11-30\n{body}T;30000;30000,00\n".encode())
    found: list[Finding] = []
    tracemalloc.start()
    count = sum(len(batch) for batch in READER.read(data, found.append))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (count, found) == (30_000, []) and peak < 8_000_000
