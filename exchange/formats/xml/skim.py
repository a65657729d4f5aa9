"""Reads the records that are written like earlier ones, without parsing them: see `alike`.

It works between two pieces, on what the next one would begin with. A record that is not known is left to the parser,
and learned when it comes again.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from exchange.formats.values import Refused
from exchange.formats.xml.alike import Specimen, specimen
from exchange.formats.xml.alikecode import AlikeCode, Read
from exchange.formats.xml.plan import Plan
from exchange.formats.xml.scan import Piece, Pieces
from exchange.formats.xml.walk import Walker

MOST_KNOWN = 64
"""So many ways of writing a record are learned in one file."""
MOST_LOOKED_AT = 1_000
"""After so many records that were looked at, nothing more is learned: this file's records are not alike."""
IN_A_ROW = 16
"""After so many known records in a row, one that is not known is parsed alone: known ones will follow it."""

_CONTROLS = bytes({*range(32)} - {*b"\t\r\n"})
_NO_CHARACTERS = (b"]]>", b"\xef\xbf\xbe", b"\xef\xbf\xbf")


class _Alike(NamedTuple):
    """Records that are written alike. match: its first group is the white space before the record."""

    name: str
    kind: str
    match: re.Pattern[str]
    read: Read


class Skimmer:
    """One reading of one file, beside its walker."""

    def __init__(self, plan: Plan, pieces: Pieces, walker: Walker) -> None:
        self._pieces, self._walker = pieces, walker
        self._codes = {name: AlikeCode(plan.kinds[name]) for name in plan.streamed}
        self._known: list[_Alike] = []
        self._around = b""  # the known ones stand inside these elements
        self._seen: set[tuple[object, ...]] = set()
        self._looked_at = 0
        self._row = 0
        self._piece: Piece | None = None  # the last one that was learned from

    def reads_on(self, piece: Piece) -> bool:
        """Read known records behind a piece, as many as are at hand; whether there were any."""
        if piece is not self._piece:
            self._piece = piece
            self._learn(piece)
        if piece.last or not self._around or not self._known or self._around != self._pieces.around:
            return False
        data, line = self._pieces.ahead()
        if len(data.translate(None, _CONTROLS)) < len(data) or any(map(data.__contains__, _NO_CHARACTERS)):
            return False
        text = data.decode()
        end = self._skim(text, line)
        self._pieces.take(end if text.isascii() else len(text[:end].encode()))
        return end > 0

    def _skim(self, text: str, line: int) -> int:
        """Take in records from the beginning; where the first one stands that is not known or not plainly right."""
        place, add = 0, self._walker.add
        while found := self._match(text, place):
            alike, match = found
            gap, *texts = match.groups()
            line += gap.count("\n")
            try:
                add(alike.name, alike.kind, line, alike.read, texts)
            except Refused:
                break
            start, place = match.end(1), match.end()
            line += text.count("\n", start, place)
            self._row += 1
        if self._row > IN_A_ROW:
            self._pieces.shorten()
        self._row = 0
        return place

    def _match(self, text: str, place: int) -> tuple[_Alike, re.Match[str]] | None:
        """The known way in which the record at a place is written; the last one found is tried first."""
        for number, alike in enumerate(self._known):
            match = alike.match.match(text, place)
            if match is not None:
                if number:
                    self._known.insert(0, self._known.pop(number))
                return alike, match
        return None

    def _learn(self, piece: Piece) -> None:
        """Take the first record of a piece for a specimen, when one like it came before."""
        if not self._is_inside(piece) or self._looked_at >= MOST_LOOKED_AT:
            return
        if self._around != self._pieces.around:
            self._around, self._known = self._pieces.around, []
            self._seen.clear()
        if len(self._known) >= MOST_KNOWN:
            return
        element = piece.open[-1][0]
        named = self._walker.inner_kind(str(element.tag))
        text = piece.data.decode()
        made = specimen(text, len(text) - len(text.lstrip())) if named else None
        self._looked_at += 1
        if named is None or made is None or not self._came_before(made):
            return
        for written, name in zip(made.elements, self._walker.names_of(element), strict=True):
            written.name = name
        code = self._codes[named[1]].of(made)
        if code is not None:
            self._known.append(_Alike(*named, re.compile(rf"([ \t\r\n]*){code[0]}"), code[1]))

    def _came_before(self, made: Specimen) -> bool:
        written = tuple(made.parts)
        if written in self._seen:
            return True
        self._seen.add(written)
        return False

    def _is_inside(self, piece: Piece) -> bool:
        """Whether a piece begins and ends in the same open elements, with a record at its beginning."""
        if not piece.open or piece.continued != len(piece.open) or not len(piece.open[-1]):
            return False
        inner = piece.root
        for _ in range(piece.continued - 1):
            inner = inner[0]
        return inner is piece.open[-1]
