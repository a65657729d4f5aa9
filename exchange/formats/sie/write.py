"""Writing SIE: the head once, then balances and vouchers as they come; generated code for each kind of line.

The same records always give the same bytes: the date in #GEN is a field, never the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, BinaryIO

from exchange.findings import Found, code
from exchange.formats._fast import indented
from exchange.formats._generated import compile_function
from exchange.formats.contract import Written
from exchange.formats.sie.characters import encoded
from exchange.formats.sie.layout import Layout
from exchange.formats.sie.lexical import Checksum, quoted
from exchange.formats.sie.pen import Pen, plain, trimmed
from exchange.formats.sie.read import shown
from exchange.formats.sie.records import (
    BALANCES,
    CHECKSUM,
    ENCODING,
    ROWS,
    VOUCHER,
    Line,
    codecs,
)
from exchange.formats.sie.write_head import HeadWriter
from exchange.formats.values import Codec, Refused
from exchange.memo import Memo
from exchange.model import KIND, LINE, Batch, Record

UNBALANCED = code(
    "SIE050",
    "error",
    "The rows of voucher {value} add up to {total} instead of 0. It is not written so.",
    advice="Correct the mapping, or book the difference on an account for rounding.",
)
NO_DIMENSION = code(
    "SIE053",
    "error",
    'The dimension "{value}" has no number in the layout.',
    advice="Declare it under `dimensions` in the layout, such as {{{value}: 20}}. Known: {known}.",
)
SAME_DIMENSION = code(
    "SIE054",
    "error",
    "The dimensions {value} have the same number, {number}, and stand on one row.",
    advice="Set only one of them in the mapping.",
)
OTHER_FILE = code(
    "SIE056",
    "error",
    "The records belong to two different files: {field} differs.",
    advice="Set what stands under `above: {{file: …}}` in the mapping alike for all records.",
)
NO_FILE = code(
    "SIE057",
    "error",
    "The {value} does not say which file it stands in.",
    advice="Set company and date under `above: {{file: …}}` in the mapping.",
)
UNKNOWN_KIND = code(
    "SIE058",
    "error",
    'A record of the kind "{value}" cannot stand in a file of type {want}.',
    advice="Write to a layout that has this kind.",
)
OTHER_SIGN = code(
    "SIE059",
    "warning",
    "The quantity {value} has another sign than the amount {amount} on account {account}.",
    advice="The standard wants the same sign. Correct the mapping.",
)
NOT_RISING = code(
    "SIE060",
    "error",
    "Voucher number {value} comes after {before} in series {series}; numbers must rise within a series.",
    advice="Sort the vouchers, or leave the number empty: then the receiver numbers.",
)
NO_TEXT = code(
    "SIE061",
    "error",
    "The object {value} in {field} is not a text.",
    advice="Convert it in the mapping with text(…).",
)

_EXACT = frozenset({Decimal, int})


class SieWriter:
    """Writes files of one layout; the same records always give the same bytes."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.plans = {line.tag: _Plan(line, layout) for line in _by_type(layout)}
        self.head = HeadWriter(layout)
        self.source = "\n".join(plan.source for plan in self.plans.values())

    def write(
        self, batches: Iterable[Batch], out: BinaryIO, spool: Callable[[], BinaryIO], found: Found
    ) -> Written:
        """Write all records; see `contract.Writer`. Without records nothing is written: there is no head."""
        writing = _Writing(self, found)
        end = "\r\n" if self.layout.newline == "crlf" else "\n"
        for batch in batches:
            lines: list[str] = []
            for record in batch:
                writing.record(record, lines)
            writing.count(lines)
            if lines:
                out.write(encoded(end.join(lines) + end))
        if writing.sum is not None and writing.file is not None:
            out.write(f"#{CHECKSUM} {writing.sum.value}{end}".encode(ENCODING))
        return Written(writing.written)


