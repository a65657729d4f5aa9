"""Fixed-width records: the grammar of layouts, reading, writing, totals, and what is told of bad files."""

from __future__ import annotations

import io
import random
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from exchange.findings import Finding
from exchange.formats import fixed
from exchange.model import Record
from exchange.outcome import Gathered

MONEY = {"type": "money", "decimals": 2}
BATCHES = {
    "file": {
        "code": "H",
        "fields": {"day": {"at": "2-7", "type": "date", "pattern": "%y%m%d", "empty": ["000000"]}},
        "trailer": {
            "code": "T",
            "fields": {"records": {"at": "2-6", "type": "integer", "control": {"count": ["*"]}}},
        },
    },
    "batch": {
        "inside": "file",
        "code": "B",
        "fields": {"name": {"at": "2-9", "required": True}},
        "trailer": {
            "code": "E",
            "fields": {
                "count": {"at": "2-4", "type": "integer", "control": {"count": ["row", "refund"]}},
                "total": {
                    "at": "5-14",
                    "type": "money",
                    "decimals": 2,
                    "control": {"sum": ["row.amount", "-refund.amount"]},
                },
            },
        },
    },
    "row": {
        "inside": "batch",
        "code": "R",
        "fields": {"no": {"at": "2-5", "align": "right", "fill": "0"}, "amount": {"at": "6-15", **MONEY}},
    },
    "refund": {
        "inside": "batch",
        "code": "X",
        "fields": {"no": {"at": "2-5", "align": "right", "fill": "0"}, "amount": {"at": "6-15", **MONEY}},
    },
    "note": {"of": ["row", "refund"], "as": "notes", "code": "N", "fields": {"text": {"at": "2-20"}}},
    "word": {"of": "note", "as": "words", "code": "W", "fields": {"word": {"at": "2-20"}}},
    "payer": {"of": ["row"], "as": "payer", "many": False, "code": "P", "fields": {"name": {"at": "2-20"}}},
    "extra": {"of": ["row"], "code": "Q", "fields": {"colour": {"at": "2-5", "values": ["RED", "BLUE"]}}},
}
GOOD = """\
H260131
Bfirst
R00120000001000
Nhello
Wa
Wb
Nworld
PÅsa
QRED
X00130000000250
E0020000000750
Bsecond
E0000000000000
Blast
R00010000000001
E0010000000001
T00017
"""


def layout(records: Any = None, **more: Any) -> fixed.Layout:
    declared = {
        "layout": "acme/batches",
        "format": "fixed",
        "code at": "1",
        "length": 20,
        "newline": "lf",
        "records": records or BATCHES,
        **more,
    }
    return fixed.Layout.model_validate({k: v for k, v in declared.items() if v is not None})


def read(text: str | bytes, declared: fixed.Layout | None = None) -> tuple[list[Record], list[Finding]]:
    gathered = Gathered()
    raw = text.encode("iso-8859-1") if isinstance(text, str) else text
    batches = fixed.reader(declared or layout()).read(io.BytesIO(raw), gathered)
    return [record for batch in batches for record in batch], gathered.kept


def write(records: list[Record], declared: fixed.Layout | None = None) -> tuple[str, list[Finding]]:
    gathered, out = Gathered(), io.BytesIO()
    fixed.writer(declared or layout()).write([records], out, io.BytesIO, gathered)
    return out.getvalue().decode("iso-8859-1"), gathered.kept


def told(found: list[Finding]) -> list[tuple[str, int | None]]:
    return [(f.code, f.line) for f in found if f.severity != "info"]


def padded(text: str, width: int = 20) -> str:
    return "".join(f"{line.ljust(width)}\n" for line in text.splitlines())


# --- reading -----------------------------------------------------------------------------------------------


