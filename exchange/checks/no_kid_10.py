"""Norwegian KID by modulus 10 alone, as agreed with the bank: 2 to 25 characters (OCR giro, chapter 5)."""

from __future__ import annotations

from exchange.checks import no_kid
from exchange.checks.no_kid import compact

__all__ = ["compact", "complete", "fault"]


def fault(value: str) -> str | None:
    """None when the check digit is right by modulus 10."""
    return no_kid.fault_with(value, modulus=10, lengths=None)


def complete(body: str) -> str:
    """1 to 24 digits, with the modulus 10 check digit behind them: 12345678 becomes 123456782."""
    return no_kid.complete_with(body, modulus=10)
