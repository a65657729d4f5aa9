"""Texts in the Latin characters that every bank of the SEPA area takes.

Source: EPC217-08, "SEPA requirements for an extended character set": a-z A-Z 0-9 / - ? : ( ) . , ' + and
blank; the conversion table's own choices come first (& becomes +), then the nearest ASCII, then a dot for
what is left.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-?:().,'+ ")
OWN = str.maketrans(
    {
        "Å": "A",
        "Ä": "A",
        "Ö": "O",
        "å": "a",
        "ä": "a",
        "ö": "o",
        "Ü": "U",
        "ü": "u",
        "Æ": "A",
        "æ": "a",
        "Ø": "O",
        "ø": "o",
        "ß": "s",
        "Õ": "O",
        "õ": "o",
        "€": "E",
        "&": "+",
        "_": "-",
        "*": ".",
        "#": ".",
        "@": ".",
        "!": ".",
        "%": ".",
        "=": ".",
        "$": ".",
        "<": ".",
        ">": ".",
        ";": ",",
        '"': "'",
        "`": "'",
        "´": "'",
        "[": "(",
        "]": ")",
        "{": "(",
        "}": ")",
        "|": "/",
        "\\": "/",
        "~": "-",
        "^": ".",
        "–": "-",
        "—": "-",
        "’": "'",
        "“": "'",
        "”": "'",
        "\t": " ",
        "\n": " ",
        "\r": " ",
        "\u00a0": " ",
    }
)
_PLAIN = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]*")
_AS_IT_IS = re.compile(r"[A-Za-z0-9\-?:().,'+]+(?:[/ ][A-Za-z0-9\-?:().,'+]+)*")
"""Most texts of which nothing is changed, told at once."""


REMEMBERED = 10_000
"""Names and towns come again and again; so many texts are remembered."""

NORDIC = frozenset("ÅÄÖÆØåäöæø")
"""Letters that Nordic banks take in domestic payments besides those of the SEPA set."""

LATIN = frozenset(map(chr, (*range(0x21, 0x7F), *range(0xA1, 0x100)))) - {"\u00ad"}
KEPT: dict[str, frozenset[str] | None] = {
    "sepa": frozenset(),
    "nordic": NORDIC,
    "latin-1": LATIN,
    "utf-8": None,
}
"""The character sets of bank profiles: what each keeps besides the SEPA set; None: whatever can be printed."""


@lru_cache(REMEMBERED)
def to_set(text: str, characters: str) -> str:
    """The text in one of the `KEPT` sets, white space squeezed."""
    kept = KEPT[characters]
    if kept is not None:
        return to_sepa(text, kept)
    printable = [
        character if character.isprintable() else " " for character in unicodedata.normalize("NFC", text)
    ]
    return " ".join("".join(printable).split())


def to_sepa(text: str, keep: frozenset[str] = frozenset()) -> str:
    """The text in allowed characters, white space squeezed, without the leading and doubled slashes banks
    refuse. keep: letters that are allowed besides.
    """
    return text if _AS_IT_IS.fullmatch(text) else _converted(text, keep)


@lru_cache(REMEMBERED)
def _converted(text: str, keep: frozenset[str]) -> str:
    if not _PLAIN.fullmatch(text):
        text = unicodedata.normalize("NFC", text)
        text = "".join([character if character in keep else _plain(character) for character in text])
    text = " ".join(text.split())
    return re.sub("/{2,}", "/", text).strip("/").strip()


@lru_cache(REMEMBERED)
def _plain(character: str) -> str:
    """What stands for one character."""
    ascii_text = anyascii(character.translate(OWN)).translate(OWN)
    return "".join([letter if letter in ALLOWED else "." for letter in ascii_text])
