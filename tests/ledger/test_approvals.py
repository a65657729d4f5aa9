"""Approval by several people: what it binds, who may give it, how much, what makes it void, and its proof."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select, text, update

from exchange import clock
from exchange.declare.site import Approver
from exchange.errors import LedgerError, UseError
from exchange.ledger import (
    Ledger,
    Move,
    acts,
    approving,
    claims,
    limits,
    open_ledger,
    queries,
    schema,
    sending,
)
from exchange.ledger.approving import Rules
from exchange.ledger.evidence import Evidence
from exchange.ledger.limits import Line, Orders
from exchange.ledger.rows import Arrival, Event
from tests.ledger.conftest import Site

ANNA = {"actor": "anna", "because": "I looked"}
BEN = {"actor": "ben", "because": "I looked too"}
CARL = {"actor": "carl", "because": "it is right"}
EACH = Decimal("3.00")
"""What the two outputs of a file of the tiny flow sum up to, in EUR."""


def waiting(here: Site, name: str = "a.txt", content: bytes = b"one", approvals: int = 1) -> Arrival:
    here.options["approvals"] = approvals
    here.put(name, content)
    here.run()
    row = here.arrival(name)
    assert row.stage == "written"
    return row


def said(here: Site, what: str) -> list[Event]:
    return [event for event in here.story("a.txt").events if event.what == what]


def test_who_let_a_file_in_cannot_approve_it(here: Site) -> None:
    here.put("first.txt", b"one")
    here.run(here.flow(on_duplicate="hold"))
    here.options |= {"approvals": 1, "on_duplicate": "hold"}
    here.put("a.txt", b"one")
    here.run()
    acts.release(here.ledger, here.arrival("a.txt").id, **ANNA)
    here.run()
    row = here.arrival("a.txt")
    with pytest.raises(
        UseError, match=r"^anna has released this file and so cannot approve it\. Another person"
    ):
        approving.approve(here.ledger, row.id, **ANNA)
    with pytest.raises(UseError, match="Anna has released"):
        approving.approve(here.ledger, row.id, actor=" Anna", because="once more")
    approving.approve(here.ledger, row.id, **BEN)
    here.run(here.flow(names="{id}.{n}"))
    assert here.arrival("a.txt").stage == "done"


def test_who_had_a_file_read_again_cannot_approve_it_and_earlier_approvals_are_void(here: Site) -> None:
    row = waiting(here, approvals=2)
    approving.approve(here.ledger, row.id, **BEN)
    acts.reject(here.ledger, row.id, **CARL)
    [void] = said(here, "arrival approval void")
    assert (void.actor, void.facts()["by"], void.facts()["say"]) == (
        "carl",
        ["ben"],
        "The file was rejected.",
    )
    acts.replay(here.ledger, row.id, **ANNA)
    here.run()
    with pytest.raises(UseError, match="anna has had this file read again"):
        approving.approve(here.ledger, row.id, **ANNA)
    approving.approve(here.ledger, row.id, **BEN)
    assert here.arrival("a.txt").stage == "written"
    approving.approve(here.ledger, row.id, **CARL)
    here.run()
    assert here.arrival("a.txt").stage == "done"


def test_the_same_person_in_other_capitals_is_no_second_person(here: Site) -> None:
    row = waiting(here, approvals=2)
    approving.approve(here.ledger, row.id, **ANNA)
    with pytest.raises(UseError, match="already approved"):
        approving.approve(here.ledger, row.id, actor="ANNA", because="once more")


def test_changed_declarations_void_an_approval(here: Site) -> None:
    row = waiting(here)
    with pytest.raises(UseError, match="declarations of the flow have changed"):
        approving.approve(here.ledger, row.id, **ANNA, rules=Rules(version="v2"))
    approving.approve(here.ledger, row.id, **ANNA, rules=Rules(version="v1"))
    here.run(here.flow(version_hash="v2"))
    held = here.arrival("a.txt")
    assert (held.stage, held.hold, here.out()) == ("held", "approval", {})
    [void] = said(here, "arrival approval void")
    assert (void.actor, void.facts()["by"], void.facts()["say"]) == ("engine", ["anna"], approving.CHANGED)
    acts.retry(here.ledger, row.id, **BEN)
    assert here.arrival("a.txt").stage == "written"
    acts.reject(here.ledger, row.id, **BEN)
    acts.replay(here.ledger, row.id, **BEN)
    new = here.flow(version_hash="v2", mark=b"new ")
    here.run(new)
    approving.approve(here.ledger, row.id, **CARL, rules=Rules(version="v2"))
    here.run(new)
    assert here.arrival("a.txt").stage == "done"


def test_only_what_was_shown_is_approved(here: Site) -> None:
    row = waiting(here)
    with here.ledger.read() as connection:
        now = approving.standing(connection, row)
    with pytest.raises(UseError, match="not what was shown"):
        approving.approve(here.ledger, row.id, **ANNA, statement="0123456789ab")
    approving.approve(here.ledger, row.id, **ANNA, statement=now.said[:12])
    assert here.arrival("a.txt").stage == "approved"
    bound = json.loads(now.text)["deliveries"]
    assert [(each["sha256"], each["target"]) for each in bound] == [
        (each.sha256, "folder:outbox") for each in here.deliveries(row)
    ]


def test_a_resend_needs_approval_again_and_not_by_who_asked_for_it(here: Site) -> None:
    row = waiting(here)
    approving.approve(here.ledger, row.id, **ANNA)
    here.run()
    sent = here.deliveries(here.arrival("a.txt"))[0]
    (here.root / "outbox" / sent.name).unlink()
    acts.resend(here.ledger, sent.id, **BEN)
    here.run()
    assert here.arrival("a.txt").stage == "written"
    with pytest.raises(UseError, match="ben has asked for it to be sent again"):
        approving.approve(here.ledger, row.id, **BEN)
    approving.approve(here.ledger, row.id, **ANNA)
    here.run()
    assert here.arrival("a.txt").stage == "done"
    with here.ledger.read() as connection:
        amounts = connection.scalars(select(schema.approvals.c.amounts).order_by(schema.approvals.c.at)).all()
    assert [json.loads(each)["EUR"] for each in amounts] == [str(EACH), str(EACH / 2)]


def test_more_approvals_declared_later_count_from_the_next_reading(here: Site) -> None:
    row = waiting(here)
    acts.reject(here.ledger, row.id, **ANNA)
    acts.replay(here.ledger, row.id, **ANNA)
    here.run(here.flow(approvals=3))
    assert here.arrival("a.txt").approvals_needed == 3


def rules(**declared: object) -> Rules:
    mine = Approver.model_validate({name.replace("_", " "): value for name, value in declared.items()})
    return Rules(approvers={"anna": mine, "ben": Approver()}, zone=UTC)


def test_a_person_who_is_not_listed_cannot_approve(here: Site) -> None:
    row = waiting(here)
    with pytest.raises(UseError, match="carl is not among the approvers of this site"):
        approving.approve(here.ledger, row.id, **CARL, rules=rules())
    with pytest.raises(UseError, match="not among the approvers"):
        approving.approve(here.ledger, row.id, **CARL, rules=Rules(approvers={}))
    approving.approve(here.ledger, row.id, actor="Anna", because="x", rules=rules())


@pytest.mark.parametrize(
    ("declared", "why"),
    [
        ({"per_file": {"EUR": Decimal("2.99")}}, "3.00 EUR is above the limit of 2.99 EUR for one file"),
        ({"per_day": {"EUR": Decimal("2.99")}}, "3.00 EUR is above the limit of 2.99 EUR for one day"),
        ({"per_file": {"SEK": Decimal("9")}}, "no limit in EUR, so nothing is allowed"),
        ({"flows": ["other"]}, "the flow tiny are not among those allowed"),
        ({"per_payment": {"EUR": Decimal("9")}}, "not known one by one"),
        ({"accounts": ["FI00"]}, "not known from which accounts"),
    ],
)
def test_limits_of_a_person(here: Site, declared: dict[str, object], why: str) -> None:
    row = waiting(here)
    with pytest.raises(UseError, match=why):
        approving.approve(here.ledger, row.id, **ANNA, rules=rules(**declared))
    approving.approve(here.ledger, row.id, **BEN, rules=rules(**declared))


def test_the_limit_of_a_day_counts_what_was_approved_on_it_and_is_not_void(here: Site) -> None:
    clock.set_clock(lambda: datetime(2026, 3, 2, 1, tzinfo=UTC))
    of_day = rules(per_day={"EUR": 2 * EACH})
    first = waiting(here)
    second, third = waiting(here, "b.txt", b"two"), waiting(here, "c.txt", b"three")
    clock.set_clock(lambda: datetime(2030, 3, 2, 8, tzinfo=UTC))
    approving.approve(here.ledger, first.id, **ANNA, rules=of_day)
    approving.approve(here.ledger, second.id, **ANNA, rules=of_day)
    with pytest.raises(UseError, match=r"9\.00 EUR is above the limit of 6\.00 EUR for one day"):
        approving.approve(here.ledger, third.id, **ANNA, rules=of_day)
    acts.reject(here.ledger, second.id, **BEN)
    approving.approve(here.ledger, third.id, **ANNA, rules=of_day)
    clock.set_clock(lambda: datetime(2030, 3, 3, 0, tzinfo=UTC))
    with here.ledger.read() as connection:
        assert approving.approved_today(connection, "anna", UTC) == {}


def prepared(ledger: Ledger, name: str, approvals: int, total: str = "10.00") -> Arrival:
    """An arrival that waits for approval, without files."""
    new = claims.Newcomer(
        id=ledger.new_id(), name_raw=name.encode(), name=name, moved=True, fingerprint="1", identity=None,
        marker=None, size=3, mtime_ns=1, sha256=name, seen_at=1, source="folder:inbox",
    )  # fmt: skip
    parcel = sending.Parcel(
        target="folder:out", target_index=0, name=name, sha256=name, size=1, documents=1,
        totals={"EUR": Decimal(total)},
    )  # fmt: skip
    with ledger.write() as writing:
        [row] = claims.enter(writing, "tiny", [new], on_duplicate="skip", approvals=approvals)
        writing.move(schema.arrivals, "read", [Move(row.id, "claimed", {"version": "v1"})])
        assert sending.enter(ledger, writing, [(row, [parcel])]) is None
        writing.move(schema.arrivals, "written", [Move(row.id, "read")])
        return queries.arrival(writing.connection, row.id)


def at_once(ledger: Ledger, wanted: Sequence[tuple[str, str]], by: Rules) -> list[str]:
    """Several people approve at the same moment: what each of them was told, empty when it was done."""

    def one(each: tuple[str, str]) -> str:
        try:
            approving.approve(ledger, each[1], actor=each[0], because="now", rules=by)
        except UseError as error:
            return error.message
        return ""

    with ThreadPoolExecutor(len(wanted)) as threads:
        return list(threads.map(one, wanted))


def test_two_people_approve_at_the_same_moment(ledger: Ledger) -> None:
    row = prepared(ledger, "a", 2)
    assert at_once(ledger, [("anna", row.id), ("ben", row.id)], Rules()) == ["", ""]
    with ledger.read() as connection:
        assert queries.arrival(connection, row.id).stage == "approved"
        assert sorted(approving.standing(connection, row).given) == ["anna", "ben"]


def test_one_person_twice_at_the_same_moment_counts_once(ledger: Ledger) -> None:
    row = prepared(ledger, "a", 2)
    told = at_once(ledger, [("anna", row.id)] * 4, Rules())
    assert sorted(told) == ["", *["anna has already approved this."] * 3]
    with ledger.read() as connection:
        assert queries.arrival(connection, row.id).stage == "written"


def test_the_limit_of_a_day_holds_when_files_are_approved_at_the_same_moment(ledger: Ledger) -> None:
    files = [prepared(ledger, str(n), 1) for n in range(6)]
    told = at_once(ledger, [("anna", each.id) for each in files], rules(per_day={"EUR": Decimal(25)}))
    assert told.count("") == 2 and sum("for one day" in each for each in told) == 4


def test_approvals_cannot_be_changed_or_taken_away(ledger: Ledger) -> None:
    row = prepared(ledger, "a", 1)
    approving.approve(ledger, row.id, **ANNA)
    for statement in (
        "UPDATE approvals SET actor = 'ben'",
        "DELETE FROM approvals",
        "UPDATE statements SET text = ''",
        "DELETE FROM statements",
    ):
        with pytest.raises(LedgerError, match=r"for ever|never changed"), ledger.write() as writing:
            writing.connection.execute(text(statement))


def delivered(here: Site) -> Arrival:
    row = waiting(here, approvals=2)
    approving.approve(here.ledger, row.id, **ANNA)
    approving.approve(here.ledger, row.id, **BEN)
    here.run()
    assert here.arrival("a.txt").stage == "done"
    return here.arrival("a.txt")


def proof(here: Site, leave_out: str = "", text_of: str | None = None) -> list[str]:
    """What the chain proves when events of a kind are not in it, or the statement's text is another one."""
    with here.ledger.read() as connection:
        texts = dict(connection.execute(select(schema.statements.c.hash, schema.statements.c.text)).all())
        evidence = Evidence(lambda said: text_of or texts.get(said))
        for event in connection.execute(select(schema.events).order_by(schema.events.c.n)).mappings():
            if event["what"] != leave_out:
                evidence.take(dict(event))
    return evidence.problems


