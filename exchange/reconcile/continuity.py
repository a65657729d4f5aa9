"""Whether the statements of each account follow one another: none missing, none twice, each opening with what the one before
it closed with. Gaps are told; a statement that was taken before is refused, unless the rules say to tell only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from exchange.findings import Finding, Found, code
from exchange.model import LINE, PATH, Batch, Record
from exchange.outcome import StatementRow
from exchange.past import Past, Standing

Repeated = Literal["hold", "warn"]

BALANCE_GAP = code(
    "REC010",
    "warning",
    "Statement {value} of account {account} opens with {opening}; the one before it ({before}) closed with {closing}.",
    advice="A statement is missing or comes later, or one tells again what another told: `exchange reconcile statements` shows what "
    "follows what.",
)
REPEATED = code(
    "REC011",
    "error",
    "Statement {value} of account {account} was taken before, with arrival {arrival}.",
    advice="Reject this file; its movements are booked already. See `repeated` under `statements` of the rules.",
)
SEQUENCE_GAP = code(
    "REC012",
    "warning",
    "Statement number {value} of account {account} follows number {before}.",
    advice="A statement is missing, or comes later: get it from the bank and deliver it.",
)


TWICE_HERE = code(
    "REC014",
    "error",
    "{value} of account {account} stands in this file more than once: its movements begin again here.",
    advice="Each movement would be booked again. Take the second one out with `exchange repair`, or reject the file and ask the bank for another.",
)
_PART = re.compile(r".*/(?:Stmt|Rpt|Ntfctn)(?:\[\d+\])?")
"""Up to where the path of a movement names its statement, report or advice."""

_TELLING = ("key", "entry_ref", "booked", "end_to_end_id", "reference", "text")
"""What tells movements of one amount apart."""
_LONG = 6
"""Shorter references of a bank may be numbers of a list."""


class Statements:
    """The statements that pass by, each compared with the one before it of the same account."""

    def __init__(self, past: Past, found: Found, repeated: Repeated = "hold") -> None:
        self._past, self._found, self._repeated = past, found, repeated
        self._last: dict[str, Standing] = {}
        self._taken: list[StatementRow] = []
        self._first: dict[tuple[object, object], Record] = {}

    def watched(self, transactions: Iterator[Batch]) -> Iterator[Batch]:
        """The same transactions, looked at."""
        before: tuple[object, object] | None = None
        first: Record = {"amount": None}
        for batch in transactions:
            for transaction in batch:
                statement = transaction.get("statement") or {}
                now = transaction["account"], statement.get("id")
                if now != before:
                    before, first = now, self._first.setdefault(now, transaction)
                    self._look(transaction, statement)
                if first["amount"] == transaction["amount"] and first is not transaction:
                    self._again(transaction, first, statement)
            yield batch

    def _again(self, transaction: Record, first: Record, statement: Record) -> None:
        """Whether the statement begins anew with this movement, which is like its first one."""
        if any(first.get(name) != transaction.get(name) for name in _TELLING):
            return
        parts = [_PART.match(each.get(PATH) or "") for each in (first, transaction)]
        if parts[0] and parts[1]:
            is_anew = parts[0].group() != parts[1].group()
        else:  # without a place in it the bank's reference must be one of its own
            is_anew = len(first.get("entry_ref") or "") >= _LONG and not first.get("batch")
        if is_anew and statement.get("id"):
            kind = str(statement.get("kind") or "statement").capitalize()
            place = _at(transaction, f"{kind} {statement['id']}")
            self._tell(TWICE_HERE.at(**place, account=transaction["account"]))

    def taken(self) -> list[StatementRow]:
        """All statements that passed by."""
        return self._taken

    def _look(self, transaction: Record, statement: Record) -> None:
        if statement.get("kind") != "statement" or not statement.get("id") or not transaction["account"]:
            return
        account = transaction["account"]
        row = _row(account, statement)
        if row in self._taken:
            return
        known = self._past.taken(account, row.id, row.day)
        if known is not None:
            self._tell(REPEATED.at(**_at(transaction, row.id), account=account, arrival=known))
            return
        before = self._last.get(account) or self._past.statement(account, row.day)
        if before is not None:
            self._compare(transaction, row, before)
        self._taken.append(row)
        self._last[account] = Standing(
            row.id, row.sequence, statement.get("closing"), statement.get("date"), ""
        )

    def _compare(self, transaction: Record, row: StatementRow, before: Standing) -> None:
        opening = None if row.opening is None else Decimal(row.opening)
        if opening is not None and before.closing is not None:
            if opening != before.closing:
                told: dict[str, Any] = {"opening": opening, "before": before.id, "closing": before.closing}
                self._found(BALANCE_GAP.at(**_at(transaction, row.id), account=row.account, **told))
        elif _skips(row, before):
            place = _at(transaction, str(row.sequence))
            self._found(SEQUENCE_GAP.at(**place, account=row.account, before=before.sequence))

    def _tell(self, finding: Finding) -> None:
        self._found(finding if self._repeated == "hold" else finding.with_severity("warning"))


def _skips(row: StatementRow, before: Standing) -> bool:
    """Whether numbers of one year do not follow each other."""
    if row.sequence is None or before.sequence is None or row.day is None or before.day is None:
        return False
    if not (row.sequence.isdecimal() and before.sequence.isdecimal()):
        return False
    same_year = date.fromisoformat(row.day).year == before.day.year
    return same_year and int(row.sequence) != int(before.sequence) + 1


def _row(account: str, statement: Record) -> StatementRow:
    day, opening, closing = (statement.get(name) for name in ("date", "opening", "closing"))
    return StatementRow(
        account,
        statement["id"],
        statement.get("sequence"),
        None if opening is None else str(opening),
        None if closing is None else str(closing),
        day.isoformat() if day else None,
    )


def _at(transaction: Record, value: str) -> dict[str, Any]:
    return {"line": transaction.get(LINE), "path": transaction.get(PATH), "value": value}
