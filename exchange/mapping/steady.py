"""What of a mapping is the same for all records inside the same elements, as the statement is around its entries. It is
computed once for each such element, not once for each record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from exchange.mapping.bound import (
    Both,
    Bound,
    Const,
    Either,
    Element,
    Fact,
    Field,
    Filter,
    Let,
    Local,
    Pick,
    Position,
    Project,
    operands,
    walk,
)
from exchange.mapping.plan import Assign, Fields, Plan, Single, expressions, of_fields
from exchange.mapping.totality import is_total

_PLAIN = (Const, Element, Fact, Field, Local)


@dataclass(frozen=True, slots=True)
class Steady:
    """names: of the elements around the record that anything here rests on; lets, structures, values: what is computed
    for them, in this order.
    """

    names: tuple[str, ...]
    lets: tuple[Let, ...]
    structures: tuple[Assign, ...]
    values: tuple[Bound, ...]


def steady(plan: Plan) -> Steady:
    """What need not be computed for each record of a mapping."""
    if not plan.around:
        return Steady((), (), (), ())
    finder = _Finder(plan)
    body = plan.body
    for let in (*body.shared, *body.early, *body.lets):
        if finder.is_steady(let.value):
            finder.lets[let] = None
    structures = [assign for assign in body.fields.assigns if finder.is_whole(assign)]
    whole = [let.value for let in finder.lets]
    for assign in structures:
        whole += of_fields(replace(body.fields, assigns=(assign,)))
    done, sure = set(map(id, whole)), set(map(id, finder.unconditional()))
    rest = [bound for bound in expressions(plan) if id(bound) not in done]
    values = [found for bound in rest for found in finder.inside(bound, sure=id(bound) in sure)]
    read = [*whole, *values]
    names = {
        part.path[0].name
        for bound in read
        for part in walk(bound)
        if isinstance(part, Field) and part.frame is plan.record
    }
    return Steady(tuple(sorted(names)), tuple(finder.lets), tuple(structures), tuple(values))


class _Finder:
    """Looks through one plan. lets: names that stand for something steady, in their order."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.lets: dict[Let, None] = {}

    def is_steady(self, bound: Bound) -> bool:
        """Whether an expression reads nothing but what stands around the record."""
        parts = list(walk(bound))
        own = {id(part.frame) for part in parts if isinstance(part, (Project, Filter))}
        return all(self._is_steady(part, own) for part in parts)

    def _is_steady(self, part: Bound, own: set[int]) -> bool:
        match part:
            case Field():
                is_around = part.frame is self._plan.record and part.path[0].name in self._plan.around
                return is_around or id(part.frame) in own
            case Element() | Position():
                return id(part.frame) in own
            case Local():
                return part.let in self.lets
        return True

    def is_whole(self, assign: Assign) -> bool:
        """Whether a structure of the result is steady with everything in it."""
        content = assign.content
        if not isinstance(content, Fields) or content.open or content.order:
            return False
        return all(isinstance(inner.content, Single | None) for inner in content.assigns) and all(
            map(self.is_steady, of_fields(content))
        )

    def unconditional(self) -> Iterator[Bound]:
        """What is computed for every record that has a result."""
        yield from (let.value for let in (*self._plan.body.early, *self._plan.body.lets))
        yield from _values(self._plan.body.fields)
        yield from (test.that for test in self._plan.tests)
        for balance in self._plan.balances:
            yield from (*balance.by, balance.opening, balance.moved, balance.closing)

    def inside(self, bound: Bound, *, sure: bool) -> Iterator[Bound]:
        """The biggest steady parts of an expression that are worth it. sure: it is computed for every record; what may not
        be, and may fail, stays where it is.
        """
        if self.is_steady(bound):
            is_worth = any(not isinstance(part, _PLAIN) for part in walk(bound))
            if is_worth and (sure or is_total(bound)):
                yield bound
                return
        for part, always in _parts(bound):
            yield from self.inside(part, sure=sure and always)


def _parts(bound: Bound) -> Iterable[tuple[Bound, bool]]:
    """The parts of an expression, and whether each is computed whenever the expression is."""
    match bound:
        case Pick():
            return ((bound.test, True), (bound.yes, False), (bound.no, False))
        case Both() | Either():
            return ((part, number == 0) for number, part in enumerate(bound.operands))
        case Project():
            return ((bound.list, True), (bound.item, False))
        case Filter():
            return ((bound.list, True), (bound.condition, False))
    return ((part, True) for part in operands(bound))


def _values(fields: Fields) -> Iterator[Bound]:
    """The values of fields, and of the structures in them that always stand."""
    for assign in fields.assigns:
        if isinstance(assign.content, Single):
            yield assign.content.value
        elif isinstance(assign.content, Fields):
            yield from _values(assign.content)
