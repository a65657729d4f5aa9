"""YAML 1.2 in which every scalar keeps its text and its place: `0012` stays "0012", `NO` stays "NO".

    node, problems = load(text, "flows/orders.yaml")
    node.get("flow").text                  # PlacedText("orders"), with .file .line .column

What a scalar means (number, true, nothing) is decided by the model that wants it (`declare.declared`).
Refused as problems: duplicate keys, tags, merge keys, several documents, files beyond the limits below.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import yaml as libyaml

from exchange.declare.places import PlacedText as PlacedText
from exchange.declare.places import SourceText as SourceText
from exchange.declare.problems import Problem

MAX_CHARACTERS = 4_000_000
MAX_NODES = 200_000
"""Nodes of a file, each alias counted with all that it stands for."""
MAX_DEPTH = 50

Event = Any
"""An event of either parser: both name their classes as YAML names events, and put the same into them."""


@dataclass(slots=True, eq=False)
class Node:
    """A place in a declared file: a scalar, a mapping or a sequence. start is where it begins.

    cut: the file could be read no further than this; more may have been meant to follow.
    """

    start: PlacedText
    value: PlacedText | dict[PlacedText, Node] | list[Node]
    size: int = 1
    depth: int = 1
    cut: bool = False

    @property
    def text(self) -> PlacedText | None:
        """The text of a scalar; None for a mapping or a sequence."""
        return self.value if isinstance(self.value, PlacedText) else None

    def entries(self) -> dict[PlacedText, Node]:
        """The keys and values of a mapping; empty for anything else."""
        return self.value if isinstance(self.value, dict) else {}

    def items(self) -> list[Node]:
        """The elements of a sequence; empty for anything else."""
        return self.value if isinstance(self.value, list) else []

    def get(self, key: str) -> Node | None:
        """The value of a key; None when this is no mapping or has no such key."""
        return self.entries().get(key)  # type: ignore[call-overload, no-any-return]

    def key(self, name: str) -> PlacedText | None:
        """A key as it stands in the file, with its place."""
        return next((key for key in self.entries() if key == name), None)

    def data(self) -> object:
        """Plain dicts and lists with placed texts as keys and leaves."""
        if isinstance(self.value, dict):
            return {key: node.data() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.data() for node in self.value]
        return self.value


def load(text: str, file: str) -> tuple[Node | None, list[Problem]]:
    """The nodes of a declared file and all that is wrong with its YAML; None when nothing of it could be read. After a
    mistake that stops the reading they are those before it (`cut`).

    file is the name that problems show. Line ends and a byte order mark make no difference.
    """
    source = SourceText(file, text.removeprefix("\ufeff"))
    if len(text) > MAX_CHARACTERS:
        message = f"The file is too big: {len(text)} characters, {MAX_CHARACTERS} are allowed."
        return None, [source.problem(0, message)]
    builder = _Builder(source)
    events = _quickly(source.text)
    if events is None:
        problem = _slowly(source, builder)
        if problem is not None:
            return builder.cut(), [*builder.problems, problem]
    else:
        builder.take(events)
    if builder.root is None and not builder.problems:
        builder.problems.append(source.problem(0, "The file declares nothing."))
    return builder.root, builder.problems


_ASKS_FOR_SLOW = re.compile(r"[\t\x85\u2028\u2029\ufeff]|(?<![^\s\[{,:])(?:!(?!= )|[&*][^\s,\[\]{}]*:)")
"""What libyaml, which knows YAML 1.1, may take in another way than YAML 1.2: such characters, and where a value may begin tags and
names of anchors with colons.
"""


def _quickly(text: str) -> list[Event] | None:
    """What libyaml sees; None when it has to be asked of the parser that knows YAML 1.2 and explains mistakes."""
    if not libyaml.__with_libyaml__ or _ASKS_FOR_SLOW.search(text) is not None:
        return None
    try:
        return list(libyaml.parse(text, Loader=libyaml.CSafeLoader))
    except libyaml.YAMLError:
        return None


def _slowly(source: SourceText, builder: _Builder) -> Problem | None:
    """Builds what the parser in Python sees, up to the mistake that stops it."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        builder.take(YAML(typ="safe", pure=True).parse(source.text))
    except YAMLError as error:
        return _syntax_problem(source, error)
    return None


@dataclass(slots=True)
class _Open:
    """A mapping or sequence whose end has not come yet."""

    node: Node
    anchor: str | None
    flow: bool
    key: PlacedText | None = None
    taken: int = 0
    """Up to here the file was taken into an expression that a comma cut: what begins before it is none of ours."""
    passing: bool = False
    """The next value belongs to a key that is not taken."""


