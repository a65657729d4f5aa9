"""What can be asked of the ledger. Each function is one question in a reading (or writing) transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, Table, func, null, select

from exchange.errors import UnknownNameError
from exchange.ledger import schema
from exchange.ledger.rows import (
    Arrival,
    Delivery,
    Document,
    Event,
    Sighting,
    StoredFinding,
    arrival_of,
    delivery_of,
)
from exchange.ledger.sightings import LOOK

LIMIT = 200
_SHORTEST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A file that appeared at a source and its one disposition, with the reason and the arrival it became.

    stage: where that arrival stands.
    """

    flow: str
    name: str
    name_raw: bytes
    size: int | None
    first_seen: int
    present: bool
    disposition: str
    why: str
    arrival: str | None
    stage: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Everything the ledger knows of one arrival, in the order it happened."""

    arrival: Arrival
    sighting: Sighting | None
    events: list[Event]
    finding_counts: Mapping[tuple[str, str], int]
    findings: list[StoredFinding]
    deliveries: list[Delivery]
    kinds: Mapping[str, int]
    references: Mapping[str, str]

    @property
    def documents(self) -> int:
        """How many documents of all kinds: an order and the invoice that was made of it are two."""
        return sum(self.kinds.values())


def arrival(connection: Connection, text: str) -> Arrival:
    """The arrival with that identifier, or with an identifier that ends so (four characters or more)."""
    return arrival_of(_one(connection, schema.arrivals, text, "arrival"))


def delivery(connection: Connection, text: str) -> Delivery:
    """The delivery with that identifier, or with an identifier that ends so (four characters or more)."""
    return delivery_of(_one(connection, schema.deliveries, text, "delivery"))


def arrivals(
    connection: Connection,
    *,
    flow: str | None = None,
    stages: Collection[str] = (),
    since: int | None = None,
    limit: int | None = LIMIT,
) -> list[Arrival]:
    """Arrivals, newest first, all of them when there is no limit; since: claimed at or after that moment (milliseconds)."""
    query = _filtered(select(schema.arrivals), schema.arrivals, flow=flow, stages=stages)
    if since is not None:
        query = query.where(schema.arrivals.c.claimed_at >= since)
    rows = connection.execute(query.order_by(schema.arrivals.c.id.desc()).limit(limit))
    return [arrival_of(row) for row in rows]


def deliveries(
    connection: Connection,
    *,
    arrival: str | None = None,
    flow: str | None = None,
    stages: Collection[str] = (),
    since: int | None = None,
    limit: int = LIMIT,
) -> list[Delivery]:
    """Deliveries, newest first (those of one arrival: in their order); since: made at or after that
    moment.
    """
    query = _filtered(select(schema.deliveries), schema.deliveries, flow=flow, stages=stages)
    if since is not None:
        query = query.where(schema.deliveries.c.created_at >= since)
    if arrival is None:
        query = query.order_by(schema.deliveries.c.id.desc()).limit(limit)
    else:
        query = query.where(schema.deliveries.c.arrival == arrival).order_by(schema.deliveries.c.id)
    return [delivery_of(row) for row in connection.execute(query)]


def of_run(connection: Connection, arrival: Arrival) -> list[Delivery]:
    """The deliveries of an arrival's present run, in their order."""
    return [each for each in deliveries(connection, arrival=arrival.id) if each.run == arrival.run]


def flows(connection: Connection) -> set[str]:
    """The names of all flows that ever saw a file, or sent one; declared or not."""
    tables = (schema.arrivals, schema.sightings, schema.deliveries)
    return {row.flow for table in tables for row in connection.execute(select(table.c.flow).distinct())}


def counts(connection: Connection) -> dict[str, dict[str, int]]:
    """How many arrivals each flow has in each stage: flow → stage → number."""
    columns = (schema.arrivals.c.flow, schema.arrivals.c.stage)
    result: dict[str, dict[str, int]] = {}
    for flow, stage, number in connection.execute(select(*columns, func.count()).group_by(*columns)):
        result.setdefault(flow, {})[stage] = number
    return result


