"""Lines that write one record of which much is known: constants stand in the template, what is empty is not in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from exchange.formats._fast import indented, write_filled
from exchange.formats.values import Codec
from exchange.formats.xml.layout import Layout, XmlField
from exchange.formats.xml.paths import Path
from exchange.formats.xml.texts import ILLEGAL, escaped, quoted
from exchange.formats.xml.writecode import (
    NEVER,
    SURE,
    Element,
    FieldCode,
    Lines,
    Piece,
    assigned,
    braced,
    depth_of,
    escape_of,
    is_safe,
    template_of,
)
from exchange.known import EMPTY, Children, Constant, Known, NotStraight, Structure, Variable


class StraightCode(FieldCode):
    """The lines for records of one kind. sure: whether the structure that is written is there for every record."""

    def __init__(self, layout: Layout, kind: str, names: dict[str, Any]) -> None:
        super().__init__(layout, False, names)
        self._kind = kind
        self._sure = True
        self._escapes: list[str] = []

    def text(self, record: Structure, lines: Lines) -> str:
        """The expression of the record's text; what must come before is added to lines."""
        kind = self._layout.kinds()[self._kind]
        step = kind.places[0].steps[-1]
        element = Element(step.name, step)
        depth = depth_of(self._layout, self._kind)
        early = {name: declared for name, declared in kind.fields.items() if not declared.late}
        lines += self._known(early, element, record.fields, Path(), "", depth)
        element.keep(kind.kept)
        lines += self._escaping(self._escapes)
        opening, inside, closing = self._parts(element, lines, depth, "")
        return template_of(opening + inside + closing if inside else f"{opening[:-1]}/>")

    def _known(
        self,
        fields: Mapping[str, XmlField],
        element: Element,
        values: Mapping[str, Known],
        base: Path,
        prefix: str,
        depth: int,
    ) -> Lines:
        lines: Lines = []
        for name, declared in fields.items():
            path, value, dotted = declared.paths[0].under(base), values.get(name, EMPTY), prefix + name
            if declared.many:
                lines += self._many(declared, element, path, value, dotted, depth)
            elif declared.fields is None:
                lines += self._leaf(declared, element, path, value, dotted)
            else:
                lines += self._group(declared, element, path, value, dotted, depth)
        return lines

    def _leaf(self, declared: XmlField, element: Element, path: Path, value: Known, dotted: str) -> Lines:
        """One value."""
        if declared.constant is not None:
            element.fix(path, declared.constant)
            if value not in (EMPTY, Constant(declared.constant)):
                raise NotStraight(f"{dotted} is not constant")
            return []
        if isinstance(value, Variable) and not value.many:
            return self._variable(declared, element, path, value, dotted)
        if not isinstance(value, Constant):
            raise NotStraight(f"{dotted} is no single value")
        text, wrong = Codec(dotted, declared, self._layout.values, xml=True).write(value.value)
        if ILLEGAL.search(text) or wrong:
            raise NotStraight(f"{dotted} is wrong")
        text = braced(escaped(text) if path.attribute is None else quoted(text))
        if not text or self._sure:
            element.put(path, Piece(text, SURE if text else NEVER))
            return []
        into = f"q{next(self._numbers)}"
        element.put(path, Piece(f"{{{into}}}", into))
        return [f"{into} = {template_of(text)}"]

    def _variable(
        self, declared: XmlField, element: Element, path: Path, value: Variable, dotted: str
    ) -> Lines:
        into = f"q{next(self._numbers)}"
        element.put(path, Piece(f"{{{into}}}", SURE if value.filled and self._sure else into))
        if not is_safe(declared):
            self._escapes.append(f"{into} = {escape_of(path)}({into})")
        codec = Codec(dotted, declared, self._layout.values, xml=True)
        write = write_filled if value.filled else Codec.write_code
        return write(codec, value.name, into, self._globals)

    def _group(
        self, declared: XmlField, element: Element, path: Path, value: Known, dotted: str, depth: int
    ) -> Lines:
        """A structure."""
        inner = declared.fields or {}
        if value == EMPTY:
            if declared.required:
                raise NotStraight(f"{dotted} is empty")
            return self._nothing(inner, element, path)
        if not isinstance(value, Structure):
            raise NotStraight(f"{dotted} is no structure")
        if value.stands:
            return self._known(inner, element, value.fields, path, f"{dotted}.", depth)
        return self._perhaps(
            value,
            lambda: self._known(inner, element, value.fields, path, f"{dotted}.", depth),
            declared.required,
        )

    def _perhaps(self, value: Structure, write: Callable[[], Lines], required: bool = False) -> Lines:
        """Lines for a structure that may be missing: its texts are empty then."""
        assert isinstance(value.present, Variable)
        sure, self._sure = self._sure, False
        inner: Lines = write()
        self._sure = sure
        missing = [f"{name} = ''" for name in assigned(inner)] or ["pass"]
        missing = ["raise Refused"] if required else missing
        return [f"if {value.present.name}:", *indented(inner or ["pass"]), "else:", *indented(missing)]

    def _nothing(self, fields: Mapping[str, XmlField], element: Element, base: Path) -> Lines:
        """Places of fields that are not there, so that the others keep their order."""
        for declared in fields.values():
            path = declared.paths[0].under(base)
            if declared.many:
                element.at(Path(path.steps[:-1]))
            elif declared.fields is not None:
                self._nothing(declared.fields, element, path)
            elif declared.constant is not None:
                element.fix(path, declared.constant)
            else:
                element.put(path, Piece("", NEVER))
        return []

    def _many(
        self, declared: XmlField, element: Element, path: Path, value: Known, dotted: str, depth: int
    ) -> Lines:
        """A list: of dicts or plain values as it is written elsewhere, of known structures one by one."""
        if isinstance(value, Variable) and value.many:
            return self._list(declared, element, path, value.name, dotted, depth)
        around = element.at(Path(path.steps[:-1]))
        if value in (EMPTY, Constant([])):
            around.inside.append(Piece("", NEVER))
            if declared.required:
                raise NotStraight(f"{dotted} is empty")
            return []
        if not isinstance(value, Children) or declared.fields is None:
            raise NotStraight(f"{dotted} is no list that is known here")
        if declared.required and not any(item.stands for item in value.items):
            raise NotStraight(f"{dotted} may be empty")
        lines: Lines = []
        for item in value.items:
            lines += self._item(declared, around, path, item, dotted, depth)
        return lines

    def _item(
        self, declared: XmlField, around: Element, path: Path, item: Structure, dotted: str, depth: int
    ) -> Lines:
        """One structure of a list."""
        into = f"l{next(self._numbers)}"
        around.inside.append(Piece(f"{{{into}}}", SURE if item.stands and self._sure else into))

        def write() -> Lines:
            own, level = Element.of(path.steps[-1]), depth + len(path.steps)
            escapes, self._escapes = self._escapes, []
            lines = self._known(declared.fields or {}, own, item.fields, Path(), f"{dotted}.", level)
            lines += self._escaping(self._escapes)
            self._escapes = escapes
            opening, inside, closing = self._parts(own, lines, level, "")
            return [*lines, f"{into} = {template_of(opening + inside + closing)}"]

        if item.stands:
            return write()
        return self._perhaps(item, write)
