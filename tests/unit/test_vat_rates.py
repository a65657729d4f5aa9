"""VAT rates by the day of supply, at the days on which they change."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal as D
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from invoice_support import CORPUS, document, mapped

from exchange.declare.catalogue import Catalogue
from exchange.flow.library import Library
from exchange.mapping.functions.money import vat_of_gross, vat_of_net, vat_rate_of
from exchange.mapping.operators import Fault
from exchange.mapping.tables import Search

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def library() -> Library:
    return Library(Catalogue.of())


def looked_up(library: Library, table: str, *keys: str, on: date) -> Any:
    found = library.tables().get(table)
    assert found is not None
    return Search(found, found.values[0])(*keys, on=on)


def rows_of(table: str) -> list[dict[str, str]]:
    return list(csv.DictReader((ROOT / f"tables/{table}.csv").read_text(encoding="utf-8").splitlines()))


@pytest.mark.parametrize(
    ("country", "category", "day", "rate"),
    [
        ("FI", "standard", "2024-08-31", "24"),
        ("FI", "standard", "2024-09-01", "25.5"),
        ("FI", "reduced", "2025-12-31", "14"),
        ("FI", "reduced", "2026-01-01", "13.5"),
        ("SE", "food", "2026-03-31", "12"),
        ("SE", "food", "2026-04-01", "6"),
        ("SE", "food", "2027-12-31", "6"),
        ("SE", "food", "2028-01-01", "12"),
        ("EE", "standard", "2025-06-30", "22"),
        ("EE", "standard", "2025-07-01", "24"),
        ("NO", "raw-fish", "2026-01-01", "11.11"),
        ("NO", "low", "2021-09-30", "6"),
        ("NO", "low", "2021-10-01", "12"),
        ("NO", "water", "2025-07-01", "15"),
        ("LT", "reduced", "2026-01-01", "12"),
        ("AT", "basic-food", "2026-07-01", "4.9"),
    ],
)
def test_a_rate_follows_the_day(library: Library, country: str, category: str, day: str, rate: str) -> None:
    assert looked_up(library, "vat-rates", country, category, on=date.fromisoformat(day)) == rate


def test_great_britain_left_and_croatia_came(library: Library) -> None:
    assert looked_up(library, "eu-members", "GB", on=date(2020, 12, 31)) == "yes"
    assert looked_up(library, "eu-members", "GB", on=date(2021, 1, 1)) is None
    assert looked_up(library, "eu-members", "HR", on=date(2013, 6, 30)) is None


def test_rates_follow_each_other_without_gap_or_overlap() -> None:
    rows = rows_of("vat-rates")
    spans: dict[tuple[str, str], list[tuple[date, date]]] = defaultdict(list)
    for row in rows:
        end = date.fromisoformat(row["valid_to"]) if row["valid_to"] else date.max
        spans[row["country"], row["category"]].append((date.fromisoformat(row["valid_from"]), end))
        assert row["source"]
    for found in spans.values():
        found.sort()
        assert found[-1][1] == date.max
        for (_, before), (after, _) in pairwise(found):
            assert (after - before).days == 1


def test_every_member_of_today_has_a_standard_rate(library: Library) -> None:
    today = date(2026, 11, 28)
    for row in rows_of("eu-members"):
        if not row["valid_to"]:
            assert looked_up(library, "vat-rates", row["country"], "standard", on=today)


def test_the_days_of_rates_follow_from_the_rates() -> None:
    """What vat-rate-days says of any day is what vat-rates says, turned round."""

    def known(table: str, day: date) -> set[tuple[str, str]]:
        return {
            (row["country"], row["rate"])
            for row in rows_of(table)
            if row["valid_from"] <= day.isoformat() <= (row["valid_to"] or "9999")
        }

    days = {date.fromisoformat(row["valid_from"]) for row in rows_of("vat-rates")}
    days |= {date.fromisoformat(row["valid_to"]) for row in rows_of("vat-rates") if row["valid_to"]}
    for day in sorted(one + timedelta(step) for one in days for step in (-1, 0, 1)):
        assert known("vat-rate-days", day) == known("vat-rates", day), day


def test_the_lists_of_rates_follow_from_the_rates() -> None:
    """What vat-rate-lists says of any day is what vat-rates says, without gap or overlap."""

    def valid(table: str, day: str) -> list[dict[str, str]]:
        return [row for row in rows_of(table) if row["valid_from"] <= day <= (row["valid_to"] or "9999")]

    edges = {
        date.fromisoformat(row[edge])
        for row in rows_of("vat-rates")
        for edge in ("valid_from", "valid_to")
        if row[edge]
    }
    for day in sorted({(one + timedelta(step)).isoformat() for one in edges for step in (-1, 0, 1)}):
        wanted: dict[str, set[str]] = defaultdict(set)
        for row in valid("vat-rates", day):
            wanted[row["country"]].add(row["rate"])
        lists = [(row["country"], row["rates"].split()) for row in valid("vat-rate-lists", day)]
        assert len({country for country, _ in lists}) == len(lists)
        assert {country: set(rates) for country, rates in lists} == wanted, day
        assert all(rates == sorted(set(rates), key=D) for _, rates in lists)


FINLAND = "10 13.5 25.5"


@pytest.mark.parametrize(
    ("net", "vat", "rates", "unit", "rate"),
    [
        ("100", "25.50", FINLAND, "0.01", "25.5"),
        ("23.90", "6.10", FINLAND, "0.01", "25.5"),  # 30.00 with VAT: 25.52 %
        ("-23.90", "-6.10", FINLAND, "0.01", "25.5"),
        ("4.01", "0.54", FINLAND, "0.01", "13.5"),
        ("0.02", "0.01", FINLAND, "0.01", "25.5"),
        ("100", "24.00", FINLAND, "0.01", None),  # the rate of another day
        ("100", "19.50", FINLAND, "0.01", None),  # two rates in one amount
        ("100", "-25.50", FINLAND, "0.01", None),
        ("0", "2.55", FINLAND, "0.01", None),
        ("0.10", "0.01", FINLAND, "0.01", None),  # 10 or 13.5 %
        ("1.00", "0.25", "25 25.5", "0.01", None),
        ("100.00", "25.00", "25 25.5", "0.01", "25"),
        ("30.00", "7.50", "25.5", "0.01", None),
        ("30.00", "7.50", "25.5", "0.30", "25.5"),  # thirty pieces, each rounded
        ("26.387665", "3.562335", FINLAND, "0.00001", "13.5"),
        ("26.387665", "3.572335", FINLAND, "0.00001", None),
        ("5", "0", "", "0.01", "0"),
        ("5", "1.25", "", "0.01", None),
        ("5", "1.25", "0 25 25", "0.01", "25"),
    ],
)
def test_a_rate_is_taken_only_when_one_gives_the_same_cents(
    net: str, vat: str, rates: str, unit: str, rate: str | None
) -> None:
    if rate is None:
        with pytest.raises(Fault):
            vat_rate_of(D(net), D(vat), rates, D(unit))
    else:
        assert vat_rate_of(D(net), D(vat), rates, D(unit)) == D(rate)


@pytest.mark.parametrize(
    ("country", "day"),
    [("FI", "2026-03-02"), ("SE", "2025-03-02"), ("DK", "2026-03-02"), ("DE", "2026-03-02")],
)
def test_the_rate_of_an_amount_is_found_again_or_not_told_at_all(
    library: Library, country: str, day: str
) -> None:
    """Whatever the amount, however it was rounded: no other rate than the true one is ever taken."""
    rates = looked_up(library, "vat-rate-lists", country, on=date.fromisoformat(day))
    told = 0
    for true in map(D, rates.split()):
        for cents in (*range(1, 400), *range(400, 30_000, 97)):
            amount = D(cents) / 100
            tax = vat_of_gross(amount, true)
            for net, vat in ((amount, vat_of_net(amount, true)), (amount - tax, tax)):
                try:
                    found = vat_rate_of(net, vat, rates, D("0.01"))
                except Fault:
                    assert amount < 1
                else:
                    told += 1
                    assert found == true or vat == 0
    assert told > 1_000


@pytest.mark.parametrize("row", rows_of("vat-codes"), ids=lambda row: f"{row['system']}-{row['code']}")
def test_the_rate_of_a_code_is_known_today(library: Library, row: dict[str, str]) -> None:
    assert row["source"] and row["kind"] and row["meaning"]
    if row["rate"]:
        assert looked_up(library, "vat-rates", row["country"], row["rate"], on=date(2026, 11, 28))
    if row["category"]:
        assert row["direction"] == "sale" and bool(row["rate"]) <= (row["category"] == "S")


def test_the_official_norwegian_codes_are_all_there() -> None:
    path = CORPUS / "saft-no/codelists/Standard_Tax_Codes.csv"
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    classes = {
        "Regular rate": "standard",
        "Reduced rate, middle": "food",
        "Reduced rate, raw fish": "raw-fish",
    }
    classes |= {"Reduced rate, low": "low", "Zero rate": "", "": ""}
    official = csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines(), delimiter=";")
    ours = {row["code"]: row["rate"] for row in rows_of("vat-codes") if row["system"] == "skatteetaten"}
    assert ours == {row["Code"]: classes[row["TaxRate"]] for row in official}


def test_the_danish_codes_are_all_there() -> None:
    folder = CORPUS / "codelists/dk"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here")
    for name, day in (("before_2025", date(2024, 12, 31)), ("2025", date(2025, 1, 1))):
        text = (folder / f"saft_dk_standard_tax_codes_{name}.csv").read_text(encoding="utf-8-sig")
        ours = {
            row["code"]
            for row in rows_of("vat-codes")
            if row["system"] == "erhvervsstyrelsen"
            and row["valid_from"] <= day.isoformat() <= (row["valid_to"] or "9999")
        }
        assert ours == {line.split(";")[0] for line in text.splitlines()}


LINE = {
    "description": "Kahvi",
    "quantity": D(1),
    "net": D(100),
    "vat_rate": D("25.5"),
    "vat": D("25.5"),
    "gross": D("125.5"),
}
INVOICE = {
    "number": "1", "kind": "invoice", "issued": date(2026, 3, 2), "currency": "EUR", "lines": [LINE],
    "seller": {"address": {"country": "FI"}, "vat_number": "FI23456780"}, "customer": {"name": "A"},
    "total_net": D(100), "total_vat": D("25.5"), "total": D("125.5"),
}  # fmt: skip


def codes(line: dict[str, Any], **given: Any) -> set[str]:
    made, found = mapped(
        "common/checked-vat", [document("common/invoice", INVOICE | {"lines": [LINE | line]} | given)]
    )
    assert bool(made) or found
    return {finding.code for finding in found}


@pytest.mark.parametrize(
    ("line", "given", "wanted"),
    [
        ({}, {}, set()),
        ({"vat_rate": D("25.50")}, {}, set()),
        ({"vat_rate": D(24)}, {}, {"VAT01"}),
        ({"vat_rate": D(24)}, {"delivered": date(2024, 8, 31)}, set()),
        ({"vat_rate": D(24)}, {"delivered": date(2024, 9, 1)}, {"VAT01"}),
        ({"vat_rate": D(24)}, {"kind": "credit"}, set()),
        ({"vat_rate": D(14)}, {"delivered": date(2025, 12, 31)}, set()),
        ({"vat_rate": D(14)}, {"delivered": date(2026, 1, 1)}, {"VAT01"}),
        ({"vat_rate": D(6)}, {"delivery": {"country": "SE"}}, set()),
        ({"vat_rate": D(7)}, {"delivery": {"country": "SE"}}, {"VAT01"}),
        ({"vat_rate": D(7)}, {"delivery": {"country": "DE"}}, set()),
        ({"vat_category": "AE"}, {}, {"VAT02", "VAT04"}),
        ({"vat_category": "S", "vat_rate": D(0)}, {}, {"VAT03"}),
        ({"vat_category": "K", "vat_rate": D(0), "vat": D(0)}, {}, {"VAT04"}),
        (
            {"vat_category": "K", "vat_rate": D(0), "vat": D(0)},
            {"customer": {"name": "B", "vat_number": "SE556016068001"}},
            set(),
        ),
    ],
)
def test_a_rate_that_is_not_valid_on_the_day_of_supply_is_refused(
    line: dict[str, Any], given: dict[str, Any], wanted: set[str]
) -> None:
    assert codes(line, **given) == wanted


def test_looking_at_the_vat_changes_nothing() -> None:
    (made,), found = mapped(
        "common/checked-vat", [document("common/invoice", INVOICE | {"note": "n", "rounding": D("0.01")})]
    )
    given = document("common/invoice", INVOICE | {"note": "n", "rounding": D("0.01")})
    assert found == [] and {name: made[name] for name in given if name != "@path"} == {
        name: value for name, value in given.items() if name != "@path"
    }
