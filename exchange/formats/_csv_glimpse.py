"""The rows of delimited text for which no layout is known: how many, with which columns."""

from __future__ import annotations

import csv
import io
from itertools import chain
from typing import BinaryIO

from exchange.findings import Found
from exchange.formats.contract import Sniffed
from exchange.formats.glimpse import Gazer, Glimpse, are_names


def glimpse(stream: BinaryIO, sniffed: Sniffed, _found: Found) -> Glimpse:
    """What is seen; bytes that are no text in the guessed encoding are passed over, for nothing is read with it."""
    encoding = "utf-8" if sniffed.encoding == "ascii" else sniffed.encoding
    text = io.TextIOWrapper(stream, encoding, errors="replace", newline="")
    sign = sniffed.facts["delimiter"]
    rows = csv.reader(text, delimiter="\t" if sign == "tab" else sign)
    first = [cell.strip().removeprefix("\ufeff") for cell in next((row for row in rows if row), [])]
    headed = are_names(first)
    gazer = Gazer(*(first if headed else range(1, len(first) + 1)))
    uneven: int | None = None
    try:
        for row in rows if headed else chain([first], rows):
            if len(row) != len(first) and row and uneven is None:
                uneven = rows.line_num
            if row:
                cells = zip(gazer.columns, row, strict=False)
                gazer.add({place: (cell.strip(), None) for place, cell in cells})
    except csv.Error:
        uneven = uneven or rows.line_num
    text.detach()
    return Glimpse(gazer.rows, gazer.seen(), headed, sign, uneven)
