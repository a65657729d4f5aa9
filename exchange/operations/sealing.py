"""Sealing a file for a bank and looking whether a sealed one was changed; the key is a reference to a secret."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from exchange.clock import now
from exchange.errors import RefusedError, UseError
from exchange.findings import Finding
from exchange.flow.sealing import key_of
from exchange.formats.fixed import seal as seals


def seal(path: Path, output: Path, reference: str, site: Path, day: date | None) -> str:
    """Write a sealed copy of a file; the key check value. Nothing is overwritten."""
    key = key_of(reference, site)
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
    return seals.fault(path.read_bytes(), key_of(reference, site))
