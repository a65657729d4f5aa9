"""Approval by several people: what exactly is approved, by whom, and what makes it void.

An approval covers a **statement**: which bytes under which names go to which places, their totals, by which version of
the flow. Its text is kept under its hash, so that everybody can read later what was approved. People approve hashes; the
gate before sending counts the people who approved the hash of what would be sent at that very moment.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, tzinfo
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from exchange import clock
from exchange.declare.site import Approver
from exchange.errors import UseError
from exchange.ledger import bulk, chain, limits, orders, overdue, payees, queries
from exchange.ledger.book import Ledger, Move, Writing
from exchange.ledger.chain import canonical
from exchange.ledger.limits import Orders
from exchange.ledger.payees import Strangers
from exchange.ledger.rows import Arrival, Delivery, arrival_of
from exchange.ledger.schema import ENGINE, approvals, arrivals, events, statements, voids

CHANGED = "The declarations of the flow have changed since the results were made. Reject the file, replay it, and have it approved anew."
OTHER = "What was approved is not what would be sent now."
_ACTS = {
    "release": "released this file",
    "replay": "had this file read again",
    "retry": "had this file read again",
    "repair": "repaired this file",
    "resend": "asked for it to be sent again",
}
"""What a person did who may not approve the same file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Who may approve what. approvers: by name; None lets everybody; version: of the flow as declared now."""

    approvers: Mapping[str, Approver] | None = None
    zone: tzinfo | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """An arrival before its approval. said: the hash of the statement; text: what it says; given: who has approved
    exactly that; strangers: new and changed accounts of payees; suppliers: who may not, and what each of them did.
    """

    arrival: Arrival
    deliveries: Sequence[Delivery]
    said: str
    text: str
    given: Sequence[str]
    strangers: Strangers
    suppliers: Mapping[str, str] = field(default_factory=dict)

    def orders(self, connection: Connection) -> Orders:
        """What would still leave, by account and currency."""
        return orders.of_deliveries(connection, self.leaving)

    @property
    def leaving(self) -> Sequence[Delivery]:
        """What is not sent yet."""
        return [each for each in self.deliveries if each.stage not in ("delivered", "withdrawn")]


def standing(connection: Connection, arrival: Arrival) -> Standing:
    """What an approval of the arrival would cover now, and who has given one."""
    sent = [each for each in queries.of_run(connection, arrival) if each.stage != "withdrawn"]
    covered = {
        "arrival": arrival.id,
        "run": arrival.run,
        "version": arrival.version,
        "deliveries": [{name: getattr(each, name) for name in _BOUND} for each in sent],
    }
    strangers = payees.strangers(connection, [each.id for each in sent])
    text = canonical(covered | _told(strangers))
    said = hashlib.sha256(text.encode()).hexdigest()
    given = _approvers(connection, arrival.id, said)
    return Standing(arrival, sent, said, text, given, strangers, suppliers(connection, arrival.id))


def _told(strangers: Strangers) -> dict[str, object]:
    """What a statement says of accounts that are new or changed; nothing where there are none."""
    first = [
        [each.name, each.account, list(each.before), *([list(each.others)] if each.others else [])]
        for each in strangers.first
    ]
    return {"new accounts": strangers.count, "payees": first} if strangers.count else {}


_BOUND = ("id", "target", "name", "sha256", "size", "documents", "totals")
"""What a statement says of each delivery."""


def suppliers(connection: Connection, arrival_id: str) -> dict[str, str]:
    """The people through whom a file came to be sent, each with what was done: they do not approve it."""
    mine = (events.c.subject == arrival_id, events.c.actor != ENGINE)
    acts = events.c.what.in_(("arrival claimed", "arrival written"))
    rows = connection.execute(
        select(events.c.actor, events.c.what, events.c.data).where(*mine, acts).order_by(events.c.n)
    )
    found = {}
    for actor, what, data in rows:
        act = supplied(what, chain.facts(data))
        if act:
            found[actor] = act
    return found


def supplied(what: str, facts: Mapping[str, Any]) -> str | None:
    """What a person's event about an arrival did to let it in; None when it did not."""
    act = facts.get("act", "resend" if "resend" in facts else "")
    if what == "arrival claimed":
        return _ACTS.get(act, "let this file in")
    return _ACTS["resend"] if what == "arrival written" and act == "resend" else None


