"""Fixed-width records of several lengths, parts among the records inside, records that are their own only part."""

from __future__ import annotations

import io
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
    with pytest.raises(ValidationError, match="length of a record is an integer"):
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
