"""Reconciliation as a step of a flow: which open items, by which rules, with what memory; and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

from exchange.findings import Found, code
from exchange.flow.kept import Spool, spooled
from exchange.formats.contract import Reader
from exchange.mapping.tally import Tally, uncounted
from exchange.model import ArrivalFacts, Batch
from exchange.outcome import ON_NOTHING, Answer, Basis, Gathered, MatchRow, StatementRow
from exchange.past import NoPast, Ordered, Past, case_id
from exchange.reconcile import kept
from exchange.reconcile.book import Book
from exchange.reconcile.case import POSITION
from exchange.reconcile.continuity import Statements
from exchange.reconcile.items import OpenItems, Side
from exchange.reconcile.matching import match
from exchange.reconcile.packed import Kept, Packed
from exchange.reconcile.rulebook import Rulebook

NO_REFERENCE = code(
    "FLO001",
    "error",
    "This file is matched against the newest file of the flow {value}, but none has been taken yet.",
    advice="Deliver a file for {value} first, then retry this one.",
)
BAD_REFERENCE = code(
    "FLO002",
    "error",
    "The file of the flow {value} that this one is matched against has errors.",
    advice="Look at `exchange findings --flow {value}`.",
)
NOT_THERE = code(
    "REC013",
    "error",
    "A person has decided about a transaction of this file ({value}) that is not in it by today's declarations.",
    advice="Decided anew, it would be booked twice. Correct the layout or the mapping and replay; or reject this replay.",
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A file that another flow brought to an end: what this one is matched against."""

    arrival: str
    sha256: str
    path: Path


class Memory(Protocol):
    """What a site has seen before: files of other flows, and what was decided."""

    def newest(self, flow: str) -> Reference | None:
        """The newest done arrival of a flow, None when there is none yet."""

    def every(self, flow: str) -> Sequence[Reference]:
        """All done arrivals of a flow, oldest first."""

    def ordered(self, message_id: str, payment_info_id: str | None) -> Iterator[Ordered]:
        """The payments of a file that was sent, or of one of its batches, that a bank can still refuse."""

    def booked(self, movements: Sequence[Answer]) -> list[list[Ordered]]:
        """The payments that each of some movements is certainly of: one, or those of a batch whose sum it is; else none."""

    def past(self, flow: str, arrival: str, *, as_then: bool = False) -> Past:
        """What was decided in other arrivals of a flow and of those that share its open items; as_then: at the time of the arrival."""


@dataclass(frozen=True, slots=True)
class NoMemory:
    """A site without books: a file is tried on nothing but what is given. files: the newest of flows, by name."""

    files: Mapping[str, Reference] = field(default_factory=dict)

    def newest(self, flow: str) -> Reference | None:
        """The file that stands for the newest one."""
        return self.files.get(flow)

    def every(self, flow: str) -> Sequence[Reference]:
        """That file alone."""
        found = self.files.get(flow)
        return [] if found is None else [found]

    def ordered(self, message_id: str, payment_info_id: str | None) -> Iterator[Ordered]:
        """No payment is known."""
        return iter(())

    def booked(self, movements: Sequence[Answer]) -> list[list[Ordered]]:
        """No payment is known."""
        return [[] for _ in movements]

    def past(self, flow: str, arrival: str, *, as_then: bool = False) -> Past:
        """Nothing is known."""
        return NoPast()


class Documents(Protocol):
    """How a flow reads (an `exchange.flow.content.Intake`)."""

    @property
    def reader(self) -> Reader:
        """Of its files."""

    def documents(
        self, path: Path, facts: ArrivalFacts, found: Gathered, count: Callable[..., Tally]
    ) -> Iterator[Batch]:
        """The documents of a file, in batches."""


@dataclass(frozen=True, slots=True)
class Against:
    """One list of open items. every: all files of the flow count, not only the newest (invoices that went through)."""

    flow: str
    side: Side
    intake: Documents
    every: bool = False


