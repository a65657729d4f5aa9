"""SIE 5: the official samples are read with plain counts and sums, what is written passes the official schema and comes back."""

from __future__ import annotations

import io
import re
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import bank_files
import pytest
from invoice_support import CORPUS
from lxml import etree

from exchange.operations import looking
from exchange.outcome import Gathered
from tests.unit.reconcile.support import decide, moved

SIE = "{http://www.sie.se/sie5}"
SAMPLES = Path(__file__).parents[2] / "samples/sie"
OPEN = SAMPLES / "sie5-receivables/01-november.in.sie"


def documents(path: Path) -> tuple[list[dict[str, Any]], Gathered]:
    found = Gathered()
    return list(looking.read(path, None, None, as_common=True, found=found)), found


@cache
def schema() -> etree.XMLSchema:
    """The official schema, with the schema of signatures from the disk instead of the network."""
    path, signatures = CORPUS / "sie5/sie5.xsd", CORPUS / "ubl21/common/UBL-xmldsig-core-schema-2.1.xsd"
    if not path.is_file() or not signatures.is_file():
        pytest.skip(f"{path} is not here")
    text = path.read_text(encoding="utf-8-sig")
    away = "http://www.w3.org/TR/2002/REC-xmldsig-core-20020212/xmldsig-core-schema.xsd"
    assert away in text
    return etree.XMLSchema(etree.parse(io.BytesIO(text.replace(away, str(signatures)).encode())))


def test_the_official_ledger_is_read_as_a_plain_count_says() -> None:
    path = CORPUS / "sie5/Sample.sie"
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    tree = etree.parse(str(path))
    entries = list(tree.iter(f"{SIE}JournalEntry"))
    rows = [r for e in entries for r in e.iter(f"{SIE}LedgerEntry") if r.find(f"{SIE}Overstrike") is None]
    vouchers, found = documents(path)
    assert len(vouchers) == len(entries) == 91 and not found.errors
    read = [row for voucher in vouchers for row in voucher["rows"]]
    assert [row["amount"] for row in read] == [Decimal(row.get("amount")) for row in rows]
    assert [row["account"] for row in read] == [row.get("accountId") for row in rows]
    assert sum(1 for row in read if row["currency_amount"] is not None) == 3
    result = looking.inspect(path, None, None)
    assert result.records["account"] == len(list(tree.iter(f"{SIE}Account"))) == 316


def test_the_official_import_file_is_known() -> None:
    path = CORPUS / "sie5/SampleEntry.sie"
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    result = looking.inspect(path, None, None)
    assert (result.layout, result.records, result.findings.errors) == ("sie/5-entry", {"account": 2}, 0)


def test_an_unbalanced_voucher_is_found(tmp_path: Path) -> None:
    text = (SAMPLES / "sie5-ledger/01-year.in.sie").read_text(encoding="utf-8")
    path = tmp_path / "a.sie"
    path.write_text(text.replace('amount="-250"', 'amount="-249.99"'), encoding="utf-8")
    vouchers, found = documents(path)
    assert vouchers == [] and [f.code for f in found.kept] == ["SIEV11"]


def test_what_is_written_passes_the_official_schema_and_comes_back() -> None:
    path = SAMPLES / "sie5-entries/01-month.out.1.sie"
    tree = etree.parse(str(path))
    assert schema().validate(tree), schema().error_log
    vouchers, found = documents(path)
    assert not found.errors and [v["series"] for v in vouchers] == ["A", "A", "B"]
    assert vouchers[1]["rows"][1]["currency_amount"] == Decimal("-1085.00")
    assert vouchers[0]["rows"][1]["dimensions"] == {"cost_centre": "10", "project": "P1"}
    assert vouchers[0]["date"] == date(2026, 11, 2)


