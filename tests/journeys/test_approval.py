"""Four eyes on the command line: what waits, for whom, and what the screen says until it is sent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.docs.pages import ROOT
from tests.journeys.conftest import Shell
from tests.journeys.test_first_day import GOOD, drop, made
from tests.journeys.test_payments import order, paying_site

SUPPLIERS = ROOT / "samples/nordkaffe/supplier-payments/01-approved.in.csv"


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
    unseen = " ".join(exchange("approve", id, "--because", "x", "--site", site, code=2).err.split())
    assert f"with --statement: `exchange approve {id} --show` tells it." in unseen
    assert "--statement" in exchange("approve", id, "--because", "x", "--yes", "--site", site, code=2).err
    looked = ("--statement", waits["statement"][:12])
    first = exchange("approve", id, *looked, "--because", "compared with the orders", "--site", site).out
    assert "It waits until another person approves it, too." in first
    assert "one person, not anna" in exchange("status", "--site", site, code=3).out
    again = exchange("approve", id, *looked, "--because", "once more", "--site", site, code=2)
    assert "anna has already approved this." in again.err + again.out
    second = exchange("approve", id, *looked, "--because", "looked", "--site", site, EXCHANGE_ACTOR="bo").out
    assert "is now approved. The engine goes on with it" in second
    assert "GREEN" in exchange("status", "--site", site).out
    exchange("run", "--once", "--site", site)
    assert exchange("status", "--site", site, "--json").json()["flows"]["orders"] == {"done": 1}


APPROVERS = """approvers:
  anna: {per file: {EUR: 100000}}
  bo: {per day: {EUR: 1}}
