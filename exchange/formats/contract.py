"""What every format has in common: the protocols of reading and writing.

Findings go to a `Found`; `exchange.outcome.Gathered` is one that keeps the first thousand and counts all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol

from exchange.declare.layout import LayoutBase
from exchange.findings import Found
from exchange.model import Batch

SAMPLE_SIZE = 64 * 1024
"""How many of a file's first bytes `recognise` and `sniff` are given. A format that must see more has a function `reach`: the first
bytes → how many it needs of a file that begins so, 0 when it is none of its own.
"""

Progress = Callable[[int], None]
"""Called now and then with the number of bytes read so far."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a writer wrote: the number of records of each kind."""

    records: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What bytes say of themselves when no layout is known.

    encoding and evidence: what they look like and why; version, namespace and columns: only where the format
    has them; facts: anything else worth showing, by name.
    """

    format: str
    encoding: str
    evidence: str
    version: str | None = None
    namespace: str | None = None
    columns: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Resemblance:
    """How a file that is not of a layout is like its files. score: how much of them it shows, in percent; how: a part of a
    sentence that follows the layout's name; declare: what a layout for such files says otherwise.
    """

    score: int
    how: str
    declare: str = "what is otherwise"


class Reader(Protocol):
    """Bytes → records of one layout; made once, used for many files, holds nothing of any of them."""

    @property
    def source(self) -> str:
        """The generated Python source, for `explain --code`."""
        ...

    def read(self, stream: BinaryIO, found: Found, progress: Progress | None = None) -> Iterator[Batch]:
        """The records of a seekable stream in batches; what is wrong in it goes to `found`, never raised.

        A record with a finding of severity error is not handed on.
        """
        ...


class Writer(Protocol):
    """Records of one layout → bytes; made once, used for many files."""

    @property
    def source(self) -> str:
        """The generated Python source, for `explain --code`."""
        ...

    def write(
        self, batches: Iterable[Batch], out: BinaryIO, spool: Callable[[], BinaryIO], found: Found
    ) -> Written:
        """Write all records; a value that breaks the layout's rules is a finding of severity error.

        After such a finding the bytes are worthless: whoever called discards them. spool gives empty
        temporary streams, for formats whose head says something about what follows it.
        """
        ...


class Format(Protocol):
    """A format module, as the registry hands it out."""

    Layout: type[LayoutBase]

    def reader(self, layout: Any) -> Reader:
        """A reader of this layout; it compiles the generated code once."""
        ...

    def writer(self, layout: Any) -> Writer:
        """A writer of this layout; it compiles the generated code once."""
        ...

    def recognise(self, sample: bytes, layout: Any) -> str | None:
        """Why a file that begins with the sample is of this layout: a sentence; None when it is not."""
        ...

    def sniff(self, sample: bytes) -> Sniffed | None:
        """What the bytes say of themselves; None when they are not of this format."""
        ...
