"""Bank transactions through the rules: one decision for each.

Early rules decide while the file is read, so that of the many payments with a good reference none is kept. What they leave
waits (on disk, when there is much of it) for the other rules, each of which sees all that waits before the next one does.
The same transactions, items and past always give the same decisions, in the same order: those of early rules in the order
of the file, then rule by rule, and at the end what nobody decided.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import BinaryIO

from exchange.model import BATCH_SIZE, Batch, Record
from exchange.reconcile import money
from exchange.reconcile.book import Book
from exchange.reconcile.case import Case, Decision, decided_before, matched, unmatched
from exchange.reconcile.rulebook import Bound, Rulebook

Spool = Callable[[], BinaryIO]
"""Gives an empty file for what has to wait."""


def match(
    transactions: Iterable[Batch], book: Book, rules: Rulebook, spool: Spool | None = None
) -> Iterator[Batch]:
    """One decision (`common/match`) for each bank transaction. spool: where cases wait; without it, in memory."""
    waiting = _Waiting(spool)
    position = 0
    for batch in transactions:
        decided = []
        for transaction in batch:
            position += 1
            record = _first(position, transaction, book, rules, waiting)
            if record is not None:
                decided.append(record)
        if decided:
            yield decided
    for rule in rules.late if waiting else ():
        left = _Waiting(spool)
        yield from _batches(_passed(waiting, left, rule, book))
        waiting = left
    yield from _batches(map(unmatched, waiting.taken()))


def _first(
    position: int, transaction: Record, book: Book, rules: Rulebook, waiting: _Waiting
) -> Record | None:
    """The decision of an early rule; None when the transaction waits for the others, or for a person."""
    if transaction.get("key") is not None and transaction["key"] in book.past.decided():
        return decided_before(position, transaction)
    units = money.minor(transaction["amount"], transaction["currency"])
    case = Case(position, transaction, units or 0)
    reason = _never(case, units, book)
    if reason:
        case.close(reason)
    decision = _decide(case, book, rules.early)
    if decision is not None:
        return matched(case, decision)
    if not case.notes:
        case.note(_nothing(case, book))
    waiting.put(case)
    return None


def _decide(case: Case, book: Book, rules: Sequence[Bound]) -> Decision | None:
    for rule in rules:
        decision = None if case.is_closed else rule.decide(case, book)
        if decision is not None:
            _take(decision, book)
            return decision
    return None


def _take(decision: Decision, book: Book) -> None:
    """Note on the items what was decided."""
    for each in decision.allocations:
        book.sides[each.item.side].take(each.item.place, each.closed)


def _never(case: Case, units: int | None, book: Book) -> str | None:
    """Why a movement can pay nothing at all, whatever the rules."""
    transaction = case.transaction
    if transaction["status"] != "booked":
        return f"The bank has not booked it yet ({transaction['status']})."
    if units is None:
        return f"{transaction['amount']} {transaction['currency']} is not a whole number of the currency's smallest units."
    return "Its amount is nought." if units == 0 else None


def _nothing(case: Case, book: Book) -> str:
    if book.of(case) is None:
        if case.side == "payable":
            return "Money went out: it cannot pay a receivable."
        return "Money came in: it cannot pay a payable."
    return "No rule speaks for it."


def _passed(waiting: _Waiting, left: _Waiting, rule: Bound, book: Book) -> Iterator[Record]:
    """What one rule decides of all that waits; the rest waits on."""
    for case in waiting.taken():
        decision = _decide(case, book, (rule,))
        if decision is None:
            left.put(case)
        else:
            yield matched(case, decision)


def _batches(records: Iterator[Record]) -> Iterator[Batch]:
    while batch := list(islice(records, BATCH_SIZE)):
        yield batch


class _Waiting:
    """Cases in the order in which they were put: in a file, or in memory where there is none to be had."""

    def __init__(self, spool: Spool | None) -> None:
        self._file = spool() if spool else None
        self._cases: list[Case] = []
        self._count = 0

    def __bool__(self) -> bool:
        return self._count > 0

    def put(self, case: Case) -> None:
        """One more case waits."""
        self._count += 1
        if self._file is None:
            self._cases.append(case)
        else:
            pickle.dump(case, self._file, pickle.HIGHEST_PROTOCOL)

    def taken(self) -> Iterator[Case]:
        """All of them, once."""
        if self._file is None:
            yield from self._cases
            return
        self._file.seek(0)
        for _ in range(self._count):
            yield pickle.load(self._file)
        self._file.close()
