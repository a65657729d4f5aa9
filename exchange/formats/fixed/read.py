"""Reading coded records: what belongs together is put together, totals are checked, memory is flat.

What stands behind the records of an envelope (its trailer, its own parts) must be known when the first of them is
handed on. So where a layout has such, the file is passed twice: once for the envelopes, once for the records.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Literal

from exchange.findings import Code, Finding, Found, code
from exchange.formats.contract import Progress
from exchange.formats.encoding import Unreadable
from exchange.formats.fixed.belonging import Form, Plan, Row
from exchange.formats.fixed.items import TRAILER, UNREAD, Ahead, Item
from exchange.formats.fixed.structure import RecordsLayout
from exchange.formats.fixed.totals import Controls, Totals
from exchange.formats.group import grouped
from exchange.model import BATCH_SIZE, KIND, LINE, Batch, Record

Pass = Literal["envelopes", "records", "only"]

_ASK = "Ask the sender for a corrected file."
UNKNOWN_CODE = code(
    "FIX003",
    "error",
    'Line {line}: the record code "{value}" is not one of this layout ({known}).',
    advice="Check that the file is of this kind. If the record is new, add it to the layout.",
)
REFUSED = code(
    "FIX041",
    "error",
    'Line {line}: the record "{value}" is not read. {why}',
    advice="Send what these records say by another way, and ask for the file without them.",
)
OUTSIDE = code(
    "FIX007", "error", "Line {line}: the record {record} stands outside of any {kind}.", advice=_ASK
)
NO_OWNER = code(
    "FIX008",
    "error",
    "Line {line}: the record {record} belongs to a {kind}, but none stands before it.",
    advice=_ASK,
)
NO_TRAILER = code(
    "FIX009",
    "error",
    "The {kind} that begins on line {line} has no record that ends it, so its totals cannot be checked.",
    advice="The end is probably missing. " + _ASK,
)
NO_BEGINNING = code(
    "FIX013",
    "error",
    "Line {line}: this record ends a {kind}, but none is open.",
    advice="The beginning is missing, or the record stands twice. " + _ASK,
)
STANDS_TWICE = code(
    "FIX014",
    "error",
    "Line {line}: the record {record} stands twice for the same {kind} (line {first}).",
    advice=_ASK,
)
MISSING = code(
    "FIX015",
    "error",
    "The {kind} on line {line} has no record {record}, which it must have.",
    advice=_ASK,
)
WRONG_LENGTH = code(
    "FIX018",
    "warning",
    "Line {line}: the record {record} says that it has {value} characters, but it has {got}.",
    advice="Nothing was lost: the columns are read as the layout says. Tell the sender if values are missing.",
)
EMPTY_FILE = code("FIX016", "error", "The file is empty.", advice="Ask the sender whether it is complete.")


class RecordReader:
    """Reads files of one layout."""

    def __init__(self, layout: RecordsLayout, form: Form) -> None:
        self.layout = layout
        self.dispatch = form
        self.controls = Controls(layout)
        self.source = self.dispatch.source
        roles = {plan.name: plan.role for plan in self.dispatch.plans.values() if plan.role != "trailer"}
        of_envelopes = any(
            roles[owner] == "open" for record in layout.declared.values() for owner in record.owners
        )
        trailers = any(record.trailer is not None for record in layout.declared.values())
        self._twice = of_envelopes or trailers

    def read(self, stream: BinaryIO, found: Found, progress: Progress | None = None) -> Iterator[Batch]:
        """The records; see `contract.Reader`."""
        incoming = self._batches(stream, found, progress)
        return incoming if self.layout.group is None else grouped(incoming, self.layout.group, found)

    def _batches(self, stream: BinaryIO, found: Found, progress: Progress | None) -> Iterator[Batch]:
        envelopes: list[Item] = []
        try:
            if self._twice:
                stream.seek(0)
                survey = _Reading(self, found, "envelopes", envelopes)
                for _ in survey.run(self.dispatch.rows(stream, found, None)):
                    pass
            stream.seek(0)
            reading = _Reading(self, found, "records" if self._twice else "only", envelopes)
            told = _nobody if self._twice else found
            yield from reading.run(self.dispatch.rows(stream, told, progress))
        except Unreadable as stopped:
            found(stopped.finding)


class _Reading:
    """One pass over one file. `open` holds the records that more may belong to, the outermost first."""

    def __init__(self, reader: RecordReader, found: Found, pass_: Pass, envelopes: list[Item]) -> None:
        self.layout = reader.layout
        self.dispatch = reader.dispatch
        self.controls = reader.controls
        self.found = found
        self.pass_ = pass_
        self.speaks = pass_ != "records"
        """Whether this pass tells what is wrong with the structure."""
        self.envelopes = envelopes
        self.next_envelope = 0
        self.open: list[Item] = []
        self.done: Batch = []
        self.last_leaf: Plan | None = None
        """The plan of the line before, where that is a leaf: one more of them stands where that one stood."""
        self.fitter = self.dispatch.fitter(self._tell)

    def run(self, lines: Iterator[tuple[int, Row]]) -> Iterator[Batch]:
        """All records, in batches."""
        empty = True
        for number, text in lines:
            empty = False
            plan = self.dispatch.plan(text)
            if plan is None:
                self._unknown(text, number)
            else:
                if plan.length_field is not None and (said := plan.said_length(text)) is not None:
                    self._tell(WRONG_LENGTH, line=number, record=plan.title, value=said, got=len(text))
                fits = len(text) == plan.width and "\t" not in text
                self._line(plan, text if fits else self.fitter.fitted(plan, text, number), number)
            if len(self.done) >= BATCH_SIZE:
                yield self.done
                self.done = []
        self._cut(0)
        if empty and self.speaks:
            self.found(EMPTY_FILE.at(line=1))
        if self.done:
            yield self.done

    def _line(self, plan: Plan, text: Row, number: int) -> None:
        if plan is self.last_leaf:
            self._leaf(plan, text, number, False)
            return
        self.last_leaf = None
        if plan.role == "child":
            self._child(plan, text, number)
        elif plan.role == "ahead":
            self._ahead(plan, text, number)
        elif plan.role == "trailer":
            self._trailer(plan, text, number)
        else:
            self._kind(plan, text, number)

    def _kind(self, plan: Plan, text: Row, number: int) -> None:
        """An envelope or a streamed record: it ends everything that is not around it."""
        depth, lost = self._inside(plan)
        if len(self.open) > depth:
            self._cut(depth)
        around = self.open[depth - 1] if depth else None
        if around is not None:
            around.lone = False
        if lost:
            self._tell(OUTSIDE, line=number, record=plan.name, kind=plan.inside)
        if plan.is_leaf:
            self.last_leaf = None if lost else plan
            self._leaf(plan, text, number, lost)
            return
        item = self._begun(plan, text, number)
        item.good = item.good and not lost
        self.open.append(item)
        if around is not None and plan.role == "streamed":
            if plan.ahead and self._reads(False):
                around.ahead.join(item, text)
            self._counted(around, item, plan)

    def _leaf(self, plan: Plan, text: Row, number: int, lost: bool) -> None:
        """A record that nothing can belong to, in the innermost open one: read and handed on at once."""
        if self.pass_ == "envelopes":
            return
        place = plan.fresh()
        place[KIND] = plan.name
        place[LINE] = number
        item = Item(plan, number, place, False, not lost)
        self._into(item, plan, text, number, place)
        if self.open:
            self._counted(self.open[-1], item, plan)
        if item.good:
            self._hand_on(item)

    def _ahead(self, plan: Plan, text: Row, number: int) -> None:
        """A record that stands before those it belongs to: kept until they come or their envelope ends."""
        envelope = self.layout.declared[plan.owners[0]].inside
        depth = self._depth(str(envelope))
        if depth < 0:
            self._tell(OUTSIDE, line=number, record=plan.name, kind=envelope)
            return
        self._cut(depth + 1)
        around = self.open[depth]
        around.totals.lines += self.pass_ != "envelopes"
        reads = self._reads(False)
        item = Item(plan, number, plan.fresh() | {KIND: plan.name, LINE: number} if reads else UNREAD, False)
        self.open.append(item)
        if reads:
            self._into(item, plan, text, number, item.place)
            around.ahead.add(item, text, self.found)

    def _inside(self, plan: Plan) -> tuple[int, bool]:
        """How many open records stay around a new one, and whether its own envelope is not among them."""
        around = plan.inside
        while around is not None:
            depth = self._depth(around)
            if depth >= 0:
                return depth + 1, around != plan.inside
            outer = self.layout.declared[around].inside
            around = None if outer is None else str(outer)
        return 0, plan.inside is not None

    def _begun(self, plan: Plan, text: Row, number: int) -> Item:
        envelope = plan.role == "open"
        if not self._reads(envelope):
            if not envelope:
                return Item(plan, number, UNREAD, False)
            known = self.envelopes[self.next_envelope]
            self.next_envelope += 1
            return Item(plan, number, known.place, True, known.good, totals=Totals(lines=1), ahead=Ahead({}))
        place = plan.fresh()
        place[KIND] = plan.name
        place[LINE] = number
        item = Item(plan, number, place, envelope)
        if envelope:
            item.totals, item.ahead = Totals(lines=1), Ahead({})
            self.envelopes.append(item)
        self._into(item, plan, text, number, place)
        return item

    def _child(self, plan: Plan, text: Row, number: int) -> None:
        """A record that belongs to the one before it."""
        depth = max([self._depth(owner) for owner in plan.owners])
        if depth < 0:
            self._tell(NO_OWNER, line=number, record=plan.name, kind=" or ".join(plan.owners))
            return
        if len(self.open) > depth + 1:
            self._cut(depth + 1)
        owner = self.open[depth]
        reads = self._reads(owner.of_envelope)
        place = self._place(owner, plan, number) if reads else UNREAD
        item = Item(plan, number, place, owner.of_envelope, owner=owner)
        self.open.append(item)
        if reads:
            self._into(item, plan, text, number, place)
            self._attach(owner, plan, item)
        around = self._around()
        if around is not None:
            self._counted(around, item, plan)

    def _place(self, owner: Item, plan: Plan, number: int) -> Record:
        """Where the values of a part go: its own structure, or that of its owner."""
        if plan.record.as_ is None:
            return owner.place
        if plan.is_listed:
            return plan.fresh() | {KIND: plan.name, LINE: number}
        known = owner.place.get(str(plan.record.as_))
        return known if isinstance(known, dict) else self._structure(owner, str(plan.record.as_))

    def _structure(self, owner: Item, name: str) -> Record:
        fields = owner.plan.fields[name].fields or {}
        return {str(one): ([] if inner.many else None) for one, inner in fields.items()}

    def _attach(self, owner: Item, plan: Plan, item: Item) -> None:
        if owner.seen is None:
            owner.seen = {}
        first = owner.seen.setdefault(plan.name, item.line)
        if plan.is_listed:
            owner.place[str(plan.record.as_)].append(item.place)
            return
        if first != item.line:
            self.found(STANDS_TWICE.at(line=item.line, record=plan.name, kind=owner.plan.name, first=first))
            self._spoil(item)
        if plan.record.as_ is not None:
            owner.place[str(plan.record.as_)] = item.place

    def _trailer(self, plan: Plan, text: Row, number: int) -> None:
        """The end of an envelope."""
        depth = self._depth(plan.name)
        if depth < 0:
            self._tell(NO_BEGINNING, line=number, kind=plan.name)
            return
        self._cut(depth + 1)
        item = self.open[depth]
        item.totals.lines += 1
        item.seen = (item.seen or {}) | {TRAILER: number}
        if self.speaks:
            self._into(item, plan, text, number, item.place)
        self._cut(depth)

    def _into(self, item: Item, plan: Plan, text: Row, number: int, place: Record) -> None:
        """Read a line into its place; when anything is wrong with it, what it belongs to is not handed on."""
        control = self.dispatch.control_character(text, number)
        if control is not None:
            self.found(control)
            self._spoil(item)
            return
        try:
            place.update(plan.read(text))
        except ValueError:
            values = plan.explain(text, number, self.found)
            if values is None:
                self._spoil(item)
            else:
                place.update(values)

    def _spoil(self, item: Item) -> None:
        one: Item | None = item
        while one is not None:
            one.good = False
            one = one.owner

    def _cut(self, depth: int) -> None:
        """End all open records from a depth on, the innermost first."""
        while len(self.open) > depth:
            item = self.open.pop()
            if item.plan.needs and self._reads(item.of_envelope):
                self._complete(item)
            if item.plan.role == "open":
                self._end(item)
            elif item.plan.role == "streamed" and item.good and self.pass_ != "envelopes":
                self._hand_on(item)

    def _complete(self, item: Item) -> None:
        """Whether a record has all the parts that it must have."""
        for name in item.plan.needs:
            if name not in (item.seen or ()):
                self.found(MISSING.at(line=item.line, kind=item.plan.name, record=name))
                self._spoil(item)

    def _end(self, item: Item) -> None:
        """The end of an envelope: its totals."""
        trailer = item.plan.record.trailer
        end = (item.seen or {}).get(TRAILER)
        if trailer is not None and trailer.required and end is None:
            item.good = False
            self._tell(NO_TRAILER, line=item.line, kind=item.plan.name)
        elif self.pass_ != "envelopes":
            item.ahead.tell_unused(self.found)
            for finding in self.controls.findings(item.plan.name, item.place, item.totals, end or item.line):
                self.found(finding)
        if item.lone and item.good and item.plan.record.own and self.pass_ != "envelopes":
            self._hand_on(item)
        around = self._around()
        if around is not None:
            around.totals.merge(item.totals)
            self.controls.add(around.totals, item.plan.name, item.place)

    def _hand_on(self, item: Item) -> None:
        record = item.place
        for around in self.open:
            if not around.good:
                return
            record[around.plan.name] = around.place
        for listed, fields in item.plan.itself:
            if not record[listed]:
                only = {name: record.get(name) for name in (*fields, KIND, LINE) if name != listed}
                record[listed] = [only]
        self.done.append(record)

    def _counted(self, around: Item, item: Item, plan: Plan) -> None:
        """One more record of an envelope, for its totals."""
        if self.pass_ != "envelopes":
            around.totals.lines += 1
            values = item.place if item.good else UNREAD
            self.controls.add(around.totals, plan.name, values)

    def _around(self) -> Item | None:
        """The innermost open envelope."""
        for item in reversed(self.open):
            if item.plan.role == "open":
                return item
        return None

    def _depth(self, name: str) -> int:
        """How deep the open record of that name stands, -1 when there is none."""
        for depth in range(len(self.open) - 1, -1, -1):
            if self.open[depth].plan.name == name:
                return depth
        return -1

    def _reads(self, envelope: bool) -> bool:
        """Whether this pass reads the values of envelopes (or of what is streamed)."""
        return self.pass_ == "only" or (self.pass_ == "envelopes") == envelope

    def _unknown(self, text: Row, number: int) -> None:
        around = self._around()
        if around is not None:
            around.totals.lines += 1
        for pattern, why in self.layout.refused.items():
            if re.match(pattern, self.dispatch.shown(text)):
                self._tell(REFUSED, line=number, value=self.dispatch.code(text), why=why)
                return
        codes = sorted({one for plan in self.dispatch.plans.values() for one in plan.line.codes})
        self._tell(UNKNOWN_CODE, line=number, value=self.dispatch.code(text), known=", ".join(codes))

    def _tell(self, what: Code, /, **facts: Any) -> None:
        """What is wrong with the structure is told by one of two passes."""
        if self.speaks:
            self.found(what.at(**facts))


def _nobody(_: Finding) -> None:
    """The first pass told what is wrong with the bytes."""
