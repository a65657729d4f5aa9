"""Finnish business id (Y-tunnus): 8 digits, the last modulus 11 with weights 7 9 10 5 8 4 2 (PRH)."""

from __future__ import annotations

from exchange.checks._arithmetic import mod11_digit
from exchange.checks._text import HYPHENS, SPACES, check_digit_fault, digits_fault, refuse, without

_SEPARATORS = without(SPACES + HYPHENS)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2)


def compact(value: str) -> str:
    """Without blanks and the hyphen: 20774740."""
    return value.translate(_SEPARATORS)


def fault(value: str) -> str | None:
    """None when this is a Y-tunnus, with its hyphen or without."""
    text = compact(value)
    return digits_fault(text, (8,)) or check_digit_fault(text[-1], mod11_digit(text[:-1], _WEIGHTS))


def complete(body: str) -> str:
    """7 digits, with the check digit behind them; one body in eleven has none and raises ValueError."""
    text = compact(body)
    refuse(digits_fault(text, (7,)))
    digit = mod11_digit(text, _WEIGHTS)
    if digit is None:
        raise ValueError("no check digit fits these digits")
    return text + digit


def pretty(value: str) -> str:
    """As written on documents: 2077474-0."""
    text = compact(value)
    return f"{text[:7]}-{text[7:]}" if len(text) == 8 else text
