"""Amounts as whole numbers of the currency's smallest unit, in which sums and comparisons are exact and quick.

>>> minor(Decimal("12.30"), "EUR"), minor(Decimal("12.305"), "EUR"), minor(Decimal("12"), "JPY")
(1230, None, 12)
>>> major(1230, "EUR"), major(-5, "JPY")
(Decimal('12.30'), Decimal('-5'))
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from exchange.checks import currency as currencies

_MOST = Decimal(10) ** 16
"""Bigger amounts are no payments; they would not fit into 64 bits either."""


def minor(amount: Decimal, currency: str) -> int | None:
    """The amount in smallest units; None when it is not a whole number of them, or nobody knows the currency's."""
    places = _places(currency)
    if places is None:
        return None
    scaled = amount.scaleb(places)
    return int(scaled) if scaled == scaled.to_integral_value() and abs(scaled) < _MOST else None


def major(units: int, currency: str) -> Decimal:
    """Smallest units as an amount with all decimals of its currency."""
    return Decimal(units).scaleb(-(_places(currency) or 0))


@cache
def nought(currency: str) -> Decimal:
    """No money, with all decimals of its currency."""
    return major(0, currency)


def share(units: int, percent: Decimal) -> int:
    """So many per cent of an amount, rounded to whole units as people do (half away from zero)."""
    return int((Decimal(units) * percent / 100).to_integral_value(ROUND_HALF_UP))


@cache
def _places(currency: str) -> int | None:
    try:
        return currencies.minor_units(currency)
    except ValueError:
        return None
