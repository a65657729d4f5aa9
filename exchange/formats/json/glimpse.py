"""JSON for which no layout is known: whether it is whole, how many records it has, with which keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from exchange.findings import Found
from exchange.formats import encoding
from exchange.formats.contract import SAMPLE_SIZE, Sniffed
from exchange.formats.glimpse import Gazer, Glimpse
from exchange.formats.json.complaints import Broken, kind_of
from exchange.formats.json.layout import Path
from exchange.formats.json.lines import elements
from exchange.formats.json.sniff import IN_LINES
from exchange.formats.json.stream import Buffer, Element, Walker
from exchange.formats.json.tokens import walk


def glimpse(stream: BinaryIO, sniffed: Sniffed, found: Found) -> Glimpse:
    """What is seen; that it is broken goes to `found`."""
    gazer = Gazer()
    try:
        for element in _elements(stream, sniffed, found):
            for flaw in element.flaws:
                found(flaw)
            record = element.value if isinstance(element.value, dict) else {"": element.value}
            gazer.add({key: _shown(value) for key, value in record.items()})
    except (Broken, encoding.Unreadable) as stop:
        found(stop.finding)
    return Glimpse(gazer.rows, gazer.seen())


def _elements(stream: BinaryIO, sniffed: Sniffed, found: Found) -> Iterator[Element]:
    sample = stream.read(SAMPLE_SIZE)
    stream.seek(0)
    blocks = encoding.blocks(stream, "utf-8" if sniffed.encoding == "ascii" else sniffed.encoding, found)
    if sniffed.facts["form"] == IN_LINES:
        return elements(blocks, found)
    text = sample.decode(sniffed.encoding, "replace").removeprefix("\ufeff")
    return Walker(Buffer(blocks), (_place(text),), frozenset(), found).elements()


def _place(text: str) -> Path:
    """Where the records are: in the first list of objects below the top, else at the top."""
    for token in walk(text):
        match token.steps:
            case (str() as key, 0, str()) if token.key:
                return (key,)
    return ()


def _shown(value: Any) -> tuple[str, str | None]:
    """The text of a value, and its kind where it is no text or number."""
    if value is None or isinstance(value, str):
        return value or "", None
    return (kind_of(value), "true or false" if isinstance(value, bool) else kind_of(value))
