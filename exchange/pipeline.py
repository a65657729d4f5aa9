"""The way of a file, for one flow: the sequence that everything else hangs on.

    source ── look ──▶ take (claim, archive, enter, clear) ──▶ read (map, write, archive, enter)
    target ◀── send (stage, witness, publish, proof) ◀── approve?
                  └──▶ close (delivered, manifest, done)

Each step takes its work from the ledger and leaves it there, so that any step may be killed, repeated or
left to the next round. One `Pipeline` is used by one thread at a time; different flows run at the same time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from exchange import claim, deliver, finish, process
from exchange.archive import ArchiveError, Store
from exchange.bound import BoundFlow
from exchange.errors import TransportError
from exchange.hands import Hands
from exchange.ledger import Ledger, claims
from exchange.transports.contract import Source, Target

PORTIONS = 25
"""How many batches of new files one round takes; what remains is for the next, after the other steps had
their turn.
"""


@dataclass(slots=True)
class Round:
    """What one round did: files taken, arrivals read, files delivered, arrivals brought to their end; and what went
    wrong.
    """

    taken: int = 0
    read: int = 0
    sent: int = 0
    closed: int = 0
    again: int = 0
    """Transactions decided that had been open."""
    looked: int = 0
    """Deliveries and arrivals that were looked at, whatever came of them."""
    troubles: list[str] = field(default_factory=list)
    more: bool = False

    @property
    def moved(self) -> bool:
        """Whether anything happened, so that another round may find more to do."""
        return bool(self.taken or self.read or self.looked or self.again or self.more)


class Pipeline:
    """One flow in motion. hands: how many files are moved at once at each place; 1 works without threads."""

    def __init__(self, ledger: Ledger, store: Store, flow: BoundFlow, *, hands: int = 4) -> None:
        self.ledger = ledger
        self.store = store
        self.flow = flow
        self._source: Hands[Source] = Hands(flow.source.open, hands)
        self._places: dict[str, deliver.Place] = {
            target.where: (target, Hands[Target](target.open, hands)) for target in flow.targets
        }

    def round(self, is_stopped: Callable[[], bool] = lambda: False) -> Round:
        """One turn of everything: what can be done now is done. is_stopped is asked between steps."""
        done = Round()
        self._forward(done, is_stopped)
        if not is_stopped():
            self._intake(done, is_stopped)
        return done

    def close(self) -> None:
        """Let go of all connections."""
        self._source.close()
        for _, hands in self._places.values():
            hands.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _intake(self, done: Round, is_stopped: Callable[[], bool]) -> None:
        """Take new files, batch by batch, each brought as far as it gets before the next; a blind source is
        a trouble.
        """
        try:
            self._clear_again()
            candidates = claim.look(self.ledger, self.flow, self._source.end())
            for start in range(0, min(len(candidates), PORTIONS * claim.BATCH), claim.BATCH):
                if is_stopped():
                    return
                batch = candidates[start : start + claim.BATCH]
                taken = claim.take(self.ledger, self.store.archive, self.flow, self._source, batch)
                done.taken += len(taken)
                self._forward(done, is_stopped)
            done.more = len(candidates) > PORTIONS * claim.BATCH
        except (TransportError, ArchiveError) as error:
            done.troubles.append(str(error))

    def _clear_again(self) -> None:
        """What an earlier round has entered and could not clear from the source."""
        with self.ledger.read() as connection:
            rows = claims.uncleared(connection, self.flow.name, claim.BATCH)
        if rows:
            claim.clear(self.ledger, self.flow, self._source, rows)

    def _forward(self, done: Round, is_stopped: Callable[[], bool]) -> None:
        """Bring what is in the ledger as far as it gets now."""
        while not is_stopped() and process.has_work(self.ledger, self.flow):
            rows = process.begin(self.ledger, self.flow)
            process.read(self.ledger, self.store, self.flow, rows)
            done.read += len(rows)
        while not is_stopped():
            looked, delivered = deliver.send(self.ledger, self.store, self.flow, self._places)
            done.looked += looked
            done.sent += delivered
            if not looked:
                break
        if is_stopped():
            return
        try:
            moved, ended = finish.close(self.ledger, self.store, self.flow)
            done.looked += moved
            done.closed += ended
        except ArchiveError as error:
            done.troubles.append(str(error))
