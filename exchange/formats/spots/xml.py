"""Values of XML files: the elements and attributes of the elements that records came from.

The file is parsed in one pass; elements that nobody asked for are dropped as soon as they end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from lxml import etree

from exchange.formats.spots import Spot, ignored, leaf
from exchange.formats.xml.layout import Layout, XmlField
from exchange.formats.xml.names import Names, attribute_tag, split
from exchange.formats.xml.paths import Path, Predicate
from exchange.formats.xml.plan import Level, Plan
from exchange.formats.xml.source import Source
from exchange.model import LINE, PATH, Record

_STEP = re.compile(r"/([^/\[]+)(?:\[([0-9]+)\])?")
Place = tuple[tuple[str, int], ...]


def spots(layout: Layout, stream: BinaryIO, records: Sequence[Record]) -> list[dict[str, Spot]]:
    """The elements and attributes of each record and of the kinds around it."""
    finder = _Finder(layout, records)
    source = Source(stream, ignored)
    parser = etree.XMLPullParser(
        ("start", "end"), encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        while finder.open_wishes and (chunk := source.read()):
            parser.feed(chunk)
            finder.take(parser.read_events())
    except etree.XMLSyntaxError:
        pass  # several documents in one file: what stands behind the first is told by its line alone
    return finder.found


@dataclass(slots=True)
class _Open:
    """An open element. level: None inside a record or a value; counts: elements of each name met inside."""

    element: etree._Element
    level: Level | None
    place: Place
    counts: dict[str, int] = field(default_factory=dict)
    dropped: etree._Element | None = None
    late: list[dict[str, Spot]] = field(default_factory=list)


class _Finder:
    """Follows the elements of a file and takes the spots of wanted records. found: by record, in order."""

    def __init__(self, layout: Layout, records: Sequence[Record]) -> None:
        self.layout = layout
        self.names = Names(layout)
        self.plan = Plan(layout)
        self.found: list[dict[str, Spot]] = [{} for _ in records]
        self.wanted: dict[Place, list[tuple[int | None, dict[str, Spot]]]] = {}
        for record, spots_ in zip(records, self.found, strict=True):
            self.wanted.setdefault(place_of(record[PATH] or ""), []).append((record.get(LINE), spots_))
        self.left = set(self.wanted)
        self.late = 0
        self.stack: list[_Open] = []

    @property
    def open_wishes(self) -> bool:
        """Whether something wanted may still come."""
        return bool(self.left or self.late)

    def take(self, events: Iterable[tuple[str, etree._Element]]) -> None:
        """Elements begin and end."""
        for event, element in events:
            (self.start if event == "start" else self.end)(element)

    def start(self, element: etree._Element) -> None:
        """An element begins."""
        around = self.stack[-1] if self.stack else None
        level = self.plan.root if around is None else around.level
        name = self.names[str(element.tag)]
        below = level.inside.get(name) if level is not None else None
        if below is None and level is not None and level.seeking:
            below = self.plan.seeker
        shown = split(name.removeprefix("?"))[1] if name.startswith("?") else name
        number = 1
        if around is not None:
            number = around.counts[name] = around.counts.get(name, 0) + 1
        place = (*(around.place if around else ()), (shown, number))
        self.stack.append(_Open(element, None if level is not None and level.record else below, place))

    def end(self, element: etree._Element) -> None:
        """An element ends."""
        ended = self.stack.pop()
        level = ended.level
        if level is None or (not level.record and level.kind is None):
            return
        if ended.place in self.wanted:
            self._take(ended)
        self._settle(ended, level.kind)
        if self.stack:
            self._drop(element)

    def _take(self, ended: _Open) -> None:
        """The spots of a wanted record, and those of what stands around it so far."""
        kind = ended.level.kind if ended.level else None
        self.left.discard(ended.place)
        line = ended.element.sourceline
        for wished, spots_ in self.wanted[ended.place]:
            if self.layout.concatenated and wished != line:
                continue
            spots_ |= self._fields(kind, ended, "")
            for outer in self.stack:
                self._take_around(outer, spots_)

    def _take_around(self, outer: _Open, spots_: dict[str, Spot]) -> None:
        """What an element around a wanted record says so far; it is asked again at its end when some of it stands late."""
        kind = outer.level.kind if outer.level else None
        if kind is None:
            return
        spots_ |= self._fields(kind, outer, kind)
        if any(each.late for each in self.layout.kinds()[kind].fields.values()):
            outer.late.append(spots_)
            self.late += 1

    def _settle(self, ended: _Open, kind: str | None) -> None:
        """What stands late in an element is known now."""
        for spots_ in ended.late:
            spots_ |= self._fields(kind, ended, kind or "")
            self.late -= 1

    def _drop(self, element: etree._Element) -> None:
        """Free an element that has ended; it leaves the tree when the next one of its kind has."""
        around = self.stack[-1]
        element.clear()
        if around.dropped is not None:
            around.element.remove(around.dropped)
        around.dropped = element

    def _fields(self, kind: str | None, at: _Open, prefix: str) -> dict[str, Spot]:
        taker = _Taker(self.layout, self.names, at)
        return dict(taker.fields(self.layout.kinds()[kind or ""].fields, at.element, (Path(),), prefix))


class _Taker:
    """Takes the spots of the fields of one element."""

    def __init__(self, layout: Layout, names: Names, at: _Open) -> None:
        self.layout, self.names, self.at = layout, names, at

    def fields(
        self, fields: Mapping[str, XmlField], element: etree._Element, bases: tuple[Path, ...], prefix: str
    ) -> Iterator[tuple[str, Spot]]:
        """The spots of fields, seen from an element; bases: where the structure around them may begin."""
        for name, declared in fields.items():
            paths, path = [each.under(base) for base in bases for each in declared.paths], leaf(prefix, name)
            if declared.fields is None:
                yield from self._values(declared, element, paths, path)
            elif declared.many:
                lists = ([*self._select(element, each)] for each in paths)
                for number, item in enumerate(next(filter(None, lists), []), 1):
                    yield from self.fields(declared.fields, item, (Path(),), f"{path}[{number}]")
            else:
                yield from self.fields(declared.fields, element, tuple(paths), path)

    def _values(
        self, declared: XmlField, element: etree._Element, paths: Sequence[Path], path: str
    ) -> Iterator[tuple[str, Spot]]:
        """The spot of a value: the first that holds text; of a list of values all."""
        for each in paths:
            held = [
                spot
                for holder in self._select(element, each)
                if (spot := self._spot(holder, each.attribute)).text
            ]
            if held and declared.many:
                yield from ((f"{path}[{number}]", spot) for number, spot in enumerate(held, 1))
            elif held:
                yield path, held[0]
            if held:
                return

    def _spot(self, holder: etree._Element, attribute: str | None) -> Spot:
        text = holder.text if attribute is None else holder.get(attribute_tag(self.layout, attribute))
        path = self._path(holder) + (f"/@{attribute}" if attribute else "")
        name = attribute or self.names[str(holder.tag)]
        return Spot((text or "").strip(), holder.sourceline, path=path, name=name)

    def _path(self, element: etree._Element) -> str:
        """The XPath of an element; positions stand where an element has namesakes, or belongs to a kind."""
        steps: list[str] = []
        while element is not self.at.element and (around := element.getparent()) is not None:
            alike = around.findall(str(element.tag))
            number = f"[{alike.index(element) + 1}]" if len(alike) > 1 else ""
            steps.insert(0, f"/{self.names[str(element.tag)]}{number}")
            element = around
        return "".join([*(f"/{name}[{number}]" for name, number in self.at.place), *steps])

    def _select(self, element: etree._Element, path: Path) -> Iterator[etree._Element]:
        """The elements at a path, in the order of the file."""
        here = [element]
        for step in path.steps:
            below: list[etree._Element] = []
            for around in here:
                alike = [child for child in around if self.names[str(child.tag)] == step.name]
                for predicate in step.predicates:
                    alike = [child for n, child in enumerate(alike, 1) if self._holds(predicate, child, n)]
                below += alike
            here = below
        yield from here

    def _holds(self, predicate: Predicate, element: etree._Element, number: int) -> bool:
        if predicate.path is None:
            return number == predicate.position
        attribute = predicate.path.attribute
        tag = attribute and attribute_tag(self.layout, attribute)
        holders = [h for h in self._select(element, predicate.path) if tag is None or h.get(tag) is not None]
        found = [self._spot(holder, attribute).text for holder in holders]
        if predicate.value is None:
            return bool(found)
        return any((text != predicate.value) is predicate.negated for text in found)


def place_of(path: str) -> Place:
    """An XPath as names with positions; a position that is not written is 1."""
    return tuple((name, int(number or 1)) for name, number in _STEP.findall(path))
