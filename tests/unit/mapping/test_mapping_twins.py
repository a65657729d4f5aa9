"""Generated code and interpreter are twins: same values, same refusals, random expressions and records."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import localcontext
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from mapping_support import ABOVE, FACTS, SOURCE, compiled, line, order, run

from exchange.declare.places import PlacedText
from exchange.mapping.analysis import Analyst
from exchange.mapping.bound import Frame
from exchange.mapping.codegen import Emitter
from exchange.mapping.compiler import CompiledMapping, State
from exchange.mapping.evaluator import Env, Stuck, evaluate
from exchange.mapping.interpreter import Interpreter
from exchange.mapping.operators import ARITHMETIC, FAILURES
from exchange.mapping.scope import Names, Scope
from exchange.mapping.tally import Keys, Tally
from exchange.mapping.types import of_kind
from exchange.model import Batch, Record

numbers = st.sampled_from(
    ["total", "pieces", "customer.number", "0", "1", "2.50", "0.001", "sum(lines.price)"]
)
texts = st.sampled_from(
    ["currency", "comment", "customer.name", "'EUR'", "'a'", "first(lines).name", "dimensions.x", "site.name"]
)
days = st.sampled_from(["ordered", "arrival.date", "first(lines.delivered)"])
flags = st.sampled_from(["paid", "true", "false", "customer.name == empty", "any(lines.free)"])


def _numbers(inner: Any) -> Any:
    number, text, day, flag = inner
    two = st.tuples(number, number)
    return st.one_of(
        st.tuples(number, st.sampled_from("+-*/"), number).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        number.map(lambda x: f"(-{x})"),
        number.map(lambda x: f"abs({x})"),
        number.map(lambda x: f"round({x}, 1)"),
        number.map(lambda x: f"floor({x})"),
        two.map(lambda p: f"default({p[0]}, {p[1]})"),
        two.map(lambda p: f"({p[0]} or {p[1]})"),
        two.map(lambda p: f"min({p[0]}, {p[1]})"),
        st.tuples(number, flag, number).map(lambda p: f"({p[0]} if {p[1]} else {p[2]})"),
        number.map(lambda x: f"sum(lines, price * ({x}))"),
        flag.map(lambda x: f"count(lines, {x})"),
        number.map(lambda x: f"max(lines, default(quantity, {x}))"),
        text.map(lambda x: f"length({x})"),
        text.map(lambda x: f"number({x})"),
        st.tuples(day, day).map(lambda p: f"days_between({p[0]}, {p[1]})"),
        st.tuples(text, text, number, number).map(lambda p: f"choose({p[0]}, {p[1]}, {p[2]}, {p[3]})"),
        text.map(lambda x: f"choose({x}, 'EUR', 1, 'a', 2.5)"),
        text.map(lambda x: f"choose({x}, 'EUR', 1, 'a', 2.5, 'EUR', 3, empty)"),
        number.map(lambda x: f"coalesce(pieces, {x}, 4)"),
    )


def _texts(inner: Any) -> Any:
    number, text, _, flag = inner
    return st.one_of(
        text.map(lambda x: f"upper({x})"),
        text.map(lambda x: f"trim({x})"),
        st.tuples(text, text).map(lambda p: f"concat({p[0]}, {p[1]})"),
        st.tuples(text, number).map(lambda p: f"left({p[0]}, floor({p[1]}))"),
        st.tuples(text, text).map(lambda p: f"replace({p[0]}, {p[1]}, empty)"),
        st.tuples(text, text).map(lambda p: f"({p[0]} or {p[1]})"),
        st.tuples(text, flag).map(lambda p: f"({p[0]} if {p[1]} else empty)"),
        st.tuples(text, flag).map(lambda p: f"first(only(lines, {p[1]})).name"),
        text.map(lambda x: f"join(lines, concat(name, {x}), '+')"),
        number.map(lambda x: f"text({x})"),
        text.map(lambda x: f"sepa({x}, 3)"),
        text.map(lambda x: f"nordic({x})"),
        text.map(lambda x: f"left({x}, 2)"),
        text.map(lambda x: f"strip_zeros({x})"),
        text.map(lambda x: f"replace({x}, 'a', '{{b}}')"),
        st.tuples(text, text).map(lambda p: f"coalesce({p[0]}, {p[1]})"),
    )


def _flags(inner: Any) -> Any:
    number, text, day, flag = inner
    operator = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
    same = st.one_of(
        st.tuples(number, operator, number), st.tuples(text, operator, text), st.tuples(day, operator, day)
    )
    return st.one_of(
        same.map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        st.one_of(number, text, day, flag).map(lambda x: f"({x} == empty)"),
        flag.map(lambda x: f"(not {x})"),
        st.tuples(flag, st.sampled_from(["and", "or"]), flag).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        st.tuples(number, number, number).map(lambda p: f"({p[0]} < {p[1]} <= {p[2]})"),
        st.tuples(text, text, text).map(lambda p: f"({p[0]} in ({p[1]}, {p[2]}))"),
        text.map(lambda x: f"({x} not in tags)"),
        st.tuples(text, text).map(lambda p: f"contains({p[0]}, {p[1]})"),
        flag.map(lambda x: f"all(lines, {x})"),
        number.map(lambda x: f"any(lines, default(quantity, 0) > {x})"),
        text.map(lambda x: f"is_valid('currency', {x})"),
        text.map(lambda x: f"starts({x}, 'E')"),
        st.one_of(number, text, day).map(lambda x: f"is_empty({x})"),
    )


def _days(inner: Any) -> Any:
    number, _, day, flag = inner
    return st.one_of(
        st.tuples(day, number).map(lambda p: f"add_days({p[0]}, floor({p[1]}))"),
        day.map(lambda x: f"end_of_month({x})"),
        st.tuples(day, flag, day).map(lambda p: f"({p[0]} if {p[1]} else {p[2]})"),
    )


def deeper(depth: int) -> tuple[Any, Any, Any, Any]:
    """Strategies for numbers, texts, days and conditions up to a depth."""
    if depth == 0:
        return numbers, texts, days, flags
    inner = deeper(depth - 1)
    made = _numbers(inner), _texts(inner), _days(inner), _flags(inner)
    return tuple(st.one_of(old, new) for old, new in zip(inner, made, strict=True))  # type: ignore[return-value]


expressions = st.one_of(*deeper(3))
amounts = st.none() | st.decimals(-1000, 1000, places=2)
words = st.none() | st.sampled_from(["EUR", "a", " b ", "12.5", "Åbo"])
dates = st.none() | st.dates(date(2000, 1, 1), date(2050, 1, 1))
lines = st.builds(
    line,
    name=words,
    price=amounts,
    quantity=amounts,
    delivered=dates,
    rate=amounts,
    free=st.none() | st.booleans(),
)
customers = st.none() | st.fixed_dictionaries(
    {"name": words, "email": words, "number": st.none() | st.integers(-5, 50)}
)
records = st.builds(
    order,
    total=amounts,
    currency=words,
    comment=words,
    ordered=dates,
    paid=st.none() | st.booleans(),
    pieces=st.none() | st.integers(-5, 50),
    customer=customers,
    lines=st.lists(lines, max_size=3),
    tags=st.lists(st.sampled_from(["EUR", "a"]), max_size=2),
    dimensions=st.none() | st.just({"x": "a"}),
)


def both_ways(expression: str, record: Record) -> tuple[Any, Any]:
    """The value of an expression by the interpreter and by generated code; FAILED where there is none."""
    frame = Frame("r", of_kind(SOURCE, SOURCE.kinds["order"]), "order")
    analyst = Analyst(Names({"name": "Acme"}, []))
    bound = analyst.expression(PlacedText(f"={expression}"), Scope((frame,), {}))
    assume(not analyst.problems)
    emitter = Emitter()
    code = emitter.code(bound)
    with localcontext(ARITHMETIC):
        try:
            slow = evaluate(bound, Env(FACTS, {frame: record}))
        except Stuck:
            slow = "FAILED"
        try:
            fast = eval(code, {**emitter.namespace, "r": record, "arrival_date": FACTS.date})
        except FAILURES:
            fast = "FAILED"
    return slow, fast


@settings(max_examples=400)
@given(expressions, records)
@example("(total if paid else 0)", order(total=None))
@example("first(only(lines, (paid and free))).name", order(paid=True, lines=[line(free=True, name="x")]))
@example("sum(only(first(lines, free) == empty or lines, free).price)", order())
def test_expressions_have_one_meaning(expression: str, record: Record) -> None:
    slow, fast = both_ways(expression, record)
    assert (type(slow), slow) == (type(fast), fast), expression
    assert not isinstance(slow, float)


class Fell(Exception):
    """The generated code handed a record over."""


MAPPING = compiled(
    ABOVE
    + """
