"""Writes records as XML: bodies go to one spool file, what stands around them is written when its totals are known."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, BinaryIO

from exchange.errors import UseError
from exchange.findings import Found
from exchange.formats.contract import Written
from exchange.formats.values import Refused
from exchange.formats.xml.complaints import NO_ROOT, SECOND_ROOT, WRONG_TOTAL
from exchange.formats.xml.layout import Layout
from exchange.formats.xml.paths import Step
from exchange.formats.xml.texts import Teller, quoted
from exchange.formats.xml.totals import Totals, Way, asked_of, promises, terms, values_at
from exchange.formats.xml.writecode import WriteCode, depth_of
from exchange.formats.xml.writestraight import StraightCode
from exchange.known import EMPTY, Known, NotStraight, Structure, Variable
from exchange.model import KIND, Batch, Record

BLOCK = 1 << 20
"""How much is kept in memory before the spool file is made, and copied at once."""
WAITING = 4_000
"""How many records' texts wait in memory, so that those of one group come to lie together in the spool."""
_ODD = (Refused, AttributeError, TypeError)
"""What fast code raises for a record of the wrong shape; the slow code says what is wrong."""


@dataclass(slots=True, eq=False)
class Waiting:
    """Texts of records of one kind in one group, and their amounts by term, that are not in the spool yet."""

    group: Group
    kind: str
    texts: list[str]
    amounts: dict[str, list[Any]]


@dataclass(slots=True, eq=False)
class Group:
    """One element that holds others: its values, the groups in it, and where the texts of its records lie."""

    kind: str | None
    record: Record
    around: Group | None
    inside: dict[str, list[Group]] = field(default_factory=dict)
    segments: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)
    waiting: dict[str, Waiting] = field(default_factory=dict)


class Spool:
    """Texts one after another: in memory at first, then in the temporary file."""

    def __init__(self, make: Callable[[], BinaryIO]) -> None:
        self._make = make
        self._file: BinaryIO | None = None
        self._memory = bytearray()
        self._length = 0

    def add(self, data: bytes, segments: list[tuple[int, int]]) -> None:
        """Append a text and note where it lies; neighbours become one segment."""
        start = self._length
        self._memory += data
        self._length += len(data)
        if len(self._memory) >= BLOCK:
            self._flush()
        if segments and segments[-1][1] == start:
            start = segments.pop()[0]
        segments.append((start, self._length))

    def copy(self, segments: Iterable[tuple[int, int]], out: BinaryIO) -> None:
        """Write the texts of segments."""
        if self._file is not None:
            self._flush()
        for start, end in segments:
            if self._file is None:
                out.write(memoryview(self._memory)[start:end])
                continue
            self._file.seek(start)
            while start < end:
                block = self._file.read(min(BLOCK, end - start))
                out.write(block)
                start += len(block)

    def _flush(self) -> None:
        if self._file is None:
            self._file = self._make()
        self._file.write(self._memory)
        self._memory = bytearray()


