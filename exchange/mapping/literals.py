"""Literal texts of a mapping file as constants: what they mean is decided by the type of the target field."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from exchange.declare.places import PlacedText
from exchange.declare.problems import Problem
from exchange.mapping.bound import Const
from exchange.mapping.syntax import Node
from exchange.mapping.types import NOTHING, UNKNOWN, Type


def literal_text(text: PlacedText, kind: str, problems: list[Problem]) -> Const:
    """A text as a constant of a type; a problem when it is none."""
    node = Node(text, 0, len(text))
    if text.is_empty:
        return Const(node, NOTHING, None)
    try:
        return Const(node, Type(kind, empty=False), _MEANING[kind](str(text)))
    except (ValueError, InvalidOperation, KeyError):
        advice = f"Write {_EXAMPLES.get(kind, 'fields below it')}, or an expression that begins with =."
        problems.append(node.problem(f'"{text}" is not {Type(kind).words}.', advice))
        return Const(node, UNKNOWN, None)


def placed(value: Any) -> PlacedText:
    """A scalar with its place. Values from a file have one already; a bare key stands for empty."""
    if isinstance(value, PlacedText):
        return value
    if value is None:
        return PlacedText("", plain=True)
    return PlacedText(str(value), plain=not isinstance(value, str))


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


def _decimal(text: str) -> Decimal:
    value = Decimal(text)
    if not value.is_finite():
        raise ValueError(text)
    return value


_MEANING: dict[str, Any] = {
    "text": str,
    "integer": int,
    "decimal": _decimal,
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
    "time": time.fromisoformat,
    "boolean": _boolean,
}
_EXAMPLES = {
    "integer": "a number such as 12",
    "decimal": "a number such as 0.5",
    "date": "a day such as 2024-09-01",
    "datetime": "a moment such as 2024-09-01T12:00:00",
    "time": "a time such as 12:00:00",
    "boolean": "true or false",
}