def test_the_chain_proves_that_nothing_went_out_without_its_approvals(here: Site) -> None:
    delivered(here)
    assert proof(here) == []
    assert "was sent with 0 of the 2 approvals it needs" in proof(here, "arrival approval")[0]
    assert "was delivered without being sent" in proof(here, "delivery sending")[0]
    assert "is not what was approved" in proof(here, text_of='{"deliveries":[]}')[0]


def test_a_gate_that_somebody_opened_in_the_database_is_found(here: Site, tmp_path: Path) -> None:
    """approvals_needed set to 0 behind the engine's back: the file goes out, and `verify` says so."""
    row = waiting(here, approvals=2)
    with here.ledger.engine.begin() as connection:
        connection.execute(
            update(schema.arrivals).where(schema.arrivals.c.id == row.id).values(approvals_needed=0)
        )
    here.run()
    assert here.arrival("a.txt").stage == "done"
    assert "was sent with 0 of the 2 approvals it needs" in " ".join(here.problems())
    other_books(here, tmp_path)


def test_an_approval_written_into_the_table_alone_is_found(here: Site, tmp_path: Path) -> None:
    """A row without its event opens the gate, and the chain shows that nobody gave it."""
    row = waiting(here, approvals=2)
    with here.ledger.read() as connection:
        now = approving.standing(connection, row)
    with here.ledger.engine.begin() as connection:
        forged = {"arrival": row.id, "statement": now.said, "actor": "ben", "at": 1, "amounts": "{}"}
        connection.execute(insert(schema.approvals), forged)
    approving.approve(here.ledger, row.id, **ANNA)
    here.run()
    assert here.arrival("a.txt").stage == "done"
    assert "was sent with 1 of the 2 approvals it needs" in " ".join(here.problems())
    other_books(here, tmp_path)


