"""What banks tell, entered into the ledger on every database."""

from __future__ import annotations

from typing import Any

from exchange import twice
from exchange.ledger import Ledger, answering, payment_queries
from exchange.ledger.payments import stored
from exchange.ledger.rows import Arrival
from exchange.outcome import Answer, Gathered
from tests.ledger.test_law import arrive
from tests.ledger.test_payments import note, send, stages, with_payments


def answer(level: str, verdict: str, **more: Any) -> Answer:
    facts = dict.fromkeys(Answer._fields) | {
        "kind": "status",
        "level": level,
        "verdict": verdict,
        "amounts": (),
    }
    return Answer(**(facts | more))


def hear(ledger: Ledger, row: Arrival, *told: Answer) -> tuple[int, set[str]]:
    """How many answers a person must look at, and the codes of what was found."""
    found = Gathered()
    with ledger.write() as writing:
        heard = answering.hear(writing, row, [list(told)], posts=False, found=found, keys_of=twice.keys)
    return heard.open, {code for _, code in found.counts}


def test_the_closest_word_counts_and_the_same_answer_twice_changes_nothing(ledger: Ledger) -> None:
    _, delivery = with_payments(ledger, note(1), note(2), note(3))
    send(ledger, delivery)
    row = arrive(ledger, "answer.xml", "answer")
    told = (
        answer("file", "rejected", message_id="MSG", code="DU01"),
        answer("payment", "accepted", message_id="MSG", end_to_end_id="E2"),
    )
    for _ in range(2):
        assert hear(ledger, row, *told) == (0, set())
        assert stages(ledger) == ["rejected", "accepted", "rejected"]


def test_a_batch_is_booked_by_the_sum_without_what_was_rejected(ledger: Ledger) -> None:
    _, delivery = with_payments(ledger, note(1, "10.00"), note(2, "2.50"), note(3, "1.00"))
    send(ledger, delivery)
    hear(ledger, arrive(ledger, "a.xml", "a"), answer("payment", "rejected", end_to_end_id="E2"))
    booking = {"kind": "booking", "payment_info_id": "MSG-1", "currency": "EUR"}
    other = answer("batch", "booked", amounts=(1_350_000,), **booking)
    assert hear(ledger, arrive(ledger, "b.xml", "b"), other) == (0, {"ANS006"})
    assert hear(ledger, arrive(ledger, "c.xml", "c"), other._replace(amounts=(1_100_000,))) == (0, set())
    assert stages(ledger) == ["booked", "rejected", "booked"]


def test_what_fits_nothing_is_for_a_person(ledger: Ledger) -> None:
    _, delivery = with_payments(ledger)
    row = arrive(ledger, "answer.xml", "answer")
    mine = answer("payment", "accepted", message_id="MSG", end_to_end_id="E1")
    assert hear(ledger, row, mine) == (1, {"ANS004"})
    send(ledger, delivery)
    assert hear(ledger, row, mine._replace(end_to_end_id="E9")) == (1, {"ANS001"})
    assert hear(ledger, row, mine._replace(message_id="OTHER")) == (1, {"ANS001"})
    assert hear(ledger, row, mine._replace(verdict="rejected")) == (0, set())
    assert hear(ledger, row, mine) == (1, {"ANS003"})
    assert stages(ledger) == ["rejected"]


def test_a_refusal_after_the_booking_is_for_a_person_and_after_the_return_is_not(ledger: Ledger) -> None:
    _, delivery = with_payments(ledger, note(1), note(2))
    send(ledger, delivery)
    hear(ledger, arrive(ledger, "b.xml", "b"), *(
        answer("payment", "booked", kind="booking", end_to_end_id=id, amounts=(amount(ledger, id),)) for id in ("E1", "E2")
    ))  # fmt: skip
    assert stages(ledger) == ["booked", "booked"]
    of_one = answer("payment", "rejected", message_id="MSG", end_to_end_id="E1", code="AC04")
    assert hear(ledger, arrive(ledger, "c.xml", "c"), of_one) == (1, {"ANS011"})
    of_file = answer("file", "rejected", message_id="MSG", code="AC04")
    assert hear(ledger, arrive(ledger, "d.xml", "d"), of_file) == (1, {"ANS011"})
    returned = answer(
        "payment", "returned", kind="return", end_to_end_id="E1", amounts=(amount(ledger, "E1"),)
    )
    assert hear(ledger, arrive(ledger, "e.xml", "e"), returned) == (0, set())
    assert hear(ledger, arrive(ledger, "f.xml", "f"), of_one) == (0, set())
    assert stages(ledger) == ["returned", "booked"]


def amount(ledger: Ledger, end_to_end: str) -> int:
    with ledger.read() as connection:
        return stored(payment_queries.one(connection, end_to_end).amount)
