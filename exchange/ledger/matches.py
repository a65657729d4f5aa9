"""What the reconciliation decided, entered with the arrival; and what later decisions ask of it (`Past`)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from exchange.ledger import bulk, settled
from exchange.ledger.book import Ledger, Writing
from exchange.ledger.match_tables import match_items, matches, statements
from exchange.ledger.rows import Arrival
from exchange.ledger.schema import arrivals
from exchange.outcome import Basis, MatchedItem, MatchRow, StatementRow
from exchange.past import TAKEN_BACK, ByHand, Earlier, SetAside, Settled, Standing, Told, case_id, known_by

PERSON = "person"
"""The rule of what a person has decided."""
_ITEM = MatchedItem._fields[:-1]
"""What is kept of an item that was matched; how much was known of it is compared and not kept."""
_TEACHES, _POSTINGS, _ITEMS = map(MatchRow._fields.index, ("teaches", "postings", "items"))
_DECIDED = [name for name in MatchRow._fields[1:] if name != "items"]
_COLUMNS = ("n", "arrival", "position", "flow", *_DECIDED, "sent", "event")
"""The columns of a match that are filled when it is new."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided about an arrival, of which statements, and what that rests on. rows: gone through once."""

    arrival: Arrival
    rows: Iterable[MatchRow]
    statements: Sequence[StatementRow]
    basis: Basis


def enter(writing: Writing, found: Sequence[Decided]) -> str | None:
    """Enter the decisions about arrivals in place of those of earlier runs; what people decided stays. A sentence when
    somebody else was faster, so that the arrival must be decided anew: the caller then undoes the whole step.
    """
    for each in found:
        arrival, rows, taken, basis = each.arrival, each.rows, each.statements, each.basis
        if not (rows or taken or arrival.run):
            continue  # most flows match nothing: a first run of theirs has left nothing to replace
        connection = writing.connection
        people = _forget(connection, arrival.id)
        others = settled.has_others(connection, basis.beside, arrival.id)
        overtaken = _overtaken(connection, each, people, others=others)
        if overtaken:
            return overtaken
        number = (connection.scalar(select(func.max(matches.c.n))) or 0) + 1
        for some in bulk.portions(rows):
            _place_again(connection, people, some)
            fresh = [row for row in some if row.decision != "decided"]
            closed = (item for row in fresh for item in row.items)
            used = settled.used_since(connection, closed, basis, arrival.id) if others or people else None
            if used is not None:
                return f"Open item {used} was paid by another decision while this file was being read."
            if fresh:
                _put(writing, arrival, number, fresh)
            number += len(fresh)
        entered = [{"arrival": arrival.id, "flow": arrival.flow, **row._asdict()} for row in taken]
        if entered:
            bulk.put(connection, statements, entered)
    return None


def _overtaken(
    connection: Connection, each: Decided, people: Mapping[str, list[int]], *, others: bool
) -> str | None:
    """Whether people have decided about the arrival, or its statements were taken with another, since it was read."""
    if people and settled.decided_since(connection, each.basis, each.arrival.id):
        return "A person has decided about it while it was being read."
    again = settled.taken_since(connection, each.statements, each.basis, each.arrival.id) if others else None
    return f"Statement {again} was taken from another file while this one was being read." if again else None


def _forget(connection: Connection, arrival: str) -> dict[str, list[int]]:
    """Remove what the engine had decided; what people decided steps aside: key → numbers of its rows."""
    mine = matches.c.arrival == arrival
    engines = select(matches.c.n).where(mine, matches.c.decided_by.is_(None))
    connection.execute(delete(match_items).where(match_items.c.match.in_(engines)))
    connection.execute(delete(matches).where(mine, matches.c.decided_by.is_(None)))
    connection.execute(delete(statements).where(statements.c.arrival == arrival))
    kept: dict[str, list[int]] = {}
    rows = select(matches.c.key, matches.c.n).where(mine, matches.c.key.is_not(None))
    for row in connection.execute(rows.order_by(func.abs(matches.c.position))):
        kept.setdefault(row.key, []).append(row.n)
    connection.execute(
        update(matches).where(mine, matches.c.position > 0).values(position=-matches.c.position)
    )
    return kept


def _place_again(connection: Connection, people: Mapping[str, list[int]], rows: Sequence[MatchRow]) -> None:
    """What people decided stands where its transaction stands now."""
    for row in rows if people else ():
        if row.decision == "decided" and people.get(row.key):
            mine = matches.c.n == people[row.key].pop(0)
            connection.execute(update(matches).where(mine).values(position=row.position))


