"""The rows of the ledger as frozen values, column by column as in `schema.py` (a test compares them)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from sqlalchemy import Row

from exchange.model import ArrivalFacts


@dataclass(frozen=True, slots=True)
class Arrival:
    """One file that came, for ever. Moments are milliseconds since 1970."""

    id: str
    flow: str
    name_raw: bytes
    name: str
    moved: int
    fingerprint: str
    identity: str | None
    marker: bytes | None
    size: int
    mtime_ns: int | None
    sha256: str
    repaired: str | None
    seen_at: int
    claimed_at: int
    source: str
    source_done: int
    stage: str
    hold: str | None
    reason: str | None
    run: int
    forced: int
    version: str | None
    crashes: int
    attempts: int
    failing_since: int | None
    next_try: int | None
    duplicate_of: str | None
    supersedes: str | None
    approvals_needed: int
    manifested: int
    event: int

    def facts(self, zone: tzinfo) -> ArrivalFacts:
        """What expressions and file names may know of it, with its moment in the site's time zone."""
        moment = datetime.fromtimestamp(self.seen_at / 1000, UTC).astimezone(zone)
        return ArrivalFacts(self.id, self.flow, self.name, self.sha256, moment)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One file that goes out: its bytes by hash, where to, under which name, how far, and the proof (JSON
    text).
    """

    id: str
    arrival: str
    run: int
    ord: int
    copy: int
    flow: str
    target: str
    target_index: int
    name: str
    sha256: str
    size: int
    documents: int
    totals: str
    created_at: int
    stage: str
    hold: str | None
    reason: str | None
    tmp: str | None
    attempts: int
    failing_since: int | None
    next_try: int | None
    delivered_at: int | None
    proof: str | None
    resend_of: str | None
    event: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One file as it was seen at a source. While `present` it lies there still (or it lay there at the last
    scan).
    """

    n: int
    flow: str
    name_raw: bytes
    name: str
    fingerprint: str
    size: int | None
    mtime_ns: int | None
    first_seen: int
    unchanged_since: int
    present: int
    disposition: str
    why: str
    arrival: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One link of the chain: who did what to which arrival, delivery or the site, and why."""

    n: int
    at: int
    actor: str
    subject: str
    what: str
    because: str | None
    data: str
    prev: str
    hash: str

    def facts(self) -> Mapping[str, Any]:
        """What the event says beside its name."""
        facts: dict[str, Any] = json.loads(self.data)
        return facts


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFinding:
    """A finding of an arrival, as kept."""

    n: int
    arrival: str
    code: str
    severity: str
    message: str
    advice: str
    line: int | None
    column: int | None
    path: str | None
    field: str | None
    value: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A business document that went through with an arrival; its amount is exact decimal text."""

    n: int
    flow: str
    kind: str
    key: str
    arrival: str
    line: int | None
    amount: str | None
    currency: str | None
    released: int


def arrival_of(row: Row[*tuple[Any, ...]]) -> Arrival:
    """An arrival from a whole row of its table."""
    return Arrival(*row)


def delivery_of(row: Row[*tuple[Any, ...]]) -> Delivery:
    """A delivery from a whole row of its table."""
    return Delivery(*row)
