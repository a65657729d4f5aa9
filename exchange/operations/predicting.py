"""When a bank is expected to carry out the payments of a file: by the bank days of the currency and, where it is known, the
bank's cut-off. A prediction for people; nothing in a file is changed by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from exchange.declare.calendar import Calendar, chosen, earliest
from exchange.findings import Finding
from exchange.flow.content import Intake, run_chain
from exchange.flow.library import Chain
from exchange.mapping.tally import uncounted
from exchange.model import ArrivalFacts, Record

PAYMENT = "common/payment"
SALARY = "salary"


@dataclass(frozen=True, slots=True)
class Execution:
    """Payments of one requested day, currency and purpose. expected: None where no calendar is known; why: a sentence
    where it is another day than requested, or where it cannot be told.
    """

    requested: date
    currency: str
    expected: date | None
    calendar: str | None
    payments: int
    amount: Decimal
    why: str = ""


def executions(
    intake: Intake,
    chain: Chain,
    path: Path,
    facts: ArrivalFacts,
    calendars: Mapping[str, Calendar],
    bank: str | None,
) -> list[Execution]:
    """The expected days of all payments that pass through these mappings; none where no payments do.

    bank: the name of its profile, by which its cut-off is found. The moment of the arrival is that of the facts.
    """
    steps = _until_payments([*intake.chain, *chain])
    if steps is None:
        return []
    found: dict[tuple[date, str, str, str], Execution] = {}
    with path.open("rb") as stream:
        incoming = intake.reader.read(stream, _told, None)
        for batch in run_chain(incoming, steps, facts, _told, uncounted):
            for payment in batch:
                _add(found, payment, facts, calendars, bank)
    return [found[key] for key in sorted(found)]


def _until_payments(chain: Chain) -> Chain | None:
    """The mappings up to the last that gives payments, as they are ordered of the bank; None when none does."""
    for number in range(len(chain), 0, -1):
        if any(step.target == PAYMENT for step in chain[number - 1]):
            return chain[:number]
    return None


def _add(
    found: dict[tuple[date, str, str, str], Execution],
    payment: Record,
    facts: ArrivalFacts,
    calendars: Mapping[str, Calendar],
    bank: str | None,
) -> None:
    requested, currency, amount = (payment.get(name) for name in ("execution_date", "currency", "amount"))
    if not (isinstance(requested, date) and isinstance(currency, str) and isinstance(amount, Decimal)):
        return
    urgency, purpose = str(payment.get("urgency") or "normal"), str(payment.get("purpose") or "")
    key = (requested, currency, urgency, purpose)
    known = found.get(key) or predicted(requested, currency, urgency, purpose, facts, calendars, bank)
    found[key] = replace(known, payments=known.payments + 1, amount=known.amount + amount)


def predicted(
    requested: date,
    currency: str,
    urgency: str,
    purpose: str,
    facts: ArrivalFacts,
    calendars: Mapping[str, Calendar],
    bank: str | None,
) -> Execution:
    """The expected day of one kind of payment, with no payments counted yet.

    On a closed day banks pay on the next bank day, salaries on the one before; instant payments are paid every day.
    """
    calendar = chosen(calendars, currency, bank)
    none = Execution(requested, currency, None, calendar.calendar if calendar else None, 0, Decimal(0))
    if urgency == "instant":
        arrived = facts.moment.date()
        why = "" if requested >= arrived else f"The file comes in on {arrived}, after that day."
        return replace(none, expected=max(requested, arrived), why=why)
    if calendar is None:
        return replace(none, why=f"No calendar of bank days is known for {currency}.")
    first = earliest(calendars, calendar, facts.moment, bank)
    reasons = []
    day = requested
    if not calendar.is_bank_day(day):
        reasons.append(f"{day} is no bank day of {calendar.meaning} ({calendar.why_closed(day)})")
        back = purpose == SALARY and calendar.add_bank_days(day, -1) >= first
        day = calendar.add_bank_days(day, -1) if back else calendar.next_bank_day(day)
    if day < first:
        reasons.append(
            f"what comes in at {facts.moment:%Y-%m-%d %H:%M} is carried out on {first} at the earliest"
        )
        day = first
    return replace(none, expected=day, why=_sentence(reasons))


def _sentence(reasons: Sequence[str]) -> str:
    text = "; ".join(reasons)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def differing(all_: Sequence[Execution]) -> Iterator[Execution]:
    """Those that are expected on another day than requested, or of which nothing can be told."""
    return (each for each in all_ if each.why or each.expected != each.requested)


def _told(_: Finding) -> None:
    """What is wrong with the file is told by the run itself."""
