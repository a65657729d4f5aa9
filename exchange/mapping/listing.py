"""Listings of an account: every row says what is there behind it, so a row that is missing or changed breaks the chain.

The order of rows is left to the sender: oldest first, newest first, or days in one order and their rows in another.
What is there before a row is what is there behind another one, whichever that is, but for the very first; so what
has no counterpart shows a gap, and the difference across it is what is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from exchange.declare.mapping import Balanced
from exchange.findings import Finding
from exchange.mapping.evaluator import shown
from exchange.model import LINE, PATH, Record

TOLD = 20
"""How many gaps of a listing are told one by one."""


@dataclass(slots=True)
class Place:
    """Where a balance stands for which no other row has the same one, and which row of the listing that is."""

    row: int
    line: int | None
    path: str | None


@dataclass(slots=True)
class Listing:
    """The rows of one account so far: balances before and behind rows that no other row has met yet."""

    rows: int = 0
    complete: bool = True
    upwards: int = 0
    """Rows that go on from the row above, less rows from which the row above goes on: negative is newest first."""
    before: dict[Any, list[Place]] = field(default_factory=dict)
    behind: dict[Any, list[Place]] = field(default_factory=dict)
    last: tuple[Any, Any] = (None, None)

    def add(self, opening: Any, closing: Any, result: Record) -> None:
        """One more row. opening, closing: before and behind it; empty where the row does not say."""
        if opening is None or closing is None:
            self.complete = False
            return
        self.upwards += (opening == self.last[1]) - (closing == self.last[0])
        self.last = (opening, closing)
        place = Place(self.rows, result.get(LINE), result.get(PATH))
        self.rows += 1
        if opening != closing:
            _meet(opening, place, self.behind, self.before)
            _meet(closing, place, self.before, self.behind)

    def gaps(self) -> Iterator[tuple[Any, Any, Place]]:
        """Where rows are missing or wrong: what was there, what is there next, and the lower of the two rows."""
        if not self.complete:
            return
        begins, ends = _lonely(self.before), _lonely(self.behind)
        if self.upwards >= 0:
            for (was, _), (comes, place) in zip(ends, begins[1:], strict=False):
                yield was, comes, place
        else:
            for (comes, _), (was, place) in zip(begins, ends[1:], strict=False):
                yield was, comes, place


def _meet(value: Any, place: Place, others: dict[Any, list[Place]], own: dict[Any, list[Place]]) -> None:
    """Takes the counterpart of a balance away, or keeps the balance until its counterpart comes."""
    waiting = others.get(value)
    if waiting is None:
        own.setdefault(value, []).append(place)
        return
    waiting.pop()
    if not waiting:
        del others[value]


def _lonely(kept: dict[Any, list[Place]]) -> list[tuple[Any, Place]]:
    """Balances without counterpart, in the order of the file."""
    found = [(value, place) for value, places in kept.items() for place in places]
    return sorted(found, key=lambda each: each[1].row)


def listing_findings(rule: Balanced, by: tuple[Any, ...], listing: Listing) -> Iterator[Finding]:
    """One finding for each gap, and one for how many more there are."""
    gaps = list(listing.gaps())
    within = f" ({' / '.join(str(value) for value in by if value is not None)})" if by else ""
    advice = rule.advice or "Rows are missing, doubled or wrong: compare them with the sender's own list."
    for was, comes, place in gaps[:TOLD]:
        message = (
            f"{rule.say}{within} The balance is {shown(was)} and then, before the next movement, {shown(comes)}; "
            f"movements of {shown(comes - was)} are missing or wrong."
        )
        yield Finding(
            rule.code, rule.severity, message, advice, place.line, None, place.path, None, shown(comes)
        )
    if len(gaps) > TOLD:
        message = f"{rule.say}{within} There are {len(gaps) - TOLD} more such places."
        yield Finding(rule.code, rule.severity, message, advice, gaps[TOLD][2].line)