def test_nested_records_are_put_together_with_complete_envelopes() -> None:
    (first, refund, last), found = read(padded(GOOD))
    assert found == []
    assert first["notes"] == [
        {
            "text": "hello",
            "words": [
                {"word": "a", "@kind": "word", "@line": 5},
                {"word": "b", "@kind": "word", "@line": 6},
            ],
            "@kind": "note",
            "@line": 4,
        },
        {"text": "world", "words": [], "@kind": "note", "@line": 7},
    ]
    assert (first["no"], first["amount"], first["@line"]) == ("12", Decimal("10.00"), 3)
    assert (first["payer"], first["colour"]) == ({"name": "Åsa"}, "RED")
    assert (refund["@kind"], refund["notes"], "payer" in refund) == ("refund", [], False)
    assert first["batch"] is refund["batch"] and first["batch"]["total"] == Decimal("7.50")
    assert first["file"] is last["file"]
    assert (last["file"]["day"], last["file"]["records"]) == (date(2026, 1, 31), 17)
    assert str(first["amount"]) == "10.00"


def test_what_was_read_is_written_alike_except_empty_envelopes() -> None:
    text, found = write(read(padded(GOOD))[0])
    without_empty = GOOD.replace("Bsecond\nE0000000000000\n", "").replace("T00017", "T00015")
    assert (text, found) == (padded(without_empty), [])


def test_several_files_in_one() -> None:
    twice = padded(GOOD) * 2
    records, found = read(twice)
    assert (len(records), found) == (6, [])
    assert records[0]["file"] is not records[3]["file"]
    assert write(records)[0] == write(records[:3])[0] * 2


def test_lines_without_their_closing_blanks_are_told_once_for_each_record() -> None:
    records, found = read(GOOD)
    assert len(records) == 3
    assert {(f.code, f.severity) for f in found} == {("FIX004", "info")}
    assert len(found) == 10 and (found[0].line, found[0].message.count("file")) == (1, 1)
    assert [f.code for f in read(padded(GOOD, 25))[1]] == ["FIX006"] * 10


def test_something_behind_the_end_of_a_record_is_an_error() -> None:
    text = padded(GOOD).replace("PÅsa" + " " * 16, "PÅsa" + " " * 16 + " extra")
    assert told(read(text)[1]) == [("FIX005", 8)]
    assert '"extra"' in read(text)[1][0].message


def test_a_tab_is_an_error_and_its_record_is_not_handed_on() -> None:
    records, found = read(padded(GOOD).replace("Nhello      ", "Nhello\tworld"))
    assert [record["no"] for record in records] == ["13", "1"]
    assert told(found) == [("FIX017", 4)] and found[0].column == 7


def test_unknown_records_are_told_with_the_known_codes() -> None:
    _, found = read(padded(GOOD.replace("Nworld", "Zworld")))
    assert told(found) == [("FIX003", 7)]
    assert '"Z"' in found[0].message and "B, E, H, N, P" in found[0].message


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (("T00017\n", ""), [("FIX009", 1)]),
        (("E0020000000750\n", ""), [("FIX009", 2), ("FIX020", 16)]),
        (("H260131\n", ""), [("FIX007", 1), ("FIX007", 11), ("FIX007", 13), ("FIX013", 16)]),
        (("Bfirst\n", ""), [("FIX007", 2), ("FIX007", 9), ("FIX013", 10), ("FIX020", 16)]),
        (("Nhello", "QBLUE\nNhello"), [("FIX014", 10), ("FIX020", 18)]),
        (("Bfirst\n", "Bfirst\nNlost\n"), [("FIX008", 3)]),
        (("T00017", "E0010000000001\nT00017"), [("FIX013", 17)]),
        (("QRED", "QGREY"), [("VAL005", 9)]),
        (("Bfirst", "B"), [("VAL001", 2)]),
        (("H260131", "H260231"), [("VAL021", 1)]),
    ],
)
def test_broken_structures(change: tuple[str, str], codes: list[tuple[str, int]]) -> None:
    _, found = read(padded(GOOD.replace(*change)))
    assert told(found)[: len(codes)] == codes


