"""Bank transactions through the rules: one decision for each.

Early rules decide while the file is read, so that of the many payments with a good reference none is kept. What they leave
waits (on disk, when there is much of it) for the other rules, each of which sees all that waits before the next one does.
The same transactions, items and past always give the same decisions, in the same order: those of early rules in the order
of the file, then rule by rule, and at the end what nobody decided.

What came back may have been paid by the same file: so once the file is read, returns look at what was decided of it, and the
items that they open can be paid again.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import BinaryIO

from exchange.model import Batch, Record, batches
from exchange.reconcile import money
from exchange.reconcile.book import Book, ids_of
from exchange.reconcile.case import Case, Decision, decided_before, key_of, matched, unmatched
from exchange.reconcile.rulebook import Bound, Rulebook

Spool = Callable[[], BinaryIO]
"""Gives an empty file for what has to wait."""


def match(
    transactions: Iterable[Batch], book: Book, rules: Rulebook, spool: Spool | None = None
) -> Iterator[Batch]:
    """One decision (`common/match`) for each bank transaction. spool: where cases wait; without it, in memory."""
    waiting = _Waiting(spool)
    book.recall()
    position = 0
    for batch in transactions:
        decided = []
        book.foresee(batch)
        for transaction in batch:
            position += 1
            record = _first(position, transaction, book, rules, waiting)
            if record is not None:
                decided.append(record)
        if decided:
            yield decided
    back, others = _halves(rules)
    for turn in (back, others, *((rule,) for rule in rules.late), back):
        if not waiting or not _is_due(turn, back, others, waiting, book):
            continue
        left = _Waiting(spool)
        afresh = turn in (back, others)
        yield from batches(_passed(waiting, left, turn, book, afresh=afresh))
        waiting = left
    yield from batches(_open(case, book) for case in waiting.taken())


Turn = tuple[Bound, ...]


def _halves(rules: Rulebook) -> tuple[Turn, Turn]:
    """The early rules once more: those that look for what came back, and the others."""
    back = tuple(rule for rule in rules.early if rule.rule.BACK)
    return back, tuple(rule for rule in rules.early if not rule.rule.BACK)


def _is_due(turn: Turn, back: Turn, others: Turn, waiting: _Waiting, book: Book) -> bool:
    """Returns look at this very file once it was read, and again when all have decided; what they opened may be paid by
    what waits. Other rules always have their turn.
    """
    if turn == back:
        return bool(waiting.ids) and book.look_here(waiting.ids)
    return turn != others or bool(book.taken_back)


def _first(
    position: int, transaction: Record, book: Book, rules: Rulebook, waiting: _Waiting
) -> Record | None:
    """The decision of an early rule; None when the transaction waits for the others, or for a person."""
    by_hand = book.by_hand.get(key_of(transaction)) if book.by_hand else None
    if by_hand:
        return decided_before(position, transaction, by_hand.pop(0))
    units = money.minor(transaction["amount"], transaction["currency"])
    case = Case(position, transaction, units or 0)
    if transaction["status"] != "booked":
        return matched(case, _comes_again(transaction))
    reason = _never(transaction, units)
    if reason:
        case.close(reason)
    decision = _decide(case, book, rules.early)
    if decision is not None:
        return matched(case, decision)
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
    for back in decision.reopened:
        book.open_again(back)


def _comes_again(transaction: Record) -> Decision:
    """Nobody has to do anything about what the bank only announces: it is told again when it is booked."""
    reason = f"The bank has not booked it yet ({transaction['status']}): it pays something when the bank tells that it is booked."
    return Decision("not_booked", reason, "closed")


def _never(transaction: Record, units: int | None) -> str | None:
    """Why a movement can pay nothing at all, whatever the rules."""
    if units is None:
        return f"{transaction['amount']} {transaction['currency']} is not a whole number of the currency's smallest units."
    return "Its amount is nought." if units == 0 else None


def _open(case: Case, book: Book) -> Record:
    """What nobody decided."""
    if not case.notes:
        case.note(_nothing(case, book))
    return unmatched(case, book.waits_on(case))


_BY_NATURE = {
    "fee": "a fee",
    "interest": "interest",
    "tax": "a tax",
    "card-settlement": "a settlement of card sales",
}


def _nothing(case: Case, book: Book) -> str:
    nature = _BY_NATURE.get(case.transaction.get("event") or "")
    if nature:
        return (
            f"By the bank's code it is {nature}: book it, or name its account in the rules (`bank_events`)."
        )
    if book.of(case) is None:
        return _went_out(case, book) if case.side == "payable" else "Money came in: it cannot pay a payable."
    return case.at_least or "No rule finds an open item of just this amount that it names."


_GIVEN_BACK = {"refund": "A refund", "return": "A chargeback or return"}


def _went_out(case: Case, book: Book) -> str:
    """What money that went out is, where only receivables are known: of a refund, what it is a refund of."""
    what = _GIVEN_BACK.get(case.transaction.get("event") or "")
    named = [line["number"] for line in case.transaction.get("invoices") or [] if line["number"]]
    receivables = book.sides.get("receivable")
    if what is None or not named or receivables is None:
        return "Money went out: it cannot pay a receivable."
    known = [item for number in named for item in receivables.of_number(number)]
    left = (
        ", ".join(f"{case.money(item.left)} of it are open" for item in known)
        or "it is not among the open items"
    )
    return f"{what} for {', '.join(named)} ({left}): it pays nothing; set it against the sale."


def _passed(waiting: _Waiting, left: _Waiting, turn: Turn, book: Book, *, afresh: bool) -> Iterator[Record]:
    """What rules decide of all that waits; the rest waits on. afresh: they have looked at it before; what they noted then
    stays as it is.
    """
    for case in waiting.taken():
        decision = _decide(_afresh(case, turn) if afresh else case, book, turn)
        if decision is None:
            left.put(case)
        else:
            yield matched(case, decision)


def _afresh(case: Case, turn: Turn) -> Case:
    """The case as those see it who look again: a return those that look for what came back, every other one the others."""
    if (
        case.is_undone
        or case.is_return != any(rule.rule.BACK for rule in turn)
        or _never(case.transaction, case.units)
    ):
        return case
    return Case(case.position, case.transaction, case.units)


class _Waiting:
    """Cases in the order in which they were put: in a file, or in memory where there is none to be had. ids: by which
    those that came back name what they undo.
    """

    def __init__(self, spool: Spool | None) -> None:
        self._file = spool() if spool else None
        self._cases: list[Case] = []
        self._count = 0
        self.ids: set[str] = set()

    def __bool__(self) -> bool:
        return self._count > 0

    def put(self, case: Case) -> None:
        """One more case waits."""
        self._count += 1
        if case.is_return:
            self.ids.update(ids_of(case))
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
