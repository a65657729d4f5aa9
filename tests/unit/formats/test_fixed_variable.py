"""Fixed-width records of several lengths, parts among the records inside, records that are their own only part."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from exchange.findings import Finding
from exchange.formats import fixed
from exchange.model import Record
from exchange.outcome import Gathered

DAY = {"type": "date", "pattern": "%y%m%d", "required": True}
LENGTH = {"at": "2-3", "type": "integer", "holds": "length"}
RECORDS: dict[str, Any] = {
    "statement": {"code": "S", "fields": {"length": LENGTH, "name": {"at": "4-9"}}},
    "entry": {
        "inside": "statement",
        "code at": ["1", "20"],
        "code": ["E ", "E0"],
        "length": 20,
        "fields": {
            "kind": {"at": "1"},
            "length": LENGTH,
            "day": {"at": "4-9", **DAY},
            "amount": {"at": "10-15", "type": "money", "decimals": 2},
            "level": {"at": "20"},
        },
    },
    "part": {
        "of": "entry",
        "as": "parts",
        "or itself": True,
        "code at": ["1", "20"],
        "code": "E1",
        "length": 20,
        "fields": {"length": LENGTH, "amount": {"at": "10-15", "type": "money", "decimals": 2}},
    },
    "text": {
        "of": ["entry", "part"],
        "as": "texts",
        "code": "T",
        "length": [13, 23, 33],
        "fields": {"length": LENGTH, "a": {"at": "4-13"}, "b": {"at": "14-23"}, "c": {"at": "24-33"}},
    },
    "free": {"of": "entry", "as": "free", "code": "F", "length": "3-40", "fields": {"text": {"at": "4-40"}}},
    "balance": {
        "of": "statement",
        "as": "balances",
        "behind": {"by": "day", "field": "day"},
        "code": "B",
        "fields": {"day": {"at": "2-7", **DAY}, "amount": {"at": "8-13", "type": "money", "decimals": 2}},
    },
}
FILE = """\
S09first \n\
E20260101001000    0
T13hello     \n\
T33hello     big       world     \n\
F  anything at all
B260101001000
E20260102000250    0
E20      000100    1
T13part      \n\
E20      000150    1
B260102001250
B260103001250
S09second
E20260102000001    0
B260102000001
"""


def layout(records: Any = None, **more: Any) -> fixed.Layout:
    declared = {"layout": "acme/days", "format": "fixed", "code at": "1", "newline": "lf"}
    return fixed.Layout.model_validate({**declared, "records": records or RECORDS, **more})


def read(text: str, declared: fixed.Layout | None = None) -> tuple[list[Record], list[Finding]]:
    found = Gathered()
    batches = fixed.reader(declared or layout()).read(io.BytesIO(text.encode("iso-8859-1")), found)
    return [record for batch in batches for record in batch], found.kept


def write(records: list[Record]) -> str:
    found, out = Gathered(), io.BytesIO()
    fixed.writer(layout()).write([records], out, io.BytesIO, found)
    assert found.kept == []
    return out.getvalue().decode("iso-8859-1")


def test_records_of_all_lengths_come_back_as_they_were() -> None:
    records, found = read(FILE)
    assert (len(records), found) == (3, [])
    assert [text["c"] for text in records[0]["texts"]] == [None, "world"]
    assert records[0]["free"][0]["text"] == "anything at all"
    assert write(records) == FILE


def test_a_record_without_parts_is_its_own_only_one() -> None:
    whole, split, _ = read(FILE)[0]
    assert [(one["amount"], one["@line"], len(one["texts"])) for one in whole["parts"]] == [
        (whole["amount"], 2, 2)
    ]
    assert [str(one["amount"]) for one in split["parts"]] == ["1.00", "1.50"]
    assert [len(one["texts"]) for one in split["parts"]] == [1, 0]


def test_a_line_whose_closing_blank_code_was_taken_off_is_known() -> None:
    records, found = read(FILE.replace("E20260101001000    0", "E20260101001000"))
    assert (len(records), [f.code for f in found]) == (3, ["FIX004"])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("T13hello     \n", "T13hello\n"), ["FIX004"]),
        (("T13hello     \n", "T23hello\n"), ["FIX004"]),
        (("T13hello     \n", "T14hello     \n"), ["FIX018"]),
        (("T13hello     \n", "T13hello     bigger   \n"), ["FIX004", "FIX018"]),
        (("S09first ", "S..first "), ["FIX018", "VAL010"]),
    ],
)
def test_a_wrong_length_is_told(change: tuple[str, str], told: list[str]) -> None:
    _, found = read(FILE.replace(*change, 1))
    assert sorted({f.code for f in found}) == told


def test_balances_stand_behind_the_records_of_their_day() -> None:
    records = read(FILE)[0]
    for record in records:
        record["statement"]["balances"].reverse()
        for balance in record["statement"]["balances"]:
            balance.pop("@line", None)
    assert write(records[:2]) == FILE.partition("S09second")[0]


def test_what_is_declared_wrongly_is_told() -> None:
    for name, change, said in (
        ("balance", {"behind": {"by": "amount", "field": "day"}}, "compares dates"),
        ("balance", {"behind": {"by": "day", "field": "nothing"}}, "compares dates"),
        ("text", {"or itself": True}, "or itself"),
        ("text", {"length": "9-3"}, "no place"),
    ):
        with pytest.raises(ValidationError, match=said):
            layout({**RECORDS, name: {**RECORDS[name], **change}})
    with pytest.raises(ValidationError, match="holds` is an integer"):
        layout(
            {
                **RECORDS,
                "free": {
                    "code": "F",
                    "of": "entry",
                    "as": "free",
                    "fields": {"text": {"at": "2-4", "holds": "length"}},
                },
            }
        )


# --- letters in seven bits ---------------------------------------------------------------------------------


def names(text: str, letters: str) -> tuple[list[Any], list[Finding]]:
    records, found = read(
        text,
        layout({"row": {"code": "R", "fields": {"name": {"at": "2-30"}}}}, letters=letters),
    )
    return [record["name"] for record in records], [f for f in found if f.code != "FIX004"]


def test_letters_of_seven_bits() -> None:
    made, found = names("RMATTI P[IV[KOSKI\nR\\ljytukku {{nekoski\nRplain\nR[ note ] (a) [b]\n", "swedish")
    assert made == ["MATTI PÄIVÄKOSKI", "Öljytukku äänekoski", "plain", "[ note ] (a) [b]"]
    assert [(f.code, f.line, f.severity) for f in found] == [("FIX019", 1, "warning")]
    assert '"P[IV[KOSKI" was read as "PÄIVÄKOSKI"' in found[0].message
    assert names("R[SE B\\RRESEN ]RHUS\n", "danish")[0] == ["ÆSE BØRRESEN ÅRHUS"]


def test_a_line_with_letters_beyond_ascii_keeps_its_brackets() -> None:
    assert names("RP[IV[ ÄÖ\nRa@b.fi\n", "swedish") == (["P[IV[ ÄÖ", "a@b.fi"], [])


# --- numbers, days, records on several lines ----------------------------------------------------------------

NUMBERED: dict[str, Any] = {
    "batch": {
        "code": "B",
        "fields": {"first": {"at": "2-7", "type": "date", "pattern": "%y%m%d", "earliest": "row.day"}},
        "trailer": {
            "code": "E",
            "fields": {"last": {"at": "2-7", "type": "date", "pattern": "%y%m%d", "latest": "row.day"}},
        },
    },
    "row": {
        "inside": "batch",
        "code": "R",
        "fields": {
            "no": {"at": "2-4", "type": "integer", "required": True, "holds": "number"},
            "day": {"at": "5-10", "type": "date", "pattern": "%y%m%d"},
        },
    },
    "more": {
        "of": "row",
        "as": "more",
        "code": "M",
        "fields": {"no": {"at": "2-4", "type": "integer", "holds": "owner number"}, "text": {"at": "5-9"}},
    },
}


def numbered(rows: list[Record]) -> str:
    found, out = Gathered(), io.BytesIO()
    batch = {"@kind": "batch"}
    given = [{"@kind": "row", "batch": batch, **row} for row in rows]
    fixed.writer(layout(NUMBERED, length=10)).write([given], out, io.BytesIO, found)
    assert found.kept == []
    return out.getvalue().decode()


def test_records_are_numbered_and_days_are_found() -> None:
    rows = [
        {"day": date(2026, 2, 3), "more": [{"text": "a"}, {"text": "b"}]},
        {"day": date(2026, 1, 2), "more": [{"text": "c"}]},
        {"no": 7, "day": None, "more": []},
        {"day": date(2026, 3, 4), "more": []},
    ]
    text = numbered(rows)
    assert [line.rstrip() for line in text.splitlines()] == [
        "B260102",
        "R001260203",
        "M001a",
        "M001b",
        "R002260102",
        "M002c",
        "R007",
        "R008260304",
        "E260304",
    ]
    assert read(text, layout(NUMBERED, length=10))[1] == []
    for change in ("B260102", "B260103"), ("E260304", "E260303"):
        _, found = read(text.replace(*change), layout(NUMBERED, length=10))
        assert [(f.code, f.severity) for f in found] == [("FIX040", "warning")]


def test_days_are_those_of_fields_that_are_dates() -> None:
    wrong = {"code": "B", "fields": {"first": {"at": "2-7", "type": "date", "earliest": "row.no"}}}
    with pytest.raises(ValidationError, match=r'"row.no" is no date'):
        layout({**NUMBERED, "batch": wrong})


WIDE = {"row": {"code": "R", "fields": {"a": {"at": "2-6"}, "b": {"at": "7-12"}}}}


@pytest.mark.parametrize(
    "text",
    [
        "Rone  \ntwo   \nRthree\nfour  \n",
        "Rone\ntwo\n\nRthree\nfour",
        "Rone  two   Rthreefour  ",
        "Rone  two   \nRthreefour  \n",
    ],
)
def test_records_on_several_lines(text: str) -> None:
    declared = layout(WIDE, length=12, lines=2)
    records, found = read(text, declared)
    assert [(r["a"], r["b"]) for r in records] == [("one", "two"), ("three", "four")]
    assert found == []
    out = io.BytesIO()
    fixed.writer(declared).write([records], out, io.BytesIO, Gathered())
    assert out.getvalue().decode() == "Rone  \ntwo   \nRthree\nfour  \n"


def test_half_a_record_is_told() -> None:
    records, found = read("Rone  \ntwo   \nRthree\n", layout(WIDE, length=12, lines=2))
    assert (len(records), [(f.code, f.line) for f in found]) == (0, [("FIX002", 3)])
    with pytest.raises(ValidationError, match="multiple"):
        layout(WIDE, length=12, lines=5)
