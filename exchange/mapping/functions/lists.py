"""Lists: fields of children, `lines.net`, or a value for each child, `sum(lines, price * quantity)`.

Empty elements are an error in sums and orders, as in all arithmetic; `distinct`, `join` and `count` of
values leave them out. A list of which there is nothing has the sum 0; first, last, min and max of it are
empty.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, TypeVar

from exchange.mapping.functions import Argument, Constant, Inline
from exchange.mapping.operators import EMPTY_ADVICE, Fault, less, number

TOTAL = frozenset({"count", "first", "last", "only", "values"})
T = TypeVar("T")
N = TypeVar("N", Decimal, int)
Ordered = TypeVar("Ordered", str, Decimal, int, date, datetime, time)
PER_CHILD = {
    "sum": "value",
    "min": "value",
    "max": "value",
    "join": "value",
    "distinct": "value",
    "any": "value",
    "all": "value",
    "values": "value",
    "count": "condition",
    "first": "condition",
    "last": "condition",
    "only": "condition",
}
"""Which functions compute their second argument for each child: a value of it, or a condition that it must
meet.
"""

OF_SINGLE = {"min": "least", "max": "greatest", "join": "joined"}
"""Which function is meant when the first argument is no list: `min(a, b)`, `join(" ", a, b)`."""


def sum_(values: list[N], start: N = 0) -> N:  # type: ignore[assignment]
    """The sum; 0 of none. `sum(lines.net) → 30.00` `sum(lines, price * quantity) → 30.00`"""
    total: Any = start
    for value in values:
        total = total + number(value, "sum")
    return total  # type: ignore[no-any-return]


def count(values: list[Any]) -> int:
    """How many; of values those that are not empty. `count(lines) → 2` `count(lines, net > 10) → 1`"""
    return len([value for value in values if value is not None])


def first(values: list[T]) -> T | None:
    """The first, or the first that meets a condition; empty when there is none. `first(lines).net → 10.00`"""
    return values[0] if values else None


def last(values: list[T]) -> T | None:
    """The last, or the last that meets a condition; empty when there is none. `last(lines).net → 20.00`"""
    return values[-1] if values else None


def only(values: list[T]) -> list[T]:
    """The children that meet a condition. `sum(only(lines, net > 10).net) → 20.00`"""
    return values


def values(values: list[T]) -> list[T]:
    """A value for each child. `first(values(lines, net * 2)) → 20.00`"""
    return values


def distinct(values: list[T]) -> list[T]:
    """Each value once, in the order of first appearance, without empty ones.

    `count(distinct(lines.unit)) → 1`
    """
    return list(dict.fromkeys(value for value in values if value is not None))


def join(values: list[str], separator: str = "") -> str | None:
    """Texts in one, with a separator between; empty ones are left out.

    `join(lines.name, ", ") → "Bolt, Nut"`
    """
    for value in values:
        if value is not None and not isinstance(value, str):
            raise Fault("only texts can be joined", 'Write join(lines, text(quantity), ", ").')
    return separator.join([value for value in values if value is not None]) or None


def any_(conditions: list[bool]) -> bool:
    """Whether a condition is true of one child at least. `any(lines, net > 15) → true`"""
    return any(conditions)


def all_(conditions: list[bool]) -> bool:
    """Whether a condition is true of every child; also true of none at all. `all(lines, net > 0) → true`"""
    return all(conditions)


def min_(values: list[Ordered]) -> Ordered | None:
    """The least; empty of none. `min(lines.net) → 10.00`"""
    return _outermost(values, lambda value, best: less(value, best))


def max_(values: list[Ordered]) -> Ordered | None:
    """The greatest; empty of none. `max(lines.net) → 20.00`"""
    return _outermost(values, lambda value, best: less(best, value))


def _outermost(values: list[T], better: Callable[[T, T], bool]) -> T | None:
    if any(value is None for value in values):
        raise Fault("an element is empty, and empty has no order", EMPTY_ADVICE)
    best: T | None = None
    for value in values:
        if best is None or better(value, best):
            best = value
    return best


def _inline_sum(arguments: Sequence[Argument], constant: Constant) -> str | None:
    elements, start = arguments
    known = elements.type.name in ("decimal", "integer") and start.type.name == elements.type.name
    return f"sum({elements.code}, {start.code})" if known else None


def _inline_count(arguments: Sequence[Argument], constant: Constant) -> str | None:
    return f"len({arguments[0].code})" if arguments[0].type.name == "structure" else None


def _inline_same(arguments: Sequence[Argument], constant: Constant) -> str | None:
    return arguments[0].code


def _inline_at(place: int) -> Inline:
    """The element of a place, empty where there is none."""

    def inline(arguments: Sequence[Argument], constant: Constant) -> str | None:
        name = arguments[0].name
        return f"({name}[{place}] if ({name} := {arguments[0].code}) else None)"

    return inline


INLINE = {
    "sum": _inline_sum,
    "count": _inline_count,
    "first": _inline_at(0),
    "last": _inline_at(-1),
    "only": _inline_same,
    "values": _inline_same,
}
