"""A site with its ledger and its archive, opened for work."""

from __future__ import annotations

import os
import secrets as secrets_of_system
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import Connection

from exchange import secrets
from exchange.archive import Store
from exchange.declare.catalogue import SITE_FILE
from exchange.declare.flow import Flow
from exchange.declare.problems import did_you_mean
from exchange.errors import UnknownNameError, UseError
from exchange.flow.bound import OWNER_FILE, Bound
from exchange.flow.declared import DeclaredSite, read_site
from exchange.flow.reconciling import Reference
from exchange.flow.site import OpenSite, open_site
from exchange.ledger import Ledger, meant, open_ledger, payment_queries, queries
from exchange.ledger.matches import LedgerPast
from exchange.outcome import Answer
from exchange.past import Ordered, Past

LEDGER_FILE = "ledger.db"


@dataclass(frozen=True)
class Books:
    """What a site knows: its declarations as they are written, the ledger, the archive."""

    site: DeclaredSite
    ledger: Ledger
    store: Store


@dataclass(frozen=True)
class Installation(Books):
    """Everything of one site: declarations bound to places, so that flows can run."""

    site: OpenSite


@contextmanager
def books(folder: Path) -> Iterator[Books]:
    """The books of the site in a folder, to look at and to decide. No flow need be sound, none is compiled."""
    site = read_site(_expect_site(folder))
    ledger, store = open_books(site)
    try:
        yield Books(site, ledger, store)
    finally:
        ledger.close()


@contextmanager
def installation(folder: Path) -> Iterator[Installation]:
    """The site in a folder with its ledger and archive, which are made when they are not there yet."""
    last = _Remembered()
    site = open_site(_expect_site(folder), last)
    last.flows = site.declared_flows
    ledger, store = open_books(site)
    last.books = ledger, store
    try:
        yield Installation(site, ledger, store)
    finally:
        ledger.close()


def open_books(site: DeclaredSite) -> tuple[Ledger, Store]:
    """The ledger and the archive of a site."""
    site.var.mkdir(mode=0o700, exist_ok=True)
    owner = site.folder / OWNER_FILE
    if not owner.is_file():
        fresh = owner.with_name(f"owner-{os.getpid()}")
        fresh.write_text(secrets_of_system.token_hex(8), encoding="ascii")
        fresh.rename(owner)
    declared = site.declared
    password = secrets.resolve(str(declared.ledger_secret), site.folder) if declared.ledger_secret else None
    ledger = open_ledger(declared.ledger, site.var / LEDGER_FILE, password.reveal() if password else None)
    return ledger, Store.at(site.var)


def _expect_site(folder: Path) -> Path:
    if not (folder / SITE_FILE).is_file():
        raise UseError(
            f"{folder.absolute()} is not a site: it has no {SITE_FILE}.",
            advice="Name it with --site DIR, make one with `exchange new DIR`, or try `exchange demo DIR`.",
        )
    return folder.absolute()


def sharing(flows: Mapping[str, Flow], name: str) -> set[str]:
    """The flows that match against a list of open items that this one matches against, too."""
    lists = {other: _lists(flow) for other, flow in flows.items()}
    return {name, *(other for other in flows if lists[other] & lists.get(name, set()))}


def _lists(flow: Flow) -> set[str]:
    return {str(flow.with_[name]) for name in flow.match.names} if flow.match else set()


class _Remembered:
    """What the books of a site remember for its flows (an `exchange.flow.reconciling.Memory`)."""

    books: tuple[Ledger, Store] | None = None
    flows: Mapping[str, Flow] = MappingProxyType({})

    def newest(self, flow: str) -> Reference | None:
        """What another flow last brought to an end."""
        found = self._done(flow, 1)
        return found[0] if found else None

    def every(self, flow: str) -> Sequence[Reference]:
        """All that another flow brought to an end, oldest first."""
        return self._done(flow, None)[::-1]

    def ordered(self, message_id: str, payment_info_id: str | None) -> Iterator[Ordered]:
        """The payments of a file that was sent, or of one of its batches, that a bank can still refuse."""
        assert self.books is not None
        after = 0
        while True:
            with self.books[0].read() as connection:
                found = payment_queries.sent(connection, message_id, payment_info_id, after)
            for after, payment in found:  # noqa: B007 - where the next portion begins
                yield payment
            if not found:
                return

    def booked(self, movements: Sequence[Answer]) -> list[list[Ordered]]:
        """The payments that each of some movements is certainly of."""
        assert self.books is not None
        if not movements:
            return []
        with self.books[0].read() as connection:
            found = meant.booked(connection, movements)
            sent = payment_queries.sent_as(connection, {n for some in found for n in some})
        return [[sent[n] for n in some] for some in found]

    def past(self, flow: str, arrival: str, *, as_then: bool = False) -> Past:
        """What was decided before, by all flows that match against the same open items."""
        assert self.books is not None
        return LedgerPast(self.books[0], sharing(self.flows, flow), arrival, as_then)

    def _done(self, flow: str, limit: int | None) -> list[Reference]:
        assert self.books is not None
        ledger, store = self.books
        with ledger.read() as connection:
            rows = queries.arrivals(connection, flow=flow, stages=("done",), limit=limit)
        read = [(row.id, row.repaired or row.sha256) for row in rows]
        return [Reference(id, sha256, store.archive.path(sha256)) for id, sha256 in read]


def expect_flow(opened: Books, connection: Connection, name: str | None) -> None:
    """UnknownNameError where a flow of that name is not declared, and none of that name has ever had a file."""
    declared = {*opened.site.declared_flows, *opened.site.wrong}
    if name is None or name in declared:
        return
    known = declared | queries.flows(connection)
    if name not in known:
        raise UnknownNameError(f'There is no flow "{name}".', advice=did_you_mean(name, known))


def encoding_of(site: DeclaredSite, flow: str) -> str:
    """The encoding that the layout of a flow's files declares."""
    declared = site.declared_flows.get(flow)
    layout = site.library.layout(declared.layout) if declared else None
    return getattr(layout, "encoding", None) or "utf-8"


def flow_of(site: OpenSite, name: str) -> Bound:
    """The flow of that name; UnknownNameError where there is none."""
    if name not in site.flows:
        raise UnknownNameError(f'There is no flow "{name}".', advice=did_you_mean(name, site.declared_flows))
    return site.flows[name]
