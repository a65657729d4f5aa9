"""When to try again after the world failed: 10 seconds, doubling up to 30 minutes, for one day; then a
person must look.

>>> [next_try(attempts, since=0, now=0, salt="x") // 1000 for attempts in (1, 2, 12)]
[12, 19, 2192]
>>> next_try(99, since=0, now=86_400_001, salt="x") is None
True
"""

from __future__ import annotations

from zlib import crc32

_FIRST, _LONGEST, _DAY = 10_000, 1_800_000, 86_400_000


def next_try(attempts: int, *, since: int, now: int, salt: str) -> int | None:
    """The moment of the next attempt after so many failed ones; None when it has failed for a whole day.

    Moments are milliseconds since 1970; since: the first failure. The salt (an identifier) spreads attempts
    by a quarter up or down, so that a thousand files do not come back in the same second.
    """
    if now - since > _DAY:
        return None
    wait = min(_LONGEST, _FIRST << min(attempts - 1, 20))
    spread = crc32(f"{salt}{attempts}".encode()) % 1001 / 2000 + 0.75
    return now + round(wait * spread)
