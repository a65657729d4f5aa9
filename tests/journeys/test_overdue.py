"""A day of execution that passes while the bank's place cannot be reached: nothing goes out before a person has named it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.journeys.conftest import Shell
from tests.journeys.test_approval import seen
from tests.journeys.test_payments import order, paying_site

TUESDAY, FRIDAY, SATURDAY, SUNDAY = (f"2026-11-{day}T20:00+02:00" for day in (24, 27, 28, 29))
"""The payments are for Friday the 27th and Monday the 30th."""


@pytest.mark.parametrize("approve", [0, 1])
def test_a_day_that_passes_before_the_file_is_sent_is_named_by_a_person(
    exchange: Shell, approve: int
) -> None:
    site = paying_site(exchange.folder)
    with (site / "flows/supplier-payments.yaml").open("a", encoding="utf-8") as flow:
        flow.write(f"approve: {approve}\n")
    order(site)
    bank = site / "outbox/bank"
    bank.rmdir()
    bank.write_text("the place is away", encoding="utf-8")

    def run(moment: str) -> Shell:
        on = replace(exchange, now=moment)
        on("run", "--once", "--site", site, code=None)
        return on

    on = run(TUESDAY)
    [row] = on("seen", "--site", site, "--json").json()
    if approve:
        on("approve", row["arrival"], *seen(on, site, row["arrival"]), "--because", "x", "--site", site)
    on = run(FRIDAY)
    assert reasons(on, site, row["arrival"]) != []
    on("retry", row["arrival"], "--because", "it is back", "--site", site, code=None)
    bank.unlink()
    bank.mkdir()
    on = run(SATURDAY)
    assert list(bank.iterdir()) == []
    [held] = on("status", "--site", site, "--json", code=None).json()["held"]
    assert held["hold"] == "passed"
    assert "passed before they could be sent (2026-11-27)" in held["reason"]
    assert f"`exchange retry {row['arrival']} --passed 2026-11-27 --because …`" in held["reason"]

    for named in ((), ("--passed", "2026-11-26")):
        said = on("retry", row["arrival"], *named, "--because", "x", "--site", site, code=2).err
        assert "--passed 2026-11-27" in " ".join(said.split())
    on("retry", row["arrival"], "--passed", "2026-11-27", "--because", "the bank agreed", "--site", site)
    on = run(SUNDAY)
    assert len(list(bank.glob("*.xml"))) == 1
    story = on("show", row["arrival"], "--site", site, "--json").json()["events"]
    assert ["2026-11-27"] in [event["data"].get("passed") for event in story]
    assert "whole" in on("verify", "--site", site).out


def reasons(exchange: Shell, site: Path, arrival: str) -> list[str]:
    told = exchange("show", arrival, "--site", site, "--json").json()["deliveries"]
    return [each["reason"] for each in told if each["reason"]]
