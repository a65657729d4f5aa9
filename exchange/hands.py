"""Several threads at one place, each with a connection of its own; and no thread at all where one is enough.

Network round trips and syncs wait without using the processor: eight files at once cost little more than one.
Where many files share their syncs there is nothing to wait for, and one thread is quicker than several.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Generic, Protocol, TypeVar

from exchange.errors import TransportError


class Place(Protocol):
    """The end of a transport, as far as it matters here."""

    def together(self, number: int) -> AbstractContextManager[bool]:
        """See `exchange.transports.contract.Source.together`."""

    def close(self) -> None:
        """Let go of them."""


End = TypeVar("End", bound=Place)
Item = TypeVar("Item")
Result = TypeVar("Result")


class Hands(Generic[End]):
    """Some hands (threads) at a place; `open` gives each its own end."""

    def __init__(self, open_end: Callable[[], End], number: int) -> None:
        self._open = open_end
        self._number = number
        self._own = threading.local()
        self._ends: list[End] = []
        self._threads: ThreadPoolExecutor | None = None

    def end(self) -> End:
        """The end of the calling thread."""
        found: End | None = getattr(self._own, "end", None)
        if found is None:
            found = self._own.end = self._open()
            self._ends.append(found)
        return found

    def each(self, items: Sequence[Item], do: Callable[[End, Item], Result]) -> list[Result | TransportError]:
        """What came of each item, in order: the result, or the error that stopped this one item."""
        if not items:
            return []
        try:
            with self.end().together(len(items)) as shared:
                if shared or self._number == 1 or len(items) == 1:
                    return [self._one(do, item) for item in items]
        except TransportError as error:  # nothing that was done is sure to last
            return [error] * len(items)
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self._number, thread_name_prefix="hand")
        return list(self._threads.map(lambda item: self._one(do, item), items))

    def close(self) -> None:
        """Close all ends."""
        if self._threads is not None:
            self._threads.shutdown()
        for end in self._ends:
            end.close()

    def _one(self, do: Callable[[End, Item], Result], item: Item) -> Result | TransportError:
        try:
            return do(self.end(), item)
        except TransportError as error:
            return error
