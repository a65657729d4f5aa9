"""Reading balances and vouchers: a first pass gathers the head, a second one hands on records as they come.

A row that was added later stands twice, as #RTRANS and as an identical #TRANS, and counts once; a row that
was removed (#BTRANS) does not count: it goes to `removed`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, BinaryIO

from exchange.findings import Finding, Found, code
from exchange.formats._fast import indented
from exchange.formats._generated import compile_function
from exchange.formats.contract import Progress
from exchange.formats.encoding import Unreadable
from exchange.formats.sie.agree import Agreement
from exchange.formats.sie.head import NOT_HERE, NOT_NUMERIC, VOUCHERS, Head, Once, complete
from exchange.formats.sie.layout import IMPORT, Layout
from exchange.formats.sie.lexical import AMOUNT, INNER, QUOTED, VALUE, cells, encoding_of, lines, pairs, split
from exchange.formats.sie.records import BALANCES, ROWS, VOUCHER, Field, Line, codecs
from exchange.formats.values import Codec, Refused
from exchange.memo import Memo
from exchange.model import KIND, LINE, Batch, Record, batches

_ASK = "Ask the sender for a corrected file."
UNBALANCED = code(
    "SIE030",
    "error",
    "Line {line}: the rows of voucher {value} add up to {total} instead of 0.",
    advice="Compare the voucher with the sending program. A row is missing, or an amount is wrong.",
)
OUTSIDE = code(
    "SIE031", "error", "Line {line}: #{value} stands outside of the braces of a voucher.", advice=_ASK
)
NO_BRACE = code(
    "SIE032", "error", 'Line {line}: "{{" is expected after #VER, but "{value}" stands there.', advice=_ASK
)
NOT_CLOSED = code(
    "SIE033",
    "error",
    'The voucher on line {line} is not closed by "}}" before {before}.',
    advice="The end of the voucher is missing; the file may be cut off. " + _ASK,
)
LONE_BRACE = code("SIE034", "error", 'Line {line}: "{value}" does not belong to any voucher.', advice=_ASK)
NOT_REPEATED = code(
    "SIE035",
    "error",
    "Line {line}: the added row #RTRANS is not followed by a #TRANS of the same account and amount.",
    advice="Programs that do not know #RTRANS see another voucher. " + _ASK,
)
REPEATED_OTHERWISE = code(
    "SIE037",
    "info",
    "Line {line}: the #TRANS after #RTRANS has another {field}; the row was read as the #TRANS says.",
    advice="The standard wants both alike. Tell the sender if it matters.",
)
SAME_LINE = code(
    "SIE039",
    "info",
    'Line {line}: the brace "{{" stands at the end of the #VER line instead of on a line of its own; it was read all the same.',
    advice="Other programs may not read such vouchers. Tell the sender if it matters.",
)
NOT_RISING = code(
    "SIE036",
    "warning",
    "Line {line}: voucher number {value} comes after {before} in series {series}; numbers must rise.",
    advice="The receiver may refuse the file. Ask the sender whether vouchers are doubled.",
)


_COUNTING = ("account", "amount", "dimensions")
"""What must be alike in #RTRANS and the #TRANS after it, beside the quantity: otherwise they are two rows."""
_BRACED = re.compile(r"(.*[\s\"])\{\s*").fullmatch
"""A #VER line that the brace of its voucher ends."""


def _are_alike(row: Record, added: Record) -> bool:
    """Whether a #TRANS repeats an #RTRANS. A quantity of 0 is no quantity: some programs write it in one of the two only."""
    quantities = (row["quantity"] or 0, added["quantity"] or 0)
    return all(row[name] == added[name] for name in _COUNTING) and quantities[0] == quantities[1]


