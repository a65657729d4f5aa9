"""Which of the files at a source are for us and whole, and why not: pure decisions about what a scan saw.

Every name gets one verdict with a sentence for people (`exchange seen`): ready, waiting (for what), ignored
(by which rule) or unreadable. Nothing is opened and no clock is read here: what was seen before, and when it
is now, are given.

Times of files are compared for equality only: a sender's clock may be wrong, and preallocated or copied files
carry old times.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from exchange.bound import Verdict, Watched
from exchange.declare.flow import DoneFile, Ready, Renamed, Source, Unchanged
from exchange.ledger.sightings import LOOK
from exchange.transports.contract import Entry, display

_RAISE = f"{LOOK} remove it, or change the flow's `{{setting}}`."


@dataclass(frozen=True, slots=True)
class Rules:
    """What a flow takes: name patterns, size limits in bytes (both ends allowed) and when a file is whole.

    Patterns are those of the shell (`*`, `?`, `[a-z]`), mind capitals and fit the whole name; bytes of a name
    that are no UTF-8 count as one character each.
    """

    match: tuple[str, ...]
    ready: Ready
    ignore: tuple[str, ...] = ()
    min_size: int = 1
    max_size: int = 2 * 10**9

    @classmethod
    def of(cls, source: Source) -> Rules:
        """The rules a flow declares for its source."""
        return cls(tuple(source.match), source.ready, tuple(source.ignore), source.min_size, source.max_size)

    def judge(
        self, entries: Sequence[Entry], watched: Mapping[bytes, Watched], now: datetime
    ) -> list[Verdict]:
        """One verdict for every entry, ordered by name; see `exchange.bound.Ready`."""
        listed = sorted(entries, key=lambda entry: entry.name)
        files = [entry.name for entry in listed if entry.kind == "regular"]
        ready = self.ready
        announced = {marker_of(ready, name): name for name in files} if isinstance(ready, DoneFile) else {}
        scan = _Scan(self, frozenset(files), announced, watched, now)
        return [scan.verdict(entry) for entry in listed]


@dataclass(frozen=True, slots=True)
class _Scan:
    rules: Rules
    files: frozenset[bytes]
    announced: Mapping[bytes, bytes]
    """By the name of the done-file it has or would have: the file."""
    watched: Mapping[bytes, Watched]
    now: datetime

    def verdict(self, entry: Entry) -> Verdict:
        left_out = self._left_out(entry.name)
        if left_out:
            return Verdict(entry, "ignored", left_out)
        if entry.kind == "other":
            return Verdict(entry, "ignored", entry.reason)
        if entry.kind == "unreadable":
            return Verdict(entry, "unreadable", entry.reason)
        waits, marker = self._waits(entry)
        if waits:
            return Verdict(entry, "waiting", waits)
        return Verdict(entry, "ready", "It is whole.", marker)

    def _left_out(self, name: bytes) -> str | None:
        """The rule by which a name is not for us; None when it is."""
        text = _text(name)
        if text.startswith("."):
            return "Hidden names (with a dot in front) are never taken."
        ignored = next((pattern for pattern in self.rules.ignore if fnmatchcase(text, pattern)), None)
        if ignored is not None:
            return f"The flow ignores {ignored}."
        if self._is_marker(text) or self._is_unfinished(text):
            return None
        if any(fnmatchcase(text, pattern) for pattern in self.rules.match):
            return None
        return _no_match(text, self.rules.match)

    def _waits(self, entry: Entry) -> tuple[str | None, bytes | None]:
        """What a file that is for us waits for (None: nothing), and the done-file that goes with it."""
        if entry.size is None:
            return "The place does not tell its size, so it cannot be known whether it is whole.", None
        if entry.size > self.rules.max_size:
            return _too("big", entry.size, "max size", self.rules.max_size), None
        waits, marker = self._grows(entry)
        if waits is None and entry.size < self.rules.min_size:
            waits = _too("small", entry.size, "min size", self.rules.min_size)
        return waits, marker

    def _grows(self, entry: Entry) -> tuple[str | None, bytes | None]:
        """Why a file may not be whole yet, by the flow's rule; None when it is, with its done-file."""
        ready = self.rules.ready
        if isinstance(ready, Unchanged):
            return self._rests(entry, ready), None
        if isinstance(ready, Renamed):
            unfinished = self._is_unfinished(_text(entry.name))
            return (
                "The sender still writes it: it has not its final name yet." if unfinished else None
            ), None
        if self._is_marker(_text(entry.name)):
            return self._announces(entry.name), None
        marker = marker_of(ready, entry.name)
        return (None if marker in self.files else f"It waits for its done file {display(marker)}."), marker

    def _rests(self, entry: Entry, ready: Unchanged) -> str | None:
        """Two scans must have seen it the same, so long apart; a clock that was put back makes it wait."""
        before = self.watched.get(entry.name)
        if (
            before is not None
            and before.fingerprint == entry.fingerprint
            and self.now - before.unchanged_since >= timedelta(seconds=ready.seconds)
        ):
            return None
        return f"It must stay unchanged for {ready.seconds} s."

    def _announces(self, marker: bytes) -> str:
        announced = self.announced.get(marker)
        if announced is None:
            return "It is a done file, and what it announces has not come."
        return f"It is the done file of {display(announced)} and goes with it."

    def _is_marker(self, text: str) -> bool:
        ready = self.rules.ready
        return isinstance(ready, DoneFile) and fnmatchcase(text, _marker_pattern(ready))

    def _is_unfinished(self, text: str) -> bool:
        return isinstance(self.rules.ready, Renamed) and fnmatchcase(text, self.rules.ready.pattern)


def marker_of(ready: DoneFile, name: bytes) -> bytes:
    """The name of the done-file that announces a file."""
    return ready.marker(_text(name)).encode("utf-8", "surrogateescape")


def _marker_pattern(ready: DoneFile) -> str:
    """The pattern that the names of all done files fit; what stands around the braces counts as it stands."""
    literal = "".join(f"[{char}]" if char in "*?[" else char for char in ready.pattern)
    return literal.replace("{name}", "*").replace("{stem}", "*")


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _no_match(text: str, patterns: tuple[str, ...]) -> str:
    near = next((pattern for pattern in patterns if fnmatchcase(_folded(text), _folded(pattern))), None)
    but = f" It would be {near}, but for capitals or the way accents are stored." if near else ""
    return f"The flow takes only {', '.join(patterns)}.{but}"


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _too(word: str, size: int, setting: str, limit: int) -> str:
    is_ = "It is empty." if size == 0 else f"It is too {word}: {size} bytes, the limit is {limit}."
    return f"{is_} {_RAISE.format(setting=setting)}"
