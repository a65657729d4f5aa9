"""Profiles of banks: every one is sound, refuses what its bank would, by the rules of the day, and says why."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from iso20022_orders import PAIN001, ROOT, danish, debit, payment, swedish
from iso20022_support import FACTS, codes, library

from exchange.declare.catalogue import Catalogue
from exchange.declare.problems import DeclarationError, Problem
from exchange.findings import Finding
from exchange.flow.banks import first_days
from exchange.flow.content import run_chain
from exchange.flow.library import Library
from exchange.flow.site import check_site, open_site
from exchange.mapping.tally import Tally
from exchange.model import ArrivalFacts, Record

BANKS = library().catalogue.names("bank")
WRITTEN = "iso20022/pain.001.001.09"
ADDRESS = {"creditor__address__town": "Umeå", "creditor__address__country": "SE"}


def on(day: date) -> ArrivalFacts:
    """The facts of an arrival of that day."""
    moment = datetime(day.year, day.month, day.day, 9, 30, tzinfo=UTC)
    return ArrivalFacts(FACTS.id, FACTS.flow, FACTS.name, FACTS.sha256, moment)


def looked_at(
    bank: str, *payments: Record, day: date = FACTS.date, of: Library | None = None, written: str = WRITTEN
) -> tuple[list[Record], list[Finding]]:
    """The payments that a bank takes, and what its profile found."""
    found: list[Finding] = []
    profile = (of or library()).profile(bank, written)
    assert profile is not None, (of or library()).problems
    made = run_chain(iter([list(payments)]), [[profile]], on(day), found.append, lambda _: Tally())
    return [each for batch in made for each in batch], found


def refused(bank: str, *payments: Record, **options: Any) -> list[str]:
    """The codes of a profile's errors and warnings."""
    return codes(looked_at(bank, *payments, **options)[1])


# --- the profiles of the package -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BANKS)
def test_every_profile_is_sound_and_takes_a_sepa_payment(name: str) -> None:
    bank = library().bank(name)
    assert bank is not None, library().problems
    assert bank.source and bank.confidence and set(bank.messages) <= set(library().catalogue.names("layout"))
    (made,), found = looked_at(name, payment(**ADDRESS))
    assert found == [] and made["scheme"] == "sepa" and made["bank"]["characters"] == "sepa"
    assert made == {**payment(**ADDRESS), "scheme": "sepa", "bank": made["bank"]}


def test_every_scheme_is_told() -> None:
    given = [
        (payment(), "sepa"), (payment(urgency="instant"), "sepa-instant"), (payment(urgency="urgent"), "urgent"),
        (swedish(**ADDRESS), "se-bankgiro"), (danish(), "dk-slip"), (debit(), "direct-debit"),
        (swedish(creditor__account="41234-6", creditor__account_scheme="plusgiro"), "se-plusgiro"),
        (swedish(creditor__account="SE4550000000058398257466", creditor__account_scheme=None), "se-account"),
        (swedish(currency="NOK", debtor__account="NO9386011117947", creditor__account="86011117947",
                 creditor__account_scheme="bban"), "no-account"),
        (danish(reference=None, creditor__account="00400440116243"), "dk-account"),
        (payment(currency="USD", creditor__bic="BOFAUS6H"), "international"),
        (payment(creditor__account="US12345", creditor__bic="BOFAUS6H"), "international"),
    ]  # fmt: skip
    made, found = looked_at("nordic", *(each for each, _ in given))
    assert [each for each in found if each.severity == "error"] == []
    assert [each["scheme"] for each in made] == [want for _, want in given]
    assert looked_at("nordic", payment(scheme="urgent"))[0][0]["scheme"] == "urgent"


