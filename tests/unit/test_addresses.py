"""Addresses in lines are split by the rules of their country, or held: never split wrongly."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from bank_files import errors, mapped
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.model import Record

MAPPING = "common/structured-addresses"


def payment(lines: list[str], country: str | None, **more: Any) -> Record:
    address = dict.fromkeys(("street", "building", "postcode", "town", "region"))
    creditor = {"name": "Payee", "address": {**address, "country": country, "lines": lines, **more}}
    return {"@kind": "payment", "id": "1", "kind": "transfer", "amount": Decimal(1), "currency": "EUR",
            "execution_date": date(2026, 12, 1), "debtor": {"name": "Payer"}, "creditor": creditor}  # fmt: skip


def split(lines: list[str], country: str | None) -> dict[str, Any] | None:
    """The address as it is sent, None when the payment is held."""
    made, found = mapped(MAPPING, [payment(lines, country)])
    if errors(found):
        assert errors(found) == ["ADR01"] and made == []
        return None
    address: dict[str, Any] = made[0]["creditor"]["address"]
    return {name: value for name, value in address.items() if value and not name.startswith("@")}


@pytest.mark.parametrize(
    ("lines", "country", "parts"),
    [
        (["Storgatan 4", "903 25 Umeå"], "SE", ("Storgatan", "4", "903 25", "Umeå", "SE", [])),
        (["Box 17", "S-903 25 Umeå", "Sweden"], None, (None, None, "903 25", "Umeå", "SE", ["Box 17"])),
        (["Karl Johans gate 22 B, 0159 Oslo"], "NO", ("Karl Johans gate", "22 B", "0159", "Oslo", "NO", [])),
        (["Østergade 1, 2. tv.", "2100 København Ø"], "DK", (None, None, "2100", "København Ø", "DK", ["Østergade 1, 2. tv."])),
        (["12 rue de Lyon", "72000 LE MANS"], "FR", (None, None, "72000", "LE MANS", "FR", ["12 rue de Lyon"])),
        (["Prinsengracht 12", "1015DV Amsterdam"], "NL", ("Prinsengracht", "12", "1015DV", "Amsterdam", "NL", [])),
        (["ul. Prosta 20", "00-850 Warszawa"], "PL", ("ul. Prosta", "20", "00-850", "Warszawa", "PL", [])),
        (["00100 HELSINKI", "SUOMI"], "FI", (None, None, "00100", "HELSINKI", "FI", [])),
        (["c/o Lind", "Storgatan 4", "903 25 Umeå"], "SE", (None, None, "903 25", "Umeå", "SE", ["c/o Lind, Storgatan 4"])),
    ],
)  # fmt: skip
def test_the_forms_of_countries(lines: list[str], country: str | None, parts: tuple[Any, ...]) -> None:
    names = ("street", "building", "postcode", "town", "country", "lines")
    given = {name: value for name, value in zip(names, parts, strict=True) if value}
    assert split(lines, country) == given


@pytest.mark.parametrize(
    ("lines", "country"),
    [
        (["Storgatan 4", "Umeå"], "SE"),
        (["Storgatan 4", "903 25 Umeå"], None),
        (["Storgatan 4", "90325 Umeå", "Norge"], "SE"),
        (["Storgatan 4", "DE-90325 Umeå"], "SE"),
        (["Keskuskatu 3", "00100 HELSINKI FINLAND"], "FI"),
        (["1 rue X", "75008 PARIS CEDEX 08"], "FR"),
        (["Via Roma 1", "20121 MILANO MI"], "IT"),
        (["12 High Street", "Reading RG1 2AB"], "GB"),
        (["Brīvības iela 1", "Rīga, LV-1010"], "LV"),
        (["903 25 Umeå", "Storgatan 4"], "SE"),
        (["Somewhere"], "FI"),
    ],
)
def test_what_is_not_certain_is_held_with_the_proposed_split(lines: list[str], country: str | None) -> None:
    made, found = mapped(MAPPING, [payment(lines, country)])
    assert made == [] and errors(found) == ["ADR01"]
    assert found[0].value == ", ".join(filter(None, (*lines, country)))
    assert " | " in found[0].message or lines == ["Somewhere"]


def test_addresses_in_fields_of_their_own_stay_as_they_are() -> None:
    given = payment(["Building B"], "FI", town="Oulu", street="Katu")
    made, found = mapped(MAPPING, [given])
    assert found == []
    assert made[0]["creditor"]["address"]["town"] == "Oulu" and made[0]["creditor"]["address"]["lines"] == [
        "Building B"
    ]
    assert mapped(MAPPING, [payment([], None)])[1] == []


FORMS = {
    "SE": "{:03d} {:02d}",
    "FI": "{:03d}{:02d}",
    "DE": "{:03d}{:02d}",
    "NO": "{:02d}{:02d}",
    "DK": "{:02d}{:02d}",
}
WORDS = st.text("abcdefghijklmnoprstuvyåäöéüßøæ", min_size=2, max_size=9).map(str.title)
TOWNS = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)


@settings(max_examples=80)
@given(
    country=st.sampled_from(sorted(FORMS)),
    numbers=st.tuples(st.integers(10, 99), st.integers(0, 99)),
    town=TOWNS,
    street=WORDS,
    number=st.integers(1, 999),
    one_line=st.booleans(),
    front=st.sampled_from(["street", "text"]),
)
def test_an_address_that_is_put_together_comes_apart_again(
    country: str, numbers: tuple[int, int], town: str, street: str, number: int, one_line: bool, front: str
) -> None:
    postcode = FORMS[country].format(*numbers)
    first = f"{street} {number}" if front == "street" else f"{street} {number} {street}"
    lines = [first, f"{postcode} {town}"]
    made = split([", ".join(lines)] if one_line else lines, country)
    if made is None:
        return  # a town that ends like a country
    assert (made["postcode"], made["town"], made["country"]) == (postcode, town, country)
    kept = made.get("lines") or [f"{made['street']} {made['building']}"]
    assert kept == [first]


@settings(max_examples=80)
@given(
    st.lists(st.text("aB1 ,-", min_size=1, max_size=20).filter(str.strip), min_size=1, max_size=4),
    st.sampled_from([*sorted(FORMS), "NL", "GB", None]),
)
def test_whatever_is_written_nothing_of_it_is_lost_or_made_up(lines: list[str], country: str | None) -> None:
    made = split(lines, country)
    if made is not None:
        said = " ".join(
            [
                *made.get("lines", []),
                *(str(made.get(name, "")) for name in ("street", "building", "postcode", "town")),
            ]
        )
        assert sorted(said.replace(",", " ").split()) == sorted(" ".join(lines).replace(",", " ").split())
        assert made["town"] and made["country"] == country
