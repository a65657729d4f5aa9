"""Payments of which the bank does not speak in time, through the real command line on a clock that stands still."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.journeys.conftest import Shell
from tests.journeys.test_payments import (
    ANSWERS,
    EUR,
    NORDKAFFE,
    batch,
    camt053,
    details,
    entry,
    order,
    pain002,
    paying_site,
    payment,
)

SENT = "2026-11-24T10:00+02:00"
"""A Tuesday. 70001 to 70003 are in euro for Friday the 27th, 70004 and 70005 in crowns for Monday the 30th."""
EXPECT = "expect: {answer: 1 bank day, booking: 2 bank days}\n"


@pytest.fixture
def site(exchange: Shell) -> Path:
    """Nordkaffe's site, whose bank is expected to answer, with flows for what it says."""
    return paying_site(exchange.folder)


def send(exchange: Shell, site: Path, expect: str = EXPECT) -> None:
    with (site / "flows/supplier-payments.yaml").open("a", encoding="utf-8") as flow:
        flow.write(expect)
    order(site)
    on(exchange, SENT)("run", "--once", "--site", site)


def on(exchange: Shell, moment: str) -> Shell:
    return replace(exchange, now=moment)


def late(exchange: Shell, site: Path, moment: str) -> dict[str, tuple[str, str]]:
    """What `exchange payments --late` lists at a moment, by the payment's id at the source."""
    listed = on(exchange, moment)("payments", "--late", "--site", site, "--json").json()
    assert sum(each["count"] for each in listed["sums"]) == listed["count"] == len(listed["payments"])
    return {each["key"]: (" ".join(each["missing"]), each["missing_since"]) for each in listed["payments"]}


def test_payments_without_an_answer_are_told_after_the_day_on_which_it_was_due(
    exchange: Shell, site: Path
) -> None:
    send(exchange, site)
    in_time = on(exchange, "2026-11-25T18:00+02:00")
    assert in_time("status", "--site", site, "--json").json()["late"] == []
    assert late(exchange, site, "2026-11-25T18:00+02:00") == {}

    shown = on(exchange, "2026-11-26T08:00+02:00")("status", "--site", site, code=3).out
    assert "YELLOW  payments are late" in shown
    said = " ".join(shown.split())
    assert "3 payments of 2026-11-27 (17644.75 EUR, file pain001-" in said
    assert (
        "have no answer from the bank; it was due by 2026-11-25. Ask the bank whether it has the file" in said
    )
    assert set(late(exchange, site, "2026-11-26T08:00+02:00").values()) == {("answer", "2026-11-25")}
    listed = on(exchange, "2026-11-26T08:00+02:00")("payments", "--late", "--site", site).out
    assert "no answer since 2026-11-25" in listed
    assert (
        "no answer since 2026-11-25"
        in on(exchange, "2026-11-26T08:00+02:00")("payments", "P1", "--site", site).out
    )
    run = on(exchange, "2026-11-26T08:00+02:00")("run", "--once", "--site", site)
    assert "Late payments: 5" in run.out


def test_what_the_bank_has_ended_is_never_late_and_what_it_accepted_waits_for_its_booking(
    exchange: Shell, site: Path
) -> None:
    send(exchange, site)
    pain002(
        site,
        group="PART",
        batches=batch(site, 1, payment("NK70001", "ACCP"), payment("NK70002", "RJCT", "AC04"), status="PART")
        + batch(site, 2, status="ACSP"),
    )
    on(exchange, "2026-11-24T12:00+02:00")("run", "--once", "--site", site)
    assert late(exchange, site, "2026-12-01T18:00+02:00") == {}
    assert late(exchange, site, "2026-12-02T08:00+02:00") == {
        "70001": ("booking", "2026-12-01"),
        "70003": ("booking", "2026-12-01"),
    }
    camt053(site, EUR, "EUR", entry("12450.00", "EUR", details("NK70001")))
    on(exchange, "2026-12-02T09:00+02:00")("run", "--once", "--site", site)
    assert set(late(exchange, site, "2026-12-02T10:00+02:00")) == {"70003"}
    assert set(late(exchange, site, "2027-01-02T10:00+02:00")) == {"70003", "70004", "70005"}
    assert late(exchange, site, "2027-01-02T10:00+02:00")["70004"] == ("booking", "2026-12-02")
    [one, two] = on(exchange, "2027-01-02T10:00+02:00")("status", "--site", site, "--json", code=3).json()[
        "late"
    ]
    assert (one["count"], one["currency"], one["missing"], one["since"]) == (
        1,
        "EUR",
        ["booking"],
        "2026-12-01",
    )
    assert "1 payment of 2026-11-27" in one["sentence"]
    assert "has not been booked on a statement; that was due by 2026-12-01" in one["sentence"]
    assert (two["count"], two["amount"], two["currency"]) == (2, "55325.50", "SEK")
    assert late(exchange, site, "2027-01-02T10:00+02:00").keys().isdisjoint({"70001", "70002"})