_NODES = frozenset(("AliasEvent", "ScalarEvent", "MappingStartEvent", "SequenceStartEvent"))


@dataclass(slots=True)
class _Builder:
    """Builds nodes from the parser's events, without recursion."""

    source: SourceText
    problems: list[Problem] = field(default_factory=list)
    root: Node | None = None
    stopped: bool = False
    open: list[_Open] = field(default_factory=list)
    anchors: dict[str, Node] = field(default_factory=dict)
    folded: bool = False
    """The scalar taken last goes over several lines without quotes."""

    def take(self, events: Iterable[Event]) -> None:
        """What a parser sees, until it ends or nothing more is wanted."""
        for event in events:
            kind = type(event).__name__
            if kind in _NODES:
                self._node(kind, event)
            elif kind in ("MappingEndEvent", "SequenceEndEvent"):
                self._close()
            elif kind == "DocumentStartEvent" and self.root is not None:
                self._stop(
                    event, "A second document begins here.", "One file declares one thing: remove `---`."
                )
            if self.stopped:
                break

    def cut(self) -> Node | None:
        """What there is when nothing more can be read; brackets that are still open hold nothing for sure."""
        last = self.open[-1] if self.open else None
        if self.folded and last is not None and last.key is None and last.node.value:
            # the line that broke off was taken for more of the value before it
            last.node.value.popitem() if isinstance(last.node.value, dict) else last.node.items().pop()
        while self.open:
            if self.open[-1].flow:
                self.open.pop()
            else:
                self._close()
        if self.root is not None:
            self.root.cut = True
        return self.root

    def _node(self, kind: str, event: Event) -> None:
        tag = getattr(event, "tag", None)
        if tag is not None:
            self._say(event, f"Tags such as {tag} are not used here.", "Remove the tag.")
        if kind == "AliasEvent":
            self._alias(event)
        elif kind == "ScalarEvent":
            self._scalar(event)
        else:
            self._begin(event, {} if kind == "MappingStartEvent" else [])

    def _begin(self, event: Event, value: dict[PlacedText, Node] | list[Node]) -> None:
        start = PlacedText("", self.source, event.start_mark.index)
        self.open.append(_Open(Node(start, value), event.anchor, bool(event.flow_style)))
        if len(self.open) > MAX_DEPTH:
            self._stop(event, f"This is nested too deeply: {MAX_DEPTH} levels are allowed.")

    def _close(self) -> None:
        ended = self.open.pop()
        if ended.anchor is not None:
            self.anchors[ended.anchor] = ended.node
        self._add(ended.node)

    def _scalar(self, event: Event) -> None:
        text = PlacedText(event.value, self.source, _content(self.source.text, event), not event.style)
        if self.open and self.open[-1].flow and text.plain and _cut_expression(text):
            text = self._whole_expression(text, self.open[-1])
        self.folded = not event.style and event.start_mark.line != event.end_mark.line
        node = Node(text, text)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        self._add(node)

    def _whole_expression(self, text: PlacedText, parent: _Open) -> PlacedText:
        """The expression as it was meant, up to its closing bracket; that it must be quoted is a problem."""
        end = _expression_end(self.source.text, text.begin)
        whole = (
            text if end is None else PlacedText(self.source.text[text.begin : end], self.source, text.begin)
        )
        parent.taken = end or 0
        quoted = (
            f'"{whole}"' if "'" in whole and '"' not in whole else f"'{whole.replace(chr(39), chr(39) * 2)}'"
        )
        self.problems.append(
            text.problem(
                "The expression is cut off here: inside { } and [ ] a comma ends a value.",
                f"Put the whole expression in quotes: {quoted if end else quoted[:-1] + ', …' + quoted[-1]}",
            )
        )
        return whole

    def _alias(self, event: Event) -> None:
        node = self.anchors.get(event.anchor)
        if node is None:
            self._stop(
                event, f"*{event.anchor} refers to nothing.", f"Write &{event.anchor} before it, once."
            )
            return
        if len(self.open) + node.depth > MAX_DEPTH:
            self._stop(event, f"This is nested too deeply: {MAX_DEPTH} levels are allowed.")
        self._add(node)

    def _add(self, node: Node) -> None:
        """A finished node goes where it belongs: the root, an element, a key or the value of the last key."""
        if not self.open:
            self.root = node
            return
        parent = self.open[-1]
        if parent.passing or (parent.key is None and node.start.begin < parent.taken):
            parent.passing = not parent.passing and isinstance(parent.node.value, dict)
            return
        parent.node.size += node.size
        parent.node.depth = max(parent.node.depth, node.depth + 1)
        if parent.node.size > MAX_NODES:
            self._too_big(node)
        if isinstance(parent.node.value, list):
            parent.node.value.append(node)
        elif parent.key is None:
            parent.key = self._key(node)
            parent.passing = parent.key is None
        else:
            self._entry(parent, parent.key, node)
            parent.key = None

    def _too_big(self, node: Node) -> None:
        message = f"The file is too big: more than {MAX_NODES} values, counting what aliases stand for."
        self.problems.append(node.start.problem(message))
        self.stopped = True

    def _key(self, node: Node) -> PlacedText | None:
        """The text of a key; None when it cannot be one."""
        if node.text is None:
            problem = node.start.problem("A key must be a text.", "Put a text that holds brackets in quotes.")
            self.problems.append(problem)
        elif node.text == "<<":
            self.problems.append(node.text.problem("Merge keys are not used here.", "Write the keys out."))
            return None
        return node.text

    def _entry(self, parent: _Open, key: PlacedText, node: Node) -> None:
        assert isinstance(parent.node.value, dict)
        if key in parent.node.value:
            first = parent.node.key(key)
            message = f'"{key}" stands twice here; the first is on line {first.line if first else "?"}.'
            self.problems.append(key.problem(message, "Remove one."))
            return
        if not parent.node.value:
            parent.node.start = key
        parent.node.value[key] = node

    def _say(self, event: Event, message: str, advice: str = "") -> None:
        self.problems.append(self.source.problem(event.start_mark.index, message, advice))

    def _stop(self, event: Event, message: str, advice: str = "") -> None:
        self._say(event, message, advice)
        self.stopped = True


