"""Following one value of a result back to the file that came: the chain is run once more, and every record that is made
on the way remembers what it was made from.

    for record in trace(content, way, came, lists, facts, found): …     # as they are written
    lineage = follow(record, "lines[2].net", facts)

Memory: what the chain itself needs (one batch, one group), and whatever the caller keeps of the records.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, cast

from exchange.declare.layout import LayoutBase
from exchange.findings import Found
from exchange.flow.answered import is_left_out, own_facts
from exchange.flow.content import Content, Intake, Way, run_chain
from exchange.flow.hearing import STATUS, TRANSACTION
from exchange.flow.library import Chain, Step
from exchange.flow.reconciling import called, traced
from exchange.formats.spots import spot_of, spots
from exchange.mapping.explain import Tracer
from exchange.mapping.lineage import Lineage, Token, joined, tokens
from exchange.mapping.tally import uncounted
from exchange.model import ArrivalFacts, Batch, Record
from exchange.outcome import MatchRow
from exchange.past import Ordered
from exchange.reconcile.book import Book
from exchange.reconcile.case import PAID, Allocation
from exchange.reconcile.items import Side
from exchange.reconcile.kept import row
from exchange.reconcile.matching import match
from exchange.reconcile.rulebook import Rulebook

ORIGIN = "@origin"
"""The mark on a record (and on an envelope that a mapping opened): what it was made from."""
OF_ITEM = ("number", "reference", "party", "issued", "due", "account")
"""What an allocation has from its open item."""


@dataclass(frozen=True, slots=True, eq=False)
class Came:
    """A file that records are read from. title: in words, such as "01-daily.csv (arrival 7DYKVHBG)"."""

    title: str
    path: Path
    layout: LayoutBase


Lists = Mapping[str, Sequence[Came]]
"""Files of open items by the flow that brought them."""


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """The origin of a record as it was read."""

    file: Came


@dataclass(frozen=True, slots=True, eq=False)
class Mapped:
    """The origin of a result. source: the record, or the group of records; result: which of its results.

    numbers: of envelopes, which ones of their kind in the file.
    """

    step: Step
    source: Record
    result: int
    numbers: Mapping[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class Decided:
    """The origin of a decision: the bank transaction and the open items are in the record, or among those of the book.

    paid: by the id of each open item that was paid so far, the bank transaction that did it.
    """

    book: Book
    paid: Mapping[int, Record]


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """The origin of an answer about one payment: the answer about its whole file or batch, and the payment in the ledger."""

    whole: Record
    payment: Ordered


def trace(
    content: Content, way: Way, came: Came, lists: Lists, facts: ArrivalFacts, found: Found
) -> Iterator[Record]:
    """The records of one target as they go to its writer, each with its origin.

    lists: the files of open items that the flow is matched against, by flow, when it is matched.
    """
    documents = content.spread(_documents(content.intake, came, facts, found), _mark_spread)
    matching = content.matching
    if matching is not None:
        items = {
            each.flow: chain.from_iterable(
                _documents(cast(Intake, each.intake), file, facts, found) for file in lists[each.flow]
            )
            for each in matching.lists
        }
        documents = _decisions(documents, traced(matching, items, facts, found), matching.rules)
    return chain.from_iterable(_run(documents, way.chain, facts, found))


def _documents(intake: Intake, came: Came, facts: ArrivalFacts, found: Found) -> Iterator[Batch]:
    return _run(_read(intake, came, found), intake.chain, facts, found)


def _read(intake: Intake, came: Came, found: Found) -> Iterator[Batch]:
    with came.path.open("rb") as stream:
        for batch in intake.reader.read(stream, found):
            for record in batch:
                record[ORIGIN] = Read(came)
            yield batch


def _run(batches: Iterator[Batch], steps: Chain, facts: ArrivalFacts, found: Found) -> Iterator[Batch]:
    marking = [[_marking(step) for step in together] for together in steps]
    return run_chain(batches, marking, facts, found, uncounted)


def _mark_spread(made: Record, whole: Record, payment: Ordered) -> None:
    made[ORIGIN] = Spread(whole, payment)


def _marking(step: Step) -> Step:
    """The same mapping, whose results and envelopes carry their origin; for one run."""
    kinds = [envelope.kind for envelope in step.compiled.plan.envelopes]
    opened: Counter[str] = Counter()

    def mark(record: Record, results: Batch) -> None:
        for number, result in enumerate(results, 1):
            for kind in kinds:
                if ORIGIN not in result[kind]:
                    opened[kind] += 1
                    result[kind][ORIGIN] = Mapped(step, record, number, {kind: opened[kind]})
            result[ORIGIN] = Mapped(step, record, number, {})

    return Step(step.name, step.compiled.marked(mark))


def _decisions(documents: Iterator[Batch], book: Book, rules: Rulebook) -> Iterator[Batch]:
    """Decisions, and which open items each of them paid."""
    paid: dict[int, Record] = {}  # filled on: every decision has the same one
    entered: list[MatchRow] = []
    book.entered = lambda: entered
    for batch in match(documents, book, rules):
        entered += [row(record, book) for record in batch]
        for record in batch:
            record[ORIGIN] = Decided(book, paid)
            paid |= {id(item): record["transaction"] for item in _paid(record)}
        yield called(batch, book)


def follow(record: Record, path: str, facts: ArrivalFacts) -> Lineage:
    """The lineage of one value of a traced record, down to the files that came.

    Raises UnknownNameError for a path that the record does not have.
    """
    follower = _Follower(facts)
    lineage = follower.value(record, tokens(path))
    follower.place()
    return lineage


class _Follower:
    """Asks each step of the chain for the values that the next one read."""

    def __init__(self, facts: ArrivalFacts) -> None:
        self.facts = facts
        self.leaves: list[tuple[Lineage, Record, Came]] = []
        self.tracers: dict[int, Tracer] = {}
        self.told: set[tuple[int, str]] = set()
        self.told_aside: set[tuple[int, str]] = set()
        self.aside = False

    def value(self, record: Record, steps: Sequence[Token]) -> Lineage:
        """The lineage of a value of a record that has an origin."""
        origin = record[ORIGIN]
        if isinstance(origin, Decided):
            return self._decided(record, origin, steps)
        if isinstance(origin, Spread):
            return self._spread(record, origin, steps)
        envelope = record.get(str(steps[0]))
        if len(steps) > 1 and isinstance(envelope, dict) and ORIGIN in envelope:
            origin = envelope[ORIGIN]
        return (
            self._mapped(origin, steps) if isinstance(origin, Mapped) else self._leaf(record, origin, steps)
        )

    def _mapped(self, origin: Mapped, steps: Sequence[Token]) -> Lineage:
        """A value that a rule made; what it rests on is told once."""
        if id(origin) not in self.tracers:
            made = origin.step.compiled.tracer(origin.source, self.facts, origin.result, origin.numbers)
            self.tracers[id(origin)] = made
        lineage = self.tracers[id(origin)].value(joined("", steps))
        key = (id(origin), lineage.what)
        if lineage.operands and (key in self.told or (self.aside and key in self.told_aside)):
            lineage.kind, lineage.operands = "again", []
        (self.told_aside if self.aside else self.told).add(key)
        self._go_on(lineage, origin.source)
        return lineage

    def _leaf(self, record: Record, origin: Read, steps: Sequence[Token]) -> Lineage:
        """A value as it was read."""
        file = origin.file
        lineage = Lineage(
            "source", joined("", steps), _at(record, steps), note=file.title, layout=file.layout.layout
        )
        self.leaves.append((lineage, record, file))
        return lineage

    def _go_on(self, lineage: Lineage, source: Record) -> None:
        """In place of the fields of a source record comes what these were made from.

        Conditions may be passed over by who reads the lineage, so what they tell is told elsewhere too.
        """
        before, self.aside = self.aside, self.aside or lineage.kind == "condition"
        for number, operand in enumerate(lineage.operands):
            if operand.kind != "field" or not operand.source:
                self._go_on(operand, source)
                continue
            steps = tokens(operand.source)
            if ORIGIN in source:
                lineage.operands[number] = self.value(source, steps)
            elif len(steps) > 2 and isinstance(steps[1], int):  # `items[3].net` of a group of records
                lineage.operands[number] = self.value(source[str(steps[0])][steps[1] - 1], steps[2:])
            else:
                operand.kind, operand.note = "group", "the records that were gathered"
        self.aside = before

    def _spread(self, record: Record, origin: Spread, steps: Sequence[Token]) -> Lineage:
        """A value of an answer that was made for one payment: the bank's own word, or what the ledger has of the payment."""
        whole, payment = origin.whole, origin.payment
        if "level" not in whole:
            return self._booked(record, origin, steps)
        is_one = whole["level"] == "payment"
        name = str(steps[0])
        if name not in own_facts(payment) or (is_one and not is_left_out(whole, name)):
            return self.value(whole, steps)
        lineage = Lineage("ledger", joined("", steps), _at(record, steps), layout=STATUS)
        came_with = f"line {payment.line} of {payment.source}" if payment.line else payment.source
        lineage.note = f"of the payment {payment.id}, sent in {payment.file}, which came with {came_with}"
        named_by = (
            "end_to_end_id"
            if is_one and whole["end_to_end_id"]
            else "instruction_id"
            if is_one
            else "payment_info_id"
            if whole["level"] == "batch"
            else "original_message_id"
        )
        because = Lineage("condition", named_by, whole[named_by], layout=STATUS)
        because.note = (
            "the payment that the bank's answer is about, which does not repeat its order"
            if is_one
            else f"the {whole['level']} that the bank refused as a whole"
        )
        before, self.aside = self.aside, True
        because.operands = [self.value(whole, (named_by,))]
        self.aside = before
        lineage.operands.append(because)
        return lineage

    def _booked(self, record: Record, origin: Spread, steps: Sequence[Token]) -> Lineage:
        """A value of a movement that was completed by the payment that it books: the bank's own word, or what the ledger has."""
        whole, payment = origin.whole, origin.payment
        if _at(record, steps) == _at(whole, steps):
            return self.value(whole, steps)
        lineage = Lineage("ledger", joined("", steps), _at(record, steps), layout=TRANSACTION)
        lineage.note = f"of the payment {payment.id}, sent in {payment.file}, that the movement books"
        return lineage

    def _decided(self, record: Record, origin: Decided, steps: Sequence[Token]) -> Lineage:
        """A value of a decision: the bank transaction's, an open item's, or the decision itself."""
        name, transaction = str(steps[0]), record["transaction"]
        if name == "transaction" and len(steps) > 1:
            return self.value(transaction, steps[1:])
        if name == "allocations":
            return self._allocation(record, origin, steps)
        lineage = Lineage("decision", joined("", steps), _at(record, steps), layout="common/match")
        if name in ("amount", "currency"):
            lineage.note = "of the bank transaction"
            lineage.operands = [self.value(transaction, (name,))]
            return lineage
        if name == "case":
            lineage.note = "the end of the arrival's identifier, and which transaction of the file it is"
            return lineage
        lineage.note = record["reason"] if name != "reason" else f"decided: {record['decision']}"
        lineage.operands = [self.value(transaction, (part,)) for part in ("reference", "amount", "currency")]
        for candidate in _candidates(record, origin.book):
            lineage.operands.append(self._open_item(candidate, transaction, origin.paid))
        return lineage

    def _allocation(self, record: Record, origin: Decided, steps: Sequence[Token]) -> Lineage:
        """A value of what was paid: the open item's own, or what was decided about it."""
        numbers = [step for step in steps if isinstance(step, int)]
        rest = [step for step in steps[1:] if not isinstance(step, int)]
        paid = record["allocations"][numbers[0] - 1 if numbers else 0 :][:1]
        if not paid or not rest:
            return Lineage("unset", joined("", steps), None, note=record["reason"], layout="common/match")
        known = paid[0][PAID]
        side = known.item.side if isinstance(known, Allocation) else known.side
        own = ["customer" if step == "party" and side == "receivable" else step for step in rest]
        own = ["supplier" if step == "party" else step for step in own]
        if isinstance(known, Allocation) and rest[0] in OF_ITEM:
            return self.value(known.item.record, own)
        lineage = Lineage("decision", joined("", steps), paid[0].get(rest[0]), layout="common/match")
        lineage.note = record["reason"]
        lineage.operands = [self.value(record["transaction"], (part,)) for part in ("amount", "currency")]
        if isinstance(known, Allocation):
            lineage.operands.append(self._open_item(known.item.record, record["transaction"], origin.paid))
        return lineage

    def _open_item(self, item: Record, transaction: Record, paid: Mapping[int, Record]) -> Lineage:
        """An open item that was looked at, and whether an earlier entry had used it up."""
        lineage = Lineage("open item", f"invoice {item['number']}", item["open"], layout="common/receivable")
        lineage.operands = [self.value(item, (part,)) for part in ("number", "reference", "open", "currency")]
        used_by = paid.get(id(item))
        if used_by is not None and used_by is not transaction:
            lineage.note = "paid by an earlier entry"
            lineage.operands.append(self.value(used_by, ("entry_ref",)))
        return lineage

    def place(self) -> None:
        """Tell of every value that was read where it stands in its file, and how it is written there."""
        for file in {id(file): file for _, _, file in self.leaves}.values():
            records = {id(record): record for _, record, of in self.leaves if of is file}
            with file.path.open("rb") as stream:
                known = dict(zip(records, spots(file.layout, stream, list(records.values())), strict=True))
            for lineage, record, of in self.leaves:
                if of is file:
                    spot = spot_of(known[id(record)], record, lineage.what)
                    lineage.line, lineage.column, lineage.path = spot.line, spot.column, spot.path
                    lineage.text, lineage.rule = spot.text, spot.name


def _paid(record: Record) -> list[Record]:
    """The open items that a decision paid; not those that it opened again."""
    made = [each[PAID] for each in record["allocations"]]
    return [each.item.record for each in made if isinstance(each, Allocation)]


def _candidates(record: Record, book: Book) -> Sequence[Record]:
    """The open items that a decision rests on."""
    paid = _paid(record)
    reference = record["transaction"]["reference"]
    if paid or not reference:
        return paid
    side: Side = "receivable" if record["amount"] > 0 else "payable"
    return [known.record for known in book.sides[side].of_reference(reference)] if side in book.sides else []


def _at(record: Record, steps: Sequence[Token]) -> Any:
    """The value at a path of a record, None when something on the way is not there."""
    value: Any = record
    for step in steps:
        if isinstance(step, int):
            value = value[step - 1] if isinstance(value, list) and 1 <= step <= len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value
