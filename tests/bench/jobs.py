"""The jobs that are measured: their input, what is run of ours, and what it is compared with."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.bench import data

SITE = Path(__file__).parents[2] / "samples/nordkaffe/site"
OURS = Path(__file__).parent / "site"
PLACES = (
    "inbox/supplier-payments", "inbox/bank-statements", "inbox/open-receivables", "inbox/orders", "inbox/small-orders",
    "inbox/copy", "outbox/bank", "outbox/bookkeeping", "outbox/sales-ledger", "outbox/to-check", "outbox/import",
)  # fmt: skip
Command = tuple[str, ...]


@dataclass(frozen=True)
class Trial:
    """One measurement: what runs before (unmeasured), ours, and the other, which may use what ours has made."""

    ours: Command
    other: Callable[[], Command]
    before: Command | None = None


@dataclass(frozen=True)
class Job:
    """One line of the table. quick, full: numbers of records; aim: the ratio that ours keeps to the other at most,
    or, where the other is what a handbook would do, how many times faster it is at least; aim_of_two: that of seconds where
    two processors are there for it.
    """

    name: str
    title: str
    other: str
    aim: float
    quick: int
    full: int
    prepare: Callable[[Path, int], Trial]
    is_textbook: bool = False
    memory: int = 150
    aim_of_two: float | None = None


def make_site(folder: Path, *flows: str) -> Path:
    """The demo's site and what the bench declares, with these flows only."""
    shutil.copytree(SITE, folder)
    shutil.copytree(OURS, folder, dirs_exist_ok=True)
    for flow in (folder / "flows").iterdir():
        if flow.stem not in flows:
            flow.unlink()
    for place in PLACES:
        (folder / place).mkdir(parents=True, exist_ok=True)
    return folder


def _results(site: Path) -> list[str]:
    return [str(path) for path in sorted((site / "outbox").rglob("*")) if path.is_file()]


def _kept(path: Path, site: Path) -> Path:
    """A copy of an input for the other: ours takes its own away."""
    kept = site.with_name(f"kept{path.suffix}")
    shutil.copyfile(path, kept)
    return kept


def payments(folder: Path, rows: int) -> Trial:
    """Approved invoices to payments."""
    site = make_site(folder / "site", "supplier-payments")
    source = site / "inbox/supplier-payments/big.csv"
    data.payments(source, rows)
    kept = _kept(source, site)
    return Trial(("site", str(site)), lambda: ("csv", str(kept), *_results(site)))


def textbook_payments(folder: Path, rows: int) -> Trial:
    """The same, against a handbook's program."""
    trial = payments(folder, rows)
    kept = folder / "kept.csv"
    return Trial(trial.ours, lambda: ("textbook-payments", str(kept), str(folder / "textbook.xml")))


def statement(folder: Path, entries: int) -> Trial:
    """A statement matched against as many open items."""
    site = make_site(folder / "site", "bank-statements", "open-receivables")
    data.receivables(site / "inbox/open-receivables/items.csv", entries)
    big, kept = folder / "big.xml", folder / "kept.xml"
    data.statement(big, entries)
    shutil.copyfile(big, kept)
    return Trial(
        ("site", str(site), str(big), str(site / "inbox/bank-statements/big.xml")),
        lambda: ("xml", str(kept), *_results(site)),
        ("site", str(site)),
    )


def textbook_statement(folder: Path, entries: int) -> Trial:
    """The same, against a handbook's program that matches nothing."""
    trial = statement(folder, entries)
    other = ("textbook-statement", str(folder / "kept.xml"), str(folder / "textbook.csv"))
    return Trial(trial.ours, lambda: other, trial.before)


def orders(folder: Path, number: int) -> Trial:
    """Shop orders to the general ledger and to an import file."""
    site = make_site(folder / "site", "orders")
    source = site / "inbox/orders/big.jsonl"
    data.orders(source, number)
    kept = _kept(source, site)
    return Trial(("site", str(site)), lambda: ("json", str(kept), *_results(site)))


def small(folder: Path, number: int) -> Trial:
    """Many files of one order each."""
    site = make_site(folder / "site", "small-orders")
    inbox = site / "inbox/small-orders"
    data.small_orders(inbox, number)
    shutil.copytree(inbox, folder / "small")
    return Trial(("site", str(site)), lambda: ("small", str(folder / "small")))


def copy(folder: Path, rows: int) -> Trial:
    """CSV to CSV: every column, dates and amounts written otherwise."""
    site = make_site(folder / "site", "copy")
    source = site / "inbox/copy/big.csv"
    data.payments(source, rows)
    kept = _kept(source, site)
    return Trial(("site", str(site)), lambda: ("copy", str(kept), _results(site)[0]))


def reading(
    layout: str, file: str, make: Callable[[Path, int], None], other: str
) -> Callable[[Path, int], Trial]:
    """Reading alone, against the bare reader of the format."""

    def prepare(folder: Path, records: int) -> Trial:
        site = make_site(folder / "site")
        source = folder / file
        make(source, records)
        return Trial(("read", str(site), layout, str(source)), lambda: (other, str(source)))

    return prepare


JOBS = (
    Job("payments", "CSV → checked → pain.001.001.09", "csv.reader, bytes written", 3.2, 100_000, 1_000_000, payments, aim_of_two=2.0),
    Job("statement", "camt.053 → matched → SIE + CSV", "expat doing nothing, bytes written", 5.7, 20_000, 200_000, statement, aim_of_two=3.7),
    Job("orders", "orders JSON → SIE + CSV", "json.loads of each, bytes written", 4.8, 20_000, 100_000, orders, memory=100, aim_of_two=3.0),
    Job("small", "small order files → CSV", "the same files, syncs and commits bare", 2.0, 5_000, 10_000, small),
    Job("copy", "CSV → CSV", "csv.reader → csv.writer", 2.0, 100_000, 1_000_000, copy),
    Job("read-csv", "reading CSV", "csv.reader", 1.5, 100_000, 1_000_000,
        reading("nordkaffe/supplier-payments", "in.csv", data.payments, "csv")),
    Job("read-xml", "reading camt.053", "lxml.iterparse, all texts", 1.5, 20_000, 200_000,
        reading("iso20022/camt.053", "in.xml", data.statement, "entries")),
    Job("read-json", "reading JSON", "json.loads of each", 1.5, 20_000, 100_000,
        reading("bench/orders", "in.jsonl", data.orders, "json")),
    Job("read-fixed", "reading fixed width (KTL)", "lines cut into columns", 1.5, 100_000, 1_000_000,
        reading("finanssiala/ktl", "in.txt", data.fixed, "fixed")),
    Job("textbook-payments", "CSV → pain.001.001.09", "csv.DictReader, lxml tree, XSD", 15, 20_000, 100_000,
        textbook_payments, is_textbook=True),
    Job("textbook-statement", "camt.053 → SIE + CSV", "lxml tree, findtext, XSD, no matching", 2, 20_000, 200_000,
        textbook_statement, is_textbook=True),
)  # fmt: skip
