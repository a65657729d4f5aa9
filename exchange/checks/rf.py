"""RF creditor reference: RF, two check digits and 1 to 21 letters or digits (ISO 11649).

Check digits are ISO 7064 MOD 97-10 (02 to 98) over the reference followed by RF.
"""

from __future__ import annotations

from exchange.checks._arithmetic import as_number, mod97_digits
from exchange.checks._text import (
    HYPHENS,
    SPACES,
    alphanumeric_fault,
    check_digit_fault,
    grouped,
    refuse,
    upper_without,
)

_RF = str(as_number("RF"))
_CANONICAL = upper_without(SPACES + HYPHENS)


def compact(value: str) -> str:
    """Without blanks and hyphens, in upper case: RF18539007547034."""
    return value if value.isalnum() and value.isupper() else value.translate(_CANONICAL)


def fault(value: str) -> str | None:
    """None when this is an RF creditor reference."""
    text = compact(value)
    if wrong := alphanumeric_fault(text, range(5, 26)):
        return wrong
    if not text.startswith("RF"):
        return "it does not begin with RF"
    digits = text[2:4]
    if digits.isdigit() and "01" < digits < "99" and as_number(text[4:] + _RF + digits) % 97 == 1:
        return None
    return check_digit_fault(digits, mod97_digits(text[4:] + "RF"))


def complete(body: str) -> str:
    """The reference without RF and check digits, to the whole: 2348236 becomes RF332348236."""
    text = compact(body)
    refuse(alphanumeric_fault(text, range(1, 22)))
    return f"RF{mod97_digits(text + 'RF')}{text}"


def pretty(value: str) -> str:
    """In groups of four, as on paper: RF18 5390 0754 7034."""
    return grouped(compact(value), 4)
