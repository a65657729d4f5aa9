"""Reading SIE: the lexical rules, the head, vouchers and balances, and what is told of bad files."""

from __future__ import annotations

import random
import zlib
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sie_cases import HEAD, ROW, VOUCHER, layout, plain, read, told

from exchange.formats import sie
from exchange.formats.sie import lexical


def test_a_voucher_with_its_file() -> None:
    (voucher,), found = read(HEAD + VOUCHER)
    assert found == []
    file = voucher.pop("file")
    assert plain(voucher) == {
        "series": "A",
        "number": "1",
        "date": date(2026, 11, 20),
        "text": 'Kaffe "mörk"',
        "registered": date(2026, 11, 21),
        "sign": "EL",
        "rows": [
            ROW | {"account": "1910", "amount": Decimal("-125.00")},
            {
                "account": "4010",
                "amount": Decimal("100.00"),
                "date": date(2026, 11, 19),
                "text": "Kaffe",
                "quantity": Decimal("2.5"),
                "sign": "EL",
                "dimensions": {"1": "Syd", "6": "0019"},
                "added": None,
            },
            ROW | {"account": "2641", "amount": Decimal("25.00"), "text": "moms"},
        ],
        "removed": [],
    }
    assert (voucher["@kind"], voucher["@line"], voucher["rows"][0]["@line"]) == ("voucher", 9, 11)
    assert (file["company"], file["program"], file["generated"], file["type"]) == (
        "Övningsbolaget AB",
        "Lön & Co",
        date(2026, 11, 23),
        "4",
    )


def test_dimensions_have_the_names_of_the_layout() -> None:
    names = {"cost_centre": 1, "Kustannuspaikka": 1}
    (voucher,), _ = read(HEAD + VOUCHER, dimensions=names)
    assert voucher["rows"][1]["dimensions"] == {"cost_centre": "Syd", "6": "0019"}


@pytest.mark.parametrize(
    ("row", "want"),
    [
        ("#TRANS\t1910\t{}\t-1", "-1"),
        ('  #TRANS  "1910"  { }  "-1.5"  ', "-1.5"),
        ("#trans 1910 {} -0.00", "0.00"),
        ('#TRANS 1910 {"1" "456" "7" "47"} 1 "" "" "" "" extra', "1"),
        ('#TRANS 1910 {1 "a } b"} 3', "3"),
        ('#TRANS 1910 {1 "a \\" b"} 3', "3"),
        ("#TRANS 1910 {1 a} +3", "3"),
    ],
)
def test_rows_may_be_written_in_many_ways(row: str, want: str) -> None:
    text = f'#VER "" "" 20261120\n{{\n{row}\n#TRANS 3000 {{}} {-Decimal(want)}\n}}\n'
    (voucher,), found = read(HEAD + text)
    assert voucher["rows"][0]["amount"] == Decimal(want) and voucher["rows"][0]["account"] == "1910"
    assert told(found) == [] and (voucher["series"], voucher["number"]) == (None, None)


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ('"F"rskott"', 'F"rskott'),
        ('"F"rskott till Lind"', 'F"rskott till Lind'),
        ('"cut off he', "cut off he"),
    ],
)
def test_a_torn_text_of_a_history_is_read_and_told(text: str, want: str) -> None:
    raw = HEAD.replace("#FNAMN", f"#KONTO 1480 {text}\n#RAR 0 20260101 20261231\n#FNAMN") + VOUCHER
    raw = raw.replace('"Kaffe" 2.5 EL', text)
    (voucher,), found = read(raw, "4E")
    assert {f.code for f in found if f.line} == {"SIE007"}
    assert voucher["file"]["accounts"][0]["name"] == want
    assert read(raw.replace(text, '"a" {'), "4E")[0] == []


