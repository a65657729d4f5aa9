"""Workbooks: what other programs write is read by the rules of the fields, what is written comes back, damage is told."""

from __future__ import annotations

import io
import random
import tempfile
import zipfile
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.declare.yaml import load
from exchange.findings import Finding
from exchange.formats import registry, xlsx
from exchange.formats.xlsx import cells
from exchange.formats.xlsx.book import Cell
from exchange.operations import looking

LAYOUT = """
layout: a/rows
format: xlsx
sheet: Rows
record: row
fields:
  number: {column: Number, required: true}
  day: {column: Day, type: date}
  moment: {column: Moment, type: datetime}
  amount: {column: Amount, type: money, scale: 2}
  rate: {column: Rate, type: percent}
  paid: {column: Paid, type: boolean}
  note: {column: [Note, Text], optional: true}
"""
TITLES = ("Number", "Day", "Moment", "Amount", "Rate", "Paid", "Note")


def layout(text: str = LAYOUT) -> Any:
    node, problems = load(text, "a")
    assert node is not None and not problems
    found, problems = registry.parse_layout(node)
    assert found is not None, problems
    return found


def read(data: bytes, text: str = LAYOUT) -> tuple[list[dict[str, Any]], list[Finding]]:
    found: list[Finding] = []
    batches = xlsx.reader(layout(text)).read(io.BytesIO(data), found.append)
    return [record for batch in batches for record in batch], found


def written(records: list[dict[str, Any]], text: str = LAYOUT) -> tuple[bytes, list[Finding]]:
    found: list[Finding] = []
    out = io.BytesIO()
    xlsx.writer(layout(text)).write([records], out, lambda: tempfile.TemporaryFile(), found.append)  # noqa: SIM115
    return out.getvalue(), found


