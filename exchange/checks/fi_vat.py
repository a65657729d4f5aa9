"""Finnish VAT number: FI and the 8 digits of the Y-tunnus (VIES)."""

from __future__ import annotations

from exchange.checks import fi_ytunnus
from exchange.checks._text import HYPHENS, SPACES, refuse, upper_without

_CANONICAL = upper_without(SPACES + HYPHENS + ".")


def compact(value: str) -> str:
    """Without blanks, hyphens and dots, in upper case: FI20774740."""
    return value.translate(_CANONICAL)


def fault(value: str) -> str | None:
    """None when this is FI and a Y-tunnus without its hyphen."""
    text = compact(value)
    if not text:
        return "it is empty"
    if not text.startswith("FI"):
        return "it does not begin with FI"
    return fi_ytunnus.fault(text[2:])


def complete(body: str) -> str:
    """FI and a number without its check digit, to the whole; ValueError where none fits."""
    text = compact(body)
    refuse(None if text.startswith("FI") else "it does not begin with FI")
    return f"FI{fi_ytunnus.complete(text[2:])}"
