"""Typed values ↔ text, by the rules of a field: one codec for each field, with a slow side and a fast side.

The slow side is the truth: `read` and `write` give the value and *all* findings. The fast side is Python
source for the generated row functions (`read_code`, `write_code`): it takes what is plainly right inline or
from a memo, and raises `Refused` for anything else; the record then goes through the slow side. It never
takes what the slow side refuses, and never gives another value.

    codec = Codec("price", ValueField(type="money", scale=2), Dialect(decimal=","))
    codec.read("12,50")          (Decimal("12.50"), [])
    codec.write(Decimal("12.5")) ("12,50", [])
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal, Protocol, Self

from pydantic import Field, model_validator

from exchange import checks
from exchange.declare.layout import Declared, FieldBase
from exchange.findings import Finding, code
from exchange.formats import _fast
from exchange.formats._faults import Fault, Refused
from exchange.formats._moments import Moment, MomentType, pattern_problem
from exchange.formats._numbers import Number, Sign

__all__ = ["Codec", "Dialect", "Refused", "ValueField"]

Words = str | list[str]
Thousands = Literal[" ", ".", ",", "'"]

_ASK = "Ask the sender for a corrected value, or change the rule in the layout if the rule is wrong."
_GIVE = "Set it in the mapping, correct the record, or change the rule in the layout if the rule is wrong."
"""The next step when a value is written: nobody has sent it."""
EMPTY = code("VAL001", "error", "The field {field} is empty, but it is required.", advice=_ASK)
TOO_SHORT = code(
    "VAL002",
    "error",
    'The text "{value}" in {field} has {got} characters; at least {want} are needed.',
    advice=_ASK,
)
TOO_LONG = code(
    "VAL003",
    "error",
    'The text "{value}" in {field} has {got} characters; {want} are the most allowed.',
    advice="Nothing is cut off silently. Ask the sender for a shorter text, or shorten it in the mapping.",
)
NO_MATCH = code(
    "VAL004", "error", 'The text "{value}" in {field} does not have the declared form {want}.', advice=_ASK
)
NOT_ALLOWED = code(
    "VAL005", "error", 'The text "{value}" in {field} is not one of the allowed ones: {want}.', advice=_ASK
)
NOT_CONSTANT = code(
    "VAL006", "error", 'The field {field} must always hold "{want}", but holds "{value}".', advice=_ASK
)
CHECK_FAILED = code(
    "VAL007",
    "error",
    'The value "{value}" in {field} is not a valid {want}: {why}.',
    advice="Compare it with the original document and ask the sender for the right one.",
)
TOO_MANY_DECIMALS = code(
    "VAL014", "error", 'The number "{value}" in {field} has {got} decimals; {want} are allowed.', advice=_ASK
)
TOO_MANY_PLACES = code(
    "VAL015", "error", 'The number "{value}" in {field} has {got} digits; {want} are allowed.', advice=_ASK
)
TOO_SMALL = code(
    "VAL016", "error", 'The number "{value}" in {field} is below the least allowed, {want}.', advice=_ASK
)
TOO_LARGE = code(
    "VAL017", "error", 'The number "{value}" in {field} is above the most allowed, {want}.', advice=_ASK
)
NOT_BOOLEAN = code(
    "VAL030",
    "error",
    'The field {field} must hold one of the words {want}, but holds "{value}".',
    advice="Ask the sender for a corrected value, or declare the words as `true` and `false` in the layout.",
)
WRONG_TYPE = code(
    "VAL040",
    "error",
    "The value {value} for {field} is of type {got}, but the field is of type {want}.",
    advice="Convert it in the mapping, for example with text(…), number(…) or date(…).",
)


class Dialect(Declared):
    """How a file writes its values; a field may differ in each point.

    Booleans: the first word is written, all are read. thousands " " is any single space or no-break space.
    """

    decimal: Literal[".", ","] = Field(".", description="the decimal sign")
    thousands: Thousands | None = Field(
        None, description="read only when declared, and only in groups of three"
    )
    sign: Sign = Field("leading", description="where the minus stands: leading, trailing, parentheses")
    trim: bool = Field(False, description="take spaces around values off")
    date: str | None = Field(None, description="pattern of dates; default ISO 8601")
    datetime: str | None = Field(None, description="pattern of moments; default ISO 8601")
    time: str | None = Field(None, description="pattern of times; default ISO 8601")
    true: Words = Field("true", description="words for true; the first is written")
    false: Words = Field("false", description="words for false; the first is written")

    @model_validator(mode="after")
    def _usable(self) -> Self:
        patterns: dict[MomentType, str | None] = {
            "date": self.date,
            "datetime": self.datetime,
            "time": self.time,
        }
        problems = [pattern_problem(kind, text) for kind, text in patterns.items() if text is not None]
        if self.thousands == self.decimal:
            problems.append("the thousands sign and the decimal sign are the same")
        if set(_words(self.true)) & set(_words(self.false)):
            problems.append("the same word means true and false")
        _refuse([problem for problem in problems if problem])
        return self


class ValueField(FieldBase):
    """A field whose values are text in the file: what it may say beyond its type."""

    decimal: Literal[".", ","] | None = Field(
        None, description="the decimal sign, where it is another than the file's"
    )
    thousands: Thousands | None = Field(None, description="the sign between thousands, where it is another")
    sign: Sign | None = Field(None, description="where the minus stands, where it is another")
    true: Words | None = Field(None, description="words for true; the first is written")
    false: Words | None = Field(None, description="words for false; the first is written")
    empty: list[str] = Field(
        [], description='texts that mean "empty", such as 00000000; the first is written'
    )

    @model_validator(mode="after")
    def _rules_fit(self) -> Self:
        _refuse(list(_field_problems(self)))
        return self


class Form(Protocol):
    """How the values of one type are written."""

    def parse(self, text: str) -> Any:
        """The value; raises Fault."""
        ...

    def render(self, value: Any, scale: int | None) -> str:
        """The text; raises Fault."""
        ...

    def takes(self, value: object) -> bool:
        """Whether a value is of this type."""
        ...


class Text:
    """Text is what it is."""

    def parse(self, text: str) -> str:
        """The text itself."""
        return text

    def render(self, value: str, _scale: int | None = None) -> str:
        """The text itself."""
        return value

    def takes(self, value: object) -> bool:
        """Only text is text."""
        return type(value) is str


@dataclass(frozen=True, slots=True)
class Boolean:
    """The words for true and false; exactly these are read, the first of each is written."""

    true: tuple[str, ...]
    false: tuple[str, ...]

    def parse(self, text: str) -> bool:
        """True or False; a Fault for any other word."""
        if text in self.true or text in self.false:
            return text in self.true
        raise Fault(NOT_BOOLEAN, want=", ".join((*self.true, *self.false)))

    def render(self, value: bool, _scale: int | None = None) -> str:
        """The first word of the value."""
        return self.true[0] if value else self.false[0]

    def takes(self, value: object) -> bool:
        """Only True and False."""
        return type(value) is bool


class Codec:
    """The two directions of one field. Made once for a layout; a place (line, column, path, field) goes into
    findings.

    implied: so many last digits are decimals (fixed-width files). xml: values are written as in XML Schema
    (dates may carry a zone, closing zeros are no decimals).
    """

    def __init__(
        self,
        name: str,
        field: FieldBase,
        dialect: Dialect | None = None,
        *,
        implied: int = 0,
        xml: bool = False,
    ) -> None:
        self.name = name
        self.field = field
        self.dialect = _overridden(dialect or Dialect(), field)
        self.implied = implied
        self.xml = xml
        self.form = self._form()
        self.empty_words: tuple[str, ...] = tuple(getattr(field, "empty", ()))
        self.empty_text = self.empty_words[0] if self.empty_words else ""
        """What stands for an empty value when it is written."""

    def read(self, text: str | None, **place: Any) -> tuple[Any, list[Finding]]:
        """The value of a text and everything wrong with it; None for an empty text."""
        if text is not None and self.dialect.trim:
            text = text.strip()
        if not text or text in self.empty_words:
            return None, [EMPTY.at(**{"field": self.name, **place})] if self.field.required else []
        findings = [self._finding(fault, text, place) for fault in self._text_faults(text)]
        try:
            value = self.form.parse(text)
        except Fault as fault:
            return None, [self._finding(fault, text, place), *findings]
        findings += [self._finding(fault, text, place) for fault in self._number_faults(value)]
        return value, findings

    def write(self, value: Any, **place: Any) -> tuple[str, list[Finding]]:
        """The text of a value and everything wrong with it; a declared constant needs no value."""
        text, findings = self._written(value, place)
        return text, [replace(each, advice=_GIVE) if each.advice == _ASK else each for each in findings]

    def _written(self, value: Any, place: Mapping[str, Any]) -> tuple[str, list[Finding]]:
        if value is None and self.field.constant is not None:
            return self.field.constant, []
        if value is None or value == "":
            return self.empty_text, [EMPTY.at(**{"field": self.name, **place})] if self.field.required else []
        if not self.form.takes(value):
            kind = _TYPE_NAMES.get(type(value), type(value).__name__)
            fault = Fault(WRONG_TYPE, got=kind, want=self.field.type)
            return "", [self._finding(fault, value, place)]
        try:
            text = self.form.render(value, self.field.scale)
        except Fault as fault:
            return "", [self._finding(fault, value, place)]
        faults = [*self._text_faults(text), *(self._number_faults(value, text))]
        return text, [self._finding(fault, text, place) for fault in faults]

    def take(self, text: str | None) -> Any:
        """The value of a text; raises Refused when anything is wrong with it."""
        value, findings = self.read(text)
        if findings:
            raise Refused
        return value

    def put(self, value: Any) -> str:
        """The text of a value; raises Refused when anything is wrong with it."""
        text, findings = self.write(value)
        if findings:
            raise Refused
        return text

    def read_code(self, text: str, into: str, names: dict[str, object]) -> list[str]:
        """Lines of Python that set the local `into` from the local `text` (str or None), or raise Refused.

        What the lines need is added to `names`, the globals of the generated function, under names that
        begin with `into`; `into` must therefore be used once in a function.
        """
        return _fast.read_lines(self, text, into, names)

    def write_code(self, value: str, into: str, names: dict[str, object]) -> list[str]:
        """Lines of Python that set the local `into` to the text of the local `value`, or raise Refused."""
        return _fast.write_lines(self, value, into, names)

    @cached_property
    def matcher(self) -> Callable[[str], object] | None:
        """The full match of the declared expression."""
        return re.compile(self.field.matches).fullmatch if self.field.matches else None

    @cached_property
    def fault(self) -> Callable[[str], str | None] | None:
        """The declared check."""
        return checks.get(self.field.check).fault if self.field.check else None

    def _form(self) -> Form:
        kind, dialect = self.field.type, self.dialect
        if kind == "text":
            return Text()
        if kind == "boolean":
            return Boolean(_words(dialect.true), _words(dialect.false))
        if kind in ("date", "datetime", "time"):
            return Moment(kind, self.field.pattern or getattr(dialect, kind), self.xml)
        return Number(
            dialect.decimal,
            dialect.thousands,
            dialect.sign,
            0 if kind == "integer" else self.implied,
            percent=kind == "percent",
            integer=kind == "integer",
            lenient_zeros=self.xml,
        )

    def _text_faults(self, text: str) -> Iterator[Fault]:
        """The rules about the text as it stands in the file."""
        rules, length = self.field, len(text)
        if rules.constant is not None and text != rules.constant:
            yield Fault(NOT_CONSTANT, want=rules.constant)
        if rules.min_length is not None and length < rules.min_length:
            yield Fault(TOO_SHORT, got=length, want=rules.min_length)
        if rules.max_length is not None and length > rules.max_length:
            yield Fault(TOO_LONG, got=length, want=rules.max_length)
        if self.matcher and not self.matcher(text):
            yield Fault(NO_MATCH, want=rules.matches)
        if rules.values is not None and text not in rules.values:
            yield Fault(NOT_ALLOWED, want=", ".join(rules.values))
        if self.fault and (why := self.fault(text)):
            yield Fault(CHECK_FAILED, want=rules.check, why=why)

    def _number_faults(self, value: Any, text: str | None = None) -> Iterator[Fault]:
        """The rules about a number; when writing, its decimals are those of the written text."""
        if not isinstance(self.form, Number):
            return
        rules = self.field
        digits, decimals = self.form.count(Decimal(self.form.parse(text) if text else value))
        if rules.scale is not None and decimals > rules.scale:
            yield Fault(TOO_MANY_DECIMALS, got=decimals, want=rules.scale)
        if rules.digits is not None and digits > rules.digits:
            yield Fault(TOO_MANY_PLACES, got=digits, want=rules.digits)
        if rules.minimum is not None and value < rules.minimum:
            yield Fault(TOO_SMALL, want=rules.minimum)
        if rules.maximum is not None and value > rules.maximum:
            yield Fault(TOO_LARGE, want=rules.maximum)

    def _finding(self, fault: Fault, value: object, place: Mapping[str, Any]) -> Finding:
        return fault.code.at(**{"field": self.name, "value": value, **place, **fault.facts})


_TYPE_NAMES: Mapping[type, str] = {
    str: "text",
    int: "integer",
    bool: "boolean",
    dict: "structure",
    list: "list",
}
_NUMBERS = ("integer", "decimal", "money", "percent")


def _field_problems(field: ValueField) -> Iterator[str]:
    """Why the rules of a field cannot be used together."""
    if field.type not in _NUMBERS:
        for rule in ("digits", "minimum", "maximum", "scale", "decimal", "thousands", "sign"):
            if getattr(field, rule) is not None:
                yield f"`{rule}` is for numbers, but the type is {field.type}"
    if field.type != "boolean" and (field.true is not None or field.false is not None):
        yield f"`true` and `false` are for booleans, but the type is {field.type}"
    if field.thousands is not None and field.thousands == field.decimal:
        yield "the thousands sign and the decimal sign are the same"
    if field.min_length is not None and field.max_length is not None and field.min_length > field.max_length:
        yield "`min_length` is above `max_length`"
    if field.minimum is not None and field.maximum is not None and field.minimum > field.maximum:
        yield "`minimum` is above `maximum`"
    yield from _pattern_problems(field)
    yield from _name_problems(field)


def _pattern_problems(field: ValueField) -> Iterator[str]:
    if field.pattern is not None:
        if field.type in ("date", "datetime", "time"):
            problem = pattern_problem(field.type, field.pattern)
            yield from [problem] if problem else []
        else:
            yield f"`pattern` is for dates and times, but the type is {field.type}; texts have `matches`"
    if field.matches is not None:
        try:
            re.compile(field.matches)
        except re.error as error:
            yield f"`matches` is not a usable regular expression: {error}"


def _name_problems(field: ValueField) -> Iterator[str]:
    if field.check is not None:
        try:
            checks.get(field.check)
        except checks.UnknownCheckError as error:
            yield str(error)


def _overridden(dialect: Dialect, field: FieldBase) -> Dialect:
    """The dialect of the file with what the field says differently."""
    points = ("decimal", "thousands", "sign", "true", "false")
    said = {point: getattr(field, point, None) for point in points}
    return dialect.model_copy(update={point: value for point, value in said.items() if value is not None})


def _words(words: Words) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words)


def _refuse(problems: list[str]) -> None:
    if problems:
        raise ValueError("; ".join(problems))
