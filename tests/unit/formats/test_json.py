"""JSON and NDJSON: exact values, every fault with its place, constant memory, and back again."""

from __future__ import annotations

import io
import json
import random
import tracemalloc
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.declare.catalogue import Catalogue
from exchange.declare.parse import parse
from exchange.declare.problems import render
from exchange.declare.yaml import load
from exchange.findings import Finding
from exchange.formats import registry
from exchange.formats.json import Layout, reader, recognise, sniff, stream, writer
from exchange.formats.json.explain import Explainer, codecs_of
from exchange.formats.json.tokens import Places

ORDERS = """
layout: acme/orders
format: json
each: orders
record: order
fields:
  number: {required: true, path: order_no, max_length: 8}
  ordered: {type: date, path: dates.ordered}
  paid: {type: date, path: dates.paid}
  total: {type: money, required: true}
  quantity: {type: integer}
  express: {type: boolean}
  tags: {many: true}
  extra: {open: true}
  customer: {fields: {name: {required: true}, country: {check: country}}}
  lines:
    many: true
    path: line_items
    fields: {sku: {}, price: {type: decimal}, taxes: {many: true, fields: {rate: {type: percent}}}}
"""
SHORT = "layout: a/b\nformat: json\nrecord: r\n"
ENVELOPE = """
layout: acme/batch
format: json
records:
  batch:
    fields:
      id: {path: head.id, required: true}
      count: {type: integer, path: tail.count, control: {count: [row]}}
      sum: {type: money, path: tail.sum, control: {sum: [row.amount, -row.parts.fee]}}
  row:
    inside: batch
    each: body.rows
    fields: {amount: {type: money}, parts: {many: true, fields: {fee: {type: money}}}}
"""
WHOLE = {
    "orders": [
        {
            "order_no": 4501,
            "dates": {"ordered": "2026-01-31"},
            "total": "19.90",
            "quantity": 2,
            "express": True,
            "tags": ["a", 7],
            "extra": {"project": "P1", "no": 12},
            "customer": {"name": "Åsa", "country": "FI"},
            "line_items": [
                {"sku": "1", "price": 0.1, "taxes": [{"rate": 25.5}]},
                {"sku": None, "price": "1e2"},
            ],
        },
        {"order_no": "A1", "total": 5, "customer": None},
    ]
}


def layout(text: str) -> Layout:
    node, problems = load(text, "l.yaml")
    assert node is not None and not problems, render(problems)
    made, problems = parse(Layout, node)
    assert made is not None, render(problems)
    return made


def said(text: str) -> str:
    node, problems = load(text, "l.yaml")
    assert node is not None and not problems, render(problems)
    made, problems = parse(Layout, node)
    assert made is None
    return render(problems)


def read(declared: str, content: bytes | str | object) -> tuple[list[dict[str, Any]], list[Finding]]:
    if not isinstance(content, bytes | str):
        content = json.dumps(content, ensure_ascii=False)
    found: list[Finding] = []
    raw = content.encode() if isinstance(content, str) else content
    batches = reader(layout(declared)).read(io.BytesIO(raw), found.append)
    return [record for batch in batches for record in batch], found


def write(declared: str, records: list[dict[str, Any]]) -> tuple[bytes, list[Finding]]:
    found: list[Finding] = []
    out = io.BytesIO()
    writer(layout(declared)).write([records[:1], records[1:]], out, io.BytesIO, found.append)
    return out.getvalue(), found


def codes(found: list[Finding]) -> list[str]:
    return [finding.code for finding in found]


# --- reading -----------------------------------------------------------------------------------------------


def test_records_are_typed_and_exact() -> None:
    (first, second), found = read(ORDERS, WHOLE)
    assert found == []
    assert first == {
        "number": "4501",
        "ordered": date(2026, 1, 31),
        "paid": None,
        "total": Decimal("19.90"),
        "quantity": 2,
        "express": True,
        "tags": ["a", "7"],
        "extra": {"project": "P1", "no": "12"},
        "customer": {"name": "Åsa", "country": "FI"},
        "lines": [
            {"sku": "1", "price": Decimal("0.1"), "taxes": [{"rate": Decimal("25.5")}]},
            {"sku": None, "price": Decimal("100"), "taxes": []},
        ],
        "@kind": "order",
        "@line": 1,
        "@path": "/orders/0",
    }
    assert str(first["total"]) == "19.90" and second["customer"] is None and second["lines"] == []
    assert second["@path"] == "/orders/1"


