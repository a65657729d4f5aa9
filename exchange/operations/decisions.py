"""Decisions that are made after their file was read: the document of each, and the file in which it goes its way.

A decision that books something goes its way as a file of its own: into the folder of the flow that the reconciling flow names
under `decided`, from where it is taken like any other file, archived and delivered with proof.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import chain
from typing import Any

from exchange import disk
from exchange.errors import UseError
from exchange.flow.bound import Bound
from exchange.flow.content import VOUCHER
from exchange.ledger import match_acts, queries
from exchange.ledger.match_acts import Unsent
from exchange.mapping.tally import uncounted
from exchange.model import ArrivalFacts, Record
from exchange.operations.installation import Books, Installation
from exchange.outcome import Gathered

_TRANSACTION = (
    "account", "booked", "valued", "entry_ref", "key", "reference", "text", "event", "end_to_end_id", "counterparty", "statement",
)  # fmt: skip
"""What a decision says of its transaction."""


def expect_way(opened: Books, flow: str, case: str) -> None:
    """Raise UseError where no flow takes what is decided after a file was read."""
    declared = opened.site.declared_flows.get(flow)
    if declared is None or declared.match is None or declared.match.decided is None:
        raise UseError(
            f"The flow {flow} does not say which flow takes what is decided {case}.",
            advice="Add `decided: FLOW` under `match`; or book it by hand and use `exchange reconcile close`.",
        )


def transactions(
    opened: Installation, bound: Bound, arrival: str
) -> tuple[ArrivalFacts, Iterator[tuple[int, Record]]]:
    """The bank transactions of an arrival, read once more from the archived file: which one of it, and what it says."""
    with opened.ledger.read() as connection:
        row = queries.arrival(connection, arrival)
    facts = row.facts(bound.zone)
    path = opened.store.archive.path(row.repaired or row.sha256)
    batches = bound.content.intake.documents(path, facts, Gathered(), uncounted)
    return facts, enumerate((each for batch in batches for each in batch), 1)


def text_of(document: Record, case: str, event: int) -> str:
    """The document of a decision by its number, with a key of its own: one transaction may be decided, taken back and
    decided again.
    """
    transaction = {name: document["transaction"].get(name) for name in _TRANSACTION}
    transaction["key"] = f"{transaction.get('key') or case}/{event}"
    values = {name: value for name, value in document.items() if not name.startswith("@")}
    whole = {**values, "transaction": transaction, "case": case, "number": event}
    return json.dumps(_given(whole), ensure_ascii=False, default=_shown)


def _given(value: Any) -> Any:
    """Without what is empty."""
    if isinstance(value, dict):
        return {
            name: _given(each)
            for name, each in value.items()
            if each not in (None, [], {}) and not name.startswith("@")
        }
    return [_given(each) for each in value] if isinstance(value, list) else value


def _shown(value: object) -> str:
    return (
        format(value, "f")
        if isinstance(value, Decimal)
        else value.isoformat()
        if isinstance(value, date)
        else str(value)
    )


def write_unsent(opened: Books) -> int:
    """Write the file of every decision that is not known to be written; how many. The same decision gives the same file."""
    with opened.ledger.read() as connection:
        if not match_acts.unsent(connection):
            return 0
    return match_acts.send(opened.ledger, partial(_written, opened), partial(_posts, opened))


def _posts(opened: Books, name: str) -> bool:
    """Whether what is decided about movements of a flow becomes vouchers."""
    flows, library = opened.site.declared_flows, opened.site.library
    match = flows[name].match if name in flows else None
    taking = flows.get(match.decided) if match and match.decided else None
    if taking is None:
        return False
    names = chain(taking.map, *(target.map for target in taking.to))
    flat = chain.from_iterable([each] if isinstance(each, str) else each for each in names)
    return any(step.target == VOUCHER for each in flat if (step := library.mapping(each)) is not None)


def _written(opened: Books, decision: Unsent) -> bool:
    flows = opened.site.declared_flows
    flow = flows.get(decision.flow)
    taking = flows.get(flow.match.decided) if flow and flow.match and flow.match.decided else None
    if taking is None:
        return False
    place = opened.site.folder / taking.from_.at.partition(":")[2]
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"decided-{decision.event:08d}.jsonl"
    fresh = path.with_name(f".{path.name}")
    with fresh.open("w", encoding="utf-8") as out:
        out.write(decision.document + "\n")
        out.flush()
        os.fsync(out.fileno())
    fresh.rename(path)
    disk.sync_folder(place)
    return True
