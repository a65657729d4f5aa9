"""Bringing results to their targets: at most once, whole, and with proof.

    ready      the bytes are in the archive
    sending    the temporary name is in the ledger; the final name cannot exist yet
    (staged)   whole and synced under the temporary name at the target
    witness    one synced line beside the ledger: this is going to be published
    staged     in the ledger; from here on only a look at the target tells
    (rename)   the one step that publishes
    delivered  with proof

After a crash `sending` begins again under a new temporary name, `staged` looks: the temporary name is the
commit record, because only our own rename takes it away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import update

from exchange import backoff, clock
from exchange.archive import ArchiveError, Store
from exchange.bound import BoundFlow, BoundTarget
from exchange.errors import InDoubtError, LedgerError, RefusedError, TransportError
from exchange.hands import Hands
from exchange.ledger import Ledger, Move, Writing, approving, chain, overdue, sending
from exchange.ledger.book import milliseconds
from exchange.ledger.chain import canonical
from exchange.ledger.rows import Delivery
from exchange.ledger.schema import deliveries
from exchange.transports.contract import NameTakenError, Target, settle

BATCH = 200
"""How many deliveries go together: they share syncs and commits."""
_CALM = {"attempts": 0, "failing_since": None, "next_try": None}


@dataclass(frozen=True, slots=True)
class Held:
    """A person must look: the kind of hold and a sentence."""

    hold: str
    reason: str


@dataclass(frozen=True, slots=True)
class Later:
    """Another attempt is worth it; a sentence why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Again:
    """What lies at the target under the temporary name is not whole, or must not be published: it is removed when it is staged again."""


@dataclass(frozen=True, slots=True)
class Publish:
    """It is staged and not yet published."""


@dataclass(frozen=True, slots=True)
class Proof:
    """It lies at the target, or was taken there; what shows it."""

    facts: Mapping[str, object]


Result = Held | Later | Again | Publish | Proof | TransportError
Place = tuple[BoundTarget, Hands[Target]]


def send(ledger: Ledger, store: Store, flow: BoundFlow, places: Mapping[str, Place]) -> tuple[int, int]:
    """Send what waits and may go, as far as it gets now: how many deliveries were looked at, and how many are delivered."""
    with ledger.read() as connection:
        waiting = sending.waiting(connection, flow.name, milliseconds(), BATCH)
    by_target: dict[str, list[Delivery]] = {}
    for row, _ in waiting:
        by_target.setdefault(row.target, []).append(row)
    delivered = 0
    for where, rows in by_target.items():
        if where in places:
            delivered += _send_to(ledger, store, places[where], rows, flow)
        else:
            _refuse(ledger, rows, Held("world", f"The flow no longer has the target {where}."))
    return len(waiting), delivered


def _send_to(ledger: Ledger, store: Store, place: Place, rows: Sequence[Delivery], flow: BoundFlow) -> int:
    """The deliveries of one place; how many of them are delivered."""
    target, hands = place
    doubtful = [row for row in rows if row.stage == "staged"]
    decided = hands.each(doubtful, lambda end, row: _look(end, target, row))
    with ledger.read() as connection:
        late = overdue.objections(connection, doubtful, flow.zone)
    results: list[tuple[Delivery, Result]] = [
        (row, Again() if row.id in late and isinstance(result, Publish) else result)
        for row, result in zip(doubtful, decided, strict=True)
    ]
    fresh = _begin(ledger, hands, [row for row in rows if row.stage != "staged"], flow)
    staged = hands.each(fresh, lambda end, row: _stage(end, store, row))
    results += _witnessed(ledger, store, fresh, staged)
    to_publish = [row for row, result in results if isinstance(result, Publish)]
    published = hands.each(to_publish, lambda end, row: _publish(end, target, row))
    others = [(row, result) for row, result in results if not isinstance(result, Publish)]
    results = [*others, *zip(to_publish, published, strict=True)]
    with ledger.write() as writing:
        _enter_all(writing, results)
    # only now: a temporary file that is gone means that it was published, as long as nothing else is written
    hands.each(
        [row for row, result in results if isinstance(result, Held) and result.hold == "name"], _discard
    )
    return sum(isinstance(result, Proof) for _, result in results)


