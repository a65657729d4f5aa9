"""What stands in a payer's free text: words that may be numbers of invoices, at word borders only.

>>> words("Faktura nr F-10023, kundnr 77 och 10024.")
('FAKTURA', 'NR', 'F', '10023', 'KUNDNR', '77', 'OCH', '10024')
>>> spelled("F-10023"), digits("F-10023"), digits("A12")
('F10023', '10023', '')
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

from exchange.model import Record

LEAST = 4
"""A number of fewer digits is found in any text by chance."""
_WORD = re.compile(r"[0-9A-ZÅÄÖÆØÜ]+")
_JOINED = re.compile(r"[0-9A-ZÅÄÖÆØÜ]+(?:[-/._][0-9A-ZÅÄÖÆØÜ]+)+")
"""A number in parts, such as 2026-0012 or F/2026/12."""
_DATES = (
    re.compile(r"\b\d{1,2}[.\-/]\d{1,2}[.\-/](?:\d{4}|\d{2})\b"),
    re.compile(r"\b(?:19|20)\d\d[.\-/]\d{1,2}[.\-/]\d{1,2}\b"),
    re.compile(r"\b20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\b"),
    re.compile(r"(?<![\w.\-/])(?:0?[1-9]|1[0-2])[./](?:19|20)\d\d\b"),  # a month; 2026-11 may be an invoice
)
_AMOUNT = re.compile(r"\b(?:\d{1,3}(?: \d{3})+|\d+)[.,]\d\d\b(?![.,]?\d)")
GROUPED = re.compile(r"(?<!\w)(?:RF ?)?[0-9]{1,5}(?: [0-9]{1,5}){1,6}(?!\w)")
"""References in groups of digits, as they are printed on invoices."""
_YEAR = re.compile(r"(?:19|20)\d\d")
_RUN = re.compile(r"[0-9]+")


def words(text: str) -> tuple[str, ...]:
    """The words of a text in upper case, in order."""
    return tuple(_WORD.findall(text.upper()))


@lru_cache(10_000)
def numbers(text: str) -> frozenset[str]:
    """What of a text may be the number of an invoice, as `spelled` spells it: words, two that stand together, and several
    that signs join.
    """
    return frozenset(word for word in _candidates(text) if len(digits(word)) >= LEAST)


def _candidates(text: str) -> list[str]:
    found = [word.lstrip("0") for word in words(text)]
    together = [first + second for first, second in pairwise(found) if first[-1:].isalpha()]
    return [*found, *together, *map(spelled, _JOINED.findall(text.upper()))]


@lru_cache(10_000)
def loose(text: str) -> frozenset[str]:
    """Numbers in a text that may name something, however short: not those of dates, years and amounts.

    >>> sorted(loose("Lasku 7, 1.11.2026")), sorted(loose("2026-0012")), sorted(loose("vuokra 11/2026 1 250,00"))
    (['7'], ['12', '20260012'], [])
    """
    for pattern in (*_DATES, _AMOUNT):
        text = pattern.sub(" ", text)
    found = (run.lstrip("0") for word in _candidates(text) for run in _RUN.findall(word))
    return frozenset(run for run in found if run and not _YEAR.fullmatch(run))


def spelled(number: str) -> str:
    """A number of an invoice as `numbers` spells it."""
    return "".join(_WORD.findall(number.upper())).lstrip("0")


def digits(number: str) -> str:
    """The digits of a number, where they are many enough and stand together; else nothing."""
    runs = _RUN.findall(number)
    return runs[0].lstrip("0") if len(runs) == 1 and len(runs[0].lstrip("0")) >= LEAST else ""


def foreign(text: str, own: Iterable[str]) -> frozenset[str]:
    """Numbers in a text that are in none of these: those of invoices and customers that may be meant.

    >>> sorted(foreign("PayPal 10423117 PP.5678.PP", ["TX3"])), sorted(foreign("Lasku 10024", ["10024"]))
    (['10423117', '5678'], [])
    """
    known = frozenset().union(*(loose(each) for each in own))
    return loose(text) - known


def mask(transaction: Record) -> str:
    """What payments of one kind have in common, for what people book the same way each time: the name, the event, and
    the text without its numbers.
    """
    name = (transaction.get("counterparty") or {}).get("name") or ""
    text = re.sub(r"\S*\d\S*", "#", (transaction.get("text") or "").upper())
    sign = "+" if transaction["amount"] > 0 else "-"
    return f"{sign}|{transaction.get('event') or ''}|{name.upper().strip()}|{' '.join(text.split())}"[:200]


def foreign_mask(transaction: Record) -> str:
    """That of movements whose text has numbers which name nothing of ours."""
    return f"foreign|{mask(transaction)}"


def naming_mask(transaction: Record) -> str:
    """That of movements whose text names what they pay."""
    return f"naming|{mask(transaction)}"


def described(mask: str) -> str:
    """What a mask looks like, for people.

    >>> described("+|receipt||LAHJA #"), described("-|fee|NORDEA|")
    ('in: LAHJA # (receipt)', 'out: NORDEA (fee)')
    """
    sign, event, name, text = mask.split("|", 3)
    said = " ".join(filter(None, (name, text))) or "without a text"
    return f"{'in' if sign == '+' else 'out'}: {said}{f' ({event})' if event else ''}"
