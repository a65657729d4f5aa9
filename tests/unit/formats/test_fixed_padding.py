"""Files in UTF-8: filled up by characters they are read well, filled up by bytes no value is read out of its columns."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_fixed_layouts import layout

from exchange.findings import Finding
from exchange.formats import fixed
from exchange.formats.fixed.plan import Dispatch
from exchange.model import Record
from exchange.outcome import Gathered

SAMPLES = Path(__file__).parents[3] / "samples"
FILES = {
    "bankgirot/bgmax": "bankgirot/receipts/01-26-november.in.txt",
    "bankgirot/lb": "swedish-bridge/supplier-payments/01-week-48.in.txt",
    "bankgirot/lb-returned": "bankgirot/returned/01-27-november.in.txt",
    "plusgirot/total-in": "plusgirot/receipts/01-26-november.in.txt",
    "finanssiala/ktl": "finanssiala/ktl/01-march.in.txt",
    "finanssiala/tito": "finanssiala/tito/01-march.in.txt",
    "telepay/payments": "telepay/supplier-payments/01-week-48.in.txt",
}
DECLARED = {
    "layout": "acme/payments",
    "format": "fixed",
    "other encodings": ["utf-8"],
    "length": 30,
    "newline": "lf",
    "record": "payment",
    "fields": {
        "name": {"at": "1-12"},
        "side": {"at": "13", "meaning": "one letter behind the name"},
        "town": {"at": "14-20"},
        "amount": {"at": "21-27", "type": "integer", "fill": " "},
    },
}
WIDTHS = (12, 1, 7, 7)


def read(declared: fixed.Layout, raw: bytes) -> tuple[list[Record], list[Finding]]:
    gathered = Gathered()
    batches = fixed.reader(declared).read(io.BytesIO(raw), gathered)
    return [record for batch in batches for record in batch], gathered.kept


def errors(found: list[Finding]) -> list[tuple[str, int | None]]:
    return [(each.code, each.line) for each in found if each.severity == "error"]


def in_bytes(text: str, width: int) -> str:
    """A field as programs write it that count bytes."""
    return text.rstrip().encode()[:width].ljust(width).decode(errors="ignore")


def filled_by_bytes(declared: fixed.Layout, line: str) -> str:
    """A record whose fields are filled up by bytes."""
    plan = Dispatch(declared).plan(line)
    assert plan is not None
    spans = sorted(column.field.span for column in plan.columns if column.field.type == "text")
    for start, end in reversed(spans):
        if not line[start:end].isascii():
            line = line[:start] + in_bytes(line[start:end], end - start) + line[end:]
    return line


def physical(declared: fixed.Layout, name: str) -> list[str]:
    """The lines of a sample with letters in many of its texts."""
    text = (SAMPLES / FILES[name]).read_bytes().decode("iso-8859-1")
    lines = [line.translate(str.maketrans("aoe", "åöé")) for line in text.split("\r\n") if line]
    text = "\r\n".join(lines)
    return (
        [*lines] if not text.isascii() else [line.replace("OY", "ÖY").replace("AB", "ÄB") for line in lines]
    )


@pytest.mark.parametrize("name", FILES)
def test_each_kind_of_bank_file_in_utf_8(name: str) -> None:
    declared = layout(name)
    lines = physical(declared, name)
    right = "".join(f"{line}\r\n" for line in lines)
    assert not right.isascii()
    good, found = read(declared, right.encode("iso-8859-1"))
    again, told = read(declared, right.encode())
    assert (again, errors(told), errors(found)) == (good, [], [])
    assert [each.code for each in told if each.severity == "warning"] == ["FIX022"]
    if declared.lines:
        return
    wrong = [filled_by_bytes(declared, line) for line in lines]
    letters = [number for number, line in enumerate(wrong, 1) if not line.isascii()]
    _, told = read(declared, "".join(f"{line}\r\n" for line in wrong).encode())
    by_bytes = [line for code, line in errors(told) if code == "FIX042"]
    assert letters and by_bytes == letters


def test_lines_that_are_joined_are_looked_at_one_by_one() -> None:
    declared = layout("telepay/payments")
    lines = physical(declared, "telepay/payments")
    at = next(n for n, line in enumerate(lines) if not line.isascii() and not line.rstrip()[-1:].isalpha())
    letters = len(lines[at].encode()) - len(lines[at])
    end = max(place for place, character in enumerate(lines[at]) if not character.isascii())
    blank = lines[at].index(" " * letters, end)
    lines[at] = lines[at][:blank] + lines[at][blank + letters :]
    _, told = read(declared, "".join(f"{line}\r\n" for line in lines).encode())
    assert ("FIX042", at + 1) in errors(told)


def row(texts: tuple[str, ...], *, by_bytes: bool, stripped: bool) -> str:
    cells = [in_bytes(t, w) if by_bytes else t[:w].ljust(w) for t, w in zip(texts, WIDTHS, strict=True)]
    cells[3] = texts[3].rjust(7)
    line = "".join(cells)
    line = in_bytes(line, 30) if by_bytes else line.ljust(30)
    return line.rstrip() if stripped else line


TEXTS = st.text("aAzÅö€ ", max_size=12).map(str.strip)
CASES = st.tuples(
    TEXTS, st.sampled_from(["", "x", "å"]), TEXTS, st.sampled_from(["", "1", "4500", "1234567"])
)


@settings(max_examples=600)
@given(st.lists(CASES, min_size=1, max_size=3), st.booleans(), st.booleans())
def test_no_value_is_read_out_of_its_columns(
    cases: list[tuple[str, ...]], by_bytes: bool, stripped: bool
) -> None:
    """What is filled up by characters to the end is read; whatever else is read says the same or is an error."""
    declared = fixed.Layout.model_validate(DECLARED)
    cases = [(f"å{name}"[:12], side, town[:7], amount) for name, side, town, amount in cases]
    if by_bytes:
        cases = [
            (in_bytes(name, 12).strip(), in_bytes(side, 1).strip(), in_bytes(town, 7).strip(), amount)
            for name, side, town, amount in cases
        ]
    raw = "".join(f"{row(case, by_bytes=by_bytes, stripped=stripped)}\n" for case in cases).encode()
    records, found = read(declared, raw)
    said = [
        tuple(
            "" if record[name] is None else str(record[name]) for name in ("name", "side", "town", "amount")
        )
        for record in records
    ]
    right = [tuple(text.strip() for text in case) for case in cases]
    if not by_bytes and not stripped:
        assert errors(found) == []
    if not errors(found):
        assert said == right


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("Åsa Öberg   xMalmö      12", "FIX043", 'The record payment has 26 characters instead of 30. "Åsa Öberg" in payment.name'),
        ("Åsa Öberg   xMalmö      12 ", "FIX042", 'was filled up to 30 bytes and has 27 characters. "Åsa Öberg" in payment.name'),
        ("Åsa Öberg   ", None, ""),
        ("Åsa Öberg  x", "FIX043", "may be shifted"),
        ("Asa Oberg   xMalmö", None, ""),
        ("Asa Oberg   xMalmö     12", "FIX043", '"Malmö" in payment.town'),
        ("åååååååååååå å     123456", None, ""),
    ],
)  # fmt: skip
def test_what_is_told(line: str, code: str | None, said: str) -> None:
    declared = fixed.Layout.model_validate(DECLARED)
    _, found = read(declared, f"{'Anna':30}\n{line}\n".encode())
    assert errors(found) == ([(code, 2)] if code else [])
    told = next((each for each in found if each.severity == "error"), None)
    assert told is None or (said.lower() in told.message.lower() and "iso-8859-1" in told.advice)


def test_a_line_that_says_how_long_it_is_is_measured_by_that() -> None:
    """Where any length may be, only that tells."""
    fields: dict[str, Any] = {
        "long": {"at": "2-3", "type": "integer", "holds": "length"},
        "name": {"at": "4-9"},
        "more": {"at": "10-20"},
    }
    record = {"note": {"code": "T", "code at": "1", "length": "4-20", "fields": fields}}
    declared = fixed.Layout.model_validate(
        {"layout": "acme/notes", "format": "fixed", "newline": "lf", "records": record} | {"other encodings": ["utf-8"]}
    )  # fmt: skip
    assert errors(read(declared, "T12Åsa   xyz\n".encode())[1]) == []
    assert errors(read(declared, "T12Åsa  xyz\n".encode())[1]) == [("FIX042", 1)]