@pytest.mark.parametrize(
    ("bank", "order", "want"),
    [
        ("op", swedish(), "BANK01"),
        ("sepa", payment(currency="USD", scheme="sepa"), "BANK02"),
        ("nordic", swedish(urgency="instant"), "BANK03"),
        ("sepa", payment(charges="debtor"), "BANK05"),
        ("nordic", swedish(reference="2345676", reference_scheme="no-kid"), "BANK06"),
        ("sepa", debit(mandate__id=None), "BANK07"),
        ("sepa", payment(text="x" * 141), "BANK09"),
        ("nordic", swedish(text="x" * 26), "BANK09"),
        ("sepa", payment(currency="USD"), "BANK13"),
        ("sepa", payment(creditor__account="DE89370400440532013001", creditor__bic="COBADEFF"), "BANK21"),
        ("sepa", payment(currency="USD", creditor__bic="BOFAUS6H", creditor__address__street="1 Main St"), "BANK14"),
        ("sepa", payment(creditor__address__lines=["Kaffeestraße 7"]), "BANK15"),
        ("nordea", swedish(creditor__address__street="Storgatan 1"), "BANK17"),
        ("swedbank", swedish(**ADDRESS), "BANK18"),
        ("swedbank", swedish(debtor__account="5050-1055", debtor__account_scheme="bankgiro"), "BANK19"),
    ],
)  # fmt: skip
def test_what_is_refused_before_the_bank_does(bank: str, order: Record, want: str) -> None:
    made, found = looked_at(bank, order)
    assert codes(found) == [want]
    assert all(each.message.count(".") and each.advice and each.field for each in found)
    assert (made == []) == (found[0].severity == "error")


def test_an_address_in_lines_is_refused_from_the_day_on() -> None:
    dollars = payment(currency="USD", creditor__bic="BOFAUS6H", creditor__address__lines=["1 Main St"])
    assert refused("sepa", dollars, day=date(2026, 11, 13)) == []
    assert refused("sepa", dollars, day=date(2026, 11, 14)) == ["BANK14"]


def test_a_version_that_the_bank_does_not_take_yet() -> None:
    assert refused("nordea", payment(), day=date(2025, 9, 30)) == ["BANK21"]
    assert refused("nordea", payment(), day=date(2025, 10, 1)) == []


def test_what_the_bank_knows_goes_to_its_format() -> None:
    (made,), _ = looked_at(
        "nordea", swedish(creditor__account="SE4550000000058398257466", creditor__account_scheme=None)
    )
    assert (made["bank"]["profile"], made["bank"]["characters"], made["bank"]["id_scheme"]) == (
        "nordea",
        "latin-1",
        "BANK",
    )


# --- a profile of a site -------------------------------------------------------------------------------------------------

OWN = """\
bank: ours
like: nordic
meaning: Our Bank
valid from: 2026-01-01
valid to: 2026-12-31
payments per file: 2
id scheme: CUST
payments:
  sepa: {name: 10, text: 20, batch booking: true, purposes: [supplier, salary], address: structured, never: [creditor.id]}
  urgent:
rules:
  small:
    valid to: 2026-06-30
    that: =amount < 100
    code: OURS1
    say: Our bank pays small amounts only.
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The demo site, whose payments go to a bank with a profile of the site's own."""
    folder = tmp_path / "site"
    shutil.copytree(ROOT / "samples" / "nordkaffe" / "site", folder)
    (folder / "schemas" / "banks").mkdir(parents=True)
    (folder / "schemas" / "banks" / "ours.yaml").write_text(OWN)
    flow = folder / "flows" / "supplier-payments.yaml"
    flow.write_text(flow.read_text().replace("write: iso20022", "bank: ours, write: iso20022"))
    return folder


def of_site(site: Path) -> Library:
    return Library(Catalogue.of(site))


def test_a_site_has_a_profile_of_its_own(site: Path) -> None:
    ours = of_site(site)
    assert refused("ours", payment(amount=Decimal(100)), day=date(2026, 6, 30), of=ours) == ["OURS1"]
    assert refused("ours", payment(amount=Decimal(100)), day=date(2026, 7, 1), of=ours) == []
    assert refused("ours", payment(), day=date(2025, 12, 31), of=ours) == ["BANK20"]
    assert refused("ours", payment(), day=date(2027, 1, 1), of=ours) == ["BANK20"]
    assert refused("ours", payment(urgency="urgent"), of=ours) == ["BANK01"]
    assert refused("ours", payment(purpose="tax"), of=ours) == ["BANK04"]
    assert refused("ours", payment(creditor__id="1"), of=ours) == ["BANK08"]
    assert refused("ours", payment(creditor__address__lines=["c/o Meyer"], **ADDRESS), of=ours) == ["BANK10"]
    assert refused("ours", *(payment(id=str(number)) for number in range(3)), of=ours) == ["BANK22"]
    bank = ours.bank("ours")
    assert bank is not None and first_days(bank)[:2] == [date(2026, 1, 1), date(2026, 7, 1)]
    (made,), _ = looked_at("ours", payment(), of=ours)
    assert made["bank"] == {
        "profile": "ours", "characters": "sepa", "id_scheme": "CUST", "name_length": 10, "batch_booking": True,
    }  # fmt: skip


