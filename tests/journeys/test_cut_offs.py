"""On which day the bank will pay, asked on the command line around the bank's cut-off, wherever the site is."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import Shell

BANK = "bank: examplebank\nlike: sepa\nmeaning: Example Bank\nmessages: {iso20022/pain.001.001.09: {}}\n"
CALENDAR = """calendar: examplebank
like: target
meaning: the days of Example Bank
zone: Europe/Helsinki
currencies: [EUR]
short: {maundy_thursday: {easter: -3}}
cut_offs: {examplebank: {time: "17:30", short: "11:55"}}
"""
FLOW = """flow: payments
from: {at: "folder:inbox", match: "*.csv"}
layout: generic/payments
map: [generic/payments-to-payment]
to:
  - bank: examplebank
    map: [iso20022/payment-to-pain.001.001.09]
    write: iso20022/pain.001.001.09
    at: "folder:outbox"
    name: "payments-{arrival.id}.xml"
"""
PAYMENT = {
    "Id": "1", "Kind": "transfer", "Amount": "12,50", "Currency": "EUR", "Payer": "Nordkaffe Oy",
    "PayerAccount": "FI2112345600000785", "PayerAccountKind": "iban", "PayerBIC": "NDEAFIHH", "Payee": "Supplier GmbH",
    "PayeeAccount": "DE89370400440532013000", "PayeeAccountKind": "iban",
}  # fmt: skip
HEAD = (
    "Id;Kind;Purpose;Date;Amount;Currency;Urgency;Charges;Payer;PayerId;PayerAccount;PayerAccountKind;PayerBIC;Payee;"
    "PayeeAccount;PayeeAccountKind;PayeeBIC;PayeeClearing;PayeeStreet;PayeeBuilding;PayeePostcode;PayeeTown;PayeeCountry;"
    "PayeeAddress1;PayeeAddress2;Slip;Reference;ReferenceKind;Text;Mandate;MandateSigned;CreditorId;Sequence;MandateScheme"
)


def expected(exchange: Shell, moment: str, zone: str, **more: str) -> tuple[str, str]:
    """The day on which a payment wanted on the day of arrival is expected, and why it is another day."""
    site = exchange.folder / "site"
    files = {
        "exchange.yaml": f"site: small\ntime zone: {zone}\n",
        "flows/payments.yaml": FLOW,
        "schemas/banks/examplebank.yaml": BANK,
        "schemas/calendars/examplebank.yaml": CALENDAR,
    }
    for name, text in files.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text, encoding="utf-8")
    values = {**PAYMENT, "Date": moment[:10], **more}
    file = exchange.folder / "payments.csv"
    file.write_text(f"{HEAD}\n{';'.join(values.get(name, '') for name in HEAD.split(';'))}\n", "utf-8-sig")
    (tried,) = exchange("try", "payments", file, "--site", site, "--date", moment, "--json").json()["files"]
    (execution,) = tried["executions"]
    assert (execution["calendar"], execution["payments"], execution["amount"]) == ("examplebank", 1, "12.50")
    return execution["expected"], execution["why"]


@pytest.mark.parametrize(
    ("moment", "want"),
    [
        ("2026-11-23T17:30", "2026-11-23"),
        ("2026-11-23T17:31", "2026-11-24"),
        ("2026-11-27T17:31", "2026-11-30"),  # a Friday
        ("2026-11-28T09:00", "2026-11-30"),
        ("2026-04-02T11:55", "2026-04-02"),  # before Easter the bank closes earlier
        ("2026-04-02T11:56", "2026-04-07"),
        ("2026-12-31T17:31", "2027-01-04"),
    ],
)
def test_around_the_cut_off(exchange: Shell, moment: str, want: str) -> None:
    day, why = expected(exchange, moment, "Europe/Helsinki")
    assert day == want
    assert bool(why) == (day != moment[:10])


@pytest.mark.parametrize(
    ("zone", "moment", "want"),
    [
        ("Europe/Stockholm", "2026-11-23T16:30", "2026-11-23"),
        ("Europe/Stockholm", "2026-11-23T16:31", "2026-11-24"),
        ("UTC", "2026-03-27T15:30", "2026-03-27"),
        ("UTC", "2026-03-30T14:30", "2026-03-30"),  # since the day before, Helsinki has summer time
        ("UTC", "2026-03-30T14:31", "2026-03-31"),
        ("UTC", "2026-10-23T14:31", "2026-10-26"),
        ("UTC", "2026-10-26T15:30", "2026-10-26"),
        ("America/New_York", "2026-03-06T10:31", "2026-03-09"),
        ("America/New_York", "2026-03-09T11:30", "2026-03-09"),  # New York has summer time, Helsinki has not
        ("Asia/Tokyo", "2026-11-24T00:30", "2026-11-24"),  # still the day before at the bank
    ],
)
def test_the_cut_off_is_that_of_the_bank_s_clock(exchange: Shell, zone: str, moment: str, want: str) -> None:
    assert expected(exchange, moment, zone)[0] == want


def test_a_salary_of_a_closed_day_is_paid_before_it_where_the_file_is_in_time(exchange: Shell) -> None:
    salary = {"Purpose": "salary", "Date": "2026-04-06"}
    assert expected(exchange, "2026-04-02T11:55", "Europe/Helsinki", **salary)[0] == "2026-04-02"
    assert expected(exchange, "2026-04-02T11:56", "Europe/Helsinki", **salary)[0] == "2026-04-07"


def test_people_are_told_why(exchange: Shell) -> None:
    expected(exchange, "2026-11-23T17:31", "Europe/Helsinki")
    words = ("payments.csv", "--site", "site", "--date", "2026-11-23T17:31")
    said = " ".join(exchange("try", "payments", *words).out.split())
    assert "1 payment, 12.50 EUR, for 2026-11-23: expected on 2026-11-24." in said
    assert "What comes in at 2026-11-23 17:31 is carried out on 2026-11-24 at the earliest." in said
