"""What a flow's documents tell about payments that left: a bank's answers, and what a statement or an advice books.

A flow whose documents are `common/payment-status` or `common/bank-transaction` tells the ledger by that alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from exchange.model import AMOUNT_PARTS, LINE, Batch, Record
from exchange.outcome import Answer

STATUS, TRANSACTION = "common/payment-status", "common/bank-transaction"
Words = Callable[[str], str | None]
"""The meaning of a reason's code, None where it is not known."""


def told(
    batches: Iterator[Batch], document: str, words: Words, add: Callable[[list[Answer]], None]
) -> Iterator[Batch]:
    """The same documents; what they tell of payments goes to `add`."""
    answer = _status if document == STATUS else movement
    for batch in batches:
        answers = [made for record in batch if (made := answer(record, words)) is not None]
        if answers:
            add(answers)
        yield batch


def _status(record: Record, words: Words) -> Answer:
    """A bank's answer about a file, a batch or a payment."""
    code, reason = _reasons(record["reasons"], words)
    creditor = record["creditor"] or {}
    return Answer(
        line=record.get(LINE),
        kind="status",
        level=record["level"],
        verdict=record["verdict"],
        status=record["status"],
        message_id=record["original_message_id"],
        payment_info_id=record["payment_info_id"],
        instruction_id=record["instruction_id"],
        end_to_end_id=record["end_to_end_id"],
        amounts=_parts(record["amount"]),
        currency=record["currency"],
        day=_day(record["execution_date"]),
        account=record["debtor_account"],
        payee_account=creditor.get("account"),
        code=code,
        reason=reason,
        reference=record["message_id"],
    )


def movement(record: Record, words: Words) -> Answer | None:
    """Money that left, or came back; None where the movement cannot be about a payment of ours."""
    amount: Decimal = record["amount"]
    returned = amount > 0 and (
        record["returned_reason"] is not None or record["event"] == "return" or record["reversal"]
    )
    if record["status"] != "booked" or (amount >= 0 and not returned):
        return None
    batch, original = record["batch"] or {}, record["original_amount"] or {}
    other, code = record["counterparty"] or {}, record["returned_reason"]
    own = record["end_to_end_id"] or record["instruction_id"]
    inside = batch.get("payment_info_id") or batch.get("message_id")
    is_one = own is not None or (not returned and other.get("account") is not None)
    if not is_one and not inside:
        return None
    return Answer(
        line=record.get(LINE),
        kind="return" if returned else "booking",
        level="batch" if not is_one else "payment" if own or inside else "none",
        verdict="returned" if returned else "booked",
        status=None,
        message_id=batch.get("message_id"),
        payment_info_id=batch.get("payment_info_id"),
        instruction_id=record["instruction_id"],
        end_to_end_id=record["end_to_end_id"],
        amounts=_parts(
            abs(amount), original.get("amount"), abs(amount) - abs(record["charges"] or Decimal(0))
        ),
        currency=record["currency"],
        day=_day(record["booked"]),
        account=record["account"],
        payee_account=other.get("account"),
        code=code,
        reason=None if code is None else _worded(code, words),
        reference=record["entry_ref"],
        purpose=None if returned else _purpose(record, other),
    )


def _purpose(record: Record, payee: Record) -> tuple[str | None, str | None, str | None, str | None]:
    """What a payment was for: the payee's name, the reference, numbers of invoices, the text."""
    invoices = " ".join(each["number"] for each in record.get("invoices") or () if each.get("number"))
    return payee.get("name"), record["reference"], invoices or None, record["text"]


def _reasons(reasons: list[Record], words: Words) -> tuple[str | None, str | None]:
    """The first code, and everything that the reasons say, in words."""
    codes = [reason["code"] or reason["proprietary"] for reason in reasons]
    said = [
        " ".join(filter(None, (_worded(code, words) if code else None, reason["text"])))
        for code, reason in zip(codes, reasons, strict=True)
    ]
    return next(filter(None, codes), None), " ".join(dict.fromkeys(filter(None, said))) or None


def _worded(code: str, words: Words) -> str:
    meaning = words(code)
    return f"{code}: {meaning}." if meaning else f"{code}."


def _day(day: Any) -> str | None:
    return None if day is None else str(day.isoformat())


def _parts(*amounts: Decimal | None) -> tuple[int, ...]:
    """Amounts as the ledger keeps them; those that are too exact for that are no amount of a payment."""
    kept = [amount * AMOUNT_PARTS for amount in amounts if amount is not None]
    return tuple(dict.fromkeys(int(each) for each in kept if each == int(each)))
