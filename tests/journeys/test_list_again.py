"""Lists of open items that say again what they said some lists ago, through the real command line."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.conftest import Shell
from tests.journeys.test_reconcile import FIRST, HEADER, ITEMS, drop, entries, listed, run, statement
from tests.journeys.test_reconcile import site as site

WITHOUT_FIRST = HEADER + ITEMS.partition("\r\n")[2]
ENCODING = "windows-1252"


def test_a_list_that_says_again_what_an_older_one_said_is_the_newest(exchange: Shell, site: Path) -> None:
    run(exchange, site)
    drop(site, "open-receivables", "tuesday.csv", WITHOUT_FIRST, ENCODING)
    text, closing = statement(1, entries(FIRST[0]))
    drop(site, "bank-statements", "1.xml", text)
    run(exchange, site)
    [waiting] = listed(exchange, site)
    assert waiting["amount"] == "812.30", "tuesday's list does not have its invoice"

    drop(site, "open-receivables", "wednesday.csv", HEADER + ITEMS, ENCODING)
    run(exchange, site)
    assert listed(exchange, site) == [], "looked at again: the invoice is open, as monday's list had it"
    drop(site, "open-receivables", "wednesday-again.csv", HEADER + ITEMS, ENCODING)
    drop(site, "bank-statements", "2.xml", statement(2, entries(FIRST[1], start=11), closing)[0])
    run(exchange, site)
    rows = exchange("seen", "--flow", "open-receivables", "--site", site, "--json").json()
    became = {row["name"]: row["disposition"] for row in rows}
    assert became == dict.fromkeys(("items.csv", "tuesday.csv", "wednesday.csv"), "taken") | {
        "wednesday-again.csv": "duplicate"
    }
    [again] = [row["arrival"] for row in rows if row["name"] == "wednesday.csv"]
    [first] = [row["arrival"] for row in rows if row["name"] == "items.csv"]
    assert first in exchange("show", again, "--site", site).out, "whose bytes it has"
    assert {row["rule"] for row in listed(exchange, site, "--all")} == {"reference", "reference_tolerance"}
    exchange("verify", "--site", site)
