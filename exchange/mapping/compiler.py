"""A declared mapping → a compiled one: one generated function over batches, and the interpreter that
explains failures.

compiled = compile_mapping(declared, source_shape, target_shape, Tables(), {"debtor_name": "Acme Oy"}) for
batch in compiled.run(batches, facts, found, tally): ...
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext
from types import FunctionType
from typing import Any, cast

from exchange.declare.mapping import Mapping
from exchange.declare.problems import DeclarationError
from exchange.findings import Finding, Found, code
from exchange.mapping import coverage, explain
from exchange.mapping.balance import Balances
from exchange.mapping.bound import Fact
from exchange.mapping.interpreter import Interpreter, Told
from exchange.mapping.operators import ARITHMETIC, FAILURES
from exchange.mapping.plan import Groups, Plan, of_fields, parts
from exchange.mapping.planner import plan_mapping
from exchange.mapping.statements import generate
from exchange.mapping.tables import Tables
from exchange.mapping.tally import Keys, Tally
from exchange.model import BATCH_SIZE, KIND, LINE, PATH, ArrivalFacts, Batch, PaymentNote, Record, Shape
from exchange.outcome import Gathered

DIFFERS = code(
    "MAP005",
    "error",
    "{field} is not conserved{within}: source {source}, results {result}, difference {difference}.",
    advice="Something was lost or counted twice on the way: nothing is sent until the mapping is right.",
)
SCATTERED = code(
    "MAP006",
    "error",
    "The group {value} came before, with other groups in between.",
    advice="Ask for a sorted file, or write `order: any` under `group` in the mapping.",
)


def compile_mapping(
    declared: Mapping,
    source: Shape,
    target: Shape,
    tables: Tables,
    site_values: Dict[str, Any],
    *,
    others: Sequence[Mapping] = (),
) -> CompiledMapping:
    """The mapping, ready to run. others: those of which it takes what they leave out. Raises DeclarationError with every
    problem of it.
    """
    plan, problems = plan_mapping(declared, source, target, tables, site_values, others=others)
    if plan is None or problems:
        raise DeclarationError(problems)
    text, namespace = generate(plan)
    exec(compile(text, f"<mapping {plan.name}>", "exec"), namespace)
    run, group_key = namespace["run"], namespace.get("group_key")
    assert isinstance(run, FunctionType)
    return CompiledMapping(
        plan, text, run, group_key if isinstance(group_key, FunctionType) else None, source, target
    )


EXPLAINED = 100
"""How many findings of a check that is no error are explained with their values; the others are told shorter."""


@dataclass(slots=True)
class Repeated:
    """What is told once, at the end: the first finding, how many more there are, and the line of the last."""

    first: Finding
    more: int = 0
    last: int | None = None

    def finding(self) -> Finding:
        """The first one, with how many more there are."""
        if not self.more:
            return self.first
        records = "one more record" if self.more == 1 else f"{self.more} more records"
        place = "" if self.last is None else f", last on line {self.last}"
        return replace(self.first, message=f"{self.first.message} The same goes for {records}{place}.")


@dataclass(slots=True)
class State:
    """One run: what the generated function reads and counts."""

    plan: Plan
    facts: ArrivalFacts
    found: Found
    tally: Tally
    above: dict[str, dict[tuple[Any, ...], Record]]
    totals: list[dict[Any, tuple[Any, Any]]]
    taken: int = 0
    left_out: int = 0
    others: Counter[str] = field(default_factory=Counter)
    notes: list[PaymentNote] = field(default_factory=list)
    """Payments since they were last handed on."""
    told: Counter[str] = field(default_factory=Counter)
    repeated: dict[str, Repeated] = field(default_factory=dict)
    """What is told once, by code."""
    once: frozenset[str] = field(init=False)
    """The codes of checks that are told once."""
    interpreter: Interpreter = field(init=False)
    balances: Balances = field(init=False)

    def __post_init__(self) -> None:
        self.balances = Balances(self.plan.balances)
        self.once = frozenset(test.declared.code for test in self.plan.tests if test.declared.once)
        self.interpreter = Interpreter(self.plan, self.facts, self.above)

    def add(self, number: int, by: Any, source: Any, result: Any) -> None:
        """Amounts to a conserved sum."""
        totals = self.totals[number]
        had = totals.get(by, (0, 0))
        totals[by] = (had[0] + source, had[1] + result)

    def counted(self, number: int, keys: Keys) -> None:
        """So many records, each with one result, were mapped elsewhere."""
        self.taken += number
        self.tally.results += number
        if keys:
            self.tally.note(keys)
        self.follow()

    def follow(self) -> None:
        """Hands payments on to where they are kept."""
        if self.notes and self.tally.follow is not None:
            self.tally.follow(self.notes)
        self.notes.clear()

    def explain(self, record: Record, out: Batch, keys: Keys) -> None:
        """A record that the generated function could not map: findings, or its results where there is no
        error.
        """
        told = self.interpreter.record(record)
        self.tell(told)
        self.taken += told.elements
        if told.failed:
            self.tally.failed += told.elements
            return
        self.left_out += told.left_out
        for made in told.made:
            out.append(made.result)
            for number, (source, result, by) in enumerate(made.amounts):
                self.add(number, by, source, result)
            for number, (within, moved) in enumerate(made.moves):
                self.balances.add(number, within, moved, made.result)
            if made.key is not None:
                keys.append((made.key, made.result[LINE], *self.amount(made.amounts)))
            if made.note is not None:
                self.notes.append(made.note)

    def amount(self, amounts: list[tuple[Any, Any, Any]]) -> tuple[Any, Any]:
        """A document's amount and currency: the conserved sum that is called amount."""
        names = [total.name for total in self.plan.sums]
        return amounts[names.index("amount")][1:] if "amount" in names else (None, None)

    def tell(self, told: Told) -> None:
        """Hands the findings of a record on."""
        for finding in told.findings:
            self.told[finding.code] += 1
            if finding.code not in self.once:
                self.found(finding)
            elif finding.code in self.repeated:
                self.repeat(finding.code, finding.line)
            else:
                self.repeated[finding.code] = Repeated(finding)

    def repeat(self, code: str, line: int | None) -> None:
        """One more record of which a check is told once."""
        known = self.repeated[code]
        known.more, known.last = known.more + 1, line

    def tells(self, number: int) -> bool:
        """Whether a check that is no error is still explained with all its values."""
        declared = self.plan.tests[number].declared
        return self.told[declared.code] < (1 if declared.once else EXPLAINED)

    def mild(self, noticed: list[tuple[int, int | None, str | None]]) -> None:
        """Checks that did not hold and are no errors, told by their sentence and place alone."""
        for number, line, path in noticed:
            said = self.plan.tests[number].declared
            if said.once:
                self.repeat(said.code, line)
                continue
            if isinstance(self.found, Gathered) and self.found.is_full:
                self.found.count(said.severity, said.code)
                continue
            self.found(Finding(said.code, said.severity, said.say, said.advice, line, None, path, said.field))


