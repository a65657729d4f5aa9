"""Records → JSON text: the slow side, which explains, and the generated fast side, which gives the same text.

What is empty is left out. Numbers and booleans are written as such, unless a field says `as: text` or has a
form that JSON numbers do not have (decimal comma).
"""

from __future__ import annotations

import json.encoder
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from exchange.findings import Finding
from exchange.formats import encoding
from exchange.formats.json.complaints import NO_NUMBER, WRONG_SHAPE, kind_of
from exchange.formats.json.layout import NUMBERS, JsonField, Tree
from exchange.formats.values import EMPTY, Codec, Refused

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?").fullmatch
quoted: Callable[[str], str] = json.encoder.encode_basestring
"""A text in quotes, with the escapes that JSON demands and no others."""


def bare(declared: JsonField, codec: Codec) -> bool:
    """Whether a value is written without quotes, as a number or a boolean."""
    if declared.as_ is not None:
        return declared.as_ == "number"
    dialect = codec.dialect
    if declared.type in NUMBERS:
        return dialect.decimal == "." and dialect.thousands is None and dialect.sign == "leading"
    return declared.type == "boolean"


def literals(codec: Codec) -> dict[str, str]:
    """The words of a boolean → the literals of JSON."""
    return {str(codec.form.render(value, None)): "true" if value else "false" for value in (True, False)}


@dataclass(slots=True)
class Renderer:
    """Writes one record by the slow rules. findings: everything that breaks the layout."""

    codecs: Mapping[str, Codec]
    place: Mapping[str, Any]
    encoding: str = "utf-8"
    findings: list[Finding] = field(default_factory=list)

    def structure(self, fields: Mapping[str, JsonField], values: Mapping[str, Any], prefix: str = "") -> str:
        """The object of a structure."""
        return "{" + ",".join(self.members(Tree.of(fields), fields, values, prefix)) + "}"

    def members(
        self, tree: Tree, fields: Mapping[str, JsonField], values: Mapping[str, Any], prefix: str
    ) -> list[str]:
        """The members of an object, without those that are empty."""
        made: list[str] = []
        for key, at in tree.items():
            if isinstance(at, Tree):
                inner = ",".join(self.members(at, fields, values, prefix))
                text = f"{{{inner}}}" if inner else ""
            else:
                text = self._field(prefix + at, fields[at], values.get(at))
            made += [f"{quoted(key)}:{text}"] if text else []
        return made

    def _field(self, name: str, declared: JsonField, value: Any) -> str:
        if not declared.many:
            return self._one(name, declared, value)
        if value is not None and not isinstance(value, list):
            return self._wrong(name, "a list", value)
        if not value:
            if declared.required:
                self.findings.append(EMPTY.at(field=name, **self.place))
            return ""
        return "[" + ",".join(self._one(name, declared, item) or "null" for item in value) + "]"

    def _one(self, name: str, declared: JsonField, value: Any) -> str:
        if declared.fields is None and not declared.open:
            return self._plain(name, declared, value)
        if isinstance(value, dict):
            return (
                self._open(name, value)
                if declared.open
                else self.structure(declared.fields or {}, value, f"{name}.")
            )
        if value is not None:
            return self._wrong(name, "a structure", value)
        if declared.required and not declared.many:
            self.findings.append(EMPTY.at(field=name, **self.place))
        return ""

    def _open(self, name: str, value: Mapping[str, Any]) -> str:
        members = []
        for key, inner in value.items():
            if inner is None:
                continue
            if not isinstance(inner, str):
                return self._wrong(f"{name}.{key}", "texts", inner)
            self._encodable(f"{name}.{key}", key + inner)
            members.append(f"{quoted(key)}:{quoted(inner)}")
        return "{" + ",".join(members) + "}" if members else ""

    def _plain(self, name: str, declared: JsonField, value: Any) -> str:
        codec = self.codecs[name]
        text, findings = codec.write(value, **self.place)
        self.findings += findings
        if findings or not text:
            return ""
        self._encodable(name, text)
        if not bare(declared, codec):
            return quoted(text)
        if declared.type == "boolean":
            return literals(codec)[text]
        if not NUMBER(text):
            self.findings.append(NO_NUMBER.at(field=name, value=text, **self.place))
        return text

    def _encodable(self, name: str, text: str) -> None:
        finding = encoding.unwritable_finding(text, self.encoding, field=name, **self.place)
        self.findings += [finding] if finding is not None else []

    def _wrong(self, name: str, want: str, value: Any) -> str:
        self.findings.append(WRONG_SHAPE.at(field=name, want=want, got=kind_of(value), **self.place))
        return ""


