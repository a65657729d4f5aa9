"""A JSON file cut into its records, in constant memory.

The text is read block by block; the C parser of the standard library parses one record at a time out of the
buffer, and is asked again with more text when the buffer ends in the middle. Numbers come as exact texts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from json.decoder import JSONDecodeError
from typing import Any, NoReturn

from exchange.findings import Finding, Found
from exchange.formats.json.complaints import (
    CUT_OFF,
    DUPLICATE,
    NO_RECORDS,
    NOT_JSON,
    TOO_BIG,
    TOO_DEEP,
    TRAILING,
    WRONG_KIND,
    Broken,
    kind_of,
    words,
)
from exchange.formats.json.layout import Path
from exchange.formats.json.tokens import Places, Steps, pointer, scanstring

LONGEST = 32 * 1024 * 1024
"""The most characters that one record, or one value around the records, may have."""
NEAR_END = 12
"""An error this near to the end of the buffer may only mean that more text is needed."""
SAID = 200
"""So many characters are shown of what stands where a record should."""
SHOWN = 8
"""How many keys a finding lists."""
_CLOSED = re.compile(r"[}\]]")
_SPACE = re.compile("[ \t\n\r]*")


class Flawed(ValueError):
    """A value that parses but is not to be trusted: a duplicate key, or NaN."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise Flawed
    return made


def _constant(_written: str) -> NoReturn:
    raise Flawed


STRICT = json.JSONDecoder(
    parse_float=str, parse_int=str, parse_constant=_constant, object_pairs_hook=_object
).raw_decode
LENIENT = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str).raw_decode


@dataclass(slots=True)
class Element:
    """One value of the file: as parsed, and where it begins. flaws: it is not to be used; steps: its path."""

    value: Any
    text: str
    begin: int
    end: int
    line: int
    before: int = 0
    """How many characters of the line stand before the text."""
    steps: Steps = ()
    flaws: tuple[Finding, ...] = ()

    @property
    def column(self) -> int:
        """The column, from 1, of the first character."""
        return _column(self.text, self.begin, self.before)

    def places(self) -> Places:
        """The places inside the value."""
        return Places(self.text[self.begin : self.end], self.line, self.column, self.steps)


def _column(text: str, at: int, before: int) -> int:
    newline = text.rfind("\n", 0, at)
    return at - newline if newline >= 0 else before + at + 1


def checked(element: Element, lenient: bool) -> Element:
    """The element with its flaws: those that the strict parser met, and halves of characters."""
    if lenient or _has_halves(element):
        element.flaws = tuple(element.places().flaws())
    return element