def book(
    rows: str, *, shared: str = "", styles: str = "", properties: str = "", sheet: str = "Rows"
) -> bytes:
    """A workbook as other programs write it: absolute targets, shared texts, own names of parts."""
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
    parts = {
        "_rels/.rels": f'<Relationships {package}><Relationship Id="a" Type="{office}/officeDocument" Target="/xl/wb.xml"/></Relationships>',
        "xl/wb.xml": f'<workbook {main} xmlns:r="{office}">{properties}<sheets><sheet name="First" sheetId="1" r:id="r1"/>'
        f'<sheet name="{sheet}" sheetId="7" r:id="r2"/></sheets></workbook>',
        "xl/_rels/wb.xml.rels": f'<Relationships {package}><Relationship Id="r1" Type="{office}/worksheet" Target="sheets/a.xml"/>'
        f'<Relationship Id="r2" Type="{office}/worksheet" Target="/xl/sheets/b.xml"/></Relationships>',
        "xl/sheets/a.xml": f"<worksheet {main}><sheetData/></worksheet>",
        "xl/sheets/b.xml": f"<worksheet {main}><sheetData>{rows}</sheetData></worksheet>",
        "xl/sharedStrings.xml": f"<sst {main}>{shared}</sst>",
        "xl/styles.xml": f"<styleSheet {main}>{styles}</styleSheet>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in parts.items():
            file.writestr(name, text)
    return out.getvalue()


HEADER = "<row>" + "".join(f'<c t="inlineStr"><is><t>{title}</t></is></c>' for title in TITLES) + "</row>"
STYLES = (
    '<numFmts><numFmt numFmtId="170" formatCode="[$-40B]d\\.m\\.yyyy;@"/><numFmt numFmtId="171" formatCode="#,##0.00\\ &quot;days&quot;"/></numFmts>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="170"/><xf numFmtId="22"/><xf numFmtId="10"/><xf numFmtId="171"/></cellXfs>'
)


def test_cells_of_other_programs() -> None:
    """Shared and rich texts, styles of dates and percentages, binary fractions, numbers where the field is a text."""
    shared = "<si><t>Äiti</t></si><si><r><t>rich </t></r><r><t>text_x0041_</t></r><rPh><t>no</t></rPh></si>"
    rows = (
        f"{HEADER}<row r='3'><c r='A3'><v>1930.0</v></c><c r='B3' s='1'><v>46000</v></c><c r='C3' s='2'><v>46000.75</v></c>"
        "<c r='D3' s='4'><v>0.30000000000000004</v></c><c r='E3' s='3'><v>0.255</v></c><c r='F3' t='b'><v>1</v></c><c r='G3' t='s'><v>1</v></c></row>"
        "<row r='5'><c r='A5' t='s'><v>0</v></c><c r='B5' t='d'><v>2026-02-28</v></c><c r='D5'><v>1E3</v></c><c r='E5'><v>25.5</v></c></row>"
    )
    made, found = read(book(rows, shared=shared, styles=STYLES))
    assert found == []
    assert [row["@line"] for row in made] == [3, 5]
    assert made[0] | {"@path": None} == {
        "number": "1930", "day": date(2025, 12, 9), "moment": datetime(2025, 12, 9, 18), "amount": Decimal("0.3"),
        "rate": Decimal("25.5"), "paid": True, "note": "rich textA", "@kind": "row", "@line": 3, "@path": None,
    }  # fmt: skip
    assert (made[1]["number"], made[1]["day"], made[1]["amount"]) == (
        "Äiti",
        date(2026, 2, 28),
        Decimal(1000),
    )
    assert made[1]["rate"] == Decimal("25.5") and made[1]["paid"] is None


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("<c r='D2' t='e'><v>#N/A</v></c>", "XLS006"),
        ("<c r='D2'><f>A1+1</f></c>", "XLS007"),
        ("<c r='D2'><v>1.234</v></c>", "VAL014"),
        ("<c r='D2' t='inlineStr'><is><t>12,50</t></is></c>", "VAL"),
        ("<c r='B2'><v>46000</v></c>", "VAL020"),
        ("<c r='B2' s='2'><v>46000.5</v></c>", "VAL020"),
        ("<c r='B2' s='1'><v>60</v></c>", "VAL020"),
        ("<c r='D2' s='1'><v>46000</v></c>", "VAL010"),
        ("<c r='F2'><v>1</v></c>", "VAL030"),
        ("<c r='D2' t='s'><v>7</v></c>", "XLS001"),
    ],
)
def test_what_does_not_fit_is_told_with_its_cell(cell: str, code: str) -> None:
    data = book(f"{HEADER}<row r='2'><c r='A2'><v>1</v></c>{cell}</row>", styles=STYLES)
    made, found = read(data)
    assert [one.code[: len(code)] for one in found] == ([code] if code else [])
    assert len(made) == (0 if code else 1)
    if code.startswith(("VAL", "XLS006", "XLS007")):
        assert found[0].path == f"Rows!{cell[6:8]}"


def test_days_from_1904_and_the_first_days_of_1900() -> None:
    rows = f"{HEADER}<row r='2'><c r='A2'><v>1</v></c><c r='B2' s='1'><v>44538</v></c></row>"
    made, _ = read(book(rows, styles=STYLES, properties='<workbookPr date1904="1"/>'))
    assert made[0]["day"] == date(2025, 12, 9)
    codec = xlsx.SheetReader(layout()).codecs["day"]
    assert [cells.text_of(Cell("date", text), codec, False) for text in ("1", "59", "61")] == [
        "1900-01-01",
        "1900-02-28",
        "1900-03-01",
    ]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("<c r='A2'><v>123456789012345</v></c>", ""),
        ("<c r='A2'><v>1234567890123456</v></c>", "XLS009"),
        ("<c r='A2'><v>1.23456789012345E+19</v></c>", "XLS009"),
        ("<c r='A2'><v>1E9999999</v></c>", "XLS009"),
        ("<c r='A2'><v>1</v></c><c r='D2'><v>1234567890123456</v></c>", "XLS009"),
        ("<c r='A2'><v>1</v></c><c r='D2'><v>-9E999999999</v></c>", "XLS009"),
        ("<c r='A2'><v>1</v></c><c r='D2'><v>1E+18</v></c>", ""),
    ],
)
def test_numbers_whose_last_digits_excel_does_not_keep_are_refused(cell: str, code: str) -> None:
    """A reference of 16 digits would be read with another last digit."""
    made, found = read(book(f"{HEADER}<row r='2'>{cell}</row>"))
    assert [one.code for one in found] == ([code] if code else [])
    assert [one["number"] for one in made] == ([] if code else ["123456789012345" if "345" in cell else "1"])