def test_records_of_a_broken_envelope_are_not_handed_on() -> None:
    assert [r["no"] for r in read(padded(GOOD.replace("E0020000000750\n", "")))[0]] == ["1"]
    assert read(padded(GOOD.replace("T00017\n", "")))[0] == []
    records, found = read(padded(GOOD.replace("00120000001000", "0012000000x000")))
    assert [r["no"] for r in records] == ["13", "1"]
    assert ("VAL010", 3) in told(found)


@pytest.mark.parametrize(
    ("change", "field", "want"),
    [
        (("E002", "E003"), "batch.count", "2"),
        (("00000750", "00000751"), "batch.total", "7.50"),
        (("T00017", "T00016"), "file.records", "17"),
        (("R00120000001000", "R00120000001001"), "batch.total", "7.51"),
        (("X00130000000250\n", ""), "batch.count", "1"),
    ],
)
def test_a_broken_total_is_an_error_at_its_line(change: tuple[str, str], field: str, want: str) -> None:
    _, found = read(padded(GOOD.replace(*change)))
    wrong = [f for f in found if f.code == "FIX020"]
    assert field in [f.field for f in wrong] and all(f.severity == "error" for f in wrong)
    assert next(f for f in wrong if f.field == field).message.endswith(f"is {want}.")


def test_empty_and_strange_files() -> None:
    assert told(read("")[1]) == [("FIX016", 1)]
    assert told(read("\r\n  \r\n\x1a")[1]) == [("FIX016", 1)]
    assert told(read("H" * 200_000)[1]) == [("FIX001", 1)]
    assert told(read("Hé".encode(), layout(encoding="ascii"))[1]) == [("ENC001", 1)]
    crlf = padded(GOOD).replace("\n", "\r\n") + "\x1a"
    assert read(crlf) == read(padded(GOOD))


# --- values ------------------------------------------------------------------------------------------------

VALUES = {
    "left": {"at": "1-4"},
    "right": {"at": "5-8", "align": "right", "fill": "0"},
    "by": {"at": "9-12", "align": {"by": "left", "right": ["R"]}},
    "signed": {"at": "13-18", "type": "money", "decimals": 2, "sign at": {"at": "19", "positive": "0"}},
    "plus": {"at": "20-25", "type": "money", "decimals": 2, "plus": True},
    "behind": {"at": "26-31", "type": "money", "decimals": 2, "sign": "trailing"},
    "blank": {"at": "32-33", "align": "right", "fill": "0", "empty": [""]},
    "point": {"at": "34-39", "type": "decimal", "scale": 2},
    "filled": {"at": "40-42", "type": "integer", "fill": " "},
    "day": {"at": "43-48", "type": "date", "pattern": "%d%m%y", "empty": ["000000"]},
    "fixed": {"at": "50-51", "constant": "AB"},
}
PLAIN = {"code at": None, "records": None, "length": 52, "record": "row", "fields": VALUES, "unused": "."}


def plain() -> fixed.Layout:
    declared = {k: v for k, v in PLAIN.items() if v is not None}
    return fixed.Layout.model_validate(
        {"layout": "acme/rows", "format": "fixed", "newline": "lf", **declared}
    )


@pytest.mark.parametrize(
    "values",
    [
        {"left": "R", "right": "7", "by": "x", "signed": "-1.50", "plus": "2", "behind": "-3.25"},
        {"left": "L", "by": "x", "signed": "0", "plus": "-2", "behind": "3", "blank": "5", "point": "-1.5"},
    ],
)
def test_alignment_fill_and_signs_there_and_back(values: dict[str, str]) -> None:
    numbers = ("signed", "plus", "behind", "point")
    record = {name: Decimal(text) if name in numbers else text for name, text in values.items()}
    text, found = write([record], plain())
    assert found == [] and len(text) == 53
    (again,), found = read(text, plain())
    assert found == []
    for name in VALUES:
        want = "AB" if name == "fixed" else record.get(name)
        assert again[name] == want, name


