"""In which order the fields of a result are computed, when some are computed from others:
`=sum(result.lines.net)`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from exchange.declare.problems import Problem
from exchange.mapping.bound import Bound, Element, Field, Frame, Let, Local, Position, walk
from exchange.mapping.plan import Assign, Block, Fields, of_fields


def in_order(fields: Fields, result: Frame, problems: list[Problem]) -> Fields:
    """The fields with their order; a problem for each that rests on itself or on one that nothing sets."""
    by_name = {assign.name: assign for assign in fields.assigns}
    needs = {assign.name: list(_needed(assign, result)) for assign in fields.assigns}
    if not any(needs.values()):
        return fields
    for needed in (read for reads in needs.values() for read in reads):
        name = needed.path[0].name
        if name in by_name and by_name[name].content is None:
            problems += [needed.node.problem(f"Nothing sets {name}.", f"Set it under `set`, as {name}: …")]
    ordered: list[Assign] = []
    for assign in fields.assigns:
        _visit(assign, by_name, needs, ordered, (), problems)
    named = frozenset(read.path[0].name for reads in needs.values() for read in reads)
    return replace(fields, order=tuple(ordered), named=named)


def _visit(
    assign: Assign,
    by_name: dict[str, Assign],
    needs: dict[str, list[Field]],
    ordered: list[Assign],
    around: tuple[str, ...],
    problems: list[Problem],
) -> None:
    """The fields that one rests on, then the field itself."""
    if assign in ordered:
        return
    for read in needs[assign.name]:
        name = read.path[0].name
        if name in (*around, assign.name):
            problems.append(
                read.node.problem(f"{name} rests on itself.", "Compute one of them from the source.")
            )
            return
        if name in by_name:
            _visit(by_name[name], by_name, needs, ordered, (*around, assign.name), problems)
    if assign not in ordered:
        ordered.append(assign)


def _needed(assign: Assign, result: Frame) -> Iterator[Field]:
    """The fields of the result that a field rests on, through names of `let` too."""
    todo = list(of_fields(Fields((assign,), optional=False, open=False)))
    while todo:
        for part in walk(todo.pop()):
            if isinstance(part, Field) and part.frame is result:
                yield part
            elif isinstance(part, Local):
                todo.append(part.let.value)


def needed_lets(bound: Bound | None, lets: Sequence[Let]) -> tuple[Let, ...]:
    """The names of `let` that an expression needs, those that they need included, in their order."""
    wanted: set[Let] = set()
    todo = [] if bound is None else [bound]
    while todo:
        for part in walk(todo.pop()):
            if isinstance(part, Local) and part.let in lets and part.let not in wanted:
                wanted.add(part.let)
                todo.append(part.let.value)
    return tuple(let for let in lets if let in wanted)


def shared_lets(body: Block, varying: Sequence[Frame]) -> Block:
    """The body of a mapping over children with the names that are the same for all of them apart: they are
    computed once. Those that stand after a `where` wait for the first child that it takes. varying: the child
    and the result.
    """
    same: list[Let] = []
    for let in (*body.early, *body.lets):
        if not any(_looks_at(part, varying, same) for part in walk(let.value)):
            same.append(let)
    shared = tuple(let for let in same if body.where is None or let in body.early)
    early, lets = ([let for let in some if let not in shared] for some in (body.early, body.lets))
    once = frozenset(let for let in same if let not in shared)
    return replace(body, shared=shared, once=once, early=tuple(early), lets=tuple(lets))


def _looks_at(part: Bound, varying: Sequence[Frame], shared: Sequence[Let]) -> bool:
    """Whether a part is of one of these frames, or rests on a name that is."""
    if isinstance(part, (Field, Element, Position)):
        return part.frame in varying
    return isinstance(part, Local) and part.let not in shared
