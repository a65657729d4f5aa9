"""Cuts an XML file at the borders of its records into pieces that libxml2 can parse one by one.

A piece is parsed between the opening tags of the elements that are open where it begins (with all their namespaces)
and the closing tags of those that are open where it ends. That the whole is well-formed *proves* the cut: inside a
comment, a CDATA section, a processing instruction or an attribute the closing tags would not be seen, and with any
other stack of open elements they would not match. So the usual cut is found by a plain search for the last closing
tag of a record. Where the parse refuses it, a tokeniser that knows tags, quotes, comments and CDATA looks for the
right one; where there is none, the file is damaged and the records before the damage are still handed on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from lxml import etree

from exchange.findings import Finding, Found
from exchange.formats.xml.complaints import CHANGED_ENCODING, DOCTYPE, NOT_XML, TOO_BIG, Ill, Ills, ill_of
from exchange.formats.xml.names import split
from exchange.formats.xml.source import CHUNK, Source

MOST_HELD = 64 << 20
"""A record, or what stands before the first one, may have this many bytes."""
LONGEST_TOKEN = 1 << 16
"""An error this near to the end of what was read may only mean that the rest is still to come."""

Stack = tuple[bytes, ...]
"""The open elements by their names as written, outermost first."""

_TOKEN = re.compile(
    rb"""<(?:!--.*?-->|!\[CDATA\[.*?\]\]>|\?.*?\?>|/(?P<closed>[^\s>]+)\s*>"""
    rb"""|(?P<opened>[^\s/>!?][^\s/>]*)(?:"[^"]*"|'[^']*'|[^"'<>/]|/(?!>))*+(?P<empty>/?)>)""",
    re.DOTALL,
)
_PROLOGUE = re.compile(rb"\s*+(?:(?:<\?.*?\?>|<!--.*?-->)\s*+)*+", re.DOTALL)
_FIRST = re.compile(rb"<[^\s!?/<>&]")


def safe_parser() -> etree.XMLParser:
    """The only way XML of others is parsed: UTF-8, nothing fetched, comments and instructions out of values."""
    return etree.XMLParser(
        encoding="utf-8",
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        huge_tree=False,
    )


class Border(NamedTuple):
    """A place where the file may be cut: just behind the end of an element."""

    offset: int
    stack: Stack = ()
    name: bytes = b""


@dataclass(frozen=True, slots=True)
class Cutting:
    """What the cutter knows of a layout.

    records: local names of the elements behind whose end a file may be cut; splits: whether it may be cut where
    these elements are open; plain: whether names in this default namespace may be parsed without it, given the
    namespaces that have prefixes; concatenated: whether documents may follow each other.
    """

    records: frozenset[str]
    splits: Callable[[Stack], bool]
    plain: Callable[[str, list[str]], bool]
    concatenated: bool = False


class Head(NamedTuple):
    """Opening tags for the next piece: with all namespaces; and, if that loses nothing, without the default one."""

    full: bytes
    plain: bytes | None
    default: str


@dataclass(slots=True)
class Piece:
    """A parsed part of the file.

    continued: how many elements from the root down were open already; open: those that stay open, outermost first;
    line: of the file, where the piece begins; last: the document ends here; plain: the namespace of names without
    prefix was left out for speed (nothing in the piece declares one); data: its bytes.
    """

    root: etree._Element
    continued: int
    open: list[etree._Element]
    line: int
    last: bool
    plain: bool
    data: bytes


