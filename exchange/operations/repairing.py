"""Repairing what a sender got wrong: small corrections laid over the archived original, which is never touched."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

from exchange.errors import UseError
from exchange.ledger import acts, queries
from exchange.ledger.rows import Arrival
from exchange.operations.deciding import actor
from exchange.operations.differing import SHOWN, differences
from exchange.operations.installation import Books, books, encoding_of

PLACEHOLDER = "RIGHT VALUE"
"""What stands in a suggested command where only a person knows the right text."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """A repair: the arrival as it stands now, and each corrected line before and after (of a whole new file the first ones)."""

    arrival: Arrival
    lines: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Correction:
    """What is to be changed: a text on one physical line (counted from 1)."""

    line: int
    old: str
    new: str


def repair(folder: Path, text: str, corrections: Sequence[Correction], because: str) -> Repaired:
    """Replace texts, each on its line, and have the file read again. UseError when one is not there exactly once."""
    if unfilled := [each.old for each in corrections if PLACEHOLDER in each.new]:
        raise UseError(
            f'"{PLACEHOLDER}" only stands for the right text in place of "{unfilled[0]}"; nothing was changed.',
            advice="Give --with the text that the sender means.",
        )
    with books(folder) as opened:
        row = _held(opened, text)
        encoding = encoding_of(opened.site, row.flow)
        with tempfile.NamedTemporaryFile(dir=opened.store.work, delete=False) as out:
            path = Path(out.name)
            with _original(opened, row).open("rb") as original:
                lines = _laid_over(original, cast(BinaryIO, out.file), corrections, encoding)
        patch = [{"line": each.line, "old": each.old, "new": each.new} for each in corrections]
        arrival = _entered(opened, row, path, patch, because)
    return Repaired(arrival, lines)


def is_correctable(opened: Books, row: Arrival, line: int, text: str) -> bool:
    """Whether a text stands on a line of the original exactly once, so that a correction can name it."""
    wanted = text.encode(encoding_of(opened.site, row.flow), "replace")
    with _original(opened, row).open("rb") as original:
        there = next(islice(original, line - 1, line), b"")
    return bool(wanted) and there.count(wanted) == 1


def repair_with(folder: Path, text: str, file: Path, because: str) -> Repaired:
    """Have a corrected copy of the file read in place of the original."""
    with books(folder) as opened:
        row = _held(opened, text)
        with tempfile.NamedTemporaryFile(dir=opened.store.work, delete=False) as out:
            out.write(file.read_bytes())
        found = differences(_original(opened, row), Path(out.name), encoding_of(opened.site, row.flow))
        lines = [(each.old, each.new) for each in islice(found or (), SHOWN)]
        arrival = _entered(opened, row, Path(out.name), [{"file": file.name}], because)
    return Repaired(arrival, lines)


def _held(opened: Books, text: str) -> Arrival:
    with opened.ledger.read() as connection:
        return queries.arrival(connection, text)


def _encoded(text: str, encoding: str) -> bytes:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as error:
        raise UseError(
            f'"{error.object[error.start : error.end]}" cannot be written in {encoding}, the file\'s encoding.'
        ) from error


def _original(opened: Books, row: Arrival) -> Path:
    return opened.store.archive.path(row.repaired or row.sha256)


def _laid_over(
    original: BinaryIO, out: BinaryIO, corrections: Sequence[Correction], encoding: str
) -> list[tuple[str, str]]:
    """The original with the corrections, written to `out`; each corrected line before and after."""
    waiting: dict[int, list[Correction]] = {}
    for each in corrections:
        waiting.setdefault(each.line, []).append(each)
    lines = []
    for number, line in enumerate(original, 1):
        mine, corrected = waiting.pop(number, []), line
        for each in mine:
            corrected = _corrected(corrected, each, encoding)
        if mine:
            lines.append((_shown(line, encoding), _shown(corrected, encoding)))
        out.write(corrected)
    if waiting:
        raise UseError(f"The file has no line {min(waiting)}.")
    return lines


def _shown(line: bytes, encoding: str) -> str:
    return line.decode(encoding, "replace").strip()


def _corrected(line: bytes, correction: Correction, encoding: str) -> bytes:
    old, new = _encoded(correction.old, encoding), _encoded(correction.new, encoding)
    times = line.count(old) if old else 0
    if times != 1:
        there = "is not" if times == 0 else f"stands {times} times"
        raise UseError(
            f'"{correction.old}" {there} on line {correction.line}.',
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
