"""Receipts against open receivables: a checked reference and the exact amount decide, everything else is a person's.

Every decision carries its rule and a sentence. A tie is never decided. One open item is used once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from exchange.findings import Found, code
from exchange.model import LINE, PATH, Batch, Record
from exchange.reconcile import references
from exchange.reconcile.packed import Kept, Packed

RULE = "reference-and-amount"

OPEN_ITEM_UNCHECKED = code(
    "REC001",
    "warning",
    "Open item {number}: the reference {value} cannot be relied on: {reason}.",
    advice="Correct the reference in the sales ledger; until then payments with it are not matched.",
)


class Open(NamedTuple):
    """One open item, and its place in the ledger's list."""

    place: int
    item: Record


class OpenItems:
    """The open items of one sales ledger by comparable reference, and which of them were used.

    Memory grows with the number of open items (some 300 bytes each when they are packed), not with the statement.
    """

    def __init__(self, store: Packed | Kept) -> None:
        self._store = store
        self._places: dict[str, int | tuple[int, ...]] = {}
        self._used = bytearray()

    @classmethod
    def load(cls, batches: Iterable[Batch], found: Found, store: Packed | Kept | None = None) -> OpenItems:
        """Take up receivables (`common/receivable`); items without a sound reference can never be matched by it."""
        items = cls(Packed() if store is None else store)
        for batch in batches:
            for item in batch:
                items._add(item, found)
        items._used = bytearray(len(items._store))
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
        place = self._store.put(item)
        before = self._places.setdefault(references.comparable(reference), place)
        if before != place:
            together = before if isinstance(before, tuple) else (before,)
            self._places[references.comparable(reference)] = (*together, place)

    def of(self, reference: str) -> list[Open]:
        """The items with this reference, however it is spelled, in the order of the ledger."""
        places = self._places.get(references.comparable(reference), ())
        together = places if isinstance(places, tuple) else (places,)
        return [Open(place, self._store.get(place)) for place in together]

    def is_used(self, place: int) -> bool:
        """Whether an earlier receipt paid this item."""
        return bool(self._used[place])

    def use(self, place: int) -> None:
        """Note that a receipt paid this item."""
        self._used[place] = 1


def match(transactions: Iterable[Batch], items: OpenItems) -> Iterator[Batch]:
    """One decision (`common/match`) for each bank transaction (`common/bank-transaction`), in order."""
    for batch in transactions:
        yield [_decide(transaction, items) for transaction in batch]


def _decide(transaction: Record, items: OpenItems) -> Record:
    reason = _not_a_receipt(transaction)
    if reason:
        return _unmatched(transaction, reason)
    reference = transaction["reference"]
    if not reference:
        return _unmatched(transaction, "The payer gave no structured reference.")
    candidates = items.of(reference)
    if not any(known.item["reference"] == reference for known in candidates):  # those in the ledger are sound
        fault = references.fault(reference)
        if fault:
            return _unmatched(transaction, f"The reference {reference} cannot be relied on: {fault}.")
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


def _choose(transaction: Record, candidates: list[Open], items: OpenItems) -> Record:
    if not candidates:
        return _unmatched(transaction, f"No open invoice has the reference {transaction['reference']}.")
    unused = [known for known in candidates if not items.is_used(known.place)]
    if not unused:
        return _unmatched(
            transaction, f"Invoice {_numbers(candidates)} was already paid by an earlier entry: paid twice?"
        )
    exact = [known for known in unused if _same_money(known.item, transaction)]
    if len(exact) == 1:
        items.use(exact[0].place)
        return _matched(transaction, exact[0].item)
    if exact:
        return _unmatched(transaction, f"Several open invoices fit equally well: {_numbers(exact)}.")
    return _unmatched(transaction, _difference(transaction, unused))


def _same_money(item: Record, transaction: Record) -> bool:
    return bool(item["currency"] == transaction["currency"] and item["open"] == transaction["amount"])


def _difference(transaction: Record, unused: list[Open]) -> str:
    items = [known.item for known in unused]
    wanted = ", ".join(f"{item['open']} {item['currency']} of invoice {item['number']}" for item in items)
    paid = f"{transaction['amount']} {transaction['currency']}"
    if len(items) == 1 and items[0]["currency"] == transaction["currency"]:
        gap = transaction["amount"] - items[0]["open"]
        return f"The reference fits, the amount does not: {paid} paid, {wanted} open ({_signed(gap)})."
    return f"The reference fits, the amount does not: {paid} paid, open are {wanted}."


def _signed(gap: Decimal) -> str:
    return f"{abs(gap)} too {'much' if gap > 0 else 'little'}"


def _numbers(known: list[Open]) -> str:
    return ", ".join(each.item["number"] for each in known)


def _matched(transaction: Record, item: Record) -> Record:
    reason = f"Reference {transaction['reference']} and amount are those of open invoice {item['number']}."
    return _decision(transaction, "matched", RULE, reason, item)


def _unmatched(transaction: Record, reason: str) -> Record:
    return _decision(transaction, "unmatched", None, reason, None)


def _decision(
    transaction: Record, decision: str, rule: str | None, reason: str, item: Record | None
) -> Record:
    result: Record = {
        "decision": decision,
        "rule": rule,
        "reason": reason,
        "amount": transaction["amount"],
        "currency": transaction["currency"],
        "transaction": transaction,
        "receivable": item,
    }
    for key in (LINE, PATH):
        if key in transaction:
            result[key] = transaction[key]
    return result
