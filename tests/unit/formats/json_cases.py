"""Layouts and short ways that the tests of JSON share."""

from __future__ import annotations

import io
import json
from typing import Any

from exchange.declare.parse import parse
from exchange.declare.problems import render
from exchange.declare.yaml import load
from exchange.findings import Finding
from exchange.formats.json import Layout, reader, writer

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
