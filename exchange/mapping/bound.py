"""Expressions after names are resolved: what the code generator and the interpreter both walk.

A *frame* is an element that names are read from: the record, the element of an `each`, a child inside
`sum(…)`, the result. Every part knows its static type and the piece of text it came from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from exchange.mapping.functions import Function
from exchange.mapping.syntax import Node
from exchange.mapping.tables import Search
from exchange.mapping.types import Type


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """An element that fields are read from. variable: its name in the generated code; label: its name for
    people.
    """

    variable: str
    type: Type
    label: str


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """A part of a resolved expression."""

    node: Node
    type: Type


@dataclass(frozen=True, slots=True, eq=False)
class Const(Bound):
    """A literal, or a value of the site."""

    value: Any


@dataclass(frozen=True, slots=True)
class Step:
    """One name on a path. sure: what it is read from is always there; open: that is an open map, where any
    name may miss.
    """

    name: str
    sure: bool
    open: bool


@dataclass(frozen=True, slots=True, eq=False)
class Field(Bound):
    """A field of a frame, by its path."""

    frame: Frame
    path: tuple[Step, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Element(Bound):
    """A frame itself: the child in `only(lines, …)`."""

    frame: Frame


@dataclass(frozen=True, slots=True, eq=False)
class Fact(Bound):
    """A fact of the arrival."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Position(Bound):
    """Which element of its list the present one is, from 1; of an envelope, which one of the file."""

    frame: Frame


@dataclass(frozen=True, slots=True, eq=False)
class Local(Bound):
    """A name of `let`."""

    let: Let


@dataclass(frozen=True, slots=True, eq=False)
class Part(Bound):
    """A field of a computed structure."""

    base: Bound
    step: Step


@dataclass(frozen=True, slots=True, eq=False)
class Conform(Bound):
    """The operand as a value of this part's type: whole numbers become decimals, any other kind is a
    fault.
    """

    operand: Bound


@dataclass(frozen=True, slots=True, eq=False)
class Operation(Bound):
    """An operator with its operands. safe: their kinds are known to fit, so Python's own operator does.

    operator: + - * / == != < <= > >= with two operands, "-x" "+x" "not" with one.
    """

    operator: str
    operands: tuple[Bound, ...]
    safe: bool


@dataclass(frozen=True, slots=True, eq=False)
class Both(Bound):
    """`a and b`: the first operand that is not true, else the last."""

    operands: tuple[Bound, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Either(Bound):
    """`a or b`: the first operand that is neither empty nor false, else the last."""

    operands: tuple[Bound, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Pick(Bound):
    """`a if c else b`."""

    test: Bound
    yes: Bound
    no: Bound


@dataclass(frozen=True, slots=True, eq=False)
class Member(Bound):
    """`a in (b, c)` (options) or `a in list`."""

    item: Bound
    options: tuple[Bound, ...]
    list: Bound | None
    negated: bool
    safe: bool


@dataclass(frozen=True, slots=True, eq=False)
class Project(Bound):
    """One value for each child; flat: the values are lists and are strung together."""

    list: Bound
    frame: Frame
    item: Bound
    flat: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Filter(Bound):
    """The children for which a condition is true."""

    list: Bound
    frame: Frame
    condition: Bound


@dataclass(frozen=True, slots=True, eq=False)
class Apply(Bound):
    """A function with its arguments. guarded: for each argument whether its kind is known only at run
    time.
    """

    function: Function
    arguments: tuple[Bound, ...]
    guarded: tuple[bool, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Lookup(Bound):
    """A look-up in a table; on is the day that must lie in the row's validity."""

    search: Search
    keys: tuple[Bound, ...]
    on: Bound | None


@dataclass(slots=True, eq=False)
class Let:
    """A name for a value, computed once for each element of its frame."""

    name: str
    value: Bound
    variable: str = field(default="")


def operands(bound: Bound) -> tuple[Bound, ...]:
    """The parts that are computed in the same frame; what is computed for each child is not among them."""
    match bound:
        case Operation() | Both() | Either():
            return bound.operands
        case Pick():
            return (bound.test, bound.yes, bound.no)
        case Member():
            return (bound.item, *bound.options, *(() if bound.list is None else (bound.list,)))
        case Project() | Filter():
            return (bound.list,)
        case Apply():
            return bound.arguments
        case Lookup():
            return (*bound.keys, *(() if bound.on is None else (bound.on,)))
        case Part():
            return (bound.base,)
        case Conform():
            return (bound.operand,)
    return ()


def walk(bound: Bound) -> Iterator[Bound]:
    """The expression and every part of it, what is computed for each child included; not what names of
    `let` stand for.
    """
    yield bound
    inner: tuple[Bound, ...] = ()
    if isinstance(bound, Project):
        inner = (bound.item,)
    elif isinstance(bound, Filter):
        inner = (bound.condition,)
    for part in (*operands(bound), *inner):
        yield from walk(part)
