"""Swedish OCR reference: 2 to 25 digits with a modulus 10 check digit (Bankgirot).

What an agreement with Bankgirot demands beyond the check digit is told to `fault_with`: a length digit (the
last but one, the total length modulus 10) and one or two fixed lengths. Whether a wrong reference is then
refused (hard check) or taken with a remark (soft check) is the payee's agreement, not part of the number.
"""

from __future__ import annotations

from exchange.checks._arithmetic import luhn_digit
from exchange.checks._text import (
    HYPHENS,
    SPACES,
    check_digit_fault,
    digits_fault,
    length_fault,
    refuse,
    without,
)

LENGTHS = range(2, 26)
_SEPARATORS = without(SPACES + HYPHENS)


def compact(value: str) -> str:
    """Without blanks and hyphens; leading zeros belong to the reference and stay."""
    return value if value.isdigit() else value.translate(_SEPARATORS)


def fault(value: str) -> str | None:
    """None when length and check digit are right."""
    text = compact(value)
    return digits_fault(text, LENGTHS) or check_digit_fault(text[-1], luhn_digit(text[:-1]))


def fault_with(value: str, *, length_digit: bool, lengths: tuple[int, ...] | None) -> str | None:
    """`fault` under an agreement: with a length digit or not; `lengths` agreed, None for any from 2 to 25."""
    text = compact(value)
    if wrong := fault(text):
        return wrong
    if lengths is not None and (wrong := length_fault(text, lengths, "digits")):
        return wrong
    if length_digit and text[-2] != str(len(text) % 10):
        return f"the length digit {text[-2]} should be {len(text) % 10} for {len(text)} digits"
    return None


def complete(body: str) -> str:
    """1 to 24 digits, with the check digit behind them."""
    text = compact(body)
    refuse(digits_fault(text, range(1, 25)))
    return text + luhn_digit(text)


def complete_with_length(body: str) -> str:
    """1 to 23 digits, with the length digit and the check digit behind them: 6559 becomes 655969."""
    text = compact(body)
    refuse(digits_fault(text, range(1, 24)))
    return complete(f"{text}{(len(text) + 2) % 10}")
