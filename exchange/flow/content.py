"""The meaning of a flow: one file in, findings and finished outputs out. Constant memory, same file, same bytes.

original → reader → mapping chain → [match] → for each target: its chain → writer → file
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from itertools import chain, tee, zip_longest
from pathlib import Path
from typing import BinaryIO, cast

from exchange.declare.flow import file_name
from exchange.findings import Finding, Found, code
from exchange.flow.answered import Made, each_payment, unmarked
from exchange.flow.as_ordered import as_ordered
from exchange.flow.beside import is_worth, made_beside
from exchange.flow.fan import fan_out
from exchange.flow.hearing import STATUS, TRANSACTION, Words, told
from exchange.flow.kept import HeardAnswers, KeySpool, SentPayments, Spool
from exchange.flow.library import Chain, Step
from exchange.flow.passed import findings, first_places
from exchange.flow.reconciling import Matching, MatchSpool, Memory, NoMemory
from exchange.flow.sealing import Sealing
from exchange.flow.straight import Journey, Road
from exchange.formats.contract import Progress, Reader, Writer, Written
from exchange.mapping.tally import Keys, Tally, forget
from exchange.model import KEY, ArrivalFacts, Batch
from exchange.outcome import Gathered, Outcome, Output, Posts

VOUCHER = "common/voucher"
Validate = Callable[[BinaryIO, Found], None]

NOTHING_TO_WRITE = code(
    "FLO003",
    "info",
    "There is nothing for {value}: no file is written.",
    advice="That is all right when the arrival holds nothing of this kind.",
)


Write = Callable[[BinaryIO], Written | None]
"""Writes a file of records; None when there was nothing to write."""
CountStep = Callable[[Step], Tally]
"""Gives each mapping of a chain the tally it counts in."""


@dataclass(frozen=True, slots=True)
class Intake:
    """How a flow reads: the schema check first, then records, then its own chain of mappings."""

    reader: Reader
    chain: Chain
    validate: Validate | None = None

    @property
    def stands(self) -> bool:
        """Whether what it reads says how things stand: a later file says it anew."""
        last = self.chain[-1] if self.chain else ()
        return bool(last) and all(step.compiled.target_shape.standing for step in last)

    def documents(
        self,
        path: Path,
        facts: ArrivalFacts,
        found: Gathered,
        count: CountStep,
        progress: Progress | None = None,
    ) -> Iterator[Batch]:
        """The documents of a file, in batches; those of a big one are made by a process of their own."""
        tallies = [count(step) for together in self.chain for step in together]
        make = partial(self._made, path, facts)
        if is_worth(path):
            return made_beside(make, tallies, found, progress)
        return make(found, iter(tallies), progress)

    def _made(
        self,
        path: Path,
        facts: ArrivalFacts,
        found: Gathered,
        tallies: Iterator[Tally],
        progress: Progress | None,
    ) -> Iterator[Batch]:
        with path.open("rb") as stream:
            if self.validate is not None:
                self.validate(stream, found)
                stream.seek(0)
            records = self.reader.read(stream, found, progress)
            yield from run_chain(records, self.chain, facts, found, lambda step: next(tallies))


@dataclass(frozen=True, slots=True)
class Way:
    """How one target's files are made. name: the template of their names; seal: put around what was written; place: which
    of the flow's targets whose files have ids of their own it is, from 1.
    """

    title: str
    chain: Chain
    writer: Writer
    name: str
    per_document: bool = False
    validate: Validate | None = None
    seal: Sealing | None = None
    place: int = 1

    @property
    def names_file(self) -> bool:
        """Whether the receiver knows a file by the id that its mapping gives it."""
        return any(step.compiled.names_file for steps in self.chain for step in steps)

    def facts(self, arrival: ArrivalFacts) -> ArrivalFacts:
        """What the mappings of this target know of an arrival."""
        return replace(arrival, place=self.place)


@dataclass(frozen=True, slots=True)
class Content:
    """What a flow does with a file's content. versions: hashes of what the result depends on, by name; words: the meaning
    of the codes of banks' reasons; memory: the payments that were sent; as_ordered: movements get what was ordered; leaves_out: kinds
    of records that no mapping takes on purpose.
    """

    intake: Intake
    ways: Sequence[Way]
    matching: Matching | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    words: Words = lambda code: None
    memory: Memory = field(default_factory=NoMemory)
    as_ordered: bool = False
    leaves_out: Sequence[str] = ()
    road: Road | None = field(init=False, compare=False, default=None)
    """The short way of rows to texts, where this flow has one."""

    def __post_init__(self) -> None:
        if (
            self.matching is None
            and self.tells is None
            and len(self.ways) == 1
            and not self.ways[0].per_document
        ):
            object.__setattr__(self, "road", _road(self.intake, self.ways[0]))

    @property
    def tells(self) -> str | None:
        """The document by which the flow tells what became of payments, None where it does not."""
        last = self.intake.chain[-1][0].target if self.intake.chain else None
        return last if last in (STATUS, TRANSACTION) else None

    def spread(self, documents: Iterator[Batch], mark: Made = unmarked) -> Iterator[Batch]:
        """What a bank refuses or books as a whole, told of each payment."""
        if self.as_ordered and self.tells == TRANSACTION:
            return as_ordered(documents, self.memory, mark)
        return each_payment(documents, self.memory, mark) if self.tells == STATUS else documents

    @property
    def posts(self) -> Posts:
        """Of which movements vouchers are made here: a flow that matches leaves out what it cannot decide."""
        chains = (self.intake.chain, *(way.chain for way in self.ways))
        makes = any(step.target == VOUCHER for steps in chains for together in steps for step in together)
        return "none" if not makes else "all" if self.matching is None else "decided"

    def process(
        self, path: Path, facts: ArrivalFacts, work: Path, progress: Progress | None = None
    ) -> tuple[Outcome, list[Tally]]:
        """Read, check, map and write one file; the outputs lie in the work folder. Also every mapping's counts."""
        gathered, keys, used = Gathered(), KeySpool(work), dict(self.versions)
        payments, answers = Spool(work), Spool(work)
        tallies: list[Tally] = []
        matches: MatchSpool | None = None

        def count(step: Step) -> Tally:
            tallies.append(
                Tally(keys.adder((step.target, step.compiled.target_shape.standing)), payments.adder(0))
            )
            return tallies[-1]

        makers = [
            _Maker(number, way, way.facts(facts), work, payments) for number, way in enumerate(self.ways)
        ]
        if self.road is not None:
            made_by = [makers[0].straight(self.road, path, self.intake, gathered, count, progress)]
        else:
            documents = self.intake.documents(path, facts, gathered, count, progress)
            if self.tells is not None:
                documents = self.spread(told(documents, self.tells, self.words, answers.adder(None)))
            if self.matching is not None:
                documents, matches = self.matching.decisions(documents, facts, gathered, work, used)
            made_by = fan_out(documents, makers) if makers else _drained(documents)
        for made in made_by:
            gathered.take(made.findings)
            tallies += made.tallies
        if not gathered.errors:
            for maker in makers:
                maker.tell_when_empty(gathered)
            self._tell_passed_over(tallies, makers, gathered)
        outputs = [output for maker in makers for output in maker.outputs]
        if gathered.errors:
            keys.close()
            payments.close()
            answers.close()
            return Outcome(gathered, outputs, (), used), tallies
        outcome = Outcome(
            gathered,
            outputs,
            keys.documents(),
            used,
            payments=SentPayments(payments, outputs),
            answers=HeardAnswers(answers),
            posts=self.posts,
        )
        if matches is not None:
            rows, taken, basis = matches.rows(), matches.statements, matches.basis
            outcome = replace(outcome, matches=rows, statements=taken, basis=basis)
        return outcome, tallies

    def _tell_passed_over(self, tallies: Sequence[Tally], makers: Sequence[_Maker], found: Found) -> None:
        """Say what no mapping took. tallies: those of the intake's mappings, in their order, come first."""
        places = first_places(self.intake.chain, [way.chain for way in self.ways])
        counts = [tallies] if self.intake.chain else [maker.tallies for maker in makers]
        first = [
            each
            for steps, counted in zip(places, counts, strict=False)
            for each in zip(steps, counted, strict=False)
        ]
        for finding in findings(first, self.leaves_out):
            found(finding)


