"""LEI, the legal entity identifier: 18 letters or digits and two check digits (ISO 17442)."""

from __future__ import annotations

from exchange.checks._arithmetic import as_number, mod97_digits
from exchange.checks._text import (
    HYPHENS,
    SPACES,
    alphanumeric_fault,
    check_digit_fault,
    refuse,
    upper_without,
)

_CANONICAL = upper_without(SPACES + HYPHENS)


def compact(value: str) -> str:
    """Without blanks and hyphens, in upper case: 213800KUD8LAJWSQ9D15."""
    return value.translate(_CANONICAL)


def fault(value: str) -> str | None:
    """None when this is a LEI: 20 characters, check digits 02 to 98 by ISO 7064 MOD 97-10."""
    text = compact(value)
    if wrong := alphanumeric_fault(text, (20,)):
        return wrong
    digits = text[-2:]
    if digits.isdigit() and "01" < digits < "99" and as_number(text) % 97 == 1:
        return None
    return check_digit_fault(digits, mod97_digits(text[:-2]))


def complete(body: str) -> str:
    """18 letters or digits, with the check digits behind them."""
    text = compact(body)
    refuse(alphanumeric_fault(text, (18,)))
    return text + mod97_digits(text)
