"""Finnish reference number (viitenumero): 4 to 20 digits, the last from weights 7, 3, 1 (Finance Finland).

Leading zeros carry no meaning (files pad to 20 digits), so they are taken off and do not count.
"""

from __future__ import annotations

from exchange.checks._arithmetic import values
from exchange.checks._text import (
    DIGITS,
    HYPHENS,
    SPACES,
    check_digit_fault,
    grouped_from_right,
    refuse,
    stranger_fault,
    without,
)

_SEPARATORS = without(SPACES + HYPHENS)


def compact(value: str) -> str:
    """Without blanks, hyphens and leading zeros: 1234561. All zeros (in files: no reference) become 0."""
    text = value if value.isdigit() else value.translate(_SEPARATORS)
    return text.lstrip("0") or text[:1]


def fault(value: str) -> str | None:
    """None when this is a Finnish reference number."""
    text = compact(value)
    if text.isdigit() and text.isascii() and 4 <= len(text) <= 20 and text[-1] == _check_digit(text[:-1]):
        return None
    return _digits_fault(text, 4, 20) or check_digit_fault(text[-1], _check_digit(text[:-1]))


def complete(body: str) -> str:
    """3 to 19 digits, with the check digit behind them: 123456 becomes 1234561."""
    text = compact(body)
    refuse(_digits_fault(text, 3, 19))
    return text + _check_digit(text)


def pretty(value: str) -> str:
    """In groups of five from the right, as on paper: 12 34561."""
    return grouped_from_right(compact(value), 5)


def _check_digit(body: str) -> str:
    weighed = values(body)
    return str(-(7 * sum(weighed[-1::-3]) + 3 * sum(weighed[-2::-3]) + sum(weighed[-3::-3])) % 10)


def _digits_fault(text: str, shortest: int, longest: int) -> str | None:
    if not text:
        return "it is empty"
    if wrong := stranger_fault(text, DIGITS, "digits"):
        return wrong
    if text == "0":
        return "it is all zeros, which stands for no reference"
    if not shortest <= len(text) <= longest:
        digits = "digit" if len(text) == 1 else "digits"
        return f"it has {len(text)} {digits} after leading zeros, {shortest} to {longest} are needed"
    return None
