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
from exchange.formats.xml.totals import Totals, promises, terms
from exchange.formats.xml.writecode import WriteCode, depth_of
from exchange.model import KIND, Batch, Record

BLOCK = 1 << 20
"""How much is kept in memory before the spool file is made, and copied at once."""
_ODD = (Refused, AttributeError, TypeError)
"""What fast code raises for a record of the wrong shape; the slow code says what is wrong."""


@dataclass(slots=True, eq=False)
class Group:
    """One element that holds others: its values, the groups in it, and where the texts of its records lie."""

    kind: str | None
    record: Record
    around: Group | None
    inside: dict[str, list[Group]] = field(default_factory=dict)
    segments: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)


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
        return _Writing(self, out, Spool(spool), found).write(batches)


class _Writing:
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

    def write(self, batches: Iterable[Batch]) -> Written:
        for batch in batches:
            for (kind, *_), records in groupby(batch, self._run):
                self._add(kind, list(records))
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
        self._counts[kind] += len(records)
        if kind in self._terms:
            group.totals.add(kind, self._terms[kind], records)
        data = "".join(texts).encode(self._writer._encoding, "xmlcharrefreplace")
        self._spool.add(data, group.segments.setdefault(kind, []))

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
                known = self._groups[key] = Group(name, {} if above is None else above, group)
                group.inside.setdefault(name, []).append(known)
                self._counts[name] += 1
            group = known
        return group

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
            total = within.totals.of(promise.control)
            said = group.record.get(promise.name)
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
