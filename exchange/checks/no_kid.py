"""Norwegian KID (customer identification): 2 to 25 characters, modulus 10 or 11 (OCR giro, chapter 5).

The payee agrees modulus and lengths with the bank; they are told to `fault_with`. Modulus 11 (weights 2 to 7
from the right) writes a check value of 10 as a hyphen, so a KID may end in "-". Plain `fault` takes either.
"""

from __future__ import annotations

from typing import Literal

from exchange.checks._arithmetic import luhn_digit, values
from exchange.checks._text import SPACES, check_digit_fault, digits_fault, length_fault, refuse, without

Modulus = Literal[10, 11]
LENGTHS = range(2, 26)
_SEPARATORS = without(SPACES)
_WEIGHTS = bytes((2, 3, 4, 5, 6, 7) * 4)


def compact(value: str) -> str:
    """Without blanks; leading zeros and a hyphen at the end belong to the KID and stay."""
    return value if value.isdigit() else value.translate(_SEPARATORS)


def fault(value: str) -> str | None:
    """None when the check character is right by modulus 10 or by modulus 11."""
    text = compact(value)
    if wrong := _shape_fault(text):
        return wrong
    ten = luhn_digit(text[:-1])
    if text[-1] == ten:
        return None
    eleven = check_character(text[:-1], 11)
    if text[-1] == eleven:
        return None
    return f"the check character {text[-1]} should be {ten} (modulus 10) or {eleven} (modulus 11)"


def fault_with(value: str, *, modulus: Modulus | None, lengths: tuple[int, ...] | None) -> str | None:
    """`fault` under an agreement: the modulus (None: either) and the lengths (None: any from 2 to 25)."""
    text = compact(value)
    wrong = fault(text) if modulus is None else _shape_fault(text)
    if wrong is None and lengths is not None:
        wrong = length_fault(text, lengths)
    if wrong is None and modulus is not None:
        wrong = check_digit_fault(text[-1], check_character(text[:-1], modulus))
    return wrong


def complete(body: str) -> str:
    """1 to 24 digits, with the modulus 10 check digit behind them: 12345678 becomes 123456782."""
    return complete_with(body, modulus=10)


def complete_with(body: str, *, modulus: Modulus) -> str:
    """The same by the modulus agreed: 12345678 becomes 123456785 by modulus 11."""
    text = compact(body)
    refuse(digits_fault(text, range(1, 25)))
    return text + check_character(text, modulus)


def check_character(body: str, modulus: int) -> str:
    """The check digit of 1 to 24 ASCII digits, "-" where modulus 11 gives 10."""
    if modulus == 10:
        return luhn_digit(body)
    want = -sum(map(int.__mul__, reversed(values(body)), _WEIGHTS)) % 11
    return "-" if want == 10 else str(want)


def _shape_fault(text: str) -> str | None:
    """Empty, a wrong character, too short or long; a hyphen may only stand at the end."""
    if len(text) > 1 and text.endswith("-"):
        return digits_fault(text[:-1], range(1, 26)) or length_fault(text, LENGTHS)
    return digits_fault(text, LENGTHS)