def test_times_of_day_and_the_day_that_is_none() -> None:
    clock = LAYOUT.replace("type: datetime", "type: time")

    def one(column: str, value: str, text: str) -> Any:
        cell = f"<c r='{column}2' s='2'><v>{value}</v></c>"
        made, found = read(
            book(f"{HEADER}<row r='2'><c r='A2'><v>1</v></c>{cell}</row>", styles=STYLES), text
        )
        return (made[0]["moment"] or made[0]["day"] or made[0]["note"]) if made else found[0].code

    assert one("C", "5.7870370370370373E-5", clock) == time(0, 0, 5)
    assert one("C", "0.5", clock) == time(12)
    assert one("G", "0.5", clock) == "12:00:00"
    assert [one(column, value, LAYOUT) for column in "BC" for value in ("0", "0.5")] == ["VAL020"] * 4


@pytest.mark.parametrize(
    ("rows", "codes"),
    [
        ("", ["XLS008"]),
        (HEADER.replace(">Amount<", ">Sum<"), ["XLS003", "XLS004"]),
        (HEADER.replace(">Rate<", ">Amount<"), ["XLS003", "XLS005"]),
        (HEADER.replace(">Note<", ">Colour<"), ["XLS004"]),
        (HEADER.replace(">Rate<", ">X<"), ["XLS003", "XLS004"]),
    ],
)
def test_headers(rows: str, codes: list[str]) -> None:
    made, found = read(book(rows))
    assert made == [] and sorted(one.code for one in found) == codes


def test_a_column_is_of_one_field_alone() -> None:
    text = LAYOUT.replace("column: Rate", "column: AMOUNT")
    made, found = read(book(HEADER.replace(">Rate<", ">Other<") + "<row><c><v>1</v></c></row>"), text)
    assert made == [] and [(one.code, one.field) for one in found] == [("XLS003", "rate"), ("XLS004", None)]


def test_files_that_are_no_workbooks() -> None:
    whole = book(HEADER)
    doctype = whole_with(
        "xl/sheets/b.xml",
        "<!DOCTYPE a [<!ENTITY x 'y'>]><worksheet><sheetData><row/></sheetData></worksheet>",
    )
    for data in (b"", b"PK\x03\x04", b"a;b\n", b"\xd0\xcf\x11\xe0" + bytes(600), whole[:-30], doctype):
        made, found = read(data)
        assert made == [] and [one.code for one in found] == ["XLS001"], data[:8]
    assert [one.code for one in read(book(HEADER, sheet="Other"))[1]] == ["XLS002"]


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ("<row r='x'><c><v>1</v></c></row>", '"x" stands where a number must'),
        ("<row r='2'><c s='-1'><v>1</v></c></row>", '"-1" stands where a number must'),
        ("<row r='2'><c r='$A$2'><v>1</v></c></row>", '"$A$2", which no sheet has'),
        ("<row r='2'><c r='XFE2'><v>1</v></c></row>", '"XFE2", which no sheet has'),
        ("<row r='2'><c r='D2'><v>5</v></c><c r='D2'><v>6</v></c></row>", "the cell D2 twice"),
    ],
)
def test_rows_that_cannot_be_are_told(rows: str, why: str) -> None:
    made, found = read(book(HEADER + rows))
    assert made == [] and [one.code for one in found] == ["XLS001"] and why in found[0].message


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ("_rels/.rels", None),
        ("xl/wb.xml", None),
        ("xl/_rels/wb.xml.rels", None),
        ("xl/_rels/wb.xml.rels", "<a"),
        ("xl/styles.xml", "<a/>"),
        ("xl/styles.xml", "<a"),
    ],
)
def test_parts_that_are_missing_or_of_another_kind_are_told(part: str, text: str | None) -> None:
    made, found = read(whole_with(part, text))
    assert made == [] and [one.code for one in found] == ["XLS001"]
    assert xlsx.recognise(whole_with(part, text), layout()) is None


def test_formats_have_numbers_of_their_own() -> None:
    made, found = read(
        book(f"{HEADER}<row><c s='0'><v>1</v></c></row>", styles='<cellXfs><xf numFmtId="²"/></cellXfs>')
    )
    assert found == [] and made[0]["number"] == "1"


