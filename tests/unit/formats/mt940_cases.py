"""Statements written down short, and what the package's layout and mapping make of them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from exchange.declare.catalogue import Catalogue
from exchange.findings import Finding
from exchange.flow.library import Library
from exchange.formats import mt940
from exchange.formats.mt940 import Layout
from exchange.model import Record

_library = Library(Catalogue.of(None), {})


def layout(**changes: Any) -> Layout:
    """The layout of the package, with changes."""
    known = _library.layout("swift/mt940")
    assert isinstance(known, Layout), _library.problems
    return known.model_copy(update=changes)


def message(*entries: str, opening: str = "C260101EUR100,00", closing: str = "C260102EUR100,00") -> str:
    """A statement of one account with these fields between its balances."""
    head = (":20:REF1", ":25:DE89370400440532013000", ":28C:1/1", f":60F:{opening}")
    return "\n".join((*head, *entries, f":62F:{closing}", "-", ""))


def read(text: str | bytes, **changes: Any) -> tuple[list[Record], list[Finding]]:
    """The entries of a file and what was found."""
    data = text.encode() if isinstance(text, str) else text
    found: list[Finding] = []
    batches = mt940.reader(layout(**changes)).read(io.BytesIO(data), found.append)
    return [record for batch in batches for record in batch], found


def write(records: Sequence[Record], **changes: Any) -> tuple[bytes, list[Finding]]:
    """The file of some entries and what was found."""
    out, found = io.BytesIO(), []  # type: ignore[var-annotated]
    mt940.writer(layout(**changes)).write([list(records)], out, io.BytesIO, found.append)
    return out.getvalue(), found


def told(found: Sequence[Finding], severity: str | None = None) -> list[str]:
    """The codes of what was found."""
    return [each.code for each in found if severity is None or each.severity == severity]


def information(details: str, **changes: Any) -> tuple[str | None, dict[str, str]]:
    """The dialect of a field 86 and what it tells, without what is empty."""
    (entry,), _ = read(
        message(":61:260102C1,00NMSCNONREF", f":86:{details}", closing="C260102EUR101,00"), **changes
    )
    return entry["dialect"], {name: value for name, value in (entry["information"] or {}).items() if value}
