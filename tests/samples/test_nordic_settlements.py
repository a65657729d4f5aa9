"""Payouts of Vipps MobilePay, Swish and Amazon: sums that agree, and reports that contradict themselves or are not whole."""

from __future__ import annotations

from decimal import Decimal as D
from pathlib import Path

import pytest

from tests.samples.test_settlements import SAMPLES, proved, read

WHOLE = {
    "vipps": ("1578.77", "1578.77", "1629.50"),
    "vipps-ledger": ("1578.77", "0", "601.00"),
    "vipps-transactions": ("1578.77", "0", "875.50"),
    "swish-handelsbanken": ("1610.50",),
    "swish-handelsbanken-semicolon": ("1500.00", "2300.50"),
    "swish-swedbank": ("1730.50", "99.00"),
    "amazon": ("296.45", "286.45"),
}


@pytest.mark.parametrize("folder", WHOLE)
def test_the_sums_of_every_payout_agree(folder: str) -> None:
    made, codes = [], []
    for path in sorted((SAMPLES / folder).glob("*.in.*")):
        documents, told = read(path)
        made += [proved(document) for document in documents]
        codes += told
    assert not codes and [document["payout"] for document in made] == [D(each) for each in WHOLE[folder]]


def test_one_payout_is_the_same_whichever_report_tells_it() -> None:
    """The XML, the interface and the portal's file tell the payout 2000810 of one sales unit."""
    told = [
        read(SAMPLES / folder / name)[0][0]
        for folder, name in (
            ("vipps", "01-net.in.xml"),
            ("vipps-ledger", "01-days.in.json"),
            ("vipps-transactions", "01-norwegian.in.csv"),
        )
    ]
    for field in (
        "id",
        "merchant",
        "date",
        "currency",
        "bank_reference",
        "payout",
        "sales",
        "refunds",
        "fees",
    ):
        assert len({document[field] for document in told}) == 1, field


def test_fees_that_are_invoiced_are_not_taken_off() -> None:
    made, _ = read(SAMPLES / "vipps/02-two-units-net-and-gross.in.xml")
    assert [document["fees"] for document in made] == [D("50.73"), D(0)]


@pytest.mark.parametrize(
    ("name", "before", "after", "codes"),
    [
        ("vipps/01-net.in.xml", ">14.47<", ">14.48<", ["VIP001", "VIP004"]),
        ("vipps/01-net.in.xml", "<SettledAmount>1578.77", "<SettledAmount>1578.78", ["VIP002"]),
        ("vipps/01-net.in.xml", "Transactions>3<", "Transactions>4<", ["VIP003"]),
        ("vipps/01-net.in.xml", "SettlementAmount>-120.00", "SettlementAmount>-121.00", ["VIP004"]),
        ("vipps/01-net.in.xml", "Code>NOK</SettlementCurrencyCode>\n          <TransactionID>5584146378",
         "Code>DKK</SettlementCurrencyCode>\n          <TransactionID>5584146378", ["VIP005"]),
        ("vipps-ledger/01-days.in.json", '"capture", "reference": "1044"', '"capture-fee", "reference": "1044"', ["VIP010"]),
        ("vipps-ledger/01-days.in.json", '"top-up"', '"something-new"', ["VIP010"]),
        ("vipps-ledger/01-days.in.json", '"amount": 20000', '"amount": 20001', ["VIP011"]),
        ("vipps-ledger/01-days.in.json", '"hasMore": false', '"hasMore": true', ["VIP012"] * 3),
        ("vipps-ledger/01-days.in.json", '"tryLater": false', '"tryLater": true', ["VIP013"] * 3),
        ("vipps-ledger/01-days.in.json", '"payout-aborted"', '"payout-scheduled"', ["VIP014"]),
        ("vipps-transactions/01-norwegian.in.csv", "-50.73,", "-50.74,", ["VIP020"]),
        ("vipps-transactions/02-english-two-days.in.csv", "Fees retained,-17.50", "Payout scheduled,-17.50", ["VIP021"]),
        ("amazon/01-point.in.txt", "\t-74.85\t", "\t-74.86\t", ["AMZ001"]),
        ("amazon/01-point.in.txt", "SEK\t", "\t", ["AMZ002"]),
        ("amazon/01-point.in.txt", "\t\t\t\t\t\tOrder", "\t\t\t\t1.00\t\tOrder", ["AMZ003"]),
        ("amazon/01-point.in.txt", "\t296.45\t", "\t\t", ["MAP002"] * 2),
        ("amazon/02-comma.in.txt", "Order\t206", "Ordre\t206", ["MAP003"] * 2),
        ("amazon/02-comma.in.txt", "399,20", "1.399,20", ["VAL004", "GRP003"]),
        ("swish-handelsbanken/01-day.in.csv", ",SWR,", ",SWX,", ["SWI001"]),
        ("swish-handelsbanken/01-day.in.csv", "2026-11-18,\n02", "2026-11-18,10:00\n02", ["SWI002"]),
    ],
)  # fmt: skip
def test_a_report_that_is_wrong_or_not_whole_is_refused(
    tmp_path: Path, name: str, before: str, after: str, codes: list[str]
) -> None:
    text = (SAMPLES / name).read_text(encoding="utf-8")
    assert before in text
    path = tmp_path / Path(name).name
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    assert read(path)[1] == codes


def test_a_word_that_no_table_knows_and_a_missing_row_hold_the_file(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    rows = (SAMPLES / "vipps-transactions/01-norwegian.in.csv").read_text(encoding="utf-8")
    path.write_text(rows.replace("Belastning,1250.50", "Noe annet,1250.50"), encoding="utf-8")
    made, codes = read(path)
    assert made == [] and set(codes) == {"MAP003"}
    rows = (SAMPLES / "swish-handelsbanken/01-day.in.csv").read_text(encoding="utf-8")
    path.write_text("".join(line for line in rows.splitlines(True) if "Sven" not in line), encoding="utf-8")
    assert read(path)[1] == ["FIX020"]
