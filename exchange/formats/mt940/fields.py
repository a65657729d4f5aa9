"""The content of single fields: text ↔ values. A text that breaks the rules of SWIFT is a Fault, unless banks write so
and mean one thing only; then it is read and a finding of severity info or warning says so.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any

from exchange.findings import Code, Finding, code
from exchange.formats._faults import Fault
from exchange.formats.mt940.messages import Field
from exchange.model import Record

_ASK = "Ask the bank for the file again."
BROKEN = code(
    "MT010",
    "error",
    'Line {line}: field {field} does not have its form ({want}), but holds "{value}".',
    advice=_ASK,
)
NO_DATE = code("MT011", "error", 'Line {line}: "{value}" in field {field} is no date.', advice=_ASK)
LATER_THAN_MONTH = code(
    "MT012",
    "info",
    "Line {line}: the month of the date {value} in field {field} has no such day; its last day was taken.",
    advice="Banks that count 30 days in each month write 30 February. Nothing needs to be done.",
)
NO_CURRENCY = code(
    "MT013",
    "warning",
    "Line {line}: field {field} has no currency; it was taken to be that of the opening balance.",
    advice="Tell the bank.",
)
NO_COMMA = code(
    "MT014",
    "warning",
    'Line {line}: the amount in field {field} ("{value}") has no decimal comma.',
    advice="SWIFT demands one, so the line may be cut off. Compare it with the bank's own statement.",
)

MARKS = ("C", "D", "RC", "RD", "EC", "ED")
_AMOUNT = r"(?=,?\d)\d*(?:,\d*)?"
_ENTRY = re.compile(
    r"(?P<value>\d{6})(?P<entry>\d{4}| {4})?(?P<mark>R[CD]|E[CD]|[CD])(?P<funds>[A-Z])?[ \n]?"
    rf"(?P<amount>{_AMOUNT}) *(?P<type>(?!NONREF)[A-Z][A-Z0-9 ]{{3}})?(?P<rest>[^\n]*)(?P<more>\n.*)?",
    re.DOTALL,
)
_BALANCE = re.compile(rf"(?P<mark>[CD])(?P<date>\d{{6}})(?P<currency>[A-Z]{{3}})?(?P<amount>{_AMOUNT})")
_FLOOR = re.compile(rf"(?P<currency>[A-Z]{{3}})(?P<mark>[CD ]?)(?P<amount>{_AMOUNT})")
_SUM = re.compile(rf"(?P<count>\d{{1,9}})(?P<currency>[A-Z]{{3}})(?P<amount>{_AMOUNT})")
_MOMENT = re.compile(r"(\d{6})(\d{2})(\d{2})([+-]\d{4})?")
_NUMBER = re.compile(r"(\d*)(?:/(\d*))?")
_ACCOUNT_TAIL = re.compile(r"(?P<number>.*?\d)(?:[ /]?(?P<currency>[A-Z]{3}))?")
REFERENCE = 16
"""The most characters of a reference in field 61."""
PIVOT = 80
"""Years of two digits from here on are of the last century."""

Doubt = tuple[Code, dict[str, Any]]


def amount(text: str) -> Decimal:
    """The number of a text with a decimal comma, such as 1000, or 12,50."""
    return Decimal("0" + text.replace(",", ".").rstrip("."))


def written(value: Decimal) -> str:
    """A number without sign as SWIFT writes it: with a comma, always."""
    whole, _, decimals = format(abs(value), "f").partition(".")
    return f"{whole},{decimals}"


@lru_cache(maxsize=4096)
def day(text: str) -> tuple[date, bool]:
    """The date of YYMMDD, and whether its day had to be cut to the end of the month. Raises ValueError."""
    year, month, number = int(text[:2]), int(text[2:4]), int(text[4:])
    year += 1900 if year >= PIVOT else 2000
    last = calendar.monthrange(year, month)[1] if 1 <= month <= 12 else 0
    if last < number <= 31:
        return date(year, month, last), True
    return date(year, month, number), False


def entry_day(text: str, value_date: date) -> date:
    """The date of MMDD in the year that brings it nearest to the value date. Raises ValueError."""
    near = [
        found
        for year in (value_date.year - 1, value_date.year, value_date.year + 1)
        if (found := _day_of(year, text)) is not None
    ]
    if not near:
        raise ValueError(text)
    return min(near, key=lambda found: abs((found - value_date).days))


def _day_of(year: int, text: str) -> date | None:
    try:
        return date(year, int(text[:2]), int(text[2:]))
    except ValueError:
        return None


class Parser:
    """Reads the content of fields; what is doubtful goes to `doubts`, to be told once with its place."""

    def __init__(self) -> None:
        self.doubts: list[Finding] = []

    def entry(self, field: Field) -> Record:
        """Field 61. Raises Fault."""
        match = _ENTRY.fullmatch(field.text)
        if match is None:
            raise Fault(BROKEN, want="date, mark, amount, type, reference", value=field.text)
        value_date = self._date(match["value"], field)
        number, mark = amount(match["amount"]), match["mark"]
        customer, bank, behind = _references(match["rest"])
        more = [line.strip() for line in (match["more"] or "").split("\n") if line.strip()]
        return {
            "value_date": value_date,
            "entry_date": self._entry_date(match["entry"], value_date, field),
            "mark": mark,
            "funds_code": match["funds"],
            "amount": number,
            "moved": number if mark in ("C", "RD", "EC") else -number,
            "type": (match["type"] or "").strip() or None,
            "customer_ref": customer,
            "bank_ref": bank,
            "supplementary": " ".join([*([behind] if behind else []), *more]) or None,
        }

    def balance(self, field: Field, currency: str | None = None) -> Record:
        """Fields 60, 62, 64 and 65; currency: of the opening balance, for banks that leave it out. Raises Fault."""
        match = _BALANCE.fullmatch(_first(field))
        if match is None or (match["currency"] is None and currency is None):
            raise Fault(BROKEN, want="C or D, date, currency, amount", value=field.text)
        if match["currency"] is None:
            self._doubt(NO_CURRENCY, field)
        number = self._amount(match["amount"], field)
        return {
            "date": self._date(match["date"], field),
            "currency": match["currency"] or currency,
            "amount": number if match["mark"] == "C" else -number,
        }

    def floor(self, field: Field) -> tuple[str, str, Decimal]:
        """Field 34F: currency, mark (blank: both) and amount. Raises Fault."""
        match = _matched(_FLOOR, field, "currency, mark, amount")
        return match["currency"], match["mark"].strip(), amount(match["amount"])

    def sums(self, field: Field) -> Record:
        """Fields 90D and 90C. Raises Fault."""
        match = _matched(_SUM, field, "number, currency, amount")
        return {
            "count": int(match["count"]),
            "currency": match["currency"],
            "amount": self._amount(match["amount"], field),
        }

    def moment(self, field: Field) -> tuple[datetime, str | None]:
        """Fields 13D and 13: local time of the bank and its offset. Raises Fault."""
        match = _matched(_MOMENT, field, "date, time, offset")
        try:
            found, _ = day(match[1])
            return datetime.combine(found, time(int(match[2]), int(match[3]))), match[4]
        except ValueError:
            raise Fault(NO_DATE, value=field.text) from None

    def number(self, field: Field) -> tuple[str | None, str | None]:
        """Fields 28C and 28: statement and page, as they are written. Raises Fault."""
        match = _matched(_NUMBER, field, "number/page")
        return match[1] or None, match[2] or None

    def _amount(self, text: str, field: Field) -> Decimal:
        if "," not in text:
            self._doubt(NO_COMMA, field, field.text)
        return amount(text)

    def _date(self, text: str, field: Field) -> date:
        try:
            found, cut = day(text)
        except ValueError:
            raise Fault(NO_DATE, value=text) from None
        if cut:
            self._doubt(LATER_THAN_MONTH, field, text)
        return found

    def _entry_date(self, text: str | None, value_date: date, field: Field) -> date | None:
        if text is None or not text.strip():
            return None
        try:
            return entry_day(text, value_date)
        except ValueError:
            raise Fault(NO_DATE, value=text) from None

    def _doubt(self, kind: Code, field: Field, value: object = None) -> None:
        self.doubts.append(kind.at(line=field.line, field=field.tag, value=value))


def account(field: Field) -> Record:
    """Field 25: the account as written, its bank, its number and its currency.

    >>> account(Field("25", 2, ["70011110/4005287001EUR"]))["account_number"]
    '4005287001'
    """
    text = " ".join(part.strip() for part in field.lines).strip()
    *before, tail = [part for part in text.split("/") if part.strip()] or [""]
    if before and re.fullmatch("[A-Z]{3}", tail):
        tail = f"{before.pop()} {tail}"
    match = _ACCOUNT_TAIL.fullmatch(tail)
    number = match["number"] if match else tail
    return {
        "account": text or None,
        "bank": before[-1].strip() if before else None,
        "account_number": re.sub(r"\s", "", number) or None,
        "account_currency": match["currency"] if match else None,
    }


def _references(text: str) -> tuple[str | None, str | None, str | None]:
    """The references behind the type: for the owner, of the bank, and text that some banks write behind them."""
    customer, slashes, bank = text.partition("//")
    behind = ""
    if not slashes and len(customer) > REFERENCE and " " in customer[REFERENCE - 1 : REFERENCE + 1]:
        customer, behind = customer[:REFERENCE], customer[REFERENCE:]
    return customer.strip() or None, bank.strip() or None, behind.strip() or None


def _first(field: Field) -> str:
    return field.lines[0].strip()


def _matched(pattern: re.Pattern[str], field: Field, want: str) -> re.Match[str]:
    match = pattern.fullmatch(_first(field))
    if match is None:
        raise Fault(BROKEN, want=want, value=field.text)
    return match


def lines_of(text: str, width: int) -> Iterator[str]:
    """A text in lines that are no longer than a width."""
    for line in text.split("\n"):
        yield line[:width]
        for start in range(width, len(line), width):
            yield line[start : start + width]
