"""Reading statement messages in two passes: what stands behind the entries of a statement (its closing balance) must
be known when the first of them is handed on. Memory holds the statements, never the entries.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, BinaryIO

from exchange.findings import Finding, Found, code
from exchange.formats._faults import Fault
from exchange.formats.contract import Progress
from exchange.formats.encoding import Unreadable
from exchange.formats.mt940 import fields as content
from exchange.formats.mt940.balances import Doubled, Pages, Totals, findings, name
from exchange.formats.mt940.information import Dialects, told_of
from exchange.formats.mt940.layout import Layout
from exchange.formats.mt940.messages import End, Field, Part, Start, choose, fields
from exchange.formats.mt940.records import kinds
from exchange.model import KIND, LINE, Batch, Record, batches

_ASK = "Ask the bank for the file again."
NOTHING = code(
    "MT030",
    "error",
    "The file holds no SWIFT fields of a statement.",
    advice="Check that it is a file of MT940 or MT942 messages.",
)
NO_ACCOUNT = code(
    "MT031",
    "error",
    "The message on line {line} has no field 25: it is not known which account it is about.",
    advice="The file is a part of a message. " + _ASK,
)
NO_OPENING = code(
    "MT032",
    "error",
    "The statement {value} (line {line}) has no opening balance (60F or 60M).",
    advice="The beginning of the statement is missing. " + _ASK,
)
NO_CLOSING = code(
    "MT033",
    "error",
    "The statement {value} (line {line}) has no closing balance (62F or 62M), so its entries cannot be checked.",
    advice="The end of the statement is missing; the file may be cut off. " + _ASK,
)
NO_CURRENCY = code(
    "MT034",
    "error",
    "The report {value} (line {line}) does not say its currency (34F, 90D, 90C or behind the account).",
    advice=_ASK,
)
TWICE = code(
    "MT035",
    "error",
    "Line {line}: field {field} stands twice in one message (first on line {first}).",
    advice="Two messages are not separated, or a line was doubled. " + _ASK,
)
NO_REFERENCE = code(
    "MT036",
    "warning",
    "The message on line {line} has no field 20, its reference.",
    advice="SWIFT demands it. Tell the bank.",
)
OTHER_MESSAGE = code(
    "MT037",
    "error",
    "The message on line {line} is a MT{value}; this layout reads MT{want}.",
    advice="Its entries were not read. Ask the bank for statements or interim reports.",
)
OTHER_ENCODING = code(
    "MT039",
    "info",
    "The file is not {want}; it was read as {value}.",
    advice="Look at names with letters beyond A to Z: if they are wrong, declare another encoding.",
)
NOT_ENDED = code(
    "MT041",
    "warning",
    "The message on line {line} has no end mark (-), which its envelope or the messages before it have.",
    advice="The file may be cut off. Ask the bank for it again.",
)
NOT_WHOLE = code(
    "MT042",
    "warning",
    "Nothing in the report {value} (line {line}) says that it is whole: it has neither sums (90D, 90C) nor an end mark (-).",
    advice="If the file may be cut off, ask the bank for it again.",
)
DIALECTS = code(
    "MT040",
    "info",
    "Field 86 was understood by its content: {value}.",
    advice="To understand more of it, declare a dialect in the layout.",
)

ONCE = frozenset(("20", "21", "25", "28C", "60", "62", "64", "13D", "90D", "90C"))
_SIMPLE = {"20": "reference", "21": "related"}
_AS = {"25P": "25", "28": "28C", "13": "13D", "60F": "60", "60M": "60", "62F": "62", "62M": "62"}
_ENVELOPE = re.compile(r"\{1:[A-Z]\d\d([A-Z0-9]{8})[A-Z0-9]?([A-Z0-9]{3})?")
_APPLICATION = re.compile(r"\{2:([IO])(\d{3})(?:\d{10}([A-Z0-9]{8})[A-Z0-9]([A-Z0-9]{3}))?")
_COUNTED = re.compile(r"D(\d{6})C(\d{6})D(\d+,\d*)C(\d+,\d*)")
"""The last field 86 of Dutch banks: number of debits and credits, their sums."""


class MtReader:
    """Reads files of one layout."""

    source = "# fields are read by the rules of SWIFT and the dialects of the layout; no code is generated\n"

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.dialects = Dialects(layout)
        self.blank = {kind: dict.fromkeys(each.fields) for kind, each in kinds().items()}

    def read(self, stream: BinaryIO, found: Found, progress: Progress | None = None) -> Iterator[Batch]:
        """The entries; see `contract.Reader`."""
        return batches(self._entries(stream, found, progress))

    def _entries(self, stream: BinaryIO, found: Found, progress: Progress | None) -> Iterator[Record]:
        encoding = choose(stream, self.layout.encodings)
        if encoding != self.layout.encodings[0]:
            found(OTHER_ENCODING.at(value=encoding, want=self.layout.encodings[0]))
        try:
            stream.seek(0)
            statements = _Survey(self, found).run(fields(stream, encoding, found))
            stream.seek(0)
            reading = _Reading(self, found, statements)
            yield from reading.run(fields(stream, encoding, _nobody, progress))
        except Unreadable as stopped:
            found(stopped.finding)


class _Survey:
    """The first pass: every statement with all that its fields say, except its entries."""

    def __init__(self, reader: MtReader, found: Found) -> None:
        self.reader = reader
        self.found = found
        self.parser = content.Parser()
        self.pages = Pages()
        self.statements: list[tuple[Record, bool]] = []
        self.now: Record = {}
        self.good = True
        self.lines: dict[str, int] = {}
        self.type: str | None = None
        self.of_entry = False
        self.ends = self.ended = False
        """Whether messages of the file end with a mark, and whether this one did."""

    def run(self, incoming: Iterator[Part]) -> list[tuple[Record, bool]]:
        """Statements in order, and whether entries of each can be handed on."""
        for item in incoming:
            if isinstance(item, Start):
                self._end()
                self._begin(item)
            elif isinstance(item, End):
                self.ends = self.ended = True
            else:
                self._field(item)
        self._end()
        if not self.statements:
            self.found(NOTHING.at(line=1))
        for finding in self.pages.end():
            self.found(finding)
        return self.statements

    def _begin(self, start: Start) -> None:
        self.now = dict(self.reader.blank["statement"]) | {KIND: "statement", LINE: start.line, "forward": []}
        self.good, self.lines, self.of_entry, self.ended = True, {}, False, False
        self.ends = self.ends or bool(start.envelope)
        application = _APPLICATION.search(start.envelope)
        self.type = application[2] if application else None
        sender = _ENVELOPE.search(start.envelope)
        if application and application[1] == "O" and application[3]:
            self.now["sender"] = application[3] + _branch(application[4])
        elif sender:
            self.now["sender"] = sender[1] + _branch(sender[2])

    def _field(self, field: Field) -> None:
        tag = _AS.get(field.tag, field.tag)
        first = self.lines.setdefault(tag, field.line)
        if tag in ONCE and first != field.line:
            self.found(TWICE.at(line=field.line, field=field.tag, first=first))
            self.good = False
            return
        try:
            self._into(tag, field)
        except Fault as fault:
            self.found(fault.code.at(**{"line": field.line, "field": field.tag, **fault.facts}))
            self.good = False
        for finding in self.parser.doubts:
            self.found(finding)
        self.parser.doubts.clear()
        self.of_entry = tag == "61" or (self.of_entry and tag in ("86", "NS"))

    def _into(self, tag: str, field: Field) -> None:
        now = self.now
        if tag in _SIMPLE:
            now[_SIMPLE[tag]] = field.text.strip() or None
        elif tag == "25":
            now |= content.account(field)
        elif tag == "28C":
            now["number"], now["page"] = self.parser.number(field)
        elif tag == "13D":
            now["created"], now["utc_offset"] = self.parser.moment(field)
        elif tag == "34F":
            self._floor(field)
        elif tag in ("60", "62"):
            side = "opening" if tag == "60" else "closing"
            now[side] = self._balance(field) | {"intermediate": field.tag.endswith("M")}
        elif tag == "64":
            now["available"] = self._balance(field)
        elif tag == "65":
            now["forward"].append(self._balance(field))
        elif tag in ("90D", "90C"):
            now["debits" if tag == "90D" else "credits"] = self.parser.sums(field)
        elif tag in ("86", "NS") and not self.of_entry:
            self._text(field)

    def _balance(self, field: Field) -> Record:
        opening = self.now["opening"]
        return self.parser.balance(field, opening["currency"] if opening else None)

    def _floor(self, field: Field) -> None:
        currency, mark, amount = self.parser.floor(field)
        self.now["currency"] = currency
        for side, wanted in (("floor_debit", "D"), ("floor_credit", "C")):
            if mark in ("", wanted):
                self.now[side] = amount

    def _text(self, field: Field) -> None:
        """Field 86 that is not about an entry; some banks count entries in it."""
        counted = _COUNTED.fullmatch(field.text.strip())
        if counted and self.now["closing"]:
            currency = self.now["closing"]["currency"]
            for side, count, total in (("debits", 1, 3), ("credits", 2, 4)):
                amount = content.amount(counted[total])
                self.now[side] = {"count": int(counted[count]), "currency": currency, "amount": amount}
            return
        before = self.now["text"]
        self.now["text"] = f"{before}\n{field.text}" if before else field.text or None

    def _end(self) -> None:
        """The message is whole."""
        now, self.now = self.now, {}
        if not now:
            return
        self._complete(now)
        for finding in self.pages.follow(now):
            self.found(finding)
        self.statements.append((now, self.good))

    def _complete(self, now: Record) -> None:
        """Message type, currency, and what must not be missing."""
        interim = (
            "60" not in self.lines
            and "62" not in self.lines
            and {"34F", "13D", "90D", "90C"} & set(self.lines)
        )
        now["message"] = self.type or ("942" if interim else "940")
        opening = now["opening"] or now["closing"] or now["debits"] or now["credits"] or {}
        now["currency"] = opening.get("currency") or now["currency"] or now["account_currency"]
        place: dict[str, Any] = {"line": now[LINE], "value": name(now)}
        if now["message"] not in self.reader.layout.messages:
            facts = {"value": now["message"], "want": ", MT".join(self.reader.layout.messages)}
            self._refuse(OTHER_MESSAGE.at(line=now[LINE], **facts))
            return
        if now["account"] is None:
            self._refuse(NO_ACCOUNT.at(line=now[LINE]))
            return
        if now["reference"] is None:
            self.found(NO_REFERENCE.at(line=now[LINE]))
        if self.ends and not self.ended:
            finding = NOT_ENDED.at(line=now[LINE])
            self.found(finding.with_severity("error") if now["message"] == "942" else finding)
        if now["message"] == "942":
            if now["currency"] is None:
                self._refuse(NO_CURRENCY.at(**place))
            if not (self.ends or now["debits"] or now["credits"]):
                self.found(NOT_WHOLE.at(**place))
            return
        if "60" not in self.lines:
            self._refuse(NO_OPENING.at(**place))
        if "62" not in self.lines:
            self._refuse(NO_CLOSING.at(**place))

    def _refuse(self, finding: Finding) -> None:
        self.found(finding)
        self.good = False


class _Reading:
    """The second pass: the entries, each with its statement."""

    def __init__(self, reader: MtReader, found: Found, statements: list[tuple[Record, bool]]) -> None:
        self.reader = reader
        self.found = found
        self.statements = iter(statements)
        self.parser = content.Parser()
        self.statement: Record = {}
        self.good = False
        self.whole = True
        self.lone = True
        self.totals = Totals()
        self.doubled = Doubled()
        self.entry: Record | None = None
        self.of_entry = False
        self.dialects: Counter[str | None] = Counter()

    def run(self, incoming: Iterator[Part]) -> Iterator[Record]:
        """All entries of good statements, and those statements in which none stands."""
        for item in incoming:
            if isinstance(item, Start):
                yield from self._end()
                self.statement, self.good = next(self.statements)
                self.totals, self.of_entry, self.whole, self.lone = Totals(), False, True, True
            elif isinstance(item, Field) and item.tag == "61":
                yield from self._close()
                self.of_entry, self.lone = True, False
                self._begin(item)
            elif isinstance(item, Field):
                self._more(item)
        yield from self._end()
        if self.dialects:
            self.found(DIALECTS.at(value=told_of(self.dialects)))

    def _begin(self, field: Field) -> None:
        try:
            read = self.parser.entry(field)
        except Fault as fault:
            self.found(fault.code.at(**{"line": field.line, "field": "61", **fault.facts}))
            self.whole = False
            return
        for finding in self.parser.doubts:
            self.found(finding)
        self.parser.doubts.clear()
        self.totals.add(read["mark"], read["amount"])
        self.entry = self.reader.blank["entry"] | read | {KIND: "entry", LINE: field.line}

    def _more(self, field: Field) -> None:
        """What follows an entry belongs to it, as long as it is 86 or NS."""
        self.of_entry = self.of_entry and field.tag in ("86", "NS")
        if self.of_entry and self.entry is not None:
            name = "details" if field.tag == "86" else "numbered"
            before = self.entry[name]
            self.entry[name] = field.text if before is None else f"{before}\n{field.text}"

    def _close(self) -> Iterator[Record]:
        """The entry that is open is whole."""
        entry, self.entry = self.entry, None
        if entry is None or not self.good:
            return
        entry["details"] = entry["details"] or None
        entry["numbered"] = entry["numbered"] or None
        entry["dialect"], entry["information"] = self.reader.dialects.read(
            entry["details"], entry["numbered"]
        )
        if entry["information"] is not None:
            self.dialects[entry["dialect"]] += 1
        entry["statement"] = self.statement
        yield entry

    def _end(self) -> Iterator[Record]:
        """The statement is whole: what its entries come to; one without entries is handed on itself."""
        yield from self._close()
        if self.statement and self.good and self.whole:
            for finding in (
                *findings(self.statement, self.totals),
                *self.doubled.of(self.statement, self.totals),
            ):
                self.found(finding)
            if self.lone:
                yield self.statement


def _branch(text: str | None) -> str:
    return "" if text is None or text == "XXX" else text


def _nobody(_: Finding) -> None:
    """The first pass told what is wrong with the bytes."""
