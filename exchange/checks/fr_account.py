"""French account number (RIB): bank 5, branch 5, account 11 with letters, key 2 by modulus 97 (CFONB)."""

from __future__ import annotations

from exchange.checks._text import (
    ALPHANUMERIC,
    HYPHENS,
    SPACES,
    check_digit_fault,
    digits_fault,
    length_fault,
    refuse,
    stranger_fault,
    upper_without,
)

_CANONICAL = upper_without(SPACES + HYPHENS + ".")
_LETTERS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "12345678912345678923456789")
"""Letters count as digits 1 to 9, from A, from J and, from S on, from 2."""


def compact(value: str) -> str:
    """Without blanks, hyphens and dots, in capitals: 20041010050500013M02606."""
    return value.translate(_CANONICAL)


def fault(value: str) -> str | None:
    """None when this is a French account number."""
    text = compact(value)
    return _misfit(text, 23) or digits_fault(text[21:], (2,)) or check_digit_fault(text[21:], _key(text[:21]))


def complete(body: str) -> str:
    """Bank, branch and account, 21 characters, with the key behind them."""
    text = compact(body)
    refuse(_misfit(text, 21))
    return text + _key(text)


def pretty(value: str) -> str:
    """As on paper: 20041 01005 0500013M026 06."""
    text = compact(value)
    return f"{text[:5]} {text[5:10]} {text[10:21]} {text[21:]}"


def _key(body: str) -> str:
    return f"{97 - int(body.translate(_LETTERS) + '00') % 97:02d}"


def _misfit(text: str, length: int) -> str | None:
    return (
        stranger_fault(text, ALPHANUMERIC, "letters A-Z and digits")
        or length_fault(text, (length,))
        or digits_fault(text[:10], (10,))
    )
