"""Norwegian KID by modulus 11 alone, as agreed with the bank: 2 to 25 characters (OCR giro, chapter 5)."""

from __future__ import annotations

from exchange.checks import no_kid
from exchange.checks.no_kid import compact

__all__ = ["compact", "complete", "fault"]


def fault(value: str) -> str | None:
    """None when the check character is right by modulus 11; its check character may be "-"."""
    return no_kid.fault_with(value, modulus=11, lengths=None)


def complete(body: str) -> str:
    """1 to 24 digits, with the modulus 11 check character behind them: 12345678 becomes 123456785."""
    return no_kid.complete_with(body, modulus=11)
