"""Bankgirot's seal: a first record 00 and a last record 99 with a keyed hash (HMAC-SHA256, 128 bits) of all before it.

The hash is taken over text in seven bits: line ends are left out, letters such as Å become those of ISO 646-SE, and any
other byte above ASCII, or a control character, becomes C3. The key check value (KVV) is the hash of eight zeros.

Source: a public implementation (Hoglandets-IT/go-bankgiro) and its sealed files, computed again; Bankgirot's own
description of the seal was not at hand.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Literal

from exchange.findings import Finding, Found, code

Seal = Literal["bankgirot"]
WIDTH = 80
KEY_BYTES = 16
_SHOWN = 32
"""So many hexadecimal digits of a hash are written: 128 bits."""
_HEAD = re.compile(r"00([0-9]{6})HMAC")
_TAIL = re.compile(r"99([0-9]{6})([0-9A-F]{32})([0-9A-F]{32})")
_OTHER = 195
_LETTERS = dict(zip("ÄÖÅÜÉäöåüé".encode("iso-8859-1"), b"[\\]^@{|}~`", strict=True))
_TABLE = bytes(_LETTERS.get(byte, byte if 32 <= byte <= 126 else _OTHER) for byte in range(256))

SEALED = code(
    "FIX027",
    "info",
    "The file was sealed on {day} with the key {value}. Reading it does not look whether it was changed since then.",
    advice="`exchange seal --verify` looks, with the key, and so does a flow with `seal` under `from`.",
)
BAD_SEAL = code(
    "FIX028",
    "error",
    "The file begins with a seal record (00), but does not end with one (99) of the same day.",
    advice="The end is missing or was changed. Ask the sender for the file again.",
)
NO_SEAL = code("FIX029", "error", "The file has no seal.", advice="Ask the sender for the sealed file.")
OTHER_KEY = code(
    "FIX035",
    "error",
    "The file was sealed with another key: its check value is {value}, that of this key {want}.",
    advice="Ask which key is in use.",
)
CHANGED = code(
    "FIX036",
    "error",
    "The file was changed after it was sealed on {day}.",
    advice="Do not send or use it. Ask for the file as it was sealed.",
)


def check_value(key: bytes) -> str:
    """The key check value: shown to people, it tells keys apart and nothing of the key."""
    return _hash(key, [b"00000000"])


def sealed(data: bytes, key: bytes, day: date) -> bytes:
    """A file with its seal; blank lines are left out. ValueError when it has one already or lines are too long."""
    rows = [line for line in data.splitlines() if line.strip()]
    if rows and _HEAD.match(_text(rows[0])):
        raise ValueError("it is sealed already")
    if any(len(row) > WIDTH and row[WIDTH:].strip() for row in rows):
        raise ValueError(f"a record has more than {WIDTH} characters")
    head = f"00{day:%y%m%d}HMAC".encode()
    body = [row[:WIDTH].ljust(WIDTH) for row in (head, *rows)]
    tail = f"99{day:%y%m%d}{check_value(key)}{_hash(key, body)}".encode().ljust(WIDTH)
    return b"".join(row + b"\r\n" for row in (*body, tail))


def fault(data: bytes, key: bytes) -> Finding | None:
    """What is wrong with the seal of a file; None when the file is as it was sealed with this key."""
    rows = [line for line in data.splitlines() if line.strip()]
    head = _HEAD.fullmatch(_text(rows[0])) if rows else None
    tail = _TAIL.fullmatch(_text(rows[-1])) if rows else None
    if head is None:
        return NO_SEAL.at()
    if tail is None or tail[1] != head[1]:
        return BAD_SEAL.at(line=len(rows))
    if not hmac.compare_digest(tail[2], check_value(key)):
        return OTHER_KEY.at(line=len(rows), value=tail[2], want=check_value(key))
    if not hmac.compare_digest(tail[3], _hash(key, rows[:-1])):
        return CHANGED.at(line=len(rows), day=tail[1])
    return None


def unsealed(lines: Iterable[tuple[int, str]], found: Found) -> Iterator[tuple[int, str]]:
    """The lines between the records of a seal, where there is one; it is not verified here."""
    head: re.Match[str] | None = None
    held: tuple[int, str] | None = None
    begun = False
    for number, text in lines:
        if not begun and text.strip():
            begun, head = True, _HEAD.fullmatch(text.rstrip())
            if head is not None:
                continue
        if head is None:
            yield number, text
        elif text.strip():
            if held is not None:
                yield held
            held = number, text
    if head is not None:
        yield from _ended(head, held, found)


def _ended(head: re.Match[str], held: tuple[int, str] | None, found: Found) -> Iterator[tuple[int, str]]:
    """The last line: the end of the seal, or a record behind which it is missing."""
    tail = _TAIL.fullmatch(held[1].rstrip()) if held is not None else None
    if tail is not None and tail[1] == head[1]:
        found(SEALED.at(line=1, day=tail[1], value=tail[2]))
        return
    found(BAD_SEAL.at(line=held[0] if held is not None else 1))
    if held is not None:
        yield held


def _hash(key: bytes, rows: Iterable[bytes]) -> str:
    made = hmac.new(key, digestmod=hashlib.sha256)
    for row in rows:
        made.update(row.translate(_TABLE))
    return made.hexdigest()[:_SHOWN].upper()


def _text(row: bytes) -> str:
    return row.rstrip().decode("iso-8859-1")
