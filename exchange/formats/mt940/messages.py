"""Lines → SWIFT fields, as banks deliver them: with or without the blocks of an envelope, one message or many.

What a line is depends on where it stands: inside field 86 a line may begin with ":20:" because a time of day was
broken there. So a field that cannot come at its place is text, and ":20:" opens a message only where 21, 25 or 28
follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import BinaryIO

from exchange.findings import Finding, Found, code
from exchange.formats.contract import Progress
from exchange.formats.encoding import Unreadable, blocks

LINE_LIMIT = 100_000
"""The most characters of one line."""
FIELD_LIMIT = 10_000
"""The most lines of one field."""
_ASK = "Ask the bank for the file again."
TOO_LONG = code(
    "MT001",
    "error",
    "Line {line} has more than {limit} characters. The rest was not read.",
    advice="The file is damaged, or is no statement message. " + _ASK,
)
NO_FIELD = code(
    "MT002",
    "warning",
    'Line {line}: "{value}" stands outside of any message and was not read.',
    advice="Titles and separators do no harm. If it is part of a statement, ask the bank for the file again.",
)
TOO_MANY_LINES = code(
    "MT003",
    "error",
    "Line {line}: field {field} has more than {limit} lines. The rest was not read.",
    advice="The file is damaged, or is no statement message. " + _ASK,
)

_HEAD = ("13", "13D", "20", "21", "25", "25P", "28", "28C", "34F", "60F", "60M")
_OPENED, _CLOSED = frozenset(("60F", "60M")), frozenset(("62F", "62M"))
_END_OF_MESSAGE = ("62F", "62M", "64", "65", "90C", "90D")
KNOWN = frozenset((*_HEAD, "61", "86", "NS", *_END_OF_MESSAGE))
ENTRIES = frozenset(("61", "86", "NS"))
"""Fields in which text may begin with something that looks like a field."""
TIMES = frozenset(("13", "20", "21", "25", "28"))
"""Fields that look like minutes or seconds of a time that was broken between two lines."""
_FIELD = re.compile(r":(\d\d[A-Z]?|NS):(.*)", re.DOTALL)
_BLOCK = r"\{[0-9A-Z]{1,3}:(?:[^{}]|\{[^{}]*\})*\}"
_ENVELOPE = re.compile(rf"(-\}})?\s*((?:{_BLOCK})*)\s*(\{{4:)?(.*)", re.DOTALL)
_BROKEN_TAG = re.compile(r"\d\d[A-Z]?:")
_AFTER_20 = re.compile(r":(2[158]|NS|6|13|34)")
_END = re.compile(r"-(?:\}|X{2,})?\s*")
_TITLE = re.compile(
    r"\s*|-{2,}|[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?|9[45]\d(?: ?\d\d)?|:9[45]\d:|\d{4} \d\d[A-Z0-9]{8,}"
)
"""Lines around messages that mean nothing: bank, message type, separators."""
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(slots=True)
class Field:
    """A field with its lines; the first one is what stands behind the tag."""

    tag: str
    line: int
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The lines with line feeds between them, without empty ones at the end."""
        return "\n".join(self.lines).rstrip()


@dataclass(slots=True)
class Start:
    """The beginning of a message; envelope holds its blocks before {4:, "" without any."""

    line: int
    envelope: str


class End:
    """The mark that a message ends with: -} or a line of -. Files without envelope may have none."""


Part = Start | Field | End


def fields(stream: BinaryIO, encoding: str, found: Found, progress: Progress | None = None) -> Iterator[Part]:
    """Messages and their fields, in order. Raises Unreadable."""
    cutter = _Cutter(found)
    numbered = _lines(stream, encoding, found, progress)
    for (number, line), (_, following) in pairwise(chain(numbered, [(0, "")])):
        yield from cutter.line(number, line, following)
    yield from cutter.end()


def tags(text: str) -> Iterator[str]:
    """The tags of the lines of a text that look like fields, for recognising it."""
    for line in text.splitlines():
        rest = line.rpartition("{4:")[2]
        if match := _FIELD.match(rest.strip("\x01\x02\x03 ")):
            yield match[1]


def _lines(
    stream: BinaryIO, encoding: str, found: Found, progress: Progress | None
) -> Iterator[tuple[int, str]]:
    """Lines with their numbers, without their ends and without control characters."""
    rest, number = "", 0
    for text in blocks(stream, encoding, found, progress):
        *whole, rest = (rest + text).split("\n")
        for line in whole:
            number += 1
            yield number, _clean(line, number)
        if len(rest) > LINE_LIMIT:
            raise Unreadable(TOO_LONG.at(line=number + 1, limit=LINE_LIMIT))
    if rest:
        yield number + 1, _clean(rest, number + 1)