def waiting(connection: Connection) -> dict[str, int]:
    """How many files each flow sees at its source and has not taken: flow → number."""
    query = select(schema.sightings.c.flow, func.count().label("number")).where(
        schema.sightings.c.present == 1, schema.sightings.c.disposition == "waiting"
    )
    return {row.flow: row.number for row in connection.execute(query.group_by(schema.sightings.c.flow))}


def stuck(connection: Connection, *, limit: int = LIMIT) -> list[Seen]:
    """The files that lie at a source and that nothing but a person brings on: too big, too small, empty, unreadable."""
    table = schema.sightings
    asks = (table.c.disposition == "waiting") & table.c.why.contains(LOOK, autoescape=True)
    here = (table.c.present == 1, (table.c.disposition == "unreadable") | asks)
    none = select(table, null().label("stage"), null().label("reason"))
    return [_seen(row) for row in connection.execute(none.where(*here).order_by(table.c.n).limit(limit))]


def seen(
    connection: Connection,
    *,
    flow: str | None = None,
    disposition: str | None = None,
    since: int | None = None,
    limit: int = LIMIT,
) -> list[Seen]:
    """Every file that appeared, newest first, each with its one disposition.

    Dispositions: waiting, ignored, unreadable, gone, taken, held, rejected, duplicate, superseded.
    """
    query = (
        select(schema.sightings, schema.arrivals.c.stage, schema.arrivals.c.reason)
        .join(schema.arrivals, schema.sightings.c.arrival == schema.arrivals.c.id, isouter=True)
        .order_by(schema.sightings.c.n.desc())
    )
    if flow is not None:
        query = query.where(schema.sightings.c.flow == flow)
    if since is not None:
        query = query.where(schema.sightings.c.first_seen >= since)
    if disposition in _FROM_STAGE:
        query = query.where(schema.arrivals.c.stage == disposition)
    elif disposition == "taken":
        query = query.where(schema.arrivals.c.stage.not_in(_FROM_STAGE))
    elif disposition is not None:
        query = query.where(schema.sightings.c.disposition == disposition)
    return [_seen(row) for row in connection.execute(query.limit(limit))]


_FROM_STAGE = ("held", "rejected", "duplicate", "superseded")


def _seen(row: Any) -> Seen:
    aside = row.stage in _FROM_STAGE
    return Seen(
        flow=row.flow,
        name=row.name,
        name_raw=row.name_raw,
        size=row.size,
        first_seen=row.first_seen,
        present=bool(row.present),
        disposition=row.stage if aside else row.disposition,
        why=row.reason or row.why if aside else row.why,
        arrival=row.arrival,
        stage=row.stage,
    )


def findings(
    connection: Connection, *, arrival: str | None = None, flow: str | None = None, limit: int = LIMIT
) -> list[StoredFinding]:
    """Findings as kept: of one arrival in their order, else the newest arrivals' first."""
    query = select(schema.findings)
    if flow is not None:
        query = query.join(schema.arrivals).where(schema.arrivals.c.flow == flow)
    if arrival is None:
        query = query.order_by(schema.findings.c.arrival.desc(), schema.findings.c.n)
    else:
        query = query.where(schema.findings.c.arrival == arrival).order_by(schema.findings.c.n)
    return [StoredFinding(**row._mapping) for row in connection.execute(query.limit(limit))]


def finding_counts(connection: Connection, arrival: str) -> dict[tuple[str, str], int]:
    """How many findings an arrival has, kept or not: (severity, code) → number."""
    table = schema.finding_counts
    rows = connection.execute(
        select(table).where(table.c.arrival == arrival).order_by(table.c.severity, table.c.code)
    )
    return {(row.severity, row.code): row._mapping["count"] for row in rows}


def documents(
    connection: Connection,
    *,
    arrival: str | None = None,
    kind: str | None = None,
    key: str | None = None,
    limit: int = LIMIT,
) -> list[Document]:
    """Documents that went through, in the order of their arrivals and lines."""
    wanted = {"arrival": arrival, "kind": kind, "key": key}
    query = select(schema.documents).order_by(schema.documents.c.n).limit(limit)
    for name, value in wanted.items():
        if value is not None:
            query = query.where(schema.documents.c[name] == value)
    return [Document(**row._mapping) for row in connection.execute(query)]


