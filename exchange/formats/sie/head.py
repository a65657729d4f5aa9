"""What a SIE file says before its balances and vouchers, gathered in one pass: the record `file`.

Real files are not always in order, so the whole file is looked through; memory holds the head only (company,
years, accounts, dimensions, objects). The control sum is checked on the way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from exchange.findings import Finding, Found, code
from exchange.formats.contract import Progress
from exchange.formats.sie.layout import IMPORT, Layout
from exchange.formats.sie.lexical import Cells, Checksum, cells, lines, split
from exchange.formats.sie.records import BALANCES, CHECKSUM, FORMAT, HEAD, ROWS, VOUCHER, Line, codecs
from exchange.formats.strangers import named, web_page
from exchange.model import KIND, LINE, Record

_ASK = "Ask the sender for a corrected file."
WEB_PAGE = code(
    "SIE010",
    "error",
    "This is no SIE file but a web page (HTML){title}; it was probably saved instead of the file.",
    advice="Download or export the file again, and look at it before you send it.",
)
OTHER_THING = code(
    "SIE011",
    "error",
    'This is no SIE file: line {line} begins with "{value}" instead of a record such as #FLAGGA.{hint}',
    advice="Check that the right file was sent.",
)
EMPTY_FILE = code("SIE012", "error", "The file is empty.", advice="Ask the sender whether it is complete.")
OTHER_TYPE = code(
    "SIE013",
    "error",
    "Line {line}: this is SIE type {value}, but the layout is for type {want}.",
    advice="Use the layout for type {value}, or ask the sender to export type {want}.",
)
OTHER_FORMAT = code(
    "SIE014",
    "warning",
    "Line {line}: #FORMAT says {value}; the standard allows only PC8 (code page 437).",
    advice="Its letters were looked at to know how to read it. Tell the sender.",
)
MISSING = code(
    "SIE015",
    "warning",
    "The file has no #{value}, which type {want} must have.",
    advice="Tell the sender. Look whether the receiver can do without it.",
)
NOT_HERE = code(
    "SIE016",
    "warning",
    "Line {line}: #{value} must not stand in a file of type {want}; such lines are not read.",
    advice="Tell the sender, or use the layout of the type that was meant.",
)
VOUCHERS = code(
    "SIE026",
    "error",
    "Line {line}: a voucher (#VER) begins, but #SIETYP says that the file is of type {want}, which has none; its vouchers are not read.",
    advice="Ask the sender for a file of type 4, or for one without vouchers when only balances are wanted.",
)
UNKNOWN_TAG = code(
    "SIE017",
    "info",
    "Line {line}: #{value} is no record of the standard; such lines are not read.",
    advice="The standard lets readers ignore it. Ask the sender what it means if it matters.",
)
TOO_FEW = code(
    "SIE018", "error", "Line {line}: #{tag} has {got} fields; at least {want} are needed.", advice=_ASK
)
TOO_MANY = code(
    "SIE019",
    "info",
    "Line {line}: #{value} has more fields than the standard knows; they are not read.",
    advice="The standard lets readers ignore them. Texts with blanks must stand in quotes.",
)
TWICE = code(
    "SIE020",
    "warning",
    'Line {line}: #{tag} stands twice; "{value}" was not taken, the first one counts.',
    advice="Ask the sender which one is right.",
)
WRONG_SUM = code(
    "SIE021",
    "error",
    "Line {line}: the control sum #KSUMMA is {value}, but the content of the file gives {want}.",
    advice="The file was changed or damaged on its way. " + _ASK,
)
NO_SUM = code(
    "SIE022",
    "error",
    "#KSUMMA on line {line} begins a control sum, but none gives it: the end of the file is missing.",
    advice="The file must be refused. " + _ASK,
)
TEXT_ELSEWHERE = code(
    "SIE023", "error", 'Line {line}: "{value}" is no record: it does not begin with #.', advice=_ASK
)
NOT_NUMERIC = code(
    "SIE025",
    "warning",
    'Line {line}: the account "{value}" holds more than digits.',
    advice="The standard knows only numbers. Look whether the receiver takes it.",
)
NO_OBJECTS = code(
    "SIE024",
    "error",
    "Line {line}: #{tag} must have one object list in braces as field {place}; without objects it is {{}}.",
    advice=_ASK,
)

_BY_TAG = {line.tag: line for line in HEAD}
_STREAMED = {line.tag for line in (*BALANCES, VOUCHER, *ROWS)}
_ROWS = tuple(f"{blank}#{tag} " for tag in ("TRANS", "PSALDO", "PBUDGET") for blank in ("", "   ", "\t"))
"""How most lines begin that say nothing about the file."""
_SEEN_MARK = re.compile(r"[ \t]*(?:#|$)")


class Once:
    """Tells a finding of a kind about a thing only the first time."""

    def __init__(self, found: Found) -> None:
        self._found = found
        self._told: set[tuple[str, object]] = set()

    def __call__(self, thing: object, finding: Callable[[], Finding]) -> None:
        """Tell it, unless it was told of this thing."""
        made = finding()
        if (made.code, thing) not in self._told:
            self._told.add((made.code, thing))
            self._found(made)


class Head:
    """Gathers the record `file` of one SIE file."""

    def __init__(self, layout: Layout, encoding: str, found: Found) -> None:
        self._layout = layout
        self._encoding = encoding
        self._fields = layout.known_kinds["file"].fields
        self._codecs = dict(codecs(self._fields))
        self._found = found
        self._once = Once(found)
        self._tags: set[str] = set()
        self._lists: dict[str, dict[tuple[Any, ...], Record]] = {}
        self._sum: Checksum | None = None
        self._sum_line = 0
        self.usable = True
        """Whether records can be handed on."""
        self.record = self._empty()

    def read(self, stream: BinaryIO, progress: Progress | None) -> Record | None:
        """The record; None when the file cannot be used at all. Raises Unreadable."""
        begun = False
        for number, text in lines(stream, self._encoding, self._found, progress):
            if not begun and text.strip(" \t"):
                begun = True
                if not self._is_sie(text, number, stream):
                    return None
            self._line(text, number)
        if not begun:
            self._found(EMPTY_FILE.at(line=1))
            return None
        self._finish()
        return self.record if self.usable else None

    def _is_sie(self, text: str, number: int, stream: BinaryIO) -> bool:
        if text.lstrip(" \t\ufeff").startswith("#"):
            return True
        stream.seek(0)
        self._found(not_sie(stream.read(4_096), text, number))
        return False

    def _line(self, text: str, number: int) -> None:
        if self._sum is not None:
            self._add(text, number)
        elif text.startswith(_ROWS):
            return
        tag, rest = split(text)
        if tag in _STREAMED or not tag:
            if not _SEEN_MARK.match(text) and text.strip(" \t") not in ("{", "}"):
                self._fail(TEXT_ELSEWHERE.at(line=number, value=text.strip()))
            self._tags.add(tag)
        elif tag == CHECKSUM:
            self._control(rest, number)
        elif tag in _BY_TAG:
            self._known(_BY_TAG[tag], rest, number)
        else:
            self._once(tag, lambda: UNKNOWN_TAG.at(line=number, value=tag))

    def _known(self, line: Line, rest: str, number: int) -> None:
        self._tags.add(line.tag)
        if self._layout.type in line.never:
            want = self._layout.type
            self._once(line.tag, lambda: NOT_HERE.at(line=number, value=line.tag, want=want))
            return
        if line.tag == "PROSA" and '"' not in rest:
            rest = f'"{rest.strip()}"'
        read = cells(rest, number, self._fail, loose=self._layout.type != IMPORT)
        if read is None or not complete(line, read, number, self._fail, self._once):
            return
        if line.into:
            self._item(line, read.fields, number)
        else:
            self._single(line, read.fields, number)

    def _single(self, line: Line, fields: list[str], number: int) -> None:
        """A line about the file itself."""
        for column, text in zip(line.columns, fields, strict=False):
            if column == "character_set":
                if text != FORMAT:
                    self._found(OTHER_FORMAT.at(line=number, value=text))
            elif column == "type":
                self._type(text.strip(), number)
            else:
                self._put(line, column, text, number)

    def _type(self, text: str, number: int) -> None:
        if text != self._layout.type[0]:
            self._fail(OTHER_TYPE.at(line=number, value=text, want=self._layout.type))

    def _put(self, line: Line, column: str, text: str, number: int) -> None:
        """The value of a field of the file; the first one counts."""
        value = self._value(column, text, number)
        outer, _, inner = column.rpartition(".")
        if outer and value is not None and self.record[outer] is None:
            self.record[outer] = dict.fromkeys(self._fields[outer].fields or {})
        place = self.record[outer] if outer else self.record
        if value is None:
            return
        if self._fields[outer or inner].many:
            place[inner] = [*(place[inner] or ()), value]
        elif place[inner] in (None, value):
            place[inner] = value
        else:
            self._found(TWICE.at(line=number, tag=line.tag, value=text))

    def _item(self, line: Line, fields: list[str], number: int) -> None:
        """A line about one thing of a list: a year, an account, a dimension, an object."""
        names = [f"{line.into}.{column}" for column in line.columns]
        padded = [*fields, *[""] * (len(names) - len(fields))]
        values = {
            column: self._value(name, text, number)
            for column, name, text in zip(line.columns, names, padded, strict=False)
        }
        if line.into == "accounts" and not fields[0].strip().isdecimal():
            self._once(fields[0], lambda: NOT_NUMERIC.at(line=number, value=fields[0]))
        known = self._lists.setdefault(line.into, {})
        empty = dict.fromkeys(self._fields[line.into].fields or {})
        item = known.setdefault(tuple(values[name] for name in line.by), empty)
        for column, value in values.items():
            if column == "sru":
                item[column] = [*(item[column] or ()), value] if value is not None else item[column]
            elif item[column] in (None, value):
                item[column] = value
            elif value is not None:
                self._found(TWICE.at(line=number, tag=line.tag, value=value))

    def _value(self, column: str, text: str, number: int) -> Any:
        value, findings = self._codecs[column].read(text, line=number)
        for finding in findings:
            self._fail(finding)
        return value

    def _control(self, rest: str, number: int) -> None:
        """The first #KSUMMA begins the control sum, the second one gives it."""
        if self._sum is None:
            self._sum, self._sum_line = Checksum(self._encoding), number
            return
        given = rest.strip(' \t"')
        if given != str(self._sum.value):
            self._found(WRONG_SUM.at(line=number, value=given, want=self._sum.value))
        self._sum, self._sum_line = None, 0

    def _add(self, text: str, number: int) -> None:
        if self._sum is not None and split(text)[0] != CHECKSUM:
            self._sum.add(text)

    def _finish(self) -> None:
        if self._sum is not None:
            self._found(NO_SUM.at(line=self._sum_line))
        for line in HEAD:
            if self._layout.type in line.must and line.tag not in self._tags:
                self._found(MISSING.at(value=line.tag, want=self._layout.type))
        for column in ("generated", "company"):
            if self.record[column] is None:
                self._value(column, "", 1)
        # Without #SIETYP a file is of type 1; one with vouchers is taken for type 4, and that the record is missing is told.
        if "SIETYP" not in self._tags and self._layout.type in ("2", "3"):
            self._type("1", 1)
        self.record |= {into: list(known.values()) for into, known in self._lists.items()}
        if self.record["accounts"] is not None:
            self.record["accounts"].sort(key=_named_first)

    def _fail(self, finding: Finding) -> None:
        """What is wrong in the head touches every record."""
        self._found(finding)
        self.usable = self.usable and finding.severity != "error"

    def _empty(self) -> Record:
        record: Record = dict.fromkeys(str(name) for name in self._fields)
        return record | {"type": self._layout.type[0], KIND: "file", LINE: 1}