def test_escapes_and_objects() -> None:
    text = '#VER "" "" 20261120 "C:\\dir \\"x\\""\n{\n#TRANS 1 {1 "a \\" }" 6 b} 0 "" "\\""\n}\n'
    (voucher,), found = read(HEAD + text)
    assert (found, voucher["text"]) == ([], 'C:\\dir "x"')
    assert voucher["rows"][0]["dimensions"] == {"1": 'a " }', "6": "b"}
    assert voucher["rows"][0]["text"] == '"'


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("#TRANS 1910 {} 1,50", "VAL010"),
        ("#TRANS 1910 {} 1.505", "VAL014"),
        ("#TRANS 1910 {} 1 000", None),
        ("#TRANS 1910 1.00", "SIE024"),
        ("#TRANS {} 1910 1.00", "SIE024"),
        ("#TRANS 1910 {1} 1.00", "SIE005"),
        ("#TRANS 1910 {1 a 1 b} 1.00", "SIE006"),
        ('#TRANS 1910 {} 1.00 "" "open', "SIE003"),
        ('#TRANS 1910 {} 1.00 "" "a"b"', "SIE003"),
        ("#TRANS 1910 {1 a 1.00", "SIE003"),
        ("#TRANS 1910 {}", "SIE018"),
        ('#TRANS "" {} 1.00', "VAL001"),
        ("#TRANS 1910 {} 1.00 20261131", "VAL021"),
        ("stray text", "SIE023"),
    ],
)
def test_broken_rows_withhold_their_voucher_and_name_their_line(row: str, code: str | None) -> None:
    text = f"#VER A 1 20261120\n{{\n{row}\n#TRANS 3000 {{}} -1.00\n}}\n"
    records, found = read(HEAD + text + VOUCHER.replace("A 1", "A 2"))
    if code is None:  # a blank ends the number: 1, and 000 is no date
        assert told(found)[0][0].startswith("VAL")
    else:
        assert (code, 11) in told(found)
    assert [record["number"] for record in records] == (["2"] if code != "SIE023" else [])


def test_control_characters_are_read_as_blanks_and_told() -> None:
    (voucher,), found = read(HEAD + VOUCHER.replace('"Kaffe"', '"Kaf\tfe"'))
    assert voucher["rows"][1]["text"] == "Kaf fe" and told(found) == [("SIE004", 12)]


def test_unbalanced_vouchers_are_errors_to_import_and_warnings_in_history() -> None:
    text = HEAD + VOUCHER.replace("{} 25.00", "{} 25.01")
    records, found = read(text)
    assert (records, told(found, "error")) == ([], [("SIE030", 9)])
    assert "voucher A 1 add up to 0.01" in found[0].message
    records, found = read(text.replace("#FNAMN", "#IB 0 1910 5\n#RAR 0\n#KONTO 1 a\n#FNAMN"), "4E")
    assert len(records) == 2 and told(found) == [("SIE030", 12)]


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (("}\n", ""), [("SIE033", 9)]),
        (("{\n", ""), [("SIE032", 10)]),
        (("#VER", "#VERX"), [("SIE034", 10), ("SIE031", 11)]),
        (("}\n", "}\n}\n"), [("SIE034", 15)]),
        (("20261120", "2026-11-20"), [("VAL020", 9)]),
        (("20261120", '""'), [("VAL001", 9)]),
    ],
)
def test_broken_vouchers(change: tuple[str, str], codes: list[tuple[str, int]]) -> None:
    records, found = read(HEAD + VOUCHER.replace(*change, 1))
    assert told(found, "error")[: len(codes)] == codes
    assert len(records) == (1 if change[1] == "}\n}\n" else 0)


def test_a_broken_voucher_does_not_touch_the_next_one() -> None:
    unclosed = VOUCHER.removesuffix("}\n")
    records, found = read(HEAD + unclosed + VOUCHER.replace("A 1", "A 2"))
    assert [record["number"] for record in records] == ["2"]
    assert told(found) == [("SIE033", 9)] and "line 14" in found[0].message


