"""Which elements of a file no field of its layout reads: what a person may miss in the records.

An element that nothing reads is told by its way from the outermost record, once for all of its kind; what stands inside it goes with
it. Elements around the records, such as an envelope, and attributes are not told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from lxml import etree

from exchange.formats.xml.layout import Layout, all_paths
from exchange.formats.xml.names import Names, split
from exchange.formats.xml.paths import Path, Step

MOST = 200
"""So many different elements are told at most."""


@dataclass(slots=True)
class _Known:
    """An element that a layout knows: what it knows inside it, and whether it reads its text."""

    inside: dict[str, _Known] = field(default_factory=dict)
    is_read: bool = False

    def at(self, names: tuple[str, ...] | list[str]) -> _Known:
        """The element at the end of a way down, made known."""
        here = self
        for name in names:
            here = here.inside.setdefault(name, _Known())
        return here


def unread(stream: BinaryIO, layout: Layout) -> Counter[str]:
    """The ways of the elements that hold something and are not read, with their numbers; what comes behind a fault of the file is
    not looked at.
    """
    looking = _Looking(layout)
    stream.seek(0)
    try:
        for event, element in etree.iterparse(
            stream, events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False
        ):
            if event == "start":
                looking.start(str(element.tag))
            else:
                looking.end(element)
    except etree.XMLSyntaxError:  # the reader tells
        pass
    return looking.found


def _tree(layout: Layout) -> tuple[_Known, bool]:
    """All that a layout knows from where its records may begin, and whether they may begin anywhere."""
    root, is_anywhere = _Known(), False
    for name, kind in layout.kinds().items():
        for place in layout.whole_places(name):
            is_anywhere |= place[:1] == ("//",)
            base = root.at([step for step in place if step != "//"])
            for path in (path for each in kind.fields.values() for path in all_paths(each)):
                _learn(base, path)
    return root, is_anywhere


def _learn(base: _Known, path: Path) -> None:
    """Make known what a path goes through, the elements of its conditions too."""
    for before, step in _ways(path):
        for condition in (each.path for each in step.predicates if each.path is not None):
            _learn(base.at(before), condition)
    end = base.at([step.name for step in path.steps])
    end.is_read |= path.attribute is None


def _ways(path: Path) -> Iterator[tuple[list[str], Step]]:
    """Each step with the way to its element."""
    names = [step.name for step in path.steps]
    return ((names[: number + 1], step) for number, step in enumerate(path.steps))


class _Looking:
    """The way through one file."""

    def __init__(self, layout: Layout) -> None:
        self.found: Counter[str] = Counter()
        self._names = Names(layout)
        self._root, self._is_anywhere = _tree(layout)
        self._stack: list[tuple[str, _Known | None]] = []
        """Each open element: its name, and what is known of it; None when nothing is."""

    def start(self, tag: str) -> None:
        """One more element is open."""
        name = self._names[tag]
        around = self._stack[-1][1] if self._stack else self._root
        known = around.inside.get(name) if around is not None else None
        if known is None and around is self._root and self._is_anywhere:
            known = self._root  # an envelope: what is looked for may stand inside
        self._stack.append((name, known))

    def end(self, element: etree._Element) -> None:
        """An element is closed; its text and that of what is inside it is whole now."""
        _, known = self._stack.pop()
        inside_unknown = bool(self._stack) and self._stack[-1][1] is None
        if inside_unknown:
            return
        if known is None:
            holds = any((each.text or "").strip() for each in element.iter(etree.Element))
        else:
            holds = known is not self._root and not known.is_read and bool((element.text or "").strip())
        if holds:
            self._tell(str(element.tag))
        element.clear()

    def _tell(self, tag: str) -> None:
        names = [name for name, known in self._stack if known is not self._root]
        way = "/".join(_shown(name) for name in (*names, self._names[tag]))
        if way in self.found or len(self.found) < MOST:
            self.found[way] += 1


def _shown(name: str) -> str:
    """A name as the layout has it; one of no namespace of the layout by its local part."""
    return split(name[1:])[1] if name.startswith("?") else name
