"""Bank statements of many megabytes against a thousand open items: the peak of memory must not grow with them.

python -m tests.bench.statements 20 400 2000      sizes in MB; the exit code is 1 when memory grew
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.bench import data
from tests.bench.__main__ import Measured, measure
from tests.bench.jobs import make_site

ITEMS = 1_000
GROWTH = 16
"""So many MiB more than with the first, small statement is still flat."""


def run(megabytes: int) -> Measured:
    """One statement through the whole flow, made on the fly and removed afterwards."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as base:
        site = make_site(Path(base) / "site", "bank-statements", "open-receivables")
        flow = site / "flows" / "bank-statements.yaml"
        flow.write_text(
            flow.read_text("utf-8").replace("after: archive", "after: archive, max size: 20GB"), "utf-8"
        )
        data.receivables(site / "inbox/open-receivables/items.csv", ITEMS)
        measure("site", str(site))
        entries = megabytes * 1_000_000 // data.ENTRY_BYTES
        data.statement(site / "inbox/bank-statements/big.xml", entries, ITEMS)
        done = measure("site", str(site))
        if not list((site / "outbox" / "bookkeeping").iterdir()):
            raise SystemExit(f"nothing came of the statement of {megabytes} MB")
        return done


def main() -> None:
    peaks = []
    for size in map(int, sys.argv[1:]):
        done = run(size)
        peaks.append(done.memory)
        print(
            f"camt.053 of {size:>5} MB  {done.processor:7.1f} s of the processor  {done.memory} MiB",
            flush=True,
        )
    sys.exit(1 if max(peaks) - peaks[0] > GROWTH else 0)


if __name__ == "__main__":
    main()
