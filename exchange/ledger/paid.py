"""The guard against paying twice: an index of what payments are for, and the pairs that it finds.

Two payments are the same when their payees' accounts may be one (`exchange.accounts`) and a **key** of theirs is the same: the end of that
account, amount, currency and reference or invoice, in one form (`exchange.twice` makes it). The index keeps 64 bits of each key
with the newest payment that has it. A payment whose keys are all new costs one row there. What a key clashes with is then
looked at: a payment that was refused, called back, returned or withdrawn, or that is older than the window, has not paid this one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, select

from exchange.accounts import may_be_one
from exchange.findings import Finding, code
from exchange.ledger import bulk, elsewhere, payment_queries, savepoint
from exchange.ledger.book import Writing
from exchange.ledger.elsewhere import Booking, KeysOf
from exchange.ledger.payment_queries import Payment
from exchange.ledger.payment_tables import hashed, paid, paid_before, payments
from exchange.ledger.schema import arrivals
from exchange.model import AMOUNT_PARTS

PORTION = 50_000
"""How many keys are sorted and entered at once: the index grows in order of the keys, not at a thousand places."""
_QUERY = 500
SHOWN, TOLD = 1_000, 100
"""After how many pairs of one file no more are looked for, and how many the event of a released one names."""
NOT_PAID = ("rejected", "cancelled", "returned", "withdrawn")
_NEXT = (
    "Is it the same debt again? Then reject the file: `exchange reject {arrival} --because …`. Are both meant? Then release it: "
    "`exchange release {arrival} --because …`."
)
PAID_TWICE = code(
    "PAID001",
    "error",
    "This payment was ordered before. It is {what}. Before: {before}. Now: {now}.",
    advice=_NEXT,
)

BOOKED = code(
    "PAID002",
    "error",
    "The bank has booked this payment already. It was not sent from here. It is {what}. Booked: {before}. Now: {now}.",
    advice=_NEXT,
)


@dataclass(frozen=True, slots=True)
class Placed:
    """A payment and the file in which it came. came: when, in milliseconds since 1970."""

    payment: Payment
    file: str
    came: int

    @property
    def id(self) -> str:
        """What people call it."""
        return self.payment.id

    @property
    def day(self) -> date:
        """When it is due, or when its file came."""
        return self.payment.execution_date or datetime.fromtimestamp(self.came / 1000, UTC).date()

    def told(self) -> str:
        """Its id, when it is due and where it stands."""
        row = self.payment
        place = f"line {row.line} of {self.file}" if row.line else self.file
        day = "due" if row.execution_date else "come"
        id_ = row.key or row.end_to_end_id or "none"
        return f"id {id_}, {day} {self.day.isoformat()}, {place}, arrival {row.arrival}"


@dataclass(frozen=True, slots=True)
class Pair:
    """A payment and the one, or the movement of the account, that paid the same before."""

    new: Placed
    old: Placed | Booking

    def finding(self) -> Finding:
        """Both side by side."""
        new = self.new.payment
        about = new.reference or new.invoices or new.text
        what = f"{new.amount} {new.currency} to {new.payee or 'no name'}, account {new.payee_account or 'not told'}"
        kind = BOOKED if isinstance(self.old, Booking) else PAID_TWICE
        return kind.at(
            line=new.line,
            value=new.key or new.end_to_end_id,
            what=f"{what}, for {about}" if about else what,
            before=self._before(),
            now=self.new.told(),
            arrival=new.arrival,
        )

    def _before(self) -> str:
        """The older one. What waits with the same file has no number yet that it would keep."""
        old = self.old
        if isinstance(old, Booking):
            return old.told()
        if old.payment.arrival == self.new.payment.arrival:
            return f"{old.told()}. It stands in the same file"
        return f"{old.told()}. It is payment {old.id}, {old.payment.stage}"


@dataclass(slots=True)
class Guard:
    """Takes the payments of one arrival as they are entered. window: days; passes: a person has let repetitions pass."""

    writing: Writing
    keys_of: KeysOf
    window: int
    passes: bool = False
    _keys: list[tuple[int, int]] = field(default_factory=list)
    _pairs: dict[int, Pair] = field(default_factory=dict)

    def take(self, rows: Sequence[tuple[Any, ...]], batches: Mapping[int, tuple[str, str | None]]) -> None:
        """Rows of payments, in the columns in which they are entered; batches: currency and day of each."""
        keys_of, keys = self.keys_of, self._keys
        for n, batch, _, _, _, _, amount, payee, account, reference, invoices, text, *_ in rows:
            currency, day = batches[batch]
            for key in keys_of(account or payee, amount, currency, day, reference, invoices, text):
                keys.append((hashed(key), n))
        if len(keys) >= PORTION:
            self.finish()

    def finish(self) -> None:
        """Enter the keys that wait, and look at those that are known."""
        keys, self._keys = sorted(self._keys), []
        if not keys or (self._is_full and not self.passes):
            return  # a file that is held is undone: its further keys need not go in
        connection = self.writing.connection
        _renew(connection, self.keys_of, min(n for _, n in keys))
        self._look_elsewhere(connection, keys)
        with savepoint.part(connection) as undo:
            if bulk.put_values(connection, paid, ("key", "payment"), keys, unless_there=True) == len(keys):
                return
            undo()
        rest = iter(keys)
        while some := list(islice(rest, _QUERY)):
            self._one_by_one(connection, some)

    @property
    def pairs(self) -> list[Pair]:
        """What is paid twice, in the order of the file: each payment once, whichever of its keys is known."""
        return [pair for _, pair in sorted(self._pairs.items())]

    @property
    def _is_full(self) -> bool:
        return len(self._pairs) >= SHOWN

    def objection(self) -> str | None:
        """Why a person must look; None when nothing is paid twice, or a person has let it pass."""
        if self.passes or not self._pairs:
            return None
        count = len(self._pairs)
        number = f"At least {count}" if self._is_full else str(count)
        payments = "payment was" if count == 1 else "payments were"
        how = "ordered" if all(isinstance(each.old, Placed) for each in self.pairs) else "ordered or booked"
        return f"{number} {payments} {how} before. {self.pairs[0].finding().message}"

    def facts(self) -> dict[str, object]:
        """What the event of an arrival says that a person has let pass; `more` when not all were looked for."""
        if not self._pairs:
            return {}
        told = [[pair.new.id, pair.old.id] for pair in self.pairs[:TOLD]]
        return {"paid again": len(self._pairs), "pairs": told} | ({"more": True} if self._is_full else {})

    def _one_by_one(self, connection: Connection, keys: Sequence[tuple[int, int]]) -> None:
        """Some are known, or stand here twice: find the pairs, and point the index to the newest payments."""
        clashes = _point(connection, keys)
        if clashes and not self._is_full:
            self._look(connection, [(each["key"], each["payment"], each["before"]) for each in clashes])

    def _look(self, connection: Connection, clashes: Sequence[tuple[int, int, int]]) -> None:
        """Which payments, each with a key and the payment that had it before, are paid already by that one or by an
        earlier one. One step back for all of them at a time: a key that stands in a file a million times is followed
        no further than is needed.
        """
        found = _placed(connection, {n for _, new, old in clashes for n in (new, old)})
        open_ = list(clashes)
        while open_:
            found |= _placed(connection, {old for _, _, old in open_} - found.keys())
            missed = []
            for key, new, old in open_:
                if self._is_same(found[new], found[old]):
                    self._note(found[new], found[old])
                else:
                    missed.append((key, new, old))
            before = _before(connection, missed)
            open_ = [(key, new, before[key, old]) for key, new, old in missed if (key, old) in before]

    def _look_elsewhere(self, connection: Connection, keys: Sequence[tuple[int, int]]) -> None:
        """Which payments an account has paid already without having been told to from here."""
        booked = elsewhere.find(connection, [key for key, _ in keys])
        if not booked:
            return
        mine = [(key, n) for key, n in keys if key in booked]
        found = _placed(connection, {n for _, n in mine})
        for key, n in mine:
            new = found[n]
            for old in booked[key]:
                near = abs((new.day - old.day).days) <= self.window
                may_be = near and may_be_one(_account(new.payment), old.payee_account)
                if (
                    n not in self._pairs
                    and may_be
                    and {*self._keys_of(new.payment)} & {*old.keys(self.keys_of)}
                ):
                    self._pairs[n] = Pair(new, old)

    def _is_same(self, new: Placed, old: Placed) -> bool:
        """Whether the older payment counts as paid, and the two have a key in common, word for word."""
        if old.payment.stage in NOT_PAID or abs((new.day - old.day).days) > self.window:
            return False
        if not may_be_one(_account(new.payment), _account(old.payment)):
            return False
        return bool({*self._keys_of(new.payment)} & {*self._keys_of(old.payment)})

    def _keys_of(self, payment: Payment) -> Sequence[str]:
        return _keys(payment, self.keys_of)

    def _note(self, new: Placed, old: Placed) -> None:
        """What was ordered here counts before what was booked elsewhere, and the newest of it."""
        n = new.payment.n
        known = self._pairs[n].old if n in self._pairs else None
        if not isinstance(known, Placed) or known.payment.n < old.payment.n:
            self._pairs[n] = Pair(new, old)


def _account(payment: Payment) -> str:
    return payment.payee_account or payment.payee or ""


def _keys(payment: Payment, keys_of: KeysOf) -> Sequence[str]:
    day = payment.execution_date.isoformat() if payment.execution_date else None
    amount = int(payment.amount * AMOUNT_PARTS)
    what = payment.reference, payment.invoices, payment.text
    return keys_of(_account(payment), amount, payment.currency, day, *what)


def _renew(connection: Connection, keys_of: KeysOf, before: int) -> None:
    """An index that is empty is made anew from the payments before that one, and the keys of bookings that have none: a migration
    that changes what keys are made of takes them away.
    """
    elsewhere.renew(connection, keys_of)
    if connection.scalar(select(paid.c.key).limit(1)) is not None:
        return
    column, last = payments.c.n, 0
    while some := connection.scalars(
        select(column).where(column > last, column < before).order_by(column).limit(_QUERY)
    ).all():
        found, last = payment_queries.numbered(connection, some), some[-1]
        _point(connection, [(hashed(key), n) for n in some for key in _keys(found[n], keys_of)])


def _point(connection: Connection, keys: Sequence[tuple[int, int]]) -> list[dict[str, int]]:
    """Point the index to the newest payments; the keys that others had before, with these."""
    wanted = {key for key, _ in keys}
    known = _known(connection, wanted)
    clashes = []
    for key, n in keys:
        if key in known:
            clashes.append({"key": key, "payment": n, "before": known[key]})
        known[key] = n
    bulk.put_over(connection, paid, [{"key": key, "payment": known[key]} for key in wanted])
    if clashes:
        bulk.put(connection, paid_before, clashes)
    return clashes


def _known(connection: Connection, keys: Iterable[int]) -> dict[int, int]:
    query = select(paid.c.key, paid.c.payment).where(paid.c.key.in_(list(keys)))
    return {row.key: row.payment for row in connection.execute(query)}


def _before(connection: Connection, missed: Sequence[tuple[int, int, int]]) -> dict[tuple[int, int], int]:
    """By key and payment, the payment that had the key before it."""
    if not missed:
        return {}
    columns = paid_before.c
    wanted = (
        columns.key.in_({key for key, _, _ in missed}),
        columns.payment.in_({old for _, _, old in missed}),
    )
    rows = connection.execute(select(paid_before).where(*wanted))
    return {(row.key, row.payment): row.before for row in rows}


def _placed(connection: Connection, numbers: Iterable[int]) -> dict[int, Placed]:
    """Payments with their files, by number."""
    found: dict[int, Placed] = {}
    rest = iter(numbers)
    while some := list(islice(rest, _QUERY)):
        made = payment_queries.numbered(connection, some)
        owners = {each.arrival for each in made.values()}
        columns = (arrivals.c.id, arrivals.c.name, arrivals.c.claimed_at)
        rows = connection.execute(select(*columns).where(arrivals.c.id.in_(owners)))
        files = {row.id: (row.name, row.claimed_at) for row in rows}
        found |= {n: Placed(each, *files[each.arrival]) for n, each in made.items()}
    return found
