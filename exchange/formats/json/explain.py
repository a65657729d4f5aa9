"""The slow side of reading: the record of an object and all that is wrong with it, each with its place.

It is the truth; the generated code (`generate`) takes only what this takes, and gives the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from exchange.findings import Finding
from exchange.formats.json.complaints import WRONG_KIND, kind_of
from exchange.formats.json.layout import NUMBERS, JsonField
from exchange.formats.json.tokens import Places, Steps
from exchange.formats.values import EMPTY, Codec, Dialect

_EXPONENT = re.compile(r"-?[0-9]+(\.[0-9]+)?[eE][-+]?[0-9]{1,3}")


@dataclass(slots=True)
class Explainer:
    """Reads one object by the slow rules. findings: everything wrong with it."""

    codecs: Mapping[str, Codec]
    places: Places
    findings: list[Finding] = field(default_factory=list)

    def structure(
        self, fields: Mapping[str, JsonField], value: Mapping[str, Any], above: Steps, prefix: str
    ) -> dict[str, Any]:
        """The declared fields of an object."""
        return {
            name: self._field(prefix + name, child, value, above + child.steps(name))
            for name, child in fields.items()
        }

    def _field(self, name: str, declared: JsonField, holder: Mapping[str, Any], steps: Steps) -> Any:
        value: Any = holder
        own = declared.steps(name.rpartition(".")[2])
        for position, key in enumerate(own):
            if value is None:
                break
            if not isinstance(value, dict):
                return self._wrong(name, "an object", value, steps[: len(steps) - len(own) + position])
            value = value.get(key)
        if not declared.many:
            return self._one(name, declared, value, steps)
        if value is not None and not isinstance(value, list):
            return self._wrong(name, "a list", value, steps)
        if not value and declared.required:
            self._say(EMPTY.at(field=name, **self.places.of(steps)))
        return [
            self._one(name, declared, item, (*steps, index), True) for index, item in enumerate(value or [])
        ]

    def _one(self, name: str, declared: JsonField, value: Any, steps: Steps, item: bool = False) -> Any:
        """A structure, an open map or a plain value; required is a matter of the list when it is an item."""
        if declared.fields is None and not declared.open:
            return self._plain(name, declared, value, steps, item)
        if isinstance(value, dict):
            if declared.open:
                return {key: self._open(name, inner, (*steps, key)) for key, inner in value.items()}
            return self.structure(declared.fields or {}, value, steps, f"{name}.")
        if value is not None or item:
            return self._wrong(name, "an object", value, steps)
        if declared.required:
            self._say(EMPTY.at(field=name, **self.places.of(steps)))
        return None

    def _open(self, name: str, value: Any, steps: Steps) -> Any:
        if value is None or isinstance(value, str):
            return value
        return self._wrong(f"{name}.{steps[-1]}", "a text or a number", value, steps)

    def _plain(self, name: str, declared: JsonField, value: Any, steps: Steps, item: bool) -> Any:
        codec = self.codecs[name]
        if isinstance(value, bool) and declared.type == "boolean":
            value = codec.form.render(value, None)
        if value is None and item:
            return None
        if value is not None and not isinstance(value, str):
            return self._wrong(name, "a single value", value, steps)
        place = self.places.of(steps)
        result, findings = codec.read(without_exponent(value, declared), **place)
        self.findings += findings
        return result

    def _wrong(self, name: str, want: str, value: Any, steps: Steps) -> None:
        place = self.places.of(steps)
        self._say(WRONG_KIND.at(field=name, want=want, got=kind_of(value), **place))

    def _say(self, finding: Finding) -> None:
        self.findings.append(finding)


def without_exponent(text: str | None, declared: JsonField) -> str | None:
    """A number such as 1.5e3 as 1500; JSON allows it, our number rules do not. The value is the same."""
    if text is None or declared.type not in NUMBERS or not _EXPONENT.fullmatch(text):
        return text
    return format(Decimal(text), "f")


def codecs_of(fields: Mapping[str, JsonField], dialect: Dialect, prefix: str = "") -> dict[str, Codec]:
    """The codec of every plain field, by dotted name. Items of a list may be empty."""
    made: dict[str, Codec] = {}
    for name, declared in fields.items():
        if declared.fields is not None:
            made |= codecs_of(declared.fields, dialect, f"{prefix}{name}.")
        elif not declared.open:
            plain = declared.model_copy(update={"required": False}) if declared.many else declared
            made[prefix + name] = Codec(prefix + name, plain, dialect)
    return made
