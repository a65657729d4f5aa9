"""What reading, mapping and writing one arrival gave: findings, outputs, documents. Nothing here touches the
world.

gathered = Gathered()
for batch in reader.read(stream, gathered): ...
return Outcome(gathered, outputs=[Output(target=0, name="invoices.xml", path=work / "0.xml")])
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Literal, NamedTuple

from exchange.findings import Finding, Severity
from exchange.model import DocumentKey, PaymentNote

FINDINGS_KEPT = 1_000
"""How many findings of one file are kept word for word; the others are counted."""


class Gathered:
    """All findings of one file: the first ones kept, every one counted. Call it with a finding (it is a
    `Found`).
    """

    def __init__(self, limit: int = FINDINGS_KEPT) -> None:
        self.kept: list[Finding] = []
        self.counts: Counter[tuple[Severity, str]] = Counter()
        self._limit = limit

    def __call__(self, finding: Finding) -> None:
        """Note one finding and carry on. An error is kept in place of the last milder one when all places
        are taken.
        """
        self.counts[finding.severity, finding.code] += 1
        if len(self.kept) < self._limit:
            self.kept.append(finding)
        elif finding.severity == "error" and self.errors == 1:
            self.kept[-1] = finding  # a file that is held must show at least one reason

    @property
    def is_full(self) -> bool:
        """Whether findings that are no errors are only counted from now on."""
        return len(self.kept) >= self._limit

    def count(self, severity: Severity, code: str) -> None:
        """One more that is no error, when only its number matters."""
        self.counts[severity, code] += 1

    def take(self, other: Gathered) -> None:
        """All findings of another, after those that are here; its counts are kept even where its words are not."""
        for finding in other.kept:
            self(finding)
        rest = other.counts - Counter((finding.severity, finding.code) for finding in other.kept)
        self.counts.update(rest)

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return sum(number for (severity, _), number in self.counts.items() if severity == "error")

    @property
    def total(self) -> int:
        """How many findings there were, kept or not."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Output:
    """One file to be delivered, finished on disk in the work folder.

    target: index into the flow's targets; name: the final name at the target; documents: how many it holds;
    totals: amounts by currency or by name, for people and for approval.
    """

    target: int
    name: str
    path: Path
    documents: int = 0
    totals: Mapping[str, Decimal] = field(default_factory=dict)


class MatchedItem(NamedTuple):
    """An open item that a bank transaction closed in whole or in part; amounts in smallest units.

    key: what makes it the same item in every list; used: how much of the money went there; closed: by how much less is
    open; base: what was open before the first match that is known; known: how much earlier matches had closed of it when
    this one was decided (the ledger compares it and keeps it not).
    """

    key: str
    number: str
    party: str
    name: str
    account: str | None
    used: int
    closed: int
    base: int
    known: int = 0


class Basis(NamedTuple):
    """What decisions about an arrival rest on. beside: flows that match against the same open items; decided: keys of the
    arrival's transactions that a person had decided, one as often as there are of it.
    """

    beside: Collection[str] = ()
    decided: Collection[str] = ()


ON_NOTHING = Basis()


class MatchRow(NamedTuple):
    """What the ledger keeps of one decision of the reconciliation. position: of the transaction in its file, from 1.

    key: by what the transaction is known again; suspense: the account that it was posted to while it was open;
    units: the amount in smallest units; teaches: its evidence does not rest on who paid, so that it tells who pays from
    the account; postings: kind, account and units of what was booked beside the items; evidence, proposals: JSON.
    """

    position: int
    key: str
    bank_account: str | None
    booked: str | None
    units: int
    currency: str
    decision: str
    rule: str | None
    side: str | None
    reason: str
    evidence: str
    proposals: str
    payer: str | None
    payer_name: str | None
    mask: str
    entry: str | None
    end_to_end: str | None
    teaches: bool
    items: tuple[MatchedItem, ...] = ()
    postings: tuple[tuple[str, str, int], ...] = ()
    suspense: str | None = None


class StatementRow(NamedTuple):
    """A statement of an account that was taken; balances as exact decimal text."""

    account: str
    id: str
    sequence: str | None
    opening: str | None
    closing: str | None
    day: str | None


Posts = Literal["none", "decided", "all"]
"""Of which movements a flow makes vouchers: of none, of those that it decides about, of every one."""
REFUSED = ("rejected", "cancelled")
"""What a bank says of what it does not carry out: verdicts of answers, and the stages of payments of the same names."""


class Answer(NamedTuple):
    """What a file tells of payments that left. kind: status, booking, return; level: file, batch, payment, or none, when
    nothing names a payment of ours; purpose: of a booking: the payee's name, the reference, numbers of invoices, the text.

    verdict: as in `common/payment-status`, or booked, returned; amounts: what it may be of, the amount itself first, as
    the ledger keeps them; day: of execution or booking; reason: in words; reference: of the answer or the entry.
    """

    line: int | None
    kind: str
    level: str
    verdict: str
    status: str | None
    message_id: str | None
    payment_info_id: str | None
    instruction_id: str | None
    end_to_end_id: str | None
    amounts: tuple[int, ...]
    currency: str | None
    day: str | None
    account: str | None
    payee_account: str | None
    code: str | None
    reason: str | None
    reference: str | None
    purpose: tuple[str | None, str | None, str | None, str | None] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one arrival's content. With an error among the findings nothing of it is delivered.

    documents may be a one-time iterator (it is read once, in order, so that millions need no memory);
    facts_used: what else the result depends on, name → hash (tables, reference arrivals);
    matches, statements: what the reconciliation decided, and of which statements (matches may be a one-time iterator);
    basis: what it rests on;
    payments: those that leave with an output (its index), some at a time; answers: what is told of such payments, some
    at a time; both can be gone through more than once; posts: of which movements vouchers were made.
    """

    findings: Gathered = field(default_factory=Gathered)
    outputs: list[Output] = field(default_factory=list)
    documents: Iterable[DocumentKey] = ()
    facts_used: Mapping[str, str] = field(default_factory=dict)
    matches: Iterable[MatchRow] = ()
    statements: Iterable[StatementRow] = ()
    basis: Basis = ON_NOTHING
    payments: Iterable[tuple[int, list[PaymentNote]]] = ()
    answers: Iterable[list[Answer]] = ()
    posts: Posts = "none"

    @property
    def finding_counts(self) -> Mapping[tuple[Severity, str], int]:
        """How often each finding occurred, by severity and code."""
        return self.findings.counts

    @property
    def is_bad(self) -> bool:
        """Whether the content has errors, so that a person must decide."""
        return self.findings.errors > 0
