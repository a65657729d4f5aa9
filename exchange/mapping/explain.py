"""Lineage: from one value of a result to the rule, the place of the rule, and the source fields with their
places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from exchange.declare.problems import did_you_mean
from exchange.errors import UnknownNameError
from exchange.mapping.bound import (
    Apply,
    Bound,
    Const,
    Fact,
    Field,
    Filter,
    Local,
    Lookup,
    Part,
    Project,
    operands,
)
from exchange.mapping.evaluator import Env, Hidden, Stuck, evaluate, shown
from exchange.mapping.interpreter import Interpreter
from exchange.mapping.operators import Fault
from exchange.mapping.plan import Assign, Block, Children, Content, Fields, Plan, Several, Single
from exchange.mapping.tables import plain
from exchange.model import LINE, PATH, ArrivalFacts, Record

CHILDREN_SHOWN = 100
"""How many children of a sum are followed one by one."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """One value and what it came from. line and path: of the source record, where the value is a source
    field.

    what: the target path at the top, below it the expression's part; note: how it came about (a table row,
    a fact).
    """

    what: str
    value: Any
    place: str
    note: str = ""
    line: int | None = None
    path: str | None = None
    operands: tuple[Lineage, ...] = ()

    def render(self, depth: int = 0) -> str:
        """The tree for people."""
        at = f", line {self.line}" if self.line is not None else ""
        at += f", {self.path}" if self.path else ""
        note = f" ({self.note}{at})" if self.note else ""
        head = f"{'  ' * depth}{self.what} = {shown(self.value)}{note}  [{self.place}]"
        return "\n".join([head, *(operand.render(depth + 1) for operand in self.operands)])


def lineage(plan: Plan, record: Record, path: str, facts: ArrivalFacts, result: int) -> Lineage:
    """The lineage of one value of a result."""
    return Tracer(plan, record, facts, result).value(path)


class Tracer:
    """Follows the values of one result of one record."""

    def __init__(self, plan: Plan, record: Record, facts: ArrivalFacts, result: int) -> None:
        self.plan, self.record, self.facts, self.result = plan, record, facts, result

    def value(self, path: str) -> Lineage:
        """The lineage of the value at a path of the result."""
        walker = Interpreter(self.plan, self.facts, {envelope.kind: {} for envelope in self.plan.envelopes})
        walker.elements = [self.record]
        env = _element(self.plan, Env(self.facts, {self.plan.record: self.record}), self.result)
        body = self.plan.body
        walker.lets((*body.shared, *body.early, *body.lets), env)
        env.frames[self.plan.result] = walker.assigned(self.plan.body.fields, env)
        steps = [(name, int(index or 0)) for name, index in re.findall(r"([^.\[\]]+)(?:\[(\d+)\])?", path)]
        fields, steps = _start(self.plan, steps)
        assign, content, env = _find(walker, fields, steps, env, path)
        if isinstance(content, Single):
            return self.top(path, content.value, env, assign)
        values = content.values if isinstance(content, Several) else ()
        made = walker.content(assign, content, env)
        return Lineage(path, made, _place(assign), operands=tuple(self.trace(value, env) for value in values))

    def top(self, path: str, bound: Bound, env: Env, assign: Assign) -> Lineage:
        """A field filled by one expression."""
        if isinstance(bound, Const):
            return Lineage(path, bound.value, _place(assign), "written in the mapping")
        inner = self.trace(bound, env)
        return Lineage(path, inner.value, bound.node.place, f"rule {bound.node.origin}", operands=(inner,))

    def trace(self, bound: Bound, env: Env) -> Lineage:
        """The lineage of a part of an expression."""
        match bound:
            case Field(frame=frame) if frame is self.plan.result:
                inner = (self.value(".".join(step.name for step in bound.path)),)
                return Lineage(
                    bound.node.text, _value(bound, env), bound.node.place, "result field", operands=inner
                )
            case Field():
                line, path = _source(bound, env)
                return Lineage(
                    bound.node.text, _value(bound, env), bound.node.place, "source field", line, path
                )
            case Local():
                inner = (self.trace(bound.let.value, env),)
                return Lineage(bound.let.name, inner[0].value, inner[0].place, "let", operands=inner)
            case Project() | Filter():
                operands_ = tuple(self.each(bound, env))
                return Lineage(bound.node.text, _value(bound, env), bound.node.place, operands=operands_)
        below = tuple(self.trace(part, env) for part in operands(bound) if not isinstance(part, Const))
        return Lineage(
            bound.node.text, _value(bound, env), bound.node.place, _note(bound, env), operands=below
        )

    def each(self, bound: Project | Filter, env: Env) -> Iterator[Lineage]:
        """The value for each child; of a list of the result, through the rule of each child's field."""
        inner, over = bound.item if isinstance(bound, Project) else bound.condition, bound.list
        children = (_value(over, env) or [])[:CHILDREN_SHOWN]
        if isinstance(over, Field) and over.frame is self.plan.result and isinstance(inner, Field):
            names = ".".join(step.name for step in over.path), ".".join(step.name for step in inner.path)
            yield from (self.value(f"{names[0]}[{number + 1}].{names[1]}") for number in range(len(children)))
            return
        for child in children:
            yield self.trace(inner, env.inside(bound.frame, child))


