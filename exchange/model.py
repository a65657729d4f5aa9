"""The nouns that every layer shares: records, shapes and the facts about an arrival. Imports nothing of ours.

A **record** is a plain dict, because the hot path builds millions of them:

- every declared field is a key; its value is `str`, `int`, `Decimal`, `date`, `datetime`, `time`, `bool`, a nested
  dict (a structure), a list of dicts (children), or `None`: *empty*. Empty is not zero and not "";
- an **ancestor** (the statement of an entry) stands under the name of its kind: `record["statement"]["id"]`. All
  records below one ancestor share the same dict object; writers open a new envelope when the object changes;
- keys that begin with `@` are not fields: `@kind` (name of the record's kind), `@line` (physical line, from 1, or the
  ordinal where a format has no lines), `@path` (XPath or JSON pointer, only where the format has one), `@key` (the
  business key that a mapping gave).

A **document** is a record whose shape is one of `schemas/common/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, Literal

Record = dict[str, Any]
Again = Literal["skip", "hold", "newest", "ask"]
"""What becomes of bytes that came before in the flow: dropped; held; taken again when something else came since, because
the newest file counts; or held then.
"""
Batch = list[Record]
BATCH_SIZE = 250
"""How many records a reader hands on at once: few enough that they stay small while every step makes its own of them."""

KIND, LINE, PATH, KEY = "@kind", "@line", "@path", "@key"


def batches(records: Iterable[Record]) -> Iterator[Batch]:
    """The records in lists of at most `BATCH_SIZE`."""
    rest = iter(records)
    while batch := list(islice(rest, BATCH_SIZE)):
        yield batch


@dataclass(frozen=True, slots=True)
class FieldShape:
    """What the mapping compiler knows of one field. type is one of `declare.layout.TYPES`, "structure" when it has fields."""

    name: str
    type: str
    required: bool = False
    repeated: bool = False
    fields: Mapping[str, FieldShape] = field(default_factory=dict)
    computed: bool = False
    """Filled by the writer (constants and control totals); a mapping need not set it."""
    open: bool = False
    """A structure whose names are not declared (dimensions: an open map of text to text)."""


@dataclass(frozen=True, slots=True)
class KindShape:
    """One kind of record: its fields and, when it stands inside another kind, that kind's name. own: handed on as
    a record although other kinds stand inside it.
    """

    name: str
    fields: Mapping[str, FieldShape]
    inside: str | None = None
    own: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """All kinds of records of a layout. The streamed kinds are those that no other kind stands inside, and those
    that are records of their `own`. standing: the same business key may come again with every later file.
    """

    layout: str
    kinds: Mapping[str, KindShape]
    standing: bool = False

    def ancestors(self, kind: str) -> Iterator[KindShape]:
        """The kinds around a kind, innermost first."""
        inside = self.kinds[kind].inside
        while inside is not None:
            yield self.kinds[inside]
            inside = self.kinds[inside].inside

    def streamed(self) -> tuple[str, ...]:
        """The kinds that a reader hands on one by one, in declared order."""
        around = {kind.inside for kind in self.kinds.values()}
        return tuple(name for name, kind in self.kinds.items() if kind.own or name not in around)


@dataclass(frozen=True, slots=True)
class ArrivalFacts:
    """What expressions and file names may know of an arrival; the same arrival always gives the same facts.

    date and moment are those of the arrival's first sighting (in the site's time zone), never of the run. place: which of the files that
    are made of the arrival and have ids of their own it is, from 1.
    """

    id: str
    flow: str
    name: str
    sha256: str
    moment: datetime
    place: int = 1

    @property
    def file_id(self) -> str:
        """The id of a file that is made of the arrival: no other file has it, whatever else is made of the arrival."""
        return self.id if self.place == 1 else f"{self.id}-{self.place}"

    @property
    def date(self) -> date:
        """The day of the arrival."""
        return self.moment.date()


PAYMENT = "common/payment"
"""The document of a payment: whatever moves money passes through it."""
PAYMENT_IDS = ("message_id", "payment_info_id", "instruction_id", "end_to_end_id")
"""Under which ids a bank knows a payment: of the file, of the batch, of the payment for the bank, and for all."""
AMOUNT_PARTS = 100_000
"""Amounts of payments are kept as whole numbers of this part of the unit, the finest that ISO 20022 writes."""
PAYMENT_FACTS: Mapping[str, str] = {
    "key": "id",
    "amount": f"integer(amount * {AMOUNT_PARTS})",
    "currency": "currency",
    "execution_date": "execution_date",
    "account": "debtor.account",
    "payee": "creditor.name",
    "payee_account": "creditor.account",
    "reference": "reference",
    "invoices": 'join(invoices.number, " ")',
    "text": "text",
    "payee_clearing": 'empty if creditor.account_scheme == "iban" else creditor.clearing',
}
"""What the ledger keeps of a payment beside its ids: where it stands in the document."""
PaymentNote = tuple[Any, ...]
"""One payment that leaves: a pair of the ids of its file and its batch, its line, its two own ids, then PAYMENT_FACTS."""


NO_ARRIVAL = "0" * 26
"""The arrival that a file pretends to be where it is only looked at or tried: always the same."""


@dataclass(frozen=True, slots=True)
class DocumentKey:
    """One business document that went through: its kind (`common/invoice`), business key and amount."""

    kind: str
    key: str
    line: int | None = None
    amount: Decimal | None = None
    currency: str | None = None
    is_standing: bool = False
