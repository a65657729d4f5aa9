"""From a layout to what a reader looks for: a tree of elements with the variables that take their texts.

A **node** is an element on the way to values. Variables are names in generated code (`x3`, or `s[3]` for the kinds
that stay open while their records are read). A **level** is an element that may stay open: everything from the root
down to the records.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

from exchange.formats.values import Codec
from exchange.formats.xml.layout import Layout, XmlField, XmlKind
from exchange.formats.xml.names import attribute_tag
from exchange.formats.xml.paths import Path, Predicate


@dataclass(slots=True)
class Capture:
    """A variable that takes a text: the first one that is not empty, or all (`many`)."""

    variable: str
    field: str
    many: bool = False


@dataclass(slots=True)
class Node:
    """An element: who takes its text and its attributes, which lists get an item here, and what is inside."""

    texts: list[Capture] = field(default_factory=list)
    attributes: list[tuple[str, Capture]] = field(default_factory=list)
    items: list[Items] = field(default_factory=list)
    inside: dict[str, list[tuple[tuple[Predicate, ...], Node]]] = field(default_factory=dict)

    def at(self, path: Path) -> Node:
        """The node at the end of a path, made where it is missing."""
        node = self
        for step in path.steps:
            variants = node.inside.setdefault(step.name, [])
            known = next((inner for predicates, inner in variants if predicates == step.predicates), None)
            if known is None:
                known = Node()
                variants.append((step.predicates, known))
            node = known
        return node


@dataclass(slots=True)
class Value:
    """A field with one value or a list of plain values; several variables are alternatives, best first."""

    name: str
    codec: Codec
    variables: list[str]
    many: bool
    required: bool
    where: str


@dataclass(slots=True)
class Structure:
    """A field that holds fields."""

    name: str
    field: XmlField
    members: list[Member]
    where: str
    dotted: str


@dataclass(slots=True)
class StructureList:
    """A field that holds a list of structures, collected in variables (alternatives, best first)."""

    name: str
    field: XmlField
    variables: list[str]
    where: str
    dotted: str


Member = Value | Structure | StructureList


@dataclass(slots=True)
class Items:
    """One element of a list of structures: its own variables, node and members.

    better: lists that are taken instead when they hold anything.
    """

    into: str
    better: list[str]
    variables: Variables
    node: Node
    members: list[Member]


class Variables:
    """Hands out variables, and knows what each of them is at the start."""

    def __init__(self, numbers: Iterator[int], slots: bool = False) -> None:
        self._numbers = numbers
        self._slots = slots
        self.starts: dict[str, str] = {}

    def new(self, start: str = "None") -> str:
        """A new variable that holds `start` (as Python source) at first."""
        name = f"s[{len(self.starts)}]" if self._slots else f"x{next(self._numbers)}"
        self.starts[name] = start
        return name

    def local(self) -> Variables:
        """Variables of an inner scope; always locals."""
        return Variables(self._numbers)


def members_of(
    layout: Layout,
    fields: Mapping[str, XmlField],
    node: Node,
    variables: Variables,
    bases: tuple[Path, ...] = (Path(),),
    prefix: str = "",
) -> list[Member]:
    """What the fields become, their captures placed in the node; bases: alternatives that all paths start from."""
    found: list[Member] = []
    for name, declared in fields.items():
        paths = [path.under(base) for base in bases for path in declared.paths]
        dotted, where = prefix + name, str(paths[0])
        if declared.fields is None:
            codec = _codec(layout, dotted, declared)
            taken = [_captured(layout, node, path, variables, declared.many, dotted) for path in paths]
            found.append(Value(name, codec, taken, declared.many, declared.required, where))
        elif declared.many:
            lists: list[str] = []
            for path in paths:
                lists.append(_items(layout, declared, node.at(path), variables, dotted, lists[:]))
            found.append(StructureList(name, declared, lists, where, dotted))
        else:
            inner = members_of(layout, declared.fields, node, variables, tuple(paths), f"{dotted}.")
            found.append(Structure(name, declared, inner, where, dotted))
    return found


def _codec(layout: Layout, dotted: str, declared: XmlField) -> Codec:
    """The codec of one value; that a list must not be empty is the list's own rule."""
    single = declared.model_copy(update={"required": False}) if declared.many else declared
    return Codec(dotted, single, layout.values, xml=True)


