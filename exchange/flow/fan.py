"""One stream of batches for several takers at once, in bounded memory.

Writers pull. With one taker the stream is simply handed over, and the only batch of a small file to one taker after
the other. Of more batches each of several takers pulls in a thread of its own, and the threads take turns: a batch
goes to one taker, and only when that one has dealt with it to the next. So at most one of them has work at any time,
none waits for the interpreter's lock, and no batch is held longer than it is worked on. The batches are shared, so
takers never change a record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from queue import SimpleQueue
from typing import Generic, TypeVar

from exchange.model import Batch

Result = TypeVar("Result")
Taker = Callable[[Iterator[Batch]], Result]


class _Lane(Generic[Result]):
    """One taker in its thread, which runs only while it has a batch (or the end) to deal with."""

    def __init__(self, threads: ThreadPoolExecutor, taker: Taker[Result]) -> None:
        self._given: SimpleQueue[Batch | None] = SimpleQueue()
        self._turns: SimpleQueue[bool] = SimpleQueue()  # True: wants a batch; False: has ended
        self.future: Future[Result] = threads.submit(self._run, taker)
        self._wants = self._turns.get()

    def hand(self, batch: Batch) -> None:
        """Hand a batch over and wait until it is dealt with; a taker that has ended gets no more."""
        if self._wants:
            self._given.put(batch)
            self._wants = self._turns.get()

    def end(self) -> None:
        """Tell that there are no more batches; what the taker does at the end, it does beside the others."""
        self._given.put(None)

    def _run(self, taker: Taker[Result]) -> Result:
        try:
            return taker(iter(self._next, None))
        finally:
            self._turns.put(False)

    def _next(self) -> Batch | None:
        self._turns.put(True)
        return self._given.get()


def fan_out(batches: Iterator[Batch], takers: Sequence[Taker[Result]]) -> list[Result]:
    """What each taker made of the whole stream, in order. A taker's exception is raised when the others are through."""
    if len(takers) == 1:
        return [takers[0](batches)]
    begun = list(islice(batches, 2))
    if len(begun) < 2:
        return [taker(iter(begun)) for taker in takers]
    with ThreadPoolExecutor(max(1, len(takers)), thread_name_prefix="target") as threads:
        lanes = [_Lane(threads, taker) for taker in takers]
        _fill(lanes, chain(begun, batches))
        return [lane.future.result() for lane in lanes]


def _fill(lanes: Sequence[_Lane[Result]], batches: Iterable[Batch]) -> None:
    """Every batch to every lane, then the end; also when reading fails, so that no taker waits for ever."""
    try:
        for batch in batches:
            for lane in lanes:
                lane.hand(batch)
    finally:
        for lane in lanes:
            lane.end()
