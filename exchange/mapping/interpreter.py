"""The slow twin of the generated function: walks the same plan for one record and tells everything that is
wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from exchange.declare.places import PlacedText
from exchange.findings import Finding, code
from exchange.mapping.bound import Bound, Let
from exchange.mapping.evaluator import Env, Hidden, Stuck, culprit, evaluate, plain_value, shown, told, truth
from exchange.mapping.operators import Fault, filled, filled_map, key_text
from exchange.mapping.plan import (
    Assign,
    Balance,
    Block,
    Children,
    Content,
    Envelope,
    Fields,
    Groups,
    Plan,
    Several,
    Single,
    Sum,
)
from exchange.mapping.tables import MissFault
from exchange.model import KEY, KIND, LINE, PATH, ArrivalFacts, PaymentNote, Record

_NEXT_STEPS = {
    "error": "Correct the value and have the file read again.",
    "warning": "Look whether the value is right; the file goes on as it is.",
    "info": "Nothing needs to be done.",
}
"""The next step where a check declares none."""
_FOR_PEOPLE = re.compile(r"[\w.]+|(sum|count|abs|length)\([\w., ]+\)").fullmatch
"""Operands that a check shows: names, and simple sums and counts."""
_REASON = re.compile(r"(\w+_)?fault\(").match
RULE = "The rule is {rule} ({place}){operands}."
COMPUTATION = code("MAP001", "error", "{field} cannot be computed: {reason}. " + RULE, advice="{advice}")
REQUIRED = code(
    "MAP002",
    "error",
    "{field} must not be empty, but it came out empty. " + RULE,
    advice='Correct the record, or say in the mapping what stands for it, such as default(x, "-").',
)
MISS = code("MAP003", "error", "{field} cannot be looked up: {reason}. " + RULE, advice="{advice}")
NO_KEY = code(
    "MAP004",
    "error",
    "The business key is empty. " + RULE,
    advice="Correct the record: without its key it cannot be told from a duplicate.",
)


@dataclass(slots=True)
class Made:
    """One result. amounts: for each conserved sum, source, result and the value of `by`; moves: for each
    balance the values of `by`, and opening, moved and closing.
    """

    result: Record
    key: str | None
    amounts: list[tuple[Any, Any, Any]]
    moves: list[tuple[tuple[Any, ...], tuple[Any, Any, Any]]]
    note: PaymentNote | None


@dataclass(slots=True)
class Told:
    """What one record gave: its results, the elements left out by `where`, and what is wrong."""

    made: list[Made] = field(default_factory=list)
    elements: int = 1
    left_out: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether an error was found: then nothing of the record is handed on."""
        return any(finding.severity == "error" for finding in self.findings)