def complete(line: Line, read: Cells, number: int, found: Found, once: Once) -> bool:
    """Whether a line has the fields that it must have; more than it may have are told once."""
    got = len(read.fields) + (read.objects is not None)
    if line.objects is not None and (read.objects is None or read.objects_at != line.objects):
        found(NO_OBJECTS.at(line=number, tag=line.tag, place=line.objects + 1))
        return False
    if got < line.need:
        found(TOO_FEW.at(line=number, tag=line.tag, got=got, want=line.need))
        return False
    if len([field for field in read.fields[len(line.columns) :] if field.strip()]):
        once(line.tag, lambda: TOO_MANY.at(line=number, value=line.tag))
    return True


def _named_first(account: Record) -> tuple[bool, str]:
    """Accounts with a name in the order of the file, then those of which only other lines speak."""
    return account["name"] is None, account["number"] or "" if account["name"] is None else ""


def not_sie(beginning: bytes, text: str, number: int) -> Finding:
    """Why a file that begins so is none of SIE 1–4."""
    title = web_page(beginning)
    if title is not None:
        return WEB_PAGE.at(line=number, title=title)
    hints: Mapping[bytes, str] = {
        b"sie.se/sie5": "SIE 5, which is XML",
        b"<?xml": "XML",
    }
    said = named(beginning) or next((words for mark, words in hints.items() if mark in beginning.lower()), "")
    hint = f" It is {said}." if said else ""
    return OTHER_THING.at(line=number, value=text.strip()[:40], hint=hint)
