"""Generates the Python that reads one layout: each record in one pass over its element, values typed inline.

The same plan is turned into code twice. The **fast** code takes plain values and raises `Refused` at anything else;
the **slow** code then reads the same element again and says everything that is wrong, with line and path (its
helpers are those of `places.Teller`, passed as `o`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import count
from threading import Lock
from typing import Any

from exchange.formats._fast import indented
from exchange.formats.values import Codec, Refused
from exchange.formats.xml.names import Names, attribute_tag
from exchange.formats.xml.paths import Predicate
from exchange.formats.xml.plan import (
    Capture,
    Items,
    KindPlan,
    Member,
    Node,
    Plan,
    Structure,
    StructureList,
    Value,
    Variables,
)

Lines = list[str]


class Fast:
    """Plain values inline; `Refused` at anything else."""

    def text(self, element: str) -> str:
        """The text of an element."""
        return f"{element}.text"

    def attribute(self, element: str, tag: str) -> str:
        """An attribute's text."""
        return f"{element}.get({tag!r})"

    def leaf(self, element: str, _field: str) -> Lines:
        """Refuse elements inside a plain value: its text would not be the whole text."""
        return [f"if len({element}): raise Refused"]

    def value(self, codec: Codec, text: str, into: str, _where: str, names: dict[str, Any]) -> Lines:
        """The typed value of a text."""
        return codec.read_code(text, into, names)

    def missing(self, _into: str, _field: str, _where: str) -> Lines:
        """A required structure or list is empty."""
        return ["raise Refused"]

    def item(self, _element: str) -> Lines:
        """The members of an item of a list follow."""
        return []


class Slow:
    """Everything that is wrong is told to `o`, with its place."""

    def text(self, element: str) -> str:
        """The text of an element, with its place."""
        return f"o.text({element})"

    def attribute(self, element: str, tag: str) -> str:
        """An attribute's text, with its place."""
        return f"o.attribute({element}, {tag!r})"

    def leaf(self, element: str, field: str) -> Lines:
        """Tell when elements stand inside a plain value."""
        return [f"o.leaf({element}, {field!r})"]

    def value(self, codec: Codec, text: str, into: str, where: str, names: dict[str, Any]) -> Lines:
        """The value, and everything that is wrong with it."""
        names[f"{into}_codec"] = codec
        return [f"{into} = o.value({into}_codec, {text}, {where!r})"]

    def missing(self, into: str, field: str, where: str) -> Lines:
        """Tell that something required is missing."""
        return [f"o.missing({field!r}, {where!r})", f"{into} = None"]

    def item(self, element: str) -> Lines:
        """What is missing from now on is missing in this element."""
        return [f"o.item({element})"]


class Functions:
    """The generated functions of one layout in one style, made when the first one is asked for.

    direct: for pieces in which elements are named as in the layout, without namespaces.
    """

    def __init__(self, plan: Plan, names: Names, style: Fast | Slow, direct: bool = False) -> None:
        self._made = partial(_Made, plan, names, style, direct)
        self._making = Lock()
        self._kept: _Made | None = None

    @property
    def source(self) -> str:
        """The text of all functions."""
        return self._get().source

    def get(self, name: str) -> Callable[..., Any]:
        """A generated function by name."""
        function: Callable[..., Any] = self._get().functions[name]
        return function

    def _get(self) -> _Made:
        if self._kept is None:
            with self._making:
                self._kept = self._kept or self._made()
        return self._kept


