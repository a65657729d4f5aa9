"""Currency: three-letter code of ISO 4217, with the number of its decimals (minor units).

List one of ISO 4217 as amended to number 180 (Bulgaria's euro, 1 January 2026), with the codes that were
taken off it since 2013, which older files still carry.
"""

from __future__ import annotations

from exchange.checks._text import SPACES, alphanumeric_fault, upper_without

_BY_MINOR_UNITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF
        CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
        GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL
        MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR
        PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP
        TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
    """,
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
MINOR_UNITS = {code: units for units, codes in _BY_MINOR_UNITS.items() for code in codes.split()}
"""Code to the number of decimals of an amount in it."""

_NO_UNIT = "XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX"
WITHOUT_MINOR_UNITS = frozenset(_NO_UNIT.split())
"""Metals, units of account, tests and "no currency": ISO 4217 gives them no minor unit."""

WITHDRAWN = {
    "ZMK": (2013, 2),
    "LVL": (2014, 2),
    "USS": (2014, 2),
    "LTL": (2015, 2),
    "BYR": (2017, 0),
    "MRO": (2018, 2),
    "STD": (2018, 2),
    "VEF": (2018, 2),
    "CUC": (2021, 2),
    "HRK": (2023, 2),
    "SLL": (2024, 2),
    "ZWL": (2024, 2),
    "ANG": (2025, 2),
    "BGN": (2026, 2),
}
"""Code no longer in the list to the year it went and its minor units."""

_CANONICAL = upper_without(SPACES)


def compact(value: str) -> str:
    """Without blanks, in upper case: EUR."""
    return value.translate(_CANONICAL)


def fault(value: str) -> str | None:
    """None when this is a code of the current list."""
    text = compact(value)
    if text in MINOR_UNITS or text in WITHOUT_MINOR_UNITS:
        return None
    if wrong := alphanumeric_fault(text, (3,)):
        return wrong
    if text in WITHDRAWN:
        return f"it was withdrawn from ISO 4217 in {WITHDRAWN[text][0]}"
    return "it is no currency code of ISO 4217"


def minor_units(code: str) -> int:
    """Decimals of an amount in that currency: EUR 2, JPY 0, KWD 3; withdrawn codes keep theirs.

    ValueError for a code that is not in ISO 4217 (also for lower case) or that has no minor unit.
    """
    if code in MINOR_UNITS:
        return MINOR_UNITS[code]
    if code in WITHDRAWN:
        return WITHDRAWN[code][1]
    known = code in WITHOUT_MINOR_UNITS
    raise ValueError(f"{code} has no minor unit" if known else f'"{code}" is no currency code of ISO 4217')
