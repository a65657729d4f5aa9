"""What a layout of a sheet may say: the keys of csv, but for those that only text has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field as Described
from pydantic import model_validator

from exchange.declare.layout import GroupingLayout, KindBase, Name
from exchange.formats._csv_columns import columns, distinct
from exchange.formats.csv import Field, Kind
from exchange.formats.values import Dialect

SHEET_NAME = 31
"""The most characters that the name of a sheet has."""


class SheetDialect(Dialect):
    """Where rows stand. Numbers, dates and truths are values of their own in a sheet; the other points are for cells that hold texts
    instead.
    """

    header: bool = Described(True, description="the first row names the columns")
    skip: int = Described(0, ge=0, description="rows before the header (or the first row) that are not read")
    other_columns: Literal["told", "ignored"] = Described(
        "told",
        alias="other columns",
        description="columns that are not declared: a warning, or nothing where senders choose their columns",
    )


class Layout(GroupingLayout):
    """A workbook with one sheet of rows of one kind."""

    format: Literal["xlsx"]
    sheet: str | None = Described(
        None,
        min_length=1,
        max_length=SHEET_NAME,
        description="the name of the sheet; default: the first one, written as Sheet1",
    )
    dialect: SheetDialect = SheetDialect()
    record: Name = Described(description="the kind of record that a row is")
    fields: dict[Name, Field]

    @model_validator(mode="after")
    def _columns_fit(self) -> Self:
        found = columns(self).values()
        distinct(found)
        if not self.dialect.header and any(one.names or one.optional for one in found):
            raise ValueError(
                "the sheet has no header, so every column needs its number, and none is optional"
            )
        if any(field.before for field in self.fields.values()):
            raise ValueError("`before` belongs to csv files: of a sheet, all values stand below its header")
        if self.sheet is not None and (set(self.sheet) & set("[]:*?/\\") or self.sheet[0] == "'"):
            raise ValueError(f'"{self.sheet}" cannot be the name of a sheet')
        return self

    def kinds(self) -> Mapping[str, KindBase]:
        """The one kind of row."""
        return {self.record: Kind(fields=self.fields)}
