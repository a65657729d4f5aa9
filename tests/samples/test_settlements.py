"""Payouts of payment providers: what real files and the providers' own examples say, and sums that agree."""

from __future__ import annotations

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
    assert [finding.code for finding in seen.findings.kept] == ["INS001"]
