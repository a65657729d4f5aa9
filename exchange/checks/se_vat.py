"""Swedish VAT number: SE, 10 digits of the organisation or personal number, and 01 (Skatteverket, VIES)."""

from __future__ import annotations

from exchange.checks import se_orgnr
from exchange.checks._text import HYPHENS, SPACES, digits_fault, refuse, upper_without

_CANONICAL = upper_without(SPACES + HYPHENS + ".")


def compact(value: str) -> str:
    """Without blanks, hyphens and dots, in upper case: SE556036079301."""
    return value.translate(_CANONICAL)


def fault(value: str) -> str | None:
    """None when this is SE, an organisation number and 01."""
    text = compact(value)
    if not text:
        return "it is empty"
    if not text.startswith("SE"):
        return "it does not begin with SE"
    if wrong := digits_fault(text[2:], (12,)):
        return wrong
    if not text.endswith("01"):
        return f"it ends with {text[-2:]}, not with 01"
    return se_orgnr.fault(text[2:12])


def complete(body: str) -> str:
    """SE and 9 digits, with the check digit and 01 behind them."""
    text = compact(body)
    refuse(None if text.startswith("SE") else "it does not begin with SE")
    return f"SE{se_orgnr.complete(text[2:])}01"
