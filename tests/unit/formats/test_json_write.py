"""Writing JSON, its layouts, recognising it; what was read can be written and read again."""

from __future__ import annotations

import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from json_cases import ENVELOPE, ORDERS, SHORT, WHOLE, codes, layout, read, said, write

from exchange.declare.catalogue import Catalogue
from exchange.declare.parse import parse
from exchange.declare.problems import render
from exchange.findings import Finding
from exchange.formats import registry
from exchange.formats.json import Layout, reader, recognise, sniff, writer
from exchange.formats.json.explain import Explainer, codecs_of
from exchange.formats.json.tokens import Places

# --- writing -----------------------------------------------------------------------------------------------


def test_writing_is_exact_ordered_and_leaves_out_what_is_empty() -> None:
    declared = SHORT + (
        "each: data.rows\nfields: {a: {type: money, scale: 2}, b: {type: money, as: text}, "
        "c: {path: x.c, as: number}, "
        "d: {path: x.d}, e: {type: boolean}, f: {type: boolean, as: text}, g: {many: true}, h: {type: date}, "
        "i: {constant: K}, j: {type: decimal, decimal: ','}, k: {fields: {l: {}}}, m: {open: true}}"
    )
    full = {
        "a": Decimal("1.5"),
        "b": Decimal("-2.00"),
        "c": "45",
        "d": 'q"\\\n ä',
        "e": False,
        "f": True,
        "g": ["x", None],
        "h": date(2026, 1, 31),
        "j": Decimal("0.5"),
        "k": {"l": "L"},
        "m": {"p": "1", "q": None},
    }
    content, found = write(declared, [full, {"a": Decimal(3)}])
    assert found == []
    assert content.decode() == (
        '{"data":{"rows":[\n'
        '{"a":1.50,"b":"-2.00","x":{"c":45,"d":"q\\"\\\\\\n ä"},"e":false,"f":"true",'
        '"g":["x",null],"h":"2026-01-31",'
        '"i":"K","j":"0,5","k":{"l":"L"},"m":{"p":"1"}},\n'
        '{"a":3.00,"i":"K"}\n'
        "]}}\n"
    )


@pytest.mark.parametrize(
    ("value", "code", "field"),
    [
        ({"a": Decimal("1.505")}, "VAL012", "a"),
        ({"a": 1.5}, "VAL040", "a"),
        ({"a": Decimal(1), "n": "x1"}, "JSN022", "n"),
        ({"a": Decimal(1), "n": "007"}, "JSN022", "n"),
        ({}, "VAL001", "a"),
        ({"a": Decimal(1), "s": "x"}, "JSN021", "s"),
        ({"a": Decimal(1), "l": {}}, "JSN021", "l"),
        ({"a": Decimal(1), "o": {"p": 1}}, "JSN021", "o.p"),
        ({"a": Decimal(1), "t": "x\ud800"}, "ENC010", "t"),
        ({"a": Decimal(1), "o": {"p": "\ud800"}}, "ENC010", "o.p"),
    ],
)
def test_what_may_not_be_written(value: dict[str, Any], code: str, field: str) -> None:
    declared = SHORT + (
        "fields: {a: {type: money, scale: 2, required: true}, n: {as: number}, s: {fields: {x: {}}}, "
        "l: {many: true}, o: {open: true}, t: {}}"
    )
    _, found = write(declared, [{"a": Decimal(1)}, {**value, "@line": 7, "@path": "/3"}])
    assert [(f.code, f.field, f.line, f.path) for f in found] == [(code, field, 7, "/3")]


def test_what_stands_around_is_written_first_with_its_totals() -> None:
    batch = {"id": "B1", "count": None, "sum": None}
    rows = [{"batch": batch, "amount": Decimal("10"), "parts": [{"fee": Decimal("0.5")}]} for _ in range(3)]
    content, found = write(ENVELOPE, rows)
    assert found == []
    assert content.decode() == (
        '{"head":{"id":"B1"},"tail":{"count":3,"sum":28.5},"body":{"rows":[\n'
        + ",\n".join(['{"amount":10,"parts":[{"fee":0.5}]}'] * 3)
        + "\n]}}\n"
    )
    records, found = read(ENVELOPE, content)
    assert found == [] and len(records) == 3 and records[0]["batch"]["sum"] == Decimal("28.5")


