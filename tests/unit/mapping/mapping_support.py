"""Mappings from text, against shapes written down here: no layout and no format is needed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from exchange.declare.mapping import Mapping
from exchange.declare.parse import parse
from exchange.declare.problems import DeclarationError, Problem
from exchange.declare.yaml import load
from exchange.findings import Finding
from exchange.mapping.compiler import CompiledMapping, compile_mapping
from exchange.mapping.tables import Tables
from exchange.mapping.tally import Tally
from exchange.model import ArrivalFacts, FieldShape, KindShape, Record, Shape

FACTS = ArrivalFacts("A7", "orders", "ORD_1.csv", "ab" * 32, datetime(2024, 9, 1, 6, 30, tzinfo=UTC))


def fields(text: str) -> dict[str, FieldShape]:
    """`number! total:money` → two fields; ! means required, + repeated."""
    made = {}
    for word in text.split():
        name, _, type_ = word.rstrip("!+").partition(":")
        made[name] = FieldShape(name, type_ or "text", "!" in word, "+" in word)
    return made


LINE = fields("sku name unit price:money quantity:decimal rate:percent delivered:date free:boolean note")
SOURCE = Shape(
    "acme/orders",
    {
        "message": KindShape("message", fields("id! created:datetime")),
        "order": KindShape(
            "order",
            {
                **fields(
                    "order_no! total:money currency ordered:date paid:boolean pieces:integer comment tags+"
                ),
                "customer": FieldShape("customer", "structure", fields=fields("name email number:integer")),
                "lines": FieldShape("lines", "structure", False, True, LINE),
                "dimensions": FieldShape("dimensions", "structure", open=True),
            },
            "message",
        ),
    },
)
TARGET = Shape(
    "common/invoice",
    {
        "batch": KindShape("batch", fields("id! made:date")),
        "part": KindShape("part", fields("currency! day:date"), "batch"),
        "invoice": KindShape(
            "invoice",
            {
                **fields(
                    "number! currency issued:date total:money pieces:integer text paid:boolean tags+ "
                    "share:decimal"
                ),
                "customer": FieldShape("customer", "structure", fields=fields("name! email")),
                "lines": FieldShape(
                    "lines",
                    "structure",
                    False,
                    True,
                    fields("description! net:money rate:percent count:integer"),
                ),
                "dimensions": FieldShape("dimensions", "structure", open=True),
            },
            "part",
        ),
    },
)
HEAD = "mapping: acme/orders-to-invoice\nfrom: acme/orders\nto: common/invoice\n"
ABOVE = "above: {batch: {set: {id: =arrival.id}}, part: {by: [=currency], set: {currency: =currency}}}\n"


def compiled(text: str, tables: Tables | None = None, **site: Any) -> CompiledMapping:
    """The mapping of a text without its first three lines."""
    node, problems = load(HEAD + text, "mappings/m.yaml")
    assert node is not None, problems
    declared, problems = parse(Mapping, node)
    assert declared is not None, problems
    return compile_mapping(declared, SOURCE, TARGET, tables or Tables(), site)


def problems_of(text: str, tables: Tables | None = None, **site: Any) -> list[Problem]:
    """What is wrong with a mapping."""
    with pytest.raises(DeclarationError) as wrong:
        compiled(text, tables, **site)
    return wrong.value.problems


def order(**given: Any) -> Record:
    """A source record with every field; those not given are empty."""
    empty: Record = dict.fromkeys(SOURCE.kinds["order"].fields)
    marks = {"@kind": "order", "@line": 2, "message": {"@kind": "message", "id": "M1", "created": None}}
    return {**empty, "order_no": "1001", "currency": "EUR", "tags": [], "lines": [], **marks, **given}


def line(**given: Any) -> Record:
    """A line of an order with every field."""
    return {**dict.fromkeys(LINE), **given}


Ran = tuple[list[Record], list[Finding], Tally]


def run(mapping: CompiledMapping, *records: Record, batch: int = 2_000) -> Ran:
    """Results, findings and counts of some records."""
    found: list[Finding] = []
    tally = Tally()
    batches = [list(records[at : at + batch]) for at in range(0, len(records), batch)]
    results = [result for made in mapping.run(batches, FACTS, found.append, tally) for result in made]
    return results, found, tally


def value_of(expression: str, target: str = "text", record: Record | None = None, **site: Any) -> Any:
    """The value of one expression over one record, through the generated code."""
    quoted = expression.replace("'", "''")
    mapping = compiled(f"{ABOVE}set: {{number: x, {target}: '={quoted}'}}\n", **site)
    results, found, _ = run(mapping, record or order())
    assert not found, found
    return results[0][target]
