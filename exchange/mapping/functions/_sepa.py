"""Texts in the Latin characters that every bank of the SEPA area takes.

Source: EPC217-08, "SEPA requirements for an extended character set": a-z A-Z 0-9 / - ? : ( ) . , ' + and
blank; the conversion table's own choices come first (& becomes +), then the nearest ASCII, then a dot for
what is left.
"""

from __future__ import annotations

import re

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


def to_sepa(text: str) -> str:
    """The text in allowed characters, white space squeezed, without the leading and doubled slashes banks
    refuse.
    """
    if not _PLAIN.fullmatch(text):
        ascii_text = anyascii(text.translate(OWN)).translate(OWN)
        text = "".join([character if character in ALLOWED else "." for character in ascii_text])
    text = " ".join(text.split())
    return re.sub("/{2,}", "/", text).strip("/").strip()