class _Maker:
    """Writes the files of one target; called with the documents in a thread of its own."""

    def __init__(self, number: int, way: Way, facts: ArrivalFacts, work: Path, payments: Spool) -> None:
        self.number, self.way, self.facts, self.work = number, way, facts, work
        self.payments = payments
        self.findings = Gathered()
        self.tallies: list[Tally] = []
        self.told: list[Keys] = []
        self.outputs: list[Output] = []

    def __call__(self, documents: Iterator[Batch]) -> _Maker:
        """Map, write and check; what came of it is in this object."""
        batches = run_chain(documents, self.way.chain, self.facts, self.findings, self._count)
        first = next(batches, None)
        if first is None:
            return self
        if self.way.per_document:
            records = chain(first, chain.from_iterable(batches))
            for position, record in enumerate(records, 1):
                self._write(self._writing([[record]]), position, record.get(KEY))
        else:
            self._write(self._writing(chain([first], batches)), None, None)
        return self

    def _writing(self, batches: Iterable[Batch]) -> Write:
        return lambda out: self.way.writer.write(batches, out, self._spool, self._refused)

    def _refused(self, finding: Finding) -> None:
        """What cannot be written: with the layout that it cannot be written in, because a flow may write several."""
        is_error = finding.severity == "error"
        said = f"Writing {self.way.title}: {finding.message}" if is_error else finding.message
        self.findings(replace(finding, message=said))

    def straight(
        self,
        road: Road,
        path: Path,
        intake: Intake,
        found: Found,
        count: CountStep,
        progress: Progress | None,
    ) -> _Maker:
        """Read, map, write and check on the short way."""
        first = [step for (step,) in intake.chain]
        own = [step for (step,) in self.way.chain]
        states = [step.compiled.begin(self.facts, found, count(step)) for step in first]
        states += [step.compiled.begin(self.facts, self.findings, self._count(step)) for step in own]
        with path.open("rb") as stream:
            if intake.validate is not None:
                intake.validate(stream, found)
                stream.seek(0)
            reading = road.reader.begin(stream, found, progress)

            def write(out: BinaryIO) -> Written | None:
                writing = road.writer.begin(out, self._spool, self._refused)
                Journey(road, states, reading, writing).run()
                return writing.finish() if states[-1].tally.results else None

            self._write(write, None, None)
        return self

    def tell_when_empty(self, found: Found) -> None:
        """Say that no file is written here, because nothing came. That others left nothing out is not worth a word."""
        is_rest = any(step.compiled.plan.rest_of for steps in self.way.chain for step in steps)
        if not self.outputs and not is_rest:
            found(NOTHING_TO_WRITE.at(value=self.way.title))

    def _count(self, step: Step) -> Tally:
        told: Keys = []
        self.told.append(told)
        spool = told.extend if self.way.per_document else forget
        self.tallies.append(Tally(spool, self.payments.adder(self.number)))
        return self.tallies[-1]

    def _write(self, write: Write, position: int | None, key: str | None) -> None:
        path = self.work / f"{self.facts.id}-{self.number}-{position or 0}.out"
        with path.open("w+b") as out:
            written = write(out)
            if written is None:
                return
            if self.way.validate is not None and not self.findings.errors:
                out.seek(0)
                self.way.validate(out, self.findings)
            if self.way.seal is not None and not self.findings.errors:
                self.way.seal(out, self.facts.moment.date(), self.findings)
        name = file_name(self.way.name, self.facts, position, key)
        documents = max(written.records.values(), default=0)
        totals = self._totals() if position is None else self._total_of(position)
        self.outputs.append(Output(self.number, name, path, documents, totals))

    def _spool(self) -> BinaryIO:
        return cast(BinaryIO, tempfile.TemporaryFile(dir=self.work))

    def _totals(self) -> dict[str, Decimal]:
        """What the last mapping that conserves an amount let through, by currency."""
        sums = next((tally.sums["amount"] for tally in reversed(self.tallies) if "amount" in tally.sums), {})
        return {str(by or "amount"): result for by, (_, result) in sums.items()}

    def _total_of(self, position: int) -> dict[str, Decimal]:
        """What the mapping before the writer says of one document, where each becomes a file of its own and one mapping makes all."""
        told = self.told[-1] if self.told and len(self.way.chain[-1]) == 1 else []
        _, _, amount, currency = told[position - 1] if position <= len(told) else (None, None, None, None)
        return {} if amount is None else {currency or "amount": Decimal(amount)}


