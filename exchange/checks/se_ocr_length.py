"""Swedish OCR reference with a length digit before its check digit: 3 to 25 digits (Bankgirot)."""

from __future__ import annotations

from exchange.checks import se_ocr
from exchange.checks.se_ocr import compact

__all__ = ["compact", "complete", "fault"]


def fault(value: str) -> str | None:
    """None when length digit and check digit are right."""
    return se_ocr.fault_with(value, length_digit=True, lengths=None)


def complete(body: str) -> str:
    """1 to 23 digits, with the length digit and the check digit behind them: 6559 becomes 655969."""
    return se_ocr.complete_with_length(body)