def other_books(here: Site, folder: Path) -> None:
    """Empty books in place of those that were tampered with: the fixture verifies what it finds."""
    root = folder / "other"
    for name in ("inbox", "outbox", "var"):
        (root / name).mkdir(mode=0o700, parents=True)
    here.ledger = open_ledger("sqlite", root / "var" / "ledger.db")
    here.store = type(here.store).at(root / "var")


AMOUNTS = st.decimals(min_value=0, max_value=10**9, places=2, allow_nan=False)
CURRENCIES = st.sampled_from(["EUR", "SEK", "NOK"])
ACCOUNTS = st.sampled_from(["FI2112345600000785", "SE4550000000058398257466", "fi21 1234 5600 0007 85"])
LIMITS = st.dictionaries(CURRENCIES, AMOUNTS)


@st.composite
def orders(draw: st.DrawFn) -> tuple[Orders, list[tuple[str, str, Decimal]]]:
    """Payments (account, currency, amount) and what is kept of them."""
    payments = draw(st.lists(st.tuples(ACCOUNTS, CURRENCIES, AMOUNTS), min_size=1, max_size=8))
    keys = {(account, currency) for account, currency, _ in payments}
    lines = []
    for key in keys:
        mine = [amount for account, currency, amount in payments if (account, currency) == key]
        lines.append(Line(*key, len(mine), sum(mine, Decimal()), max(mine)))
    return Orders(lines), payments


