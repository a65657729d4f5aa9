"""Which payments an answer of a bank means, and how an answer is named to people."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from exchange.accounts import compact
from exchange.ledger.payments import amount_of
from exchange.outcome import Answer

WAITING = ("ordered", "approved", "withdrawn")
"""Payments of files that do not lie at the bank."""


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
