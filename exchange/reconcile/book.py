"""Everything that a rule may look at: open items of both sides, what is known of the past, the accounts to book to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from exchange.model import Record
from exchange.outcome import MatchedItem, MatchRow
from exchange.past import TAKEN_BACK, Earlier, NoPast, Past, SetAside, Told, known_by
from exchange.reconcile import money, references, words
from exchange.reconcile.case import Case, Reopened
from exchange.reconcile.items import Item, OpenItems, Side
from exchange.reconcile.names import alike


@dataclass(slots=True)
class Bounds:
    """Days within which an item may be paid by weaker evidence than its reference, and how many are looked at."""

    before_issue: int = 0
    after_due: int = 400


@dataclass(frozen=True, slots=True)
class Suspense:
    """Ledger accounts on which open movements of one currency stand; None: they are not posted."""

    receipts: str | None
    payments: str | None

    def account(self, case: Case) -> str | None:
        """That of a movement: what came back stands where that would stand which it takes back. None for what the bank has
        not booked.
        """
        if case.transaction["status"] != "booked" or not case.units:
            return None
        return self.receipts if (case.units > 0) != case.is_return else self.payments


PROVIDER = "provider"
"""The scheme of a merchant's account at a payment provider: its movements name the order as the shop gave it to the provider."""

Entry = tuple[str, str | None, str]
"""An entry of a statement: its reference, the day and the currency. The account is compared apart, as it has several spellings."""
Movement = tuple[str, str | None, int, str]
"""The same with the amount in smallest units, before the currency."""


