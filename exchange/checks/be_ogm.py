"""Belgian structured communication (OGM-VCS): 12 digits, the last two modulo 97, or 97 for 0 (Febelfin)."""

from __future__ import annotations

from exchange.checks._text import HYPHENS, SPACES, check_digit_fault, digits_fault, refuse, without

_SEPARATORS = without(SPACES + HYPHENS + "+/*")


def compact(value: str) -> str:
    """Without the signs around and inside it: 090933755493."""
    return value.translate(_SEPARATORS)


def fault(value: str) -> str | None:
    """None when this is a Belgian structured communication."""
    text = compact(value)
    return digits_fault(text, (12,)) or check_digit_fault(text[10:], _check_digits(text[:10]))


def complete(body: str) -> str:
    """10 digits, with the check digits behind them: 0909337554 becomes 090933755493."""
    text = compact(body)
    refuse(digits_fault(text, (10,)))
    return text + _check_digits(text)


def pretty(value: str) -> str:
    """As on paper: +++090/9337/55493+++."""
    text = compact(value)
    return f"+++{text[:3]}/{text[3:7]}/{text[7:]}+++"


def _check_digits(body: str) -> str:
    return f"{int(body) % 97 or 97:02d}"
