"""Swedish personal number: date of birth, three digits, modulus 10 check digit (Skatteverket).

Written with 10 digits (a + instead of the hyphen from the year one turns 100) or with 12, the century first.
Coordination numbers (samordningsnummer) add 60 to the day.
"""

from __future__ import annotations

import re
from datetime import date

from exchange.checks._arithmetic import luhn_digit
from exchange.checks._text import HYPHENS, SPACES, check_digit_fault, refuse, without

_SEPARATORS = without(SPACES + HYPHENS)
_BODY = re.compile(r"(18|19|20)?([0-9]{2})([0-9]{2})([0-9]{2})(\+?)([0-9]{3})")


def compact(value: str) -> str:
    """Without blanks and the hyphen, 10 or 12 digits; the + of ten digits tells the century and stays."""
    return value.translate(_SEPARATORS)


def fault(value: str) -> str | None:
    """None when form, date and check digit are right."""
    text = compact(value)
    if not text:
        return "it is empty"
    return _body_fault(text[:-1]) or check_digit_fault(text[-1], _check_digit(text[:-1]))


def complete(body: str) -> str:
    """The number without its last digit (9 or 11 digits), with the check digit behind them."""
    text = compact(body)
    refuse(_body_fault(text))
    return text + _check_digit(text)


def pretty(value: str) -> str:
    """As people write it: 811218-9876, 19811218-9876."""
    text = compact(value)
    return f"{text[:-4]}-{text[-4:]}" if len(text) in (10, 12) and text.isdigit() else text


def _body_fault(body: str) -> str | None:
    match = _BODY.fullmatch(body)
    if match is None or (match[1] and match[5]):
        return "it is not of the form YYMMDD-NNNN or YYYYMMDD-NNNN"
    century, year, month, day = match.group(1, 2, 3, 4)
    born = int(day) - 60 if int(day) > 60 else int(day)
    centuries = (century,) if century else ("19", "20")
    if any(_is_date(int(first + year), int(month), born) for first in centuries):
        return None
    return f"month {month} has no day {born:02d} in the year {century or ''}{year}"


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _check_digit(body: str) -> str:
    return luhn_digit(body.replace("+", "")[-9:])
