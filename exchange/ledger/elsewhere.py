"""Money that left the account without having been sent from here: payments of the online bank, of another program. The guard
against paying twice looks here too.

A booking is entered when no payment of ours is meant by it, with 64 bits of each thing that it may be for, as of payments
(`exchange.ledger.paid`). Money that came back for such a booking is entered beside it, and then it has not paid.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, exists, select

from exchange.accounts import compact
from exchange.ledger import bulk
from exchange.ledger.payment_tables import elsewhere, hashed
from exchange.ledger.schema import arrivals
from exchange.ledger.settled import stands
from exchange.outcome import Answer

KeysOf = Callable[[str, int, str, str | None, str | None, str | None, str | None], Sequence[str]]
"""The keys of a payment: of the payee's account (or name), amount, currency, day, reference, invoices and text."""
_TOGETHER = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A movement of an account that was not sent from here. amount: as the ledger keeps it; file: in which it was told."""

    arrival: str
    file: str
    line: int | None
    amount: int
    currency: str
    booked: date | None
    payee: str | None
    payee_account: str
    reference: str | None
    invoices: str | None
    text: str | None
    bank_reference: str | None

    @property
    def id(self) -> str:
        """What the event of a released file calls it."""
        return f"{self.bank_reference or 'a movement'} of {self.file}"

    @property
    def day(self) -> date:
        """When it was booked."""
        return self.booked or date.min

    def told(self) -> str:
        """Where it stands."""
        place = f"line {self.line} of {self.file}" if self.line else self.file
        named = f"bank reference {self.bank_reference}, " if self.bank_reference else ""
        day = f"on {self.booked.isoformat()}, " if self.booked else ""
        return f"{named}{day}{place}, arrival {self.arrival}"

    def keys(self, keys_of: KeysOf) -> Collection[str]:
        """What it may be for. A text alone may be a reference or the number of an invoice."""
        day = self.booked.isoformat() if self.booked else None
        what = (self.payee_account, self.amount, self.currency, day, self.reference, self.invoices, self.text)
        return _keys(_What(*what), keys_of)


class _What(NamedTuple):
    """What a movement may be for, in the order of `KeysOf`."""

    account: str
    amount: int
    currency: str
    day: str | None
    reference: str | None
    invoices: str | None
    text: str | None


def _keys(what: _What, keys_of: KeysOf) -> set[str]:
    keys = {*keys_of(*what)}
    if what.text and not (what.reference or what.invoices):
        keys.update(keys_of(*what._replace(reference=what.text, text=None)))
    return keys


def forget(connection: Connection, arrival: str) -> None:
    """An arrival is read again: what it told before is told anew."""
    connection.execute(delete(elsewhere).where(elsewhere.c.arrival == arrival))


def enter(connection: Connection, arrival: str, told: Sequence[Answer], keys_of: KeysOf) -> None:
    """Movements that no payment of ours is meant by: what left, if it says to whom, and what came back, if it says what."""
    rows = [row for answer in told for row in _rows(arrival, answer, keys_of)]
    if rows:
        bulk.put(connection, elsewhere, rows)


def _rows(arrival: str, answer: Answer, keys_of: KeysOf) -> list[dict[str, Any]]:
    payee, reference, invoices, text = answer.purpose or (None, None, None, None)
    account = compact(answer.payee_account)
    row = {
        "arrival": arrival, "line": answer.line, "kind": answer.kind, "amount": answer.amounts[0] if answer.amounts else 0,
        "currency": answer.currency or "", "booked": answer.day, "payee": payee, "payee_account": account,
        "reference": reference, "invoices": invoices, "text": text, "end_to_end_id": answer.end_to_end_id,
        "bank_reference": answer.reference,
    }  # fmt: skip
    if answer.kind == "return":
        return [row | {"key": 0}] if answer.end_to_end_id else []
    if not account or not answer.amounts:
        return []
    what = _What(account, answer.amounts[0], answer.currency or "", answer.day, reference, invoices, text)
    return [row | {"key": hashed(key)} for key in sorted(_keys(what, keys_of))]


def renew(connection: Connection, keys_of: KeysOf) -> None:
    """The keys of bookings that have none."""
    without = (
        select(elsewhere).where(elsewhere.c.key == 0, elsewhere.c.kind == "booking").order_by(elsewhere.c.n)
    )
    while some := connection.execute(without.limit(_TOGETHER)).all():
        rows = []
        for row in some:
            values = dict(row._mapping)
            del values["n"]
            what = _What(
                row.payee_account, row.amount, row.currency, row.booked, row.reference, row.invoices, row.text
            )
            rows += [values | {"key": hashed(key)} for key in sorted(_keys(what, keys_of))]
        connection.execute(delete(elsewhere).where(elsewhere.c.n.in_([row.n for row in some])))
        bulk.put(connection, elsewhere, rows)


def find(connection: Connection, keys: Collection[int]) -> dict[int, list[Booking]]:
    """By key, the bookings that may have paid the same, those that came back left out."""
    found: dict[int, list[Booking]] = {}
    if connection.scalar(select(elsewhere.c.n).limit(1)) is None:
        return found
    back = elsewhere.alias("back")
    came_back = exists().where(
        back.c.kind == "return",
        back.c.end_to_end_id == elsewhere.c.end_to_end_id,
        back.c.amount == elsewhere.c.amount,
        back.c.currency == elsewhere.c.currency,
    )
    columns = [elsewhere.c[name] for name in Booking.__slots__ if name != "file"]
    query = select(elsewhere.c.key, arrivals.c.name.label("file"), *columns)
    query = query.join(arrivals, arrivals.c.id == elsewhere.c.arrival)
    query = query.where(elsewhere.c.kind == "booking", stands(), ~came_back)
    rest = iter(keys)
    while some := list(islice(rest, _TOGETHER)):
        for row in connection.execute(query.where(elsewhere.c.key.in_(some)).order_by(elsewhere.c.n)):
            values = dict(row._mapping)
            key, day = values.pop("key"), values.pop("booked")
            booking = Booking(**values, booked=date.fromisoformat(day) if day else None)
            found.setdefault(key, []).append(booking)
    return found