def test_numbers_must_rise_within_a_series() -> None:
    second = VOUCHER.replace("A 1", "B 1")
    assert told(read(HEAD + VOUCHER + second)[1]) == []
    assert told(read(HEAD + VOUCHER + VOUCHER)[1]) == [("SIE036", 15)]


# --- rows added and removed later --------------------------------------------------------------------------

CHANGED = """\
#VER A 1 20261120
{
#BTRANS 1930 {} -100 20261121 "" "" "EL"
#TRANS 1910 {} -100
#RTRANS 3010 {} 60 20261121 "late" "" EL
#TRANS 3010 {} 60 20261121 "late" "" EL
#TRANS 3020 {} 40
}
"""


def test_an_added_row_counts_once_and_a_removed_row_does_not_count() -> None:
    (voucher,), found = read(HEAD + CHANGED)
    assert told(found) == []
    assert [(row["account"], row["added"]) for row in voucher["rows"]] == [
        ("1910", None),
        ("3010", True),
        ("3020", None),
    ]
    assert [(row["account"], row["sign"]) for row in voucher["removed"]] == [("1930", "EL")]
    assert "added" not in voucher["removed"][0]


ADDED = """\
#VER A 1 20261120
{{
#TRANS 1910 {{}} -60
#RTRANS 3010 {{}} 60 20261121 "late" "" EL
{after}
}}
"""


def test_an_added_row_that_is_repeated_otherwise() -> None:
    (voucher,), found = read(HEAD + ADDED.format(after="#TRANS 3010 {} 60 20261119"))
    assert told(found, "info") == [("SIE037", 13)] and told(found) == []
    assert [row["account"] for row in voucher["rows"]] == ["1910", "3010"]
    assert (voucher["rows"][1]["date"], voucher["rows"][1]["added"]) == (date(2026, 11, 19), True)


@pytest.mark.parametrize(
    "after", ["", "#TRANS 3010 {} 61 20261121", "#TRANS 3011 {} 60", "#BTRANS 3010 {} 60"]
)
def test_an_added_row_that_is_not_repeated(after: str) -> None:
    records, found = read(HEAD + ADDED.format(after=after))
    assert records == [] and ("SIE035", 12) in told(found, "error")


@pytest.mark.parametrize(("one", "other"), [('20261121 "late" 0', ""), ("", '20261121 "late" 0')])
def test_a_quantity_of_0_is_no_quantity(one: str, other: str) -> None:
    text = ADDED.replace('20261121 "late" "" EL', one).format(after=f"#TRANS 3010 {{}} 60 {other}")
    (voucher,), found = read(HEAD + text)
    assert told(found) == [] and [row["account"] for row in voucher["rows"]] == ["1910", "3010"]


@pytest.mark.parametrize("text", ['"Dagskassa"', '"Dagskassa" 20261121', "Dagskassa", '"Dagskassa {"'])
def test_the_brace_of_a_voucher_may_end_its_line(text: str) -> None:
    (voucher,), found = read(
        HEAD + f"#VER A 1 20261120 {text} {{\n#TRANS 1910 {{}} -60\n#TRANS 3010 {{}} 60\n}}\n"
    )
    assert told(found, "info") == [("SIE039", 9)] and told(found) == []
    assert voucher["text"] == text.split('" 2')[0].strip('"')
    assert [row["account"] for row in voucher["rows"]] == ["1910", "3010"]


def test_a_brace_in_a_text_opens_nothing() -> None:
    rows = "#TRANS 1910 {} -60\n#TRANS 3010 {} 60\n"
    (voucher,), found = read(HEAD + '#VER A 1 20261120 "a {"\n{\n' + rows + "}\n")
    assert "SIE039" not in [each for each, _ in told(found, "info")] and voucher["text"] == "a {"


# --- the head ----------------------------------------------------------------------------------------------

