"""What people do to arrivals and deliveries. Each act is one transaction, signed with a name and a reason.

retry    do the step that failed again            replay   read and map the archived original again
resend   the same bytes once more                 release  a held one goes on as it is
reject   nothing of it goes on
repair   read it again with a correction laid over the original
lift     the engine may work again

The engine does the work at its next round; nothing here touches a place. UseError says why an act is not
possible. Approving is an act of its own kind: see `exchange.ledger.approving`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo

from sqlalchemy import Connection, delete, func, insert, select, update

from exchange.errors import UseError
from exchange.ledger import approving, overdue, queries, sending
from exchange.ledger.book import Ledger, Move, Writing
from exchange.ledger.chain import canonical
from exchange.ledger.rows import Arrival, Delivery
from exchange.ledger.schema import arrivals, deliveries, stops
from exchange.ledger.stages import AS_KNOWN, PAID_AGAIN

_UNSENT = ("ready", "held")
_UNDER_WAY = ("sending", "staged")
_REPAIRABLE = ("content", "broken", "empty")
_FRESH = {"crashes": 0, "attempts": 0, "failing_since": None, "next_try": None}


def retry(
    ledger: Ledger,
    arrival_id: str,
    *,
    actor: str,
    because: str,
    passed: str = "",
    zone: tzinfo | None = None,
) -> Arrival:
    """Do the failed step again: send held deliveries again, else read the file again; a waiting one at
    once. passed: the first day of execution that has passed of what is sent, where one has.
    """
    with ledger.signed(actor, because) as writing:
        arrival = queries.arrival(writing.connection, arrival_id)
        held = [each for each in queries.of_run(writing.connection, arrival) if each.stage == "held"]
        if held:
            days = overdue.passed(writing.connection, held, zone)
            overdue.check_named(days.values(), passed)
            fresh = {"attempts": 0, "failing_since": None, "next_try": None}
            moves = [
                Move(each.id, "held", fresh, {"passed": [days[each.id]]} if each.id in days else {})
                for each in held
            ]
            writing.move(deliveries, "ready", moves)
            if arrival.stage == "held":
                _go_on(writing, arrival)
        elif passed:
            raise UseError(
                f"Nothing of arrival {arrival.id} is held on its way out.", advice="Leave out --passed."
            )
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
            _read_again(writing, arrival, _FRESH, {"act": "retry"})
        return queries.arrival(writing.connection, arrival.id)


def release(ledger: Ledger, text: str, *, actor: str, because: str) -> Arrival:
    """Let a held arrival go on as it is: a duplicate, a new version, a known key; or a delivery in doubt as
    delivered.

    text: an arrival or one delivery. A file with errors cannot be released: there is nothing to send.
    """
    with ledger.signed(actor, because) as writing:
        arrival, doubtful = _held_ones(writing.connection, text)
        if doubtful:
            proof = canonical({"confirmed by": actor, "because": because})
            values = {"proof": proof, "delivered_at": writing.at}
            writing.move(deliveries, "delivered", [Move(each.id, "held", values) for each in doubtful])
            if arrival.stage == "held":
                _go_on(writing, arrival)
        elif arrival.stage == "duplicate" or arrival.hold in (
            "duplicate",
            "version",
            "key",
            "paid",
            "answer",
        ):
            lets = {"version": 0, "paid": PAID_AGAIN}.get(arrival.hold or "", AS_KNOWN)
            values = {**_FRESH, "forced": arrival.forced | lets}
            _read_again(writing, arrival, values, {"act": "release"})
        else:
            raise UseError(
                f"Arrival {arrival.id} is {arrival.stage} ({arrival.reason}) and cannot be released.",
                advice="Retry, repair or reject what is held.",
            )
        return queries.arrival(writing.connection, arrival.id)


def reject(ledger: Ledger, arrival_id: str, *, actor: str, because: str) -> Arrival:
    """Nothing of it goes on; deliveries not yet sent are withdrawn. What was delivered stays delivered."""
    with ledger.signed(actor, because) as writing:
        arrival = queries.arrival(writing.connection, arrival_id)
        if arrival.stage not in ("claimed", "held", "written", "approved"):
            raise UseError(f"Arrival {arrival.id} is {arrival.stage} and can no longer be rejected.")
        approving.void(writing, arrival, "The file was rejected.")
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
    with ledger.signed(actor, because) as writing:
        arrival = queries.arrival(writing.connection, arrival_id)
        if arrival.stage != "held" or arrival.hold not in _REPAIRABLE:
            raise UseError(
                f"Arrival {arrival.id} is {arrival.stage} and not held for errors in it, so it cannot be repaired.",
                advice="Look at `exchange show` for what can be done with it.",
            )
        forced = arrival.forced & AS_KNOWN  # other payments than those that were let pass may stand in it now
        values = {**_FRESH, "repaired": repaired, "run": arrival.run + 1, "forced": forced}
        facts = {"act": "repair", "run": arrival.run + 1, "repaired": repaired, "patch": list(patch)}
        _read_again(writing, arrival, values, facts)
        return queries.arrival(writing.connection, arrival.id)


def replay(ledger: Ledger, arrival_id: str, *, actor: str, because: str, force: bool = False) -> Arrival:
    """Read and map the archived original again, with the flow as it is now.

    Outputs whose bytes were delivered before are held and not sent a second time, unless force says to.
    """
    with ledger.signed(actor, because) as writing:
        arrival = queries.arrival(writing.connection, arrival_id)
        if arrival.stage not in ("done", "held", "rejected", "superseded", "duplicate"):
            raise UseError(
                f"Arrival {arrival.id} is {arrival.stage}; it can be replayed when that has come to an end.",
                advice="If nothing of it shall be sent as it is now, `exchange reject` it first, and replay it then.",
            )
        approving.void(writing, arrival, "The file was replayed.")
        _withdraw(writing, arrival)
        values = {**_FRESH, "run": arrival.run + 1, "forced": AS_KNOWN if force else 0}
        facts = {"act": "replay", "run": arrival.run + 1, "force": force}
        _read_again(writing, arrival, values, facts)
        return queries.arrival(writing.connection, arrival.id)


def resend(ledger: Ledger, delivery_id: str, *, actor: str, because: str) -> Delivery:
    """Send the bytes of a delivery once more, to the same place under the same name."""
    with ledger.signed(actor, because) as writing:
        old = queries.delivery(writing.connection, delivery_id)
        arrival = queries.arrival(writing.connection, old.arrival)
        if old.stage != "delivered" or arrival.stage != "done":
            raise UseError(
                f"Delivery {old.id} is {old.stage} and its arrival {arrival.stage}; it cannot be sent again.",
                advice="Resend what was delivered and is done; retry what is held.",
            )
        approving.void(writing, arrival, "A delivery was asked for once more.")
        new_id = ledger.new_id()
        _insert_copy(writing, old, new_id)
        writing.move(arrivals, "written", [Move(arrival.id, "done", {}, {"act": "resend", "resend": old.id})])
        return queries.delivery(writing.connection, new_id)


def lift(ledger: Ledger, stop: str, *, actor: str, because: str) -> None:
    """Take away what keeps the engine from working."""
    with ledger.signed(actor, because) as writing:
        if stop not in queries.stops(writing.connection):
            raise UseError(f"There is no stop {stop!r}.")
        writing.connection.execute(delete(stops).where(stops.c.name == stop))
        writing.append([("site", f"stop {stop} lifted", {})])


def _read_again(
    writing: Writing, arrival: Arrival, values: Mapping[str, object], facts: Mapping[str, object]
) -> None:
    """Back to where it is read; the event says by which act."""
    writing.move(arrivals, "claimed", [Move(arrival.id, arrival.stage, values, facts)])


def _hurry(writing: Writing, arrival: Arrival) -> None:
    writing.append([(arrival.id, "arrival hurried", {})])
    values = {"next_try": None, "failing_since": None, "attempts": 0}
    writing.connection.execute(update(arrivals).where(arrivals.c.id == arrival.id).values(values))


def _go_on(writing: Writing, arrival: Arrival) -> None:
    """From held back to where its deliveries are sent; an approval given for these very bytes still holds."""
    needed = arrival.approvals_needed
    enough = needed and len(approving.standing(writing.connection, arrival).given) >= needed
    writing.move(arrivals, "approved" if enough else "written", [Move(arrival.id, "held")])


def _held_ones(connection: Connection, text: str) -> tuple[Arrival, list[Delivery]]:
    """The arrival meant, and its deliveries in doubt (only the one meant when a delivery is named)."""
    found = connection.execute(select(deliveries.c.id).where(deliveries.c.id == text.upper())).scalar()
    if found is None:
        arrival = queries.arrival(connection, text)
        return arrival, [each for each in queries.of_run(connection, arrival) if each.hold == "doubt"]
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
    facts = sending.first_facts(row, queries.arrival(writing.connection, old.arrival).approvals_needed)
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
