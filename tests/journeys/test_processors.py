"""A big statement matched on one processor and on two: the same results, to the byte."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import pytest

from exchange.flow import beside
from tests.bench import data
from tests.bench.jobs import make_site

ENTRIES = beside.BIG // data.ENTRY_BYTES + 300
ROOT = Path(__file__).parents[2]
PROCESSORS = sorted(os.sched_getaffinity(0))


def run(site: Path, processors: Collection[int]) -> None:
    """One run of the real command, on these processors."""
    done = subprocess.run(
        [sys.executable, "-m", "exchange", "run", "--once", "--site", str(site)],
        cwd=ROOT, capture_output=True, text=True, preexec_fn=lambda: os.sched_setaffinity(0, processors),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def results(folder: Path, processors: Collection[int]) -> dict[str, bytes]:
    """What comes of the statement, by the folder where it goes."""
    site = make_site(folder, "bank-statements", "open-receivables")
    data.receivables(site / "inbox/open-receivables/items.csv", ENTRIES)
    data.statement(site / "inbox/bank-statements/big.xml", ENTRIES)
    run(site, processors)
    return {path.parent.name: path.read_bytes() for path in (site / "outbox").rglob("*") if path.is_file()}


@pytest.mark.skipif(len(PROCESSORS) < 2, reason="there is one processor")
def test_one_processor_or_two(tmp_path: Path) -> None:
    alone, beside_it = results(tmp_path / "one", PROCESSORS[:1]), results(tmp_path / "two", PROCESSORS[:2])
    assert alone.keys() == {"bookkeeping", "sales-ledger", "to-check"}
    assert len(alone["bookkeeping"].splitlines()) > ENTRIES
    assert beside_it == alone