class Pieces:
    """The pieces of one file. Ends early, with a finding, at damage."""

    def __init__(self, source: Source, cutting: Cutting, found: Found) -> None:
        self._source = source
        self._cutting = cutting
        self._found = found
        self._records = frozenset(name.encode() for name in cutting.records)
        self._stacks: dict[
            bytes, Stack
        ] = {}  # name of a record's element as written → what was open behind it
        self._buffer = b""
        self._ended = False  # the source has no more
        self._stopped = False  # damage was found, or the source broke off
        self._begun = False
        self._line, self._column = 1, 0
        self._head = Head(b"", None, "")
        self._ahead = 0  # how many characters of these were parsed before the piece
        self._open: Stack = ()  # and their names
        self._short = False
        self._parser = safe_parser()

    def __iter__(self) -> Iterator[Piece]:
        while self._starts():
            self._head, self._open = Head(b"", None, ""), ()
            while (piece := self._next()) is not None:
                yield piece
                if piece.last:
                    break

    @property
    def around(self) -> bytes:
        """The opening tags, with all namespaces, of the elements that are open behind the last piece; empty where
        it cannot be said that what follows belongs to the same document.
        """
        return b"" if self._cutting.concatenated else self._head.full

    def ahead(self) -> tuple[bytes, int]:
        """What follows the last piece, as far as it is read, and its line; more is read when that is little."""
        if len(self._buffer) < CHUNK:
            self._more()
        return self._buffer, self._line

    def take(self, length: int) -> None:
        """Go on behind so many bytes: whole records, which leave open what was open before them."""
        data = self._buffer[:length]
        self._buffer = self._buffer[length:]
        self._line += data.count(b"\n")
        last = _length(data[data.rfind(b"\n") + 1 :])
        self._column = last if b"\n" in data else self._column + last

    def shorten(self) -> None:
        """Let the next piece end behind its first record, if that can be seen at once."""
        self._short = True

    def _starts(self) -> bool:
        """Whether a document begins; what stands there instead is a finding."""
        self._skip_space()
        while self._in_prologue() and self._more():
            self._skip_space()
        place = self._prologue()
        rest = self._buffer[place : place + 16]
        if self._stopped or self._source.broken or (self._begun and not rest):
            return False
        self._begun = True
        line = self._line + self._buffer.count(b"\n", 0, place)
        declared = self._source.other_encoding(self._buffer)
        if declared is not None:
            self._found(CHANGED_ENCODING.at(line=line, value=declared))
        elif _FIRST.match(rest):
            return True
        elif rest.startswith(b"<!DOCTYPE"):
            self._found(DOCTYPE.at(line=line, value="<!DOCTYPE"))
        else:
            self._found(NOT_XML.at(line=line, column=1, why=_why_not(rest)))
        return False

    def _skip_space(self) -> None:
        """Between two documents there may be white space; the next one's declaration must come first."""
        if self._begun:
            rest = self._buffer.lstrip()
            self._line += self._buffer.count(b"\n", 0, len(self._buffer) - len(rest))
            self._buffer = rest

    def _in_prologue(self) -> bool:
        """Whether it cannot be seen yet where the prologue ends."""
        rest = self._buffer[self._prologue() :]
        return len(rest) < 16 or rest.startswith((b"<?", b"<!--"))

    def _prologue(self) -> int:
        """How many bytes of the buffer are white space, comments and instructions."""
        match = _PROLOGUE.match(self._buffer)
        return match.end() if match else 0

    def _more(self) -> bool:
        """Read on; False at the end, or when more is held than any record needs."""
        if self._ended or self._stopped:
            return False
        if len(self._buffer) > MOST_HELD:
            why = f"one record, or what stands before the first, has more than {MOST_HELD >> 20} MiB"
            self._stop(TOO_BIG.at(line=self._line, why=why))
            return False
        wanted = max(1, len(self._buffer))  # doubling, so that searching again stays linear
        parts = [self._buffer]
        while wanted > 0 and not self._ended:
            chunk = self._source.read()
            parts.append(chunk)
            wanted -= len(chunk)
            self._ended = not chunk
        self._buffer = b"".join(parts)
        return True

    def _stop(self, finding: Finding) -> None:
        """End here; a source that broke off has said why already."""
        if not self._source.broken:
            self._found(finding)
        self._stopped = True

    def _next(self) -> Piece | None:
        """The next piece; None at damage and where the source broke off."""
        if len(self._buffer) < CHUNK and not self._cutting.concatenated:
            self._more()
        while not self._stopped:
            piece = self._quick() or self._careful()
            if piece is not None or not self._more():
                return piece
        return None

    def _quick(self) -> Piece | None:
        """Cut behind the last closing tag of a record; None where that needs a closer look."""
        if self._cutting.concatenated or self._source.broken:
            return None
        first, self._short = self._short and self._first_border(), False
        if first and (piece := self._parsed(first)):
            return piece
        if self._ended:
            return self._parsed(Border(len(self._buffer)))
        border = self._last_border()
        if border is None and self._learned(borders := self._borders(first=True)[0]):
            border = self._last_border() or borders[0]
        return None if border is None else self._parsed(border)

    def _first_border(self) -> Border | None:
        """Where the first element of a known name seems to end that leaves open what is open now."""
        names = [name for name, stack in self._stacks.items() if stack == self._open]
        found = [(token.end(), name) for name in names if (token := _first(self._buffer, b"</" + name))]
        end, name = min(found, default=(0, b""))
        return Border(end, self._open, name) if end else None

    def _last_border(self) -> Border | None:
        """Where the last element of a known name seems to end, with what was open behind the others of that name."""
        found = [(end, name) for name in self._stacks if (end := _last_end(self._buffer, name))]
        end, name = max(found, default=(0, b""))
        return Border(end, self._stacks[name], name) if end else None

    def _careful(self) -> Piece | None:
        """Cut where the tokeniser says; at damage, before it. None when more must be read first."""
        borders, end = self._borders()
        if end is not None and self._cutting.concatenated:
            return self._parsed(Border(end), borders)
        if self._ended and not self._source.broken:
            return self._parsed(Border(len(self._buffer)), borders)
        if self._learned(borders):
            return self._parsed(borders[-1], borders)
        if not self._source.broken:
            self._stop_if_damaged()
        return None

    def _learned(self, borders: list[Border]) -> bool:
        """Remember what is open behind the element at the last border, if there is one."""
        for border in borders[-1:]:
            self._stacks[border.name] = border.stack
        return bool(borders)

    def _stop_if_damaged(self) -> None:
        """With no border in sight: stop if what is held is damaged, so that nobody waits for a border in vain."""
        self._ahead = _length(self._head.full)
        parsed = self._parse(self._head.full + self._buffer)
        if (
            isinstance(parsed, Ill)
            and self._offset_of(parsed, self._buffer) < len(self._buffer) - LONGEST_TOKEN
        ):
            self._stop(self._ills().finding(parsed))

    def _parse(self, data: bytes) -> etree._Element | Ill:
        """The root of a whole document, or why it is none."""
        root, error = None, None
        try:
            root = etree.fromstring(data, self._parser)
        except etree.XMLSyntaxError as raised:
            error = raised
        ill = ill_of(self._parser, error)
        if ill is not None:
            return ill
        assert root is not None  # without an error there is a document
        return root

    def _borders(self, first: bool = False) -> tuple[list[Border], int | None]:
        """All places to cut in the buffer (or the first one), and where the document ends, if it does."""
        stack, borders, place = list(self._open), [], 0
        data = self._buffer
        while (place := data.find(b"<", place)) >= 0 and (token := _TOKEN.match(data, place)):
            place = token.end()
            name = token["opened"] or token["closed"]
            if token["opened"] and not token["empty"]:
                stack.append(name)
                continue
            if token["closed"] and (not stack or stack.pop() != name):
                break
            if stack and name and self._is_border(name, tuple(stack)):
                borders.append(Border(place, tuple(stack), name))
                if first:
                    return borders, None
            if not stack and name:
                return borders, place
        return borders, None

    def _is_border(self, name: bytes, stack: Stack) -> bool:
        return name.rpartition(b":")[2] in self._records and self._cutting.splits(stack)

    def _parsed(self, border: Border, borders: list[Border] | None = None) -> Piece | None:
        """The buffer up to a border as a piece, taken off the buffer; with `borders`, damage is dealt with."""
        tail = b"".join(b"</%b>" % name for name in reversed(border.stack))
        data = self._buffer[: border.offset]
        plain = None if b"xmlns" in data else self._head.plain
        head = self._head.full if plain is None else plain
        self._ahead = _length(head)
        root = self._parse(head + data + tail)
        if isinstance(root, Ill):
            return None if borders is None else self._before(root, data, borders)
        spine = _spine(root, len(border.stack))
        piece = Piece(root, len(self._open), spine, self._line, not border.stack, plain is not None, data)
        self.take(border.offset)
        if plain is None or border.stack != self._open:  # otherwise no name and no namespace has changed
            self._head = self._next_head(spine, "" if plain is None else self._head.default)
        self._open = border.stack
        return piece

    def _before(self, ill: Ill, data: bytes, borders: list[Border]) -> Piece | None:
        """Say what is damaged and stop; the piece that stands before the damage, if there is one."""
        bad = self._offset_of(ill, data)
        self._stop(self._ills().finding(ill, at_end=self._ended and bad >= len(data) - 1))
        whole = [border for border in borders if border.offset <= bad]
        return self._parsed(whole[-1]) if whole else None

    def _ills(self) -> Ills:
        return Ills(self._line, self._column - self._ahead)

    def _offset_of(self, ill: Ill, data: bytes) -> int:
        """Where in the data the parser stopped, which counts characters."""
        begin = 0
        for _ in range(ill.line - 1):
            begin = data.find(b"\n", begin) + 1
        characters = max(0, ill.column - 1 - (self._ahead if ill.line == 1 else 0))
        return begin + len(data[begin:].decode("utf-8", "ignore")[:characters].encode())

    def _next_head(self, spine: list[etree._Element], default: str) -> Head:
        """The opening tags of elements that stay open, with every namespace that holds inside them.

        default: the namespace that names without prefix were parsed without.
        """
        defaults = [(element.nsmap.get(None) or "") or default for element in spine]
        full = b"".join(map(_opening, spine, defaults))
        inner = defaults[-1] if defaults else ""
        prefixed = [uri for element in spine for prefix, uri in element.nsmap.items() if prefix is not None]
        if not spine or (inner and "" in defaults) or not self._cutting.plain(inner, prefixed):
            return Head(full, None, inner)
        plain = ("" if name == inner else name for name in defaults)
        return Head(full, b"".join(map(_opening, spine, plain)), inner)


