"""Norwegian bank account number: 11 digits, the last modulus 11 with weights 5 4 3 2 7 6 5 4 3 2 (Bits)."""

from __future__ import annotations

from exchange.checks._arithmetic import mod11_digit
from exchange.checks._text import HYPHENS, SPACES, check_digit_fault, digits_fault, refuse, without

_SEPARATORS = without(SPACES + HYPHENS + ".")
_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def compact(value: str) -> str:
    """Without blanks, dots and hyphens: 86011117947."""
    return value.translate(_SEPARATORS)


def fault(value: str) -> str | None:
    """None when this is a Norwegian account number."""
    text = compact(value)
    return digits_fault(text, (11,)) or check_digit_fault(text[-1], _check_digit(text[:-1]))


def complete(body: str) -> str:
    """10 digits, with the check digit behind them; one body in eleven has none and raises ValueError."""
    text = compact(body)
    refuse(digits_fault(text, (10,)))
    digit = _check_digit(text)
    if digit is None:
        raise ValueError("no check digit fits these digits")
    return text + digit


def pretty(value: str) -> str:
    """As people write it: 8601.11.17947."""
    text = compact(value)
    return f"{text[:4]}.{text[4:6]}.{text[6:]}" if len(text) == 11 else text


def _check_digit(body: str) -> str | None:
    # The check digit weighs 1 and the weighted sum of all eleven is a multiple of 11.
    return mod11_digit(body, _WEIGHTS)
