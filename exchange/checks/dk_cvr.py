"""Danish business number (CVR): 8 digits, modulus 11 with weights 2 7 6 5 4 3 2 1 (Erhvervsstyrelsen)."""

from __future__ import annotations

from exchange.checks._arithmetic import mod11_digit
from exchange.checks._text import HYPHENS, SPACES, check_digit_fault, digits_fault, grouped, refuse, without

_SEPARATORS = without(SPACES + HYPHENS + ".")
_WEIGHTS = (2, 7, 6, 5, 4, 3, 2)


def compact(value: str) -> str:
    """Without blanks, hyphens and dots: 13585628."""
    return value.translate(_SEPARATORS)


def fault(value: str) -> str | None:
    """None when this is a CVR number."""
    text = compact(value)
    if wrong := digits_fault(text, (8,)):
        return wrong
    if text[0] == "0":
        return "the first digit is 0"
    return check_digit_fault(text[-1], mod11_digit(text[:-1], _WEIGHTS))


def complete(body: str) -> str:
    """7 digits, with the check digit behind them; ValueError where none fits or the first digit is 0."""
    text = compact(body)
    refuse(digits_fault(text, (7,)))
    digit = mod11_digit(text, _WEIGHTS)
    if digit is None or text[0] == "0":
        raise ValueError("no check digit fits these digits" if digit is None else "the first digit is 0")
    return text + digit


def pretty(value: str) -> str:
    """In pairs: 13 58 56 28."""
    return grouped(compact(value), 2)
