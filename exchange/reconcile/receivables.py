"""Receipts against open receivables: a checked reference and the exact amount decide, everything else is a person's.

Every decision carries its rule and a sentence. A tie is never decided. One open item is used once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from exchange.findings import Found, code
from exchange.model import LINE, PATH, Batch, Record
from exchange.reconcile import references

RULE = "reference-and-amount"

OPEN_ITEM_UNCHECKED = code(
    "REC001",
    "warning",
    "Open item {number}: the reference {value} cannot be relied on: {reason}.",
    advice="Correct the reference in the sales ledger; until then payments with it are not matched.",
)


@dataclass(slots=True)
class OpenItems:
    """The open items of one sales ledger by comparable reference, and which of them were used.

    Memory grows with the number of open items, not with the statement.
    """

    by_reference: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    used: dict[int, Record] = field(default_factory=dict)

    @classmethod
    def load(cls, batches: Iterable[Batch], found: Found) -> OpenItems:
        """Take up receivables (`common/receivable`); items without a sound reference can never be matched by it."""
        items = cls()
        for batch in batches:
            for item in batch:
                items._add(item, found)
        return items

    def _add(self, item: Record, found: Found) -> None:
        reference = item["reference"]
        if reference is None:
            return
        reason = references.fault(reference)
        if reason:
            found(
                OPEN_ITEM_UNCHECKED.at(
                    line=item.get(LINE), value=reference, number=item["number"], reason=reason
                )
            )
            return
        self.by_reference[references.comparable(reference)].append(item)


def match(transactions: Iterable[Batch], items: OpenItems) -> Iterator[Batch]:
    """One decision (`common/match`) for each bank transaction (`common/bank-transaction`), in order."""
    for batch in transactions:
        yield [_decide(transaction, items) for transaction in batch]


def _decide(transaction: Record, items: OpenItems) -> Record:
    reason = _not_a_receipt(transaction) or _unreliable(transaction)
    if reason:
        return _unmatched(transaction, reason)
    candidates = items.by_reference.get(references.comparable(transaction["reference"]), [])
    return _choose(transaction, candidates, items)


def _not_a_receipt(transaction: Record) -> str | None:
    if transaction["status"] != "booked":
        return f"The bank has not booked it yet ({transaction['status']})."
    if transaction["returned_reason"]:
        return f"It is a return ({transaction['returned_reason']}): an earlier payment came back."
    if transaction["reversal"]:
        return "It takes back an earlier entry."
    if transaction["amount"] <= 0:
        return "Money went out: it cannot pay a receivable."
    return None


def _unreliable(transaction: Record) -> str | None:
    reference = transaction["reference"]
    if not reference:
        return "The payer gave no structured reference."
    reason = references.fault(reference)
    return f"The reference {reference} cannot be relied on: {reason}." if reason else None


def _choose(transaction: Record, candidates: list[Record], items: OpenItems) -> Record:
    if not candidates:
        return _unmatched(transaction, f"No open invoice has the reference {transaction['reference']}.")
    unused = [item for item in candidates if id(item) not in items.used]
    if not unused:
        return _unmatched(
            transaction, f"Invoice {_numbers(candidates)} was already paid by an earlier entry: paid twice?"
        )
    exact = [item for item in unused if _same_money(item, transaction)]
    if len(exact) == 1:
        items.used[id(exact[0])] = transaction
        return _matched(transaction, exact[0])
    if exact:
        return _unmatched(transaction, f"Several open invoices fit equally well: {_numbers(exact)}.")
    return _unmatched(transaction, _difference(transaction, unused))


def _same_money(item: Record, transaction: Record) -> bool:
    return bool(item["currency"] == transaction["currency"] and item["open"] == transaction["amount"])


def _difference(transaction: Record, items: list[Record]) -> str:
    wanted = ", ".join(f"{item['open']} {item['currency']} of invoice {item['number']}" for item in items)
    paid = f"{transaction['amount']} {transaction['currency']}"
    if len(items) == 1 and items[0]["currency"] == transaction["currency"]:
        gap = transaction["amount"] - items[0]["open"]
        return f"The reference fits, the amount does not: {paid} paid, {wanted} open ({_signed(gap)})."
    return f"The reference fits, the amount does not: {paid} paid, open are {wanted}."


def _signed(gap: Decimal) -> str:
    return f"{abs(gap)} too {'much' if gap > 0 else 'little'}"


def _numbers(items: list[Record]) -> str:
    return ", ".join(item["number"] for item in items)


def _matched(transaction: Record, item: Record) -> Record:
    reason = f"Reference {transaction['reference']} and amount are those of open invoice {item['number']}."
    return _decision(transaction, "matched", RULE, reason, item)


def _unmatched(transaction: Record, reason: str) -> Record:
    return _decision(transaction, "unmatched", None, reason, None)


def _decision(
    transaction: Record, decision: str, rule: str | None, reason: str, item: Record | None
) -> Record:
    result: dict[str, Any] = {
        "decision": decision,
        "rule": rule,
        "reason": reason,
        "amount": transaction["amount"],
        "currency": transaction["currency"],
        "transaction": transaction,
        "receivable": item,
    }
    return result | {key: transaction[key] for key in (LINE, PATH) if key in transaction}
