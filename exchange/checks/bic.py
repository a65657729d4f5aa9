"""BIC, the business identifier code of a bank: 8 or 11 characters with a country inside (ISO 9362).

The first four characters are letters in practice; ISO 9362 and the 2019 ISO 20022 messages allow digits as
well. Kosovo's XK is used in BICs though ISO 3166-1 leaves it to its users.
"""

from __future__ import annotations

from exchange.checks._text import HYPHENS, SPACES, alphanumeric_fault, upper_without
from exchange.checks.country import CODES

COUNTRIES = CODES | {"XK"}
_CANONICAL = upper_without(SPACES + HYPHENS)


def compact(value: str) -> str:
    """Without blanks and hyphens, in upper case: NDEAFIHHXXX. A branch code XXX (head office) stays."""
    return value.translate(_CANONICAL)


def fault(value: str) -> str | None:
    """None when this is a well-formed BIC of an existing country; whether a bank has it is not known here."""
    text = compact(value)
    if wrong := alphanumeric_fault(text, (8, 11)):
        return wrong
    if text[4:6] not in COUNTRIES:
        return f'characters 5 and 6 are "{text[4:6]}", which is no country'
    return None