def _clean(line: str, number: int) -> str:
    if len(line) > LINE_LIMIT:
        raise Unreadable(TOO_LONG.at(line=number, limit=LINE_LIMIT))
    line = line.rstrip("\r")
    if line.isprintable():
        return line
    return _CONTROLS.sub("", line).replace("\t", " ")


class _Cutter:
    """Goes through the lines of a file. `open` is the field that a line without a tag belongs to."""

    def __init__(self, found: Found) -> None:
        self.found = found
        self.open: Field | None = None
        self.inside = False
        self.seen: set[str] = set()
        self.told = False
        self.colon = ""

    def line(self, number: int, line: str, following: str) -> Iterator[Part]:
        """One more line; what it ends. A lone colon belongs to the tag on the next line."""
        line, self.colon = self.colon + line, ""
        if line == ":" and _BROKEN_TAG.match(following):
            self.colon = line
        elif line[:1] == "{" or line[:2] == "-}":
            yield from self._envelope(number, line, following)
        elif line[:1] == "-" and _END.fullmatch(line) and not self._goes_on(line, following):
            yield from self._ended(marked=self.inside)
        else:
            yield from self._plain(number, line, following)

    def end(self) -> Iterator[Field]:
        """The field that is open, if any, is whole."""
        if self.open is not None:
            yield self.open
            self.open = None

    def _ended(self, *, marked: bool) -> Iterator[Part]:
        yield from self.end()
        if marked:
            yield End()
        self.inside = False

    def _envelope(self, number: int, line: str, following: str) -> Iterator[Part]:
        match = _ENVELOPE.fullmatch(line)
        if match is None or not (match[1] or match[2] or match[3]):
            yield from self._plain(number, line, following)
            return
        yield from self._ended(marked=self.inside and match[1] is not None)
        if match[3]:
            yield self._begin(number, match[2])
        if match[4].strip():
            yield from self._plain(number, match[4], following)

    def _begin(self, number: int, envelope: str = "") -> Start:
        self.inside, self.seen = True, set()
        return Start(number, envelope)

    def _plain(self, number: int, line: str, following: str) -> Iterator[Part]:
        match = _FIELD.fullmatch(line) if line[:1] == ":" else None
        if match is None or match[1] not in KNOWN or not self._may_stand(match[1], following):
            self._text(number, line)
            return
        tag = match[1]
        yield from self.end()
        if not self.inside or (tag == "20" and self.seen):
            yield self._begin(number)
        self.seen.add(tag)
        self.open = Field(tag, number, [match[2]])

    def _goes_on(self, line: str, following: str) -> bool:
        """Whether a lone - is a line of text: the statement was opened, is not closed, and its next line follows at once."""
        return (
            line.strip() == "-"
            and self.open is not None
            and self.open.tag in ENTRIES
            and not _OPENED.isdisjoint(self.seen)
            and _CLOSED.isdisjoint(self.seen)
            and not following.startswith(("{", ":20:"))
            and not _TITLE.fullmatch(following)
        )

    def _may_stand(self, tag: str, following: str) -> bool:
        """Whether a field can come here, and is no time of day that was broken between two lines."""
        if self.open is None or self.open.tag not in ENTRIES or tag not in TIMES:
            return True
        return tag == "20" and _AFTER_20.match(following) is not None

    def _text(self, number: int, line: str) -> None:
        """A line without a tag goes to the field that is open."""
        if self.open is None:
            if not self.told and not _TITLE.fullmatch(line):
                self.told = True
                self.found(NO_FIELD.at(line=number, value=line.strip()))
            return
        if len(self.open.lines) >= FIELD_LIMIT:
            raise Unreadable(TOO_MANY_LINES.at(line=number, field=self.open.tag, limit=FIELD_LIMIT))
        self.open.lines.append(line)


def choose(stream: BinaryIO, encodings: Iterable[str]) -> str:
    """The first encoding that all bytes of the stream fit; the first of all when none does."""
    first, *others = encodings
    for encoding in (first, *others):
        stream.seek(0)
        try:
            for _ in blocks(stream, encoding, _nobody):
                pass
        except Unreadable:
            continue
        return encoding
    return first


def _nobody(_: Finding) -> None:
    """Only the bytes are asked."""
