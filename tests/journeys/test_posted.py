"""Payments whose booking stands in a voucher, of a flow that matches, through the real command line."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.conftest import Shell
from tests.journeys.test_payments import EUR, camt053, details, entry, order, paying_site, stages
from tests.journeys.test_reconcile import RULES
from tests.support.handing import hand_over

STATEMENTS = """flow: statements
from: {at: "folder:inbox/statements", match: "*.xml", ready: renamed from *.part}
layout: iso20022/camt.053
map: [iso20022/camt.053-to-bank-transaction]
with: {payables: payables}
match: {against: payables, rules: ours, decided: decided}
to:
  - {map: [common/match-to-voucher, sie/voucher-to-4i], write: sie/4i, at: "folder:outbox/erp", name: "{flow}-{arrival.id}.si"}
"""
DECIDED = """flow: decided
from: {at: "folder:inbox/decided", match: "*.jsonl", ready: renamed from *.part}
layout: exchange/decisions
map: [exchange/decisions-to-match]
to:
  - {map: [common/match-to-voucher, sie/voucher-to-4i], write: sie/4i, at: "folder:outbox/erp", name: "{flow}-{arrival.id}.si"}
"""
PAYABLES = """flow: payables
from: {at: "folder:inbox/payables", match: "*.csv", ready: renamed from *.part}
layout: generic/open-payables
map: [generic/open-payables-to-payable]
to: []
"""
HEADER = (
    "Invoice;SupplierNo;Supplier;SupplierAccount;Date;Due;Currency;Amount;Open;Reference;PaymentId;Account"
)
ITEM = "88012;30010;Tukku-Paahtimo Oy;;2026-11-02;2026-11-27;EUR;12450,00;12450,00;880123;NK70001;2440"


def test_what_is_decided_about_a_booking_posts_its_payment(exchange: Shell) -> None:
    site = matching_site(exchange.folder)
    order(site)
    exchange("run", "--once", "--site", site)
    camt053(
        site,
        EUR,
        "EUR",
        entry("12450.00", "EUR", details("NK70001")),
        entry("1284.55", "EUR", details("NK70002"), number=2),
    )
    exchange("run", "--once", "--site", site)
    now = stages(exchange, site)
    assert (now["70001"], now["70002"]) == ("posted", "booked"), "nobody has decided about the second yet"
    [case] = exchange("reconcile", "--site", site, "--json").json()["cases"]
    exchange(
        "reconcile",
        "book",
        case["id"],
        "4010",
        "--new-account",
        "--because",
        "no invoice yet",
        "--site",
        site,
    )
    exchange("run", "--once", "--site", site)
    assert stages(exchange, site)["70002"] == "posted"
    exchange("reconcile", "unmatch", case["id"], "--because", "the invoice is there", "--site", site)
    exchange("run", "--once", "--site", site)
    assert stages(exchange, site)["70002"] == "booked", "its voucher is booked back"
    back = entry("12450.00", "EUR", details("NK70001", "AC04"), "CRDT", number=3)
    camt053(site, EUR, "EUR", back, name="back.xml")
    exchange("run", "--once", "--site", site)
    assert stages(exchange, site)["70001"] == "returned", "also of a payment whose voucher stands"
    assert exchange("verify", "--site", site, "--json").json()["problems"] == []


def matching_site(folder: Path) -> Path:
    """Nordkaffe's payments, and statements that are matched against the purchase ledger."""
    site = paying_site(folder)
    (site / "schemas/rules").mkdir()
    (site / "schemas/rules/ours.yaml").write_text(RULES, encoding="utf-8")
    for name, text in (("statements", STATEMENTS), ("decided", DECIDED), ("payables", PAYABLES)):
        (site / f"flows/{name}.yaml").write_text(text, encoding="utf-8")
    for place in ("payables", "decided"):
        (site / "inbox" / place).mkdir()
    hand_over(site / "inbox/payables/items.csv", f"{HEADER}\r\n{ITEM}\r\n", "utf-8")
    return site
