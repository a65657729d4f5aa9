"""The physical records of a file: lines of text, or blocks of a fixed number of characters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from exchange.findings import Found, code
from exchange.formats.contract import SAMPLE_SIZE, Progress
from exchange.formats.encoding import Unreadable, blocks, holds, meant_by
from exchange.formats.fixed.layout import Layout
from exchange.formats.fixed.letters import SevenBit
from exchange.formats.fixed.seal import unsealed

LINE_LIMIT = 100_000
"""The most characters of one line."""
TITLES = 20
"""Within so many lines a file must come to its first record."""

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
TITLE = code(
    "FIX021",
    "warning",
    'Line {line}: "{value}" stands in front of the first record. It was left out.',
    advice="Titles stand in printed examples. If this is no example, ask the sender for the file as it was made.",
)
OTHER_ENCODING = code(
    "FIX022",
    "warning",
    "The file is no text in {declared}; it was read as {actual}.",
    advice="Compare names with letters such as å, ä and ö. Tell the sender which encoding is right.",
)


Kept = Callable[[int, int, str, int], None]
"""Where lines of joined records go: number, first column in the record from 0, text, how many columns it should have."""


def records(
    stream: BinaryIO,
    encoding: str,
    layout: Layout,
    found: Found,
    progress: Progress | None,
    keep: Kept | None,
) -> Iterator[tuple[int, str]]:
    """Each record with its number from 1, without its line end. keep: takes lines with letters beyond ASCII of which
    several make a record, before they are filled up. Raises Unreadable."""
    texts = blocks(stream, encoding, found, progress)
    cut = _cut(texts, layout.length or 1) if layout.newline == "none" else _lines(texts, layout)
    if layout.lines:
        cut = joined(cut, layout.length or 1, layout.lines, keep)
    if layout.titles is not None:
        cut = untitled(cut, layout.titles, found)
    if layout.seal is not None:
        cut = unsealed(cut, found)
    if layout.letters is None:
        return cut
    letters = SevenBit(layout.letters, found)
    return ((number, letters.read(text, number)) for number, text in cut)


def untitled(lines: Iterator[tuple[int, str]], titles: str, found: Found) -> Iterator[tuple[int, str]]:
    """The lines without blank ones and titles in front of the first record."""
    pattern, begun = re.compile(titles), False
    for number, text in lines:
        if not begun and number <= TITLES and (not text.strip() or pattern.match(text)):
            if text.strip():
                found(TITLE.at(line=number, value=text.strip()))
            continue
        begun = True
        yield number, text


def encoding_of(stream: BinaryIO, layout: Layout, found: Found) -> str:
    """The declared encoding, or the one of the other ones that the bytes are text in. UTF-8 is certain where it is
    well-formed; of single-byte encodings the first that can be, or the one in which the words read much better.
    """
    declared, others = layout.encoding, layout.other_encodings
    chosen = (
        next((one for one in (declared, *others) if holds(stream, one)), declared) if others else declared
    )
    meant = meant_by(stream.read(SAMPLE_SIZE), chosen) if others else None
    stream.seek(0)
    if meant in others and (meant == "utf-8" or chosen != declared) and holds(stream, meant):
        chosen = meant
    if chosen != declared:
        found(OTHER_ENCODING.at(declared=declared, actual=chosen))
    return chosen


def _lines(texts: Iterator[str], layout: Layout) -> Iterator[tuple[int, str]]:
    rest, number = "", 0
    endless = layout.length if layout.lines else None
    for text in texts:
        *whole, rest = (rest + text).split("\n")
        for line in whole:
            number += 1
            yield number, line[:-1] if line.endswith("\r") else line
        if endless and len(rest) > LINE_LIMIT:
            whole_length = len(rest) - len(rest) % endless
            yield number + 1, rest[:whole_length]
            rest = rest[whole_length:]
        if len(rest) > LINE_LIMIT:
            raise Unreadable(TOO_LONG.at(line=number + 1, limit=LINE_LIMIT))
    if rest := rest.rstrip("\x1a\r"):  # the end mark of DOS
        yield number + 1, rest


def joined(
    lines: Iterator[tuple[int, str]], length: int, count: int, keep: Kept | None = None
) -> Iterator[tuple[int, str]]:
    """Records of several lines, each with the number of its first line; short lines are filled up with blanks. Without
    line ends the lines are counted that would be there."""
    width, rest, first, more, before = length // count, "", 0, 0, 0
    for line, text in lines:
        if not rest and not text.strip():
            continue
        more += line == before
        number, before = line + more, line
        first = first if rest else number
        columns = -(-max(len(text), 1) // width) * width
        more += columns // width - 1
        if keep is not None and not text.isascii():
            keep(number, len(rest), text, columns)
        rest += text.ljust(columns)
        while len(rest) >= length:
            yield first, rest[:length]
            rest, first = rest[length:], first + count
    if rest.strip():
        raise Unreadable(CUT_OFF.at(line=first, got=len(rest), want=length))


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
