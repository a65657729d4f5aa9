"""Static types of expressions: what is known of a value before any file is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from exchange.model import FieldShape, KindShape, Shape

NUMBERS = frozenset({"integer", "decimal"})
WORDS = {
    "text": "text",
    "integer": "a whole number",
    "decimal": "a number",
    "date": "a date",
    "time": "a time of day",
    "datetime": "a moment",
    "boolean": "true or false",
    "structure": "a structure",
    "unknown": "a value",
    "nothing": "empty",
    "table": "a table",
    "calendar": "a calendar",
}
"""How messages name a type."""
_OF_FIELDS = {"money": "decimal", "percent": "decimal"}


@dataclass(frozen=True, slots=True)
class Type:
    """What is known of a value: name is one of WORDS, many tells a list of such values, empty that it may
    be empty.
    """

    name: str
    many: bool = False
    empty: bool = True
    fields: Mapping[str, Type] | None = None
    open: bool = False

    @property
    def is_number(self) -> bool:
        """One number."""
        return self.name in NUMBERS and not self.many

    @property
    def is_known(self) -> bool:
        """Whether the kind of value is known."""
        return self.name != "unknown"

    @property
    def words(self) -> str:
        """For messages: "text", "a list of numbers"."""
        return f"a list ({WORDS[self.name]} each)" if self.many else WORDS[self.name]

    def one(self) -> Type:
        """The type of an element of a list."""
        return replace(self, many=False)

    def filled(self) -> Type:
        """The same, never empty."""
        return replace(self, empty=False)

    def field(self, name: str) -> Type | None:
        """The type of a field of a structure, None when there is no such field."""
        if self.fields is not None and name in self.fields:
            return self.fields[name]
        return TEXT if self.open else None


UNKNOWN = Type("unknown")
TEXT = Type("text")
BOOLEAN = Type("boolean", empty=False)
NOTHING = Type("nothing")
"""The type of the literal `empty`."""
CALENDAR = Type("calendar", empty=False)


def of_field(shape: FieldShape) -> Type:
    """The type of a declared field. A list is never empty: without elements it is a list of none."""
    fields = {name: of_field(field) for name, field in shape.fields.items()} if shape.fields else None
    return Type(
        _OF_FIELDS.get(shape.type, shape.type), shape.repeated, not shape.repeated, fields, shape.open
    )


def of_kind(shape: Shape, kind: KindShape) -> Type:
    """The type of a record: its fields and, by the names of their kinds, the envelopes around it."""
    fields = {around.name: of_envelope(around) for around in shape.ancestors(kind.name)}
    fields |= {name: of_field(field) for name, field in kind.fields.items()}
    return Type("structure", empty=False, fields=fields)


def of_envelope(kind: KindShape) -> Type:
    """The type of an ancestor: it is always there."""
    return Type(
        "structure", empty=False, fields={name: of_field(field) for name, field in kind.fields.items()}
    )


def family(type_: Type) -> str:
    """Types of one family can be compared: whole numbers and decimals are one."""
    return "number" if type_.name in NUMBERS else type_.name


def join(first: Type, second: Type) -> Type:
    """The type of a value that is one or the other."""
    empty = first.empty or second.empty
    if NOTHING in (first, second):
        return replace(second if first == NOTHING else first, empty=True)
    if first.many != second.many or family(first) != family(second):
        return Type("unknown", empty=empty)
    if first.name != second.name:
        return Type("decimal", first.many, empty)
    return replace(first, empty=empty)


def of_value(value: object) -> str:
    """The name of the type of a value at run time; "empty" for None."""
    return _OF_VALUES.get(type(value).__name__, "unknown")


_OF_VALUES = {
    "NoneType": "empty",
    "str": "text",
    "PlacedText": "text",
    "int": "integer",
    "Decimal": "decimal",
    "bool": "boolean",
    "date": "date",
    "datetime": "datetime",
    "time": "time",
    "dict": "structure",
    "list": "list",
    "tuple": "list",
    "BankDays": "calendar",
}
