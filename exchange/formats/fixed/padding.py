"""Lines in UTF-8 that were filled up to their length by bytes: what stands behind a letter of two bytes is shifted.

Columns are characters. Programs that count bytes leave such lines one column short for each letter, and every value
behind the letter one column too far left, which often reads well and says something else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from exchange.findings import Found, code
from exchange.formats.fixed.plan import LinePlan

_BEYOND_ASCII = re.compile("[^\x00-\x7f]+")

FILLED_BY_BYTES = code(
    "FIX042",
    "error",
    "Line {line}: the record {record} was filled up to {want} bytes and has {got} characters. "
    '"{value}" in {field} has letters of several bytes, so the columns behind it are shifted.',
    advice="Ask the sender for a file in {declared}, or for one in UTF-8 that is filled up by characters.",
)
PERHAPS_BY_BYTES = code(
    "FIX043",
    "error",
    "Line {line}: the record {record} has {got} characters instead of {want}. "
    '"{value}" in {field} has letters of several bytes, so the columns behind it may be shifted.',
    advice="Ask the sender for a file in {declared}, or for one in UTF-8 with blanks up to the end of each line.",
)


def by_bytes(text: str) -> str:
    """A line with one character for each byte, so that columns are those of who counted bytes."""
    return text.encode().decode("iso-8859-1")


class Piece(NamedTuple):
    """A line of the file: its number, its first column in its record from 0, and how many columns it should have."""

    number: int
    at: int
    text: str
    lengths: Sequence[int]


class Padding:
    """Looks at the lines of one file in UTF-8. declared: the encoding to ask for."""

    def __init__(self, declared: str, found: Found) -> None:
        self._declared = declared
        self._found = found
        self._pieces: list[Piece] = []

    def keep(self, number: int, at: int, text: str, columns: int) -> None:
        """A line of several that make one record, looked at as soon as its record is known."""
        self._pieces.append(Piece(number, at, text, [columns]))

    def is_told(self, plan: LinePlan, text: str, number: int) -> bool:
        """Whether something is wrong with a record or a line kept for it; without such it stands on one line."""
        pieces = [piece for piece in self._pieces if piece.number >= number]
        self._pieces = []
        pieces = pieces or [Piece(number, 0, text, plan.lengths_of(text))]
        told = [self._judge(plan, piece) for piece in pieces]
        return any(told)

    def _judge(self, plan: LinePlan, piece: Piece) -> bool:
        """A line that is longer in bytes than any record was filled up by characters: blanks were only taken off."""
        got, size = len(piece.text), len(piece.text.encode())
        letters = _BEYOND_ASCII.search(piece.text)
        if letters is None or got in piece.lengths or size > piece.lengths[-1]:
            return False
        filled = size in piece.lengths
        name, start, end = plan.field_around(piece.at + letters.start())
        ends = max(len(piece.text.encode()[: end - piece.at].decode(errors="ignore")), letters.end())
        more = plan.begins_within(end, piece.at + piece.lengths[-1])
        if not filled and not (more and piece.text[ends:].strip()):
            return False
        facts: dict[str, Any] = {
            "got": got,
            "want": size if filled else piece.lengths[-1],
            "record": plan.title,
            "declared": self._declared,
        }
        told = FILLED_BY_BYTES if filled else PERHAPS_BY_BYTES
        value = piece.text[max(start - piece.at, 0) : ends].strip()
        self._found(told.at(line=piece.number, column=letters.start() + 1, field=name, value=value, **facts))
        return True