def _content(written: str, event: Event) -> int:
    """Where the first character of a scalar stands: inside the quotes, below the line of `|` or `>`."""
    begin: int = event.start_mark.index
    if event.style in ("'", '"'):
        return begin + 1
    if event.style in ("|", ">"):
        below = re.compile(r"[^\n\r]*[\n\r\s]*").match(written, begin)
        return below.end() if below else begin
    return begin


def _expression_end(written: str, begin: int) -> int | None:
    """Where the brackets of an expression that begins here are closed again; None when they are not, on its line."""
    depth = 0
    for match in re.finditer(r"\"[^\"\n]*\"|'[^'\n]*'|[(\[{)\]}\n]", written[begin:]):
        mark = match.group()
        depth += mark in "([{"
        depth -= mark in ")]}"
        if mark == "\n" or depth < 0:
            return None
        if depth == 0 and mark in ")]}":
            rest = re.compile(r"[^,{}\[\]()\n\"']*").match(written, begin + match.end())
            if rest is None or written[rest.end() : rest.end() + 1] not in ("(", "[", '"', "'"):
                return begin + len(written[begin : rest.end() if rest else None].rstrip())
    return None


def _cut_expression(text: PlacedText) -> bool:
    """Whether a bare expression has more opening than closing brackets, outside its quoted texts."""
    outside = re.sub(r"\"[^\"]*\"|'[^']*'", "", text)
    return text.is_expression and sum(map(outside.count, "([")) > sum(map(outside.count, ")]"))


_EXPLAINED = {
    "mapping values are not allowed": (
        "A colon followed by a space stands inside a value.",
        "Put the value in quotes, or check the indentation of this line.",
    ),
    "cannot start any token": (
        "This character cannot begin a value.",
        "Put the value in quotes; indent with spaces, never with tabs.",
    ),
    "could not find expected ':'": (
        "A colon is missing after this key.",
        "Write `key: value`, with a space after the colon.",
    ),
    "expected <block end>": (
        "The indentation does not fit.",
        "Keys that belong together begin in the same column.",
    ),
    "while scanning a quoted scalar": ("The closing quote is missing.", "Close the quote that begins here."),
    "expected ',' or": (
        "A comma or the closing bracket is missing.",
        "Close the bracket, or quote a text that holds one.",
    ),
    "special characters are not allowed": (
        "The file holds a control character.",
        "Save it as plain UTF-8 text.",
    ),
}


def _syntax_problem(source: SourceText, error: Exception) -> Problem:
    """The parser's complaint in our words, at its place."""
    said = " ".join(str(getattr(error, part, None) or "") for part in ("context", "problem", "reason"))
    message, advice = next(
        (words for key, words in _EXPLAINED.items() if key in said), ("This is not YAML.", said.strip())
    )
    where = ("context_mark", "problem_mark") if "quoted scalar" in said else ("problem_mark", "context_mark")
    mark = next((mark for name in where if (mark := getattr(error, name, None)) is not None), None)
    index = mark.index if mark is not None else getattr(error, "position", 0)
    return source.problem(min(index, len(source.text)), message, advice)
