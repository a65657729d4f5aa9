"""Says everything that is wrong with one element, with line and XPath: the helpers of the slow generated code."""

from __future__ import annotations

from typing import Any

from lxml import etree

from exchange.findings import Finding, Found
from exchange.formats.values import EMPTY, Codec
from exchange.formats.xml.complaints import NOT_A_VALUE
from exchange.formats.xml.names import Names, split


class Placed(str):
    """A text that knows where it stands."""

    element: etree._Element
    attribute: str | None


def _placed(text: str | None, element: etree._Element, attribute: str | None = None) -> Placed | None:
    if text is None:
        return None
    placed = Placed(text)
    placed.element, placed.attribute = element, attribute
    return placed


class Teller:
    """Collects what the slow code finds in one element after another.

    names: of the piece that is being read; bad: an error was found since `begin`.
    """

    names: Names

    def __init__(self, found: Found) -> None:
        self._found = found
        self.bad = False

    def begin(self, root: etree._Element | None, path: str, line: int, offset: int = 0) -> None:
        """From now on things are seen from `root`, at this path and line; offset: lines before the parsed piece."""
        self._root, self._path, self._line, self._offset = root, path, line, offset
        self._item: etree._Element | None = None
        self.bad = False

    def text(self, element: etree._Element) -> Placed | None:
        """The text of an element, with its place."""
        return _placed(element.text, element)

    def attribute(self, element: etree._Element, tag: str) -> Placed | None:
        """The text of an attribute, with its place."""
        return _placed(element.get(tag), element, tag)

    def leaf(self, element: etree._Element, field: str) -> None:
        """Tell when a plain value holds elements."""
        if len(element):
            self._tell(NOT_A_VALUE.at(field=field, **self._at(element)))

    def item(self, element: etree._Element | None) -> None:
        """What is missing from now on is missing in this element."""
        self._item = element

    def value(self, codec: Codec, text: str | None, where: str) -> Any:
        """The value of a text; everything that is wrong with it is told."""
        value, findings = codec.read(text)
        if findings:
            place = (
                self._at(text.element, text.attribute)
                if isinstance(text, Placed)
                else self._missing_at(where)
            )
            _, findings = codec.read(text, **place)
        for finding in findings:
            self._tell(finding)
        return value

    def missing(self, field: str, where: str) -> None:
        """Tell that a required structure or list is missing."""
        self._tell(EMPTY.at(field=field, **self._missing_at(where)))

    def _tell(self, finding: Finding) -> None:
        self.bad = self.bad or finding.severity == "error"
        self._found(finding)

    def _missing_at(self, where: str) -> dict[str, Any]:
        """The place of something that is not there: its path in the element that should hold it."""
        base = {"line": self._line, "path": self._path} if self._item is None else self._at(self._item)
        return {**base, "path": base["path"] if where == "." else f"{base['path']}/{where}"}

    def _at(self, element: etree._Element, attribute: str | None = None) -> dict[str, Any]:
        steps = [f"@{split(attribute)[1]}"] if attribute else []
        line = self._offset + (element.sourceline or 0)
        while element is not self._root and (around := element.getparent()) is not None:
            steps.insert(0, self._step(element, around))
            element = around
        return {"line": line, "path": "/".join([self._path, *steps])}

    def _step(self, element: etree._Element, around: etree._Element) -> str:
        """The name of an element, with its position where it has namesakes."""
        alike = around.findall(str(element.tag))
        name = self.names[str(element.tag)].removeprefix("?")
        name = split(name)[1] if name.startswith("{") else name
        return name if len(alike) == 1 else f"{name}[{alike.index(element) + 1}]"
