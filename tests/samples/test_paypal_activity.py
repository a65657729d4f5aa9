"""PayPal's activity download: what moved money is booked, by its day; conversions are pairs; words and days are never guessed."""

from __future__ import annotations

from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from exchange.operations import looking
from exchange.outcome import Gathered

HEADER = "Date,Time,Type,Status,Currency,Gross,Fee,Net,Transaction ID,Reference Txn ID,Balance Impact\n"
SALE = "03/11/2026,08:00:00,Express Checkout Payment,Completed,EUR,50.00,-1.80,48.20,A1,,Credit"
OUT_OF_USD = "03/11/2026,09:00:00,General Currency Conversion,Completed,USD,-10.00,0.00,-10.00,B1,A9,Debit"
INTO_EUR = "03/11/2026,09:00:00,General Currency Conversion,Completed,EUR,9.00,0.00,9.00,B2,A9,Credit"


def read(
    tmp_path: Path, *rows: str, layout: str = "paypal/activity"
) -> tuple[list[dict[str, Any]], list[str]]:
    path = tmp_path / "Download.csv"
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    found = Gathered()
    made = list(looking.read(path, None, layout, as_common=True, found=found))
    return made, [finding.code for finding in found.kept]


def test_the_order_of_day_and_month_is_what_the_layout_says(tmp_path: Path) -> None:
    for layout, month in (("paypal/activity", 11), ("paypal/activity-us", 3)):
        made, codes = read(tmp_path, SALE, layout=layout)
        assert not codes and (made[0]["date"].month, made[0]["id"]) == (month, f"{made[0]['date']}-EUR")
    seen = looking.inspect(tmp_path / "Download.csv", None, None)
    assert [finding.code for finding in seen.findings.kept] == ["INS002"]


@pytest.mark.parametrize("status", ["Pending", "Denied"])
def test_what_moved_no_money_is_not_booked(tmp_path: Path, status: str) -> None:
    waiting = SALE.replace("Completed", status).replace("A1", "A2")
    made, codes = read(tmp_path, SALE, waiting)
    assert (made[0]["sales"], made[0]["closing"]) == (D("50.00"), D("48.20"))
    assert codes == (["PPL005"] if status == "Pending" else [])


def test_a_memo_is_not_booked_whatever_its_status(tmp_path: Path) -> None:
    assert read(tmp_path, SALE.replace("Credit", "Memo")) == ([], [])


@pytest.mark.parametrize("known", ["Completed", "Express Checkout Payment", "Credit"])
def test_words_that_nobody_knows_are_told(tmp_path: Path, known: str) -> None:
    assert read(tmp_path, SALE.replace(known, "Something new")) == ([], ["MAP003"])


def test_a_conversion_has_two_halves(tmp_path: Path) -> None:
    made, codes = read(tmp_path, OUT_OF_USD, INTO_EUR)
    assert not codes and [(each["currency"], each["others"], each["closing"]) for each in made] == [
        ("USD", D("-10.00"), D("-10.00")),
        ("EUR", D("9.00"), D("9.00")),
    ]
    assert [each["lines"][0]["original"]["amount"] for each in made] == [D("-9.00"), D("10.00")]
    assert read(tmp_path, SALE, OUT_OF_USD)[1] == ["PPL004"]
    assert read(tmp_path, OUT_OF_USD, INTO_EUR.replace("A9", "A8"))[1] == ["PPL004", "PPL004"]
    named = (OUT_OF_USD.replace("A9", "B2"), INTO_EUR.replace("A9", "B1"))
    assert read(tmp_path, *named)[1] == []


def test_a_withdrawal_is_the_payout(tmp_path: Path) -> None:
    out = "03/11/2026,20:00:00,User Initiated Withdrawal,Completed,EUR,-40.00,0.00,-40.00,C1,,Debit"
    made, codes = read(tmp_path, SALE, out)
    assert not codes and (made[0]["payout"], made[0]["bank_reference"], made[0]["closing"]) == (
        D("40.00"),
        "C1",
        D("8.20"),
    )
    assert [line["kind"] for line in made[0]["lines"]] == ["sale"] and made[0]["is_told"]


def test_a_row_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    assert read(tmp_path, SALE.replace("48.20", "48.30")) == ([], ["PPL003"])
