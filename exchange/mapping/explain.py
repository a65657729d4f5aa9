"""Lineage: from one value of a result to the rule, the place of the rule, and the source fields it rests on.

Nothing is kept while files run: the value is computed once more, by the interpreter, when somebody asks. Every
source field names its path inside the source record, so that whoever made that record can be asked next.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import localcontext
from typing import Any

from exchange.declare.places import PlacedText
from exchange.declare.problems import did_you_mean
from exchange.errors import UnknownNameError
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
    Frame,
    Local,
    Lookup,
    Part,
    Pick,
    Position,
    Project,
    operands,
    walk,
)
from exchange.mapping.evaluator import Env, Hidden, Stuck, evaluate, shown, truth
from exchange.mapping.interpreter import Interpreter
from exchange.mapping.lineage import Lineage, Token, joined, structures, tokens
from exchange.mapping.operators import ARITHMETIC, Fault
from exchange.mapping.plan import Assign, Block, Children, Content, Fields, Plan, Several, Single
from exchange.mapping.syntax import Path
from exchange.mapping.tables import plain
from exchange.model import ArrivalFacts, Record

CHILDREN_SHOWN = 100
"""How many children of a sum are followed one by one."""

SAID_BY_RULE = ("function", "operation", "choice", "lookup", "fact", "site", "position")
"""Kinds that say nothing of their own when they are the whole rule of a field."""

FIRST_FILLED = "coalesce"
"""The function of which only the arguments up to the first filled one matter."""


class Tracer:
    """Follows the values of one result of one record.

    result: which of the record's results; numbers: of the envelopes it opened, which ones of the file they are.
    """

    def __init__(
        self, plan: Plan, record: Record, facts: ArrivalFacts, result: int, numbers: Mapping[str, int]
    ) -> None:
        self.plan, self.numbers = plan, numbers
        self.sources = dict(structures(record, ""))
        self.blocks: dict[tuple[int, int], list[tuple[Fields, Env]]] = {}
        self.told: set[tuple[int, ...]] = set()
        self.told_aside: set[tuple[int, ...]] = set()
        self.aside = False
        self.walker = Interpreter(plan, facts, {envelope.kind: {} for envelope in plan.envelopes})
        self.walker.elements = [record]
        self.env = Env(facts, {plan.record: record})
        with localcontext(ARITHMETIC):
            if plan.over is not None:
                self.env = self._element(plan.over, result)
            self.walker.lets((*plan.body.shared, *plan.body.early, *plan.body.lets), self.env)
            made = self.walker.assigned(plan.body.fields, self.env)
        self.env.frames[plan.result] = made
        self.results = dict(structures(made, ""))

    def _element(self, over: Bound, result: int) -> Env:
        """The names for one of the results of a record that gives one for each child."""
        assert self.plan.element is not None
        body, standing = self.plan.body, 0
        for number, child in enumerate(evaluate(over, self.env), 1):
            inner = self.env.inside(self.plan.element, child, number)
            self.walker.lets((*body.shared, *body.early), inner)
            standing += body.where is None or self.walker.condition(body.where, inner, "where")
            if standing == result:
                return inner
        raise UnknownNameError(f"The record has {standing} results, there is no number {result}.")

    def value(self, path: str) -> Lineage:
        """The lineage of the value at a path of the result, or of one of its envelopes: `lines[2].net`.

        Raises UnknownNameError for a path that the result does not have.
        """
        self.told.clear()
        self.told_aside.clear()
        with localcontext(ARITHMETIC):
            return self._at(path)

    def _at(self, path: str) -> Lineage:
        steps = tokens(path)
        for envelope in self.plan.envelopes:
            if steps[0] == envelope.kind and len(steps) > 1:
                numbered = self.env.inside(envelope.frame, None, self.numbers.get(envelope.kind, 1))
                return self._find(envelope.fields, steps[1:], numbered, path)
        return self._find(self.plan.body.fields, steps, self.env, path)

    def _find(self, fields: Fields, steps: Sequence[Token], env: Env, path: str) -> Lineage:
        """The lineage of what the steps lead to, seen from a structure."""
        assign = next((assign for assign in fields.assigns if assign.name == steps[0]), None)
        if assign is None and not fields.open:
            advice = did_you_mean(str(steps[0]), [each.name for each in fields.assigns])
            raise UnknownNameError(f'"{steps[0]}" in {path} is not a field.', advice=advice)
        if assign is None or assign.content is None:
            unset = Lineage("unset", path, None, place=_place(self.plan.place), note="no rule sets it")
            unset.layout = self.plan.target_layout
            return unset
        return self._content(assign, assign.content, steps[1:], env, path)

    def _content(
        self, assign: Assign, content: Content, rest: Sequence[Token], env: Env, path: str
    ) -> Lineage:
        """The lineage of what the rest of the steps lead to, seen from a field."""
        match content:
            case Single(value=bound):
                return self._single(assign, bound, rest, env, path)
            case Several(values=bounds):
                filled = [bound for bound in bounds if self._value(bound, env) is not None]
                if rest:
                    return self._single(assign, _numbered(assign, filled, rest[0]), rest[1:], env, path)
                node = self._ruled(assign, path, [self._value(bound, env) for bound in filled])
                node.operands = self._traced(filled, env)
                return node
            case Fields():
                return (
                    self._find(content, rest, env, path) if rest else self._whole(assign, content, env, path)
                )
        blocks = content.blocks if isinstance(content, Children) else (content,)
        if isinstance(content, Children) and not rest:
            return self._list(assign, content, blocks, env, path)
        found = self._elements(content, blocks, env)
        if not found and isinstance(content, Block):
            return self._ruled(assign, path, None, "its condition does not hold")
        number, rest = (rest[0], rest[1:]) if isinstance(content, Children) else (1, rest)
        fields, inner = _numbered(assign, found, number)
        return self._find(fields, rest, inner, path) if rest else self._whole(assign, fields, inner, path)

    def _elements(self, content: Content, blocks: Sequence[Block], env: Env) -> list[tuple[Fields, Env]]:
        """The structures that some blocks make, each with the names that its rules see."""
        key = id(content), id(env)
        if key not in self.blocks:
            made = [self.walker.blocks(block, env) for block in blocks]
            self.blocks[key] = [(block.fields, inner) for each in made for block, inner in each]
        return self.blocks[key]

    def _single(self, assign: Assign, bound: Bound, rest: Sequence[Token], env: Env, path: str) -> Lineage:
        """A field filled by one expression; rest: leads on inside its value."""
        node = self._ruled(assign, path, self._value(bound, env))
        if isinstance(bound, Const) and not isinstance(bound.node, Path):
            node.kind, node.note = "constant", "written in the mapping"
        node.rule, node.place = str(bound.node.origin), bound.node.place
        if node.kind == "constant":
            return node
        if rest:
            node.value, source = self._inside(bound, node.value, rest, env)
            node.operands = (
                [self._field(bound.node.text, node.value, source)] if source else self._traced([bound], env)
            )
            return node
        return self._under(node, bound, env)

    def _under(self, node: Lineage, bound: Bound, env: Env) -> Lineage:
        """A field or name with the lineage of its whole rule below it."""
        inner = self._trace(bound, env)
        if inner is not None and inner.kind in SAID_BY_RULE:
            node.note, node.operands = inner.note, inner.operands
        elif inner is not None:
            node.operands = inner.operands if inner.kind == "list" else [inner]
        return node

    def _inside(self, bound: Bound, value: Any, rest: Sequence[Token], env: Env) -> tuple[Any, str | None]:
        """What stands inside a computed structure or list, and its path in the source record, if it comes from it."""
        source = joined(begun, rest) if (begun := self._path_of(bound, env)) is not None else None
        for position, step in enumerate(rest, 1):
            if isinstance(step, int):
                value = value[step - 1] if isinstance(value, list) and 1 <= step <= len(value) else None
            else:
                value = value.get(step) if isinstance(value, dict) else None
            if id(value) in self.sources:
                source = joined(self.sources[id(value)], rest[position:])
        return value, source

    def _whole(self, assign: Assign, fields: Fields, env: Env, path: str) -> Lineage:
        """A structure: the lineage of each of its fields that is set; empty where it may be and they all are."""
        node = self._ruled(assign, path, {})
        inner = [each for each in fields.assigns if each.content is not None]
        node.operands = [self._find(fields, (each.name,), env, joined(path, (each.name,))) for each in inner]
        made = {each.name: one.value for each, one in zip(inner, node.operands, strict=True)}
        is_empty = fields.optional and all(value in (None, []) for value in made.values())
        node.value = None if is_empty else made
        return node

    def _list(
        self, assign: Assign, content: Content, blocks: Sequence[Block], env: Env, path: str
    ) -> Lineage:
        """A list of structures as a whole: the lists that it was made from."""
        overs = [block.over for block in blocks if block.over is not None]
        node = self._ruled(assign, path, [None] * len(self._elements(content, blocks, env)))
        node.rule = " and ".join(f"each: {over.node.text}" for over in overs)
        node.operands = self._traced(overs, env)
        return node

    def _ruled(self, assign: Assign, path: str, value: Any, note: str = "") -> Lineage:
        place = _place(assign.place or self.plan.place)
        return Lineage("value", path, value, place=place, note=note, layout=self.plan.target_layout)

    def _traced(self, bounds: Sequence[Bound], env: Env) -> list[Lineage]:
        """The lineages of some parts; constants of the expression itself are left out, lists strung together."""
        found: list[Lineage] = []
        for bound in bounds:
            lineage = self._trace(bound, env)
            if lineage is not None and lineage.kind == "list":
                found += lineage.operands
            elif lineage is not None:
                found.append(lineage)
        return found

    def _trace(self, bound: Bound, env: Env) -> Lineage | None:
        """The lineage of a part of an expression; None for a literal, which its text shows."""
        if isinstance(bound, Const) and not isinstance(bound.node, Path):
            return None
        text, value, place = bound.node.text, self._value(bound, env), bound.node.place
        match bound:
            case Const():
                return Lineage("site", text, value, place=place, note="value of the site")
            case Fact():
                return Lineage("fact", text, value, place=place, note="fact of the arrival")
            case Position():
                return Lineage("position", text, value, place=place, note="its number in the list")
            case Field() | Element() | Part():
                return self._read(bound, value, env)
            case Local():
                return self._let(bound, value, env)
            case Project() | Filter():
                return Lineage("list", text, value, place=place, operands=list(self._each(bound, env)))
            case Lookup():
                row = _row(bound, env)
                return Lineage(
                    "lookup", text, value, place=place, note=row, operands=self._operands(bound, env)
                )
            case Pick():
                *tests, chosen = self._choice(bound, env)
                parts = [*self._traced([chosen], env), *self._conditions(tests, env)]
                return Lineage(
                    "choice", text, value, place=place, note=f"chosen: {chosen.node.text}", operands=parts
                )
            case Both() | Either():
                parts = self._traced(list(self._decisive(bound, env)), env)
                return Lineage("choice", text, value, place=place, operands=parts)
        node = Lineage("operation", text, value, place=place, operands=self._operands(bound, env))
        if isinstance(bound, Apply):
            node.kind, node.note = "function", _rounding(bound, value, self._value(bound.arguments[0], env))
        return node

    def _let(self, bound: Local, value: Any, env: Env) -> Lineage:
        """A name of `let`, told once."""
        let = bound.let
        node = Lineage("let", let.name, value, str(let.value.node.origin), let.value.node.place)
        key = (id(let), *sorted(id(env.frames.get(frame)) for frame in _frames(let.value)))
        if key in self.told or (self.aside and key in self.told_aside):
            node.kind = "again"
            return node
        (self.told_aside if self.aside else self.told).add(key)
        return self._under(node, let.value, env)

    def _choice(self, bound: Pick, env: Env) -> Iterator[Bound]:
        """The tests that were made, one after the other, and what was chosen in the end."""
        yield bound.test
        chosen = bound.yes if self._holds(bound.test, env) else bound.no
        if isinstance(chosen, Pick):
            yield from self._choice(chosen, env)
        else:
            yield chosen

    def _conditions(self, bounds: Sequence[Bound], env: Env) -> list[Lineage]:
        """What decides between values, but gives none. It may be passed over: what it tells is told elsewhere, too."""
        before, self.aside = self.aside, True
        found = self._traced(bounds, env)
        self.aside = before
        return [Lineage("condition", each.what, each.value, operands=[each]) for each in found]

    def _operands(self, bound: Bound, env: Env) -> list[Lineage]:
        parts = operands(bound)
        if isinstance(bound, Apply) and bound.function.name == FIRST_FILLED:
            last = next(
                (n for n, part in enumerate(parts, 1) if self._value(part, env) is not None), len(parts)
            )
            parts = parts[:last]
        return self._traced(parts, env)

    def _read(self, bound: Field | Element | Part, value: Any, env: Env) -> Lineage:
        """A field of the source, of another field of the result, or of something computed."""
        source = self._path_of(bound, env)
        if source is not None:
            return self._field(bound.node.text, value, source)
        result = self._path_of(bound, env, self.results)
        if result:
            return self._at(result)
        below = self._traced([bound.base], env) if isinstance(bound, Part) else []
        return Lineage("operation", bound.node.text, value, place=bound.node.place, operands=below)

    def _field(self, text: str, value: Any, source: str) -> Lineage:
        return Lineage("field", text, value, source=source)

    def _path_of(self, bound: Bound, env: Env, known: Mapping[int, str] | None = None) -> str | None:
        """The path of a part in the source record (or in what else is known), found by its structures' identity."""
        known = self.sources if known is None else known
        names: tuple[str, ...] = ()
        if isinstance(bound, Part):
            base, names = self._value(bound.base, env), (bound.step.name,)
        elif isinstance(bound, Field | Element):
            base = env.frames[bound.frame]
            names = tuple(step.name for step in bound.path) if isinstance(bound, Field) else ()
        else:
            base = self._value(bound, env)
        path = known.get(id(base)) if isinstance(base, dict) else None
        for name in names:
            base = base.get(name) if isinstance(base, dict) else None
            path = known[id(base)] if id(base) in known else None if path is None else joined(path, (name,))
        return path

    def _each(self, bound: Project | Filter, env: Env) -> Iterator[Lineage]:
        """The value for each child; of a filter, why it was taken or left."""
        inner = bound.item if isinstance(bound, Project) else bound.condition
        children = self._value(bound.list, env) or []
        for child in children[:CHILDREN_SHOWN]:
            tell = self._traced if isinstance(bound, Project) else self._conditions
            yield from tell([inner], env.inside(bound.frame, child))
        if len(children) > CHILDREN_SHOWN:
            yield Lineage("more", f"and {len(children) - CHILDREN_SHOWN} more", None)

    def _decisive(self, bound: Both | Either, env: Env) -> Iterator[Bound]:
        """The operands up to the one that decides."""
        for part in bound.operands:
            yield part
            value = self._value(part, env)
            if (isinstance(bound, Both) and not value) or (
                isinstance(bound, Either) and value not in (None, False)
            ):
                return

    def _holds(self, bound: Bound, env: Env) -> bool:
        try:
            return truth(bound, env)
        except (Stuck, Hidden):
            return False

    def _value(self, bound: Bound, env: Env) -> Any:
        try:
            return evaluate(bound, env)
        except (Stuck, Hidden):
            return None


