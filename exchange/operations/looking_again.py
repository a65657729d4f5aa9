"""Open cases looked at again, when there are other open items or other rules: a receipt that came before its invoice is
matched once the invoice is there.

Rules decide about them as about the transactions of a file; all open cases of a flow are that file. What a person has decided,
opened again or closed is not among them, and a tie is left to people as ever. What is decided goes its way as a file of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby

from exchange.errors import UseError
from exchange.flow.bound import Bound
from exchange.flow.kept import spooled
from exchange.flow.reconciling import Matching
from exchange.ledger import match_late
from exchange.ledger.match_late import Late, Open, Proposed
from exchange.model import Batch, Record
from exchange.operations.decisions import expect_way, text_of, transactions, write_unsent
from exchange.operations.installation import Installation, flow_of
from exchange.outcome import Gathered, MatchRow
from exchange.reconcile import kept, money
from exchange.reconcile.book import Book
from exchange.reconcile.case import POSITION, key_of
from exchange.reconcile.matching import match


@dataclass(frozen=True, slots=True)
class Looked:
    """How many open cases of a flow were looked at, and how many of them rules have decided."""

    flow: str
    cases: int
    decided: int


def of_flow(opened: Installation, flow: str) -> int:
    """For the engine: look again where anything has changed since the last time; how many cases were decided."""
    bound = opened.site.flows[flow]
    matching = bound.content.matching
    declared = opened.site.declared_flows[flow].match
    if matching is None or declared is None or declared.decided is None:
        return 0
    written = write_unsent(opened)
    with opened.ledger.read() as connection:
        is_open = match_late.has_open(connection, flow)
        before = match_late.seen(connection, flow)
    if not is_open or before == (now := _with_what(opened, bound, matching)):
        return written
    return written + _look(opened, bound, matching, now).decided


def again(opened: Installation, flow: str | None) -> list[Looked]:
    """For a person: look again, whatever has changed. flow: at the cases of this one alone."""
    flows = opened.site.flows
    looked = []
    for bound in flows.values() if flow is None else [flow_of(opened.site, flow)]:
        matching = bound.content.matching
        if matching is None and flow is not None:
            raise UseError(f"The flow {flow} has no `match`: it makes no cases.")
        if matching is None:
            continue
        expect_way(opened, bound.name, "once its file was read")
        looked.append(_look(opened, bound, matching, _with_what(opened, bound, matching)))
    return looked


def _with_what(opened: Installation, bound: Bound, matching: Matching) -> str:
    """The declarations and the open items that there are now, in a short text."""
    parts = [bound.version_hash]
    for each in matching.lists:
        newest = matching.memory.newest(each.flow)
        parts.append(f"{each.flow}={newest.arrival}:{newest.sha256}" if newest else f"{each.flow}=")
        if each.every:
            with opened.ledger.read() as connection:
                parts.append(str(match_late.newest(connection, each.flow)))
    return " ".join(parts)


@dataclass(slots=True)
class _Round:
    """The open cases on their way through the rules, in order."""

    opened: Installation
    bound: Bound
    cases: Sequence[Open]
    passed: list[Open] = field(default_factory=list)

    def batches(self) -> Iterator[Batch]:
        """Their transactions, file by file. One that is another one by today's declarations is left alone."""
        for arrival, some in groupby(self.cases, key=lambda each: each.arrival):
            wanted = {each.position: each for each in some}
            _, found = transactions(self.opened, self.bound, arrival)
            batch = []
            for position, transaction in found:
                case = wanted.get(position)
                if case is not None and _is_same(case, transaction):
                    self.passed.append(case)
                    batch.append(transaction)
            if batch:
                yield batch

    def called(self, position: int) -> str:
        """What people call the case that passed as that one."""
        return self.passed[position - 1].id

    def arrival(self, position: int) -> str:
        """With which arrival the case came that passed as that one."""
        return self.passed[position - 1].arrival


def _is_same(case: Open, transaction: Record) -> bool:
    units = money.minor(transaction["amount"], transaction["currency"])
    told = (units, transaction["currency"], key_of(transaction))
    return told == (case.units, case.currency, case.key)


def _look(opened: Installation, bound: Bound, matching: Matching, now: str) -> Looked:
    with opened.ledger.read() as connection:
        cases = match_late.open_cases(connection, bound.name)
    if not cases:
        return Looked(bound.name, 0, 0)
    round_ = _Round(opened, bound, cases)
    facts, _ = transactions(opened, bound, cases[0].arrival)
    found = Gathered()
    book = matching.book(facts, found, matching.memory.past(bound.name, ""))
    if book is None or found.errors:  # with these open items it will be so again
        match_late.note_seen(opened.ledger, bound.name, now)
        return Looked(bound.name, len(cases), 0)
    decided, undecided = _decided(round_, matching, book)
    if not match_late.decide(opened.ledger, decided, undecided, book.past.basis()):
        return Looked(bound.name, len(cases), 0)
    match_late.note_seen(opened.ledger, bound.name, now)
    write_unsent(opened)
    return Looked(bound.name, len(cases), len(decided))


def _decided(round_: _Round, matching: Matching, book: Book) -> tuple[list[Late], list[Proposed]]:
    """What rules decide now of the open cases, and of the others why not and what is proposed."""
    entered: list[MatchRow] = []
    book.entered, book.called, book.arrival = lambda: entered, round_.called, round_.arrival
    decided: list[Late] = []
    undecided: list[Proposed] = []
    for batch in match(round_.batches(), book, matching.rules, spooled):
        for record in batch:
            case, row = round_.passed[record[POSITION] - 1], kept.row(record, book)
            if row.decision in ("unmatched", "closed"):  # nothing is closed late: it may stand on suspense
                undecided.append(Proposed(case.n, row.reason, row.proposals))
                continue
            entered.append(row)
            document = record | {"suspense": case.suspense}
            decided.append(Late(case, row, partial(text_of, document, case.id)))
    return decided, undecided
