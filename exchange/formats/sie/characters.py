"""Texts as code page 437 can hold them: what is replaced by what, and what is refused.

The code page has å ä ö ü é è ê ç ñ and the like, but no ø, õ, š, ž, €, dashes or typographic quotes.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator

REPLACED = {
    "€": "EUR", "™": "(TM)", "©": "(C)", "®": "(R)", "…": "...", "•": "*", "×": "x", "¹": "1", "³": "3",
    "–": "-", "—": "-", "‑": "-", "‐": "-", "−": "-", "\u00ad": "", "\u200b": "", "\ufeff": "",
    "’": "'", "‘": "'", "‚": ",", "´": "'", "”": '"', "“": '"', "„": '"', "‹": "<", "›": ">",
    "Ø": "Ö", "ø": "ö", "Ð": "D", "ð": "d", "Þ": "Th", "þ": "th", "Œ": "OE", "œ": "oe", "Ł": "L", "ł": "l",
    "Đ": "D", "đ": "d", "¤": "*", "¦": "|", "¨": '"', "¯": "-", "¸": ",", "§": "S",
}  # fmt: skip
"""What stands for a character; letters with marks that are not named here lose their marks."""
_CONTROL = re.compile("[\x00-\x1f\x7f]")


_BYTES = codecs.charmap_build(bytes(range(256)).decode("cp437"))
"""The code page as a table: Python's own codec looks each character up in a dict, which takes four times as long."""


def encoded(text: str) -> bytes:
    """A text in code page 437, `?` for what it does not have.

    >>> encoded("Öberg 5 €")
    b'\\x99berg 5 ?'
    """
    return codecs.charmap_encode(text, "replace", _BYTES)[0]


def strange(text: str) -> list[str]:
    """The characters of a text that a SIE field cannot hold, each once, in order."""
    if text.isascii() and not _CONTROL.search(text) and not text.endswith("\\"):
        return []
    return list(dict.fromkeys(_strange(text)))


def plain() -> str:
    """All characters that a field in quotes holds as they are."""
    return "".join(c for c in bytes(range(256)).decode("cp437") if c not in '"\\' and not strange(c))


def replaced(character: str) -> str | None:
    """What stands for a character that a field cannot hold; None when nothing does."""
    if _CONTROL.match(character) or character.isspace():
        return " "
    if character == "\\":  # before the closing quote it would hide the quote
        return "/"
    known = REPLACED.get(character)
    if known is not None:
        return known
    plain = "".join(
        part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part)
    )
    return plain if plain and not strange(plain) else None


def _strange(text: str) -> Iterator[str]:
    for character in text:
        if _CONTROL.match(character) or not _has(character):
            yield character
    if text.endswith("\\"):
        yield "\\"


def _has(character: str) -> bool:
    try:
        character.encode("cp437")
    except UnicodeEncodeError:
        return False
    return True


def fitted(text: str) -> str:
    """The text with every character replaced that can be."""
    last = "/" if text.endswith("\\") else ""
    body = text[:-1] if last else text
    foreign = {character: replaced(character) for character in strange(body)}
    return "".join(foreign.get(character) or _kept(character, foreign) for character in body) + last


def _kept(character: str, foreign: dict[str, str | None]) -> str:
    return "" if foreign.get(character) == "" else character
