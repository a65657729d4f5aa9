"""IBAN, the international bank account number: country, length, structure and check digits (ISO 13616).

Structures are those of the SWIFT IBAN registry, release 101; check digits are ISO 7064 MOD 97-10, 02 to 98.
A country's own check digits inside the account number are not part of ISO 13616 and are not tested here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from exchange.checks._arithmetic import as_number, mod97_digits
from exchange.checks._text import (
    ALPHANUMERIC,
    HYPHENS,
    SPACES,
    check_digit_fault,
    grouped,
    refuse,
    stranger_fault,
    upper_without,
)

_REGISTRY = """
    AD:8n12c AE:19n AL:8n16c AT:16n AZ:4a20c BA:16n BE:12n BG:4a6n8c BH:4a14c BI:23n BR:23n1a1c
    BY:4c4n16c CH:5n12c CR:18n CY:8n16c CZ:20n DE:18n DJ:23n DK:14n DO:4c20n EE:16n EG:25n ES:20n FI:14n
    FK:2a12n FO:14n FR:10n11c2n GB:4a14n GE:2a16n GI:4a15c GL:14n GR:7n16c GT:24c HN:4a20n HR:17n HU:24n
    IE:4a14n IL:19n IQ:4a15n IS:22n IT:1a10n12c JO:4a4n18c KW:4a22c KZ:3n13c LB:4n20c LC:4a24c LI:5n12c
    LT:16n LU:3n13c LV:4a13c LY:21n MC:10n11c2n MD:20c ME:18n MK:3n10c2n MN:16n MR:23n MT:4a5n18c
    MU:4a19n3a NI:4a20n NL:4a10n NO:11n OM:3n16c PK:4a16c PL:24n PS:4a21c PT:21n QA:4a21c RO:4a16c
    RS:18n RU:14n15c SA:2n18c SC:4a20n3a SD:14n SE:20n SI:15n SK:20n SM:1a10n12c SO:19n ST:21n SV:4a20n
    TL:19n TN:20n TR:6n16c UA:6n19c VA:18n VG:4a16n XK:16n YE:4a4n18c
"""
STRUCTURES = {entry[:2]: entry[3:] for entry in _REGISTRY.split()}
"""Country to the structure of its account number (BBAN): n digits, a letters, c letters or digits."""

_CANONICAL = upper_without(SPACES + HYPHENS + ".")
_CLASSES = {"n": ("[0-9]", "digits"), "a": ("[A-Z]", "letters"), "c": ("[A-Z0-9]", "letters or digits")}
_PARTS = re.compile(r"([0-9]+)([nac])")


def compact(value: str) -> str:
    """Without blanks, hyphens and dots, in upper case: FI2112345600000785."""
    return value.translate(_CANONICAL)


def fault(value: str) -> str | None:
    """None when this is an IBAN, on paper or in electronic form."""
    return None if _sound(value) else _reason(compact(value))


def complete(body: str) -> str:
    """Country code and account number (BBAN), to the IBAN: FI12345600000785 becomes FI2112345600000785."""
    text = compact(body)
    whole = f"{text[:2]}00{text[2:]}"
    refuse(_misfit(whole))
    return f"{text[:2]}{mod97_digits(text[2:] + text[:2])}{text[2:]}"


def pretty(value: str) -> str:
    """In groups of four, as on paper."""
    return grouped(compact(value), 4)


def _sound(text: str) -> bool:
    """The fast path for text in electronic form, which most of what files hold is."""
    if text[:2] not in STRUCTURES:
        return False
    fits, country = _rule(text[:2])
    if fits(text) is None:
        return False
    digits = text[2:4]
    return as_number(text[4:] + country + digits) % 97 == 1 and "01" < digits < "99"


def _reason(text: str) -> str | None:
    if _sound(text):
        return None
    return _misfit(text) or check_digit_fault(text[2:4], mod97_digits(text[4:] + text[:2]))


@cache
def _rule(country: str) -> tuple[Callable[[str], re.Match[str] | None], str]:
    """The pattern of a country's IBAN and the country as a number."""
    parts = "".join(f"{_CLASSES[kind][0]}{{{size}}}" for size, kind in _PARTS.findall(STRUCTURES[country]))
    return re.compile(f"{country}[0-9]{{2}}{parts}").fullmatch, str(as_number(country))


def _misfit(text: str) -> str | None:
    """What is wrong with country, length or structure; the check digits are not looked at."""
    if not text:
        return "it is empty"
    if wrong := stranger_fault(text, ALPHANUMERIC, "letters A-Z and digits"):
        return wrong
    country = text[:2]
    if country not in STRUCTURES:
        return f'it begins with "{country}", which is no country of the IBAN registry'
    parts = [(int(size), kind) for size, kind in _PARTS.findall(STRUCTURES[country])]
    length = 4 + sum(size for size, _ in parts)
    if len(text) != length:
        return f"it has {len(text)} characters, an IBAN of {country} has {length}"
    return _part_fault(text, [(2, "n"), *parts])


def _part_fault(text: str, parts: list[tuple[int, str]]) -> str | None:
    start = 2
    for size, kind in parts:
        pattern, words = _CLASSES[kind]
        if not re.fullmatch(f"{pattern}{{{size}}}", text[start : start + size]):
            return f"characters {start + 1} to {start + size} of an IBAN of {text[:2]} must be {words}"
        start += size
    return None
