"""In which lines two versions of a file differ: what a person changed who handed in a whole corrected copy."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path
from typing import NamedTuple

SHOWN = 50
"""So many differences are shown to people."""
GREATEST = 64 << 20
"""Bytes of files beyond which nobody would read the differences."""
_COMPARED = 2_000
"""Lines between the first and the last difference that are aligned; of more, lines of the same number are compared."""
_WIDTH = 120
"""Characters of a line that are shown, around what differs."""
_AROUND = 30


class Difference(NamedTuple):
    """A line before and after, by its number in the one or the other; empty where there is none."""

    line: int
    old: str
    new: str


def differences(before: Path, after: Path, encoding: str) -> Iterator[Difference] | None:
    """What differs, in order; None where these are no files of lines that a person could compare."""
    if max(before.stat().st_size, after.stat().st_size) > GREATEST:
        return None
    old, new = (path.read_bytes().decode(encoding, "replace") for path in (before, after))
    if "\0" in old or "\0" in new:
        return None
    return _between(old.split("\n"), new.split("\n"))


def _between(old: list[str], new: list[str]) -> Iterator[Difference]:
    start, shorter = 0, min(len(old), len(new))
    while start < shorter and old[start] == new[start]:
        start += 1
    end = 0
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    left, right = old[start : len(old) - end], new[start : len(new) - end]
    if max(len(left), len(right)) > _COMPARED:
        yield from _pairs(start, left, right)
        return
    for what, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if what != "equal":
            yield from _pairs(start + (a if b > a else c), left[a:b], right[c:d])


def _pairs(start: int, left: list[str], right: list[str]) -> Iterator[Difference]:
    """Lines of the same place, one beside the other; those that one side has more stand alone."""
    for place in range(max(len(left), len(right))):
        old = left[place] if place < len(left) else ""
        new = right[place] if place < len(right) else ""
        if old != new:
            yield Difference(start + place + 1, *_shown(_visible(old, new), _visible(new, old)))


def _visible(line: str, other: str) -> str:
    """A line; where it differs from the other one by what nobody sees, that is named."""
    line = line.replace("\ufeff", "<BOM>")
    if line.rstrip("\r") != other.replace("\ufeff", "<BOM>").rstrip("\r"):
        return line.rstrip("\r")
    return line.replace("\r", "<CR>")


def _shown(old: str, new: str) -> tuple[str, str]:
    """Both lines, shortened to what is around their first difference."""
    if max(len(old), len(new)) <= _WIDTH:
        return old, new
    first = next(
        (at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new))
    )
    begin = max(0, first - _AROUND)
    return _cut(old, begin), _cut(new, begin)


def _cut(line: str, begin: int) -> str:
    head = "…" if begin and line else ""
    return f"{head}{line[begin : begin + _WIDTH]}{'…' if len(line) > begin + _WIDTH else ''}"
