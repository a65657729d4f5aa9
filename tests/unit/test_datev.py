"""DATEV: the official samples come back byte for byte; what every account gets is the same after writing and reading."""

from __future__ import annotations

import io
import random
import shutil
import tempfile
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from invoice_support import CORPUS, library

from exchange.findings import Finding
from exchange.operations import looking
from exchange.operations.trying import try_flow
from exchange.outcome import Gathered

SAMPLES = Path(__file__).parents[2] / "samples/datev"
HEAD = "Series;Voucher;Date;Account;Debit;Credit;Text;VATCode;VAT%;CostCentre;Project;Currency;CurrencyAmount"


def official(name: str) -> Path:
    path = CORPUS / "datev" / name
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    return path


def read(data: bytes) -> tuple[list[dict[str, Any]], list[Finding]]:
    reader = library().reader("datev/bookings")
    assert reader is not None
    found: list[Finding] = []
    return [record for batch in reader.read(io.BytesIO(data), found.append) for record in batch], found


def test_the_official_bookings_come_back_byte_for_byte() -> None:
    data = official("EXTF_Buchungsstapel.csv").read_bytes()
    records, found = read(data)
    assert found == [] and [record["amount"] for record in records] == [Decimal("24.95"), Decimal("5950.00")]
    assert records[0]["file"]["fiscal_start"].isoformat() == "2018-01-01"
    writer, out = library().writer("datev/bookings"), io.BytesIO()
    assert writer is not None
    writer.write([records], out, lambda: tempfile.TemporaryFile(), found.append)  # noqa: SIM115
    assert found == []
    ends = {len(line.rstrip(b"\r\n")) - len(line) for line in data.splitlines(keepends=True)}
    assert out.getvalue() == (data if ends == {-2} else data.replace(b"\n", b"\r\n"))


@pytest.mark.parametrize(
    ("name", "count"),
    [("EXTF_Buchungsstapel.csv", 2), ("EXTF_Kontenbeschriftungen.csv", 3), ("EXTF_Stammdaten.csv", 4)],
)
def test_official_files_are_known(name: str, count: int) -> None:
    found = Gathered()
    assert len(list(looking.read(official(name), None, None, as_common=False, found=found))) == count
    assert found.errors == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ((b'"EXTF";700', b'"EXTF"'), "VAL"),
        ((b";20180101;4;", b";20181301;4;"), "VAL"),
        ((b';0;"EUR"', b';0;"EUR"' + b";" * 20 + b"x"), "CSV023"),
    ],
)
def test_a_wrong_head_is_told_and_nothing_is_read(change: tuple[bytes, bytes], code: str) -> None:
    data = official("EXTF_Buchungsstapel.csv").read_bytes()
    assert change[0] in data
    records, found = read(data.replace(*change, 1))
    assert records == [] and any(finding.code.startswith(code) for finding in found), found


def test_what_every_account_gets_is_the_same_after_writing_and_reading(tmp_path: Path) -> None:
    picked = random.Random(7)
    rows, wanted = [], defaultdict[str, Decimal](Decimal)
    for number in range(1, 60):
        amounts = [Decimal(picked.choice((-1, 1)) * picked.randint(1, 90_000)) / 100 for _ in range(4)]
        amounts = [each for each in (*amounts, -sum(amounts)) if each]
        day = f"2026-{picked.randint(1, 12):02}-{picked.randint(1, 28):02}"
        for amount in amounts:
            account = picked.choice(("1200", "4980", "8400", "0420"))
            wanted[account] += amount
            side = f"{amount};" if amount > 0 else f";{-amount}"
            rows.append(f"A;{number};{day};{account};{side};Text ä;;;;;;".replace(".", ","))
    shutil.copytree(SAMPLES / "site", tmp_path / "site")
    path = tmp_path / "ledger.csv"
    path.write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8-sig")
    (tried,), _ = try_flow(tmp_path / "site", "vouchers", [path], write=True)
    assert not tried.outcome.findings.errors, tried.outcome.findings.kept[:3]
    found = Gathered()
    got = defaultdict[str, Decimal](Decimal)
    for voucher in looking.read(tried.written[0], None, None, as_common=True, found=found):
        for row in voucher["rows"]:
            got[row["account"]] += row["amount"]
    assert found.errors == 0 and got.pop("1590", Decimal(0)) == 0
    assert got == wanted


def test_two_years_make_no_file(tmp_path: Path) -> None:
    rows = ["A;1;2026-12-31;1200;1,00;;x;;;;;;", "A;1;2026-12-31;8400;;1,00;x;;;;;;"]
    rows += [row.replace("A;1;2026-12-31", "A;2;2027-01-01") for row in rows]
    shutil.copytree(SAMPLES / "site", tmp_path / "site")
    path = tmp_path / "ledger.csv"
    path.write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8-sig")
    (tried,), _ = try_flow(tmp_path / "site", "vouchers", [path])
    assert "CSV022" in {finding.code for finding in tried.outcome.findings.kept}
