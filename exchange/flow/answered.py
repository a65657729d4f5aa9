"""What a bank's answer does not say of each payment, told as the ledger knows it: a system that ordered them can read that, and finds its
own id there.

A whole file or batch that is refused is told of each of its payments; an answer about one payment that does not repeat the order gets
what was ordered. Only what the site has sent is known payment by payment. An answer about another file stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from exchange.flow.reconciling import Memory
from exchange.model import Batch, Record, batches
from exchange.outcome import REFUSED
from exchange.past import Ordered

Made = Callable[[Record, Record, Ordered], None]
"""Called with each answer that is made of another: itself, the bank's own, and the payment that it is about."""


def unmarked(made: Record, whole: Record, payment: Ordered) -> None:
    """Nobody asks where it came from."""


def each_payment(answers: Iterator[Batch], memory: Memory, mark: Made = unmarked) -> Iterator[Batch]:
    """The same answers, with what they leave out of the order of a payment. One that refuses a whole file or batch gives way, at the
    end, to one for each of its payments of which the answers say nothing closer.
    """
    whole: list[Record] = []
    sent = _Sent(memory)
    batch_ids: set[str | None] = set()
    payment_ids: set[tuple[str | None, str | None]] = set()
    for some in answers:
        passed = []
        for answer in some:
            if answer["level"] == "payment" and whole:
                payment_ids.add((answer["instruction_id"], answer["end_to_end_id"]))
            elif answer["level"] == "batch":
                batch_ids.add(answer["payment_info_id"])
            if (
                answer["level"] != "payment"
                and answer["verdict"] in REFUSED
                and answer["original_message_id"]
            ):
                whole.append(answer)
            else:
                passed.append(sent.completed(answer, mark))
        if passed:
            yield passed
    for answer in whole:
        yield from batches(_of_whole(answer, memory, batch_ids, payment_ids, mark))


def _of_whole(
    answer: Record,
    memory: Memory,
    batch_ids: set[str | None],
    payment_ids: set[tuple[str | None, str | None]],
    mark: Made,
) -> Iterator[Record]:
    """One answer for each payment; the answer itself where none of them is known."""
    of_batch = answer["level"] == "batch"
    known = False
    for payment in memory.ordered(
        answer["original_message_id"], answer["payment_info_id"] if of_batch else None
    ):
        known = True
        told = not of_batch and payment.payment_info_id in batch_ids
        if not told and not _spoken_of(payment, payment_ids):
            made = answer | own_facts(payment)
            mark(made, answer, payment)
            yield made
    if not known:
        yield answer


class _Sent:
    """The payments of the batch that answers speak of, as they were sent."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._batch: tuple[str, str | None] | None = None
        self._payments: dict[tuple[str | None, str | None], Ordered | None] = {}

    def completed(self, answer: Record, mark: Made) -> Record:
        """An answer about one payment, with what it does not say of it as that was ordered, where its ids name one payment alone."""
        message = answer["original_message_id"]
        if answer["level"] != "payment" or not message:
            return answer
        payment = self._named((message, answer["payment_info_id"]), answer)
        if payment is None or not _agrees(answer, payment):
            return answer
        made = answer | {
            name: value for name, value in own_facts(payment).items() if is_left_out(answer, name)
        }
        mark(made, answer, payment)
        return made

    def _named(self, batch: tuple[str, str | None], answer: Record) -> Ordered | None:
        """By both ids, or by the one that the bank repeats: many leave out the instruction id."""
        if batch != self._batch:
            self._batch, self._payments = batch, {}
            for payment in self._memory.ordered(*batch):
                for ids in _ways((payment.instruction_id, payment.end_to_end_id)):
                    self._payments[ids] = None if ids in self._payments else payment
        told = (answer["instruction_id"], answer["end_to_end_id"])
        return next((self._payments[ids] for ids in _ways(told) if ids in self._payments), None)


def _ways(ids: tuple[str | None, str | None]) -> list[tuple[str | None, str | None]]:
    """How an answer may name a payment, the closest first: by both of its ids, or by one of them alone."""
    instruction, end_to_end = ids
    ways = dict.fromkeys((ids, (None, end_to_end), (instruction, None)))
    return [way for way in ways if way != (None, None)]


def _agrees(answer: Record, payment: Ordered) -> bool:
    """Whether an answer says nothing else of a payment than what was ordered."""
    own = own_facts(payment)
    return all(
        answer[name] is None or own[name] is None or answer[name] == own[name]
        for name in ("instruction_id", "end_to_end_id", "amount", "currency")
    )


def is_left_out(answer: Record, name: str) -> bool:
    """Whether an answer about one payment does not say this of it."""
    value = answer[name]
    return not any(value.values()) if isinstance(value, dict) else value is None


def own_facts(payment: Ordered) -> dict[str, Any]:
    """What an answer about a whole does not say of each payment, or says of the whole alone."""
    return {
        "level": "payment",
        "payment_info_id": payment.payment_info_id,
        "instruction_id": payment.instruction_id,
        "end_to_end_id": payment.end_to_end_id,
        "amount": payment.amount,
        "currency": payment.currency,
        "execution_date": payment.execution_date,
        "creditor": {"name": payment.payee, "account": payment.payee_account, "account_scheme": None},
        "debtor_account": payment.account,
        "reference": payment.reference,
        "order": {"id": payment.key, "file": payment.source, "line": payment.line},
        "accepted_count": None,
        "rejected_count": None,
    }


def _spoken_of(payment: Ordered, payment_ids: set[tuple[str | None, str | None]]) -> bool:
    """Whether an answer names the payment, by both of its ids or by one of them alone."""
    return not payment_ids.isdisjoint(_ways((payment.instruction_id, payment.end_to_end_id)))
