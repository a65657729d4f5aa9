"""What earlier decisions tell: which items are settled, who pays from which account, what people decided themselves.

The ledger implements it (`exchange.ledger.matches`); decisions ask and never write.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from exchange.outcome import ON_NOTHING, Basis, MatchedItem


@dataclass(frozen=True, slots=True)
class Settled:
    """What is known of an open item from earlier matches, in smallest units.

    base: what was open at the first of them; closed: how much all together closed. What is left is never more than
    the difference, whatever a sales ledger says that has not booked them yet.
    """

    base: int
    closed: int

    @property
    def left(self) -> int:
        """What is left by our own books."""
        return self.base - self.closed


def known_by(row: Any) -> dict[str, Any]:
    """What of the row of a match an `Earlier` is known by, as its keyword arguments."""
    names = ("units", "currency", "entry", "end_to_end", "payer", "payer_name")
    return {name: getattr(row, name) for name in names}


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier bank transaction that was matched, and how; or that is open, which has closed nothing. id: its case;
    decided_by: the person who matched it, if one did; entry, end_to_end: by what a return names it; payer, payer_name: the
    other party's account and plain name.
    """

    id: str
    booked: date | None
    side: str
    closed: list[MatchedItem]
    postings: Sequence[tuple[str, str, int]] = ()
    """Kind, account and amount (debit positive) of what was booked beside the items."""
    decided_by: str | None = None
    units: int = 0
    currency: str = ""
    entry: str | None = None
    end_to_end: str | None = None
    payer: str | None = None
    payer_name: str | None = None


class ByHand(NamedTuple):
    """A transaction of this file that a person has decided. suspense: the account that it was posted to before that."""

    key: str
    suspense: str | None = None


class Told(NamedTuple):
    """A movement that another file told. case: what people call it; arrival: that file; is_decided: whether it is matched or
    booked; is_statement: it was a statement, not a report of the day or an advice; units: smallest units, signed; suspense: the
    account on which it stands or stood while it was open.
    """

    case: str
    arrival: str
    is_decided: bool
    is_statement: bool
    entry: str
    account: str | None
    booked: str | None
    units: int
    currency: str
    payer: str | None
    end_to_end: str | None
    suspense: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest statement of an account that was taken."""

    id: str
    sequence: str | None
    closing: Decimal | None
    day: date | None
    arrival: str


class Ordered(NamedTuple):
    """A payment that was sent, as a bank's answer may name it. id: what people call it; file: what it was sent in;
    source, line, key: the file that it came with, where it stands there, and under which id.
    """

    id: str
    file: str
    source: str
    line: int | None
    key: str | None
    payment_info_id: str | None
    instruction_id: str | None
    end_to_end_id: str | None
    amount: Decimal
    currency: str
    execution_date: date | None
    account: str | None
    payee: str | None
    payee_account: str | None
    reference: str | None
    invoices: str | None
    text: str | None


def case_id(arrival: str, position: int) -> str:
    """What people call a case: the end of its arrival's identifier, and which transaction of the file it is."""
    return f"{arrival[-8:]}-{position}"


class SetAside(NamedTuple):
    """A movement that a person has closed or booked, so that it pays nothing. what: closed or booked."""

    case: str
    person: str
    what: str


TAKEN_BACK = "(taken back)"
"""Under which counts what a rule that learns had decided alone and a person took back: it speaks against whatever it may decide."""


class Past(Protocol):
    """Everything that a decision may ask of the past."""

    def settled(self, keys: Collection[str]) -> Mapping[str, Settled]:
        """Those of these items that earlier matches have closed in whole or in part."""

    def parties(self, account: str) -> Mapping[str, int]:
        """Whose invoices were paid from an account, by confirmed matches: number of the party → how often; also `TAKEN_BACK`."""

    def bookings(self, mask: str) -> Mapping[str, int]:
        """To which ledger accounts people booked what looks like this: account → how often; also `TAKEN_BACK`."""

    def texts(self, masks: tuple[str, str]) -> Mapping[str, int]:
        """What people matched that looks like this: number of the party → how often the numbers of the text named nothing (the first
        mask); empty text → how often they named what was paid (the second one).
        """

    def paid(self, names: Collection[str], units: int, currency: str) -> Sequence[Earlier]:
        """Earlier transactions of this very amount (signed) with one of these end-to-end ids or bank references: matched and
        not taken back yet, or still open.
        """

    def set_aside(self) -> Mapping[tuple[str, int, str], SetAside]:
        """What people have closed or booked: by end-to-end id or bank reference, signed smallest units and currency."""

    def told(self, entries: Collection[str]) -> Sequence[Told]:
        """What other files have told of booked movements with these references of the bank."""

    def decided(self) -> Sequence[ByHand]:
        """The transactions of this file that a person has decided, in their order; of one key as many as there are."""

    def statement(self, account: str, day: str | None) -> Standing | None:
        """The newest statement of an account up to a day; the newest of all where the day is not told."""

    def taken(self, account: str, id: str, day: str | None) -> str | None:
        """The arrival with which a statement was taken before."""

    def basis(self) -> Basis:
        """What decisions that were made with it rest on."""


class NoPast:
    """Nothing is known yet."""

    def settled(self, keys: Collection[str]) -> Mapping[str, Settled]:
        """None of them."""
        return {}

    def parties(self, account: str) -> Mapping[str, int]:
        """Nobody's."""
        return {}

    def bookings(self, mask: str) -> Mapping[str, int]:
        """Nowhere."""
        return {}

    def texts(self, masks: tuple[str, str]) -> Mapping[str, int]:
        """Nothing."""
        return {}

    def paid(self, names: Collection[str], units: int, currency: str) -> Sequence[Earlier]:
        """None."""
        return ()

    def set_aside(self) -> Mapping[tuple[str, int, str], SetAside]:
        """Nothing."""
        return {}

    def told(self, entries: Collection[str]) -> Sequence[Told]:
        """Nothing."""
        return ()

    def decided(self) -> Sequence[ByHand]:
        """None."""
        return ()

    def statement(self, account: str, day: str | None) -> Standing | None:
        """None."""
        return None

    def taken(self, account: str, id: str, day: str | None) -> str | None:
        """With none."""
        return None

    def basis(self) -> Basis:
        """On nothing."""
        return ON_NOTHING
