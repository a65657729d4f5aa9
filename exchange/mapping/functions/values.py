"""Values of any kind: what stands for empty, the least of some, one out of several cases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, TypeVar

from exchange.mapping.functions import Argument, Constant
from exchange.mapping.operators import EMPTY_ADVICE, Fault, equal, less

KEEPS_FILLED = frozenset({"least", "greatest"})
TOTAL = frozenset({"default", "coalesce", "is_empty"})
_HASHED = frozenset({"text", "integer", "decimal", "date", "datetime"})
T = TypeVar("T")
Ordered = TypeVar("Ordered", str, Decimal, int, date, datetime, time)


def default(value: T | None, fallback: T) -> T:
    """The value, or the fallback where it is empty. `default(empty, 0) → 0`"""
    return fallback if value is None else value


def coalesce(*values: T | None) -> T | None:
    """The first value that is not empty. `coalesce(empty, "a", "b") → "a"`"""
    # Called for nearly every field of a statement: a generator takes three times as long.
    for value in values:
        if value is not None:
            return value
    return None


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


def _inline_default(arguments: Sequence[Argument], constant: Constant) -> str | None:
    return _first_given(arguments)


def _inline_coalesce(arguments: Sequence[Argument], constant: Constant) -> str | None:
    return _first_given(arguments)


def _first_given(arguments: Sequence[Argument]) -> str | None:
    """The first that is not empty; only the first may fail, because the others need not be computed."""
    if not all(argument.total for argument in arguments[1:]):
        return None
    first, rest = arguments[0], arguments[1:]
    if not rest or not first.type.empty:
        return first.code
    if first.code.isidentifier():
        return f"({first.code} if {first.code} is not None else {_first_given(rest)})"
    return f"({first.name} if ({first.name} := {first.code}) is not None else {_first_given(rest)})"


def _inline_is_empty(arguments: Sequence[Argument], constant: Constant) -> str | None:
    value = arguments[0]
    return f"({value.code} is None)" if value.code.isidentifier() else None


def _inline_choose(arguments: Sequence[Argument], constant: Constant) -> str | None:
    """A look-up in a dict, where cases and results are literals of kinds that can be compared."""
    value, cases = arguments[0], arguments[1:]
    known = value.type.name in _HASHED and not value.type.many
    alike = all(case.constant and case.type.name == value.type.name for case in cases[: len(cases) - 1 : 2])
    if not (known and alike and all(case.constant for case in cases)):
        return None
    pairs = list(zip(cases[::2], cases[1::2], strict=False))
    results = constant({case.value: result.value for case, result in reversed(pairs)})
    return f"{results}.get({value.code}, {cases[-1].code})" if len(cases) % 2 else f"{results}[{value.code}]"


INLINE = {
    "default": _inline_default,
    "coalesce": _inline_coalesce,
    "is_empty": _inline_is_empty,
    "choose": _inline_choose,
}
