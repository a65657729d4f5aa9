"""The chain of events: each event's hash covers its own words and the hash before, so that no past can be
edited.

    hash = SHA-256(prev + "\\n" + canonical JSON of [n, at, actor, subject, what, because, data])

An auditor needs only this rule and the table `events` to check it: `broken_link`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, select

from exchange.ledger.schema import events

START = ""
"""What the first event has in place of a hash before it."""


_encoder = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical(data: object) -> str:
    """JSON that is the same text for the same data: sorted keys, no spaces, no ASCII escapes."""
    return _encoder.encode(data)


def facts(text: str) -> dict[str, Any]:
    """What canonical text says."""
    said: dict[str, Any] = json.loads(text)
    return said


def seal(prev: str, event: Mapping[str, Any]) -> str:
    """The hash of an event (its columns as a mapping; `data` is canonical text) after the hash `prev`."""
    words = [event[name] for name in ("n", "at", "actor", "subject", "what", "because", "data")]
    return hashlib.sha256(f"{prev}\n{canonical(words)}".encode()).hexdigest()


def head(connection: Connection) -> tuple[int, str]:
    """The number and the hash of the last event; (0, START) when there is none."""
    row = connection.execute(select(events.c.n, events.c.hash).order_by(events.c.n.desc()).limit(1)).first()
    return (row.n, row.hash) if row else (0, START)


def broken_link(rows: Iterable[Mapping[str, Any]], *, prev: str = START, n: int = 0) -> int | None:
    """The number of the first event that does not follow from the one before, None when all do.

    rows come in order of n, after the event `n` with the hash `prev`.
    """
    for row in rows:
        n += 1
        if row["n"] != n or row["prev"] != prev or row["hash"] != seal(prev, row):
            return n
        prev = row["hash"]
    return None