class SieReader:
    """Reads files of one layout."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self.plans = {line.tag: _Plan(line, layout) for line in _streamed(layout)}
        self.source = "\n".join(plan.source for plan in self.plans.values())

    def read(self, stream: BinaryIO, found: Found, progress: Progress | None = None) -> Iterator[Batch]:
        """The balances and vouchers; see `contract.Reader`."""
        return batches(self._records(stream, found, progress))

    def _records(self, stream: BinaryIO, found: Found, progress: Progress | None) -> Iterator[Record]:
        try:
            encoding = encoding_of(stream, self._layout.encoding, found)
            stream.seek(0)
            file = Head(self._layout, encoding, found).read(stream, None)
            if file is None:
                return
            stream.seek(0)
            reading = _Reading(self._layout, self.plans, file, found)
            for number, text in lines(stream, encoding, _nobody, progress):
                record = reading.line(text, number)
                if record is not None:
                    yield record
            reading.end()
        except Unreadable as stopped:
            found(stopped.finding)


class _Plan:
    """How one kind of line becomes a record: a generated function, and its explaining twin."""

    def __init__(self, line: Line, layout: Layout) -> None:
        self.line = line
        self.layout = layout
        fields = _fields(line, layout)
        self.codecs: Mapping[str, Codec] = dict(codecs(fields))
        self.columns = [column for column in line.columns if column != "objects"]
        names: dict[str, object] = {
            "match": re.compile(_pattern(line)).fullmatch,
            "objects_of": Memo(self._plain_objects),
            "Decimal": Decimal,
        }
        self.source = self._generate(names)
        self.fast: Callable[[str, int], Record] = compile_function(
            f"read_{line.tag}", self.source, names, f"{layout.layout} #{line.tag}"
        )

    def explain(self, rest: str, number: int, found: Found, once: Once) -> Record | None:
        """The record of what follows the tag; None when anything is wrong with it, and all findings."""
        read = cells(rest, number, found, loose=self.layout.type != IMPORT)
        if read is None or not complete(self.line, read, number, found, once):
            return None
        record: Record = {}
        clear = True
        texts = [*read.fields, *[""] * (len(self.columns) - len(read.fields))]
        for column, text in zip(self.columns, texts, strict=False):
            record[column], findings = self.codecs[column].read(text, line=number)
            clear = clear and not findings
            for finding in findings:
                found(finding)
        account = record.get("account")
        if account and not account.isdecimal():
            once(account, lambda: NOT_NUMERIC.at(line=number, field="account", value=account))
        if self.line.objects is not None:
            named = pairs(read.objects or [], number, found)
            clear = clear and named is not None
            record["dimensions"] = self._named(named or {})
        return record | {LINE: number} if clear else None

    def _plain_objects(self, text: str) -> dict[str, str]:
        """The objects of a list without escapes; raises Refused when it is not one of pairs."""
        wrong: list[Finding] = []
        read = cells(f"{{{text}}}", 0, wrong.append)
        named = None if read is None or read.objects is None else pairs(read.objects, 0, wrong.append)
        if wrong or not named:
            raise Refused
        return self._named(named) or {}

    def _named(self, objects: Mapping[str, str]) -> dict[str, str] | None:
        """Objects under the names that the layout gives to dimensions; None when there are none."""
        return {self.layout.names.get(number, number): object_ for number, object_ in objects.items()} or None

    def _generate(self, names: dict[str, object]) -> str:
        """def read_TAG(text, line): the record of a plain line; raises ValueError for any other."""
        cells_ = [f"c{n}" for n in range(len(self.columns))]
        targets = list(cells_)
        body: list[str] = []
        if self.line.objects is not None:
            targets.insert(self.line.objects, "objects")
        for cell, column in zip(cells_, self.columns, strict=True):
            if column == "amount":  # the pattern let only plain numbers through
                body += [f"v_amount = Decimal({cell})", "if not v_amount: raise ValueError"]
                continue
            body.append(f"if {cell} is not None: {cell} = {cell}.strip('\"')")
            body += self.codecs[column].read_code(cell, f"v_{column}", names)
            body += ["if not v_account.isdecimal(): raise ValueError"] if column == "account" else []
        items = ", ".join(f"{column!r}: v_{column}" for column in self.columns)
        if self.line.objects is not None:
            items += ", 'dimensions': dict(objects_of[objects]) if objects.strip() else None"
        head = [
            f"def read_{self.line.tag}(text, line):",
            "    found = match(text)",
            "    if found is None: raise ValueError",
            f"    {', '.join(targets)}, = found.groups()",
        ]
        return "\n".join([*head, *indented(body), f"    return {{{items}, {LINE!r}: line}}"]) + "\n"


class _Reading:
    """One file on its way: the voucher that is open, and what was told already."""

    def __init__(self, layout: Layout, plans: Mapping[str, _Plan], file: Record, found: Found) -> None:
        self.layout = layout
        self.plans = plans
        self.file = file
        self.found = found
        self.once = Once(found)
        self.type = layout.type
        self.voucher: Record | None = None
        self.inside = False
        self.good = True
        self.added: Record | None = None
        self.numbers: dict[str | None, int] = {}
        self.forbidden = {line.tag for line in (*BALANCES, VOUCHER) if layout.type in line.never}
        self.balances = {line.tag for line in BALANCES}
        self.rows = {line.tag for line in ROWS}
        self.agreement = Agreement(file) if layout.type == "4E" else None

    def line(self, text: str, number: int) -> Record | None:
        """One more line; the record that it completes."""
        tag, rest = split(text)
        if tag in self.rows:
            self._row(tag, rest, number)
        elif tag == "VER":
            self._begin(rest, number)
        elif not tag:
            return self._brace(text.strip(" \t"), number)
        elif tag in self.balances:
            return self._balance(tag, rest, number)
        return None

    def end(self) -> None:
        """The file has ended."""
        self._unclosed("the end of the file")
        if self.agreement is not None:
            self.agreement.end(self.found)

    def _read(self, tag: str, rest: str, number: int) -> Record | None:
        plan = self.plans[tag]
        try:
            return plan.fast(rest, number)
        except ValueError:
            return plan.explain(rest, number, self.found, self.once)

    def _balance(self, tag: str, rest: str, number: int) -> Record | None:
        self._unclosed(f"#{tag} on line {number}")
        if tag in self.forbidden:
            self.once(tag, lambda: NOT_HERE.at(line=number, value=tag, want=self.type))
            return None
        read = self._read(tag, rest, number)
        if read is None:
            return None
        record = {
            "record": tag,
            "year": read["year"],
            "period": read.get("period"),
            "account": read["account"],
            "amount": read["amount"],
            "quantity": read["quantity"],
            "dimensions": read.get("dimensions"),
            "file": self.file,
            KIND: "balance",
            LINE: number,
        }
        if self.agreement is not None:
            self.agreement.balance(record)
        return record

    def _begin(self, rest: str, number: int) -> None:
        """A #VER line."""
        self._unclosed(f"the next one on line {number}")
        braced = _BRACED(rest)
        rest = braced[1] if braced is not None else rest
        if "VER" in self.forbidden:
            self.once("VER", lambda: VOUCHERS.at(line=number, want=self.type))
            self.voucher, self.good = {LINE: number}, False
        else:
            read = self._read("VER", rest, number)
            self.voucher, self.good = (read or {LINE: number}), read is not None
        self.voucher |= {"rows": [], "removed": []}
        self.inside = braced is not None
        if self.inside:
            self.once("{", lambda: SAME_LINE.at(line=number))

    def _brace(self, text: str, number: int) -> Record | None:
        """A line without a tag: a brace or nothing."""
        if text == "{" and self.voucher is not None and not self.inside:
            self.inside = True
        elif text == "}" and self.inside:
            return self._close()
        elif text in ("{", "}"):
            self.found(LONE_BRACE.at(line=number, value=text))
            self.good = False
        return None

    def _row(self, tag: str, rest: str, number: int) -> None:
        """A row of a voucher."""
        if self.voucher is None or not self.inside:
            kind = OUTSIDE if self.voucher is None else NO_BRACE
            self.found(kind.at(line=number, value=tag if self.voucher is None else f"#{tag}"))
            self.good, self.inside = False, self.voucher is not None
            return
        row = None if "VER" in self.forbidden else self._read(tag, rest, number)
        if row is None:
            self.good = False
            return
        expected, self.added = self.added, None
        if tag == "TRANS" and expected is not None and _are_alike(row, expected):
            self._repeated(expected, row, number)
            return
        self._not_repeated(expected)
        if tag == "BTRANS":
            self.voucher["removed"].append(row)
            return
        row["added"] = True if tag == "RTRANS" else None
        self.voucher["rows"].append(row)
        self.added = row if tag == "RTRANS" else None

    def _close(self) -> Record | None:
        """The voucher, when all of it is right."""
        voucher, self.voucher, self.inside = self.voucher, None, False
        expected, self.added = self.added, None
        self._not_repeated(expected)
        if voucher is None or not self.good:
            return None
        total = sum((row["amount"] for row in voucher["rows"]), Decimal(0))
        if total:
            value = shown(voucher)
            self._tell(UNBALANCED.at(line=voucher[LINE], field="rows", value=value, total=total))
        self._rising(voucher)
        if self.agreement is not None:
            self.agreement.voucher(voucher)
        return voucher | {"file": self.file, KIND: "voucher"} if self.good else None

    def _rising(self, voucher: Record) -> None:
        """Numbers of vouchers for import must rise within a series."""
        number, series = voucher["number"], voucher["series"]
        if self.type != IMPORT or not (number or "").isdecimal():
            return
        before = self.numbers.get(series)
        if before is not None and int(number) <= before:
            self.found(NOT_RISING.at(line=voucher[LINE], value=number, before=before, series=series or '""'))
        self.numbers[series] = int(number)

    def _repeated(self, added: Record, row: Record, number: int) -> None:
        """A #TRANS that repeats the #RTRANS before it; programs write the day of the change into #RTRANS."""
        differing = [name for name in row if name != LINE and row[name] != added[name]]
        if differing:
            words = ", ".join(differing)
            self.once("TRANS", lambda: REPEATED_OTHERWISE.at(line=number, field=words))
        added |= {name: row[name] for name in differing}

    def _not_repeated(self, row: Record | None) -> None:
        if row is not None:
            self._tell(NOT_REPEATED.at(line=row[LINE]))

    def _unclosed(self, before: str) -> None:
        if self.voucher is not None:
            self.found(NOT_CLOSED.at(line=self.voucher[LINE], before=before))
            self.voucher, self.inside, self.added = None, False, None

    def _tell(self, finding: Finding) -> None:
        """What is wrong with a voucher: history is told of, an import must be right."""
        if self.type == IMPORT:
            self.good = False
            self.found(finding)
        else:
            self.found(finding.with_severity("warning"))