def _road(intake: Intake, way: Way) -> Road | None:
    """The short way of a flow, where there is one mapping at each place and none that is another on another day."""
    chains = (intake.chain, way.chain)
    if any(len(together) != 1 for steps in chains for together in steps):
        return None
    first, own = ([together[0].compiled for together in steps] for steps in chains)
    if any(compiled.is_dated for compiled in (*first, *own)):
        return None
    return Road.of(intake.reader, first, own, way.writer)


def run_chain(
    batches: Iterator[Batch], steps: Chain, facts: ArrivalFacts, found: Found, count: CountStep
) -> Iterator[Batch]:
    """Through all mappings, one after the other."""
    for together in steps:
        copies = tee(batches, len(together)) if len(together) > 1 else (batches,)
        runs = [
            step.compiled.run(copy, facts, found, count(step))
            for step, copy in zip(together, copies, strict=True)
        ]
        batches = runs[0] if len(runs) == 1 else _joined(runs)
    return (batch for batch in batches if batch)


def _joined(runs: list[Iterator[Batch]]) -> Iterator[Batch]:
    """The results of several mappings over the same records, batch by batch (a mapping hands on one for each)."""
    for results in zip_longest(*runs, fillvalue=cast(Batch, [])):
        yield list(chain.from_iterable(results))


def _drained(documents: Iterator[Batch]) -> list[_Maker]:
    """A flow without targets only reads: its file is kept as reference data."""
    for _ in documents:
        pass
    return []
