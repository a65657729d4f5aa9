"""Where one value of a delivered file comes from: computed once more from the archived original, when somebody asks.

The value is named by a path: `3.lines[2].net` (record and field of the target's layout), `3.Net` (record and what the
file calls the field), `4:Net` (line and column), or the XPath or JSON pointer of the delivered file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from exchange.declare.layout import FieldBase, GroupingLayout, LayoutBase
from exchange.declare.problems import did_you_mean
from exchange.errors import UnknownNameError, UseError
from exchange.flow.bound import Bound
from exchange.flow.content import Way
from exchange.flow.reconciling import Against
from exchange.flow.tracing import Came, Lists, follow, trace
from exchange.formats.contract import Reader
from exchange.formats.spots import Spot, Spots, spot_of, spots
from exchange.ledger import queries
from exchange.ledger.rows import Arrival, Delivery
from exchange.mapping.lineage import Lineage, tokens
from exchange.model import KIND, LINE, PATH, ArrivalFacts, Record
from exchange.operations.installation import Installation, flow_of, installation
from exchange.outcome import Gathered
from exchange.wording import counted

_NUMBERED = re.compile(r"([0-9]+)(?:([.:])(.+))?")
_HOW = "Write record and field, such as 3.lines[2].net; line and column, such as 4:Net; or the XPath in the file."


@dataclass(frozen=True, slots=True)
class Explanation:
    """One value of a delivered file and everything it rests on.

    field: its full path, record first; written: as it stands in the delivered file; changed: the declared things that
    are not as they were when the file was made (None: it is not known any more what they were); lineage: by today's.
    """

    delivery: Delivery
    arrival: Arrival
    field: str
    written: Spot
    changed: Sequence[str] | None
    lineage: Lineage
    differs: bool


@dataclass(slots=True)
class Found:
    """A record of a delivered file. number: among all, from 1; coordinates: its place among those around it."""

    record: Record
    number: int
    coordinates: tuple[object, ...]
    spots: Spots = field(default_factory=dict)


def explain(folder: Path, delivery: str, path: str) -> Explanation:
    """The lineage of one value of a delivery. Raises UnknownNameError for what the delivery does not have."""
    with installation(folder) as opened:
        with opened.ledger.read() as connection:
            sent = queries.delivery(connection, delivery)
            arrival = queries.arrival(connection, sent.arrival)
            used = queries.story(connection, arrival.id).references
            made = queries.deliveries(connection, arrival=arrival.id)
        bound = flow_of(opened.site, sent.flow)
        return _Explaining(
            opened, bound, sent, arrival, used if arrival.run == sent.run else {}, made
        ).explain(path)


@dataclass(frozen=True, slots=True)
class _Explaining:
    """Everything that explaining one delivery needs. used: what its run rested on, name → hash, as far as known."""

    opened: Installation
    bound: Bound
    sent: Delivery
    arrival: Arrival
    used: Mapping[str, str]
    made: Sequence[Delivery]

    def explain(self, path: str) -> Explanation:
        """The lineage of the value at a path."""
        way = self._way()
        layout = self.opened.site.library.layout(way.title)
        reader = self.opened.site.library.reader(way.title)
        assert layout is not None
        assert reader is not None
        found, name = self._asked(layout, reader, path, way.per_document)
        record = self._recomputed(way, layout, found)
        name = _field_name(layout, found, record, name)
        lineage = follow(record, name, self._facts(way))
        if lineage.kind == "unset":
            _explain_unset(lineage, layout, found, name)
        written, number = spot_of(found.spots, found.record, name), f"{found.number}.{name}"
        in_map = _declared(layout, record, name) is True
        differs = (
            not in_map and lineage.kind != "layout" and not _alike(_at(found.record, name), lineage.value)
        )
        return Explanation(self.sent, self.arrival, number, written, self._changed(), lineage, differs)

    def _way(self) -> Way:
        """How files like the delivered one are made today."""
        ways, number = self.bound.content.ways, self.sent.target_index
        if number >= len(ways) or self.bound.targets[number].where != self.sent.target:
            raise UseError(
                f"The flow {self.sent.flow} has no such target any more: {self.sent.target}.",
                advice="A delivery is explained by what is declared today; put the target back to look at it.",
            )
        return ways[number]

    def _facts(self, way: Way) -> ArrivalFacts:
        return way.facts(self.arrival.facts(self.bound.zone))

    def _changed(self) -> list[str] | None:
        """What is declared otherwise than when the file was made."""
        if self.arrival.run != self.sent.run:
            return None
        now = self.bound.content.versions
        changed = [
            name for name in sorted({*now, *self._versions()}) if now.get(name) != self._versions().get(name)
        ]
        if not changed and self.arrival.version != self.bound.version_hash:
            return ["the flow itself, values of the site, or the version of Exchange"]
        return changed

    def _versions(self) -> dict[str, str]:
        """Hashes of declared things, without those of reference data."""
        return {name: sha256 for name, sha256 in self.used.items() if " " in name}

    # --- the delivered file ----------------------------------------------------------------------------------

    def _asked(self, layout: LayoutBase, reader: Reader, path: str, alone: bool) -> tuple[Found, str]:
        """The record that the path means, and the rest of the path: a field, or what the file calls it."""
        file = self.opened.store.archive.path(self.sent.sha256)
        match = _NUMBERED.fullmatch(path)
        if match is None and not path.startswith("/") and not alone:
            raise UnknownNameError(f'"{path}" does not say which record of the file.', advice=_HOW)
        records = _delivered(layout, reader, file)
        if match is None and path.startswith("/"):
            found = _nearest(records, path)
        elif match is None or match[2] != ":":
            number = 1 if match is None else int(match[1])
            found = _nth(records, number)
        else:
            found = _at_line(records, int(match[1]))
        with file.open("rb") as stream:
            found.spots = spots(layout, stream, [found.record])[0]
        if match is None and path.startswith("/"):
            return found, _by_place(found, path)
        if match is not None and match[2] == ":":
            return found, _by_column(found, int(match[1]), match[3])
        rest = path if match is None else match[3]
        if rest is None:
            raise UnknownNameError(f"{path} is a record.", advice=f"Its fields: {', '.join(_names(found))}.")
        return found, rest

    # --- the same record, made once more --------------------------------------------------------------------

    def _recomputed(self, way: Way, layout: LayoutBase, wanted: Found) -> Record:
        """The record that was written, with the origin of everything in it."""
        gathered, place = Gathered(), _Coordinates(layout)
        position = self._position() if way.per_document else wanted.number
        gathering: Record | None = None
        counted: Record | None = None
        for number, record in enumerate(
            trace(self.bound.content, way, *self._files(), self._facts(way), gathered), 1
        ):
            if number == position:
                counted = record
            if gathering is None and place.of(record) == wanted.coordinates and not way.per_document:
                gathering = record
            if counted is not None and (way.per_document or gathering is not None):
                break
        found = [record for record in (gathering, counted) if record is not None]
        if not found:
            first = next((each.message for each in gathered.kept if each.severity == "error"), "")
            raise UseError(
                f"Today's declarations make no such record of {self.arrival.name}. {first}".strip(),
                advice=f"Look at `exchange try {self.sent.flow}` with the original, and what was changed.",
            )
        return max(found, key=lambda record: _likeness(wanted.record, record))

    def _files(self) -> tuple[Came, Lists]:
        """The original (or, after a repair, the repaired bytes), and the files that it was matched against."""
        row, archive = self.arrival, self.opened.store.archive
        title = f"{row.name} (arrival {row.id[-8:]}{', as repaired' if row.repaired else ''})"
        layout = self.opened.site.declared_flows[row.flow].layout
        came = self._came(title, archive.path(row.repaired or row.sha256), layout)
        matching = self.bound.content.matching
        return came, {each.flow: self._list(each) for each in matching.lists} if matching else {}

    def _list(self, against: Against) -> list[Came]:
        """The files of one list of open items, as they were then; as they are now where that is not known."""
        name, archive = against.flow, self.opened.store.archive
        hashes = [self.used[each] for each in self.used if each == name or each.startswith(f"{name}/")]
        matching = self.bound.content.matching
        if not hashes and matching is not None:
            newest = matching.memory.newest(name)
            hashes = [newest.sha256] if newest else []
        if not hashes:
            raise UseError(f"The file of {name} that this one was matched against is not known any more.")
        layout = self.opened.site.declared_flows[name].layout
        return [
            self._came(f"reference data of {name} ({each[:8]})", archive.path(each), layout)
            for each in hashes
        ]

    def _came(self, title: str, path: Path, layout: str) -> Came:
        declared = self.opened.site.library.layout(layout)
        assert declared is not None
        if not path.is_file():
            raise UseError(
                f"{title} is not in the archive: {path} is missing.", advice="Run `exchange verify`."
            )
        return Came(title, path, declared)

    def _position(self) -> int:
        """Which of the documents of its target this delivery is, from 1."""
        same = [
            each
            for each in self.made
            if (each.run, each.target_index) == (self.sent.run, self.sent.target_index)
        ]
        return sorted({each.ord for each in same}).index(self.sent.ord) + 1


# --- records of the delivered file ------------------------------------------------------------------------------


class _Coordinates:
    """Where records stand: the number of each envelope around them in its own, and their own among those of a kind.

    Writers may bring the records of one envelope together, so that the order of making is not that of the file.
    """

    def __init__(self, layout: LayoutBase) -> None:
        self._shape = layout.shape()
        self._numbers: dict[int, int] = {}
        self._held: list[Record] = []
        self._counts: Counter[tuple[object, ...]] = Counter()

    def of(self, record: Record) -> tuple[object, ...]:
        """The coordinates of the next record."""
        around: tuple[object, ...] = ()
        for kind in reversed([each.name for each in self._shape.ancestors(record[KIND])]):
            envelope = record.get(kind)
            if isinstance(envelope, dict) and id(envelope) not in self._numbers:
                self._held.append(envelope)  # so that no other gets its identity
                self._counts[*around, kind] += 1
                self._numbers[id(envelope)] = self._counts[*around, kind]
            around = (*around, kind, self._numbers.get(id(envelope), 0))
        self._counts[*around, record[KIND]] += 1
        return (*around, record[KIND], self._counts[*around, record[KIND]])


def _delivered(layout: LayoutBase, reader: Reader, path: Path) -> Iterator[Found]:
    """The records of the delivered file as a reader sees them."""
    place, number = _Coordinates(layout), 0
    with path.open("rb") as stream:
        for batch in reader.read(stream, Gathered()):
            for record in batch:
                number += 1
                yield Found(record, number, place.of(record))


def _nth(records: Iterator[Found], number: int) -> Found:
    last = 0
    for found in records:
        last = found.number
        if last == number:
            return found
    raise UnknownNameError(f"The file has {counted(last, 'record')}, there is no number {number}.")


def _at_line(records: Iterator[Found], line: int) -> Found:
    """The record that a line belongs to: the last one that begins there or before."""
    best: Found | None = None
    for found in records:
        if (found.record.get(LINE) or 0) > line:
            break
        best = found
    if best is None:
        raise UnknownNameError(f"No record stands on line {line}.", advice=_HOW)
    return best


def _nearest(records: Iterator[Found], path: str) -> Found:
    """The first record whose own place shares the longest beginning with a place."""
    wanted, best, length = _steps(path), None, -1
    for found in records:
        here = _steps(found.record.get(PATH) or "")
        shared = next(
            (n for n, pair in enumerate(zip(here, wanted, strict=False)) if pair[0] != pair[1]), len(here)
        )
        if shared > length:
            best, length = found, shared
        if length == len(here):
            break
    if best is None:
        raise UnknownNameError("The file has no records.")
    return best


def _steps(path: str) -> list[str]:
    """The steps of an XPath or JSON pointer; a position 1 need not be written."""
    return [step.removesuffix("[1]") for step in path.strip("/").split("/")]


def _by_place(found: Found, path: str) -> str:
    """The field that stands at a place."""
    places = {spot.path: name for name, spot in found.spots.items() if spot.path}
    for place, name in places.items():
        if _steps(place) == _steps(path):
            return name
    raise UnknownNameError(f"There is no value at {path}.", advice=did_you_mean(path, places))


def _by_column(found: Found, line: int, column: str) -> str:
    """The field that stands in a column (its name in the file, or its number) of a line."""
    here = {name: spot for name, spot in found.spots.items() if spot.line == line}
    for name, spot in here.items():
        if column in (spot.name, name) or (column.isdecimal() and spot.column == int(column)):
            return name
    raise UnknownNameError(
        f'Line {line} has no column "{column}".',
        advice=did_you_mean(column, [spot.name for spot in here.values()]),
    )


# --- fields -------------------------------------------------------------------------------------------------------


def _names(found: Found) -> list[str]:
    return list(found.spots) or [name for name in found.record if not name.startswith("@")]


def _field_name(layout: LayoutBase, found: Found, record: Record, name: str) -> str:
    """The path of a field that is written so, or is called so in the file."""
    if name in found.spots:
        return name
    called = [path for path, spot in found.spots.items() if spot.name.casefold() == name.casefold()]
    if called:
        return called[0]
    if _declared(layout, record, name) is not None:
        return name
    columns = [spot.name for spot in found.spots.values() if spot.path is None]
    known = dict.fromkeys([*found.spots, *columns, *_names(found)])
    raise UnknownNameError(f'"{name}" is not a field of this file.', advice=did_you_mean(name, known))


def _declared(layout: LayoutBase, record: Record, path: str) -> FieldBase | bool | None:
    """The declared field at a path; True for what stands in an open map, or is a whole record or group; else None."""
    try:
        names = [step for step in tokens(path) if isinstance(step, str)]
    except UnknownNameError:
        return None
    if isinstance(layout, GroupingLayout) and layout.group is not None:
        names = names[1:] if names[0] == layout.group.children else names
        kind = next(iter(layout.kinds()))
    else:
        kind = record[KIND]
    if names and names[0] in layout.kinds() and names[0] != kind:
        kind, names = names[0], names[1:]
    fields: Mapping[str, FieldBase] = layout.kinds()[kind].own_fields()
    found: FieldBase | bool | None = True
    for name in names:
        if name not in fields:
            return True if isinstance(found, FieldBase) and found.open else None
        found, fields = fields[name], fields[name].children()
    return found


def _explain_unset(lineage: Lineage, layout: LayoutBase, found: Found, name: str) -> None:
    """A value that no rule sets but the writer does."""
    declared = _declared(layout, found.record, name)
    if not isinstance(declared, FieldBase) or (declared.constant is None and declared.control is None):
        return
    lineage.kind, lineage.value = "layout", _at(found.record, name)
    lineage.note = f"written by the layout {layout.layout}: it always stands there"
    if declared.control is not None:
        told = declared.control.sum or declared.control.count or []
        lineage.note = f"computed by the writer of {layout.layout}: {', '.join(told)}"


def _at(record: Record, name: str) -> Any:
    value: Any = record
    for step in tokens(name):
        if isinstance(step, int):
            value = value[step - 1] if isinstance(value, list) and step <= len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def _alike(written: Any, computed: Any) -> bool:
    """Whether a value that was read back is the computed one. Structures are not compared; blanks may be lost."""
    if isinstance(written, dict | list) or isinstance(computed, dict | list):
        return True
    if isinstance(written, Decimal | int) and isinstance(computed, Decimal | int):
        return written == computed
    return str(written or "").split() == str(computed or "").split()


def _likeness(written: Record, computed: Record) -> int:
    """How many plain values of a record that was read back are those of a computed one."""
    names = [
        name
        for name, value in written.items()
        if not name.startswith("@") and not isinstance(value, dict | list)
    ]
    return sum(_alike(written[name], computed.get(name)) for name in names)