def test_numbers_are_never_floats() -> None:
    declared = SHORT + "fields: {a: {type: decimal}, b: {type: money}, c: {}, d: {type: integer}}"
    (record,), found = read(
        declared, '{"a": 0.1000000000000000055511151, "b": 1.10E1, "c": 1.50, "d": 12345678901234567890}'
    )
    assert found == []
    assert str(record["a"]) == "0.1000000000000000055511151" and str(record["b"]) == "11.0"
    assert record["c"] == "1.50" and record["d"] == 12345678901234567890


def test_booleans_are_literals_or_declared_words() -> None:
    declared = SHORT + 'lines: true\nfields: {a: {type: boolean, true: [yes, "1"], false: [no, "0"]}}'
    records, found = read(declared, '{"a":true}\n{"a":"no"}\n{"a":1}\n{"a":null}\n{"a":"true"}\n')
    assert [record["a"] for record in records] == [True, False, True, None]
    assert [(f.code, f.line) for f in found] == [("VAL030", 5)]


@pytest.mark.parametrize(
    ("each", "content", "paths"),
    [
        ('""', '[{"a":1},{"a":2}]', ["/0", "/1"]),
        ('""', ' {"a":1}\n', [""]),
        ("x.y", '{"w":[{}],"x":{"z":1,"y":[{"a":1}]}}', ["/x/y/0"]),
        ("x.y", '{"x":{"y":{"a":1}}}', ["/x/y"]),
        ('[orders, order, ""]', '{"orders":[{"a":1}]}', ["/orders/0"]),
        ('[orders, order, ""]', '{"order":{"a":1}}', ["/order"]),
        ('[orders, order, ""]', '{"a":1,"b":[{}]}', [""]),
        ('[orders, order, ""]', '[{"a":1}]', ["/0"]),
        ("a~b", '{"a~b":[{"a":1}]}', ["/a~0b/0"]),
        ('""', "[]", []),
    ],
)
def test_where_the_records_are(each: str, content: str, paths: list[str]) -> None:
    records, found = read(f"{SHORT}each: {each}\nfields: {{a: {{}}}}", content)
    assert found == [] and [record["@path"] for record in records] == paths
    assert all(record["a"] in ("1", "2") for record in records)


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        ('{"order":[{}],"id":1}', "JSN010", "the keys order, id"),
        ("{}", "JSN010", "an empty object"),
        ("[{}]", "JSN010", "a list at the top"),
        ("12", "JSN010", "a single value"),
        ('{"orders":null}', "JSN011", "nothing (null)"),
        ('{"orders":"x"}', "JSN011", "a single value"),
    ],
)
def test_no_records_where_they_should_be(content: str, code: str, words: str) -> None:
    records, found = read(f"{SHORT}each: orders\nfields: {{a: {{}}}}", content)
    assert records == [] and codes(found) == [code] and words in found[0].message


def test_all_faults_of_all_records_with_their_places() -> None:
    text = """{"orders": [
  {"order_no": "123456789", "total": "x",
   "customer": {"country": "XX"},
   "line_items": [{"price": 1}, {"price": [1], "taxes": [7]}]},
  {"order_no": 1, "total": 1},
  [1],
  {"total": true, "dates": "soon", "tags": {}, "express": "yes",
   "extra": {"a": [1]}}
]}"""
    records, found = read(ORDERS, text)
    assert [record["number"] for record in records] == ["1"]
    assert [(f.code, f.line, f.column, f.path, f.field) for f in found] == [
        ("VAL003", 2, 16, "/orders/0/order_no", "number"),
        ("VAL010", 2, 38, "/orders/0/total", "total"),
        ("VAL001", 3, 16, "/orders/0/customer/name", "customer.name"),
        ("VAL007", 3, 28, "/orders/0/customer/country", "customer.country"),
        ("JSN011", 4, 43, "/orders/0/line_items/1/price", "lines.price"),
        ("JSN011", 4, 58, "/orders/0/line_items/1/taxes/0", "lines.taxes"),
        ("JSN011", 6, 3, "/orders/2", "/orders/2"),
        ("VAL001", 7, 3, "/orders/3/order_no", "number"),
        ("JSN011", 7, 28, "/orders/3/dates", "ordered"),
        ("JSN011", 7, 28, "/orders/3/dates", "paid"),
        ("JSN011", 7, 13, "/orders/3/total", "total"),
        ("VAL030", 7, 59, "/orders/3/express", "express"),
        ("JSN011", 7, 44, "/orders/3/tags", "tags"),
        ("JSN011", 8, 19, "/orders/3/extra/a", "extra.a"),
    ]
    assert all(finding.severity == "error" and finding.advice for finding in found)


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ('[{"a": 1},\n {"a": 2},,]', "JSN001", 2, 11),
        ("[{'a': 1}]", "JSN001", 1, 3),
        ('[{"a": 1,}]', "JSN001", 1, 10),
        ('[{"a" 1}]', "JSN001", 1, 7),
        ('[{"a": 1} {"a": 2}]', "JSN001", 1, 11),
        ('[{"a": "x\ny"}]', "JSN001", 1, 10),
        ('[{"a": "\\x"}]', "JSN001", 1, 9),
        ('[{"a": tru}]', "JSN001", 1, 8),
        ('[{"a": 01}]', "JSN001", 1, 9),
        ('[{"a": 1},\n {"a": 2}', "JSN002", 2, 10),
        ('[{"a": 1},\n', "JSN002", 2, 1),
        ('[{"a": "x', "JSN002", 1, 8),
        ('[{"a": tr', "JSN002", 1, 8),
        ('[{"a": -', "JSN002", 1, 8),
        ('[{"a": "\\u12', "JSN002", 1, 10),
        ("", "JSN002", 1, 1),
        ("  \n ", "JSN002", 2, 2),
        ('[{"a": 1}] x', "JSN003", 1, 12),
        ('{"a": 1}\n{"a": 2}', "JSN003", 2, 1),
        ('[{"a": 1, "b": {"c": 1, "c": 2}}]', "JSN005", 1, 25),
        ('[{"a": NaN}]', "JSN006", 1, 8),
        ('[{"a": 1},{"b": [-Infinity]}]', "JSN006", 1, 18),
        ('[{"a": "x\\ud83d"}]', "JSN007", 1, 8),
        ("[" * 100_000 + "]" * 100_000, "JSN008", 1, 2),
    ],
)
def test_what_is_not_json(text: str, code: str, line: int, column: int) -> None:
    _, found = read(f'{SHORT}each: ""\nfields: {{a: {{}}}}', text)
    assert [(f.code, f.line, f.column) for f in found if f.code.startswith("JSN")][:1] == [
        (code, line, column)
    ]


