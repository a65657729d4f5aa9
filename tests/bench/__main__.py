"""Big jobs against the limit of reading and writing the same bytes: rows a second, ratios, memory.

python -m tests.bench [--rows N] [--entries N] [--runs N]
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.bench import data

ROOT = Path(__file__).parents[2]
SITE = ROOT / "samples/nordkaffe/site"


@dataclass(frozen=True)
class Measured:
    """Median seconds and the peak of memory in MiB."""

    seconds: float
    memory: int


@dataclass(frozen=True)
class Job:
    """One line of the table. prepare: makes the site's input, gives the biggest input and where outputs appear."""

    title: str
    flow: str
    limit: str
    aim: str
    records: int
    prepare: Callable[[Path, int], Path]


def measure(*command: str) -> Measured:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.work", *command], capture_output=True, text=True, cwd=ROOT
    )
    if done.returncode:
        raise SystemExit(f"{command}: {done.stdout}{done.stderr}")
    seconds, memory = done.stdout.split()
    return Measured(float(seconds), int(memory))


def make_site(folder: Path, flows: tuple[str, ...]) -> Path:
    """The demo's site with these flows only."""
    shutil.copytree(SITE, folder)
    for flow in (folder / "flows").iterdir():
        if flow.stem not in flows:
            flow.unlink()
    for name in ("inbox", "outbox"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for place in ("inbox/supplier-payments", "inbox/bank-statements", "inbox/open-receivables"):
        (folder / place).mkdir(parents=True)
    for place in ("bank", "bookkeeping", "sales-ledger", "to-check"):
        (folder / "outbox" / place).mkdir(parents=True)
    return folder


def prepare_payments(folder: Path, rows: int) -> Path:
    site = make_site(folder, ("supplier-payments",))
    data.payments(site / "inbox/supplier-payments/big.csv", rows)
    return site


def prepare_statement(folder: Path, entries: int) -> Path:
    site = make_site(folder, ("bank-statements", "open-receivables"))
    data.receivables(site / "inbox/open-receivables/items.csv", entries)
    measure("site", str(site))
    data.statement(site / "inbox/bank-statements/big.xml", entries)
    return site


def run(job: Job, runs: int) -> str:
    ours, limits = [], []
    with tempfile.TemporaryDirectory(dir="/var/tmp") as base:
        for number in range(runs):
            site = job.prepare(Path(base) / str(number), job.records)
            source = next((site / "inbox" / job.flow).iterdir())
            kept = Path(base) / f"source{source.suffix}"
            shutil.copyfile(source, kept)
            ours.append(measure("site", str(site)))
            result = max(
                (path for path in (site / "outbox").rglob("*") if path.is_file()),
                key=lambda path: path.stat().st_size,
            )
            limits.append(measure(job.limit, str(kept), str(result)))
            size = result.stat().st_size
            shutil.rmtree(site)
    seconds = statistics.median(each.seconds for each in ours)
    ratio = statistics.median(one.seconds / other.seconds for one, other in zip(ours, limits, strict=True))
    memory = max(each.memory for each in ours)
    return (
        f"{job.title:<58} {job.records / seconds:>9,.0f}/s  ratio {ratio:5.2f} ({job.aim})  {memory:>4} MiB  "
        f"{seconds:6.1f} s  {size / 1e6:,.0f} MB written"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--entries", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    jobs = [
        Job(
            "CSV → checked → pain.001.001.09, full protocol",
            "supplier-payments",
            "csv",
            "aim ≤ 3.2 of csv.reader + fsynced bytes",
            options.rows,
            prepare_payments,
        ),
        Job(
            "camt.053 → matched to as many open items → SIE + CSV",
            "bank-statements",
            "xml",
            "aim ≤ 5.7 of a C parser that does nothing",
            options.entries,
            prepare_statement,
        ),
    ]
    for job in jobs:
        print(run(job, options.runs), flush=True)


if __name__ == "__main__":
    main()
