"""A big statement matched on one processor and on two: the same results, to the byte."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from exchange.flow import beside
from exchange.operations.running import run
from tests.bench import data
from tests.bench.jobs import make_site

CASE = re.compile(rb"^[0-9A-Z]{8}-(?=\d+;)", re.MULTILINE)
"""What the id of a case begins with: the arrival, which has another id in each site."""
ENTRIES = beside.BIG // data.ENTRY_BYTES + 300


def results(folder: Path) -> dict[str, bytes]:
    """What comes of the statement, by the folder where it goes."""
    site = make_site(folder, "bank-statements", "open-receivables")
    data.receivables(site / "inbox/open-receivables/items.csv", ENTRIES)
    data.statement(site / "inbox/bank-statements/big.xml", ENTRIES)
    assert not run(site, once=True).troubles
    files = [path for path in (site / "outbox").rglob("*") if path.is_file()]
    return {path.parent.name: CASE.sub(b"", path.read_bytes()) for path in files}


def test_one_processor_or_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Any] = []

    def noted(*given: Any) -> Any:
        begun.append(given)
        return beside.made_beside(*given)

    monkeypatch.setattr("exchange.flow.content.made_beside", noted)
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: {0})
    alone = results(tmp_path / "one")
    assert not begun
    assert alone.keys() == {"bookkeeping", "sales-ledger", "to-check"}
    assert len(alone["bookkeeping"].splitlines()) > ENTRIES
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: {0, 1})
    assert results(tmp_path / "two") == alone
    assert begun
