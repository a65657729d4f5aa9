"""Dates, times and moments as text ↔ date, time, datetime: exactly as the pattern says.

    Moment("date", "%d.%m.%Y").parse("31.01.2026") == date(2026, 1, 31)

Patterns are strptime's, but exact: %d %m %H %M %S have two digits, %Y four, %y two (69–99 are 1969–1999,
00–68 are 2000–2068), %f one to six, %z is +0200, +02:00 or Z; %-d %-m %-H need no leading zero. No pattern:
ISO 8601. A text that is written otherwise is never read so, but the finding names the pattern that it is of.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cache, cached_property
from typing import Any, Literal

from exchange.findings import code
from exchange.formats._faults import Fault

MomentType = Literal["date", "datetime", "time"]
WINDOW = 1969
"""The first year that two digits can mean (POSIX)."""

NOT_WRITTEN_SO = code(
    "VAL020",
    "error",
    'The field {field} must hold a {what} written as {form}, but holds "{value}".',
    advice="{remedy}",
)
IMPOSSIBLE = code(
    "VAL021",
    "error",
    'The {what} "{value}" in {field} does not exist ({why}).',
    advice="Ask the sender for a corrected value.",
)
YEAR_LOST = code(
    "VAL022",
    "error",
    'The {what} "{value}" for {field} cannot be written with a year of two digits.',
    advice="Declare a pattern with %Y, or correct the date.",
)
ZONE_MISSING = code(
    "VAL023",
    "error",
    'The {what} "{value}" for {field} has no time zone, but the pattern {form} wants one.',
    advice="Give the value a zone in the mapping, or declare a pattern without %z.",
)

_ZONE = "Z|[+-][0-9]{2}:?[0-9]{2}"
_PARTS: Mapping[str, tuple[str, str]] = {
    "%Y": ("Y", "[0-9]{4}"),
    "%y": ("y", "[0-9]{2}"),
    "%m": ("m", "[0-9]{2}"),
    "%d": ("d", "[0-9]{2}"),
    "%H": ("H", "[0-9]{2}"),
    "%M": ("M", "[0-9]{2}"),
    "%S": ("S", "[0-9]{2}"),
    "%-m": ("m", "[0-9]{1,2}"),
    "%-d": ("d", "[0-9]{1,2}"),
    "%-H": ("H", "[0-9]{1,2}"),
    "%f": ("f", "[0-9]{1,6}"),
    "%z": ("z", _ZONE),
}
_NEEDS: Mapping[str, str] = {"date": "Ymd", "time": "HM", "datetime": "YmdHM"}
_ALLOWS: Mapping[str, str] = {"date": "Ymd", "time": "HMSfz", "datetime": "YmdHMSfz"}
_ISO_ZONE = "(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
_ISO_TIME = "[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]{1,9})?" + _ISO_ZONE
_ISO_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_ISO: Mapping[str, re.Pattern[str]] = {
    "date": re.compile(_ISO_DATE),
    "time": re.compile(_ISO_TIME),
    "datetime": re.compile(f"{_ISO_DATE}T{_ISO_TIME}"),
}
_ISO_WORDS = {"date": "YYYY-MM-DD", "time": "HH:MM:SS", "datetime": "YYYY-MM-DDTHH:MM:SS"}
_CLASSES: Mapping[str, type] = {"date": date, "time": time, "datetime": datetime}
_USUAL_DATES = (
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%-d.%-m.%Y",
    "%d/%m/%Y",
    "%-d/%-m/%Y",
    "%d-%m-%Y",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%d.%m.%y",
    "%-d.%-m.%y",
    "%y%m%d",
    "%m/%d/%Y",
    "%-m/%-d/%Y",
)
_USUAL_TIMES = ("%H:%M:%S", "%H:%M", "%-H:%M", "%-H.%M", "%H.%M.%S", "%H%M%S", "%H%M")
_USUAL: Mapping[MomentType, tuple[str, ...]] = {
    "date": _USUAL_DATES,
    "time": _USUAL_TIMES,
    "datetime": tuple(
        f"{day}{sign}{clock}" for day in _USUAL_DATES[:5] for sign in " T" for clock in _USUAL_TIMES[:4]
    ),
}
"""How senders write dates and times, the likelier first: what a text that does not fit is compared with."""
_ASK = "Ask the sender for a corrected value, or declare the pattern that the sender uses."


def pattern_problem(type_: MomentType, pattern: str) -> str | None:
    """What is wrong with a declared pattern, None when it can be used."""
    parts = _split(pattern)
    unknown = [part for part in parts if part.startswith("%") and part not in _PARTS and part != "%%"]
    if unknown:
        return f"{unknown[0]} is not known in a pattern; known are {' '.join(_PARTS)}"
    letters = [_PARTS[part][0] for part in parts if part in _PARTS]
    years = ["Y" if letter == "y" else letter for letter in letters]
    if len(set(years)) != len(years):
        return f"{pattern} says the same part twice"
    strange = [letter for letter in years if letter not in _ALLOWS[type_]]
    if strange:
        return f"a {type_} has no %{strange[0]}"
    missing = [letter for letter in _NEEDS[type_] if letter not in years]
    return f"{pattern} lacks %{missing[0]}, without which there is no {type_}" if missing else None


@dataclass(frozen=True)
class Moment:
    """How dates or times stand in a file; pattern None is ISO 8601.

    zoned_dates: a date may end in a time zone (XML Schema allows it); the zone is dropped, the day stays.
    """

    type: MomentType
    pattern: str | None = None
    zoned_dates: bool = False

    @property
    def form(self) -> str:
        """The expected form in words."""
        return self.pattern or _ISO_WORDS[self.type]

    def parse(self, text: str) -> date | time | datetime:
        """The value; a Fault when the text is not written so or means no day or time that exists."""
        try:
            return self._parse_iso(text) if self.pattern is None else self._parse_pattern(text)
        except Fault:
            raise
        except ValueError as error:
            raise Fault(IMPOSSIBLE, what=self.type, why=str(error)) from None

    def render(self, value: Any, _scale: int | None = None) -> str:
        """The text of a value of the right class."""
        if self.pattern is None:
            text: str = value.isoformat()
            return text
        return "".join(self._render_part(part, value) for part in _split(self.pattern))

    def takes(self, value: object) -> bool:
        """Whether a value is of the class of this type (a datetime is not a date)."""
        return type(value) is _CLASSES[self.type]

    def _parse_iso(self, text: str) -> date | time | datetime:
        if self.type == "date" and self.zoned_dates:
            text = re.sub(f"(?<=.{{10}}){_ISO_ZONE}$", "", text)
        if not _ISO[self.type].fullmatch(text):
            raise self._otherwise(text)
        value: date | time | datetime = _CLASSES[self.type].fromisoformat(text)  # type: ignore[attr-defined]
        return value

    def _parse_pattern(self, text: str) -> date | time | datetime:
        match = self._regex.fullmatch(text)
        if not match:
            raise self._otherwise(text)
        found = match.groupdict()
        day = (_year(found), int(found["m"]), int(found["d"])) if self.type != "time" else ()
        if self.type == "date":
            return date(*day)
        micro = int(found.get("f", "0").ljust(6, "0"))
        zone = _zone(found.get("z"))
        clock = time(int(found["H"]), int(found["M"]), int(found.get("S", "0")), micro, zone)
        return datetime.combine(date(*day), clock) if day else clock

    def _otherwise(self, text: str) -> Fault:
        """Why a text is not read: it is of another pattern, or of one but means nothing that exists."""
        if self._spelling.fullmatch(text.strip()):
            blanks = "There are blanks around it. Ask for a value without, or declare `trim: true` under `dialect`."
            return Fault(NOT_WRITTEN_SO, what=self.type, form=self.form, remedy=blanks)
        impossible: Fault | None = None
        for moment in (*self._loose, *usual(self.type)):
            if not moment._spelling.fullmatch(text):
                continue
            try:
                moment.parse(text)
            except Fault as fault:
                impossible = impossible or fault
                continue
            return Fault(NOT_WRITTEN_SO, what=self.type, form=self.form, remedy=self._remedy(moment))
        return impossible or Fault(NOT_WRITTEN_SO, what=self.type, form=self.form, remedy=_ASK)

    def _remedy(self, other: Moment) -> str:
        """The next step where a text is of another type or pattern."""
        said = [] if other.type == self.type else [f"`type: {other.type}`"]
        said += [f'`pattern: "{other.pattern}"`'] if other.pattern else [] if said else ["no pattern"]
        declare = " and ".join(said)
        return (
            f"It is written as {other.form}. If the sender always writes so, declare {declare} in the layout; "
            "otherwise ask for a corrected value."
        )

    @cached_property
    def _loose(self) -> tuple[Moment, ...]:
        """The declared pattern without leading zeros, where signs between its parts keep them apart."""
        if self.pattern is None or re.search("%-?[a-zA-Z]%", self.pattern):
            return ()
        return (Moment(self.type, re.sub("%([dmH])", r"%-\1", self.pattern)),)

    @property
    def _spelling(self) -> re.Pattern[str]:
        """What texts look like, whether or not they mean anything that exists."""
        return _ISO[self.type] if self.pattern is None else self._regex

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        parts = (
            f"(?P<{_PARTS[part][0]}>{_PARTS[part][1]})" if part in _PARTS else re.escape(_literal(part))
            for part in _split(self.pattern or "")
        )
        return re.compile("".join(parts))

    def _render_part(self, part: str, value: Any) -> str:
        if part not in _PARTS:
            return _literal(part)
        if part == "%y" and not WINDOW <= value.year < WINDOW + 100:
            raise Fault(YEAR_LOST, what=self.type)
        if part == "%z" and value.utcoffset() is None:
            raise Fault(ZONE_MISSING, what=self.type, form=self.form)
        return f"{value.year:04d}" if part == "%Y" else str(value.strftime(part))


@cache
def usual(first: MomentType) -> tuple[Moment, ...]:
    """What a text may be written as: those of one type first, then the others."""
    types = (first, *(each for each in _USUAL if each != first))
    return tuple(Moment(each, pattern) for each in types for pattern in (None, *_USUAL[each]))


def _split(pattern: str) -> list[str]:
    """A pattern in directives and literal text."""
    return [part for part in re.split("(%-?.)", pattern, flags=re.DOTALL) if part]


def _literal(part: str) -> str:
    return "%" if part == "%%" else part


def _year(found: Mapping[str, str]) -> int:
    if "Y" in found:
        return int(found["Y"])
    century = 1900 if int(found["y"]) >= WINDOW % 100 else 2000
    return century + int(found["y"])


def _zone(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text == "Z":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=minutes if text[0] == "+" else -minutes))
