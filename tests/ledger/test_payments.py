"""Payments in the ledger: one row each, as far as their file, and moved by law only."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text, update

from exchange.errors import LedgerError
from exchange.ledger import (
    Ledger,
    Move,
    acts,
    bulk,
    payment_queries,
    payments,
    queries,
    rows,
    savepoint,
    sending,
)
from exchange.ledger.payment_queries import Wanted
from exchange.ledger.payment_tables import payments as table
from exchange.ledger.schema import arrivals, deliveries
from exchange.ledger.stages import FOLLOWS_ITS_FILE, MOVES, PAYMENT_STAGES
from exchange.ledger.unsettled import OWN_STAGES, unsettled
from tests.ledger.test_law import arrive, parcel, refused

OWN = [stage for stage in PAYMENT_STAGES if stage not in (*FOLLOWS_ITS_FILE[1:], "posted")]
LEGAL = {(old, new) for thing, old, new, _ in MOVES if thing == "payment"}


def note(number: int = 1, amount: str = "12.50", **more: Any) -> tuple[Any, ...]:
    """A payment as a mapping notes it."""
    facts = {
        "ids": ("MSG", "MSG-1"), "line": number, "instruction": None, "end_to_end": f"E{number}", "key": f"K{number}",
        "amount": int(Decimal(amount) * payments.UNIT), "currency": "EUR", "day": date(2026, 12, 1),
        "account": "FI21 1234 5600 0007 85", "payee": f"Payee {number}", "payee_account": "5050-1055",
        "reference": None, "invoices": "L1 L2", "text": "", "clearing": None,
    }  # fmt: skip
    return tuple((facts | more).values())


def with_payments(ledger: Ledger, *notes: tuple[Any, ...], name: str = "a.txt") -> tuple[rows.Arrival, str]:
    """An arrival with one delivery of payments, ready to be sent: it and the delivery's identifier."""
    row = arrive(ledger, name, name)
    with ledger.write() as writing:
        writing.move(arrivals, "read", [Move(row.id, "claimed")])
        assert sending.enter(ledger, writing, [(row, [parcel(name)])]) is None
        assert payments.enter(writing, [(row, [(0, list(notes or (note(),)))])]) is None
        writing.move(arrivals, "written", [Move(row.id, "read")])
    with ledger.read() as connection:
        return queries.arrival(connection, row.id), queries.deliveries(connection, arrival=row.id)[0].id


def send(ledger: Ledger, delivery: str) -> None:
    with ledger.write() as writing:
        for old, new in (("ready", "sending"), ("sending", "staged"), ("staged", "delivered")):
            writing.move(deliveries, new, [Move(delivery, old, {"tmp": ".x", "proof": "{}"})])


def stages(ledger: Ledger) -> list[str]:
    with ledger.read() as connection:
        return [each.stage for each in payment_queries.find(connection, Wanted())][::-1]


def move(ledger: Ledger, new: str, subject: str = "P1", actor: str = "engine", what: str = "payment") -> None:
    with ledger.write(actor, "because") as writing:
        [n] = writing.append([(subject, f"{what} {new}", {})])
        bulk.change(writing.connection, table, [{"at_n": 1, "stage": new, "event": n}])


def test_a_payment_is_as_far_as_its_file(ledger: Ledger) -> None:
    _, delivery = with_payments(ledger, note(1), note(2, "0.00001"))
    assert stages(ledger) == ["ordered", "ordered"]
    send(ledger, delivery)
    assert stages(ledger) == ["sent", "sent"]
    move(ledger, "accepted")
    assert stages(ledger) == ["accepted", "sent"]
    with ledger.read() as connection:
        first = payment_queries.one(connection, "p1")
        assert (first.amount, first.currency, first.payee_account, first.text) == (
            Decimal("12.50"),
            "EUR",
            "50501055",
            None,
        )
        assert payment_queries.one(connection, "E2").amount == Decimal("0.00001")
        sums = payment_queries.sums(connection, Wanted())
    assert [(each.stage, each.count, str(each.amount)) for each in sums] == [
        ("sent", 1, "0.00001"),
        ("accepted", 1, "12.50"),
    ]


def test_a_payment_whose_file_is_rejected_will_not_be_sent(ledger: Ledger) -> None:
    arrival, _ = with_payments(ledger)
    acts.reject(ledger, arrival.id, actor="anna", because="wrong month")
    assert stages(ledger) == ["withdrawn"]


def test_sums_are_exact_beyond_what_a_float_holds(ledger: Ledger) -> None:
    with_payments(ledger, *(note(number, "9000000000000.01") for number in range(30)))
    with ledger.read() as connection:
        [total] = payment_queries.sums(connection, Wanted())
    assert total.amount == Decimal("270000000000000.30")


def test_an_amount_the_ledger_cannot_keep_holds_the_file(ledger: Ledger) -> None:
    row = arrive(ledger)
    with ledger.write() as writing:
        sending.enter(ledger, writing, [(row, [parcel()])])
        clash = payments.enter(writing, [(row, [(0, [note(amount="1" + "0" * 14)])])])
    assert clash is not None
    assert "too great" in clash.reason


def test_every_illegal_move_of_a_payment_is_refused_and_every_legal_one_made(ledger: Ledger) -> None:
    _, delivery = with_payments(ledger)
    with pytest.raises(LedgerError, match="illegal move"):
        move(ledger, "accepted")  # its file is not at the bank
    send(ledger, delivery)
    for old in OWN:
        for new in OWN:
            if old != new:
                assert _can_move(ledger, old, new) == (("sent" if old == "ordered" else old, new) in LEGAL), (
                    old,
                    new,
                )


