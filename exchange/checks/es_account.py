"""Spanish account number (CCC): 20 digits, bank 4, branch 4, check digits 2 by modulus 11, account 10 (AEB)."""

from __future__ import annotations

from exchange.checks._arithmetic import weighted
from exchange.checks._text import HYPHENS, SPACES, check_digit_fault, digits_fault, refuse, without

_SEPARATORS = without(SPACES + HYPHENS + ".")
_WEIGHTS = (1, 2, 4, 8, 5, 10, 9, 7, 3, 6)


def compact(value: str) -> str:
    """Without blanks, hyphens and dots: 21000418450200051332."""
    return value.translate(_SEPARATORS)


def fault(value: str) -> str | None:
    """None when this is a Spanish account number."""
    text = compact(value)
    return digits_fault(text, (20,)) or check_digit_fault(text[8:10], _check_digits(text[:8], text[10:]))


def complete(body: str) -> str:
    """Bank, branch and account, 18 digits, with the check digits in their middle."""
    text = compact(body)
    refuse(digits_fault(text, (18,)))
    return text[:8] + _check_digits(text[:8], text[8:]) + text[8:]


def pretty(value: str) -> str:
    """As on paper: 2100 0418 45 0200051332."""
    text = compact(value)
    return f"{text[:4]} {text[4:8]} {text[8:10]} {text[10:]}"


def _check_digits(bank: str, account: str) -> str:
    return _check_digit("00" + bank) + _check_digit(account)


def _check_digit(digits: str) -> str:
    digit = -weighted(digits, _WEIGHTS) % 11
    return str(1 if digit == 10 else digit)