def _element(plan: Plan, env: Env, result: int) -> Env:
    """The names for one of the results of a record."""
    if plan.over is None or plan.element is None:
        return env
    children = evaluate(plan.over, env)
    if not 1 <= result <= len(children):
        raise UnknownNameError(f"The record has {len(children)} elements, there is no number {result}.")
    return env.inside(plan.element, children[result - 1], result)


def _start(plan: Plan, steps: list[tuple[str, int]]) -> tuple[Fields, list[tuple[str, int]]]:
    """The structure in which the path begins: the result or one of its ancestors."""
    for envelope in plan.envelopes:
        if steps and steps[0][0] == envelope.kind and len(steps) > 1:
            return envelope.fields, steps[1:]
    return plan.body.fields, steps


def _find(
    walker: Interpreter, fields: Fields, steps: list[tuple[str, int]], env: Env, path: str
) -> tuple[Assign, Content, Env]:
    """The assignment at a path, with the names that its expressions see."""
    if not steps:
        raise UnknownNameError("No path was given.", advice="Write a path such as lines[1].net.")
    (name, index), rest = steps[0], steps[1:]
    assign = next((assign for assign in fields.assigns if assign.name == name), None)
    if assign is None:
        raise UnknownNameError(
            f'"{name}" in {path} is not a field.', advice=did_you_mean(name, [a.name for a in fields.assigns])
        )
    if assign.content is None:
        raise UnknownNameError(f"Nothing sets {assign.path}.")
    if not rest:
        return assign, assign.content, env
    inner, env = _into(walker, assign, assign.content, max(index, 1), env)
    return _find(walker, inner, rest, env, path)


def _into(walker: Interpreter, assign: Assign, content: Content, index: int, env: Env) -> tuple[Fields, Env]:
    """The structure under a field; of a repeated one the element with this number."""
    if isinstance(content, Fields):
        return content, env
    blocks: list[Block] = [content] if isinstance(content, Block) else []
    blocks = list(content.blocks) if isinstance(content, Children) else blocks
    found = [(block.fields, inner) for written in blocks for block, inner in walker.blocks(written, env)]
    if not 1 <= index <= len(found):
        raise UnknownNameError(f"{assign.path} has {len(found)} elements, there is no number {index}.")
    return found[index - 1]


def _place(assign: Assign) -> str:
    if assign.place is None:
        return ""
    line, column = assign.place.at(0)
    return f"{assign.place.file}:{line}:{column}"


def _value(bound: Bound, env: Env) -> Any:
    try:
        return evaluate(bound, env)
    except (Stuck, Hidden):
        return None


def _source(bound: Field, env: Env) -> tuple[int | None, str | None]:
    """Line and path of the innermost element around a source field that has them."""
    elements = [env.frames[bound.frame], *reversed(list(env.frames.values()))]
    marked = [element for element in elements if isinstance(element, dict)]
    line = next((element[LINE] for element in marked if element.get(LINE) is not None), None)
    return line, next((element[PATH] for element in marked if element.get(PATH) is not None), None)


def _note(bound: Bound, env: Env) -> str:
    """How a part came about, where its text does not say it."""
    match bound:
        case Fact():
            return "fact of the arrival"
        case Const():
            return "constant"
        case Lookup():
            return _row(bound, env)
        case Apply():
            return f"function {bound.function.signature}"
        case Part():
            return f"field {bound.step.name}"
    return ""


def _row(bound: Lookup, env: Env) -> str:
    """Which row of the table was found."""
    table = bound.search.table
    try:
        keys = tuple(plain(evaluate(key, env)) for key in bound.keys)
        row = bound.search.row(keys, None if bound.on is None else evaluate(bound.on, env))
    except (Stuck, Hidden, Fault):
        row = None
    return f"table {table.name}, row of line {row.line}" if row else f"table {table.name}, no row"
