"""Payments that leave: entering them with the file they stand in, and asking where they are.

A payment's own row says what the bank did with it. Until the bank speaks, the payment is as far as its file: ordered
while the file waits, approved with it, sent when it is delivered with proof. So a million payments cost one row each
and nothing more when their file moves.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from exchange.accounts import compact
from exchange.ledger import bulk, sending
from exchange.ledger.book import Writing
from exchange.ledger.payment_tables import batches, payments
from exchange.ledger.rows import Arrival, Delivery
from exchange.ledger.sending import Clash
from exchange.model import AMOUNT_PARTS, PaymentNote

if TYPE_CHECKING:
    from exchange.ledger.paid import Guard

UNIT = AMOUNT_PARTS
_GREATEST = 10**18
"""What a database still keeps as a whole number."""
PORTION = 1_000
"""How many rows are entered with one statement."""
_COLUMNS = (
    "n",
    "batch",
    "line",
    "key",
    "instruction_id",
    "end_to_end_id",
    "amount",
    "payee",
    "payee_account",
    "reference",
    "invoices",
    "text",
    "stage",
    "payee_clearing",
)
Sent = Iterable[tuple[int, list[PaymentNote]]]
"""Payments by the place of their output among those of the arrival."""


def stored(amount: Decimal) -> int:
    """An amount as the ledger keeps it; ValueError where it is too exact or too great for that."""
    whole = int(amount * UNIT)
    if whole != amount * UNIT or abs(whole) > _GREATEST:
        raise ValueError(f"{amount} is more exact or greater than the ledger keeps.")
    return whole


def amount_of(kept: int) -> Decimal:
    """The amount that was kept, with two decimals at least."""
    exact = Decimal(kept) / UNIT
    return exact.quantize(Decimal("0.01")) if kept % (UNIT // 100) == 0 else exact.normalize()


def enter(
    writing: Writing, sent: Sequence[tuple[Arrival, Sent]], guards: Mapping[str, Guard] = MappingProxyType({})
) -> Clash | None:
    """Make rows of the payments that leave with the deliveries of arrivals, which are there already. After a clash the
    caller undoes the whole step. guards: by arrival, they look whether something is paid twice.
    """
    wanted = [(arrival, iter(each)) for arrival, each in sent]
    begun = [(arrival, first, rest) for arrival, rest in wanted if (first := next(rest, None)) is not None]
    if not begun:
        return None
    made = sending.of_arrivals(writing.connection, [arrival.id for arrival, _, _ in begun])
    for arrival, first, rest in begun:
        guard = guards.get(arrival.id)
        entry = _Entry(writing, {row.ord: row for row in made[arrival.id] if row.run == arrival.run}, guard)
        try:
            for place, notes in chain((first,), rest):
                entry.add(place, notes)
        except ValueError as wrong:
            return Clash("content", str(wrong))
        entry.finish()
        if guard is not None and guard.objection() is not None:
            return Clash("paid", guard.objection() or "")
    return None


class _Entry:
    """The payments of one arrival on their way in: rows of payments wait until the rows of their batches are there."""

    def __init__(self, writing: Writing, deliveries_at: Mapping[int, Delivery], guard: Guard | None) -> None:
        self.writing, self.deliveries_at, self.guard = writing, deliveries_at, guard
        self._number = writing.connection.scalar(select(func.max(payments.c.n))) or 0
        self._kinds: dict[int, tuple[str, str | None]] = {}
        self._last = writing.connection.scalar(select(func.max(batches.c.n))) or 0
        self._batches: dict[tuple[Any, ...], int] = {}
        self._events: dict[str, int] = {}
        self._rows: list[tuple[Any, ...]] = []

    def add(self, place: int, notes: list[PaymentNote]) -> None:
        """Some payments that leave with one output."""
        delivery, known = self.deliveries_at[place].id, self._batches
        fresh: list[dict[str, Any]] = []
        for ids, line, instruction, end_to_end, key, amount, currency, day, account, *words in notes:
            batch = known.get((delivery, ids, currency, day, account))
            if batch is None:
                batch = self._last = self._last + 1
                known[delivery, ids, currency, day, account] = batch
                fresh.append(self._batch(batch, place, ids, currency, day, account))
                self._kinds[batch] = currency, fresh[-1]["execution_date"]
            payee, payee_account, reference, invoices, text, clearing = words
            if abs(amount) > _GREATEST:
                raise ValueError(f"The amount {amount_of(amount)} is too great for the ledger.")
            self._number += 1
            self._rows.append(
                (
                    self._number,
                    batch,
                    line,
                    key or "",
                    instruction or "",
                    end_to_end or "",
                    amount,
                    payee or "",
                    compact(payee_account),
                    reference or "",
                    invoices or "",
                    text or "",
                    "ordered",
                    compact(clearing),
                )
            )
        if fresh:
            bulk.put(self.writing.connection, batches, fresh)
        if len(self._rows) >= PORTION:
            self._put()

    def finish(self) -> None:
        """What still waits."""
        self._put()
        if self.guard is not None:
            self.guard.finish()

    def _put(self) -> None:
        if self._rows:
            bulk.put_values(self.writing.connection, payments, _COLUMNS, self._rows)
            if self.guard is not None:
                self.guard.take(self._rows, self._kinds)
            self._rows = []

    def _batch(
        self,
        n: int,
        place: int,
        ids: tuple[str | None, str | None],
        currency: str,
        day: date | None,
        account: str,
    ) -> dict[str, Any]:
        delivery = self.deliveries_at[place]
        if delivery.id not in self._events:
            facts = {"payments": delivery.documents, "totals": json.loads(delivery.totals)}
            [self._events[delivery.id]] = self.writing.append([(delivery.id, "payment ordered", facts)])
        return {
            "n": n,
            "delivery": delivery.id,
            "message_id": ids[0],
            "payment_info_id": ids[1],
            "account": compact(account) or None,
            "currency": currency,
            "execution_date": None if day is None else day.isoformat(),
            "event": self._events[delivery.id],
        }