def _captured(layout: Layout, node: Node, path: Path, variables: Variables, many: bool, dotted: str) -> str:
    """A new variable that takes what stands at a path."""
    capture = Capture(variables.new("[]" if many else "None"), dotted, many)
    target = node.at(path)
    if path.attribute is None:
        target.texts.append(capture)
    else:
        target.attributes.append((attribute_tag(layout, path.attribute), capture))
    return capture.variable


def _items(
    layout: Layout, declared: XmlField, node: Node, variables: Variables, dotted: str, better: list[str]
) -> str:
    """A new list variable; each element at the node becomes one item of it."""
    local, inner = variables.local(), Node()
    members = members_of(layout, declared.fields or {}, inner, local, prefix=f"{dotted}.")
    items = Items(variables.new("[]"), better, local, inner, members)
    node.items.append(items)
    return items.into


# --- levels ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Level:
    """An element that may be open while records are read.

    kind: whose element it is; record: whether that kind is streamed; node: what is captured here for the kind
    around; seeking: levels below may stand at any depth.
    """

    kind: str | None = None
    record: bool = False
    seeking: bool = False
    inside: dict[str, Level] = field(default_factory=dict)
    node: Node = field(default_factory=Node)
    number: int = 0


@dataclass(slots=True)
class KindPlan:
    """What a reader needs of one kind: variables, nodes and members, split by whether they stand late."""

    name: str
    kind: XmlKind
    variables: Variables
    node: Node
    early: list[Member]
    late: list[Member]
    late_names: set[str]


class Plan:
    """Everything that reading a layout needs to know; the code generator and the walker work from it."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.streamed = layout.streamed
        numbers = count()
        self.kinds = {name: self._kind(name, kind, numbers) for name, kind in layout.kinds().items()}
        self.levels: list[Level] = []
        self.seeker = Level(seeking=True)
        self.root = Level(
            seeking=any(path.anywhere for kind in layout.kinds().values() for path in kind.places)
        )
        self._place_inside(None, self.root)
        self.root.inside |= self.seeker.inside
        self.ends = frozenset(
            path.steps[-1].name.rpartition(":")[2] for kind in layout.kinds().values() for path in kind.places
        )
        """The local names of all elements that are a kind's."""

    def splits(self, stack: tuple[bytes, ...]) -> bool:
        """Whether the file may be cut where these elements are open: only levels are."""
        level = self.root
        for name in stack:
            local = name.rpartition(b":")[2].decode("utf-8", "replace")
            below = next(
                (inner for known, inner in level.inside.items() if known.rpartition(":")[2] == local), None
            )
            if below is None and level.seeking:
                below = self.seeker
            if below is None or below.record:
                return False
            level = below
        return True

    def _kind(self, name: str, kind: XmlKind, numbers: Iterator[int]) -> KindPlan:
        """The variables and members of one kind."""
        variables, node = Variables(numbers, slots=name not in self.streamed), Node()
        early = {f: declared for f, declared in kind.fields.items() if not declared.late}
        late = {f: declared for f, declared in kind.fields.items() if declared.late}
        first = members_of(self.layout, early, node, variables)
        names = {
            step.name for declared in late.values() for path in declared.paths for step in path.steps[:1]
        }
        return KindPlan(
            name, kind, variables, node, first, members_of(self.layout, late, node, variables), names
        )

    def _place_inside(self, around: str | None, base: Level) -> None:
        """Make the levels of the kinds inside a kind (None: the outermost ones), seen from its element."""
        for name, kind in self.layout.kinds().items():
            if kind.inside != around:
                continue
            for path in kind.places:
                level = self.seeker if path.anywhere else base
                for step in path.steps:
                    level = self._level(level, step.name)
                level.kind, level.record = name, name in self.streamed
                self._place_inside(name, level)
                if not level.record:
                    _attach(level, self.kinds[name].node)

    def _level(self, around: Level, name: str) -> Level:
        if name not in around.inside:
            around.inside[name] = Level(number=len(self.levels))
            self.levels.append(around.inside[name])
        return around.inside[name]


def _attach(level: Level, node: Node) -> None:
    """Give a level, and the levels below it that belong to the same kind, what is captured there."""
    level.node = node
    for name, below in level.inside.items():
        if below.kind is None and name in node.inside:
            _attach(below, node.inside[name][0][1])