def _length(text: bytes) -> int:
    """How many characters UTF-8 has."""
    return len(text.decode("utf-8", "ignore"))


def _first(data: bytes, tag: bytes) -> re.Match[bytes] | None:
    """The first tag that begins so."""
    place = data.find(tag)
    return _TOKEN.match(data, place) if place >= 0 else None


def _last_end(data: bytes, name: bytes) -> int:
    """Where the last element of this name seems to end; 0 when none does."""
    return max(_last(data, b"</", name, "closed"), _last(data, b"<", name, "empty"))


def _last(data: bytes, sign: bytes, name: bytes, kind: str) -> int:
    """The end of the last whole tag of this name, if it is of this kind ("closed" or "empty"); otherwise 0."""
    place = data.rfind(sign + name)
    while place >= 0:
        token = _TOKEN.match(data, place)
        if token is not None and name in (token["closed"], token["opened"]):
            return token.end() if token[kind] else 0
        place = data.rfind(sign + name, 0, place)
    return 0


def _spine(root: etree._Element, depth: int) -> list[etree._Element]:
    """The last elements of each level, from the root down."""
    spine = [root][:depth]
    while len(spine) < depth:
        spine.append(spine[-1][-1])
    return spine


def _opening(element: etree._Element, default: str) -> bytes:
    spaces = [(prefix, uri) for prefix, uri in element.nsmap.items() if prefix is not None]
    declared = [
        f' xmlns="{_quoted(default)}"',
        *(f' xmlns:{prefix}="{_quoted(uri)}"' for prefix, uri in spaces),
    ]
    prefix = f"{element.prefix}:" if element.prefix else ""
    return f"<{prefix}{split(str(element.tag))[1]}{''.join(declared)}>".encode()


def _quoted(text: str) -> str:
    for character, reference in (
        ("&", "&amp;"),
        ("<", "&lt;"),
        ('"', "&quot;"),
        ("\n", "&#10;"),
        ("\t", "&#9;"),
        ("\r", "&#13;"),
    ):
        text = text.replace(character, reference)
    return text


def _why_not(rest: bytes) -> str:
    """What stands where the first element should begin, in words."""
    if not rest:
        return "it is empty"
    return f'where the first element should begin stands "{rest.decode("utf-8", "replace")}"'
