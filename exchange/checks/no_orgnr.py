"""Norwegian organisation number: 9 digits, the last modulus 11 with weights 3 2 7 6 5 4 3 2 (Brønnøysund)."""

from __future__ import annotations

from exchange.checks._arithmetic import mod11_digit
from exchange.checks._text import HYPHENS, SPACES, check_digit_fault, digits_fault, grouped, refuse, without

_SEPARATORS = without(SPACES + HYPHENS + ".")
_WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2)


def compact(value: str) -> str:
    """Without blanks, hyphens and dots: 988077917."""
    return value.translate(_SEPARATORS)


def fault(value: str) -> str | None:
    """None when this is a Norwegian organisation number."""
    text = compact(value)
    return digits_fault(text, (9,)) or check_digit_fault(text[-1], mod11_digit(text[:-1], _WEIGHTS))


def complete(body: str) -> str:
    """8 digits, with the check digit behind them; one body in eleven has none and raises ValueError."""
    text = compact(body)
    refuse(digits_fault(text, (8,)))
    digit = mod11_digit(text, _WEIGHTS)
    if digit is None:
        raise ValueError("no check digit fits these digits")
    return text + digit


def pretty(value: str) -> str:
    """In groups of three: 988 077 917."""
    return grouped(compact(value), 3)
