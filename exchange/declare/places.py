"""Texts that remember where they stand in a declared file, so that any later pass can point at them."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from exchange.declare.problems import Problem

LINE_END = re.compile(r"\r\n|\n|\r")


class SourceText:
    """The whole text of one declared file, shared by all texts cut from it."""

    __slots__ = ("file", "starts", "text")

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.starts = [0, *(match.end() for match in LINE_END.finditer(text))]

    def place(self, index: int) -> tuple[int, int]:
        """Line and column, from 1, of a character."""
        line = bisect_right(self.starts, index)
        return line, index - self.starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line without its end."""
        begin = self.starts[number - 1]
        end = LINE_END.search(self.text, begin)
        return self.text[begin : end.start() if end else len(self.text)]

    def problem(self, index: int, message: str, advice: str = "", width: int = 1) -> Problem:
        """A problem that points at a character of this file."""
        line, column = self.place(index)
        return Problem(self.file, line, column, message, self.line(line), advice, width)


class PlacedText(str):
    """A text with its place. As the type of a model's field it keeps the place (`str` does not).

    plain: written without quotes; only then may it stand for a number, true, false or nothing.
    """

    __slots__ = ("begin", "plain", "source")
    source: SourceText
    begin: int
    plain: bool

    def __new__(
        cls, text: str, source: SourceText | None = None, begin: int = 0, plain: bool = True
    ) -> PlacedText:
        """A text that stands at character `begin` of its source; without one it is its own source."""
        self = super().__new__(cls, text)
        self.source = source or SourceText("(text)", text)
        self.begin = begin
        self.plain = plain
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return PlacedText, (str(self), self.source, self.begin, self.plain)

    @property
    def file(self) -> str:
        """The declared file."""
        return self.source.file

    @property
    def line(self) -> int:
        """The line, from 1, of the first character."""
        return self.source.place(self.begin)[0]

    @property
    def column(self) -> int:
        """The column, from 1, of the first character (inside the quotes, if any)."""
        return self.source.place(self.begin)[1]

    @property
    def is_expression(self) -> bool:
        """Whether the text is to be computed: it begins with `=`. All others are literal."""
        return self.startswith("=")

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written: a bare key, `~` or `null`, without quotes."""
        return self.plain and str(self) in ("", "~", "null")

    def at(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1, in the file of a character of this text, also across folded lines."""
        return self.source.place(self._index_of(offset))

    def problem(self, message: str, advice: str = "", offset: int = 0, width: int | None = None) -> Problem:
        """A problem that points at this text, or at a character of it."""
        width = max(1, len(self) - offset) if width is None else width
        return self.source.problem(self._index_of(offset), message, advice, width)

    def _index_of(self, offset: int) -> int:
        """Where in the file a character of this text stands: both are walked side by side."""
        written, here = self.source.text, self.begin
        for position in range(min(offset, len(self))):
            here = _after(written, here, self[position], self[position + 1 : position + 2])
        if offset < len(self) and not self[offset].isspace():
            here = written.find(self[offset], here)
        return self.begin if here < 0 else here

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_placed, core_schema.is_instance_schema(cls))

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": ["string", "number", "boolean"]}


def _placed(value: object) -> object:
    """Models built by code, not from a file, may give ordinary texts."""
    return PlacedText(value, plain=False) if type(value) is str else value


def _after(written: str, here: int, character: str, following: str) -> int:
    """The index after a character of the value; a folded line end stands for all white space around it."""
    if not character.isspace():
        return written.find(character, here) + 1 or here
    while here < len(written) and not written[here].isspace():
        here += 1
    if following.isspace():
        return here + 1
    while here < len(written) and written[here].isspace():
        here += 1
    return here
