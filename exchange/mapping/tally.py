"""What a mapping counted while it ran: records, documents' keys and conserved sums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from exchange.model import DocumentKey, PaymentNote

Keys = list[tuple[str, int | None, Decimal | None, str | None]]
"""Of each result: business key, line, amount, currency."""
Sums = dict[str, dict[Any, tuple[Decimal, Decimal]]]
"""For each conserved sum and each value of its `by` (None without): over the source, over the results."""


def forget(_: Keys) -> None:
    """Where keys go that nobody asks for: of records that are no documents of their own."""


def uncounted(_: object) -> Tally:
    """The tally of a step whose documents nobody asks for."""
    return Tally(spool=forget)


@dataclass(slots=True)
class Tally:
    """Counts of one run. spool: takes the keys of each batch where there may be too many for memory; else
    they are kept. follow: takes the payments of each batch that the ledger is to follow.

    taken: elements gone through; left_out: by `where`; others: records of other kinds in the same file, by kind;
    failed: elements of records with an error; results: handed on.
    """

    spool: Callable[[Keys], None] | None = None
    follow: Callable[[list[PaymentNote]], None] | None = None
    taken: int = 0
    left_out: int = 0
    others: Counter[str] = field(default_factory=Counter)
    failed: int = 0
    results: int = 0
    sums: Sums = field(default_factory=dict)
    keys: Keys = field(default_factory=list)

    def note(self, keys: Keys) -> None:
        """The keys of one batch."""
        if self.spool is None:
            self.keys += keys
        else:
            self.spool(keys)

    def documents(self, kind: str, is_standing: bool = False) -> Iterator[DocumentKey]:
        """The documents noted here; kind: their layout, such as common/invoice; standing as it says."""
        for key, line, amount, currency in self.keys:
            exact = None if amount is None else Decimal(amount)
            yield DocumentKey(kind, key, line, exact, currency, is_standing)
