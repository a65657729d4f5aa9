"""Open items of one ledger, found by what a payment may say of them, with what is left of each in whole units.

Memory: some 200 bytes an item when they are packed, and eight for each way to find one that is really used.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple

from exchange.findings import Found, code
from exchange.model import LINE, Batch, Record
from exchange.past import NoPast, Past, Settled
from exchange.reconcile import money, references, words
from exchange.reconcile.index import Index
from exchange.reconcile.names import plain, words_of
from exchange.reconcile.packed import Kept, Packed

Side = Literal["receivable", "payable"]
PARTY: dict[Side, str] = {"receivable": "customer", "payable": "supplier"}
SIDES: dict[str, Side] = {"common/receivable": "receivable", "common/payable": "payable"}
"""Documents that can be matched, and which ledger's they are."""

OPEN_ITEM_UNCHECKED = code(
    "REC001",
    "warning",
    "Open item {number}: the reference {value} cannot be relied on: {reason}.",
    advice="Correct the reference in the sales ledger; until then payments with it are not matched.",
)
OPEN_ITEM_TWICE = code(
    "REC002",
    "warning",
    "Open item {value} stands more than once in the list of open items; none of them is matched by itself.",
    advice="Give each part its own `part`, or correct the list.",
)
OPEN_ITEM_AMOUNT = code(
    "REC003",
    "warning",
    "Open item {number}: {value} is not a whole number of the smallest units of its currency; it is never matched.",
    advice="Correct the amount or the currency in the list of open items.",
)


class Item(NamedTuple):
    """One open item as it is now. left: in smallest units, what earlier matches have left of it."""

    place: int
    record: Record
    side: Side
    left: int

    @property
    def party(self) -> Record:
        """The customer or supplier; empty when nobody is named."""
        return self.record.get(PARTY[self.side]) or {}

    @property
    def key(self) -> str:
        """What makes it the same item in every list."""
        return key_of(self.record, self.side)


def key_of(record: Record, side: Side) -> str:
    """Side, party, number, part and currency of an open item."""
    party = record.get(PARTY[side]) or {}
    return "/".join(
        (side, party.get("number") or "", record["number"], record.get("part") or "", record["currency"])
    )


