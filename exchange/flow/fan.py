"""One stream of batches for several takers at once, in bounded memory.

Writers pull. With one taker the stream is simply handed over; with several, each pulls in a thread of its own from a
short queue that the caller's thread fills. The batches are shared, so takers never change a record.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from exchange.model import Batch

Result = TypeVar("Result")
Taker = Callable[[Iterator[Batch]], Result]
DEPTH = 4
"""How many batches a taker may be behind."""


@dataclass(slots=True)
class _Lane(Generic[Result]):
    """One taker in its thread."""

    future: Future[Result]
    batches: queue.Queue[Batch | None] = field(repr=False)

    def put(self, batch: Batch | None) -> None:
        """Hand a batch over; waits while the taker is behind, and forgets it when the taker has ended."""
        while not self.future.done():
            try:
                self.batches.put(batch, timeout=0.1)
                return
            except queue.Full:
                continue


def fan_out(batches: Iterator[Batch], takers: Sequence[Taker[Result]]) -> list[Result]:
    """What each taker made of the whole stream, in order. A taker's exception is raised when the others are through."""
    if len(takers) == 1:
        return [takers[0](batches)]
    with ThreadPoolExecutor(max(1, len(takers)), thread_name_prefix="target") as threads:
        lanes = [_lane(threads, taker) for taker in takers]
        _fill(lanes, batches)
        return [lane.future.result() for lane in lanes]


def _fill(lanes: Sequence[_Lane[Result]], batches: Iterator[Batch]) -> None:
    """Every batch to every lane, then the end; also when reading fails, so that no taker waits for ever."""
    try:
        for batch in batches:
            for lane in lanes:
                lane.put(batch)
    finally:
        for lane in lanes:
            lane.put(None)


def _lane(threads: ThreadPoolExecutor, taker: Taker[Result]) -> _Lane[Result]:
    batches: queue.Queue[Batch | None] = queue.Queue(DEPTH)
    return _Lane(threads.submit(taker, iter(batches.get, None)), batches)
