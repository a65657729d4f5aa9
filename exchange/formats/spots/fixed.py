"""Values of files with fixed columns: the columns of the lines that records came from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, NamedTuple

from exchange.formats.fixed.belonging import Form, Plan, Row
from exchange.formats.fixed.form import Columns
from exchange.formats.fixed.layout import Layout
from exchange.formats.fixed.structure import RecordsLayout
from exchange.formats.spots import Spot, ignored, leaf
from exchange.model import KIND, LINE, Record


class _Part(NamedTuple):
    """A structure of a wanted record: the spots of that record, the structure's kind, and its path."""

    spots: dict[str, Spot]
    kind: str
    path: str


def spots(layout: Layout, stream: BinaryIO, records: Sequence[Record]) -> list[dict[str, Spot]]:
    """The columns (counted from 1) of each record, of what belongs to it, and of the kinds around it."""
    return found_in(layout, Columns(layout), stream, records)


def found_in(
    layout: RecordsLayout, form: Form, stream: BinaryIO, records: Sequence[Record]
) -> list[dict[str, Spot]]:
    """The spots of each record, in order, however its lines are cut."""
    finder = _Finder(layout, form, records)
    for number, text in form.rows(stream, ignored, None):
        finder.line(number, text)
        if finder.is_done(number):
            break
    return finder.found


class _Finder:
    """Goes through the lines of a file. found: the spots of each record, in order."""

    def __init__(self, layout: RecordsLayout, form: Form, records: Sequence[Record]) -> None:
        self.dispatch = form
        self.found: list[dict[str, Spot]] = [{} for _ in records]
        self.wanted: dict[int, list[_Part]] = defaultdict(list)
        self.ends: list[tuple[int, _Part]] = []
        """Envelopes whose trailer is still to come, with the line of the record inside."""
        for record, columns in zip(records, self.found, strict=True):
            for number, kind, path in _placed(record, ""):
                self.wanted[number].append(_Part(columns, kind, path))
                if path == kind and layout.declared[kind].trailer is not None:
                    self.ends.append((record[LINE], _Part(columns, kind, path)))
        self.open: list[_Part] = []

    def is_done(self, number: int) -> bool:
        """Whether nothing more is to be found after a line."""
        return number >= max(self.wanted, default=0) and not self.open and not self.ends

    def line(self, number: int, text: Row) -> None:
        """One more line."""
        plan = self.dispatch.plan(text)
        if plan is None:
            return
        if plan.role == "trailer":
            ended = [(begin, part) for begin, part in self.ends if part.kind == plan.name and begin <= number]
            self._take([part for _, part in ended], plan, number, text)
            self.ends = [each for each in self.ends if each not in ended]
            self.open = []
            return
        parts = self.wanted.get(number, [])
        if plan.role == "child":
            self.open += parts or ([] if plan.is_listed else self._belonging(plan))
            parts = [part for part in self.open if part.kind == plan.name]
        else:
            self.open = list(parts)
        self._take(parts, plan, number, text)

    def _belonging(self, plan: Plan) -> list[_Part]:
        """Where the fields of a record go that is no element of a list: into its owner, or into a structure there."""
        owners = [part for part in self.open if part.kind in plan.owners]
        name = plan.record.as_
        return [_Part(part.spots, plan.name, leaf(part.path, name) if name else part.path) for part in owners]

    def _take(self, parts: Sequence[_Part], plan: Plan, number: int, text: Row) -> None:
        for part in parts:
            for column in plan.columns:
                value, place, name = plan.spot(column, text)
                spot = Spot(value, number, place, name=name)
                part.spots.setdefault(leaf(part.path, column.name), spot)


def _placed(value: Any, path: str) -> Iterator[tuple[int, str, str]]:
    """Every structure of a record that has a line of its own: the line, its kind, its path."""
    if isinstance(value, list):
        for number, inner in enumerate(value, 1):
            yield from _placed(inner, f"{path}[{number}]")
    elif isinstance(value, dict):
        if value.get(LINE) is not None and value.get(KIND) is not None:
            yield value[LINE], value[KIND], path
        for name, inner in value.items():
            if not name.startswith("@"):
                yield from _placed(inner, leaf(path, name))