FULL = """\
#FLAGGA 1
#PROGRAM P 1
#FORMAT PC8
#GEN 20261123
#SIETYP 3
#PROSA Kontoplan är BAS
#PROSA "@x "
#FTYP AB
#FNR F1
#ORGNR 555555-5555 1 2
#BKOD 47
#ADRESS "" "Box 1" "123 45 STORSTAD" "012-34"
#FNAMN Bolag
#RAR 0 20260101 20261231
#RAR -1
#TAXAR 2027
#OMFATTN 20261031
#KPTYP EUBAS97
#KTYP 1010 T
#SRU 1010 7201
#SRU 1010 7202
#KONTO 1010 "Utveckling"
#ENHET 1010 st
#SRU 9 7
#DIM 1 Resultatenhet
#UNDERDIM 21 Del 1
#OBJEKT 1 "N" "Nord"
#MOMSKOD 1 2
#MOMSKOD 3 4
#IB 0 1010 10.5
#OIB 0 1010 {1 N} 10 3
#PSALDO 0 202610 1010 {} -4.00
#UB 0 1010 6.50 "" extra
"""


def test_everything_in_the_head_is_read_wherever_it_stands() -> None:
    lines = FULL.splitlines(keepends=True)
    for text in (FULL, "".join([lines[0], *lines[-4:], *lines[1:-4]])):
        records, found = read(text, "3")
        assert told(found) == []
        assert [f.code for f in found] == ["SIE017", "SIE019"]
        file = records[0]["file"]
        assert file["prose"] == ["Kontoplan är BAS", "@x"]
        assert file["address"] == {
            "contact": None,
            "street": "Box 1",
            "town": "123 45 STORSTAD",
            "phone": "012-34",
        }
        assert file["fiscal_years"] == [
            {"year": 0, "start": date(2026, 1, 1), "end": date(2026, 12, 31)},
            {"year": -1, "start": None, "end": None},
        ]
        assert file["accounts"] == [
            {"number": "1010", "name": "Utveckling", "type": "T", "unit": "st", "sru": ["7201", "7202"]},
            {"number": "9", "name": None, "type": None, "unit": None, "sru": ["7"]},
        ]
        assert file["dimensions"] == [
            {"number": "1", "name": "Resultatenhet", "parent": None},
            {"number": "21", "name": "Del", "parent": "1"},
        ]
        assert file["objects"] == [{"dimension": "1", "number": "N", "name": "Nord"}]
        assert (file["period_end"], file["tax_year"], file["flag"]) == (date(2026, 10, 31), "2027", "1")
        assert [(r["record"], r["period"], r["amount"], r["quantity"]) for r in records] == [
            ("IB", None, Decimal("10.5"), None),
            ("OIB", None, Decimal(10), Decimal(3)),
            ("PSALDO", "202610", Decimal(-4), None),
            ("UB", None, Decimal("6.5"), None),
        ]
        assert records[1]["dimensions"] == {"1": "N"}


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (("#SIETYP 4", "#SIETYP 3"), [("SIE013", 5)]),
        (("#SIETYP 4\n", ""), [("SIE015", None)]),
        (("PC8", "UTF-8"), [("SIE014", 3)]),
        (('#FNAMN "Övningsbolaget AB"\n', ""), [("SIE015", None)]),
        (("#FLAGGA 0\n", ""), [("SIE015", None)]),
        (("#FLAGGA 0", "#FLAGGA 2"), [("VAL005", 1)]),
        (("#VALUTA SEK", "#VALUTA SEK\n#VALUTA EUR"), [("SIE020", 9)]),
        (("#VALUTA SEK", "#BKOD 47"), [("SIE016", 8)]),
        (("#VALUTA SEK", "#KONTO FEL namn"), [("SIE025", 8)]),
        (("#VALUTA SEK", '#KONTO 1 "a'), [("SIE003", 8)]),
        (("#VALUTA SEK", "#IB 0 1910 5"), [("SIE016", 8)]),
    ],
)
def test_what_is_wrong_in_the_head(change: tuple[str, str], codes: list[tuple[str, int | None]]) -> None:
    records, found = read(HEAD.replace(*change) + VOUCHER)
    assert told(found) == codes
    assert len(records) == (0 if told(found, "error") else 1)