def events(
    connection: Connection, subjects: Collection[str] = (), *, limit: int | None = None
) -> list[Event]:
    """Links of the chain, oldest first: those of some arrivals and deliveries, or the last ones of all."""
    if subjects:
        query = select(schema.events).where(schema.events.c.subject.in_(subjects)).order_by(schema.events.c.n)
        return [Event(**row._mapping) for row in connection.execute(query.limit(limit))]
    query = select(schema.events).order_by(schema.events.c.n.desc()).limit(limit or LIMIT)
    return [Event(**row._mapping) for row in connection.execute(query)][::-1]


def stops(connection: Connection) -> dict[str, str]:
    """What keeps the engine from working until a person lifts it: name → reason."""
    return {
        row.name: row.reason for row in connection.execute(select(schema.stops).order_by(schema.stops.c.name))
    }


def troubles(connection: Connection) -> dict[str, tuple[str, int]]:
    """Flows whose last round failed as a whole (source not reachable, disk full): flow → reason, since
    when.
    """
    return {row.flow: (row.reason, row.since) for row in connection.execute(select(schema.troubles))}


def story(connection: Connection, text: str) -> Story:
    """Everything about one arrival; the text as for `arrival`."""
    row = arrival(connection, text)
    sent = deliveries(connection, arrival=row.id)
    sighting = connection.execute(
        select(schema.sightings)
        .where(schema.sightings.c.arrival == row.id)
        .order_by(schema.sightings.c.n)
        .limit(1)
    ).first()
    kind = schema.documents.c.kind
    kinds = connection.execute(
        select(kind, func.count().label("number"))
        .where(schema.documents.c.arrival == row.id)
        .group_by(kind)
        .order_by(func.min(schema.documents.c.n))
    )
    table = schema.references
    used = connection.execute(
        select(table).where(table.c.arrival == row.id, table.c.run == row.run).order_by(table.c.name)
    )
    return Story(
        arrival=row,
        sighting=Sighting(**sighting._mapping) if sighting else None,
        events=events(connection, [row.id, *(each.id for each in sent)]),
        finding_counts=finding_counts(connection, row.id),
        findings=findings(connection, arrival=row.id, limit=1_000),
        deliveries=sent,
        kinds={each.kind: each.number for each in kinds},
        references={each.name: each.hash for each in used},
    )


def _filtered(query: Select[Any], table: Table, *, flow: str | None, stages: Collection[str]) -> Select[Any]:
    if flow is not None:
        query = query.where(table.c.flow == flow)
    if stages:
        query = query.where(table.c.stage.in_(stages))
    return query


def _one(connection: Connection, table: Table, text: str, noun: str) -> Any:
    """The row whose identifier is, or ends with, the text; exactly one, or an error that lists the
    candidates.
    """
    wanted = text.upper()
    row = connection.execute(select(table).where(table.c.id == wanted)).first()
    if row is not None:
        return row
    ending = table.c.id.endswith(wanted, autoescape=True)
    rows = connection.execute(select(table).where(ending).limit(5)).all() if len(wanted) >= _SHORTEST else []
    if len(rows) == 1:
        return rows[0]
    if rows:
        names = ", ".join(each.id for each in rows)
        raise UnknownNameError(
            f"{text!r} is the ending of more than one {noun}: {names}.", advice="Give more of it."
        )
    other = schema.deliveries if table is schema.arrivals else schema.arrivals
    meant = connection.execute(
        select(other).where(other.c.id.endswith(wanted, autoescape=True)).limit(1)
    ).first()
    if meant is not None and len(wanted) >= _SHORTEST:
        raise UnknownNameError(_of_the_other(connection, meant, text, noun))
    raise UnknownNameError(
        f"There is no {noun} {text!r}.",
        advice=f"Give its identifier, or at least the last {_SHORTEST} characters of it.",
    )


def _of_the_other(connection: Connection, meant: Any, text: str, noun: str) -> str:
    """Where an arrival is asked for and a delivery was named, or the other way round: which ones belong to it."""
    if noun == "arrival":
        return f"{text!r} is a delivery ({meant.name}); here its arrival is asked for: {meant.arrival}."
    sent = deliveries(connection, arrival=meant.id)
    names = ", ".join(f"{each.id} ({each.name})" for each in sent) or "there is none"
    return f"{text!r} is an arrival ({meant.name}); here one of its deliveries is asked for: {names}."
