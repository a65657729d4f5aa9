"""Formats are found by walking the folder; layouts by their format; files by their content."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import exchange.formats
from exchange.declare.layout import LayoutBase
from exchange.declare.problems import Problem
from exchange.declare.yaml import load
from exchange.errors import UnknownNameError
from exchange.formats import registry

ORDERS = """
layout: acme/orders
format: csv
record: order_line
recognise: {name: "ORD_*.csv"}
fields: {number: {column: Nro}, price: {column: Hinta, type: money, scale: 2, decimal: ","}}
"""


def parsed(text: str) -> tuple[LayoutBase | None, list[Problem]]:
    node, problems = load(text, "schemas/acme/orders.yaml")
    assert node is not None and not problems
    return registry.parse_layout(node)


def layout(text: str) -> LayoutBase:
    made, problems = parsed(text)
    assert made is not None, problems
    return made


@pytest.fixture
def one_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A format that somebody adds: one new file."""
    (tmp_path / "morse.py").write_text("class Layout: pass\ndef reader(layout): raise NotImplementedError\n")
    (tmp_path / "shared.py").write_text("NOT_A_FORMAT = True\n")
    monkeypatch.setattr(exchange.formats, "__path__", [*exchange.formats.__path__, str(tmp_path)])
    for cached in (registry.names, registry._module):
        cached.cache_clear()
    yield
    sys.modules.pop("exchange.formats.morse", None)
    sys.modules.pop("exchange.formats.shared", None)
    for cached in (registry.names, registry._module):
        cached.cache_clear()


def test_every_format_has_the_contract() -> None:
    assert {"csv", "document"} <= set(registry.names())
    assert not {"contract", "values", "encoding", "registry", "group", "_fast"} & set(registry.names())
    for name in registry.names():
        format_ = registry.get(name)
        assert issubclass(format_.Layout, LayoutBase)
        for function in ("reader", "writer", "recognise", "sniff"):
            assert callable(getattr(format_, function)), (name, function)


def test_one_more_format_edits_nothing(one_more: None) -> None:
    assert "morse" in registry.names() and "shared" not in registry.names()
    assert registry.get("morse").Layout.__name__ == "Layout"


@pytest.mark.parametrize("name", ["cvs", "values", "../csv", "", "_fast", "csv.reader"])
def test_unknown_formats_are_errors(name: str) -> None:
    with pytest.raises(UnknownNameError, match="is not a format"):
        registry.get(name)


def test_one_format_is_imported_at_a_time() -> None:
    code = (
        "import sys; from exchange.formats import registry; registry.get('csv'); print('lxml' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


def test_a_layout_is_parsed_by_its_format() -> None:
    made = layout(ORDERS)
    shape = made.shape()
    assert shape.streamed() == ("order_line",)
    assert shape.kinds["order_line"].fields["price"].type == "money"


def test_all_problems_of_a_layout_have_places() -> None:
    wrong = ORDERS.replace("csv", "cvs", 1)
    made, (problem,) = parsed(wrong)
    assert made is None and problem.line == 3 and "csv" in problem.advice
    made, (problem,) = parsed("layout: acme/orders\nfields: {}\n")
    assert made is None and "format" in problem.message
    three = """
layout: acme/orders
format: csv
record: order_line
encodng: utf-8
fields:
  a: {check: ibann}
  b: {type: date, pattern: "%d.%q"}
"""
    made, problems = parsed(three)
    assert made is None
    assert [problem.line for problem in problems] == [5, 7, 8]
    assert "encoding" in problems[0].advice
    assert "iban" in problems[1].message and "%q" in problems[2].message


def test_values_from_yaml_keep_their_text() -> None:
    made = layout(
        "layout: a/b\nformat: csv\nrecord: row\nencoding: windows-1252\n"
        'dialect: {delimiter: ";", decimal: ",", thousands: " ", skip: 2, "guard formulas": true}\n'
        "fields:\n  a: {constant: 0012}\n  b: {type: boolean, true: NO, false: [N, 0]}\n"
        "  c: {type: money, minimum: 0.50, column: 7}\n  d: {column: 7x}\n"
    )
    fields = made.kinds()["row"].own_fields()
    assert fields["a"].constant == "0012"
    declared = {name: field.model_dump() for name, field in fields.items()}
    assert (declared["b"]["true"], declared["b"]["false"]) == ("NO", ["N", "0"])
    assert (str(declared["c"]["minimum"]), declared["c"]["column"], declared["d"]["column"]) == (
        "0.50",
        7,
        "7x",
    )
    registry.get("csv").reader(made)


def test_recognising_gives_one_or_a_listed_ambiguity() -> None:
    orders = layout(ORDERS)
    invoices = layout(ORDERS.replace("acme/orders", "acme/invoices").replace("ORD_", "INV_"))
    other = layout(ORDERS.replace("acme/orders", "acme/other").replace("Hinta", "Pris"))
    known = [orders, invoices, other]
    sample = b"Nro;Hinta\n1;2,00\n"
    by_name = registry.recognise(sample, "ORD_1.csv", known)
    assert [found.layout for found in by_name] == [orders]
    assert "ORD_1.csv" in by_name[0].reason and "2 columns" in by_name[0].reason
    assert [found.layout for found in registry.recognise(sample, "x.csv", known)] == [orders, invoices]
    assert registry.recognise(b"Nro;Price\n", "ORD_1.csv", known) == []


def test_how_a_text_starts_can_be_declared() -> None:
    made = layout(ORDERS.replace('{name: "ORD_*.csv"}', '{starts: "Nro;Hin"}'))
    assert registry.recognise(b"\xef\xbb\xbfNro;Hinta\n", "x", [made])
    assert registry.recognise(b"Hinta;Nro\n", "x", [made]) == []


def test_sniffing_asks_every_format() -> None:
    assert "csv" in [said.format for said in registry.sniff(b"Nro;Hinta\n1;2,00\n")]
    assert registry.sniff(b"") == []


@pytest.mark.parametrize(
    "text",
    [
        "Order;Amount;Name\n",
        "1001,12.50,2026-11-03\n",
        "1001\t12,50\tMaja",
        "Order;Amount;Name\n1;2;x\n3;4\n5;6;y\n7;8;z\n",
    ],
)
def test_one_line_and_rows_that_are_not_all_alike_are_csv(text: str) -> None:
    assert [said.format for said in registry.sniff(text.encode())] == ["csv"]


@pytest.mark.parametrize(
    "text",
    [
        "Dear Maja, thank you, see you soon\n",
        "Name;Amount\n",
        "One,two,three\nfour\nfive\nsix\n",
        "One line of text that is longer than any value would be, and then,a,b\n",
    ],
)
def test_sentences_and_lines_of_which_few_are_alike_are_no_csv(text: str) -> None:
    assert registry.sniff(text.encode()) == []
