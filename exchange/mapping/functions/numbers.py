"""Numbers: exact decimals and whole numbers. Empty in, empty out; rounding is half up unless its name says
otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import TypeVar

from exchange.mapping.functions import Argument, Constant, Inline
from exchange.mapping.operators import Fault

Number = Decimal | int
N = TypeVar("N", Decimal, int)
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_OVERPUNCHED = "{ABCDEFGHI}JKLMNOPQR"
"""The last digits 0 to 9 with plus, then with minus, as punched cards had them."""
MOST_DIGITS = 12
"""How many decimals rounding accepts."""


def abs_(value: N | None) -> N | None:
    """The number without its sign. `abs(-5) → 5`"""
    return None if value is None else abs(value)


def sign(value: Number | None) -> int | None:
    """-1, 0 or 1. `sign(-0.5) → -1`"""
    return None if value is None else (value > 0) - (value < 0)


def round_(value: Number | None, digits: int = 0) -> Decimal | None:
    """Rounded half up (away from zero), with exactly that many decimals. `round(2.345, 2) → 2.35`"""
    return None if value is None else Decimal(value).quantize(_unit(digits), ROUND_HALF_UP)


def round_half_even(value: Number | None, digits: int = 0) -> Decimal | None:
    """Rounded half to even (bankers' rounding). `round_half_even(2.345, 2) → 2.34`"""
    return None if value is None else Decimal(value).quantize(_unit(digits), ROUND_HALF_EVEN)


def shortened(value: Number | None) -> Decimal | None:
    """Without the zeros at the end of its decimals. `shortened(13.500) → 13.5`"""
    if value is None:
        return None
    short = Decimal(value).normalize()
    return short if short.as_tuple().exponent <= 0 else short.quantize(Decimal(1))  # type: ignore[operator]


def floor(value: Number | None) -> int | None:
    """The greatest whole number that is not above. `floor(-1.5) → -2`"""
    return None if value is None else int(Decimal(value).to_integral_value(ROUND_FLOOR))


def ceil(value: Number | None) -> int | None:
    """The least whole number that is not below. `ceil(1.1) → 2`"""
    return None if value is None else int(Decimal(value).to_integral_value(ROUND_CEILING))


def remainder(value: Number | None, divisor: Number) -> Decimal | None:
    """What a whole division leaves, from 0 up to the divisor. `remainder(-7, 3) → 2`"""
    if value is None:
        return None
    if not divisor:
        raise Fault("a division by zero has no remainder")
    left = Decimal(value) % divisor
    return left + divisor if left and (left < 0) != (divisor < 0) else left


def integer(value: Number | None) -> int | None:
    """A number without decimals as a whole number; others are a finding. `integer(12.00) → 12`"""
    if value is None:
        return None
    if value != int(value):
        raise Fault(
            f"{value} is not a whole number",
            "Use round(x, 0), floor(x) or ceil(x) where decimals may be dropped.",
        )
    return int(value)


def decimal(value: Number | None) -> Decimal | None:
    """The number as a decimal. `decimal(3) → 3`"""
    return None if value is None else Decimal(value)


def number(value: str | None, decimal_sign: str = ".") -> Decimal | None:
    """The number in a text, digits with a sign in front; blanks around it do not count.

    `number("12,50", ",") → 12.50`
    """
    if value is None or not value.strip():
        return None
    text = value.strip().replace(decimal_sign, ".") if decimal_sign != "." else value.strip()
    if not _NUMBER.fullmatch(text) or (decimal_sign != "." and "." in value):
        raise Fault(f'"{value}" is not a number', f"Numbers here look like 1234{decimal_sign}50.")
    return Decimal(text)


def scaled(value: str | int | None, digits: int) -> Decimal | None:
    """Digits with implied decimals as a number. `scaled("001250", 2) → 12.50`"""
    if value is None:
        return None
    text = str(value).strip()
    if not re.fullmatch("[+-]?[0-9]+", text):
        raise Fault(f'"{value}" is not digits alone')
    return Decimal(text).scaleb(-_checked(digits))


def overpunched(value: str | None, digits: int) -> Decimal | None:
    """Digits with implied decimals whose last one holds the sign, too: { A…I are 0…9 with plus, } J…R with minus.
    `overpunched("0000000010401G", 2) → 1040.17`
    """
    if value is None:
        return None
    text = value.strip()
    if not re.fullmatch("[0-9]*[A-R{}]", text):
        raise Fault(
            f'"{value}" is not digits with a sign in the last one, which is {{, }} or a letter from A to R'
        )
    place = _OVERPUNCHED.index(text[-1])
    number = Decimal(f"{text[:-1]}{place % 10}").scaleb(-_checked(digits))
    return -number if place > 9 else number


def between(value: Number | None, least: Number, most: Number) -> bool:
    """Whether a number lies within two bounds, both included; empty does not. `between(5, 1, 5) → true`"""
    return value is not None and least <= value <= most


def _checked(digits: int) -> int:
    if not 0 <= digits <= MOST_DIGITS:
        raise Fault(f"{digits} is no number of decimals from 0 to {MOST_DIGITS}")
    return digits


_UNITS = tuple(Decimal(1).scaleb(-digits) for digits in range(MOST_DIGITS + 1))


def _unit(digits: int) -> Decimal:
    return _UNITS[_checked(digits)]


def _rounding(mode: str) -> Inline:
    """`round(x, 2)` with the digits written out, of a number that is a decimal for sure."""

    def inline(arguments: Sequence[Argument], constant: Constant) -> str | None:
        value, digits = arguments
        if (
            value.type.name != "decimal"
            or not isinstance(digits.value, int)
            or not 0 <= digits.value <= MOST_DIGITS
        ):
            return None
        return value.within(f"{{}}.quantize({constant(_UNITS[digits.value])}, {mode!r})")

    return inline


KEEPS_FILLED = frozenset(
    {
        "abs",
        "sign",
        "round",
        "round_half_even",
        "floor",
        "ceil",
        "remainder",
        "integer",
        "decimal",
        "scaled",
    }
)
INLINE = {"round": _rounding("ROUND_HALF_UP"), "round_half_even": _rounding("ROUND_HALF_EVEN")}
