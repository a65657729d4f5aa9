"""What people decide about single bank transactions, signed with a name and a reason; and what is asked about them.

A decision of a person is entered with the document that goes on its way because of it; the file of that document is
written afterwards and noted, so that after a crash it is written again, with the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, func, or_, select, update

from exchange.errors import UnknownNameError, UseError
from exchange.ledger import bulk, posted, queries
from exchange.ledger.book import Ledger
from exchange.ledger.match_tables import match_items, matches, statements
from exchange.ledger.matches import PERSON, item_rows, items_of, taken_back, values_of
from exchange.ledger.schema import arrivals
from exchange.ledger.settled import settled, stands, used_since
from exchange.outcome import ON_NOTHING, Basis, MatchedItem, MatchRow
from exchange.past import case_id

LIMIT = 200
_MOVEMENTS = func.count(match_items.c.match.distinct())
"""How many movements: one that paid several items counts once."""


@dataclass(frozen=True, slots=True)
class Case:
    """A bank transaction as the reconciliation left it, or a person after it. units: smallest units, signed."""

    id: str
    n: int
    arrival: str
    position: int
    flow: str
    key: str | None
    bank_account: str | None
    booked: str | None
    units: int
    currency: str
    decision: str
    rule: str | None
    side: str | None
    reason: str
    evidence: Mapping[str, Any]
    proposals: Sequence[Mapping[str, Any]]
    payer: str | None
    payer_name: str | None
    entry: str | None
    postings: Sequence[tuple[str, str, int]]
    suspense: str | None
    decided_by: str | None
    items: Sequence[MatchedItem] = ()


class Signature(NamedTuple):
    """Who decides, and why."""

    actor: str
    because: str


@dataclass(frozen=True, slots=True)
class Unsent:
    """A decision whose file is not known to be written: its flow, arrival, number, and the text of the document."""

    n: int
    flow: str
    arrival: str
    event: int
    document: str


def cases(
    connection: Connection, *, flow: str | None, decision: str | None, limit: int = LIMIT
) -> list[Case]:
    """Cases, oldest first: those a person must decide, or all of one decision."""
    query = select(matches).join(arrivals, arrivals.c.id == matches.c.arrival).where(_counts())
    query = query.order_by(matches.c.n).limit(limit)
    if flow is not None:
        query = query.where(matches.c.flow == flow)
    if decision is not None:
        query = query.where(matches.c.decision == decision)
    return [_case(connection, row) for row in connection.execute(query).all()]


def _counts() -> ColumnElement[bool]:
    """Which cases are told: of files of which nothing went on only those that a person has decided."""
    return or_(stands(), matches.c.decided_by.is_not(None))


def count(connection: Connection) -> dict[tuple[str, str], int]:
    """How many cases there are: (flow, decision) → number."""
    query = select(matches.c.flow, matches.c.decision, func.count())
    query = query.join(arrivals, arrivals.c.id == matches.c.arrival).where(_counts())
    query = query.group_by(matches.c.flow, matches.c.decision)
    return {(flow, decision): number for flow, decision, number in connection.execute(query)}


def count_open(connection: Connection) -> dict[str, int]:
    """How many cases of each flow nobody has decided about; those of files of which nothing went on are none."""
    query = select(matches.c.flow, func.count()).join(arrivals, arrivals.c.id == matches.c.arrival)
    query = query.where(matches.c.decision == "unmatched", stands()).group_by(matches.c.flow)
    return {row[0]: row[1] for row in connection.execute(query.order_by(matches.c.flow))}


def case(connection: Connection, text: str) -> Case:
    """One case by its identifier. Raises UnknownNameError."""
    ending, dash, position = text.rpartition("-")
    if not dash or not position.isdecimal():
        raise UnknownNameError(
            f"{text!r} is not a case.",
            advice="Cases are called such as 7DYKVHBG-12: see `exchange reconcile`.",
        )
    arrival = queries.arrival(connection, ending)
    here = (matches.c.arrival == arrival.id, matches.c.position == int(position))
    row = connection.execute(select(matches).where(*here)).first()
    if row is None:
        raise UnknownNameError(
            f"Arrival {arrival.id} has no case {position}.", advice="See `exchange reconcile`."
        )
    return _case(connection, row)


def decide(
    ledger: Ledger, known: Case, row: MatchRow | None, make: Callable[[int], str] | None, *, signed: Signature,
    basis: Basis = ON_NOTHING, suspense: str | None = None,
) -> Case:  # fmt: skip
    """Enter a person's decision: matched or booked as in the row; without one it is open again, or closed with no result.

    make: the document that goes on its way, by the number of the decision; without one the case is closed; basis: what
    the row rests on; suspense: the account that it stands on from now, if that is another. Raises UseError when somebody
    was faster.
    """
    actor, because = signed
    with ledger.signed(actor, because) as writing:
        _expect_unchanged(writing.connection, known)
        if make is not None:
            _expect_standing(writing.connection, known)
        if row is None:
            _expect_room(writing.connection, known, basis)
        used = used_since(writing.connection, row.items if row else (), basis, "")
        if used is not None:
            raise UseError(
                f"Open item {used} was paid just now by another decision.", advice="Look at it again."
            )
        bare = "closed" if make is None else "unmatched"
        said = _said(known, row, bare)
        [event] = writing.append([(known.arrival, f"case {said['decision']}", {"case": known.id, **said})])
        document = None if make is None else make(event)
        values = _values(row, bare) | {
            "decided_by": actor, "document": document, "sent": int(document is None),
            "event": event, "reason": f"{actor}: {because}", "suspense": suspense or known.suspense,
        }  # fmt: skip
        if known.rule is not None and known.rule != PERSON:
            values["was_rule"] = known.rule
        here = matches.c.n == known.n
        writing.connection.execute(delete(match_items).where(match_items.c.match == known.n))
        writing.connection.execute(update(matches).where(here).values(**values))
        if row is not None and row.items:
            bulk.put(writing.connection, match_items, item_rows(known.n, row.items))
        return case(writing.connection, known.id)


def _expect_unchanged(connection: Connection, known: Case) -> None:
    """A case is as the person has seen it."""
    now = case(connection, known.id)
    same = ("decision", "decided_by", "units", "suspense")
    if any(getattr(now, name) != getattr(known, name) for name in same):
        raise UseError(f"Case {known.id} was decided just now by somebody else.", advice="Look at it again.")


def _expect_standing(connection: Connection, known: Case) -> None:
    """Something of the file of a case went on, and no return took the case back."""
    query = select(arrivals.c.id).where(arrivals.c.id == known.arrival, stands())
    if connection.execute(query).first() is None:
        raise UseError(
            f"The file of case {known.id} was rejected, or another one took its place: nothing is booked of it.",
            advice="See `exchange show` of its arrival.",
        )
    back = _taken_back_by(connection, known.id)
    if back is not None:
        raise UseError(
            f"Case {known.id} was taken back by the return {back}: its items are open again.",
            advice=f"If {back} is not its return, take that back first: `exchange reconcile unmatch {back}`.",
        )


def _taken_back_by(connection: Connection, id: str) -> str | None:
    """The case of the return that a rule took for that of another case, and that stands."""
    query = select(matches.c.arrival, matches.c.position).join(arrivals, arrivals.c.id == matches.c.arrival)
    names_it = matches.c.evidence.like(f'%"case":"{id}"%')
    row = connection.execute(query.where(matches.c.decision == "matched", names_it, stands())).first()
    return None if row is None else case_id(*row)


def _expect_room(connection: Connection, known: Case, basis: Basis) -> None:
    """What a decision did to its items can be taken back: what it had opened again was not paid since."""
    counts = and_(matches.c.flow.in_(basis.beside), stands())
    now = settled(connection, [each.key for each in known.items], counts)
    for each in known.items:
        before = now.get(each.key)
        after = before.closed - each.closed if before else 0
        if before and not min(before.base, 0) <= after <= max(before.base, 0):
            paid = _paid_by(connection, each, known.n)
            raise UseError(
                f"Invoice {each.number}, which case {known.id} had opened again, was paid since by {' and '.join(paid)}.",
                advice="Take back first what is wrong of these: `exchange reconcile unmatch CASE`.",
            )


def _paid_by(connection: Connection, item: MatchedItem, but: int) -> list[str]:
    """The cases that closed some of an item, but one: the newest first."""
    query = select(matches.c.arrival, matches.c.position).join(arrivals, arrivals.c.id == matches.c.arrival)
    query = query.join(match_items, match_items.c.match == matches.c.n)
    closes = match_items.c.closed > 0 if item.closed < 0 else match_items.c.closed < 0
    query = query.where(match_items.c.key == item.key, closes, matches.c.n != but, stands())
    return [case_id(*row) for row in connection.execute(query.order_by(matches.c.event.desc()))]


def suspended(connection: Connection) -> list[tuple[str, str, str, int, int]]:
    """What stands on suspense accounts: account, currency, open or closed, how many movements, their sum in smallest units.

    Closed ones stand there until they are booked by hand. What came with a file of which nothing went on stands nowhere.
    """
    groups = (matches.c.suspense, matches.c.currency, matches.c.decision)
    query = (
        select(*groups, func.count(), func.sum(matches.c.units))
        .join(arrivals, arrivals.c.id == matches.c.arrival)
        .where(stands(), matches.c.suspense.is_not(None), matches.c.decision.in_(("unmatched", "closed")))
        .group_by(*groups)
        .order_by(*groups)
    )
    return [(*row[:4], int(row[4])) for row in connection.execute(query)]


def unsent(connection: Connection) -> list[Unsent]:
    """Decisions whose files are not known to be written."""
    columns = (matches.c[name] for name in Unsent.__dataclass_fields__)
    query: Select[Any] = select(*columns).where(matches.c.sent == 0)
    return [Unsent(*row) for row in connection.execute(query.order_by(matches.c.n))]


def send(ledger: Ledger, write: Callable[[Unsent], bool], posts: Callable[[str], bool]) -> int:
    """Have the files written of all decisions whose files are not known to be, and note it; how many. Nobody else does it at the
    same time: a file that was taken already would be written once more. posts: whether decisions of a flow become vouchers.
    """
    with ledger.write() as writing:
        sent = [each for each in unsent(writing.connection) if write(each)]
        for each in sent:
            writing.connection.execute(update(matches).where(matches.c.n == each.n).values(sent=1))
        for flow, arrival in sorted({(each.flow, each.arrival) for each in sent}):
            if posts(flow):
                posted.of_arrival(writing.connection, arrival)
    return len(sent)


def by_rule(connection: Connection) -> list[tuple[str, str, int, int]]:
    """What rules decided alone: flow, rule, how often, and how often a person took it back."""
    own = select(matches.c.flow, matches.c.rule, func.count()).where(
        matches.c.rule.is_not(None), matches.c.rule != PERSON
    )
    back = select(matches.c.flow, matches.c.was_rule, func.count()).where(matches.c.was_rule.is_not(None))
    stands = {
        (flow, rule): number
        for flow, rule, number in connection.execute(own.group_by(matches.c.flow, matches.c.rule))
    }
    undone = {
        (flow, rule): number
        for flow, rule, number in connection.execute(back.group_by(matches.c.flow, matches.c.was_rule))
    }
    keys = sorted({*stands, *undone})
    return [(*key, stands.get(key, 0) + undone.get(key, 0), undone.get(key, 0)) for key in keys]


def payers(connection: Connection) -> list[tuple[str, str, str, int]]:
    """Whose invoices were paid from which accounts, by confirmed matches: account, party, its name, how often."""
    query = (
        select(matches.c.payer, match_items.c.party, func.max(match_items.c.name), _MOVEMENTS)
        .join(match_items, match_items.c.match == matches.c.n)
        .where(matches.c.teaches == 1, matches.c.payer.is_not(None), match_items.c.party != "")
        .group_by(matches.c.payer, match_items.c.party)
        .order_by(matches.c.payer, _MOVEMENTS.desc())
    )
    return [(account, party, name, number) for account, party, name, number in connection.execute(query)]


def texts(connection: Connection) -> list[tuple[str, str, str, str, int]]:
    """What people matched by its texts: the kind of mask, the mask, whose items were paid, the party's name, how often."""
    query = (
        select(matches.c.mask, match_items.c.party, func.max(match_items.c.name), _MOVEMENTS)
        .join(match_items, match_items.c.match == matches.c.n)
        .where(matches.c.decided_by.is_not(None), matches.c.rule == PERSON, matches.c.decision == "matched",
               match_items.c.party != "")
        .group_by(matches.c.mask, match_items.c.party)
        .order_by(matches.c.mask)
    )  # fmt: skip
    rows = [(*mask.partition("|")[::2], party, name, n) for mask, party, name, n in connection.execute(query)]
    return [row for row in rows if row[0] in ("foreign", "naming")]


