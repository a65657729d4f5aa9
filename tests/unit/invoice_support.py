"""Invoices through the package's own mappings: documents in, bytes out, and back."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from exchange.declare.catalogue import Catalogue
from exchange.findings import Finding
from exchange.flow.content import run_chain
from exchange.flow.library import Library
from exchange.mapping.tally import Tally
from exchange.model import ArrivalFacts, FieldShape, Record

CORPUS = Path(__file__).parents[3] / "shared/corpus/accounting"
EXAMPLES = int(os.environ.get("EXCHANGE_INVOICES", "1000"))
"""So many invoices reach every target, always the same ones."""
AT_RANDOM = EXAMPLES if "EXCHANGE_INVOICES" in os.environ else 40
"""So many documents are looked for by each test of its own that are never the same."""
FACTS = ArrivalFacts(
    "01KAX3YEYR3TYTGZ5J8Q2M7B4C", "invoices", "a.csv", "ab" * 32, datetime(2026, 11, 23, 9, 30, 15, 0, UTC)
)
SELLER = {
    "company": "Nordkaffe Oy", "company_id": "2345678-0", "company_scheme": "0212", "vat_number": "FI23456780",
    "endpoint": "003723456780", "endpoint_scheme": "0216", "street": "Satamakatu 4", "postcode": "00160",
    "town": "Helsinki", "country": "FI", "account": "FI2112345600000785", "bic": "NDEAFIHH",
}  # fmt: skip


@cache
def library() -> Library:
    """The declared things of the package, with a seller's values."""
    return Library(Catalogue.of(), SELLER)


def document(name: str, given: Mapping[str, Any]) -> Record:
    """A document of that layout with every declared field, those that are not given empty."""
    layout = library().layout(name)
    assert layout is not None, name
    ((kind, shape),) = layout.shape().kinds.items()
    return _structure(shape.fields, given) | {"@kind": kind, "@line": 1, "@path": None}


def _structure(fields: Mapping[str, FieldShape], given: Mapping[str, Any] | None) -> Record:
    given = given or {}
    assert given.keys() <= fields.keys(), given.keys() - fields.keys()
    return {name: _value(shape, given.get(name)) for name, shape in fields.items()}


def _value(shape: FieldShape, value: Any) -> Any:
    if shape.type != "structure" or shape.open:
        return value if value is not None or not shape.repeated else []
    if shape.repeated:
        return [_structure(shape.fields, item) for item in value or []]
    return _structure(shape.fields, value)


def mapped(mapping: str, records: list[Record]) -> tuple[list[Record], list[Finding]]:
    """What a mapping makes of records."""
    step = library().mapping(mapping)
    assert step is not None, library().problems
    found: list[Finding] = []
    made = run_chain(iter([records]), [[step]], FACTS, found.append, lambda _: Tally())
    return [record for batch in made for record in batch], found


def written(
    mapping: str, layout: str, given: Mapping[str, Any], source: str = "common/invoice"
) -> tuple[bytes, list[Finding]]:
    """The file of one invoice, or of another document."""
    writer = library().writer(layout)
    assert writer is not None
    made, found = mapped(mapping, [document(source, given)])
    out = io.BytesIO()
    writer.write([made], out, lambda: tempfile.TemporaryFile(), found.append)  # noqa: SIM115
    return out.getvalue(), found


def read(mapping: str, layout: str, data: bytes) -> tuple[list[Record], list[Finding]]:
    """The invoices of a file."""
    reader = library().reader(layout)
    assert reader is not None
    found: list[Finding] = []
    records = [record for batch in reader.read(io.BytesIO(data), found.append) for record in batch]
    made, more = mapped(mapping, records)
    return made, [*found, *more]


def errors(found: list[Finding]) -> list[Finding]:
    """The errors among findings."""
    return [finding for finding in found if finding.severity == "error"]
