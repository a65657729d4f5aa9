"""Payouts of payment providers: what real files and the providers' own examples say, and sums that agree."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from exchange.operations import looking
from exchange.outcome import Gathered


def read(path: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """The documents of a file, and the codes of its findings."""
    found = Gathered()
    made = list(looking.read(path, None, None, as_common=True, found=found))
    return made, [finding.code for finding in found.kept]


def proved(settlement: dict[str, Any]) -> dict[str, Any]:
    """The same settlement, of which every sum was proved."""
    zero = D(0)
    for line in settlement["lines"]:
        assert line["gross"] - line["fee"] == line["net"], line
    nets = sum((line["net"] for line in settlement["lines"]), zero)
    kept = (settlement["opening"] or zero) - (settlement["closing"] or zero)
    assert nets + kept == settlement["payout"]
    parts = ("sales", "refunds", "chargebacks", "reserves", "others")
    gross = sum((settlement[part] for part in parts), zero)
    assert gross - settlement["fees"] == nets
    return settlement


def test_ratepay(corpus: Path) -> None:
    """7 prices of claims and one that was taken back; two fees for each of the seven."""
    made, codes = read(corpus / "accounting" / "settlement" / "test_settlement_report.csv")
    settlement = proved(made[0])
    assert len(made) == 1 and not codes
    assert settlement["sales"] == D("51351.60") and settlement["refunds"] == D("-200.00")
    assert settlement["fees"] == 7 * D("0.55") + D("508.39") and settlement["payout"] == D("50639.36")
    assert [line["order"] for line in settlement["lines"] if line["kind"] == "refund"] == ["63139"]


def test_zettle_account(corpus: Path) -> None:
    folder = corpus / "accounting" / "zettle"
    made, codes = read(folder / "fetch-account-transactions-v2_01.json")
    settlement = proved(made[0])
    assert not codes and (settlement["sales"], settlement["fees"]) == (D("4793.00"), D("88.67"))
    assert settlement["payout"] == 0 and not settlement["is_told"] and settlement["closing"] == D("4704.33")


@pytest.mark.parametrize(
    ("name", "layout", "documents", "totals", "codes"),
    [
        ("orders-example.xml", "notima/orders", {"common/order": 53}, ("615098.00", "5616.00"), []),
        ("sample-bo-invoice.xml", "notima/invoices", {"common/invoice": 1}, ("4967.00", "0"), ["NOT006"]),
    ],
)
def test_business_objects(
    corpus: Path, name: str, layout: str, documents: dict[str, int], totals: tuple[str, str], codes: list[str]
) -> None:
    """The invoice says VAT of 993.60 where its lines make 993.35, and counts a rounding of 0.50 in neither sum."""
    seen = looking.inspect(corpus / "accounting" / "settlement" / name, None, None)
    assert seen.layout == layout and dict(seen.documents) == documents
    assert [finding.code for finding in seen.findings.kept] == codes
    assert [(each["credit"], each["debit"]) for each in seen.totals] == [tuple(map(D, totals))]


def test_meter_readings(corpus: Path) -> None:
    path = corpus / "accounting" / "settlement" / "Billing_200101.txt"
    found = Gathered()
    rows = list(looking.read(path, None, None, as_common=False, found=found))
    assert len(rows) == 8 and not found.kept
    assert all(row["reading_end"] - row["reading_start"] == row["consumption"] for row in rows)


@pytest.mark.parametrize("name", ["PayrollIntegrationTest.Codeunit.al", "TestPayrollImpGenJnlLn.Codeunit.al"])
def test_source_code_is_no_payroll_file(corpus: Path, name: str) -> None:
    seen = looking.inspect(corpus / "accounting" / "payroll" / name, None, None)
    assert [finding.code for finding in seen.findings.kept] == ["INS005"]


SAMPLES = Path(__file__).parents[2] / "samples" / "settlements"
REPORTS = sorted(
    path
    for provider in (
        "stripe",
        "stripe-api",
        "stripe-api-expanded",
        "adyen",
        "adyen-workbook",
        "klarna",
        "paypal",
        "zettle-account",
    )
    for path in (SAMPLES / provider).glob("*.in.*")
)


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.parent.name)
def test_the_sums_of_every_provider_agree(path: Path) -> None:
    made, codes = read(path)
    assert len(made) == 1 and not codes
    assert proved(made[0])["payout"] > 0 and made[0]["fees"] > 0


STRIPE = "automatic_payout_id,balance_transaction_id,available_on,currency,gross,fee,net,reporting_category\n"


def stripe(tmp_path: Path, *rows: str) -> tuple[list[dict[str, Any]], list[str]]:
    path = tmp_path / "report.csv"
    path.write_text(STRIPE + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return read(path)


CHARGE = "po_1,txn_1,2026-11-18 10:00:00,eur,67.60,1.26,66.34,charge"


def test_a_payout_row_that_differs_from_the_rows_is_refused(tmp_path: Path) -> None:
    paid = "po_1,txn_9,2026-11-20 00:00:00,eur,-66.34,0.00,-66.34,payout"
    made, codes = stripe(tmp_path, CHARGE, paid)
    assert not codes and proved(made[0])["is_told"] and made[0]["payout"] == D("66.34")
    assert stripe(tmp_path, CHARGE, paid.replace("66.34", "66.35")) == ([], ["STR002"])


def test_a_row_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    assert stripe(tmp_path, CHARGE.replace("1.26", "1.27")) == ([], ["STR001"])


def test_of_many_rows_the_one_that_contradicts_itself_is_named(tmp_path: Path) -> None:
    path, found = tmp_path / "report.csv", Gathered()
    wrong = CHARGE.replace("txn_1", "txn_2").replace("67.60,1.26", "67.60,1.30")
    path.write_text(STRIPE + "\n".join((CHARGE, wrong, CHARGE.replace("txn_1", "txn_3"))), encoding="utf-8")
    assert list(looking.read(path, None, None, as_common=True, found=found)) == []
    [told] = found.kept
    assert (told.code, told.line) == ("STR001", 3)
    assert "gross is 67.60, fee is 1.30, net is 66.34" in told.message


def test_rows_that_wait_for_a_payout_are_left_for_later(tmp_path: Path) -> None:
    assert stripe(tmp_path, CHARGE.removeprefix("po_1")) == ([], [])


def test_an_unknown_kind_of_row_is_an_adjustment_that_is_seen(tmp_path: Path) -> None:
    made, _ = stripe(tmp_path, CHARGE.replace("charge", "something_new"))
    assert (made[0]["sales"], made[0]["others"], made[0]["lines"][0]["text"]) == (
        D(0),
        D("67.60"),
        "something_new",
    )


LISTED = (SAMPLES / "stripe-api" / "01-payout.in.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("before", "after", "codes"),
    [
        ('"fee": 179', '"fee": 178', ["STR003"]),
        ('"type": "stripe_fee"\n', '"type": "payout"\n', ["STR004"]),
        ('"net": -13406', '"net": -13405', ["STR005"]),
        ('"has_more": false', '"has_more": true', ["STR006"]),
        (
            '"currency": "eur",\n      "description": "Order 1042"',
            '"currency": "sek",\n      "description": "Order 1042"',
            ["STR007"],
        ),
    ],
)
def test_a_list_of_stripe_that_is_not_one_whole_payout_is_refused(
    tmp_path: Path, before: str, after: str, codes: list[str]
) -> None:
    assert before in LISTED
    path = tmp_path / "list.json"
    path.write_text(LISTED.replace(before, after, 1), encoding="utf-8")
    assert read(path) == ([], codes)


def test_what_waits_for_a_payout_at_stripe_is_kept(tmp_path: Path) -> None:
    waiting = json.loads(LISTED)
    del waiting["data"][0]
    path = tmp_path / "list.json"
    path.write_text(json.dumps(waiting), encoding="utf-8")
    made, codes = read(path)
    assert not codes and proved(made[0])["closing"] == D("134.06")
    assert (made[0]["payout"], made[0]["is_told"]) == (0, False)


def test_columns_in_any_order_and_with_other_delimiters(tmp_path: Path) -> None:
    text = (SAMPLES / "adyen" / "01-batch.in.csv").read_text(encoding="utf-8")
    rows = [line.split(",") for line in text.replace('"', "").splitlines()]
    path = tmp_path / "report.csv"
    path.write_text("\n".join(";".join(reversed(row)) for row in rows), encoding="utf-8")
    before, after = read(SAMPLES / "adyen" / "01-batch.in.csv"), read(path)
    assert before == after


def test_the_workbook_becomes_what_the_text_becomes() -> None:
    text, book = SAMPLES / "adyen", SAMPLES / "adyen-workbook"
    for name in ("01-batch.out.1.si", "01-batch.out.2.csv"):
        assert (text / name).read_bytes() == (book / name).read_bytes()


def test_a_batch_that_keeps_money_for_the_next(tmp_path: Path) -> None:
    text = (SAMPLES / "adyen" / "01-batch.in.csv").read_text(encoding="utf-8")
    kept = "Nord,NordSE,,,,2026-11-19 02:00:00,CET,Balancetransfer,,,,,,SEK,33.50,,,,,,,,17\n"
    path = tmp_path / "report.csv"
    path.write_text(text.replace("SEK,333.50,", "SEK,300.00,") + kept, encoding="utf-8")
    made, codes = read(path)
    assert not codes and proved(made[0])["closing"] == D("33.50") and made[0]["payout"] == D("300.00")
    path.write_text(text.replace("SEK,333.50,", "SEK,300.00,"), encoding="utf-8")
    assert read(path) == ([], ["ADY001"])


@pytest.mark.parametrize(
    ("name", "was", "moment"),
    [
        ("zettle-account/01-day.in.json", "2026-11-19T15:16:43.945+0000", "2026-11-19T23:30:00.000+0000"),
        ("payouts/01-payout.in.csv", "2026-11-18 10:00:00", "2026-11-19 23:30:00"),
    ],
)
def test_a_movement_late_in_the_evening_is_of_the_day_that_the_company_had(
    tmp_path: Path, name: str, was: str, moment: str
) -> None:
    """The site is in Stockholm, the report in UTC: 23:30 there is half past midnight here."""
    samples = Path(__file__).parents[2] / "samples/settlements"
    text = (samples / name).read_text(encoding="utf-8")
    assert was in text
    path = tmp_path / Path(name).name
    path.write_text(text.replace(was, moment), encoding="utf-8")
    found = Gathered()
    made = list(looking.read(path, samples / "site", None, as_common=True, found=found))
    assert found.kept == [] and date(2026, 11, 20) in {line["date"] for line in made[0]["lines"]}