@dataclass(frozen=True, slots=True)
class CompiledMapping:
    """One mapping, ready to run any number of times. source: the generated code, to be read by people."""

    plan: Plan
    source: str
    function: FunctionType
    group_key: FunctionType | None
    source_shape: Shape
    target_shape: Shape

    @property
    def is_dated(self) -> bool:
        """Whether the day of an arrival decides what is done."""
        return False

    def run(
        self, batches: Iterable[Batch], facts: ArrivalFacts, found: Found, tally: Tally
    ) -> Iterator[Batch]:
        """The results, batch by batch. Nothing of a record with an error is handed on; its findings go to
        found.
        """
        state = self.begin(facts, found, tally)
        grouped = self.plan.group is not None
        for batch in self._grouped(batches, state) if grouped else batches:
            yield self.map(batch, state)
        self.finish(state)

    def begin(self, facts: ArrivalFacts, found: Found, tally: Tally) -> State:
        """The state of one run, for `map` and `finish`."""
        above: dict[str, dict[tuple[Any, ...], Record]] = {
            envelope.kind: {} for envelope in self.plan.envelopes
        }
        totals: list[dict[Any, tuple[Any, Any]]] = [
            {} if total.by is not None else {None: (0, 0)} for total in self.plan.sums
        ]
        return State(self.plan, facts, found, tally, above, totals)

    def map(self, batch: Batch, state: State) -> Batch:
        """The results of one batch (of groups, where the mapping gathers records)."""
        with localcontext(ARITHMETIC):
            out, keys = cast(tuple[Batch, Keys], self.function(batch, state))
        state.tally.results += len(out)
        if keys:
            state.tally.note(keys)
        state.follow()
        return out

    def finish(self, state: State) -> None:
        """Counts to the tally, and whether everything was conserved."""
        tally = state.tally
        tally.taken += state.taken
        tally.left_out += state.left_out
        tally.others += state.others
        for total, totals in zip(self.plan.sums, state.totals, strict=True):
            tally.sums[total.name] = {
                by: (Decimal(source), Decimal(result)) for by, (source, result) in totals.items()
            }
        if self.plan.counted:
            went = state.taken - state.left_out - tally.failed
            tally.sums["count"] = {None: (Decimal(went), Decimal(tally.results))}
        for name, sums in tally.sums.items():
            for by, (source, result) in sums.items():
                if source != result:
                    within = "" if by is None else f" for {by}"
                    state.found(
                        DIFFERS.at(
                            field=name,
                            within=within,
                            source=source,
                            result=result,
                            difference=source - result,
                        )
                    )
        for repeated in state.repeated.values():
            state.found(repeated.finding())
        if not tally.failed:  # without the records that failed nothing can come out
            for finding in state.balances.findings():
                state.found(finding)

    def _grouped(self, batches: Iterable[Batch], state: State) -> Iterator[Batch]:
        """Batches of groups, each a record that holds the gathered ones."""
        assert self.plan.group is not None
        group = self.plan.group
        gather = _consecutive if self.plan.consecutive else _anywhere
        out: Batch = []
        for gathered in gather(self._keyed(batches, state, group), state):
            first = gathered[0]
            out.append(
                {KIND: self.plan.kind, LINE: first.get(LINE), PATH: first.get(PATH), group.name: gathered}
            )
            if len(out) == BATCH_SIZE:
                yield out
                out = []
        if out:
            yield out

    def _keyed(
        self, batches: Iterable[Batch], state: State, group: Groups
    ) -> Iterator[tuple[tuple[Any, ...], Record]]:
        """Every record that is taken, with the values it is grouped by."""
        assert self.group_key is not None
        for batch in batches:
            for record in batch:
                if self.plan.several and record[KIND] != self.plan.kind:
                    state.others[record[KIND]] += 1
                    continue
                key = self._key_of(record, state, group)
                if key is not None:
                    yield key, record

    def _key_of(self, record: Record, state: State, group: Groups) -> tuple[Any, ...] | None:
        """The values a record is grouped by; None when it is left out or wrong."""
        assert self.group_key is not None
        try:
            with localcontext(ARITHMETIC):
                key: tuple[Any, ...] | None = self.group_key(record, state)
        except FAILURES:
            key, told = state.interpreter.group_key(group, record)
            state.tell(told)
            state.tally.failed += told.failed
        state.left_out += key is None
        return key

    @property
    def follows(self) -> bool:
        """Whether it says under which ids the bank knows each payment."""
        return bool(self.plan.followed)

    def named_by_arrival(self) -> list[str]:
        """The kinds of envelopes that are made of the id of the arrival, or of its file: it names one file, not several."""
        return self._envelopes_of("id", "file_id")

    @property
    def names_file(self) -> bool:
        """Whether it gives the file an id of its own, by which a receiver knows it."""
        return bool(self._envelopes_of("file_id"))

    def _envelopes_of(self, *facts: str) -> list[str]:
        return [
            envelope.kind
            for envelope in self.plan.envelopes
            if any(
                isinstance(part, Fact) and part.name in facts for part in parts(of_fields(envelope.fields))
            )
        ]

    def unused_source_fields(self) -> list[str]:
        """Source fields that no expression reads, dotted, in declared order."""
        return coverage.unused(self.plan, self.source_shape)

    def missing_required_targets(self) -> list[str]:
        """Required target fields that nothing sets, dotted; those the writer computes are not among them."""
        return coverage.missing(self.plan, self.target_shape)

    def marked(self, mark: Callable[[Record, Batch], None]) -> CompiledMapping:
        """The same mapping, which goes record by record and shows each (or each group) with its results to mark."""

        def run(batch: Batch, state: State) -> tuple[Batch, Keys]:
            out, keys = Batch(), Keys()
            for record in batch:
                made, named = self.function([record], state)
                mark(record, made)
                out += made
                keys += named
            return out, keys

        assert isinstance(run, FunctionType)
        return replace(self, function=run)

    def tracer(
        self, record: Record, facts: ArrivalFacts, result: int = 1, numbers: Dict[str, int] | None = None
    ) -> explain.Tracer:
        """Tells where the values of one result come from. result: which of the record's; numbers: of the envelopes
        that this record opened, by kind, which ones of the file.

        The record of a grouping mapping is `{as-name: [records of the group]}`.
        """
        return explain.Tracer(self.plan, record, facts, result, numbers or {})


Keyed = Iterator[tuple[tuple[Any, ...], Record]]


def _consecutive(keyed: Keyed, state: State) -> Iterator[list[Record]]:
    """Groups of records that follow each other."""
    seen: set[tuple[Any, ...]] = set()
    key: tuple[Any, ...] | None = None
    gathered: list[Record] = []
    for here, record in keyed:
        if here != key:
            if gathered:
                yield gathered
            gathered, key = [], here
            if here in seen:
                shown = " / ".join(str(part) for part in here)
                state.found(SCATTERED.at(line=record.get(LINE), path=record.get(PATH), value=shown))
            seen.add(here)
        gathered.append(record)
    if gathered:
        yield gathered


def _anywhere(keyed: Keyed, state: State) -> Iterator[list[Record]]:
    """Groups of records from anywhere in the file, in the order of first appearance; all are held in
    memory.
    """
    groups: dict[tuple[Any, ...], list[Record]] = {}
    for key, record in keyed:
        groups.setdefault(key, []).append(record)
    yield from groups.values()