def _put(writing: Writing, arrival: Arrival, number: int, rows: Sequence[MatchRow]) -> None:
    made = [
        (n, arrival.id, row.position, arrival.flow, *_decided(row), 1, writing.n)
        for n, row in enumerate(rows, number)
    ]
    items = [(n, *map(_plain, each[:-1])) for n, row in enumerate(rows, number) for each in row.items]
    bulk.put_values(writing.connection, matches, _COLUMNS, made)
    if items:
        bulk.put_values(writing.connection, match_items, ("match", *_ITEM), items)


def _decided(row: MatchRow) -> list[Any]:
    """What was decided, in the order of the columns."""
    values = list(map(_plain, row))
    values[_TEACHES], values[_POSTINGS] = int(row.teaches), _json(row.postings)
    del values[_ITEMS]
    return values[1:]


def _plain(value: Any) -> Any:
    """As `bulk.put_values` takes it."""
    return "" if value is None else value


def _json(postings: tuple[tuple[str, str, int], ...]) -> str:
    return json.dumps(postings) if postings else ""


def values_of(row: MatchRow) -> dict[str, Any]:
    """What of a row changes when a case that stands there is decided."""
    return {
        "decision": row.decision, "rule": row.rule, "side": row.side, "teaches": int(row.teaches), "evidence": row.evidence,
        "postings": _json(row.postings), "mask": row.mask,
    }  # fmt: skip


def item_rows(match: int, items: Iterable[MatchedItem]) -> list[dict[str, Any]]:
    """The items of a match as they are kept."""
    return [{"match": match, **{name: getattr(each, name) for name in _ITEM}} for each in items]


