"""Which payments are late: bank days over holidays, weekends and cut-offs, decided at a given moment."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from exchange.declare.catalogue import Catalogue
from exchange.declare.flow import Expect, Flow
from exchange.declare.parse import parse
from exchange.declare.yaml import load
from exchange.flow.library import Library
from exchange.ledger.rows import Delivery
from exchange.ledger.unsettled import Owed, Unsettled
from exchange.operations.asking import Status
from exchange.operations.watching import Missing, missing, missing_return

CALENDARS = Library(Catalogue.of(None)).calendars()
HELSINKI = ZoneInfo("Europe/Helsinki")
BOTH = Expect.model_validate({"answer": "1 bank day", "booking": "2 bank days"})


def some(delivered: str, execution: str | None = None, **more: Any) -> Unsettled:
    """Unsettled payments whose file was delivered at a moment of Helsinki."""
    moment = datetime.fromisoformat(delivered).replace(tzinfo=HELSINKI)
    facts = {
        "batch": 1, "stage": "sent", "flow": "f", "arrival": "A", "delivery": "D", "target": "folder:x", "target_index": 0,
        "file": "x.xml", "delivered_at": int(moment.timestamp() * 1000), "currency": "EUR", "account": None, "count": 1,
        "execution_date": date.fromisoformat(execution) if execution else None, "amount": Decimal(1),
    }  # fmt: skip
    return Unsettled(**{**facts, **more})


def at(moment: str, zone: str = "Europe/Helsinki") -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def due(expect: Expect, payments: Unsettled, bank: str | None = None) -> date | None:
    """The day after which they are late: found by asking at noon of every day."""
    start = datetime.fromtimestamp(payments.delivered_at / 1000, UTC).date().toordinal()
    for ordinal in range(start, start + 60):
        noon = datetime.fromordinal(ordinal).replace(hour=12, tzinfo=UTC)
        made = missing(payments, expect, CALENDARS, bank, noon)
        if made is not None:
            assert made.since is not None and made.since.toordinal() == ordinal - 1
            return made.since
    return None


ANSWERS = [
    # delivered, days, currency, bank, the last day on which the answer may come
    ("2026-11-24T15:00", 1, "EUR", None, "2026-11-25"),
    ("2026-11-24T15:00", 0, "EUR", None, "2026-11-24"),
    ("2026-11-27T15:00", 1, "EUR", None, "2026-11-30"),  # Friday: over the weekend
    ("2026-11-28T15:00", 1, "EUR", None, "2026-12-01"),  # Saturday: goes out on Monday
    ("2026-12-24T10:00", 1, "EUR", None, "2026-12-28"),  # TARGET is open on Christmas Eve
    ("2026-12-24T10:00", 1, "SEK", None, "2026-12-29"),  # Sweden is not: goes out on the 28th
    ("2026-12-30T10:00", 1, "SEK", None, "2027-01-04"),  # New Year's Eve and Day, a weekend
    ("2026-04-01T10:00", 1, "NOK", None, "2026-04-07"),  # Maundy Thursday to Easter Monday
    ("2026-04-01T10:00", 1, "EUR", None, "2026-04-02"),  # TARGET is open on Maundy Thursday
    ("2026-04-02T10:00", 1, "EUR", None, "2026-04-07"),
    ("2026-05-13T10:00", 1, "DKK", None, "2026-05-18"),  # Ascension and the day after
    ("2026-12-01T17:29", 1, "EUR", "handelsbanken", "2026-12-02"),
    ("2026-12-01T17:31", 1, "EUR", "handelsbanken", "2026-12-03"),  # after the cut-off
    ("2026-12-01T17:31", 1, "EUR", "nordea", "2026-12-02"),  # no cut-off is known
    ("2026-12-04T17:31", 1, "EUR", "handelsbanken", "2026-12-08"),  # Friday after the cut-off
    ("2026-12-01T00:30", 1, "EUR", None, "2026-12-01"),  # it is still November in the zone of TARGET
]


@pytest.mark.parametrize(("delivered", "days", "currency", "bank", "expected"), ANSWERS)
def test_an_answer_is_due_so_many_bank_days_after_the_file_went_out(
    delivered: str, days: int, currency: str, bank: str | None, expected: str
) -> None:
    expect = Expect.model_validate({"answer": f"{days} bank days"})
    assert due(expect, some(delivered, currency=currency), bank) == date.fromisoformat(expected)


BOOKINGS = [
    ("2026-11-24T15:00", "2026-11-27", 2, "EUR", "2026-12-01"),
    ("2026-11-24T15:00", "2026-11-28", 2, "EUR", "2026-12-02"),  # Saturday becomes Monday
    ("2026-11-24T15:00", None, 2, "EUR", "2026-11-26"),
    ("2026-11-24T15:00", "2026-11-20", 2, "EUR", "2026-11-26"),  # a day that was past already
    ("2026-12-22T15:00", "2026-12-23", 2, "EUR", "2026-12-28"),
    ("2026-12-22T15:00", "2026-12-23", 2, "SEK", "2026-12-29"),
    ("2026-12-22T15:00", "2026-12-25", 0, "SEK", "2026-12-28"),
    ("2026-06-17T15:00", "2026-06-18", 1, "SEK", "2026-06-22"),  # Midsummer Eve
]


@pytest.mark.parametrize(("delivered", "execution", "days", "currency", "expected"), BOOKINGS)
def test_a_booking_is_due_so_many_bank_days_after_the_day_of_execution(
    delivered: str, execution: str | None, days: int, currency: str, expected: str
) -> None:
    expect = Expect.model_validate({"booking": f"{days} bank days"})
    for stage in ("sent", "received", "accepted"):
        payments = some(delivered, execution, currency=currency, stage=stage)
        assert due(expect, payments) == date.fromisoformat(expected)


def test_the_whole_day_is_waited_for_in_the_zone_of_the_calendar() -> None:
    expect = Expect.model_validate({"answer": "1 bank day"})
    payments = some("2026-11-24T15:00")  # EUR: the zone is that of Berlin
    assert missing(payments, expect, CALENDARS, None, at("2026-11-25T23:59", "Europe/Berlin")) is None
    late = missing(payments, expect, CALENDARS, None, at("2026-11-26T00:00", "Europe/Berlin"))
    assert late == Missing(("answer",), date(2026, 11, 25))


@pytest.mark.parametrize(
    ("stage", "moment", "expected"),
    [
        ("sent", "2026-11-25T12:00", None),
        ("sent", "2026-11-27T12:00", Missing(("answer",), date(2026, 11, 25))),
        ("sent", "2026-12-02T12:00", Missing(("answer", "booking"), date(2026, 11, 25))),
        ("received", "2026-12-01T12:00", None),
        ("received", "2026-12-02T12:00", Missing(("booking",), date(2026, 12, 1))),
        ("accepted", "2026-12-02T12:00", Missing(("booking",), date(2026, 12, 1))),
    ],
)
def test_an_answer_of_any_kind_ends_the_waiting_for_one(
    stage: str, moment: str, expected: Missing | None
) -> None:
    payments = some("2026-11-24T15:00", "2026-11-27", stage=stage)
    assert missing(payments, BOTH, CALENDARS, None, at(moment)) == expected


def test_what_is_not_expected_is_never_missing() -> None:
    answer = Expect.model_validate({"answer": "1 bank day"})
    accepted = some("2026-01-02T15:00", "2026-01-02", stage="accepted")
    assert missing(accepted, answer, CALENDARS, None, at("2030-01-02T12:00")) is None


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        ("FI2112345600000785", date(2026, 12, 7)),  # the 6th is a Sunday
        ("SE4550000000058398257466", date(2026, 12, 7)),
        ("US12", None),
        ("50501055", None),
        (None, None),
    ],
)
def test_a_currency_without_calendar_follows_the_payers_country_or_is_told_not_to_be_known(
    account: str | None, expected: date | None
) -> None:
    payments = some("2026-12-04T15:00", currency="USD", account=account)
    made = missing(payments, BOTH, CALENDARS, None, at("2026-12-08T12:00"))
    assert made is not None and made.since == expected
    if expected is None:
        assert made.what == ("answer", "booking")


@pytest.mark.parametrize(
    ("told", "currency", "account", "expected"),
    [
        ("2026-11-27T15:00", "EUR", None, date(2026, 12, 2)),  # Friday: over the weekend
        ("2026-11-28T15:00", "EUR", None, date(2026, 12, 3)),  # Saturday: told on Monday
        ("2026-12-23T15:00", "SEK", None, date(2026, 12, 30)),
        ("2026-11-27T15:00", "USD", "FI2112345600000785", date(2026, 12, 2)),
    ],
)
def test_money_is_due_back_so_many_bank_days_after_the_refusal(
    told: str, currency: str, account: str | None, expected: date
) -> None:
    one = owed(told, currency, account)
    after = datetime.combine(expected, datetime.min.time(), ZoneInfo("Europe/Berlin"))
    assert missing_return(one, 3, CALENDARS, after + timedelta(hours=22)) is None
    assert missing_return(one, 3, CALENDARS, after + timedelta(hours=24)) == Missing(("return",), expected)


def test_without_a_calendar_it_is_told_that_nobody_knows() -> None:
    unknown = owed("2026-11-27T15:00", "USD", None)
    assert missing_return(unknown, 3, CALENDARS, at("2026-11-27T16:00")) == Missing(("return",), None)


def owed(told: str, currency: str, account: str | None) -> Owed:
    """A payment of which the refusal came at a moment of Helsinki, after its booking."""
    moment = datetime.fromisoformat(told).replace(tzinfo=HELSINKI)
    return Owed(
        n=1, flow="f", arrival="A", delivery="D", file="x.xml", execution_date=None, currency=currency, account=account,
        amount=Decimal(1), told_at=int(moment.timestamp() * 1000),
    )  # fmt: skip


def test_days_beyond_the_years_of_calendars_are_waited_for() -> None:
    for day in ("2198-12-31", "2199-12-31", "9999-12-31"):
        payments = some("2026-11-24T15:00", day, stage="accepted")
        assert missing(payments, BOTH, CALENDARS, None, at("2026-12-08T12:00")) is None


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("{answer: 1}", "not a number of bank days"),
        ("{answer: 24h}", "not a number of bank days"),
        ("{booking: 1000 bank days}", "not a number of bank days"),
        ("{booking: -1 bank days}", "not a number of bank days"),
        ("{}", "expects nothing"),
        ("{answr: 1 bank day}", "answr"),
    ],
)
def test_a_wrong_expectation_is_a_problem(written: str, problem: str) -> None:
    text = 'flow: f\nfrom: {at: "folder:in", match: "*"}\nlayout: a/b\nto: []\nexpect: '
    node, problems = load(text + written, "f.yaml")
    assert node is not None and not problems
    made, problems = parse(Flow, node)
    assert made is None
    assert any(problem in each.message for each in problems), problems


def test_a_site_is_not_green_while_a_delivery_cannot_reach_its_place() -> None:
    facts: dict[str, Any] = dict.fromkeys((each.name for each in fields(Delivery)), None)
    waits = Delivery(**{**facts, "stage": "ready"})
    tried = Delivery(**{**facts, "stage": "sending", "reason": "The folder is not there."})
    site = Status("s", {}, {}, [], [waits], {}, {}, {}, [])
    assert site.is_green
    stalled = replace(site, open_deliveries=[waits, tried])
    assert stalled.stalled == [tried] and not stalled.is_green and not stalled.is_red
