"""The interpreter of expressions: slow, and it knows which part failed. Same semantics as the generated
code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from exchange.findings import shorten
from exchange.mapping import operators
from exchange.mapping.bound import (
    Apply,
    Both,
    Bound,
    Conform,
    Const,
    Either,
    Element,
    Fact,
    Field,
    Filter,
    Frame,
    Let,
    Local,
    Lookup,
    Member,
    Operation,
    Part,
    Pick,
    Position,
    Project,
    operands,
)
from exchange.mapping.functions import Function
from exchange.mapping.operators import FAILURES, Fault
from exchange.model import ArrivalFacts
from exchange.wording import counted

SHOWN = 8
"""How many operand values a message tells."""
LONGEST = 160
"""So many characters of a text a message shows: an address in three or four lines must be seen whole."""


class Stuck(Exception):
    """A part of an expression cannot be computed."""

    def __init__(self, bound: Bound, env: Env, fault: Fault) -> None:
        super().__init__(fault.message)
        self.bound, self.env, self.fault = bound, env, fault


class Hidden(Exception):
    """A value rests on another that failed and has been told already."""


@dataclass(frozen=True, slots=True)
class Env:
    """What names stand for. frames: the present element of each; positions: its number in its list; lets:
    values of `let`, Hidden where they failed.
    """

    facts: ArrivalFacts
    frames: dict[Frame, Any] = field(default_factory=dict)
    lets: dict[Let, Any] = field(default_factory=dict)
    positions: dict[Frame, int] = field(default_factory=dict)

    def inside(self, frame: Frame, element: Any, position: int = 0) -> Env:
        """The same with an element for one more frame, and its number in its list where it has one."""
        positions = {**self.positions, frame: position} if position else self.positions
        return replace(
            self, frames={**self.frames, frame: element}, lets=dict(self.lets), positions=positions
        )


def evaluate(bound: Bound, env: Env) -> Any:
    """The value of a part. Raises Stuck where it cannot be computed, Hidden where that has been told."""
    match bound:
        case Const():
            return bound.value
        case Field():
            return _read(bound, env)
        case Element():
            return env.frames[bound.frame]
        case Fact():
            return getattr(env.facts, bound.name)
        case Position():
            return env.positions.get(bound.frame)
        case Local():
            return _local(bound, env)
        case Project() | Filter():
            return _children(bound, env)
        case Both() | Either() | Pick() | Member():
            return _logic(bound, env)
    values = [evaluate(operand, env) for operand in operands(bound)]
    return _guarded(bound, env, _computation(bound), values)


def truth(bound: Bound, env: Env) -> bool:
    """Whether a condition holds."""
    return bool(_guarded(bound, env, operators.truth, [evaluate(bound, env)]))


def _read(bound: Field, env: Env) -> Any:
    value = env.frames[bound.frame]
    for step in bound.path:
        value = None if value is None else value.get(step.name)
        if isinstance(value, Hidden):
            raise value
    return value or [] if bound.type.many else value


def _local(bound: Local, env: Env) -> Any:
    value = env.lets[bound.let]
    if isinstance(value, Hidden):
        raise value
    return value


def _children(bound: Project | Filter, env: Env) -> list[Any]:
    children = evaluate(bound.list, env)
    if isinstance(bound, Filter):
        return [child for child in children if truth(bound.condition, env.inside(bound.frame, child))]
    made = [evaluate(bound.item, env.inside(bound.frame, child)) for child in children]
    return operators.chain(made) if bound.flat else made


def _logic(bound: Both | Either | Pick | Member, env: Env) -> Any:
    match bound:
        case Pick():
            return evaluate(bound.yes if truth(bound.test, env) else bound.no, env)
        case Both():
            return _both(bound.operands, env)
        case Either():
            return _either(bound.operands, env)
    item = evaluate(bound.item, env)
    options = (
        [evaluate(option, env) for option in bound.options]
        if bound.list is None
        else evaluate(bound.list, env)
    )
    return _guarded(bound, env, operators.among, [item, options]) != bound.negated


def _both(parts: Iterable[Bound], env: Env) -> Any:
    value: Any = True
    for part in parts:
        value = _guarded(part, env, operators.truth, [evaluate(part, env)])
        if not value:
            break
    return value


def _either(parts: Iterable[Bound], env: Env) -> Any:
    value: Any = None
    for part in parts:
        value = evaluate(part, env)
        if value is not None and value is not False:
            break
    return value


def _computation(bound: Bound) -> Callable[..., Any]:
    """What is done with the values of the operands."""
    match bound:
        case Operation(operator="not"):
            return lambda value: not operators.truth(value)
        case Operation(operator="-x" | "+x"):
            return operators.SIGNS[bound.operator[0]]
        case Operation():
            return {**operators.ARITHMETICS, **operators.COMPARISONS}[bound.operator]
        case Part():
            if bound.type.many:
                return lambda base: operators.part(base, bound.step.name) or []
            return lambda base: operators.part(base, bound.step.name)
        case Conform():
            return lambda value: operators.conform(value, bound.type.name)
        case Lookup():
            return lambda *values: _search(bound, values)
        case Apply():
            return lambda *values: _call(bound.function, values)
    raise TypeError(f"no such part: {bound!r}")


def _search(bound: Lookup, values: tuple[Any, ...]) -> Any:
    if bound.on is None:
        return bound.search(*values)
    return bound.search(*values[:-1], on=values[-1])


def _call(function: Function, values: tuple[Any, ...]) -> Any:
    for position, value in enumerate(values):
        parameter = function.parameter(position)
        assert parameter is not None
        wrong = None if value is None and parameter.optional else parameter.accepts.misfit(value)
        if wrong:
            raise Fault(
                f'"{parameter.name}" of {function.name} {wrong}',
                operators.EMPTY_ADVICE if value is None else "",
            )
    return function.call(*values)


def _guarded(bound: Bound, env: Env, compute: Callable[..., Any], values: list[Any]) -> Any:
    """The computed value; whatever stops it is told with the part that it stopped."""
    try:
        return compute(*values)
    except Fault as fault:
        raise Stuck(bound, env, fault) from fault
    except FAILURES as wrong:
        raise Stuck(
            bound, env, Fault(f"it cannot be computed from these values ({wrong or type(wrong).__name__})")
        ) from wrong


def told(bound: Bound, env: Env) -> list[tuple[str, Any]]:
    """The operands of a part with their values, for messages: `price is empty, quantity is 3`."""
    found: dict[str, Any] = {}
    for part in _leaves(bound):
        try:
            found.setdefault(part.node.text, evaluate(part, env))
        except (Stuck, Hidden, KeyError):
            continue
    return list(found.items())[:SHOWN]


def culprit(that: Bound, env: Env) -> tuple[Bound, Env, Mapping[str, Any]]:
    """What a condition that does not hold failed by, and where: of one about all children, the first that does not meet it.
    The last is that child, empty where there is none.
    """
    of = that.arguments[0] if isinstance(that, Apply) and that.function.name == "all" else None
    if not isinstance(of, Project) or of.flat:
        return that, env, {}
    for child in evaluate(of.list, env):
        inside = env.inside(of.frame, child)
        if not evaluate(of.item, inside):
            return of.item, inside, child if isinstance(child, dict) else {}
    return that, env, {}


def _leaves(bound: Bound) -> Iterable[Bound]:
    """The parts whose values say why a part came out as it did."""
    if isinstance(bound, (Field, Local, Fact, Part, Position)) or (
        isinstance(bound, Apply) and bound.type.name != "boolean"
    ):
        yield bound
    inner = () if isinstance(bound, (Field, Local, Fact, Part, Project, Filter)) else operands(bound)
    for part in inner:
        if not part.type.many:
            yield from _leaves(part)


def plain_value(values: list[tuple[str, Any]]) -> str | None:
    """The offending value of a finding: that of the first operand, a text as it stands."""
    value = values[0][1] if values else None
    return value if value is None or isinstance(value, str) else shown(value)


def shown(value: Any) -> str:
    """A value as messages show it."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{shorten(value, LONGEST)}"'
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return counted(len(value), "element")
    return "a structure" if isinstance(value, dict) else str(value)
