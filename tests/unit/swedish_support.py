"""What the package's own layouts and mappings make of Swedish bank files, and how they write them."""

from __future__ import annotations

import io
from collections.abc import Sequence

from iso20022_support import FACTS, library

from exchange.findings import Finding
from exchange.flow.content import run_chain
from exchange.formats import fixed
from exchange.mapping.tally import Tally
from exchange.model import Record


def layout(name: str) -> fixed.Layout:
    """A layout of the package."""
    found = library().layout(name)
    assert isinstance(found, fixed.Layout), [each.render() for each in library().problems]
    return found


def lines(*texts: str, width: int = 80) -> bytes:
    """Records filled up to their columns, as the banks write them."""
    return "".join(f"{text.ljust(width)}\r\n" for text in texts).encode("iso-8859-1")


def write(records: Sequence[Record], name: str) -> tuple[bytes, list[Finding]]:
    """A file of records."""
    out, found = io.BytesIO(), list[Finding]()
    fixed.writer(layout(name)).write([list(records)], out, io.BytesIO, found.append)
    return out.getvalue(), found


def mapped(records: Sequence[Record], *mappings: str) -> tuple[list[Record], list[Finding]]:
    """What mappings, side by side, make of records or documents."""
    steps = [library().mapping(name) for name in mappings]
    sound = [step for step in steps if step is not None]
    assert len(sound) == len(steps), [each.render() for each in library().problems]
    found: list[Finding] = []
    made = run_chain([list(records)], [sound], FACTS, found.append, lambda _: Tally())
    return [record for batch in made for record in batch], found


def errors(found: Sequence[Finding]) -> list[tuple[str, int | None]]:
    """What holds a file."""
    return [(each.code, each.line) for each in found if each.severity == "error"]
