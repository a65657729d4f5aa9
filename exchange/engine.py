"""The engine: one process that owns a site's ledger and keeps its flows in motion until it is told to stop.

    with Engine(ledger, store, flows) as engine:      # takes the lock, recovers
        report = engine.run(once=True)

SIGTERM and SIGINT end it after the step under way, and as if killed when that takes too long (a server hangs).
`kill -9` at any moment is fine too: see `exchange.recover`.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from exchange.archive import Store
from exchange.bound import BoundFlow
from exchange.errors import LedgerError, UseError
from exchange.ledger import Ledger, queries, trouble
from exchange.pipeline import Pipeline, Round
from exchange.recover import Recovered, recover

_RUNNING, _GIVEN_UP = b"running \n", b"given up\n"
POLL_SECONDS = 5.0
"""How long a flow with nothing to do waits before it looks again."""
GRACE_SECONDS = 10
"""How long a step under way may take after the engine was asked to end."""
LONGEST_PAUSE = 300.0
"""How long a flow whose rounds fail waits at most."""


@dataclass(slots=True)
class Report:
    """What a run did, flow by flow, and what its start found."""

    recovered: Recovered
    rounds: dict[str, Round] = field(default_factory=dict)

    @property
    def troubles(self) -> dict[str, list[str]]:
        """What went wrong in the last round of each flow."""
        return {name: each.troubles for name, each in self.rounds.items() if each.troubles}


class Lock:
    """The right to be the only engine of a site. The kernel frees it when the process dies, however it
    dies.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._file)
            raise UseError(
                "Another engine works on this site already.", advice="Stop it first, or let it do the work."
            ) from error
        before = os.pread(self._file, len(_RUNNING), 0)
        self.was_crash = bool(before)
        self.was_given_up = before == _GIVEN_UP
        os.pwrite(self._file, _RUNNING, 0)

    def give_up(self) -> None:
        """Note that the process ends without having finished its step, and that no file is to blame."""
        os.pwrite(self._file, _GIVEN_UP, 0)

    def release(self, *, in_order: bool) -> None:
        """Give it back; after a disorderly end the next start checks more."""
        if in_order:
            os.ftruncate(self._file, 0)
        os.close(self._file)


