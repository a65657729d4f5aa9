"""Walks the pieces of a file: opens and closes the kinds that hold others, hands records on, checks control totals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple

from lxml import etree

from exchange.findings import Finding, Found
from exchange.formats.values import Refused
from exchange.formats.xml.alikecode import Read
from exchange.formats.xml.complaints import (
    BARE_RECORD,
    NOTHING_KNOWN,
    OTHER_VERSION,
    OUT_OF_PLACE,
    WRONG_TOTAL,
)
from exchange.formats.xml.names import Names, split, unknown_version
from exchange.formats.xml.places import Teller
from exchange.formats.xml.plan import Level, Plan
from exchange.formats.xml.scan import Piece
from exchange.formats.xml.totals import Promise, Totals, asked_of, promises, terms
from exchange.formats.xml.walkcode import Functions
from exchange.model import BATCH_SIZE, KIND, LINE, PATH, Batch, Record

HELD = BATCH_SIZE
"""So many records wait for late fields of the kind around them before these are looked up ahead."""

MOST_SHOWN = 6
"""So many names are told of elements that the layout does not know."""

Late = Mapping[tuple[str, int], list[Any]]
"""What was looked up ahead: kind and number of the element → its variables when it ended."""


class Code(NamedTuple):
    """The generated functions of a layout, and the names they go by."""

    names: Names
    fast: Functions
    slow: Functions


class Frame:
    """An open element. Those of a kind gather its values; `holder` is the nearest of these, itself included."""

    __slots__ = (
        "above", "around", "bad", "counts", "expected", "finished", "first", "fits", "holder", "incomplete", "kind", "level",
        "line", "number", "path", "record", "records", "slots", "strange", "totals",
    )  # fmt: skip

    def __init__(self, level: Level, path: str, line: int, around: Frame | None) -> None:
        self.level, self.path, self.line, self.around = level, path, line, around
        self.kind = level.kind
        self.holder: Frame = self if self.kind is not None or around is None else around.holder
        self.number = 0  # of this kind's elements in the file, from 1
        self.slots: list[Any] = []
        self.counts: dict[str, int] = {}  # how many elements of each name were met inside
        self.record: Record | None = None  # its values, once a record needed them
        self.above: dict[
            str, Record | None
        ] = {}  # by kind: what records inside get; None: they are not handed on
        self.bad = False  # its own values are wrong
        self.incomplete = False  # something inside was refused, totals mean nothing
        self.finished = False  # late values are known
        self.fits = False  # a kind stands inside, or an empty list of one
        self.strange: dict[str, int] = {}  # the names inside that the layout does not know, with their lines
        self.first = 0  # index of its first record among those pending
        self.records = 0
        self.totals = Totals()
        self.expected: list[tuple[Frame, Promise, Decimal]] = []

    def holders(self) -> Iterator[Frame]:
        """The open elements of a kind, from here outwards."""
        frame: Frame | None = self.holder
        while frame is not None and frame.kind is not None:
            yield frame
            frame = frame.around.holder if frame.around is not None else None


class Walker:
    """One reading of one file. `light`: only what stands late is wanted (`late`), records are merely counted."""

    def __init__(
        self,
        plan: Plan,
        code: Mapping[bool, Code],
        found: Found,
        ahead: Callable[[], Late] | None,
    ) -> None:
        self._plan = plan
        self._code = code
        self._found = found
        self._teller = Teller(found)
        self._use(code[False])
        self._ahead = ahead
        self._late: Late | None = None
        self.late: dict[tuple[str, int], list[Any]] = {}
        self.began = False
        """Whether an element of any kind was met."""
        self.root = ""
        """The name of the outermost element."""
        self.fits = False
        """Whether that is one which the layout has there."""
        self._offset = 0
        self._open: list[etree._Element] = []
        self._frames = [Frame(plan.root, "", 1, None)]
        self._numbers = dict.fromkeys(plan.kinds, 0)
        self._pending: Batch = []
        self._promises, self._terms = promises(plan.layout), terms(plan.layout)

    @property
    def light(self) -> bool:
        """Whether only late fields are wanted."""
        return self._ahead is None

    def _use(self, code: Code) -> None:
        """The generated code that fits the names in a piece."""
        # made when the first function is called for: of the code for the two ways of naming often only one is
        self._names, self._fast, self._slow = code
        self._teller.names = code.names

    def walk(self, piece: Piece) -> None:
        """Take in the next piece."""
        self._use(self._code[piece.plain])
        self._offset, self._open = piece.line - 1, piece.open
        chain = list(islice(_first_children(piece.root), piece.continued))
        if not chain:
            self.root = str(piece.root.tag)
            self._frames = [Frame(self._plan.root, "", piece.line, None)]
            self.fits = self._names[self.root] in self._plan.root.inside
            self._inside(self._frames[0], (piece.root,))
        for depth in range(len(chain), 0, -1):
            element = chain[depth - 1]
            self._inside(self._frames[depth], element[int(depth < len(chain)) :])
            if self._stays_open(element, depth):
                break
            self._close(self._frames.pop())

    def batches(self, ended: bool = False) -> Iterator[Batch]:
        """The records that may be handed on; those of an element whose late fields are unknown wait."""
        waiting = [frame for frame in self._frames if self._waits(frame)]
        ready = len(self._pending) if ended else min((f.first for f in waiting), default=len(self._pending))
        if ready < BATCH_SIZE and not ended:
            return
        for start in range(0, ready, BATCH_SIZE):
            yield self._pending[start : min(start + BATCH_SIZE, ready)]
        self._pending = self._pending[ready:]
        for frame in waiting:
            frame.first -= ready

    def _stays_open(self, element: etree._Element, depth: int) -> bool:
        return len(self._open) >= depth and self._open[depth - 1] is element

    # --- elements ------------------------------------------------------------------------------------------

    def _inside(self, frame: Frame, elements: Iterable[etree._Element]) -> None:
        """Take in the children of an open element."""
        short, known, counts, level = self._names, frame.level.inside, frame.counts, frame.level
        captured = level.node.inside
        for element in elements:
            name = short[element.tag]  # type: ignore[index]
            below = known.get(name)
            if below is None:
                if name in captured:
                    self._capture(frame, name, element)
                    continue
                frame.holder.strange.setdefault(name, self._offset + (element.sourceline or 0))
                if level.seeking or self._stays_open(element, len(self._frames)):
                    self._descend(frame, name, element)
                continue
            number = counts[name] = counts.get(name, 0) + 1
            path = f"{frame.path}/{name}[{number}]" if below.kind or number > 1 else f"{frame.path}/{name}"
            if below.kind or not len(element):
                frame.holder.fits = True
            if below.record and below.kind:
                self._record(frame, below.kind, element, path)
            else:
                self._enter(frame, below, element, path)

    def _enter(self, around: Frame, level: Level, element: etree._Element, path: str) -> None:
        """Open an element of a level, take in what is inside, and close it if it ends in this piece."""
        frame = Frame(level, path, self._offset + (element.sourceline or 0), around)
        if level.kind is not None:
            self.began = True
            frame.number = self._numbers[level.kind] = self._numbers[level.kind] + 1
            frame.slots = self._fast.get(f"slots_{level.kind}")()
            if around.holder.kind is None:
                self._tell_version(frame, str(element.tag))
        self._call(f"at_{level.number}", frame, element, path)
        self._go_in(frame, element)

    def _tell_version(self, frame: Frame, tag: str) -> None:
        """An outermost element may be of a version that the layout does not know."""
        other = unknown_version(self._plan.layout, split(tag)[0])
        if other is not None:
            value, nearest = other
            self._found(OTHER_VERSION.at(line=frame.line, path=frame.path, value=value, nearest=nearest))

    def _descend(self, around: Frame, name: str, element: etree._Element) -> None:
        """Go through an element that is no level, looking for the outermost kinds."""
        level = self._plan.seeker if around.level.seeking else Level()
        number = around.counts[name] = around.counts.get(name, 0) + 1
        shown = split(name.removeprefix("?"))[1]
        path = f"{around.path}/{shown}[{number}]" if number > 1 else f"{around.path}/{shown}"
        self._go_in(Frame(level, path, self._offset + (element.sourceline or 0), around), element)

    def _go_in(self, frame: Frame, element: etree._Element) -> None:
        depth = len(self._frames)
        self._frames.append(frame)
        self._inside(frame, element[:])
        if not self._stays_open(element, depth):
            self._close(self._frames.pop())

    def _capture(self, frame: Frame, name: str, element: etree._Element) -> None:
        """Take the values of an element inside an open one."""
        holder = frame.holder
        if (
            holder.record is not None
            and not self.light
            and name not in self._plan.kinds[holder.kind or ""].late_names
        ):
            line, path = self._offset + (element.sourceline or 0), f"{frame.path}/{name}"
            self._found(OUT_OF_PLACE.at(line=line, path=path, value=name, kind=holder.kind))
            return
        self._call(f"in_{frame.level.number}", frame, element, f"{frame.path}/{name}", name)

    def _call(self, function: str, frame: Frame, element: etree._Element, path: str, *name: str) -> None:
        """Run generated code over an element; when it refuses, the slow one, which tells why."""
        holder = frame.holder
        try:
            self._fast.get(function)(*name, element, holder.slots, None)
        except Refused:
            if not self.light:
                self._teller.begin(element, path, self._offset + (element.sourceline or 0), self._offset)
                self._slow.get(function)(*name, element, holder.slots, self._teller)
                holder.bad = holder.bad or self._teller.bad

    # --- records -------------------------------------------------------------------------------------------

    def _record(self, frame: Frame, kind: str, element: etree._Element, path: str) -> None:
        """Read one record and put it with those to hand on."""
        holder = frame.holder
        holder.records += 1
        self.began = True
        if self.light:
            return
        above = self._above_all(holder, kind)
        line = self._offset + (element.sourceline or 0)
        try:
            record = self._fast.get(f"read_{kind}")(element, line, path, None)
        except Refused:
            record = self._told(kind, element, line, path)
        if record is None:
            holder.incomplete = True
            return
        self._keep(holder, kind, record, above)

    def _keep(self, holder: Frame, kind: str, record: Record, above: Record | None) -> None:
        if kind in self._terms:
            holder.totals.note(kind, self._terms[kind], record)
        if above is not None:
            record.update(above)
            self._pending.append(record)

    def inner_kind(self, tag: str) -> tuple[str, str] | None:
        """The name and the kind of the records that such elements are, inside the innermost open one."""
        name = self._names[tag]
        level = self._frames[-1].level.inside.get(name)
        return (name, level.kind) if level is not None and level.record and level.kind else None

    def names_of(self, element: etree._Element) -> list[str]:
        """The names, as in the layout, of an element and of all inside it."""
        return [self._names[each.tag] for each in element.iter(etree.Element)]  # type: ignore[index]

    def add(self, name: str, kind: str, line: int, read: Read, texts: Sequence[str]) -> None:
        """Take in a record of the innermost open element that is made of its texts.

        Raises Refused when a value is not plainly right; then nothing was taken in.
        """
        frame = self._frames[-1]
        holder, number = frame.holder, frame.counts.get(name, 0) + 1
        above = self._above_all(holder, kind)
        record = read(texts, line, f"{frame.path}/{name}[{number}]")
        frame.counts[name] = number
        holder.records += 1
        self._keep(holder, kind, record, above)

    def _told(self, kind: str, element: etree._Element, line: int, path: str) -> Record | None:
        """Everything that is wrong with a record is told; the record, if none of it is an error."""
        self._teller.begin(element, path, line, self._offset)
        if self._is_bare(kind, element, line, path):
            named = ", ".join(split(str(name))[1] for name in element.attrib)
            got = f" but for its attributes {named}" if named else ""
            self._found(BARE_RECORD.at(kind=self._names[str(element.tag)], got=got, line=line, path=path))
            return None
        record: Record = self._slow.get(f"read_{kind}")(element, line, path, self._teller)
        return None if self._teller.bad else record

    def _is_bare(self, kind: str, element: etree._Element, line: int, path: str) -> bool:
        """Whether a record that cannot be read holds nothing at all of what is read."""
        if len(element) or (element.text or "").strip():
            return False
        wrong: list[Finding] = []
        silent = Teller(wrong.append)
        silent.names = self._names
        silent.begin(element, path, line, self._offset)
        record = self._slow.get(f"read_{kind}")(element, line, path, silent)
        read = [value for name, value in record.items() if name not in (KIND, LINE, PATH)]
        return len(wrong) > 1 and not any(read)

    def _above_all(self, holder: Frame, kind: str) -> Record | None:
        return holder.above[kind] if kind in holder.above else self._above(holder, kind)

    def _above(self, holder: Frame, kind: str) -> Record | None:
        """What every record of a kind inside this element gets; the values of the elements around are final now."""
        frames = list(holder.holders())
        above: Record = {frame.kind or "": self._settled(frame) for frame in reversed(frames)}
        holder.above[kind] = None if any(frame.bad for frame in frames) else {KIND: kind, **above}
        return holder.above[kind]

    def _settled(self, frame: Frame) -> Record:
        """The record of an open element, its values (but for late ones) final."""
        if frame.record is None:
            frame.first = len(self._pending)
            frame.record = self._values("early", frame)
            self._expect(frame, late=False)
        return frame.record

    def _values(self, part: str, frame: Frame) -> Record:
        """The early or the late values of an element."""
        name = f"{part}_{frame.kind}"
        try:
            values: Record = self._fast.get(name)(frame.slots, None)
        except Refused:
            self._teller.begin(None, frame.path, frame.line)
            values = self._slow.get(name)(frame.slots, self._teller)
            frame.bad = frame.bad or self._teller.bad
        return values

    def _waits(self, frame: Frame) -> bool:
        """Whether records wait for this open element; when they are too many, its late values are looked up."""
        if frame.record is None or frame.finished or not self._plan.kinds[frame.kind or ""].late:
            return False
        if len(self._pending) - frame.first <= HELD or self._ahead is None:
            return True
        if self._late is None:
            self._late = self._ahead()
        slots = self._late.get((frame.kind or "", frame.number))
        if slots is None:  # the file is damaged further on
            return True
        frame.finished = True
        try:
            frame.record.update(self._fast.get(f"late_{frame.kind}")(slots, None))
        except Refused:
            frame.bad = True  # told when the element ends
            frame.above.clear()
        return False

    # --- the ends of elements ------------------------------------------------------------------------------

    def _close(self, frame: Frame) -> None:
        """An element ends: its late values and its totals are known, and belong to the element around too."""
        if frame.kind is None or frame.around is None:
            return
        outer = frame.around.holder
        outer.records += frame.records
        if self.light:
            if frame.records > HELD:
                self.late[frame.kind, frame.number] = frame.slots
            return
        record = self._settled(frame)
        record.update(self._values("late", frame))
        self._expect(frame, late=True)
        self._check(frame)
        own = self._plan.kinds[frame.kind].kind.own
        if own is True or (own == "alone" and not frame.records):
            self._hand_on(frame, outer, record)
        elif outer.kind is None and frame.strange and not frame.fits:
            self._found(self._strange_in(frame, frame.kind))
        if frame.kind in self._terms:
            outer.totals.add(frame.kind, self._terms[frame.kind], (record,))
        outer.totals.merge(frame.totals)
        outer.incomplete = outer.incomplete or frame.incomplete or frame.bad

    def _hand_on(self, frame: Frame, outer: Frame, record: Record) -> None:
        """The element itself is a record too."""
        above = self._above(outer, frame.kind or "")
        if above is not None and not frame.bad:
            self._pending.append({LINE: frame.line, PATH: frame.path, **record, **above})

    def strange_root(self) -> Finding | None:
        """Why no element of any kind was met, where the outermost one is as the layout has it."""
        root = self._frames[0]
        return self._strange_in(root, split(self.root)[1]) if root.strange and not root.fits else None

    def _strange_in(self, frame: Frame, name: str) -> Finding:
        """An outermost element holds other things than the layout knows: to make nothing of it would lose them."""
        kinds = self._plan.layout.kinds().values()
        want = [" or ".join(map(str, kind.places)) for kind in kinds if kind.inside == frame.kind]
        got = [split(name.removeprefix("?"))[1] for name in frame.strange]
        line = next(iter(frame.strange.values()))
        return NOTHING_KNOWN.at(kind=name, got=_shown(got), want=_shown(want), line=line, path=frame.path)

    def _expect(self, frame: Frame, late: bool) -> None:
        """Note what the control fields of an element promise."""
        for promise in self._promises[frame.kind or ""]:
            record = frame.record or {}
            value = record.get(promise.name)
            if promise.late == late and value is not None and asked_of(promise.control, record):
                within = next(holder for holder in frame.holders() if holder.kind == promise.within)
                within.expected.append((frame, promise, Decimal(value)))

    def _check(self, frame: Frame) -> None:
        """Compare what was promised about an element with what was in it."""
        for of, promise, value in frame.expected:
            got = frame.totals.of(promise.control)
            if got != value and not frame.incomplete:
                where = f"{of.path}/{self._plan.kinds[of.kind or ''].kind.fields[promise.name].paths[0]}"
                told = WRONG_TOTAL.at(field=promise.name, value=value, got=got, line=of.line, path=where)
                self._found(told.with_severity(promise.control.severity))


def _shown(names: Sequence[str]) -> str:
    """A few names; how many more there are."""
    more = len(names) - MOST_SHOWN
    return ", ".join(names[:MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _first_children(element: etree._Element) -> Iterator[etree._Element]:
    """An element, its first child, the first child of that, and so on."""
    while True:
        yield element
        if not len(element):
            return
        element = element[0]


def look_ahead(plan: Plan, code: Mapping[bool, Code], pieces: Iterable[Piece]) -> Late:
    """The variables of all elements that hold many records, at their ends."""
    walker = Walker(plan, code, lambda _: None, None)
    for piece in pieces:
        walker.walk(piece)
    return walker.late
