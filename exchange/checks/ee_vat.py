"""Estonian VAT number (KMKR): EE and 9 digits, modulus 10 with weights 3 7 1 (VIES)."""

from __future__ import annotations

from exchange.checks._arithmetic import weighted
from exchange.checks._text import check_digit_fault, digits_fault, refuse
from exchange.checks._vat import checks, compact

__all__ = ["compact", "complete", "fault"]

_WEIGHTS = (3, 7, 1, 3, 7, 1, 3, 7)


def _number_fault(digits: str) -> str | None:
    return check_digit_fault(digits[-1], _check_digit(digits[:-1]))


def _completed(digits: str) -> str:
    refuse(digits_fault(digits, (8,)))
    return digits + _check_digit(digits)


def _check_digit(body: str) -> str:
    return str(-weighted(body, _WEIGHTS) % 10)


fault, complete = checks("EE", 9, _number_fault, _completed)
