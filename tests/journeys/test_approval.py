"""Four eyes on the command line: what waits, for whom, and what the screen says until it is sent."""

from __future__ import annotations

from tests.journeys.conftest import Shell
from tests.journeys.test_first_day import GOOD, drop, made


def test_what_waits_for_approval_is_shown_until_two_people_have_approved(exchange: Shell) -> None:
    site = made(exchange)
    drop(site, "first.csv", GOOD)
    flow = site / "flows/orders.yaml"
    flow.write_text(flow.read_text(encoding="utf-8") + "approve: 2\n", encoding="utf-8")
    ran = exchange("run", "--once", "--site", site)
    assert "waiting for approval: see `exchange status`" in ran.out
    shown = exchange("status", "--site", site, code=3).out
    assert "YELLOW  something waits for approval" in shown
    assert "2 people" in shown and "exchange approve ID" in shown and "1 file" in shown
    state = exchange("status", "--site", site, "--json", code=3).json()
    assert not state["green"] and not state["held"]
    (waits,) = state["approval"]
    id = waits["arrival"]["id"]
    assert (waits["needed"], waits["given"], len(waits["deliveries"])) == (2, [], 1)
    exchange("approve", id, "--because", "compared with the orders", "--site", site)
    assert "one person, not anna" in exchange("status", "--site", site, code=3).out
    exchange("approve", id, "--because", "looked", "--site", site, EXCHANGE_ACTOR="bo")
    assert "GREEN" in exchange("status", "--site", site).out
    exchange("run", "--once", "--site", site)
    assert exchange("status", "--site", site, "--json").json()["flows"]["orders"] == {"done": 1}