def habits(connection: Connection) -> list[tuple[str, str, int]]:
    """What people booked, and where: what it looks like, ledger account, how often."""
    query = (
        select(matches.c.mask, matches.c.postings, func.count())
        .where(matches.c.decided_by.is_not(None), matches.c.rule == PERSON, matches.c.decision == "booked")
        .group_by(matches.c.mask, matches.c.postings)
        .order_by(matches.c.mask)
    )
    found: dict[tuple[str, str], int] = {}
    for mask, postings, number in connection.execute(query):
        for account in {posting[1] for posting in json.loads(postings or "[]")}:
            found[mask, account] = found.get((mask, account), 0) + number
    return [(mask, account, number) for (mask, account), number in found.items()]


def against(connection: Connection) -> list[tuple[str, str, int]]:
    """What people took back of what history alone had decided: payer or habit, of which account or look, how often."""
    told = []
    for kind, rule, of in (("payer", "known_payer", matches.c.payer), ("habit", "habits", matches.c.mask)):
        query = select(of, func.count()).where(taken_back(rule), of.is_not(None)).group_by(of)
        told += [(kind, name, number) for name, number in connection.execute(query)]
    return told


def taken(connection: Connection, account: str | None, limit: int = LIMIT) -> list[Mapping[str, Any]]:
    """The statements that were taken and count, by account, newest first."""
    query = select(statements).join(arrivals, arrivals.c.id == statements.c.arrival)
    query = query.where(stands())
    query = query.order_by(statements.c.account, statements.c.day.desc(), statements.c.n.desc())
    if account is not None:
        query = query.where(statements.c.account == account)
    return [dict(row._mapping) for row in connection.execute(query.limit(limit))]


