"""Proof: the ledger and the archive checked against each other."""

from __future__ import annotations

from pathlib import Path

from exchange import verify as proof
from exchange.operations.installation import books
from exchange.verify import Verified


def verify(folder: Path, *, files: bool) -> Verified:
    """Whether ledger and archive of a site are whole; files: read every archived file again."""
    with books(folder) as opened:
        return proof.verify(opened.ledger, opened.store, files=files)
