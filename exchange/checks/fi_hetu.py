"""Finnish personal identity code (henkilötunnus): date, century sign, number 002-899, check character (DVV).

Century signs: + for the 1800s, - and Y X W V U for the 1900s, A B C D E F for the 2000s.
Numbers 900-999 are temporary codes of single systems and no identity codes.
"""

from __future__ import annotations

import re
from datetime import date

from exchange.checks._text import SPACES, check_digit_fault, refuse, upper_without

_CANONICAL = upper_without(SPACES)
_CENTURIES = {"+": 1800, **dict.fromkeys("-YXWVU", 1900), **dict.fromkeys("ABCDEF", 2000)}
_CHARACTERS = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_BODY = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})([-+A-FU-Y])([0-9]{3})")


def compact(value: str) -> str:
    """Without blanks, in upper case; the sign in the middle is part of the code and stays: 131052-308T."""
    return value.translate(_CANONICAL)


def fault(value: str) -> str | None:
    """None when form, date, number and check character are right."""
    text = compact(value)
    if not text:
        return "it is empty"
    return _body_fault(text[:-1]) or check_digit_fault(text[-1], _check_character(text[:-1]))


def complete(body: str) -> str:
    """The ten characters before the check character, with it behind them."""
    text = compact(body)
    refuse(_body_fault(text))
    return text + _check_character(text)


def _body_fault(body: str) -> str | None:
    match = _BODY.fullmatch(body)
    if match is None:
        return "it is not of the form DDMMYY, century sign, three digits, check character"
    day, month, year, sign, number = match.groups()
    try:
        date(_CENTURIES[sign] + int(year), int(month), int(day))
    except ValueError:
        return f"{day}.{month}.{_CENTURIES[sign] + int(year)} is no date"
    return None if 2 <= int(number) <= 899 else f"the number {number} is outside 002 to 899"


def _check_character(body: str) -> str:
    return _CHARACTERS[int(body[:6] + body[7:]) % 31]
