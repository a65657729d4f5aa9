"""Danish VAT number: DK and the 8 digits of the CVR number (VIES)."""

from __future__ import annotations

from exchange.checks import dk_cvr
from exchange.checks._text import HYPHENS, SPACES, refuse, upper_without

_CANONICAL = upper_without(SPACES + HYPHENS + ".")


def compact(value: str) -> str:
    """Without blanks, hyphens and dots, in upper case: DK13585628."""
    return value.translate(_CANONICAL)


def fault(value: str) -> str | None:
    """None when this is DK and a CVR number."""
    text = compact(value)
    if not text:
        return "it is empty"
    if not text.startswith("DK"):
        return "it does not begin with DK"
    return dk_cvr.fault(text[2:])


def complete(body: str) -> str:
    """DK and a number without its check digit, to the whole; ValueError where none fits."""
    text = compact(body)
    refuse(None if text.startswith("DK") else "it does not begin with DK")
    return f"DK{dk_cvr.complete(text[2:])}"
