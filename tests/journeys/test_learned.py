"""What decisions of people have taught, as `exchange reconcile rules` lists it."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.conftest import Shell
from tests.journeys.test_reconcile import RULES, drop, entries, listed, run, statement
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
