"""Records kept by the hundred thousand: packed into one block of bytes, and unpacked when one of them is looked at.
Or, where the records themselves are wanted again, simply kept.

A record of fifteen fields takes some 150 bytes instead of a kilobyte and a half, and is no object that the garbage
collector walks over.

>>> packed = Packed()
>>> place = packed.put({"number": "7", "open": Decimal("12.30"), "due": date(2026, 11, 30)})
>>> packed.get(place)
{'number': '7', 'open': Decimal('12.30'), 'due': datetime.date(2026, 11, 30)}
"""

from __future__ import annotations

import marshal
import pickle
from array import array
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from exchange.model import Record


class Kept:
    """Records by their place, from 0: the very same ones, whatever they hold."""

    def __init__(self) -> None:
        self._records: list[Record] = []

    def __len__(self) -> int:
        return len(self._records)

    def put(self, record: Record) -> int:
        """Keep a record; its place."""
        self._records.append(record)
        return len(self._records) - 1

    def get(self, place: int) -> Record:
        """The record of a place."""
        return self._records[place]


class Packed:
    """Records by their place, from 0: equal ones. They must hold declared values only."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._starts = array("Q")
        self._forms: dict[tuple[Any, ...], _Form] = {}
        self._numbered: list[_Form] = []

    def __len__(self) -> int:
        return len(self._starts)

    def put(self, record: Record) -> int:
        """Keep a record; its place."""
        self._starts.append(len(self._bytes))
        self._bytes += marshal.dumps(self._flat(record))
        return len(self._starts) - 1

    def get(self, place: int) -> Record:
        """The record of a place, as it was."""
        start = self._starts[place]
        end = self._starts[place + 1] if place + 1 < len(self._starts) else len(self._bytes)
        return self._record(marshal.loads(self._bytes[start:end]))

    def _flat(self, record: Record) -> list[Any]:
        """The values of a record as `marshal` takes them, and behind them the number of its form."""
        form = self._forms.get((*record, *map(type, record.values()))) or self._learned(record)
        values = list(record.values())
        for place, flat, _ in form.others:
            values[place] = flat(values[place])
        values.append(form.number)
        return values

    def _record(self, values: list[Any]) -> Record:
        form = self._numbered[values.pop()]
        for place, _, whole in form.others:
            values[place] = whole(values[place])
        return dict(zip(form.names, values, strict=True))

    def _learned(self, record: Record) -> _Form:
        """The form of a record that is the first of its kind."""
        kinds = [type(value) for value in record.values()]
        ways: dict[type, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
            Decimal: (str, Decimal),
            date: (date.isoformat, _day),
            dict: (self._flat, self._record),
        }
        others = [
            (place, *ways.get(kind, (pickle.dumps, pickle.loads)))
            for place, kind in enumerate(kinds)
            if kind not in _PLAIN
        ]
        form = _Form(len(self._numbered), tuple(record), others)
        self._forms[(*record, *kinds)] = form
        self._numbered.append(form)
        return form


class _Form(NamedTuple):
    """The names of a record's fields, and which of its values are turned into plain ones, how, and back."""

    number: int
    names: tuple[str, ...]
    others: list[tuple[int, Callable[[Any], Any], Callable[[Any], Any]]]


_PLAIN = frozenset({str, int, bool, type(None)})
"""What `marshal` keeps exactly."""
_day = cache(date.fromisoformat)
