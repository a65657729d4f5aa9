"""Texts on their way into a file: what code page 437 does not have is replaced or refused, and told."""

from __future__ import annotations

import re

from exchange.findings import Found, code
from exchange.formats._faults import Refused
from exchange.formats.sie import characters
from exchange.formats.sie.layout import Layout
from exchange.formats.sie.lexical import BARE_WRITTEN, quoted

REPLACED = code(
    "SIE055",
    "info",
    'The character "{character}" ({point}) in {field} was written as "{by}": code page 437 does not have it.',
    advice="To refuse such texts instead, declare `unknown characters: refuse` in the layout.",
)
UNWRITABLE = code(
    "SIE062",
    "error",
    'The character "{character}" ({point}) in {field} cannot be written: code page 437 does not have it.',
    advice="Replace it in the mapping. The standard allows no other character set.",
)

is_bare = re.compile(BARE_WRITTEN).fullmatch
"""Whether a text is written as it is."""
is_simple = re.compile(f"[{re.escape(characters.plain())}]*").fullmatch
"""Whether a text needs its quotes and nothing else."""


class Pen:
    """The texts of one file; line is the source line of the record at hand."""

    def __init__(self, layout: Layout, found: Found) -> None:
        self.found = found
        self.line: int | None = None
        self._refuses = layout.unknown_characters == "refuse"
        self._told: set[str] = set()

    def fitted(self, text: str, field: str) -> str:
        """The text as it can be written."""
        strange = characters.strange(text)
        if not strange:
            return text
        fitted = text if self._refuses else characters.fitted(text)
        refused = characters.strange(fitted)
        for character in strange:
            self._tell(character, text, field, refused=character in refused)
        return fitted

    def _tell(self, character: str, text: str, field: str, *, refused: bool) -> None:
        point = f"U+{ord(character):04X}"
        if refused:
            self.found(
                UNWRITABLE.at(
                    line=self.line, field=field, value=text, character=shown_character(character), point=point
                )
            )
        elif character not in self._told:
            self._told.add(character)
            by, shown_as = characters.replaced(character), shown_character(character)
            self.found(
                REPLACED.at(line=self.line, field=field, value=text, character=shown_as, point=point, by=by)
            )


def plain(text: str) -> str:
    """A field as it is written; raises Refused when code page 437 cannot hold it."""
    if is_bare(text):
        return text
    if is_simple(text):
        return f'"{text}"'
    if characters.strange(text):
        raise Refused
    return quoted(text)


def trimmed(line: str) -> str:
    """The line without the empty fields at its end."""
    while line.endswith(' ""'):
        line = line[:-3]
    return line


def shown_character(character: str) -> str:
    """A character for people."""
    return character if character.isprintable() else repr(character)[1:-1]
