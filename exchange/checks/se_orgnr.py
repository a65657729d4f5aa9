"""Swedish organisation number: 10 digits with a modulus 10 check digit (Bolagsverket, Skatteverket).

Sole traders use their personal number. The 12-digit form puts 16 (organisations) or a century before the ten.
"""

from __future__ import annotations

from exchange.checks._arithmetic import luhn_digit
from exchange.checks._text import HYPHENS, SPACES, check_digit_fault, digits_fault, refuse, without

_SEPARATORS = without(SPACES + HYPHENS + ".")
_PREFIXES = ("16", "18", "19", "20")


def compact(value: str) -> str:
    """Without blanks, hyphens and the prefix of the 12-digit form: 5560360793."""
    text = value.translate(_SEPARATORS)
    return text[2:] if len(text) == 12 and text.startswith(_PREFIXES) else text


def fault(value: str) -> str | None:
    """None when this is an organisation number of 10 digits, or of 12 with its prefix."""
    text = compact(value)
    return digits_fault(text, (10,)) or check_digit_fault(text[-1], luhn_digit(text[:-1]))


def complete(body: str) -> str:
    """9 digits, with the check digit behind them."""
    text = compact(body)
    refuse(digits_fault(text, (9,)))
    return text + luhn_digit(text)


def pretty(value: str) -> str:
    """As written on documents: 556036-0793."""
    text = compact(value)
    return f"{text[:6]}-{text[6:]}" if len(text) == 10 else text
