"""Bank days: the calendars of payment systems. The name of the calendar is written as a text: "target", "se" …"""

from __future__ import annotations

from datetime import date

from exchange.mapping.bankdays import BankDays


def is_bank_day(calendar: BankDays, day: date | None) -> bool | None:
    """Whether a payment system settles on a day. `is_bank_day("target", date("2026-04-03")) → false`"""
    return None if day is None else calendar.is_open(day)


def next_bank_day(calendar: BankDays, day: date | None) -> date | None:
    """The day itself when it is a bank day, else the next one.

    `next_bank_day("dk", date("2026-05-14")) → 2026-05-18`
    """
    return None if day is None else calendar.later(day, 0)


def add_bank_days(calendar: BankDays, day: date | None, days: int | None) -> date | None:
    """So many bank days later, or earlier with a minus; 0 is the day itself or the next bank day.

    `add_bank_days("se", date("2026-06-18"), 1) → 2026-06-22`
    """
    return None if day is None or days is None else calendar.later(day, days)


KEEPS_FILLED = ("is_bank_day", "next_bank_day", "add_bank_days")
