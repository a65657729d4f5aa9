"""What would be paid by files that wait: by account and currency, as limits look at it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from exchange import clock
from exchange.declare.site import Approver
from exchange.errors import UseError
from exchange.ledger import Ledger, acts, approving, orders, payees, queries
from exchange.ledger.approving import Rules
from exchange.ledger.limits import Line
from exchange.ledger.payees import Payee, Strangers
from exchange.ledger.schema import arrivals, deliveries
from tests.ledger.test_payments import note, with_payments

OWN, OTHER = "FI2112345600000785", "SE3550000000054910000003"


def seen(ledger: Ledger, delivery: str, **more: Any) -> list[Line]:
    with ledger.read() as connection:
        row = replace(queries.delivery(connection, delivery), **more)
        return list(orders.of_deliveries(connection, [row]).lines)


def test_payments_are_added_up_by_account_and_currency(ledger: Ledger) -> None:
    _, delivery = with_payments(
        ledger,
        note(1, "12.50"),
        note(2, "0.00001", day=date(2026, 12, 9)),
        note(3, "7.00", currency="SEK"),
        note(4, "99.00", account=OTHER),
    )
    with_payments(ledger, note(5, "1000.00"), name="b.txt")
    assert seen(ledger, delivery, totals="{}") == [
        Line(OWN, "EUR", 2, Decimal("12.50001"), Decimal("12.50"), "2026-12-01", "2026-12-09"),
        Line(OWN, "SEK", 1, Decimal("7.00"), Decimal("7.00"), "2026-12-01", "2026-12-01"),
        Line(OTHER, "EUR", 1, Decimal("99.00"), Decimal("99.00"), "2026-12-01", "2026-12-01"),
    ]


def test_what_the_totals_say_beyond_the_payments_is_not_known(ledger: Ledger) -> None:
    _, delivery = with_payments(ledger, note(1, "12.50"))
    known = Line(OWN, "EUR", 1, Decimal("12.50"), Decimal("12.50"), "2026-12-01", "2026-12-01")
    for totals in ('{"EUR":"12.50"}', '{"EUR":"12.49"}'):
        assert seen(ledger, delivery, totals=totals) == [known]
    assert seen(ledger, delivery, totals='{"EUR":"12.51","NOK":"0"}') == [
        known,
        Line(None, "EUR", 0, Decimal("0.01"), None),
        Line(None, "NOK", 0, Decimal(0), None),
    ]


def test_a_file_that_is_sent_once_more_has_the_payments_of_the_first(ledger: Ledger) -> None:
    _, delivery = with_payments(ledger, note(1, "12.50"))
    assert seen(ledger, delivery, id="ANOTHER", resend_of=delivery, totals="{}") == seen(
        ledger, delivery, totals="{}"
    )


def test_accounts_that_are_new_or_changed_are_told(ledger: Ledger) -> None:
    with_payments(ledger, note(1, payee="Kahvi Oy", payee_account="FI42 5000 1510 0000 23"))
    refused, _ = with_payments(ledger, note(2, payee="Muu Oy", payee_account=OWN), name="b.txt")
    acts.reject(ledger, refused.id, actor="anna", because="wrong")
    _, delivery = with_payments(
        ledger,
        note(3, payee="Uusi Oy", payee_account="5050-1055"),
        note(4, payee="Uusi Oy", payee_account="50501055"),
        note(5, payee="KAHVI OY", payee_account=OTHER),
        note(6, payee="Kahvi Oy", payee_account="FI4250001510000023"),
        note(7, payee="Muu Oy", payee_account=OWN),
        note(8, payee=None, payee_account=None),
        name="c.txt",
    )
    with_payments(ledger, note(9, payee="Uusi Oy", payee_account="5050-1055"), name="d.txt")
    with ledger.read() as connection:
        told = payees.strangers(connection, [delivery])
    assert told == Strangers(
        3,
        (
            Payee("KAHVI OY", OTHER, ("FI4250001510000023",)),
            Payee("Uusi Oy", "50501055", ()),
            Payee("Muu Oy", OWN, ()),
        ),
    )


def test_an_account_that_belongs_to_another_payee_is_a_changed_one(ledger: Ledger) -> None:
    kahvi, muu = "FI4250001510000023", OTHER
    with_payments(
        ledger, note(1, payee="Kahvi Oy", payee_account=kahvi), note(2, payee="Muu Oy", payee_account=muu)
    )
    _, swapped = with_payments(
        ledger,
        note(3, payee="Muu Oy", payee_account=muu),
        note(4, payee="KAHVI OY", payee_account=muu),
        note(5, payee="Kahvi Oy Ab", payee_account=kahvi),
        name="b.txt",
    )
    with ledger.read() as connection:
        told = payees.strangers(connection, [swapped])
    assert told == Strangers(1, (Payee("KAHVI OY", muu, (kahvi,), ("Muu Oy",)),))
    _, later = with_payments(ledger, note(6, payee="Kahvi Oy", payee_account=muu), name="c.txt")
    with ledger.read() as connection:
        assert payees.strangers(connection, [later]) == Strangers(0, ())


def test_the_same_number_at_another_bank_is_another_account(ledger: Ledger) -> None:
    def paid(number: int, clearing: str | None, **more: Any) -> Any:
        return note(number, **{"payee": "Bo AB", "payee_account": "123 456-789", "clearing": clearing} | more)

    with_payments(ledger, paid(1, "6000"))
    _, again = with_payments(ledger, paid(2, "60-00"), name="b.txt")
    _, moved = with_payments(ledger, paid(4, "6700"), name="c.txt")
    with ledger.read() as connection:
        assert payees.strangers(connection, [again]) == Strangers(0, ())
        told = payees.strangers(connection, [moved])
    assert told == Strangers(1, (Payee("Bo AB", "6700-123456789", ("6000-123456789",)),))
    old = "an older program kept no clearing numbers: what it paid is known"
    with_payments(ledger, paid(5, None, payee_account="777"), name="d.txt")
    _, later = with_payments(ledger, paid(6, "6700", payee_account="777"), name="e.txt")
    with ledger.read() as connection:
        assert payees.strangers(connection, [later]) == Strangers(0, ()), old


def test_limits_for_accounts_and_payments_are_kept(ledger: Ledger) -> None:
    later = clock.now().date() + timedelta(days=9)
    arrival, _ = with_payments(ledger, note(1, "12.50", day=later), note(2, "20.00", day=later))
    with ledger.write() as writing:
        needs = update(arrivals).where(arrivals.c.id == arrival.id).values(approvals_needed=1)
        writing.connection.execute(needs)
        writing.connection.execute(update(deliveries).values(totals='{"EUR":"32.50"}'))

    def approve(**limits: Any) -> None:
        rules = Rules(approvers={"ben": Approver.model_validate(limits)}, zone=UTC)
        approving.approve(ledger, arrival.id, actor="ben", because="compared", rules=rules)

    with pytest.raises(UseError, match=r"20\.00 EUR is above the limit of 19\.99 EUR for one payment"):
        approve(**{"per payment": {"EUR": Decimal("19.99")}})
    with pytest.raises(UseError, match=f"the account {OWN} is not among those allowed"):
        approve(accounts=[OTHER])
    with pytest.raises(UseError, match=r"32\.50 EUR is above the limit of 32 EUR for one file"):
        approve(**{"per file": {"EUR": Decimal("32")}})
    approve(
        **{"per payment": {"EUR": Decimal("20")}, "accounts": [OWN], "per file": {"EUR": Decimal("32.50")}}
    )


def test_an_account_is_known_under_all_numbers_that_are_certainly_its_own(ledger: Ledger) -> None:
    def paid(
        number: int, account: str, clearing: str | None = None, currency: str = "SEK", **more: Any
    ) -> Any:
        return note(
            number, payee="Bo AB", payee_account=account, clearing=clearing, currency=currency, **more
        )

    with_payments(ledger, paid(1, "SE4550000000058398257466"), paid(2, "8601 1117 947", None, "NOK"))
    _, same = with_payments(
        ledger, paid(3, "825 746-6", "5839"), paid(4, "NO93 8601 1117 947", None, "EUR"), name="b.txt"
    )
    _, other = with_payments(
        ledger, paid(5, "825 746-6", "5840"), paid(6, "8601 1117 947", None, "SEK"), name="c.txt"
    )
    with ledger.read() as connection:
        assert payees.strangers(connection, [same]) == Strangers(0, ())
        told = payees.strangers(connection, [other])
    assert [each.account for each in told.first] == ["5840-8257466"]
