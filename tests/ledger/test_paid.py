"""The guard against paying twice: what counts as the same payment, what has paid, and who lets it pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from exchange import twice
from exchange.ledger import Ledger, Move, acts, bulk, open_ledger, payments, queries, sending
from exchange.ledger.paid import SHOWN, Guard, Placed
from exchange.ledger.payment_tables import paid, paid_before
from exchange.ledger.payment_tables import payments as table
from exchange.ledger.rows import Arrival
from exchange.ledger.schema import arrivals
from exchange.model import ArrivalFacts, PaymentNote
from exchange.outcome import Outcome
from tests.ledger.conftest import Site
from tests.ledger.test_law import arrive, parcel
from tests.ledger.test_payments import note, send
from tests.support.tiny import TinyFlow

ANNA = {"actor": "anna", "because": "both are meant"}
RF = "RF08 0001 2344"
INVOICE = {"invoices": "L1", "payee_account": "FI2112345600000785"}


def ordered(
    ledger: Ledger, *notes: PaymentNote, name: str, window: int = 90, passes: bool = False
) -> tuple[Arrival, Guard]:
    """A file of payments entered under the guard; undone where something is paid twice."""
    row = arrive(ledger, name, name)
    with ledger.write() as writing:
        writing.move(arrivals, "read", [Move(row.id, "claimed")])
        guard = Guard(writing, twice.keys, window, passes)
        with writing.attempt() as undo:
            assert sending.enter(ledger, writing, [(row, [parcel(name)])]) is None
            if payments.enter(writing, [(row, [(0, list(notes))])], {row.id: guard}) is not None:
                undo()
        if guard.objection() is None:
            writing.move(arrivals, "written", [Move(row.id, "read")])
    return row, guard


def pairs(
    ledger: Ledger, *notes: PaymentNote, name: str = "b", **more: Any
) -> list[tuple[int | None, int | None]]:
    """The lines of the payments that are paid twice: in this file, and before."""
    _, guard = ordered(ledger, *notes, name=name, **more)
    return [(pair.new.payment.line, pair.old.payment.line) for pair in guard.pairs]


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"payee": "Another spelling", "end_to_end": "E9", "key": "K9"},
        {"payee_account": "FI21 1234 5600 0007 85"},
        {"ids": ("OTHER", "OTHER-1"), "account": "SE3550000000054910000003"},
        {"invoices": " l1 "},
        {"reference": "99887766554433"},
    ],
)
def test_the_same_invoice_is_paid_once(ledger: Ledger, other: dict[str, Any]) -> None:
    assert pairs(ledger, note(7, **INVOICE), name="a") == []
    assert pairs(ledger, note(3), note(9, **(INVOICE | other))) == [(9, 7)]


@pytest.mark.parametrize(
    "other",
    [
        {"amount": "12.51"},
        {"currency": "SEK"},
        {"payee_account": "FI4250001510000023"},
        {"invoices": "L2"},
        {"invoices": "", "text": "L1"},
        {"day": date(2027, 3, 2)},
        {"day": date(2026, 9, 1)},
    ],
)
def test_other_payments_are_not_the_same(ledger: Ledger, other: dict[str, Any]) -> None:
    assert pairs(ledger, note(7, **INVOICE), name="a") == []
    changed = {"invoices": INVOICE["invoices"], **INVOICE, **other}
    assert pairs(ledger, note(9, changed.pop("amount", "12.50"), **changed)) == []


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (RF, "12344", True),
        (RF, "0000 0000 0000 0001 2344", True),
        ("12344", "RF0812344", True),
        (RF, "12357", False),
        ("RF00 0001 2344", "12344", False),
    ],
)
def test_references_are_compared_in_one_form(ledger: Ledger, first: str, second: str, same: bool) -> None:
    assert pairs(ledger, note(1, invoices="", reference=first), name="a") == []
    assert pairs(ledger, note(2, invoices="", reference=second)) == ([(2, 1)] if same else [])


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [("5050-1055", "50501055", True), ("0050-1055", "501055", True), ("50501055", "SE5050501055", False)],
)
def test_a_bankgiro_number_stays_one(ledger: Ledger, first: str, second: str, same: bool) -> None:
    assert pairs(ledger, note(1, payee_account=first), name="a") == []
    assert pairs(ledger, note(2, payee_account=second)) == ([(2, 1)] if same else [])


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("SE4550000000058398257466", "825 746-6", True),
        ("0008257466", "SE45 5000 0000 0583 9825 7466", True),
        ("NO9386011117947", "8601.11.17947".replace(".", ""), True),
        ("123456-785", "FI2112345600000785", True),
        ("SE4550000000058398257466", "1825 746-6", False),
        ("SE4550000000058398257466", "SE3550000000054910000003", False),
    ],
)
def test_an_iban_and_the_number_of_its_country_are_one_account(
    ledger: Ledger, first: str, second: str, same: bool
) -> None:
    assert pairs(ledger, note(1, payee_account=first), name="a") == []
    assert pairs(ledger, note(2, payee_account=second)) == ([(2, 1)] if same else [])


def test_an_index_of_keys_that_are_made_another_way_is_made_anew(ledger: Ledger) -> None:
    for name, number in (("a", 1), ("b", 2)):
        ordered(ledger, note(number, **INVOICE), name=name, passes=True)
    with ledger.write() as writing:
        writing.connection.execute(delete(paid))
        writing.connection.execute(delete(paid_before))
    assert pairs(ledger, note(3, **INVOICE), name="c") == [(3, 2)]
    _, guard = ordered(ledger, note(4, **INVOICE, day=date(2026, 9, 15)), name="d", window=77)
    assert [pair.old.payment.line for pair in guard.pairs if isinstance(pair.old, Placed)] == [2]


def test_without_reference_and_invoice_the_day_decides(ledger: Ledger) -> None:
    wage = {"invoices": "", "text": "Palkka", "payee_account": "FI2112345600000785"}
    assert pairs(ledger, note(1, **wage), name="a") == []
    assert pairs(ledger, note(2, **wage, day=date(2026, 12, 31))) == []
    assert pairs(ledger, note(3, **(wage | {"text": " palkka "})), name="c") == [(3, 1)]


def test_twice_within_one_file(ledger: Ledger) -> None:
    assert pairs(ledger, note(1, **INVOICE), note(2), note(3, **INVOICE)) == [(3, 1)]
    with ledger.read() as connection:
        assert connection.scalar(select(func.count()).select_from(paid)) == 0


def test_the_window_is_declared(ledger: Ledger) -> None:
    assert pairs(ledger, note(1, **INVOICE), name="a") == []
    later = note(2, **INVOICE, day=date(2026, 12, 31))
    assert pairs(ledger, later, name="b", window=30) == [(2, 1)]
    assert pairs(ledger, later, name="c", window=29) == []


def bank_says(ledger: Ledger, n: int, *stages: str) -> None:
    for stage in stages:
        with ledger.write() as writing:
            [event] = writing.append([(f"P{n}", f"payment {stage}", {})])
            bulk.change(writing.connection, table, [{"at_n": n, "stage": stage, "event": event}])


def sent(ledger: Ledger, row: Arrival) -> None:
    with ledger.read() as connection:
        [delivery] = queries.deliveries(connection, arrival=row.id)
    send(ledger, delivery.id)


@pytest.mark.parametrize(
    ("stages", "counts"),
    [
        ((), True),
        (("received", "accepted"), True),
        (("booked",), True),
        (("rejected",), False),
        (("booked", "returned"), False),
        (("accepted", "cancelled"), False),
        (("rejected", "booked"), True),
    ],
)
def test_what_was_refused_or_returned_has_not_paid(
    ledger: Ledger, stages: Sequence[str], counts: bool
) -> None:
    row, _ = ordered(ledger, note(1, **INVOICE), name="a")
    sent(ledger, row)
    bank_says(ledger, 1, *stages)
    assert pairs(ledger, note(2, **INVOICE)) == ([(2, 1)] if counts else [])


def test_what_was_withdrawn_has_not_paid(ledger: Ledger) -> None:
    row, _ = ordered(ledger, note(1, **INVOICE), name="a")
    acts.reject(ledger, row.id, **ANNA)
    assert pairs(ledger, note(2, **INVOICE)) == []


def test_a_payment_behind_a_refused_one_still_counts(ledger: Ledger) -> None:
    """P1 has paid; P2, let pass by a person, came back: P3 would still pay what P1 has paid."""
    first, _ = ordered(ledger, note(1, **INVOICE), name="a")
    second, guard = ordered(ledger, note(2, **INVOICE), name="b", passes=True)
    assert guard.facts() == {"paid again": 1, "pairs": [["P2", "P1"]]}
    sent(ledger, first)
    sent(ledger, second)
    bank_says(ledger, 2, "rejected")
    assert pairs(ledger, note(3, **INVOICE), name="c") == [(3, 1)]
    bank_says(ledger, 1, "rejected")
    assert pairs(ledger, note(4, **INVOICE), name="d") == []


def test_both_are_shown_side_by_side(ledger: Ledger) -> None:
    first, _ = ordered(ledger, note(7, **INVOICE), name="march.csv")
    second, guard = ordered(ledger, note(9, **(INVOICE | {"day": date(2026, 12, 24)})), name="april.csv")
    [pair] = guard.pairs
    assert pair.finding().message == (
        "This payment was ordered before. It is 12.50 EUR to Payee 9, account FI2112345600000785, for L1. "
        f"Before: id K7, due 2026-12-01, line 7 of march.csv, arrival {first.id}. It is payment P1, ordered. "
        f"Now: id K9, due 2026-12-24, line 9 of april.csv, arrival {second.id}."
    )
    assert (pair.finding().code, pair.finding().severity, pair.finding().line) == ("PAID001", "error", 9)
    assert f"`exchange reject {second.id} --because …`" in pair.finding().advice


def test_a_payment_of_the_same_file_has_no_number_that_it_would_keep(ledger: Ledger) -> None:
    row, guard = ordered(ledger, note(7, **INVOICE), note(9, **INVOICE), name="march.csv")
    [pair] = guard.pairs
    told = pair.finding().message
    assert (
        f"Before: id K7, due 2026-12-01, line 7 of march.csv, arrival {row.id}. It stands in the same file."
        in told
    )


FACTS = st.tuples(
    st.sampled_from(["50501055", "FI2112345600000785"]),
    st.sampled_from(["1", "2"]),
    st.sampled_from(["", "12344", RF, "777"]),
    st.sampled_from(["", "L1", "12344"]),
)


EXAMPLES = count()
"""Each example has accounts of its own."""


@pytest.fixture(scope="module")
def book() -> Iterator[Ledger]:
    with TemporaryDirectory() as folder:
        ledger = open_ledger("sqlite", Path(folder) / "ledger.db")
        yield ledger
        ledger.close()


@settings(max_examples=60)
@given(facts=st.lists(FACTS, max_size=25))
def test_against_a_plain_model(book: Ledger, facts: list[tuple[str, str, str, str]]) -> None:
    """Whatever is in a file: exactly the payments are found that share account, amount and reference or invoice."""
    own = next(EXAMPLES)
    notes = [
        note(line, amount, payee_account=f"{account}{own:09}", reference=reference or None, invoices=invoices)
        for line, (account, amount, reference, invoices) in enumerate(facts, 1)
    ]
    _, guard = ordered(book, *notes, name=f"file {own}", passes=True)
    same = set()
    for line, (account, amount, *words) in enumerate(facts, 1):
        mine = {"12344" if word == RF else word for word in words} - {""}
        for other_account, other_amount, *other_words in facts[: line - 1]:
            others = {"12344" if word == RF else word for word in other_words} - {""}
            if (account, amount) == (other_account, other_amount) and (mine & others or not (mine or others)):
                same.add(line)
    assert {pair.new.payment.line for pair in guard.pairs} == same


def test_many_payments_and_one_known_among_them(ledger: Ledger) -> None:
    assert pairs(ledger, note(1, "3.00", invoices="", reference="700000"), name="a") == []
    many = [note(n, "3.00", invoices="", reference=str(600_000 + n)) for n in range(1, 120_000, 2)]
    assert pairs(ledger, *many, note(2, "3.00", invoices="", reference="700000")) == [(2, 1)]


def test_a_payment_known_by_reference_and_by_invoice_is_told_once(ledger: Ledger) -> None:
    def some(first: int) -> list[PaymentNote]:
        return [note(first + n, invoices=f"L{n}", reference=f"{700_000 + n}") for n in range(300)]

    assert pairs(ledger, *some(1), name="a") == []
    _, guard = ordered(ledger, *some(1_001), name="b")
    assert (guard.objection() or "").startswith("300 payments were ordered before. ")
    assert [(pair.new.payment.line, pair.old.payment.line) for pair in guard.pairs] == [
        (1_001 + n, 1 + n) for n in range(300)
    ]


def test_a_file_of_one_payment_many_times_ends_soon(ledger: Ledger) -> None:
    many = [note(n, **INVOICE) for n in range(1, 20_001)]
    _, guard = ordered(ledger, *many, name="a")
    assert (guard.objection() or "").startswith("At least ")
    assert SHOWN <= len(guard.pairs) < 3 * SHOWN
    _, guard = ordered(ledger, *many, name="b", passes=True)
    assert guard.facts()["more"] is True
    assert pairs(ledger, note(7, **INVOICE), name="c") == [(7, 20_000)]


class Paying(TinyFlow):
    """The tiny flow, whose first output pays an invoice for each line `pay NUMBER`."""

    def process(self, path: Path, facts: ArrivalFacts, work: Path) -> Outcome:
        outcome = super().process(path, facts, work)
        lines = enumerate(path.read_text(encoding="ascii").splitlines(), 1)
        notes = [
            note(n, **(INVOICE | {"invoices": line.removeprefix("pay "), "day": facts.date + timedelta(1)}))
            for n, line in lines
            if line.startswith("pay ")
        ]
        return replace(outcome, payments=[(0, notes)] if notes else [])


class Failing(TinyFlow):
    """A flow with a bug."""

    def process(self, path: Path, facts: ArrivalFacts, work: Path) -> Outcome:
        raise ZeroDivisionError("a bug")


def failing(here: Site) -> TinyFlow:
    tiny = here.flow()
    return Failing(**{name: getattr(tiny, name) for name in TinyFlow.__dataclass_fields__})


def paying(here: Site, **more: Any) -> TinyFlow:
    tiny = here.flow(**more)
    return Paying(**{name: getattr(tiny, name) for name in TinyFlow.__dataclass_fields__})


def test_two_files_of_one_round_with_the_same_payment_exactly_one_goes_out(here: Site) -> None:
    flow = paying(here)
    here.put("a.txt", b"pay L1")
    here.put("b.txt", b"one\npay L1\n")
    here.put("c.txt", b"pay L3")
    here.run(flow)
    stages = {row.name: (row.stage, row.hold) for row in here.arrivals()}
    assert stages == {"a.txt": ("done", None), "b.txt": ("held", "paid"), "c.txt": ("done", None)}
    [finding] = here.story("b.txt").findings
    assert (finding.code, finding.line) == ("PAID001", 2)
    assert "b.txt.0.out" not in here.out()


def test_a_person_lets_it_pass_and_that_is_recorded(here: Site) -> None:
    flow, other = paying(here), paying(here, name="other", names="other-{stem}.{n}")
    here.put("a.txt", b"pay L1")
    here.run(flow)
    here.put("b.txt", b"pay L1 \n")
    here.run(other)
    held = here.arrival("b.txt")
    assert (held.flow, held.hold) == ("other", "paid")
    assert "ordered before" not in str(here.story("b.txt").events[-1].data)
    acts.release(here.ledger, held.id, **ANNA)
    here.run(other)
    story = here.story("b.txt")
    assert story.arrival.stage == "done"
    [written] = [event for event in story.events if event.what == "arrival written"]
    assert written.facts()["paid again"] == 1
    assert [(each.code, each.severity) for each in story.findings] == [("PAID001", "warning")]
    here.put("c.txt", b"pay  L1")
    here.run(flow)
    assert here.arrival("c.txt").hold == "paid"


def test_what_is_repaired_after_its_release_is_looked_at_again(here: Site) -> None:
    here.put("a.txt", b"pay L1\npay L2")
    here.run(paying(here))
    here.put("b.txt", b"pay L1\n")
    here.run(paying(here))
    acts.release(here.ledger, here.arrival("b.txt").id, **ANNA)
    here.run(failing(here))
    assert here.arrival("b.txt").hold == "broken"
    corrected = here.root / "var" / "corrected"
    corrected.write_bytes(b"pay L2\n")
    [blob] = here.store.archive.adopt([corrected])
    acts.repair(here.ledger, here.arrival("b.txt").id, blob.sha256, [], **ANNA)
    here.run(paying(here))
    assert here.arrival("b.txt").hold == "paid"
    assert "line 2 of a.txt" in here.story("b.txt").findings[-1].message


def test_a_duplicate_let_in_by_a_person_is_looked_at_as_well(here: Site) -> None:
    flow = paying(here, on_duplicate="hold", names="{id}.{n}")
    here.put("a.txt", b"pay L1")
    here.run(flow)
    here.put("b.txt", b"pay L1")
    here.run(flow)
    acts.release(here.ledger, here.arrival("b.txt").id, **ANNA)
    here.run(flow)
    assert here.arrival("b.txt").hold == "paid"
    acts.release(here.ledger, here.arrival("b.txt").id, **ANNA)
    here.run(flow)
    assert here.arrival("b.txt").stage == "done"


def test_a_replay_that_writes_other_bytes_pays_nothing_again(here: Site) -> None:
    here.put("a.txt", b"pay L1")
    here.run(paying(here))
    acts.replay(here.ledger, here.arrival("a.txt").id, **ANNA)
    changed = paying(here, mark=b"new ", names="new-{stem}.{n}")
    here.run(changed)
    assert here.arrival("a.txt").hold == "paid"


def test_amounts_are_compared_exactly(ledger: Ledger) -> None:
    assert pairs(ledger, note(1, "0.00001", **INVOICE), name="a") == []
    assert pairs(ledger, note(2, "0.00002", **INVOICE)) == []
    assert pairs(ledger, note(3, str(Decimal("0.000010")), **INVOICE), name="c") == [(3, 1)]
