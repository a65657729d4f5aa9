"""What some mappings leave out, taken by another one: their conditions, turned round, stand before its own.

The names of `let` that those conditions need are computed here too; nobody else can name them.
"""

from __future__ import annotations

from collections.abc import Mapping as Dict
from collections.abc import Sequence
from typing import Any, Protocol

from exchange.declare.mapping import Mapping
from exchange.declare.places import PlacedText
from exchange.declare.problems import Problem
from exchange.mapping.analysis import Analyst
from exchange.mapping.bound import Both, Bound, Let, Operation
from exchange.mapping.scope import Scope
from exchange.mapping.types import BOOLEAN, Type


class Naming(Protocol):
    """What makes names for values."""

    analyst: Analyst

    def lets(self, declared: Dict[Any, Any], scope: Scope, mark: str = "") -> tuple[tuple[Let, ...], Scope]:
        """The names, and the scope in which they are known."""


def unfit(name: PlacedText, other: Mapping, rest: Mapping) -> Problem | None:
    """Why a mapping cannot take what another one leaves out; name: where that is named."""
    if other.from_ != rest.from_ or other.each != rest.each:
        message = f'"{name}" goes through {other.each or other.from_}, this mapping through {rest.each or rest.from_}.'
        return name.problem(
            message, "Only what both go through can be left out by one and taken by the other."
        )
    if other.group is not None or rest.group is not None or other.left_out_by:
        message = (
            "What is grouped, or itself the rest of others, has no rest that another mapping could take."
        )
        return name.problem(message, "Name mappings with a `where` of their own, without `group`.")
    if other.where is None:
        return name.problem(f'"{name}" leaves nothing out: it has no `where`.', "Remove it here.")
    return None


def left_out(others: Sequence[Mapping], scope: Scope, naming: Naming) -> tuple[list[Let], list[Bound]]:
    """Names that the conditions need, and one condition for each of the others: that it does not take the element."""
    passed: list[Let] = []
    conditions: list[Bound] = []
    for number, other in enumerate(others):
        assert other.where is not None
        lets, inner = naming.lets(other.let, scope, f"rest{number}_")
        taken = naming.analyst.condition(naming.analyst.formula(other.where), inner)
        conditions.append(Operation(taken.node, BOOLEAN, "not", (taken,), taken.type.is_known))
        for let in lets:
            let.name = f"{let.name} of {other.mapping}"
        passed += lets
    return passed, conditions


def all_of(conditions: Sequence[Bound]) -> Bound | None:
    """One condition that is true where all of them are; None without any."""
    if len(conditions) < 2:
        return conditions[0] if conditions else None
    type_ = Type("boolean", empty=any(each.type.empty for each in conditions))
    return Both(conditions[0].node, type_, tuple(conditions))
