"""Letters of old seven-bit files: [ \\ ] { | } stand for Ä Ö Å ä ö å, or in Denmark and Norway for Æ Ø Å æ ø å.

Such lines occur inside files of eight bits, too, so each line is judged by itself: it holds no letter beyond ASCII, the
characters stand beside letters, and they are no pair of brackets.

Source: ISO 646-FI/SE, ISO 646-DK/NO.
"""

from __future__ import annotations

import re
from typing import Literal

from exchange.findings import Found, code

Letters = Literal["swedish", "danish"]
SEVEN_BIT = "[\\]{|}"
MEANT = {"swedish": "ÄÖÅäöå", "danish": "ÆØÅæøå"}

READ_AS_LETTERS = code(
    "FIX019",
    "warning",
    'Line {line}: "{value}" was read as "{meant}": the file writes letters in seven bits.',
    advice="Compare with the original document. Ask the sender for ISO 8859-1 if other signs are meant.",
)

_ANY = re.compile(r"[\[\\\]{|}]")
"""What nearly no line holds: looked for first, because looking beside letters takes ten times as long."""
_SIGN = re.compile(r"(?<=[A-Za-z])[\[\\\]{|}]|[\[\\\]{|}](?=[A-Za-z])")
_BRACKETS = re.compile(r"(?<![A-Za-z])(?:\[[^\[\]]*\]|\{[^{}]*\})(?![A-Za-z])")
_WORD = re.compile(r"\S*[\[\\\]{|}]\S*")


class SevenBit:
    """Reads the lines of one file; the first one that is changed is told of."""

    def __init__(self, letters: Letters, found: Found) -> None:
        self.table = str.maketrans(SEVEN_BIT, MEANT[letters])
        self.found = found
        self.told = False

    def read(self, text: str, number: int) -> str:
        """The line with the letters that are meant."""
        if _ANY.search(text) is None or not text.isascii():
            return text
        if _SIGN.search(text) is None or _BRACKETS.search(text) is not None:
            return text
        meant = text.translate(self.table)
        word = _WORD.search(text)
        if not self.told and word is not None:
            self.told = True
            self.found(READ_AS_LETTERS.at(line=number, value=word[0], meant=meant[word.start() : word.end()]))
        return meant