def _can_move(ledger: Ledger, old: str, new: str) -> bool:
    class Undo(Exception):
        pass

    try:
        with ledger.write() as writing:
            _force(writing.connection, old)
            [n] = writing.append([("P1", f"payment {new}", {})])
            bulk.change(writing.connection, table, [{"at_n": 1, "stage": new, "event": n}])
            raise Undo
    except Undo:
        return True
    except LedgerError as error:
        assert "illegal move" in str(error)
        return False


def _force(connection: Any, stage: str) -> None:
    """Put the payment into a stage behind the trigger's back."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(update(table).values(stage=stage))
        connection.execute(text("SET LOCAL session_replication_role = origin"))
        return
    sql = connection.scalar(text("SELECT sql FROM sqlite_schema WHERE name = 'payment_moves'"))
    connection.execute(text("DROP TRIGGER payment_moves"))
    connection.execute(update(table).values(stage=stage))
    connection.exec_driver_sql(sql)


@pytest.mark.parametrize(
    ("subject", "actor", "what"),
    [("P2", "engine", "payment"), ("P1", "anna", "payment"), ("P1", "engine", "arrival")],
)
def test_a_move_needs_its_own_event(ledger: Ledger, subject: str, actor: str, what: str) -> None:
    _, delivery = with_payments(ledger)
    send(ledger, delivery)
    with pytest.raises(LedgerError, match="illegal move"):
        move(ledger, "accepted", subject, actor, what)
    move(ledger, "accepted", delivery)  # or one about its whole file


def test_the_facts_of_a_payment_never_change(ledger: Ledger) -> None:
    _, delivery = with_payments(ledger)
    for change in ("UPDATE payments SET amount = 1", "UPDATE payments SET payee_account = 'X'"):
        with refused(ledger, "never change") as connection:
            connection.execute(text(change))
    for change in ("DELETE FROM payments", "DELETE FROM payment_batches"):
        with refused(ledger, "for ever") as connection:
            connection.execute(text(change))
    with refused(ledger) as connection:
        connection.execute(text("UPDATE payments SET stage = 'sent'"))
    with refused(ledger, "no event says") as connection:
        connection.execute(
            text(
                f"INSERT INTO payment_batches (n, delivery, currency, event) VALUES (9, '{delivery}', 'EUR', 1)"
            )
        )
    with refused(ledger, "begins as ordered") as connection:
        connection.execute(text("INSERT INTO payments (batch, amount, stage) VALUES (1, 1, 'booked')"))


def test_payments_are_found_by_what_is_known_of_them(ledger: Ledger) -> None:
    with_payments(ledger, note(1), note(2, "100", payee="Äiti Oy", currency="SEK"), note(3, "1000.00"))
    found = {
        "account": Wanted(account="fi2112345600000785"),
        "payee": Wanted(payee="payee 3"),
        "amount": Wanted(least=Decimal(100), most=Decimal("999.99")),
        "id": Wanted(any_id="MSG-1"),
        "flow": Wanted(flow="other"),
        "payee's account": Wanted(payee="5050-1055"),
    }
    with ledger.read() as connection:
        keys = {
            name: [each.key for each in payment_queries.find(connection, wanted)]
            for name, wanted in found.items()
        }
    every = ["K3", "K2", "K1"]
    assert keys == {
        "account": every,
        "payee": ["K3"],
        "amount": ["K2"],
        "id": every,
        "flow": [],
        "payee's account": every,
    }


def test_unsettled_are_the_payments_at_the_bank_that_it_has_not_brought_to_an_end(ledger: Ledger) -> None:
    row, delivery = with_payments(ledger, *(note(number, "9000000000000.01") for number in range(1, 41)))
    with ledger.read() as connection:
        assert unsettled(connection, [row.flow]) == []  # not sent yet
    send(ledger, delivery)
    with ledger.read() as connection:
        [some] = unsettled(connection, [row.flow])
        assert unsettled(connection, ["another"]) == []
    assert (some.stage, some.count, some.amount) == ("sent", 40, Decimal("360000000000000.40"))
    assert (some.delivery, some.execution_date) == (delivery, date(2026, 12, 1))
    for stage in PAYMENT_STAGES:
        if ("sent", stage) in LEGAL:
            with ledger.write() as writing:
                [event] = writing.append([("P1", f"payment {stage}", {})])
                with pytest.raises(_Undo), savepoint.part(writing.connection):
                    bulk.change(writing.connection, table, [{"at_n": 1, "stage": stage, "event": event}])
                    counted = {each.stage: each.count for each in unsettled(writing.connection, [row.flow])}
                    raise _Undo
            assert counted == {"sent": 39} | ({stage: 1} if stage in OWN_STAGES else {}), stage


class _Undo(Exception):
    """Takes back what a test did."""


def test_late_payments_are_found_among_more_batches_than_a_database_takes_values(ledger: Ledger) -> None:
    _, delivery = with_payments(ledger, note(1), note(2, currency="SEK"))
    send(ledger, delivery)
    move(ledger, "accepted")
    with ledger.read() as connection:

        def late(*wanted: tuple[int, str]) -> list[int]:
            return [each.n for each in payment_queries.find(connection, Wanted(late=(wanted, ())))]

        assert late() == []
        assert (late((1, "sent")), late((1, "accepted")), late((2, "sent"))) == ([], [1], [2])
        assert late(*((number, "sent") for number in range(40_000)), (1, "accepted")) == [2, 1]
        [kept] = payment_queries.sums(connection, Wanted(late=([(2, "sent")], ())))
        assert (kept.count, kept.currency) == (1, "SEK")
