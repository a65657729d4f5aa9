"""What each coded record is among the others of its layout, however its lines are read and written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, BinaryIO, Literal, Protocol

from exchange.findings import Finding, Found
from exchange.formats._generated import compile_function
from exchange.formats.contract import Progress
from exchange.formats.fixed.structure import CodedLine, RecordBase, RecordField, RecordsLayout

NUMBERED = ("number", "owner number")
Role = Literal["open", "streamed", "child", "ahead", "trailer"]
Values = dict[str, Any]
Row = Any
"""One record as its format cuts it: a line of text, or a list of cells."""


class Plan:
    """One record (or trailer): its place in the structure. Formats add how its lines become values, and values lines."""

    columns: Sequence[Any]
    """Each with the `name` of its field."""
    width: int
    length_field: tuple[int, int] | None = None
    """Where the line says how long it is."""
    varies: bool = False
    """Whether a written line must be brought to its length."""

    def __init__(self, layout: RecordsLayout, title: str, line: CodedLine) -> None:
        self.layout_name = layout.layout
        self.title = title
        self.name = title.partition(".")[0]
        self.line: CodedLine = line
        self.record: RecordBase = layout.declared[self.name]
        self.role: Role = _role(layout, self.name, line)
        self.numbers = [
            (str(name), field.holds == "number")
            for name, field in line.fields.items()
            if field.holds in NUMBERED
        ]
        """Fields that hold a running number, and whether it is the record's own."""
        self.fields: Mapping[str, RecordField] = layout.all_fields(self.name)
        self.inside = None if self.record.inside is None else str(self.record.inside)
        self.owners = tuple(str(owner) for owner in self.record.owners)
        self.is_listed = self.record.is_listed
        self.itself = [
            (str(child.as_), list(layout.all_fields(name)))
            for name, child in layout.children(self.name)
            if child.or_itself
        ]
        self.ahead = tuple(
            (name, str(child.by)) for name, child in layout.children(self.name) if child.before is not None
        )
        self.needs = tuple(name for name, child in layout.children(self.name) if child.required)
        self.is_leaf = self.role == "streamed" and not any(layout.children(self.name))
        """Whether nothing can belong to it, so that it is handed on as soon as it is read."""
        self.alone: Values = dict.fromkeys(
            str(name) for name, own in self.fields.items() if not (own.fields and own.many)
        )
        self.lists = [str(name) for name, own in self.fields.items() if own.fields and own.many]

    # Functions are made when they are asked for: to know what a file is, the plans of many layouts are looked at.

    @cached_property
    def read(self) -> Callable[[Row], Values]:
        """The values of a fitting row; raises ValueError when anything is wrong with one."""
        shown = f"{self.layout_name} {self.title}"
        return compile_function(f"read_{self._spelled}", *self._reading, shown)

    @cached_property
    def write(self) -> Callable[[Values], str]:
        """The line; raises ValueError when a value does not fit."""
        shown = f"{self.layout_name} written {self.title}"
        return compile_function(f"write_{self._spelled}", *self._writing, shown)

    @property
    def source(self) -> str:
        """Both functions, as they are generated."""
        return f"{self._reading[0]}\n{self._writing[0]}"

    @cached_property
    def _reading(self) -> tuple[str, dict[str, object]]:
        names = self.names()
        return self.read_source(self._spelled, names), names

    @cached_property
    def _writing(self) -> tuple[str, dict[str, object]]:
        names = self.names()
        return self.write_source(self._spelled, names), names

    @property
    def _spelled(self) -> str:
        """The title as a part of names in Python."""
        return self.title.replace(".", "_")

    def names(self) -> dict[str, object]:
        """What generated functions use of their format."""
        raise NotImplementedError

    def read_source(self, function: str, names: dict[str, object]) -> str:
        """def read_FUNCTION(row): the values of a fitting row. names: takes up what it uses."""
        raise NotImplementedError

    def write_source(self, function: str, names: dict[str, object]) -> str:
        """def write_FUNCTION(values): the line. names: takes up what it uses."""
        raise NotImplementedError

    def fresh(self) -> Values:
        """All fields of the record and of what belongs to it, still empty."""
        return {**self.alone, **{name: [] for name in self.lists}} if self.lists else self.alone.copy()

    def written(self, name: str, row: Row) -> str:
        """What a row says in a field, whether or not that is a value."""
        raise NotImplementedError

    def spot(self, column: Any, row: Row) -> tuple[str, int, str]:
        """What a row says in a field, in which column, and how the layout calls that place."""
        raise NotImplementedError

    def said_length(self, row: Row) -> str | None:
        """What a row says of its own length, when that cannot be."""
        raise NotImplementedError

    def finished(self, text: str) -> str:
        """A written line brought to its length."""
        raise NotImplementedError

    def explain(self, row: Row, number: int, found: Found) -> Values | None:
        """The slow side of reading: the values, or None and all findings."""
        raise NotImplementedError

    def explain_written(self, values: Values, number: int | None, found: Found) -> str:
        """The slow side of writing: the line, and all findings."""
        raise NotImplementedError


class Fitting(Protocol):
    """Brings the rows of one file to the columns of their records, and tells what differed."""

    def fitted(self, plan: Any, row: Row, number: int) -> Row:
        """The row with exactly the columns of its record."""
        ...


class Form(Protocol):
    """How the records of one layout stand in a file."""

    @property
    def plans(self) -> Mapping[str, Plan]:
        """The plans, by the titles of their records."""
        ...

    @property
    def source(self) -> str:
        """The generated Python source."""
        ...

    def plan(self, row: Row) -> Plan | None:
        """The plan of a row; None when its code is not known."""
        ...

    def code(self, row: Row) -> str:
        """The code of a row whose record is not known."""
        ...

    def shown(self, row: Row) -> str:
        """The row as it stands in the file."""
        ...

    def rows(self, stream: BinaryIO, found: Found, progress: Progress | None) -> Iterator[tuple[int, Row]]:
        """Each record with the number of its line; blank lines are left out. Raises Unreadable."""
        ...

    def fitter(self, tell: Callable[..., None]) -> Fitting:
        """What brings the rows of one file to their columns."""
        ...

    def control_character(self, row: Row, number: int) -> Finding | None:
        """What is told of a row with a control character."""
        ...

    def ended(self, text: str) -> str:
        """A written record with its line ends."""
        ...

    def opening(self) -> str:
        """What is written before the first record."""
        ...


def _role(layout: RecordsLayout, name: str, line: CodedLine) -> Role:
    record = layout.declared[name]
    if line is record.trailer:
        return "trailer"
    if record.owners:
        return "child" if record.before is None else "ahead"
    around = {other.inside for other in layout.declared.values()}
    return "open" if name in around else "streamed"