def test_a_file_has_one_envelope() -> None:
    declared = ENVELOPE.replace(", control: {count: [row]}", "").replace(
        ", control: {sum: [row.amount, -row.parts.fee]}", ""
    )
    _, found = write(declared, [{"batch": {"id": "1"}}, {"batch": {"id": "2"}}])
    assert codes(found) == ["JSN020"]
    content, found = write(declared, [])
    assert codes(found) == ["VAL001"] and json.loads(content) == {"body": {"rows": []}}


def test_ndjson_is_one_object_per_line() -> None:
    declared = f"{SHORT}lines: true\nfields: {{a: {{}}}}"
    assert write(declared, [{"a": "1"}, {"a": "\n"}, {}]) == (b'{"a":"1"}\n{"a":"\\n"}\n{}\n', [])
    assert write(declared, []) == (b"", [])
    assert write(f"{SHORT}fields: {{a: {{}}}}", []) == (b"[\n]\n", [])
    content, _ = write(f"{SHORT}encoding: utf-16\nfields: {{a: {{}}}}", [{"a": "ä"}, {"a": "b"}])
    assert json.loads(content.decode("utf-16-le")) == [{"a": "ä"}, {"a": "b"}]


# --- layouts, recognising ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("fields: {a: {path: x..y}}", "is not a path"),
        ("fields: {a: {path: x}, b: {path: x.y}}", "stand at the same place"),
        ("fields: {x: {}, b: {path: x}}", "stand at the same place"),
        ("fields: {s: {fields: {a: {}, b: {path: a}}}}", "stand at the same place"),
        ("fields: {a: {type: date, as: number}}", "a date cannot be written as a number"),
        ("fields: {a: {open: true, fields: {b: {}}}}", "neither `open` nor `as`"),
        ("fields: {a: {control: {count: [r]}}}", "`control` is for the kind around the records"),
        ("lines: true\neach: x\nfields: {a: {}}", "each line is a record"),
        ("each: x..y\nfields: {a: {}}", "is not a path"),
        ("records: {k: {}}", "cannot stand together"),
        ("", "needs `record` and `fields`"),
        ("fields: {a: {typ: date}}", 'Did you mean "type"?'),
        ("encoding: utf8x\nfields: {a: {}}", "no known encoding"),
    ],
)
def test_layouts_that_cannot_be(text: str, words: str) -> None:
    assert words in said(SHORT + text + "\n")


@pytest.mark.parametrize(
    ("was", "wanted", "words"),
    [
        ("inside: batch", "inside: bach", 'inside "bach", which is not declared'),
        ("    inside: batch\n", "", "at most one kind around it"),
        ("each: body.rows", 'each: ""', "the file itself"),
        ("each: body.rows", "each: tail", "holds the records and cannot be a field"),
        ("row.amount,", "row.amout,", '"row.amout", which is no declared number'),
        ("count: [row]", "count: [rows]", '"rows", which is not the kind'),
        ("count: [row]", "count: [row], within: row", "not around the records"),
    ],
)
def test_envelopes_that_cannot_be(was: str, wanted: str, words: str) -> None:
    assert words in said(ENVELOPE.replace(was, wanted))


def test_files_are_recognised_by_the_keys_of_their_first_record() -> None:
    declared = layout(ORDERS)
    whole = json.dumps(WHOLE).encode()
    reason = recognise(whole, declared)
    assert reason == "It is JSON, and the first record under orders has the keys order_no, total."
    assert recognise(whole[:150], declared) == reason and recognise(whole[:40], declared) is None
    assert recognise(b'{"orders": [{"order_no": 1}]}', declared) is None
    assert recognise(b"order_no;total\n1;2\n", declared) is None and recognise(b"", declared) is None
    keyed = layout(f'{SHORT}each: [rows, ""]\nrecognise: {{keys: [a, b]}}\nfields: {{c: {{required: true}}}}')
    assert recognise(b'{"a": 1, "b": {"c": 2}}', keyed) and recognise(b'[{"b": 1, "a": 2}, {"c": 1}]', keyed)
    assert recognise(b'{"x": {"a": 1, "b": 2}}', keyed) is None


