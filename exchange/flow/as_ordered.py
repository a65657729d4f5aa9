"""Movements of an account with what was ordered, for systems that know their payments by what they ordered: banks leave out ids and references,
and book a whole batch with one sum.

Only what the site has sent is known, and only what is certain counts: the movement is of one payment alone, or of exactly the sum of a batch.
Everything else stays as the bank told it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from exchange.flow.answered import Made
from exchange.flow.hearing import movement
from exchange.flow.reconciling import Memory
from exchange.model import Batch, Record
from exchange.outcome import Answer
from exchange.past import Ordered


def as_ordered(movements: Iterator[Batch], memory: Memory, mark: Made) -> Iterator[Batch]:
    """The same movements; one that says too little is told as the payment that it books, and a batch as its payments."""
    taken: set[str] = set()
    for some in movements:
        asked = [_asked(record) for record in some]
        booked = iter(memory.booked([each for each in asked if each is not None]))
        made = []
        for record, question in zip(some, asked, strict=True):
            payments = [] if question is None else next(booked)
            fresh = taken.isdisjoint(payment.id for payment in payments)
            taken.update(payment.id for payment in payments)
            made.append(_told(record, payments if fresh else [], mark))
        yield list(chain.from_iterable(made))


def _asked(record: Record) -> Answer | None:
    """What to look for; None of a movement that names its payment by the id of the instruction, or books none."""
    if record["instruction_id"] is not None:
        return None
    answer = movement(record, lambda code: None)
    return answer if answer is not None and answer.kind == "booking" and answer.level != "none" else None


def _told(record: Record, payments: list[Ordered], mark: Made) -> list[Record]:
    made = []
    for payment in payments:
        one = record | ordered_facts(record, payment, is_whole=len(payments) > 1)
        mark(one, record, payment)
        made.append(one)
    return made or [record]


def ordered_facts(record: Record, payment: Ordered, *, is_whole: bool) -> dict[str, Any]:
    """What a movement does not say of the payment that it books, or says of a whole batch alone."""
    other, says = record["counterparty"] or {}, record["reference"] or record["invoices"]
    facts: dict[str, Any] = {
        "instruction_id": payment.instruction_id,
        "end_to_end_id": record["end_to_end_id"] or payment.end_to_end_id,
        "counterparty": other
        | {
            "name": other.get("name") or payment.payee,
            "account": other.get("account") or payment.payee_account,
        },
    }
    if is_whole:
        facts |= {"amount": -payment.amount, "charges": None, "reference": None, "text": None, "invoices": []}
        says = None
    if not says and (is_whole or not record["text"]):
        facts |= {"reference": payment.reference, "text": payment.invoices or payment.text}
    return facts
