"""Troubles of whole flows: a source that cannot be reached, a full disk. One line each, gone when it is
over.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, insert, select, update

from exchange.ledger.book import Ledger
from exchange.ledger.schema import troubles


def note(ledger: Ledger, flow: str, reasons: Sequence[str]) -> None:
    """Note what went wrong in the last round of a flow; nothing is written while nothing changes."""
    reason = " ".join(dict.fromkeys(reasons))
    with ledger.read() as connection:
        before = connection.scalar(select(troubles.c.reason).where(troubles.c.flow == flow))
    if (before or "") == reason:
        return
    with ledger.write() as writing:
        if not reason:
            writing.connection.execute(delete(troubles).where(troubles.c.flow == flow))
        elif before is None:
            row = {"flow": flow, "reason": reason, "since": writing.at}
            writing.connection.execute(insert(troubles), row)
        else:
            writing.connection.execute(update(troubles).where(troubles.c.flow == flow).values(reason=reason))


def forget_others(ledger: Ledger, flows: Sequence[str]) -> None:
    """Forget the troubles of flows that are there no more."""
    others = troubles.c.flow.not_in(flows)
    with ledger.read() as connection:
        if connection.scalar(select(troubles.c.flow).where(others).limit(1)) is None:
            return
    with ledger.write() as writing:
        writing.connection.execute(delete(troubles).where(others))
