"""Which payments an answer of a bank means, and how an answer is named to people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, or_

from exchange.accounts import compact
from exchange.ledger.payment_queries import STAGE, joined
from exchange.ledger.payment_tables import batches, payments
from exchange.ledger.payments import amount_of
from exchange.ledger.schema import deliveries
from exchange.outcome import REFUSED, Answer

WAITING = ("ordered", "approved", "withdrawn")
"""Payments of files that do not lie at the bank."""


_FOUND = (
    payments.c.n,
    payments.c.stage,
    payments.c.amount,
    payments.c.end_to_end_id,
    payments.c.instruction_id,
    payments.c.payee_account,
    batches.c.message_id,
    batches.c.payment_info_id,
    batches.c.account,
    batches.c.execution_date,
    STAGE,
)


def candidates(connection: Connection, told: Sequence[Answer]) -> list[Row[Any]]:
    """Every payment that some answers about single payments may mean."""
    ids = {
        name: {getattr(answer, name) for answer in told} - {None}
        for name in ("end_to_end_id", "instruction_id")
    }
    nameless = [answer for answer in told if not (answer.end_to_end_id or answer.instruction_id)]
    wanted = [payments.c[name].in_(values) for name, values in ids.items() if values]
    if nameless:
        amounts = {amount for answer in nameless for amount in answer.amounts}
        wanted.append(payments.c.amount.in_(amounts))
    return list(connection.execute(joined(Select(*_FOUND)).where(or_(*wanted))))


def booked(connection: Connection, told: Sequence[Answer]) -> list[list[int]]:
    """The payments that each of some bookings is certainly of, by their numbers: one, or those of a batch whose sum it is; else none."""
    of_one = [answer for answer in told if answer.level == "payment"]
    known = candidates(connection, of_one) if of_one else []
    return [
        _one(answer, known) if answer.level == "payment" else _whole(connection, answer) for answer in told
    ]


def _one(answer: Answer, known: Sequence[Row[Any]]) -> list[int]:
    rows = [row for row in known if may_mean(answer, row) and row.amount == answer.amounts[0]]
    rows = narrowed(answer, [row for row in rows if row.present not in WAITING])
    return [rows[0].n] if len(rows) == 1 else []


def _whole(connection: Connection, answer: Answer) -> list[int]:
    query = joined(Select(*_FOUND)).where(
        deliveries.c.stage == "delivered", payments.c.stage.not_in((*REFUSED, "returned"))
    )
    for name in ("message_id", "payment_info_id"):
        if getattr(answer, name) is not None:
            query = query.where(batches.c[name] == getattr(answer, name))
    rows = connection.execute(query.order_by(payments.c.n)).all()
    is_sum = sum(row.amount for row in rows) == answer.amounts[0]
    return [row.n for row in rows] if is_sum else []


def may_mean(answer: Answer, row: Row[Any]) -> bool:
    """Whether an answer can be about a payment: by its own ids within the file, else by amount and payee."""
    own = {"instruction_id": answer.instruction_id, "end_to_end_id": answer.end_to_end_id}
    if any(own.values()):
        same = all(value is None or getattr(row, name) in (None, value) for name, value in own.items())
        named = any(value is not None and getattr(row, name) == value for name, value in own.items())
        inside = answer.kind != "status" or answer.message_id in (None, row.message_id)
        return same and named and inside
    return (
        row.amount in answer.amounts
        and compact(answer.payee_account) == row.payee_account
        and answer.message_id in (None, row.message_id)
        and (answer.kind == "status" or answer.payment_info_id in (None, row.payment_info_id))
    )


def narrowed(answer: Answer, rows: list[Row[Any]]) -> list[Row[Any]]:
    """Those that fit more of what the answer says, as long as any do."""
    tests = (
        lambda row: row.present not in WAITING,
        lambda row: row.payment_info_id == answer.payment_info_id,
        lambda row: row.message_id == answer.message_id,
        lambda row: row.amount in answer.amounts,
        lambda row: row.account == compact(answer.account),
        lambda row: row.execution_date == answer.day,
    )
    for test in tests:
        if len(rows) > 1:
            rows = [row for row in rows if test(row)] or rows
    return rows


def is_nameless(answer: Answer) -> bool:
    """Whether a batch is told by the payer's account and a day alone, as Bankgirot tells the payments that it watches."""
    named = answer.message_id or answer.payment_info_id
    return answer.level == "batch" and not named and None not in (answer.account, answer.day)


def named(answer: Answer) -> str:
    """An answer's ids, for people."""
    ids = (answer.end_to_end_id or answer.instruction_id, answer.payment_info_id, answer.message_id)
    place = f"{answer.account}, {answer.day}" if is_nameless(answer) else "without any id"
    named = " / ".join(filter(None, ids)) or answer.payee_account or place
    return f"{named} of {shown(answer)}" if answer.amounts else named


def shown(answer: Answer) -> str:
    """An answer's amount, for people."""
    return (
        f"{amount_of(answer.amounts[0])} {answer.currency or ''}".strip() if answer.amounts else "no amount"
    )


def why(answer: Answer) -> str:
    """The bank's reason, as a part of a sentence."""
    said = answer.reason or answer.code
    return f" ({said.rstrip('.')})" if said else ""
