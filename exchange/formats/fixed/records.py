"""What the declaration of one record may say: how it is known, its fields, what it belongs to."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, model_validator
from pydantic import Field as Described

from exchange.declare.layout import Declared, KindBase, Name
from exchange.formats.values import ValueField
from exchange.model import FieldShape

NUMBERS = ("integer", "decimal", "money", "percent")


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
Codes = str | list[str]


class SignPlace(Declared):
    """A sign that stands apart from its number."""

    at: Place = Described(description="its column")
    negative: str = Described("-", description="what stands there for a number below zero")
    positive: str = Described(" ", description="what stands there for any other")


class AlignBy(Declared):
    """Alignment that depends on another field: right when it holds one of these texts, else left."""

    by: Name = Described(description="the field that decides")
    right: list[str] = Described(description="its texts with which this field stands right")


class Field(ValueField):
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
    earliest: str | None = Described(
        None, description="a date: the earliest of a field inside, such as claim.due; checked and computed"
    )
    latest: str | None = Described(None, description="a date: the latest of a field inside, likewise")
    fields: dict[Name, Field] | None = Described(None, exclude=True)

    @model_validator(mode="after")
    def _fits_fixed(self) -> Self:
        number = self.type in NUMBERS
        problems = {
            "`decimals` is for numbers": self.decimals is not None and not number,
            "`sign at` is for numbers": self.sign_at is not None and not number,
            "`plus` is for numbers": self.plus and not number,
            "what a field `holds` is an integer": self.holds is not None and self.type != "integer",
            "an integer has no `decimals`": self.decimals is not None and self.type == "integer",
            "`earliest` and `latest` are for dates": bool(self.earliest or self.latest)
            and self.type != "date",
            "a control total is a number": self.control is not None and not number,
            "records that repeat are declared with `of`, not with `many`": self.many and self.at is not None,
            "there are no open maps in fixed columns": self.open,
        }
        wrong = [problem for problem, is_so in problems.items() if is_so]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    def shape(self, name: str) -> FieldShape:
        """What a mapping needs to know of this field."""
        shape = super().shape(name)
        return replace(shape, computed=True) if self.holds or self.earliest or self.latest else shape

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


class Line(Declared):
    """One record of the file: how it is known, and its fields."""

    code: Codes | None = Described(None, description="the text that tells this record from others")
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

    @property
    def codes(self) -> tuple[str, ...]:
        """All codes of this record."""
        return (self.code,) if isinstance(self.code, str) else tuple(self.code or ())


class Trailer(Line):
    """The record that ends an envelope; its fields belong to the kind that it ends."""

    required: bool = Described(True, description="an envelope without it is a finding")


class Behind(Declared):
    """Where parts of an envelope stand that follow the records of a day: behind the last one that is not later."""

    by: Name = Described(description="the date of the part")
    field: Name = Described(description="the date of the records inside")


class Record(Line, KindBase):
    """A kind of record, or a record that belongs to the one before it (`of`)."""

    trailer: Trailer | None = None
    own: Literal["alone"] | None = Described(
        None, description="of a kind that others stand in: it is a record itself where none stands inside it"
    )
    of: Name | list[Name] | None = Described(None, description="the record before it that it belongs to")
    before: Name | list[Name] | None = Described(
        None, description="the records behind it that it belongs to: all with the same value of `by`"
    )
    by: Name | None = Described(
        None, description="with `before`: the field, of both records, that shows what belongs together"
    )
    as_: Name | None = Described(
        None, alias="as", description="name of the list (or structure) it becomes; none: its fields join in"
    )
    many: bool = Described(True, description="false: it stands once, as a structure")
    once: bool = Described(
        False,
        description="with `before`: a second one for the same value of `by` that says something else is an error",
    )
    required: bool = Described(False, description="a record with `of`: it must be there")
    or_itself: bool = Described(
        False,
        alias="or itself",
        description="a list: the record before it, where it has none, is its own only element (on reading)",
    )
    behind: Behind | None = Described(
        None,
        description="a list of an envelope: where its records are written among those inside, such as balances "
        "at the end of each day",
    )
    subsets: dict[Name, dict[Name, list[str]]] = Described(
        {},
        description="names for control totals, each with fields and their texts: the records that hold one of them",
    )

    @property
    def owners(self) -> tuple[str, ...]:
        """The records it may belong to."""
        owner = self.of if self.before is None else self.before
        return (owner,) if isinstance(owner, str) else tuple(owner or ())

    @property
    def is_listed(self) -> bool:
        """Whether it becomes an element of a list."""
        return self.as_ is not None and self.many
