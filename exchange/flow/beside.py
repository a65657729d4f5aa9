"""A big file's documents, made by a process beside this one while this one deals with those that came before.

Reading and mapping are half of the work of a file; matching, writing and what the ledger keeps are the other half. Where
two processors are at hand both halves run at once. Everything comes through one pipe in the order in which it was made
(documents, findings, keys), so what comes of a file is the same to the byte as without the other process.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import pickle
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any

from exchange.errors import ExchangeError
from exchange.findings import Finding, Severity
from exchange.formats.contract import Progress
from exchange.mapping.tally import Tally
from exchange.model import Batch
from exchange.outcome import Gathered

BIG = 8 << 20
"""From so many bytes on a file is worth a process: to begin one takes as long as a few thousand bytes."""
COUNTED = ("taken", "left_out", "others", "failed", "results", "sums")
"""What of a tally is known when all is read."""

Make = Callable[[Gathered, Iterator[Tally], Progress | None], Iterator[Batch]]
"""Makes the documents; it is given where findings go, and the tallies of its mappings in their order."""


class ReaderDiedError(ExchangeError):
    """The process that read a file was ended from outside, by the system when memory is short."""


def is_worth(path: Path) -> bool:
    """Whether a file is so big that another process should make its documents, and a processor is there for it. Never
    where flows run in threads: what another one holds locked while the process divides would stay locked.
    """
    is_alone = threading.current_thread() is threading.main_thread()
    return is_alone and len(os.sched_getaffinity(0)) > 1 and path.stat().st_size >= BIG


def made_beside(
    make: Make, tallies: Sequence[Tally], found: Gathered, progress: Progress | None
) -> Iterator[Batch]:
    """The documents, in order. Raises what was raised in the other process; ReaderDiedError when it is gone."""
    context = multiprocessing.get_context("fork")
    come, go = context.Pipe(duplex=False)
    process = context.Process(
        target=_work, args=(make, len(tallies), progress is not None, come, go), daemon=True
    )
    process.start()
    go.close()
    atexit.register(process.kill)  # nobody waits for it at the end of the program
    try:
        yield from _Taking(tallies, found, progress).all(come)
    except EOFError:
        process.join()
        raise ReaderDiedError(_death(process.exitcode)) from None
    finally:
        come.close()
        process.kill()
        process.join()
        atexit.unregister(process.kill)


def _death(status: int | None) -> str:
    return (
        f"The process that read the file was ended from outside (exit status {status}), as systems do when memory is "
        "short. The file is tried again; look how much memory is left."
    )


class _Taking:
    """The end of the pipe where everything arrives: each message is the name of a method here, and what to give it."""

    def __init__(self, tallies: Sequence[Tally], found: Gathered, progress: Progress | None) -> None:
        self._tallies, self.finding, self.count, self.progress = tallies, found, found.count, progress

    def all(self, come: Connection) -> Iterator[Batch]:
        """All documents; what comes between them is taken in on the way. EOFError when the end is missing."""
        while True:
            kind, *what = pickle.loads(come.recv_bytes())
            if kind == "batch":
                yield what[0]
            elif kind == "end":
                return
            else:
                getattr(self, kind)(*what)

    def keys(self, number: int, keys: list[Any]) -> None:
        """Keys of the results of a mapping."""
        self._tallies[number].note(keys)

    def follow(self, number: int, notes: list[Any]) -> None:
        """Payments that the ledger is to follow."""
        follow = self._tallies[number].follow
        if follow is not None:
            follow(notes)

    def counted(self, number: int, counts: tuple[Any, ...]) -> None:
        """What a mapping counted."""
        for name, value in zip(COUNTED, counts, strict=True):
            setattr(self._tallies[number], name, value)

    def error(self, error: BaseException) -> None:
        """What was raised; its last note says where."""
        raise error


def _work(make: Make, mappings: int, is_watched: bool, come: Connection, go: Connection) -> None:
    """The other process: makes the documents and sends whatever comes of it. Who is asked to stop is the one that began it."""
    for asked in (signal.SIGINT, signal.SIGTERM):
        signal.signal(asked, signal.SIG_IGN)
    come.close()
    with _Sending(go) as send:
        tallies = [_tally(send, number) for number in range(mappings)]
        progress = partial(send, "progress") if is_watched else None
        for batch in make(_Telling(send), iter(tallies), progress):
            send("batch", batch)
        for number, tally in enumerate(tallies):
            send("counted", number, tuple(getattr(tally, name) for name in COUNTED))
        send("end")


def _tally(send: _Sending, number: int) -> Tally:
    return Tally(partial(send, "keys", number), partial(send, "follow", number))


class _Sending:
    """The end of the pipe where everything goes in. What is raised while it is open goes the same way."""

    def __init__(self, go: Connection) -> None:
        self._go = go

    def __enter__(self) -> _Sending:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is not None and not isinstance(
            error, BrokenPipeError
        ):  # which says that nobody takes anything any more
            place = traceback.extract_tb(trace)[-1]
            sent = error if _travels(error) else RuntimeError(f"{type(error).__name__}: {error}")
            sent.add_note(f"{Path(place.filename).name}, line {place.lineno}")
            self("error", sent)
        return True

    def __call__(self, *message: Any) -> None:
        """Send one message."""
        self._go.send_bytes(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))


def _travels(error: BaseException) -> bool:
    """Whether an exception can be taken apart and put together again: not every class thinks of that."""
    try:
        pickle.loads(pickle.dumps(error))
    except (pickle.PicklingError, AttributeError, TypeError, ValueError):
        return False
    return True


class _Telling(Gathered):
    """Findings on their way to the other side; what is kept of them there is kept here too, to know when it is enough."""

    def __init__(self, send: _Sending) -> None:
        super().__init__()
        self._send = send

    def __call__(self, finding: Finding) -> None:
        """Send one finding."""
        super().__call__(finding)
        self._send("finding", finding)

    def count(self, severity: Severity, code: str) -> None:
        """Send that there was one more."""
        super().count(severity, code)
        self._send("count", severity, code)