@dataclass(slots=True)
class Book:
    """What decisions are made with. accounts: kind of posting → ledger account; suspense: currency → accounts."""

    sides: Mapping[Side, OpenItems]
    past: Past = field(default_factory=NoPast)
    accounts: Mapping[str, str] = field(default_factory=dict)
    bounds: Bounds = field(default_factory=Bounds)
    suspense: Mapping[str, Suspense] = field(default_factory=dict)
    entered: Callable[[], Iterable[MatchRow]] = tuple
    """What was decided of this very file so far; to be gone through whole."""
    called: Callable[[int], str] = "transaction {} of this file".format
    """What people call a transaction of this file, by its place in it."""
    arrival: Callable[[int], str] = "".format
    """Of a transaction, by its place: with which arrival it came."""
    here: Mapping[str, Sequence[Earlier]] = field(default_factory=dict)
    """Matches of this file that may have come back, by the ids of their transactions."""
    taken_back: set[str] = field(default_factory=set)
    """Cases that came back by now."""
    told: dict[Movement, list[Told]] = field(default_factory=dict)
    """What other files told of the movements that pass by now."""
    parts_told: dict[Entry, dict[tuple[str, str | None], list[Told]]] = field(default_factory=dict)
    """The same by entry: of each arrival and account, which of its movements."""
    by_hand: dict[str, list[str | None]] = field(default_factory=dict)
    """What people have decided of this file and has not passed by yet: key of the transaction → for each of that key the
    suspense account to which the file posts it, if it does.
    """

    parts: dict[tuple[str, str], int] = field(default_factory=dict)
    """What payment providers tell of one order in this file, by its number and the currency, in smallest units."""

    _again: dict[str, int] = field(default_factory=dict)
    """What this file opened again of items that the list no longer has."""
    _foreseen: set[str] = field(default_factory=set)
    """References that other files told: their movements are in `told`, or have passed by. No others, of which there are many."""

    def of(self, case: Case) -> OpenItems | None:
        """The open items that a movement can pay; None when there are none of that side."""
        return self.sides.get(case.side)

    def waits_on(self, case: Case) -> str | None:
        """The suspense account that a movement is posted to for as long as nobody has decided about it."""
        accounts = None if case.is_told_apart else self.suspense.get(case.currency)
        return accounts.account(case) if accounts else None

    def recall(self) -> None:
        """Look up what people have decided of this file."""
        for each in self.past.decided():
            self.by_hand.setdefault(each.key, []).append(each.suspense)

    def foresee(self, transactions: Sequence[Record]) -> None:
        """Look up what other files told of these."""
        entries = {each["entry_ref"] for each in transactions if each.get("entry_ref")}
        told = self.past.told(entries - self._foreseen)
        for each in told:
            self.told.setdefault((each.entry, each.booked, each.units, each.currency), []).append(each)
            parts = self.parts_told.setdefault((each.entry, each.booked, each.currency), {})
            parts.setdefault((each.arrival, each.account), []).append(each)
        self._foreseen.update(each.entry for each in told)
        for transaction in transactions:
            if transaction.get("account_scheme") == PROVIDER:
                self._note_part(transaction)

    def _note_part(self, transaction: Record) -> None:
        listed, units = (
            transaction.get("invoices") or [],
            money.minor(transaction["amount"], transaction["currency"]),
        )
        if len(listed) == 1 and listed[0]["number"] and units and units > 0:
            part = words.spelled(listed[0]["number"]), transaction["currency"]
            self.parts[part] = self.parts.get(part, 0) + units

    def came(self, case: Case) -> list[Earlier]:
        """What of earlier files, and which matches of this one, a return can be about: same id, same amount, not taken back."""
        names = ids_of(case)
        past = self.past.paid(names, -case.units, case.currency)
        here = {each.id: each for name in names for each in self.here.get(name, ())}
        mine = [each for each in here.values() if (each.units, each.currency) == (-case.units, case.currency)]
        # what was open is decided by now, when open cases are looked at again
        found = {each.id: each for each in (*past, *mine)}
        return [each for each in found.values() if each.id not in self.taken_back]

    def is_here(self, earlier: Earlier) -> bool:
        """Whether it is a match of this file."""
        return any(earlier in found for found in self.here.values())

    def undone(self, case: Case) -> SetAside | None:
        """What a person has closed or booked of the opposite of this movement: same id, same amount with the other sign."""
        aside = self.past.set_aside()
        found = (aside.get((name, -case.units, case.currency)) for name in ids_of(case)) if aside else ()
        return next(filter(None, found), None)

    def reopened(self, item: MatchedItem, side: Side) -> Reopened:
        """The opposite of what was matched, with what the list still tells of the item, and what is open of it."""
        items = self.sides.get(side)
        found = [] if items is None else items.of_key(item.key)
        issued = found[0].record.get("issued") if found else None
        return Reopened.of(item, side, issued, found[0].left if len(found) == 1 else self._left(item.key))

    def _left(self, key: str) -> int | None:
        """What is left by our own books of an item that the list no longer has."""
        known = self.past.settled([key]).get(key)
        return None if known is None else known.left + self._again.get(key, 0)

    def open_again(self, back: Reopened) -> None:
        """Note that an item is open again."""
        items = self.sides.get(back.side)
        if items is not None and items.of_key(back.key):
            items.open_again(back.key, -back.closed)
        else:
            self._again[back.key] = self._again.get(back.key, 0) - back.closed

    def look_here(self, names: Collection[str]) -> bool:
        """Look up the matches of this file whose transactions have these ids; whether there are any."""
        found: dict[str, list[Earlier]] = {}
        for row in self.entered():
            mine = {row.end_to_end, row.entry} & set(names) if row.decision == "matched" else ()
            for name in mine:
                found.setdefault(str(name), []).append(_earlier(self.called(row.position), row))
        self.here = found
        return bool(found)

    def payable(self, case: Case, items: list[Item]) -> list[Item]:
        """Those of these items that are open, in the movement's currency, and stand in the list once."""
        open_items = self.of(case)
        return [
            item
            for item in items
            if item.left
            and item.record["currency"] == case.currency
            and not (open_items and open_items.is_doubtful(item))
        ]

    def in_time(self, case: Case, item: Item) -> bool:
        """Whether the payment came while the item could be paid; a day that is not known is no hindrance."""
        booked = case.transaction.get("booked") or case.transaction.get("valued")
        issued, due = item.record.get("issued"), item.record.get("due")
        if booked is None:
            return True
        early = issued is not None and booked < issued - timedelta(days=self.bounds.before_issue)
        late = due is not None and booked > due + timedelta(days=self.bounds.after_due)
        return not (early or late)

    def learned(self, case: Case) -> Mapping[str, int]:
        """Whose invoices the payer's account has paid before: number of the party → how often."""
        return {party: times for party, times in self._of_account(case).items() if party != TAKEN_BACK}

    def refuted(self, case: Case) -> int:
        """How often people took back what only the payer's account had decided."""
        return self._of_account(case).get(TAKEN_BACK, 0)

    def _of_account(self, case: Case) -> Mapping[str, int]:
        account = case.payer.get("account")
        return self.past.parties(references.compact(account)) if account else {}

    def agreement(self, case: Case, item: Item) -> str | None:
        """Why payer and the item's party are the same, in words; None when nothing says so."""
        payer, party = case.payer, item.party
        account, own = payer.get("account"), party.get("account")
        if account and own and references.account_number(account) == references.account_number(own):
            return f"the account {account} is that of {_called(party)} in the ledger"
        if _is_id(payer.get("id"), party.get("business_id")):
            return f"the payer's id {payer['id']} is that of {_called(party)}"
        if _is_id(payer.get("id"), party.get("number")):
            return f"the payer's id {payer['id']} is the number of {_called(party)}"
        learned = self.learned(case)
        if party.get("number") and set(learned) == {party["number"]}:
            return f"the account {account} has paid for {_called(party)} before"
        if _named(payer.get("name"), party):
            return f"the payer's name is that of {_called(party)}"
        if _named(payer.get("ultimate"), party):
            return f"it was paid on behalf of {_called(party)}"
        return None

    def contradiction(self, case: Case, item: Item) -> str | None:
        """Why the payer must be somebody else, in words. What goes out goes to an account of the supplier: another one than the
        ledger knows may be another supplier's, who uses the same references.
        """
        paid, own = case.payer.get("account"), item.party.get("account")
        if case.side == "payable" and paid and own and references.are_different(paid, own):
            return (
                f"the money went to {paid}, and the account of {_called(item.party)} in the ledger is {own}"
            )
        learned = self.learned(case)
        number = item.party.get("number")
        if learned and number and number not in learned:
            return (
                f"the account {case.payer['account']} has only paid for {', '.join(sorted(learned))} so far"
            )
        return None


def _is_id(told: str | None, own: str | None) -> bool:
    """Whether two ids of a company are one: banks and ledgers put signs into them as they like."""
    spelled = [words.spelled(text or "") for text in (told, own)]
    return bool(spelled[0]) and spelled[0] == spelled[1]


def _named(name: str | None, party: Record) -> bool:
    return bool(name and party.get("name") and alike(name, party["name"]))


def movement_of(case: Case) -> Movement | None:
    """By what a movement is known again in another file; None where the bank gives it no reference."""
    transaction = case.transaction
    entry, booked = transaction.get("entry_ref"), transaction.get("booked")
    day = booked.isoformat() if booked else None
    return (entry, day, case.units, case.currency) if entry else None


def ids_of(case: Case) -> list[str]:
    """By what a return names the movement that came back."""
    named = [case.transaction.get(name) for name in ("end_to_end_id", "instruction_id", "entry_ref")]
    return [name for name in named if name]


def _earlier(id: str, row: MatchRow) -> Earlier:
    booked = date.fromisoformat(row.booked) if row.booked else None
    return Earlier(id, booked, row.side or "", list(row.items), row.postings, **known_by(row))


def _called(party: Mapping[str, str | None]) -> str:
    return str(party.get("name") or party.get("number") or "the party")