@given(orders(), LIMITS, LIMITS, LIMITS, st.lists(ACCOUNTS, max_size=2), st.dictionaries(CURRENCIES, AMOUNTS))
def test_limits_allow_exactly_what_is_within_all_of_them(
    made: tuple[Orders, list[tuple[str, str, Decimal]]],
    per_payment: dict[str, Decimal],
    per_file: dict[str, Decimal],
    per_day: dict[str, Decimal],
    accounts: list[str],
    today: dict[str, Decimal],
) -> None:
    kept, payments = made
    declared = {"per payment": per_payment, "per file": per_file, "per day": per_day, "accounts": accounts}
    mine = Approver.model_validate(declared)

    def within(allowed: dict[str, Decimal], currency: str, amount: Decimal) -> bool:
        return not allowed or amount <= allowed.get(currency, Decimal(-1))

    fits = True
    for account, currency, amount in payments:
        total = sum((each for _, other, each in payments if other == currency), Decimal())
        fits &= within(per_payment, currency, amount) and within(per_file, currency, total)
        fits &= within(per_day, currency, total + today.get(currency, Decimal()))
        bare = {each.replace(" ", "").upper() for each in accounts}
        fits &= not bare or account.replace(" ", "").upper() in bare
    assert (limits.objection(mine, "tiny", kept, today) is None) == fits
