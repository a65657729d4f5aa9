"""Repairing what a sender got wrong: a small correction laid over the archived original, which is never
touched.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from exchange.errors import UseError
from exchange.ledger import acts, queries
from exchange.ledger.rows import Arrival
from exchange.operations.deciding import actor
from exchange.operations.installation import Books, books


@dataclass(frozen=True, slots=True)
class Repaired:
    """A repair: the arrival as it stands now, and the line before and after (empty for a whole new file)."""

    arrival: Arrival
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Correction:
    """What is to be changed: a text on one physical line (counted from 1)."""

    line: int
    old: str
    new: str


def repair(folder: Path, text: str, correction: Correction, because: str) -> Repaired:
    """Replace a text on one line and have the file read again. UseError when the text is not there exactly
    once.
    """
    with books(folder) as opened:
        row = _held(opened, text)
        encoding = _encoding(opened, row.flow)
        old, new = _encoded(correction.old, encoding), _encoded(correction.new, encoding)
        with tempfile.NamedTemporaryFile(dir=opened.store.work, delete=False) as out:
            path = Path(out.name)
            with opened.store.archive.path(row.repaired or row.sha256).open("rb") as original:
                before, after = _laid_over(original, cast(BinaryIO, out.file), correction, old, new)
        patch = [{"line": correction.line, "old": correction.old, "new": correction.new}]
        arrival = _entered(opened, row, path, patch, because)
    return Repaired(
        arrival, before.decode(encoding, "replace").strip(), after.decode(encoding, "replace").strip()
    )


def repair_with(folder: Path, text: str, file: Path, because: str) -> Repaired:
    """Have a corrected copy of the file read in place of the original."""
    with books(folder) as opened:
        row = _held(opened, text)
        with tempfile.NamedTemporaryFile(dir=opened.store.work, delete=False) as out:
            out.write(file.read_bytes())
        arrival = _entered(opened, row, Path(out.name), [{"file": file.name}], because)
    return Repaired(arrival, "", "")


def _held(opened: Books, text: str) -> Arrival:
    with opened.ledger.read() as connection:
        return queries.arrival(connection, text)


def _encoding(opened: Books, flow: str) -> str:
    """The encoding that the flow's layout declares."""
    declared = opened.site.declared_flows.get(flow)
    layout = opened.site.library.layout(declared.layout) if declared else None
    return getattr(layout, "encoding", None) or "utf-8"


def _encoded(text: str, encoding: str) -> bytes:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as error:
        raise UseError(
            f'"{error.object[error.start : error.end]}" cannot be written in {encoding}, the file\'s encoding.'
        ) from error


def _laid_over(
    original: BinaryIO, out: BinaryIO, correction: Correction, old: bytes, new: bytes
) -> tuple[bytes, bytes]:
    """The original with the correction, written to `out`; the line before and after."""
    found: tuple[bytes, bytes] | None = None
    for number, line in enumerate(original, 1):
        if number == correction.line:
            found = line, _corrected(line, correction, old, new)
            line = found[1]
        out.write(line)
    if found is None:
        raise UseError(f"The file has no line {correction.line}.")
    return found


def _corrected(line: bytes, correction: Correction, old: bytes, new: bytes) -> bytes:
    times = line.count(old) if old else 0
    if times != 1:
        where = "not" if times == 0 else f"{times} times"
        raise UseError(
            f'"{correction.old}" stands {where} on line {correction.line}.',
            advice="Give exactly the text to be replaced, with so much around it that it stands there once.",
        )
    return line.replace(old, new)


def _entered(
    opened: Books, row: Arrival, path: Path, patch: list[dict[str, object]], because: str
) -> Arrival:
    """The repaired bytes into the archive, then the act into the ledger."""
    try:
        blob = opened.store.archive.adopt([path])[0]
        return acts.repair(opened.ledger, row.id, blob.sha256, patch, actor=actor(), because=because)
    finally:
        path.unlink(missing_ok=True)
