"""Payouts of payment providers against orders, and the bank's receipts against payouts, through the real command line."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.conftest import Shell
from tests.journeys.test_reconcile import OPENING, entries, listed, run, statement
from tests.support.handing import hand_over

SITE = Path(__file__).parents[2] / "samples/settlements/site"
ORDERS = """flow: orders
from: {at: "folder:inbox/orders", match: "*.csv", ready: renamed from *.part}
layout: generic/open-items
map: [generic/open-items-to-receivable]
to: []
"""
OPEN = """flow: open-payouts
from: {at: "folder:inbox/open-payouts", match: "*.csv", ready: renamed from *.part}
layout: paypal/settlement
map: [paypal/settlement-to-settlement, common/settlement-to-receivable]
to: []
"""
DECIDED = """flow: decided
from: {at: "folder:inbox/decided", match: "*.jsonl", ready: renamed from *.part}
layout: exchange/decisions
map: [exchange/decisions-to-match]
to:
  - {map: [common/match-to-voucher, sie/voucher-to-4i], write: sie/4i, at: "folder:outbox/bookkeeping", name: "{flow}-{arrival.date}-{arrival.id}.si"}
"""
COLUMNS = "Invoice;CustomerNo;Customer;Date;Due;Currency;Amount;Open;Reference\r\n"
ITEMS = {
    "1041": "67,60", "1042": "50,00", "1043": "45,00", "1045": "30,00", "1046": "80,00", "1048": "-15,00", "1049": "90,00",
    "1050": "25,00",
}  # fmt: skip
REPORT = (
    "automatic_payout_id,automatic_payout_effective_at_utc,balance_transaction_id,created_utc,currency,gross,fee,net,"
    "reporting_category,description,payment_metadata[order_id],customer_facing_amount,customer_facing_currency\n"
)


def row(number: int, kind: str, gross: str, fee: str, net: str, order: str, paid: str = "") -> str:
    paid = paid or f"{gross},eur"
    return f"po_1A,2026-11-20 00:00:00,txn_{number},2026-11-18 10:00:00,eur,{gross},{fee},{net},{kind},,{order},{paid}\n"


PAYOUT = (
    row(1, "charge", "67.60", "1.26", "66.34", "#1041"),
    row(2, "charge", "30.00", "0.50", "29.50", "#1042"), row(3, "charge", "20.00", "0.50", "19.50", "#1042"),
    row(4, "charge", "15.00", "0.20", "14.80", "#1043"), row(5, "charge", "15.00", "0.20", "14.80", "#1043"),
    row(6, "charge", "15.00", "0.20", "14.80", "#1043"),
    row(7, "charge", "22.00", "0.40", "21.60", "#1044"), row(8, "charge", "29.00", "0.40", "28.60", "#1045"),
    row(9, "charge", "80.00", "1.40", "78.60", "#1046"), row(10, "dispute", "-80.00", "15.00", "-95.00", "#1046"),
    row(11, "charge", "43.50", "1.00", "42.50", "#1047", "500.00,sek"),
    row(12, "refund", "-15.00", "0.00", "-15.00", "#1048"), row(13, "charge", "50.00", "0.00", "50.00", "#1049"),
    row(14, "risk_reserved_funds", "-30.00", "0.00", "-30.00", ""), row(15, "fee", "0.00", "-0.30", "0.30", ""),
    row(16, "refund", "-12.00", "0.00", "-12.00", "#1048"),
)  # fmt: skip
DETAILS = (
    '"RH","2026/11/20 03:00:00 +0000","A","MERCHANT1","009"\n"FH","01"\n'
    '"SH","2026/11/{day} 00:00:00 +0000","2026/11/{day} 23:59:59 +0000","MERCHANT1",""\n'
    '"CH","Transaction ID","Invoice ID","PayPal Reference ID","PayPal Reference ID Type","Transaction Event Code",'
    '"Transaction Initiation Date","Transaction Completion Date","Transaction Debit or Credit","Gross Transaction Amount",'
    '"Gross Transaction Currency","Fee Debit or Credit","Fee Amount","Fee Currency","Custom Field","Consumer ID"\n'
    '"SB","TXA{day}","{order}","","","T0006","{when}","{when}","CR","{gross}","EUR","DR","100","EUR","","C1"\n'
    '"SB","TXB{day}","","","","T0400","{when}","{when}","DR","{net}","EUR","","","","",""\n'
    '"SF","EUR","0","0"\n"SC","2"\n"RF","2"\n"FF","2"\n'
)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    site = tmp_path / "site"
    shutil.copytree(SITE, site)
    for flow in (site / "flows").iterdir():
        if flow.stem not in ("payouts", "receipts"):
            flow.unlink()
    for name, rules, ending in (("payouts", "orders", "csv"), ("receipts", "payouts", "xml")):
        flow = site / f"flows/{name}.yaml"
        text = flow.read_text(encoding="utf-8").replace(
            f"rules: {rules}}}", f"rules: {rules}, decided: decided}}"
        )
        flow.write_text(
            text.replace(f'"*.{ending}"', f'"*.{ending}", ready: renamed from *.part'), encoding="utf-8"
        )
    (site / "flows/orders.yaml").write_text(ORDERS)
    (site / "flows/open-payouts.yaml").write_text(OPEN)
    (site / "flows/decided.yaml").write_text(DECIDED)
    for place in ("orders", "open-payouts", "payouts", "receipts", "decided"):
        (site / "inbox" / place).mkdir(parents=True)
    for place in ("shop", "to-check", "bookkeeping"):
        (site / "outbox" / place).mkdir(parents=True)
    return site


def drop(site: Path, flow: str, name: str, text: str) -> None:
    hand_over(site / "inbox" / flow / name, text)


def rows(site: Path, pattern: str) -> list[dict[str, str]]:
    [path] = (site / "outbox").rglob(pattern)
    return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines(), delimiter=";"))


def test_a_payout_is_matched_with_its_orders_and_what_differs_is_listed(exchange: Shell, site: Path) -> None:
    """Parts that come to an order, a credit note that was refunded; not: what is unknown, another amount, a part alone."""
    orders = [f"{number};C;K;2026-11-15;;EUR;{open_};{open_};\r\n" for number, open_ in ITEMS.items()]
    orders.append("1047;C;K;2026-11-15;;SEK;500,00;500,00;\r\n")
    drop(site, "orders", "a.csv", COLUMNS + "".join(orders))
    drop(site, "payouts", "a.csv", REPORT + "".join(PAYOUT))
    run(exchange, site)
    paid = [(each["Invoice"], each["Amount"], each["StillOpen"]) for each in rows(site, "paid-*")]
    assert paid == [
        ("1041", "67,60", "0,00"), ("1042", "30,00", "20,00"), ("1042", "20,00", "0,00"), ("1043", "15,00", "30,00"),
        ("1043", "15,00", "15,00"), ("1043", "15,00", "0,00"), ("1046", "80,00", "0,00"), ("1048", "-15,00", "0,00"),
    ]  # fmt: skip
    differing = {each["BankEntry"]: each for each in rows(site, "differences-*")}
    assert {entry: each["Proposed"] for entry, each in differing.items()} == {
        "txn_7": "", "txn_8": "1045", "txn_10": "", "txn_11": "", "txn_13": "1049", "txn_16": "",
    }  # fmt: skip
    assert "is open in SEK; EUR were paid" in differing["txn_11"]["Reason"]
    assert "30.00 EUR are open there, 29.00 EUR were paid" in differing["txn_8"]["Reason"]


def test_orders_in_the_currency_that_the_customer_paid(exchange: Shell, site: Path) -> None:
    flow = site / "flows/payouts.yaml"
    flow.write_text(
        flow.read_text().replace("settlement-to-bank-transaction]", "settlement-to-bank-transaction-as-paid]")
    )
    drop(site, "orders", "a.csv", COLUMNS + "1047;C;K;2026-11-15;;SEK;500,00;500,00;\r\n")
    drop(site, "payouts", "a.csv", REPORT + "".join(PAYOUT))
    run(exchange, site)
    [paid] = rows(site, "paid-*")
    assert (paid["Invoice"], paid["Amount"], paid["Currency"], paid["StillOpen"]) == (
        "1047",
        "500,00",
        "SEK",
        "0,00",
    )


def paypal(day: int, order: str, net: int) -> str:
    when = f"2026/11/{day} 08:00:01 +0000"
    return DETAILS.format(day=day, order=order, gross=net + 100, net=net, when=when)


def test_a_provider_s_own_numbers_in_the_text_hinder_nothing_once_people_have_shown_it(
    exchange: Shell, site: Path
) -> None:
    """Two payouts are matched by a person; then the rule decides the third."""
    opening = OPENING
    found: list[dict[str, Any]] = []
    for number, (net, text) in enumerate(
        [
            (5000, "1042311701 PP.5678.PP"),
            (6100, "1042399902 PP.5678.PP"),
            (7200, "1042444403 PP.5678.PP"),
        ]
    ):
        day = 10 + number
        drop(site, "open-payouts", f"{day}.csv", paypal(day, "1041", net))
        receipt = {"amount": f"{net / 100:.2f}", "name": "PayPal Europe", "text": f"PAYPAL {text}"}
        document, opening = statement(day, entries(receipt, start=day * 10), opening)
        document = document.replace(
            "</Dbtr>", "</Dbtr><DbtrAcct><Id><IBAN>LU280019400644750000</IBAN></Id></DbtrAcct>"
        )
        drop(site, "receipts", f"{day}.xml", document)
        run(exchange, site)
        for case in listed(exchange, site):
            found.append(case)
            if number < 2:
                exchange(
                    "reconcile",
                    "match",
                    case["id"],
                    f"TXB{day}",
                    "--because",
                    "amount and day",
                    "--site",
                    site,
                )
        run(exchange, site)
    assert [case["amount"] for case in found] == ["50.00", "61.00"]
    assert "known well enough" not in found[1]["reason"]
    [third] = [each for each in listed(exchange, site, "--all") if each["amount"] == "72.00"]
    assert (third["rule"], third["decided_by"]) == ("known_payer", None)
