"""What people do to arrivals and deliveries. Each act is one transaction, signed with a name and a reason.

retry    do the step that failed again            replay   read and map the archived original again
resend   the same bytes once more                 release  a held one goes on as it is
reject   nothing of it goes on                    approve  these very bytes may be sent
repair   read it again with a correction laid over the original
lift     the engine may work again

The engine does the work at its next round; nothing here touches a place. UseError says why an act is not
possible.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from exchange.errors import UseError
from exchange.ledger import queries, sending
from exchange.ledger.book import Ledger, Move, Writing
from exchange.ledger.chain import canonical
from exchange.ledger.rows import Arrival, Delivery, arrival_of
from exchange.ledger.schema import ENGINE, approvals, arrivals, deliveries, stops

_UNSENT = ("ready", "held")
_UNDER_WAY = ("sending", "staged")
_REPAIRABLE = ("content", "broken", "empty")
_FRESH = {"crashes": 0, "attempts": 0, "failing_since": None, "next_try": None}


def retry(ledger: Ledger, arrival_id: str, *, actor: str, because: str) -> Arrival:
    """Do the failed step again: send held deliveries again, else read the file again; a waiting one at
    once.
    """
    with _signed(ledger, actor, because) as writing:
        arrival = queries.arrival(writing.connection, arrival_id)
        held = [each for each in _of_run(writing.connection, arrival) if each.stage == "held"]
        if held:
            fresh = {"attempts": 0, "failing_since": None, "next_try": None}
            writing.move(deliveries, "ready", [Move(each.id, "held", fresh) for each in held])
            if arrival.stage == "held":
                _go_on(writing, arrival)
        elif arrival.stage == "claimed":
            _hurry(writing, arrival)
        elif arrival.stage != "held":
            raise UseError(
                f"Arrival {arrival.id} is {arrival.stage}; only a held or a waiting one can be retried.",
                advice="Use replay to read the original again, resend to send the same bytes again.",
            )
        elif arrival.hold in ("duplicate", "version", "same"):
            raise UseError(
                f"Arrival {arrival.id} is held: {arrival.reason}",
                advice="Release it or reject it, with a reason.",
            )
        else:
            writing.move(arrivals, "claimed", [Move(arrival.id, "held", _FRESH)])
        return queries.arrival(writing.connection, arrival.id)


def release(ledger: Ledger, text: str, *, actor: str, because: str) -> Arrival:
    """Let a held arrival go on as it is: a duplicate, a new version, a known key; or a delivery in doubt as
    delivered.

    text: an arrival or one delivery. A file with errors cannot be released: there is nothing to send.
    """
    with _signed(ledger, actor, because) as writing:
        arrival, doubtful = _held_ones(writing.connection, text)
        if doubtful:
            proof = canonical({"confirmed by": actor, "because": because})
            values = {"proof": proof, "delivered_at": writing.at}
            writing.move(deliveries, "delivered", [Move(each.id, "held", values) for each in doubtful])
            if arrival.stage == "held":
                _go_on(writing, arrival)
        elif arrival.stage == "duplicate" or arrival.hold in ("duplicate", "version", "key"):
            values = {**_FRESH, "forced": int(arrival.hold != "version")}
            writing.move(arrivals, "claimed", [Move(arrival.id, arrival.stage, values)])
        else:
            raise UseError(
                f"Arrival {arrival.id} is {arrival.stage} ({arrival.reason}) and cannot be released.",
                advice="Retry, repair or reject what is held.",
            )
        return queries.arrival(writing.connection, arrival.id)


def reject(ledger: Ledger, arrival_id: str, *, actor: str, because: str) -> Arrival:
    """Nothing of it goes on; deliveries not yet sent are withdrawn. What was delivered stays delivered."""
    with _signed(ledger, actor, because) as writing:
        arrival = queries.arrival(writing.connection, arrival_id)
        if arrival.stage not in ("claimed", "held", "written", "approved"):
            raise UseError(f"Arrival {arrival.id} is {arrival.stage} and can no longer be rejected.")
        _withdraw(writing, arrival)
        writing.move(
            arrivals,
            "rejected",
            [Move(arrival.id, arrival.stage, {"reason": f"{actor}: {because}", "manifested": 0})],
        )
        return queries.arrival(writing.connection, arrival.id)


def repair(
    ledger: Ledger,
    arrival_id: str,
    repaired: str,
    patch: Sequence[dict[str, object]],
    *,
    actor: str,
    because: str,
) -> Arrival:
    """Read a held arrival again from archived bytes with a repair laid over the original, which stays as it
    is.

    repaired: the hash of those bytes; patch: what was changed, for the books. Works with what was held for
    errors.
    """
    with _signed(ledger, actor, because) as writing:
        arrival = queries.arrival(writing.connection, arrival_id)
        if arrival.stage != "held" or arrival.hold not in _REPAIRABLE:
            raise UseError(
                f"Arrival {arrival.id} is {arrival.stage} and not held for errors in it, so it cannot be repaired.",
                advice="Look at `exchange show` for what can be done with it.",
            )
        values = {**_FRESH, "repaired": repaired, "run": arrival.run + 1}
        facts = {"run": arrival.run + 1, "repaired": repaired, "patch": list(patch)}
        writing.move(arrivals, "claimed", [Move(arrival.id, "held", values, facts)])
        return queries.arrival(writing.connection, arrival.id)


def replay(ledger: Ledger, arrival_id: str, *, actor: str, because: str, force: bool = False) -> Arrival:
    """Read and map the archived original again, with the flow as it is now.

    Outputs whose bytes were delivered before are held and not sent a second time, unless force says to.
    """
    with _signed(ledger, actor, because) as writing:
        arrival = queries.arrival(writing.connection, arrival_id)
        if arrival.stage not in ("done", "held", "rejected", "superseded", "duplicate"):
            raise UseError(
                f"Arrival {arrival.id} is {arrival.stage}; it can be replayed when that has come to an end."
            )
        _withdraw(writing, arrival)
        values = {**_FRESH, "run": arrival.run + 1, "forced": int(force)}
        facts = {"run": arrival.run + 1, "force": force}
        writing.move(arrivals, "claimed", [Move(arrival.id, arrival.stage, values, facts)])
        return queries.arrival(writing.connection, arrival.id)


def resend(ledger: Ledger, delivery_id: str, *, actor: str, because: str) -> Delivery:
    """Send the bytes of a delivery once more, to the same place under the same name."""
    with _signed(ledger, actor, because) as writing:
        old = queries.delivery(writing.connection, delivery_id)
        arrival = queries.arrival(writing.connection, old.arrival)
        if old.stage != "delivered" or arrival.stage != "done":
            raise UseError(
                f"Delivery {old.id} is {old.stage} and its arrival {arrival.stage}; it cannot be sent again.",
                advice="Resend what was delivered and is done; retry what is held.",
            )
        new_id = ledger.new_id()
        _insert_copy(writing, old, new_id)
        writing.move(arrivals, "written", [Move(arrival.id, "done", {}, {"resend": old.id})])
        return queries.delivery(writing.connection, new_id)


def approve(ledger: Ledger, arrival_id: str, *, actor: str, because: str) -> Arrival:
    """One person's approval of exactly the bytes, names and places that wait; with enough of them they are
    sent.
    """
    with _signed(ledger, actor, because) as writing:
        arrival = queries.arrival(writing.connection, arrival_id)
        if arrival.stage != "written" or not arrival.approvals_needed:
            raise UseError(f"Arrival {arrival.id} is {arrival.stage} and does not wait for approval.")
        said = statement(arrival, _of_run(writing.connection, arrival))
        if actor in approvers(writing.connection, arrival.id, said):
            raise UseError(
                f"{actor} has already approved this.", advice="Another person must approve it too."
            )
        row = {"arrival": arrival.id, "statement": said, "actor": actor, "at": writing.at}
        writing.connection.execute(insert(approvals), row)
        names = approvers(writing.connection, arrival.id, said)
        writing.append([(arrival.id, "arrival approval", {"statement": said, "given": len(names)})])
        if len(names) >= arrival.approvals_needed:
            writing.move(
                arrivals, "approved", [Move(arrival.id, "written", {}, {"statement": said, "by": names})]
            )
        return queries.arrival(writing.connection, arrival.id)


@dataclass(frozen=True, slots=True)
class Awaited:
    """An arrival that waits for approval: what it would send, and who has approved exactly that so far."""

    arrival: Arrival
    deliveries: Sequence[Delivery]
    given: Sequence[str]


def awaiting(connection: Connection) -> list[Awaited]:
    """What waits for approval, the longest waiting first."""
    here = (arrivals.c.stage == "written", arrivals.c.stage != "done", arrivals.c.approvals_needed > 0)
    rows = connection.execute(select(arrivals).where(*here).order_by(arrivals.c.id))
    result = []
    for arrival in map(arrival_of, rows):
        sent = _of_run(connection, arrival)
        result.append(Awaited(arrival, sent, approvers(connection, arrival.id, statement(arrival, sent))))
    return result


def lift(ledger: Ledger, stop: str, *, actor: str, because: str) -> None:
    """Take away what keeps the engine from working."""
    with _signed(ledger, actor, because) as writing:
        if stop not in queries.stops(writing.connection):
            raise UseError(f"There is no stop {stop!r}.")
        writing.connection.execute(delete(stops).where(stops.c.name == stop))
        writing.append([("site", f"stop {stop} lifted", {})])


def statement(arrival: Arrival, sent: Sequence[Delivery]) -> str:
    """The hash of what an approval covers: which bytes, how many documents, which totals, where to, by
    which flow.
    """
    lines = [
        [each.id, each.target, each.name, each.sha256, each.size, each.documents, each.totals]
        for each in sent
        if each.stage != "withdrawn"
    ]
    return hashlib.sha256(canonical([arrival.id, arrival.run, arrival.version, lines]).encode()).hexdigest()


def approvers(connection: Connection, arrival_id: str, said: str) -> list[str]:
    """Who has approved this very statement about an arrival."""
    query = select(approvals.c.actor).where(approvals.c.arrival == arrival_id, approvals.c.statement == said)
    return list(connection.scalars(query.order_by(approvals.c.at)))


@contextmanager
def _signed(ledger: Ledger, actor: str, because: str) -> Iterator[Writing]:
    if not actor.strip() or actor == ENGINE:
        raise UseError("Somebody must do this: a name is missing.")
    if not because.strip():
        raise UseError("A reason is missing.", advice="Say why, with --because.")
    with ledger.write(actor, because) as writing:
        yield writing


def _of_run(connection: Connection, arrival: Arrival) -> list[Delivery]:
    return [each for each in queries.deliveries(connection, arrival=arrival.id) if each.run == arrival.run]


def _hurry(writing: Writing, arrival: Arrival) -> None:
    writing.append([(arrival.id, "arrival hurried", {})])
    values = {"next_try": None, "failing_since": None, "attempts": 0}
    writing.connection.execute(update(arrivals).where(arrivals.c.id == arrival.id).values(values))


def _go_on(writing: Writing, arrival: Arrival) -> None:
    """From held back to where its deliveries are sent; an approval given for these very bytes still holds."""
    if arrival.approvals_needed:
        said = statement(arrival, _of_run(writing.connection, arrival))
        names = approvers(writing.connection, arrival.id, said)
        new = "approved" if len(names) >= arrival.approvals_needed else "written"
    else:
        new = "written"
    writing.move(arrivals, new, [Move(arrival.id, "held")])


def _held_ones(connection: Connection, text: str) -> tuple[Arrival, list[Delivery]]:
    """The arrival meant, and its deliveries in doubt (only the one meant when a delivery is named)."""
    found = connection.execute(select(deliveries.c.id).where(deliveries.c.id == text.upper())).scalar()
    if found is None:
        arrival = queries.arrival(connection, text)
        return arrival, [each for each in _of_run(connection, arrival) if each.hold == "doubt"]
    one = queries.delivery(connection, found)
    if one.hold != "doubt":
        raise UseError(
            f"Delivery {one.id} is {one.stage}, not in doubt.", advice="Retry it, or reject the arrival."
        )
    return queries.arrival(connection, one.arrival), [one]


def _withdraw(writing: Writing, arrival: Arrival) -> None:
    rows = queries.deliveries(writing.connection, arrival=arrival.id)
    moving = [each.id for each in rows if each.stage in _UNDER_WAY]
    if moving:
        raise UseError(
            f"Arrival {arrival.id} is being sent just now ({', '.join(moving)}).",
            advice="Look again in a minute.",
        )
    for stage in _UNSENT:
        writing.move(deliveries, "withdrawn", [Move(each.id, stage) for each in rows if each.stage == stage])


def _insert_copy(writing: Writing, old: Delivery, new_id: str) -> None:
    same_name = (deliveries.c.target == old.target, deliveries.c.name == old.name)
    copies = writing.connection.scalar(select(func.max(deliveries.c.copy)).where(*same_name)) or 0
    row = {name: getattr(old, name) for name in _COPIED}
    facts = {name: row[name] for name in sending.FACTS}
    [n] = writing.append([(new_id, "delivery ready", {**facts, "resend of": old.id})])
    fresh = {
        "id": new_id,
        "copy": copies + 1,
        "created_at": writing.at,
        "stage": "ready",
        "attempts": 0,
        "event": n,
    }
    writing.connection.execute(insert(deliveries), {**row, **fresh, "resend_of": old.id})


_COPIED = (
    "arrival",
    "run",
    "ord",
    "flow",
    "target",
    "target_index",
    "name",
    "sha256",
    "size",
    "documents",
    "totals",
)