class _Plan:
    """How one kind of line is written: a generated function, and its explaining twin."""

    def __init__(self, line: Line, layout: Layout) -> None:
        self.line = line
        kind = "balance" if line in BALANCES else "voucher"
        fields = layout.known_kinds[kind].fields
        self.codecs: Mapping[str, Codec] = dict(
            codecs((fields["removed"].fields or {}) if line in ROWS else fields)
        )
        names: dict[str, object] = {"shown": Memo(plain)}
        self.source = self._generate(names)
        self.fast: Callable[[Mapping[str, Any], str], str] = compile_function(
            f"write_{line.tag}", self.source, names, f"{layout.layout} written #{line.tag}"
        )

    def _generate(self, names: dict[str, object]) -> str:
        """def write_TAG(record, objects): the line of a record; raises ValueError when anything is odd."""
        columns, need = self.line.columns, self.line.need
        body: list[str] = []
        for n, column in enumerate(columns[:need]):
            body += self._column(n, column, names)
        shown = ["{objects}" if column == "objects" else f"{{t{n}}}" for n, column in enumerate(columns)]
        whole = f"#{self.line.tag} {' '.join(shown[:need])}"
        rest = list(enumerate(columns))[need:]
        for n, column in rest:
            body.append(f"v{n} = record.get({column!r})")
        none = " is ".join([*(f"v{n}" for n, _ in rest), "None"])
        body += [f"if {none}: return f{whole!r}"] if rest else []
        for n, column in rest:
            body += self._column(n, column, names, known=True)
        for n, _ in reversed(rest):  # empty fields at the end are left out
            body.append(f"if t{n} != '\"\"': return f{' '.join([whole, *shown[need : n + 1]])!r}")
        body.append(f"return f{whole!r}")
        return "\n".join([f"def write_{self.line.tag}(record, objects):", *indented(body), ""])

    def _column(self, n: int, column: str, names: dict[str, object], known: bool = False) -> list[str]:
        """Lines that set tN to the text of a column, in quotes where it needs them."""
        if column == "objects":
            return []
        codec = self.codecs[column]
        value = [] if known else [f"v{n} = record.get({column!r})"]
        text = codec.write_code(f"v{n}", f"t{n}", names)
        if codec.field.type != "text":
            return [*value, *text, f"if not t{n}: t{n} = '\"\"'"]
        return [*value, *text, f"t{n} = shown[t{n}] if t{n} else '\"\"'"]

    def explain(self, record: Mapping[str, Any], objects: str, pen: Pen) -> str:
        """The line of a record, and all findings about its values."""
        texts = []
        for column in self.line.columns:
            if column == "objects":
                texts.append(objects)
                continue
            text, findings = self.codecs[column].write(record.get(column), line=pen.line)
            for finding in findings:
                pen.found(finding)
            texts.append(quoted(pen.fitted(text, column)))
        return trimmed(" ".join([f"#{self.line.tag}", *texts]))