class _Made:
    """Makes the functions."""

    def __init__(self, plan: Plan, names: Names, style: Fast | Slow, direct: bool) -> None:
        self._plan = plan
        self._style = style
        self.functions: dict[str, Any] = {"short": names, "Refused": Refused}
        self._name = "{}.tag" if direct else "short[{}.tag]"
        self._predicates: dict[Predicate, str] = {}
        self._numbers = count()
        self._counters: list[str] = []  # positions counted in the element that is being dispatched
        self._extra: list[Lines] = []
        functions = [*self._kind_functions(), *self._level_functions()]
        self.source = "\n\n".join("\n".join(lines) for lines in (*self._extra, *functions)) + "\n"
        exec(compile(self.source, f"<{plan.layout.layout}>", "exec"), self.functions)

    def _kind_functions(self) -> Iterator[Lines]:
        for name, kind in self._plan.kinds.items():
            if name in self._plan.streamed:
                yield self._record_function(kind)
            else:
                starts = ", ".join(kind.variables.starts.values())
                yield [f"def slots_{name}():", f"    return [{starts}]"]
                yield self._members_function(f"early_{name}", kind.early, [m.name for m in kind.late])
                yield self._members_function(f"late_{name}", kind.late, [])

    def _record_function(self, kind: KindPlan) -> Lines:
        """read_KIND(element, line, path, o) -> record."""
        lines, pairs = self._members(kind.early)
        extra = {"'@line'": "line", "'@path'": "path"}
        body = [
            *_starts(kind.variables),
            *self._node(kind.node, "e", 0),
            *lines,
            f"return {_dict(pairs, extra)}",
        ]
        return [f"def read_{kind.name}(e, line, path, o):", *indented(body)]

    def _members_function(self, name: str, members: list[Member], empty: list[str]) -> Lines:
        """early_KIND(slots, o) and late_KIND(slots, o) -> the fields of a kind that holds others."""
        lines, pairs = self._members(members)
        return [
            f"def {name}(s, o):",
            *indented([*lines, f"return {_dict({**pairs, **dict.fromkeys(empty, 'None')})}"]),
        ]

    def _level_functions(self) -> Iterator[Lines]:
        """at_N(element, slots, o) when a level is opened; in_N(name, element, slots, o) for what is inside it."""
        for level in self._plan.levels:
            if level.record:
                continue
            own = Node(level.node.texts, level.node.attributes)
            yield [f"def at_{level.number}(e, s, o):", *indented(self._node(own, "e", 0) or ["pass"])]
            inside = {name: found for name, found in level.node.inside.items() if name not in level.inside}
            body = self._dispatch(inside, "e", 0) or ["pass"]
            yield [f"def in_{level.number}(t, e, s, o):", *indented(body)]

    # --- captures ------------------------------------------------------------------------------------------

    def _node(self, node: Node, element: str, depth: int) -> Lines:
        """Take what is wanted of an element."""
        lines: Lines = []
        if node.texts and not node.inside and not node.items:
            lines += self._style.leaf(element, node.texts[0].field)
        lines += [_take(capture, self._style.text(element)) for capture in node.texts]
        for tag, capture in node.attributes:
            lines.append(_take(capture, self._style.attribute(element, tag)))
        for items in (items for items in node.items if not items.better):
            lines += self._items(items, element, depth)
        lines += self._loop(node, element, depth)
        for items in (items for items in node.items if items.better):
            lines += [f"if not ({' or '.join(items.better)}):", *indented(self._items(items, element, depth))]
        return lines

    def _loop(self, node: Node, element: str, depth: int) -> Lines:
        if not node.inside:
            return []
        child, around, self._counters = f"c{depth}", self._counters, []
        dispatch = self._dispatch(node.inside, child, depth + 1)
        zeroed = [f"{counter} = 0" for counter in self._counters]
        self._counters = around
        return [
            *zeroed,
            f"for {child} in {element}[:]:",
            f"    t = {self._name.format(child)}",
            *indented(dispatch),
        ]

    def _dispatch(
        self, inside: dict[str, list[tuple[tuple[Predicate, ...], Node]]], child: str, depth: int
    ) -> Lines:
        lines: Lines = []
        for name, variants in inside.items():
            lines.append(f"{'elif' if lines else 'if'} t == {name!r}:")
            for predicates, node in variants:
                lines += indented(self._guarded(predicates, node, child, depth))
        return lines

    def _guarded(self, predicates: tuple[Predicate, ...], node: Node, child: str, depth: int) -> Lines:
        """The captures of an element, if its conditions hold."""
        if not predicates:
            return self._node(node, child, depth)
        first, rest = predicates[0], predicates[1:]
        inner = self._guarded(rest, node, child, depth)
        if first.position is None:
            return [f"if {self._predicate(first)}({child}):", *indented(inner)]
        counter = f"n{next(self._numbers)}"
        self._counters.append(counter)
        return [f"{counter} += 1", f"if {counter} == {first.position}:", *indented(inner)]

    def _predicate(self, predicate: Predicate) -> str:
        """The name of the function that tells whether a condition holds for an element."""
        if predicate not in self._predicates:
            self._predicates[predicate] = f"holds_{len(self._predicates)}"
            self._extra.append(self._predicate_function(self._predicates[predicate], predicate))
        return self._predicates[predicate]

    def _predicate_function(self, name: str, predicate: Predicate) -> Lines:
        assert predicate.path is not None
        node, path = Node(), predicate.path
        target = node.at(path)
        if path.attribute is None:
            target.texts.append(Capture("found", "", many=True))
        else:
            target.attributes.append(
                (attribute_tag(self._plan.layout, path.attribute), Capture("found", "", many=True))
            )
        style, self._style = self._style, Fast()
        body = [line for line in self._node(node, "e", 0) if not line.strip().startswith("if len(")]
        self._style = style
        if predicate.value is None:
            result = "bool(found)"
        else:
            compare = "!=" if predicate.negated else "=="
            result = f"any((text or '').strip() {compare} {predicate.value!r} for text in found)"
        return [f"def {name}(e):", *indented(["found = []", *body, f"return {result}"])]

    def _items(self, items: Items, element: str, depth: int) -> Lines:
        """One item of a list of structures."""
        captures = self._node(items.node, element, depth)
        lines, pairs = self._members(items.members)
        item = [
            *self._style.item(element),
            *lines,
            f"{items.into}.append({_dict(pairs)})",
            *self._style.item("None"),
        ]
        return [*_starts(items.variables), *captures, *item]

    # --- values --------------------------------------------------------------------------------------------

    def _members(self, members: Iterable[Member]) -> tuple[Lines, dict[str, str]]:
        """Lines that make the values of members, and the expression of each."""
        lines: Lines = []
        pairs: dict[str, str] = {}
        for member in members:
            into = f"v{next(self._numbers)}"
            lines += self._member(member, into)
            pairs[member.name] = into
        return lines, pairs

    def _member(self, member: Member, into: str) -> Lines:
        match member:
            case Value(many=False):
                text = f"{into}_s"
                taken = [f"{text} = {_first(member.variables)}"]
                return [*taken, *self._style.value(member.codec, text, into, member.where, self.functions)]
            case Value():
                return self._list(member, into)
            case Structure():
                lines, pairs = self._members(member.members)
                filled = [*lines, f"{into} = {_dict(pairs)}"]
                present = " or ".join(dict.fromkeys(_variables(member)))
                return [f"if {present}:", *indented(filled), "else:", *indented(self._absent(member, into))]
            case StructureList():
                taken = [f"{into} = {' or '.join(member.variables)}"]
                if not member.field.required:
                    return taken
                return [
                    *taken,
                    f"if not {into}:",
                    *indented(self._style.missing(into, member.dotted, member.where)),
                ]

    def _absent(self, member: Structure, into: str) -> Lines:
        if member.field.required:
            return self._style.missing(into, member.dotted, member.where)
        return [f"{into} = None"]

    def _list(self, member: Value, into: str) -> Lines:
        """A list of plain values; empty elements are no values."""
        value = self._style.value(member.codec, f"{into}_s", f"{into}_v", member.where, self.functions)
        keep = [*value, f"if {into}_v is not None: {into}.append({into}_v)"]
        lines = [f"{into} = []", f"for {into}_s in {' or '.join(member.variables)}:", *indented(keep)]
        if member.required:
            missing = self._style.missing(into, member.codec.name, member.where)
            lines += [f"if not {into}:", *indented(missing)]
        return lines


def _take(capture: Capture, text: str) -> str:
    if capture.many:
        return (
            f"if (a := {text}) is not None: {capture.variable}.append(a)"
            if ".get(" in text
            else (f"{capture.variable}.append({text})")
        )
    return f"if not {capture.variable}: {capture.variable} = {text}"


def _first(variables: list[str]) -> str:
    """The first of several variables that holds more than white space."""
    choice = variables[-1]
    for variable in reversed(variables[:-1]):
        choice = f"{variable} if {variable} and not {variable}.isspace() else ({choice})"
    return choice


def _starts(variables: Variables) -> Lines:
    return [f"{name} = {start}" for name, start in variables.starts.items()]


def _variables(member: Member) -> Iterator[str]:
    if isinstance(member, Structure):
        for inner in member.members:
            yield from _variables(inner)
    else:
        yield from member.variables


def _dict(pairs: dict[str, str], extra: dict[str, str] | None = None) -> str:
    items = [f"{name!r}: {into}" for name, into in pairs.items()]
    return "{" + ", ".join([*items, *(f"{key}: {value}" for key, value in (extra or {}).items())]) + "}"