def test_records_that_stand_alone_are_told_from_those_inside_another() -> None:
    """An order holds a customer; a file of customers holds nothing else."""
    form = f'{SHORT}each: [customers, customer, ""]\nfields: {{mail: {{required: true}}}}\nrecognise: '
    alone, any_of = layout(form + "{keys: [mail], alone: true}"), layout(form + "{keys: [mail]}")
    order = b'{"total": 1, "customer": {"mail": "a"}}'
    assert recognise(order, any_of) and recognise(order, alone) is None
    for content in (b'{"customer": {"mail": "a"}}', b'{"customers": [{"mail": "a"}]}', b'{"mail": "a"}'):
        assert recognise(content, alone)


def test_a_file_without_records_is_known_by_the_name_of_its_list() -> None:
    orders = layout(f'{SHORT}each: [orders, order, ""]\nfields: {{no: {{required: true}}}}')
    nested = layout(f"{SHORT}each: data.orders\nfields: {{no: {{required: true}}}}")
    assert recognise(b'{"orders": [ ]}\n', orders) == "It is JSON, and its list orders is empty."
    assert recognise(b'{"data": {"orders": []}}', nested) and not recognise(b'{"orders": []}', nested)
    for content in (b'{"order": []}', b'{"orders": {}}', b'{"orders": [', b"[]", b'{"a": 1, "orders": []}'):
        assert recognise(content, orders) is None, content


def test_lines_are_told_from_one_object() -> None:
    lines, whole = (
        layout(f"{SHORT}{form}fields: {{a: {{required: true}}}}") for form in ("lines: true\n", "")
    )
    assert recognise(b'{"a":1}\n{"a":2}\n', lines)
    assert recognise(b'{"a":1}\n{"a":2}\n', whole), "a layout whose file may be the record reads lines, too"
    assert recognise(b'{\n"a":1}', whole) and not recognise(b'{\n"a":1}', lines)
    assert recognise(b'[{"a":1}]', whole) and not recognise(b'[{"a":1}]', lines)


@pytest.mark.parametrize(
    ("sample", "form", "columns"),
    [
        (b'[{"a": 1, "b": {"c": 1}}, {"d": 1}]', "a list", ("a", "b")),
        (b'\xef\xbb\xbf{"a": [1', "one object", ("a",)),
        (b'{"a": 1}\n{"a": 2}\n', "one object per line", ("a",)),
        ('{"ä": 1,\n"b": 2}'.encode("utf-16"), "one object", ("ä", "b")),
    ],
)
def test_what_json_says_of_itself(sample: bytes, form: str, columns: tuple[str, ...]) -> None:
    sniffed = sniff(sample)
    assert sniffed is not None and (sniffed.facts["form"], sniffed.columns) == (form, columns)


@pytest.mark.parametrize(
    "sample", [b"", b"<a/>", b"{1:F01NDEAFIHHAXXX}", b"[section]\na=1", b"a;b\n1;2", b"\x00\x01{"]
)
def test_what_is_no_json(sample: bytes) -> None:
    assert sniff(sample) is None


def test_the_format_is_found_by_walking() -> None:
    assert "json" in registry.names()
    assert registry.get("json").Layout is Layout
    assert "def row(" in reader(layout(ORDERS)).source and "def text(" in writer(layout(ORDERS)).source


# --- properties --------------------------------------------------------------------------------------------

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from("ab~/ ä") | st.text(), inner, max_size=4)
    ),
    max_leaves=12,
)
KNOWN = st.fixed_dictionaries(
    {},
    optional={
        "order_no": st.none() | st.integers() | st.text(max_size=9) | ANY_JSON,
        "total": st.decimals(allow_nan=False, allow_infinity=False, places=2).map(str)
        | st.integers()
        | ANY_JSON,
        "dates": st.fixed_dictionaries({"ordered": st.dates().map(str)}) | ANY_JSON,
        "quantity": st.integers() | ANY_JSON,
        "express": st.booleans() | ANY_JSON,
        "tags": st.lists(st.text(max_size=3) | st.none()) | ANY_JSON,
        "extra": st.dictionaries(st.text(), st.text() | st.integers()) | ANY_JSON,
        "customer": st.fixed_dictionaries({"name": st.text(max_size=3)}) | ANY_JSON,
        "line_items": st.lists(st.fixed_dictionaries({"price": st.integers() | ANY_JSON}), max_size=3)
        | ANY_JSON,
    },
)
ORDERS_LAYOUT = layout(ORDERS)
ORDERS_READER, ORDERS_WRITER = reader(ORDERS_LAYOUT), writer(ORDERS_LAYOUT)
ENVELOPE_READER = reader(layout(ENVELOPE))
LINES_READER = reader(layout(ORDERS.replace("each: orders", "lines: true")))


