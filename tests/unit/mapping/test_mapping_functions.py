"""Every function: documented, with examples that are run here through compiled mappings."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal

import pytest
from mapping_support import FACTS, LINE, SOURCE

from exchange.declare.catalogue import Catalogue
from exchange.declare.parse import parse
from exchange.declare.places import PlacedText
from exchange.declare.table import Table as DeclaredTable
from exchange.declare.table import load_rows
from exchange.declare.yaml import load
from exchange.flow.library import Library
from exchange.mapping.analysis import Analyst
from exchange.mapping.bound import Frame
from exchange.mapping.codegen import Emitter
from exchange.mapping.evaluator import Env, evaluate
from exchange.mapping.functions import functions
from exchange.mapping.functions.dates import date_
from exchange.mapping.functions.numbers import overpunched
from exchange.mapping.operators import Fault
from exchange.mapping.scope import Names, Scope
from exchange.mapping.tables import build
from exchange.mapping.types import Type, of_field

EXAMPLE = re.compile(r"`([^`]+) → ([^`]+)`")
CASES = [
    (name, *example)
    for name, function in functions().items()
    for example in EXAMPLE.findall(function.summary)
]
CHILDREN = [
    {
        **dict.fromkeys(LINE),
        "name": "Bolt",
        "unit": "pcs",
        "net": Decimal("10.00"),
        "price": Decimal("5.00"),
        "quantity": Decimal(2),
    },
    {
        **dict.fromkeys(LINE),
        "name": "Nut",
        "unit": "pcs",
        "net": Decimal("20.00"),
        "price": Decimal("10.00"),
        "quantity": Decimal(2),
    },
]
UNITS = "table: units\nkey: [ours]\nrows:\n  - {ours: pcs, theirs: PCE}\n  - {ours: h, theirs: HUR}\n"


def tables_of(text: str):
    from pathlib import Path

    node, problems = load(text, "tables/t.yaml")
    assert node is not None, problems
    declared, problems = parse(DeclaredTable, node)
    assert declared is not None, problems
    rows, problems = load_rows(declared, Path("/nowhere"))
    assert rows is not None, problems
    tables, problems = build([rows])
    assert not problems
    return replace(tables, calendars=Library(Catalogue.of()).tables().calendars)


def computed(expression: str) -> list[object]:
    """The value by the interpreter and by the generated code."""
    lines = Type(
        "structure", True, False, {"net": of_field_of("net"), **{n: of_field(f) for n, f in LINE.items()}}
    )
    frame = Frame("r", Type("structure", empty=False, fields={"lines": lines}), "order")
    analyst = Analyst(Names({}, []), tables_of(UNITS))
    bound = analyst.expression(PlacedText(f"={expression}"), Scope((frame,), {}))
    assert not analyst.problems, [problem.render() for problem in analyst.problems]
    record = {"lines": CHILDREN}
    emitter = Emitter()
    code = emitter.code(bound)
    return [evaluate(bound, Env(FACTS, {frame: record})), eval(code, {**emitter.namespace, "r": record})]


def of_field_of(name: str) -> Type:
    return of_field(SOURCE.kinds["order"].fields["total"])


def expected(text: str) -> object:
    """What stands to the right of an arrow."""
    if text.startswith('"'):
        return text[1:-1]
    if text in ("true", "false", "empty"):
        return {"true": True, "false": False, "empty": None}[text]
    if re.fullmatch("-?[0-9]+([.][0-9]+)?", text):
        return Decimal(text)
    for kind in (date, datetime, time):
        try:
            return kind.fromisoformat(text)
        except ValueError:
            continue
    raise AssertionError(text)


@pytest.mark.parametrize(("name", "expression", "result"), CASES, ids=[case[1] for case in CASES])
def test_the_example_of_a_function_is_true(name: str, expression: str, result: str) -> None:
    assert name in expression
    want = expected(result)
    for got in computed(expression):
        assert got == want
        assert not isinstance(got, float)
        assert isinstance(want, Decimal) or type(got) is type(want)
        if isinstance(want, Decimal):
            assert str(got) == result


def test_every_function_is_documented_with_an_example() -> None:
    names = {case[0] for case in CASES}
    assert names == set(functions())
    assert all(function.signature.startswith(f"{name}(") for name, function in functions().items())


@pytest.mark.parametrize("name", sorted(functions()))
def test_empty_goes_in_without_an_accident(name: str) -> None:
    function = functions()[name]
    first = function.parameters[0]
    if (
        first.accepts.empty
        and first.accepts.names
        and not first.accepts.many
        and len(function.parameters) == 1
    ):
        assert function.call(None) in (None, False)


@pytest.mark.parametrize(
    ("text", "length", "result"),
    [
        ("Äiti & Öljy", 140, "Aiti + Oljy"),
        ("Łódź – Straße 5", 140, "Lodz - Strase 5"),
        ("a_b*c", 140, "a-b.c"),
        ("//x//y/", 140, "x/y"),
        ("日本", 140, "RiBen"),
        ("ÅÄÖ" * 20, 5, "AAOAA"),
        ("€ 5", 140, "E 5"),
        ("\u0007", 140, "."),
    ],
)
def test_sepa_leaves_what_banks_take(text: str, length: int, result: str) -> None:
    assert functions()["sepa"].call(text, length) == result


@pytest.mark.parametrize(
    "pattern", ["(a|b)*", "(a*)*", "(a{1,3})+", "a*b*c*", r"(a)\1", "(?=a)", "[", "a" * 201, "(?P<n>a)"]
)
def test_patterns_that_may_run_for_long_are_refused(pattern: str) -> None:
    known = functions()["matches"].parameters[1].known
    assert known is not None
    assert known.test(pattern)


@pytest.mark.parametrize(
    "pattern",
    ["[0-9]+", "[A-Z]{2}[0-9]{2,30}", "(INV|CRE)-[0-9]*", "(ab){2}", r"\d+[.]\d{2}", "[]*+]+", "a?b?"],
)
def test_ordinary_patterns_are_taken(pattern: str) -> None:
    known = functions()["matches"].parameters[1].known
    assert known is not None
    assert known.test(pattern) is None


DATED = """table: vat-codes
key: [rate, land]
valid: {from: start, to: end}
miss: %s
rows:
  - {rate: "24", land: FI, start: "", end: 2024-08-31, code: OLD}
  - {rate: "25.5", land: FI, start: 2024-09-01, end: "", code: NEW}