def test_a_flow_sends_through_the_profile(site: Path, tmp_path: Path) -> None:
    sample = ROOT / "samples" / "nordkaffe" / "supplier-payments" / "01-approved.in.csv"
    outcome = open_site(site).flows["supplier-payments"].process(sample, FACTS, tmp_path)
    found = outcome.findings.kept
    assert {each.code for each in found if each.severity == "error"} == {"BANK22", "BANK09"}
    assert any(each.message.startswith("Our Bank takes 2 payments in one file at most") for each in found)
    assert any("Our Bank takes texts of 20 characters at most" in each.message for each in found)
    assert any(each.code == "PAY118" for each in found)
    assert all(each.code != "BANK09" or each.line for each in found)


def test_a_changed_profile_is_another_version_of_the_flow(site: Path) -> None:
    before = open_site(site).flows["supplier-payments"].version_hash
    (site / "schemas" / "banks" / "ours.yaml").write_text(
        OWN.replace("payments per file: 2", "payments per file: 3")
    )
    assert open_site(site).flows["supplier-payments"].version_hash != before


def problems(site: Path) -> list[Problem]:
    return check_site(site)[1]


@pytest.mark.parametrize(
    ("old", "new", "said", "place"),
    [
        ("like: nordic", "like: nordig", 'There is no bank "nordig".', (2, 7)),
        ("sepa: {name", "sepaa: {name", '"sepaa" is not a scheme that payments go by.', (9, 3)),
        ("valid to: 2026-12-31", "valid to: 2025-12-31", "before the first day", (1, 1)),
        ("valid to: 2026-06-30", "valid to: 30.6.2026", '"30.6.2026" is not a day.', (13, 15)),
        ("[creditor.id]", "[creditor.idd]", '"idd" is not a field of creditor.', (9, 110)),
        ("=amount < 100", "=amout < 100", '"amout" is not a name that is known here.', (14, 12)),
        ("id scheme: CUST", "id schema: CUST", '"id schema" is not a key that is known here.', (7, 1)),
    ],
)  # fmt: skip
def test_a_wrong_profile_is_told_with_its_place(
    site: Path, old: str, new: str, said: str, place: tuple[int, int]
) -> None:
    path = site / "schemas" / "banks" / "ours.yaml"
    path.write_text(OWN.replace(old, new))
    first = problems(site)[0]
    assert said in first.message and first.file == "schemas/banks/ours.yaml"
    assert (first.line, first.column) == place
    with pytest.raises(DeclarationError):
        open_site(site)


def test_a_flow_that_does_not_fit_its_bank(site: Path) -> None:
    flow, profile = site / "flows" / "supplier-payments.yaml", site / "schemas" / "banks" / "ours.yaml"
    declared = flow.read_text()
    flow.write_text(declared.replace("bank: ours", "bank: hours"))
    (unknown,) = problems(site)
    assert (unknown.message, unknown.line) == ('There is no bank "hours".', 6)
    mapping = "iso20022/payment-to-pain.001.001.09"
    early = declared.replace(f"map: [{mapping}], ", "").replace("-to-payment]", f"-to-payment, {mapping}]")
    flow.write_text(early)
    (late,) = problems(site)
    assert "No common/payment passes here" in late.message and late.line == 6
    flow.write_text(declared)
    profile.write_text(OWN + "messages: {iso20022/pain.001.001.09: }\n")
    (other,) = problems(site)
    assert other.message == "Our Bank does not take iso20022/pain.001.001.09."
    assert "iso20022/pain.001.001.03" in other.advice and other.line == 6


def test_files_of_single_payments_would_have_the_same_ids(site: Path) -> None:
    """Every pain.001 would carry the id of the arrival, and the bank would take the second for a duplicate."""
    flow = site / "flows" / "supplier-payments.yaml"
    declared = flow.read_text().replace(
        "pain001-{arrival.date}-{arrival.id}.xml", "pain001-{arrival.id}-{n}.xml"
    )
    flow.write_text(declared.replace("bank: ours,", "bank: ours, per: document,"))
    found = problems(site)
    assert [each.line for each in found] == [6, 6] and "`arrival.id`" in found[0].message
    assert {"its message" in each.message for each in found} == {True, False} and "per: file" in found[
        0
    ].advice


def test_both_versions_are_taken_by_every_bank() -> None:
    for name in BANKS:
        bank = library().bank(name)
        assert bank is not None and {f"iso20022/{message}" for message in PAIN001} <= set(bank.messages)
