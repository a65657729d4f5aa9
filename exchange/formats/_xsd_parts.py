"""A big XML file as a row of small documents, each of which can be checked against the file's schema alone.

What stands before the records of an element (a statement's head, say) is put before the records of every later
piece; what is wrong there is told once. That an element which goes on is not complete yet is no finding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from itertools import islice
from typing import BinaryIO

from lxml import etree

from exchange.findings import Finding
from exchange.formats.xml.layout import Layout
from exchange.formats.xml.names import split
from exchange.formats.xml.plan import Plan
from exchange.formats.xml.scan import Cutting, Piece, Pieces
from exchange.formats.xml.source import Source


class Part:
    """One small document; line: what to add to the lines in it."""

    def __init__(self, piece: Piece, goes_on: list[Open]) -> None:
        self.root = piece.root
        self.line = piece.line - 1
        self._piece = piece
        self._chain = list(islice(_first_children(piece.root), piece.continued))
        self._goes_on = goes_on
        self._copies = {
            copy for element, known in zip(self._chain, goes_on, strict=True) for copy in known.put(element)
        }

    def is_told(self, element: etree._Element | None) -> bool:
        """Whether a finding at an element was told before: the element is a copy of one in an earlier part."""
        if element is None:
            return self._piece.continued > 0
        here: etree._Element | None = element
        while here is not None and here not in self._copies:
            here = here.getparent()
        return here is not None

    def is_elsewhere(self, element: etree._Element | None, expected: set[str]) -> bool:
        """Whether what an element lacks may stand in another part: it goes on, or had one of these in it before."""
        if element is None or element in self._piece.open:
            return True
        if element not in self._chain:
            return False
        seen = self._goes_on[self._chain.index(element)].seen
        return any(split(tag)[1] in expected for tag in seen)

    def is_continued(self, element: etree._Element) -> bool:
        """Whether an element began in an earlier part, where its attributes were checked."""
        return element in self._chain

    def number(self, element: etree._Element) -> int:
        """The position of an element among its namesakes, counted over all parts; 0 when it has none so far."""
        around = element.getparent()
        if around is None:
            return 0
        same = [child for child in around if child.tag == element.tag and child not in self._copies]
        before = (
            self._goes_on[self._chain.index(around)].seen[str(element.tag)] if around in self._chain else 0
        )
        return before + same.index(element) + 1 if before or len(same) > 1 else 0

    def open(self, records: frozenset[str]) -> list[Open]:
        """What the next part must know of the elements that stay open."""
        found: list[Open] = []
        for depth, element in enumerate(self._piece.open):
            inner = self._piece.open[depth + 1] if depth + 1 < len(self._piece.open) else None
            own = [child for child in element if child not in self._copies]
            seen = Counter(str(child.tag) for child in own if child is not inner)
            if depth < len(self._chain) and self._chain[depth] is element:
                known = self._goes_on[depth]
                found.append(Open(known.head, known.attributes, known.seen + seen))
            else:
                found.append(Open(_head(own, inner, records), dict(element.attrib), seen))
        return found


class Open:
    """An element that goes on in the next part: its head and attributes, and how many of each name were in it."""

    def __init__(self, head: list[etree._Element], attributes: dict[str, str], seen: Counter[str]) -> None:
        self.head = head
        self.attributes = attributes
        self.seen = seen

    def put(self, element: etree._Element) -> list[etree._Element]:
        """Give the element of the next part its attributes and a copy of its head."""
        for name, value in self.attributes.items():
            element.set(name, value)
        copies = [deepcopy(child) for child in self.head]
        for place, copy in enumerate(copies):
            element.insert(place, copy)
        return copies


def parts(stream: BinaryIO, layout: Layout) -> Iterator[Part]:
    """The parts of a file of this layout; where the file is damaged, they end (the reader tells why)."""
    plan = Plan(layout)
    cutting = Cutting(plan.ends, plan.splits, lambda _default, _prefixed: False, layout.concatenated)
    goes_on: list[Open] = []
    for piece in Pieces(Source(stream, _ignored), cutting, _ignored):
        part = Part(piece, goes_on)
        yield part
        goes_on = part.open(plan.ends)


def _head(
    children: list[etree._Element], inner: etree._Element | None, records: frozenset[str]
) -> list[etree._Element]:
    """What stands before the first record or the element that goes on."""
    head: list[etree._Element] = []
    for child in children:
        if child is inner or split(str(child.tag))[1] in records:
            break
        head.append(deepcopy(child))
    return head


def _first_children(element: etree._Element) -> Iterator[etree._Element]:
    while True:
        yield element
        element = element[0]


def _ignored(_finding: Finding) -> None:
    """Damage and wrong bytes are the reader's to tell."""
