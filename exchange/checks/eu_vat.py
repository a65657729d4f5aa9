"""VAT number of an EU member state or Northern Ireland (XI): country prefix, form and check digits (VIES).

Finland, Sweden, Denmark and Estonia are tested by their own checks here, the others by python-stdnum.
"""

from __future__ import annotations

import re

import stdnum.eu.vat
from stdnum.exceptions import ValidationError

from exchange.checks import dk_vat, ee_vat, fi_vat, se_vat
from exchange.checks._text import ALPHANUMERIC, HYPHENS, SPACES, stranger_fault, upper_without

_OWN = {"FI": fi_vat.fault, "SE": se_vat.fault, "DK": dk_vat.fault, "EE": ee_vat.fault}
FORMS = {
    "AT": ("U[0-9]{8}", "U and 8 digits"),
    "BE": ("[01][0-9]{9}", "10 digits, the first 0 or 1"),
    "BG": ("[0-9]{9,10}", "9 or 10 digits"),
    "CY": ("[0-9]{8}[A-Z]", "8 digits and a letter"),
    "CZ": ("[0-9]{8,10}", "8 to 10 digits"),
    "DE": ("[0-9]{9}", "9 digits"),
    "EL": ("[0-9]{9}", "9 digits"),
    "ES": ("[A-Z0-9][0-9]{7}[A-Z0-9]", "9 characters, the first, the last or both a letter"),
    "FR": ("[A-Z0-9]{2}[0-9]{9}", "2 letters or digits and 9 digits"),
    "HR": ("[0-9]{11}", "11 digits"),
    "HU": ("[0-9]{8}", "8 digits"),
    "IE": ("[0-9][A-Z0-9+*][0-9]{5}[A-Z]{1,2}", "7 digits (the second may be a letter) and 1 or 2 letters"),
    "IT": ("[0-9]{11}", "11 digits"),
    "LT": ("[0-9]{9}|[0-9]{12}", "9 or 12 digits"),
    "LU": ("[0-9]{8}", "8 digits"),
    "LV": ("[0-9]{11}", "11 digits"),
    "MT": ("[0-9]{8}", "8 digits"),
    "NL": ("[0-9]{9}B[0-9]{2}", "9 digits, B and 2 digits"),
    "PL": ("[0-9]{10}", "10 digits"),
    "PT": ("[0-9]{9}", "9 digits"),
    "RO": ("[0-9]{2,10}", "2 to 10 digits"),
    "SI": ("[0-9]{8}", "8 digits"),
    "SK": ("[0-9]{10}", "10 digits"),
    "XI": ("[0-9]{9}|[0-9]{12}|GD[0-9]{3}|HA[0-9]{3}", "9 or 12 digits, or GD or HA and 3 digits"),
}
"""Prefix to the form of what follows it, as a pattern and in words."""

_MISTAKEN = {"GR": "EL", "GB": "XI (Northern Ireland only)", "UK": "XI (Northern Ireland only)"}
_CANONICAL = upper_without(SPACES + HYPHENS + ".")


def compact(value: str) -> str:
    """Without blanks, hyphens and dots, in upper case, with its prefix: DE136695976."""
    return value.translate(_CANONICAL)


def fault(value: str) -> str | None:
    """None when this is a VAT number by its country's rules; whether it is in force only VIES knows."""
    text = compact(value)
    if not text:
        return "it is empty"
    if wrong := stranger_fault(text, ALPHANUMERIC | {"+", "*"}, "letters A-Z and digits"):
        return wrong
    prefix = text[:2]
    if prefix in _OWN:
        return _OWN[prefix](text)
    if prefix not in FORMS:
        hint = f"; use {_MISTAKEN[prefix]}" if prefix in _MISTAKEN else ""
        return f'it begins with "{prefix}", which is no VAT prefix of the EU{hint}'
    pattern, words = FORMS[prefix]
    if not re.fullmatch(pattern, text[2:]):
        return f"behind {prefix} must come {words}"
    return _digits_fault(text)


def _digits_fault(text: str) -> str | None:
    try:
        stdnum.eu.vat.validate(text)
    except ValidationError:
        return f"its digits do not satisfy the rule of {text[:2]}"
    return None
