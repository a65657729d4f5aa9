"""Which payments the bank should have spoken of by now, by the bank days that their flow allows it.

`expect: {answer: 1 bank day, booking: 2 bank days}` in a flow: an answer is due so many bank days after the day on which the
file went out by the bank's cut-off, a booking so many after the day of execution, the return of money that had left so many
after the refusal. A day that is due is waited for to its end, in the time zone of the calendar.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from exchange import clock
from exchange.declare.calendar import LAST_YEAR, Calendar, chosen, earliest
from exchange.declare.flow import Expect, Flow
from exchange.flow.declared import DeclaredSite
from exchange.ledger.payment_queries import Payment
from exchange.ledger.unsettled import Owed, Unsettled, owed, unsettled
from exchange.wording import counted

ANSWER, BOOKING, RETURN = "answer", "booking", "return"
_UNANSWERED = "sent"


@dataclass(frozen=True, slots=True)
class Missing:
    """What the bank owes. what: answer, booking, return; since: the earliest day on which one of them was due, None where it
    cannot be told because no calendar is known.
    """

    what: tuple[str, ...]
    since: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """Payments of one file, day and currency of which the same is missing since the same day."""

    flow: str
    file: str
    delivery: str
    arrival: str
    execution_date: date | None
    currency: str
    missing: tuple[str, ...]
    since: date | None
    count: int
    amount: Decimal

    @property
    def sentence(self) -> str:
        """What is wrong and what to do, for an accountant."""
        payments = counted(self.count, "payment")
        of = f" of {self.execution_date}" if self.execution_date else ""
        which = f"{payments}{of} ({self.amount} {self.currency}, file {self.file})"
        if self.since is None:
            return (
                f"Whether {which} should have {' or '.join(_NAMED[each] for each in self.missing)} by now cannot be told: no calendar of bank "
                f"days is known for {self.currency}. Declare one with `currencies: [{self.currency}]`."
            )
        has = "has" if self.count == 1 else "have"
        return f"{which} {has} {_LACKS[self.missing]} by {self.since}. {_ADVICE[self.missing]}"


_NAMED = {ANSWER: "an answer", BOOKING: "a booking", RETURN: "their money back"}
_LACKS: Mapping[tuple[str, ...], str] = {
    (ANSWER,): "no answer from the bank; it was due",
    (BOOKING,): "not been booked on a statement; that was due",
    (ANSWER, BOOKING): "neither an answer from the bank nor a booking; the first of them was due",
    (RETURN,): "been refused after the booking, and no return is booked; that was due",
}
_BY_HAND = "What it tells by other means, say with `exchange booked` or `exchange cancelled`."
_ASK = (
    "Ask the bank whether it has the file; send it again (`exchange resend`) only if it has not. " + _BY_HAND
)
_ASK_BACK = "Ask the bank for the money; where it came back by another way, say so with `exchange returned`."
_ADVICE: Mapping[tuple[str, ...], str] = {
    (ANSWER,): _ASK,
    (BOOKING,): "Ask the bank, or look whether a statement is missing. " + _BY_HAND,
    (ANSWER, BOOKING): _ASK,
    (RETURN,): _ASK_BACK,
}


@dataclass(frozen=True, slots=True)
class Lateness:
    """What is missing: of the payments of a batch that are of a stage, and of single payments by their numbers."""

    of_batch: dict[tuple[int, str], Missing] = field(default_factory=dict)
    of_payment: dict[int, Missing] = field(default_factory=dict)

    def of(self, payment: Payment) -> Missing | None:
        """What the bank owes of a payment; None where nothing is late."""
        return self.of_payment.get(payment.n) or self.of_batch.get((payment.batch, payment.stage))


def lateness(site: DeclaredSite, connection: Connection) -> tuple[Lateness, Sequence[Late]]:
    """What is missing at this moment: by batch and stage, and in groups that make one sentence each."""
    watched = {name: flow for name, flow in site.declared_flows.items() if flow.expect is not None}
    if not watched:
        return Lateness(), []
    calendars = site.library.calendars()
    found = Lateness()
    groups: dict[tuple[Any, ...], Late] = {}
    now = clock.now()
    for some in unsettled(connection, list(watched)):
        flow = watched[some.flow]
        assert flow.expect is not None
        made = missing(some, flow.expect, calendars, _bank(flow, some), now)
        if made is not None:
            found.of_batch[some.batch, some.stage] = made
            _gather(groups, some, made, some.count)
    for one in owed(connection, [name for name, flow in watched.items() if _return_days(flow) is not None]):
        made = missing_return(one, _return_days(watched[one.flow]) or 0, calendars, now)
        if made is not None:
            found.of_payment[one.n] = made
            _gather(groups, one, made, 1)
    return found, sorted(groups.values(), key=lambda each: (each.since or date.min, each.delivery))


def missing(
    some: Unsettled, expect: Expect, calendars: Mapping[str, Calendar], bank: str | None, now: datetime
) -> Missing | None:
    """What the bank owes of some payments at a moment; None where nothing is due, or all that was expected is there.

    bank: the name of the profile by which the file was written, whose cut-off tells the day on which the file went out.
    """
    wanted = {ANSWER: expect.answer if some.stage == _UNANSWERED else None, BOOKING: expect.booking}
    waited = {what: days for what, days in wanted.items() if days is not None}
    if not waited:
        return None
    calendar = _calendar(some, calendars, bank)
    if calendar is None:
        return Missing(tuple(waited), None)
    today = now.astimezone(ZoneInfo(calendar.zone)).date()
    due = {what: _due(what, days, some, calendars, calendar, bank) for what, days in waited.items()}
    late = {what: day for what, day in due.items() if day < today}
    return Missing(tuple(late), min(late.values())) if late else None


def missing_return(some: Owed, days: int, calendars: Mapping[str, Calendar], now: datetime) -> Missing | None:
    """Whether money that left, of a payment that the bank refused then, should be back by now."""
    calendar = _calendar(some, calendars, None)
    if calendar is None:
        return Missing((RETURN,), None)
    zone = ZoneInfo(calendar.zone)
    told = datetime.fromtimestamp(some.told_at / 1000, UTC).astimezone(zone).date()
    due = calendar.add_bank_days(calendar.next_bank_day(told), days)
    return Missing((RETURN,), due) if due < now.astimezone(zone).date() else None


def _return_days(flow: Flow) -> int | None:
    return flow.expect.return_ if flow.expect is not None else None


def _due(
    what: str,
    days: int,
    some: Unsettled,
    calendars: Mapping[str, Calendar],
    calendar: Calendar,
    bank: str | None,
) -> date:
    """The last day on which it may come."""
    delivered = datetime.fromtimestamp(some.delivered_at / 1000, UTC)
    first = earliest(calendars, calendar, delivered, bank)
    requested = some.execution_date
    if what == BOOKING and requested is not None and requested > first:
        if requested.year >= LAST_YEAR:  # calendars know no days that could be counted from there
            return requested
        first = calendar.next_bank_day(requested)
    return calendar.add_bank_days(first, days)


def _calendar(some: Unsettled | Owed, calendars: Mapping[str, Calendar], bank: str | None) -> Calendar | None:
    """The calendar of the currency; for one without, that of the country of the payer's account, where it is an IBAN."""
    known = chosen(calendars, some.currency, bank)
    account = some.account or ""
    is_iban = account[:2].isalpha() and account[2:4].isdigit()
    return known or (calendars.get(account[:2].lower()) if is_iban else None)


def _bank(flow: Flow, some: Unsettled) -> str | None:
    """The profile by which the file was written, unless the flow sends elsewhere by now."""
    if some.target_index >= len(flow.to) or flow.to[some.target_index].at != some.target:
        return None
    return flow.to[some.target_index].bank


def _gather(groups: dict[tuple[Any, ...], Late], some: Unsettled | Owed, made: Missing, count: int) -> None:
    key = (some.delivery, some.execution_date, some.currency, made)
    known = groups.get(key)
    groups[key] = Late(
        flow=some.flow,
        file=some.file,
        delivery=some.delivery,
        arrival=some.arrival,
        execution_date=some.execution_date,
        currency=some.currency,
        missing=made.what,
        since=made.since,
        count=count + (known.count if known else 0),
        amount=some.amount + (known.amount if known else 0),
    )


def as_dict(late: Late) -> dict[str, Any]:
    """Late payments, for `--json`."""
    row = {name: getattr(late, name) for name in Late.__slots__}
    return {**row, "missing": list(late.missing), "sentence": late.sentence}
