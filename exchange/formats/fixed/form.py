"""How records stand in fixed columns: the lines of a file, and what is written around them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from exchange.findings import Finding, Found
from exchange.formats.contract import Progress
from exchange.formats.encoding import canonical
from exchange.formats.fixed.fit import Fitter, control_character
from exchange.formats.fixed.layout import Layout
from exchange.formats.fixed.lines import encoding_of, records
from exchange.formats.fixed.padding import Padding, by_bytes
from exchange.formats.fixed.plan import Dispatch

_ENDS = {"crlf": "\r\n", "lf": "\n", "none": ""}


class Columns(Dispatch):
    """The form of a layout of fixed columns; see `belonging.Form`."""

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self.layout = layout
        self.end = _ENDS[layout.newline]

    def rows(self, stream: BinaryIO, found: Found, progress: Progress | None) -> Iterator[tuple[int, str]]:
        """Each record with the number of its line, blank ones left out."""
        encoding = encoding_of(stream, self.layout, found)
        padding = Padding(self.layout.encoding, found) if canonical(encoding).startswith("utf-8") else None
        keep = padding.keep if padding is not None else None
        for number, text in records(stream, encoding, self.layout, found, progress, keep):
            if text and not text.isspace():
                yield number, text if padding is None else self._looked_at(padding, text, number)

    def _looked_at(self, padding: Padding, text: str, number: int) -> str:
        """A record of a file in UTF-8; one that is told to be short is filled up, so that it is told once."""
        plan = None if text.isascii() else self.plan(text) or self.plan(by_bytes(text))
        return text if plan is None or not padding.is_told(plan, text, number) else text.ljust(plan.width)

    def shown(self, row: str) -> str:
        """The line itself."""
        return row

    def fitter(self, tell: Callable[..., None]) -> Fitter:
        """What brings lines to their columns."""
        return Fitter(self.layout.tabs, tell)

    def control_character(self, row: str, number: int) -> Finding | None:
        """No line holds one."""
        return control_character(row, number)

    def ended(self, text: str) -> str:
        """A record on the lines that it stands on."""
        if self.layout.lines is None:
            return text + self.end
        width = len(text) // self.layout.lines
        return self.end.join(text[at : at + width] for at in range(0, len(text), width)) + self.end

    def opening(self) -> str:
        """Nothing stands before the first record."""
        return ""
