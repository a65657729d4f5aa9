"""Values of any kind: what stands for empty, the least of some, one out of several cases."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, TypeVar

from exchange.mapping.operators import EMPTY_ADVICE, Fault, equal, less

KEEPS_FILLED = frozenset({"least", "greatest"})
T = TypeVar("T")
Ordered = TypeVar("Ordered", str, Decimal, int, date, datetime, time)


def default(value: T | None, fallback: T) -> T:
    """The value, or the fallback where it is empty. `default(empty, 0) → 0`"""
    return fallback if value is None else value


def coalesce(*values: T | None) -> T | None:
    """The first value that is not empty. `coalesce(empty, "a", "b") → "a"`"""
    return next((value for value in values if value is not None), None)


def is_empty(value: Any) -> bool:
    """Whether there is no value. `is_empty(empty) → true`"""
    return value is None


def choose(value: Any, *cases: Any) -> Any:
    """The result beside the first case that equals the value; an odd last one stands for all others.

    Without one, a value that is no case is a finding. `choose("B", "A", 1, "B", 2, 0) → 2`
    """
    for position in range(0, len(cases) - 1, 2):
        if equal(value, cases[position]):
            return cases[position + 1]
    if len(cases) % 2:
        return cases[-1]
    raise Fault("the value is none of the cases", "Add the case, or a last argument for all others.")


def least(*values: Ordered) -> Ordered | None:
    """The least of some values. `least(3, 1.5, 2) → 1.5`"""
    return _outermost(values, less)


def greatest(*values: Ordered) -> Ordered | None:
    """The greatest of some values. `greatest(3, 1.5, 2) → 3`"""
    return _outermost(values, lambda value, best: less(best, value))


def _outermost(values: tuple[T, ...], better: Any) -> T | None:
    best: T | None = None
    for value in values:
        if value is None:
            raise Fault("a value is empty, and empty has no order", EMPTY_ADVICE)
        if best is None or better(value, best):
            best = value
    return best
