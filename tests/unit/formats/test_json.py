"""Reading JSON and NDJSON: exact values, every fault with its place, constant memory."""

from __future__ import annotations

import io
import json
import random
import tracemalloc
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from json_cases import ENVELOPE, ORDERS, SHORT, WHOLE, codes, layout, read

from exchange.findings import Finding
from exchange.formats.json import reader, stream
from exchange.formats.json.sniff import sniff
from exchange.formats.json.tokens import DEEPEST, walk

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
        ("[{}]", "JSN010", "a list at the top. It says: [{}]"),
        ("12", "JSN010", "a single value"),
        ('{"orders":null}', "JSN011", "nothing (null)"),
        ('{"orders":"x"}', "JSN011", "a single value"),
    ],
)
def test_no_records_where_they_should_be(content: str, code: str, words: str) -> None:
    records, found = read(f"{SHORT}each: orders\nfields: {{a: {{}}}}", content)
    assert records == [] and codes(found) == [code] and words in found[0].message


def test_what_is_no_record_at_all_is_said_at_once_with_what_it_says() -> None:
    refused = '{"code":"cannot_view","message":"no right to see orders"}'
    layout = (
        f'{SHORT}each: ""\nfields: {{a: {{required: true}}, b: {{path: c.d, required: true}}, code: {{}}}}'
    )
    (finding,) = read(layout, refused)[1]
    assert finding.code == "JSN013" and "a, c" in finding.message and "no right to see" in finding.message
    assert codes(read(layout, '{"a":"1"}')[1]) == ["VAL001"]


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
        ('{"a": 1}\n[2]', "JSN003", 2, 1),
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


def test_what_is_nested_without_end_is_looked_at_in_no_time() -> None:
    text = '{"orders": ' + "[" * 100_000
    tokens = list(walk(text))
    assert max(len(token.steps) for token in tokens) <= DEEPEST
    seen = sniff(text.encode())
    assert seen is not None
    assert seen.columns == ("orders",)
