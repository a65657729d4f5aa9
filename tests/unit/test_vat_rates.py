"""VAT rates by the day of supply, at the days on which they change."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from exchange.declare.catalogue import Catalogue
from exchange.flow.library import Library
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