@pytest.mark.parametrize(
    ("raw", "code", "words"),
    [
        (b"<!DOCTYPE html>\n<html><title>404 Not Found</title>", "SIE010", '"404 Not Found"'),
        (b'<?xml version="1.0"?><Sie xmlns="http://www.sie.se/sie5">', "SIE011", "SIE 5"),
        (b"%PDF-1.4", "SIE011", "PDF"),
        (b"a;b\n1;2\n", "SIE011", '"a;b"'),
        (b"", "SIE012", "empty"),
        (b"\r\n \r\n", "SIE012", "empty"),
        (b"#FLAGGA 0\r#FORMAT PC8\r", "SIE002", "Line 1"),
        (b"#FLAGGA " + b"0" * 200_000, "SIE001", "Line 1"),
    ],
)
def test_files_that_are_none_say_what_they_are(raw: bytes, code: str, words: str) -> None:
    records, found = read(raw)
    assert records == [] and [f.code for f in found] == [code] and words in found[0].message


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1252"])
def test_other_bytes_under_pc8_are_told(encoding: str) -> None:
    text = (HEAD + VOUCHER).replace("Kaffe", "Räksmörgås på Åland")
    found = read(text.encode(encoding))[1]
    assert [f.code for f in found] == ["SIE008"] and encoding in found[0].message
    assert read(text.encode(encoding))[0][0]["text"] == 'Räksmörgås på Åland "mörk"'
    (voucher,), found = read(text.encode(encoding), encoding=encoding)
    assert (voucher["file"]["company"], told(found)) == ("Övningsbolaget AB", [])


# --- the control sum ---------------------------------------------------------------------------------------


def summed(text: str) -> str:
    """The text with a control sum, computed apart from the product."""
    joined = (
        '#VERA120261120Kaffe "mörk"20261121EL#TRANS1910-125.00#TRANS40101Syd60019100.0020261119Kaffe2.5EL'
    )
    joined += "#TRANS264125.00moms"
    return f"{HEAD}#KSUMMA\n{text}#KSUMMA {zlib.crc32(joined.encode('cp437'))}\n"


def test_the_control_sum_is_checked() -> None:
    good = summed(VOUCHER)
    assert told(read(good)[1]) == []
    assert told(read(good.replace("moms", "mams"))[1]) == [("SIE021", 16)]
    assert told(read(good.replace("Kaffe", "Koffe"))[1]) == [("SIE021", 16)]
    assert told(read(good[: good.rindex("#KSUMMA")])[1]) == [("SIE022", 9)]


# --- layouts -----------------------------------------------------------------------------------------------


def test_recognising_and_sniffing() -> None:
    import_file, export = (HEAD + VOUCHER).encode("cp437"), (HEAD + "#IB 0 1 1\n" + VOUCHER).encode("cp437")
    assert "no balances" in (sie.recognise(import_file, layout()) or "")
    assert sie.recognise(export, layout()) is None
    assert "has balances" in (sie.recognise(export, layout("4E")) or "")
    assert sie.recognise(import_file, layout("3")) is None
    assert sie.recognise(b"#FLAGGA 0\n#FNAMN a\n", layout("1")) == "There is no #SIETYP, which means type 1."
    assert sie.recognise(b"a;b\n", layout("1")) is None
    untyped = "".join(line for line in (HEAD + VOUCHER).splitlines(keepends=True) if "#SIETYP" not in line)
    reason = "There is no #SIETYP, and only type 4 has vouchers, and it has vouchers and no balances."
    assert sie.recognise(untyped.encode("cp437"), layout()) == reason
    assert sie.recognise(untyped.encode("cp437"), layout("1")) is None
    sniffed = sie.sniff(import_file)
    assert sniffed is not None and (sniffed.encoding, sniffed.version) == ("cp437", "SIE 4")
    assert sniffed.facts["company"] == "Övningsbolaget AB"
    assert sie.sniff(b"#!/bin/sh\n") is None


