"""Estonian registry code (registrikood): 8 digits beginning with 1, 7, 8 or 9, modulus 11 (RIK)."""

from __future__ import annotations

from exchange.checks._arithmetic import weighted
from exchange.checks._text import SPACES, check_digit_fault, digits_fault, refuse, without

_SEPARATORS = without(SPACES)
_FIRST = "1789"


def compact(value: str) -> str:
    """Without blanks: 12345678."""
    return value.translate(_SEPARATORS)


def fault(value: str) -> str | None:
    """None when this is an Estonian registry code."""
    text = compact(value)
    if wrong := digits_fault(text, (8,)) or _first_fault(text):
        return wrong
    return check_digit_fault(text[-1], _check_digit(text[:-1]))


def complete(body: str) -> str:
    """7 digits, with the check digit behind them."""
    text = compact(body)
    refuse(digits_fault(text, (7,)) or _first_fault(text))
    return text + _check_digit(text)


def _first_fault(text: str) -> str | None:
    return None if text[0] in _FIRST else f"the first digit is {text[0]}, it must be 1, 7, 8 or 9"


def _check_digit(body: str) -> str:
    """Weights 1-7; when that leaves 10, weights 3-9; when that leaves 10 too, 0."""
    rest = weighted(body, range(1, 8)) % 11
    if rest == 10:
        rest = weighted(body, range(3, 10)) % 11
    return str(rest % 10)
