"""SEPA creditor identifier: country, check digits, business code, national id (EPC, AT-02 of direct debits).

Check digits are ISO 7064 MOD 97-10 over national id and country; the business code (ZZZ when none) stays out.
"""

from __future__ import annotations

from exchange.checks._arithmetic import as_number, mod97_digits
from exchange.checks._text import (
    HYPHENS,
    SPACES,
    alphanumeric_fault,
    check_digit_fault,
    refuse,
    upper_without,
)
from exchange.checks.country import CODES

_CANONICAL = upper_without(SPACES + HYPHENS)


def compact(value: str) -> str:
    """Without blanks and hyphens, in upper case: FI46ZZZ20774740."""
    return value.translate(_CANONICAL)


def fault(value: str) -> str | None:
    """None when this is a creditor identifier of 8 to 35 characters; the national id itself is not tested."""
    text = compact(value)
    if wrong := alphanumeric_fault(text, range(8, 36)) or _country_fault(text):
        return wrong
    digits = text[2:4]
    if digits.isdigit() and "01" < digits < "99" and as_number(text[7:] + text[:4]) % 97 == 1:
        return None
    return check_digit_fault(digits, mod97_digits(text[7:] + text[:2]))


def complete(body: str) -> str:
    """Country, business code and national id, to the whole: FIZZZ20774740 gets its check digits behind FI."""
    text = compact(body)
    refuse(alphanumeric_fault(text, range(6, 34)) or _country_fault(text))
    return f"{text[:2]}{mod97_digits(text[5:] + text[:2])}{text[2:]}"


def _country_fault(text: str) -> str | None:
    return None if text[:2] in CODES else f'it begins with "{text[:2]}", which is no country'
