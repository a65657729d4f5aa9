"""Entering what came of reading files into the ledger, many at once: in one transaction, and each undone
alone.

Good arrivals go in together. When one of them clashes (a known business key, a used name), the step is
undone and each half goes in by itself, until the culprit stands alone and is held.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, islice

from exchange import backoff, twice
from exchange.bound import BoundFlow
from exchange.findings import code
from exchange.ledger import Ledger, Move, Writing, answering, contents, matches, payments, posted, sending
from exchange.ledger.paid import Guard
from exchange.ledger.rows import Arrival
from exchange.ledger.schema import arrivals
from exchange.ledger.sending import Clash, Parcel
from exchange.ledger.stages import AS_KNOWN, PAID_AGAIN
from exchange.model import DocumentKey
from exchange.outcome import Gathered, Outcome
from exchange.wording import counted

FEW = 500
"""Documents of an arrival that are held in memory, so that it can go in together with others."""
BROKEN = code(
    "RUN001",
    "error",
    "Reading or mapping the file failed in the program itself: {value}.",
    advice="Report it with this arrival's identifier; retry after an update.",
)
DELIVERED_BEFORE = code(
    "RUN002",
    "info",
    "This replay gave {value} with the bytes that were delivered before: not sent again.",
    advice="To send them once more, use `exchange resend` or `exchange replay --force`.",
)
OVERTAKEN = "overtaken"
"""A clash that holds nothing: another decision was entered first, so this arrival is read once more."""
_PRIVATE = ("content", "key", "paid", "broken", "answer")
"""Holds whose sentences quote the file: they stay out of the chain, which is for ever."""
_CALM = {"crashes": 0, "attempts": 0, "failing_since": None, "next_try": None}


@dataclass(frozen=True, slots=True)
class Failed:
    """Why there is no outcome: the kind of hold, or None when it is worth another attempt, and a sentence."""

    hold: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Work:
    """An arrival being worked on, what came of it, and its outputs in the archive."""

    row: Arrival
    result: Outcome | Failed
    parcels: tuple[Parcel, ...] = ()


@dataclass(frozen=True, slots=True)
class _Good:
    """An arrival without errors, about to be entered. parcels: what is to be sent of its outputs."""

    row: Arrival
    outcome: Outcome
    parcels: tuple[Parcel, ...]
    outputs: int
    documents: Iterable[DocumentKey]
    alone: bool


def enter(ledger: Ledger, writing: Writing, flow: BoundFlow, works: Sequence[Work]) -> None:
    """Enter what came of each arrival."""
    together: list[_Good] = []
    for work in works:
        if isinstance(work.result, Failed):
            _enter_failure(writing, work.row, work.result)
        elif work.result.is_bad:
            _enter_errors(writing, work.row, work.result)
        else:
            good = _good(writing, flow, work, work.result)
            if good.alone:
                _enter_good(ledger, writing, flow, [good])
            else:
                together.append(good)
    if together:
        _enter_good(ledger, writing, flow, together)


def _good(writing: Writing, flow: BoundFlow, work: Work, outcome: Outcome) -> _Good:
    """Few documents are kept as a list: they may have to be entered twice. Many are read once, alone. What a replay gives
    as it was delivered before is not sent again.
    """
    parcels = tuple(sending.unsent(writing.connection, work.row, work.parcels))
    if len(parcels) < len(work.parcels):
        outcome.findings(DELIVERED_BEFORE.at(value=counted(len(work.parcels) - len(parcels), "output")))
    needed = max(work.row.approvals_needed, flow.approvals) if parcels else 0
    row = replace(work.row, approvals_needed=needed)
    rest = iter(outcome.documents)
    few = list(islice(rest, FEW + 1))
    many = len(few) > FEW
    alone = bool(many or row.run or row.forced or outcome.matches)
    return _Good(row, outcome, parcels, len(work.parcels), chain(few, rest) if many else few, alone)


def _enter_good(ledger: Ledger, writing: Writing, flow: BoundFlow, goods: Sequence[_Good]) -> None:
    """All of them in one step; after a clash each half by itself."""
    with writing.attempt() as undo:
        clash, moves = _enter_results(ledger, writing, flow, goods)
        if clash is not None:
            undo()
    if clash is None:
        writing.move(arrivals, "written", moves)
    elif clash.hold == OVERTAKEN:
        again = Move(goods[0].row.id, "read", {"crashes": 0}, {"reason": clash.reason})
        writing.move(arrivals, "claimed", [again])
    elif len(goods) == 1:
        contents.store_findings(writing, {goods[0].row.id: goods[0].outcome.findings})
        clash.keep()
        _hold(writing, goods[0].row, clash.hold, clash.reason)
    else:
        middle = len(goods) // 2
        _enter_good(ledger, writing, flow, goods[:middle])
        _enter_good(ledger, writing, flow, goods[middle:])


def _enter_results(
    ledger: Ledger, writing: Writing, flow: BoundFlow, goods: Sequence[_Good]
) -> tuple[Clash | None, list[Move]]:
    """Documents, findings, references and deliveries; what speaks against them, else the moves to make."""
    numbers, finding = contents.store_documents(writing, [(each.row, each.documents) for each in goods])
    if finding is not None:
        if len(goods) == 1:
            goods[0].outcome.findings(finding)
        return Clash("key", finding.message), []
    for each in goods:
        if numbers[each.row.id] and flow.targets and not each.outputs:
            say = f"It holds {numbers[each.row.id]} documents, and nothing came out to be sent."
            return Clash("empty", say), []
    contents.store_references(writing, [(each.row, each.outcome.facts_used) for each in goods])
    overtaken = matches.enter(writing, [_decided(each) for each in goods])
    if overtaken is not None:
        return Clash(OVERTAKEN, overtaken), []
    guards = {each.row.id: _guard(writing, flow, each.row) for each in goods}
    clash = sending.enter(ledger, writing, [(each.row, each.parcels) for each in goods])
    clash = clash or payments.enter(writing, [(each.row, each.outcome.payments) for each in goods], guards)
    clash = clash or _hear(writing, goods)
    if clash is None or len(goods) == 1:
        _tell_twice(goods, guards)
    contents.store_findings(writing, {each.row.id: each.outcome.findings for each in goods})
    return clash, [_written(each, numbers[each.row.id], guards[each.row.id].facts()) for each in goods]


def _decided(good: _Good) -> matches.Decided:
    outcome = good.outcome
    return matches.Decided(good.row, outcome.matches, tuple(outcome.statements), outcome.basis)


def _hear(writing: Writing, goods: Sequence[_Good]) -> Clash | None:
    """Let what the files tell of payments count. A file with an answer that a person must look at is held alone."""
    told = [Gathered() for _ in goods]
    for good, found in zip(goods, told, strict=True):
        outcome = good.outcome
        unclear, doubts = answering.hear(
            writing, good.row, outcome.answers, posts=outcome.posts == "all", found=found, keys_of=twice.keys
        )
        if unclear and not good.row.forced & AS_KNOWN:
            if len(goods) == 1:
                outcome.findings.take(found)
            answers = counted(unclear, "answer")
            first = next(each for each in found.kept if each.severity == "error")
            say = f"{answers} cannot count. {first.message}"
            return Clash("answer", say, partial(answering.note_doubts, writing, good.row, doubts))
    for good, found in zip(goods, told, strict=True):
        good.outcome.findings.take(found)
        if good.outcome.posts == "decided":
            posted.of_arrival(writing.connection, good.row.id)
    return None


def _guard(writing: Writing, flow: BoundFlow, row: Arrival) -> Guard:
    return Guard(writing, twice.keys, flow.paid_twice_within, passes=bool(row.forced & PAID_AGAIN))


def _tell_twice(goods: Sequence[_Good], guards: Mapping[str, Guard]) -> None:
    """What is paid twice: an error, and a mere warning when a person has let it pass."""
    for each in goods:
        guard = guards[each.row.id]
        for pair in guard.pairs:
            finding = pair.finding()
            each.outcome.findings(finding.with_severity("warning") if guard.passes else finding)


def _written(good: _Good, documents: int, more: Mapping[str, object]) -> Move:
    facts = {
        "documents": documents,
        "outputs": good.outputs,
        "findings": good.outcome.findings.total,
        **more,
    }
    values: dict[str, object] = {**_CALM, "approvals_needed": good.row.approvals_needed}
    if len(good.parcels) < good.outputs:
        facts["delivered before"] = good.outputs - len(good.parcels)
    return Move(good.row.id, "read", values, facts)


def _enter_errors(writing: Writing, row: Arrival, outcome: Outcome) -> None:
    """Hold a file with errors, and keep them."""
    contents.store_findings(writing, {row.id: outcome.findings})
    contents.store_references(writing, [(row, outcome.facts_used)])
    first = next(each for each in outcome.findings.kept if each.severity == "error")
    place = f"Line {first.line}: " if first.line else ""
    number = outcome.findings.errors
    say = f"{counted(number, 'error')}. {place}{first.message}"
    _hold(writing, row, "broken" if first.code == BROKEN.code else "content", say)


def _enter_failure(writing: Writing, row: Arrival, failed: Failed) -> None:
    """Hold an arrival that failed for good; plan another attempt for one that did not."""
    since = row.failing_since or writing.at
    again = backoff.next_try(row.attempts + 1, since=since, now=writing.at, salt=row.id)
    if failed.hold is not None or again is None:
        _hold(writing, row, failed.hold or "world", failed.reason)
        return
    plan = {"attempts": row.attempts + 1, "failing_since": since, "next_try": again, "reason": failed.reason}
    writing.move(
        arrivals, "claimed", [Move(row.id, "read", {"crashes": 0, **plan}, {"reason": failed.reason})]
    )


def _hold(writing: Writing, row: Arrival, hold: str, reason: str) -> None:
    values = {**_CALM, "hold": hold, "reason": reason}
    facts = {"hold": hold} if hold in _PRIVATE else {"hold": hold, "reason": reason}
    writing.move(arrivals, "held", [Move(row.id, "read", values, facts)])