@dataclass(frozen=True, slots=True)
class Matching:
    """What a flow's bank transactions are matched against, by which rules."""

    flow: str
    lists: Sequence[Against]
    rules: Rulebook
    memory: Memory

    def files(self, found: Found) -> list[tuple[Against, list[Reference]]]:
        """The files of each list; what is missing is told. Invoices that go through may not have come yet, of one kind or of all: a list
        that is whole by itself must be there.
        """
        chosen = []
        for each in self.lists:
            newest = self.memory.newest(each.flow)
            files = list(self.memory.every(each.flow)) if each.every else [newest] if newest else []
            if not files and not each.every:
                found(NO_REFERENCE.at(value=each.flow))
            chosen.append((each, files))
        return chosen

    def decisions(
        self,
        documents: Iterator[Batch],
        facts: ArrivalFacts,
        found: Gathered,
        work: Path,
        used: dict[str, str],
    ) -> tuple[Iterator[Batch], MatchSpool]:
        """The decisions, and what the ledger keeps of them once they are all taken. used: files are noted there."""
        kept_of = MatchSpool(work)
        past = self.memory.past(self.flow, facts.id)
        book = self.book(facts, found, past, used)
        if book is None:
            return iter(()), kept_of
        statements = Statements(past, found, self.rules.repeated)
        decided = match(statements.watched(documents), book, self.rules, lambda: spooled(work))
        return kept_of.following(decided, book, statements, found), kept_of

    def book(
        self, facts: ArrivalFacts, found: Found, past: Past, used: dict[str, str] | None = None
    ) -> Book | None:
        """What is decided with: the open items as they are now. None when a list has not come yet."""
        chosen = self.files(found)
        if not all(files or each.every for each, files in chosen):
            return None
        sides: dict[Side, OpenItems] = {}
        for each, files in chosen:
            names = [
                each.flow if number == 0 else f"{each.flow}/{number + 1}" for number in range(len(files))
            ]
            (used if used is not None else {}).update(
                zip(names, (file.sha256 for file in files), strict=True)
            )
            self._load(
                each, files, facts, found, past, sides.setdefault(each.side, OpenItems(each.side, Packed()))
            )
        return self.opened(sides, facts, found, past)

    def opened(self, sides: dict[Side, OpenItems], facts: ArrivalFacts, found: Found, past: Past) -> Book:
        """A book with these open items, for the transactions of one arrival."""
        for items in sides.values():
            items.tell_twins(found)
        rules = self.rules
        book = Book(sides, past, rules.accounts, rules.bounds, rules.suspense, arrival=lambda _: facts.id)
        book.called = partial(case_id, facts.id)
        return book

    def _load(
        self,
        each: Against,
        files: Sequence[Reference],
        facts: ArrivalFacts,
        found: Found,
        past: Past,
        items: OpenItems,
    ) -> None:
        problems = Gathered()
        for file in files:
            items.load(each.intake.documents(file.path, facts, problems, uncounted), found, past)
        if problems.errors:
            found(BAD_REFERENCE.at(value=each.flow))


def traced(
    matching: Matching, lists: Mapping[str, Iterator[Batch]], facts: ArrivalFacts, found: Found
) -> Book:
    """What decisions are made with when they are made once more, to be explained: every record is the very same one."""
    past = matching.memory.past(matching.flow, facts.id, as_then=True)
    sides: dict[Side, OpenItems] = {}
    for each in matching.lists:
        sides.setdefault(each.side, OpenItems(each.side, Kept())).load(lists[each.flow], found, past)
    return matching.opened(sides, facts, found, past)


def called(decisions: Batch, book: Book) -> Batch:
    """The same decisions, each with the name by which people call its case."""
    for record in decisions:
        record["case"] = book.called(record[POSITION])
    return decisions


class MatchSpool(Spool):
    """What the ledger keeps of decisions, in order."""

    statements: Sequence[StatementRow] = ()
    basis: Basis = ON_NOTHING

    def following(
        self, decisions: Iterator[Batch], book: Book, statements: Statements, found: Found
    ) -> Iterator[Batch]:
        """The same decisions, each noted. What people decided about transactions that are not among them is told."""
        add = self.adder(None)
        book.entered = self.rows
        for batch in decisions:
            add([kept.row(record, book) for record in batch])
            yield called(batch, book)
        for key, missing in book.by_hand.items():
            for _ in missing:
                found(NOT_THERE.at(value=key))
        self.statements, self.basis = statements.taken(), book.past.basis()

    def rows(self) -> Iterator[MatchRow]:
        """All of them."""
        for _, some in self:
            yield from some
