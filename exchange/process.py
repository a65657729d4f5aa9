"""Reading and mapping claimed arrivals: original in, results in the archive, deliveries in the ledger.

The crash counter is committed before the work begins and taken back with its result, so that a file which
kills the program is known after the restart. Who was there at a crash is tried again alone: the innocent go
through, the culprit is held.
"""

from __future__ import annotations

import shutil
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection, or_, select

from exchange.archive import ArchiveError, Blob, Store
from exchange.bound import BoundFlow
from exchange.enter import BROKEN, Failed, Work, enter
from exchange.errors import ExchangeError
from exchange.ledger import Ledger, Move
from exchange.ledger.book import milliseconds
from exchange.ledger.rows import Arrival, arrival_of
from exchange.ledger.schema import arrivals
from exchange.ledger.sending import Parcel
from exchange.outcome import Gathered, Outcome, Output
from exchange.transports.contract import name_problem

BATCH_FILES, BATCH_BYTES = 200, 64 << 20
"""How many arrivals (and bytes) are worked on together; they share commits and syncs."""
CRASHES = 3
"""How often a file may kill the program before it is held."""


def begin(ledger: Ledger, flow: BoundFlow) -> list[Arrival]:
    """The next arrivals of a flow to work on, counted as if they crashed the program: `read` takes that
    back.
    """
    with ledger.write() as writing:
        rows = _next(writing.connection, flow, writing.at)
        moves = [
            Move(row.id, "claimed", {"crashes": row.crashes + 1, "version": flow.version_hash})
            for row in rows
        ]
        writing.move(arrivals, "read", moves)
        return rows


def has_work(ledger: Ledger, flow: BoundFlow) -> bool:
    """Whether an arrival of the flow waits to be read now (a cheap question before `begin`)."""
    with ledger.read() as connection:
        return bool(_next(connection, flow, milliseconds()))


def read(ledger: Ledger, store: Store, flow: BoundFlow, rows: Sequence[Arrival]) -> None:
    """Read, check, map and write the files of these arrivals; then enter all that came of it in one
    transaction.
    """
    if not rows:
        return
    folder = store.work / rows[0].id
    works = [Work(row, _attempt(store, flow, row, folder)) for row in rows]
    try:
        works = _archived(store, flow, works)
    except ArchiveError as error:
        works = [Work(work.row, Failed(None, str(error))) for work in works]
    with ledger.write() as writing:
        enter(ledger, writing, flow, works)
    shutil.rmtree(folder, ignore_errors=True)


def count_crashes(ledger: Ledger, *, blameless: bool = False) -> tuple[int, int]:
    """After a start: put back what was being read when the program died; how many, and how many are held
    for it. blameless: it was ended from outside, which counts for none of them.
    """
    with ledger.write() as writing:
        found = writing.connection.execute(select(arrivals).where(arrivals.c.stage == "read"))
        rows = [arrival_of(row) for row in found]
        culprits = [row for row in rows if row.crashes >= CRASHES and not blameless]
        say = f"The program died {CRASHES} times while reading this file."
        held = {"hold": "crash", "reason": say, "version": None}
        writing.move(arrivals, "held", [Move(row.id, "read", held) for row in culprits])
        others = [
            Move(row.id, "read", {"version": None, "crashes": row.crashes - blameless})
            for row in rows
            if row not in culprits
        ]
        writing.move(arrivals, "claimed", others)
        return len(others), len(culprits)


def _next(connection: Connection, flow: BoundFlow, now: int) -> list[Arrival]:
    """What is worked on together: one alone where a flow must know what came of the one before."""
    together = 1 if flow.remembers else BATCH_FILES
    due = or_(arrivals.c.next_try.is_(None), arrivals.c.next_try <= now)
    mine = (arrivals.c.flow == flow.name, arrivals.c.stage == "claimed", arrivals.c.stage != "done", due)
    query = select(arrivals).where(*mine).order_by(arrivals.c.id).limit(together)
    rows = [arrival_of(row) for row in connection.execute(query)]
    if rows and rows[0].crashes:
        return rows[:1]
    chosen: list[Arrival] = []
    size = 0
    for row in rows:
        size += row.size
        if row.crashes or (chosen and size > BATCH_BYTES):
            break
        chosen.append(row)
    return chosen


def _attempt(store: Store, flow: BoundFlow, row: Arrival, work: Path) -> Outcome | Failed:
    """The outcome of one arrival, whatever happens."""
    original = store.archive.path(row.repaired or row.sha256)
    if not original.is_file():
        return Failed("archive", f"The archived file {row.repaired or row.sha256} is missing.")
    try:
        work.mkdir(mode=0o700, exist_ok=True)
        return _checked(flow, flow.process(original, row.facts(flow.zone), work))
    except OSError as error:
        if error.errno is None:
            return _broken(
                error
            )  # no disk said so: a library calls the content of the file an error of reading
        return Failed(None, f"The work folder could not be used: {error.strerror or error}.")
    except ExchangeError as error:
        return Failed(None, str(error))
    except Exception as error:  # noqa: BLE001 - one of two: a bug met by one file must not stop the others
        return _broken(error)


def _broken(error: Exception) -> Outcome:
    place = traceback.extract_tb(error.__traceback__)[-1]
    here = f"{Path(place.filename).name}, line {place.lineno}"
    gathered = Gathered()
    noted = getattr(error, "__notes__", None)  # where it was raised, when that was in another process
    text = f"{type(error).__name__}: {error} ({noted[-1] if noted else here})"
    gathered(BROKEN.at(value=text))
    return Outcome(gathered)


def _archived(store: Store, flow: BoundFlow, works: Sequence[Work]) -> list[Work]:
    """The same, with all outputs in the archive."""
    blobs = iter(store.archive.adopt([output.path for work in works for output in _outputs(work)]))
    return [
        replace(work, parcels=tuple(_parcel(flow, each, next(blobs)) for each in _outputs(work)))
        for work in works
    ]


def _outputs(work: Work) -> list[Output]:
    """What of this arrival is to be sent; nothing of a file with errors."""
    return [] if isinstance(work.result, Failed) or work.result.is_bad else work.result.outputs


def _parcel(flow: BoundFlow, output: Output, blob: Blob) -> Parcel:
    return Parcel(
        target=flow.targets[output.target].where,
        target_index=output.target,
        name=output.name,
        sha256=blob.sha256,
        size=blob.size,
        documents=output.documents,
        totals=output.totals,
    )


def _checked(flow: BoundFlow, outcome: Outcome) -> Outcome | Failed:
    """The outcome, if every output has a target and a usable name."""
    for output in outcome.outputs:
        if not 0 <= output.target < len(flow.targets):
            return Failed(
                "broken", f"An output is meant for target {output.target}, which the flow does not have."
            )
        problem = name_problem(output.name.encode())
        if problem or output.name.startswith("."):
            problem = problem or "it begins with a dot"
            return Failed("name", f"The name {output.name!r} cannot be used for an output: {problem}.")
    return outcome
