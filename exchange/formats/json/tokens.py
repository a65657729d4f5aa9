"""Where everything stands in a JSON text: the slow walk, for findings, for recognising, never for values.

It forgives a text that was cut off, and gives the path (keys and indexes) and place of every key and value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from json.decoder import JSONDecodeError
from json.decoder import scanstring as scanstring  # type: ignore[attr-defined]
from typing import Any

from exchange.findings import Finding
from exchange.formats.json.complaints import DUPLICATE, HALF_CHARACTER, NOT_A_NUMBER

Steps = tuple[str | int, ...]
_TOKEN = re.compile(r'[ \t\n\r]*(?:([{}\[\]:,])|("(?:[^"\\]|\\.)*")|([^\s{}\[\]:,"]+))', re.DOTALL)
_HALF = re.compile("[\ud800-\udfff]")
DEEPEST = 256
"""How deep values are told apart: every place names all that is around it."""
CONSTANTS = ("NaN", "Infinity", "-Infinity")


@dataclass(frozen=True, slots=True)
class Token:
    """A key or a value: its path, where it begins, and `{`, `[` or the scalar as it is written."""

    steps: Steps
    offset: int
    written: str
    key: bool = False


@dataclass(slots=True)
class _Level:
    """An open object or list: the key or index that comes next, and the keys that were there."""

    is_object: bool
    at: str | int = ""
    awaits_key: bool = True


def walk(text: str, begin: int = 0) -> Iterator[Token]:
    """Every key and value, outermost first, in the order of the text; ends where the text is no JSON, or too deep."""
    levels: list[_Level] = []
    for match in _TOKEN.finditer(text, begin):
        if match.start() != begin:
            return
        begin = match.end()
        mark, string, other = match.groups()
        if mark in ("}", "]"):
            if not levels:
                return
            levels.pop()
        elif mark == ",":
            _next(levels)
        elif mark != ":":
            yield from _token(levels, match, mark, string or other)
        if len(levels) > DEEPEST:
            return


def _next(levels: list[_Level]) -> None:
    if levels and levels[-1].is_object:
        levels[-1].awaits_key = True
    elif levels:
        levels[-1].at = int(levels[-1].at) + 1


def _token(
    levels: list[_Level], match: re.Match[str], mark: str | None, scalar: str | None
) -> Iterator[Token]:
    level = levels[-1] if levels else None
    above = tuple(outer.at for outer in levels[:-1])
    if level is not None and level.is_object and level.awaits_key and scalar is not None:
        level.at, level.awaits_key = _unquoted(scalar), False
        yield Token((*above, level.at), match.start(2) if match[2] else match.start(3), scalar, key=True)
        return
    steps = above if level is None else (*above, level.at)
    if mark is not None:
        yield Token(steps, match.start(1), mark)
        levels.append(_Level(True) if mark == "{" else _Level(False, 0))
    else:
        yield Token(steps, match.start(2) if match[2] else match.start(3), scalar or "")


def _unquoted(written: str) -> str:
    """The text of a string as it is written; as it stands when it is damaged."""
    try:
        return str(scanstring(written, 1)[0]) if written[:1] == '"' else written
    except JSONDecodeError:
        return written


def pointer(steps: Steps) -> str:
    """The JSON pointer (RFC 6901) of a path."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


@dataclass(slots=True)
class Places:
    """The places inside one value of the file, found when the first one is asked for.

    line and column are those of the first character of `text`; above is its own path in the file.
    """

    text: str
    line: int
    column: int
    above: Steps = ()
    _offsets: dict[Steps, int] = field(default_factory=dict)

    def of(self, steps: Steps) -> dict[str, Any]:
        """Line, column and JSON pointer of a path; of the nearest thing around it when it is not there."""
        if not self.text:
            return {"path": pointer((*self.above, *steps))}
        if not self._offsets:
            self._offsets.update((token.steps, token.offset) for token in walk(self.text) if not token.key)
        known = steps
        while known and known not in self._offsets:
            known = known[:-1]
        return self.at(self._offsets.get(known, 0), steps)

    def at(self, offset: int, steps: Steps) -> dict[str, Any]:
        """Line, column and JSON pointer of a character of the text."""
        newline = self.text.rfind("\n", 0, offset)
        line = self.line + self.text.count("\n", 0, offset)
        column = offset - newline if newline >= 0 else self.column + offset
        return {"line": line, "column": column, "path": pointer((*self.above, *steps))}

    def flaws(self) -> Iterator[Finding]:
        """Duplicate keys, values that JSON does not have, and halves of characters."""
        seen: set[Steps] = set()
        for token in walk(self.text):
            place = self.at(token.offset, token.steps)
            if token.key and token.steps in seen:
                yield DUPLICATE.at(value=str(token.steps[-1]), **place)
                seen = {steps for steps in seen if steps[: len(token.steps)] != token.steps}
            if token.key:
                seen.add(token.steps)
            if token.written in CONSTANTS:
                yield NOT_A_NUMBER.at(value=token.written, **place)
            half = _HALF.search(_unquoted(token.written))
            if half is not None:
                yield HALF_CHARACTER.at(value=f"\\u{ord(half[0]):04x}", **place)
