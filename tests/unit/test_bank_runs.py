"""Payment runs at random, through every profile: what a bank is sent is right by XSDs and rules, and reads back the same.

EXCHANGE_RUNS=2000 makes so many runs for each profile; by default a few, always the same ones.
"""

from __future__ import annotations

import io
import os
import tempfile
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from iso20022_orders import broken_rules, faults
from iso20022_support import FACTS, OTHER, OWN, documents, library
from lxml import etree
from payment_runs import orders, words

from exchange.findings import Finding
from exchange.flow.content import run_chain
from exchange.mapping.tally import Tally
from exchange.model import ArrivalFacts, Record

RUNS = int(os.environ.get("EXCHANGE_RUNS", "8"))
SEEDED = settings(
    max_examples=RUNS,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
)
BANKS = library().catalogue.names("bank")
DAYS = [date(2026, 1, 2), date(2026, 11, 13), date(2026, 11, 14), date(2026, 11, 15), date(2027, 3, 1)]


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
        for name in ("end_to_end_id", "instruction_id"):
            each[name] = each[name] and f"{position}{each[name]}"
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


def facts_of(payment: Record) -> tuple[Any, ...]:
    """What a payment must still say when it is read back, in a form of its own."""
    known = payment["end_to_end_id"] or payment["instruction_id"] or payment["id"]
    debtor, creditor = (
        (payment[side]["account"] or "").translate(str.maketrans("", "", "-. "))[-6:]
        for side in ("debtor", "creditor")
    )
    if payment["currency"] == "DKK":
        creditor = ""  # it may stand in the code line of a slip alone
    category = payment["category_code"] or payment["category_text"]
    purpose = None if payment["purpose"] in ("supplier", "other") else payment["purpose"]
    other = "creditor" if payment["kind"] == "transfer" else "debtor"
    parties = (payment[name] or {} for name in (other, "ultimate_debtor", "ultimate_creditor"))
    who = [(each.get("id"), each.get("id") and (each.get("person") or False)) for each in parties]
    told = [purpose, category, payment["purpose_code"], debtor, creditor, *who]
    return known, payment["amount"], payment["currency"], payment["execution_date"], str(told)


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
        assert sorted(map(facts_of, made)) == sorted(map(facts_of, payments))
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
    "ultimate_creditor__id", "creditor__id", "creditor__id_scheme", "category_code", "intermediary__bic", "creditor__clearing_system", "mandate__id",
    "mandate__creditor_id",
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
