"""What installing a pack would change in a site: planned and shown before anything is touched.

The order of doing it: files first, what is no longer in the pack next, the receipt last. Interrupted, the same
installation done again ends it.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from exchange.packs.bundle import Bundle
from exchange.packs.receipt import Receipt, put, store

Kind = Literal["new", "changed", "removed", "same"]


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to one file. before and after: its content, None where there is none."""

    path: str
    kind: Kind
    before: bytes | None
    after: bytes | None

    def difference(self) -> list[str]:
        """A unified diff of texts; a sentence where one of them is no text."""
        try:
            before, after = ((side or b"").decode("utf-8") for side in (self.before, self.after))
        except UnicodeDecodeError:
            return [f"{len(self.before or b'')} bytes → {len(self.after or b'')} bytes (not a UTF-8 text)"]
        lines = difflib.unified_diff(
            before.splitlines(), after.splitlines(), "as it is", "as it would be", lineterm=""
        )
        return list(lines)


@dataclass(frozen=True, slots=True)
class Change:
    """All steps of an installation, and what stands against it."""

    bundle: Bundle
    before: Receipt | None
    steps: Sequence[Step]
    conflicts: Sequence[str]

    @property
    def is_empty(self) -> bool:
        """Whether this very pack is installed already, every file as it came."""
        return (
            all(step.kind == "same" for step in self.steps)
            and self.before is not None
            and self.before.sha256 == self.bundle.sha256
        )


def plan(bundle: Bundle, site: Path, installed: Sequence[Receipt]) -> Change:
    """What installing a pack into a site would do. Nothing is touched."""
    before = next((receipt for receipt in installed if receipt.pack == bundle.pack), None)
    owners = {path: receipt.pack for receipt in installed for path in receipt.files}
    steps = list(_steps(bundle, before, site))
    return Change(bundle, before, steps, list(_conflicts(steps, bundle, before, owners)))


def other_signer(change: Change, trusted: Sequence[str]) -> Iterator[str]:
    """That somebody else would replace what a publisher installed, whose key the site still trusts."""
    before, key = change.before, change.bundle.key
    if before is not None and before.key != key and before.key in trusted:
        yield (
            f"{before.pack} {before.version} was signed by {before.key}, and this is signed by {key}: a publisher does not replace "
            "what another one made. If it is the publisher's new key, take the old one out of `trusted keys`."
        )


def apply(change: Change, site: Path) -> None:
    """Do it. Done again after an interruption, it ends what was begun."""
    for step in change.steps:
        if step.kind in ("new", "changed") and step.after is not None:
            put(site / step.path, step.after)
    for step in change.steps:
        if step.kind == "removed":
            (site / step.path).unlink(missing_ok=True)
    bundle = change.bundle
    store(site, Receipt(bundle.pack, bundle.version, bundle.key, bundle.sha256, bundle.hashes))


def _steps(bundle: Bundle, before: Receipt | None, site: Path) -> Iterator[Step]:
    for path, after in sorted(bundle.files.items()):
        there = _content(site / path)
        kind: Kind = "new" if there is None else "same" if there == after else "changed"
        yield Step(path, kind, there, after)
    for path in sorted((before.files if before else {}).keys() - bundle.files.keys()):
        there = _content(site / path)
        if there is not None:
            yield Step(path, "removed", there, None)


def _conflicts(
    steps: Sequence[Step], bundle: Bundle, before: Receipt | None, owners: Mapping[str, str]
) -> Iterator[str]:
    """Why this must not happen by itself: files of somebody else, and files that were changed here."""
    came = before.files if before else {}
    for step in steps:
        if step.kind in ("new", "same"):
            continue
        owner = owners.get(step.path)
        if owner not in (None, bundle.pack):
            yield f"{step.path} belongs to the pack {owner}."
        elif step.path not in came:
            yield f"{step.path} is a file of this site that came with no pack."
        elif hashlib.sha256(step.before or b"").hexdigest() not in (
            came[step.path],
            bundle.hashes.get(step.path),
        ):
            yield f"{step.path} was changed here after {before.version if before else ''} had been installed."
    if before is not None and _number(before.version) > _number(bundle.version):
        yield f"Version {before.version} is installed; {bundle.version} is older."


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
