"""Which expressions cannot fail, whatever the record: they need not be computed where nobody asks for their value."""

from __future__ import annotations

from exchange.mapping.bound import (
    Apply,
    Both,
    Bound,
    Const,
    Either,
    Element,
    Fact,
    Field,
    Filter,
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

ORDER = ("<", "<=", ">", ">=")
_LEAVES = (Const, Element, Fact, Field, Local, Position)


def is_total(bound: Bound) -> bool:
    """Whether a part has a value for every record. Half of what has one is not known to: that costs time only."""
    if isinstance(bound, _LEAVES):
        return True
    if not all(is_total(operand) for operand in operands(bound)):
        return False
    match bound:
        case Both() | Either():
            return all(part.type.is_known for part in bound.operands)
        case Pick():
            return bound.test.type.is_known
        case Member():
            return bound.safe
        case Operation():
            return _is_total_operation(bound)
        case Apply():
            return bound.function.total and not any(bound.guarded)
        case Lookup():
            return bound.search.table.is_total
        case Part():
            return bound.base.type.name == "structure"
        case Project():
            return is_total(bound.item)
        case Filter():
            return is_total(bound.condition) and bound.condition.type.is_known
    return False


def _is_total_operation(bound: Operation) -> bool:
    if bound.operator in ORDER:
        return bound.safe and not any(part.type.empty for part in bound.operands)
    return bound.safe and bound.operator in ("==", "!=", "not")
