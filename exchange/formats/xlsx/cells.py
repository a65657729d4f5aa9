"""Cells → the texts that a field of the layout would have in a text file, so that all rules of fields count alike.

Excel keeps numbers as binary fractions of about 15 digits: 0.1 + 0.2 is stored as 0.30000000000000004. A stored number is taken as the
decimal of at most 15 digits that it stands for; that is exact for what a person or a program typed in with 15 digits or fewer. With more
digits before its point it is refused: Excel has made the last ones zeros, or would.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation

from exchange.formats.values import Codec
from exchange.formats.xlsx.book import Cell

DIGITS = 15
"""So many significant digits Excel keeps of a number."""
_ROUNDED = Context(prec=DIGITS, rounding=ROUND_HALF_EVEN)
_NUMBERS = ("integer", "decimal", "money", "percent")
_MOST = 308
"""No number of Excel has more digits before its point."""
_ISO_DAY = re.compile("[0-9]{4}-")
_FIRST_SURE = 61
"""Excel believes in 29 February 1900, which is day 60; from day 61 on its days are those of the calendar."""


def text_of(cell: Cell, codec: Codec, from_1904: bool) -> str:
    """The text of a cell as the field would be written; what does not fit is refused by the field's own rules."""
    kind = codec.field.type
    if cell.type == "truth":
        words = codec.dialect.true if cell.text == "1" else codec.dialect.false
        return words if isinstance(words, str) else words[0]
    if cell.type == "date":
        return _moment(cell.text, codec, from_1904)
    if cell.type not in ("number", "percent"):
        return cell.text
    number = exact(cell.text)
    if number is None:
        return cell.text
    if cell.type == "percent" and kind == "percent":
        number = _ROUNDED.multiply(number, Decimal(100))
    shown = plain(number)
    return shown.replace(".", codec.dialect.decimal) if kind in _NUMBERS else shown


def seen_as(cell: Cell, from_1904: bool) -> tuple[str, str | None]:
    """A cell of a sheet without a layout: how people see it, and what it is where the workbook says so."""
    if cell.type == "truth":
        return ("true" if cell.text == "1" else "false"), "boolean"
    number = exact(cell.text) if cell.type in ("number", "percent", "date") else None
    if number is None:
        return cell.text.strip(), None
    if cell.type == "percent":
        return plain(_ROUNDED.multiply(number, Decimal(100))), "percent"
    if cell.type == "number":
        return plain(number), None
    try:
        moment = _serial(number, from_1904)
    except (ValueError, OverflowError):
        return plain(number), None
    if moment.date() == _epoch(from_1904):
        return moment.time().isoformat(), "time"
    is_day = (moment.hour, moment.minute, moment.second) == (0, 0, 0)
    return (moment.date().isoformat(), "date") if is_day else (moment.isoformat(), "datetime")


def exact(text: str) -> Decimal | None:
    """The decimal that a stored number stands for."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return _ROUNDED.plus(number) if number.is_finite() else None


def is_cut(text: str, codec: Codec) -> bool:
    """Whether a stored number has digits before its point that are not sure: behind the 15th there are zeros to Excel, so a
    longer one is no account or reference, and an amount only when they are zeros indeed.
    """
    try:
        number = Decimal(text)
    except InvalidOperation:
        return False
    if not number.is_finite() or number.adjusted() < DIGITS:
        return False
    return codec.field.type not in _NUMBERS or number.adjusted() > _MOST or _ROUNDED.plus(number) != number


def plain(number: Decimal) -> str:
    """Without exponent and without zeros that say nothing: 1930.0 → 1930, 1E+3 → 1000."""
    shown = format(number, "f")
    return (shown.rstrip("0").rstrip(".") if "." in shown else shown) or "0"


def _moment(text: str, codec: Codec, from_1904: bool) -> str:
    """A day, moment or time of day; as ISO 8601 when the field is not of that type. In a field of numbers it is refused: people see a day
    there, and the number by which Excel keeps it is no amount.
    """
    kind, is_counted = codec.field.type, _ISO_DAY.match(text) is None
    try:
        moment = _serial(Decimal(text), from_1904) if is_counted else datetime.fromisoformat(text)
    except (ValueError, InvalidOperation, OverflowError):
        return text
    if is_counted and moment.date() == _epoch(from_1904):
        if kind == "time":
            return codec.form.render(moment.time(), None)
        if not from_1904:  # a time of day alone: Excel shows it on a day 0 of January 1900
            return text if kind in ("date", "datetime") else moment.time().isoformat()
    if kind == "datetime":
        return codec.form.render(moment, None)
    if (moment.hour, moment.minute, moment.second) == (0, 0, 0):
        return codec.form.render(moment.date(), None) if kind == "date" else moment.date().isoformat()
    return moment.isoformat()


def _serial(number: Decimal, from_1904: bool) -> datetime:
    """The moment that Excel counts in days."""
    days, part = divmod(number, 1)
    if days < 0 or (not from_1904 and days == _FIRST_SURE - 1):
        raise ValueError("there is no such day")
    shift = 0 if from_1904 or days >= _FIRST_SURE or not days else 1
    start = datetime.combine(_epoch(from_1904), datetime.min.time())
    return start + timedelta(days=int(days) + shift, seconds=int((part * 86_400).to_integral_value()))


def _epoch(from_1904: bool) -> date:
    return date(1904, 1, 1) if from_1904 else date(1899, 12, 30)


def serial(moment: date | datetime) -> str:
    """A day or moment as Excel counts it, for days from 1 March 1900 on."""
    day = moment.date() if isinstance(moment, datetime) else moment
    days = (day - _epoch(False)).days
    if not isinstance(moment, datetime):
        return str(days)
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second
    return plain(Decimal(days) + _ROUNDED.divide(Decimal(seconds), Decimal(86_400))) if seconds else str(days)
