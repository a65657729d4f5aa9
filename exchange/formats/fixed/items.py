"""Records while they are read, and those that stand before what they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from exchange.findings import Found, code
from exchange.formats.fixed.belonging import Plan, Row
from exchange.formats.fixed.totals import Totals
from exchange.model import Record

_ASK = "Ask the sender for a corrected file."
UNUSED = code(
    "FIX023",
    "warning",
    "Line {line}: the record {record} stands before no {kind} of the same {field} ({value}).",
    advice="What it belongs to is missing or has another number. " + _ASK,
)
CONTRADICTS = code(
    "FIX025",
    "error",
    "Line {line}: the record {record} for {value} says something else than the one on line {first}.",
    advice=_ASK,
)

NOTHING = Totals()
UNREAD: Record = {}
"""Stands for values that the other pass reads."""
TRAILER = "@trailer"


@dataclass(frozen=True, slots=True)
class Ahead:
    """The records of an envelope that stand before others, by their name and what they are for; the last one counts."""

    known: dict[tuple[str, str], Item]

    def add(self, item: Item, text: Row, found: Found) -> None:
        """One more; it takes the place of an earlier one for the same."""
        record = item.plan.record
        key = item.plan.name, item.plan.written(str(record.by), text)
        first = self.known.get(key)
        if first is not None:
            if record.once and _said(first.place) != _said(item.place):
                facts: dict[str, Any] = {"record": item.plan.name, "first": first.line}
                found(CONTRADICTS.at(line=item.line, value=key[1], **facts))
                item.good = False
            _tell_unused(first, found)
        self.known[key] = item

    def join(self, item: Item, text: Row) -> None:
        """Give a record those that stood before it and are for the same."""
        for name, by in item.plan.ahead:
            part = self.known.get((name, item.plan.written(by, text)))
            if part is not None:
                item.place[str(part.plan.record.as_)] = part.place
                item.good = item.good and part.good
                part.used = True

    def tell_unused(self, found: Found) -> None:
        """At the end of the envelope: those for which no record came."""
        for item in self.known.values():
            _tell_unused(item, found)


NONE_AHEAD = Ahead({})
"""That of records that are no envelopes; nothing is added to it."""


@dataclass(slots=True)
class Item:
    """A record that is still open: more may belong to it. place: where the values of its parts go."""

    plan: Plan
    line: int
    place: Record
    of_envelope: bool
    """Whether it is an envelope or belongs to one."""
    good: bool = True
    lone: bool = True
    """Of an envelope: whether no record stands inside it."""
    owner: Item | None = None
    seen: dict[str, int] | None = None
    """The lines of its parts that stand once, and of its trailer."""
    totals: Totals = NOTHING
    """Added up for envelopes only."""
    ahead: Ahead = NONE_AHEAD
    """Of an envelope: the records that stand before others."""
    used: bool = False
    """Whether one came that belongs to it, when it stands before others."""


def _tell_unused(item: Item, found: Found) -> None:
    if not item.used:
        kind, by = " or ".join(item.plan.owners), str(item.plan.record.by)
        facts: dict[str, Any] = {"record": item.plan.name, "kind": kind, "field": by}
        found(UNUSED.at(line=item.line, value=item.place.get(by), **facts))


def _said(place: Record) -> Record:
    """What a record says, wherever it stands."""
    return {name: value for name, value in place.items() if not name.startswith("@")}
