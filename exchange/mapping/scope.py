"""Names: which element, `let` or fact a name of an expression means. The innermost wins; an unknown name is
a problem.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from exchange.declare.problems import Problem, did_you_mean, nearest
from exchange.mapping.bound import (
    Bound,
    Const,
    Element,
    Fact,
    Field,
    Frame,
    Let,
    Local,
    Part,
    Position,
    Project,
    Step,
)
from exchange.mapping.syntax import Node
from exchange.mapping.types import TEXT, UNKNOWN, Type, of_value

FACTS = {
    "id": Type("text", empty=False),
    "file_id": Type("text", empty=False),
    "name": Type("text", empty=False),
    "flow": Type("text", empty=False),
    "date": Type("date", empty=False),
    "moment": Type("datetime", empty=False),
}
"""What `arrival.` knows."""
Layer = Frame | Mapping[str, Let]


@dataclass(frozen=True, slots=True)
class Scope:
    """What names mean at one place. layers: innermost first; prefixes: names of frames that may be written
    in front.
    """

    layers: tuple[Layer, ...]
    prefixes: Mapping[str, Frame] = field(default_factory=dict)
    kinds: tuple[Frame, ...] = ()
    """Records that are also reached by the name of their kind: `order.currency` from within a line of the
    order.
    """
    counted: Frame | None = None
    """The element whose number in its list is `position`."""

    def each(self, frame: Frame) -> Scope:
        """The scope within one element of a list."""
        return replace(self.inside(frame), counted=frame)

    def inside(self, *layers: Layer) -> Scope:
        """The scope within more layers, the innermost first."""
        return replace(self, layers=(*layers, *self.layers))

    def names(self) -> set[str]:
        """Every name that means something here."""
        names = {"arrival", "site", "flow", *self.prefixes, *(frame.label for frame in self.kinds)}
        names |= set() if self.counted is None else {"position"}
        for layer in self.layers:
            names |= set(layer.type.fields or ()) if isinstance(layer, Frame) else set(layer)
        return names


@dataclass(slots=True)
class Names:
    """Resolves paths and numbers the frames. problems: where unknown names are noted."""

    site_values: Mapping[str, Any]
    problems: list[Problem]
    frames: int = 0

    def frame(self, type_: Type, label: str) -> Frame:
        """A new element of a list."""
        self.frames += 1
        return Frame(f"e{self.frames}", type_, label)

    def resolve(self, node: Node, names: tuple[str, ...], scope: Scope) -> Bound:
        """What a dotted path means; a constant of unknown type after a problem."""
        first, rest = names[0], names[1:]
        if first in scope.prefixes and rest:
            frame = scope.prefixes[first]
            return self.follow(Element(node, frame.type, frame), rest)
        layer = self._layer(first, bool(rest), scope)
        if isinstance(layer, Frame):
            return self.follow(Element(node, layer.type, layer), names)
        if layer is not None:
            return self.follow(Local(node, layer[first].value.type, layer[first]), rest)
        for frame in scope.kinds if rest else ():
            if frame.label == first:
                return self.follow(Element(node, frame.type, frame), rest)
        if first == "position" and not rest and scope.counted is not None:
            return Position(node, Type("integer", empty=False), scope.counted)
        return self._outer(node, first, rest, scope)

    def _layer(self, name: str, structured: bool, scope: Scope) -> Layer | None:
        """The innermost layer that has a name; before a dot one where it has fields, when there is such a
        one.
        """
        having = [layer for layer in scope.layers if _type_in(layer, name) is not None]
        fielded = [layer for layer in having if structured and _has_fields(_type_in(layer, name))]
        kind = structured and any(frame.label == name for frame in scope.kinds)
        return next(iter(fielded or ([] if kind else having)), None)

    def _outer(self, node: Node, first: str, rest: tuple[str, ...], scope: Scope) -> Bound:
        """The names around all records: arrival, site, flow."""
        if first == "flow" and not rest:
            return Fact(node, FACTS["flow"], "flow")
        if first == "arrival" and rest and rest[0] in FACTS:
            return self.follow(Fact(node, FACTS[rest[0]], rest[0]), rest[1:])
        if first == "site" and rest and rest[0] in self.site_values:
            return self.follow(_constant(node, self.site_values[rest[0]]), rest[1:])
        unknown = ".".join((first, *rest[:1])) if first in ("arrival", "site") else first
        if first == "site":
            advice = _say_it(rest[0] if rest else "NAME", self.site_values)
        elif first == "arrival":
            advice = did_you_mean(unknown, (f"arrival.{name}" for name in FACTS))
        else:
            advice = did_you_mean(unknown, scope.names())
        self.problems.append(node.problem(f'"{unknown}" is not a name that is known here.', advice))
        return Const(node, UNKNOWN, None)

    def follow(self, bound: Bound, names: tuple[str, ...]) -> Bound:
        """The fields of a structure, and of each structure of a list, along a path."""
        for position, name in enumerate(names):
            if bound.type.many:
                return self._each(bound, names[position:])
            inner = bound.type.field(name)
            if inner is None:
                return self._missing(bound, name)
            bound = _step(bound, name, inner)
        return bound

    def _each(self, bound: Bound, names: tuple[str, ...]) -> Bound:
        """`lines.net`: the field of every child."""
        frame = self.frame(bound.type.one().filled(), bound.node.text)
        item = self.follow(Element(bound.node, frame.type, frame), names)
        return Project(
            bound.node, replace(item.type, many=True, empty=False), bound, frame, item, item.type.many
        )

    def _missing(self, bound: Bound, name: str) -> Bound:
        node = bound.node
        if not bound.type.is_known and isinstance(bound, Const):
            return bound  # what it is a field of is itself a problem, told already
        if bound.type.fields is None:
            advice = f"{_path(bound) or 'It'} is {bound.type.words}."
            self.problems.append(
                node.problem(f'"{name}" cannot be a field: what stands before it has none.', advice)
            )
        else:
            of = f" of {_path(bound)}" if _path(bound) else ""
            self.problems.append(
                node.problem(f'"{name}" is not a field{of}.', did_you_mean(name, bound.type.fields))
            )
        return Const(node, UNKNOWN, None)


def _say_it(name: str, values: Mapping[str, Any]) -> str:
    """The next step after a value that the site does not have."""
    close = nearest(name, values)
    meant = f'Did you mean "site.{close}"? If not, say' if close else "Say"
    return f"{meant} it in exchange.yaml under values, such as {name}: …"


def _type_in(layer: Layer, name: str) -> Type | None:
    if isinstance(layer, Frame):
        return layer.type.field(name)
    return layer[name].value.type if name in layer else None


def _has_fields(type_: Type | None) -> bool:
    return type_ is not None and (type_.fields is not None or type_.open)


def _step(bound: Bound, name: str, inner: Type) -> Bound:
    step = Step(name, not bound.type.empty, bound.type.open)
    if isinstance(bound, Element):
        return Field(bound.node, inner, bound.frame, (step,))
    if isinstance(bound, Field):
        return Field(bound.node, inner, bound.frame, (*bound.path, step))
    return Part(bound.node, inner, bound, step)


def _path(bound: Bound) -> str:
    if isinstance(bound, Field):
        return ".".join(step.name for step in bound.path)
    return bound.frame.label if isinstance(bound, Element) else ""


def _constant(node: Node, value: Any) -> Const:
    kind = of_value(value)
    if value is None:
        return Const(node, TEXT, None)
    if kind == "text":
        return Const(node, TEXT.filled(), str(value))
    return Const(node, Type(kind, empty=False) if kind != "unknown" else UNKNOWN, value)
