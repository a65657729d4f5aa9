"""Columns that files may lack, that have several names, and files whose delimiter their header tells."""

from __future__ import annotations

import io
from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.declare.yaml import load
from exchange.formats import registry
from exchange.outcome import Gathered

DECLARED = """
layout: test/shop
format: csv
dialect: {{delimiter: ",", other delimiters: [";", tab]{more}}}
record: line
fields:
  number: {{column: Name, required: true}}
  total: {{column: [Total, Total amount], type: money}}
  cancelled: {{column: [Cancelled at, Canceled at], optional: true}}
  buyer: {{fields: {{name: {{column: Buyer, optional: true}}, town: {{column: Town, optional: true}}}}}}
"""


def layout(more: str = "", text: str = DECLARED) -> Any:
    node, problems = load(text.format(more=more), "schemas/test/shop.yaml")
    assert node is not None and not problems
    found, problems = registry.parse_layout(node)
    assert found is not None, problems
    return found


def read(content: str, more: str = "") -> tuple[list[dict[str, Any]], list[str]]:
    found = Gathered()
    reader = registry.get("csv").reader(layout(more))
    records = [row for batch in reader.read(io.BytesIO(content.encode()), found) for row in batch]
    plain = [{name: value for name, value in row.items() if not name.startswith("@")} for row in records]
    return plain, [finding.code for finding in found.kept]


WHOLE = {"number": "1", "total": D("2.50"), "cancelled": "yes", "buyer": {"name": "A", "town": "B"}}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_header_tells_the_delimiter(delimiter: str) -> None:
    rows = ["Name,Total,Cancelled at,Buyer,Town", "1,2.50,yes,A,B"]
    text = "\n".join(row.replace(",", delimiter) for row in rows)
    assert read(text) == ([WHOLE], [])
    assert registry.recognise(text.encode(), "x.csv", [layout()])


def test_blank_lines_before_the_header_do_not_count() -> None:
    assert read("\n\nName;Total;Cancelled at;Buyer;Town\n1;2.50;yes;A;B\n") == ([WHOLE], [])


@pytest.mark.parametrize(
    "header", ["Town,Total amount,Canceled at,Name,Buyer", "TOWN,total Amount,canceled  at,name,buyer"]
)
def test_names_and_order_may_differ(header: str) -> None:
    assert read(f"{header}\nB,2.50,yes,1,A\n") == ([WHOLE], [])


def test_a_column_that_is_not_there_is_empty() -> None:
    empty = {"number": "1", "total": D("2.50"), "cancelled": None, "buyer": None}
    assert read("Name,Total\n1,2.50\n") == ([empty], [])
    assert read("Name,Total,Town\n1,2.50,B\n")[0] == [empty | {"buyer": {"name": None, "town": "B"}}]


def test_the_slow_side_knows_absent_columns_as_well() -> None:
    rows, codes = read("Name,Total,Town\n1,wrong,\n2,1.00,B\n")
    assert [row["number"] for row in rows] == ["2"] and len(codes) == 1


def test_a_column_that_must_be_there() -> None:
    assert read("Name,Cancelled at\n1,x\n") == ([], ["CSV002"])
    assert not registry.recognise(b"Name,Cancelled at\n1,x\n", "x.csv", [layout()])


@pytest.mark.parametrize("optional", ["", ", optional: true"])
@pytest.mark.parametrize("header", ["Sum,X", "SUM,X", "s u m,X"])
def test_a_column_is_of_one_field_alone(header: str, optional: str) -> None:
    """Where capitals do not count, one column could be taken for two, and one of the values for empty."""
    alike = f"""
layout: test/alike
format: csv
dialect: {{{{delimiter: ","{{more}}}}}}
record: line
fields: {{{{a: {{{{column: Sum, type: money}}}}, b: {{{{column: SUM, type: money{optional}}}}}}}}}
"""
    reader, found = registry.get("csv").reader(layout(text=alike)), Gathered()
    assert list(reader.read(io.BytesIO(f"{header}\n1.00,2.00\n".encode()), found)) == []
    assert [each.code for each in found.kept] == ["CSV002", "CSV003"]
    (rows,) = reader.read(io.BytesIO(b"SUM,Sum\n1.00,2.00\n"), Gathered())
    assert (rows[0]["a"], rows[0]["b"]) == (D("2.00"), D("1.00"))


def test_columns_nobody_declared() -> None:
    text = "Name,Total,Colour\n1,2.50,red\n"
    assert read(text)[1] == ["CSV003"]
    assert read(text, ", other columns: ignored")[1] == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (DECLARED.replace("column: Name,", "column: Name, optional: true,"), "cannot be required"),
        (DECLARED.replace("[Total, Total amount]", "[Total, Name]"), "declared twice"),
        (DECLARED.replace('";"', '";;"'), "cannot separate columns"),
        (DECLARED.replace("{more}", ", header: false"), "no header"),
    ],
)
def test_layouts_that_contradict_themselves(text: str, problem: str) -> None:
    node, _ = load(text.format(more=""), "schemas/test/shop.yaml")
    assert node is not None
    found, problems = registry.parse_layout(node)
    assert found is None and any(problem in str(each.message) for each in problems)