def _has_halves(element: Element) -> bool:
    """Whether a text holds one half of a character: possible only with the escapes \\ud800 to \\udfff."""
    text, begin, end = element.text, element.begin, element.end
    if text.find("\\ud", begin, end) < 0 and text.find("\\uD", begin, end) < 0:
        return False
    try:
        json.dumps(element.value, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        return True
    return False


class Buffer:
    """The text of a file from where reading is, and the line it is in."""

    def __init__(self, blocks: Iterator[str]) -> None:
        self._blocks = blocks
        self.text = ""
        self.at = 0
        self.beginning = ""
        """The first characters of the file."""
        self._ended = False
        self._counted = 0
        self._line = 1
        self._cut = 0

    def line(self) -> int:
        """The line, from 1, of the place where reading is."""
        self._line += self.text.count("\n", self._counted, self.at)
        self._counted = self.at
        return self._line

    def column(self, at: int) -> int:
        """The column, from 1, of a place in the buffer."""
        return _column(self.text, at, self._cut)

    def place(self, at: int) -> dict[str, Any]:
        """Line and column of a place behind the one where reading is."""
        return {"line": self.line() + self.text.count("\n", self.at, at), "column": self.column(at)}

    def more(self) -> bool:
        """Read on, so much that asking often for more of one long value stays cheap; False at the end."""
        if self._ended:
            return False
        line = self.line()
        pending = self.text[self.at :]
        if len(pending) > LONGEST:
            raise Broken(TOO_BIG.at(line=line, column=self.column(self.at), most=LONGEST))
        self._cut = self.column(self.at) - 1
        parts, wanted = [pending], max(1, len(pending))
        while wanted > 0 and not self._ended:
            block = next(self._blocks, "")
            self._ended = not block
            parts.append(block)
            wanted -= len(block)
        self.text, self.at, self._counted = "".join(parts), 0, 0
        self.beginning = self.beginning or self.text[:SAID]
        return len(parts[1]) > 0

    def peek(self) -> str:
        """The next character that is no white space, "" at the end; reading stands before it."""
        while True:
            self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""

    def take(self, wanted: str, why: str) -> str:
        """Pass one of the wanted marks; which one it was."""
        mark = self.peek()
        if not mark or mark not in wanted:
            self.broken(why, self.at)
        self.at += 1
        return mark

    def broken(self, why: str, at: int) -> NoReturn:
        """Report what is wrong at a place of the buffer; reading cannot go on."""
        code = CUT_OFF if at >= len(self.text) else NOT_JSON
        raise Broken(code.at(why=why, **self.place(at)))

    def key(self) -> str:
        """A key of an object and its colon."""
        if self.peek() != '"':
            self.broken("a key in double quotes is missing", self.at)
        while True:
            try:
                read, self.at = scanstring(self.text, self.at + 1)
                break
            except JSONDecodeError as error:
                self._more_or_broken(error)
        self.take(":", "a colon is missing after the key")
        return str(read)

    def element(self, steps: Steps) -> Element:
        """The value that comes next."""
        if not self.peek():
            self.broken("a value is missing", self.at)
        line, lenient = self.line(), False
        while True:
            try:
                value, end = (LENIENT if lenient else STRICT)(self.text, self.at)
            except Flawed:
                lenient = True
            except JSONDecodeError as error:
                self._more_or_broken(error)
            except RecursionError:
                raise Broken(TOO_DEEP.at(line=line, column=self.column(self.at))) from None
            else:
                if end < len(self.text) or not self.more():
                    break
        begin, self.at = self.at, end
        return checked(Element(value, self.text, begin, end, line, self._cut, steps), lenient)

    def _more_or_broken(self, error: JSONDecodeError) -> None:
        """Go on with more text if the error may come from the end of the buffer."""
        endless = error.msg.startswith("Unterminated string")
        unfinished = endless or error.pos >= len(self.text) - NEAR_END
        ahead = error.pos - self.at  # reading more moves the buffer
        if unfinished and self.more():
            return
        at = self.at + ahead
        cut = endless or (unfinished and not _CLOSED.search(self.text, at))
        raise Broken((CUT_OFF if cut else NOT_JSON).at(why=words(error.msg), **self.place(at)))


@dataclass(slots=True)
class Walker:
    """Goes through one file to the places where the records are, and keeps what stands around them.

    wanted: where the records are; needed: what of the rest is kept, in `around`, as nested objects.
    """

    buffer: Buffer
    wanted: tuple[Path, ...]
    needed: frozenset[Path]
    found: Found
    around: dict[str, Any] = field(default_factory=dict)
    seen: set[Path] = field(default_factory=set)
    keys: list[str] = field(default_factory=list)
    places: int = 0

    def elements(self) -> Iterator[Element]:
        """Every record, with its path; then the file must end."""
        mark = self.buffer.peek()
        if not mark:
            self.buffer.broken("it is empty", self.buffer.at)
        if () in self.wanted and (mark != "{" or len(self.wanted) == 1):
            yield from self._records(())
        elif mark == "{":
            yield from self._object((), self.around)
        if not self.places:
            self._nothing_found(mark)
        if (mark == "{" or self.places) and self.buffer.peek():
            raise Broken(TRAILING.at(**self.buffer.place(self.buffer.at)))

    def _nothing_found(self, mark: str) -> None:
        """Report that none of the wanted places was there."""
        keys = ", ".join(self.keys[:SHOWN]) + (" …" if len(self.keys) > SHOWN else "")
        tops = {"{": f"the keys {keys}" if keys else "an empty object", "[": "a list at the top"}
        got = tops.get(mark, "a single value")
        want = " or ".join(".".join(place) or "the whole file" for place in self.wanted)
        facts = {"want": want, "got": got, "value": self.buffer.beginning.strip()}
        self.found(NO_RECORDS.at(line=1, column=1, path="", **facts))

    def _object(self, above: Path, kept: dict[str, Any]) -> Iterator[Element]:
        """The records inside an object that is on the way to them."""
        self.buffer.take("{", "an object is missing")
        keys: set[str] = set()
        if self.buffer.peek() == "}":
            self.buffer.at += 1
            return
        while True:
            self.buffer.peek()
            place = self.buffer.place(self.buffer.at)
            key = self.buffer.key()
            if key in keys:
                self.found(DUPLICATE.at(value=key, path=pointer((*above, key)), **place))
            keys.add(key)
            yield from self._member((*above, key), kept)
            if self.buffer.take(",}", "a comma or the closing bracket is missing") == "}":
                return

    def _member(self, path: Path, kept: dict[str, Any]) -> Iterator[Element]:
        """The records at or below one key."""
        if len(path) == 1:
            self.keys.append(path[0])
        self.seen.add(path)
        on_the_way = any(place[: len(path)] == path for place in self.wanted)
        if path in self.wanted:
            yield from self._records(path)
        elif on_the_way and self.buffer.peek() == "{":
            below: dict[str, Any] = {}
            kept[path[-1]] = below
            yield from self._object(path, below)
        else:
            element = self.buffer.element(path)
            for flaw in element.flaws:
                self.found(flaw)
            if any(place[: len(path)] == path for place in self.needed):
                kept[path[-1]] = element.value

    def _records(self, path: Path) -> Iterator[Element]:
        """The elements of a list, or the one object that stands in its place."""
        self.places += 1
        if self.buffer.peek() != "[":
            element = self.buffer.element(path)
            if isinstance(element.value, dict):
                yield element
            else:
                name = ".".join(path) or "the top"
                facts = {"want": "a list of records", "got": kind_of(element.value)}
                self.found(
                    WRONG_KIND.at(
                        line=element.line, column=element.column, path=pointer(path), field=name, **facts
                    )
                )
            return
        self.buffer.at += 1
        if self.buffer.peek() == "]":
            self.buffer.at += 1
            return
        index = 0
        while True:
            yield self.buffer.element((*path, index))
            index += 1
            if self.buffer.take(",]", "a comma or the closing bracket is missing") == "]":
                return
