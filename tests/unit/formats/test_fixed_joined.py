"""Fixed-width records: what stands before its owner, subsets in totals, titles, tabs and other encodings."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from exchange.findings import Finding
from exchange.formats import fixed
from exchange.model import Record
from exchange.outcome import Gathered

MONEY = {"type": "money", "decimals": 2}
PAYEE = {"at": "2-5"}
ROWS: dict[str, Any] = {
    "section": {
        "code": "H",
        "fields": {"name": {"at": "2-9"}},
        "trailer": {
            "code": "T",
            "fields": {
                "paid": {"at": "2-4", "type": "integer", "control": {"count": ["plain", "urgent"]}},
                "total": {"at": "5-14", **MONEY, "control": {"sum": ["plain.amount", "-credit.amount"]}},
                "lines": {"at": "15-17", "type": "integer", "control": {"count": ["*"]}},
            },
        },
    },
    "account": {
        "before": "row",
        "by": "payee",
        "as": "account",
        "many": False,
        "code": "A",
        "fields": {"payee": PAYEE, "number": {"at": "6-15"}},
    },
    "payee_name": {
        "before": ["row"],
        "by": "payee",
        "as": "name",
        "many": False,
        "code": "N",
        "fields": {"payee": PAYEE, "name": {"at": "6-20"}},
    },
    "row": {
        "inside": "section",
        "code": ["R ", "C ", "RU"],
        "code at": ["1", "20"],
        "subsets": {
            "plain": {"record": ["R"], "speed": [""]},
            "urgent": {"speed": ["U"]},
            "credit": {"record": ["C"]},
        },
        "fields": {
            "record": {"at": "1"},
            "payee": PAYEE,
            "amount": {"at": "6-15", **MONEY},
            "speed": {"at": "20"},
        },
    },
    "remark": {"of": ["account", "row"], "as": "remarks", "code": "M", "fields": {"text": {"at": "2-20"}}},
}
GOOD = """\
Hone
A0001555-1
Mbad account
N0001Åsa
R00010000001000
R00010000000250
C00010000000050
A0002777-2
R00020000000100
R00030000000900    U
T0040000001300011
"""


def layout(records: Any = None, **more: Any) -> fixed.Layout:
    declared = {
        "layout": "acme/rows",
        "format": "fixed",
        "code at": "1",
        "length": 20,
        "newline": "lf",
        "records": records or ROWS,
        **more,
    }
    return fixed.Layout.model_validate(declared)


def read(raw: bytes | str, declared: fixed.Layout | None = None) -> tuple[list[Record], list[Finding]]:
    gathered = Gathered()
    data = raw.encode("iso-8859-1") if isinstance(raw, str) else raw
    batches = fixed.reader(declared or layout()).read(io.BytesIO(data), gathered)
    return [record for batch in batches for record in batch], gathered.kept


def write(records: list[Record]) -> tuple[str, list[Finding]]:
    gathered, out = Gathered(), io.BytesIO()
    fixed.writer(layout()).write([records], out, io.BytesIO, gathered)
    return out.getvalue().decode("iso-8859-1"), gathered.kept


def told(found: list[Finding]) -> list[tuple[str, int | None]]:
    return [(each.code, each.line) for each in found if each.severity != "info"]


def test_what_stands_before_belongs_to_all_of_the_same_value() -> None:
    records, found = read(GOOD)
    assert told(found) == []
    assert [(r["account"] or {}).get("number") for r in records] == ["555-1"] * 3 + ["777-2", None]
    assert [(r["name"] or {}).get("name") for r in records] == ["Åsa"] * 3 + [None, None]
    assert [one["text"] for one in records[0]["account"]["remarks"]] == ["bad account"]
    assert (records[0]["account"]["@kind"], records[0]["account"]["@line"]) == ("account", 2)


def test_it_is_written_once_before_the_first_of_them() -> None:
    records, _ = read(GOOD)
    text, found = write(records)
    assert found == [] and text == "".join(f"{line.ljust(20)}\n" for line in GOOD.splitlines())
    records[4]["account"] = {"number": "999"}
    assert "A0003999  " in write(records)[0]


def test_the_last_one_for_the_same_counts() -> None:
    text = GOOD.replace("R00010000000250\n", "A0001666-1\nR00010000000250\n").replace(
        "T0040000001300011", "T0040000001300012"
    )
    records, found = read(text)
    assert told(found) == []
    assert [r["account"]["number"] for r in records[:3]] == ["555-1", "666-1", "666-1"]
    assert write(records)[0] == "".join(f"{line.ljust(20)}\n" for line in text.splitlines())


def test_one_without_an_owner_is_told_of() -> None:
    extra = GOOD.replace("A0002777-2", "A0009888-2\nA0002777-2").replace("011\n", "012\n")
    records, found = read(extra)
    assert len(records) == 5 and told(found) == [("FIX023", 8)]
    assert "of the same payee (0009)" in found[-1].message
    assert told(read("A0001555-1\n" + GOOD)[1])[0] == ("FIX007", 1)


def test_a_bad_one_spoils_all_that_it_belongs_to() -> None:
    strict = {
        **ROWS,
        "account": {
            **ROWS["account"],
            "fields": {"payee": PAYEE, "number": {"at": "6-15", "matches": "[0-9-]+"}},
        },
    }
    records, found = read(GOOD.replace("555-1", "55x-1"), layout(strict))
    assert [r["payee"] for r in records] == ["0002", "0003"]
    assert ("VAL004", 2) in told(found)


def test_subsets_are_counted_and_summed_apart() -> None:
    assert told(read(GOOD.replace("T004", "T005"))[1]) == [("FIX020", 11)]
    assert told(read(GOOD.replace("C00010000000050", "C00010000000051"))[1]) == [("FIX020", 11)]
    # An urgent row counts, but its amount is in no sum.
    assert told(read(GOOD.replace("0000000900    U", "0000000901    U"))[1]) == []
    assert read(GOOD)[0][0]["section"]["total"] == Decimal("13.00")


def test_codes_in_columns_that_a_short_line_lacks_are_blank() -> None:
    assert [r["record"] for r in read(GOOD)[0]] == ["R", "R", "C", "R", "R"]


def test_titles_are_left_out_and_told_of() -> None:
    declared = layout(titles="Example|=+$")
    records, found = read("\nExample 1\n=====\n\n" + GOOD, declared)
    assert len(records) == 5 and records[0]["@line"] == 9
    assert told(found) == [("FIX021", 2), ("FIX021", 3)]
    assert fixed.recognise(b"\nExample 1\n" + GOOD.encode("iso-8859-1"), declared) is not None
    assert fixed.recognise(b"\nSomething 1\n" + GOOD.encode("iso-8859-1"), declared) is None
    # Behind the first record nothing is a title.
    assert ("FIX003", 2) in told(read(GOOD.replace("A0001555-1", "Example\nA0001555-1"), declared)[1])


def test_another_declared_encoding_is_taken_when_the_first_cannot_be() -> None:
    declared = layout(**{"other encodings": ["cp850"]})
    dos = GOOD.encode("cp850")
    records, found = read(dos, declared)
    assert records[0]["name"]["name"] == "Åsa"
    assert [(f.code, f.severity) for f in found if f.severity != "info"] == [("FIX022", "warning")]
    assert fixed.recognise(dos, declared) is not None
    assert read(GOOD, declared)[1] == read(GOOD)[1]
    assert read(dos)[1][0].code == "ENC001"


def test_tabs_inside_a_line_are_blanks_where_the_layout_says_so() -> None:
    declared = layout(tabs=8)
    tabbed = GOOD.replace("R00030000000900    U", "R00030000000900\t   U")
    records, found = read(tabbed, declared)
    assert (len(records), told(found)) == (5, [("FIX024", 10)])
    assert records[4]["speed"] == "U"
    assert ("FIX017", 10) in told(read(tabbed)[1])
    assert told(read(GOOD.replace("R00010000001000", "R00010000001000\t\t "))[1]) == []
    assert ("FIX017", 5) in told(read(GOOD.replace("R00010000001000", "R00010000001000\t\tX"), declared)[1])


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("account", {"by": None}, "together"),
        ("account", {"of": "row"}, "without `of`"),
        ("account", {"many": True}, "many: false"),
        ("account", {"as": "name"}, "name of its own"),
        ("account", {"by": "number"}, "no field of the record and of all"),
        ("account", {"inside": "section"}, "neither `inside` nor `trailer`"),
        ("row", {"subsets": {"account": {"record": ["R"]}}}, "has the name of a record"),
        ("row", {"subsets": {"plain": {"amount": ["1"]}}}, "which is no text of the record"),
        ("row", {"subsets": {"plain": {"colour": ["1"]}}}, "which is no text of the record"),
    ],
)
def test_what_does_not_fit_together_is_refused(name: str, change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        layout({**ROWS, name: {**ROWS[name], **change}})


def test_titles_must_be_a_pattern() -> None:
    with pytest.raises(ValidationError, match="no regular expression"):
        layout(titles="(")


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_lines_without_line_ends_are_counted_as_if_they_had_some(end: str) -> None:
    text = "".join(f"{line.ljust(20)}{end}" for line in GOOD.splitlines())
    records, found = read(text, layout(lines=1))
    assert found == [] and [each["@line"] for each in records] == [5, 6, 7, 9, 10]
    _, wrong = read(text.replace("00010000000250", "0001000000O250"), layout(lines=1))
    assert ("VAL010", 6) in told(wrong)


def test_many_records_without_line_ends_keep_their_numbers() -> None:
    row = {"row": {"code": "R", "fields": {"amount": {"at": "6-15", **MONEY}}}}
    text = "".join(f"R0002{index:010d}".ljust(20) for index in range(12_000))
    records, found = read(text, layout(row, lines=1))
    assert [each["@line"] for each in records] == list(range(1, 12_001))
    assert records[-1]["amount"] == Decimal("119.99") and found == []