def test_every_value_has_its_columns() -> None:
    record = {
        "left": "R",
        "right": "7",
        "by": "x",
        "signed": Decimal("-1.50"),
        "plus": Decimal(2),
        "behind": Decimal("-3.25"),
        "point": Decimal("-1.5"),
        "filled": 12,
        "day": date(2026, 1, 31),
    }
    text, found = write([record], plain())
    assert found == []
    assert (
        text
        == "R   "
        + "0007"
        + "   x"
        + "000150-"
        + "+00200"
        + "00325-"
        + "  "
        + "-01.50"
        + " 12"
        + "310126"
        + ".AB.\n"
    )
    assert write([{}], plain())[0] == " " * 4 + "0" * 4 + " " * 10 + "0" + " " * 23 + "000000" + ".AB.\n"
    assert {name: value for name, value in read(write([{}], plain())[0], plain())[0][0].items() if value} == {
        "fixed": "AB",
        "@kind": "row",
        "@line": 1,
    }


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ({"left": "12345"}, ["FIX011"]),
        ({"left": "1\n2"}, ["FIX012"]),
        ({"left": "日"}, ["ENC010"]),
        ({"plus": Decimal("100.00")}, []),
        ({"plus": Decimal("1000.00")}, ["FIX011"]),
        ({"signed": Decimal("-10000.00")}, ["FIX011"]),
        ({"signed": Decimal("1.005")}, ["VAL012"]),
        ({"signed": "1.00", "day": "x"}, ["VAL040", "VAL040"]),
        ({"fixed": "CD"}, ["VAL006"]),
    ],
)
def test_values_that_do_not_fit_are_told_and_never_cut(values: dict[str, Any], codes: list[str]) -> None:
    _, found = write([{**values, "@line": 7}], plain())
    assert [f.code for f in found] == codes
    assert all(f.line == 7 and f.severity == "error" for f in found)


def test_a_wrong_sign_is_told() -> None:
    text = write([{"signed": Decimal("1.00")}], plain())[0]
    records, found = read(text[:18] + "x" + text[19:], plain())
    assert records == [] and [(f.code, f.column) for f in found] == [("FIX010", 19)]


# --- writing -----------------------------------------------------------------------------------------------


def test_totals_in_the_first_record_wait_for_the_others() -> None:
    records = {
        "file": {
            "code": "H",
            "fields": {
                "lines": {"at": "2-4", "type": "integer", "control": {"count": ["*"]}},
                "total": {"at": "5-10", **MONEY, "control": {"sum": ["row.amount"]}},
                "rest": {"at": "11-12", "type": "integer", "control": {"sum": ["row.no"], "modulo": 97}},
            },
        },
        "about": {"of": "file", "as": "about", "code": "A", "fields": {"text": {"at": "2-9"}}},
        "row": {
            "inside": "file",
            "code": "R",
            "fields": {"amount": {"at": "2-7", **MONEY}, "no": {"at": "8-12", "type": "integer"}},
        },
        "after": {"of": "file", "as": "after", "code": "Z", "fields": {"text": {"at": "2-9"}}},
    }
    declared = layout(records, length=12)
    text = "H00500030099\nAhead    \nR00010000090\nR00020000106\nZtail    \n".replace(
        "H00500030099", "H00500030002"
    )
    both, found = read(padded(text, 12), declared)
    assert found == [] and [r["amount"] for r in both] == [1, 2]
    assert [a["text"] for a in both[0]["file"]["after"]] == ["tail"]
    for one in both:
        one["file"] |= {"lines": 99, "total": None, "rest": None}
    assert write(both, declared) == (padded(text, 12), [])
    assert told(read(padded(text.replace("30002", "30003"), 12), declared)[1]) == [("FIX020", 1)]
    out = io.BytesIO()
    fixed.writer(layout(records, length=12, encoding="utf-16")).write([both], out, io.BytesIO, Gathered())
    assert out.getvalue().decode("utf-16") == padded(text, 12), "the mark stands once, before all"