class XmlWriter:
    """The writer of one layout; the code is generated once."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._encoding = _encoding(layout)
        self._root = _declarations(layout)
        self._fast = WriteCode(layout, slow=False, root=self._root)
        self._slow = WriteCode(layout, slow=True, root=self._root)
        self._around = {name: tuple(reversed(layout.ancestors(name))) for name in layout.kinds()}
        self._only = layout.streamed[0] if len(layout.streamed) == 1 else None

    @property
    def source(self) -> str:
        """The generated Python source of the fast path."""
        return self._fast.source

    def write(
        self, batches: Iterable[Batch], out: BinaryIO, spool: Callable[[], BinaryIO], found: Found
    ) -> Written:
        """Write all records, those of one ancestor record together, kinds in declared order."""
        writing = self.begin(out, spool, found)
        for batch in batches:
            writing.add(batch)
        return writing.finish()

    def begin(self, out: BinaryIO, spool: Callable[[], BinaryIO], found: Found) -> Writing:
        """A file to which records are added."""
        return Writing(self, out, Spool(spool), found)

    def straight(self, record: Structure, names: dict[str, Any]) -> tuple[list[str], list[str]]:
        """Lines that make the text of a record of which much is known, and lines that hand it to `pen`, which is one
        of `Writing.pen`. names: what the lines refer to. Raises NotStraight.
        """
        if self._only is None:
            raise NotStraight("there are several kinds of records")
        lines: list[str] = []
        text = StraightCode(self._layout, self._only, names).text(record, lines)
        amounts = [_amount(record, way) for way in terms(self._layout).get(self._only, {}).values()]
        takers = ["take_text", *(f"take_amount_{number}" for number, _ in enumerate(amounts))]
        handed = [f"{', '.join(takers)}, = pen", f"take_text({text})"]
        return lines, [
            *handed,
            *(f"{taker}({amount})" for taker, amount in zip(takers[1:], amounts, strict=True)),
        ]


class Writing:
    """One file being written."""

    def __init__(self, writer: XmlWriter, out: BinaryIO, spool: Spool, found: Found) -> None:
        self._writer = writer
        self._layout = writer._layout
        self._out = out
        self._spool = spool
        self._found = found
        self._teller = Teller(found)
        self._top = Group(None, {}, None)
        self._groups: dict[tuple[int, ...], Group] = {}
        self._counts: dict[str, int] = dict.fromkeys(self._layout.kinds(), 0)
        self._terms = terms(self._layout)
        self._promises = promises(self._layout)
        self._touched: dict[int, Waiting] = {}
        self._pens: dict[int, Waiting] = {}
        self._number = 0

    def add(self, batch: Batch) -> None:
        """More records."""
        for (kind, *_), records in groupby(batch, self._run):
            self._add(kind, list(records))
        self.wrote(len(batch))

    def pen(self, record: Record) -> tuple[Callable[[Any], None], ...]:
        """What takes the texts, and the amounts to be summed, of records below the same envelopes as this one."""
        assert self._writer._only is not None
        waiting = self._waiting_in(self._group(self._writer._only, record), self._writer._only)
        self._pens[id(waiting)] = waiting
        return (waiting.texts.append, *(amounts.append for amounts in waiting.amounts.values()))

    def wrote(self, number: int) -> None:
        """So many records more are waiting."""
        self._number += number
        if self._number >= WAITING:
            self._spool_waiting()

    def finish(self) -> Written:
        """Everything is there: the file is written."""
        self._spool_waiting()
        self._total(self._top)
        self._emit_file()
        return Written(self._counts)

    def _run(self, record: Record) -> tuple[Any, ...]:
        """What neighbours must have in common to be written together."""
        kind = self._writer._only or record[KIND]
        return (kind, *map(id, map(record.get, self._writer._around[kind])))

    # --- records -------------------------------------------------------------------------------------------

    def _add(self, kind: str, records: list[Record]) -> None:
        group = self._group(kind, records[0])
        write = self._writer._fast.get(f"write_{kind}")
        try:
            texts = [write(record, None) for record in records]
        except _ODD:
            texts = [self._told(kind, record) for record in records]
        waiting = self._waiting_in(group, kind)
        self._touched[id(waiting)] = waiting
        waiting.texts += texts
        for term, amounts in waiting.amounts.items():
            amounts += values_at(self._terms[kind][term], records)

    def _waiting_in(self, group: Group, kind: str) -> Waiting:
        if kind not in group.waiting:
            group.waiting[kind] = Waiting(group, kind, [], {term: [] for term in self._terms.get(kind, ())})
        return group.waiting[kind]

    def _spool_waiting(self) -> None:
        """The texts that wait to the spool, their amounts to the totals."""
        for waiting in {**self._pens, **self._touched}.values():
            if waiting.texts:
                self._spool_one(waiting)
        self._touched.clear()
        self._number = 0

    def _spool_one(self, waiting: Waiting) -> None:
        kind, group = waiting.kind, waiting.group
        self._counts[kind] += len(waiting.texts)
        if kind in self._terms:
            group.totals.count(kind, len(waiting.texts), waiting.amounts)
        data = "".join(waiting.texts).encode(self._writer._encoding, "xmlcharrefreplace")
        self._spool.add(data, group.segments.setdefault(kind, []))
        for done in (waiting.texts, *waiting.amounts.values()):
            done.clear()

    def _told(self, kind: str, record: Record) -> str:
        """The text of a record; when the fast code refuses it, everything that is wrong with it is told."""
        try:
            text: str = self._writer._fast.get(f"write_{kind}")(record, None)
        except _ODD:
            self._teller.begin(record, self._path(kind))
            text = self._writer._slow.get(f"write_{kind}")(record, self._teller)
        return text

    def _group(self, kind: str, record: Record) -> Group:
        """The group a record belongs to; groups are told apart by the identity of the records around."""
        group = self._top
        key: tuple[int, ...] = ()
        for name in self._writer._around[kind]:
            above = record.get(name)
            key = (*key, id(above))
            known = self._groups.get(key)
            if known is None:
                known = self._groups[key] = self._opened(name, {} if above is None else above, group)
            group = known
        return group

    def _opened(self, kind: str, record: Record, around: Group) -> Group:
        """A new group, or the root that is there already: several mappings make one file when their roots are equal."""
        beside = around.inside.setdefault(kind, [])
        if around is self._top and beside and beside[0].record == record:
            return beside[0]
        made = Group(kind, record, around)
        beside.append(made)
        self._counts[kind] += 1
        return made

    def _total(self, group: Group) -> None:
        """Totals of inner groups belong to the outer ones too."""
        for inner in (inner for groups in group.inside.values() for inner in groups):
            self._total(inner)
            if inner.kind in self._terms:
                group.totals.add(inner.kind, self._terms[inner.kind], (inner.record,))
            group.totals.merge(inner.totals)

    # --- what stands around --------------------------------------------------------------------------------

    def _emit_file(self) -> None:
        self._text(f'<?xml version="1.0" encoding="{self._writer._encoding.upper()}"?>')
        if not self._layout.indent:
            self._text("\n")
        outer = [name for name, kind in self._layout.kinds().items() if kind.inside is None]
        if all(len(self._layout.kinds()[name].places[0].steps) == 1 for name in outer):
            number = sum(self._counts[name] for name in outer)
            kind = " or ".join(outer)
            if number != 1:
                self._found(NO_ROOT.at(kind=kind) if number == 0 else SECOND_ROOT.at(kind=kind))
        self._emit_inside(self._top)
        self._text("\n")

    def _emit_inside(self, group: Group) -> None:
        """The kinds inside a group in declared order; elements around several of them are shared."""
        open_: tuple[Step, ...] = ()
        depth = -1 if group.kind is None else depth_of(self._layout, group.kind)
        for name, kind in self._layout.kinds().items():
            if kind.inside != group.kind or not (name in group.inside or name in group.segments or depth < 0):
                continue
            wanted = kind.places[0].steps[:-1]
            self._shift(open_, wanted, depth)
            open_ = wanted
            for inner in group.inside.get(name, ()):
                self._emit(inner)
            self._spool.copy(group.segments.get(name, ()), self._out)
        self._shift(open_, (), depth)

    def _shift(self, open_: tuple[Step, ...], wanted: tuple[Step, ...], depth: int) -> None:
        """Close and open the elements between a group and its records."""
        shared = 0
        while shared < min(len(open_), len(wanted)) and open_[shared] == wanted[shared]:
            shared += 1
        for level in range(len(open_), shared, -1):
            self._text(f"{self._indent(depth + level)}</{open_[level - 1].name}>")
        for level in range(shared + 1, len(wanted) + 1):
            extra = self._writer._root if depth + level == 0 else ""
            self._text(f"{self._indent(depth + level)}<{wanted[level - 1].name}{extra}>")

    def _emit(self, group: Group) -> None:
        """One group: its own values, what is inside, its late values."""
        kind = group.kind or ""
        record = {**group.record, **self._controls(group)}
        try:
            start, end = self._writer._fast.get(f"around_{kind}")(record, None)
        except _ODD:
            self._teller.begin(record, self._path(kind))
            start, end = self._writer._slow.get(f"around_{kind}")(record, self._teller)
        self._text(start)
        self._emit_inside(group)
        self._text(end)

    def _controls(self, group: Group) -> Record:
        """The control totals of a group; one that the mapping made must be right."""
        found: Record = {}
        for promise in self._promises[group.kind or ""]:
            within: Group | None = group
            while within is not None and within.kind != promise.within:
                within = within.around
            assert within is not None
            said = group.record.get(promise.name)
            if not asked_of(promise.control, group.record):
                continue
            total = within.totals.of(promise.control)
            if said is not None and said != total:
                path = f"{self._path(group.kind or '')}/{promise.name}"
                self._found(WRONG_TOTAL.at(field=promise.name, value=said, got=total, path=path))
            declared = self._layout.kinds()[group.kind or ""].fields[promise.name]
            found[promise.name] = int(total) if declared.type == "integer" else total
        return found

    def _path(self, kind: str) -> str:
        steps = [self._layout.kinds()[name].places[0] for name in (*self._writer._around[kind], kind)]
        return "/" + "/".join(str(path).removeprefix("//") for path in steps)

    def _indent(self, depth: int) -> str:
        return "\n" + " " * (self._layout.indent * depth) if self._layout.indent else ""

    def _text(self, text: str) -> None:
        self._out.write(text.encode(self._writer._encoding, "xmlcharrefreplace"))


def _amount(record: Structure, way: Way) -> str:
    """Code for what of a record is summed."""
    if way.where:
        raise NotStraight("only some records are summed")
    value: Known = record
    for name in way.path:
        value = value.fields.get(name, EMPTY) if isinstance(value, Structure) else EMPTY
    if not isinstance(value, Variable) or value.many:
        raise NotStraight("what is summed is no single value")
    return value.name


def _encoding(layout: Layout) -> str:
    """The codec of written files; names must be writable in it, texts become character references."""
    try:
        name = codecs.lookup(layout.encoding).name
    except LookupError:
        name = ""
    if not name.startswith(("utf-8", "iso8859", "cp125", "ascii")):
        raise UseError(
            f'{layout.layout} cannot be written in "{layout.encoding}".', advice="Use utf-8 or iso-8859-1."
        )
    return (
        {"ascii": "us-ascii"}.get(name, name).replace("iso8859", "iso-8859").replace("cp125", "windows-125")
    )


def _declarations(layout: Layout) -> str:
    """The namespaces of the root element."""
    own = next((space for space in layout.namespaces if not space.endswith("*")), None)
    if own is None:
        raise UseError(
            f"{layout.layout} can be read but not written: its namespace ends in *.",
            advice="Name the exact version to write first in `namespace`.",
        )
    declared = [("xmlns", own)] if own else []
    for prefix, space in layout.prefixes.items():
        if space.endswith("*"):
            raise UseError(f'{layout.layout} cannot be written: the namespace of "{prefix}" ends in *.')
        declared.append((f"xmlns:{prefix}", space))
    return "".join(f' {name}="{quoted(space)}"' for name, space in declared)
