"""Norwegian VAT number: NO, the 9 digits of the organisation number, and MVA (Skatteetaten)."""

from __future__ import annotations

from exchange.checks import no_orgnr
from exchange.checks._text import HYPHENS, SPACES, upper_without

_CANONICAL = upper_without(SPACES + HYPHENS + ".")


def compact(value: str) -> str:
    """Without blanks and dots, in upper case, with the NO that is left out at home: NO995525828MVA."""
    text = value.translate(_CANONICAL)
    return f"NO{text}" if text.endswith("MVA") and text[:1].isdigit() else text


def fault(value: str) -> str | None:
    """None when this is an organisation number with MVA, with or without NO."""
    text = compact(value)
    if not text:
        return "it is empty"
    if not text.endswith("MVA"):
        return "it does not end with MVA"
    if not text.startswith("NO"):
        return "it does not begin with NO or a digit"
    return no_orgnr.fault(text[2:-3])


def complete(body: str) -> str:
    """8 digits, with or without NO before them, to the whole; ValueError where no check digit fits."""
    text = body.translate(_CANONICAL).removeprefix("NO")
    return f"NO{no_orgnr.complete(text)}MVA"


def pretty(value: str) -> str:
    """As written on documents: NO 995 525 828 MVA."""
    text = compact(value)
    return f"NO {no_orgnr.pretty(text[2:-3])} MVA" if len(text) == 14 else text
