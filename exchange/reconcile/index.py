"""Places of records by a text, in eight bytes each: a sorted array of short hashes. It may name a place too many (two
texts with one hash), never one too few; who asks compares the record.

>>> index = Index()
>>> index.add("1232", 0); index.add("1245", 1); index.add("1232", 2)
>>> list(index.places("1232")), list(index.places("7"))
([0, 2], [])
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator

_PLACE_BITS = 26
_HASH_MASK = (1 << 37) - 1
MOST = 1 << _PLACE_BITS
"""How many places there may be: 67 million."""


class Index:
    """Texts to places, gathered first and asked later."""

    def __init__(self) -> None:
        self._entries = array("q")
        self._sorted = True

    def add(self, text: str, place: int) -> None:
        """A record with this text stands at this place."""
        self._entries.append(_head(text) | place)
        self._sorted = False

    def places(self, text: str) -> Iterator[int]:
        """The places that may have this text, in order."""
        entries = self._ready()
        head = _head(text)
        for at in range(bisect_left(entries, head), len(entries)):
            if entries[at] >> _PLACE_BITS != head >> _PLACE_BITS:
                return
            yield entries[at] & (MOST - 1)

    def twins(self) -> Iterator[list[int]]:
        """The places that may have one text together, where there are several."""
        entries, start = self._ready(), 0
        for at in range(1, len(entries) + 1):
            if at < len(entries) and entries[at] >> _PLACE_BITS == entries[start] >> _PLACE_BITS:
                continue
            if at - start > 1:
                yield [entry & (MOST - 1) for entry in entries[start:at]]
            start = at

    def _ready(self) -> array[int]:
        if not self._sorted:
            self._entries = array("q", sorted(self._entries))
            self._sorted = True
        return self._entries


def _head(text: str) -> int:
    return (hash(text) & _HASH_MASK) << _PLACE_BITS
