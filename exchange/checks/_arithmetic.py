"""The check-digit arithmetic the checks share. Arguments are ASCII digits (A-Z where said), tested before."""

from __future__ import annotations

from collections.abc import Sequence

_VALUES = bytes(max(0, byte - 48) if byte < 58 else 0 for byte in range(256))
_DOUBLED = bytes(sum(divmod(2 * value, 10)) for value in _VALUES)
_LETTER_NUMBERS = {ord("A") + place: str(10 + place) for place in range(26)}


def values(digits: str) -> bytes:
    """The digits as numbers 0-9, one a byte: `sum` over a slice of them is the fastest weighing."""
    return digits.encode("ascii").translate(_VALUES)


def weighted(digits: str, weights: Sequence[int]) -> int:
    """The sum of each digit times its weight, from the left."""
    return sum(map(int.__mul__, values(digits), weights))


def luhn_sum(digits: str) -> int:
    """Modulus 10, weights 1 and 2 from the right, digit sums of products: a multiple of 10 when valid."""
    raw = digits.encode("ascii")
    return sum(raw[-1::-2].translate(_VALUES)) + sum(raw[-2::-2].translate(_DOUBLED))


def luhn_digit(body: str) -> str:
    """The modulus 10 check digit that goes behind the body."""
    return str(-luhn_sum(body + "0") % 10)


def as_number(text: str) -> int:
    """ISO 7064 MOD 97-10 reads letters as numbers: A = 10 … Z = 35."""
    return int(text if text.isdigit() else text.translate(_LETTER_NUMBERS))


def mod97_digits(text: str) -> str:
    """The two check digits (02-98) of ISO 7064 MOD 97-10 that go behind the text (digits and A-Z)."""
    return f"{98 - as_number(text + '00') % 97:02d}"


def mod11_digit(digits: str, weights: Sequence[int]) -> str | None:
    """The digit that makes the weighted sum a multiple of 11; None when that would have to be 10."""
    want = -weighted(digits, weights) % 11
    return None if want == 10 else str(want)