@dataclass(slots=True)
class LedgerPast:
    """The past of an arrival of a flow (an `exchange.past.Past`).

    flows: those that match against the same open items; as_then: only what was known when the arrival was entered.
    """

    ledger: Ledger
    flows: Collection[str]
    arrival: str
    as_then: bool = False
    _parties: dict[str, dict[str, int]] = field(default_factory=dict)
    _bookings: Mapping[str, Mapping[str, int]] | None = None
    _texts: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    _unpaid: Mapping[str, int] | None = None
    _decided: Sequence[ByHand] | None = None
    _aside: Mapping[tuple[str, int, str], SetAside] | None = None
    _until: int | None = None
    _any: bool | None = None

    def settled(self, keys: Collection[str]) -> Mapping[str, Settled]:
        """Those of these items that earlier matches have closed in whole or in part."""
        if not self._has_any():
            return {}
        with self.ledger.read() as connection:
            return settled.settled(connection, keys, self._counts())

    def parties(self, account: str) -> Mapping[str, int]:
        """Whose invoices were paid from an account, by confirmed matches."""
        if account not in self._parties:
            table = match_items
            query = (
                select(table.c.party, func.count(matches.c.n.distinct()))
                .join(matches, matches.c.n == table.c.match)
                .join(arrivals, arrivals.c.id == matches.c.arrival)
                .where(
                    matches.c.payer == account, matches.c.teaches == 1, table.c.party != "", self._counts()
                )
            )
            found = self._numbers(query.group_by(table.c.party))
            self._parties[account] = found | self._not_paid(account) if found else found
        return self._parties[account]

    def bookings(self, mask: str) -> Mapping[str, int]:
        """To which ledger accounts people booked what looks like this."""
        if self._bookings is None:
            self._bookings = self._booked_by_hand()
        return self._bookings.get(mask, {})

    def texts(self, masks: tuple[str, str]) -> Mapping[str, int]:
        """What people matched that looks like this: by party where the numbers of the text named nothing, else under no name."""
        if masks not in self._texts:
            party = case((matches.c.mask == masks[0], match_items.c.party), else_="")
            query = (
                select(party, func.count(matches.c.n.distinct()))
                .join(match_items, match_items.c.match == matches.c.n)
                .join(arrivals, arrivals.c.id == matches.c.arrival)
                .where(matches.c.mask.in_(masks), matches.c.decided_by.is_not(None), matches.c.rule == PERSON,
                       matches.c.decision == "matched", self._counts())
            )  # fmt: skip
            self._texts[masks] = self._numbers(query.group_by(party))
        return self._texts[masks]

    def paid(self, names: Collection[str], units: int, currency: str) -> Sequence[Earlier]:
        """Earlier transactions of this very amount with one of these end-to-end ids or bank references: matched and not taken
        back yet, or still open.
        """
        if not names:
            return ()
        query = (
            select(matches)
            .join(arrivals, arrivals.c.id == matches.c.arrival)
            .where(
                or_(matches.c.end_to_end.in_(names), matches.c.entry.in_(names)),
                matches.c.units == units, matches.c.currency == currency,
                matches.c.decision.in_(("matched", "unmatched")), self._counts(),
            )
            .order_by(matches.c.n)
        )  # fmt: skip
        with self.ledger.read() as connection:
            found = [_earlier(connection, row) for row in connection.execute(query).all()]
        net = self.settled({each.key for earlier in found for each in earlier.closed})
        for earlier in found:
            now = [each._replace(known=net[each.key].closed) for each in earlier.closed]
            earlier.closed[:] = now
        return [
            earlier
            for earlier in found
            if all(abs(net[each.key].closed) >= abs(each.closed) for each in earlier.closed)
        ]

    def set_aside(self) -> Mapping[tuple[str, int, str], SetAside]:
        """What people have closed or booked: by end-to-end id or bank reference, signed smallest units and currency."""
        if self._aside is None:
            columns = [matches.c[name] for name in ("arrival", "position", "decided_by", "decision")]
            columns += [matches.c[name] for name in ("end_to_end", "entry", "units", "currency")]
            query = select(*columns).join(arrivals, arrivals.c.id == matches.c.arrival)
            query = query.where(
                matches.c.decision.in_(("closed", "booked")), matches.c.decided_by.is_not(None)
            )
            query = query.where(or_(matches.c.rule.is_(None), matches.c.rule == PERSON), self._counts())
            with self.ledger.read() as connection:
                rows = connection.execute(query.order_by(matches.c.n)).all()
            self._aside = {
                (name, row.units, row.currency): SetAside(
                    case_id(row.arrival, row.position), row.decided_by, row.decision
                )
                for row in rows
                for name in (row.end_to_end, row.entry)
                if name
            }
        return self._aside

    def told(self, entries: Collection[str]) -> Sequence[Told]:
        """What other arrivals have told of booked movements with these references of the bank, in their order."""
        if not entries or not self._has_any():
            return ()
        of_statement = (
            statements.c.arrival == matches.c.arrival,
            statements.c.account == matches.c.bank_account,
        )
        told = matches.c
        columns = [
            told.entry,
            told.bank_account,
            told.booked,
            told.units,
            told.currency,
            told.payer,
            told.end_to_end,
            told.suspense,
        ]
        query = (
            select(
                told.arrival, told.position, told.decision, exists().where(*of_statement).label("s"), *columns
            )
            .join(arrivals, arrivals.c.id == matches.c.arrival)
            .where(told.entry.in_(entries), told.arrival != self.arrival, self._counts())
            .order_by(told.n)
        )
        with self.ledger.read() as connection:
            rows = connection.execute(query).all()
        return [
            Told(
                case_id(row.arrival, row.position),
                row.arrival,
                row.decision in ("matched", "booked"),
                bool(row.s),
                *row[4:],
            )
            for row in rows
        ]

    def decided(self) -> Sequence[ByHand]:
        """The transactions of this file that were decided after it was read, in their order. What a rule had decided at once
        was never posted to suspense by the file itself.
        """
        if self._decided is None:
            columns = (matches.c.key, matches.c.suspense, matches.c.was_rule, matches.c.late)
            query = select(*columns).where(
                matches.c.arrival == self.arrival,
                matches.c.decided_by.is_not(None),
                matches.c.key.is_not(None),
            )
            with self.ledger.read() as connection:
                rows = connection.execute(query.order_by(func.abs(matches.c.position))).all()
            self._decided = tuple(
                ByHand(row.key, row.suspense if row.was_rule is None or row.late else None) for row in rows
            )
        return () if self.as_then else self._decided

    def statement(self, account: str, day: str | None) -> Standing | None:
        """The newest statement of an account up to a day, of this site's other arrivals."""
        query = self._statements().where(statements.c.account == account)
        if day is not None:
            query = query.where(or_(statements.c.day.is_(None), statements.c.day <= day))
        query = query.order_by(statements.c.day.desc(), statements.c.n.desc()).limit(1)
        with self.ledger.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        closing = None if row.closing is None else Decimal(row.closing)
        its_day = date.fromisoformat(row.day) if row.day else None
        return Standing(row.id, row.sequence, closing, its_day, row.arrival)

    def taken(self, account: str, id: str, day: str | None) -> str | None:
        """The arrival with which a statement was taken before."""
        same = (statements.c.account == account, statements.c.id == id, statements.c.day == day)
        with self.ledger.read() as connection:
            row = connection.execute(self._statements().where(*same).limit(1)).first()
        return None if row is None else row.arrival

    def basis(self) -> Basis:
        """What decisions rest on that were made with this."""
        return Basis(self.flows, tuple(each.key for each in self.decided()))

    def _has_any(self) -> bool:
        """Whether anything was ever decided: a first file asks nothing else."""
        if self._any is None:
            query = select(matches.c.n).where(matches.c.flow.in_(self.flows)).limit(1)
            with self.ledger.read() as connection:
                self._any = connection.scalar(query) is not None
        return self._any

    def _statements(self) -> Select[Any]:
        query = select(statements).join(arrivals, arrivals.c.id == statements.c.arrival)
        others = (statements.c.arrival != self.arrival, statements.c.flow.in_(self.flows))
        query = query.where(*others, settled.stands())
        return query.where(statements.c.arrival < self.arrival) if self.as_then else query

    def _booked_by_hand(self) -> dict[str, dict[str, int]]:
        """What people booked, by its looks, and to which accounts; also how often they took back what habit alone had booked, and
        matched or booked nothing instead. Asked once a file: of most movements people have decided nothing.
        """
        columns = (matches.c.mask, matches.c.postings)
        booked = (matches.c.decided_by.is_not(None), matches.c.rule == PERSON, matches.c.decision == "booked")
        found: dict[str, dict[str, int]] = {}
        for mask, postings, times in self._counted(columns, *booked):
            accounts = found.setdefault(mask, {})
            for account in {posting[1] for posting in json.loads(postings or "[]")}:
                accounts[account] = accounts.get(account, 0) + times
        for mask, times in self._counted((matches.c.mask,), taken_back("habits")):
            found.setdefault(mask, {})[TAKEN_BACK] = times
        return found

    def _not_paid(self, account: str) -> dict[str, int]:
        """How often people took back what only the payer's account had decided, and matched nothing instead."""
        if self._unpaid is None:
            self._unpaid = dict(self._counted((matches.c.payer,), taken_back("known_payer")))
        times = self._unpaid.get(account)
        return {TAKEN_BACK: times} if times else {}

    def _counted(
        self, columns: Sequence[ColumnElement[Any]], *which: ColumnElement[bool]
    ) -> list[tuple[Any, ...]]:
        """The values of these columns in matches that count, and how often they stand there together."""
        query = select(*columns, func.count()).join(arrivals, arrivals.c.id == matches.c.arrival)
        with self.ledger.read() as connection:
            rows = connection.execute(query.where(*which, self._counts()).group_by(*columns)).all()
        return [tuple(row) for row in rows]

    def _numbers(self, query: Select[Any]) -> dict[str, int]:
        with self.ledger.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def _counts(self) -> ColumnElement[bool]:
        """Which matches count: those that went on, but not what the engine decided of this very arrival before."""
        counts = settled.counting(self.flows, self.arrival)
        return and_(counts, matches.c.event <= self._then()) if self.as_then else counts

    def _then(self) -> int:
        """The last event before the arrival was entered."""
        if self._until is None:
            mine = (matches.c.arrival == self.arrival, matches.c.decided_by.is_(None))
            with self.ledger.read() as connection:
                self._until = connection.scalar(select(func.max(matches.c.event)).where(*mine)) or 0
        return self._until


def taken_back(rule: str) -> ColumnElement[bool]:
    """What a rule that learns decided alone and people took back, deciding nothing else that it would learn from."""
    by_person = matches.c.rule.is_not_distinct_from(PERSON)
    if rule == "known_payer":
        by_person = and_(by_person, matches.c.decision == "matched")
    return and_(matches.c.was_rule == rule, matches.c.decided_by.is_not(None), ~by_person)


def items_of(connection: Connection, match: int) -> list[MatchedItem]:
    """The items that a match closed."""
    columns = [match_items.c[name] for name in _ITEM]
    query = select(*columns).where(match_items.c.match == match).order_by(match_items.c.n)
    return [MatchedItem(*row) for row in connection.execute(query)]


def _earlier(connection: Connection, row: Any) -> Earlier:
    booked = date.fromisoformat(row.booked) if row.booked else None
    postings = [(kind, account, units) for kind, account, units in json.loads(row.postings or "[]")]
    case, closed = case_id(row.arrival, row.position), items_of(connection, row.n)
    person = row.decided_by if row.rule == PERSON else None
    return Earlier(case, booked, row.side or "", closed, postings, person, **known_by(row))
