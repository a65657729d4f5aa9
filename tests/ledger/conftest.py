"""A site with a small real flow, and ledgers on every database that is there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from exchange import clock
from exchange.archive import Store
from exchange.engine import Engine, Report
from exchange.ledger import Ledger, open_ledger, queries
from exchange.ledger.connect import database_url
from exchange.ledger.rows import Arrival, Delivery
from exchange.verify import verify
from tests.support.tiny import TinyFlow, site, tiny_flow

POSTGRESQL = os.environ.get("EXCHANGE_TEST_POSTGRESQL", "")


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger on SQLite, and on PostgreSQL where EXCHANGE_TEST_POSTGRESQL names a database to be emptied."""
    address = "sqlite"
    if request.param == "postgresql":
        if not POSTGRESQL:
            pytest.skip("EXCHANGE_TEST_POSTGRESQL names no database")
        address = POSTGRESQL
        engine = create_engine(database_url(address, tmp_path))
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        engine.dispose()
    tmp_path.chmod(0o700)
    opened = open_ledger(address, tmp_path / "ledger.db")
    yield opened
    opened.close()


@dataclass
class Site:
    """A site in a folder: put files, run the engine, see what came of them. Each run is an hour after the last."""

    root: Path
    ledger: Ledger
    store: Store
    options: dict[str, Any] = field(default_factory=dict)
    hours: int = 0

    def flow(self, **more: Any) -> TinyFlow:
        return tiny_flow(self.root, **{**self.options, **more})

    def put(self, name: str, content: bytes) -> None:
        (self.root / "inbox" / name).write_bytes(content)

    def engine(self, *flows: TinyFlow) -> Engine:
        return Engine(
            self.ledger, self.store, flows or [self.flow()], lock=self.root / "var" / "lock", hands=1
        )

    def run(self, *flows: TinyFlow) -> Report:
        self.hours += 1
        shift = timedelta(hours=self.hours)
        clock.set_clock(lambda: datetime.now(UTC) + shift)
        with self.engine(*flows) as engine:
            return engine.run(once=True)

    def arrivals(self) -> list[Arrival]:
        """Oldest first."""
        with self.ledger.read() as connection:
            return queries.arrivals(connection)[::-1]

    def arrival(self, name: str) -> Arrival:
        """The newest of that name."""
        return [row for row in self.arrivals() if row.name == name][-1]

    def deliveries(self, arrival: Arrival | None = None) -> list[Delivery]:
        with self.ledger.read() as connection:
            return queries.deliveries(connection, arrival=arrival.id if arrival else None)

    def story(self, name: str) -> queries.Story:
        with self.ledger.read() as connection:
            return queries.story(connection, self.arrival(name).id)

    def seen(self) -> dict[str, queries.Seen]:
        with self.ledger.read() as connection:
            return {each.name: each for each in queries.seen(connection)[::-1]}

    def out(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (self.root / "outbox").iterdir() if path.is_file()}

    def problems(self) -> list[str]:
        return verify(self.ledger, self.store).problems


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    """A site with the tiny flow. Its books are verified at the end of every test, whatever it did."""
    ledger, store = site(tmp_path)
    made = Site(tmp_path, ledger, store)
    yield made
    clock.set_clock(None)
    problems = made.problems()
    store.archive.close()
    ledger.close()
    assert problems == []