def _frames(bound: Bound) -> set[Frame]:
    """The elements that an expression reads, those behind names of `let` included."""
    found: set[Frame] = set()
    for part in walk(bound):
        if isinstance(part, Field | Element | Position):
            found.add(part.frame)
        elif isinstance(part, Local):
            found |= _frames(part.let.value)
    return found


def _place(text: PlacedText) -> str:
    line, column = text.at(0)
    return f"{text.file}:{line}:{column}"


def _numbered(assign: Assign, found: Sequence[Any], number: Token) -> Any:
    """The element with this number."""
    if not isinstance(number, int):
        raise UnknownNameError(
            f"{assign.path} is a list.", advice=f"Say which element: {assign.path}[1].{number}"
        )
    if not 1 <= number <= len(found):
        raise UnknownNameError(f"{assign.path} has {len(found)} elements, there is no number {number}.")
    return found[number - 1]


def _rounding(bound: Apply, value: Any, before: Any) -> str:
    """What a rounding function did."""
    if not bound.function.name.startswith("round") or before is None or value is None:
        return ""
    return "nothing to round" if before == value else f"rounded from {shown(before)}"


def _row(bound: Lookup, env: Env) -> str:
    """Which row of the table was found, and where it stands."""
    table, column = bound.search.table, bound.search.column
    try:
        keys = tuple(plain(evaluate(key, env)) for key in bound.keys)
        row = bound.search.row(keys, None if bound.on is None else evaluate(bound.on, env))
    except (Stuck, Hidden, Fault):
        row = None
    if row is None:
        return f"table {table.name}: no row"
    cells = ", ".join(
        f"{name} {cell}" for name, cell in row.cells.items() if cell is not None and name != column
    )
    return f"table {table.name}, line {row.line} of {table.file}: {column} of the row {cells}"