def test_a_file_that_is_sent_again_is_waited_for_anew(exchange: Shell, site: Path) -> None:
    send(exchange, site)
    assert len(late(exchange, site, "2026-11-26T08:00+02:00")) == 5
    [delivery] = {
        each["delivery"]
        for each in on(exchange, SENT)("payments", "--site", site, "--json").json()["payments"]
    }
    [file] = (site / "outbox/bank").glob("*.xml")
    file.unlink()  # the bank never got it
    again = on(exchange, "2026-11-26T09:00+02:00")
    again("resend", delivery, "--because", "the bank has no such file", "--site", site)
    again("run", "--once", "--site", site)
    assert late(exchange, site, "2026-11-27T08:00+02:00") == {}
    assert set(late(exchange, site, "2026-11-28T08:00+02:00").values()) == {("answer", "2026-11-27")}


def test_a_flow_that_expects_nothing_never_alarms(exchange: Shell, site: Path) -> None:
    send(exchange, site, expect="")
    shown = on(exchange, "2030-01-02T08:00+02:00")("status", "--site", site)
    assert "GREEN" in shown.out
    assert late(exchange, site, "2030-01-02T08:00+02:00") == {}


def test_a_file_that_was_not_sent_is_not_late(exchange: Shell, site: Path) -> None:
    send(exchange, site, EXPECT + "approve: 1\n")
    assert late(exchange, site, "2027-01-02T08:00+02:00") == {}
    assert "YELLOW  something waits for approval" in on(exchange, SENT)("status", "--site", site, code=3).out


def test_money_that_does_not_come_back_after_a_refusal_is_told_until_it_does_or_a_person_says_so(
    exchange: Shell, site: Path
) -> None:
    send(exchange, site, "expect: {return: 3 bank days}\n")
    camt053(
        site,
        EUR,
        "EUR",
        entry("12450.00", "EUR", details("NK70001")),
        entry("1284.55", "EUR", details("NK70002"), number=2),
    )
    on(exchange, "2026-11-27T09:00+02:00")("run", "--once", "--site", site)
    refused = payment("NK70001", "RJCT", "AC04") + payment("NK70002", "RJCT", "AC04")
    pain002(site, batches=batch(site, 1, refused))
    on(exchange, "2026-11-27T12:00+02:00")("run", "--once", "--site", site, code=3)
    [held] = on(exchange, "2026-11-27T12:00+02:00")("status", "--site", site, "--json", code=3).json()["held"]
    bank = on(exchange, "2026-11-30T09:00+02:00")
    bank("release", held["id"], "--because", "the bank sends it back", "--site", site)
    bank("run", "--once", "--site", site)

    assert late(exchange, site, "2026-12-03T18:00+02:00") == {}
    morning = on(exchange, "2026-12-04T08:00+02:00")
    owed = ("return", "2026-12-03")
    assert late(exchange, site, "2026-12-04T08:00+02:00") == {"70001": owed, "70002": owed}
    [told] = morning("status", "--site", site, "--json", code=3).json()["late"]
    assert (told["count"], told["amount"], told["missing"]) == (2, "13734.55", ["return"])
    assert (
        "have been refused after the booking, and no return is booked; that was due by 2026-12-03. "
        in told["sentence"]
    )
    assert "`exchange returned`" in told["sentence"]
    assert "no return since 2026-12-03; AC04: The account is closed." in " ".join(
        morning("payments", "P1", "--site", site).out.split()
    )

    camt053(
        site, EUR, "EUR", entry("12450.00", "EUR", details("NK70001", "AC04"), "CRDT", 3), name="back.xml"
    )
    morning("run", "--once", "--site", site)
    assert set(late(exchange, site, "2026-12-04T09:00+02:00")) == {"70002"}
    assert (
        "The payment P1 is returned"
        in morning("returned", "P1", "--because", "twice", "--site", site, code=2).err
    )
    said = morning("returned", "NK70002", "--because", "set off against charges", "--site", site).out
    assert "P2 (1284.55 EUR to " in said and ") is now returned." in said
    assert late(exchange, site, "2027-01-04T09:00+02:00") == {}
    story = morning("payments", "P2", "--site", site, "--json").json()
    assert (story["payment"]["stage"], story["payment"]["reason"]) == ("returned", "set off against charges")
    assert story["events"][-1]["because"] == "set off against charges"
    assert "whole" in morning("verify", "--site", site).out