def _begin(ledger: Ledger, hands: Hands[Target], rows: Sequence[Delivery], flow: BoundFlow) -> list[Delivery]:
    """Enter the temporary names of what may be sent, after removing what earlier attempts have left.

    What people have approved must have been made by the declarations of the flow as they are.
    """
    left = [row for row in rows if row.tmp is not None]
    removed = dict(zip((row.id for row in left), hands.each(left, _discard), strict=True))
    with ledger.write() as writing:
        now = {
            row.id: (row, arrival)
            for row, arrival in sending.these(writing.connection, [row.id for row in rows])
        }
        owners = {arrival.id: arrival for _, arrival in now.values()}
        gates = {id_: approving.gate(writing, arrival, flow.version_hash) for id_, arrival in owners.items()}
        late = overdue.objections(writing.connection, [row for row, _ in now.values()], flow.zone)
        chosen = []
        for row in rows:
            present, arrival = now[row.id]
            result = removed.get(row.id) or _objection(gates[arrival.id], late.get(row.id))
            if present.stage != row.stage:
                continue  # a person has withdrawn it in this instant
            if result is None:
                chosen.append(row)
            else:
                _enter(writing, row, result)
        writing.move(
            deliveries, "ready", [Move(row.id, "sending") for row in chosen if row.stage == "sending"]
        )
        names = {row.id: f".{row.id}-{row.attempts + 1}.part" for row in chosen}
        moves = [
            Move(
                row.id,
                "ready",
                {"tmp": names[row.id], "attempts": row.attempts + 1},
                gates[row.arrival].facts,
            )
            for row in chosen
        ]
        writing.move(deliveries, "sending", moves)
    return [
        replace(row, stage="sending", tmp=names[row.id], attempts=row.attempts + 1, reason=None)
        for row in chosen
    ]


def _objection(gate: approving.Gate, late: str | None) -> Held | None:
    """Why something must not be sent: its approvals do not stand, or a day of it has passed that nobody has named."""
    if gate.objection:
        return Held("approval", gate.objection)
    return Held("passed", late) if late else None


def _stage(end: Target, store: Store, row: Delivery) -> Publish | Held:
    """Write one file under its temporary name; the bytes are checked on their way."""
    path = store.archive.path(row.sha256)
    try:
        with path.open("rb") as stream:
            staged = end.stage(_tmp(row), stream, row.size)
    except FileNotFoundError:
        return Held("archive", f"The archived result {row.sha256} is missing.")
    if (staged.sha256, staged.size) != (row.sha256, row.size):
        end.discard(_tmp(row))
        return Held(
            "archive", f"The archived bytes are not those of {row.sha256} any more; nothing was sent."
        )
    return Publish()


def _witnessed(
    ledger: Ledger, store: Store, rows: Sequence[Delivery], results: Sequence[Publish | Held | TransportError]
) -> list[tuple[Delivery, Result]]:
    """What was staged, first in the witness journal, then in the ledger; the rest as it is."""
    paired: list[tuple[Delivery, Result]] = list(zip(rows, results, strict=True))
    staged = [row for row, result in paired if isinstance(result, Publish)]
    if not staged:
        return paired
    with ledger.read() as connection:
        head = chain.head(connection)
    try:
        store.witness.append(clock.now(), [_witness(row, head) for row in staged])
    except ArchiveError as error:
        failed = TransportError(error.message, advice=error.advice)
        return [(row, failed if isinstance(result, Publish) else result) for row, result in paired]
    with ledger.write() as writing:
        writing.move(deliveries, "staged", [Move(row.id, "sending") for row in staged])
    return [
        (replace(row, stage="staged") if isinstance(result, Publish) else row, result)
        for row, result in paired
    ]


def _publish(end: Target, target: BoundTarget, row: Delivery) -> Result:
    """Give one file its final name. When that fails, look whether it happened after all."""
    try:
        end.publish(_tmp(row), row.name.encode())
    except NameTakenError as error:
        return Held("name", str(error))
    except TransportError as error:
        result = _look(end, target, row)
        return Later(str(error)) if isinstance(result, Publish) else result
    return Proof({"published": row.name, "sha256": row.sha256, "size": row.size})


