"""A calendar of bank days: on which days a payment system (or the banks of a country) settles.

calendar: examplebank
meaning: Bank days in Exampleland
source: Example Central Bank, list of closing days
zone: Europe/Helsinki
closed:
  new_year: {on: "01-01"}
  good_friday: {easter: -2}
  midsummer_eve: {weekday: 5, from: "06-19"}
  prayer_day: {easter: 26, until: 2023}
short: {new_years_eve: {on: "12-31"}}
exceptions: {"2026-06-08": {closed: true, meaning: moved for an election}}
cut_offs: {examplebank: {time: "17:30", short: "11:55"}}

Saturdays and Sundays are closed unless `weekend` says otherwise. Feasts that move are computed; exceptions are days of
their own. Nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from exchange.declare.declared import Declared, Name, Wrong
from exchange.declare.places import PlacedText

CALENDAR_NAME = r"^[a-z0-9][a-z0-9-]*$"
FIRST_YEAR, LAST_YEAR = 1990, 2199
"""The years that calendars know; days beyond are refused, never guessed."""
Confidence = Literal["official", "samples", "single source", "memory"]


def _month_day(text: str) -> str:
    try:
        date.fromisoformat(f"2000-{text}")
    except ValueError:
        raise Wrong(f'"{text}" is not a day of the year', advice="Write it as 12-31.") from None
    return text


def _clock(text: Any) -> Any:
    try:
        return time.fromisoformat(str(text)) if isinstance(text, str) else text
    except ValueError:
        raise Wrong(f'"{text}" is not a time of day', advice="Write it as 17:30.") from None


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise Wrong(f'"{name}" is not a time zone', advice="Write it as Europe/Helsinki.") from None
    return name


def _day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise Wrong(f'"{text}" is not a day', advice="Write days as 2026-01-31.") from None
    return text


MonthDay = Annotated[str, AfterValidator(_month_day)]
Clock = Annotated[
    time, BeforeValidator(_clock), WithJsonSchema({"type": "string", "pattern": r"^\d\d:\d\d$"})
]
Zone = Annotated[str, AfterValidator(_zone)]
Day = Annotated[str, AfterValidator(_day)]


class Feast(Declared):
    """A day of every year: on a date, so many days from Easter Sunday, or the first weekday from a date on."""

    on: MonthDay | None = Field(None, description="the same day each year, such as 12-25")
    easter: int | None = Field(
        None, description="days from Easter Sunday: -2 is Good Friday, 39 Ascension Day"
    )
    weekday: int | None = Field(
        None, ge=1, le=7, description="a day of the week, Monday 1; the first one from a day on"
    )
    from_: MonthDay | None = Field(None, alias="from", description="from which day on that weekday is sought")
    since: int | None = Field(None, description="the first year")
    until: int | None = Field(None, description="the last year")
    source: str | None = Field(
        None, description="where it is known from, where it differs from the calendar's"
    )
    confidence: Confidence | None = Field(
        None, description="how sure it is, where it differs from the calendar's"
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if [self.on, self.easter, self.weekday].count(None) != 2:
            raise ValueError("a feast has one of `on`, `easter`, `weekday`")
        if (self.weekday is None) != (self.from_ is None):
            raise ValueError("`weekday` and `from` go together")
        return self

    def in_year(self, year: int) -> date | None:
        """The day in a year; None when it is not kept in that year."""
        if year < (self.since or year) or year > (self.until or year):
            return None
        if self.easter is not None:
            return easter_sunday(year) + timedelta(days=self.easter)
        try:
            day = date.fromisoformat(f"{year}-{self.on or self.from_}")
        except ValueError:  # 29 February
            return None
        return day if self.weekday is None else day + timedelta(days=(self.weekday - day.isoweekday()) % 7)


class Exceptional(Declared):
    """A single day that is not as the rules say."""

    closed: bool = Field(
        description="true: no bank day although the rules say so; false: the other way round"
    )
    meaning: str = Field(description="why")


class CutOff(Declared):
    """Until when a payment that comes in on a day goes out on that day."""

    time: Clock = Field(description="time of day in the zone of the calendar")
    short: Clock | None = Field(None, description="the same on short days")
    meaning: str | None = Field(None, description="which payments it is about")
    source: str | None = Field(None, description="where it is known from")
    confidence: Confidence | None = Field(None, description="how sure it is")


class Calendar(Declared):
    """The bank days of a payment system or a country."""

    calendar: Annotated[
        str, Field(pattern=CALENDAR_NAME, description="its name: that of the file below schemas/calendars/")
    ]
    like: Annotated[PlacedText, WithJsonSchema({"type": "string"})] | None = Field(
        None, description="another calendar: this one is as that, but for what stands here"
    )
    meaning: str = Field(description="what it is the calendar of, as findings and sentences name it")
    source: str | None = Field(None, description="where the days are known from")
    confidence: Confidence | None = Field(None, description="how sure they are")
    zone: Zone = Field(description="the time zone of the cut-offs")
    currencies: list[str] = Field([], description="the currencies whose payments follow it")
    weekend: list[int] = Field([6, 7], description="the days of the week that are closed, Monday 1")
    closed: dict[Name, Feast] = Field(description="closing days")
    short: dict[Name, Feast] = Field({}, description="days on which banks close earlier; they are bank days")
    exceptions: dict[Day, Exceptional] = Field({}, description="single days that are otherwise")
    cut_offs: dict[str, CutOff] = Field({}, description="by the name of a bank's profile, or of the system")

    def is_bank_day(self, day: date) -> bool:
        """Whether the system settles on a day. ValueError beyond the years that calendars know."""
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValueError(f"{day} is beyond the years of calendars, {FIRST_YEAR} to {LAST_YEAR}")
        exception = self.exceptions.get(day.isoformat())
        if exception is not None:
            return not exception.closed
        return day.isoweekday() not in self.weekend and day not in _days(_Feasts(self.closed), day.year)

    def is_short(self, day: date) -> bool:
        """Whether banks close earlier on a day."""
        return day in _days(_Feasts(self.short), day.year)

    def next_bank_day(self, day: date) -> date:
        """The day itself when it is a bank day, else the next one."""
        while not self.is_bank_day(day):
            day += timedelta(days=1)
        return day

    def add_bank_days(self, day: date, count: int) -> date:
        """So many bank days later, or earlier with a minus; 0 is the day itself or the next bank day."""
        if count == 0:
            return self.next_bank_day(day)
        step = timedelta(days=1 if count > 0 else -1)
        for _ in range(abs(count)):
            day += step
            while not self.is_bank_day(day):
                day += step
        return day

    def why_closed(self, day: date) -> str:
        """The reason for which a day is no bank day, for people."""
        exception = self.exceptions.get(day.isoformat())
        if exception is not None:
            return exception.meaning
        named = [name for name, feast in self.closed.items() if feast.in_year(day.year) == day]
        return named[0].replace("_", " ") if named else day.strftime("%A")

    def first_day(self, moment: datetime, cut_off: str | None) -> date:
        """The first day on which what comes in at a moment can go out, by the cut-off of that name, if there is one."""
        local = moment.astimezone(ZoneInfo(self.zone))
        rule = self.cut_offs.get(cut_off) if cut_off else None
        day = local.date()
        if rule is not None and self.is_bank_day(day):
            last = rule.short if rule.short and self.is_short(day) else rule.time
            if local.time() > last:
                day += timedelta(days=1)
        return self.next_bank_day(day)


class _Feasts:
    """Feasts by name; the same object stands for the same feasts in the memory of `_days`."""

    def __init__(self, feasts: Mapping[str, Feast]) -> None:
        self.feasts = feasts

    def __hash__(self) -> int:
        return id(self.feasts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Feasts) and self.feasts is other.feasts


@lru_cache(maxsize=512)
def _days(feasts: _Feasts, year: int) -> frozenset[date]:
    return frozenset(day for feast in feasts.feasts.values() if (day := feast.in_year(year)) is not None)


@lru_cache(maxsize=256)
def easter_sunday(year: int) -> date:
    """Easter Sunday of the western churches (Gregorian calendar; algorithm of Meeus, Jones and Butcher)."""
    century, rest = divmod(year, 100)
    moon = (19 * (year % 19) + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    sunday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (year % 19 + 11 * moon + 22 * sunday) // 451
    month, day = divmod(moon + sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def chosen(calendars: Mapping[str, Calendar], currency: str, bank: str | None) -> Calendar | None:
    """The calendar that payments in a currency follow: one with a cut-off of the bank, else one that is not like another.

    None when none is declared: a calendar that is like another one is about its own banks only.
    """
    fitting = [calendars[name] for name in sorted(calendars) if currency in calendars[name].currencies]
    own = [each for each in fitting if bank in each.cut_offs]
    return next((each for each in (*own, *(each for each in fitting if each.like is None))), None)


def earliest(
    calendars: Mapping[str, Calendar], calendar: Calendar, moment: datetime, bank: str | None
) -> date:
    """The first day of a calendar on which what comes in at a moment can go out.

    bank: the name of its profile. Where the calendar has no cut-off of it, those of its country's calendar count; where
    none is known, the day has not begun before it began for the sender, although it may be another one where the bank is.
    """
    if bank in calendar.cut_offs:
        return calendar.first_day(moment, bank)
    own = next((each for each in calendars.values() if bank in each.cut_offs), None)
    if own is not None:
        return calendar.next_bank_day(own.first_day(moment, bank))
    return calendar.next_bank_day(max(calendar.first_day(moment, bank), moment.date()))
