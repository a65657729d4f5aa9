"""Lineage as a value: one value, what it came from, and what that came from; and the paths that name values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from exchange.errors import UnknownNameError

Token = str | int
"""A step of a path: the name of a field, or the number, from 1, of an element."""
_TOKENS = re.compile(r"([^.\[\]]+)((?:\[[0-9]+\])*)(?:\.|$)")


@dataclass(slots=True)
class Lineage:
    """One value and what it came from.

    kind: value (a field that a rule fills), field (of the source record, at the path `source`), let, list, lookup,
    function, operation, choice, condition (why it was chosen), constant, site, fact, position, unset, more, again
    (told above); who joins lineages may add others.
    what: the path of the field, or the text of the part of an expression; rule and place: the expression and where
    it is declared, file:line:column; note: how the value came about where neither says it. layout: of the record
    that the field belongs to. line, column, path, text: where the value stands in a file, and how it is written.
    """

    kind: str
    what: str
    value: Any
    rule: str = ""
    place: str = ""
    note: str = ""
    layout: str = ""
    source: str | None = None
    line: int | None = None
    column: int | None = None
    path: str | None = None
    text: str | None = None
    operands: list[Lineage] = field(default_factory=list)

    def walk(self) -> Iterator[Lineage]:
        """This and everything below it."""
        yield self
        for operand in self.operands:
            yield from operand.walk()


def tokens(path: str) -> tuple[Token, ...]:
    """The steps of a path: `lines[2].net` → ("lines", 2, "net"). Raises UnknownNameError for what is none."""
    found: list[Token] = []
    place = 0
    while match := _TOKENS.match(path, place):
        found += [match[1], *(int(number) for number in re.findall("[0-9]+", match[2]))]
        place = match.end()
    if not found or place < len(path) or path.endswith("."):
        raise UnknownNameError(f'"{path}" is not a path.', advice="Write a path such as lines[1].net.")
    return tuple(found)


def joined(path: str, steps: Sequence[Token]) -> str:
    """The path that goes on with more steps."""
    for step in steps:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path


def structures(value: Any, path: str) -> Iterator[tuple[int, str]]:
    """Every structure inside a record by its identity, with its path."""
    if isinstance(value, dict):
        yield id(value), path
        for name, inner in value.items():
            if not name.startswith("@") and isinstance(inner, dict | list):
                yield from structures(inner, joined(path, (name,)))
    elif isinstance(value, list):
        for number, inner in enumerate(value, 1):
            yield from structures(inner, joined(path, (number,)))
