"""Invoices that went through flows of their own are open items, also before the first of a kind has come."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.conftest import Shell
from tests.journeys.test_reconcile import drop, entries, listed, newest, run, statement
from tests.journeys.test_reconcile import site as site

SAMPLES = Path(__file__).parents[2] / "samples/ubl"
SENT = """flow: {flow}
from: {{at: "folder:inbox/{flow}", match: "*.xml", ready: renamed from *.part}}
layout: ubl/{layout}
map: [ubl/ubl-{layout}-to-invoice]
to: []
"""


def test_the_first_invoice_pays_a_receipt_that_waited_and_a_kind_that_never_came_hinders_nothing(
    exchange: Shell, site: Path
) -> None:
    for flow, layout in (("invoices", "invoice"), ("credits", "credit-note")):
        (site / f"flows/{flow}.yaml").write_text(SENT.format(flow=flow, layout=layout), encoding="utf-8")
        (site / "inbox" / flow).mkdir()
    flow = site / "flows/bank-statements.yaml"
    told = flow.read_text(encoding="utf-8")
    told = told.replace("{receivables: open-receivables}", "{invoices: invoices, credits: credits}").replace(
        "against: receivables", "against: [invoices, credits], every file: [invoices, credits]"
    )
    flow.write_text(told, encoding="utf-8")

    text, _ = statement(
        1, entries({"amount": "49.80", "name": "Åkerö Lampor AB", "reference": "RF18539007547034"})
    )
    drop(site, "bank-statements", "1.xml", text)
    run(exchange, site)
    [waiting] = listed(exchange, site)
    assert waiting["decision"] == "unmatched"

    drop(site, "invoices", "2002.xml", (SAMPLES / "received/01-two-rates.in.xml").read_text(encoding="utf-8"))
    run(exchange, site)
    run(exchange, site)
    [decided] = listed(exchange, site, "--all")
    assert (decided["id"], decided["rule"]) == (waiting["id"], "reference")
    assert (
        newest(site, "sales-ledger").splitlines()[1].startswith("2002;;Åkerö Lampor AB;2026-11-20;49,80;EUR;")
    )
