"""A ledger that was put back stops the engine, and a person who has looked lets it go on."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.journeys.conftest import Shell
from tests.journeys.test_first_day import GOOD, drop, made


def put_back(site: Path, copy: Path) -> None:
    """The ledger as it was, beside an archive and a witness that know more."""
    for left in (site / "var").glob("ledger.db*"):
        left.unlink()
    for kept in copy.glob("ledger.db*"):
        shutil.copyfile(kept, site / "var" / kept.name)


def test_a_stop_is_lifted_with_a_reason(exchange: Shell) -> None:
    site = made(exchange)
    drop(site, "first.csv", GOOD)
    exchange("run", "--once", "--site", site)
    copy = exchange.folder / "copy"
    shutil.copytree(site / "var", copy)
    drop(site, "second.csv", GOOD.replace("1001", "1002"))
    exchange("run", "--once", "--site", site)
    put_back(site, copy)
    exchange("run", "--once", "--site", site, code=3)
    assert "witness" in exchange("status", "--site", site, "--json", code=3).json()["stops"]
    assert "no stop" in exchange("lift", "witnes", "--site", site, "--because", "x", code=2).err
    assert "--because" in exchange("lift", "witness", "--site", site, code=2).err
    exchange("lift", "witness", "--site", site, "--because", "restored; the target was looked at")
    exchange("run", "--once", "--site", site)
    assert exchange("status", "--site", site, "--json").json()["green"]