"""


def test_dated_tables_with_a_key_of_two_columns() -> None:
    from exchange.mapping.tables import MissFault, Search

    table = tables_of(DATED % "fail").get("vat-codes")
    assert table is not None
    assert table.values == ("code",)
    search = Search(table, "code")
    assert search(Decimal("25.50"), "FI", on=date(2024, 9, 1)) == "NEW"
    assert search(24, "FI", on=date(2024, 8, 31)) == "OLD"
    assert search(None, "FI", on=date(2024, 8, 31)) is None
    with pytest.raises(MissFault, match="but not for 2024-09-01") as early:
        search(Decimal(24), "FI", on=date(2024, 9, 1))
    assert "valid on that day" in early.value.advice
    with pytest.raises(MissFault) as miss:
        search("25.6", "FI", on=date(2024, 9, 1))
    assert 'The nearest key is "25.5 / FI"' in miss.value.advice
    default = tables_of(DATED % "{default: X}").get("vat-codes")
    assert default is not None
    assert Search(default, "code")(1, "SE", on=date(2024, 1, 1)) == "X"


def test_a_key_spelt_twice_is_a_problem() -> None:
    from pathlib import Path

    text = 'table: t\nkey: [rate]\nrows:\n  - {rate: "25.5", code: A}\n  - {rate: "25.50", code: B}\n'
    node, _ = load(text, "tables/t.yaml")
    assert node is not None
    declared, _ = parse(DeclaredTable, node)
    assert declared is not None
    rows, _ = load_rows(declared, Path("/nowhere"))
    assert rows is not None
    _, (problem,) = build([rows])
    assert "lines 4 and 5" in problem.message


@pytest.mark.parametrize(
    ("text", "pattern", "said"),
    [
        ("orange", "%Y", "no date of the pattern"),
        ("2024-01-01range", "%Y-%m-%d", "no date of the pattern"),
        ("31.2.2024", "%-d.%-m.%Y", "does not exist"),
    ],
)
def test_a_text_that_is_no_day_is_told_by_what_it_is(text: str, pattern: str, said: str) -> None:
    with pytest.raises(Fault, match=said):
        date_(text, pattern)


def test_percent_signs_before_a_dash_are_signs() -> None:
    assert date_("%-1.2.2024", "%%-%d.%m.%Y") == date(2024, 2, 1)
    assert date_("%1.2.2024", "%%%-d.%-m.%Y") == date(2024, 2, 1)


def test_the_last_digit_holds_the_sign() -> None:
    assert [overpunched(text, 2) for text in ("1{", "1I", "1}", "1R", "}")] == [
        *(Decimal("0.10"), Decimal("0.19"), Decimal("-0.10"), Decimal("-0.19"), Decimal("0.00")),
    ]
    assert overpunched(None, 2) is None and overpunched("12J", 0) == -121
    for text in ("12", "1é", "-1A", "1a", "A1", ""):
        with pytest.raises(Fault, match="a sign in the last one"):
            overpunched(text, 2)
