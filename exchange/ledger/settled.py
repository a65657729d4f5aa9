"""What matches have closed of open items, and whether that has changed since a decision was made.

Decisions are made outside a transaction, several at the same time: two flows that match against the same lists, a person
beside them. What a decision rests on is looked at once more in the transaction that enters it, which is alone at that
moment. So of two that want the same item exactly one is entered, and the other is made anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from exchange.ledger.match_tables import match_items, matches, statements
from exchange.ledger.schema import arrivals, deliveries
from exchange.outcome import Basis, MatchedItem, StatementRow
from exchange.past import Settled

_GONE = ("rejected", "superseded", "duplicate")
_sent = deliveries.alias("went")
_TOGETHER = 500
"""How many keys one question has."""


def stands() -> ColumnElement[bool]:
    """Which arrivals count: those that went on, and of those that were rejected or replaced afterwards the ones of which
    something had been delivered, because a replay that is rejected takes nothing back.
    """
    went = exists().where(_sent.c.arrival == arrivals.c.id, _sent.c.stage == "delivered")
    return or_(arrivals.c.stage.not_in(_GONE), went)


def through() -> ColumnElement[bool]:
    """Which arrivals are through: done, or rejected or replaced after something of them had been delivered."""
    return and_(arrivals.c.stage.in_(("done", *_GONE)), stands())


def counting(flows: Collection[str], arrival: str) -> ColumnElement[bool]:
    """Which matches count for an arrival: those that went on, but not what the engine decided of this very arrival."""
    own = and_(matches.c.arrival == arrival, matches.c.decided_by.is_(None))
    return and_(matches.c.flow.in_(flows), stands(), ~own)


def settled(connection: Connection, keys: Collection[str], counts: ColumnElement[bool]) -> dict[str, Settled]:
    """Those of these items that matches have closed in whole or in part."""
    table = match_items
    query = (
        select(table.c.key, table.c.base, table.c.closed)
        .join(matches, matches.c.n == table.c.match)
        .join(arrivals, arrivals.c.id == matches.c.arrival)
        .where(table.c.key.in_(keys), counts)
        .order_by(table.c.n)
    )
    found: dict[str, Settled] = {}
    for key, base, closed in connection.execute(query):
        before = found.get(key)
        found[key] = Settled(before.base if before else base, (before.closed if before else 0) + closed)
    return found


def has_others(connection: Connection, flows: Collection[str], arrival: str) -> bool:
    """Whether anything was decided at all but about this arrival: most first files need ask nothing else."""
    query = select(matches.c.n).where(matches.c.flow.in_(flows), matches.c.arrival != arrival).limit(1)
    return connection.scalar(query) is not None


def used_since(
    connection: Connection, items: Iterable[MatchedItem], basis: Basis, arrival: str
) -> str | None:
    """The number of an item of which others have closed something else by now than when it was decided about."""
    known = {each.key: each for each in items}
    keys, counts = list(known), counting(basis.beside, arrival)
    for start in range(0, len(keys), _TOGETHER):
        some = keys[start : start + _TOGETHER]
        now = settled(connection, some, counts)
        for key in some:
            if (now[key].closed if key in now else 0) != known[key].known:
                return known[key].number
    return None


def decided_since(connection: Connection, basis: Basis, arrival: str) -> bool:
    """Whether a person has decided about another of the arrival's transactions, or taken that back, since."""
    mine = (matches.c.arrival == arrival, matches.c.decided_by.is_not(None), matches.c.key.is_not(None))
    return sorted(connection.scalars(select(matches.c.key).where(*mine))) != sorted(basis.decided)


def taken_since(
    connection: Connection, taken: Sequence[StatementRow], basis: Basis, arrival: str
) -> str | None:
    """A statement that had not been taken when the arrival was read, and was taken with another one since."""
    for row in taken:
        same = (statements.c.account == row.account, statements.c.id == row.id, statements.c.day == row.day)
        others = (statements.c.arrival != arrival, statements.c.flow.in_(basis.beside))
        query = select(func.count()).select_from(statements)
        query = query.join(arrivals, arrivals.c.id == statements.c.arrival)
        if connection.scalar(query.where(*same, *others, stands())):
            return row.id
    return None
