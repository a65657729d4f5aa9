"""Generates the Python that makes a record of the texts of one that is written alike (`alike`).

What a plan takes from a record depends on its markup alone, so it is worked out once, on the specimen: which text goes
to which field, and which fields are empty. What is left are the values of the texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import count
from typing import Any, NamedTuple

from exchange.formats._fast import filled_lines, indented, is_exact
from exchange.formats.values import Refused
from exchange.formats.xml.alike import Place, Specimen, Written, pattern
from exchange.formats.xml.paths import Predicate
from exchange.formats.xml.plan import (
    Capture,
    Items,
    KindPlan,
    Member,
    Node,
    Structure,
    StructureList,
    Value,
    Variables,
)

Lines = list[str]
Read = Callable[[Sequence[str], int, str], dict[str, Any]]
"""The texts of a record, its line and its path → the record; raises Refused when a value is not plainly right."""

DIGITS = r"[0-9]{1,13}(?:\.[0-9]{1,5})?"
"""What the texts of plain numbers look like; others are left to the parser."""


class _NotAlike(Exception):
    """This record must be read by its elements."""


class _Item(NamedTuple):
    """An item of a list of structures."""

    members: list[Member]
    held: dict[str, Any]


class AlikeCode:
    """What all functions of one kind share: the memos of values."""

    def __init__(self, kind: KindPlan) -> None:
        self._kind = kind
        self._globals: dict[str, Any] = {"Refused": Refused, "Decimal": Decimal}
        self._codecs: dict[int, str] = {}  # a member → the variable that takes its value

    def of(self, specimen: Specimen) -> tuple[str, Read] | None:
        """The regular expression of records like this one, and the function that makes a record of its groups.

        None for records that are better read by their elements.
        """
        try:
            held = _Taking(self._kind.variables).of(self._kind.node, specimen.elements[0])
            lines, pairs, wanted = _Writing(self).record(self._kind.early, held)
        except _NotAlike:
            return None
        groups = sorted(wanted)
        taken = f"{', '.join(f'g{number}' for number in groups)}, = groups" if groups else "pass"
        fields = ", ".join([*pairs, "'@line': line", "'@path': path"])
        body = [taken, *lines, f"return {{{fields}}}"]
        source = "\n".join(["def read(groups, line, path):", *indented(body)])
        exec(compile(source, f"<alike {self._kind.name}>", "exec"), self._globals)
        read: Read = self._globals["read"]
        return pattern(specimen, wanted), read

    def value(self, member: Value, text: str) -> tuple[Lines, str]:
        """Lines that make the value of a text, and the expression of it."""
        known = id(member) in self._codecs
        into = self._codecs.setdefault(id(member), f"v{len(self._codecs)}")
        if is_exact(member.codec):
            return [], f"Decimal({text})"
        lines = filled_lines(member.codec, text, into, {} if known else self._globals)
        return ([], text) if lines == [f"{into} = {text}"] else (lines, into)


class _Taking:
    """Works out what each variable of the plan holds after a record: the number of a text, white space, nothing."""

    def __init__(self, variables: Variables) -> None:
        self._held: dict[str, Any] = {}
        self._start(variables)

    def of(self, node: Node, element: Written) -> dict[str, Any]:
        """What all variables hold."""
        self._node(node, element)
        return self._held

    def _start(self, variables: Variables) -> None:
        for name, start in variables.starts.items():
            self._held[name] = [] if start == "[]" else None

    def _node(self, node: Node, element: Written) -> None:
        if node.texts and not node.inside and not node.items and element.children:
            raise _NotAlike  # elements inside a plain value
        for capture in node.texts:
            self._take(capture, element.text)
        for tag, capture in node.attributes:
            if tag in element.attributes:
                self._take(capture, element.attributes[tag])
        for items in node.items:
            if not items.better:
                self._item(items, element)
        self._children(node, element)
        for items in node.items:
            if items.better and not any(self._held[name] for name in items.better):
                self._item(items, element)

    def _take(self, capture: Capture, text: Place) -> None:
        if capture.many:
            self._held[capture.variable].append(text)
        elif self._held[capture.variable] is None:
            self._held[capture.variable] = text

    def _children(self, node: Node, element: Written) -> None:
        met: dict[int, int] = {}
        for child in element.children:
            for predicates, inner in node.inside.get(child.name, ()):
                if self._holds(predicates, met):
                    self._node(inner, child)

    def _holds(self, predicates: tuple[Predicate, ...], met: dict[int, int]) -> bool:
        """Whether the conditions hold; those that look at texts are left to who reads the elements."""
        for predicate in predicates:
            if predicate.position is None:
                raise _NotAlike
            met[id(predicate)] = met.get(id(predicate), 0) + 1
            if met[id(predicate)] != predicate.position:
                return False
        return True

    def _item(self, items: Items, element: Written) -> None:
        self._start(items.variables)
        self._node(items.node, element)
        held = {name: self._held[name] for name in items.variables.starts}
        self._held[items.into].append(_Item(items.members, held))


class _Writing:
    """Writes the lines of one function."""

    def __init__(self, code: AlikeCode) -> None:
        self._code = code
        self._wanted: dict[int, str] = {}
        self._numbers = count()

    def record(self, members: list[Member], held: dict[str, Any]) -> tuple[Lines, list[str], dict[int, str]]:
        """The lines, the pairs of the record, and which texts they need."""
        lines, pairs = self._members(members, held)
        return lines, pairs, self._wanted

    def _members(self, members: list[Member], held: dict[str, Any]) -> tuple[Lines, list[str]]:
        lines: Lines = []
        pairs: list[str] = []
        for member in members:
            more, value = self._member(member, held)
            lines += more
            pairs.append(f"{member.name!r}: {value}")
        return lines, pairs

    def _member(self, member: Member, held: dict[str, Any]) -> tuple[Lines, str]:
        if isinstance(member, Structure):
            return self._structure(member, held)
        if isinstance(member, StructureList):
            return self._structures(member, _filled(member.variables, held))
        if member.many:
            return self._values(member, _filled(member.variables, held))
        text = next((held[name] for name in member.variables if isinstance(held[name], int)), None)
        if text is None:
            return self._missing(member.codec.field.required, "None")
        return self._value(member, text)

    def _value(self, member: Value, text: int) -> tuple[Lines, str]:
        exact = is_exact(member.codec)
        self._wanted[text] = DIGITS if exact or self._wanted.get(text) else ""
        lines, made = self._code.value(member, f"g{text}")
        if not lines:
            return [], made
        value = f"w{next(self._numbers)}"  # the same field may come again, in another item of a list
        return [*lines, f"{value} = {made}"], value

    def _values(self, member: Value, texts: list[Place]) -> tuple[Lines, str]:
        """A list of plain values; empty elements are no values."""
        made = f"w{next(self._numbers)}"
        lines = [f"{made} = []"]
        for text in texts:
            if isinstance(text, int):
                more, value = self._value(member, text)
                lines += [*more, f"if {value} is not None: {made}.append({value})"]
        if member.required:
            lines.append(f"if not {made}: raise Refused")
        return lines, made

    def _structure(self, member: Structure, held: dict[str, Any]) -> tuple[Lines, str]:
        if not any(held[name] for name in _variables(member)):
            return self._missing(member.field.required, "None")
        lines, pairs = self._members(member.members, held)
        return lines, f"{{{', '.join(pairs)}}}"

    def _structures(self, member: StructureList, items: list[_Item]) -> tuple[Lines, str]:
        if not items:
            return self._missing(member.field.required, "[]")
        lines: Lines = []
        made = []
        for item in items:
            more, pairs = self._members(item.members, item.held)
            lines += more
            made.append(f"{{{', '.join(pairs)}}}")
        return lines, f"[{', '.join(made)}]"

    def _missing(self, required: bool, empty: str) -> tuple[Lines, str]:
        if required:
            raise _NotAlike
        return [], empty


def _filled(variables: list[str], held: dict[str, Any]) -> list[Any]:
    """The best of several lists that holds anything."""
    found: list[Any] = next((held[name] for name in variables if held[name]), [])
    return found


def _variables(member: Member) -> Iterator[str]:
    if isinstance(member, Structure):
        for inner in member.members:
            yield from _variables(inner)
    else:
        yield from member.variables
