"""The profile of a bank as a step of a flow: which edition of it counts on the day of an arrival, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as Dict
from dataclasses import dataclass, replace
from datetime import date, timedelta

from exchange.declare.bank import Bank
from exchange.findings import Found, code
from exchange.mapping.compiler import CompiledMapping
from exchange.mapping.explain import Tracer
from exchange.mapping.tally import Tally
from exchange.model import ArrivalFacts, Batch, Record

NOT_VALID = code(
    "BANK20",
    "error",
    "The profile of {bank} does not count on {day}.",
    advice="Look whether there is a newer profile, or extend `valid to` in schemas/banks/{value}.yaml.",
)
MESSAGE = code(
    "BANK21",
    "error",
    "{bank} does not take {value} on {day}.",
    advice="It takes: {messages}. Let the flow write one of these.",
)
TOO_MANY = code(
    "BANK22",
    "error",
    "{bank} takes {most} payments in one file at most; this file has {value}.",
    advice="Split the file.",
)


@dataclass(frozen=True, slots=True)
class Edition:
    """A profile as it is from one day to another, both included."""

    first: date
    last: date
    compiled: CompiledMapping


def first_days(bank: Bank) -> list[date]:
    """The days from which on a profile is different, the first one included."""
    days = {bank.valid_from or date.min}
    for dated in bank.dated():
        days |= {day for day in (dated.valid_from,) if day}
        days |= {day + timedelta(days=1) for day in (dated.valid_to,) if day}
    first, last = bank.valid_from or date.min, bank.valid_to or date.max
    return sorted(day for day in days if first <= day <= last)


@dataclass(frozen=True, slots=True)
class ProfileMapping(CompiledMapping):
    """The mapping of a bank's profile. Its own parts are those of the last edition; a file is looked at by the edition of
    its day. written: the layout in which the bank is given the payments.
    """

    bank: Bank
    written: str
    editions: tuple[Edition, ...]

    @property
    def is_dated(self) -> bool:
        """Always: another edition may count on another day."""
        return True

    def run(
        self, batches: Iterable[Batch], facts: ArrivalFacts, found: Found, tally: Tally
    ) -> Iterator[Batch]:
        """The payments that the bank takes."""
        edition = self._on(facts.date)
        if edition is None:
            found(NOT_VALID.at(value=self.bank.bank, bank=self.bank.meaning, day=facts.date))
            return
        taken = [name for name, message in self.bank.messages.items() if message.counts_on(facts.date)]
        if self.written not in taken:
            told = ", ".join(taken)
            found(MESSAGE.at(value=self.written, bank=self.bank.meaning, day=facts.date, messages=told))
        yield from edition.run(batches, facts, found, tally)
        if self.bank.most is not None and tally.results > self.bank.most:
            found(TOO_MANY.at(value=tally.results, bank=self.bank.meaning, most=self.bank.most))

    def marked(self, mark: Callable[[Record, Batch], None]) -> CompiledMapping:
        """The same mapping, which shows each payment to mark."""
        editions = [replace(edition, compiled=edition.compiled.marked(mark)) for edition in self.editions]
        return replace(self, editions=tuple(editions))

    def tracer(
        self, record: Record, facts: ArrivalFacts, result: int = 1, numbers: Dict[str, int] | None = None
    ) -> Tracer:
        """Tells where the values of one payment come from."""
        edition = self._on(facts.date) or self.editions[-1].compiled
        return edition.tracer(record, facts, result, numbers)

    def _on(self, day: date) -> CompiledMapping | None:
        """The edition of a day."""
        return next(
            (edition.compiled for edition in self.editions if edition.first <= day <= edition.last), None
        )


def with_editions(bank: Bank, written: str, compile_on: Callable[[date], CompiledMapping]) -> ProfileMapping:
    """A profile compiled for every stretch of days on which it is the same."""
    days = first_days(bank)
    lasts = [*(day - timedelta(days=1) for day in days[1:]), bank.valid_to or date.max]
    editions = tuple(Edition(first, last, compile_on(first)) for first, last in zip(days, lasts, strict=True))
    newest = editions[-1].compiled
    return ProfileMapping(
        newest.plan,
        newest.source,
        newest.function,
        newest.group_key,
        newest.source_shape,
        newest.target_shape,
        bank,
        written,
        editions,
    )
