"""Structured payment references, brought to one form so that a bank's and a ledger's spelling can be compared."""

from __future__ import annotations

from exchange.checks import get


def comparable(reference: str) -> str:
    """The reference without blanks and leading zeros; an RF reference that carries a national one becomes that.

    >>> comparable("RF33 0001 2344"), comparable("0000 0000 0000 0001 2344")
    ('12344', '12344')
    """
    text = "".join(reference.split()).upper()
    if text.startswith("RF") and get("rf").fault(text) is None:
        text = text[4:]
    return text.lstrip("0")


def fault(reference: str) -> str | None:
    """Why a reference cannot be relied on; None when a check digit of one of the known kinds proves it.

    A reference is believed when any of RF, Finnish viite, Swedish OCR or Norwegian KID accepts it: which country
    it belongs to is not always known, and the comparison with an open item decides anyway.
    """
    text = "".join(reference.split()).upper()
    if text.startswith("RF"):
        return get("rf").fault(text)
    kinds = ("fi-viite", "se-ocr", "no-kid")
    return None if any(get(kind).fault(text) is None for kind in kinds) else "its check digit is wrong"
