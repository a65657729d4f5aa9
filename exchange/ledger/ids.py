"""Identifiers of arrivals and deliveries: ULIDs, 26 characters that sort by time of birth
(github.com/ulid/spec).

>>> ids = Ids()
>>> first, second = ids.new(1_700_000_000_000), ids.new(1_600_000_000_000)
>>> len(first), first < second
(26, True)
"""

from __future__ import annotations

import secrets
import threading

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_RANDOM_BITS = 80


class Ids:
    """A factory whose identifiers always grow, also when the clock is put back; seed it with the ledger's
    last one.
    """

    def __init__(self, last: str = "") -> None:
        self._last = _number(last) if last else 0
        self._lock = threading.Lock()

    def new(self, at: int) -> str:
        """One identifier for a moment in milliseconds since 1970."""
        fresh = at << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS - 1)
        with self._lock:
            self._last = max(fresh, self._last + 1)
            return _text(self._last)


def is_id(text: str) -> bool:
    """Whether a text has the form of an identifier."""
    return len(text) == 26 and all(letter in _VALUES for letter in text)


def _number(text: str) -> int:
    number = 0
    for letter in text:
        number = number << 5 | _VALUES[letter]
    return number


def _text(number: int) -> str:
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
