"""Which column of a csv file holds which field: by number, or by the names that its header may have.

    column: Name                      one name
    column: [Cancelled at, Canceled at]   several: the first that is there is read, the first is written
    optional: true                    a file without the column is read as if every cell of it were empty; where no
                                      header tells, the first row does, and only the last columns can be missing

A name fits as it is written; where no column is written so, capitals and blanks do not count.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from exchange.declare.problems import nearest
from exchange.formats.values import Codec

if TYPE_CHECKING:
    from exchange.formats.csv import Field, Layout
    from exchange.formats.xlsx.layout import Layout as SheetLayout


MOST_BEFORE = 100
"""So many lines before a header are looked at."""


@dataclass(frozen=True, slots=True)
class Column:
    """Where a field stands: under one of the names, or at a number from 1."""

    names: tuple[str, ...]
    number: int | None = None
    optional: bool = False

    @property
    def shown(self) -> int | str:
        """The header that is written, or the number."""
        return self.names[0] if self.number is None else self.number

    def find(self, header: Sequence[str]) -> int | None:
        """The place of the column in a header, from 0; None when it is not there."""
        if self.number is not None:
            return self.number - 1 if self.number <= len(header) else None
        written = next((header.index(name) for name in self.names if name in header), None)
        if written is not None:
            return written
        alike = [placed_title(name) for name in header]
        return next((alike.index(name) for name in map(placed_title, self.names) if name in alike), None)


def found_in(header: Sequence[str], columns: Mapping[str, Column]) -> tuple[dict[str, int], list[str]]:
    """The places of the columns in a header, from 0, and the fields whose column is not there. What one field has no other
    has as well: of two that would, the second has none, even where it may be missing.
    """
    places: dict[str, int] = {}
    missing: list[str] = []
    for field, column in columns.items():
        place = column.find(header)
        if place is not None and place not in places.values():
            places[field] = place
        elif place is not None or not column.optional:
            missing.append(field)
    return places, missing


def near(title: int | str, names: Sequence[str]) -> str:
    """What a column that is not there may have become, as a sentence."""
    close = nearest(str(title), names)
    return f' Did it become "{close}"?' if close else ""


def shown_in(header: Sequence[str], columns: Iterable[Column]) -> tuple[int, int] | None:
    """How many of the columns that have names a header shows, and of how many; None where it shows none, or not all that must
    be there.
    """
    named = [column for column in columns if column.names]
    there = [column.find(header) is not None for column in named]
    lacks = any(not (is_there or column.optional) for is_there, column in zip(there, named, strict=True))
    return None if lacks or not any(there) else (sum(there), len(named))


def distinct(columns: Collection[Column]) -> list[int | str]:
    """All names and numbers of columns. Raises ValueError when one stands twice."""
    places: list[int | str] = [name for one in columns for name in one.names]
    places += [one.number for one in columns if one.number is not None]
    doubled = sorted({str(place) for place in places if places.count(place) > 1})
    if doubled:
        raise ValueError(f"the column {doubled[0]} is declared twice")
    return places


def lacks_last(columns: Collection[Column]) -> bool:
    """Whether columns that files may lack are the last ones: a row shows then which of them it has."""
    others = [one.number or 0 for one in columns if not one.optional]
    return all((one.number or 0) > max(others, default=0) for one in columns if one.optional)


def codecs(layout: Layout | SheetLayout) -> dict[str, Codec]:
    """The codec of each plain field, by its dotted name."""
    return {name: Codec(name, field, layout.dialect) for name, field in leaves(layout.fields)}


def columns(layout: Layout | SheetLayout) -> dict[str, Column]:
    """The column of each plain field, by its dotted name; without a header, in declared order."""
    plain = [(name, field) for name, field in leaves(layout.fields) if not field.before]
    if not layout.dialect.header and all(field.column is None for _, field in plain):
        return {name: Column((), number, field.optional) for number, (name, field) in enumerate(plain, 1)}
    return {name: placed(name.rpartition(".")[2], field) for name, field in plain}


def first_line(lines: Iterator[str]) -> tuple[Iterator[str], str, int]:
    """The lines again, the first of them that is not blank ("" when there is none), and how many stand before it."""
    blank: list[str] = []
    for line in lines:
        if line.strip():
            return chain(blank, [line], lines), line, len(blank)
        blank.append(line)
    return iter(blank), "", len(blank)


def delimiter_of(layout: Layout, first: str) -> str:
    """The delimiter of a file that begins so: of those declared the one that shows most of the columns in its header."""
    declared = layout.dialect.delimiters
    places = columns(layout).values() if len(declared) > 1 else ()

    def shown(one: str) -> int:
        cells = split(first, layout.dialect.options | {"delimiter": one})
        return sum(place.find(cells) is not None for place in places)

    return max(declared, key=shown)


def rows_only(layout: Layout, lines: Iterator[str], before: list[str] | None = None) -> Iterator[str]:
    """The lines, with those blank that are no rows, so that the others keep their numbers. before: gets those that stand
    before what `begin` knows.
    """
    dialect = layout.dialect
    begins = re.compile(dialect.begin).match if dialect.begin else None
    is_other = re.compile(dialect.other_lines).match if dialect.other_lines else None
    for line in lines:
        if begins is not None and begins(line):
            begins = None
        if begins is not None and before is not None and len(before) < MOST_BEFORE:
            before.append(line)
        yield "\n" if begins is not None or (is_other is not None and is_other(line)) else line


def split(line: str, options: Mapping[str, Any]) -> list[str]:
    """The cells of one line, without blanks around; none when its quotes are not sound."""
    try:
        return [cell.strip() for row in csv.reader([line], strict=True, **options) for cell in row]
    except csv.Error:
        return []


def leaves(fields: Mapping[str, Field], prefix: str = "") -> Iterator[tuple[str, Field]]:
    """The plain fields, by their dotted names."""
    for name, field in fields.items():
        if field.fields is None:
            yield prefix + name, field
        else:
            yield from leaves(field.fields, f"{prefix}{name}.")


def placed(name: str, field: Field) -> Column:
    """Where a field stands. name: its title where none is declared."""
    if isinstance(field.column, int):
        return Column((), field.column, field.optional)
    named = [field.column] if isinstance(field.column, str) else field.column or [name]
    return Column(tuple(str(each) for each in named), None, field.optional)


def placed_title(name: str) -> str:
    """A name without capitals and blanks."""
    return "".join(name.split()).casefold()
