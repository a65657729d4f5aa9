"""Expressions: what is allowed, what is refused, and where the finger points."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.declare.places import PlacedText, SourceText
from exchange.mapping.syntax import MAX_LENGTH, Literal, parse


def refused(text: str) -> str:
    tree, problems = parse(PlacedText(text))
    assert tree is None
    assert problems
    return " ".join(f"{problem.message} {problem.advice}" for problem in problems)


@pytest.mark.parametrize(
    "text",
    [
        "=a ** b",
        "=a % b",
        "=a // b",
        "=a[0]",
        "=[a for a in b]",
        "=sum(a for a in b)",
        "=lambda: a",
        "=f'{a}'",
        "=(a := 1)",
        "={a: 1}",
        "=a.b()",
        "=a().b()",
        "=a is None",
        "=None",
        "=*a",
        "=f(*a)",
        "=f(**a)",
        "=a @ b",
        "=a & b",
        "=a << 1",
        "=~a",
        "=1e5",
        "=0x10",
        "=1_000",
        "=1j",
        "=b'x'",
        "=r'x'",
        "='''x'''",
        "='a' 'b'",
        "=...",
        "=(a, b)",
        "=[a]",
        "=a # b",
        "=",
        "=  ",
        "=a b",
        "=(a",
        "=a; b",
        "=yield a",
        "=await a",
        "=import os",
        "=a\\\n",
        "=a) + (b",
        "=" + " or ".join("a" * 60),
        "=007",
        "=" + "-" * 60 + "a",
        "=" + "a" * (MAX_LENGTH + 1),
    ],
)
def test_everything_else_of_python_is_refused(text: str) -> None:
    assert refused(text)


def test_refusals_say_what_to_write_instead() -> None:
    assert "remainder(a, b)" in refused("=a % b")
    assert "x == empty" in refused("=a is None")
    assert "concat(a, b)" in refused('=f"{a}"')
    assert "quotes" in refused("=coalesce(a")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("=0.10", Decimal("0.10")),
        ("=12", 12),
        ("='a'", "a"),
        ('="\\d+"', "\\d+"),
        ('="\\"', "\\"),
        ("='\\'", "\\"),
        ("=empty", None),
        ("=true", True),
        ("=123456789012345678901234.5", Decimal("123456789012345678901234.5")),
        ('="it\'s # not"', "it's # not"),
    ],
)
def test_literals_are_exact(text: str, value: object) -> None:
    tree, problems = parse(PlacedText(text))
    assert not problems
    assert isinstance(tree, Literal)
    assert tree.value == value
    assert type(tree.value) is type(value)
    assert str(tree.value) == str(value)


def test_all_problems_of_an_expression_at_once_each_with_its_place() -> None:
    file = SourceText("m.yaml", "a: 1\nset: {x: =ä ** 2 + b[0] + None}\n")
    text = PlacedText("=ä ** 2 + b[0] + None", file, file.text.index("=ä"))
    _, problems = parse(text)
    assert [(p.line, p.column) for p in problems] == [(2, 11), (2, 20), (2, 27)]
    assert file.line(2)[10:15] == "ä ** "[:5]


def test_a_folded_expression_points_into_its_own_line() -> None:
    file = SourceText("m.yaml", "x: =a +\n   b ** 2\n")
    _, problems = parse(PlacedText("=a + b ** 2", file, 3))
    assert [(p.line, p.column) for p in problems] == [(2, 4)]


@settings(max_examples=300)
@given(st.text(max_size=60))
def test_no_text_makes_the_parser_raise(text: str) -> None:
    tree, problems = parse(PlacedText("=" + text))
    assert (tree is None) == bool(problems)
