"""Account listings of Danish banks: real samples, files made by the declared columns, and files of other people."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from bank_files import codes, documents, errors, inspected, layout, plain, records, taken, total, written

from exchange.formats import registry
from exchange.formats.csv import Layout, columns

FOLDER = "bank/dk-banks/samples"
NAMES = (
    "bankdata/entries-v3", "bec/csv", "danskebank/cmkv", "danskebank/cmkxksx", "nordea/dk-erhverv",
    "nordea/dk-unitel-v3", "sdc/csv",
)  # fmt: skip
VALUES = {
    "bankdata/entries-v3": {
        "record_type": "ED010103000003", "booked": "20260302", "valued": "20260303", "amount": "-1234,50",
        "account": "11112222222222", "balance": "100,00", "text": "Overførsel", "creditor_reference": "000000000000018",
        "line_1": "Linje 1", "line_41": "Linje 41", "original_currency": "EUR", "original_amount": "165,50",
        "original_rate": "745,929200", "sender_1": "Ærø ApS", "entry_id": "99", "currency": "DKK",
    },
    "bec/csv": {
        "booked": "02-03-2026", "text": "Overførsel", "amount": "-1.234,50", "balance": "100,00",
        "valued": "03-03-2026", "type": "BS", "advice": "Linje 1",
    },
    "danskebank/cmkxksx": {
        "record_type": "CMKXKSX", "account": "1111222222", "booked": "020326", "valued": "030326", "currency": "DKK",
        "amount": "-1234.50", "original_currency": "EUR", "original_amount": "-165.50", "text": "Overførsel",
        "bank_reference": "99", "advice_1": "Linje 1", "advice_49": "Linje 49",
    },
    "nordea/dk-unitel-v3": {
        "bic": "NDEADKKK", "registration": "2149", "account": "1234567890", "currency": "DKK", "statement": "12",
        "booked": "20260302", "valued": "20260303", "amount": "-1234.50", "sign": "-", "amount_again": "1234.50",
        "swift_code": "NTRF", "reference": "Overførsel", "line_1": "Linje 1", "advice_41": "Linje 41",
        "iban": "DK5000400440116243", "payer_1": "Ærø ApS",
    },
    "sdc/csv": {
        "account": "1111222222", "booked": "02-03-2026", "valued": "03-03-2026", "amount": "-1.234,50",
        "currency": "DKK", "original_amount": "165,50", "original_currency": "EUR", "counter_account": "33334444",
        "text": "Overførsel", "bank_reference": "99", "card_type": "71", "payer_id": "000000000000018",
        "advice_1": "Linje 1", "advice_41": "Linje 41", "address_1": "Ærø ApS",
    },
}  # fmt: skip
"""One row of each layout of which no real file is at hand."""


def made(name: str, *changes: dict[str, str]) -> bytes:
    """A file with a row for each change of the values above."""
    declared = layout(name)
    assert isinstance(declared, Layout)
    places, dialect, out = (
        {name: place.shown for name, place in columns(declared).items()},
        declared.dialect,
        io.StringIO(),
    )
    rows = csv.writer(
        out, delimiter=dialect.delimiter, quoting=csv.QUOTE_ALL if not dialect.header else csv.QUOTE_MINIMAL
    )
    if name.startswith("bankdata/"):
        rows.writerow(["ED000000000003", "20260302"])
    if dialect.header:
        rows.writerow([str(place) for place in places.values()])
    for change in changes:
        values = VALUES[name] | change
        row = [""] * (dialect.width or len(places))
        for number, (field, place) in enumerate(places.items()):
            row[place - 1 if isinstance(place, int) else number] = values.get(field, "")
        rows.writerow(row)
    if name.startswith("bankdata/"):
        rows.writerow(["ED999999999999", "20260302", str(len(changes))])
    return out.getvalue().encode(declared.encoding)


def test_danske_bank(corpus: Path, tmp_path: Path) -> None:
    raw = (corpus / FOLDER / "TestDanskeBankSampleImport.txt").read_bytes()
    entries, found = documents("danskebank/cmkv", raw)
    assert (len(entries), total(entries)) == (8, Decimal("22789.27"))
    assert [(each.code, each.line) for each in found] == [
        ("LIST01", 6),
        ("LIST01", 7),
        ("LIST01", 8),
    ]  # made-up rows
    assert taken(entries[7], "account", "amount", "booked", "valued", "text", "currency") == (
        "1111111111", Decimal("13.88"), date(2015, 1, 23), date(1999, 4, 28), "Any text, ÆØÅ", "DKK",
    )  # fmt: skip
    assert inspected(raw, tmp_path).layout == "danskebank/cmkv"


def test_nordea(corpus: Path, tmp_path: Path) -> None:
    raw = (corpus / FOLDER / "TestNordeaSampleImport.txt").read_bytes()
    entries, found = documents("nordea/dk-erhverv", raw)
    assert (len(entries), total(entries)) == (6, Decimal("-2327.98"))
    assert [(each.code, each.line) for each in found] == [("LIST01", 7)]  # the last row is made up
    assert taken(entries[5], "amount", "booked", "text") == (
        104, date(2012, 12, 28), "Dankort-nota ÆØÅ;Blomsterbergs 37789",
    )  # fmt: skip
    seen = inspected(raw, tmp_path)
    assert (seen.layout, seen.totals) == (
        "nordea/dk-erhverv",
        [{"currency": "DKK", "credit": 104, "debit": Decimal("2431.98"), "count": 6}],
    )


@pytest.mark.parametrize("name", VALUES)
def test_columns_go_where_they_belong(name: str, tmp_path: Path) -> None:
    later = "-1134,50" if "balance" in VALUES[name] else ""
    raw = made(name, {}, {"booked": VALUES[name]["booked"].replace("02", "05", 1), "balance": later})
    entries, found = documents(name, raw)
    assert (codes(found), len(entries)) == ([], 2)
    assert taken(entries[0], "amount", "booked", "valued", "currency") == (
        Decimal("-1234.50"), date(2026, 3, 2), date(2026, 3, 3), "DKK",
    )  # fmt: skip
    assert entries[0]["text"].startswith("Overførsel Linje 1")
    last = max((key for key in VALUES[name] if key.startswith(("advice_", "line_"))), default="", key=len)
    assert entries[0]["text"].endswith(VALUES[name].get(last, "Linje 1"))
    original = entries[0]["original_amount"]
    assert (original is None) == ("original_amount" not in VALUES[name])
    assert original is None or (original["amount"], original["currency"]) == (Decimal("165.50"), "EUR")
    assert inspected(raw, tmp_path).layout == name


@pytest.mark.parametrize("name", VALUES)
def test_what_was_read_is_written_with_the_same_values(name: str) -> None:
    rows, _ = records(name, made(name, {}, {"text": 'with "quotes"; and, signs'}))
    again, found = records(name, written(name, rows)[0])
    assert (plain(again), codes(found)) == (plain(rows), [])


def test_lines_that_are_no_rows_are_passed_over_and_counted() -> None:
    raw = made("bankdata/entries-v3", {}, {"amount": "x"})
    _, found = records("bankdata/entries-v3", raw)
    assert [(f.line, f.column) for f in found] == [(3, 4)]


def test_references_and_parties() -> None:
    (entry,) = documents("sdc/csv", made("sdc/csv", {}))[0]
    assert taken(entry, "reference", "reference_scheme", "counterparty.name", "counterparty.account") == (
        "000000000000018", "dk-fik", "Ærø ApS", "33334444",
    )  # fmt: skip
    (entry,) = documents("nordea/dk-unitel-v3", made("nordea/dk-unitel-v3", {}))[0]
    assert taken(entry, "account", "account_scheme", "event", "bank_code.proprietary", "statement.id") == (
        "DK5000400440116243", "iban", "payment", "NTRF", "12",
    )  # fmt: skip
    _, found = documents("nordea/dk-unitel-v3", made("nordea/dk-unitel-v3", {"amount_again": "1234.51"}))
    assert codes(found) == ["UNITEL01"]


@pytest.mark.parametrize("name", VALUES)
def test_a_wrong_row_is_an_error(name: str) -> None:
    for change in ({"amount": "12,3,4"}, {"amount": ""}, {"booked": "31022026"}):
        assert errors(documents(name, made(name, change))[1]), change


@pytest.mark.parametrize(
    "text",
    [
        "Dato;Tekst;Beløb;Saldo\n02-03-2026;Noget;12,00;100,00\n",
        "Bogført;Tekst;Beløb\n02-03-2026;Noget;12,00\n",
        "Bogført;Tekst;Rentedato;Beløb;Saldo;Mere\n02-03-2026;a;02-03-2026;1;2;3\n",
        "Date,Text,Amount\n2026-03-02,a,1.00\n",
        '"CMKA",1,2,3,280499,280499,1.00,a,1.00\n',
        "NDEADKKK,2149,1,DKK\n",
        "ABCDEFGH,1,2,3,4,5,6,7,8\n",
        "a;b;c;d;e\n1;2;3;4;5\n",
        "CMKXKSX,1,2\n",
    ],
)
def test_other_files_are_not_taken_for_them(text: str) -> None:
    layouts = [layout(name) for name in NAMES]
    assert registry.recognise(text.encode("windows-1252"), "file.csv", layouts) == []


HEADER = "Bogført;Tekst;Rentedato;Beløb;Saldo\n02-03-2026;a;02-03-2026;-1,50;2,00\n"


def test_another_encoding_hides_no_layout_and_is_told() -> None:
    layouts = [layout(one) for one in NAMES]
    saved = HEADER.encode("utf-8")
    assert [c.layout.layout for c in registry.recognise(saved, "f", layouts)] == ["nordea/dk-erhverv"]
    made_none, found = documents("nordea/dk-erhverv", saved)
    assert made_none == [] and "ENC003" in codes(found)


def test_each_is_recognised_by_its_own_layout_only() -> None:
    for name in VALUES:
        layouts = [layout(one) for one in NAMES]
        assert [c.layout.layout for c in registry.recognise(made(name, {}, {}), "f", layouts)] == [name]


LISTING = [
    "05-11-2026;a;05-11-2026;-1,00;1.004,00", "04-11-2026;b;04-11-2026;-95,00;1.005,00",
    "04-11-2026;c;04-11-2026;1.000,00;1.100,00", "03-11-2026;d;03-11-2026;-10,00;100,00", "02-11-2026;e;02-11-2026;110,00;110,00",
]  # fmt: skip


def listed(rows: list[str]) -> list[tuple[str, int | None, str]]:
    """The findings of a listing of these rows."""
    raw = "\n".join(["Bogført;Tekst;Rentedato;Beløb;Saldo", *rows, ""]).encode("windows-1252")
    return [(each.code, each.line, each.message) for each in documents("nordea/dk-erhverv", raw)[1]]


def test_balances_lead_from_row_to_row_in_any_order() -> None:
    for rows in (LISTING, LISTING[::-1], [*LISTING[3:], *LISTING[:3]], LISTING[:1], []):
        assert [each for each in listed(rows) if each[0] == "LIST01"] == []


def test_a_row_that_is_missing_or_changed_is_told_with_what_is_missing() -> None:
    for rows in (LISTING, LISTING[::-1]):
        without = [row for row in rows if ";c;" not in row]
        (found,) = listed(without)
        assert (found[0], found[1]) == ("LIST01", 4)
        assert "movements of 1000.00 are missing or wrong" in found[2]
    assert [each[0] for each in listed([row.replace("-95,00", "-96,00") for row in LISTING])] == ["LIST01"]
    changed = [row.replace("1.100,00", "1.101,00") for row in LISTING]
    assert [each[0] for each in listed(changed)] == ["LIST01", "LIST01"]


def test_two_places_and_many_of_them_are_told() -> None:
    rows = [f"02-11-2026;r{n};02-11-2026;1,00;{n * 2},00" for n in range(1, 60)]
    found = listed(rows)
    assert len(found) == 21 and "38 more" in found[-1][2]
