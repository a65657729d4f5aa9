"""What the ledger is to keep of a file's content, the much of it on disk, so that millions need no memory."""

from __future__ import annotations

import pickle
import tempfile
import weakref
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

from exchange.mapping.tally import Keys, Tally
from exchange.model import DocumentKey, PaymentNote
from exchange.outcome import Answer, Output

IN_MEMORY = 256 << 10
"""Bytes from which on it goes to disk."""


def spooled(folder: Path | None = None) -> BinaryIO:
    """A file for what is read again, in memory while it is small. folder: where it grows."""
    return cast(
        BinaryIO, tempfile.SpooledTemporaryFile[bytes](IN_MEMORY, dir=None if folder is None else str(folder))
    )


class Spool:
    """Lists with what they belong to, in the order in which they came. Forgotten with the last who knows of it."""

    def __init__(self, folder: Path) -> None:
        self._file = spooled(folder)
        weakref.finalize(self, self._file.close)

    def adder(self, of: Any) -> Callable[[list[Any]], None]:
        """What takes each next list of those that belong to something."""
        return lambda some: pickle.dump((of, some), self._file, pickle.HIGHEST_PROTOCOL)

    def __iter__(self) -> Iterator[tuple[Any, list[Any]]]:
        """Everything, from the beginning; nothing may be added any more."""
        end = self._file.seek(0, 2)
        place = 0
        while place < end:
            self._file.seek(place)
            part = pickle.load(self._file)
            place = self._file.tell()
            yield part

    def close(self) -> None:
        """Forget everything."""
        self._file.close()


class KeySpool(Spool):
    """Documents' keys; they can be read once, in order."""

    def documents(self) -> Iterator[DocumentKey]:
        """All keys, as documents of their kinds."""
        for shape, keys in self:
            own: Keys = keys
            yield from Tally(keys=own).documents(*shape)
        self.close()


class HeardAnswers:
    """What a file tells of payments; it can be read more than once."""

    def __init__(self, answers: Spool) -> None:
        self._answers = answers

    def __iter__(self) -> Iterator[list[Answer]]:
        """Some at a time."""
        for _, some in self._answers:
            yield some


class SentPayments:
    """The payments of a file by the output that they leave with; they can be read more than once."""

    def __init__(self, payments: Spool, outputs: Sequence[Output]) -> None:
        self._payments = payments
        self._places: dict[int, list[int]] = {}
        for place, output in enumerate(outputs):
            self._places.setdefault(output.target, []).append(place)

    def __iter__(self) -> Iterator[tuple[int, list[PaymentNote]]]:
        """The index of an output and some of its payments: all of one file, or each with a file of its own."""
        taken = dict.fromkeys(self._places, 0)
        for target, notes in self._payments:
            places = self._places.get(target, [])
            if len(places) == 1:
                yield places[0], notes
                continue
            for place, note in zip(islice(places, taken.get(target, 0), None), notes, strict=False):
                yield place, [note]
            taken[target] = taken.get(target, 0) + len(notes)
