"""A big XML file abridged, so that the schema's verdict on what is left is its verdict on the whole.

Of records that are written alike and follow each other so many stay as the schema can tell apart; the others are left
out. A record is left out only when its markup is that of one that stays, and each of its texts is one that the type of
its element surely allows (`_xsd_types`). So nothing that is left out can be wrong when what stays is right: the
schema sees every way in which records are written, and every text that is in any doubt. What an abridged file does not
prove (it is not valid, or not plainly written) is for the check of the whole file to say.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from lxml import etree

from exchange.formats._xsd_parts import distinguished
from exchange.formats._xsd_types import Types, types_of
from exchange.formats.xml.alike import Space, Specimen, Written, specimen
from exchange.formats.xml.layout import Layout
from exchange.formats.xml.scan import safe_parser
from exchange.formats.xml.source import DECLARATION, encoding_of

CHUNK = 1 << 20
"""How many bytes are looked at at once."""
LONGEST = 8 << 20
"""What stays, and what has no known end, may have this many characters; a file of which more stays is not abridged."""
MOST_WAYS = 64
"""So many ways of writing a record are learned in one file."""
_OWN_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_GAP = r"[ \t\r\n]*+"
_REFERENCE = re.compile("&(?:amp|lt|gt|quot|apos);")


LoadSchema = Callable[[str], bytes | None]
"""The schema for a namespace (JSON Schema: for ""), None when there is none."""
_NAMESPACE = re.compile(rb"""xmlns=["']([^"'<>&]*)["']""")


@dataclass(frozen=True, slots=True)
class Abridged:
    """The tree of what stays of a file. records: how many records are in it, by name."""

    root: etree._Element
    records: dict[str, int]
    namespace: str
    types: Types

    def is_plain(self, root: etree._Element) -> bool:
        """Whether the records in the part that is checked are those that were compared: elements of the schema, each of the
        type whose texts were looked at, none of them among what the schema leaves open.
        """
        types, counted = self.types, dict.fromkeys(self.records, 0)
        of: dict[etree._Element, str | None] = {}
        for element in root.iter(etree.Element):
            name, around = etree.QName(element), element.getparent()
            if _OWN_TYPE in element.attrib:
                return False
            known = types.outermost(name.localname)
            if around is not None and element is not root:
                known = types.child(of[around], name.localname)
            of[element] = known if name.namespace == self.namespace else None
            if name.localname in counted:
                counted[name.localname] += 1
                if of[element] is None:
                    return False
        return counted == self.records


def abridged(stream: BinaryIO, layout: Layout, load: LoadSchema) -> Abridged | None:
    """A file of a layout without the records that need not be looked at; None where that proves nothing: too much stays,
    it is damaged or not UTF-8, or records depend on each other.
    """
    places = (path for kind in layout.streamed for path in layout.kinds()[kind].places)
    names = frozenset(path.steps[-1].name.rpartition(":")[2] for path in places)
    head = stream.read(DECLARATION)
    encoding, mark, declared = encoding_of(head)
    namespace, schema = _declared(head, names, load)
    if schema is None or encoding != "utf-8" or mark or (declared or encoding).lower() != encoding:
        return None
    types, most = types_of(schema), distinguished(schema)
    work = _Abridging(names, types, {name: max(1, most[name]) for name in names})
    stream.seek(0)
    try:
        text = work.text() if all(work.add(text) for text in _decoded(stream)) else None
        root = None if text is None else etree.fromstring(text.encode(), safe_parser())
    except (UnicodeDecodeError, etree.XMLSyntaxError):
        return None
    return None if root is None else Abridged(root, work.records, namespace, types)


def _declared(head: bytes, names: frozenset[str], load: LoadSchema) -> tuple[str, bytes | None]:
    """The namespace at the head of a file whose schema has such records and does not compare them, and that schema."""
    for found in _NAMESPACE.findall(head):
        namespace = found.decode("ascii", "replace")
        schema = load(namespace)
        types = None if schema is None else types_of(schema)
        if types is not None and not types.has_keys and any(map(types.only, names)):
            return namespace, schema
    return "", None


def _decoded(stream: BinaryIO) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    while raw := stream.read(CHUNK):
        yield decoder.decode(raw)
    yield decoder.decode(b"", True)


@dataclass(slots=True)
class _Abridging:
    """One file on its way. row: how many records of one name stand in a row where the text was looked at last."""

    names: frozenset[str]
    types: Types
    most: dict[str, int]
    opening: re.Pattern[str] = field(init=False)
    records: dict[str, int] = field(init=False)
    ways: dict[str, list[re.Pattern[str]]] = field(init=False)
    learned: int = 0
    row: int = 0
    last: str = ""
    rest: str = ""
    kept: list[str] = field(default_factory=list)
    length: int = 0

    def __post_init__(self) -> None:
        self.opening = re.compile(f"<({'|'.join(map(re.escape, sorted(self.names)))})>")
        self.records = dict.fromkeys(self.names, 0)
        self.ways = {name: [] for name in self.names}

    def add(self, text: str) -> bool:
        """The next part of the file; False when too much stays."""
        self.rest += text
        place = 0
        while found := self.opening.search(self.rest, place):
            self._between(place, found.start())
            place = found.start()
            name = found[1]
            end = self._alike(name, place) if self.row >= self.most[name] and name == self.last else place
            if end == place:
                closing = self.rest.find(f"</{name}>", place)
                if closing < 0:
                    break
                end = closing + len(f"</{name}>")
                self._keep(name, place, end)
            place = end
        self.rest = self.rest[place:]
        if found is None:  # what cannot be the beginning of a record's tag
            border = max(self.rest.rfind("<"), 0)
            self._between(0, border)
            self.rest = self.rest[border:]
        return self.length + len(self.rest) <= LONGEST

    def text(self) -> str | None:
        """What stays. Comments, CDATA, entities and instructions are not looked into: a file with any is not abridged."""
        text = "".join(self.kept) + self.rest
        return None if "<!" in text or "<?" in text[2:] else text

    def _between(self, start: int, end: int) -> None:
        """What stands outside records: it stays; anything but white space ends a row."""
        text = self.rest[start:end]
        self._stay(text)
        if not text.isspace() and text:
            self.row = 0

    def _alike(self, name: str, place: int) -> int:
        """Behind the records from here on that are written like one that stays; `place` where there is none."""
        ways = self.ways[name]
        for number, way in enumerate(ways):
            match = way.match(self.rest, place)
            if match is not None and match.end() > place:
                if number:
                    ways.insert(0, ways.pop(number))
                return match.end()
        return place

    def _keep(self, name: str, start: int, end: int) -> None:
        """A record stays, and is learned when none like it was."""
        known = self._alike(name, start) > start
        text = self.rest[start:end]
        self._stay(text)
        self.row = self.row + 1 if name == self.last else 1
        self.last = name
        self.records[name] += 1
        if known or self.learned >= MOST_WAYS:
            return
        way = self._way(name, text)
        if way is not None:
            self.learned += 1
            self.ways[name].insert(0, re.compile(f"(?:{way}{_GAP})*+"))

    def _stay(self, text: str) -> None:
        self.kept.append(text)
        self.length += len(text)

    def _way(self, name: str, text: str) -> str | None:
        """The expression of records that are written like one; None where a text has a type that has none."""
        made = specimen(_REFERENCE.sub("x", text), 0)
        type_ = self.types.only(name)
        if made is None or type_ is None or any(map(_is_odd, made.elements)):
            return None
        looks: dict[int, str | None] = {}
        _look(made, made.elements[0], type_, self.types, looks)
        found = []
        for part in made.parts:
            if isinstance(part, int):
                look = looks.get(part)
                if look is None:
                    return None
                found.append(look)
            else:
                found.append(_GAP if isinstance(part, Space) else re.escape(part))
        return "".join(found)


def _is_odd(element: Written) -> bool:
    """Whether an element has a prefix, which may mean another thing elsewhere, or holds white space alone, which may count."""
    return ":" in element.name or (isinstance(element.text, Space) and not element.children)


def _look(
    made: Specimen, element: Written, of: str | None, types: Types, looks: dict[int, str | None]
) -> None:
    """What the texts of an element and of those in it may be, by their numbers."""
    if isinstance(element.text, int):
        looks[element.text] = types.text(of)
    for name, place in element.attributes.items():
        if isinstance(place, int):
            looks[place] = types.attribute(of, name, made.quotes[place])
    for child in element.children:
        _look(made, child, types.child(of, child.name), types, looks)
