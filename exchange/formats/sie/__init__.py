"""SIE types 1–4: the Swedish format for balances and vouchers, read and written by its standard 4B.

    layout: sie/4i
    format: sie
    type: 4I
    dimensions: {cost_centre: 1, project: 6}

A file is one `file` (company, years, accounts, dimensions) with `balance` and `voucher` records in it. The
standard says what each record holds (`records`), how a line is written (`lexical`), and that text is in
IBM code page 437.

Source: SIE filformat, utgåva 4B, 2008-09-30 (sie.se).
"""

from __future__ import annotations

import codecs
import re

from exchange.formats import encoding as encodings
from exchange.formats.contract import Reader, Sniffed, Writer
from exchange.formats.sie.layout import Layout
from exchange.formats.sie.read import SieReader
from exchange.formats.sie.records import BALANCES, ENCODING, HEAD
from exchange.formats.sie.write import SieWriter

__all__ = ["Layout", "reader", "recognise", "sniff", "writer"]

_MARK = codecs.BOM_UTF8
_FIRST = re.compile(
    rb"(?:%s)?\s*#(FLAGGA|%s)\b" % (_MARK, "|".join(line.tag for line in HEAD).encode()), re.IGNORECASE
)
_TYPE = re.compile(rb'^[ \t]*#SIETYP[ \t]+"?([0-9]+)', re.IGNORECASE | re.MULTILINE)
_BALANCE = re.compile(rb"^[ \t]*#(%s)[ \t]" % "|".join(line.tag for line in BALANCES).encode(), re.MULTILINE)
_VOUCHER = re.compile(rb"^[ \t]*#VER\b", re.IGNORECASE | re.MULTILINE)
_COMPANY = re.compile(r'^[ \t]*#FNAMN[ \t]+"?([^"\r\n]*)', re.MULTILINE)
_OEM = ("cp437", "cp850", "cp865")
"""Code pages of DOS; å, ä and ö stand at the same bytes in all of them."""
REACH = 16 * 1024 * 1024
"""So far the first balance is looked for: a chart of accounts and the objects of dimensions stand before it."""


def reader(layout: Layout) -> Reader:
    """A reader of this layout."""
    return SieReader(layout)


def writer(layout: Layout) -> Writer:
    """A writer of this layout."""
    return SieWriter(layout)


def reach(first: bytes) -> int:
    """How much of a file that begins so must be seen to know its type."""
    return REACH if _FIRST.match(first) else 0


def recognise(sample: bytes, layout: Layout) -> str | None:
    """By #SIETYP; of type 4, balances tell an export (4E) from vouchers for import (4I)."""
    if not _FIRST.match(sample):
        return None
    number, reason = _type(sample)
    if number != layout.type[0]:
        return None
    if number != "4":
        return f"{reason}."
    has_balances = _BALANCE.search(sample) is not None
    if has_balances != (layout.type == "4E"):
        return None
    return f"{reason}, and it has {'balances' if has_balances else 'vouchers and no balances'}."


def sniff(sample: bytes) -> Sniffed | None:
    """A text whose first record is one of the head of a SIE file."""
    if not _FIRST.match(sample):
        return None
    guessed = encodings.guess(sample)
    encoding = ENCODING if guessed.encoding in _OEM else guessed.encoding
    company = _COMPANY.search(sample.decode(encoding, "replace"))
    facts = {"type": _type(sample)[0], "company": company[1].strip() if company else ""}
    return Sniffed("sie", encoding, guessed.reason, version=f"SIE {facts['type']}", facts=facts)


def _type(sample: bytes) -> tuple[str, str]:
    """The type of a file, and why. One that does not say its type is of type 1 by the standard, which has no vouchers."""
    said = _TYPE.search(sample)
    if said:
        return said[1].decode(), f"#SIETYP is {said[1].decode()}"
    if _VOUCHER.search(sample):
        return "4", "There is no #SIETYP, and only type 4 has vouchers"
    return "1", "There is no #SIETYP, which means type 1"
