"""Which of the files at a source are for us and whole, and why not: pure decisions about what a scan saw.

Every name gets one decision with a sentence for people (`exchange seen`): ready, waiting (for what), ignored
(by which rule), held (somebody must look) or unreadable. Nothing is opened and no clock is read here: the
caller gives what it saw, when (in seconds of any clock that only goes forward), and what this module
remembered the time before.

Times of files are compared for equality only: a sender's clock may be wrong, and preallocated or copied files
carry old times.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from exchange.declare.flow import DoneFile, Ready, Renamed, Source, Unchanged
from exchange.transports.contract import Entry, display

Disposition = Literal["ready", "waiting", "ignored", "held", "unreadable"]


@dataclass(frozen=True, slots=True)
class Rules:
    """What a flow takes: name patterns, size limits in bytes (both ends allowed) and when a file is whole."""

    match: tuple[str, ...]
    ready: Ready
    ignore: tuple[str, ...] = ()
    min_size: int = 1
    max_size: int = 2 * 10**9

    @classmethod
    def of(cls, source: Source) -> Rules:
        """The rules a flow declares for its source."""
        return cls(tuple(source.match), source.ready, tuple(source.ignore), source.min_size, source.max_size)


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one name now, and why; marker is the done-file to claim with a ready file."""

    entry: Entry
    disposition: Disposition
    reason: str
    marker: bytes | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """How a file looked when it was first seen as it is now; scans counts how often it was seen so."""

    fingerprint: str
    since: float
    scans: int = 1


Memory = Mapping[bytes, Sighting]
"""What is remembered from scan to scan; losing it (a restart) only makes files wait once more."""


@dataclass(frozen=True, slots=True)
class Decided:
    """The decisions about one scan, ordered by name, and what to remember for the next one."""

    decisions: tuple[Decision, ...]
    memory: Memory

    def of(self, disposition: Disposition) -> tuple[Decision, ...]:
        """The decisions of one kind."""
        return tuple(decision for decision in self.decisions if decision.disposition == disposition)


def decide(entries: Iterable[Entry], rules: Rules, memory: Memory, at: float) -> Decided:
    """One decision for every entry of a scan that began at `at`, seconds of a clock that only goes on."""
    listed = sorted(entries, key=lambda entry: entry.name)
    seen = {entry.name: _sighting(entry, memory, at) for entry in listed if entry.kind == "regular"}
    scan = _Scan(rules, frozenset(entry.name for entry in listed if entry.kind == "regular"), seen, at)
    return Decided(tuple(scan.decision(entry) for entry in listed), seen)


def _sighting(entry: Entry, memory: Memory, at: float) -> Sighting:
    before = memory.get(entry.name)
    if before is None or before.fingerprint != entry.fingerprint:
        return Sighting(entry.fingerprint, at)
    return Sighting(before.fingerprint, before.since, before.scans + 1)


