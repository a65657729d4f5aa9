"""Generates the Python that writes one layout: a text template for each kind, values formatted and checked inline.

As in reading, the same tree becomes code twice: fast code that raises `Refused`, and slow code that tells `o`
(a `texts.Teller`) everything that is wrong. An element that would hold nothing but constants inside an optional
element is left out with it; an attribute of an empty value is left out with the value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from exchange.errors import UseError
from exchange.formats._fast import indented
from exchange.formats.values import Codec, Refused
from exchange.formats.xml.layout import Layout, XmlField, XmlKind
from exchange.formats.xml.paths import Path, Step
from exchange.formats.xml.texts import GUARD, escaped, quoted

Lines = list[str]


SURE, NEVER = "True", "''"
"""That something is written, and that it is not, whatever the record."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Text in a template. there: an expression that says whether there is any; None where that does not depend on the
    record, and says nothing of what stands around it.
    """

    template: str
    there: str | None


@dataclass(slots=True)
class Element:
    """An element to write: its parts are constants or variables (Python names that hold text)."""

    name: str
    step: Step
    text: Piece | None = None
    attributes: list[tuple[str, Piece]] = field(default_factory=list)
    inside: list[Element | Piece] = field(default_factory=list)

    @classmethod
    def of(cls, step: Step) -> Element:
        """The element of a step; its conditions become constants."""
        made = cls(step.name, step)
        for predicate in step.predicates:
            if predicate.path is not None and predicate.value is not None and not predicate.negated:
                made.fix(predicate.path, predicate.value)
        return made

    def below(self, step: Step) -> Element:
        """The element for a step, made at the end where it is missing."""
        for inner in self.inside:
            if isinstance(inner, Element) and inner.step == step:
                return inner
        made = Element.of(step)
        self.inside.append(made)
        return made

    def at(self, path: Path) -> Element:
        """The element at the end of a path."""
        element = self
        for step in path.steps:
            element = element.below(step)
        return element

    def fix(self, path: Path, value: str) -> None:
        """A constant text at a path."""
        self.put(path, Piece(braced(escaped(value) if path.attribute is None else quoted(value)), None))

    def put(self, path: Path, piece: Piece) -> None:
        """A text at a path; where there is one already, UseError, unless the new one is fixed."""
        target = self.at(path)
        if path.attribute is not None:
            target.attributes.append((path.attribute, piece))
        elif target.text is not None and piece.there is not None:
            raise UseError(f'Two fields are written to "{path}".')
        elif target.text is None or target.text.there is None:
            target.text = piece

    def keep(self, paths: Iterable[Path]) -> None:
        """Elements inside this one are written even when they hold nothing."""
        for path in paths:
            self.at(path).inside.append(Piece("", SURE))

    def variables(self) -> Iterator[str]:
        """What must hold something for the element to be written; nothing when all of it is constant."""
        if self.text is not None and self.text.there is not None:
            yield self.text.there
            return
        for piece in (*(piece for _, piece in self.attributes), *self.inside):
            if isinstance(piece, Element):
                yield from piece.variables()
            elif piece.there is not None:
                yield piece.there


class FieldCode:
    """Lines for the fields of one layout in one style, and templates of the elements they are written to. names: what
    the lines refer to.
    """

    def __init__(self, layout: Layout, slow: bool, names: dict[str, Any]) -> None:
        self._layout = layout
        self._slow = slow
        self._globals = names
        self._globals |= {"Refused": Refused, "guard": GUARD, "escaped": escaped, "quoted": quoted}
        self._numbers = count()

    # --- texts of fields -----------------------------------------------------------------------------------

    def _fields(
        self,
        fields: Mapping[str, XmlField],
        element: Element,
        record: str,
        base: Path,
        prefix: str,
        depth: int,
    ) -> Lines:
        """Lines that set a variable for each field, and where these stand in the element."""
        texts: list[str] = []
        lines = self._unescaped(fields, element, record, base, prefix, depth, texts)
        return lines + self._escaping(texts)

    def _unescaped(
        self,
        fields: Mapping[str, XmlField],
        element: Element,
        record: str,
        base: Path,
        prefix: str,
        depth: int,
        texts: list[str],
    ) -> Lines:
        """The same without the look at what must be escaped; the lines that do it are added to texts."""
        lines: Lines = []
        for name, declared in fields.items():
            path = declared.paths[0].under(base)
            got = f"{record}.get({name!r})"
            dotted = prefix + name
            if declared.fields is None and not declared.many:
                lines += self._value(declared, element, path, got, dotted, texts)
            elif declared.fields is None or declared.many:
                lines += self._list(declared, element, path, got, dotted, depth)
            else:
                lines += self._structure(declared, element, path, got, dotted, depth, texts)
        return lines

    def _value(
        self, declared: XmlField, element: Element, path: Path, got: str, dotted: str, texts: list[str]
    ) -> Lines:
        if declared.constant is not None:
            element.fix(path, declared.constant)
            return self._constant(declared, got, dotted, path)
        number = next(self._numbers)
        into, value = f"q{number}", f"y{number}"
        element.put(path, Piece(f"{{{into}}}", into))
        texts += [] if is_safe(declared) else [f"{into} = {escape_of(path)}({into})"]
        return [f"{value} = {got}", *self._put(declared, value, into, dotted, path)]

    def _put(self, declared: XmlField, value: str, into: str, dotted: str, path: Path) -> Lines:
        """Lines that set `into` to the text of the local `value`."""
        codec = Codec(dotted, declared, self._layout.values, xml=True)
        if not self._slow:
            return codec.write_code(value, into, self._globals)
        self._globals[f"{into}_codec"] = codec
        return [f"{into} = o.put({into}_codec, {value}, {str(path)!r})"]

    def _constant(self, declared: XmlField, got: str, dotted: str, path: Path) -> Lines:
        """A mapping need not set a constant; what it sets must be right."""
        number = next(self._numbers)
        lines = [f"y{number} = {got}", f"if y{number} is not None:"]
        return [*lines, *indented(self._put(declared, f"y{number}", f"q{number}", dotted, path))]

    def _escaping(self, texts: list[str]) -> Lines:
        """One look at all texts together; the slow code has escaped each of them already."""
        if not texts or self._slow:
            return []
        names = "".join(f"{{{line.partition(' ')[0]}}}" for line in texts)
        return [f"if guard(f'{names}'):", *indented(texts)]

    def _list(
        self, declared: XmlField, element: Element, path: Path, got: str, dotted: str, depth: int
    ) -> Lines:
        """A list of structures or plain values: the joined texts of its items, in one variable."""
        number = next(self._numbers)
        into, item = f"l{number}", f"i{number}"
        if path.attribute is not None or not path.steps:
            raise UseError(
                f'The list "{dotted}" of {self._layout.layout} has no element of its own to write.'
            )
        element.at(Path(path.steps[:-1])).inside.append(Piece(f"{{{into}}}", into))
        own, level = Element.of(path.steps[-1]), depth + len(path.steps)
        if declared.fields is None:
            single = declared.model_copy(update={"many": False, "required": False})
            texts: list[str] = []
            lines = self._value(single, own, Path(), item, dotted, texts)
            lines += self._escaping(texts)
        else:
            lines = [f"{item} = o.structure({item}, {dotted!r})"] if self._slow else []
            lines += self._fields(declared.fields, own, item, Path(), f"{dotted}.", level)
        opening, inside, closing = self._parts(own, lines, level, "")
        condition = f"if {own.text.there}: " if own.text and own.text.there else ""
        lines.append(f"{condition}{into}.append({template_of(opening + inside + closing)})")
        items = f"o.list({got}, {dotted!r})" if self._slow else f"{got} or ()"
        missing = self._missing(dotted, path, f"not {into}") if declared.required else []
        if self._slow:  # what is told of an item has its number in the path
            lines = [f"o.item({str(path)!r})", *lines, "o.leave()"]
        loop = [f"{into} = []", f"for {item} in {items}:", *indented(lines)]
        return [*loop, *missing, f"{into} = ''.join({into})"]

    def _missing(self, dotted: str, path: Path, condition: str) -> Lines:
        tell = f"o.missing({dotted!r}, {str(path)!r})" if self._slow else "raise Refused"
        return [f"if {condition}: {tell}"]

    def _structure(
        self,
        declared: XmlField,
        element: Element,
        path: Path,
        got: str,
        dotted: str,
        depth: int,
        texts: list[str],
    ) -> Lines:
        """The fields of a structure, all empty when it is empty."""
        record = f"g{next(self._numbers)}"
        inner = self._unescaped(declared.fields or {}, element, record, path, f"{dotted}.", depth, texts)
        shape = f"o.structure({got}, {dotted!r})" if self._slow else got
        empty = [f"{name} = ''" for name in assigned(inner)]
        lines = [f"{record} = {shape}", f"if {record} is None:", *indented(empty or ["pass"])]
        if declared.required:
            lines += indented(self._missing(dotted, path, "True"))
        return [*lines, "else:", *indented(inner or ["pass"])]

    # --- templates -----------------------------------------------------------------------------------------

    def _parts(
        self, element: Element, lines: Lines, depth: int, extra: str, around: Set[str] = frozenset()
    ) -> tuple[str, str, str]:
        """Opening tag, content and closing tag as templates; lines that prepare them are added to `lines`."""
        attributes = extra
        for name, piece in element.attributes:
            if piece.there in (None, SURE):
                attributes += f' {name}="{piece.template}"'
            elif piece.there != NEVER:
                lines.append(f"{piece.there}_a = f' {name}=\"{piece.template}\"' if {piece.there} else ''")
                attributes += f"{{{piece.there}_a}}"
        inside = self._inside(element, lines, depth, around)
        closing = f"</{element.name}>"
        if element.inside or not (element.text and element.text.template):
            closing = self._indent(depth) + closing
        return f"{self._indent(depth)}<{element.name}{attributes}>", inside, closing

    def _inside(self, element: Element, lines: Lines, depth: int, around: Set[str] = frozenset()) -> str:
        content = element.text.template if element.text else ""
        for inner in element.inside:
            if isinstance(inner, Element):
                content += self._whole(inner, lines, depth + 1, around)
            else:
                content += inner.template
        return content

    def _whole(self, element: Element, lines: Lines, depth: int, around: Set[str]) -> str:
        """The template of an element that is left out when it would be empty. around: what must hold something for
        the element around it to be written: where that is the same, both are left out together.
        """
        told = dict.fromkeys(element.variables())
        variables = [] if SURE in told else [variable for variable in told if variable != NEVER]
        if told and not variables and SURE not in told:
            return ""
        opening, inside, closing = self._parts(element, lines, depth, "", set(variables))
        if not element.inside and not (element.text and element.text.template):
            opening, closing = f"{opening[:-1]}/>", ""
        template = opening + inside + closing
        if not variables or set(variables) == around:
            return template
        into = f"w{next(self._numbers)}"
        lines.append(f"{into} = {template_of(template)} if {' or '.join(variables)} else ''")
        return f"{{{into}}}"

    def _indent(self, depth: int) -> str:
        return "\n" + " " * (self._layout.indent * depth) if self._layout.indent else ""


class WriteCode(FieldCode):
    """The generated functions of one layout in one style; `source` is their text.

    write_KIND(record, o) -> text for streamed kinds; around_KIND(record, o) -> (start, end) for the others.
    """

    def __init__(self, layout: Layout, slow: bool, root: str) -> None:
        super().__init__(layout, slow, {})
        self._root = root
        streamed = layout.streamed
        functions = [self._function(name, kind, name in streamed) for name, kind in layout.kinds().items()]
        self.source = "\n\n".join("\n".join(lines) for lines in functions) + "\n"
        exec(compile(self.source, f"<{layout.layout}, writing>", "exec"), self._globals)

    def get(self, name: str) -> Callable[..., Any]:
        """A generated function by name."""
        function: Callable[..., Any] = self._globals[name]
        return function

    def _function(self, name: str, kind: XmlKind, streamed: bool) -> Lines:
        depth = depth_of(self._layout, name)
        step = kind.places[0].steps[-1]
        element = Element(step.name, step)
        early = {f: declared for f, declared in kind.fields.items() if not declared.late}
        lines = self._fields(early, element, "r", Path(), "", depth)
        element.keep(kind.kept)
        extra = self._root if kind.inside is None and len(kind.places[0].steps) == 1 else ""
        opening, inside, closing = self._parts(element, lines, depth, extra)
        if streamed:
            whole = opening + inside + closing if inside else f"{opening[:-1]}/>"
            body = [*lines, f"return {template_of(whole)}"]
            return [f"def write_{name}(r, o):", *indented(body)]
        after = Element(step.name, step)
        late = {f: declared for f, declared in kind.fields.items() if declared.late}
        lines += self._fields(late, after, "r", Path(), "", depth)
        end = self._inside(after, lines, depth)
        body = [*lines, f"return {template_of(opening + inside)}, {template_of(end + closing)}"]
        return [f"def around_{name}(r, o):", *indented(body)]


def depth_of(layout: Layout, kind: str) -> int:
    """How deep the element of a kind stands; the root is 0."""
    names = [kind, *layout.ancestors(kind)]
    return sum(len(layout.kinds()[name].places[0].steps) for name in names) - 1


def is_safe(declared: XmlField) -> bool:
    """Whether the texts of a field never need escaping."""
    if declared.type != "text":
        return declared.pattern is None and declared.type != "boolean"
    return declared.values is not None and not any(GUARD(value) for value in declared.values)


def escape_of(path: Path) -> str:
    """What makes a text fit to stand at a path."""
    return "escaped" if path.attribute is None else "quoted"


def assigned(lines: Lines) -> list[str]:
    """The text variables that lines set and templates use."""
    names = (line.strip().partition(" = ") for line in lines)
    return list(
        dict.fromkeys(name for name, sign, _ in names if sign and name[:1] in "ql" and name[1:].isdigit())
    )


def braced(text: str) -> str:
    """A text as a part of a template."""
    return text.replace("{", "{{").replace("}", "}}")


def template_of(text: str) -> str:
    """A template as the source of a string or f-string."""
    if "{" not in text and "}" not in text:
        return repr(text)
    return f"f{text!r}"
