"""The physical records of a file: lines of text, or blocks of a fixed number of characters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from exchange.findings import Found, code
from exchange.formats.contract import Progress
from exchange.formats.encoding import Unreadable, blocks
from exchange.formats.fixed.layout import Layout
from exchange.formats.fixed.letters import SevenBit

LINE_LIMIT = 100_000
"""The most characters of one line."""

TOO_LONG = code(
    "FIX001",
    "error",
    "Line {line} has more than {limit} characters. The rest was not read.",
    advice="The file is damaged or is of another kind. Ask the sender for a corrected file.",
)
CUT_OFF = code(
    "FIX002",
    "error",
    "The last record has {got} of {want} characters: the file is cut off.",
    advice="Ask the sender for the whole file.",
)


def records(
    stream: BinaryIO, layout: Layout, found: Found, progress: Progress | None
) -> Iterator[tuple[int, str]]:
    """Each record with its number from 1, without its line end. Raises Unreadable."""
    texts = blocks(stream, layout.encoding, found, progress)
    cut = _cut(texts, layout.length or 1) if layout.newline == "none" else _lines(texts)
    if layout.letters is None:
        return cut
    letters = SevenBit(layout.letters, found)
    return ((number, letters.read(text, number)) for number, text in cut)


def _lines(texts: Iterator[str]) -> Iterator[tuple[int, str]]:
    rest, number = "", 0
    for text in texts:
        *whole, rest = (rest + text).split("\n")
        for line in whole:
            number += 1
            yield number, line[:-1] if line.endswith("\r") else line
        if len(rest) > LINE_LIMIT:
            raise Unreadable(TOO_LONG.at(line=number + 1, limit=LINE_LIMIT))
    if rest := rest.rstrip("\x1a\r"):  # the end mark of DOS
        yield number + 1, rest


def _cut(texts: Iterator[str], length: int) -> Iterator[tuple[int, str]]:
    rest, number = "", 0
    for text in texts:
        rest += text
        whole = len(rest) - len(rest) % length
        for at in range(0, whole, length):
            number += 1
            yield number, rest[at : at + length]
        rest = rest[whole:]
    if rest.strip("\r\n\x1a "):
        raise Unreadable(CUT_OFF.at(line=number + 1, got=len(rest), want=length))