ENDED = """layout: test/ended
format: csv
meaning: rows that some programs end with a delimiter
source: test
confidence: official
dialect: {delimiter: ";", header: false}
record: row
fields: {no: {column: 1, required: true}, sum: {column: 2, type: money}, end: {column: 3%s}}
"""


def _ended(text: str, declared: str = ENDED % ", optional: true") -> tuple[list[object], list[str]]:
    node, _ = load(declared, "schemas/test/ended.yaml")
    assert node is not None
    found, problems = registry.parse_layout(node)
    assert found is not None and not problems
    told = Gathered()
    batches = registry.get("csv").reader(found).read(io.BytesIO(text.encode()), told)
    rows = [(row["no"], row["sum"], row["end"]) for batch in batches for row in batch]
    return list(rows), [each.code for each in told.kept]


def test_without_a_header_the_first_row_tells_which_of_the_last_columns_a_file_has() -> None:
    assert _ended("a;1.00;\nb;2.00;x\n")[0] == [("a", D("1.00"), None), ("b", D("2.00"), "x")]
    assert _ended("a;1.00\nb;2.00\n") == ([("a", D("1.00"), None), ("b", D("2.00"), None)], [])
    assert _ended("a;1.00\nb;2.00;x\n")[1] == ["CSV006"] and _ended("a;1.00;\nb;2.00\n")[1] == ["CSV005"]
    assert _ended("a\n")[1] == ["CSV005"] and _ended("a;1.00\n", ENDED % "")[1] == ["CSV005"]


def test_without_a_header_only_the_last_columns_can_be_missing() -> None:
    node, _ = load(ENDED.replace("type: money", "optional: true") % "", "schemas/test/ended.yaml")
    assert node is not None
    found, problems = registry.parse_layout(node)
    assert found is None and any("but for the last ones" in str(each.message) for each in problems)


def test_all_columns_are_written_under_their_first_name() -> None:
    out = io.BytesIO()
    record = {"number": "1", "total": D("2.50"), "cancelled": None, "buyer": None}
    registry.get("csv").writer(layout()).write([[record]], out, io.BytesIO, Gathered())
    assert out.getvalue() == b"Name,Total,Cancelled at,Buyer,Town\r\n1,2.50,,,\r\n"


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), max_size=6)


@given(
    st.permutations(["Name", "Total", "Canceled at", "Town"]),
    st.sampled_from(",;\t"),
    st.lists(CELLS, max_size=12),
)
def test_reading_never_raises(header: list[str], delimiter: str, cells: list[str]) -> None:
    read("\n".join([delimiter.join(header), delimiter.join(cells)]))


def test_lines_of_another_kind_before_the_header() -> None:
    text = 'Report of\n"a;shop"\n\nName;Total\n1;2.50\n2;wrong\n'
    rows, codes = read(text, ', begin: "Name"')
    assert [row["number"] for row in rows] == ["1"] and len(codes) == 1
    assert registry.recognise(text.encode(), "x.csv", [layout(', begin: "Name"')])
    assert not registry.recognise(text.encode(), "x.csv", [layout()])


BEFORE = """
layout: test/payout
format: csv
dialect: {delimiter: ";", begin: "Name;"}
record: line
fields:
  day: {column: [Day, Date], type: date, before: true}
  paid: {column: Paid, type: money, before: true}
  number: {column: Name, required: true}
"""


@pytest.mark.parametrize(
    ("above", "rows", "codes"),
    [
        ("Paid;Other;Date\n2.50;x;2026-11-20\n\n", [(D("2.50"), "2026-11-20", "1")], []),
        ("Paid\n2.50\n", [(D("2.50"), None, "1")], []),
        ("", [(None, None, "1")], []),
        ("Report\n", [(None, None, "1")], []),
        ("Paid;Day\n2.50;20.11.2026\n", [], ["VAL020"]),
        ("Paid;Day\n2.50\n", [], ["CSV025"]),
        ("Paid\n2.50\n3.00\n", [], ["CSV024"]),
    ],
)
def test_what_stands_before_the_header_holds_for_all_rows(
    above: str, rows: list[tuple[object, ...]], codes: list[str]
) -> None:
    found = Gathered()
    read_rows = registry.get("csv").reader(layout(text=BEFORE.replace("{", "{{").replace("}", "}}")))
    text = f"{above}Name;Total\n1;2\n"
    records = [each for batch in read_rows.read(io.BytesIO(text.encode()), found) for each in batch]
    shown = [(each["paid"], str(each["day"]) if each["day"] else None, each["number"]) for each in records]
    assert shown == rows and [finding.code for finding in found.kept if finding.severity == "error"] == codes


def test_the_values_decide_between_layouts_whose_headers_are_alike() -> None:
    dated = DECLARED.replace("type: money", "type: date, pattern: {pattern}")
    early, late = (
        layout(text=dated.replace("{pattern}", f'"{day}"').replace("test/shop", f"test/{name}"))
        for name, day in (("early", "%d/%m/%Y"), ("late", "%m/%d/%Y"))
    )
    for value, names in (("11/23/2026", ["test/late"]), ("11/03/2026", ["test/early", "test/late"])):
        known = registry.recognise(f"Name,Total\n1,{value}\n".encode(), "x.csv", [early, late])
        assert [each.layout.layout for each in known] == names


def test_json_is_no_row_of_columns() -> None:
    assert registry.get("csv").sniff(b'{"orders":[{"id":1},{"id":2},{"id":3}]}') is None
