"""Statement messages of SWIFT: MT940 (statement), MT942 (interim report) and MT950, read and written.

    layout: swift/mt940
    format: mt940
    encodings: [utf-8, windows-1252]

A file holds `statement`s and the `entry` records in them, with or without the blocks of the SWIFT envelope; a statement
in which no entry stands is a record itself. Balances, sums and pages are checked. What banks write into field 86 is
declared in `dialects`; the first that fits an entry is used.

Source: SWIFT User Handbook, Category 9, as described by banks' customer guides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from exchange.formats import encoding as encodings
from exchange.formats.contract import Reader, Sniffed, Writer
from exchange.formats.mt940.layout import Layout
from exchange.formats.mt940.messages import KNOWN, tags
from exchange.formats.mt940.read import MtReader
from exchange.formats.mt940.write import MtWriter

__all__ = ["Layout", "reader", "recognise", "sniff", "writer"]

_TYPE = re.compile(r"\{2:[IO](\d{3})")
_INTERIM = ("34F", "13D", "90D", "90C")
_BALANCES = ("60F", "60M", "62F", "62M")
_BANK = re.compile(r"\{1:F01([A-Z0-9]{8})|:25:([A-Z]{6}[A-Z0-9]{2})\b")


def reader(layout: Layout) -> Reader:
    """A reader of this layout."""
    return MtReader(layout)


def writer(layout: Layout) -> Writer:
    """A writer of this layout."""
    return MtWriter(layout)


def recognise(sample: bytes, layout: Layout) -> str | None:
    """By the tags at the beginnings of lines; what is only a part of a message is recognised, too."""
    text = sample.decode("latin-1")
    found = list(tags(text))
    if not _is_statement(text, found):
        return None
    types = [type_ for type_ in _types(text, found) if type_ in layout.messages]
    if not types:
        return None
    return f"It holds SWIFT fields of MT{' and MT'.join(types)}: {', '.join(dict.fromkeys(found))}."


def sniff(sample: bytes) -> Sniffed | None:
    """A text with the fields of a statement message."""
    text = sample.decode("latin-1")
    found = list(tags(text))
    if not _is_statement(text, found):
        return None
    guessed = encodings.guess(sample)
    bank = _BANK.search(text)
    facts = {"bank": bank[1] or bank[2]} if bank else {}
    version = " and ".join(f"MT{type_}" for type_ in _types(text, found))
    return Sniffed("mt940", guessed.encoding, guessed.reason, version=version, facts=facts)


def _is_statement(text: str, found: Sequence[str]) -> bool:
    """Whether most tags are those of statements; a part of a message must begin with one."""
    if not found or "\0" in text or sum(tag in KNOWN for tag in found) * 2 <= len(found):
        return False
    if found[0] not in KNOWN:
        return False
    whole = "25" in found or "25P" in found
    begins = text.lstrip("\ufeffï»¿ \r\n\x01\x02")[:1] in (":", "{")
    return (whole and any(tag in found for tag in (*_INTERIM, *_BALANCES, "61"))) or begins


def _types(text: str, found: Sequence[str]) -> list[str]:
    """The message types: as the envelopes say, or by what only one of them has."""
    said = list(dict.fromkeys(_TYPE.findall(text)))
    if said:
        return said
    interim = any(tag in found for tag in _INTERIM)
    booked = any(tag in found for tag in _BALANCES) or not interim
    return [*(["940"] if booked else []), *(["942"] if interim else [])]