class OpenItems:
    """The open items of one side."""

    def __init__(self, side: Side, store: Packed | Kept | None = None) -> None:
        self.side = side
        self._store = Packed() if store is None else store
        self._left = array("q")
        self._base = array("q")
        self._known = array("q")
        self._references = Index()
        self._keys = Index()
        self._others: dict[str, Index] = {}
        self._doubtful: set[int] = set()

    def __len__(self) -> int:
        return len(self._store)

    def load(self, batches: Iterable[Batch], found: Found, past: Past | None = None) -> OpenItems:
        """Take up open items; may be called again with those of another file."""
        known = past or NoPast()
        for batch in batches:
            whole = [(record, units) for record in batch if (units := _units(record, found)) is not None]
            keys = [key_of(record, self.side) for record, _ in whole]
            settled = known.settled(keys)
            for (record, units), key in zip(whole, keys, strict=True):
                before = settled.get(key)
                left = units if before is None else _nearer_nought(units, before.left)
                self._keys.add(key, len(self._left))
                self._add(record, left, before or Settled(left, 0), found)
        return self

    def tell_twins(self, found: Found) -> None:
        """Note items that stand in the list twice; no rule decides about them."""
        for places in self._keys.twins():
            keys: dict[str, list[int]] = {}
            for place in places:
                keys.setdefault(key_of(self._store.get(place), self.side), []).append(place)
            for together in keys.values():
                if len(together) > 1:
                    self._doubtful.update(together)
                    found(OPEN_ITEM_TWICE.at(value=self._store.get(together[0])["number"]))

    def _add(self, record: Record, left: int, before: Settled, found: Found) -> None:
        place = self._store.put(record)
        self._left.append(left)
        self._base.append(before.base)
        self._known.append(before.closed)
        reference = record.get("reference")
        if reference is None:
            return
        reason = references.fault(reference)
        if reason is None:
            self._references.add(references.comparable(reference), place)
        else:
            facts = {"number": record["number"], "reason": reason}
            found(OPEN_ITEM_UNCHECKED.at(line=record.get(LINE), value=reference, **facts))

    def get(self, place: int) -> Item:
        """The item at a place."""
        return Item(place, self._store.get(place), self.side, self._left[place])

    def base(self, place: int) -> int:
        """What was open before the first match that is known."""
        return self._base[place]

    def known(self, place: int) -> int:
        """How much earlier matches had closed of it when it was read."""
        return self._known[place]

    def is_doubtful(self, item: Item) -> bool:
        """Whether the list has the item twice."""
        return item.place in self._doubtful

    def take(self, place: int, units: int) -> None:
        """Close so much of an item."""
        self._left[place] -= units

    def open_again(self, key: str, units: int) -> None:
        """So much of an item is open again, where the list has it."""
        for item in self.of_key(key):
            self._left[item.place] += units

    def of_key(self, key: str) -> list[Item]:
        """The items that are this one: one, none where the list has it not, or several where it has it twice."""
        return [item for place in self._keys.places(key) if (item := self.get(place)).key == key]

    def of_reference(self, reference: str) -> list[Item]:
        """The items with this reference, however it is spelled, in the order of the ledger."""
        wanted = references.comparable(reference)
        return [
            item
            for item in map(self.get, self._references.places(wanted))
            if item.record["reference"] == reference
            or references.comparable(item.record["reference"]) == wanted
        ]

    def of_number(self, number: str) -> list[Item]:
        """The items with this number; case, blanks, signs and leading zeros do not matter."""
        return self._found("number", words.spelled(number), _spelled)

    def of_credited(self, number: str) -> list[Item]:
        """The credit notes that take back the invoice or order with this number."""
        return self._found("credited", words.spelled(number), _credited)

    def of_digits(self, text: str) -> list[Item]:
        """The items whose number has these digits, and letters besides."""
        return self._found("digits", text, _digits)

    def of_party(self, number: str) -> list[Item]:
        """The items of a customer or supplier, in the order of the ledger."""
        return self._found("party", number, self._party_number)

    def of_owner(self, item: Item) -> list[Item]:
        """All items of the customer or supplier who has this one, itself among them; of nobody known, none."""
        return self._found("owner", owner_of(item), owner_of)

    def of_account(self, account: str) -> list[Item]:
        """The items of whoever has this bank account by the ledger itself."""
        return self._found("account", references.account_number(account), self._party_account)

    def of_name(self, name: str) -> list[Item]:
        """The items of parties that are called so: the same words, in any order and spelling."""
        return self._found("name", words_of(name), _called)

    def of_payment(self, ordered: str) -> list[Item]:
        """The items that a payment was ordered for, by its end-to-end id."""
        return self._found("payment", ordered, _payment)

    def of_amount(self, units: int, currency: str) -> list[Item]:
        """The items of which just so much was open when they were read and is left."""
        wanted = f"{units} {currency}"
        index = self._others.get("amount") or self._indexed(
            "amount", lambda item: f"{item.left} {item.record['currency']}"
        )
        found = map(self.get, index.places(wanted))
        return [item for item in found if item.left == units and item.record["currency"] == currency]

    def _found(self, way: str, text: str, value: Callable[[Item], str]) -> list[Item]:
        if not text:
            return []
        index = self._others.get(way) or self._indexed(way, value)
        return [item for item in map(self.get, index.places(text)) if value(item) == text]

    def _indexed(self, way: str, value: Callable[[Item], str]) -> Index:
        """A way to find items, made when a rule first goes it."""
        index = self._others[way] = Index()
        for item in self._all():
            if text := value(item):
                index.add(text, item.place)
        return index

    def _all(self) -> Iterator[Item]:
        return map(self.get, range(len(self._store)))

    def _party_number(self, item: Item) -> str:
        return item.party.get("number") or ""

    def _party_account(self, item: Item) -> str:
        return references.account_number(item.party.get("account") or "")


def _spelled(item: Item) -> str:
    return words.spelled(item.record["number"])


def _credited(item: Item) -> str:
    return words.spelled(item.record.get("credits") or "")


def owner_of(item: Item) -> str:
    """Who has an item: by number, or by name where the ledger has no numbers."""
    return item.party.get("number") or plain(item.party.get("name") or "")


def _called(item: Item) -> str:
    return words_of(item.party.get("name") or "")


def _payment(item: Item) -> str:
    return item.record.get("payment_id") or ""


def _digits(item: Item) -> str:
    found = words.digits(item.record["number"])
    return "" if found == _spelled(item) else found


def _units(record: Record, found: Found) -> int | None:
    units = money.minor(record["open"], record["currency"])
    if units is None:
        found(
            OPEN_ITEM_AMOUNT.at(
                line=record.get(LINE),
                value=f"{record['open']} {record['currency']}",
                number=record["number"],
            )
        )
    return units


def _nearer_nought(listed: int, ours: int) -> int:
    """What is left of an item for sure: the list may not know our matches yet, we do not know what others booked."""
    if listed < 0:
        return max(listed, min(ours, 0))
    return min(listed, max(ours, 0))