def test_vouchers_of_a_file_that_says_a_type_without_are_not_lost_in_silence() -> None:
    wrong = (HEAD + VOUCHER).replace("#SIETYP 4", "#SIETYP 1")
    found = read(wrong, "1")[1]
    assert ("SIE026", "error") in [(each.code, each.severity) for each in found]


def test_wrong_layouts_are_refused() -> None:
    for wrong in ({"kind": "5"}, {"dimensions": {"x": 0}}, {"encoding": "cp4377"}, {"program": ""}):
        with pytest.raises(ValidationError):
            layout(**wrong)  # type: ignore[arg-type]


def test_the_kinds_are_those_of_the_type() -> None:
    assert {kind: list(layout(kind).kinds()) for kind in ("1", "3", "4E", "4I")} == {
        "1": ["file", "balance"],
        "3": ["file", "balance"],
        "4E": ["file", "balance", "voucher"],
        "4I": ["file", "voucher"],
    }
    assert layout("1").known_kinds["balance"].fields["record"].values == ["IB", "UB", "RES"]


def test_the_source_is_printable_python() -> None:
    source = sie.reader(layout("4E")).source + sie.writer(layout("4E")).source
    compile(source, "generated", "exec")
    assert "def read_TRANS(text, line):" in source and "def write_PSALDO(record, objects):" in source


def test_the_fast_side_gives_what_the_slow_side_gives() -> None:
    plans = sie.reader(layout("4E")).plans  # type: ignore[attr-defined]
    chance = random.Random(3)
    objects = ["{}", "{ }", "{1 x}", '{1 "x y" 6 7}', "{1}", "{1 x 1 y}"]
    amounts = ["-1.50", "0", "-0.00", "12", "1.5", "1.505", '"7"', "1,5"]
    others = ['""', "1910", '"a b"', "20261120", "202611", "-1", "0", "ä", '"q\\""', "T"]
    choices = {"objects": objects, "amount": amounts}
    taken = 0
    for _ in range(6_000):
        plan = chance.choice(list(plans.values()))
        columns = plan.line.columns[: chance.randrange(plan.line.need, len(plan.line.columns) + 1)]
        text = "".join(f" {chance.choice(choices.get(column, others))}" for column in columns)
        slow = plan.explain(text, 5, lambda _: None, lambda *_: None)
        try:
            fast = plan.fast(text, 5)
        except ValueError:
            continue
        taken += 1
        assert fast == slow, text
    assert taken > 100


def test_a_line_of_an_attacker_takes_no_time() -> None:
    text = HEAD + "#VER A 1 20261120\n{\n#TRANS 1 {" + '"a" ' * 20_000 + "\n}\n"
    assert told(read(text)[1])[0] == ("SIE003", 11)
    assert lexical.cells('"' * 50_000, 1, lambda _: None) is None


@settings(max_examples=150)
@example(67448)
@given(st.integers(0, 10**9))
def test_no_file_makes_the_reader_raise(seed: int) -> None:
    chance = random.Random(seed)
    raw = bytearray((HEAD + VOUCHER + CHANGED + FULL).encode("cp437"))
    for _ in range(chance.randrange(1, 15)):
        at = chance.randrange(len(raw))
        if chance.random() < 0.5:
            raw[at] = chance.randrange(256)
        else:
            del raw[at : at + chance.randrange(1, 30)]
    for kind in ("4I", "4E", "1"):
        records, found = read(bytes(raw), kind)
        assert isinstance(records, list) and isinstance(found, list)
