"""A layout → plans: for each record how its rows become values, and values a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from exchange.findings import Finding, Found
from exchange.formats._csv_complaints import NEEDS_QUOTES
from exchange.formats._fast import indented
from exchange.formats.delimited.layout import Layout, Line, RowDialect
from exchange.formats.fixed.belonging import Plan, Values
from exchange.formats.values import Codec, Refused


class Row(list[str]):
    """The cells of a row in the order of the layout. places: where each stood in the file, from 1, if elsewhere."""

    __slots__ = ("places",)
    places: Sequence[int] | None

    def column(self, place: int) -> int:
        """Where a cell stood in the file, from 1."""
        return place + 1 if self.places is None else self.places[place]


@dataclass(frozen=True)
class Cell:
    """A field with its codec and its place in a row, from 0."""

    name: str
    codec: Codec
    place: int


class RowPlan(Plan):
    """One record (or trailer) with its two generated functions."""

    columns: list[Cell]

    def __init__(self, layout: Layout, title: str, line: Line) -> None:
        super().__init__(layout, title, line)
        self.dialect = layout.dialect
        self.width = line.columns
        self.fewest = line.fewest or line.columns
        self.header = line.header
        self.columns = [
            Cell(str(name), Codec(str(name), field, layout.dialect), line.place(field))
            for name, field in line.fields.items()
        ]
        self.blank = [""] * self.width
        if len(line.codes) == 1:
            self.blank[layout.code_column - 1] = line.codes[0]

    def names(self) -> dict[str, object]:
        """What generated functions use."""
        return {"Refused": Refused, "joined": joined, "dialect": self.dialect}

    def written(self, name: str, row: Row) -> str:
        """What a row says in a field, whether or not that is a value."""
        return next(row[cell.place] for cell in self.columns if cell.name == name).strip()

    def spot(self, column: Cell, row: Row) -> tuple[str, int, str]:
        """What a row says in a field, in which cell, and how the layout calls that place."""
        title = self.header[column.place] if self.header else str(column.place + 1)
        text = row[column.place] if column.place < len(row) else ""
        return text, row.column(column.place), f"{self.title} {title}"

    def explain(self, row: Row, number: int, found: Found) -> Values | None:
        """The slow side of reading: the values, or None and all findings."""
        values: Values = {}
        wrong: list[Finding] = []
        for cell in self.columns:
            place = {"line": number, "column": row.column(cell.place), "field": f"{self.title}.{cell.name}"}
            values[cell.name], findings = cell.codec.read(row[cell.place], **place)
            wrong += findings
        for finding in wrong:
            found(finding)
        return None if wrong else values

    def explain_written(self, values: Values, number: int | None, found: Found) -> str:
        """The slow side of writing: the line, and all findings."""
        cells = list(self.blank)
        for cell in self.columns:
            name = f"{self.title}.{cell.name}"
            text, findings = cell.codec.write(values.get(cell.name), line=number, field=name)
            for finding in findings:
                found(finding)
            if self.dialect.quote == "none" and _needs_quotes(text, self.dialect):
                found(NEEDS_QUOTES.at(line=number, field=name, value=text))
                text = ""
            cells[cell.place] = text
        return joined(cells, self.dialect)

    def read_source(self, function: str, names: dict[str, object]) -> str:
        """def read_NAME(row): the values of a row with all its columns."""
        body: list[str] = []
        for n, cell in enumerate(self.columns):
            body += [f"c{n} = row[{cell.place}]", *cell.codec.read_code(f"c{n}", f"v{n}", names)]
        items = ", ".join(f"{cell.name!r}: v{n}" for n, cell in enumerate(self.columns))
        return "\n".join([f"def read_{function}(row):", *indented([*body, f"return {{{items}}}"])]) + "\n"

    def write_source(self, function: str, names: dict[str, object]) -> str:
        """def write_NAME(values): the line; raises ValueError when a value does not fit."""
        body: list[str] = []
        cells = [repr(text) for text in self.blank]
        for n, cell in enumerate(self.columns):
            body += [f"v{n} = values.get({cell.name!r})"]
            body += cell.codec.write_code(f"v{n}", f"t{n}", names)
            cells[cell.place] = f"t{n}"
        result = f"return joined([{', '.join(cells)}], dialect)"
        return "\n".join([f"def write_{function}(values):", *indented([*body, result])]) + "\n"


def joined(cells: Sequence[str], dialect: RowDialect) -> str:
    """The line of some cells, quoted where they need it. Raises Refused when there is no quote to do so."""
    return dialect.delimiter.join([_quoted(cell, dialect) for cell in cells])


def _needs_quotes(text: str, dialect: RowDialect) -> bool:
    special = dialect.delimiter in text or "\n" in text or "\r" in text
    return special or (dialect.quote != "none" and dialect.quote in text)


def _quoted(text: str, dialect: RowDialect) -> str:
    if not text or not _needs_quotes(text, dialect):
        return text
    if dialect.quote == "none":
        raise Refused
    return f"{dialect.quote}{text.replace(dialect.quote, dialect.quote * 2)}{dialect.quote}"