@settings(max_examples=200)
@given(st.lists(KNOWN, max_size=3))
def test_fast_and_slow_agree_and_what_was_read_can_be_written_and_read_again(objects: list[Any]) -> None:
    found: list[Finding] = []
    raw = json.dumps({"orders": objects}).encode()
    records = [record for batch in ORDERS_READER.read(io.BytesIO(raw), found.append) for record in batch]
    bad = {str(finding.path).split("/")[2] for finding in found}
    assert len(records) == len(objects) - len(bad)
    slow = codecs_of(ORDERS_LAYOUT.fields or {}, ORDERS_LAYOUT.dialect)
    for record in records:
        text = json.dumps(objects[int(record["@path"].split("/")[2])])
        value = json.loads(text, parse_float=str, parse_int=str)
        explainer = Explainer(slow, Places(text, 1, 1))
        fields = explainer.structure(ORDERS_LAYOUT.fields or {}, value, (), "")
        assert not explainer.findings
        assert repr(fields) == repr({name: record[name] for name in fields})
    out, faults = io.BytesIO(), []
    ORDERS_WRITER.write([records], out, io.BytesIO, faults.append)
    out.seek(0)
    again = [record for batch in ORDERS_READER.read(out, pytest.fail) for record in batch]
    assert not faults and [_shown(record) for record in again] == [_shown(record) for record in records]


def _shown(record: dict[str, Any]) -> str:
    """A record without its place; what is empty is left out when it is written."""
    return repr(
        {name: _full(value) for name, value in record.items() if not name.startswith("@") and _full(value)}
    )


def _full(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: inner for name, inner in value.items() if inner is not None} or None
    return value if value != [] else None


@settings(max_examples=300)
@given(st.binary(max_size=60) | ANY_JSON.map(lambda value: json.dumps(value).encode()), st.data())
def test_reading_never_raises(raw: bytes, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(raw)))
    whole = b'{"orders":[' + raw + b"]}"
    for content in (
        raw,
        raw[:cut],
        whole,
        whole[:cut],
        raw[:cut] + b"\n" + raw[cut:],
        raw.replace(b'"', b"", 1),
    ):
        for one in (ORDERS_READER, ENVELOPE_READER, LINES_READER):
            found: list[Finding] = []
            for batch in one.read(io.BytesIO(content), found.append):
                assert all(record["@line"] >= 1 for record in batch)
        sniff(content)
        recognise(content, ORDERS_LAYOUT)


# --- files of real shops -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "pattern", "least"),
    [("woocommerce/orders", "accounting/woocommerce/_orders_*.json", 3)],
)
def test_real_files_are_recognised_and_read(corpus: Path, name: str, pattern: str, least: int) -> None:
    node, problems = Catalogue.of().load("layout", name)
    assert node is not None and not problems
    declared, problems = parse(Layout, node)
    assert declared is not None, render(problems)
    records = []
    for path in sorted(corpus.glob(pattern)):
        assert recognise(path.read_bytes()[:65536], declared)
        with path.open("rb") as content:
            records += [record for batch in reader(declared).read(content, pytest.fail) for record in batch]
    assert len(records) >= least
    assert all(type(record["total"]) is Decimal for record in records)


def test_every_real_json_file_is_seen_as_json(corpus: Path) -> None:
    paths = sorted(corpus.glob("accounting/*/*.json"))
    assert len(paths) > 30
    for path in paths:
        assert sniff(path.read_bytes()[:65536]) is not None, path