def test_flawed_records_are_left_out_and_the_others_read_on() -> None:
    text = '[{"a":1,"a":2,"b":{"x":1}},{"a":3},{"a":Infinity},{"a":"\\ud83d\\ude00"},{"a":"\\uDE00"}]'
    records, found = read(f'{SHORT}each: ""\nfields: {{a: {{}}}}', text)
    assert [record["a"] for record in records] == ["3", "😀"]
    assert [(f.code, f.path, f.value) for f in found] == [
        ("JSN005", "/0/a", "a"),
        ("JSN006", "/2/a", "Infinity"),
        ("JSN007", "/4/a", "\\ude00"),
    ]


def test_flaws_around_the_records_are_found_once() -> None:
    for each in ("orders", '[orders, ""]'):
        declared = f"{SHORT}each: {each}\nfields: {{a: {{}}}}"
        records, found = read(declared, '{"x":{"y":NaN},"orders":[{"a":1}],"x":2}')
        assert len(records) == 1 and codes(found) == ["JSN006", "JSN005"]
    _, found = read(f'{SHORT}each: [orders, ""]\nfields: {{a: {{}}}}', '{"a":1,"x":{"y":NaN}}')
    assert codes(found) == ["JSN006"]


def test_a_bad_line_of_ndjson_does_not_stop_the_others() -> None:
    text = '{"a":1}\r\n\n{"a":}\n[2]\n{"a":3} x\n  {"a":4}  \n{"a":1,"a":2}\n' + "[" * 100_000 + '\n{"a":5'
    records, found = read(f"{SHORT}lines: true\nfields: {{a: {{}}}}", text)
    assert [(record["a"], record["@line"]) for record in records] == [("1", 1), ("4", 6)]
    assert [(f.code, f.line, f.column) for f in found] == [
        ("JSN004", 3, 6),
        ("JSN011", 4, 1),
        ("JSN004", 5, 8),
        ("JSN005", 7, 8),
        ("JSN008", 8, 1),
        ("JSN004", 9, 7),
    ]


def test_encodings() -> None:
    declared = f'{SHORT}each: ""\nfields: {{a: {{}}}}'
    records, found = read(declared, b'\xef\xbb\xbf[{"a": "\xc3\xa4"}]')
    assert records[0]["a"] == "ä" and found == []
    for encoded in ("utf-16", "utf-16-be"):
        _, found = read(declared, '[{"a": "ä"}]'.encode(encoded))
        assert found and found[0].severity == "error"
    records, found = read(declared + "\nencoding: utf-16", '[{"a": "ä"}]'.encode("utf-16"))
    assert records[0]["a"] == "ä" and found == []
    _, found = read(declared, b'[{"a": "\xe4"}]')
    assert [(f.code, f.line, f.column) for f in found] == [("ENC001", 1, 9)]


