"""EAN / GTIN, the article number of GS1: 8, 12, 13 or 14 digits, modulus 10 with weights 3 and 1."""

from __future__ import annotations

from exchange.checks._arithmetic import values
from exchange.checks._text import HYPHENS, SPACES, check_digit_fault, digits_fault, refuse, without

_SEPARATORS = without(SPACES + HYPHENS)


def compact(value: str) -> str:
    """Without blanks and hyphens; leading zeros belong to the number and stay."""
    return value.translate(_SEPARATORS)


def fault(value: str) -> str | None:
    """None when this is a GTIN-8, -12, -13 or -14."""
    text = compact(value)
    return digits_fault(text, (8, 12, 13, 14)) or check_digit_fault(text[-1], _check_digit(text[:-1]))


def complete(body: str) -> str:
    """7, 11, 12 or 13 digits, with the check digit behind them."""
    text = compact(body)
    refuse(digits_fault(text, (7, 11, 12, 13)))
    return text + _check_digit(text)


def _check_digit(body: str) -> str:
    weighed = values(body)
    return str(-(3 * sum(weighed[-1::-2]) + sum(weighed[-2::-2])) % 10)
