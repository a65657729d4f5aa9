"""Delimited text: what a sender does to a file becomes findings with the right line."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from exchange.findings import Finding
from exchange.formats import _csv_read, csv
from exchange.model import Record
from exchange.outcome import Gathered

FIELDS: dict[str, Any] = {
    "order_no": {"column": "Tilausnro", "required": True},
    "day": {"column": "Pvm", "type": "date", "pattern": "%d.%m.%Y"},
    "price": {"column": "Hinta", "type": "money", "scale": 2},
}
GOOD = 'Tilausnro;Pvm;Hinta\r\n0012;31.01.2026;1 234,50\r\n"A;""1""\nx";;-7,10\r\n'


def layout(
    fields: dict[str, Any] | None = None, group: Any = None, encoding: str = "utf-8", **dialect: Any
) -> Any:
    dialect = {"decimal": ",", "thousands": " ", **dialect}
    return csv.Layout.model_validate(
        {
            "layout": "acme/orders",
            "format": "csv",
            "encoding": encoding,
            "dialect": dialect,
            "record": "order_line",
            "fields": fields or FIELDS,
            "group": group,
        }
    )


def read(text: str | bytes, declared: Any = None) -> tuple[list[Record], list[Finding]]:
    gathered = Gathered()
    raw = text.encode() if isinstance(text, str) else text
    batches = csv.reader(declared or layout()).read(io.BytesIO(raw), gathered)
    return [record for batch in batches for record in batch], gathered.kept


def write(records: list[Record], declared: Any = None) -> tuple[bytes, list[Finding]]:
    gathered, out = Gathered(), io.BytesIO()
    written = csv.writer(declared or layout()).write([records], out, io.BytesIO, gathered)
    assert gathered.errors or list(written.records.values()) == [len(records)] or declared.group
    return out.getvalue(), gathered.kept


def codes(found: list[Finding]) -> list[tuple[str, int | None]]:
    return [(finding.code, finding.line) for finding in found]


def test_rows_become_typed_records_with_their_lines() -> None:
    records, found = read(GOOD)
    assert found == []
    assert records == [
        {
            "order_no": "0012",
            "day": date(2026, 1, 31),
            "price": Decimal("1234.50"),
            "@kind": "order_line",
            "@line": 2,
        },
        {"order_no": 'A;"1"\nx', "day": None, "price": Decimal("-7.10"), "@kind": "order_line", "@line": 3},
    ]


def test_what_was_written_is_read_and_written_again() -> None:
    raw, found = write(read(GOOD)[0])
    assert (raw.decode(), found) == (GOOD, [])


def test_columns_are_found_by_name_in_any_order() -> None:
    records, found = read("Hinta;Extra; Tilausnro ;Pvm\n5,00;x;1;\n")
    assert (records[0]["order_no"], records[0]["price"]) == ("1", Decimal("5.00"))
    assert codes(found) == [("CSV003", 1)]
    assert (found[0].severity, found[0].column, found[0].value) == ("warning", 2, "Extra")


def test_missing_and_doubled_columns_stop_the_file() -> None:
    records, found = read("Tilausnro;Pvm;Hinto\n1;;5,00\n")
    assert (records, codes(found)) == ([], [("CSV002", 1), ("CSV003", 1)])
    missing = found[0]
    assert 'Did it become "Hinto"?' in missing.message and missing.severity == "error"
    records, found = read("Tilausnro;Pvm;Hinta;Hinta\n1;;5,00;6,00\n")
    assert (records, codes(found)) == ([], [("CSV004", 1)])
    records, found = read("Tilausnro;Pvm;Hinta;x;x\n1;;5,00;a;b\n")
    assert len(records) == 1 and {finding.severity for finding in found} == {"warning"}


def test_short_and_long_rows_name_their_line_and_others_go_on() -> None:
    records, found = read('Tilausnro;Pvm;Hinta\n1;;1,00\n\n2;\n"3\n3";;\n4;;5,00;6\n7;;\n')
    assert [record["order_no"] for record in records] == ["1", "3\n3", "7"]
    assert [record["@line"] for record in records] == [2, 5, 8]
    assert codes(found) == [("CSV005", 4), ("CSV006", 7)]


def test_all_findings_of_a_row_are_told_with_line_and_column() -> None:
    records, found = read("Tilausnro;Pvm;Hinta\n;31.02.2026;1.5\n")
    assert records == []
    assert [(f.code, f.line, f.column, f.field) for f in found] == [
        ("VAL001", 2, 1, "order_no"),
        ("VAL021", 2, 2, "day"),
        ("VAL010", 2, 3, "price"),
    ]


def test_an_unclosed_quote_is_told_with_the_line_where_it_opens() -> None:
    records, found = read('Tilausnro;Pvm;Hinta\n1;;\n"2;;\n3;;\n4;;\n')
    assert [record["order_no"] for record in records] == ["1"]
    assert codes(found) == [("CSV007", 3)]
    assert "up to line 5" in found[0].message


def test_an_unclosed_quote_never_swallows_thousands_of_rows_unseen() -> None:
    body = "".join(f"{n};;1,00\n" for n in range(60_000))
    records, found = read(f'Tilausnro;Pvm;Hinta\n"0;;\n{body}')
    assert found[0].code == "CSV009" and found[0].line == 2
    assert all(finding.severity == "error" for finding in found)
    assert len(records) < 60_000


def test_an_unclosed_quote_that_meets_another_one() -> None:
    records, found = read('Tilausnro;Pvm;Hinta\n"1;;\n2;;\n3;"x";\n4;;\n')
    assert [record["order_no"] for record in records] == ["4"]
    assert codes(found) == [("CSV008", 4)]
    assert "line 2" in found[0].message


def test_text_after_a_closing_quote_is_refused() -> None:
    records, found = read('Tilausnro;Pvm;Hinta\n1;;"1"00,2\n2;;\n')
    assert [record["order_no"] for record in records] == ["2"]
    assert codes(found) == [("CSV008", 2)]


def test_a_lone_carriage_return_is_refused() -> None:
    records, found = read("Tilausnro;Pvm;Hinta\n1\r2;;\n3;;\n")
    assert [record["order_no"] for record in records] == ["3"]
    assert codes(found) == [("CSV011", 2)]
    assert codes(read("Tilausnro;Pvm;Hinta\r1;;\r")[1]) == [("CSV011", 1)]


def test_a_zero_byte_stops_with_its_place() -> None:
    records, found = read("Tilausnro;Pvm;Hinta\n1;;\n2;a\0b;\n")
    assert codes(found) == [("CSV010", 3)] and found[0].column == 4
    assert records == []


def test_memory_is_bounded_for_endless_lines_and_records() -> None:
    assert codes(read("Tilausnro;Pvm;Hinta\n" + ";" * 3_000_000)[1]) == [("CSV009", 2)]
    many = "Tilausnro;Pvm;Hinta\n1;;\n" + '"\n";' * 800_000
    assert codes(read(many)[1]) == [("CSV009", 3)]
    assert codes(read("Tilausnro;Pvm;Hinta\n" + "x" * 200_000 + ";;\n2;;\n")[1]) == [("CSV009", 2)]


def test_wrong_encoding_names_the_byte() -> None:
    records, found = read("Tilausnro;Pvm;Hinta\n1;;\nPäivi;;\n".encode("windows-1252"))
    assert codes(found) == [("ENC001", 3)] and found[0].value == "E4"
    records, found = read("Tilausnro;Pvm;Hinta\nPäivi;;\n".encode("cp850"), layout(encoding="cp850"))
    assert (records[0]["order_no"], found) == ("Päivi", [])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-8-sig", "windows-1252"])
def test_marks_and_encodings_there_and_back(encoding: str) -> None:
    declared = layout(encoding=encoding, bom=encoding.startswith("utf"))
    records = [{"order_no": "Pä", "day": None, "price": Decimal("1.00")}]
    raw, found = write(records * 3, declared)
    assert found == [] and raw.decode(encoding).count("\ufeff") == (encoding in ("utf-8", "utf-16-le"))
    again, found = read(raw, declared)
    assert found == [] and [record["order_no"] for record in again] == ["Pä"] * 3


def test_empty_files_and_headers_only() -> None:
    assert codes(read("")[1]) == [("CSV001", 1)]
    assert read("Tilausnro;Pvm;Hinta\r\n") == ([], [])
    assert codes(read('Tilausnro;"Pvm')[1]) == [("CSV007", 1)]


def test_lines_before_the_header_are_skipped_and_counted() -> None:
    records, found = read("sep=;\nReport\n\nTilausnro;Pvm;Hinta\n1;;\n;;\n", layout(skip=3))
    assert [record["@line"] for record in records] == [5]
    assert codes(found) == [("VAL001", 6)]


def test_without_a_header_columns_have_numbers() -> None:
    fields = {"a": {"column": 3}, "b": {"column": 1, "type": "integer"}}
    declared = layout(fields, header=False)
    assert read("1;x;y\n2;x;z\n", declared)[0][1] | {} == {
        "a": "z",
        "b": 2,
        "@kind": "order_line",
        "@line": 2,
    }
    assert codes(read("1;x\n", declared)[1]) == [("CSV005", 1)]
    assert write([{"a": "z", "b": 2}], declared)[0] == b"2;;z\r\n"
    plain = layout({"a": {}, "b": {}}, header=False, width=3)
    assert read("1;2;3\n", plain)[0][0]["b"] == "2"


def test_structures_of_columns() -> None:
    fields = {
        "id": {},
        "address": {"fields": {"street": {"column": "Katu"}, "town": {"column": "Town", "required": True}}},
    }
    declared = layout(fields)
    text = "id;Katu;Town\r\n1;K 1;Oulu\r\n2;;\r\n"
    records, found = read(text + "3;K 3;\r\n", declared)
    assert [record["address"] for record in records] == [{"street": "K 1", "town": "Oulu"}, None]
    assert [(f.code, f.line, f.field) for f in found] == [("VAL001", 4, "address.town")]
    assert write(records, declared) == (text.encode(), [])
    _, found = write([{"id": "1", "address": {"street": "x"}}, {"id": "2", "address": "y"}], declared)
    assert [(f.code, f.field) for f in found] == [("VAL001", "address.town"), ("CSV021", "address")]
    required = layout({"id": {}, "address": fields["address"] | {"required": True}})
    assert [f.field for f in read("id;Katu;Town\n2;;\n", required)[1]] == ["address"]
    assert [f.code for f in write([{"id": "1", "address": None}], required)[1]] == ["VAL001"]


def test_other_dialects() -> None:
    fields = {"a": {}, "b": {"type": "boolean", "true": "K", "false": "E"}}
    declared = layout(fields, delimiter="tab", quote="'", newline="lf", quoting="all")
    raw, found = write([{"a": "it's\t", "b": True}, {"a": None, "b": None}], declared)
    assert (raw, found) == (b"'a'\t'b'\n'it''s\t'\t'K'\n''\t''\n", [])
    assert [record["a"] for record in read(raw, declared)[0]] == ["it's\t", None]
    odd = layout({"a": {}, "b": {}}, delimiter="\x1f", quote="^", header=False)
    assert [record["a"] for record in read("^a^^\x1fb^\x1fc\n", odd)[0]] == ["a^\x1fb"]
    assert read(write([{"a": "^\x1f", "b": None}], odd)[0], odd)[0][0]["a"] == "^\x1f"
    unquoted = layout({"a": {}, "b": {}}, quote="none", delimiter="|", header=False)
    assert read('"x|"y"\n', unquoted)[0][0]["a"] == '"x'
    raw, found = write([{"a": '"x', "b": "y"}], unquoted)
    assert raw == b'"x|y\r\n'
    raw, found = write([{"a": "x|", "b": "y", "@line": 9}], unquoted)
    assert codes(found) == [("CSV020", 9)] and found[0].field == "a"


def test_a_carriage_return_in_a_value_survives_line_feeds() -> None:
    declared = layout({"a": {}}, newline="lf")
    raw, _ = write([{"a": "x\ry"}, {"a": "z"}], declared)
    assert [record["a"] for record in read(raw, declared)[0]] == ["x\ry", "z"]
    assert raw == b'a\n"x\ry"\nz\n'


def test_formulas_are_guarded_for_spreadsheets_only_and_numbers_never() -> None:
    fields = {"a": {}, "n": {"type": "money"}}
    records = [{"a": "=1+1", "n": Decimal("-5.00")}, {"a": "-x", "n": None}, {"a": "x=1", "n": None}]
    plain = write(records, layout(fields))[0].decode()
    guarded = write(records, layout(fields, spreadsheet=True))[0].decode()
    assert "=1+1;-5,00" in plain and "'=1+1;-5,00" not in plain
    assert guarded == "a;n\r\n'=1+1;-5,00\r\n'-x;\r\nx=1;\r\n"
    assert write(records, layout(fields, spreadsheet=True, guard=False))[0].decode() == plain


def test_writing_refuses_with_the_line_of_the_source() -> None:
    bad = [
        {"order_no": None, "day": None, "price": None, "@line": 4},
        {"order_no": "1", "day": None, "price": Decimal("1.005"), "@line": 5},
        {"order_no": "€", "day": None, "price": None, "@line": 6},
    ]
    _, found = write(bad, layout(encoding="iso-8859-1"))
    assert codes(found) == [("VAL001", 4), ("VAL012", 5), ("ENC010", 6)]


GROUP = {"by": ["order_no"], "into": "order", "children": "lines", "keep": ["day"]}


@pytest.mark.parametrize("quote", ["none", '"'])
def test_what_the_first_line_cannot_hold_is_told(quote: str) -> None:
    declared = layout({"a": {}}, encoding="windows-1252", quote=quote).model_dump(by_alias=True)
    head = {"width": 2, "fields": {"mark": {"column": 1}, "name": {"column": 2}}}
    made = csv.Layout.model_validate({k: v for k, v in declared.items() if v is not None} | {"head": head})

    def one(mark: str) -> tuple[bytes, list[str]]:
        data, found = write([{"a": "1", "file": {"mark": mark, "name": "none"}}], made)
        return data, [f"{each.code} {each.field}" for each in found]

    assert one("a") == (b"a;none\r\na\r\n1\r\n", [])
    assert one("Ł")[1] == ["ENC010 mark"]
    assert one("a;b") == (
        (b";none\r\na\r\n1\r\n", ["CSV020 mark"]) if quote == "none" else (b'"a;b";none\r\na\r\n1\r\n', [])
    )


def test_what_is_grouped_by_is_a_field() -> None:
    for wrong in (GROUP | {"by": ["ordr"]}, GROUP | {"keep": ["kept"]}, GROUP | {"by": []}):
        with pytest.raises(ValidationError, match=r"is not a field of the records|at least 1 item"):
            layout(group=wrong)


def test_lines_are_grouped_and_ungrouped() -> None:
    declared = layout(group=GROUP)
    text = "Tilausnro;Pvm;Hinta\r\n1;31.01.2026;1,00\r\n1;31.01.2026;2,00\r\n2;;3,00\r\n"
    records, found = read(text, declared)
    assert found == []
    assert [(r["order_no"], r["day"], r["@kind"], r["@line"]) for r in records] == [
        ("1", date(2026, 1, 31), "order", 2),
        ("2", None, "order", 4),
    ]
    assert [[line["price"] for line in r["lines"]] for r in records] == [
        [Decimal("1.00"), Decimal("2.00")],
        [3],
    ]
    assert write(records, declared)[0].decode() == text
    short = [{"order_no": "9", "day": date(2026, 1, 1), "lines": [{"price": Decimal("1.00")}]}]
    assert write(short, declared)[0].decode().endswith("9;01.01.2026;1,00\r\n")
    other = short[0] | {"day": date(2026, 1, 2)}
    for again, code in (
        (short * 2, "GRP005"),
        ([*short, other], "GRP004"),
        ([*short, records[0], *short], "GRP004"),
    ):
        assert [each.code for each in write(again, declared)[1]] == [code]


def test_a_key_that_returns_is_a_finding_unless_any_order_is_declared() -> None:
    text = "Tilausnro;Pvm;Hinta\n1;;1,00\n2;;2,00\n1;;3,00\n"
    records, found = read(text, layout(group=GROUP))
    assert codes(found) == [("GRP001", 4), ("GRP003", 4)]
    assert [record["@line"] for record in records] == [2, 3]
    records, found = read(text, layout(group=GROUP | {"order": "any"}))
    assert found == [] and [len(record["lines"]) for record in records] == [2, 1]


@pytest.mark.parametrize("order", ["consecutive", "any"])
def test_a_group_with_a_bad_line_is_withheld_whole(order: str) -> None:
    text = "Tilausnro;Pvm;Hinta\n1;;1,00\n1;;x\n1;;1,00\n2;;2,00\n"
    records, found = read(text, layout(group=GROUP | {"order": order}))
    assert [record["order_no"] for record in records] == ["2"]
    assert codes(found) == [("VAL010", 3), ("GRP003", 2)]


@pytest.mark.parametrize(("order", "good"), [("consecutive", ["3"]), ("any", [])])
def test_a_row_that_may_belong_to_several_groups_withholds_them(order: str, good: list[str]) -> None:
    text = "Tilausnro;Pvm;Hinta\n1;;1,00\n1;;\n;\n2;;2,00\n3;;1,00\n"
    records, found = read(text, layout(group=GROUP | {"order": order}))
    assert [record["order_no"] for record in records] == good
    assert {finding.code for finding in found} == {"CSV005", "GRP003"}


@pytest.mark.parametrize("order", ["consecutive", "any"])
def test_lines_that_disagree_withhold_their_group(order: str) -> None:
    text = "Tilausnro;Pvm;Hinta\n1;31.01.2026;1,00\n1;01.02.2026;1,00\n2;;2,00\n"
    records, found = read(text, layout(group=GROUP | {"order": order}))
    assert [record["order_no"] for record in records] == ["2"]
    assert codes(found) == [("GRP002", 3), ("GRP003", 2)]
    assert "2026-02-01" in found[0].message and "line 2" in found[0].message


@pytest.mark.parametrize(
    "wrong",
    [
        {"delimiter": ";;"},
        {"delimiter": '"'},
        {"header": False},
        {"encoding": "utf-9"},
        {"encoding": "windows-1252", "bom": True},
        {"fields": {"a": {"column": "x"}, "b": {"column": "x"}}},
        {"fields": {"a": {"many": True}}},
        {"fields": {"a": {"column": 0}}},
        {"fields": {"a": {"column": 4}}, "width": 3},
        {"fields": {"a": {"check": "ibann"}}},
        {"fields": {"a": {"open": True}}},
        {"skip": -1},
        {"encoding": "ascii", "fields": {"a": {"column": "Määrä"}}},
        {"encoding": "ascii", "other header lines": ["Määrä"]},
    ],
)
def test_wrong_layouts_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        layout(**wrong)


def test_recognising() -> None:
    declared = layout()
    assert "3 columns" in (csv.recognise(GOOD.encode(), declared) or "")
    assert csv.recognise(b"Tilausnro;Pvm\n1;2\n", declared) is None
    assert csv.recognise(b"\xff\xfe\0", declared) is None
    assert csv.recognise(b"", declared) is None
    bare = layout({"a": {"type": "integer"}, "b": {"type": "date"}}, header=False)
    assert csv.recognise(b"1;2026-01-31\n2;2026-02-01\n", bare)
    assert csv.recognise(b"1;x\n", bare) is None
    long = b"Tilausnro;Pvm;Hinta\n" + b'"\xc3\xa4";;\n' * 10_000
    assert csv.recognise(long[: 64 * 1024], declared)


def test_sniffing() -> None:
    sniffed = csv.sniff(GOOD.encode())
    assert sniffed is not None
    assert (sniffed.format, sniffed.encoding, sniffed.columns) == (
        "csv",
        "ascii",
        ("Tilausnro", "Pvm", "Hinta"),
    )
    assert sniffed.facts == {"delimiter": ";"}
    assert csv.sniff(b"<xml>\n<a>\n</xml>") is None
    assert csv.sniff(b"") is None


def test_the_source_is_printable_python() -> None:
    for made in (csv.reader(layout()), csv.writer(layout())):
        compile(made.source, "source", "exec")
        assert "def " in made.source


def test_progress_tells_the_bytes_read() -> None:
    seen: list[int] = []
    list(csv.reader(layout()).read(io.BytesIO(GOOD.encode()), print, seen.append))
    assert seen[-1] == len(GOOD.encode())


CELLS = st.text(st.sampled_from("ab1;\"\n\r\t' ,ä=\u2028\x0b\x85"), max_size=5)


@given(
    st.lists(st.tuples(CELLS, CELLS), max_size=6),
    st.sampled_from(["crlf", "lf"]),
    st.sampled_from(["all", "when needed"]),
)
def test_any_text_goes_there_and_back(rows: list[tuple[str, str]], newline: str, quoting: str) -> None:
    declared = layout({"a": {}, "b": {}}, newline=newline, quoting=quoting)
    raw, found = write([{"a": a, "b": b} for a, b in rows], declared)
    assert found == []
    records, found = read(raw, declared)
    assert found == []
    assert [(r["a"] or "", r["b"] or "") for r in records] == rows


@settings(max_examples=300)
@given(st.text(st.sampled_from('1;"\n\r\0,ä.20'), max_size=80), st.booleans())
def test_reading_never_raises_and_loses_no_line_silently(body: str, group: bool) -> None:
    declared = layout(group=GROUP if group else None)
    records, found = read("Tilausnro;Pvm;Hinta\n" + body, declared)
    if not found and not group:
        physical = sum(bool(line.strip("\r")) for line in body.split("\n"))
        covered = sum(1 + (r["order_no"] or "").count("\n") for r in records)
        assert covered >= len(records) and (physical == 0) == (not records)


@given(st.integers(1, 9), st.text(st.sampled_from('1;"\n,ä'), max_size=60))
def test_blocks_make_no_difference(size: int, body: str) -> None:
    text = "Tilausnro;Pvm;Hinta\n" + body
    whole = read(text)
    original = _csv_read.blocks
    try:
        _csv_read.blocks = lambda *given: original(*given, size=size)  # type: ignore[assignment]
        assert read(text) == whole
    finally:
        _csv_read.blocks = original


# --- the first row is not the one of the layout ---------------------------------------------------------------


@pytest.mark.parametrize(("delimiter", "called"), [(",", '","'), ("\t", "tab"), ("|", '"|"')])
def test_another_delimiter_is_told_once(delimiter: str, called: str) -> None:
    rows = [["Tilausnro", "Pvm", "Hinta"], ["1", "31.01.2026", "7"], ["2", "31.01.2026", "8"]]
    records, [finding] = read("\n".join(delimiter.join(row) for row in rows))
    assert records == []
    assert (finding.code, finding.line, finding.severity) == ("CSV012", 1, "error")
    assert f'stand between {called}, but the layout declares ";"' in finding.message
    assert "has 3 of the 3 columns" in finding.message
    assert f"`delimiter: {called}`" in finding.advice
    assert ("look at `decimal`" in finding.advice) == (delimiter == ",")


def test_another_delimiter_with_quotes_and_a_column_renamed() -> None:
    text = '"Tilausnro","Päivä, joskus","Hinta"\n"1","31.01.2026","7"\n'
    _, [finding] = read(text)
    assert (finding.code, "2 of the 3" in finding.message) == ("CSV012", True)


def test_a_missing_column_is_still_told_by_its_name() -> None:
    _, found = read("Tilausnro;Hinta, alv\n1;7\n")
    assert [each.code for each in found if each.severity == "error"] == ["CSV002", "CSV002"]


def test_a_header_over_two_lines_is_read() -> None:
    declared = layout({"a": {"column": "first\ncolumn"}, "b": {}})
    records, found = read('"first\ncolumn";b\n1;2\n', declared)
    assert (len(records), found) == (1, [])


def test_another_delimiter_without_a_header() -> None:
    declared = layout({"a": {}, "b": {}, "c": {}}, header=False)
    records, [finding] = read("1,2,3\n4,5,6\n", declared)
    assert (records, finding.code, finding.line) == ([], "CSV012", 1)
    assert "other delimiters" not in finding.advice
    assert codes(read("1,2;3\n4;5;6\n", declared)[1]) == [("CSV005", 1)]


def test_a_file_without_its_header() -> None:
    records, [finding] = read("0012;31.01.2026;7,50\n0013;31.01.2026;8,50\n")
    assert (records, finding.code, finding.line) == ([], "CSV013", 1)
    assert "it looks like the first row of data" in finding.message
    assert "`header: false`" in finding.advice


@pytest.mark.parametrize("skip", [0, 1])
def test_a_header_further_down(skip: int) -> None:
    text = "\nTilaukset;;\nTulostettu 1.2.2026\n\nTilausnro;Pvm;Hinta\n1;;7\n"
    _, [finding] = read(text, layout(skip=skip))
    assert (finding.code, finding.line) == ("CSV013", 2)
    assert "The header is line 5: declare `skip: 4`" in finding.advice
    assert len(read(text, layout(skip=4))[0]) == 1


def test_quite_another_file() -> None:
    _, [finding] = read("name;street;town;zip;country;phone;mail\nA;B;C;D;E;F;G\n")
    assert finding.code == "CSV013"
    assert 'It has "name", "street", "town", "zip", "country", "phone" and others.' in finding.message


def test_the_header_of_an_optional_column_alone_is_no_matter() -> None:
    declared = layout({"a": {"optional": True}, "b": {"optional": True}})
    assert codes(read("x;y\n1;2\n", declared)[1]) == [("CSV003", 1), ("CSV003", 1)]


def test_a_header_in_utf_8_is_told_by_its_bytes_alone() -> None:
    """Columns with å, ä, ö in their names seem to be missing then; that is no news."""
    declared = layout({"a": {"column": "Määrä"}, "b": {}}, encoding="windows-1252")
    text = "Määrä;b\nÄijä;2\nÖinen;3\n"
    records, [finding] = read(text.encode(), declared)
    assert (records, finding.code) == ([], "ENC003")
    records, found = read(text.encode("windows-1252"), declared)
    assert (len(records), found) == (2, [])
    _, found = read("määrä;x\nÄijä;2\n".encode("windows-1252"), declared)
    assert ("CSV002", 1) in codes(found)


def test_what_could_not_be_read_contradicts_nothing() -> None:
    """An unreadable date is told once; that another line has a date is no contradiction."""
    group = {"by": ["order_no"], "into": "order", "children": "lines", "keep": ["day"]}
    rows = "Tilausnro;Pvm;Hinta\n1;31.02.2026;7\n1;28.02.2026;8\n2;28.02.2026;8\n2;28.2.2026;8\n"
    _, found = read(rows, layout(group=group))
    assert sorted(codes(found)) == [("GRP003", 2), ("GRP003", 4), ("VAL020", 5), ("VAL021", 2)]
    _, found = read("Tilausnro;Pvm;Hinta\n1;;7\n1;28.02.2026;8\n", layout(group=group))
    assert 'day is "2026-02-28", but "(empty)" on line 2' in found[0].message


@pytest.mark.parametrize("quoting", ["all", "texts"])
def test_what_is_to_be_quoted_needs_a_quote(quoting: str) -> None:
    with pytest.raises(ValidationError, match="needs a quote"):
        csv.CsvDialect.model_validate({"quote": "none", "quoting": quoting})
