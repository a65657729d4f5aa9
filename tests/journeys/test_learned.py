"""What decisions of people have taught, as `exchange reconcile rules` lists it."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.conftest import Shell
from tests.journeys.test_reconcile import OPENING, RULES, drop, entries, listed, run, statement
from tests.journeys.test_reconcile import site as site

KNOWN = "</Dbtr><DbtrAcct><Id><IBAN>FI4947300010416310</IBAN></Id></DbtrAcct></RltdPties>"


def test_a_movement_that_paid_two_invoices_teaches_once_and_its_text_is_listed(
    exchange: Shell, site: Path
) -> None:
    row = {"amount": "1171.15", "name": "Ruokakauppa Östman Ab", "text": "MAKSU 77123456"}
    text, _ = statement(1, entries(row))
    drop(site, "bank-statements", "1.xml", text.replace("</Dbtr></RltdPties>", KNOWN))
    run(exchange, site)
    [waiting] = listed(exchange, site)
    exchange("reconcile", "match", waiting["id"], "400101", "400109", "--because", "asked", "--site", site)

    def learned() -> dict[str, tuple[int, list[str], str | None]]:
        told = exchange("reconcile", "rules", "--site", site, "--json").json()["learned"]
        return {each["kind"]: (each["times"], each["acts"], each["lacks"]) for each in told}

    assert learned() == {
        "payer": (1, [], "1 of the 2 times that it needs"),
        "text": (1, [], "`foreign numbers` of known_payer is off"),
    }
    shown = exchange("reconcile", "rules", "--site", site).out
    assert "in: RUOKAKAUPPA ÖSTMAN AB MAKSU #" in " ".join(shown.split())

    rules = site / "schemas/rules/ours.yaml"
    rules.write_text(RULES + "  known_payer: {at least: 1, foreign numbers: true}\n", encoding="utf-8")
    assert learned() == {"payer": (1, ["bank-statements"], None), "text": (1, ["bank-statements"], None)}


def test_what_the_account_alone_decided_and_a_person_took_back_speaks_against_it(
    exchange: Shell, site: Path
) -> None:
    (site / "schemas/rules/ours.yaml").write_text(RULES + "  known_payer: {at least: 1}\n", encoding="utf-8")
    opening = OPENING
    for day, amount in ((1, "77.40"), (2, "1093.75")):
        row = {"amount": amount, "name": "Isäntä Erkki", "text": "maksu"}
        text, opening = statement(day, entries(row, start=day * 10), opening)
        drop(site, "bank-statements", f"{day}.xml", text.replace("</Dbtr></RltdPties>", KNOWN))
        run(exchange, site)
        if day == 1:
            [first] = listed(exchange, site)
            exchange("reconcile", "match", first["id"], "400109", "--because", "asked", "--site", site)
    [second] = [each for each in listed(exchange, site, "--all") if each["amount"] == "1093.75"]
    assert (second["rule"], second["reason"]) == (
        "known_payer",
        "The account FI4947300010416310 has paid for Ruokakauppa Östman Ab before, and 1093.75 EUR is what is open of invoice "
        "400101 alone.",
    )
    shown = " ".join(exchange("reconcile", "show", second["id"], "--site", site).out.split())
    assert "account FI4947300010416310, confirmed 10107: 1" in shown

    exchange("reconcile", "unmatch", second["id"], "--because", "for his brother", "--site", site)
    [learned] = exchange("reconcile", "rules", "--site", site, "--json").json()["learned"]
    assert (learned["acts"], learned["lacks"]) == ([], "something else was decided as often")
    assert (learned["times"], learned["total"], learned["precision"]) == (1, 2, "50.0 %")
    drop(
        site,
        "bank-statements",
        "3.xml",
        statement(3, entries(row, start=30), opening)[0].replace("</Dbtr></RltdPties>", KNOWN),
    )
    run(exchange, site)
    assert [each["decision"] for each in listed(exchange, site)] == ["unmatched", "unmatched"]
    exchange("reconcile", "match", second["id"], "400101", "--because", "his own after all", "--site", site)
    [learned] = exchange("reconcile", "rules", "--site", site, "--json").json()["learned"]
    assert (learned["times"], learned["acts"], learned["lacks"]) == (2, ["bank-statements"], None)
