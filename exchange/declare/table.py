"""A table: values to look up, kept apart from the mappings because they change with time and place.

table: vat-codes
key: [rate]
valid: {from: valid_from, to: valid_to}     # days in ISO form, both included; empty is open
miss: fail                                  # or empty, or pass (the key itself), or {default: X}
file: vat-codes.csv                         # UTF-8 with a header; or rows: [{rate: 24, code: A}]
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from exchange.declare.declared import Declared, Wrong
from exchange.declare.places import PlacedText
from exchange.declare.problems import Problem, did_you_mean

DELIMITERS = (";", ",", "\t")
Row = Mapping[str, str | None]


class Valid(Declared):
    """The columns that hold the first and the last day of a row."""

    from_: str = Field(alias="from", description="column with the first day; an empty cell is open")
    to: str | None = Field(None, description="column with the last day, included; an empty cell is open")


class Default(Declared):
    """What stands in for a key that the table does not hold."""

    default: str = Field(description="the value")


class Table(Declared):
    """One declared table."""

    table: Annotated[
        str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", description="its name: that of the file below tables/")
    ]
    meaning: str | None = Field(None, description="a sentence for people")
    source: str | None = Field(None, description="where the facts of this table come from")
    key: list[PlacedText] = Field(min_length=1, description="the columns that are looked up")
    valid: Valid | None = Field(None, description="columns with the first and last day of a row")
    miss: Literal["fail", "empty", "pass"] | Default = Field(
        "fail", description="what a key that is not there gives"
    )
    file: PlacedText | None = Field(None, description="a CSV file beside this one")
    rows: list[dict[str, PlacedText]] | None = Field(None, description="the rows themselves, column: value")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.file is None) == (self.rows is None):
            raise Wrong("A table has either `file` or `rows`")
        if self.miss == "pass" and len(self.key) > 1:
            raise Wrong("`miss: pass` gives the key itself, so the key must be one column")
        if self.file is not None and Path(self.file).name != self.file:
            raise Wrong("The file must lie beside the table", at=self.file, advice="Write its name alone.")
        return self


@dataclass(frozen=True, slots=True)
class TableRows:
    """A table with its rows: empty cells are None; lines are the physical lines the rows begin on, from 1.

    sha256 (hex) changes with anything that can change a lookup.
    """

    table: Table
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    lines: tuple[int, ...]
    sha256: str


def load_rows(table: Table, folder: Path) -> tuple[TableRows | None, list[Problem]]:
    """The rows of a table whose file lies in `folder`; None when something is wrong with them."""
    if table.file is None:
        declared = _declared_rows(table)
        problems = list(_row_problems(declared, table.key[0].file))
        return (None if problems else declared), problems
    rows, problems = _file_rows(table, table.file, folder / table.file)
    if rows is not None:
        problems = list(_row_problems(rows, str(folder / table.file)))
    return (None if problems else rows), problems


def _declared_rows(table: Table) -> TableRows:
    declared = table.rows or []
    columns = tuple(dict.fromkeys(column for row in declared for column in row))
    rows = tuple(
        {column: None if row.get(column, "") == "" else str(row[column]) for column in columns}
        for row in declared
    )
    lines = tuple(next(iter(row.values())).line if row else 0 for row in declared)
    return _made(table, columns, rows, lines)


def _made(table: Table, columns: tuple[str, ...], rows: tuple[Row, ...], lines: tuple[int, ...]) -> TableRows:
    told = repr((table.key, table.valid, table.miss, columns, [tuple(row.items()) for row in rows]))
    return TableRows(table, columns, rows, lines, hashlib.sha256(told.encode()).hexdigest())


def _file_rows(table: Table, name: PlacedText, path: Path) -> tuple[TableRows | None, list[Problem]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        return None, [name.problem(f"The file cannot be read: {error.strerror}.", f"It should be {path}.")]
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return None, [Problem(str(path), line, None, "This is not UTF-8.", advice="Save it as CSV UTF-8.")]
    delimiter = _delimiter(text, table)
    if delimiter is None:
        header = next(iter(text.splitlines()), "")
        message = f"The first line does not name the key columns {', '.join(table.key)}."
        return None, [Problem(str(path), 1, 1, message, header, "Columns are separated by ; or , or a tab.")]
    return _csv_rows(table, path, text, delimiter)


def _delimiter(text: str, table: Table) -> str | None:
    """The delimiter with which the header names all key columns."""
    header = text.partition("\n")[0].strip("\r")
    fits = [
        sign for sign in DELIMITERS if set(table.key) <= set(next(csv.reader([header], delimiter=sign), []))
    ]
    return max(fits, key=header.count) if fits else None


def _csv_rows(table: Table, path: Path, text: str, delimiter: str) -> tuple[TableRows | None, list[Problem]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns = tuple(next(reader))
    problems = [Problem(str(path), 1, 1, f'The column "{name}" stands twice.') for name in _twice(columns)]
    rows: list[Row] = []
    lines: list[int] = []
    line = reader.line_num
    try:
        for cells in reader:
            begin, line = line + 1, reader.line_num
            if cells and len(cells) != len(columns):
                message = f"The row has {len(cells)} columns, the header has {len(columns)}."
                problems.append(Problem(str(path), begin, 1, message, delimiter.join(cells)))
            elif cells:
                rows.append({column: cell or None for column, cell in zip(columns, cells, strict=True)})
                lines.append(begin)
    except csv.Error as error:
        problems.append(Problem(str(path), reader.line_num, 1, f"This is not CSV: {error}."))
    return (None if problems else _made(table, columns, tuple(rows), tuple(lines))), problems


def _twice(names: tuple[str, ...]) -> list[str]:
    return [name for name in dict.fromkeys(names) if names.count(name) > 1]


def _row_problems(rows: TableRows, file: str) -> Iterator[Problem]:
    """Missing columns, unreadable days, and rows that are valid for the same key on the same day."""
    valid = rows.table.valid
    wanted = [*rows.table.key, *([valid.from_] if valid else []), *([valid.to] if valid and valid.to else [])]
    missing = [name for name in wanted if name not in rows.columns]
    for name in missing:
        yield Problem(
            file, None, None, f'The column "{name}" is missing.', advice=did_you_mean(name, rows.columns)
        )
    if not missing:
        yield from _overlaps(rows, file)


def _overlaps(rows: TableRows, file: str) -> Iterator[Problem]:
    spans: dict[tuple[str | None, ...], list[tuple[date, date, int]]] = defaultdict(list)
    for row, line in zip(rows.rows, rows.lines, strict=True):
        try:
            first, last = validity(rows.table, row)
        except ValueError as error:
            yield Problem(
                file, line, None, f"This is not a day: {error}.", advice="Write days as 2026-01-31."
            )
            continue
        if first > last:
            yield Problem(file, line, None, f"The last day {last} is before the first day {first}.")
        spans[tuple(row[column] for column in rows.table.key)].append((first, last, line))
    for key, ranges in spans.items():
        ordered = sorted(ranges)
        for (_, last, one), (first, _, other) in pairwise(ordered):
            if first <= last:
                shown = ", ".join(part or "(empty)" for part in key)
                yield Problem(
                    file, other, None, f'The key "{shown}" is already given on line {one} for the same days.'
                )


def validity(table: Table, row: Row) -> tuple[date, date]:
    """The first and last day (both included) on which a row counts. Raises ValueError for what is no day."""
    first = row[table.valid.from_] if table.valid else None
    last = row[table.valid.to] if table.valid and table.valid.to else None
    return date.fromisoformat(first) if first else date.min, date.fromisoformat(last) if last else date.max