def test_an_endless_value_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "LONGEST", 1_000_000)
    _, found = read(f'{SHORT}each: ""\nfields: {{a: {{}}}}', '[{"a": 1},\n{"a": "' + "x" * 3_000_000)
    assert [(f.code, f.line, f.column) for f in found] == [("JSN009", 2, 1)]
    _, found = read(f"{SHORT}lines: true\nfields: {{a: {{}}}}", '{"a": "' + "x" * 40_000_000)
    assert codes(found) == ["JSN009"]


# --- the kind around the records ---------------------------------------------------------------------------


def batch_file(count: int = 2, total: str = "10.50") -> str:
    rows = '[{"amount": 10, "parts": [{"fee": 0.5}, {"fee": null}]},\n {"amount": "1.00"}]'
    tail = f'{{"count": {count}, "sum": {total}}}'
    return f'{{"head": {{"id": "B1"}}, "body": {{"rows": {rows}}}, "tail": {tail}}}'


def test_what_stands_around_the_records_is_known_to_the_first_one() -> None:
    (first, second), found = read(ENVELOPE, batch_file())
    assert found == [] and first["batch"] is second["batch"]
    assert first["batch"] == {
        "id": "B1",
        "count": 2,
        "sum": Decimal("10.50"),
        "@kind": "batch",
        "@line": 1,
        "@path": "",
    }
    assert (first["@path"], second["@line"]) == ("/body/rows/0", 2)


def test_control_totals_are_checked() -> None:
    records, found = read(ENVELOPE, batch_file(count=3, total="10.51"))
    assert len(records) == 2
    assert [(f.code, f.field, f.value, f.path) for f in found] == [
        ("JSN012", "count", "3", "/tail/count"),
        ("JSN012", "sum", "10.51", "/tail/sum"),
    ]


def test_a_bad_envelope_lets_no_record_through_but_all_are_checked() -> None:
    text = batch_file().replace('"B1"', "null").replace('"1.00"', '"x"')
    records, found = read(ENVELOPE, text)
    assert records == [] and [(f.code, f.path) for f in found] == [
        ("VAL001", "/head/id"),
        ("VAL010", "/body/rows/1/amount"),
    ]
    assert codes(read(ENVELOPE, "[]")[1]) == ["JSN010"]
    assert codes(read(ENVELOPE, batch_file()[:-20])[1]) == ["JSN002"]


# --- streaming ---------------------------------------------------------------------------------------------


class Dribble(io.BytesIO):
    """A stream that gives a few bytes at a time."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(random.Random(self.tell()).randint(1, 7))


def test_records_may_be_cut_anywhere_between_blocks() -> None:
    for declared, content in (
        (ORDERS, json.dumps(WHOLE, ensure_ascii=False, indent=1)),
        (ENVELOPE, batch_file()),
    ):
        found: list[Finding] = []
        batches = reader(layout(declared)).read(Dribble(content.encode()), found.append)
        records = [record for batch in batches for record in batch]
        assert found == [] and records == read(declared, content)[0]


class Endless(io.RawIOBase):
    """A list of so many records, made as it is read."""

    def __init__(self, count: int) -> None:
        self.size = 0
        self._count = count
        self._parts = self._made()

    def _made(self) -> Iterator[bytes]:
        yield b'{"rows": ['
        for number in range(self._count):
            yield b'%s{"amount": %d.10, "parts": [{"fee": 1}]}' % (b"," if number else b"", number)
        yield b"]}"

    def seek(self, offset: int, whence: int = 0) -> int:
        self._parts = self._made()
        return 0

    def tell(self) -> int:
        return 0

    def read(self, size: int = -1) -> bytes:
        part = b"".join(part for _, part in zip(range(1_000), self._parts, strict=False))
        self.size += len(part)
        return part


def test_memory_does_not_grow_with_the_number_of_records() -> None:
    declared = SHORT + "each: rows\nfields: {amount: {type: money}, parts: {many: true, fields: {fee: {}}}}"
    peaks = []
    for count in (6_000, 24_000):
        tracemalloc.start()
        read_so_far: list[int] = []
        batches = reader(layout(declared)).read(Endless(count), pytest.fail, read_so_far.append)  # type: ignore[arg-type]
        assert sum(len(batch) for batch in batches) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert read_so_far == sorted(read_so_far) and read_so_far[-1] > count * 30
    assert peaks[1] < peaks[0] * 1.5


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


def test_lines_are_told_from_one_object() -> None:
    lines, whole = (
        layout(f"{SHORT}{form}fields: {{a: {{required: true}}}}") for form in ("lines: true\n", "")
    )
    assert recognise(b'{"a":1}\n{"a":2}\n', lines) and not recognise(b'{"a":1}\n{"a":2}\n', whole)
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


@settings(max_examples=200, deadline=None)
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


@settings(max_examples=300, deadline=None)
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
