"""What the ledger keeps of a decision: enough to list it, to learn from it, to take it back, and to say why."""

from __future__ import annotations

import json
from typing import Any

from exchange.model import Record
from exchange.outcome import MatchedItem, MatchRow
from exchange.reconcile import money, references, words
from exchange.reconcile.book import Book
from exchange.reconcile.case import EVIDENCE, PAID, POSITION, UNITS, Reopened, key_of

TEACHING = ("reference", "person")
"""Rules whose evidence is not who paid: they tell whose account it is."""


def row(record: Record, book: Book) -> MatchRow:
    """The row of a decision (`common/match`)."""
    transaction = record["transaction"]
    payer = transaction.get("counterparty") or {}
    booked = transaction.get("booked")
    decision, rule = record["decision"], record["rule"]
    is_open = decision not in ("matched", "booked")
    return MatchRow(
        position=record[POSITION],
        key=key_of(transaction),
        bank_account=transaction.get("account"),
        booked=booked.isoformat() if booked else None,
        units=record[UNITS],
        currency=record["currency"],
        decision=decision,
        rule=rule,
        side=record["side"],
        reason=record["reason"],
        evidence=_json(record[EVIDENCE]),
        proposals=_json(record["proposals"]),
        payer=references.compact(payer["account"]) if payer.get("account") else None,
        payer_name=payer.get("name") or None,
        mask=_mask(record),
        # by its entry a movement is known again: what the bank has not booked comes again as another one
        entry=transaction.get("entry_ref") if transaction["status"] == "booked" else None,
        end_to_end=transaction.get("end_to_end_id"),
        teaches=decision == "matched" and rule in TEACHING,
        items=tuple(_item(each, book) for each in record["allocations"]),
        postings=()
        if is_open
        else tuple(
            (each["kind"], each["account"], money.minor(each["amount"], record["currency"]) or 0)
            for each in record["postings"]
        ),
        suspense=next((each["account"] for each in record["postings"]), None)
        if is_open
        else record["suspense"],
    )


def _mask(record: Record) -> str:
    """What the movement has in common with others, for what people decide the same way each time. Of what a person has matched: how
    texts look whose numbers name the items, and those whose numbers mean something else.
    """
    transaction = record["transaction"]
    if record["decision"] != "matched":
        return words.mask(transaction)
    text = transaction.get("text") or ""
    if record["rule"] != "person" or not words.loose(text):
        return ""
    own = [name for each in record["allocations"] for name in (each["number"], each["party"]["number"] or "")]
    is_foreign = words.foreign(text, own) == words.loose(text)
    return words.foreign_mask(transaction) if is_foreign else words.naming_mask(transaction)


def _item(allocation: Record, book: Book) -> MatchedItem:
    paid, party = allocation[PAID], allocation["party"]
    if isinstance(paid, Reopened):
        key, base, known = paid.key, paid.base, paid.known
    else:
        side, place = book.sides[paid.item.side], paid.item.place
        key, base, known = paid.item.key, side.base(place), side.known(place)
    return MatchedItem(
        key,
        allocation["number"],
        party["number"] or "",
        party["name"] or "",
        allocation["account"],
        paid.used,
        paid.closed,
        base,
        known,
    )


_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str).encode


def _json(value: Any) -> str:
    return _encode(value) if value else ""
