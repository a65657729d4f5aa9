"""What happens before any work after a start: the ledger is checked, and what a crash left is taken up.

Everything here may itself be killed at any point and begun again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select

from exchange.archive import Journal, Store
from exchange.errors import LedgerError
from exchange.ledger import Ledger, Move, Writing, chain, queries, sending
from exchange.ledger.schema import arrivals, deliveries, events, stops
from exchange.process import count_crashes

WITNESS_STOP = "witness"
CHAIN_STOP = "chain"
_TAIL = 1_000
_OPEN = ("claimed", "read", "written", "approved")


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a start found: half-written files removed, arrivals taken up again, arrivals held for crashing,
    stops.
    """

    swept: int
    resumed: int
    crashed: int
    stops: dict[str, str]


def recover(ledger: Ledger, store: Store, *, after_crash: bool, blameless: bool = False) -> Recovered:
    """Check the ledger and put every arrival back into a stage that can go on; `after_crash` checks more,
    `blameless` tells that no file made the program end.
    """
    if after_crash:
        _quick_check(ledger)
    _check_tail(ledger)
    _check_witness(ledger, store.witness)
    swept = store.clean()
    resumed, crashed = count_crashes(ledger, blameless=blameless)
    with ledger.read() as connection:
        return Recovered(swept, resumed, crashed, queries.stops(connection))


def _quick_check(ledger: Ledger) -> None:
    if ledger.engine.dialect.name != "sqlite":
        return
    with ledger.read() as connection:
        said = connection.exec_driver_sql("PRAGMA quick_check").scalar()
    if said != "ok":
        raise LedgerError(
            f"The ledger is damaged: {said}.", advice="Restore it from a backup with all its files."
        )


def _check_tail(ledger: Ledger) -> None:
    """The last links of the chain; the whole of it is checked by `exchange verify`."""
    with ledger.read() as connection:
        rows = _last_events(connection)
    if not rows:
        return
    first = rows[0]
    broken = chain.broken_link(rows, prev=first["prev"], n=first["n"] - 1)
    if broken is not None:
        with ledger.write() as writing:
            _stop(writing, CHAIN_STOP, f"Event {broken} of the ledger was changed: the chain does not fit.")


def _last_events(connection: Connection) -> list[dict[str, Any]]:
    query = select(events).order_by(events.c.n.desc()).limit(_TAIL)
    return [dict(row) for row in connection.execute(query).mappings()][::-1]


def _check_witness(ledger: Ledger, witness: Journal) -> None:
    """A line that the ledger does not know: the ledger is older than what was published. Nothing may be
    sent then.
    """
    lines = list(witness.last_lines())
    with ledger.read() as connection:
        if WITNESS_STOP in queries.stops(connection):
            return
        lifted = select(func.max(events.c.at)).where(events.c.what == f"stop {WITNESS_STOP} lifted")
        accepted = connection.scalar(lifted) or 0
        late = [line for line in lines if line["at"] > accepted]
        missing = unknown_lines(connection, late)
    if missing:
        line = missing[0]
        say = (
            f"The ledger does not know {len(missing)} deliveries of the witness journal, the first to "
            f"{line['target']} as {line['name']}. It was put back to an earlier state; sending could send twice."
        )
        with ledger.write() as writing:
            _stop(writing, WITNESS_STOP, say)
            _hold_everything(writing, say)


def unknown_lines(connection: Connection, lines: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    """The lines of the witness journal that this ledger cannot have written."""
    missing = []
    for start in range(0, len(lines), 500):
        some = lines[start : start + 500]
        known = sending.known(connection, [str(line["delivery"]) for line in some])
        heads = select(events.c.n, events.c.hash).where(events.c.n.in_([line["events"] for line in some]))
        hashes = {row.n: row.hash for row in connection.execute(heads)}
        missing += [
            line
            for line in some
            if line["delivery"] not in known or hashes.get(line["events"]) != line["hash"]
        ]
    return missing


def _stop(writing: Writing, name: str, reason: str) -> None:
    if name in queries.stops(writing.connection):
        return
    writing.connection.execute(insert(stops), {"name": name, "reason": reason, "since": writing.at})
    writing.append([("site", f"stop {name}", {"reason": reason})])


def _hold_everything(writing: Writing, say: str) -> None:
    """Nothing that was under way goes on by itself."""
    held = {"hold": "doubt", "reason": say}
    pending = sending.pending(writing.connection)
    for row in pending:
        writing.move(deliveries, "held", [Move(row.id, row.stage, held)])
    under_way = select(arrivals.c.id, arrivals.c.stage).where(arrivals.c.stage.in_(_OPEN))
    for id_, stage in writing.connection.execute(under_way).all():
        writing.move(arrivals, "held", [Move(id_, stage, held)])
