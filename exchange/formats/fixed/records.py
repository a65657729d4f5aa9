"""What the declaration of one record may say: how it is known, its fields, what it belongs to."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, model_validator
from pydantic import Field as Described

from exchange.declare.layout import Declared, Name
from exchange.formats.fixed.structure import NUMBERS, CodedLine, RecordBase, RecordField, TrailerBase


def _place(text: str) -> str:
    span(text)
    return text


def span(text: str) -> tuple[int, int]:
    """`3-12` → (2, 12), as slices count. Raises ValueError."""
    match = re.fullmatch(r"([1-9][0-9]*)(?:-([1-9][0-9]*))?", text)
    if match is None or int(match[2] or match[1]) < int(match[1]):
        raise ValueError(
            f'"{text}" is no place: write the first and last column, counted from 1, such as 3-12'
        )
    return int(match[1]) - 1, int(match[2] or match[1])


Place = Annotated[str, AfterValidator(_place)]
Places = Place | list[Place]
Lengths = Annotated[int, Described(ge=1)] | list[Annotated[int, Described(ge=1)]] | Place


class SignPlace(Declared):
    """A sign that stands apart from its number."""

    at: Place = Described(description="its column")
    negative: str = Described("-", description="what stands there for a number below zero")
    positive: str = Described(" ", description="what stands there for any other")


class AlignBy(Declared):
    """Alignment that depends on another field: right when it holds one of these texts, else left."""

    by: Name = Described(description="the field that decides")
    right: list[str] = Described(description="its texts with which this field stands right")


class Field(RecordField):
    """A field: its columns, counted from 1, the last one included.

    By default texts stand left and are filled with blanks, numbers stand right and are filled with zeros. An
    empty value is written as the first text of `empty`, else as the fill of a text, else as blanks.
    """

    at: Place | None = Described(None, description="columns, such as 3-12 or 80")
    align: Literal["left", "right"] | AlignBy | None = None
    fill: str | None = Described(
        None,
        min_length=1,
        max_length=1,
        description="what fills columns that the value leaves; default: 0 or blank",
    )
    decimals: int | None = Described(None, ge=1, description="so many last digits are decimals")
    plus: bool = Described(False, description="write + before (or behind) numbers that are not negative")
    sign_at: SignPlace | None = Described(None, alias="sign at", description="a sign in columns of its own")
    holds: Literal["length", "number", "owner number"] | None = Described(
        None,
        description="length: how many columns its record has, checked on reading, computed when written; number: the "
        "running number of its record in the envelope, given when written unless the record has one; owner number: "
        "that of the record it belongs to",
    )
    fields: dict[Name, Field] | None = Described(None, exclude=True)

    @model_validator(mode="after")
    def _fits_fixed(self) -> Self:
        number = self.type in NUMBERS
        problems = self.faults() | {
            "`decimals` is for numbers": self.decimals is not None and not number,
            "`sign at` is for numbers": self.sign_at is not None and not number,
            "`plus` is for numbers": self.plus and not number,
            "an integer has no `decimals`": self.decimals is not None and self.type == "integer",
            "records that repeat are declared with `of`, not with `many`": self.many and self.at is not None,
        }
        wrong = [problem for problem, is_so in problems.items() if is_so]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    @property
    def span(self) -> tuple[int, int]:
        """First and last column, as slices count."""
        return span(self.at or "1")

    @property
    def width(self) -> int:
        """How many columns it has."""
        return self.span[1] - self.span[0]

    @property
    def filler(self) -> str:
        """The character that fills the columns which the value does not need."""
        return self.fill or ("0" if self.type in NUMBERS else " ")

    @property
    def right(self) -> bool:
        """Whether the value stands at the right."""
        return self.align == "right" or (self.align is None and self.type in NUMBERS)


class Line(CodedLine):
    """One record of the file: how it is known, and its fields."""

    code_at: Places | None = Described(
        None, alias="code at", description="where the code stands; several places are read as one text"
    )
    length: Lengths | None = Described(
        None,
        description="columns of this record, where it differs from the others; a list or a range such as 9-428 "
        "where it may be shorter: the shortest that has room is written",
    )
    unused: str | None = Described(
        None, min_length=1, max_length=1, description="what is written in columns that no field has"
    )
    fields: dict[Name, Field] = {}


class Trailer(Line, TrailerBase):
    """The record that ends an envelope; its fields belong to the kind that it ends."""


class Record(Line, RecordBase):
    """A kind of record, or a record that belongs to the one before it (`of`)."""

    trailer: Trailer | None = None