def is_account(connection: Connection, account: str) -> bool:
    """Whether anything was booked to a ledger account by a match, or an item stood there that was paid."""
    posted_to = matches.c.postings.contains(json.dumps(account), autoescape=True)
    looked_for = (
        select(matches.c.n).where(posted_to),
        select(match_items.c.n).where(match_items.c.account == account),
    )
    return any(connection.execute(query.limit(1)).first() is not None for query in looked_for)


def ledger_accounts(connection: Connection) -> set[str]:
    """The ledger accounts that people have booked to, and those of items that were paid."""
    items = select(match_items.c.account).where(match_items.c.account.is_not(None)).distinct()
    return {
        *(account for _, account, _ in habits(connection)),
        *(row.account for row in connection.execute(items)),
    }


def accounts(connection: Connection) -> list[str]:
    """The accounts of which statements were taken, as these write them."""
    query = select(statements.c.account).join(arrivals, arrivals.c.id == statements.c.arrival).where(stands())
    return [row.account for row in connection.execute(query.distinct().order_by(statements.c.account))]


def _said(known: Case, row: MatchRow | None, bare: str) -> dict[str, Any]:
    """What the chain says of a decision: numbers of items and amounts, no names and no accounts of people."""
    if row is None:
        return {"decision": bare, "before": known.decision, "items": [each.number for each in known.items]}
    items = [{"number": each.number, "closed": each.closed} for each in row.items]
    return {"decision": row.decision, "before": known.decision, "items": items, "postings": row.postings}


def _values(row: MatchRow | None, bare: str) -> dict[str, Any]:
    if row is None:
        return {"decision": bare, "rule": None, "side": None, "teaches": 0, "postings": "", "evidence": ""}
    return values_of(row) | {"rule": PERSON, "teaches": int(row.decision == "matched")}


def _case(connection: Connection, row: Any) -> Case:
    values = row._mapping
    told = {name: values[name] for name in Case.__dataclass_fields__ if name in values}
    told |= {
        "id": case_id(row.arrival, row.position),
        "evidence": json.loads(row.evidence or "{}"),
        "proposals": json.loads(row.proposals or "[]"),
        "postings": [tuple(each) for each in json.loads(row.postings or "[]")],
        "items": items_of(connection, row.n),
    }
    return Case(**told)