def test_records_without_line_ends() -> None:
    text = padded(GOOD).replace("\n", "")
    declared = layout(newline="none")
    records, found = read(text, declared)
    assert (len(records), found) == (3, [])
    assert write(records, declared)[0].startswith("H260131             Bfirst")
    assert told(read(text[:-3], declared)[1])[0] == ("FIX002", 17)


def test_records_that_cannot_be_written_are_told() -> None:
    good = read(padded(GOOD))[0][0]
    assert [f.code for f in write([{**good, "@kind": "rov"}])[1]] == ["FIX031"]
    assert [f.code for f in write([{k: v for k, v in good.items() if k != "batch"}])[1]] == ["FIX030"]
    assert [f.code for f in write([{**good, "notes": {"text": "x"}}])[1]] == ["FIX033"]
    needy = {name: dict(record) for name, record in BATCHES.items()}
    needy["payer"]["required"] = True
    assert [f.code for f in write([{**good, "payer": None}], layout(needy))[1]] == ["FIX032"]
    assert told(read(padded(GOOD), layout(needy))[1]) == [("FIX015", 15)]


def test_memory_is_flat() -> None:
    import tracemalloc

    class Endless(io.RawIOBase):
        """Reads like a big file of rows, made as it is read."""

        def __init__(self, rows: int) -> None:
            self.rows, self.at = rows, 0

        def seek(self, offset: int, whence: int = 0) -> int:
            self.at = 0
            return 0

        def read(self, size: int = -1) -> bytes:
            if self.at > self.rows:
                return b""
            self.at += 5_000
            if self.at == 5_000:
                return padded("H260131\nBx").encode()
            if self.at > self.rows:
                return padded(f"E000{0:010d}\nT00000").encode()
            return padded("R00010000000001").encode() * 5_000

    def peak(rows: int) -> int:
        tracemalloc.start()
        for _ in fixed.reader(layout()).read(Endless(rows), Gathered()):  # type: ignore[arg-type]
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(60_000) < peak(20_000) * 1.3


