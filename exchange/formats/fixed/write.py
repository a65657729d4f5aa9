"""Writing coded records: envelopes open and close as their records come; totals are computed.

Parts of a record are written in declared order. Parts of an envelope that are declared behind the kinds inside it
are written behind them. An envelope with a total in its first record is spooled until the total is known.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from exchange.findings import Found, code
from exchange.formats.contract import Written
from exchange.formats.encoding import unwritable_finding
from exchange.formats.fixed.belonging import Form, Plan
from exchange.formats.fixed.structure import RecordBase as Declared
from exchange.formats.fixed.structure import RecordsLayout
from exchange.formats.fixed.totals import Controls, Totals
from exchange.formats.group import ungrouped
from exchange.model import KIND, LINE, Batch, Record

COPIED = 1024 * 1024
"""How many spooled bytes are copied at once."""

NO_ENVELOPE = code(
    "FIX030",
    "error",
    "The {kind} does not say which {value} it stands in.",
    advice="Set the fields of {value} in the mapping, under `above`.",
)
UNKNOWN_KIND = code(
    "FIX031",
    "error",
    'A record of the kind "{value}" cannot be written with this layout.',
    advice="Known kinds: {known}.",
)
NO_PART = code(
    "FIX032", "error", "The {kind} has no {value}, which it must have.", advice="Set it in the mapping."
)
WRONG_PART = code(
    "FIX033",
    "error",
    "The value for {field} is of type {got}; {want} is needed.",
    advice="Correct the mapping.",
)

CONTRADICTS = code(
    "FIX034",
    "error",
    "There are two records {record} for {value} that say different things.",
    advice="Give what differs different numbers in the mapping.",
)


@dataclass(slots=True)
class Envelope:
    """An envelope that is open; spooled: where its body goes while its first record waits for totals."""

    kind: str
    values: Record
    totals: Totals = field(default_factory=Totals)
    spooled: BinaryIO | None = None
    number: int = 0
    """The last running number of a record inside."""
    waiting: list[tuple[Any, str, Record]] = field(default_factory=list)
    """Parts that stand behind records inside: what they are compared by, their name, their values; in order."""
    ahead: dict[tuple[str, Any], Any] = field(default_factory=dict)
    """What was last written of each record that stands before others, by its name and what it is for."""


class RecordWriter:
    """Writes files of one layout; the same records always give the same bytes."""

    def __init__(self, layout: RecordsLayout, form: Form) -> None:
        self.layout = layout
        self.dispatch = form
        self.controls = Controls(layout)
        self.source = self.dispatch.source
        self.streamed = [name for name, plan in self.dispatch.plans.items() if plan.role == "streamed"]
        self.alone = [name for name, record in layout.declared.items() if record.own]
        self.around = {name: _around(layout, name) for name in (*self.streamed, *self.alone)}
        self.parts = {name: _parts(layout, name) for name in layout.declared}
        self.scattered = {
            name: [part for part, record in layout.children(name) if record.behind is not None]
            for name in layout.declared
        }

    def write(
        self, batches: Iterable[Batch], out: BinaryIO, spool: Callable[[], BinaryIO], found: Found
    ) -> Written:
        """Write all records; see `contract.Writer`."""
        writing = _Writing(self, out, spool, found)
        out.write(writing.encoder.encode(self.dispatch.opening()))
        for batch in ungrouped(batches, self.layout.group, found) if self.layout.group else batches:
            for record in batch:
                writing.record(record)
        writing.close_to(0)
        return Written(writing.written)


class _Writing:
    """One file on its way."""

    def __init__(
        self, writer: RecordWriter, out: BinaryIO, spool: Callable[[], BinaryIO], found: Found
    ) -> None:
        self.writer = writer
        self.layout = writer.layout
        self.controls = writer.controls
        self.encoder = codecs.getincrementalencoder(writer.layout.encoding)()
        """One for the whole file: some encodings have a mark, which stands at its beginning alone."""
        self.out = out
        self.spool = spool
        self.found = found
        self.open: list[Envelope] = []
        self.written = {name: 0 for name, record in writer.layout.declared.items() if not record.owners}

    def record(self, record: Record) -> None:
        """One streamed record, in its envelopes, or an envelope in which no record stands."""
        kind = record.get(KIND)
        if kind not in self.writer.around and len(self.writer.streamed) == 1:
            kind = self.writer.streamed[0]
        if kind not in self.writer.around:
            known = ", ".join(self.writer.streamed)
            self.found(UNKNOWN_KIND.at(line=record.get(LINE), value=kind, known=known))
        elif not self._envelopes(record, str(kind)):
            return
        elif kind in self.writer.alone:
            self._begin(str(kind), record)
        else:
            self._record(str(kind), record, record.get(LINE))

    def close_to(self, depth: int) -> None:
        """End all open envelopes from a depth on, the innermost first."""
        while len(self.open) > depth:
            self._close(self.open[-1])

    def _envelopes(self, record: Record, kind: str) -> bool:
        """Open and close envelopes until the record's own are open."""
        for depth, name in enumerate(self.writer.around[kind]):
            values = record.get(name)
            if not isinstance(values, dict):
                self.found(NO_ENVELOPE.at(line=record.get(LINE), kind=kind, value=name))
                return False
            if depth < len(self.open) and self.open[depth].values is values and self.open[depth].kind == name:
                continue
            self.close_to(depth)
            self._begin(name, values)
        self.close_to(len(self.writer.around[kind]))
        return True

    def _begin(self, name: str, values: Record) -> None:
        """The first record of an envelope, unless it waits for totals, and the parts that follow it."""
        envelope = Envelope(name, values)
        self.open.append(envelope)
        envelope.totals.lines += 1
        if name in self.controls.in_head:
            envelope.spooled = self.spool()
        else:
            self._put(self.writer.dispatch.plans[name], values, values.get(LINE))
        envelope.waiting = self._waiting(name, values)
        self._parts(name, self.writer.parts[name][0], values, values.get(LINE))

    def _waiting(self, name: str, values: Record) -> list[tuple[Any, str, Record]]:
        """The parts of an envelope that stand behind records inside it, in the order in which they come."""
        found: list[tuple[Any, str, Record]] = []
        for part in self.writer.scattered[name]:
            record = self.layout.declared[part]
            listed, by = values.get(str(record.as_)), record.behind.by if record.behind else ""
            found += [(one.get(by), part, one) for one in listed or () if isinstance(one, dict)]
        return sorted(found, key=lambda one: str(one[0] or "~"))

    def _pass_by(self, values: Record) -> None:
        """Write the waiting parts that a record inside stands behind."""
        envelope = self.open[-1]
        while envelope.waiting:
            by, name, part = envelope.waiting[0]
            behind = self.layout.declared[name].behind
            own = values.get(behind.field) if behind else None
            if by is None or own is None or by >= own:
                return
            envelope.waiting.pop(0)
            self._record(name, part, part.get(LINE))

    def _close(self, envelope: Envelope) -> None:
        """The parts behind the records, the trailer, and the first record if it waited for totals."""
        kind, line = envelope.kind, envelope.values.get(LINE)
        trailer = self.layout.declared[kind].trailer
        for _, name, part in envelope.waiting:
            self._record(name, part, part.get(LINE))
        self._parts(kind, self.writer.parts[kind][1], envelope.values, line)
        envelope.totals.lines += trailer is not None
        values = envelope.values | self.controls.computed(kind, envelope.totals)
        if envelope.spooled is not None:
            self._unspool(envelope, values)
        if trailer is not None:
            self._put(self.writer.dispatch.plans[f"{kind}.trailer"], values, line)
        self.open.pop()
        self.written[kind] += 1
        if self.open:
            self.open[-1].totals.merge(envelope.totals)
            self.controls.add(self.open[-1].totals, kind, values)

    def _unspool(self, envelope: Envelope, values: Record) -> None:
        """The first record, now that its totals are known, then what follows it."""
        body, envelope.spooled = envelope.spooled, None
        self._put(self.writer.dispatch.plans[envelope.kind], values, values.get(LINE))
        if body is not None:
            body.seek(0)
            target = self._target()
            while block := body.read(COPIED):
                target.write(block)
            body.close()

    def _record(self, name: str, values: Record, line: int | None) -> None:
        """A record with its parts."""
        plan = self.writer.dispatch.plans[name]
        if self.open and plan.role == "streamed":
            self._pass_by(values)
        if plan.ahead:
            self._ahead(plan, values, line)
        if self.open:
            values = self._numbered(plan, values) if plan.numbers else values
            self.open[-1].totals.lines += 1
            self.controls.add(self.open[-1].totals, name, values)
        self._put(plan, values, line)
        self._parts(name, self.writer.parts[name][0], values, line)
        if plan.role == "streamed":
            self.written[name] += 1

    def _ahead(self, plan: Plan, values: Record, line: int | None) -> None:
        """The records that stand before one, where the last of their kind for the same says something else."""
        for name, by in plan.ahead:
            record = self.layout.declared[name]
            part, key = values.get(str(record.as_)), values.get(by)
            if not isinstance(part, dict) or not _is_there(record, part):
                continue
            part = part | {by: key}
            known = self.open[-1].ahead.get((name, key))
            if record.once and known not in (None, _bare(part)):
                self.found(CONTRADICTS.at(line=line, record=name, value=key))
            if known != _bare(part):
                self.open[-1].ahead[name, key] = _bare(part)
                self._record(name, part, line)

    def _numbered(self, plan: Plan, values: Record) -> Record:
        """The record with its running number, or with that of the record it belongs to."""
        envelope, given = self.open[-1], dict[str, Any]()
        for name, own in plan.numbers:
            said = values.get(name)
            if own:
                envelope.number = said if isinstance(said, int) else envelope.number + 1
            given[name] = envelope.number if said is None else said
        return values | given

    def _parts(self, owner: str, names: Iterable[str], values: Record, line: int | None) -> None:
        """The records that belong to one, in declared order."""
        for name in names:
            record = self.layout.declared[name]
            place: Any = values if record.as_ is None else values.get(record.as_)
            listed = place or [] if record.is_listed else [place]
            if not isinstance(listed, list):
                facts: dict[str, Any] = {"got": type(place).__name__, "want": "a list"}
                self.found(WRONG_PART.at(line=line, field=f"{owner}.{record.as_}", **facts))
                continue
            there = [one for one in listed if _is_there(record, one)]
            if record.or_itself:
                there = [one for one in there if one.get(KIND) != owner]
            if record.required and not there:
                self.found(NO_PART.at(line=line, kind=owner, value=name))
            for one in there:
                self._record(name, one, line)

    def _put(self, plan: Plan, values: Record, line: int | None) -> None:
        """Write one line."""
        try:
            text = plan.write(values)
        except (ValueError, TypeError, AttributeError):
            text = plan.explain_written(values, line, self.found)
        if plan.varies:
            text = plan.finished(text)
        try:
            raw = self.encoder.encode(self.writer.dispatch.ended(text))
        except UnicodeEncodeError:
            self._unwritable(plan, values, line)
            return
        self._target().write(raw)

    def _unwritable(self, plan: Plan, values: Record, line: int | None) -> None:
        for column in plan.columns:
            place = {"field": f"{plan.title}.{column.name}", "line": line}
            finding = unwritable_finding(str(values.get(column.name)), self.layout.encoding, **place)
            if finding is not None:
                self.found(finding)

    def _target(self) -> BinaryIO:
        """Where bytes go: the innermost spool, or the file."""
        return next((one.spooled for one in reversed(self.open) if one.spooled is not None), self.out)


def _bare(part: Any) -> Any:
    """What a record says, wherever it was read."""
    if isinstance(part, dict):
        return {name: _bare(value) for name, value in part.items() if not name.startswith("@")}
    return [_bare(one) for one in part] if isinstance(part, list) else part


def _is_there(record: Declared, values: Any) -> bool:
    """Whether a part has anything to say."""
    if not isinstance(values, dict):
        return False
    return record.is_listed or any(values.get(name) is not None for name in record.fields)


def _around(layout: RecordsLayout, name: str) -> list[str]:
    """The envelopes of a kind, the outermost first."""
    found: list[str] = []
    inside = layout.declared[name].inside
    while inside is not None:
        found.insert(0, str(inside))
        inside = layout.declared[inside].inside
    return found


def _parts(layout: RecordsLayout, name: str) -> tuple[list[str], list[str]]:
    """The records that belong to one: those before the kinds inside it, and those behind."""
    names = list(layout.declared)
    inside = [names.index(one) for one, record in layout.declared.items() if record.inside == name]
    first = min(inside, default=len(names))
    parts = [
        child for child, record in layout.children(name) if record.before is None and record.behind is None
    ]
    return [one for one in parts if names.index(one) < first], [
        one for one in parts if names.index(one) > first
    ]
