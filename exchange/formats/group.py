"""Lines that belong together ↔ the thing they are lines of: the `group` of a layout, for every format.

    grouped([[{order: 1, sku: a}, {order: 1, sku: b}]], Group(by=[order], into=order, children=lines), found)
    → [{order: 1, lines: [{order: 1, sku: a}, {order: 1, sku: b}], @kind: order, @line: 2}]

A group whose lines are not all good is withheld: half an order is worse than none. A format whose layouts
group hands on refused records to this step, marked `@refused` (with the values that could be read), so that
it knows which groups are touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from exchange.declare.layout import Group
from exchange.findings import Found, code
from exchange.model import KIND, LINE, PATH, Batch, Record, batches

REFUSED = "@refused"
"""Marks a record with an error finding. Its value: whether all fields of `by` could be read."""

Key = tuple[Any, ...]

RETURNS = code(
    "GRP001",
    "error",
    "Line {line}: {into} {value} appears again; its other lines ended before line {before}.",
    advice="Ask the sender for a file in order, or declare `order: any` in the layout's group.",
)
DIFFERS = code(
    "GRP002",
    "error",
    'Line {line}: {field} is "{value}", but "{first}" on line {before} of the same {into} ({key}).',
    advice="Ask the sender which one is right: all lines of one {into} must agree on it.",
)
WITHHELD = code(
    "GRP003",
    "error",
    "The {into} {value} (from line {line}) was left out: line {bad} is wrong and may belong to it.",
    advice="Correct the line; the whole {into} can then be processed.",
)

ALIKE = code(
    "GRP004",
    "warning",
    "Two of what is written are {into} {value} (from lines {before} and {line} of the file that came), apart or with other {fields}: "
    "who reads the rows may refuse them, or take them for one.",
    advice="Look how the receiver takes them, or let a mapping of the site tell them apart.",
)
MERGED = code(
    "GRP005",
    "warning",
    "Two of what is written are {into} {value} (from lines {before} and {line} of the file that came): who reads the rows takes them for one.",
    advice="Nothing, where they are one; otherwise let a mapping of the site tell them apart by {fields}.",
)


def grouped(incoming: Iterable[Batch], group: Group, found: Found) -> Iterator[Batch]:
    """The groups, in the order in which they begin; children keep all fields, parents `by` and `keep`.

    consecutive: one group is held in memory (and the keys of all); any: all groups are.
    """
    records = (record for batch in incoming for record in batch)
    step = _Consecutive if group.order == "consecutive" else _Any
    return batches(step(group, found).run(records))


def ungrouped(incoming: Iterable[Batch], group: Group, found: Found) -> Iterator[Batch]:
    """The lines again, for writing: a line lacks nothing that its parent knows. Parents that a reader would take for one are
    a finding.
    """
    parents = _told_apart((parent for batch in incoming for parent in batch), group, found)
    return batches(line for parent in parents for line in _lines(parent, group))


def _told_apart(parents: Iterable[Record], group: Group, found: Found) -> Iterator[Record]:
    lines: dict[Key, int | None] = {}
    last: Key = ()
    for parent in parents:
        shared = tuple(parent.get(name) for name in group.shared)
        key, line = shared[: len(group.by)], parent.get(LINE)
        if key in lines:
            told, fields = (MERGED, group.by) if shared == last else (ALIKE, group.keep or group.by)
            names = " or ".join(fields)
            found(told.at(line=line, value=_shown(key), before=lines[key], into=group.into, fields=names))
        lines.setdefault(key, line)
        last = shared
        yield parent


def _lines(parent: Record, group: Group) -> Iterator[Record]:
    """The children, each with the fields of the parent that it does not have itself."""
    shared = {name: parent.get(name) for name in group.shared}
    for line in parent.get(group.children) or ():
        own = {name: value for name, value in line.items() if value is not None}
        yield {LINE: parent.get(LINE), **shared, **own}


class _Groups:
    """What both orders share."""

    def __init__(self, group: Group, found: Found) -> None:
        self.group = group
        self.found = found

    def key(self, record: Record) -> Key:
        return tuple(record.get(name) for name in self.group.by)

    def begun(self, record: Record) -> Record:
        """A new parent with its first line."""
        parent = {name: record.get(name) for name in self.group.shared}
        parent |= {self.group.children: [record], KIND: self.group.into, LINE: record.get(LINE)}
        return parent | {PATH: record[PATH]} if PATH in record else parent

    def add(self, parent: Record, record: Record) -> bool:
        """One more line; False when it contradicts the others. With what could not be read nothing is compared."""
        lines = parent[self.group.children]
        lines.append(record)
        if REFUSED in record or REFUSED in lines[0]:
            return True
        differing = [name for name in self.group.keep if record.get(name) != parent[name]]
        for name in differing:
            self.found(
                DIFFERS.at(
                    line=record.get(LINE),
                    field=name,
                    value=_shown((record.get(name),)),
                    first=_shown((parent[name],)),
                    before=parent[LINE],
                    into=self.group.into,
                    key=_shown(self.key(parent)),
                )
            )
        return not differing

    def withhold(self, parent: Record, bad: int | None) -> None:
        key = _shown(self.key(parent))
        self.found(WITHHELD.at(line=parent[LINE], value=key, bad=bad, into=self.group.into))


class _Consecutive(_Groups):
    """The lines of a group follow each other; a key that returns is a finding."""

    def __init__(self, group: Group, found: Found) -> None:
        super().__init__(group, found)
        self.ended: dict[Key, int | None] = {}
        self.parent: Record | None = None
        self.bad: int | None = None
        self.doubtful: int | None = None

    def run(self, records: Iterable[Record]) -> Iterator[Record]:
        for record in records:
            if REFUSED in record and not record[REFUSED]:
                self._doubt(record)
                continue
            if self.parent is None or self.key(self.parent) != self.key(record):
                yield from self._end(record)
                self._begin(record)
            elif not self.add(self.parent, record):
                self.bad = self.bad or record[LINE]
            if REFUSED in record:
                self.bad = self.bad or record[LINE]
        yield from self._end(None)

    def _doubt(self, record: Record) -> None:
        """A bad line whose key is not known belongs to the group before or to the one after."""
        self.bad = self.bad or record[LINE]
        self.doubtful = record[LINE]

    def _begin(self, record: Record) -> None:
        key = self.key(record)
        self.parent, self.bad = self.begun(record), self.doubtful
        self.doubtful = None
        if key in self.ended:
            before, into = self.ended[key], self.group.into
            self.found(RETURNS.at(line=record.get(LINE), value=_shown(key), before=before, into=into))
            self.bad = record.get(LINE)

    def _end(self, following: Record | None) -> Iterator[Record]:
        """The group that is complete now, unless something is wrong with it."""
        parent, self.parent = self.parent, None
        if parent is None:
            return
        self.ended.setdefault(self.key(parent), following.get(LINE) if following else None)
        if self.bad is None:
            yield parent
        else:
            self.withhold(parent, self.bad)


class _Any(_Groups):
    """The lines of a group may be apart: all groups are held until the end."""

    def run(self, records: Iterable[Record]) -> Iterator[Record]:
        parents: dict[Key, Record] = {}
        bad: dict[Key, int | None] = {}
        unknown: int | None = None
        for record in records:
            if REFUSED in record and not record[REFUSED]:
                unknown = unknown or record[LINE]
                continue
            key = self.key(record)
            if key not in parents:
                parents[key] = self.begun(record)
            elif not self.add(parents[key], record):
                bad.setdefault(key, record[LINE])
            if REFUSED in record:
                bad.setdefault(key, record[LINE])
        for key, parent in parents.items():
            if unknown is None and key not in bad:
                yield parent
            else:
                self.withhold(parent, bad.get(key, unknown))


def _shown(key: Key) -> str:
    """A key for people."""
    return ", ".join("(empty)" if part is None else str(part) for part in key)