where: =default(total, 1) > 0
let: {day: '=coalesce(ordered, arrival.date)'}
set:
  number: =upper(currency)
  issued: =day
  total: =sum(result.lines.net)
  share: =total / default(pieces, 1)
  pieces: =default(pieces, 0)
  text: =customer.name or comment
  tags: [=comment, x, =currency]
  customer: {name: =customer.name, email: =customer.email}
  dimensions: {a: =dimensions.x, b: =comment}
  lines:
    - each: lines
      where: =free != true
      let: {net: =price * quantity}
      set: {description: =name, net: "=round(net, 2)", rate: =rate}
    - each: lines
      group: {by: [=rate], as: rows}
      set: {description: VAT, count: =count(rows), net: "=sum(rows, default(price, 0))"}
check: [{that: =result.total < 500000, code: BIG, say: Too big.}]
conserve: {amount: {source: "=default(total, 0)", result: =share, by: =currency}}
key: =result.number
"""
)


@settings(max_examples=400)
@given(records)
def test_mappings_have_one_meaning(record: Record) -> None:
    above: dict[str, Any] = {envelope.kind: {} for envelope in MAPPING.plan.envelopes}
    state = State(MAPPING.plan, FACTS, lambda finding: None, Tally(), above, [{}])

    class Watched(State):
        def explain(self, record: Record, out: Any, keys: Any) -> None:
            raise Fell

    watched = Watched(MAPPING.plan, FACTS, lambda finding: None, Tally(), above, [{}])
    with localcontext(ARITHMETIC):
        told = Interpreter(MAPPING.plan, FACTS, {kind: {} for kind in above}).record(record)
        try:
            out, keys = MAPPING.function([record], watched)
        except Fell:
            assert told.findings
            return
    assert not told.findings
    assert out == [made.result for made in told.made]
    assert [key for key, *_ in keys] == [made.key for made in told.made]
    assert watched.left_out == told.left_out
    for made in told.made:
        state.add(0, made.amounts[0][2], *made.amounts[0][:2])
    assert watched.totals == state.totals


def slowly(batch: Batch, state: State) -> tuple[Batch, Keys]:
    """What the generated function does, every record by the interpreter."""
    out: Batch = []
    keys: Keys = []
    for record in batch:
        state.explain(record, out, keys)
    return out, keys


FORMS: list[CompiledMapping] = [
    compiled(
        ABOVE + "each: order.lines\nwhere: =quantity > 0\n"
        "set: {number: =name, total: =price, text: =order.comment}\n"
        "check: [{that: =price != 5, code: FIVE, say: Five., severity: warning}]\n"
        "conserve: {count: order.lines, amount: {source: =price, result: =total, by: =order.currency}}\n"
    ),
    compiled(
        ABOVE.replace("=currency", "=first(items).currency")
        + "group: {by: [=currency, =paid], order: any}\nwhere: =pieces > 0\nset:\n"
        "  {number: =first(items).order_no, total: '=sum(items, default(total, 0))', pieces: =count(items)}\n"
        "key: =number\n"
    ),
    compiled(ABOVE + "set: {number: =order_no, total: =total}\nconserve: {count: order, amount: =total}\n"),
    compiled(
        ABOVE + "group: {by: [=currency], order: any, results: each}\n"
        "let: {all_of: '=sum(items, default(total, 0))'}\nwhere: =pieces > 0\n"
        "set: {number: =order_no, total: '=all_of - default(total, 0)', pieces: =count(items)}\n"
        "check: [{that: =all_of < 1000, code: MANY, say: Too much.}]\nkey: =number\n"
    ),
]


@pytest.mark.parametrize("form", range(4))
@settings(max_examples=100)
@given(several=st.lists(records, max_size=6))
def test_whole_runs_have_one_meaning(form: int, several: list[Record]) -> None:
    mapping = FORMS[form]
    fast, fast_findings, fast_tally = run(mapping, *several, batch=2)
    slow, slow_findings, slow_tally = run(replace(mapping, function=slowly), *several, batch=2)  # type: ignore[arg-type]
    assert fast == slow
    assert fast_findings == slow_findings
    assert fast_tally == slow_tally
    assert [id(one["part"]) == id(two["part"]) for one in fast for two in fast] == [
        id(one["part"]) == id(two["part"]) for one in slow for two in slow
    ]
