"""Rows straight to the text of the results: reader, mappings and writer in one function, for rows of one pattern.

Most rows of a big file are alike: the same values of closed lists, the same cells empty. For each such pattern that
comes often one function is made, in which everything that is known of these rows is computed beforehand; nothing else
becomes a dict on the way. Whatever a function does not take (a row of another pattern, a wrong value, a check that
does not hold, the first result of a new envelope) goes the usual way, in its place among the others. So the result
is the same, findings and sums included, and only what is alike is fast.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import localcontext
from itertools import chain, islice
from typing import Any

from exchange.findings import Finding
from exchange.formats._csv_read import ROWS as BATCH
from exchange.formats._csv_read import CsvReader, Reading
from exchange.formats._csv_straight import Pattern, Rows
from exchange.formats._fast import indented
from exchange.formats._generated import compile_function
from exchange.formats.xml.writing import Writing, XmlWriter
from exchange.known import NotStraight, Structure
from exchange.mapping.codegen import NAMESPACE
from exchange.mapping.compiler import CompiledMapping, State
from exchange.mapping.evaluator import Env
from exchange.mapping.operators import ARITHMETIC
from exchange.mapping.straight import Made, PartialEmitter, Straight, fits
from exchange.mapping.tally import Tally
from exchange.mapping.uses import read_fields
from exchange.memo import MOST
from exchange.model import Batch

OFTEN = 200
"""A pattern with so many rows is worth a function of its own."""
PATTERNS = 100
"""So many functions are made at most for files with the same columns."""
VARIANTS = 8
"""So many of them are made at most for one pattern."""
ARRANGEMENTS = 10
"""Functions for so many orders of columns are kept."""
ROWS = 500
"""How many rows are taken before the writer is told how many texts wait."""

Function = Callable[..., list[str] | None]


@dataclass(slots=True)
class Functions:
    """The functions made for files whose columns are in one order. rows: what is known of their rows."""

    rows: Rows
    pattern: Callable[[list[str]], Pattern]
    made: dict[Pattern, list[Function]] = field(default_factory=dict)
    tried: Counter[Pattern] = field(default_factory=Counter)
    """How many times a function was made, or could not be."""

    def front(self, pattern: Pattern, function: Function) -> None:
        """The function that took a row is asked first for the next."""
        made = self.made[pattern]
        if made[0] is not function:
            made.remove(function)
            made.insert(0, function)


@dataclass(frozen=True, slots=True)
class Road:
    """A reader, mappings and a writer that can be made straight. noted: of how many of the mappings keys are noted."""

    reader: CsvReader
    mappings: tuple[CompiledMapping, ...]
    writer: XmlWriter
    noted: int
    often: int = OFTEN
    functions: dict[tuple[str | None, ...], Functions] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        reader: object,
        first: Sequence[CompiledMapping],
        second: Sequence[CompiledMapping],
        writer: object,
    ) -> Road | None:
        """The road of a flow, None when it goes another way. first, second: mappings before and at the target."""
        mappings = (*first, *second)
        if not isinstance(reader, CsvReader) or not isinstance(writer, XmlWriter) or not mappings:
            return None
        if not reader.is_plain:
            return None
        if not all(fits(mapping.plan) for mapping in mappings):
            return None
        return cls(reader, mappings, writer, len(first))

    def functions_for(self, arrangement: tuple[str | None, ...]) -> Functions:
        """The functions for an order of columns."""
        if arrangement not in self.functions:
            if len(self.functions) >= ARRANGEMENTS:
                self.functions.clear()
            used = read_fields(self.mappings[0].plan)
            rows = self.reader.straight(arrangement, used)
            self.functions[arrangement] = Functions(rows, rows.pattern())
        return self.functions[arrangement]

    def made(self) -> list[str]:
        """The titles of all functions that were made."""
        functions = chain.from_iterable(kept.made.values() for kept in self.functions.values())
        return [function.__code__.co_filename[1:-1] for function in chain.from_iterable(functions)]

    def make(self, functions: Functions, pattern: Pattern, samples: Sequence[Env | None]) -> None:
        """A function more for a pattern, if there can be one. samples: for each mapping; the last function, which has
        to take what all others refuse, is made without.
        """
        functions.tried[pattern] += 1
        last = functions.tried[pattern] == VARIANTS
        try:
            generator = _Generator(self, functions.rows, pattern, [None] * len(samples) if last else samples)
            text, names = generator.source()
        except NotStraight:
            return
        title = f"{self.reader.layout} straight {pattern} {functions.tried[pattern]}"
        functions.made.setdefault(pattern, []).append(compile_function("straight", text, names, title))


class _Generator:
    """Makes the function for one pattern."""

    def __init__(self, road: Road, rows: Rows, pattern: Pattern, samples: Sequence[Env | None]) -> None:
        self.road, self.rows, self.pattern, self.samples = road, rows, pattern, samples
        self.names: dict[str, Any] = {**NAMESPACE, "chain": chain}

    def source(self) -> tuple[str, dict[str, Any]]:
        """def straight(row, more, rows, mark, states, pens, new_pen): from a row on, as far as they are alike.

        Returns the row that it does not take, None at the end of `more`.
        """
        body: list[str] = []
        record = self.rows.record(self.pattern, body, self.names)
        emitter = PartialEmitter(namespace=self.names)
        stages = list(self._stages(record, emitter, body))
        text, handed = self.road.writer.straight(stages[-1].result, self.names)
        lines = [
            "def straight(row, more, rows, mark, states, pens, new_pen):",
            *indented(self._head(emitter, stages)),
            "    try:",
            "        for row in chain((row,), more):",
            *indented(self._row(body, stages[-1], text), 3),
            *indented([*handed, *(line for stage in stages for line in stage.commit)], 3),
            "            taken += 1",
            f"            mark[0] = line = rows.line_num{self._skip()}",
            "    finally:",
            "        if taken:",
            *indented([line for stage in stages for line in stage.end], 3),
            *(f"            state_{number}.counted(taken, keys_{number})" for number in range(len(stages))),
            "    return None",
        ]
        return "\n".join(lines) + "\n", self.names

    def _stages(self, record: Structure, emitter: PartialEmitter, body: list[str]) -> Iterator[Made]:
        names: Counter[str] = Counter()
        mappings = self.road.mappings
        for number, mapping in enumerate(mappings):
            last = number == len(mappings) - 1
            stage = Straight(mapping.plan, emitter, names, number, last, self.samples[number])
            made = stage.run(record, "line + 1", keys=number < self.road.noted)
            body += stage.lines
            yield made
            record = made.result

    def _head(self, emitter: PartialEmitter, stages: Sequence[Made]) -> list[str]:
        states = [f"state_{number}" for number in range(len(stages))]
        return [
            f"{', '.join(states)}, = states",
            *(f"arrival_{fact} = state_0.facts.{fact}" for fact in sorted(emitter.facts)),
            *(f"keys_{number} = []" for number in range(len(stages))),
            "line, taken = mark[0], 0",
            *(line for stage in stages for line in stage.begin),
        ]

    def _row(self, body: list[str], last: Made, text: list[str]) -> list[str]:
        above = "".join(f"({kind!r}, {keys}), " for kind, keys in last.above.items())
        return [
            "try:",
            *indented(self.rows.begin(self.pattern)),
            *indented(body),
            *indented(text),
            f"    known = pens.get({last.varying})",
            "    if known is None:",
            f"        known = pens[{last.varying}] = new_pen(({above}), {last.outer_ids!r})",
            "    pen, ids = known",
            "except FAILURES:",
            "    return row",
        ]

    def _skip(self) -> str:
        skip = self.rows.layout.before
        return f" + {skip}" if skip else ""


class Replay:
    """Rows that were read already, as a reader takes them: with the physical line that each ends on."""

    def __init__(self, rows: Sequence[tuple[list[str], int]]) -> None:
        self._rows = rows
        self.line_num = 0

    def __iter__(self) -> Iterator[list[str]]:
        for row, line in self._rows:
            self.line_num = line
            yield row


class Journey:
    """One file on the road."""

    def __init__(self, road: Road, states: Sequence[State], reading: Reading, writing: Writing) -> None:
        self.road, self.states, self.reading, self.writing = road, states, reading, writing
        self._usual: list[tuple[list[str], int]] = []
        """Rows that wait to go the usual way, and the line before the first of them."""
        self._before = 0
        self._seen: Counter[Pattern] = Counter()
        self._pens: dict[Function, dict[Any, Any]] = {}
        self._ended = False

    def run(self) -> None:
        """All rows."""
        going = self.reading.open()
        while going and not self._ended:
            going = self.reading.guarded(self._rows, [])
            self._go_usual_way()
        for mapping, state in zip(self.road.mappings, self.states, strict=True):
            mapping.finish(state)

    def _rows(self) -> None:
        """Rows up to the end, or up to what the csv module complains about."""
        rows, functions = self.reading.rows, self.road.functions_for(self.reading.arrangement)
        row = next(rows, None)
        refused: Function | None = None
        while row is not None:
            pattern = _pattern(functions, row)
            function, left = self._straight(functions, pattern, refused, row)
            if function is None:
                self._wait(row)
                self._learn(functions, pattern, row)
            row, refused = (next(rows, None), None) if function is None or left is None else (left, function)
        self._ended = True

    def _straight(
        self, functions: Functions, pattern: Pattern, refused: Function | None, row: list[str]
    ) -> tuple[Function | None, list[str] | None]:
        """The function that took a row and those after it, None where none does; and the first row it did not take."""
        rows, first = self.reading.rows, self.states[0]
        for function in functions.made.get(pattern, ()):
            if function is refused:
                continue
            self._go_usual_way()
            pens = self._pens.setdefault(function, {})
            before = first.taken
            with localcontext(ARITHMETIC):
                left = function(
                    row, islice(rows, ROWS), rows, self.reading.mark, self.states, pens, self._new_pen
                )
            if first.taken > before:
                self.writing.wrote(first.taken - before)
                functions.front(pattern, function)
                return function, left
        return None, row

    def _learn(self, functions: Functions, pattern: Pattern, row: list[str]) -> None:
        """Rows that went the usual way often are worth a function."""
        if not pattern or functions.tried[pattern] >= VARIANTS or functions.tried.total() >= PATTERNS:
            return
        if len(self._seen) > MOST:
            self._seen.clear()
        self._seen[pattern] += 1
        if self._seen[pattern] >= self.road.often:
            self._seen[pattern] = 0
            self.road.make(functions, pattern, self._samples(row))

    def _samples(self, row: list[str]) -> list[Env | None]:
        """What names stand for in a row, for each mapping."""
        record = self.reading.reader.explain(row, self.reading.line, self.reading.arrangement, _ignored)
        samples: list[Env | None] = []
        for mapping, state in zip(self.road.mappings, self.states, strict=True):
            trial = mapping.begin(state.facts, _ignored, Tally())
            results = [] if record is None else mapping.map([record], trial)
            frames = {mapping.plan.record: record, mapping.plan.result: results[0]} if results else None
            samples.append(None if frames is None else Env(state.facts, frames))
            record = results[0] if results else None
        return samples

    def _new_pen(
        self, above: Sequence[tuple[str, tuple[Any, ...]]], ids: Sequence[tuple[str, str]]
    ) -> tuple[Any, tuple[Any, ...]]:
        """The pen for results of these envelopes, and their ids; LookupError where one is new: it is made in the usual
        way.
        """
        record = {kind: self.states[-1].above[kind][keys] for kind, keys in above}
        return self.writing.pen(record), tuple(record[kind][name] for kind, name in ids)

    def _wait(self, row: list[str]) -> None:
        """A row that goes the usual way, together with those after it that do."""
        if not self._usual:
            self._before = self.reading.mark[0]
        self._usual.append((row, self.reading.rows.line_num))
        self.reading.mark[0] = self.reading.line
        if len(self._usual) >= BATCH:
            self._go_usual_way()

    def _go_usual_way(self) -> None:
        """Row → record → mappings → writer, as everywhere else."""
        if not self._usual:
            return
        here, self.reading.mark[0] = self.reading.mark[0], self._before
        records: Batch = []
        self.reading.take(Replay(self._usual), records)
        self._usual, self.reading.mark[0] = [], here
        for mapping, state in zip(self.road.mappings, self.states, strict=True):
            records = mapping.map(records, state) if records else records
        if records:
            self.writing.add(records)


def _ignored(_: Finding) -> None:
    """What is wrong with a sample is told where it is mapped."""


def _pattern(functions: Functions, row: list[str]) -> Pattern:
    try:
        return functions.pattern(row)
    except ValueError:
        return ()
