"""The fast side of reading: Python source that turns a parsed object into a record, a function per structure.

What it does not take at once raises Refused; the object then goes to `explain`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from exchange.formats.json.layout import JsonField
from exchange.formats.values import Codec, Refused
from exchange.model import KIND, LINE, PATH, Record

Row = Callable[[dict[str, Any], int, str, Record | None], Record]


@dataclass(slots=True)
class Coder:
    """Collects the functions of one kind of record. names: the globals that they use."""

    codecs: Mapping[str, Codec]
    names: dict[str, object] = field(default_factory=lambda: {"Refused": Refused, "NOTHING": {}})
    functions: list[str] = field(default_factory=list)
    _used: int = 0

    def row(self, kind: str, fields: Mapping[str, JsonField], envelope: str | None) -> None:
        """The function `row(o, line, path, around)` of the kind."""
        lines, items = self._lines(fields, "")
        items += [f"{KIND!r}: {kind!r}", f"{LINE!r}: line", f"{PATH!r}: path"]
        items += [f"{envelope!r}: around"] if envelope else []
        self._define("row", "o, line, path, around", [*lines, f"return {{{', '.join(items)}}}"])

    @property
    def source(self) -> str:
        """The Python source, for people and for the compiler."""
        return "\n\n".join(self.functions) + "\n"

    def compiled(self) -> Row:
        """The `row` function."""
        exec(compile(self.source, "<json reader>", "exec"), self.names)
        return self.names["row"]  # type: ignore[return-value]

    def _define(self, name: str, arguments: str, lines: list[str]) -> None:
        self.functions.append("\n".join([f"def {name}({arguments}):", *(f"    {line}" for line in lines)]))

    def _new(self, letter: str) -> str:
        self._used += 1
        return f"{letter}{self._used}"

    def _lines(self, fields: Mapping[str, JsonField], prefix: str) -> tuple[list[str], list[str]]:
        """The lines that read the fields of the object `o`, and the items of the record they make."""
        lines: list[str] = []
        items: list[str] = []
        holders: dict[tuple[str, ...], str] = {(): "o"}
        for name, declared in fields.items():
            *above, key = declared.steps(name)
            holder = self._holder(tuple(above), holders, lines)
            into = self._new("f")
            lines += [f"v = {holder}.get({key!r})", *self._value(prefix + name, declared, into)]
            items.append(f"{name!r}: {into}")
        return lines, items

    def _holder(self, path: tuple[str, ...], holders: dict[tuple[str, ...], str], lines: list[str]) -> str:
        """The local that holds the object at a path, read once for all its fields."""
        if path not in holders:
            outer = self._holder(path[:-1], holders, lines)
            holders[path] = own = self._new("h")
            lines += [
                f"{own} = {outer}.get({path[-1]!r})",
                f"if {own} is None: {own} = NOTHING",
                f"elif {own}.__class__ is not dict: raise Refused",
            ]
        return holders[path]

    def _value(self, name: str, declared: JsonField, into: str) -> list[str]:
        """The lines that set `into` from the local `v`."""
        if not declared.many:
            return self._one(name, declared, into)
        function = self._new("item")
        self._define(
            function, "v", [*self._item_guard(declared), *self._one(name, declared, into), f"return {into}"]
        )
        empty = "raise Refused" if declared.required else f"{into} = []"
        return [
            "if v.__class__ is list and v:",
            f"    {into} = [{function}(i) for i in v]",
            "elif v is None or v == []:",
            f"    {empty}",
            "else: raise Refused",
        ]

    def _item_guard(self, declared: JsonField) -> list[str]:
        """An item of a list may be an empty value, but not a missing structure."""
        structured = declared.fields is not None or declared.open
        return ["if v is None: raise Refused" if structured else "if v is None: return None"]

    def _one(self, name: str, declared: JsonField, into: str) -> list[str]:
        if declared.fields is None and not declared.open:
            return self._plain(name, declared, into)
        empty = "raise Refused" if declared.required else f"{into} = None"
        return [
            "if v.__class__ is dict:",
            f"    {into} = {self._structure(name, declared)}(v)",
            "elif v is None:",
            f"    {empty}",
            "else: raise Refused",
        ]

    def _structure(self, name: str, declared: JsonField) -> str:
        """The function that makes the structure of an object."""
        if declared.open:
            self.names["open_map"] = open_map
            return "open_map"
        function = self._new("s")
        lines, items = self._lines(declared.fields or {}, f"{name}.")
        self._define(function, "o", [*lines, f"return {{{', '.join(items)}}}"])
        return function

    def _plain(self, name: str, declared: JsonField, into: str) -> list[str]:
        codec = self.codecs[name]
        lines = codec.read_code("v", into, self.names)
        guard = "if v is not None and v.__class__ is not str: raise Refused"
        if declared.type != "boolean":
            return [guard, *lines]
        self.names[f"{into}_words"] = {value: codec.form.render(value, None) for value in (True, False)}
        return [f"if v is True or v is False: v = {into}_words[v]", guard, *lines]


def open_map(value: dict[str, Any]) -> dict[str, Any]:
    """An open map as it stands; Refused when anything in it is no plain value."""
    for inner in value.values():
        if inner is not None and inner.__class__ is not str:
            raise Refused
    return value
