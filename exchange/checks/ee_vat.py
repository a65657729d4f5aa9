"""Estonian VAT number (KMKR): EE and 9 digits, modulus 10 with weights 3 7 1 (VIES)."""

from __future__ import annotations

from exchange.checks._arithmetic import weighted
from exchange.checks._text import HYPHENS, SPACES, check_digit_fault, digits_fault, refuse, upper_without

_CANONICAL = upper_without(SPACES + HYPHENS + ".")
_WEIGHTS = (3, 7, 1, 3, 7, 1, 3, 7)


def compact(value: str) -> str:
    """Without blanks, hyphens and dots, in upper case: EE100931558."""
    return value.translate(_CANONICAL)


def fault(value: str) -> str | None:
    """None when this is EE and 9 digits, the last of them right."""
    text = compact(value)
    return _body_fault(text, 9) or check_digit_fault(text[-1], _check_digit(text[2:-1]))


def complete(body: str) -> str:
    """EE and 8 digits, with the check digit behind them."""
    text = compact(body)
    refuse(_body_fault(text, 8))
    return text + _check_digit(text[2:])


def _body_fault(text: str, digits: int) -> str | None:
    if not text:
        return "it is empty"
    if not text.startswith("EE"):
        return "it does not begin with EE"
    return digits_fault(text[2:], (digits,))


def _check_digit(body: str) -> str:
    return str(-weighted(body, _WEIGHTS) % 10)