@dataclass(slots=True)
class Coder:
    """Generates the function `text(r)` of one kind: a record as JSON, or Refused."""

    codecs: Mapping[str, Codec]
    names: dict[str, object] = field(default_factory=dict)
    functions: list[str] = field(default_factory=list)
    _used: int = 0

    def kind(self, fields: Mapping[str, JsonField]) -> None:
        """The function of the whole record."""
        self.names.update(Refused=Refused, quoted=quoted, NUMBER=NUMBER, open_map=open_map)
        self._structure("text", fields, "")

    @property
    def source(self) -> str:
        """The Python source, for people and for the compiler."""
        return "\n\n".join(self.functions) + "\n"

    def compiled(self) -> Callable[[dict[str, Any]], str]:
        """The `text` function."""
        exec(compile(self.source, "<json writer>", "exec"), self.names)
        return self.names["text"]  # type: ignore[return-value]

    def _new(self, letter: str) -> str:
        self._used += 1
        return f"{letter}{self._used}"

    def _structure(self, function: str, fields: Mapping[str, JsonField], prefix: str) -> str:
        lines = [
            "p = []",
            *self._members(Tree.of(fields), fields, prefix, "p"),
            "return '{' + ','.join(p) + '}'",
        ]
        self.functions.append("\n".join([f"def {function}(r):", *(f"    {line}" for line in lines)]))
        return function

    def _members(self, tree: Tree, fields: Mapping[str, JsonField], prefix: str, parts: str) -> list[str]:
        """The lines that add the members of an object to the list `parts`."""
        lines: list[str] = []
        for key, at in tree.items():
            start = f"{quoted(key)}:"
            if isinstance(at, Tree):
                own = self._new("p")
                lines += [f"{own} = []", *self._members(at, fields, prefix, own)]
                lines += [f"if {own}: {parts}.append({start + '{'!r} + ','.join({own}) + '}}')"]
            else:
                lines += [f"v = r.get({at!r})", *self._field(prefix + at, fields[at], start, parts)]
        return lines

    def _field(self, name: str, declared: JsonField, start: str, parts: str) -> list[str]:
        if not declared.many:
            return self._one(name, declared, start, parts)
        function = self._new("item")
        lines = ["p = []", *self._one(name, declared, "", "p"), "return p[0] if p else 'null'"]
        self.functions.append("\n".join([f"def {function}(v):", *(f"    {line}" for line in lines)]))
        empty = "raise Refused" if declared.required else "pass"
        return [
            "if v.__class__ is list and v:",
            f"    {parts}.append({start + '['!r} + ','.join([{function}(i) for i in v]) + ']')",
            f"elif v is None or v == []: {empty}",
            "else: raise Refused",
        ]

    def _one(self, name: str, declared: JsonField, start: str, parts: str) -> list[str]:
        if declared.fields is None and not declared.open:
            return self._plain(name, declared, start, parts)
        empty = "raise Refused" if declared.required and not declared.many else "pass"
        if declared.open:
            added = ["    m = open_map(v)", f"    if m: {parts}.append({start!r} + m)"]
        else:
            function = self._structure(self._new("s"), declared.fields or {}, f"{name}.")
            added = [f"    {parts}.append({start!r} + {function}(v))"]
        return ["if v.__class__ is dict:", *added, f"elif v is None: {empty}", "else: raise Refused"]

    def _plain(self, name: str, declared: JsonField, start: str, parts: str) -> list[str]:
        codec, into = self.codecs[name], self._new("t")
        lines = codec.write_code("v", into, self.names)
        if not bare(declared, codec):
            return [*lines, f"if {into}: {parts}.append({start!r} + quoted({into}))"]
        if declared.type == "boolean":
            self.names[f"{into}_literals"] = literals(codec)
            return [*lines, f"if {into}: {parts}.append({start!r} + {into}_literals[{into}])"]
        check = f"    if not NUMBER({into}): raise Refused"
        return [*lines, f"if {into}:", check, f"    {parts}.append({start!r} + {into})"]


def open_map(value: Mapping[str, Any]) -> str:
    """An open map as an object, "" when it is empty; Refused when it holds anything but texts."""
    given = {key: inner for key, inner in value.items() if inner is not None}
    if any(inner.__class__ is not str for inner in given.values()):
        raise Refused
    members = ",".join(f"{quoted(key)}:{quoted(inner)}" for key, inner in given.items())
    return f"{{{members}}}" if members else ""
