"""The ledger: the durable book of arrivals, deliveries, documents, findings and events, in SQLite or
PostgreSQL.

    ledger = open_ledger("sqlite", Path("var/ledger.db"))
    with ledger.read() as connection: queries.arrivals(connection, stage="held")
    acts.retry(ledger, arrival_id, actor="anna", because="the bank sent a corrected schema")

`queries` is what faces read, `acts` what people do, the other modules what the pipeline writes.
"""

from __future__ import annotations

from pathlib import Path

from exchange.ledger.book import Ledger, Move, Writing
from exchange.ledger.connect import database_url, engine_at
from exchange.ledger.migrate import bring_up_to_date

__all__ = ["Ledger", "Move", "Writing", "open_ledger"]


def open_ledger(ledger: str, default: Path, password: str | None = None) -> Ledger:
    """The ledger that `ledger:` in `exchange.yaml` names; made, or brought to the present schema, when need
    be.

    default: the file used for `sqlite`; its folder must exist. password: of the database user. LedgerError when it is
    not an Exchange ledger, cannot be durable where it lies, or was written by a newer version.
    """
    url = database_url(ledger, default)
    engine = engine_at(url.set(password=password) if password is not None else url)
    bring_up_to_date(engine)
    return Ledger(engine)
