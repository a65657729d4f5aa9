"""The examples of the page on expressions give what the page says."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from exchange.declare.places import PlacedText
from exchange.mapping.analysis import Analyst
from exchange.mapping.bound import Frame
from exchange.mapping.evaluator import Env, Stuck, evaluate
from exchange.mapping.scope import Names, Scope
from exchange.mapping.syntax import MAX_LENGTH, MAX_NESTING
from exchange.mapping.tables import build
from exchange.mapping.types import Type
from exchange.model import ArrivalFacts
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs/reference/expressions.md").read_text(encoding="utf-8")
_TABLE = re.compile(r"<!-- examples -->\n(?:\|[^\n]*\n){2}((?:\|[^\n]*\n)+)")
_ROW = re.compile(r"\| `(?P<expression>[^`]+)` \| (?:`(?P<gives>[^`]+)`|(?P<finding>finding)) \|")
EXAMPLES = [
    (match["expression"], match["gives"])
    for table in _TABLE.findall(PAGE)
    for row in table.splitlines()
    for match in [_ROW.match(row)]
    if match
]
LINE = {"name": Type("text"), "net": Type("decimal")}
FIELDS = {
    "name": Type("text"),
    "price": Type("decimal"),
    "quantity": Type("integer"),
    "paid": Type("boolean"),
    "note": Type("text"),
    "lines": Type("structure", many=True, empty=False, fields=LINE),
}
RECORD = {
    "name": "Bolt",
    "price": Decimal("5.00"),
    "quantity": 2,
    "paid": True,
    "note": None,
    "lines": [{"name": "Bolt", "net": Decimal("10.00")}, {"name": "Nut", "net": Decimal("20.00")}],
}


def computed(expression: str) -> object:
    frame = Frame("r", Type("structure", empty=False, fields=FIELDS), "order")
    tables, _ = build([])
    analyst = Analyst(Names({}, []), tables)
    bound = analyst.expression(PlacedText(f"={expression}"), Scope((frame,), {}))
    assert not analyst.problems, [problem.render() for problem in analyst.problems]
    facts = ArrivalFacts("", "", "", "", None)  # type: ignore[arg-type]
    return evaluate(bound, Env(facts, {frame: RECORD}))


def shown(value: object) -> str:
    """A value as the page writes it."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ", ".join(shown(each) for each in value)
    return f'"{value}"' if isinstance(value, str) else str(value)


def test_the_page_has_examples() -> None:
    rows = sum(len(table.splitlines()) for table in _TABLE.findall(PAGE))
    assert len(EXAMPLES) == rows > 20


@pytest.mark.parametrize(("expression", "gives"), EXAMPLES, ids=[example[0] for example in EXAMPLES])
def test_an_example_gives_what_the_page_says(expression: str, gives: str | None) -> None:
    if gives is None:
        with pytest.raises(Stuck):
            computed(expression)
    else:
        assert shown(computed(expression)) == gives


def test_the_limits_are_those_of_the_code() -> None:
    assert f"at most {MAX_LENGTH} characters" in PAGE
    assert f"at most {MAX_NESTING} deep" in PAGE
