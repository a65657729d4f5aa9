"""What is known beforehand changes no value: simplified expressions and straight mappings against the interpreter."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal, localcontext
from typing import Any

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from mapping_support import ABOVE, FACTS, SOURCE, compiled
from test_mapping_twins import expressions, records

from exchange.declare.places import PlacedText
from exchange.known import Children, Constant, Known, NotStraight, Structure, Variable
from exchange.mapping.analysis import Analyst
from exchange.mapping.bound import Frame
from exchange.mapping.evaluator import Env, Stuck, evaluate
from exchange.mapping.interpreter import Interpreter
from exchange.mapping.operators import ARITHMETIC, FAILURES
from exchange.mapping.scope import Names, Scope
from exchange.mapping.straight import PartialEmitter, Straight
from exchange.mapping.types import of_kind
from exchange.model import Record

MANY = {"lines", "tags"}
choices = st.lists(st.booleans(), min_size=16, max_size=16)


def known_of(record: Record, told: list[bool], values: dict[str, Any]) -> dict[str, Known]:
    """What is known of a record: told says of which fields the value, of the others whether they are empty."""
    known: dict[str, Known] = {}
    for number, name in enumerate(SOURCE.kinds["order"].fields):
        value, variable = record[name], f"x_{name}"
        values[variable] = value
        if name == "customer":
            inner = {key: Variable(f"x_{key}", filled=False) for key in ("name", "email", "number")}
            values |= {f"x_{key}": (value or {}).get(key) for key in inner}
            known[name] = Constant(None) if value is None else Structure(inner)
        elif name == "dimensions":
            known[name] = Constant(None)
        elif name in MANY:
            known[name] = Variable(variable, filled=True, many=True) if value else Constant([])
        elif told[number]:
            known[name] = Constant(value)
        else:
            known[name] = Variable(variable, filled=value is not None and told[-number])
    return known


NO_ORDER: Record = {name: [] if name in MANY else None for name in SOURCE.kinds["order"].fields}
ONE_LINE = dict.fromkeys(SOURCE.kinds["order"].fields["lines"].fields) | {"quantity": Decimal(0)}


@settings(max_examples=400)
@example("default(pieces, abs(customer.number))", NO_ORDER | {"pieces": 1}, [False] * 16)
@example(
    "max(lines, default(quantity, abs(customer.number)))", NO_ORDER | {"lines": [ONE_LINE]}, [False] * 16
)
@given(expressions, records, choices)
def test_what_is_known_changes_no_value(expression: str, record: Record, told: list[bool]) -> None:
    assume("dimensions" not in expression)
    frame = Frame("r", of_kind(SOURCE, SOURCE.kinds["order"]), "order")
    analyst = Analyst(Names({"name": "Acme"}, []))
    bound = analyst.expression(PlacedText(f"={expression}"), Scope((frame,), {}))
    assume(not analyst.problems)
    values: dict[str, Any] = {}
    emitter = PartialEmitter()
    emitter.partial.records[frame] = known_of(record, told, values)
    with localcontext(ARITHMETIC):
        try:
            code = emitter.code(bound)
            fast = eval(code, {**emitter.namespace, **values, "arrival_date": FACTS.date})
        except (*FAILURES, NotStraight):
            return  # it goes the usual way
        try:
            slow = evaluate(bound, Env(FACTS, {frame: record}))
        except Stuck as stuck:
            raise AssertionError(f"{expression} has no value, but {code} has {fast!r}") from stuck
    assert (type(slow), slow) == (type(fast), fast), (expression, code)


MAPPINGS = [
    compiled(
        ABOVE
        + """
where: =default(total, 1) > 0
let:
  day: '=coalesce(ordered, arrival.date)'
  kind: '=choose(currency, "EUR", "euro", "SEK", "crown", empty)'
  paid_up: =paid and total != empty