@pytest.mark.parametrize(
    ("mapping", "open_"),
    [
        (
            "5-invoices-to-receivable",
            [("20261", "SEK", "5000.00", "2500.00"), ("20262", "EUR", "915.00", "900.00")],
        ),
        (
            "5-invoices-to-payable",
            [("F-771", "SEK", "8200.00", "8200.00"), ("K-12", "SEK", "-200.00", "-200.00")],
        ),
    ],
)
def test_what_is_open_is_the_newest_closing_balance(mapping: str, open_: list[tuple[str, ...]]) -> None:
    """Of the account of the ledger, in the currency of the invoice; what is owed is turned; what is paid is left out."""
    rows, found = bank_files.records("sie/5-invoices", OPEN.read_bytes())
    made, more = bank_files.mapped(f"sie/{mapping}", rows)
    assert found + more == []
    assert [
        (each["number"], each["currency"], str(each["amount"]), str(each["open"])) for each in made
    ] == open_


def test_a_ledger_that_does_not_say_what_is_open_is_no_list_of_open_items() -> None:
    raw = re.sub(rb"(?s)<Balances.*?</Balances>", b"", OPEN.read_bytes())
    rows, _ = bank_files.records("sie/5-invoices", raw)
    made, found = bank_files.mapped("sie/5-invoices-to-receivable", rows)
    assert made == [] and [(each.code, each.field) for each in found] == [("MAP002", "open")] * 3


def test_customers_and_suppliers_stand_behind_their_invoices() -> None:
    """Who is meant is told behind the invoices; a ledger that does not tell it has numbers alone."""
    rows, _ = bank_files.records("sie/5-invoices", OPEN.read_bytes())
    sold, _ = bank_files.mapped("sie/5-invoices-to-receivable", rows)
    bought, _ = bank_files.mapped("sie/5-invoices-to-payable", rows)
    customers = [tuple(each["customer"].values()) for each in sold]
    suppliers = [tuple(each["supplier"].values()) for each in bought]
    assert customers == [
        ("1004", "Café Mörkrost AB", "556012-3456", None),
        ("1022", "Kahvila Aamu Oy", None, None),
    ]
    assert suppliers == [("30", "Rosteriteknik i Norden AB", "556781-0001", "5050-1055")] * 2
    nobody = re.sub(rb"(?s)<Customers>.*</Suppliers>", b"", OPEN.read_bytes())
    rows, _ = bank_files.records("sie/5-invoices", nobody)
    sold, found = bank_files.mapped("sie/5-invoices-to-receivable", rows)
    assert not found and [tuple(each["customer"].values())[:2] for each in sold] == [
        ("1004", None),
        ("1022", None),
    ]


def test_a_supplier_with_several_accounts_may_be_paid_to_each_of_them() -> None:
    raw = OPEN.read_bytes().replace(b'BgAccount="5050-1055"', b'BgAccount="5050-1055" PgAccount="12-3"')
    rows, _ = bank_files.records("sie/5-invoices", raw)
    bought, found = bank_files.mapped("sie/5-invoices-to-payable", rows)
    assert not found and [each["supplier"]["account"] for each in bought] == [None, None]


@pytest.mark.parametrize(
    ("payer", "decided"),
    [
        ({"payer": "CAFE MORKROST"}, "text_numbers"),
        ({"payers_id": "5560123456"}, "text_numbers"),
        ({"payer": "Kahvila Aamu Oy"}, None),
    ],
    ids=["its name as banks spell it", "its id without a sign", "another customer"],
)
def test_a_name_or_an_id_of_the_ledger_is_what_a_payer_is_known_by(
    payer: dict[str, str], decided: str | None
) -> None:
    rows, _ = bank_files.records("sie/5-invoices", OPEN.read_bytes())
    sold, _ = bank_files.mapped("sie/5-invoices-to-receivable", rows)
    [told] = decide(sold, [moved("2500.00", currency="SEK", text="faktura 20261", **payer)])
    assert told["rule"] == decided
    assert [each["items"] for each in told["proposals"]] == ([] if decided else ["20261"])