@dataclass(frozen=True, slots=True)
class _Scan:
    rules: Rules
    names: frozenset[bytes]
    seen: Memory
    at: float
    announces: Mapping[bytes, bytes] = field(init=False)
    """The name each done-file announces."""

    def __post_init__(self) -> None:
        ready = self.rules.ready
        pairs = ((marker_of(ready, name), name) for name in self.names) if isinstance(ready, DoneFile) else ()
        object.__setattr__(self, "announces", dict(pairs))

    def decision(self, entry: Entry) -> Decision:
        left_out = self._ignored(entry)
        if left_out:
            return Decision(entry, "ignored", left_out)
        if self._is_orphan(entry):
            return Decision(entry, "waiting", "It is a done file, and what it announces has not come.")
        if entry.kind == "other":
            return Decision(entry, "ignored", entry.reason)
        if entry.kind == "unreadable":
            return Decision(entry, "unreadable", entry.reason)
        if entry.size is not None and entry.size > self.rules.max_size:
            return Decision(entry, "held", _too("big", entry.size, self.rules.max_size))
        return self._whole(entry)

    def _ignored(self, entry: Entry) -> str | None:
        """Why the name is not for us; None when it is."""
        text = _text(entry.name)
        if text.startswith("."):
            return "Hidden names (with a dot in front) are never taken."
        for pattern in self.rules.ignore:
            if fnmatchcase(text, pattern):
                return f"The flow ignores {pattern}."
        if isinstance(self.rules.ready, Renamed) and fnmatchcase(text, self.rules.ready.pattern):
            return None
        announced = self.announces.get(entry.name)
        if announced is not None:
            return f"It announces {display(announced)}."
        if self._is_orphan(entry):
            return None
        if not any(fnmatchcase(text, pattern) for pattern in self.rules.match):
            return _no_match(text, self.rules.match)
        return None

    def _is_orphan(self, entry: Entry) -> bool:
        """Whether it has the name of a done file, but announces nothing that is there."""
        ready = self.rules.ready
        if not isinstance(ready, DoneFile) or entry.name in self.announces:
            return False
        return fnmatchcase(_text(entry.name), _marker_pattern(ready))

    def _whole(self, entry: Entry) -> Decision:
        ready = self.rules.ready
        if isinstance(ready, DoneFile):
            return self._announced(entry, ready)
        if isinstance(ready, Renamed):
            if fnmatchcase(_text(entry.name), ready.pattern):
                return Decision(entry, "waiting", "It still has the name the sender writes it under.")
            return self._sized(entry, f"It has its final name (not {ready.pattern}).")
        return self._rested(entry, ready)

    def _announced(self, entry: Entry, ready: DoneFile) -> Decision:
        marker = marker_of(ready, entry.name)
        if marker not in self.names:
            return Decision(entry, "waiting", f"It waits for its done file {display(marker)}.")
        return self._sized(entry, f"Its done file {display(marker)} is there.", marker)

    def _rested(self, entry: Entry, ready: Unchanged) -> Decision:
        sighting = self.seen[entry.name]
        rest = self.at - sighting.since
        if sighting.scans < 2:
            return Decision(
                entry, "waiting", f"It is new or has changed; it must rest for {ready.seconds} s."
            )
        if rest < ready.seconds:
            say = f"It has rested for {int(rest)} s of {ready.seconds} s."
            return Decision(entry, "waiting", say)
        return self._sized(entry, f"It has not changed for {int(rest)} s.")

    def _sized(self, entry: Entry, reason: str, marker: bytes | None = None) -> Decision:
        """A whole file that is too small is for a person; while it grows it only waits."""
        if entry.size is None:
            return Decision(entry, "held", "The place does not tell its size.")
        if entry.size < self.rules.min_size:
            return Decision(entry, "held", _too("small", entry.size, self.rules.min_size))
        return Decision(entry, "ready", reason, marker)


def marker_of(ready: DoneFile, name: bytes) -> bytes:
    """The name of the done-file that announces a file."""
    return ready.marker(_text(name)).encode("utf-8", "surrogateescape")


def _marker_pattern(ready: DoneFile) -> str:
    """The pattern that the names of all done files fit."""
    return ready.pattern.replace("{name}", "*").replace("{stem}", "*")


def _text(name: bytes) -> str:
    """A name as patterns see it: bytes that are no UTF-8 match `?` and `*` one by one."""
    return name.decode("utf-8", "surrogateescape")


def _no_match(text: str, patterns: tuple[str, ...]) -> str:
    shown = ", ".join(patterns)
    near = next((pattern for pattern in patterns if fnmatchcase(_folded(text), _folded(pattern))), None)
    but = f" It would be {near}, but for capitals or the way accents are stored." if near else ""
    return f"The flow takes only {shown}.{but}"


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _too(word: str, size: int, limit: int) -> str:
    if size == 0:
        return "It is empty."
    than = "more" if word == "big" else "less"
    return f"It is too {word}: {size} bytes, {than} than the flow's limit of {limit}."