set:
  number: =concat(upper(currency), kind)
  issued: =day
  total: =total
  share: =total / default(pieces, 1)
  pieces: =default(pieces, 0)
  text: =customer.name or comment
  tags: [=comment, x, =currency]
  customer: {where: =paid_up, set: {name: =sepa(customer.name), email: =customer.email}}
check:
  - {that: =result.total < 500, code: BIG, say: Too big.}
  - {that: =paid_up or customer.email == empty, code: MILD, say: So so., severity: warning}
conserve: {amount: {source: "=default(total, 0)", result: =total, by: =currency}}
key: =result.number
"""
    ),
    compiled(
        ABOVE
        + """
set:
  number: =order_no
  total: =total
  paid: =paid
  customer: {name: =customer.name, email: =comment}
  lines:
    - where: =starts(comment, "a")
      set: {description: =comment, net: =total}
    - where: =pieces > 3
      set: {description: =text(pieces)}
conserve: {count: order, amount: =total}
"""
    ),
    compiled(
        ABOVE
        + "set:\n  number: =order_no\n  total: =sum(lines, price)\n  pieces: =count(lines)\n"
        + "  lines: [{each: lines, where: =price > 0, set: {description: =name, net: =price}}]\n"
    ),
]


def shown(known: Known, values: dict[str, Any]) -> Any:
    """A value of the result as it would stand in a record."""
    match known:
        case Constant():
            return known.value
        case Variable():
            return values[known.name]
        case Children():
            return [item for each in known.items if (item := shown(each, values)) is not None]
    there = known.stands or shown(known.present, values)
    return {name: shown(value, values) for name, value in known.fields.items()} if there else None


@settings(max_examples=300, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.integers(0, len(MAPPINGS) - 1), records, records, choices, st.booleans())
def test_a_straight_mapping_gives_what_the_interpreter_gives(
    number: int, record: Record, other: Record, told: list[bool], alike: bool
) -> None:
    assume(record["currency"] is not None)  # a new envelope is made in the usual way, and told of there
    plan, values = MAPPINGS[number].plan, dict[str, Any]()
    above: Any = {envelope.kind: {} for envelope in plan.envelopes}
    emitter, sample = PartialEmitter(), None
    made = Interpreter(plan, FACTS, {kind: {} for kind in above}).record(record if alike else other).made
    if made:
        sample = Env(FACTS, {plan.record: record if alike else other, plan.result: made[0].result})
    writer = Straight(plan, emitter, Counter(), 0, True, sample)
    with localcontext(ARITHMETIC):
        try:
            straight = writer.run(Structure(known_of(record, told, values)), "2", keys=True)
        except NotStraight:
            return
        lines = [*straight.begin, *writer.lines, *straight.commit]
        source = "\n".join(
            ["def f(row, arrival_date, arrival_id, state_0, keys_0):", *(f"    {each}" for each in lines)]
        )
        source += "\n    return locals()\n"
        namespace = {**emitter.namespace, **values}
        exec(source, namespace)
        noticed: list[Any] = []
        state: Any = type(
            "Told", (), {"tells": lambda *_: False, "mild": lambda _, told: noticed.extend(told)}
        )()
        state.add = lambda *_: None
        keys: list[Any] = []
        try:
            locals_ = namespace["f"]("refused", FACTS.date, FACTS.id, state, keys)  # type: ignore[operator]
        except FAILURES:
            return
    if locals_ == "refused":
        return
    told_ = Interpreter(plan, FACTS, above).record(record)
    assert not told_.failed, source
    assert {finding.code for finding in told_.findings} == {
        plan.tests[test].declared.code for test, *_ in noticed
    }
    (slow,) = told_.made
    fields = {assign.name for assign in plan.body.fields.assigns}
    fast = {name: shown(value, {**values, **locals_}) for name, value in straight.result.fields.items()}
    assert fast == {name: value for name, value in slow.result.items() if name in fields}, source
    assert [key for key, *_ in keys] == [slow.key][: len(keys)]
