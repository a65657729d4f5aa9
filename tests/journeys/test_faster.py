"""Two flows that match against the same list, and a person beside them: of two who want the same item, one gets it.

The flows run in threads of their own, as in a running engine; a gate lets neither enter what it decided before both have
decided.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from exchange.errors import UseError
from exchange.ledger import match_acts
from exchange.ledger.connect import database_url
from exchange.model import ArrivalFacts
from exchange.operations import reconciling
from exchange.operations.installation import Installation, installation
from exchange.outcome import Outcome
from exchange.pipeline import Pipeline
from tests.journeys.conftest import Shell
from tests.journeys.test_reconcile import STATEMENTS, drop, entries, listed, run, site, statement
from tests.ledger.conftest import POSTGRESQL

__all__ = ["site"]
MORE = STATEMENTS.replace("bank-statements", "more-statements")
REFERENCE = "4001047"
PAID = {"amount": "256.00", "reference": REFERENCE, "name": "Ravintola Meri-Helmi"}


@pytest.fixture(params=["sqlite", "postgresql"])
def two(request: pytest.FixtureRequest, exchange: Shell, site: Path) -> Path:
    """A site with two flows of statements and one list, on every database that is there."""
    (site / "flows/more-statements.yaml").write_text(MORE, encoding="utf-8")
    (site / "inbox/more-statements").mkdir(parents=True)
    if request.param == "postgresql":
        if not POSTGRESQL:
            pytest.skip("EXCHANGE_TEST_POSTGRESQL names no database")
        engine = create_engine(database_url(POSTGRESQL, site))
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        engine.dispose()
        with (site / "exchange.yaml").open("a", encoding="utf-8") as out:
            out.write(f"ledger: {POSTGRESQL}\n")
    run(exchange, site)
    return site


@dataclass
class Gated:
    """A flow that goes through a gate once it has first decided. read: how often each of its files was read."""

    flow: Any
    gate: Callable[[], object]
    read: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.flow, name)

    def process(self, path: Path, facts: ArrivalFacts, work: Path) -> Outcome:
        outcome: Outcome = self.flow.process(path, facts, work)
        self.read.append(facts.name)
        if len(self.read) == 1:
            self.gate()
        return outcome


@contextmanager
def at_the_same_moment(folder: Path, *names: str) -> Iterator[tuple[Installation, list[Gated]]]:
    """Flows that have both decided before either enters what it decided."""
    barrier = threading.Barrier(len(names))
    with installation(folder) as opened:
        flows = [Gated(opened.site.flows[name], lambda: barrier.wait(timeout=60)) for name in names]
        with ThreadPoolExecutor(len(names)) as threads:
            for done in [threads.submit(worked, opened, flow) for flow in flows]:
                done.result(timeout=120)
        yield opened, flows


def by_decision(cases: list[dict[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for case in cases:
        found.setdefault(case["decision"], []).append(case["flow"])
    return found


@pytest.mark.parametrize(
    "paid", [PAID, {"amount": "256.00", "name": "Ravintola Meri-Helmi", "text": "lasku 400104"}]
)
def test_two_flows_want_the_same_item(exchange: Shell, two: Path, paid: dict[str, str]) -> None:
    for number, flow in enumerate(("bank-statements", "more-statements"), 1):
        drop(two, flow, f"{flow}.xml", statement(number, entries(paid, start=number))[0])
    with at_the_same_moment(two, "bank-statements", "more-statements") as (_, flows):
        read = sorted(len(flow.read) for flow in flows)
    assert read == [1, 2], "the slower one is read once more, and no more often"
    found = by_decision(listed(exchange, two, "--all"))
    assert {name: len(flows) for name, flows in found.items()} == {"matched": 1, "unmatched": 1}
    paid_files = [path.read_text("utf-8") for path in (two / "outbox/sales-ledger").glob("paid-*.csv")]
    assert sum("400104" in each for each in paid_files) == 1
    again = next(flow for flow in flows if len(flow.read) == 2)
    assert found["unmatched"] == [again.name]
    case = next(each for each in listed(exchange, two, "--all") if each["flow"] == again.name)
    told = exchange("show", case["id"].rpartition("-")[0], "--json", "--site", two).out
    assert "Open item 400104 was paid by another decision while this file was being read." in told
    exchange("verify", "--site", two)


def test_two_flows_that_want_different_items_do_not_wait_for_each_other(exchange: Shell, two: Path) -> None:
    other = {"amount": "77.40", "reference": "4001092"}
    for number, (flow, paid) in enumerate((("bank-statements", PAID), ("more-statements", other)), 1):
        drop(two, flow, f"{flow}.xml", statement(number, entries(paid, start=number))[0])
    with at_the_same_moment(two, "bank-statements", "more-statements") as (_, flows):
        assert [len(flow.read) for flow in flows] == [1, 1]
    found = by_decision(listed(exchange, two, "--all"))
    assert sorted(found["matched"]) == ["bank-statements", "more-statements"] and len(found) == 1


def test_two_flows_take_the_same_statement(exchange: Shell, two: Path) -> None:
    unknown = {"amount": "12.00", "text": "no idea"}
    for flow in ("bank-statements", "more-statements"):
        drop(
            two,
            flow,
            f"{flow}.xml",
            statement(7, entries(unknown))[0] + ("" if flow < "c" else "<!-- again -->"),
        )
    with at_the_same_moment(two, "bank-statements", "more-statements") as (opened, _):
        mine = text("SELECT stage FROM arrivals WHERE flow <> 'open-receivables'")
        with opened.ledger.read() as connection:
            stages = sorted(connection.scalars(mine))
    assert stages == ["done", "held"]
    assert "was taken before, with arrival" in exchange("status", "--site", two, code=None).out


@pytest.fixture
def open_case(exchange: Shell, two: Path) -> str:
    """A movement that only a person can place, and beside it one with a reference that waits in the other flow."""
    drop(
        two, "bank-statements", "first.xml", statement(1, entries({"amount": "256.00", "text": "thanks"}))[0]
    )
    run(exchange, two)
    drop(two, "more-statements", "second.xml", statement(2, entries(PAID, start=2))[0])
    [case] = listed(exchange, two)
    return str(case["id"])


def worked(opened: Installation, flow: Any) -> None:
    with Pipeline(opened.ledger, opened.store, flow, hands=1) as pipeline:
        while pipeline.round().moved:
            pass


def test_a_person_is_faster_than_a_flow(exchange: Shell, two: Path, open_case: str) -> None:
    with installation(two) as opened:
        flow = Gated(
            opened.site.flows["more-statements"],
            lambda: exchange("reconcile", "match", open_case, "400104", "--because", "asked", "--site", two),
        )
        worked(opened, flow)
    assert len(flow.read) == 2
    decided = {each["id"]: each["decision"] for each in listed(exchange, two, "--all")}
    assert decided[open_case] == "matched" and sorted(decided.values()) == ["matched", "unmatched"]


def test_a_flow_is_faster_than_a_person(
    exchange: Shell, two: Path, open_case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = match_acts.decide
    monkeypatch.setenv("EXCHANGE_ACTOR", "berta")
    with installation(two) as opened:

        def after_the_flow(*words: Any, **more: Any) -> Any:
            worked(opened, opened.site.flows["more-statements"])
            return real(*words, **more)

        monkeypatch.setattr(match_acts, "decide", after_the_flow)
        with pytest.raises(UseError, match="Open item 400104 was paid just now"):
            reconciling.match(two, open_case, ["400104"], "asked them", None, is_new=False)
    decided = {each["id"]: each["decision"] for each in listed(exchange, two, "--all")}
    assert decided[open_case] == "unmatched" and sorted(decided.values()) == ["matched", "unmatched"]


def test_a_person_decides_about_a_file_that_is_read_again(exchange: Shell, two: Path, open_case: str) -> None:
    arrival = exchange("status", "--site", two, "--json", code=None) and open_case.rpartition("-")[0]
    exchange("replay", arrival, "--because", "looked at again", "--site", two)
    with installation(two) as opened:
        flow = Gated(
            opened.site.flows["bank-statements"],
            lambda: exchange(
                "reconcile", "book", open_case, "3990", "--new-account", "--because", "a gift", "--site", two
            ),
        )
        worked(opened, flow)
    assert len(flow.read) == 2
    [case] = listed(exchange, two, "--all")
    assert (case["decision"], case["decided_by"]) == ("booked", "anna")
