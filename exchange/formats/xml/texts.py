"""Texts for XML: escaping, characters that XML cannot carry, and telling what is wrong with a record to be written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from exchange.findings import Finding, Found
from exchange.formats.values import EMPTY, Codec, Refused
from exchange.formats.xml.complaints import UNWRITABLE, WRONG_SHAPE
from exchange.model import LINE, Record

ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML cannot carry."""
GUARD = re.compile('[&<>"\x00-\x1f\ud800-\udfff\ufffe\uffff]').search
"""Finds a character that a text cannot be written with as it is."""
_TEXT = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord("\r"): "&#13;"}
_QUOTED = {**_TEXT, ord('"'): "&quot;", ord("\n"): "&#10;", ord("\t"): "&#9;"}


def escaped(text: str) -> str:
    """A text between tags; raises Refused when XML cannot carry it."""
    if ILLEGAL.search(text):
        raise Refused
    return text.translate(_TEXT)


def quoted(text: str) -> str:
    """A text between double quotation marks; raises Refused when XML cannot carry it."""
    if ILLEGAL.search(text):
        raise Refused
    return text.translate(_QUOTED)


class Teller:
    """Collects what the slow code finds in one record after another, with the record's own place in the source."""

    def __init__(self, found: Found) -> None:
        self._found = found
        self.begin({}, "")

    def begin(self, record: Record, path: str) -> None:
        """From now on findings are about this record, written at this path."""
        self._path = path
        self._inside: list[str] = []
        self._items = Counter[str]()
        line = record.get(LINE)
        self._line = line if isinstance(line, int) else None

    def item(self, path: str) -> None:
        """From now on findings are about the next item of the list at this path."""
        around = "".join(self._inside)
        self._items[f"{around}/{path}"] += 1
        self._inside.append(f"/{path}[{self._items[f'{around}/{path}']}]")

    def leave(self) -> None:
        """The item is written."""
        self._inside.pop()

    def put(self, codec: Codec, value: Any, where: str) -> str:
        """The escaped text of a value; everything that is wrong with it is told."""
        text, findings = codec.write(value, **self._at(where))
        for finding in findings:
            self.tell(finding)
        illegal = ILLEGAL.search(text)
        if illegal:
            point = f"{ord(illegal[0]):04X}"
            shown = text.encode("unicode_escape").decode()
            self.tell(UNWRITABLE.at(field=codec.name, value=shown, point=point, **self._at(where)))
            return ""
        return quoted(text) if "@" in where.rpartition("/")[2] else escaped(text)

    def structure(self, value: Any, field: str) -> Mapping[str, Any] | None:
        """A structure as it is; anything else is told."""
        if value is None or isinstance(value, dict):
            return value
        self.tell(
            WRONG_SHAPE.at(line=self._line, path=self._path, field=field, want="a structure", value=value)
        )
        return None

    def list(self, value: Any, field: str) -> list[Any]:
        """A list as it is, empty for None; anything else is told."""
        if value is None or isinstance(value, list):
            return value or []
        self.tell(WRONG_SHAPE.at(line=self._line, path=self._path, field=field, want="a list", value=value))
        return []

    def missing(self, field: str, where: str) -> None:
        """Tell that something required is missing."""
        self.tell(EMPTY.at(field=field, **self._at(where)))

    def tell(self, finding: Finding) -> None:
        """Pass a finding on."""
        self._found(finding)

    def _at(self, where: str) -> dict[str, Any]:
        path = self._path + "".join(self._inside)
        return {"line": self._line, "path": path if where == "." else f"{path}/{where}"}
