"""Documents that stand twice in a file, told before a ledger refuses them."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

from exchange.findings import Finding, code
from exchange.mapping.tally import Keys

TWICE_IN_FILE = code(
    "KEY002",
    "error",
    "{kind} {value} stands in this file more than once.",
    advice="Reject the file and ask the sender; release it when both are meant.",
)
REMEMBERED = 500_000
"""How many keys are compared with those that follow; with more a look at a file would need too much memory."""


class Seen:
    """The keys of one file so far, eight bytes of each."""

    def __init__(self) -> None:
        self._keys: set[int] = set()

    def again(self, kind: str, keys: Keys) -> Iterator[Finding]:
        """One finding for each key that came before; kind: of the documents."""
        for key, line, _, _ in keys:
            known = int.from_bytes(blake2b(f"{kind}\n{key}".encode(), digest_size=8).digest())
            if known in self._keys:
                yield TWICE_IN_FILE.at(kind=kind, value=key, line=line)
            elif len(self._keys) < REMEMBERED:
                self._keys.add(known)