def _look(end: Target, target: BoundTarget, row: Delivery) -> Proof | Held | Publish | Again:
    """What became of a file that was staged when we last knew."""
    presence = end.look(_tmp(row), row.name.encode(), row.size, row.sha256)
    settlement = settle(presence, consumes=target.consumes, money=target.money)
    if settlement.discard_tmp:
        end.discard(_tmp(row))
    if settlement.act == "delivered":
        facts = {
            "found": settlement.reason,
            "tmp": presence.tmp,
            "final": presence.final,
            "sha256": row.sha256,
        }
        return Proof(facts)
    if settlement.act == "hold":
        return Held("doubt", settlement.reason)
    if settlement.act == "stage":
        return Again()
    return Publish()


def _discard(end: Target, row: Delivery) -> None:
    end.discard(_tmp(row))


def _tmp(row: Delivery) -> bytes:
    if row.tmp is None:
        raise LedgerError(f"Delivery {row.id} is {row.stage} without a temporary name.")
    return row.tmp.encode()


def _witness(row: Delivery, head: tuple[int, str]) -> dict[str, object]:
    facts = {name: getattr(row, name) for name in ("arrival", "target", "name", "sha256", "size")}
    return {"delivery": row.id, **facts, "at": milliseconds(), "events": head[0], "hash": head[1]}


def _refuse(ledger: Ledger, rows: Sequence[Delivery], held: Held) -> None:
    with ledger.write() as writing:
        for present, _ in sending.these(writing.connection, [row.id for row in rows]):
            if present.stage in sending.PENDING:
                _enter(writing, present, held)


def _enter_all(writing: Writing, results: Sequence[tuple[Delivery, Result]]) -> None:
    """Enter what came of deliveries, those with proof together."""
    proven = [(row, result.facts) for row, result in results if isinstance(result, Proof)]
    moves = [
        Move(row.id, row.stage, {**_CALM, "delivered_at": writing.at, "proof": canonical(facts)}, facts)
        for row, facts in proven
    ]
    writing.move(deliveries, "delivered", moves)
    for row, result in results:
        if not isinstance(result, Proof):
            _enter(writing, row, result)


def _enter(writing: Writing, row: Delivery, result: Result) -> None:
    """Enter what came of one delivery that has no proof."""
    if isinstance(result, Held):
        _hold(writing, row, result)
    elif isinstance(result, Again):
        writing.move(deliveries, "ready", [Move(row.id, row.stage)])
    elif isinstance(result, InDoubtError | RefusedError):
        is_unknown = isinstance(result, InDoubtError) or row.stage == "staged"
        _hold(writing, row, Held("doubt" if is_unknown else "world", str(result)))
    elif isinstance(result, Later | TransportError):
        _plan(writing, row, str(result) if isinstance(result, TransportError) else result.reason)


def _hold(writing: Writing, row: Delivery, held: Held) -> None:
    values = {**_CALM, "hold": held.hold, "reason": held.reason}
    facts = {"hold": held.hold, "reason": held.reason}
    writing.move(deliveries, "held", [Move(row.id, row.stage, values, facts)])


def _plan(writing: Writing, row: Delivery, reason: str) -> None:
    """Another attempt later, from where it stands; after a day of them a person must look."""
    since = row.failing_since or writing.at
    again = backoff.next_try(max(1, row.attempts), since=since, now=writing.at, salt=row.id)
    if again is None:
        hold = "doubt" if row.stage == "staged" else "world"
        _hold(writing, row, Held(hold, f"It has failed for a whole day. {reason}"))
        return
    attempts = row.attempts + (row.stage == "staged")
    writing.append([(row.id, "delivery waits", {"stage": row.stage, "reason": reason})])
    values = {"reason": reason, "failing_since": since, "next_try": again, "attempts": attempts}
    writing.connection.execute(update(deliveries).where(deliveries.c.id == row.id).values(values))