"""


def test_what_is_approved_is_shown_first_and_limits_are_kept(exchange: Shell) -> None:
    site = made(exchange)
    drop(site, "first.csv", GOOD)
    flow = site / "flows/orders.yaml"
    flow.write_text(flow.read_text(encoding="utf-8") + "approve: 1\n", encoding="utf-8")
    declared = site / "exchange.yaml"
    declared.write_text(declared.read_text(encoding="utf-8") + APPROVERS, encoding="utf-8")
    exchange("run", "--once", "--site", site)
    (waits,) = exchange("status", "--site", site, "--json", code=3).json()["approval"]
    id, statement = waits["arrival"]["id"], waits["statement"]
    shown = exchange("approve", id, "--show", "--site", site).out
    assert (
        statement[:12] in shown and "nobody yet" in shown and waits["deliveries"][0]["sha256"][:12] in shown
    )
    assert exchange("approve", id, "--show", "--json", "--site", site).json()["statement"] == statement
    assert "--because" in exchange("approve", id, "--site", site, code=2).err

    def refused(*words: str, actor: str = "anna") -> str:
        done = exchange("approve", id, "--because", "x", "--site", site, *words, code=2, EXCHANGE_ACTOR=actor)
        return " ".join((done.out + done.err).split())

    shown_to_all = seen(exchange, site, id)
    assert "carl is not among the approvers of this site." in refused(*shown_to_all, actor="carl")
    assert "bo cannot approve this:" in refused(*shown_to_all, actor="bo")
    assert "for one day" in refused(*shown_to_all, actor="bo")
    assert "What waits is not what was shown." in refused("--statement", "0" * 12)
    exchange("approve", id, "--because", "compared", "--statement", statement[:12], "--site", site)
    exchange("run", "--once", "--site", site)
    assert "GREEN" in exchange("status", "--site", site).out
    assert "whole" in exchange("verify", "--site", site).out


def test_who_approves_sees_what_is_paid_and_whose_account_has_changed(exchange: Shell) -> None:
    exchange("demo", "demo")
    site = exchange.folder / "demo"
    flow = site / "flows/supplier-payments.yaml"
    flow.write_text(flow.read_text(encoding="utf-8") + "approve: 1\n", encoding="utf-8")
    lines = (
        (ROOT / "samples/nordkaffe/supplier-payments/01-approved.in.csv")
        .read_bytes()
        .splitlines(keepends=True)
    )
    changed = (
        lines[1].replace(b"70001", b"79001").replace(b"FI49 4730 0010 4163 10", b"FI21 1234 5600 0007 85")
    )
    (site / "inbox/supplier-payments/changed.csv").write_bytes(lines[0] + changed)
    exchange("run", "--once", "--site", site, code=None)
    (waits,) = exchange("status", "--site", site, "--json", code=3).json()["approval"]
    shown = exchange("approve", waits["arrival"]["id"], "--show", "--json", "--site", site).json()
    (order,) = shown["orders"]
    assert (order["payments"], order["total"], order["first_day"]) == (1, "12450.00", "2026-11-27")
    assert shown["new_accounts"] == 1
    assert shown["payees"] == [
        {
            "name": "Tukku-Paahtimo Oy",
            "account": "FI2112345600000785",
            "before": ["FI4947300010416310"],
            "others": [],
        }
    ]
    told = exchange("approve", waits["arrival"]["id"], "--show", "--site", site).out
    assert "CHANGED, before: FI4947300010416310" in told
    assert "has passed" not in told
    late = replace(exchange, now="2026-11-30T08:00:00+02:00")
    told = " ".join(late("approve", waits["arrival"]["id"], "--show", "--site", site).out.split())
    assert "day of execution of some of these payments has passed (2026-11-27)" in told
    word = (
        "approve",
        waits["arrival"]["id"],
        "--because",
        "x",
        "--statement",
        shown["statement"],
        "--site",
        site,
    )
    for said in ((), ("--passed", "2026-11-28")):
        refused = " ".join(late(*word, *said, code=2).err.split())
        assert "has passed (2026-11-27)" in refused and "--passed 2026-11-27" in refused
    assert "No day of execution has passed" in exchange(*word, "--passed", "2026-11-27", code=2).err
    late(*word, "--passed", "2026-11-27")
    story = exchange("show", waits["arrival"]["id"], "--site", site, "--json").json()["events"]
    [given] = [event for event in story if event["what"] == "arrival approval"]
    assert given["data"]["passed"] == ["2026-11-27"]


def test_status_says_when_nobody_can_approve(exchange: Shell) -> None:
    site, id, _ = two_files(exchange, 2)

    def who() -> str:
        text = " ".join(exchange("status", "--site", site, code=None).out.split())
        blocked = {
            each["arrival"]["id"]: each["blocked"]
            for each in exchange("status", "--site", site, "--json", code=None).json()["approval"]
        }
        assert ("Nobody can" in text) == any(blocked.values())
        return blocked[id] or ""

    assert who() == ""
    declared, flow = site / "exchange.yaml", site / "flows/supplier-payments.yaml"
    before = declared.read_text("utf-8")
    declared.write_text(before + "approvers: {anna: {}}\n", "utf-8")
    assert "1 of the approvers in exchange.yaml may still approve it, and 2 must" in who()
    declared.write_text(before, "utf-8")
    flow.write_text(
        flow.read_text("utf-8").replace("approve: 2", "approve: 2\npaid twice within: 80"), "utf-8"
    )
    assert "declarations of the flow have changed" in who()
    looked = seen(exchange, site, id)
    refused = exchange("approve", id, *looked, "--because", "x", "--site", site, code=2).err
    assert who() in " ".join(refused.split())
    flow.write_text(flow.read_text("utf-8") + "to: []\n", "utf-8")
    assert "cannot run" in who()


def seen(exchange: Shell, site: Path, arrival: str) -> tuple[str, str]:
    """What somebody who looks now gives with an approval."""
    return "--statement", exchange("approve", arrival, "--show", "--json", "--site", site).json()["statement"]


def void_events(exchange: Shell, site: Path, arrival: str) -> list[Any]:
    events = exchange("show", arrival, "--site", site, "--json").json()["events"]
    return [event for event in events if event["what"] == "arrival approval void"]


def two_files(exchange: Shell, needed: int) -> tuple[Path, str, str]:
    """Two payment files that wait: the second pays only an account that the first one makes known."""
    site = paying_site(exchange.folder)
    flow = site / "flows/supplier-payments.yaml"
    flow.write_text(flow.read_text(encoding="utf-8") + f"approve: {needed}\n", encoding="utf-8")
    order(site)
    exchange("run", "--once", "--site", site)
    lines = SUPPLIERS.read_bytes().splitlines(keepends=True)
    later = (
        lines[1].replace(b"70001;", b"79001;").replace(b"880123", b"880136").replace(b"88012\r", b"88013\r")
    )
    (site / "inbox/supplier-payments/later.csv").write_bytes(lines[0] + later)
    exchange("run", "--once", "--site", site)
    waits = exchange("status", "--site", site, "--json", code=3).json()["approval"]
    first, second = (each["arrival"]["id"] for each in waits)
    return site, first, second


def test_an_approval_is_void_when_the_account_it_showed_as_known_is_new_after_all(exchange: Shell) -> None:
    site, first, second = two_files(exchange, 2)
    shown = exchange("approve", second, "--show", "--json", "--site", site).json()
    assert shown["new_accounts"] == 0
    exchange("approve", second, *seen(exchange, site, second), "--because", "compared", "--site", site)
    exchange("reject", first, "--because", "not ours", "--site", site)
    now = exchange("approve", second, "--show", "--json", "--site", site).json()
    assert now["new_accounts"] == 1 and now["statement"] != shown["statement"] and now["given"] == []
    old = ("--statement", shown["statement"][:12])
    refused = exchange("approve", second, "--because", "x", *old, "--site", site, code=2, EXCHANGE_ACTOR="bo")
    assert "What waits is not what was shown." in " ".join((refused.out + refused.err).split())
    for who in ("bo", "anna"):
        looked = seen(exchange, site, second)
        exchange("approve", second, *looked, "--because", "asked", "--site", site, EXCHANGE_ACTOR=who)
    [void] = void_events(exchange, site, second)
    assert (void["actor"], void["data"]["statement"]) == ("bo", shown["statement"])
    assert (void["data"]["by"], void["data"]["say"]) == (
        ["anna"],
        "What was approved is not what would be sent now.",
    )
    exchange("run", "--once", "--site", site)
    assert len(list((site / "outbox/bank").glob("*.xml"))) == 1
    exchange("verify", "--site", site)


def test_what_was_approved_is_not_sent_when_its_account_is_new_by_then(exchange: Shell) -> None:
    site, first, second = two_files(exchange, 1)
    exchange("approve", second, *seen(exchange, site, second), "--because", "compared", "--site", site)
    exchange("reject", first, "--because", "not ours", "--site", site)
    exchange("run", "--once", "--site", site, code=3)
    [held] = exchange("status", "--site", site, "--json", code=3).json()["held"]
    assert held["hold"] == "approval" and "What was approved is not what would be sent now." in held["reason"]
    assert list((site / "outbox/bank").glob("*.xml")) == []
    [void] = void_events(exchange, site, second)
    assert (void["actor"], void["data"]["by"]) == ("engine", ["anna"])
    assert void["data"]["say"] == "What was approved is not what would be sent now."
