"""The only place that reads the time. Tests and rehearsals replace `now` by `set_clock`."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

_read: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731


def now() -> datetime:
    """The present moment, in UTC, with its zone."""
    return _read()


def set_clock(read: Callable[[], datetime] | None) -> None:
    """Replace the clock (None puts the real one back); the given function must return UTC moments with a zone."""
    global _read
    _read = read or (lambda: datetime.now(UTC))


def monotonic() -> float:
    """Seconds for measuring durations; its zero means nothing."""
    return time.monotonic()


def sleep(seconds: float) -> None:
    """Wait; here so that a frozen clock can wait without waiting."""
    time.sleep(seconds)