def person(actor: str) -> str:
    """Whom a name means: spelling it with other capitals does not make another person."""
    return unicodedata.normalize("NFKC", actor).strip().casefold()


def approve(
    ledger: Ledger,
    arrival_id: str,
    *,
    actor: str,
    because: str,
    rules: Rules = Rules(),
    statement: str = "",
    passed: str = "",
) -> Arrival:
    """One person's approval of exactly what waits to be sent; with enough of them it is sent.

    statement: the beginning of the hash that was shown, when it must still be the same; passed: the first day of
    execution that has passed, where one has. UseError says why not.
    """
    with ledger.signed(actor, because) as writing:
        connection = writing.connection
        arrival = queries.arrival(connection, arrival_id)
        if arrival.stage != "written" or not arrival.approvals_needed:
            raise UseError(f"Arrival {arrival.id} is {arrival.stage} and does not wait for approval.")
        now = standing(connection, arrival)
        _check_person(now, actor, rules)
        _check_sameness(now, rules, statement)
        days = sorted({*overdue.passed(connection, now.leaving, rules.zone).values()})
        overdue.check_named(days, passed)
        leaving = now.orders(connection)
        sums = leaving.sums()
        _check_limits(connection, now, leaving, actor, rules)
        void(writing, arrival, OTHER, but=now.said)
        bulk.put(
            connection,
            statements,
            [{"hash": now.said, "arrival": arrival.id, "text": now.text}],
            unless_there=True,
        )
        amounts = canonical({currency: str(total) for currency, total in sums.items()})
        row = {"arrival": arrival.id, "statement": now.said, "actor": actor, "at": writing.at}
        bulk.put(connection, approvals, [row | {"amounts": amounts}])
        names = _approvers(connection, arrival.id, now.said)
        facts = {"statement": now.said, "given": len(names), "amounts": chain.facts(amounts)}
        knowing = {"passed": days} if days else {}
        writing.append([(arrival.id, "arrival approval", facts | knowing)])
        if len(names) >= arrival.approvals_needed:
            facts = {"statement": now.said, "by": names}
            writing.move(arrivals, "approved", [Move(arrival.id, "written", {}, facts)])
        return queries.arrival(connection, arrival.id)


def _check_person(now: Standing, actor: str, rules: Rules) -> None:
    """Whether this person may approve at all."""
    me = person(actor)
    did = next((act for name, act in now.suppliers.items() if person(name) == me), None)
    if did is not None:
        raise UseError(
            f"{actor} has {did} and so cannot approve it.", advice="Another person must approve it."
        )
    if rules.approvers is not None and me not in map(person, rules.approvers):
        raise UseError(
            f"{actor} is not among the approvers of this site.",
            advice="A person named under `approvers` in exchange.yaml must approve it.",
        )
    if me in map(person, now.given):
        raise UseError(f"{actor} has already approved this.", advice="Another person must approve it too.")


def _check_sameness(now: Standing, rules: Rules, statement: str) -> None:
    """Whether what is approved is what was shown, and what the flow would make today."""
    if not now.said.startswith(statement):
        raise UseError(
            "What waits is not what was shown.", advice="Look at it again: exchange approve ID --show."
        )
    if rules.version is not None and rules.version != now.arrival.version:
        raise UseError(CHANGED)


def blocked(now: Standing, rules: Rules) -> str | None:
    """Why nobody at all can approve what waits; None where somebody may be left who can."""
    if rules.version is not None and rules.version != now.arrival.version:
        return CHANGED
    done = {person(name) for name in (*now.given, *now.suppliers)}
    left = {person(name) for name in rules.approvers or ()} - done
    missing = now.arrival.approvals_needed - len(now.given)
    if rules.approvers is None or len(left) >= missing:
        return None
    return f"{len(left)} of the approvers in exchange.yaml may still approve it, and {missing} must. Name more, or reject the file."


