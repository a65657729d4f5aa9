"""What banks tell about payments: each answer finds its payments by their ids and moves them as far as it may.

The closest word counts: what is said of one payment before what is said of its batch, and that before what is said of the file. An
answer that fits no payment, or contradicts what is known, is a finding for a person; a movement may be about a payment made elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, delete, select, update

from exchange.accounts import compact
from exchange.errors import LedgerError
from exchange.findings import Found, code
from exchange.ledger import bulk, elsewhere, meant
from exchange.ledger.book import Writing
from exchange.ledger.payment_tables import answers, batches, payments
from exchange.ledger.payments import amount_of
from exchange.ledger.rows import Arrival
from exchange.ledger.schema import deliveries
from exchange.ledger.stages import MOVES
from exchange.outcome import REFUSED, Answer

UNKNOWN = code(
    "ANS001",
    "error",
    "The bank speaks of a {level} that is not known here: {value}. It is {verdict}.",
    advice="Find out who sent it. Release this file to let the rest of it count, or reject it.",
)
SEVERAL = code(
    "ANS002",
    "error",
    "The bank's answer fits more than one {level}: {value}. It is {verdict}.",
    advice="Ask the bank which one is meant. Release this file to let the rest of it count.",
)
CONTRADICTS = code(
    "ANS003",
    "error",
    "{value} was {present} before, and now the bank says that it is {verdict}.",
    advice="Ask the bank which of the two holds. Release this file to note this in the payment's life and leave its stage as it is.",
)
NOT_SENT = code(
    "ANS004",
    "error",
    "The bank answers about {value}, but its file has not been sent ({present}).",
    advice="Look whether the file was sent by other means; retry this one when it is delivered.",
)
OTHER_AMOUNT = code(
    "ANS005",
    "warning",
    "A movement names {value}, but is of another amount: {amount}. The payment stays as it is.",
    advice="Compare the movement with the payment; the bank may have taken charges or changed money.",
)
OTHER_SUM = code(
    "ANS006",
    "warning",
    "A movement books the batch {value} with {amount}, but its payments make {sum}. They stay as they are.",
    advice="Ask the bank for the payments of the batch, or which of them it left out.",
)
UNLIKE_WATCHED = code(
    "ANS010",
    "warning",
    "The bank watches payments of {amount} for {value}, but those that were sent from here make {sum}. They stay as they are.",
    advice="Look for the difference: payments that came by another way, or did not arrive.",
)
BOOKED_AFTER_ALL = code(
    "ANS007",
    "warning",
    "{value} was {present}, and yet the money left.",
    advice="Ask the bank at once, and do not pay again before it has answered.",
)
REFUSED_AFTER_BOOKING = code(
    "ANS011",
    "error",
    "{value} was {present} before, and now the bank says that it is {verdict}{why}. The money has left the account, and no "
    "statement shows that it came back.",
    advice="Do not pay again before the money is back. Retry this file when the statement with the return is there; or ask "
    "the bank and release it: the refusal goes on, and the payment stays booked until its money comes back.",
)
ELSEWHERE = code(
    "ANS008",
    "info",
    "A payment left the account that was not sent from here: {value}.",
    advice="That is all right when it was made in the online bank or by another program.",
)
NOT_OURS = code(
    "ANS009",
    "warning",
    "Money came back for a payment that is not known here: {value}.",
    advice="Look for the payment where it was made.",
)
_LEVELS = ("payment", "batch", "file")
_BECOMES = {
    "accepted": "accepted",
    "pending": "received",
    "received": "received",
    "partial": "received",
    "rejected": "rejected",
    "cancelled": "cancelled",
    "booked": "booked",
    "returned": "returned",
}
_LEGAL = {(old, new) for thing, old, new, _ in MOVES if thing == "payment"}
_LEGAL |= {("posted", new) for old, new in _LEGAL if old == "booked"}  # which it is kept as
_RANK = {"sent": 0, "received": 1, "accepted": 2, "booked": 3, "posted": 3, "returned": 4}
"""An answer that says less than is known moves nothing."""
_GONE = ("booked", "posted")


class Heard(NamedTuple):
    """What came of an arrival's answers. open: how many answers of a bank a person must look at; doubts: those of them that
    contradict what is known of a payment, each with its number.
    """

    open: int = 0
    doubts: Sequence[tuple[Answer, int]] = ()


def hear(
    writing: Writing,
    arrival: Arrival,
    told: Iterable[list[Answer]],
    *,
    posts: bool,
    found: Found,
    keys_of: elsewhere.KeysOf,
) -> Heard:
    """Let what an arrival tells count, in place of what an earlier run of it told.

    posts: the arrival makes vouchers of what it books; keys_of: what a payment is for, of those sent elsewhere.
    """
    hearing: _Hearing | None = None
    for level in _LEVELS:
        for some in told:
            hearing = hearing or _Hearing(writing, arrival, posts, found)
            mine = [answer for answer in some if answer.level == level]
            if mine and level == "payment":
                hearing.of_payments(mine)
            for answer in mine if level != "payment" else ():
                hearing.of_batches(answer)
            if level == "payment":
                foreign = [answer for answer in some if answer.level == "none"] + hearing.taken_foreign()
                elsewhere.enter(writing.connection, arrival.id, foreign, keys_of)
    return Heard() if hearing is None else Heard(hearing.open, hearing.doubts)


def note_doubts(writing: Writing, arrival: Arrival, doubts: Sequence[tuple[Answer, int]]) -> None:
    """Write into the lives of payments what a bank said that contradicts them, while its file waits for a person."""
    if doubts:
        _Hearing(writing, arrival, False, lambda finding: None).note(doubts, "payment answer in doubt")


class _Hearing:
    """One arrival's answers. open, doubts: as in `Heard`."""

    def __init__(self, writing: Writing, arrival: Arrival, posts: bool, found: Found) -> None:
        self.writing, self.arrival, self.posts, self.found = writing, arrival, posts, found
        self.open = 0
        self.doubts: list[tuple[Answer, int]] = []
        self._followed: set[str] | None = None
        self._foreign: list[Answer] = []
        writing.connection.execute(delete(answers).where(answers.c.arrival == arrival.id))
        elsewhere.forget(writing.connection, arrival.id)

    def of_payments(self, told: Sequence[Answer]) -> None:
        """Answers about single payments."""
        candidates = meant.candidates(self.writing.connection, told)
        present: dict[int, tuple[str, str]] = {}
        moves: list[tuple[Answer, int, str, str, str]] = []
        notes: list[tuple[Answer, int]] = []
        for answer in told:
            row = self._chosen(answer, candidates)
            if row is None:
                continue
            stage, own = present.get(row.n, (row.present, row.stage))
            new = self._new(answer, row.n, stage)
            if new is None:
                continue
            if new == stage or new == "":
                notes.append((answer, row.n))
                if answer.verdict == stage == "booked":
                    self._post(payments.c.n == row.n)
                continue
            moves.append((answer, row.n, own, stage, new))
            present[row.n] = (new, new)
        self._move(moves)
        self.note(notes)

    def taken_foreign(self) -> list[Answer]:
        """The movements by which no payment of ours was meant, since this was asked last."""
        foreign, self._foreign = self._foreign, []
        return foreign

    def of_batches(self, answer: Answer) -> None:
        """An answer about a whole batch or file; what this arrival says more closely stands."""
        rows = self.writing.connection.execute(self._batches(answer)).all()
        if not rows:
            self._unknown(answer)
            return
        waiting = [row for row in rows if row.stage != "delivered"]
        if waiting:
            self._tell(NOT_SENT, answer, present=waiting[0].stage)
            return
        if answer.kind != "status":
            self._book(answer, rows)
            return
        if len({row.delivery for row in rows}) > 1 and not meant.is_nameless(answer):
            self._tell(SEVERAL, answer, level=answer.level)
            return
        if meant.is_nameless(answer) and not self._has_sum(answer, rows):
            return
        new = _BECOMES.get(answer.verdict)
        said = select(answers.c.batch).where(
            answers.c.arrival == self.arrival.id, answers.c.batch.is_not(None)
        )
        closer = set(self.writing.connection.scalars(said)) if answer.level == "file" else set()
        for row in rows:
            if row.n not in closer:
                self._move_batch(answer, row, new)

    def _chosen(self, answer: Answer, candidates: Sequence[Row[Any]]) -> Row[Any] | None:
        """The one payment that is meant; a finding where there is none, or more than one."""
        rows = [row for row in candidates if meant.may_mean(answer, row)]
        if not rows:
            self._unknown(answer)
            return None
        if answer.kind != "status":
            equal = [row for row in rows if row.amount in answer.amounts]
            if not equal:
                self._tell(OTHER_AMOUNT, answer, value=f"P{rows[0].n}", amount=meant.shown(answer))
                return None
            rows = equal
        rows = meant.narrowed(answer, rows)
        if len(rows) > 1:
            self._tell(SEVERAL, answer, level="payment", value=", ".join(f"P{row.n}" for row in rows[:5]))
            return None
        return rows[0]

    def _new(self, answer: Answer, n: int, present: str) -> str | None:
        """What a payment becomes; "" where the answer is noted only, None where it cannot count."""
        name = f"P{n}"
        new = _BECOMES.get(answer.verdict, "")
        if present in meant.WAITING:
            self._tell(NOT_SENT, answer, value=name, present=present)
            return None
        if not new or new == present or _RANK.get(new, 9) <= _RANK.get(present, -1):
            return ""
        if present == "returned" and new in REFUSED:
            return ""
        if present in _GONE and new in REFUSED:
            self._doubt(REFUSED_AFTER_BOOKING, answer, [n], present=present, why=meant.why(answer))
            return ""
        if (present, new) not in _LEGAL:
            self._doubt(CONTRADICTS, answer, [n], present=present)
            return ""
        if new == "booked" and present in REFUSED:
            self._tell(BOOKED_AFTER_ALL, answer, value=name, present=present)
        return new

    def _move(self, moves: Sequence[tuple[Answer, int, str, str, str]]) -> None:
        """Payments, each from one stage to another with its event."""
        if not moves:
            return
        numbers = self.writing.append(
            (f"P{n}", f"payment {new}", {"from": stage, **self._facts(answer)})
            for answer, n, _, stage, new in moves
        )
        rows = [
            {"at_n": n, "at_stage": own, "stage": new, "event": event, **self._values(answer, new)}
            for (answer, n, own, _, new), event in zip(moves, numbers, strict=True)
        ]
        made = bulk.change(self.writing.connection, payments, rows)
        if made != len(rows):
            raise LedgerError(f"Of {len(rows)} payments only {made} could be moved.")
        self._put(
            [self._row(answer, event, n, None) for (answer, n, *_), event in zip(moves, numbers, strict=True)]
        )

    def note(self, notes: Sequence[tuple[Answer, int]], what: str = "payment answer") -> None:
        """Answers that move nothing: they say what is known, or less, or what contradicts it."""
        if notes:
            numbers = self.writing.append((f"P{n}", what, self._facts(answer)) for answer, n in notes)
            self._put(
                [self._row(answer, event, n, None) for (answer, n), event in zip(notes, numbers, strict=True)]
            )

    def _post(self, which: ColumnElement[bool]) -> None:
        """Bookings that an advice told before, or a person, are posted by the vouchers of the file that tells them again."""
        if self.posts:
            mine = (which, payments.c.stage == "booked")
            self.writing.connection.execute(update(payments).where(*mine).values(posting=self.arrival.id))

    def _move_batch(self, answer: Answer, row: Row[Any], new: str | None) -> None:
        """All payments of a batch that may move so and of which this arrival says nothing closer."""
        what = f"payment {new}" if new else "payment answer"
        facts = {"batch": row.payment_info_id, **self._facts(answer)}
        [event] = self.writing.append([(row.delivery, what, facts)])
        if new is not None:
            closer = select(answers.c.payment).where(
                answers.c.arrival == self.arrival.id, answers.c.payment.is_not(None)
            )
            old = [stage for stage, into in _LEGAL if into == new and stage and stage not in REFUSED]
            old = ["ordered" if stage == "sent" else stage for stage in old]
            self._doubt_booked(answer, row.n, new, closer)
            if new == "booked":
                self._post((payments.c.batch == row.n) & payments.c.posting.is_(None))
            mine = (payments.c.batch == row.n, payments.c.stage.in_(old), payments.c.n.not_in(closer))
            change = update(payments).where(*mine)
            self.writing.connection.execute(
                change.values(stage=new, event=event, **self._values(answer, new))
            )
        self._put([self._row(answer, event, None, row.n)])

    def _doubt_booked(self, answer: Answer, batch: int, new: str, closer: Select[Any]) -> None:
        """A batch is refused of which money has left already."""
        if new in REFUSED:
            gone = select(payments.c.n).where(payments.c.batch == batch, payments.c.stage == "booked")
            numbers = list(self.writing.connection.scalars(gone.where(payments.c.n.not_in(closer))))
            if numbers:
                self._doubt(REFUSED_AFTER_BOOKING, answer, numbers, present="booked", why=meant.why(answer))

    def _doubt(self, kind: Any, answer: Answer, numbers: Sequence[int], **named: Any) -> None:
        """What contradicts payments is told, and kept for their lives."""
        more = f" and {len(numbers) - 5} more" if len(numbers) > 5 else ""
        self._tell(kind, answer, value=", ".join(f"P{n}" for n in numbers[:5]) + more, **named)
        self.doubts += [(answer, n) for n in numbers]

    def _book(self, answer: Answer, rows: Sequence[Row[Any]]) -> None:
        """A movement for a whole batch: it must be of the sum of the payments that were not refused."""
        if not self._has_sum(answer, rows):
            return
        for row in rows:
            self._move_batch(answer, row, _BECOMES[answer.verdict])

    def _has_sum(self, answer: Answer, rows: Sequence[Row[Any]]) -> bool:
        """Whether the answer is of the sum of the payments of these batches that were not refused; else a finding."""
        mine = (payments.c.batch.in_([row.n for row in rows]), payments.c.stage.not_in(REFUSED))
        total = sum(self.writing.connection.scalars(select(payments.c.amount).where(*mine)))
        if total in answer.amounts:
            return True
        other = UNLIKE_WATCHED if answer.kind == "status" else OTHER_SUM
        self._tell(other, answer, amount=meant.shown(answer), sum=amount_of(total))
        return False

    def _batches(self, answer: Answer) -> Select[Any]:
        query = select(batches.c.n, batches.c.delivery, batches.c.payment_info_id, deliveries.c.stage).join(
            deliveries, deliveries.c.id == batches.c.delivery
        )
        if meant.is_nameless(answer):
            day = batches.c.execution_date == answer.day
            query = query.where(batches.c.account == compact(answer.account), day)
            query = query.where(batches.c.currency == answer.currency, deliveries.c.stage == "delivered")
        elif answer.message_id is not None:
            query = query.where(batches.c.message_id == answer.message_id)
        if answer.level == "batch" and answer.payment_info_id is not None:
            query = query.where(batches.c.payment_info_id == answer.payment_info_id)
        elif answer.message_id is None and not meant.is_nameless(answer):
            query = query.where(batches.c.n < 0)
        return query.where(deliveries.c.stage != "withdrawn").order_by(batches.c.n)

    def _unknown(self, answer: Answer) -> None:
        if answer.kind == "status":
            self._tell(UNKNOWN, answer, level=answer.level)
            return
        if answer.level == "payment":
            self._foreign.append(answer)
        if answer.kind == "return":
            self._tell(NOT_OURS, answer)
        elif self._is_followed(answer.account):
            self._tell(ELSEWHERE, answer)

    def _is_followed(self, account: str | None) -> bool:
        """Whether payments from an account are sent from here."""
        if self._followed is None:
            known = select(batches.c.account).where(batches.c.account.is_not(None)).distinct()
            self._followed = set(self.writing.connection.scalars(known))
        return compact(account) in self._followed

    def _tell(self, kind: Any, answer: Answer, **named: Any) -> None:
        self.open += answer.kind == "status" and kind.severity == "error"
        named.setdefault("value", meant.named(answer))
        self.found(kind.at(line=answer.line, verdict=answer.verdict, **named))

    def _facts(self, answer: Answer) -> dict[str, object]:
        """What an event says of an answer: no words of the file, which may name people."""
        facts = {
            "arrival": self.arrival.id,
            "level": answer.level,
            "status": answer.status,
            "code": answer.code,
        }
        return {name: value for name, value in facts.items() if value is not None}

    def _values(self, answer: Answer, new: str) -> dict[str, Any]:
        posting = self.arrival.id if self.posts and new == "booked" else None
        return {"code": answer.code, "reason": answer.reason, "posting": posting}

    def _row(self, answer: Answer, event: int, payment: int | None, batch: int | None) -> dict[str, Any]:
        return {
            "arrival": self.arrival.id,
            "line": answer.line,
            "kind": answer.kind,
            "payment": payment,
            "batch": batch,
            "status": answer.status,
            "verdict": answer.verdict,
            "code": answer.code,
            "reason": answer.reason,
            "amount": answer.amounts[0] if answer.amounts else None,
            "currency": answer.currency,
            "day": answer.day,
            "reference": answer.reference,
            "event": event,
        }

    def _put(self, rows: list[dict[str, Any]]) -> None:
        bulk.put(self.writing.connection, answers, rows)
