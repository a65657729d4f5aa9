"""Open items, bank transactions and what becomes of them, for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from exchange.declare.parse import parse
from exchange.declare.rules import Rules
from exchange.declare.yaml import load
from exchange.findings import Finding, Found
from exchange.model import Record
from exchange.outcome import MatchRow
from exchange.past import NoPast, Past
from exchange.reconcile import kept
from exchange.reconcile.book import Book
from exchange.reconcile.items import OpenItems, Side
from exchange.reconcile.matching import match
from exchange.reconcile.packed import Kept, Packed
from exchange.reconcile.rulebook import Rulebook, references_only, rulebook

ACCOUNTS = {"discount": "3730", "rounding": "3740", "credit": "2420"}
ALL = """rules: all
accounts: {discount: "3730", rounding: "3740", credit: "2420"}
use:
  told_before: {}
  returns: {}
  batches: {}
  ordered_payment: {}
  reference: {}
  reference_tolerance:
    limits:
      EUR: {units: 50, percent: 0.5}
      SEK: {units: 100, percent: 0.5}
      NOK: {units: 100, percent: 0.5}
      DKK: {units: 100, percent: 0.5}
  cash_discount: {grace: 2}
  part_payment: {}
  overpayment: {}
  invoice_list: {}
  given_back: {}
  text_numbers: {}
  known_payer: {}
  subset: {}
  similar_name: {}
  bank_events: {events: {fee: {account: "6570"}, interest: {account: "8410", incoming: "8310"}, card-settlement: {account: "1686"}}}
  habits: {}
"""


def rules_of(text: str = ALL) -> Rulebook:
    """The rules of a declared text; what is wrong with it fails the test."""
    node, problems = load(text, "schemas/rules/test.yaml")
    assert node is not None and not problems, problems
    declared, problems = parse(Rules, node)
    assert declared is not None, problems
    made, problems = rulebook(declared, node)
    assert made is not None, problems
    return made


def item(
    number: Any, reference: str | None = None, amount: str = "10.00", currency: str = "EUR", **other: Any
) -> Record:
    """A receivable (or, with `supplier`, a payable)."""
    party = {"number": None, "name": None, "business_id": None, "account": None}
    record: Record = {
        "@line": 1,
        "number": str(number),
        "part": None,
        "reference": reference,
        "issued": date(2026, 11, 1),
        "due": date(2026, 11, 30),
        "currency": currency,
        "amount": Decimal(amount),
        "open": Decimal(amount),
        "account": None,
        "discount": None,
        **other,
    }
    for side in ("customer", "supplier"):
        if side in other:
            record[side] = {**party, **other[side]}
    return record if "supplier" in record else {"customer": dict(party), **record}


def moved(amount: str, reference: str | None = None, currency: str = "EUR", **other: Any) -> Record:
    """A movement on the bank account; `payer` and `payers_account` are short for the counterparty."""
    payer, account = other.pop("payer", None), other.pop("payers_account", None)
    return {
        "account": "FI2112345600000785",
        "status": "booked",
        "returned_reason": None,
        "reversal": False,
        "amount": Decimal(amount),
        "currency": currency,
        "reference": reference,
        "booked": date(2026, 11, 20),
        "valued": date(2026, 11, 20),
        "counterparty": {"name": payer, "account": account, "id": other.pop("payers_id", None)},
        "text": None,
        "event": None,
        "invoices": [],
        "batch": None,
        "key": None,
        "entry_ref": None,
        "end_to_end_id": None,
        "statement": None,
        **other,
    }


def decide(
    items: Sequence[Record],
    transactions: Sequence[Record],
    *,
    rules: Rulebook | None = None,
    past: Past | None = None,
    found: Found | None = None,
    keep: type[Packed] | type[Kept] = Packed,
) -> list[Record]:
    """The decisions about these transactions, in the order of the transactions."""
    told: list[Finding] = []
    sides: dict[Side, OpenItems] = {
        "receivable": OpenItems("receivable", keep()),
        "payable": OpenItems("payable", keep()),
    }
    sides["receivable"].load([[each for each in items if "supplier" not in each]], found or told.append, past)
    sides["payable"].load([[each for each in items if "supplier" in each]], found or told.append, past)
    for side in sides.values():
        side.tell_twins(found or told.append)
    book = Book(sides, past or NoPast(), ACCOUNTS)
    entered: list[MatchRow] = []
    book.entered = lambda: entered
    made = []
    for batch in match([list(transactions)], book, rules or rules_of()):
        entered += [kept.row(record, book) for record in batch]
        made += batch
    return sorted(made, key=lambda record: record["@position"])


def of_references(items: Sequence[Record], transactions: Sequence[Record]) -> list[Record]:
    """The decisions where no rules are named."""
    return decide(items, transactions, rules=references_only())


def numbers(record: Mapping[str, Any]) -> list[str]:
    """The open items that a decision paid."""
    return [each["number"] for each in record["allocations"]]
