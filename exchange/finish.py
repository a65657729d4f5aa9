"""The end of an arrival: every delivery has its proof, the manifest is written, nothing is left to do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields

from sqlalchemy import update

from exchange import clock
from exchange.archive import Store
from exchange.bound import BoundFlow
from exchange.ledger import Ledger, Move, Writing, claims, sending
from exchange.ledger.rows import Arrival, Delivery
from exchange.ledger.schema import arrivals

BATCH = 500
_ARRIVAL = tuple(each.name for each in fields(Arrival) if each.name not in ("name_raw", "marker", "event"))
_DELIVERY = tuple(each.name for each in fields(Delivery) if each.name not in ("totals", "proof", "event"))


def close(ledger: Ledger, store: Store, flow: BoundFlow) -> tuple[int, int]:
    """Bring arrivals whose deliveries are all settled to their end, and write the manifests: how many moved, and how many of
    them came to their end; the others are held.
    """
    with ledger.read() as connection:
        if not sending.settled(connection, flow.name, 1) and not claims.unmanifested(
            connection, flow.name, 1
        ):
            return 0, 0
    with ledger.write() as writing:
        settled = sending.settled(writing.connection, flow.name, BATCH)
        _deliver(writing, [row for row, sent in settled if not _held(sent)])
        _hold(writing, [(row, _held(sent)) for row, sent in settled if _held(sent)])
    with ledger.read() as connection:
        ended = claims.unmanifested(connection, flow.name, BATCH)
        sent = sending.of_arrivals(connection, [row.id for row in ended])
        lines = [_manifest(row, sent[row.id]) for row in ended]
    store.manifests.append(clock.now(), lines)
    with ledger.write() as writing:
        delivered = [row for row in ended if row.stage == "delivered"]
        writing.move(arrivals, "done", [Move(row.id, "delivered", {"manifested": 1}) for row in delivered])
        others = [row.id for row in ended if row.stage != "delivered"]
        writing.connection.execute(update(arrivals).where(arrivals.c.id.in_(others)).values(manifested=1))
    return max(len(settled), len(ended)), len(ended)


def _deliver(writing: Writing, rows: Sequence[Arrival]) -> None:
    for stage in ("written", "approved"):
        moves = [Move(row.id, stage, {"manifested": 0}) for row in rows if row.stage == stage]
        writing.move(arrivals, "delivered", moves)


def _hold(writing: Writing, rows: Sequence[tuple[Arrival, list[Delivery]]]) -> None:
    for row, held in rows:
        first = held[0]
        say = first.reason if len(held) == 1 else f"{len(held)} deliveries are held. {first.reason}"
        values = {"hold": first.hold, "reason": say}
        writing.move(
            arrivals, "held", [Move(row.id, row.stage, values, {"hold": first.hold, "delivery": first.id})]
        )


def _held(sent: Sequence[Delivery]) -> list[Delivery]:
    return [each for each in sent if each.stage == "held"]


def _manifest(row: Arrival, sent: Sequence[Delivery]) -> dict[str, object]:
    """An arrival and its deliveries as one JSON object; odd bytes of names as text of their hexadecimal
    digits.
    """
    facts = {name: getattr(row, name) for name in _ARRIVAL}
    deliveries = [
        {name: getattr(each, name) for name in _DELIVERY}
        | {"totals": json.loads(each.totals), "proof": json.loads(each.proof) if each.proof else None}
        for each in sent
    ]
    return {"arrival": facts | {"name_raw": row.name_raw.hex()}, "deliveries": deliveries}