class Engine:
    """All flows of a site in motion. hands: files moved at once at each place; again: looks once more at what a flow has left
    open, when nothing of it moves, and says how much has come of it.
    """

    def __init__(
        self,
        ledger: Ledger,
        store: Store,
        flows: Sequence[BoundFlow],
        *,
        lock: Path,
        hands: int = 4,
        again: Callable[[str], int] = lambda flow: 0,
    ) -> None:
        self._lock = Lock(lock)
        self._ledger = ledger
        self._again = again
        self._store = store
        self._pipelines = [Pipeline(ledger, store, flow, hands=hands) for flow in flows]
        self._stop = threading.Event()
        self._wakes = {pipeline.flow.name: threading.Event() for pipeline in self._pipelines}
        with ExitStack() as undo:
            undo.callback(self._lock.release, in_order=False)
            recovered = recover(
                ledger, store, after_crash=self._lock.was_crash, blameless=self._lock.was_given_up
            )
            self.report = Report(recovered)
            trouble.forget_others(ledger, [flow.name for flow in flows])
            undo.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for pipeline in self._pipelines:
            pipeline.close()
        self._lock.release(in_order=kind is None)

    def stop(self) -> None:
        """Ask the engine to end after the steps under way."""
        self._stop.set()
        for wake in self._wakes.values():
            wake.set()

    def run(self, *, once: bool = False, poll: float = POLL_SECONDS) -> Report:
        """Keep the flows in motion until stopped; once: until nothing moves any more.

        A LedgerError ends the run: what the ledger cannot keep must not go on.
        """
        with _signals(self.stop, self._lock.give_up):
            if once:
                self._all_until_still()
            else:
                self._together(poll)
        return self.report

    def _all_until_still(self) -> None:
        """Flow after flow, again and again, until none of them moves any more."""
        moved = True
        while moved:
            moved = sum(self._until_still(pipeline) for pipeline in self._pipelines) > 0

    def _until_still(self, pipeline: Pipeline) -> bool:
        """Rounds of one flow until nothing moves; whether anything did. Flows run in their order, because some
        need what others bring.
        """
        moved = False
        while not self._stop.is_set():
            done = self._turn(pipeline)
            moved = moved or done.moved
            if done.troubles or not done.moved:
                return moved and not done.troubles
        return False

    def _together(self, poll: float) -> None:
        """All flows at the same time, each in a thread, until stopped."""
        with self._watched() as supervise, ThreadPoolExecutor(max(1, len(self._pipelines))) as threads:
            loops = [threads.submit(self._loop, pipeline, poll, supervise) for pipeline in self._pipelines]
            wait(loops, return_when=FIRST_EXCEPTION)
            if any(loop.done() and loop.exception() for loop in loops):
                self.stop()
        for loop in loops:
            loop.result()

    @contextmanager
    def _watched(self) -> Iterator[Callable[[], object]]:
        """Events of local folders wake their flows early; what is yielded keeps these hints alive."""
        from exchange.transports.folder.watch import Watch  # only a running engine needs it

        wakes: dict[Path, list[threading.Event]] = {}
        for pipeline in self._pipelines:
            folder = pipeline.flow.source.folder
            if folder is not None:
                wakes.setdefault(folder, []).append(self._wakes[pipeline.flow.name])

        def woken(folder: Path) -> None:
            for wake in wakes[folder]:
                wake.set()

        watch = Watch(wakes, woken)
        busy = threading.Lock()

        def supervise() -> None:
            with busy:
                watch.supervise()

        try:
            yield supervise
        finally:
            watch.close()

    def _loop(self, pipeline: Pipeline, poll: float, supervise: Callable[[], object]) -> None:
        """Rounds of one flow; between them it waits for an event at its source, or for a while."""
        failures = 0
        wake = self._wakes[pipeline.flow.name]
        while not self._stop.is_set():
            supervise()
            wake.clear()
            done = self._turn(pipeline)
            failures = failures + 1 if done.troubles else 0
            if failures or not done.moved:
                pause = self._stop if failures else wake
                pause.wait(min(poll * 2 ** min(failures, 10), LONGEST_PAUSE) if failures else poll)

    def _turn(self, pipeline: Pipeline) -> Round:
        """One round, noted in the report and, where something goes wrong, in the ledger."""
        name = pipeline.flow.name
        done = self._round(pipeline)
        _add(self.report.rounds.setdefault(name, Round()), done)
        trouble.note(self._ledger, name, done.troubles)
        return done

    def _round(self, pipeline: Pipeline) -> Round:
        with self._ledger.read() as connection:
            stops = queries.stops(connection)
        if stops:
            return Round(troubles=list(stops.values()))
        try:
            done = pipeline.round(self._stop.is_set)
            if not (done.moved or done.troubles or self._stop.is_set()):
                done.again = self._again(pipeline.flow.name)
            return done
        except LedgerError:
            raise
        except Exception as error:  # noqa: BLE001 - two of two: a bug met by one flow must not stop the others
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(place.filename).name}, line {place.lineno}"
            return Round(troubles=[f"{type(error).__name__}: {error} ({where})"])


def _add(total: Round, done: Round) -> None:
    total.taken += done.taken
    total.read += done.read
    total.sent += done.sent
    total.closed += done.closed
    total.again += done.again
    total.looked += done.looked
    total.troubles = done.troubles


@contextmanager
def _signals(stop: Callable[[], None], give_up: Callable[[], None]) -> Iterator[None]:
    """Let SIGTERM and SIGINT stop the engine, where this is the main thread: in order, or at least soon."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def asked(*_: object) -> None:
        signal.alarm(GRACE_SECONDS)
        stop()

    def out_of_patience(*_: object) -> None:
        give_up()
        _end_as_if_killed()

    wanted = {signal.SIGTERM: asked, signal.SIGINT: asked, signal.SIGALRM: out_of_patience}
    before = {number: signal.signal(number, handler) for number, handler in wanted.items()}
    try:
        yield
    finally:
        signal.alarm(0)
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_as_if_killed() -> None:
    """A place that does not answer, or a very big file: the step would only end with its own patience."""
    say = f"A step did not end within {GRACE_SECONDS} s; stopped all the same. The next start begins it again.\n"
    sys.stderr.write(say)
    sys.stderr.flush()
    os._exit(0)
