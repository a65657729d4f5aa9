"""What the expressions of a mapping read: facts, numbers of elements, paths that are worth a variable."""

from __future__ import annotations

from collections import Counter

from exchange.mapping.bound import Fact, Field, Position, Step, walk
from exchange.mapping.plan import Content, Fields, Plan, Single, expressions


def facts(plan: Plan) -> set[str]:
    """The names of the facts of the arrival that are read."""
    return {part.name for bound in expressions(plan) for part in walk(bound) if isinstance(part, Fact)}


def read_fields(plan: Plan) -> frozenset[str]:
    """The names of the record's own fields that anything rests on."""
    parts = (part for bound in expressions(plan) for part in walk(bound))
    return frozenset(
        part.path[0].name for part in parts if isinstance(part, Field) and part.frame is plan.record
    )


def counted(plan: Plan) -> set[str]:
    """The variables of the frames whose elements are counted."""
    parts = (part for bound in expressions(plan) for part in walk(bound))
    return {part.frame.variable for part in parts if isinstance(part, Position)}


def paths(plan: Plan) -> dict[str, list[tuple[Step, ...]]]:
    """For each frame the paths that are worth a local variable, shorter ones first."""
    counts: Counter[tuple[str, tuple[Step, ...]]] = Counter()
    containers: set[tuple[str, tuple[Step, ...]]] = set()
    grouping = {id(key) for key in (plan.group.keys if plan.group else ())} | {id(plan.before)}
    reads = (part for bound in expressions(plan) if id(bound) not in grouping for part in walk(bound))
    for read in (part for part in reads if isinstance(part, Field)):
        prefixes = [read.path[:length] for length in range(1, len(read.path) + 1)]
        counts.update((read.frame.variable, prefix) for prefix in prefixes)
        unsure = zip(prefixes, read.path[1:], strict=False)
        containers |= {(read.frame.variable, prefix) for prefix, step in unsure if not step.sure}
    kept: dict[str, list[tuple[Step, ...]]] = {}
    for (variable, path), count in sorted(counts.items(), key=lambda item: len(item[0][1])):
        if count > 1 or (variable, path) in containers:
            kept.setdefault(variable, []).append(path)
    return kept


def may_be_empty(content: Content | None) -> bool:
    """Whether a field can come out empty."""
    match content:
        case Single(value=value):
            return value.type.empty or value.type.many
        case Fields():
            return content.optional and all(may_be_empty(assign.content) for assign in content.assigns)
    return True


def amount_of(plan: Plan) -> tuple[str, str]:
    """The variables of a document's amount and currency: those of the conserved sum that is called amount."""
    for number, total in enumerate(plan.sums):
        if total.name == "amount":
            return f"b{number}", "None" if total.by is None else f"by{number}"
    return "None", "None"
