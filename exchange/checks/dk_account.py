"""Danish bank account number: registration number of 4 digits and account of up to 10, no check digit.

No public rule ties the digits together, so only form and length are tested. The electronic form is that of
the Danish IBAN: the account padded with zeros to 10 digits.
"""

from __future__ import annotations

from exchange.checks._text import HYPHENS, SPACES, digits_fault, without

_SEPARATORS = without(SPACES + HYPHENS + "./")
_LENGTHS = range(5, 15)


def compact(value: str) -> str:
    """Registration number and account, 14 digits: "0040 440116243" becomes 00400440116243."""
    text = value.translate(_SEPARATORS)
    return text if digits_fault(text, _LENGTHS) else text[:4] + text[4:].zfill(10)


def fault(value: str) -> str | None:
    """None when this has 4 digits and 1 to 10 more, neither part being all zeros."""
    text = compact(value)
    if wrong := digits_fault(text, _LENGTHS):
        return wrong
    if not text[:4].strip("0"):
        return "the registration number is all zeros"
    return None if text[4:].strip("0") else "the account is all zeros"


def pretty(value: str) -> str:
    """As people write it: 0040 0440116243."""
    text = compact(value)
    return f"{text[:4]} {text[4:]}" if len(text) == 14 else text
