"""A declared folder at work: opened for each call, or held open while many files share one sync of its disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from exchange import disk
from exchange.transports.folder import fs


class Room:
    """A folder that files are taken from or brought to; `fs` does everything inside it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._place: int | None = None
        self._held: dict[bytes, int] = {}

    @contextmanager
    def together(self, number: int) -> Iterator[bool]:
        """Work on so many files: whether they share one sync. If so, what is done here is durable only after it,
        and a TransportError at the end says that none of it may be.
        """
        with fs.translated(f"open {self.path}"), fs.opened(self.path) as place:
            if not disk.shares_syncs(number, place):
                yield False
                return
            self._place = place
            try:
                yield True
                with fs.translated(f"make durable what was done in {self.path}"):
                    disk.sync_disk(place)
            finally:
                self._place = None
                for descriptor in self._held.values():
                    os.close(descriptor)
                self._held.clear()

    @contextmanager
    def opened(self) -> Iterator[int]:
        """The descriptor of the folder."""
        if self._place is not None:
            yield self._place
            return
        with fs.opened(self.path) as place:
            yield place

    @contextmanager
    def folder(self, name: bytes, place: int, *, create: bool = False) -> Iterator[int]:
        """The descriptor of one of our own folders in it; create: make it first when it is missing."""
        if self._place is None:
            with fs.folder(name, place, create=create) as inside:
                yield inside
            return
        if name not in self._held:
            self._held[name] = fs.open_folder(name, place, create=create)
        yield self._held[name]

    def sync(self, *descriptors: int) -> None:
        """Make files or folders durable, in order; or leave it to the sync they share."""
        if self._place is None:
            for descriptor in descriptors:
                os.fsync(descriptor)
