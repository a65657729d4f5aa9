"""What the columns of a file seem to hold for which no layout is known: guesses for people, never for reading.

A column is what all its values of the first rows can be: a column with one odd value is a text, so that a layout made after
it reads every one of these rows. What no value decides (is 03/04/2026 in March or April?) is said, not chosen.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from exchange.formats._faults import Fault
from exchange.formats._moments import Moment, usual
from exchange.formats._numbers import Number

LOOKED_AT = 10_000
"""The values of so many rows are looked at; all rows are counted."""
SHOWN = 40
"""So many characters are shown of an example."""
_WHOLE = re.compile("-?(0|[1-9][0-9]{0,14})")
"""A whole number that somebody may add up: 00123, or one with more digits, is a reference."""
_CODE = re.compile("0[0-9]+")
_NUMBERS = tuple(
    Number(decimal, thousands)
    for decimal, thousands in (
        (".", None),
        (",", None),
        (".", ","),
        (",", "."),
        (",", " "),
        (".", " "),
        (".", "'"),
    )
)
_DAYS_IN_A_ROW = "%Y%m%d"
_ISO = {"date": "Ymd", "time": "HMS", "datetime": "YmdHMS"}
_YEARS = range(1990, 2100)
_MOMENTS = tuple(
    moment
    for moment in usual("date")
    if moment.pattern is None
    or moment.pattern == _DAYS_IN_A_ROW
    or re.search("%-?[a-zA-Z][^%]", moment.pattern)
)


@dataclass(slots=True)
class ColumnSeen:
    """One column or key, and what its values can be.

    place: its name, or its number where there are no names. kind, otherwise: set by `decide`.
    """

    place: str | int
    example: str = ""
    filled: int = 0
    kind: str = "empty"
    pattern: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    otherwise: str | None = None
    _whole: bool = True
    _cents: bool = True
    _differ: bool = False
    _numbers: tuple[Number, ...] = _NUMBERS
    _moments: tuple[Moment, ...] = _MOMENTS
    _fixed: set[str] = field(default_factory=set)

    def add(self, text: str, kind: str | None = None) -> None:
        """One more value. kind: what it is for certain, where the format knows."""
        if not text:
            return
        self.filled += 1
        if not self.example:
            self.example = text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
        if kind is not None:
            self._fixed.add(kind)
            return
        self._whole = self._whole and _WHOLE.fullmatch(text) is not None
        self._moments = tuple(moment for moment in self._moments if _is_moment(moment, text))
        read = {number: value for number in self._numbers if (value := _parsed(number, text)) is not None}
        self._numbers = tuple(read)
        self._differ = self._differ or len(set(read.values())) > 1
        decimals = {number.count(value)[1] for number, value in list(read.items())[:1]}
        self._cents = self._cents and decimals <= {0, 2}

    def decide(self) -> None:
        """Say what all values were."""
        if not self.filled:
            return
        if self._fixed:
            self.kind = self._fixed.pop() if len(self._fixed) == 1 else "mixed"
        elif self._moments and self._moments[0].pattern == _DAYS_IN_A_ROW:
            self._is_moment(self._moments)
        elif self._whole:
            self.kind = "integer"
        elif self._numbers:
            self._is_number(self._numbers)
        elif self._moments:
            self._is_moment(self._moments)
        else:
            self.kind = "text"

    def _is_number(self, numbers: tuple[Number, ...]) -> None:
        first = numbers[0]
        self.kind = "money" if self._cents else "decimal"
        self.decimal, self.thousands = first.decimal, first.thousands
        other = next((each for each in numbers if each.decimal != first.decimal), None)
        if self._differ and other is not None:
            self.otherwise = f'a number with the decimal sign "{other.decimal}"'

    def _is_moment(self, moments: tuple[Moment, ...]) -> None:
        first = moments[0]
        self.kind, self.pattern = first.type, first.pattern
        other = next((each for each in moments if _order(each) != _order(first)), None)
        self.otherwise = f"{other.type} {other.form}" if other is not None else None


@dataclass(frozen=True, slots=True)
class Glimpse:
    """The rows of a file without a layout. header: whether its first row names the columns; delimiter: where it has one; uneven: the first
    line with another number of columns than the first row; sheet: which one it is, of a workbook.
    """

    rows: int
    columns: tuple[ColumnSeen, ...]
    header: bool = True
    delimiter: str | None = None
    uneven: int | None = None
    sheet: str | None = None


class Gazer:
    """Gathers what is seen of rows."""

    def __init__(self, *places: str | int) -> None:
        self.columns = {place: ColumnSeen(place) for place in places}
        self.rows = 0

    def add(self, row: Mapping[str | int, tuple[str, str | None]]) -> None:
        """One row: the text of each column, and what it is where the format knows."""
        self.rows += 1
        if self.rows > LOOKED_AT:
            return
        for place, (text, kind) in row.items():
            self.columns.setdefault(place, ColumnSeen(place)).add(text, kind)

    def seen(self) -> tuple[ColumnSeen, ...]:
        """The columns, decided."""
        for column in self.columns.values():
            column.decide()
        return tuple(self.columns.values())


def are_names(texts: Collection[str]) -> bool:
    """Whether the texts of a row name its columns: none is empty, a value, or there twice."""
    return all(texts) and len({*texts}) == len(texts) and not any(map(_is_value, texts))


def _is_value(text: str) -> bool:
    """Whether a text is a number or a moment, so that it names no column."""
    return any(_parsed(number, text) is not None for number in _NUMBERS) or any(
        _is_moment(moment, text) for moment in _MOMENTS
    )


def _parsed(number: Number, text: str) -> Decimal | None:
    if _CODE.fullmatch(text):
        return None
    try:
        return Decimal(number.parse(text))
    except Fault:
        return None


def _is_moment(moment: Moment, text: str) -> bool:
    try:
        value = moment.parse(text)
    except Fault:
        return False
    return moment.pattern != _DAYS_IN_A_ROW or getattr(value, "year", 0) in _YEARS


def _order(moment: Moment) -> tuple[str, list[str]]:
    """The order of its parts: what makes two patterns mean different moments."""
    return moment.type, re.findall("[dmyYHMS]", moment.pattern or _ISO[moment.type])
