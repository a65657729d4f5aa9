"""Amounts of money: decimals of a currency (ISO 4217), rounding for payment in cash, parts that add up."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Annotated

from exchange import checks
from exchange.mapping.functions import Argument, Constant, Known
from exchange.mapping.functions.numbers import round_
from exchange.mapping.operators import Fault

Number = Decimal | int
KEEPS_FILLED = frozenset(
    {
        "decimals",
        "round_money",
        "round_cash",
        "round_to",
        "minor_units",
        "major_units",
        "vat_of_gross",
        "vat_of_net",
        "vat_rate_of",
        "format_number",
    }
)
_NO_DECIMALS = frozenset(
    {
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    }
)
_THREE = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
_FOUR = frozenset({"CLF", "UYW"})
_CASH = {
    "FI": Decimal("0.05"),
    "EUR": Decimal("0.05"),
    "SEK": Decimal(1),
    "NOK": Decimal(1),
    "DKK": Decimal("0.50"),
    "CHF": Decimal("0.05"),
}
"""The smallest amount that is paid in cash."""


def decimals(currency: str | None) -> int | None:
    """How many decimals a currency has. `decimals("JPY") → 0`"""
    if currency is None:
        return None
    return _decimals(currency)


@lru_cache
def _decimals(currency: str) -> int:
    if fault := checks.get("currency").fault(currency):
        raise Fault(f'"{currency}" is not a currency: {fault}')
    return 0 if currency in _NO_DECIMALS else 3 if currency in _THREE else 4 if currency in _FOUR else 2


def round_money(value: Number | None, currency: str) -> Decimal | None:
    """Rounded half up to the decimals of a currency. `round_money(12.345, "EUR") → 12.35`"""
    return round_(value, decimals(currency) or 0)


def _inline_round_money(arguments: Sequence[Argument], constant: Constant) -> str | None:
    value, currency = arguments
    if (
        value.type.name != "decimal"
        or not isinstance(currency.value, str)
        or checks.get("currency").fault(currency.value)
    ):
        return None
    return value.within(
        f"{{}}.quantize({constant(Decimal(1).scaleb(-_decimals(currency.value)))}, 'ROUND_HALF_UP')"
    )


def round_cash(value: Number | None, currency: str) -> Decimal | None:
    """Rounded half up to what can be paid in cash. `round_cash(12.33, "EUR") → 12.35`"""
    if value is None:
        return None
    if currency not in _CASH:
        raise Fault(f'no cash rounding is known for "{currency}"', f"Known are {', '.join(sorted(_CASH))}.")
    unit = _CASH[currency]
    return ((Decimal(value) / unit).quantize(Decimal(1), ROUND_HALF_UP) * unit).quantize(Decimal("0.01"))


def round_to(value: Number | None, unit: Number) -> Decimal | None:
    """Rounded half up to a multiple of a unit. `round_to(12.33, 0.05) → 12.35`"""
    if value is None:
        return None
    if unit <= 0:
        raise Fault(f"{unit} is no unit to round to")
    return (Decimal(value) / unit).quantize(Decimal(1), ROUND_HALF_UP) * unit


def minor_units(value: Number | None, currency: str) -> int | None:
    """The amount in the currency's smallest unit; a finding when it has more decimals.

    `minor_units(12.50, "EUR") → 1250`
    """
    if value is None:
        return None
    scaled = Decimal(value).scaleb(decimals(currency) or 0)
    if scaled != int(scaled):
        raise Fault(f"{value} has more decimals than {currency}", "Round it first: round_money(x, currency).")
    return int(scaled)


def major_units(value: int | None, currency: str) -> Decimal | None:
    """The amount of a number of smallest units. `major_units(1250, "EUR") → 12.50`"""
    return None if value is None else Decimal(value).scaleb(-(decimals(currency) or 0))


def vat_of_gross(gross: Number | None, rate: Number) -> Decimal | None:
    """The VAT inside a gross amount, rounded half up to cents; rate in per cent.

    `vat_of_gross(125.50, 25.5) → 25.50`
    """
    if gross is None:
        return None
    return round_(Decimal(gross) * rate / (100 + Decimal(rate)), 2)


def vat_of_net(net: Number | None, rate: Number) -> Decimal | None:
    """The VAT on a net amount, rounded half up to cents; rate in per cent. `vat_of_net(100, 25.5) → 25.50`"""
    return None if net is None else round_(Decimal(net) * rate / 100, 2)


def vat_rate_of(net: Number | None, vat: Number | None, rates: str | None, unit: Number) -> Decimal | None:
    """The only one of some rates, with blanks between them, that gives this VAT on this net amount; 0 where there is no
    VAT. unit: what amounts are rounded to, such as 0.01; each of them, and the VAT within a gross amount, may be off by
    half of it. None, and more than one, is a finding. `vat_rate_of(23.90, 6.10, "10 13.5 25.5", 0.01) → 25.5`
    """
    if net is None or vat is None:
        return None
    if vat == 0:
        return Decimal(0)
    known = sorted({Decimal(rate) for rate in (rates or "").split()} - {Decimal(0)})
    if not known:
        raise Fault(
            f"which rate VAT {vat} on {net} is of cannot be told: no rates are known of the country on that day",
            "See whether the file, or the value country of the site, names the right country; the table vat-rates "
            "says which are known.",
        )
    fitting = [rate for rate in known if abs(2 * (100 * vat - rate * net)) <= unit * (100 + rate)]
    if len(fitting) == 1:
        return fitting[0]
    listed = ", ".join(f"{rate} %" for rate in fitting or known)
    if not fitting:
        raise Fault(
            f"VAT {vat} on {net} is of none of the rates {listed}",
            "Look at the sale itself: amounts of several rates in one, VAT of another country or another day have no "
            "rate of their own. Book it by hand, or say the rate in a mapping that is like this one.",
        )
    raise Fault(
        f"VAT {vat} on {net} may be of each of the rates {listed}",
        "The amounts are too small to tell. Look at the sale itself; book it by hand, or say the rate in a mapping "
        "that is like this one.",
    )


def _sign_fault(sign: str) -> str | None:
    return None if sign in (".", ",") else 'The decimal sign is "." or ",".'


def format_number(
    value: Number | None, digits: int, decimal_sign: Annotated[str, Known(_sign_fault)] = "."
) -> str | None:
    """A number as text with exactly that many decimals, rounded half up.

    `format_number(1234.5, 2, ",") → "1234,50"`
    """
    rounded = round_(value, digits)
    return None if rounded is None else format(rounded, "f").replace(".", decimal_sign)


INLINE = {"round_money": _inline_round_money}