# --- layouts -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"length": 10}, "ends in column"),
        ({"newline": "none", "length": None}, "length"),
        ({"code at": None}, "code at"),
        ({"code at": "1-2"}, "columns wide"),
        ({"records": BATCHES | {"row": {"inside": "file", "fields": {}}}}, "needs a `code`"),
        ({"records": BATCHES | {"row2": {"inside": "batch", "code": "R"}}}, "same code"),
        ({"records": BATCHES | {"row2": {"inside": "batch", "code": ["1", "2"]}}}, "several codes"),
        ({"records": BATCHES | {"a": {"inside": "nothing", "code": "1"}}}, "no record"),
        ({"records": BATCHES | {"a": {"inside": "note", "code": "1"}}}, "nothing can stand inside"),
        ({"records": BATCHES | {"a": {"of": "row", "inside": "file", "code": "1"}}}, "neither"),
        ({"records": BATCHES | {"a": {"of": "row", "many": True, "code": "1"}}}, "needs a name"),
        ({"records": BATCHES | {"a": {"code": "1", "as": "x"}}}, "for records with `of`"),
        (
            {"records": BATCHES | {"a": {"of": "row", "code": "1", "fields": {"amount": {"at": "2"}}}}},
            "two things",
        ),
        (
            {"records": {"a": {"inside": "b", "code": "1"}, "b": {"inside": "a", "code": "2"}}},
            "stands inside itself",
        ),
        (
            {"records": {"a": {"code": "1", "fields": {"x": {"at": "2-5"}, "y": {"at": "5"}}}}},
            "both stand in column 5",
        ),
        ({"records": {"a": {"code": "1", "fields": {"x": {}}}}}, "needs its columns"),
        ({"records": {"a": {"code": "1", "fields": {"x": {"at": "5-3"}}}}}, "no place"),
        ({"records": {"a": {"code": "1", "fields": {"x": {"at": "2", "decimals": 2}}}}}, "for numbers"),
        (
            {
                "records": {
                    "a": {"code": "1", "fields": {"x": {"at": "2", "align": {"by": "z", "right": []}}}}
                }
            },
            "aligned by z",
        ),
    ],
)
def test_layouts_that_cannot_be_used(change: dict[str, Any], word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        layout(**change)


@pytest.mark.parametrize(
    ("control", "word"),
    [
        ({"sum": ["row.nothing"]}, "no field"),
        ({"sum": ["row.no"]}, "no number"),
        ({"count": ["nothing"]}, "no record"),
        ({"count": ["row"], "within": "file"}, "only be summed over"),
    ],
)
def test_totals_that_cannot_be_computed(control: dict[str, Any], word: str) -> None:
    batch: Any = BATCHES["batch"]
    trailer = {"code": "E", "fields": {"n": {"at": "2-4", "type": "integer", "control": control}}}
    with pytest.raises(ValidationError, match=word):
        layout(BATCHES | {"batch": {**batch, "trailer": trailer}})


def test_codes_of_different_length_and_place() -> None:
    records = {
        "short": {"code": "T1", "code at": "1-2", "fields": {"x": {"at": "5-6"}}},
        "long": {"code": "T1A", "code at": ["1-2", "4"], "fields": {"x": {"at": "5-6"}}},
    }
    declared = layout(records, length=6, **{"code at": None})
    found = read("T1  ab\nT1.Acd\n", declared)
    assert [(r["@kind"], r["x"]) for r in found[0]] == [("short", "ab"), ("long", "cd")]
    assert write(found[0], declared)[0] == "T1  ab\nT1 Acd\n"


def test_recognising_and_sniffing() -> None:
    raw = padded(GOOD).encode("iso-8859-1")
    assert "17 records" in (fixed.recognise(raw, layout()) or "")
    assert fixed.recognise(raw.replace(b"\nP", b"\nY"), layout()) is None
    assert fixed.recognise(raw[21:], layout()) is None
    assert fixed.recognise(raw.replace(b"H260131", b"H269931"), layout()) is None
    assert fixed.recognise(b"", layout()) is None
    sniffed = fixed.sniff(padded(GOOD, 80).encode())
    assert sniffed is not None and sniffed.facts == {"length": "80"}
    assert fixed.sniff(b"a,b\n1,2\n") is None
    assert fixed.sniff(b"") is None


def test_the_source_is_printable_python() -> None:
    source = fixed.reader(layout()).source
    compile(source, "generated", "exec")
    assert "def read_row(line):" in source and "def write_batch_trailer(values):" in source


def test_the_fast_side_gives_what_the_slow_side_gives() -> None:
    declared = layout()
    reader = fixed.reader(declared)
    plans = reader.dispatch.plans  # type: ignore[attr-defined]
    chance = random.Random(7)
    for _ in range(3_000):
        plan = chance.choice(list(plans.values()))
        text = "".join(chance.choice("0123456789 -,RED.é") for _ in range(20))
        slow = plan.explain(text, 1, lambda _: None)
        try:
            fast = plan.read(text)
        except ValueError:
            continue
        assert fast == slow, text


@settings(max_examples=150)
@given(st.integers(0, 10**9))
def test_no_file_makes_the_reader_raise(seed: int) -> None:
    chance = random.Random(seed)
    raw = bytearray(padded(GOOD).encode("iso-8859-1"))
    for _ in range(chance.randrange(1, 12)):
        at = chance.randrange(len(raw))
        action = chance.randrange(4)
        if action == 0:
            raw[at] = chance.randrange(256)
        elif action == 1:
            del raw[at : at + chance.randrange(1, 60)]
        elif action == 2:
            raw[at:at] = raw[: chance.randrange(1, 80)]
        else:
            raw[at:at] = bytes(chance.randrange(256) for _ in range(5))
        if not raw:
            break
    records, found = read(bytes(raw))
    text, _ = write(records)
    assert isinstance(text, str) and isinstance(found, list)
