"""A flow bound to real places: what the moving half needs to know of a flow, and nothing of what it means.

`exchange.flow` makes such objects from declared files; anything with these names will do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Literal, Protocol

from exchange.model import Again, ArrivalFacts
from exchange.outcome import Outcome
from exchange.transports.contract import After, Entry, Source, Target

Disposition = Literal["ready", "waiting", "ignored", "unreadable"]


@dataclass(frozen=True, slots=True)
class Watched:
    """What the ledger remembers of a name from earlier scans: how it looked, and since when it looks so."""

    fingerprint: str
    first_seen: datetime
    unchanged_since: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one entry of a scan. why: a sentence that stays the same as long as nothing changes.

    marker: the done-file that announced it and is taken away with it.
    """

    entry: Entry
    disposition: Disposition
    why: str
    marker: bytes | None = None


class Ready(Protocol):
    """A rule that tells which files of a scan are whole and wanted. Pure: the same facts give the same
    verdicts.
    """

    def judge(
        self, entries: Sequence[Entry], watched: Mapping[bytes, Watched], now: datetime
    ) -> Sequence[Verdict]:
        """One verdict for every entry, in the order in which the files are to be taken."""


@dataclass(frozen=True, slots=True)
class BoundSource:
    """Where files come from: `open` gives a new object each time, so that several threads can work.

    folder: the local folder whose events may wake a scan; None where there is none.
    """

    where: str
    open: Callable[[], Source]
    ready: Ready
    after: After = "archive"
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class BoundTarget:
    """Where files go to. consumes: the receiver is declared to take files away at once. money: they move
    money.
    """

    where: str
    open: Callable[[], Target]
    consumes: bool = False
    money: bool = False


class BoundFlow(Protocol):
    """A flow that can be run."""

    @property
    def name(self) -> str:
        """Its declared name; never changes."""

    @property
    def version_hash(self) -> str:
        """The hash of all declarations it uses: changes when they do."""

    @property
    def source(self) -> BoundSource:
        """Where its files come from."""

    @property
    def targets(self) -> Sequence[BoundTarget]:
        """Where its outputs go; `Output.target` is an index into it. Empty: the file is kept as reference
        data.
        """

    @property
    def on_duplicate(self) -> Again:
        """What happens to bytes that came before: dropped with a notice, held, or taken again where the newest counts."""

    @property
    def apart(self) -> int:
        """In steps of how many seconds no two of its files may have been seen in the same one, because what is made of them is named or
        numbered by nothing else; 0 where that does not matter.
        """

    @property
    def approvals(self) -> int:
        """How many people must approve before anything is sent."""

    @property
    def paid_twice_within(self) -> int:
        """How many days two payments of the same may lie apart at most to count as paid twice."""

    @property
    def remembers(self) -> bool:
        """Whether what comes of a file depends on what the files before it left in the ledger."""

    @property
    def zone(self) -> tzinfo:
        """The site's time zone: dates of arrivals are its dates."""

    def process(self, path: Path, facts: ArrivalFacts, work: Path) -> Outcome:
        """Read, check, map and write one file; the same file gives the same bytes. Outputs lie in the work
        folder, which other arrivals use too: their names there begin with the arrival's identifier.
        """
