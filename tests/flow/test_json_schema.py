"""A JSON Schema that a layout names: what it refuses holds the file, and what it lets pass is read."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from exchange.operations import looking
from exchange.operations.trying import Tried, try_flow

SCHEMA = """{"type": "array", "items": {"type": "object", "required": ["no", "total"],
  "properties": {"no": {"type": "string", "pattern": "^[0-9]+$"}, "total": {"type": "number", "maximum": 1000}}}}"""
LAYOUT = """layout: acme/orders
format: json
schema: acme/orders.schema.json
each: ""
record: order
fields: {no: {required: true}, total: {type: decimal}}
"""
FLOW = """flow: orders
from: {at: "folder:inbox", match: "*.json"}
layout: acme/orders
to:
  - {write: acme/copies, at: "folder:outbox", name: "{arrival.id}.csv", map: [acme/orders-to-copies]}
"""
COPIES = """layout: acme/copies
format: csv
record: row
fields: {no: {column: no}, total: {column: total, type: decimal}}
"""
MAPPING = """mapping: acme/orders-to-copies
from: acme/orders
to: acme/copies
set: {no: =no, total: =total}
"""


def made(folder: Path) -> Path:
    """A site whose flow reads JSON against a schema of its own."""
    files = {
        "exchange.yaml": "site: acme\ntime zone: Europe/Helsinki\n",
        "flows/orders.yaml": FLOW,
        "schemas/acme/orders.yaml": LAYOUT,
        "schemas/acme/orders.schema.json": SCHEMA,
        "schemas/acme/copies.yaml": COPIES,
        "mappings/acme/orders-to-copies.yaml": MAPPING,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    for name in ("inbox", "outbox"):
        (folder / name).mkdir()
    return folder


def tried(site: Path, text: str) -> Tried:
    path = site / "orders.json"
    path.write_text(text, "utf-8")
    results, _ = try_flow(site, "orders", [path])
    return results[0]


def test_a_file_that_the_schema_allows_goes_through(tmp_path: Path) -> None:
    site = made(tmp_path / "acme")
    assert tried(site, '[{"no": "1", "total": 19.90}]').outcome.findings.kept == []
    rows = list(
        looking.read(site / "orders.json", site, "acme/orders", as_common=False, found=lambda _: None)
    )
    assert [(row["no"], row["total"]) for row in rows] == [("1", Decimal("19.90"))]


def test_what_the_schema_refuses_holds_the_file(tmp_path: Path) -> None:
    outcome = tried(
        made(tmp_path / "acme"), '[{"no": "1", "total": 1}, {"no": "A", "total": 1000.01}]'
    ).outcome
    told = [(each.code, each.severity, each.path, each.value) for each in outcome.findings.kept]
    assert outcome.is_bad
    assert sorted(told) == [("JSC001", "error", "/1/no", "A"), ("JSC001", "error", "/1/total", "1000.01")]
