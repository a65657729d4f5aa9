"""A payment that somebody made in the online bank is booked by a statement; then the ledger's export orders it as well."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.journeys.conftest import Shell
from tests.journeys.test_payments import EUR, camt053, details, entry, order, paying_site

SAMPLES = Path(__file__).parents[2] / "samples"
REFERENCE, ACCOUNT, AMOUNT = "880123", "FI4947300010416310", "12450.00"


@pytest.fixture
def site(exchange: Shell) -> Path:
    """Payments can be ordered; none has been."""
    return paying_site(exchange.folder)


def outside(
    id: str = "WEB-1",
    *,
    structured: str = REFERENCE,
    text: str = "",
    amount: str = AMOUNT,
    account: str = ACCOUNT,
) -> str:
    """A payment of the online bank."""
    told = (
        f"<Strd><CdtrRefInf><Ref>{structured}</Ref></CdtrRefInf></Strd>"
        if structured
        else f"<Ustrd>{text}</Ustrd>"
    )
    refs = f"<Refs><EndToEndId>{id}</EndToEndId></Refs>" if id else ""
    parties = f"<RltdPties><Cdtr><Pty><Nm>Tukku-Paahtimo Oy</Nm></Pty></Cdtr><CdtrAcct><Id><IBAN>{account}</IBAN></Id></CdtrAcct></RltdPties>"
    made = f"<NtryDtls><TxDtls>{refs}{parties}<RmtInf>{told}</RmtInf></TxDtls></NtryDtls>"
    return entry(amount, "EUR", made)


def ordered(exchange: Shell, site: Path, code: int) -> list[dict[str, str]]:
    order(site)
    exchange("run", "--once", "--site", site, code=code)
    held = exchange("status", "--site", site, "--json", code=None).json()["held"]
    return [each for each in held if each["name"] == "approved.csv"]


def errors(exchange: Shell, site: Path, arrival: str) -> list[dict[str, str]]:
    found = exchange("findings", arrival, "--site", site, "--json").json()
    return [each for each in found if each["severity"] == "error"]


@pytest.mark.parametrize(
    "booked",
    [outside(), outside(""), outside(structured="0000880123"), outside("", structured="", text="880123")],
    ids=["by reference", "without an id", "with leading zeros", "by text"],
)
def test_what_was_booked_and_not_sent_from_here_is_not_paid_again(
    exchange: Shell, site: Path, booked: str
) -> None:
    camt053(site, EUR, "EUR", booked)
    exchange("run", "--once", "--site", site)
    [held] = ordered(exchange, site, 3)
    assert held["hold"] == "paid"
    [told] = errors(exchange, site, held["id"])
    assert (told["code"], told["value"]) == ("PAID002", "70001")
    assert "12450.00 EUR to Tukku-Paahtimo Oy, account FI4947300010416310, for 880123" in told["message"]
    assert "Booked: bank reference B1, on 2026-11-30, " in told["message"]
    assert "s.xml, arrival" in told["message"]
    assert list((site / "outbox/bank").glob("*.xml")) == []
    exchange("release", held["id"], "--because", "a second delivery", "--site", site)
    exchange("run", "--once", "--site", site)
    assert len(list((site / "outbox/bank").glob("*.xml"))) == 1
    events = exchange("show", held["id"], "--site", site, "--json").json()["events"]
    [written] = [event for event in events if event["what"] == "arrival written"]
    assert written["data"]["pairs"] == [["P1", "B1 of s.xml"]]


@pytest.mark.parametrize(
    "booked",
    [outside(amount="12450.01"), outside(account="FI3715903000000776"), outside(structured="880124")],
    ids=["another amount", "another account", "another reference"],
)
def test_what_was_booked_for_something_else_holds_nothing(exchange: Shell, site: Path, booked: str) -> None:
    camt053(site, EUR, "EUR", booked)
    exchange("run", "--once", "--site", site)
    assert ordered(exchange, site, 0) == []


def test_what_came_back_has_not_paid(exchange: Shell, site: Path) -> None:
    camt053(site, EUR, "EUR", outside())
    exchange("run", "--once", "--site", site)
    camt053(site, EUR, "EUR", entry(AMOUNT, "EUR", details("WEB-1", "AC04"), "CRDT", 2), name="back.xml")
    exchange("run", "--once", "--site", site)
    assert ordered(exchange, site, 0) == []


def test_a_ledger_from_before_the_keys_changed_knows_what_was_paid(exchange: Shell, site: Path) -> None:
    camt053(site, EUR, "EUR", outside())
    exchange("run", "--once", "--site", site)
    ledger_of_version(site, "0011")
    [held] = ordered(exchange, site, 3)
    assert [each["code"] for each in errors(exchange, site, held["id"])] == ["PAID002"]
    exchange("release", held["id"], "--because", "a second delivery", "--site", site)
    exchange("run", "--once", "--site", site)
    ledger_of_version(site, "0011")
    again(site)
    exchange("run", "--once", "--site", site, code=3)
    [held] = exchange("status", "--site", site, "--json", code=3).json()["held"]
    assert {each["code"] for each in errors(exchange, site, held["id"])} == {"PAID001"}


def ledger_of_version(site: Path, version: str) -> None:
    """The next command brings it up to date, as after a new version of the program was installed."""
    with closing(sqlite3.connect(site / "var" / "ledger.db")) as ledger, ledger:
        ledger.execute("UPDATE alembic_version SET version_num = ?", (version,))


def again(site: Path) -> None:
    """The first payment of the sample is ordered once more, under another id."""
    lines = (
        (SAMPLES / "nordkaffe/supplier-payments/01-approved.in.csv").read_bytes().splitlines(keepends=True)
    )
    target = site / "inbox/supplier-payments/again.csv"
    target.write_bytes(lines[0] + lines[1].replace(b"70001;", b"79001;"))


def test_what_was_sent_from_here_and_booked_is_told_once(exchange: Shell, site: Path) -> None:
    order(site)
    exchange("run", "--once", "--site", site)
    camt053(site, EUR, "EUR", outside("NK70001"))
    exchange("run", "--once", "--site", site)
    assert exchange("payments", "P1", "--site", site, "--json").json()["payment"]["stage"] == "booked"
    again(site)
    exchange("run", "--once", "--site", site, code=3)
    [held] = exchange("status", "--site", site, "--json", code=3).json()["held"]
    assert [each["code"] for each in errors(exchange, site, held["id"])] == ["PAID001"]
