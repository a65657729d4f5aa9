"""Payment runs at random, through every profile: what a bank is sent is right by XSDs and rules, and reads back the same.

EXCHANGE_RUNS=2000 makes so many runs for each profile; by default a few, always the same ones.
"""

from __future__ import annotations

import io
import os
import tempfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from iso20022_orders import (
    CREDITOR_ID,
    DANISH_IBAN,
    NORWEGIAN_IBAN,
    SWEDISH_IBAN,
    broken_rules,
    faults,
    payment,
)
from iso20022_support import FACTS, OTHER, OWN, documents, library
from lxml import etree

from exchange import checks
from exchange.findings import Finding
from exchange.flow.content import run_chain
from exchange.mapping.tally import Tally
from exchange.model import ArrivalFacts, Record

RUNS = int(os.environ.get("EXCHANGE_RUNS", "8"))
SEEDED = settings(
    max_examples=RUNS,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
)
BANKS = library().catalogue.names("bank")
DAYS = [date(2026, 1, 2), date(2026, 11, 13), date(2026, 11, 14), date(2026, 11, 15), date(2027, 3, 1)]


def completed(check: str, bodies: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Values with right check digits."""
    complete = checks.get(check).complete
    assert complete is not None
    return bodies.map(complete)


def number(least: int, most: int) -> st.SearchStrategy[str]:
    """Digits that do not begin with 0."""
    return st.integers(10 ** (least - 1), 10**most - 1).map(str)


words = st.text(st.characters(exclude_categories=["Cs"], max_codepoint=0x2FFF), min_size=1, max_size=40)
names = st.one_of(
    st.sampled_from(
        ["Åke & Söner AB", "Müller GmbH", "L'Œuvre ŁÓDŹ", "Payee", "//a/b//", "n" * 140, "Æble & Ørsted"]
    ),
    words.map(lambda text: f"A {text}"),
)
euros = st.sampled_from([OWN, OTHER, "EE382200221020145685", SWEDISH_IBAN])
amounts = st.integers(1, 10**11).map(lambda cents: Decimal(cents).scaleb(-2))
addresses = st.one_of(
    st.just({}),
    st.fixed_dictionaries(
        {
            "creditor__address__town": st.sampled_from(["Umeå", "Łódź", "Hamburg"]),
            "creditor__address__country": st.sampled_from(["SE", "PL", "DE"]),
        },
        optional={
            "creditor__address__street": names.map(lambda text: text[:40]),
            "creditor__address__building": st.sampled_from(["7", "12 B"]),
            "creditor__address__postcode": st.just("90326"),
            "creditor__address__lines": st.lists(names.map(lambda text: text[:70]), max_size=3),
        },
    ),
)
PURPOSES = st.sampled_from([None, "supplier", "salary", "pension", "tax", "treasury", "other"])
OF_ALL: dict[str, st.SearchStrategy[Any]] = {
    "amount": amounts, "creditor__name": names, "debtor__name": names, "purpose": PURPOSES,
    "execution_date": st.integers(0, 30), "end_to_end_id": st.one_of(st.none(), number(1, 35)),
    "debtor__id": st.one_of(st.none(), number(1, 20)), "ultimate_debtor__name": st.one_of(st.none(), names),
}  # fmt: skip
REFERENCED = st.one_of(
    st.fixed_dictionaries({"reference": completed("rf", number(3, 20)), "reference_scheme": st.sampled_from([None, "rf"])}),
    st.fixed_dictionaries({"reference": completed("fi-viite", number(3, 19)), "reference_scheme": st.just("fi-viite")}),
    st.fixed_dictionaries({"text": words}),
    st.just({}),
)  # fmt: skip
OCR = st.one_of(
    st.fixed_dictionaries({"reference": completed("se-ocr", number(3, 20)), "reference_scheme": st.just("se-ocr")}),
    st.fixed_dictionaries({"text": words.map(lambda text: text[:8])}),
    st.just({"invoices": [{"number": "17", "kind": "invoice", "date": None, "amount": Decimal(5)}]}),
)  # fmt: skip
KID = st.fixed_dictionaries(
    {"reference": completed("no-kid", number(3, 20)), "reference_scheme": st.just("no-kid")}
)
SLIPS = st.one_of(
    st.fixed_dictionaries({"reference": completed("dk-fik", number(1, 14).map("+71<{}+88888888<".format))}),
    st.fixed_dictionaries({"reference": st.just("+73<+88888888<"), "text": words}),
    st.fixed_dictionaries({"reference": completed("dk-fik", number(1, 15).map("+75<{}+88888888<".format)), "text": words}),
)  # fmt: skip
SWEDEN = {"currency": "SEK", "debtor__account": SWEDISH_IBAN, "debtor__bic": "ESSESESS"}
BY_SCHEME: dict[str, tuple[dict[str, Any], dict[str, st.SearchStrategy[Any]], st.SearchStrategy[Any]]] = {
    "sepa": ({}, {"creditor__account": euros}, REFERENCED),
    "sepa-instant": ({"urgency": "instant"}, {"creditor__account": euros}, REFERENCED),
    "urgent": ({"urgency": "urgent", "charges": "shared"}, {"creditor__account": euros}, REFERENCED),
    "international": (
        {"currency": "USD", "creditor__bic": "BOFAUS6H", "creditor__account_scheme": "bban"},
        {"creditor__account": number(5, 20), "charges": st.sampled_from(["shared", "debtor", "creditor"])},
        REFERENCED,
    ),
    "se-bankgiro": (
        {**SWEDEN, "creditor__account_scheme": "bankgiro", "charges": "shared"},
        {"creditor__account": completed("se-bankgiro", st.integers(100000, 9999999 // 10).map(str))},
        OCR,
    ),
    "se-plusgiro": (
        {**SWEDEN, "creditor__account_scheme": "plusgiro"},
        {"creditor__account": completed("se-plusgiro", st.integers(100, 9999999).map(str))},
        OCR,
    ),
    "se-account": (
        {**SWEDEN, "creditor__account_scheme": "bban"}, {"creditor__account": number(7, 7).map("9159{}".format)}, OCR
    ),
    "no-account": (
        {"currency": "NOK", "debtor__account": NORWEGIAN_IBAN, "creditor__account_scheme": "bban"},
        {"creditor__account": st.just("86011117947")},
        KID,
    ),
    "dk-account": (
        {"currency": "DKK", "debtor__account": DANISH_IBAN, "creditor__account": DANISH_IBAN}, {}, st.just({})
    ),
    "dk-slip": ({"currency": "DKK", "debtor__account": DANISH_IBAN, "creditor__account": None}, {}, SLIPS),
    "direct-debit": (
        {"kind": "direct-debit", "creditor__account": OWN, "mandate__signed": date(2020, 2, 29),
         "mandate__creditor_id": CREDITOR_ID},
        {"debtor__account": euros, "mandate__id": number(1, 35), "mandate__sequence": st.sampled_from(["FRST", "RCUR", "OOFF"]),
         "mandate__scheme": st.sampled_from(["CORE", "B2B"]), "mandate__original__id": st.one_of(st.none(), number(1, 35))},
        st.one_of(st.fixed_dictionaries({"text": words}), st.just({})),
    ),
}  # fmt: skip


@st.composite
def orders(draw: st.DrawFn, bank: str, scheme: str, day: date) -> Record:
    """A payment of a scheme that the bank must take."""
    fixed, drawn, told = BY_SCHEME[scheme]
    values = {
        **fixed,
        **{name: draw(strategy) for name, strategy in {**OF_ALL, **drawn}.items()},
        **draw(told),
    }
    values |= draw(addresses) if scheme != "direct-debit" else {}
    values["execution_date"] = day + timedelta(days=values["execution_date"])
    if bank == "swedbank" and scheme == "se-bankgiro":
        values |= {"debtor__account": "5050-1055", "debtor__account_scheme": "bankgiro"}
    return payment(**values)


@st.composite
def runs(draw: st.DrawFn, bank: str) -> tuple[str, date, list[Record]]:
    """The message, the day and the payments of a run."""
    declared = library().bank(bank)
    assert declared is not None
    day = draw(st.sampled_from(DAYS))
    schemes = [str(name) for name in declared.payments]
    debits = draw(st.booleans()) and "direct-debit" in schemes
    wanted = ["direct-debit"] if debits else [name for name in schemes if name != "direct-debit"]
    message = draw(
        st.sampled_from(
            ["pain.008.001.02", "pain.008.001.08"] if debits else ["pain.001.001.03", "pain.001.001.09"]
        )
    )
    made = [draw(orders(bank, draw(st.sampled_from(wanted)), day)) for _ in range(draw(st.integers(1, 4)))]
    for position, each in enumerate(made):
        if not debits:
            each["debtor"] |= {name: made[0]["debtor"][name] for name in ("name", "id")}
        each["id"] = f"P{position}"
        each["end_to_end_id"] = each["end_to_end_id"] and f"{position}{each['end_to_end_id']}"[:35]
    return message, day, made


def through(bank: str, message: str, day: date, payments: list[Record]) -> tuple[bytes, list[Finding]]:
    """The file that the bank is sent, and what was found."""
    profile = library().profile(bank, f"iso20022/{message}")
    step, writer = (
        library().mapping(f"iso20022/payment-to-{message}"),
        library().writer(f"iso20022/{message}"),
    )
    assert profile is not None and step is not None and writer is not None, library().problems
    facts = ArrivalFacts(
        FACTS.id, FACTS.flow, FACTS.name, FACTS.sha256, datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    )
    found: list[Finding] = []
    batches = run_chain(iter([payments]), [[profile], [step]], facts, found.append, lambda _: Tally())
    out = io.BytesIO()
    writer.write(batches, out, tempfile.TemporaryFile, found.append)
    return out.getvalue(), found


@pytest.mark.parametrize("bank", BANKS)
def test_every_run_is_right_and_reads_back_the_same(bank: str) -> None:
    @SEEDED
    @given(runs(bank))
    def check(run: tuple[str, date, list[Record]]) -> None:
        message, day, payments = run
        data, found = through(bank, message, day, payments)
        assert [each for each in found if each.severity == "error"] == []
        root = etree.fromstring(data)
        assert [*faults(root, message), *broken_rules(root)] == []
        made, found = documents(data, f"iso20022/{message[:8]}")
        assert [each for each in found if each.severity == "error"] == []
        assert sorted(each["amount"] for each in made) == sorted(each["amount"] for each in payments)
        again, found = through(bank, message, day, made)
        assert [each for each in found if each.severity == "error"] == []
        assert documents(again, f"iso20022/{message[:8]}")[0] == made

    check()


anything = st.one_of(
    st.none(),
    words,
    st.sampled_from(["", "SE", "5050-1055", OWN, OTHER, "+71<1+88888888<", "880123", "x" * 200]),
)
PATHS = (
    "end_to_end_id", "creditor__account", "creditor__bic", "creditor__clearing", "debtor__account", "debtor__bic", "reference",
    "creditor__address__town", "creditor__address__country", "creditor__address__postcode", "debtor__id", "purpose_code",
    "ultimate_creditor__id", "intermediary__bic", "creditor__clearing_system", "mandate__id", "mandate__creditor_id",
)  # fmt: skip


@pytest.mark.parametrize("bank", BANKS)
def test_whatever_is_wrong_is_refused_or_sent_right(bank: str) -> None:
    """One field of a payment is anything at all: there is an error, or the file is right all the same."""

    @SEEDED
    @given(runs(bank), st.sampled_from(PATHS), anything)
    def check(run: tuple[str, date, list[Record]], path: str, value: str | None) -> None:
        message, day, payments = run
        into, steps = payments[0], path.split("__")
        for step in steps[:-1]:
            into = into[step]
        into[steps[-1]] = value or None
        data, found = through(bank, message, day, payments)
        if not any(each.severity == "error" for each in found):
            root = etree.fromstring(data)
            assert [*faults(root, message), *broken_rules(root)] == []

    check()