def test_what_no_file_tells_a_person_says(exchange: Shell, site: Path) -> None:
    send(exchange, site)
    then = on(exchange, "2026-12-10T08:00+02:00")
    told = then("status", "--site", site, code=3).out
    assert "`exchange booked` or `exchange cancelled`" in " ".join(told.split())
    said = then(
        "booked", "70001", "--because", "paper statement 48 of the closed account", "--site", site
    ).out
    assert said.startswith("P1 (12450.00 EUR to ") and said.endswith(" is now booked.\n")
    row = then(
        "cancelled", "P2", "--because", "the bank refused it by phone", "--site", site, "--json"
    ).json()
    assert (row["id"], row["stage"], row["reason"]) == ("P2", "cancelled", "the bank refused it by phone")
    assert set(late(exchange, site, "2026-12-10T09:00+02:00")) == {"70003", "70004", "70005"}
    twice = then("cancelled", "P1", "--because", "no", "--site", site, code=2).err
    assert "The payment P1 is booked; only what lies at the bank" in twice

    again = (site / "inbox/supplier-payments").parent / "again.csv"
    lines = (NORDKAFFE / "supplier-payments/01-approved.in.csv").read_bytes().splitlines(keepends=True)
    rows = [line.replace(b"70001", b"70091").replace(b"70002", b"70092") for line in lines[:3]]
    again.write_bytes(b"".join(rows))
    again.rename(site / "inbox/supplier-payments/again.csv")
    then("run", "--once", "--site", site, code=3)
    found = then("findings", "--site", site, "--json").json()
    pairs = [each["message"] for each in found if each["code"] == "PAID001"]
    assert [("12450.00" in each, "1284.55" in each) for each in pairs] == [(True, False)], (
        "what was called off may be paid again"
    )
    story = then("payments", "P2", "--site", site, "--json").json()
    assert (story["events"][-1]["what"], story["events"][-1]["actor"]) == ("payment cancelled", "anna")
    assert "whole" in then("verify", "--site", site).out


def test_a_wrong_expectation_is_told_with_its_place(exchange: Shell, site: Path) -> None:
    flow = site / "flows/bank-answers.yaml"
    flow.write_text(ANSWERS + "expect: {answer: 1 bank day}\n", encoding="utf-8")
    told = exchange("check", "--site", site, "--json", code=2).json()["problems"]
    assert [each["file"] for each in told] == ["flows/bank-answers.yaml"]
    assert "no payments are followed here" in told[0]["message"]
    flow.write_text(ANSWERS + "expect: {answer: 24h}\n", encoding="utf-8")
    [told] = exchange("check", "--site", site, "--json", code=2).json()["problems"]
    assert (told["line"], "not a number of bank days" in told["message"]) == (7, True)
