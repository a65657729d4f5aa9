"""Sealing a file for a bank and looking whether a sealed one was changed; the key is a reference to a secret."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from exchange import secrets
from exchange.clock import now
from exchange.errors import RefusedError, UseError
from exchange.findings import Finding
from exchange.formats.fixed import seal as seals


def seal(path: Path, output: Path, reference: str, site: Path, day: date | None) -> str:
    """Write a sealed copy of a file; the key check value. Nothing is overwritten."""
    key = _key(reference, site)
    try:
        data = seals.sealed(path.read_bytes(), key, day or now().astimezone().date())
    except ValueError as error:
        raise RefusedError(f"The file cannot be sealed: {error}.", advice="Look at the file.") from error
    try:
        with output.open("xb") as stream:
            stream.write(data)
    except FileExistsError as error:
        raise UseError(f"{output} is there already.", advice="Name a file that is not there.") from error
    return seals.check_value(key)


def verify(path: Path, reference: str, site: Path) -> Finding | None:
    """What is wrong with the seal of a file; None when nothing is."""
    return seals.fault(path.read_bytes(), _key(reference, site))


def _key(reference: str, site: Path) -> bytes:
    text = secrets.resolve(reference, site).reveal().strip()
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
