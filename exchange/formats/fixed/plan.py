"""A layout → plans: for each record how it is known, how its lines become values, and values lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from exchange.findings import Finding, Found, code
from exchange.formats._fast import indented
from exchange.formats.fixed.belonging import Plan, Values
from exchange.formats.fixed.layout import Layout, own_lines
from exchange.formats.fixed.records import AlignBy, Field, Line, span
from exchange.formats.fixed.structure import NUMBERS
from exchange.formats.values import Codec, Refused

WRONG_SIGN = code(
    "FIX010",
    "error",
    'Line {line}, column {column}: the sign of {field} must be "{positive}" or "{negative}", but is "{value}".',
    advice="Ask the sender for a corrected file.",
)
TOO_WIDE = code(
    "FIX011",
    "error",
    'The value "{value}" for {field} has {got} characters; there is room for {want}.',
    advice="Nothing is cut off silently. Shorten it in the mapping.",
)
LINE_END = code(
    "FIX012",
    "error",
    'The text "{value}" for {field} holds a line end, which would break the record in two.',
    advice="Replace it in the mapping.",
)


@dataclass(frozen=True)
class Column:
    """A field with its codec."""

    name: str
    field: Field

    @cached_property
    def codec(self) -> Codec:
        """The codec of its value, without the sign that stands apart."""
        return Codec(self.name, self.field, implied=self.field.decimals or 0)

    @cached_property
    def empty(self) -> str:
        """How an empty value is written."""
        width = self.field.width
        if self.field.empty:
            return self.field.empty[0].ljust(width)
        return (" " if self.field.type != "text" else self.field.filler) * width

    @cached_property
    def strips(self) -> tuple[str, str]:
        """Which characters only fill the columns: at the left, at the right of the value."""
        if self.field.type != "text" or isinstance(self.field.align, AlignBy):
            return " ", " "
        fill = self.field.filler
        if self.field.right:
            return (f" {fill}" if fill != " " else " "), " "
        return "", (f" {fill}" if fill != " " else " ")

    @cached_property
    def stripped(self) -> str:
        """What takes the fill off, as Python behind an expression."""
        left, right = self.strips
        if left == right:
            return f".strip({left!r})"
        return "".join(f".{way}({what!r})" for way, what in (("lstrip", left), ("rstrip", right)) if what)

    def bare(self, text: str) -> str:
        """The text without what only fills the columns."""
        left, right = self.strips
        return text.rstrip(right).lstrip(left) if left else text.rstrip(right)

    def signed(self, text: str) -> str:
        """A number with the plus that its field wants."""
        if not self.field.plus or not text or "-" in text:
            return text
        return f"{text}+" if self.field.sign == "trailing" else f"+{text}"


class LinePlan(Plan):
    """One record (or trailer): its place in the structure and its two generated functions."""

    columns: list[Column]

    def __init__(self, layout: Layout, title: str, line: Line) -> None:
        super().__init__(layout, title, line)
        self.places = layout.places(line)
        self.lengths = layout.lengths(line)
        self.width = self.lengths[-1]
        self.length_field = next((one.span for one in line.fields.values() if one.holds == "length"), None)
        self.varies = len(self.lengths) > 1 or self.length_field is not None
        self.unused = line.unused or layout.unused
        self.columns = [Column(str(name), field) for name, field in line.fields.items()]

    def names(self) -> dict[str, object]:
        """What generated functions use."""
        return {"Refused": Refused}

    def written(self, name: str, text: str) -> str:
        """What a line says in a field, whether or not that is a value."""
        column = next(column for column in self.columns if column.name == name)
        return column.bare(text[slice(*column.field.span)])

    def said_length(self, text: str) -> str | None:
        """What a line says of its own length, when that cannot be: blanks at its end may have been taken off."""
        if self.length_field is None:
            return None
        length = self._length(text)
        known = length in self.lengths or length == len(text)
        return None if known and length >= len(text.rstrip()) else text[slice(*self.length_field)]

    def lengths_of(self, text: str) -> Sequence[int]:
        """How many columns a line may have: as many as it says itself, where it says so."""
        length = self._length(text)
        return [length] if length in self.lengths else self.lengths

    def _length(self, text: str) -> int:
        """What a line says of its own length; 0 where it says none."""
        said = text[slice(*self.length_field)] if self.length_field is not None else ""
        return int(said) if said.isascii() and said.isdigit() else 0

    def field_around(self, column: int) -> tuple[str, int, int]:
        """The field that a column, from 0, is in, as messages name it, and its columns as slices count."""
        for one in self.columns:
            start, end = one.field.span
            if start <= column < end:
                return f"{self.title}.{one.name}", start, end
        return f"column {column + 1}", column, column + 1

    def begins_within(self, start: int, end: int) -> bool:
        """Whether a field, a sign or a part of the code begins in these columns."""
        signs = [span(one.field.sign_at.at) for one in self.columns if one.field.sign_at is not None]
        spans = [*self.places, *signs, *(one.field.span for one in self.columns)]
        return any(start <= first < end for first, _ in spans)

    def finished(self, text: str) -> str:
        """A written line with the fewest columns that have room for it, and with its length."""
        if len(self.lengths) > 1:
            used = len(text.rstrip(self.unused))
            text = text[: next(length for length in self.lengths if length >= used)]
        if self.length_field is not None:
            start, end = self.length_field
            text = f"{text[:start]}{len(text):0{end - start}}{text[end:]}"
        return text

    def spot(self, column: Column, text: str) -> tuple[str, int, str]:
        """What a line says in a field, in which column, and how the layout calls that place."""
        start, end = column.field.span
        return text[start:end], start + 1, f"{self.title} {column.field.at}"

    def explain(self, text: str, number: int, found: Found) -> Values | None:
        """The slow side of reading: the values, or None and all findings."""
        values: Values = {}
        wrong: list[Finding] = []
        for column in self.columns:
            start, end = column.field.span
            place = {"line": number, "column": start + 1, "field": f"{self.title}.{column.name}"}
            value, findings = column.codec.read(column.bare(text[start:end]), **place)
            wrong += findings
            values[column.name] = self._with_sign(column, value, text, number, wrong)
        for finding in wrong:
            found(finding)
        return None if wrong else values

    def explain_written(self, values: Values, number: int | None, found: Found) -> str:
        """The slow side of writing: the line, and all findings."""
        line = list(self._canvas())
        for column in self.columns:
            field = column.field
            value = values.get(column.name)
            name = f"{self.title}.{column.name}"
            negative = field.sign_at is not None and isinstance(value, int | Decimal) and value < 0
            text, findings = column.codec.write(
                -value if negative and value is not None else value, line=number, field=name
            )
            for finding in findings:
                found(finding)
            if "\n" in text or "\r" in text:
                found(LINE_END.at(line=number, field=name, value=text))
            if len(column.signed(text)) > field.width:
                facts: dict[str, Any] = {"got": len(column.signed(text)), "want": field.width}
                found(TOO_WIDE.at(line=number, field=name, value=text, **facts))
            start, end = field.span
            line[start:end] = self._padded(column, text, values)[: field.width]
            if field.sign_at is not None:
                start, end = span(field.sign_at.at)
                line[start:end] = field.sign_at.negative if negative else field.sign_at.positive
        return "".join(line)

    def _with_sign(self, column: Column, value: Any, text: str, number: int, wrong: list[Finding]) -> Any:
        place = column.field.sign_at
        if place is None or value is None:
            return value
        start, end = span(place.at)
        sign = text[start:end]
        if sign not in (place.negative, place.positive):
            facts: dict[str, Any] = {
                "negative": place.negative,
                "positive": place.positive,
                "column": start + 1,
            }
            wrong.append(WRONG_SIGN.at(line=number, field=f"{self.title}.{column.name}", value=sign, **facts))
        return -value if sign == place.negative and value else value

    def _padded(self, column: Column, text: str, values: Values) -> str:
        field, text = column.field, column.signed(text)
        if not text or text == column.codec.empty_text:
            return column.empty
        if isinstance(field.align, AlignBy):
            right = values.get(field.align.by) in field.align.right
            return text.rjust(field.width, field.filler) if right else text.ljust(field.width, field.filler)
        if field.right and field.type in NUMBERS and field.filler == "0":
            return text.zfill(field.width)
        pad = text.rjust if field.right else text.ljust
        return pad(field.width, field.filler)

    def _canvas(self) -> str:
        """The line before any field is written: the code and what stands in unused columns."""
        canvas = [self.unused] * self.width
        if len(self.line.codes) == 1:
            rest = self.line.codes[0]
            for start, end in self.places:
                canvas[start:end] = rest[: end - start]
                rest = rest[end - start :]
        return "".join(canvas)

    def read_source(self, function: str, names: dict[str, object]) -> str:
        """def read_NAME(line): the values of a line that is at least as long as its columns."""
        body: list[str] = []
        for n, column in enumerate(self.columns):
            start, end = column.field.span
            body.append(f"c{n} = line[{start}:{end}]{column.stripped}")
            body += _read_value(column, n, names)
            if column.field.sign_at is not None:
                body += _read_sign(column.field, n)
        items = ", ".join(f"{column.name!r}: v{n}" for n, column in enumerate(self.columns))
        return "\n".join([f"def read_{function}(line):", *indented([*body, f"return {{{items}}}"])]) + "\n"

    def write_source(self, function: str, names: dict[str, object]) -> str:
        """def write_NAME(values): the line; raises ValueError when a value does not fit."""
        body: list[str] = []
        pieces: dict[int, tuple[int, str]] = {}
        for n, column in enumerate(self.columns):
            names[f"empty{n}"] = column.empty
            body += self._write_value(column, n, names)
            start, end = column.field.span
            pieces[start] = (end, f"t{n}")
            if column.field.sign_at is not None:
                sign_start, sign_end = span(column.field.sign_at.at)
                pieces[sign_start] = (sign_end, f"s{n}")
        joined = " + ".join(self._pieces(pieces))
        return "\n".join([f"def write_{function}(values):", *indented([*body, f"return {joined}"])]) + "\n"

    def _pieces(self, pieces: Mapping[int, tuple[int, str]]) -> Iterator[str]:
        """Expressions for all columns of a line, from left to right."""
        canvas, at = self._canvas(), 0
        for start, (end, expression) in sorted(pieces.items()):
            if start > at:
                yield repr(canvas[at:start])
            yield expression
            at = end
        if at < self.width or not pieces:
            yield repr(canvas[at:])

    def _write_value(self, column: Column, n: int, names: dict[str, object]) -> list[str]:
        field = column.field
        lines_ = [f"v{n} = values.get({column.name!r})"]
        if field.sign_at is not None:
            negative, positive = field.sign_at.negative, field.sign_at.positive
            lines_ += [
                f"s{n} = {negative!r} if v{n} is not None and v{n} < 0 else {positive!r}",
                f"if v{n} is not None and v{n} < 0: v{n} = -v{n}",
            ]
        lines_ += column.codec.write_code(f"v{n}", f"t{n}", names)
        if field.plus:
            names[f"signed{n}"] = column.signed
            lines_.append(f"t{n} = signed{n}(t{n})")
        empty = (
            f"not t{n}" if not column.codec.empty_text else f"not t{n} or t{n} == {column.codec.empty_text!r}"
        )
        lines_ += [f"if {empty}: t{n} = empty{n}", "else:", f"    t{n} = {_pad(field, n)}"]
        lines_ += [f"    if '\\n' in t{n} or '\\r' in t{n}: raise Refused"] if field.type == "text" else []
        return [*lines_, f"if len(t{n}) != {field.width}: raise Refused"]


def _read_value(column: Column, n: int, names: dict[str, object]) -> list[str]:
    """Lines that set v{n} from c{n}; plain amounts with implied decimals need no call."""
    field, decimals = column.field, column.field.decimals
    rules = (
        field.minimum,
        field.maximum,
        field.digits,
        field.scale,
        field.matches,
        field.values,
        field.constant,
    )
    slow = column.codec.read_code(f"c{n}", f"v{n}", names)
    if (
        not decimals
        or field.width > 18
        or field.empty
        or any(rule is not None for rule in rules)
        or field.check
    ):
        return slow
    return [
        f"if len(c{n}) > {decimals} and c{n}.isdigit() and c{n}.isascii():",
        f"    v{n} = Decimal(c{n}[:-{decimals}] + '.' + c{n}[-{decimals}:])",
        "else:",
        *indented(slow),
    ]


def _read_sign(field: Field, n: int) -> list[str]:
    assert field.sign_at is not None
    start, end = span(field.sign_at.at)
    return [
        f"if v{n} is not None:",
        f"    if line[{start}:{end}] == {field.sign_at.negative!r}: v{n} = -v{n} if v{n} else v{n}",
        f"    elif line[{start}:{end}] != {field.sign_at.positive!r}: raise Refused",
    ]


def _pad(field: Field, n: int) -> str:
    """The expression that fills a text up to the width of its field."""
    width, fill = field.width, field.filler
    if isinstance(field.align, AlignBy):
        right = (
            f"t{n}.rjust({width}, {fill!r}) if values.get({str(field.align.by)!r}) in {field.align.right!r}"
        )
        return f"{right} else t{n}.ljust({width}, {fill!r})"
    if field.right and field.type in NUMBERS and fill == "0":
        return f"t{n}.zfill({width})"
    return f"t{n}.{'rjust' if field.right else 'ljust'}({width}, {fill!r})"


class Dispatch:
    """Finds the plan of a line by its code; longer codes are asked first."""

    def __init__(self, layout: Layout) -> None:
        self.plans = {title: LinePlan(layout, title, line) for title, line in own_lines(layout)}
        tables: dict[tuple[tuple[int, int], ...], dict[str, LinePlan]] = {}
        for plan in self.plans.values():
            for code_ in plan.line.codes:
                tables.setdefault(plan.places, {})[code_] = plan
        self._only = next(iter(self.plans.values())) if not tables else None
        self._tables = sorted(tables.items(), key=lambda item: -sum(end - start for start, end in item[0]))
        self._reach = max((end for places in tables for _, end in places), default=0)

    @property
    def source(self) -> str:
        """The generated functions of all records."""
        return "\n".join(plan.source for plan in self.plans.values())

    def plan(self, text: str) -> LinePlan | None:
        """The plan of a line; None when its code is not known. Blanks may be missing at its end."""
        if len(text) < self._reach:
            text = text.ljust(self._reach)
        for places, table in self._tables:
            if len(places) == 1:
                start, end = places[0]
                found = table.get(text[start:end])
            else:
                found = table.get("".join([text[start:end] for start, end in places]))
            if found is not None:
                return found
        return self._only

    def code(self, text: str) -> str:
        """The code of a line whose record is not known."""
        places = self._tables[-1][0] if self._tables else ()
        return "".join(text[start:end] for start, end in places)
