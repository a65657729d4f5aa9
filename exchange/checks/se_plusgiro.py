"""Swedish plusgiro number: 2 to 8 digits, the last a modulus 10 check digit (Nordea PlusGirot)."""

from __future__ import annotations

from exchange.checks._arithmetic import luhn_digit
from exchange.checks._text import (
    HYPHENS,
    SPACES,
    check_digit_fault,
    digits_fault,
    grouped_from_right,
    refuse,
    without,
)

_SEPARATORS = without(SPACES + HYPHENS)


def compact(value: str) -> str:
    """Without blanks, hyphens and the zeros that files pad with: 2865434."""
    text = value if value.isdigit() else value.translate(_SEPARATORS)
    return text.lstrip("0") or text[:1]


def fault(value: str) -> str | None:
    """None when this is a plusgiro number, plain, as written or padded with zeros."""
    text = compact(value)
    return digits_fault(text, range(2, 9)) or check_digit_fault(text[-1], luhn_digit(text[:-1]))


def complete(body: str) -> str:
    """1 to 7 digits, with the check digit behind them."""
    text = compact(body)
    refuse("it is zero" if text == "0" else digits_fault(text, range(1, 8)))
    return text + luhn_digit(text)


def pretty(value: str) -> str:
    """As people write it, in pairs with a hyphen before the check digit: 28 65 43-4."""
    text = compact(value)
    return f"{grouped_from_right(text[:-1], 2)}-{text[-1]}" if len(text) > 1 else text
