"""Rows of one pattern as what is known of a record: the values of closed lists are constants, empty cells are empty.

A *pattern* says of a row what is worth knowing while code is made: which of the closed lists' values it has and which
optional cells are empty. Most rows of a file are of a few patterns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from exchange.formats._fast import filled_lines, indented
from exchange.formats._generated import compile_function
from exchange.formats.values import Codec
from exchange.known import EMPTY, Constant, Known, NotStraight, Structure, Variable

if TYPE_CHECKING:
    from exchange.formats._csv_read import Arrangement
    from exchange.formats.csv import Field, Layout

CHOICES = 24
"""Closed lists with more values than this are not told apart."""
Pattern = tuple[Any, ...]


class Rows:
    """Rows of files whose columns are in one order. used: the top fields that the mapping reads."""

    def __init__(
        self, layout: Layout, codecs: Mapping[str, Codec], arrangement: Arrangement, used: frozenset[str]
    ) -> None:
        self.layout, self.codecs, self.arrangement = layout, codecs, arrangement
        self.cells = {field: f"c{n}" for n, field in enumerate(arrangement) if field is not None}
        self.traits = {field: trait for field in self.cells if (trait := self._trait(field, used))}
        self.unpack = f"{', '.join(f'c{n}' if field else '_' for n, field in enumerate(arrangement))}, = row"

    def pattern(self) -> Callable[[list[str]], Pattern]:
        """A function that gives the pattern of a row; ValueError when its width is wrong."""
        told = [f"{cell}" if self.traits[name] == "choice" else f"not {cell}" for name, cell in self._told()]
        lines = [self.unpack, *self._trimmed(), f"return ({''.join(f'{each}, ' for each in told)})"]
        source = "\n".join(["def pattern(row):", *indented(lines)]) + "\n"
        return compile_function("pattern", source, {}, f"{self.layout.layout} patterns")

    def begin(self, pattern: Pattern) -> list[str]:
        """Lines that take a row apart, and `return row` when it is of another pattern."""
        tests: list[str] = []
        for (name, cell), value in zip(self._told(), pattern, strict=True):
            if self.traits[name] == "choice":
                tests.append(f"{cell} != {value!r}")
            else:
                tests.append(cell if value else f"not {cell}")
        other = [f"if {' or '.join(tests)}:", "    return row"] if tests else []
        return [self.unpack, *self._trimmed(), *other]

    def record(self, pattern: Pattern, lines: list[str], names: dict[str, object]) -> Structure:
        """What is known of a row of a pattern; what must be computed is added to lines."""
        known = dict(zip((name for name, _ in self._told()), pattern, strict=True))
        return Structure(self._fields(self.layout.fields, "", known, lines, names))

    def _told(self) -> list[tuple[str, str]]:
        return [(name, self.cells[name]) for name in self.traits]

    def _trimmed(self) -> list[str]:
        return [
            f"{cell} = {cell}.strip()" for name, cell in self.cells.items() if self.codecs[name].dialect.trim
        ]

    def _trait(self, name: str, used: frozenset[str]) -> str:
        """What a pattern tells of a column: which "choice" of a closed list, whether it is "given", or nothing."""
        codec = self.codecs[name]
        rules = codec.field
        top, dot, _ = name.partition(".")
        if codec.empty_words or top not in used:
            return "given" if dot and not codec.empty_words else ""
        closed = rules.type == "text" and rules.values is not None and len(rules.values) <= CHOICES
        if closed:
            return "choice"
        return "given" if dot or not rules.required else ""

    def _fields(
        self,
        fields: Mapping[str, Field],
        prefix: str,
        known: Mapping[str, Any],
        lines: list[str],
        names: dict[str, object],
    ) -> dict[str, Known]:
        return {
            str(name): self._structure(field, prefix + name, known, lines, names)
            if field.fields is not None
            else self._value(prefix + name, known, lines, names)
            for name, field in fields.items()
        }

    def _structure(
        self, field: Field, name: str, known: Mapping[str, Any], lines: list[str], names: dict[str, object]
    ) -> Known:
        """A structure of columns: empty when all of them are."""
        below = [leaf for leaf in self.cells if leaf.startswith(f"{name}.")]
        if any(leaf not in self.traits for leaf in below):
            raise NotStraight(f"whether {name} is empty is not known")
        if any(known[leaf] if self.traits[leaf] == "choice" else not known[leaf] for leaf in below):
            return Structure(self._fields(field.fields or {}, f"{name}.", known, lines, names))
        if field.required:
            raise NotStraight(f"{name} is empty")
        return EMPTY

    def _value(
        self, name: str, known: Mapping[str, Any], lines: list[str], names: dict[str, object]
    ) -> Known:
        """The value of a cell."""
        codec, cell = self.codecs[name], self.cells.get(name)
        if cell is None:
            return EMPTY
        into = f"v{cell[1:]}"
        trait = self.traits.get(name)
        empty = bool(trait) and (not known[name] if trait == "choice" else known[name])
        if empty and codec.field.required:
            raise NotStraight(f"{name} is empty")
        if empty:
            return EMPTY
        if trait == "choice":
            value, wrong = codec.read(known[name])
            if wrong:
                raise NotStraight(f"{name} is wrong")
            return Constant(value)
        if codec.empty_words or not (trait or codec.field.required):
            lines += codec.read_code(cell, into, names)
            return Variable(into, codec.field.required)
        if not trait:
            lines.append(f"if not {cell}: raise Refused")
        lines += filled_lines(codec, cell, into, names)
        return Variable(into, True)
