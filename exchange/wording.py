"""How messages say numbers of things."""

from __future__ import annotations

import json
from decimal import Decimal


def counted(number: int, thing: str, things: str = "") -> str:
    """A number and what it counts; things: the word for several, where it is not made by an s.

    >>> counted(1, "file"), counted(0, "file"), counted(2, "entry", "entries")
    ('1 file', '0 files', '2 entries')
    """
    return f"{number} {thing if number == 1 else things or f'{thing}s'}"


def totals(stored: str) -> str:
    """The totals of a delivery, which are kept as JSON by currency; what has none is a bare number, and what comes to nought is left out.

    >>> totals('{"EUR": "1250.00", "SEK": "0.00"}'), totals('{"amount": "12.5"}'), totals("{}")
    ('1250.00 EUR', '12.5', '')
    """
    sums = {name: amount for name, amount in json.loads(stored).items() if Decimal(amount)}
    return ", ".join(amount if name == "amount" else f"{amount} {name}" for name, amount in sums.items())
