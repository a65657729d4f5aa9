"""Swedish bankgiro number: 7 or 8 digits, the last a modulus 10 check digit (Bankgirot)."""

from __future__ import annotations

from exchange.checks._arithmetic import luhn_digit
from exchange.checks._text import HYPHENS, SPACES, check_digit_fault, digits_fault, refuse, without

_SEPARATORS = without(SPACES + HYPHENS)


def compact(value: str) -> str:
    """Without blanks, hyphens and the zeros that files pad with: 9912346."""
    text = value if value.isdigit() else value.translate(_SEPARATORS)
    return text.lstrip("0") or text[:1]


def fault(value: str) -> str | None:
    """None when this is a bankgiro number, plain, with its hyphen or padded with zeros."""
    text = compact(value)
    return digits_fault(text, (7, 8)) or check_digit_fault(text[-1], luhn_digit(text[:-1]))


def complete(body: str) -> str:
    """6 or 7 digits, with the check digit behind them."""
    text = compact(body)
    refuse(digits_fault(text, (6, 7)))
    return text + luhn_digit(text)


def pretty(value: str) -> str:
    """As people write it, the hyphen before the last four: 991-2346, 5050-1055."""
    text = compact(value)
    return f"{text[:-4]}-{text[-4:]}" if len(text) > 4 else text
