"""A big XML file as a row of small documents, each of which can be checked against the file's schema alone.

What stood in an element that goes on (a statement's head and its entries, say) is put before its children in every
later part, so that the schema sees the same order of names as in the whole file; of many of one name in a row only so
many are put there as the schema can tell apart. What is wrong in them is told once. That an element which goes on is
not complete yet is no finding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import lru_cache
from itertools import islice
from typing import BinaryIO

from lxml import etree

from exchange.findings import Finding
from exchange.formats.xml.layout import Layout
from exchange.formats.xml.names import matches
from exchange.formats.xml.plan import Plan
from exchange.formats.xml.scan import Cutting, Piece, Pieces, safe_parser
from exchange.formats.xml.source import Source

XSD = "http://www.w3.org/2001/XMLSchema"
MOST_KEPT = 1_000
"""So many children are kept of an element that goes on: more rows of different names than that no schema has."""
Most = Callable[[str], int]
"""How many elements of one name in a row stand for any number of them."""


def messages(root: etree._Element, layout: Layout | None) -> Iterator[etree._Element]:
    """The elements that are in a namespace of the layout, or all elements where none is: an envelope, or a header beside
    the message, may have a schema of its own, which says nothing of the message."""
    known: dict[str, bool] = {}
    any_is = False
    for element in root.iter(etree.Element):
        namespace = etree.QName(element).namespace or ""
        if namespace not in known:
            known[namespace] = layout is not None and any(
                matches(namespace, own) for own in layout.namespaces
            )
        if known[namespace]:
            any_is = True
            yield element
    if not any_is:
        yield from root.iter(etree.Element)


class Part:
    """One small document; line: what to add to the lines in it."""

    def __init__(self, piece: Piece, continued: list[Open]) -> None:
        self.root = piece.root
        self.line = piece.line - 1
        self._piece = piece
        self._chain = list(islice(_first_children(piece.root), piece.continued))
        self._continued = continued
        self._copies = {
            copy for element, known in zip(self._chain, continued, strict=True) for copy in known.put(element)
        }

    def is_told(self, element: etree._Element | None) -> bool:
        """Whether a finding at an element was told before: the element is a copy of one in an earlier part."""
        if element is None:
            return self._piece.continued > 0
        here: etree._Element | None = element
        while here is not None and here not in self._copies:
            here = here.getparent()
        return here is not None

    def goes_on(self, element: etree._Element | None) -> bool:
        """Whether the rest of an element stands in the next part."""
        return element is None or element in self._piece.open

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
            self._continued[self._chain.index(around)].seen[str(element.tag)] if around in self._chain else 0
        )
        return before + same.index(element) + 1 if before or len(same) > 1 else 0

    def open(self, most: Most) -> list[Open]:
        """What the next part must know of the elements that stay open."""
        found: list[Open] = []
        for depth, element in enumerate(self._piece.open):
            inner = self._piece.open[depth + 1] if depth + 1 < len(self._piece.open) else None
            is_chained = depth < len(self._chain) and self._chain[depth] is element
            known = self._continued[depth] if is_chained else Open(dict(element.attrib))
            for child in element:
                if child is not inner and child not in self._copies:
                    known.add(child, most)
            found.append(known)
        return found


class Open:
    """An element that goes on in the next part: its attributes, what stands for its children so far, and how many of
    each name there were.
    """

    def __init__(self, attributes: dict[str, str]) -> None:
        self.attributes = attributes
        self.seen: Counter[str] = Counter()
        self._kept: list[etree._Element] = []
        self._row = 0  # how many of the last name stand there in a row

    def add(self, child: etree._Element, most: Most) -> None:
        """One more child; in a long row of one name it changes nothing for what may follow."""
        name = str(child.tag)
        self.seen[name] += 1
        self._row = self._row + 1 if self._kept and self._kept[-1].tag == name else 1
        if self._row <= most(name) and len(self._kept) < MOST_KEPT:
            self._kept.append(deepcopy(child))

    def put(self, element: etree._Element) -> list[etree._Element]:
        """Give the element of the next part its attributes and copies of what stood in it."""
        for name, value in self.attributes.items():
            element.set(name, value)
        copies = [deepcopy(child) for child in self._kept]
        for place, copy in enumerate(copies):
            element.insert(place, copy)
        return copies


def parts(stream: BinaryIO, layout: Layout, most: Most) -> Iterator[Part]:
    """The parts of a file of this layout; where the file is damaged, they end (the reader tells why)."""
    plan = Plan(layout)
    cutting = Cutting(plan.ends, plan.splits, lambda _default, _prefixed: False, layout.concatenated)
    continued: list[Open] = []
    for piece in Pieces(Source(stream, _ignored), cutting, _ignored):
        part = Part(piece, continued)
        yield part
        continued = part.open(most)


@lru_cache(maxsize=16)
def distinguished(schema: bytes) -> Counter[str]:
    """By local name: how many elements of it in a row a schema tells apart from still more of them."""
    root = etree.fromstring(schema, safe_parser())
    counts: dict[str, int] = {}
    groups = 1
    for element in root.iter(
        *(f"{{{XSD}}}{kind}" for kind in ("element", "sequence", "choice", "all", "group"))
    ):
        least, highest = element.get("minOccurs", "1"), element.get("maxOccurs", "1")
        number = max(1, int(least)) if highest == "unbounded" else int(highest) + 1  # that is one too many
        name = element.get("name") or element.get("ref", "").rpartition(":")[2]
        if element.tag == f"{{{XSD}}}element":
            counts[name] = max(counts.get(name, 1), number)
        elif highest != "unbounded":
            groups = max(groups, int(highest))
    return Counter({name: number * groups for name, number in counts.items()})


def _first_children(element: etree._Element) -> Iterator[etree._Element]:
    while True:
        yield element
        element = element[0]


def _ignored(_finding: Finding) -> None:
    """Damage and wrong bytes are the reader's to tell."""