@pytest.mark.parametrize("packed", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_of_packing_are_told(packed: int) -> None:
    made, found = read(whole_with("", "", packed))
    assert made == [] and "packed in another way" in found[0].message


def whole_with(part: str, text: str | None, packed: int = zipfile.ZIP_STORED) -> bytes:
    """The workbook with another part; None: without it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book(HEADER))) as old, zipfile.ZipFile(out, "w", packed) as new:
        for name in old.namelist():
            held = text if name == part else old.read(name)
            if held is not None:
                new.writestr(name, held)
    return out.getvalue()


def test_damaged_workbooks_never_raise() -> None:
    data, _ = written([row(number=str(n), amount=Decimal(n)) for n in range(50)])
    picked = random.Random(3)
    for _ in range(300):
        broken = bytearray(data)
        for _ in range(picked.randint(1, 6)):
            broken[picked.randrange(len(broken))] = picked.randrange(256)
        cut = broken[: picked.randint(1, len(broken))] if picked.random() < 0.2 else broken
        read(bytes(cut))
        xlsx.sniff(bytes(cut))
        xlsx.recognise(bytes(cut), layout())


def test_parts_before_the_beginning_of_the_file_are_damage(tmp_path: Path) -> None:
    data = bytearray(book(HEADER))
    data[-6:-2] = (len(data) * 2).to_bytes(4, "little")
    (path := tmp_path / "a.xlsx").write_bytes(data)
    found: list[Finding] = []
    with path.open("rb") as stream:
        assert list(xlsx.reader(layout()).read(stream, found.append)) == []
    assert [one.code for one in found] == ["XLS001"]


def row(**given: Any) -> dict[str, Any]:
    return {"number": "1", **dict.fromkeys(("day", "moment", "amount", "rate", "paid", "note")), **given}


TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
ROWS = st.builds(
    row,
    number=TEXTS,
    day=st.none() | st.dates(date(1900, 3, 1), date(9999, 12, 31)),
    moment=st.none()
    | st.datetimes(datetime(1900, 3, 1), datetime(2200, 1, 1)).map(lambda m: m.replace(microsecond=0)),
    amount=st.none() | st.decimals(-9_999_999_999, 9_999_999_999, places=2),
    rate=st.none() | st.decimals(0, 100, places=3),
    paid=st.none() | st.booleans(),
    note=st.none() | TEXTS,
)


@settings(max_examples=60)
@given(st.lists(ROWS, min_size=1, max_size=4))
def test_what_is_written_comes_back(records: list[dict[str, Any]]) -> None:
    data, found = written(records)
    assert found == [] and data == written(records)[0]
    back, found = read(data)
    assert found == []
    assert [{name: one[name] for name in row()} for one in back] == records


def test_many_rows_come_back_too() -> None:
    records = [row(number=str(n), amount=Decimal(n) / 100) for n in range(2_500)]
    data, _ = written(records)
    assert len(data) < 120_000, "more rows are packed"
    assert [one["amount"] for one in read(data)[0]] == [one["amount"] for one in records]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"amount": Decimal("12345678901234.56")}, "XLS020"),
        ({"note": "x" * 32_768}, "XLS022"),
        ({"day": date(1900, 2, 1)}, "XLS023"),
        ({"number": None}, "VAL001"),
        ({"note": "a\ud800"}, "ENC010"),
    ],
)
def test_what_excel_would_change_is_refused(given: dict[str, Any], code: str) -> None:
    assert [one.code for one in written([row(**given)])[1]] == [code]


@pytest.mark.parametrize(
    ("value", "codes"), [(None, ["VAL001"]), (["a"], ["CSV021"]), ({"x": "a"}, []), ({}, [])]
)
def test_what_is_no_structure_is_told(value: Any, codes: list[str]) -> None:
    structure = f"{LAYOUT}  part: {{required: true, fields: {{x: {{column: X}}}}}}\n"
    assert [one.code for one in written([row(part=value)], structure)[1]] == codes


@pytest.mark.parametrize(
    "change",
    [
        ("sheet: Rows", "sheet: 'a/b'"),
        ("column: Day", "column: Number"),
        ("format: xlsx", "format: xlsx\nencoding: utf-8"),
    ],
)
def test_layouts_that_cannot_be(change: tuple[str, str]) -> None:
    node, _ = load(LAYOUT.replace(*change), "a")
    assert node is not None
    assert registry.parse_layout(node)[1]


def test_a_workbook_is_known_by_its_header() -> None:
    data = book(HEADER)
    assert xlsx.recognise(data, layout()) == "The sheet Rows has 7 of the 7 columns of the layout."
    assert xlsx.recognise(book(HEADER.replace(">Rate<", ">Other<")), layout()) is None
    sniffed = xlsx.sniff(data)
    assert sniffed is not None and sniffed.facts["sheets"] == "First, Rows"
    assert xlsx.sniff(b"a;b\n1;2\n") is None


def test_a_big_workbook_is_known_as_well() -> None:
    noise = random.Random(7)
    texts = (f"<row r='{n}'><c r='A{n}'><v>{noise.random()}</v></c></row>" for n in range(2, 9_000))
    data = book(HEADER + "".join(texts))
    sample = registry.sample_of(io.BytesIO(data))
    assert len(data) > 64 * 1024
    assert [one.reason for one in registry.recognise(sample, "a.xlsx", [layout()])] == [
        "The sheet Rows has 7 of the 7 columns of the layout."
    ]
    assert [(said.format, said.columns[0]) for said in registry.sniff(sample)] == [("xlsx", TITLES[0])]


def test_a_workbook_without_a_layout_is_told_with_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(book(HEADER))
    (found,) = looking.inspect(path, None, None).findings.kept
    assert found.code == "INS001" and "xlsx with Number, Day" in found.message


def _row(*cells: str) -> str:
    """A row of cells, each as its attributes and its content."""
    return (
        "<row>"
        + "".join(f"<c {cell.partition('>')[0]}>{cell.partition('>')[2]}</c>" for cell in cells)
        + "</row>"
    )


def _said(text: str) -> str:
    return f't="inlineStr"><is><t>{text}</t></is>'


def test_a_layout_is_drafted_for_a_workbook_and_reads_it(tmp_path: Path) -> None:
    titles = _row(*map(_said, ("Order no", "Day", "Seen", "Amount", "Rate", "Paid", "Note", "Ref")))
    values = (
        's="1"><v>46023</v>',
        's="2"><v>46023.5</v>',
        "><v>12.5</v>",
        's="3"><v>0.255</v>',
        't="b"><v>1</v>',
    )
    first = _row("><v>7</v>", *values, _said("Ärta &amp; böna"), _said("00123"))
    rows = (
        titles + first + _row("><v>8</v>", *values[:2], "><v>3</v>", *values[3:], _said(""), _said("00124"))
    )
    path = tmp_path / "orders 2026.xlsx"
    path.write_bytes(book(rows, styles=STYLES))
    picture = looking.inspect(path, None, None).picture
    assert picture is not None
    assert (picture.rows, picture.header) == (2, True)
    assert [each["kind"] for each in picture.columns] == [
        "integer", "date", "datetime", "decimal", "percent", "boolean", "text", "text"
    ]  # fmt: skip
    records, found = read(path.read_bytes(), picture.draft)
    assert not found
    assert {key: value for key, value in records[0].items() if key[0] != "@"} == {
        "order_no": 7, "day": date(2026, 1, 1), "seen": datetime(2026, 1, 1, 12, 0), "amount": Decimal("12.5"),
        "rate": Decimal("25.5"), "paid": "true", "note": "Ärta & böna", "ref": "00123",
    }  # fmt: skip


def test_a_layout_is_drafted_for_a_sheet_without_names(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(book(_row("><v>1</v>", _said("1,50")) + _row("><v>2</v>", _said("2,25"))))
    picture = looking.inspect(path, None, None).picture
    assert picture is not None
    assert picture.header is False
    records, found = read(path.read_bytes(), picture.draft)
    assert not found
    assert [(each["column_1"], each["column_2"]) for each in records] == [
        (1, Decimal("1.50")),
        (2, Decimal("2.25")),
    ]


def test_of_a_workbook_without_rows_nothing_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(book(""))
    assert looking.inspect(path, None, None).picture is None