class _Writing:
    """One file on its way: its head, the numbers of vouchers, the control sum."""

    def __init__(self, writer: SieWriter, found: Found) -> None:
        self.layout = writer.layout
        self.plans = writer.plans
        self.head = writer.head
        self.found = found
        self.pen = Pen(writer.layout, found)
        self.file: Record | None = None
        self.sum = Checksum(ENCODING) if writer.layout.checksum else None
        self.counted = False
        self.written = dict.fromkeys(writer.layout.known_kinds, 0)
        self.numbers: dict[str | None, int] = {}
        self.objects = Memo(self._plain_objects)

    def record(self, record: Record, lines: list[str]) -> None:
        """The lines of one record."""
        self.pen.line = record.get(LINE)
        kind = record.get(KIND)
        if kind not in ("balance", "voucher") or kind not in self.layout.known_kinds:
            self.found(UNKNOWN_KIND.at(line=self.pen.line, value=kind, want=self.layout.type))
            return
        self._begin(record, kind, lines)
        if kind == "balance":
            tag = record.get("record")
            plan = self.plans.get(tag) if isinstance(tag, str) else None
            if plan is None:
                self.found(UNKNOWN_KIND.at(line=self.pen.line, value=tag, want=self.layout.type))
                return
            lines.append(self._line(plan, record))
        else:
            self._voucher(record, lines)
        self.written[kind] += 1

    def count(self, lines: list[str]) -> None:
        """Add finished lines to the control sum; what stands before #KSUMMA does not count."""
        if self.sum is None:
            return
        for line in lines:
            if self.counted:
                self.sum.add(line)
            self.counted = self.counted or line == f"#{CHECKSUM}"

    def _begin(self, record: Record, kind: str, lines: list[str]) -> None:
        """The head, with the first record; all others must stand in the same file."""
        file = record.get("file")
        if file is self.file and file is not None:
            return
        if not isinstance(file, dict):
            self.found(NO_FILE.at(line=self.pen.line, value=kind))
        elif self.file is None:
            self.file = file
            self.written["file"] = 1
            lines += self.head.lines(file, self.pen)
            lines += [] if self.sum is None else [f"#{CHECKSUM}"]
        else:
            self._compare(file, self.file)

    def _compare(self, file: Record, first: Record) -> None:
        differing = [
            name
            for name in {**first, **file}
            if not name.startswith("@") and file.get(name) != first.get(name)
        ]
        for name in differing:
            self.found(OTHER_FILE.at(line=self.pen.line, field=name, value=file.get(name)))

    def _voucher(self, voucher: Record, lines: list[str]) -> None:
        """A voucher with its rows, unless they do not balance."""
        rows: list[Record] = voucher.get("rows") or []
        amounts: list[Any] = [row.get("amount") for row in rows]
        total = sum([amount for amount in amounts if type(amount) in _EXACT])
        if total:
            value = shown(voucher)
            self.found(UNBALANCED.at(line=self.pen.line, field="rows", value=value, total=total))
        if voucher.get("number") is not None:
            self._rising(voucher)
        lines += (self._line(self.plans["VER"], voucher), "{")
        trans = self.plans["TRANS"]
        for row in rows:
            if row.get("added"):
                lines.append(self._line(self.plans["RTRANS"], row))
            lines.append(self._line(trans, row))
            if row.get("quantity") is not None:
                self._same_sign(row)
        lines += [self._line(self.plans["BTRANS"], row) for row in voucher.get("removed") or ()]
        lines.append("}")

    def _line(self, plan: _Plan, record: Mapping[str, Any]) -> str:
        objects = "{}"
        if plan.line.objects is not None and record.get("dimensions"):
            objects = f"{{{self._objects(record['dimensions'])}}}"
        try:
            return plan.fast(record, objects)
        except ValueError:
            return plan.explain(record, objects, self.pen)

    def _rising(self, voucher: Record) -> None:
        number, series = voucher.get("number"), voucher.get("series")
        if self.layout.type != "4I" or not isinstance(number, str) or not number.isdecimal():
            return
        before = self.numbers.get(series)
        if before is not None and int(number) <= before:
            self.found(NOT_RISING.at(line=self.pen.line, value=number, before=before, series=series or '""'))
        self.numbers[series] = int(number)

    def _same_sign(self, row: Record) -> None:
        quantity, amount = row["quantity"], row.get("amount")
        numbers = type(quantity) in (Decimal, int) and type(amount) in (Decimal, int)
        if numbers and quantity * amount < 0:
            facts = {"amount": amount, "account": row.get("account")}
            self.found(OTHER_SIGN.at(line=self.pen.line, field="quantity", value=quantity, **facts))

    def _objects(self, dimensions: Mapping[str, Any]) -> str:
        """The object list of a row, without its braces."""
        try:
            return str(self.objects[tuple(dimensions.items())])
        except (ValueError, TypeError):
            return self._explained_objects(dimensions)

    def _plain_objects(self, items: tuple[tuple[str, str], ...]) -> str:
        held = [(name, object_) for name, object_ in items if object_ is not None]
        numbered = {self._number(name): object_ for name, object_ in held}
        texts = all(type(object_) is str for _, object_ in held)
        if not texts or None in numbered or len(numbered) < len(held):
            raise Refused
        return " ".join(f"{number} {_object(plain(object_))}" for number, object_ in numbered.items())

    def _explained_objects(self, dimensions: Mapping[str, Any]) -> str:
        taken: dict[str, str] = {}
        texts: list[str] = []
        for name, object_ in dimensions.items():
            number = self._number(name)
            if object_ is None:
                continue
            if number is None:
                known = ", ".join(self.layout.dimensions) or "none"
                self.found(NO_DIMENSION.at(line=self.pen.line, field="dimensions", value=name, known=known))
            elif number in taken:
                both = f"{taken[number]} and {name}"
                self.found(
                    SAME_DIMENSION.at(line=self.pen.line, field="dimensions", value=both, number=number)
                )
            elif not isinstance(object_, str):
                self.found(NO_TEXT.at(line=self.pen.line, field=f"dimensions.{name}", value=object_))
            else:
                taken[number] = name
                texts.append(f"{number} {_object(quoted(self.pen.fitted(object_, f'dimensions.{name}')))}")
        return " ".join(texts)

    def _number(self, name: str) -> str | None:
        """The number of a dimension; a name that is a number stands for itself."""
        number = self.layout.dimensions.get(name)
        if number is not None:
            return str(number)
        return name if name.isascii() and name.isdecimal() else None


def _object(text: str) -> str:
    """Objects always stand in quotes, as in the standard's examples."""
    return text if text.startswith('"') else f'"{text}"'


def _by_type(layout: Layout) -> list[Line]:
    vouchers = [VOUCHER, *ROWS] if "voucher" in layout.known_kinds else []
    return [*(line for line in BALANCES if layout.type not in line.never), *vouchers]