def shown(voucher: Mapping[str, Any]) -> str:
    """A voucher for people: its series and number, else its text."""
    named = " ".join(str(voucher[name]) for name in ("series", "number") if voucher.get(name))
    return named or str(voucher.get("text") or "without number")


def _nobody(_: Finding) -> None:
    """The first pass told what is wrong with the bytes."""


def _streamed(layout: Layout) -> list[Line]:
    """The kinds of lines that are read in the second pass."""
    vouchers = [VOUCHER, *ROWS] if "voucher" in layout.known_kinds else []
    return [*(line for line in BALANCES if layout.type not in line.never), *vouchers]


def _fields(line: Line, layout: Layout) -> Mapping[str, Field]:
    if line in BALANCES:
        return layout.known_kinds["balance"].fields
    voucher = layout.known_kinds["voucher"].fields
    return voucher if line is VOUCHER else voucher["removed"].fields or {}


def _pattern(line: Line) -> str:
    """What follows the tag of a plain line: fields without escapes, an object list, nothing more."""
    parts: list[str] = []
    for number, column in enumerate(line.columns):
        part = {"objects": rf"\{{((?:{QUOTED}|{INNER})*+)\}}", "amount": AMOUNT}.get(column, VALUE)
        blank = "[ \t]*" if number == 0 else "[ \t]+"
        parts.append(f"{blank}{part}" if number < line.need else f"(?:{blank}{part}")
    return "".join(parts) + ")?" * (len(line.columns) - line.need) + "[ \t]*"
