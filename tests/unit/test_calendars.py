"""Bank days: the calendars of the package against published lists, the rules behind them, and predicted days."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iso20022_support import FACTS, library

from exchange.declare.calendar import Calendar, easter_sunday
from exchange.declare.parse import parse
from exchange.declare.yaml import load
from exchange.model import ArrivalFacts
from exchange.operations.predicting import predicted

CALENDARS = library().calendars()
EASTER = (
    *(
        "2020-04-12",
        "2021-04-04",
        "2022-04-17",
        "2023-04-09",
        "2024-03-31",
        "2025-04-20",
        "2026-04-05",
        "2027-03-28",
    ),
    *(
        "2028-04-16",
        "2029-04-01",
        "2030-04-21",
        "2031-04-13",
        "2032-03-28",
        "2033-04-17",
        "2034-04-09",
        "2035-03-25",
    ),
)
CLOSED_2026 = {
    "target": "01-01 04-03 04-06 05-01 12-25",
    "fi": "01-01 01-06 04-03 04-06 05-01 05-14 06-19 12-24 12-25",
    "se": "01-01 01-06 04-03 04-06 05-01 05-14 06-19 12-24 12-25 12-31",
    "no": "01-01 04-02 04-03 04-06 05-01 05-14 05-25 12-24 12-25",
    "dk": "01-01 04-02 04-03 04-06 05-14 05-15 05-25 06-05 12-24 12-25 12-31",
}
"""Closing days from Monday to Friday, as central banks and banks publish them."""


def closed(calendar: Calendar, year: int) -> list[date]:
    """The closing days of a year from Monday to Friday."""
    days = (date(year, 1, 1) + timedelta(days=number) for number in range(366))
    return [
        day for day in days if day.year == year and day.isoweekday() < 6 and not calendar.is_bank_day(day)
    ]


def test_easter() -> None:
    assert [easter_sunday(year).isoformat() for year in range(2020, 2036)] == list(EASTER)
    assert all(easter_sunday(year).isoweekday() == 7 for year in range(1900, 2200))


@pytest.mark.parametrize("name", sorted(CLOSED_2026))
def test_the_closing_days_of_2026(name: str) -> None:
    assert set(CALENDARS) >= set(CLOSED_2026)
    assert [f"{day:%m-%d}" for day in closed(CALENDARS[name], 2026)] == CLOSED_2026[name].split()


@pytest.mark.parametrize(
    ("name", "day", "is_open"),
    [
        ("dk", "2023-05-05", False),  # Great Prayer Day, for the last time
        ("dk", "2024-04-26", True),
        ("dk", "2025-05-30", False),  # the Friday after Ascension
        ("se", "2004-05-31", False),  # Whit Monday, before the national day took its place
        ("se", "2005-05-16", True),
        ("se", "2005-06-06", False),
        ("se", "2004-06-07", True),
        ("se", "2027-06-25", False),  # Midsummer Eve
        ("fi", "2027-06-25", False),
        ("fi", "2026-12-31", True),
        ("no", "2026-05-18", True),
        ("no", "2027-05-17", False),
        ("no", "2026-12-31", True),
        ("target", "2026-05-14", True),  # Ascension Day is open
        ("target", "2026-12-24", True),
    ],
)
def test_single_days(name: str, day: str, is_open: bool) -> None:
    assert CALENDARS[name].is_bank_day(date.fromisoformat(day)) == is_open


def test_short_days_are_bank_days() -> None:
    for name, day in (("fi", date(2026, 4, 2)), ("fi", date(2026, 12, 31)), ("se", date(2026, 4, 30))):
        assert CALENDARS[name].is_short(day) and CALENDARS[name].is_bank_day(day)
    assert not CALENDARS["target"].is_short(date(2026, 4, 2))


DAYS = st.dates(date(1995, 1, 1), date(2150, 1, 1))


@given(st.sampled_from(sorted(CALENDARS)), DAYS, st.integers(-60, 60))
def test_bank_days_are_counted_one_by_one(name: str, day: date, count: int) -> None:
    calendar = CALENDARS[name]
    there = calendar.add_bank_days(day, count)
    assert calendar.is_bank_day(there)
    between = [
        day + timedelta(days=number) * (1 if count > 0 else -1)
        for number in range(1, abs((there - day).days) + 1)
    ]
    if count:
        assert sum(calendar.is_bank_day(each) for each in between) == abs(count)
    else:
        assert there == calendar.next_bank_day(day) >= day


def test_days_beyond_the_years_are_refused() -> None:
    with pytest.raises(ValueError, match="beyond the years"):
        CALENDARS["target"].is_bank_day(date(2200, 1, 1))


def declared(text: str) -> tuple[Calendar | None, list[str]]:
    node, problems = load(text, "schemas/calendars/own.yaml")
    made, more = parse(Calendar, node) if node is not None else (None, [])
    return made, [problem.message for problem in (*problems, *more)]


OWN = "calendar: own\nmeaning: Own\nzone: Europe/Oslo\nclosed: {x: {%s}}\n"


def test_exceptions_count_before_rules() -> None:
    text = OWN % 'on: "06-05"' + (
        'exceptions: {"2026-06-05": {closed: false, meaning: an election}, "2026-06-08": {closed: true, meaning: a move}}\n'
    )
    own, problems = declared(text)
    assert own is not None, problems
    assert own.is_bank_day(date(2026, 6, 5)) and not own.is_bank_day(date(2026, 6, 8))
    assert (own.why_closed(date(2026, 6, 8)), own.why_closed(date(2026, 6, 6))) == ("a move", "Saturday")
    assert not own.is_bank_day(date(2027, 6, 5))


@pytest.mark.parametrize(
    "feast", ['on: "02-30"', "easter: 1, on: 01-01", "weekday: 5", "weekday: 8, from: 01-01", "since: 1"]
)
def test_a_feast_that_cannot_be_is_a_problem(feast: str) -> None:
    made, problems = declared(OWN % feast)
    assert made is None and problems


def test_a_wrong_zone_and_a_wrong_time_are_problems() -> None:
    assert declared((OWN % 'on: "01-01"').replace("Europe/Oslo", "Europe/Osloo"))[1]
    assert declared(OWN % 'on: "01-01"' + 'cut_offs: {x: {time: "25:00"}}\n')[1]


def arriving(moment: str, zone: str = "Europe/Helsinki") -> ArrivalFacts:
    at = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(zone))
    return ArrivalFacts(FACTS.id, FACTS.flow, FACTS.name, FACTS.sha256, at)


PREDICTIONS: list[tuple[dict[str, Any], str | None, str]] = [
    ({}, "2026-12-23", ""),
    ({"requested": "2026-12-25"}, "2026-12-28", "2026-12-25 is no bank day of TARGET (T2) (christmas day)."),
    ({"requested": "2026-12-27", "purpose": "salary"}, "2026-12-24", "2026-12-27 is no bank day"),
    ({"requested": "2026-12-26", "currency": "SEK"}, "2026-12-28", "2026-12-26 is no bank day of Swedish bank days"),
    ({"requested": "2026-12-26", "currency": "SEK", "purpose": "salary"}, "2026-12-23", "2026-12-26 is no bank day"),
    ({"requested": "2026-11-30"}, "2026-12-01", "What comes in at 2026-12-01 09:00"),
    ({"requested": "2026-11-30", "purpose": "salary"}, "2026-12-01", "What comes in"),
    ({"requested": "2026-12-25", "urgency": "instant"}, "2026-12-25", ""),
    ({"requested": "2026-11-30", "urgency": "instant"}, "2026-12-01", "The file comes in on 2026-12-01"),
    ({"currency": "USD"}, None, "No calendar of bank days is known for USD."),
    ({"requested": "2026-12-01", "bank": "handelsbanken"}, "2026-12-01", ""),
    ({"requested": "2026-12-01", "bank": "handelsbanken", "at": "2026-12-01T17:31"}, "2026-12-02", "What comes in"),
    ({"requested": "2026-12-01", "at": "2026-12-02T00:00"}, "2026-12-02", "What comes in at 2026-12-02 00:00"),
    ({"requested": "2026-12-01", "at": "2026-12-01T23:30", "zone": "Europe/London"}, "2026-12-02", "What comes in"),
    ({"requested": "2026-12-01", "bank": "nordea", "at": "2026-12-01T17:31"}, "2026-12-01", ""),
    ({"requested": "2026-12-01", "bank": "handelsbanken", "at": "2026-12-01T16:45", "zone": "Europe/Stockholm"}, "2026-12-02", "What comes in"),
]  # fmt: skip


@pytest.mark.parametrize(("given_", "expected", "why"), PREDICTIONS)
def test_the_predicted_day_of_execution(given_: dict[str, Any], expected: str | None, why: str) -> None:
    made = predicted(
        date.fromisoformat(given_.get("requested", "2026-12-23")),
        given_.get("currency", "EUR"),
        given_.get("urgency", "normal"),
        given_.get("purpose", "supplier"),
        arriving(given_.get("at", "2026-12-01T09:00"), given_.get("zone", "Europe/Helsinki")),
        CALENDARS,
        given_.get("bank"),
    )
    assert made.expected == (date.fromisoformat(expected) if expected else None)
    assert made.why.startswith(why) and bool(made.why) == bool(why)


def test_a_calendar_like_another_is_for_its_own_banks() -> None:
    text = OWN % 'on: "12-23"' + 'currencies: [EUR]\nlike: target\ncut_offs: {mybank: {time: "12:00"}}\n'
    own, problems = declared(text)
    assert own is not None, problems
    for bank, expected in (
        ("mybank", date(2026, 12, 24)),
        ("other", date(2026, 12, 23)),
        (None, date(2026, 12, 23)),
    ):
        kind = ("EUR", "normal", "supplier", arriving("2026-12-01T09:00"), {"a": own, **CALENDARS}, bank)
        assert predicted(date(2026, 12, 23), *kind).expected == expected
