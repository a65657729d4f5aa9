"""Days and moments. Empty in, empty out. Patterns are strptime's: %d.%m.%Y, %Y%m%d, %H:%M:%S; %-d, %-m and %-H have no
leading zero."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated

from exchange.mapping.functions import Argument, Constant, Known
from exchange.mapping.operators import Fault

KEEPS_FILLED = frozenset(
    {
        "date",
        "datetime",
        "date_of",
        "local_day",
        "time_of",
        "at_midnight",
        "format_date",
        "add_days",
        "add_months",
        "end_of_month",
        "days_between",
        "year",
        "month",
        "day",
        "weekday",
        "day_from",
    }
)
_PARTS = frozenset("dmYyHMSfjzV%GuUWaAbB")
_BARE = frozenset({"-d", "-m", "-H"})
"""Parts without leading zeros. Python writes them so; it reads one digit where two may stand anyway."""
_WITH_DASH = re.compile("((?:^|[^%])(?:%%)*)%-")
_UNLIKE = ("time data", "unconverted data")
"""What Python says of a text that is not of the pattern, and then the text itself, which may hold any word."""


def _pattern_fault(pattern: str) -> str | None:
    """Why a date pattern is refused, None when it is not."""
    if "%" not in pattern:
        return "A pattern has parts such as %d, %m and %Y."
    for part in pattern.split("%")[1:]:
        if part[:1] not in _PARTS and part[:2] not in _BARE and not (part == "" or pattern.count("%%")):
            return f'"%{part[:1]}" is not a part of a date.'
    return None


Pattern = Annotated[str, Known(_pattern_fault)]


def date_(value: str | None, pattern: Pattern = "%Y-%m-%d") -> date | None:
    """The day in a text; a day or month may have one digit. `date("1.9.2024", "%-d.%-m.%Y") → 2024-09-01`"""
    return None if value is None else _parsed(value, pattern).date()


def datetime_(value: str | None, pattern: Pattern = "%Y-%m-%dT%H:%M:%S") -> datetime | None:
    """The moment in a text. `datetime("2024-09-01T12:30:00") → 2024-09-01T12:30:00`"""
    return None if value is None else _parsed(value, pattern)


def date_of(value: datetime | None) -> date | None:
    """The day of a moment. `date_of(datetime("2024-09-01T12:30:00")) → 2024-09-01`"""
    return None if value is None else value.date()


def local_day(value: datetime | None, where: datetime) -> date | None:
    """The day that a moment has in the time zone of another moment; a moment without a zone is one of UTC. With
    `arrival.moment` it is the day in the site's time zone.

    `local_day(datetime("2024-08-31T22:30:00"), datetime("2024-09-01T08:00:00+0300", "%Y-%m-%dT%H:%M:%S%z")) → 2024-09-01`
    """
    if value is None:
        return None
    moment = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    return moment.astimezone(where.tzinfo or UTC).date()


def time_of(value: datetime | None) -> time | None:
    """The time of day of a moment.

    `format_date(time_of(datetime("2024-09-01T12:30:00")), "%H%M") → "1230"`
    """
    return None if value is None else value.timetz()


def at_midnight(value: date | None) -> datetime | None:
    """The moment at which a day begins. `at_midnight(date("2024-09-01")) → 2024-09-01T00:00:00`"""
    return None if value is None else datetime.combine(value, time())


def format_date(value: date | datetime | time | None, pattern: Pattern) -> str | None:
    """A day or moment as text; %d instead of %-d with a leading zero.

    `format_date(date("2024-09-01"), "%-d.%-m.%Y") → "1.9.2024"`
    """
    if value is None:
        return None
    if "%Y" in pattern and not isinstance(value, time):
        pattern = pattern.replace("%Y", f"{value.year:04}")  # strftime leaves out the zeros of early years
    return value.strftime(pattern)


def add_days(value: date | None, days: int) -> date | None:
    """So many days later, or earlier with a minus. `add_days(date("2024-02-28"), 2) → 2024-03-01`"""
    return None if value is None else _moved(value, days)


def add_months(value: date | None, months: int) -> date | None:
    """So many months later; the last day of a shorter month.

    `add_months(date("2024-01-31"), 1) → 2024-02-29`
    """
    if value is None:
        return None
    year, month = divmod(value.year * 12 + value.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise Fault(f"{months} months from {value} is beyond the calendar")
    return date(year, month + 1, min(value.day, monthrange(year, month + 1)[1]))


def end_of_month(value: date | None) -> date | None:
    """The last day of the month. `end_of_month(date("2024-02-05")) → 2024-02-29`"""
    return None if value is None else value.replace(day=monthrange(value.year, value.month)[1])


def days_between(start: date | None, end: date | None) -> int | None:
    """How many days from one day to another. `days_between(date("2024-09-01"), date("2024-09-15")) → 14`"""
    return None if start is None or end is None else (end - start).days


def year(value: date | datetime | None) -> int | None:
    """The year. `year(date("2024-09-01")) → 2024`"""
    return None if value is None else value.year


def month(value: date | datetime | None) -> int | None:
    """The month, 1 to 12. `month(date("2024-09-01")) → 9`"""
    return None if value is None else value.month


def day(value: date | datetime | None) -> int | None:
    """The day of the month. `day(date("2024-09-01")) → 1`"""
    return None if value is None else value.day


def weekday(value: date | datetime | None) -> int | None:
    """The day of the week, Monday 1 to Sunday 7 (ISO 8601). `weekday(date("2024-09-01")) → 7`"""
    return None if value is None else value.isoweekday()


def day_from(year: int | None, month: int, day: int) -> date | None:
    """A day from its numbers. `day_from(2024, 9, 1) → 2024-09-01`"""
    if year is None:
        return None
    try:
        return date(year, month, day)
    except ValueError as wrong:
        raise Fault(f"{year}-{month}-{day} is no day ({wrong})") from wrong


@lru_cache(maxsize=8_192)
def _parsed(value: str, pattern: str) -> datetime:
    """The same few days come again and again in a file, and strptime is slow."""
    try:
        return datetime.strptime(value.strip(), _WITH_DASH.sub(r"\1%", pattern))  # noqa: DTZ007
    except ValueError as wrong:
        if "range" in str(wrong) and not str(wrong).startswith(_UNLIKE):
            raise Fault(f'"{value}" does not exist ({wrong})', "Correct the value.") from wrong
        raise Fault(
            f'"{value}" is no date of the pattern {pattern}',
            "Correct the value, or the pattern in the mapping.",
        ) from wrong


def _moved(value: date, days: int) -> date:
    try:
        return value + timedelta(days=days)
    except OverflowError as wrong:
        raise Fault(f"{days} days from {value} is beyond the calendar") from wrong


def _inline_add_days(arguments: Sequence[Argument], constant: Constant) -> str | None:
    """A day moved by days that are written out."""
    day, days = arguments
    if day.type.name != "date" or not days.constant or not isinstance(days.value, int):
        return None
    return day.within(f"({{}} + {constant(timedelta(days=days.value))})")


def _inline_date_of(arguments: Sequence[Argument], constant: Constant) -> str | None:
    return arguments[0].within("{}.date()") if arguments[0].type.name == "datetime" else None


INLINE = {"add_days": _inline_add_days, "date_of": _inline_date_of}
TOTAL = frozenset({"date_of"})
