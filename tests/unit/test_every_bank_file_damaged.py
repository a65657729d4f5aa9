"""Every bank file that is no XML, cut and with other digits: no reader raises, what is cut off is told, and an amount that a sum or
a count of the format covers never passes when it was changed.

EXCHANGE_DEEP=1 changes every digit of every file; by default a few of some, always the same ones.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bank_files import codes, documents, errors, files, names

DEEP = bool(os.environ.get("EXCHANGE_DEEP"))
FILES, DIGITS, CUTS, CHARACTERS = (10_000, 10_000, 10_000, 10**6) if DEEP else (1, 12, 6, 20_000)

LISTINGS = dict.fromkeys(
    ("bankdata/entries-v3", "bec/csv", "danskebank/cmkv", "danskebank/cmkxksx", "nordea/dk-erhverv", "nordea/dk-unitel-v3", "sdc/csv"),
    "a listing has no end and no sums; balances tell some of it",
)  # fmt: skip
OPEN_ENDED = LISTINGS | {
    "bankgirot/autogiro-request": "has an opening record and no closing one",
    "bankgirot/lb-returned": "a section may be the last",
    "swift/mt940": "a message may be the last",
}
"""Layouts whose files may end behind more than one line, and why."""
UNSUMMED = LISTINGS | {
    "aeb/norma-43": "amounts in another currency are in no sum",
    "bankgirot/autogiro-payments": "payments that were not approved are in no sum",
    "bankgirot/autogiro-payments-old": "payments that were not approved are in no sum",
    "bankgirot/autogiro-request": "has no sums",
    "bankgirot/lb-monitored": "the balances of a day are in no sum",
    "bankgirot/lb-returned": "what came back is in no sum",
    "betalingsservice/information": "its sums are not published",
    "nets-dk/slip-payments": "its sums are not published",
    "plusgirot/total-in": "amounts in the payer's currency are in no sum",
}
"""Layouts with amounts that no sum of the format covers, and why."""


def amounts(given: Any) -> Iterator[Decimal]:
    """Every number with decimals of a document, in its order."""
    if isinstance(given, Decimal):
        yield given
    elif isinstance(given, dict):
        for name, value in given.items():
            yield from amounts(value) if not name.startswith("@") else ()
    elif isinstance(given, list):
        for each in given:
            yield from amounts(each)


def sound(paths: list[Path], layout: str) -> Iterator[bytes]:
    """The files of a layout that are read without an error."""
    kept = (raw for path in paths if len(raw := path.read_bytes()) <= CHARACTERS)
    return (raw for raw in kept if (read := documents(layout, raw))[0] and not errors(read[1]))


def cuts(raw: bytes, chance: random.Random) -> Iterator[bytes]:
    """The file up to the end of a line that is not its last."""
    ends = [at + 1 for at, byte in enumerate(raw) if byte == 10 and raw[at + 1 :].strip(b"\r\n \x1a-}")]
    yield from (raw[:end] for end in sorted(chance.sample(ends, min(CUTS, len(ends)))))


def changed(raw: bytes, chance: random.Random) -> Iterator[tuple[int, bytes]]:
    """The file with another digit: where, and the file."""
    digits = [at for at, byte in enumerate(raw) if 48 <= byte <= 57]
    for at in sorted(chance.sample(digits, min(DIGITS, len(digits)))):
        other = str((raw[at] - 48 + chance.randrange(1, 10)) % 10).encode()
        yield at, raw[:at] + other + raw[at + 1 :]


@pytest.mark.parametrize("layout", names())
def test_cut_and_changed(layout: str) -> None:
    chance = random.Random(layout)
    seen = 0
    for raw in sound(files()[layout], layout):
        if seen == FILES:
            break
        seen += 1
        whole, found = documents(layout, raw)
        told = codes(found)
        for part in cuts(raw, chance):
            _, now = documents(layout, part)
            documents(layout, part[:-9])
            assert layout in OPEN_ENDED or errors(now), part[-80:]
        for at, other in changed(raw, chance):
            made, now = documents(layout, other)
            silent = codes(now) == told and list(amounts(made)) != list(amounts(whole))
            assert layout in UNSUMMED or not silent, (at, other[max(0, at - 40) : at + 40])
    if not seen:
        pytest.skip("no file of this layout that has documents")
