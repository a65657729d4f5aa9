"""A small real flow for tests of the moving half: upper-cases a file into two outputs.

doc KEY        the file holds a document with this business key
bad TEXT       an error finding
die            kills the process (SIGKILL) while reading
bug            raises
wait           the world fails (an OSError)
"""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Any

from exchange.archive import Store
from exchange.bound import BoundSource, BoundTarget
from exchange.declare.flow import Renamed
from exchange.findings import Code
from exchange.intake import Rules
from exchange.ledger import Ledger, open_ledger
from exchange.model import Again, ArrivalFacts, DocumentKey
from exchange.outcome import Gathered, Outcome, Output
from exchange.transports import registry
from exchange.transports.contract import After, Place

BAD = Code("TINY1", "error", "The line says it is bad: {value}.", "Correct it.")
OUTPUTS = 2


@dataclass(frozen=True)
class TinyFlow:
    source: BoundSource
    targets: Sequence[BoundTarget]
    name: str = "tiny"
    version_hash: str = "v1"
    on_duplicate: Again = "skip"
    apart: int = 0
    approvals: int = 0
    paid_twice_within: int = 90
    remembers: bool = False
    zone: tzinfo = field(default=UTC)
    mark: bytes = b""
    """What a changed mapping would add: bytes put in front of each output."""
    names: str = "{stem}.{n}.out"

    def process(self, path: Path, facts: ArrivalFacts, work: Path) -> Outcome:
        content = path.read_bytes()
        gathered, documents = Gathered(), []
        for number, line in enumerate(content.splitlines(), 1):
            word, _, rest = line.decode("latin-1").partition(" ")
            self._act(word)
            if word == "bad":
                gathered(BAD.at(line=number, value=rest))
            elif word == "doc":
                documents.append(DocumentKey("tiny/doc", rest, number, Decimal("1.50"), "EUR"))
        outputs = [self._write(work, facts, content, n) for n in range(OUTPUTS)] if self.targets else []
        return Outcome(gathered, outputs, iter(documents), {"tiny": self.version_hash})

    def _act(self, word: str) -> None:
        if word == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if word == "bug":
            raise ZeroDivisionError("a bug")
        if word == "wait":
            raise OSError(28, "No space left on device")

    def _write(self, work: Path, facts: ArrivalFacts, content: bytes, n: int) -> Output:
        path = work / f"{facts.id}-{n}"
        path.write_bytes(expected(content, n, self.mark))
        name = self.names.format(stem=facts.name, n=n, id=facts.id)
        return Output(n % len(self.targets), name, path, 1, {"EUR": Decimal("1.50")})


def expected(content: bytes, n: int, mark: bytes = b"") -> bytes:
    return mark + b"%d:" % n + content.upper()


def tiny_flow(
    root: Path,
    *,
    source: Place | None = None,
    target: Place | None = None,
    after: After = "delete",
    consumes: bool = False,
    **more: Any,
) -> TinyFlow:
    """From the folder `inbox` to the folder `outbox`, or other places; every name is taken at once but
    `*.part`.
    """
    inbox = source or Place("folder:inbox", base=root)
    outbox = target or Place("folder:outbox", base=root)
    ready = Rules(("*",), Renamed("*.part"), min_size=0)
    end = BoundSource(inbox.at, lambda: registry.source(inbox), ready, after)
    bound = BoundTarget(outbox.at, lambda: registry.target(outbox), consumes=consumes)
    return TinyFlow(end, [bound], **more)


def site(root: Path, *, threads: int = 1) -> tuple[Ledger, Store]:
    """The ledger and the store of a site in a folder."""
    for name in ("inbox", "outbox", "var"):
        (root / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    return open_ledger("sqlite", root / "var" / "ledger.db"), Store.at(root / "var", threads)
