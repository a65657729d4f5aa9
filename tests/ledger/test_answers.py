"""What banks tell, entered into the ledger on every database."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from exchange import twice
from exchange.errors import UseError
from exchange.ledger import Ledger, Move, answering, payment_acts, payment_queries, queries
from exchange.ledger.payments import stored
from exchange.ledger.rows import Arrival
from exchange.ledger.schema import arrivals
from exchange.ledger.unsettled import owed
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


def hear(ledger: Ledger, row: Arrival, *told: Answer, posts: bool = False) -> tuple[int, set[str]]:
    """How many answers a person must look at, and the codes of what was found."""
    found = Gathered()
    with ledger.write() as writing:
        heard = answering.hear(writing, row, [list(told)], posts=posts, found=found, keys_of=twice.keys)
    return heard.open, {code for _, code in found.counts}


def done(ledger: Ledger, row: Arrival) -> None:
    """The arrival goes its way to the end."""
    way = ("claimed", "read", "written", "delivered", "done")
    with ledger.write() as writing:
        for old, new in pairwise(way):
            writing.move(arrivals, new, [Move(row.id, old)])


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


def test_what_an_advice_booked_is_posted_by_the_statement_that_tells_it_again(ledger: Ledger) -> None:
    _, delivery = with_payments(ledger, note(1), note(2))
    send(ledger, delivery)
    booking = {"kind": "booking", "currency": "EUR"}
    one = answer("payment", "booked", end_to_end_id="E1", amounts=(amount(ledger, "E1"),), **booking)
    sum_ = (amount(ledger, "E1") + amount(ledger, "E2"),)
    both = answer("batch", "booked", payment_info_id="MSG-1", amounts=sum_, **booking)
    for told in (one, both):
        assert hear(ledger, arrive(ledger, f"{told.level}.xml", told.level), told) == (0, set())
    assert stages(ledger) == ["booked", "booked"]
    for n, told in enumerate((one, both), 1):
        statement = arrive(ledger, f"s{n}.xml", f"s{n}")
        hear(ledger, statement, told, posts=True)
        done(ledger, statement)
        assert stages(ledger) == ["posted", "posted" if told is both else "booked"]


def test_a_person_says_what_no_file_tells(ledger: Ledger) -> None:
    _, delivery = with_payments(ledger, note(1), note(2), note(3))
    who = {"actor": "anna", "because": "told by telephone"}
    with pytest.raises(UseError, match="The payment P1 is ordered") as refused:
        payment_acts.booked(ledger, "P1", **who)
    assert "exchange reject" in refused.value.advice
    send(ledger, delivery)
    payment_acts.booked(ledger, "P1", **who)
    payment_acts.cancelled(ledger, "P2", **who)
    payment_acts.cancelled(ledger, "P3", **who)
    payment_acts.booked(ledger, "P3", **who)
    assert stages(ledger) == ["booked", "cancelled", "booked"]
    for act, n in (
        (payment_acts.cancelled, 1),
        (payment_acts.booked, 1),
        (payment_acts.returned, 2),
        (payment_acts.cancelled, 2),
    ):
        with pytest.raises(UseError, match=f"The payment P{n} is "):
            act(ledger, f"P{n}", **who)
    row = arrive(ledger, "b.xml", "b")
    assert hear(ledger, row, answer("payment", "accepted", end_to_end_id="E2")) == (1, {"ANS003"})


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


def booked(ledger: Ledger, count: int) -> None:
    """So many payments of one file, sent and booked."""
    _, delivery = with_payments(ledger, *(note(number) for number in range(1, count + 1)))
    send(ledger, delivery)
    ids = [f"E{number}" for number in range(1, count + 1)]
    hear(ledger, arrive(ledger, "b.xml", "b"), *(
        answer("payment", "booked", kind="booking", end_to_end_id=id, amounts=(amount(ledger, id),)) for id in ids
    ))  # fmt: skip
    assert stages(ledger) == ["booked"] * count


def owes(ledger: Ledger) -> dict[int, int]:
    """The payments of which the bank owes the money back, with the moment of the refusal."""
    with ledger.read() as connection:
        flows = {each.flow for each in payment_queries.find(connection, payment_queries.Wanted())}
        assert owed(connection, ["another flow"]) == []
        return {each.n: each.told_at for each in owed(connection, flows)}


def test_money_that_left_before_the_refusal_is_owed_until_it_is_back_or_a_person_says_so(
    ledger: Ledger,
) -> None:
    booked(ledger, 4)
    assert owes(ledger) == {}
    refusal = arrive(ledger, "c.xml", "c")
    hear(
        ledger,
        refusal,
        answer("payment", "accepted", message_id="MSG", end_to_end_id="E3"),
        answer("file", "rejected", message_id="MSG", code="AC04"),
    )
    told = owes(ledger)
    assert set(told) == {1, 2, 4}, "of the third payment the same file says something closer"
    hear(
        ledger,
        arrive(ledger, "d.xml", "d"),
        answer("payment", "cancelled", message_id="MSG", end_to_end_id="E1"),
    )
    assert owes(ledger) == told, "what counts is the first refusal"
    returned = answer(
        "payment", "returned", kind="return", end_to_end_id="E1", amounts=(amount(ledger, "E1"),)
    )
    hear(ledger, arrive(ledger, "e.xml", "e"), returned)
    assert set(owes(ledger)) == {2, 4}

    by_hand = payment_acts.returned(ledger, "E2", actor="anna", because="credited to the SEK account")
    assert (by_hand.id, by_hand.stage, by_hand.reason) == ("P2", "returned", "credited to the SEK account")
    with ledger.read() as connection:
        last = queries.events(connection, ["P2"])[-1]
    assert (last.actor, last.what, last.because) == (
        "anna",
        "payment returned",
        "credited to the SEK account",
    )
    assert set(owes(ledger)) == {4}
    with ledger.write("anna", "the bank was wrong") as writing:
        writing.move(arrivals, "rejected", [Move(refusal.id, "claimed")])
    assert owes(ledger) == {}, "a refusal that a person rejected says nothing"
    returned = returned._replace(end_to_end_id="E2", amounts=(amount(ledger, "E2"),))
    assert hear(ledger, arrive(ledger, "f.xml", "f"), returned) == (0, set())
    assert stages(ledger) == ["returned", "returned", "booked", "booked"]


def test_money_comes_back_of_what_was_booked_alone(ledger: Ledger) -> None:
    _, delivery = with_payments(ledger)
    send(ledger, delivery)
    with pytest.raises(UseError, match="The payment P1 is sent"):
        payment_acts.returned(ledger, "P1", actor="anna", because="it is back")
    hear(
        ledger,
        arrive(ledger, "b.xml", "b"),
        answer("payment", "rejected", message_id="MSG", end_to_end_id="E1"),
    )
    assert owes(ledger) == {}, "it was refused, and no money has left"
    booking = answer("payment", "booked", kind="booking", end_to_end_id="E1", amounts=(amount(ledger, "E1"),))
    assert hear(ledger, arrive(ledger, "c.xml", "c"), booking) == (0, {"ANS007"})
    assert owes(ledger) == {}, "the booking is newer than the refusal: it is for a person to ask"


def amount(ledger: Ledger, end_to_end: str) -> int:
    with ledger.read() as connection:
        return stored(payment_queries.one(connection, end_to_end).amount)
