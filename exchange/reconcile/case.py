"""One bank transaction that waits for a decision, and what a decision is made of.

Signs: units of a case are those of the movement (receipts positive). `closed` is what an item loses (negative for a
credit note), `used` what of the money went there. `booked` and the amounts of postings are voucher amounts: debit
positive; together with the movement itself they come to nought.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from exchange.model import LINE, PATH, Record
from exchange.outcome import MatchedItem
from exchange.reconcile import money
from exchange.reconcile.items import Item, Side

PAID, POSITION, UNITS, EVIDENCE = "@paid", "@position", "@units", "@evidence"
"""Marks on a decision for those who follow it: what an allocation was made of, which transaction of the file it is (from
1), its amount in smallest units, and the facts it rests on.
"""
Outcome = Literal["matched", "booked", "closed"]


@dataclass(frozen=True, slots=True)
class Allocation:
    """So much of the money went to this item and closed so much of it."""

    item: Item
    used: int
    closed: int


@dataclass(frozen=True, slots=True)
class Posting:
    """What is booked beside the items. kind: discount, rounding, credit, fee …; units: debit positive."""

    kind: str
    account: str
    units: int
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a rule would do, if it may not do it alone. items: numbers of the open items; account: to book to."""

    rule: str
    reason: str
    items: tuple[str, ...] = ()
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Reopened:
    """An earlier match that this movement takes back: the items are open again by so much. open: what was open before, where it is known."""

    key: str
    number: str
    party: str
    name: str
    account: str | None
    used: int
    closed: int
    base: int
    known: int
    side: Side
    issued: date | None = None
    open: int | None = None

    @classmethod
    def of(cls, item: MatchedItem, side: Side, issued: date | None, is_open: int | None) -> Reopened:
        """The opposite of what was matched. issued: the day of the item; is_open: what is open of it before; as far as they are known."""
        opposite = item._replace(used=-item.used, closed=-item.closed)
        return cls(**opposite._asdict(), side=side, issued=issued, open=is_open)


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of a transaction, by which rule, in a sentence, on what evidence."""

    rule: str
    reason: str
    outcome: Outcome = "matched"
    allocations: Sequence[Allocation] = ()
    postings: Sequence[Posting] = ()
    reopened: Sequence[Reopened] = ()
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Case:
    """A transaction on its way through the rules. units: smallest units of its currency, signed; position: in its file."""

    position: int
    transaction: Record
    units: int
    notes: list[str] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    at_least: str | None = None
    """What there is to say where no rule has anything to note."""
    is_closed: bool = False
    is_return: bool = False
    """Money that came back: no rule but `returns` looks at it."""
    is_undone: bool = False
    """A person has decided about what took it back: no rule looks at it."""
    is_told_apart: bool = False
    """Its payments stand in a file of their own: whoever matches that file posts them, so that the sum is not posted besides."""

    @property
    def currency(self) -> str:
        """The currency of the movement."""
        return self.transaction["currency"]  # type: ignore[no-any-return]

    @property
    def side(self) -> Side:
        """Whose open items it can pay."""
        return "receivable" if self.units > 0 else "payable"

    @property
    def paid(self) -> int:
        """How much was paid, without a sign."""
        return abs(self.units)

    @property
    def payer(self) -> Record:
        """The other party, as far as the bank tells."""
        return self.transaction.get("counterparty") or {}

    @property
    def names(self) -> list[str]:
        """Who paid, and on whose behalf where that is somebody else."""
        return [name for key in ("name", "ultimate") if (name := self.payer.get(key))]

    @property
    def text(self) -> str:
        """The free text."""
        return self.transaction.get("text") or ""

    def money(self, units: int) -> str:
        """An amount for a sentence."""
        return f"{money.major(units, self.currency)} {self.currency}"

    def note(self, reason: str) -> None:
        """Why a rule could not decide: told when none can."""
        self.notes.append(reason)

    def lead(self, reason: str) -> None:
        """The closest word on why no rule could decide: told before all others."""
        self.notes.insert(0, reason)

    def close(self, reason: str) -> None:
        """No rule may decide this one: a person must."""
        self.notes.insert(0, reason)
        self.is_closed = True

    def propose(self, rule: str, reason: str, items: Sequence[Item] = (), account: str | None = None) -> None:
        """Something for a person to accept or not; the same items are proposed once, by the strongest rule."""
        numbers = tuple(item.record["number"] for item in items)
        if not any((known.items, known.account) == (numbers, account) for known in self.proposals):
            self.proposals.append(Proposal(rule, reason, numbers, account))


_TELLING = (
    "key", "account", "booked", "valued", "amount", "currency", "entry_ref", "end_to_end_id", "reference", "text",
)  # fmt: skip
"""What makes a transaction another one, where the bank gives it no reference of its own."""


def key_of(transaction: Record) -> str:
    """By what a transaction is known again when its file is read once more: its key where that rests on the bank's own
    reference, or else everything that the bank tells of it (a key made of day and amount is that of others, too). Two that
    are alike in all of that have one key; which of them is which makes no difference.
    """
    if transaction.get("key") is not None and transaction.get("entry_ref"):
        return str(transaction["key"])
    payer, statement = transaction.get("counterparty") or {}, transaction.get("statement") or {}
    told = [*map(transaction.get, _TELLING), payer.get("name"), payer.get("account"), statement.get("id")]
    text = "\n".join(repr(None if each is None else str(each)) for each in told)
    return f"content:{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def matched(case: Case, decision: Decision) -> Record:
    """The document of a decision."""
    sides = [*(each.side for each in decision.reopened), *(each.item.side for each in decision.allocations)]
    side = sides[0] if sides else case.side
    return {
        **_head(case, decision.outcome, decision.rule, decision.reason),
        "side": side if decision.outcome == "matched" else None,
        "allocations": [
            *(_allocation(case, each) for each in decision.allocations),
            *(_reopened(case, each) for each in decision.reopened),
        ],
        "postings": [
            {
                "kind": each.kind,
                "account": each.account,
                "amount": money.major(each.units, case.currency),
                "text": each.text,
            }
            for each in decision.postings
        ],
        "proposals": [],
        EVIDENCE: decision.evidence,
    }


def unmatched(case: Case, suspense: str | None = None) -> Record:
    """The document of a transaction that no rule decided. suspense: the ledger account that it is posted to meanwhile."""
    proposals = [
        {
            "rule": each.rule,
            "reason": each.reason,
            "items": ", ".join(each.items) or None,
            "account": each.account,
        }
        for each in case.proposals
    ]
    rest: Record = {"side": None, "allocations": [], "proposals": proposals, EVIDENCE: {}}
    return {
        **_head(case, "unmatched", None, case.notes[0]),
        "postings": _on_suspense(case, suspense),
        **rest,
    }


def decided_before(position: int, transaction: Record, suspense: str | None = None) -> Record:
    """The document of a transaction that a person has decided: nothing more is made of it. suspense: the account that it was
    posted to before the person decided; what the person decided posts it from there.
    """
    units = money.minor(transaction["amount"], transaction["currency"])
    case = Case(position, transaction, units or 0)
    reason = "This one was decided after the file had been read; that stays as it is."
    rest: Record = {"side": None, "allocations": [], "proposals": [], EVIDENCE: {}}
    return {**_head(case, "decided", None, reason), "postings": _on_suspense(case, suspense), **rest}


def _on_suspense(case: Case, account: str | None) -> list[Record]:
    text = " ".join(filter(None, (case.payer.get("name"), case.text))) or None
    amount = money.major(-case.units, case.currency)
    return [{"kind": "suspense", "account": account, "amount": amount, "text": text}] if account else []


def _head(case: Case, decision: str, rule: str | None, reason: str) -> Record:
    transaction = case.transaction
    head: Record = {
        "case": None,
        "decision": decision,
        "rule": rule,
        "reason": reason,
        "amount": transaction["amount"],
        "currency": transaction["currency"],
        "suspense": None,
        "transaction": transaction,
        POSITION: case.position,
        UNITS: case.units,
    }
    return head | {key: transaction[key] for key in (LINE, PATH) if key in transaction}


def _allocation(case: Case, each: Allocation) -> Record:
    record, party, left = each.item.record, each.item.party, each.item.left
    amounts = _amounts(case, each.item.side, each.used, each.closed)
    whole = left == each.closed
    return {
        "number": record["number"],
        "kind": "credit" if left < 0 else "invoice",
        "reference": record.get("reference"),
        "party": {"number": party.get("number"), "name": party.get("name")},
        "issued": record.get("issued"),
        "due": record.get("due"),
        "account": record.get("account"),
        **amounts,
        "open": amounts["closed"] if whole else money.major(left, case.currency),
        "left": money.nought(case.currency) if whole else money.major(left - each.closed, case.currency),
        PAID: each,
    }


def _reopened(case: Case, each: Reopened) -> Record:
    before = each.open
    return {
        "number": each.number,
        "kind": "reopened",
        "reference": None,
        "party": {"number": each.party or None, "name": each.name or None},
        "issued": each.issued,
        "due": None,
        "account": each.account,
        **_amounts(case, each.side, each.used, each.closed),
        "open": None if before is None else money.major(before, case.currency),
        "left": None if before is None else money.major(before - each.closed, case.currency),
        PAID: each,
    }


def _amounts(case: Case, side: Side, used: int, closed: int) -> dict[str, Decimal]:
    """What was paid, what was closed, and the difference, for the ledger; what is booked, for the voucher."""
    amount = money.major(used, case.currency)
    exact = used == closed
    gone = amount if exact else money.major(closed, case.currency)
    return {
        "amount": amount,
        "closed": gone,
        "difference": money.nought(case.currency) if exact else money.major(closed - used, case.currency),
        "booked": -gone if side == "receivable" else gone,
    }
