"""Values of documents written as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import BinaryIO

from exchange.formats.document import Layout
from exchange.formats.encoding import blocks
from exchange.formats.json.lines import lines
from exchange.formats.json.tokens import Steps, pointer, walk
from exchange.formats.spots import Spot, ignored
from exchange.model import LINE, Record


def spots(layout: Layout, stream: BinaryIO, records: Sequence[Record]) -> list[dict[str, Spot]]:
    """The tokens of each document by field; names in the file are those of the fields."""
    found: list[dict[str, Spot]] = [{} for _ in records]
    wanted = {record[LINE]: cells for record, cells in zip(records, found, strict=True)}
    for number, text in lines(blocks(stream, "utf-8", ignored)):
        if number in wanted:
            wanted[number] |= _values(number, text)
        if number >= max(wanted, default=0):
            break
    return found


def _values(number: int, text: str) -> dict[str, Spot]:
    """The plain values of one line."""
    found: dict[str, Spot] = {}
    for token in walk(text):
        if not token.key and token.steps and token.written not in "[{":
            written = json.loads(token.written) if token.written.startswith('"') else token.written
            spot = Spot(written, number, token.offset + 1, pointer(token.steps), str(token.steps[-1]))
            found[_path(token.steps)] = spot
    return found


def _path(steps: Steps) -> str:
    """`("lines", 1, "net")` → `lines[2].net`."""
    parts = (f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in steps)
    return "".join(parts).removeprefix(".")
