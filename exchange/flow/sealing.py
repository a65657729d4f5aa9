"""Seals in a flow: what it reads is verified, what it writes is sealed. The key is a reference to a secret, looked up
when a file is there, so that a new key is used at once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import BinaryIO

from exchange import secrets
from exchange.errors import RefusedError, UseError
from exchange.findings import Found, code
from exchange.formats.fixed import seal as seals

UNSEALABLE = code(
    "FLO004",
    "error",
    "The file cannot be sealed: {value}.",
    advice="Correct the mapping. Nothing is sent without its seal.",
)
UNVERIFIED = code(
    "FLO005",
    "error",
    "The seal of the file cannot be looked at: {value}",
    advice="Put the key in its place, then `exchange retry`.",
)
NO_KEY = code(
    "FLO006",
    "error",
    "The file cannot be sealed: {value}",
    advice="Put the key in its place, then `exchange retry`. Nothing is sent without its seal.",
)

Verify = Callable[[BinaryIO, Found], None]
"""Tells what is wrong with the seal of a file."""
Sealing = Callable[[BinaryIO, date, Found], None]
"""Puts the seal of a day around a file that was written."""


def key_of(reference: str, folder: Path) -> bytes:
    """The key behind a reference to a secret; file:PATH is seen from the folder. RefusedError when it is none."""
    text = secrets.resolve(reference, folder).reveal().strip()
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != seals.KEY_BYTES or len(text) != 2 * seals.KEY_BYTES:
        raise RefusedError(
            f"The secret {reference} is no key: {2 * seals.KEY_BYTES} hexadecimal digits are needed.",
            advice="Enter the key as Bankgirot gave it.",
        )
    return key


def verifier(reference: str, folder: Path, then: Verify | None) -> Verify:
    """Looks at the seal of a file, then at its schema."""

    def verify(stream: BinaryIO, found: Found) -> None:
        try:
            key = key_of(reference, folder)
        except (RefusedError, UseError) as error:
            found(UNVERIFIED.at(value=error.message))
            return
        wrong = seals.fault(stream.read(), key)
        if wrong is not None:
            found(wrong)
        if then is not None:
            stream.seek(0)
            then(stream, found)

    return verify


def sealer(reference: str, folder: Path) -> Sealing:
    """Seals a file in its place."""

    def seal(out: BinaryIO, day: date, found: Found) -> None:
        try:
            key = key_of(reference, folder)
        except (RefusedError, UseError) as error:
            found(NO_KEY.at(value=error.message))
            return
        out.seek(0)
        try:
            data = seals.sealed(out.read(), key, day)
        except ValueError as error:
            found(UNSEALABLE.at(value=str(error)))
            return
        out.seek(0)
        out.truncate()
        out.write(data)

    return seal