def _check_limits(connection: Connection, now: Standing, leaving: Orders, actor: str, rules: Rules) -> None:
    """Whether the sums are within what this person may approve."""
    mine = next(
        (each for name, each in (rules.approvers or {}).items() if person(name) == person(actor)), None
    )
    if mine is None:
        return
    today = approved_today(connection, actor, rules.zone)
    objection = limits.objection(mine, now.arrival.flow, leaving, today)
    if objection is not None:
        raise UseError(f"{actor} cannot approve this: {objection}", advice="Another person must approve it.")


def approved_today(connection: Connection, actor: str, zone: tzinfo | None) -> dict[str, Decimal]:
    """What a person has approved since the day began: currency → sum. What became void does not count."""
    day = clock.now().astimezone(zone).date()
    begin = int(datetime.combine(day, time.min, zone).timestamp() * 1000)
    void = select(voids.c.statement).where(voids.c.statement == approvals.c.statement).exists()
    rows = connection.execute(
        select(approvals.c.actor, approvals.c.amounts).where(approvals.c.at >= begin, ~void)
    )
    sums: dict[str, Decimal] = {}
    for name, amounts in rows:
        if person(name) == person(actor):
            for currency, total in chain.facts(amounts).items():
                sums[currency] = sums.get(currency, Decimal()) + Decimal(total)
    return sums


def void(writing: Writing, arrival: Arrival, why: str, *, but: str = "") -> None:
    """Approvals that were given for what is not sent yet count no more; an event says why. What has been sent stays
    approved. but: the statement that still holds.
    """
    if arrival.stage not in ("written", "approved", "held"):
        return
    connection = writing.connection
    stages = {each.id: each.stage for each in queries.of_run(connection, arrival)}
    for said, text in _standing_statements(connection, arrival.id):
        named = {stages.get(each["id"]) for each in chain.facts(text)["deliveries"]}
        names = _approvers(connection, arrival.id, said)
        if said == but or not names or named <= {"delivered", "withdrawn", None}:
            continue
        [n] = writing.append(
            [(arrival.id, "arrival approval void", {"statement": said, "by": names, "say": why})]
        )
        if "delivered" not in named:
            bulk.put(connection, voids, [{"statement": said, "arrival": arrival.id, "event": n}])


def _standing_statements(connection: Connection, arrival_id: str) -> list[tuple[str, str]]:
    """What was approved of an arrival and is not void: the hash and the text of each statement."""
    void = select(voids.c.event).where(voids.c.statement == statements.c.hash).exists()
    query = select(statements.c.hash, statements.c.text).where(statements.c.arrival == arrival_id, ~void)
    return [(said, text) for said, text in connection.execute(query)]


@dataclass(frozen=True, slots=True)
class Gate:
    """What the gate says before an arrival is sent. facts: what stands in the events of what passes."""

    objection: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict)


def gate(writing: Writing, arrival: Arrival, version: str) -> Gate:
    """Whether what was approved is exactly what would be sent, by a flow that is declared as it was then."""
    if not arrival.approvals_needed:
        return Gate()
    now = standing(writing.connection, arrival)
    why = None
    if arrival.version != version:
        why = CHANGED
    elif len(now.given) < arrival.approvals_needed:
        why = OTHER
    if why is not None:
        void(writing, arrival, why)
        return Gate(why)
    return Gate(None, {"statement": now.said, "by": list(now.given)})


def awaiting(connection: Connection) -> list[Standing]:
    """What waits for approval, the longest waiting first."""
    here = (arrivals.c.stage == "written", arrivals.c.stage != "done", arrivals.c.approvals_needed > 0)
    rows = connection.execute(select(arrivals).where(*here).order_by(arrivals.c.id)).all()
    return [standing(connection, arrival_of(row)) for row in rows]


def _approvers(connection: Connection, arrival_id: str, said: str) -> list[str]:
    """Who has approved this very statement, which is not void; nobody through whom the file came counts."""
    if connection.execute(select(voids.c.event).where(voids.c.statement == said)).first():
        return []
    query = select(approvals.c.actor).where(approvals.c.arrival == arrival_id, approvals.c.statement == said)
    names = list(connection.scalars(query.order_by(approvals.c.at)))
    barred = {person(name) for name in suppliers(connection, arrival_id)} if names else set()
    return [name for name in names if person(name) not in barred]
