"""Parts of expressions as values of another type, and what to write where nothing is converted by itself."""

from __future__ import annotations

from decimal import Decimal

from exchange.mapping.bound import Bound, Conform, Const
from exchange.mapping.syntax import Literal
from exchange.mapping.types import NOTHING, Type, of_value

CONVERT = {
    ("number", "text"): "Write text(x), or format_number(x, 2) for a fixed number of decimals.",
    ("date", "text"): 'Write format_date(x, "%Y-%m-%d").',
    ("datetime", "text"): 'Write format_date(x, "%Y-%m-%dT%H:%M:%S").',
    ("text", "number"): "Write number(x).",
    ("text", "date"): 'Write date(x, "%d.%m.%Y").',
    ("datetime", "date"): "Write date_of(x).",
}
"""What to write when a value of one family stands where another is wanted."""


def literal(node: Literal) -> Const:
    """A constant with its type."""
    kind = of_value(node.value)
    return Const(node, NOTHING if kind == "empty" else Type(kind, empty=False), node.value)


def widened(bound: Bound, common: Type) -> Bound:
    """A whole number among decimals becomes one, so that a decimal type always means a Decimal."""
    return as_type(bound, "decimal") if common.name == "decimal" and bound.type.name == "integer" else bound


def as_type(bound: Bound, name: str) -> Bound:
    """The part as a value of another type; constants at once."""
    if isinstance(bound, Const) and type(bound.value) is int and name == "decimal":
        return Const(bound.node, Type(name, empty=False), Decimal(bound.value))
    return Conform(bound.node, Type(name, bound.type.many, bound.type.empty), bound)
