"""SAF-T Financial as it is written: the official schema of version 1.30, plain sums over the XML, and what comes back."""

from __future__ import annotations

import random
import shutil
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from invoice_support import CORPUS
from lxml import etree

from exchange.operations import looking
from exchange.operations.trying import Tried, try_flow
from exchange.outcome import Gathered

SAMPLES = Path(__file__).parents[2] / "samples/skatteetaten"
NS = "{urn:StandardAuditFile-Taxation-Financial:NO}"
HEAD = "Series;Voucher;Date;Account;Debit;Credit;Text;VATCode;VAT%;CostCentre;Project;Currency;CurrencyAmount"
ACCOUNTS = ("1500", "1920", "2400", "2700", "3000", "4300", "7770")


@cache
def schema() -> etree.XMLSchema:
    path = CORPUS / "saft-no/Norwegian_SAF-T_Financial_Schema_v_1.30.xsd"
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    return etree.XMLSchema(etree.parse(str(path)))


def vouchers(seed: int, count: int) -> list[str]:
    """Rows of balanced vouchers of one year, some with VAT codes, projects and amounts in dollars."""
    picked = random.Random(seed)
    rows = []
    for number in range(1, count + 1):
        day = f"2026-{picked.randint(1, 12):02}-{picked.randint(1, 28):02}"
        amounts = [Decimal(picked.randint(-500_000, 500_000)) / 100 for _ in range(picked.randint(1, 4))]
        for amount in (*amounts, -sum(amounts)):
            side = f"{amount};" if amount >= 0 else f";{-amount}"
            code, project = picked.choice((";", "3;25", "86;")), picked.choice(("", "P&1", "Øst"))
            foreign = f"USD;{amount * 2}" if picked.random() < 0.2 else ";"
            text = picked.choice(("", "Kaffe & te", "<Mva>"))
            line = f"A;{number};{day};{picked.choice(ACCOUNTS)};{side};{text};{code};;{project};{foreign}"
            rows.append(line.replace(".", ","))
    return rows


def run(folder: Path, rows: list[str]) -> Tried:
    shutil.copytree(SAMPLES / "site", folder / "site")
    path = folder / "ledger.csv"
    path.write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8-sig")
    (tried,), _ = try_flow(folder / "site", "vouchers", [path], write=True)
    return tried


def money(node: etree._Element, name: str) -> Decimal:
    return sum(
        (Decimal(found.text or "") for found in node.iterfind(f".//{NS}{name}/{NS}Amount")), Decimal(0)
    )


def balance(account: etree._Element, moment: str) -> Decimal:
    debit = account.findtext(f"{NS}{moment}DebitBalance")
    return (
        Decimal(debit)
        if debit is not None
        else -Decimal(account.findtext(f"{NS}{moment}CreditBalance") or "")
    )


@pytest.mark.parametrize("flow", ["vouchers", "rewritten"])
def test_the_samples_are_valid(flow: str) -> None:
    schema().assertValid(etree.parse(str(SAMPLES / flow / "01-month.out.1.xml")))


@pytest.mark.parametrize("seed", range(3))
def test_ledgers_at_random_are_valid_add_up_and_come_back(tmp_path: Path, seed: int) -> None:
    tried = run(tmp_path, vouchers(seed, 120))
    assert not tried.outcome.findings.errors, tried.outcome.findings.kept[:3]
    (path,) = tried.written
    root = etree.parse(str(path)).getroot()
    schema().assertValid(root)
    lines = list(root.iter(f"{NS}Line"))
    assert sum(money(line, "DebitAmount") for line in lines) == Decimal(
        root.findtext(f".//{NS}TotalDebit") or ""
    )
    assert int(root.findtext(f".//{NS}NumberOfEntries") or "") == 120
    for account in root.iter(f"{NS}Account"):
        moved = sum(
            money(line, "DebitAmount") - money(line, "CreditAmount")
            for line in lines
            if line.findtext(f"{NS}AccountID") == account.findtext(f"{NS}AccountID")
        )
        assert balance(account, "Opening") + moved == balance(account, "Closing")
    known = {code.text for code in root.iter(f"{NS}TaxCode") if code.getparent().tag == f"{NS}TaxCodeDetails"}
    assert {code.text for code in root.iter(f"{NS}TaxCode")} == known
    found = Gathered()
    back = list(looking.read(path, None, None, as_common=True, found=found))
    assert found.kept == [] and len(back) == 120


def test_two_years_make_no_file(tmp_path: Path) -> None:
    rows = ["A;1;2026-12-31;1500;1,00;;x;;;;;;", "A;1;2026-12-31;3000;;1,00;x;;;;;;"]
    tried = run(tmp_path, [*rows, *(row.replace("A;1;2026-12-31", "A;2;2027-01-01") for row in rows)])
    assert "XML021" in {finding.code for finding in tried.outcome.findings.kept}


def test_an_account_without_a_balance_is_refused(tmp_path: Path) -> None:
    tried = run(tmp_path, ["A;1;2026-12-31;9999;1,00;;x;;;;;;", "A;1;2026-12-31;3000;;1,00;x;;;;;;"])
    assert tried.outcome.is_bad
