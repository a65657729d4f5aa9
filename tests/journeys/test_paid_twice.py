"""Paid twice, as a person meets it: both payments side by side, and a decision that stays in the books."""

from __future__ import annotations

from tests.docs.pages import ROOT
from tests.journeys.conftest import Shell

SAMPLE = ROOT / "samples/nordkaffe/supplier-payments/01-approved.in.csv"


def test_an_invoice_exported_twice_is_held_and_shown_beside_the_first(exchange: Shell) -> None:
    exchange("demo", "demo")
    site = exchange.folder / "demo"
    exported = SAMPLE.read_bytes().splitlines(keepends=True)
    again = (
        exported[1]
        .replace(b"70001;27.11.2026", b"79001;04.12.2026")
        .replace(b"FI49 4730 0010 4163 10", b"FI4947300010416310")
    )
    assert again != exported[1]
    (site / "inbox/supplier-payments/again.csv").write_bytes(exported[0] + again)
    exchange("run", "--once", "--site", site, code=None)
    held = exchange("status", "--site", site, "--json", code=3).json()["held"]
    [row] = [each for each in held if each["name"] == "again.csv"]
    assert row["hold"] == "paid"
    [finding] = exchange("findings", row["id"], "--site", site, "--json").json()
    assert (finding["code"], finding["value"], finding["line"]) == ("PAID001", "79001", 2)
    told = finding["message"]
    assert "12450.00 EUR to Tukku-Paahtimo Oy, account FI4947300010416310, for 880123" in told
    assert "id 70001, due 2026-11-27, line 2 of 01-approved.csv" in told
    assert "id 79001, due 2026-12-04, line 2 of again.csv" in told
    exchange("release", row["id"], "--because", "two deliveries of the same price", "--site", site)
    exchange("run", "--once", "--site", site, code=None)
    story = exchange("show", row["id"], "--site", site, "--json").json()
    assert story["arrival"]["stage"] == "done"
    [written] = [event for event in story["events"] if event["what"] == "arrival written"]
    assert written["data"]["paid again"] == 1
