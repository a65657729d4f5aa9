"""Writing statement messages: bare fields, one message for each statement, a line with a hyphen behind each.

The amount of the closing balance and the sums of 90D and 90C are computed; where a statement says them, they must
agree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO

from exchange.findings import Code, Found, code
from exchange.formats.contract import Written
from exchange.formats.encoding import unwritable_finding
from exchange.formats.mt940.balances import Totals, findings
from exchange.formats.mt940.fields import MARKS, lines_of, written
from exchange.formats.mt940.layout import Layout
from exchange.model import KIND, LINE, Batch, Record

WIDTH = 65
_ASK = "Correct the mapping."
MISSING = code("MT050", "error", "The {of} has no {field}, without which it cannot be written.", advice=_ASK)
TOO_LONG = code(
    "MT051",
    "error",
    'The text "{value}" in {field} has {got} characters; {want} are the most allowed.',
    advice="Shorten it in the mapping.",
)
NOT_SWIFT = code(
    "MT052",
    "error",
    'The character "{character}" in {field} is not in the SWIFT character set X.',
    advice="Replace it in the mapping, for example with sepa(…), or declare `rules: banks` in the layout.",
)
BAD_LINE = code(
    "MT053",
    "error",
    'The line "{value}" in {field} would be read as a field or as the end of the message.',
    advice="Lines must not begin with a colon or consist of a hyphen.",
)
WRONG_VALUE = code(
    "MT054", "error", "The value {value} of {field} cannot be written: {want} is needed.", advice=_ASK
)
NO_STATEMENT = code(
    "MT055",
    "error",
    "The entry does not say which statement it stands in.",
    advice="Set account, opening balance and number under `above: {{statement: …}}` in the mapping.",
)
OTHER_KIND = code(
    "MT056",
    "error",
    'A record of the kind "{value}" cannot stand in a statement.',
    advice="Write `entry` records, or `statement` records without entries.",
)

_SWIFT = re.compile(r"[^A-Za-z0-9/?:().,'+ \n-]")
_RESERVED = re.compile(r":|-[}X\s]*$")


class MtWriter:
    """Writes files of one layout; the same records always give the same bytes."""

    source = "# fields are written by the rules of SWIFT; no code is generated\n"

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    def write(
        self, batches: Iterable[Batch], out: BinaryIO, spool: Callable[[], BinaryIO], found: Found
    ) -> Written:
        """Write all records; see `contract.Writer`."""
        writing = _Writing(self.layout, out, found)
        for batch in batches:
            for record in batch:
                writing.record(record)
        writing.end()
        return Written(writing.counts)


class _Writing:
    """One file on its way: the statement that is open, and what its entries come to."""

    def __init__(self, layout: Layout, out: BinaryIO, found: Found) -> None:
        self.layout = layout
        self.out = out
        self.found = found
        self.statement: Record | None = None
        self.totals = Totals()
        self.counts = {"statement": 0, "entry": 0}
        self.line: int | None = None
        self.ending = "\r\n" if layout.newline == "crlf" else "\n"

    def record(self, entry: Record) -> None:
        """One more entry, or a statement without any; another statement than that of the one before opens a message."""
        self.line = entry.get(LINE)
        if entry.get(KIND) == "statement":
            self.end()
            self._open(entry)
            return
        if entry.get(KIND) != "entry":
            self._tell(OTHER_KIND, value=entry.get(KIND))
            return
        statement = entry.get("statement")
        if not isinstance(statement, dict):
            self._tell(NO_STATEMENT)
            return
        if statement is not self.statement:
            self.end()
            self._open(statement)
        self._entry(entry)
        self.counts["entry"] += 1

    def end(self) -> None:
        """The statement that is open is whole: its closing balance or its sums."""
        statement = self.statement
        if statement is None:
            return
        for finding in findings(statement, self.totals):
            self.found(finding)
        if statement.get("message") == "942":
            self._sums("90D", "debits", "D")
            self._sums("90C", "credits", "C")
        else:
            self._closing(statement)
        if statement.get("text"):
            self._lines("86", "text", statement["text"])
        self._put("-")
        self.statement = None

    def _open(self, statement: Record) -> None:
        self.statement, self.totals = statement, Totals()
        self.counts["statement"] += 1
        self._text("20", "reference", statement.get("reference"), 16, needed=True)
        self._text("21", "related", statement.get("related"), 16)
        self._text("25", "account", statement.get("account"), 35, needed=True)
        number = "/".join(str(part) for part in (statement.get("number"), statement.get("page")) if part)
        self._text("28C", "number", number or None, 11, needed=True)
        if statement.get("message") == "942":
            self._report(statement)
            return
        opening = statement.get("opening")
        if not opening:
            self._tell(MISSING, of="statement", field="opening")
            return
        self._balance("60M" if opening.get("intermediate") else "60F", "opening", opening)

    def _report(self, statement: Record) -> None:
        """The head of an interim report: floor limits and time."""
        currency = str(statement.get("currency") or "")
        debit, credit = statement.get("floor_debit"), statement.get("floor_credit")
        for mark, floor in (("", debit),) if debit == credit else (("D", debit), ("C", credit)):
            if isinstance(floor, Decimal):
                self._put(f":34F:{currency}{mark}{written(floor)}")
            elif floor is not None or debit == credit:
                self._tell(MISSING, of="statement", field="floor_debit")
        created = statement.get("created")
        if isinstance(created, datetime):
            self._put(f":13D:{created:%y%m%d%H%M}{statement.get('utc_offset') or '+0000'}")

    def _closing(self, statement: Record) -> None:
        closing, opening = statement.get("closing"), statement.get("opening") or {}
        if not closing:
            self._tell(MISSING, of="statement", field="closing")
            return
        if closing.get("amount") is None and isinstance(opening.get("amount"), Decimal):
            closing = closing | {"amount": opening["amount"] + self.totals.moved}
        self._balance("62M" if closing.get("intermediate") else "62F", "closing", closing)
        if statement.get("available"):
            self._balance("64", "available", statement["available"])
        for forward in statement.get("forward") or ():
            self._balance("65", "forward", forward)

    def _sums(self, tag: str, name_: str, side: str) -> None:
        assert self.statement is not None
        said = self.statement.get(name_)
        count, total = (said["count"], said["amount"]) if said else self.totals.ways(side)[0]
        self._put(f":{tag}:{count}{self.statement.get('currency') or ''}{written(total)}")

    def _balance(self, tag: str, field: str, balance: Mapping[str, Any]) -> None:
        day, currency, amount = balance.get("date"), balance.get("currency"), balance.get("amount")
        if not (type(day) is date and isinstance(currency, str) and isinstance(amount, Decimal)):
            self._tell(WRONG_VALUE, field=field, value=balance, want="date, currency and amount")
            return
        mark = "D" if amount < 0 else "C"
        self._put(f":{tag}:{mark}{day:%y%m%d}{currency}{self._amount(field, amount)}")

    def _entry(self, entry: Record) -> None:
        value, mark, amount = entry.get("value_date"), entry.get("mark"), entry.get("amount")
        if not (type(value) is date and mark in MARKS and isinstance(amount, Decimal) and amount >= 0):
            shown = f"{value}, {mark}, {amount}"
            self._tell(WRONG_VALUE, field="entry", value=shown, want="value date, mark and unsigned amount")
            return
        self.totals.add(mark, amount)
        entry_date = entry.get("entry_date")
        booked = f"{entry_date:%m%d}" if type(entry_date) is date else ""
        customer = self._fitted("customer_ref", entry.get("customer_ref") or "NONREF", 16)
        if "//" in customer:
            self._tell(WRONG_VALUE, field="customer_ref", value=customer, want="a text without //")
        bank = self._fitted("bank_ref", entry.get("bank_ref") or "", 16)
        head = (
            f":61:{value:%y%m%d}{booked}{mark}{entry.get('funds_code') or ''}{self._amount('amount', amount)}"
        )
        kind = self._fitted("type", entry.get("type") or "NMSC", 4).ljust(4)
        self._put(f"{head}{kind}{customer}{'//' if bank else ''}{bank}")
        if entry.get("supplementary"):
            self._lines("", "supplementary", entry["supplementary"], 34)
        for tag, field in (("86", "details"), ("NS", "numbered")):
            if entry.get(field):
                self._lines(tag, field, entry[field])

    def _amount(self, field: str, value: Decimal) -> str:
        text = written(value)
        if len(text) > 15:
            self._tell(TOO_LONG, field=field, value=text, got=len(text), want=15)
        return text

    def _text(self, tag: str, field: str, value: object, longest: int, *, needed: bool = False) -> None:
        if value is None or value == "":
            if needed:
                self._tell(MISSING, of="statement", field=field)
            return
        self._put(f":{tag}:{self._fitted(field, value, longest)}")

    def _fitted(self, field: str, value: object, longest: int) -> str:
        """A text of one line as it can be written."""
        if not isinstance(value, str) or "\n" in value:
            self._tell(WRONG_VALUE, field=field, value=value, want="a text of one line")
            return ""
        if self.layout.rules == "swift" and len(value) > longest:
            self._tell(TOO_LONG, field=field, value=value, got=len(value), want=longest)
        self._writable(field, value)
        return value

    def _lines(self, tag: str, field: str, value: str, width: int = WIDTH) -> None:
        """A text of several lines; longer ones go on in the next."""
        self._writable(field, value)
        first, *others = lines_of(value, width)
        self._put(f":{tag}:{first}" if tag else first)
        for line in [] if tag or not _RESERVED.match(first) else [first]:
            self._tell(BAD_LINE, field=field, value=line)
        for line in others:
            if _RESERVED.match(line):
                self._tell(BAD_LINE, field=field, value=line)
            self._put(line)

    def _writable(self, field: str, value: str) -> None:
        strange = _SWIFT.search(value) if self.layout.rules == "swift" else None
        if strange is not None:
            self._tell(NOT_SWIFT, field=field, value=value, character=strange[0])
        finding = unwritable_finding(value, self.layout.encodings[0], line=self.line, field=field)
        if finding is not None:
            self.found(finding)

    def _put(self, line: str) -> None:
        self.out.write(f"{line}{self.ending}".encode(self.layout.encodings[0], "replace"))

    def _tell(self, kind: Code, **facts: Any) -> None:
        self.found(kind.at(**{"line": self.line, **facts}))
