"""What can be asked about payments. Their stage is that of their own row or, until a bank has spoken, of their file."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, case, false, func, or_, select

from exchange.accounts import compact
from exchange.errors import UnknownNameError
from exchange.ledger import bulk, queries
from exchange.ledger.payment_tables import answers, batches, payments
from exchange.ledger.payments import UNIT, amount_of, stored
from exchange.ledger.rows import Arrival, Delivery, Event
from exchange.ledger.schema import arrivals, deliveries, events
from exchange.ledger.stages import PAYMENT_STAGES
from exchange.ledger.unsettled import OWN_STAGES
from exchange.outcome import REFUSED
from exchange.past import Ordered

_posting = arrivals.alias("posting")
STAGE: ColumnElement[str] = case(
    (and_(payments.c.stage == "booked", _posting.c.stage.in_(("delivered", "done"))), "posted"),
    (payments.c.stage != "ordered", payments.c.stage),
    (deliveries.c.stage == "delivered", "sent"),
    (deliveries.c.stage == "withdrawn", "withdrawn"),
    (arrivals.c.stage == "approved", "approved"),
    else_=payments.c.stage,
).label("present")
"""How far a payment is, in a query that joins it with its file (`joined`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One payment that leaves. stage: as in `PAYMENT_STAGES`; event: the last one that moved it by itself."""

    n: int
    stage: str
    flow: str
    key: str | None
    amount: Decimal
    currency: str
    execution_date: date | None
    account: str | None
    payee: str | None
    payee_account: str | None
    reference: str | None
    invoices: str | None
    text: str | None
    message_id: str | None
    payment_info_id: str | None
    instruction_id: str | None
    end_to_end_id: str | None
    code: str | None
    reason: str | None
    arrival: str
    line: int | None
    delivery: str
    file: str
    target: str
    delivered_at: int | None
    batch: int
    event: int | None

    @property
    def id(self) -> str:
        """What people and events call it."""
        return f"P{self.n}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which payments. payee: a part of the name, or an account; text: an id of any kind; days: of execution; late: only
    those of these batches that are of these stages, and those with these numbers.
    """

    stages: Collection[str] = ()
    flow: str | None = None
    account: str | None = None
    since: date | None = None
    until: date | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    payee: str | None = None
    any_id: str | None = None
    arrival: str | None = None
    late: tuple[Collection[tuple[int, str]], Collection[int]] | None = None


@dataclass(frozen=True, slots=True)
class Sum:
    """How many payments of one stage and currency there are, and of how much."""

    stage: str
    currency: str
    count: int
    amount: Decimal


def find(connection: Connection, wanted: Wanted, limit: int = queries.LIMIT) -> list[Payment]:
    """The payments that are wanted, the newest first."""
    query = _filtered(Select(*_COLUMNS), wanted).order_by(payments.c.n.desc()).limit(limit)
    return [_payment(row) for row in connection.execute(query)]


def numbered(connection: Connection, numbers: Collection[int]) -> dict[int, Payment]:
    """Some payments by their numbers; not too many at once."""
    query = joined(Select(*_COLUMNS)).where(payments.c.n.in_(numbers))
    return {row.n: _payment(row) for row in connection.execute(query)}


def sums(connection: Connection, wanted: Wanted) -> list[Sum]:
    """The payments that are wanted, added up by stage and currency."""
    whole, rest = payments.c.amount // UNIT, payments.c.amount % UNIT
    columns: tuple[Any, ...] = (STAGE, batches.c.currency, func.count(), func.sum(whole), func.sum(rest))
    query = _filtered(Select(*columns), wanted).group_by(STAGE, batches.c.currency)
    made = [
        Sum(stage, currency, count, amount_of(int(units) * UNIT + int(parts)))
        for stage, currency, count, units, parts in connection.execute(query)
    ]
    return sorted(made, key=lambda each: (PAYMENT_STAGES.index(each.stage), each.currency))


def sent(
    connection: Connection, message_id: str, payment_info_id: str | None, after: int, limit: int = 1_000
) -> list[tuple[int, Ordered]]:
    """Payments of a file (or of one batch of it) that a bank can still refuse or has refused, each with its number, from
    the one after a number on. None where several files have that id: nobody knows which of them is meant.
    """
    meant = [batches.c.message_id == message_id, deliveries.c.stage != "withdrawn"]
    if payment_info_id is not None:
        meant.append(batches.c.payment_info_id == payment_info_id)
    one_file = select(func.count(batches.c.delivery.distinct()) == 1).select_from(batches.join(deliveries))
    query = joined(Select(*_COLUMNS, arrivals.c.name.label("source"))).where(
        *meant,
        one_file.where(*meant).correlate(None).scalar_subquery(),
        payments.c.stage.in_(("ordered", "received", "accepted", "rejected", "cancelled")),
        payments.c.n > after,
    )
    rows = connection.execute(query.order_by(payments.c.n).limit(limit))
    return [(row.n, _ordered(_payment(row), row.source)) for row in rows]


def sent_as(connection: Connection, numbers: Collection[int]) -> dict[int, Ordered]:
    """Payments as they were sent, by their numbers."""
    made: dict[int, Ordered] = {}
    query = joined(Select(*_COLUMNS, arrivals.c.name.label("source")))
    for some in bulk.portions(sorted(numbers)):
        rows = connection.execute(query.where(payments.c.n.in_(some)))
        made |= {row.n: _ordered(_payment(row), row.source) for row in rows}
    return made


def _ordered(payment: Payment, source: str) -> Ordered:
    known = {name: getattr(payment, name) for name in Ordered._fields if name != "source"}
    return Ordered(**known, source=source)


def one(connection: Connection, text: str) -> Payment:
    """The payment with that number (P17), or the only one with that id of any kind."""
    if text[:1] in "Pp" and text[1:].isdigit():
        query = joined(Select(*_COLUMNS)).where(payments.c.n == int(text[1:]))
        found = [_payment(row) for row in connection.execute(query)]
    else:
        found = []
    found = found or find(connection, Wanted(any_id=text), limit=6)
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(f"{each.id} ({each.payee}, {each.amount} {each.currency})" for each in found)
        raise UnknownNameError(
            f"More than one payment has the id {text!r}: {names}.", advice="Give its number."
        )
    raise UnknownNameError(
        f"There is no payment {text!r}.",
        advice="Give its number (such as P17), its id at the source, or an id of the payment file.",
    )


@dataclass(frozen=True, slots=True)
class PaymentStory:
    """Everything the ledger knows of one payment: its file on the way to the bank, its events, and what banks told."""

    payment: Payment
    arrival: Arrival
    delivery: Delivery
    events: Sequence[Event]
    answers: Sequence[Told]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one file told of a payment, its batch or its file. kind: status, booking, return."""

    at: int
    kind: str
    verdict: str
    status: str | None
    code: str | None
    reason: str | None
    day: str | None
    reference: str | None
    arrival: str
    file: str


def story(connection: Connection, text: str) -> PaymentStory:
    """The whole story of one payment, in the order in which it happened."""
    payment = one(connection, text)
    happened = queries.events(connection, [payment.arrival, payment.delivery, payment.id])
    return PaymentStory(
        payment,
        queries.arrival(connection, payment.arrival),
        queries.delivery(connection, payment.delivery),
        happened,
        _told(connection, payment),
    )


def _told(connection: Connection, payment: Payment) -> list[Told]:
    """What banks told, in the order in which it came."""
    own = (answers.c[name] for name in Told.__slots__ if name not in ("at", "file"))
    columns: list[Any] = [*own, events.c.at, arrivals.c.name.label("file")]
    mine = or_(answers.c.payment == payment.n, answers.c.batch == payment.batch)
    query: Any = (
        Select(*columns)
        .join(events, events.c.n == answers.c.event)
        .join(arrivals, arrivals.c.id == answers.c.arrival)
        .where(mine)
        .order_by(answers.c.n)
    )
    return [Told(**row._mapping) for row in connection.execute(query)]


_refused = (
    Select(answers.c.reason)
    .where(answers.c.payment == payments.c.n, answers.c.verdict.in_(REFUSED))
    .order_by(answers.c.n.desc())
    .limit(1)
    .correlate(payments)
    .scalar_subquery()
)
"""Why a bank refused a payment although its money had left."""
_COLUMNS: tuple[Any, ...] = (
    payments,
    func.coalesce(payments.c.reason, case((payments.c.stage == "booked", _refused))).label("why"),
    STAGE,
    *(batches.c[name] for name in ("message_id", "payment_info_id", "account", "currency", "execution_date")),
    batches.c.delivery,
    deliveries.c.flow,
    deliveries.c.arrival,
    deliveries.c.name.label("file"),
    deliveries.c.target,
    deliveries.c.delivered_at,
)
_TAKEN = [name for name in Payment.__slots__ if name not in ("stage", "amount", "execution_date", "reason")]


def _payment(row: Any) -> Payment:
    day = row.execution_date
    return Payment(
        stage=row.present,
        amount=amount_of(row.amount),
        execution_date=None if day is None else date.fromisoformat(day),
        reason=row.why,
        **{name: getattr(row, name) for name in _TAKEN},
    )


def joined(query: Select[Any]) -> Select[Any]:
    """Payments with their batch, their file and the arrival it was made of."""
    return (
        query.select_from(payments)
        .join(batches, batches.c.n == payments.c.batch)
        .join(deliveries, deliveries.c.id == batches.c.delivery)
        .join(arrivals, arrivals.c.id == deliveries.c.arrival)
        .join(_posting, _posting.c.id == payments.c.posting, isouter=True)
    )


def _filtered(query: Select[Any], wanted: Wanted) -> Select[Any]:
    query = joined(query)
    if wanted.stages:
        query = query.where(STAGE.in_(wanted.stages))
    equal = {
        deliveries.c.flow: wanted.flow,
        batches.c.account: compact(wanted.account) or None,
        deliveries.c.arrival: wanted.arrival,
    }
    for column, value in equal.items():
        query = query if value is None else query.where(column == value)
    if wanted.since is not None:
        query = query.where(batches.c.execution_date >= wanted.since.isoformat())
    if wanted.until is not None:
        query = query.where(batches.c.execution_date <= wanted.until.isoformat())
    if wanted.least is not None:
        query = query.where(payments.c.amount >= stored(wanted.least))
    if wanted.most is not None:
        query = query.where(payments.c.amount <= stored(wanted.most))
    if wanted.payee is not None:
        query = query.where(_is_payee(wanted.payee))
    if wanted.any_id is not None:
        ids = [payments.c[name] for name in ("key", "end_to_end_id", "instruction_id")]
        ids += [batches.c[name] for name in ("message_id", "payment_info_id")]
        query = query.where(or_(*(column == wanted.any_id for column in ids)))
    return query if wanted.late is None else query.where(_late(*wanted.late))


def _is_payee(text: str) -> ColumnElement[bool]:
    """Payments to a payee by a part of the name, or by the account. Databases know small and capital letters of English only."""
    spelled = {text.lower(), text.upper(), text.title()}
    named = (func.lower(payments.c.payee).contains(_small(each), autoescape=True) for each in sorted(spelled))
    return or_(*named, payments.c.payee_account == compact(text))


def _small(text: str) -> str:
    """As SQLite's lower(): the letters A to Z alone."""
    return "".join(each.lower() if each.isascii() else each for each in text)


def payers(connection: Connection) -> list[str]:
    """The accounts from which payments leave."""
    found = connection.execute(select(batches.c.account).where(batches.c.account.is_not(None)).distinct())
    return [row.account for row in found]


def payees(connection: Connection) -> list[str]:
    """To whom payments go, by name."""
    found = connection.execute(select(payments.c.payee).where(payments.c.payee.is_not(None)).distinct())
    return [row.payee for row in found]


def is_payee(connection: Connection, text: str) -> bool:
    """Whether any payment goes to a payee of that name, or part of a name, or account."""
    return connection.execute(select(payments.c.n).where(_is_payee(text)).limit(1)).first() is not None


def _late(wanted: Iterable[tuple[int, str]], numbers: Collection[int]) -> ColumnElement[bool]:
    """Payments of batches, by the stage of their rows, and single ones. There may be more than a database takes values."""
    by_stage: dict[str, list[int]] = {}
    for batch, stage in wanted:
        by_stage.setdefault(OWN_STAGES[stage], []).append(batch)
    return or_(
        payments.c.n.in_(_written("late_numbers", numbers)) if numbers else false(),
        *(
            and_(payments.c.stage == own, payments.c.batch.in_(_written(f"late_{own}", some)))
            for own, some in by_stage.items()
        ),
    )


def _written(name: str, numbers: Collection[int]) -> Any:
    """Numbers that stand in the statement itself."""
    return bindparam(name, list(numbers), expanding=True, literal_execute=True)
