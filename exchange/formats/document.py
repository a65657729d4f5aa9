"""Documents: the neutral records of `schemas/common/`. They have fields but no bytes of their own; for
tests and for `exchange read --as common` they are JSON lines, with amounts as texts and dates in ISO 8601.

    layout: common/receivable
    format: document
    record: receivable
    fields: {number: {required: true}, open: {type: money}, due: {type: date}}
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, BinaryIO, Literal

from pydantic import Field as Described

from exchange.declare.layout import KindBase, LayoutBase, Name
from exchange.declare.problems import did_you_mean
from exchange.findings import Finding, Found, code
from exchange.formats.contract import Progress, Sniffed, Written
from exchange.formats.encoding import Unreadable, beginning, blocks
from exchange.formats.values import EMPTY, Codec, ValueField
from exchange.model import KIND, LINE, Batch, Record, batches

LINE_LIMIT = 4_000_000
"""The most characters of one document."""

NOT_A_DOCUMENT = code(
    "DOC001",
    "error",
    "Line {line} is not one JSON object: {why}.",
    advice="Write each document as one JSON object on one line.",
)
UNKNOWN_NAME = code("DOC002", "error", "Line {line}: {field} is not a field of a {kind}.", advice="{near}")
WRONG_KIND = code(
    "DOC003",
    "error",
    'The field {field} must hold {want}, but holds {got}: "{value}".',
    advice="Correct the document, or the mapping that made it.",
)


class Field(ValueField):
    """A value, a structure, a list or an open map; no place in any file."""

    fields: dict[Name, Field] | None = None


class Kind(KindBase):
    """The documents."""

    fields: dict[Name, Field]


class Layout(LayoutBase):
    """A kind of document."""

    format: Literal["document"]
    record: Name = Described(description="the kind of document, as expressions and files name it")
    fields: dict[Name, Field]

    def kinds(self) -> Mapping[str, KindBase]:
        """The one kind of document."""
        return {self.record: Kind(fields=self.fields)}


def to_json(value: Any) -> Any:
    """A record (or any value in one) ready for JSON: amounts are texts with all their decimals, dates ISO
    8601.

    >>> to_json({"amount": Decimal("12.50"), "due": date(2026, 1, 31), "@line": 7})
    {'amount': '12.50', 'due': '2026-01-31'}
    """
    if isinstance(value, dict):
        return {name: to_json(inner) for name, inner in value.items() if not name.startswith("@")}
    if isinstance(value, list):
        return [to_json(inner) for inner in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date | datetime | time) else value


def reader(layout: Layout) -> Documents:
    """A reader of documents of this kind."""
    return Documents(layout)


def writer(layout: Layout) -> Documents:
    """A writer of documents of this kind."""
    return Documents(layout)


def recognise(sample: bytes, layout: Layout) -> str | None:
    """By the names of the first document: all are fields of the layout, and none required is missing."""
    text = beginning(sample, "utf-8") or ""
    try:
        first = json.loads(text.partition("\n")[0])
    except ValueError:
        return None
    required = {name for name, field in layout.fields.items() if field.required}
    if not isinstance(first, dict) or not required <= set(first) <= set(layout.fields):
        return None
    return f"The first line is a JSON object whose names are fields of {layout.layout}."


def sniff(sample: bytes) -> Sniffed | None:
    """Nothing: without a layout, documents are JSON lines like any others."""
    return None


class Documents:
    """Reads and writes documents as JSON lines; both directions check every rule of the fields."""

    source = "# documents are read and written field by field; no code is generated for them\n"

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._codecs = {id(field): Codec(name, field) for name, field in _leaves(layout.fields)}

    def read(self, stream: BinaryIO, found: Found, progress: Progress | None = None) -> Iterator[Batch]:
        """The documents; see `contract.Reader`."""
        return batches(self._documents(stream, found, progress))

    def write(
        self, batches: Iterable[Batch], out: BinaryIO, spool: Callable[[], BinaryIO], found: Found
    ) -> Written:
        """Write each document on its line; see `contract.Writer`."""
        number = 0
        for record in (record for batch in batches for record in batch):
            findings = list(self._wrong(self._layout.fields, "", record, {"line": record.get(LINE)}))
            for finding in findings:
                found(finding)
            if not findings:
                out.write(json.dumps(to_json(record), ensure_ascii=False).encode() + b"\n")
                number += 1
        return Written({str(self._layout.record): number})

    def _documents(self, stream: BinaryIO, found: Found, progress: Progress | None) -> Iterator[Record]:
        try:
            for number, text in enumerate(_lines(stream, found, progress), 1):
                if text.strip():
                    yield from self._document(text, number, found)
        except Unreadable as stopped:
            found(stopped.finding)

    def _document(self, text: str, line: int, found: Found) -> Iterator[Record]:
        """The document on a line, unless something is wrong with it."""
        try:
            read = json.loads(
                text, parse_int=_Number, parse_float=_Number, parse_constant=_refuse, object_pairs_hook=_once
            )
        except (ValueError, RecursionError) as error:
            found(NOT_A_DOCUMENT.at(line=line, value=text, why=error))
            return
        if not isinstance(read, dict):
            found(NOT_A_DOCUMENT.at(line=line, value=text, why="it is something else"))
            return
        findings: list[Finding] = []
        record = self._structure(self._layout.fields, "", read, line, findings)
        for finding in findings:
            found(finding)
        if not findings:
            yield record | {KIND: str(self._layout.record), LINE: line}

    def _structure(
        self,
        fields: Mapping[str, Field],
        prefix: str,
        read: Mapping[str, Any],
        line: int,
        findings: list[Finding],
    ) -> Record:
        """The values of all fields of a structure."""
        for name in read:
            if name not in fields:
                near = did_you_mean(name, fields)
                findings.append(
                    UNKNOWN_NAME.at(line=line, field=prefix + name, kind=self._layout.record, near=near)
                )
        return {
            str(name): self._field(field, prefix + name, read.get(name), line, findings)
            for name, field in fields.items()
        }

    def _field(self, field: Field, name: str, read: Any, line: int, findings: list[Finding]) -> Any:
        """The value of a field: a list of values, or one."""
        if not field.many or read is None:
            return self._one(field, name, read, line, findings)
        if not isinstance(read, list):
            findings.append(_wrong_kind(name, "a list", read, line))
            return None
        return [self._one(field, f"{name}[{n}]", value, line, findings) for n, value in enumerate(read, 1)]

    def _one(self, field: Field, name: str, read: Any, line: int, findings: list[Finding]) -> Any:
        if read is None:
            findings += [EMPTY.at(field=name, line=line)] if field.required else []
            return None
        if field.fields is not None or field.open:
            if not isinstance(read, dict):
                findings.append(_wrong_kind(name, "an object", read, line))
                return None
            return (
                self._open(name, read, line, findings)
                if field.fields is None
                else self._structure(field.fields, f"{name}.", read, line, findings)
            )
        return self._value(field, name, read, line, findings)

    def _open(self, name: str, read: Mapping[str, Any], line: int, findings: list[Finding]) -> Record:
        """A map of any names to texts."""
        for inner, value in read.items():
            if type(value) is not str:
                findings.append(_wrong_kind(f"{name}.{inner}", "a text", value, line))
        return dict(read)

    def _value(self, field: Field, name: str, read: Any, line: int, findings: list[Finding]) -> Any:
        """A plain value: numbers may stand as texts or as numbers, true and false stand for themselves."""
        wanted = {"boolean": bool, "text": str}.get(field.type)
        if (wanted is not None and type(read) is not wanted) or not isinstance(read, str | bool):
            findings.append(_wrong_kind(name, f"a value of type {field.type}", read, line))
            return None
        text = str(read).lower() if isinstance(read, bool) else str(read)
        value, wrong = self._codecs[id(field)].read(text, line=line, field=name)
        findings += wrong
        return value

    def _wrong(
        self, fields: Mapping[str, Field], prefix: str, record: Mapping[str, Any], place: Mapping[str, Any]
    ) -> Iterator[Finding]:
        """Everything wrong with the values of a structure that is to be written."""
        for name in record:
            if name not in fields and not name.startswith("@"):
                near = did_you_mean(name, fields)
                yield UNKNOWN_NAME.at(field=prefix + name, kind=self._layout.record, near=near, **place)
        for name, field in fields.items():
            value = record.get(name)
            if value is None or value == []:
                yield from [EMPTY.at(field=prefix + name, **place)] if field.required else []
            elif field.many and not isinstance(value, list):
                yield _wrong_kind(prefix + name, "a list", value, place.get("line"))
            else:
                many = enumerate(value, 1) if field.many else [(0, value)]
                for number, one in many:
                    full = f"{prefix}{name}[{number}]" if field.many else prefix + name
                    yield from self._wrong_one(field, full, one, place)

    def _wrong_one(self, field: Field, name: str, value: Any, place: Mapping[str, Any]) -> Iterator[Finding]:
        if field.fields is None and not field.open:
            yield from self._codecs[id(field)].write(value, **place, field=name)[1]
        elif not isinstance(value, dict):
            yield _wrong_kind(name, "an object", value, place.get("line"))
        elif field.fields is not None:
            yield from self._wrong(field.fields, f"{name}.", value, place)


class _Number(str):
    """A JSON number as it is written."""

    __slots__ = ()


def _leaves(fields: Mapping[str, Field], prefix: str = "") -> Iterator[tuple[str, Field]]:
    for name, field in fields.items():
        yield prefix + name, field
        yield from _leaves(field.fields or {}, f"{prefix}{name}.")


def _lines(stream: BinaryIO, found: Found, progress: Progress | None) -> Iterator[str]:
    """The lines of a stream, none of them longer than the limit."""
    rest, number = "", 0
    for text in blocks(stream, "utf-8", found, progress):
        *whole, rest = (rest + text).split("\n")
        number += len(whole)
        yield from whole
        if len(rest) > LINE_LIMIT:
            why = f"it has more than {LINE_LIMIT} characters"
            raise Unreadable(NOT_A_DOCUMENT.at(line=number + 1, why=why))
    if rest:
        yield rest


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which every name stands once."""
    read = dict(pairs)
    if len(read) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f'the name "{next(name for name in names if names.count(name) > 1)}" stands twice')
    return read


def _wrong_kind(name: str, want: str, value: Any, line: int | None) -> Finding:
    kinds = {_Number: "a number", str: "a text", dict: "an object", list: "a list", bool: "true or false"}
    got = kinds.get(type(value), type(value).__name__)
    return WRONG_KIND.at(field=name, want=want, got=got, value=value, line=line)