class Interpreter:
    """Interprets one plan. above: the envelopes made so far, by kind and keys; shared with the generated
    function.
    """

    def __init__(
        self, plan: Plan, facts: ArrivalFacts, above: dict[str, dict[tuple[Any, ...], Record]]
    ) -> None:
        self.plan, self.facts, self.above = plan, facts, above
        self.told = Told()
        self.elements: list[Any] = []
        self.settled: dict[Let, Any] = {}
        """Names that are the same for all children of the present record, once one of them needed them."""
        self.trouble = 0
        """How many values could not be had so far, those that are not told again included."""

    def record(self, record: Record) -> Told:
        """Everything that becomes of one source record, and everything that is wrong with it."""
        self.told, self.elements, self.settled = Told(), [record], {}
        env = Env(self.facts, {self.plan.record: record})
        if self.plan.over is None:
            self.one(env)
            return self.told
        children = self.attempt("each", evaluate, self.plan.over, env) if self.plan.over else []
        self.told.elements = len(children or ())
        self.lets(self.plan.body.shared if children else (), env)
        for number, child in enumerate(children or (), 1):
            assert self.plan.element is not None
            with self.within(child):
                self.one(env.inside(self.plan.element, child, number))
        return self.told

    def group_key(self, groups: Groups, record: Record) -> tuple[tuple[Any, ...] | None, Told]:
        """The values a record is grouped by; None when `where` leaves it out or something is wrong."""
        self.told, self.elements = Told(), [record]
        env = Env(self.facts, {groups.frame: record, self.plan.record: record})
        if self.plan.before is not None and not self.attempt("where", truth, self.plan.before, env):
            return None, self.told
        keys = [self.attempt("group", evaluate, key, env) for key in groups.keys]
        return (None if self.told.failed else tuple(keys)), self.told

    @contextmanager
    def within(self, element: Any) -> Iterator[None]:
        """Findings in here stand at the place of this element, when it has one."""
        self.elements.append(element)
        yield
        self.elements.pop()

    def one(self, env: Env) -> None:
        """One result, or findings."""
        before, trouble = len(self.told.findings), self.trouble
        block = self.plan.body
        self.lets(block.early, env)
        if block.where is not None and not self.condition(block.where, env, "where"):
            self.told.left_out += self.trouble == trouble
            return
        self.lets(block.lets, env)
        result = self.marks()
        result |= self.assigned(block.fields, env)
        made = [self.envelope(envelope, env) for envelope in self.plan.envelopes]
        result |= {
            envelope.kind: inner for envelope, (_, inner) in zip(self.plan.envelopes, made, strict=True)
        }
        if any(finding.severity == "error" for finding in self.told.findings[before:]):
            return
        self.after(result, env.inside(self.plan.result, result), before)
        if not any(finding.severity == "error" for finding in self.told.findings[before:]):
            for envelope, (keys, inner) in zip(self.plan.envelopes, made, strict=True):
                self.above[envelope.kind][keys] = inner

    def marks(self) -> Record:
        """Where a result comes from."""
        return {KIND: self.plan.target, LINE: self.mark(LINE), PATH: self.mark(PATH)}

    def mark(self, name: str) -> Any:
        """The innermost known place."""
        marks = (element.get(name) for element in reversed(self.elements) if isinstance(element, dict))
        return next((mark for mark in marks if mark is not None), None)

    def after(self, result: Record, env: Env, before: int) -> None:
        """Checks, key and sums of a result that could be made."""
        for test in self.plan.tests:
            self.test(test.declared.code, test.that, env)
        key = None
        if self.plan.key is not None:
            trouble = self.trouble
            key = self.attempt("key", _key, self.plan.key, env)
            if key is None and self.trouble == trouble:
                self.find(NO_KEY, "key", self.plan.key, env)
            result[KEY] = key
        note = self.note(result[LINE], env) if self.plan.followed else None
        amounts = [self.amounts(total, env) for total in self.plan.sums]
        moves = [self.moves(balance, env) for balance in self.plan.balances]
        if not any(finding.severity == "error" for finding in self.told.findings[before:]):
            self.told.made.append(Made(result, key, amounts, moves, note))

    def note(self, line: Any, env: Env) -> PaymentNote:
        """What the ledger keeps of a payment."""
        values = [self.attempt("payment", evaluate, bound, env) for bound in self.plan.followed]
        return ((values[0], values[1]), line, *values[2:])

    def moves(self, balance: Balance, env: Env) -> tuple[tuple[Any, ...], tuple[Any, Any, Any]]:
        """What one result adds to a balance: the values of `by`, and opening, moved and closing."""
        name = f"balance {balance.declared.code}"
        by = tuple(self.attempt(name, evaluate, key, env) for key in balance.by)
        outer = [self.attempt(name, evaluate, bound, env) for bound in (balance.opening, balance.closing)]
        return by, (outer[0], self.amount(name, balance.moved, env), outer[1])

    def amounts(self, total: Sum, env: Env) -> tuple[Any, Any, Any]:
        """What one result adds to a conserved sum: source, result, and within which value of `by`."""
        name = f"conserve {total.name}"
        by = None if total.by is None else self.attempt(name, evaluate, total.by, env)
        return self.amount(name, total.source, env), self.amount(name, total.result, env), by

    def amount(self, name: str, bound: Bound, env: Env) -> Any:
        """A number that is summed; it must not be empty."""

        def given() -> Any:
            value = evaluate(bound, env)
            if value is None:
                raise Stuck(bound, env, Fault("an empty value cannot be summed"))
            return value

        return self.attempt(name, given)

    def test(self, name: str, that: Bound, env: Env) -> None:
        """One check of the mapping: a finding with its own code and sentence when it does not hold."""
        declared = next(test.declared for test in self.plan.tests if test.that is that)
        before = self.trouble
        if self.condition(that, env, f"check {name}") or self.trouble > before:
            return
        failed, inside, child = culprit(that, env)
        operands = told(failed, inside)
        values = _plain(operands)
        meant = [pair for pair in values if pair[0] == declared.field] or values
        named = dict([] if self.plan.key is None else _plain(told(self.plan.key, env))) | dict(meant)
        here = ", ".join(f"{text.removeprefix('source.')} is {shown(value)}" for text, value in named.items())
        said = _reasoned(declared.say, operands)
        message = f"{said} Here {here}." if here else said
        advice = declared.advice or _NEXT_STEPS[declared.severity]
        advice = f"{advice} (Rule {declared.code}, {that.node.place}.)"
        value = plain_value(meant)
        line, path = (child.get(mark) or self.mark(mark) for mark in (LINE, PATH))
        finding = Finding(
            declared.code, declared.severity, message, advice, line, None, path, declared.field, value
        )
        self.told.findings.append(finding)

    def condition(self, bound: Bound, env: Env, name: str) -> bool:
        """Whether a condition holds; what cannot be told does not."""
        return bool(self.attempt(name, truth, bound, env))

    def attempt(self, name: str, compute: Callable[..., Any], *arguments: Any) -> Any:
        """A value, or None and a finding."""
        try:
            return compute(*arguments)
        except Hidden:
            self.trouble += 1
        except Stuck as stuck:
            self.find(
                MISS if isinstance(stuck.fault, MissFault) else COMPUTATION,
                name,
                stuck.bound,
                stuck.env,
                stuck.fault,
            )
        return None

    def find(self, kind: Any, name: str, bound: Bound, env: Env, fault: Fault | None = None) -> None:
        """Notes a finding at the present element."""
        values = told(bound, env)
        self.trouble += 1
        self.told.findings.append(
            kind.at(
                line=self.mark(LINE),
                path=self.mark(PATH),
                field=name,
                value=plain_value(values),
                reason="" if fault is None else fault.message,
                advice="" if fault is None else fault.advice,
                rule=_rule(bound),
                place=bound.node.place,
                operands=_operands(bound, env),
            )
        )

    def lets(self, lets: tuple[Let, ...], env: Env) -> None:
        """Names of `let`; one that fails is told once and hides what rests on it."""
        for let in lets:
            if let in self.settled:
                env.lets[let] = self.settled[let]
                continue
            before = self.trouble
            value = self.attempt(let.name, evaluate, let.value, env)
            env.lets[let] = Hidden() if self.trouble > before else value
            if let in self.plan.body.once:
                self.settled[let] = env.lets[let]

    def assigned(self, fields: Fields, env: Env) -> Record:
        """The fields of a structure that stands."""
        made: dict[str, Any] = {}
        if fields.named:
            env.frames[self.plan.result] = made
        for assign in fields.order or fields.assigns:
            before = self.trouble
            made[assign.name] = self.filled(assign, env)
            if self.trouble > before and assign.name in fields.named:
                made[assign.name] = Hidden()  # what rests on it is not told again
        values = ((assign.name, made[assign.name]) for assign in fields.assigns)
        return {name: None if isinstance(value, Hidden) else value for name, value in values}

    def filled(self, assign: Assign, env: Env) -> Any:
        """A field, which is told when it is required and came out empty."""
        before = self.trouble
        value = self.content(assign, assign.content, env)
        if self.trouble == before:
            self.require(assign, value, env)
        return value

    def require(self, assign: Assign, value: Any, env: Env) -> None:
        """A required field must not be empty."""
        if not assign.required or assign.content is None or not (value is None or value == []):
            return
        content = assign.content
        if isinstance(content, Single):
            self.find(REQUIRED, assign.path, content.value, env)
            return
        at = assign.place or PlacedText(assign.name)
        line, column = at.at(0)
        self.told.findings.append(
            REQUIRED.at(
                line=self.mark(LINE),
                path=self.mark(PATH),
                field=assign.path,
                rule=f"`{at}`",
                place=f"{at.file}:{line}:{column}",
                operands="",
            )
        )

    def content(self, assign: Assign, content: Content | None, env: Env) -> Any:
        """The value of a field."""
        match content:
            case None:
                return [] if assign.type.many else None
            case Single(value=value):
                return self.attempt(assign.path, evaluate, value, env)
            case Several(values=values):
                return filled(self.attempt(assign.path, evaluate, v, env) for v in values)
            case Fields():
                return self.structure(content, env)
            case Block():
                return next(
                    (self.structure(block.fields, inner) for block, inner in self.blocks(content, env)), None
                )
            case Children():
                return [
                    self.structure(b.fields, inner)
                    for block in content.blocks
                    for b, inner in self.blocks(block, env)
                ]

    def structure(self, fields: Fields, env: Env) -> Record | None:
        """A structure; empty when all its fields are and it may be."""
        if fields.open:
            return filled_map(
                {assign.name: self.content(assign, assign.content, env) for assign in fields.assigns}
            )
        if not fields.optional:
            return self.assigned(fields, env)
        before = self.trouble
        made = {assign.name: self.content(assign, assign.content, env) for assign in fields.assigns}
        if self.trouble == before and all(value is None or value == [] for value in made.values()):
            return None
        for assign in fields.assigns:
            if self.trouble == before:
                self.require(assign, made[assign.name], env)
        return made

    def blocks(self, block: Block, env: Env) -> Iterator[tuple[Block, Env]]:
        """A block with the names for each of its elements that is not left out."""
        for element, inner in self.each(block, env):
            with self.within(element):
                if self.stands(block, inner):
                    self.lets(block.lets, inner)
                    yield block, inner

    def stands(self, block: Block, env: Env) -> bool:
        """Whether an element is not left out; of groups that was asked before they were gathered."""
        if block.group is not None:
            return True
        self.lets(block.early, env)
        return block.where is None or self.condition(block.where, env, "where")

    def each(self, block: Block, env: Env) -> Iterator[tuple[Any, Env]]:
        """The elements of a block, or its groups."""
        if block.over is None or block.frame is None:
            yield None, env.inside(self.plan.result, None)
            return
        over, frame = block.over, block.frame
        elements = self.attempt("each", evaluate, over, env) or []
        if block.group is None:
            yield from ((each, env.inside(frame, each, number)) for number, each in enumerate(elements, 1))
            return
        groups = self.gathered(block, block.group, elements, env).values()
        for number, gathered in enumerate(groups, 1):
            yield gathered[0], env.inside(block.group.frame, {block.group.name: gathered}, number)

    def gathered(
        self, block: Block, group: Groups, elements: list[Any], env: Env
    ) -> dict[tuple[Any, ...], list[Any]]:
        """Elements by the values that they are grouped by."""
        found: dict[tuple[Any, ...], list[Any]] = {}
        assert block.frame is not None
        for number, element in enumerate(elements, 1):
            inner = env.inside(block.frame, element, number)
            with self.within(element):
                if block.where is None or self.condition(block.where, inner, "where"):
                    keys = [self.attempt("group", evaluate, key, inner) for key in group.keys]
                    found.setdefault(tuple(keys), []).append(element)
        return found

    def envelope(self, envelope: Envelope, env: Env) -> tuple[tuple[Any, ...], Record]:
        """The ancestor for this result: the one there is for its keys, or a new one."""
        keys = tuple(self.attempt(envelope.kind, evaluate, key, env) for key in envelope.keys)
        known = self.above[envelope.kind].get(keys)
        if known is not None:
            return keys, known
        numbered = env.inside(envelope.frame, None, len(self.above[envelope.kind]) + 1)
        return keys, {KIND: envelope.kind, **self.assigned(envelope.fields, numbered)}


def _key(bound: Bound, env: Env) -> str | None:
    value = evaluate(bound, env)
    try:
        return key_text(value)
    except Fault as fault:
        raise Stuck(bound, env, fault) from fault


def _plain(values: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Only what says something to a person who has not read the mapping: values by name and what was counted of them."""
    return [pair for pair in values if _FOR_PEOPLE(pair[0]) and not isinstance(pair[1], bool)]


def _reasoned(say: str, operands: list[tuple[str, Any]]) -> str:
    """The sentence of a check with what functions such as payment_slip_fault(…) gave as the reason."""
    reasons = [str(value) for text, value in operands if value is not None and _REASON(text)]
    return f"{say.removesuffix('.')}: {'; '.join(reasons)}." if reasons else say


def _rule(bound: Bound) -> str:
    return f"`{bound.node.text}`"


def _operands(bound: Bound, env: Env) -> str:
    values = [f"{text} is {shown(value)}" for text, value in told(bound, env)]
    return f"; {', '.join(values)}" if values else ""
