"""Expressions made simpler by what is known: constants computed, branches that are never taken left out.

Whatever remains has the same value or fails as before. It may fail where it did not before, because who runs
simplified code has records that fail mapped in the usual way; it never has a value where it had none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import localcontext
from typing import Any

from exchange.known import Children, Constant, Known, NotStraight, Structure, Variable
from exchange.mapping.bound import (
    Apply,
    Both,
    Bound,
    Conform,
    Const,
    Either,
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
    Project,
)
from exchange.mapping.evaluator import Env, Hidden, Stuck, evaluate
from exchange.mapping.operators import ARITHMETIC, FAILURES, equal
from exchange.mapping.syntax import Node
from exchange.mapping.totality import is_total
from exchange.mapping.types import NOTHING, Type, of_value
from exchange.model import ArrivalFacts

_NO_FACTS = ArrivalFacts("", "", "", "", datetime(1970, 1, 1, tzinfo=UTC))


@dataclass(slots=True)
class Partial:
    """Simplifies. records: what is known of elements; lets: what names of `let` stand for; filled: variables that
    were found not to be empty.
    """

    records: dict[Frame, Mapping[str, Known]] = field(default_factory=dict)
    lets: dict[Let, Bound] = field(default_factory=dict)
    filled: set[str] = field(default_factory=set)

    def simple(self, bound: Bound) -> Bound:
        """The expression, made simpler."""
        match bound:
            case Field():
                return self._field(bound)
            case Local():
                return self._local(bound)
            case Both():
                return _both(bound, [self.simple(part) for part in bound.operands])
            case Either():
                return _either(bound, [self.simple(part) for part in bound.operands])
            case Pick():
                return self._pick(bound)
            case Apply():
                return self._apply(bound)
            case Project() | Filter():
                return self._children(bound)
        return self._plain(bound)

    def _plain(self, bound: Bound) -> Bound:
        """Whatever is computed from all its operands."""
        match bound:
            case Operation():
                return _operation(
                    replace(bound, operands=tuple(self.simple(part) for part in bound.operands))
                )
            case Member():
                options = tuple(self.simple(part) for part in bound.options)
                listed = None if bound.list is None else self.simple(bound.list)
                return computed(replace(bound, item=self.simple(bound.item), options=options, list=listed))
            case Lookup():
                on = None if bound.on is None else self.simple(bound.on)
                return computed(replace(bound, keys=tuple(self.simple(key) for key in bound.keys), on=on))
            case Part():
                return computed(replace(bound, base=self.simple(bound.base)))
            case Conform():
                operand = self.simple(bound.operand)
                fits = operand.type.name == bound.type.name and operand.type.many == bound.type.many
                return operand if fits else computed(replace(bound, operand=operand))
        return bound

    def _local(self, bound: Local) -> Bound:
        known = self.lets.get(bound.let, bound)
        if isinstance(known, Local) and known.let.variable in self.filled:
            return replace(known, type=known.type.filled())
        return known

    def _field(self, bound: Field) -> Bound:
        """What is known of a field; a field of an element of a list stays as it is."""
        if bound.frame not in self.records:
            return bound
        value: Known = Structure(self.records[bound.frame])
        conditions: list[Variable] = []
        for step in bound.path:
            if not isinstance(value, Structure):
                break
            if isinstance(value.present, Variable) and not value.hollow:
                conditions.append(value.present)
            if step.name not in value.fields:
                raise NotStraight(f"{step.name} is not known")
            value = value.fields[step.name]
        made = self._value(bound, value)
        for condition in reversed(conditions):
            test = variable(bound.node, Type("boolean"), condition.name)
            made = Pick(
                bound.node, replace(made.type, empty=True), test, made, Const(bound.node, NOTHING, None)
            )
        return made

    def _value(self, bound: Field, value: Known) -> Bound:
        match value:
            case Constant(value=constant):
                return constant_of(
                    bound.node, bound.type, [] if bound.type.many and constant is None else constant
                )
            case Variable(name=name):
                return self._local(variable(bound.node, replace(bound.type, empty=not value.filled), name))
            case Children(items=()):
                return constant_of(bound.node, bound.type, [])
        raise NotStraight("a structure is used as a whole")

    def _pick(self, bound: Pick) -> Bound:
        test = self.simple(bound.test)
        if isinstance(test, Const):
            return self.simple(bound.yes if test.value else bound.no)
        yes, no = self.simple(bound.yes), self.simple(bound.no)
        if isinstance(yes, Const) and isinstance(no, Const) and yes.value is no.value and is_total(test):
            return yes
        empty = yes.type.empty or no.type.empty
        return replace(bound, type=replace(bound.type, empty=empty), test=test, yes=yes, no=no)

    def _children(self, bound: Project | Filter) -> Bound:
        listed = self.simple(bound.list)
        if isinstance(listed, Const):
            return Const(bound.node, bound.type, [])
        if isinstance(bound, Project):
            return replace(bound, list=listed, item=self.simple(bound.item))
        return replace(bound, list=listed, condition=self.simple(bound.condition))

    def _apply(self, bound: Apply) -> Bound:
        arguments = [self.simple(part) for part in bound.arguments]
        guarded = tuple(
            guard and (part.type.empty or not part.type.is_known)
            for guard, part in zip(bound.guarded, arguments, strict=True)
        )
        type_ = bound.type
        if bound.function.keeps_filled and not any(part.type.empty for part in arguments):
            type_ = type_.filled()
        made = replace(bound, type=type_, arguments=tuple(arguments), guarded=guarded)
        rule = RULES.get(bound.function.name)
        return computed(made) if rule is None or _are_constants(arguments) else rule(made)


def constant_of(node: Node, type_: Type, value: Any) -> Const:
    """A constant of the type that its value has, or of the declared one where that says more."""
    if value is None:
        return Const(node, NOTHING, None)
    name = of_value(value)
    return Const(
        node, Type(name, empty=False) if name in _PLAIN and not type_.is_known else type_.filled(), value
    )


_PLAIN = frozenset({"text", "integer", "decimal", "boolean", "date", "datetime", "time"})


def computed(bound: Bound) -> Bound:
    """The value of a part whose operands are all constants; any other part as it is."""
    if not _are_constants(operands_of(bound)):
        return bound
    try:
        with localcontext(ARITHMETIC):
            return constant_of(bound.node, bound.type, evaluate(bound, Env(_NO_FACTS)))
    except (Stuck, Hidden, KeyError):
        return bound


def operands_of(bound: Bound) -> Sequence[Bound]:
    """What a part is computed from."""
    match bound:
        case Member():
            return (bound.item, *bound.options, *(() if bound.list is None else (bound.list,)))
        case Lookup():
            return (*bound.keys, *(() if bound.on is None else (bound.on,)))
        case Operation():
            return bound.operands
        case Apply():
            return bound.arguments
        case Part():
            return (bound.base,)
        case Conform():
            return (bound.operand,)
    return (bound,)


def _are_constants(parts: Sequence[Bound]) -> bool:
    return all(isinstance(part, Const) for part in parts)


def variable(node: Node, type_: Type, name: str) -> Local:
    """A local variable as a part of expressions."""
    return Local(node, type_, Let(name, Const(node, NOTHING, None), name))


def _operation(bound: Operation) -> Bound:
    """An operator; that something is empty is known of what never is."""
    empty = [part for part in bound.operands if part.type == NOTHING]
    others = [part for part in bound.operands if part.type != NOTHING]
    if (
        bound.operator in ("==", "!=")
        and len(empty) == 1
        and not others[0].type.empty
        and is_total(others[0])
    ):
        return constant_of(bound.node, bound.type, bound.operator == "!=")
    return computed(bound)


def _both(bound: Both, parts: Sequence[Bound]) -> Bound:
    kept: list[Bound] = []
    for part in parts:
        if isinstance(part, Const) and part.value is True:
            continue
        kept.append(part)
        if isinstance(part, Const) and not part.value:
            break
    if not kept:
        return constant_of(bound.node, bound.type, True)
    last = kept[-1]
    if isinstance(last, Const) and last.value is False and all(_is_yes_or_no(part) for part in kept[:-1]):
        return last
    if len(kept) == 1 and last.type.name == "boolean":
        return last
    return replace(bound, operands=tuple(kept))


def _is_yes_or_no(part: Bound) -> bool:
    """Whether a condition is true or false for every record: it neither fails nor is empty."""
    return is_total(part) and part.type.name == "boolean" and not part.type.empty


def _either(bound: Either, parts: Sequence[Bound]) -> Bound:
    kept: list[Bound] = []
    for part in parts:
        if isinstance(part, Const) and (part.value is None or part.value is False) and part is not parts[-1]:
            continue
        kept.append(part)
        if not part.type.empty and part.type.name not in ("boolean", "unknown"):
            break
        if isinstance(part, Const) and part.value is True:
            break
    if len(kept) == 1:
        return kept[0]
    if isinstance(kept[-1], Const) and kept[-1].value is True and all(_is_yes_or_no(part) for part in kept):
        return kept[-1]
    return replace(bound, type=replace(bound.type, empty=kept[-1].type.empty), operands=tuple(kept))


# --- functions ---------------------------------------------------------------------------------------------


def _sure(bound: Apply, position: int) -> bool:
    """Whether an argument may be left uncomputed."""
    return is_total(bound.arguments[position]) and not bound.guarded[position]


def _adds_nothing(bound: Apply, position: int) -> bool:
    """Whether an argument is known to be empty, and may be: one that must not be empty has to fail."""
    part = bound.arguments[position]
    return isinstance(part, Const) and part.value is None and not bound.guarded[position]


def _first_given(bound: Apply) -> Bound:
    """`default`, `coalesce`: without what is empty, and what comes after something that never is."""
    kept: list[int] = []
    for position, part in enumerate(bound.arguments):
        if _adds_nothing(bound, position):
            continue
        kept.append(position)
        rest = range(position + 1, len(bound.arguments))
        if not part.type.empty and part.type.is_known and all(_sure(bound, later) for later in rest):
            break
    if len(kept) == 1 and not bound.guarded[kept[0]]:
        return bound.arguments[kept[0]]
    if bound.function.name == "default" and len(kept) < 2:
        return bound
    parts = tuple(bound.arguments[position] for position in kept)
    type_ = replace(bound.type, empty=all(part.type.empty for part in parts))
    return replace(bound, type=type_, arguments=parts, guarded=tuple(bound.guarded[i] for i in kept))


def _is_empty(bound: Apply) -> Bound:
    value = bound.arguments[0]
    known = value.type.is_known and not value.type.empty and is_total(value)
    return constant_of(bound.node, bound.type, False) if known else bound


def _choose(bound: Apply) -> Bound:
    """The result of a value that is known; where only results are not, whatever is left out cannot fail."""
    value, *cases = bound.arguments
    if isinstance(value, Const) and all(_sure(bound, i) for i in range(1, len(bound.arguments))):
        pairs = list(zip(cases[::2], cases[1::2], strict=False))
        if _are_constants([case for case, _ in pairs]):
            try:
                return next(
                    (result for case, result in pairs if equal(value.value, getattr(case, "value", None))),
                    cases[-1] if len(cases) % 2 else bound,
                )
            except FAILURES:
                return bound
    results = [*cases[1::2], *(cases[-1:] if len(cases) % 2 else ())]
    return replace(bound, type=replace(bound.type, empty=any(part.type.empty for part in results)))


def _without_empty(bound: Apply) -> Bound:
    """`concat`, `joined`: empty texts add nothing."""
    kept = [i for i in range(len(bound.arguments)) if not _adds_nothing(bound, i)]
    parts, guarded = zip(*((bound.arguments[i], bound.guarded[i]) for i in kept), strict=True)
    return replace(bound, arguments=parts, guarded=guarded)


RULES: dict[str, Callable[[Apply], Bound]] = {
    "default": _first_given,
    "coalesce": _first_given,
    "is_empty": _is_empty,
    "choose": _choose,
    "concat": _without_empty,
    "joined": _without_empty,
}
