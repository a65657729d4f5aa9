"""Calendars as functions of expressions use them: one object for each, compared by what it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from exchange.declare.calendar import Calendar
from exchange.mapping.operators import Fault

MOST = 1_000
"""How many bank days may be counted at once; more is a mistake."""


@dataclass(frozen=True, eq=False)
class BankDays:
    """The bank days of one calendar. Days beyond the years of calendars are a Fault."""

    calendar: Calendar

    def __str__(self) -> str:
        return self.calendar.calendar

    def is_open(self, day: date) -> bool:
        """Whether a day is a bank day."""
        try:
            return self.calendar.is_bank_day(day)
        except ValueError as wrong:
            raise Fault(str(wrong)) from wrong

    def later(self, day: date, count: int) -> date:
        """So many bank days later; 0 is the day itself or the next bank day."""
        if abs(count) > MOST:
            raise Fault(f"{count} bank days are more than the {MOST} that may be counted")
        try:
            return self.calendar.add_bank_days(day, count)
        except (ValueError, OverflowError) as wrong:
            raise Fault(str(wrong)) from wrong
