"""Texts become what a model wants, strictly; all mistakes come at once with place, cause and next step."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, model_validator

from exchange.declare.declared import Declared, Name, Wrong, identifier
from exchange.declare.parse import parse
from exchange.declare.places import PlacedText
from exchange.declare.problems import DeclarationError, Problem, did_you_mean, nearest, render
from exchange.declare.yaml import load
from exchange.errors import UseError


class Leaf(Declared):
    kind: Literal["leaf"]
    column: int | str


class Branch(Declared):
    kind: Literal["branch"]
    leaves: list[Leaf] = []


class Sample(Declared):
    name: Name
    text: str = ""
    note: str | None = None
    place: PlacedText | None = None
    count: int = 0
    flag: bool = False
    amount: Decimal | None = None
    time_zone: str | None = Field(None, alias="time zone")
    leaf: Annotated[Leaf | Branch, Field(discriminator="kind")] | None = None
    either: PlacedText | Leaf | list[Leaf] | None = None
    numbers: list[int] = []
    by_name: dict[Name, bool] = {}
    anything: dict[PlacedText, Any] = {}
    level: Annotated[int, Field(ge=1, le=9)] = 1

    @model_validator(mode="after")
    def _no_bad_place(self) -> Sample:
        if self.place == "bad":
            raise Wrong("This is bad", at=self.place, offset=1, advice="Be good.")
        return self


def parsed(text: str) -> Sample:
    node, problems = load(text, "f.yaml")
    assert node is not None and not problems
    model, problems = parse(Sample, node)
    assert model is not None, render(problems)
    return model


def problems_of(text: str) -> list[Problem]:
    node, problems = load(text, "f.yaml")
    assert node is not None and not problems
    model, problems = parse(Sample, node)
    assert model is None
    return problems


def test_the_model_decides_what_a_scalar_is() -> None:
    model = parsed(
        "{name: a, text: 0012, note: true, count: 12, flag: true, amount: 0.10, time zone: no, "
        "numbers: [1, -2], by_name: {x: false}}"
    )
    assert (model.text, model.note, model.count, model.flag) == ("0012", "true", 12, True)
    assert str(model.amount) == "0.10" and model.time_zone == "no"
    assert model.numbers == [1, -2] and model.by_name == {"x": False}


@pytest.mark.parametrize(("written", "value"), [("3", 3), ("'3'", "3"), ("03", "03"), ("Price", "Price")])
def test_a_number_or_a_name(written: str, value: object) -> None:
    leaf = parsed(f"{{name: a, leaf: {{kind: leaf, column: {written}}}}}").leaf
    assert isinstance(leaf, Leaf) and leaf.column == value and type(leaf.column) is type(value)


def test_placed_texts_keep_their_place_through_the_model() -> None:
    model = parsed("name: a\nplace: =x\nanything:\n  key: {inner: =y}\n")
    assert model.place is not None and (model.place.line, model.place.column) == (2, 8)
    ((key, value),) = model.anything.items()
    assert (key.line, key.column, value["inner"].line, value["inner"].column) == (4, 3, 4, 16)
    assert Sample(name="a", place="=x").place == "=x"  # type: ignore[arg-type]


def test_nothing_written_is_nothing_only_where_that_is_allowed() -> None:
    assert parsed("name: a\nnote:\nplace: ~\n").note is None
    (problem,) = problems_of("name: a\ntext:\n")
    assert (problem.line, problem.column) == (2, 1)
    assert problem.message == '"text" has no value; it should be a text.'


def test_all_mistakes_at_once_in_the_order_of_the_file() -> None:
    text = "naem: a\ncount: twelve\nflag: yes\nleaf: {kind: leef}\nnumbers: [1, x]\nlevel: 12\n"
    text += "by_name: {A: true}\n"
    problems = problems_of(text)
    assert [(p.line, p.column) for p in problems] == [
        (1, 1),
        (1, 1),
        (2, 8),
        (3, 7),
        (4, 14),
        (5, 14),
        (6, 8),
        (7, 11),
    ]
    said = render(problems)
    assert 'The key "name" is missing here.' in said
    assert 'Did you mean "name"?' in said and 'Did you mean "leaf"?' in said
    assert '"twelve" should be a whole number without quotes.' in said
    assert '"yes" should be true or false, without quotes.' in said
    assert '"12" should be less than or equal to 9.' in said
    assert '"A" is not a usable name' in said and said.endswith("8 problems.")


def test_the_keys_suggested_are_those_of_the_place() -> None:
    (problem,) = problems_of("name: a\nleaf: {kind: leaf, colum: x, column: y}\n")
    assert (problem.line, problem.column, problem.advice) == (2, 20, 'Did you mean "column"?')
    (problem,) = problems_of("name: a\ntimezone: x\n")
    assert problem.advice == 'Did you mean "time zone"?'
    (problem,) = problems_of("name: a\nzzz: x\n")
    assert problem.advice.startswith("Known here: amount, anything,")


def test_of_a_union_the_branch_that_was_meant_is_explained() -> None:
    (problem,) = problems_of("name: a\neither: {kind: leaf, colum: x, column: 1}\n")
    assert problem.message == '"colum" is not a key that is known here.'
    (problem,) = problems_of("name: a\neither: [{kind: leaf}]\n")
    assert problem.message == 'The key "column" is missing here.'
    (problem,) = problems_of("name: a\nnumbers: 3\n")
    assert problem.message == '"3" should be a list.'
    (problem,) = problems_of("name: a\ntext: [3]\n")
    assert problem.message == "This list should be a text."
    (problem,) = problems_of("name: a\nleaf: {column: 3}\n")
    assert problem.message == 'The key "kind" is missing here.'


def test_a_validator_can_point_at_a_character() -> None:
    (problem,) = problems_of("name: a\nplace: bad\n")
    assert (problem.line, problem.column, problem.message, problem.advice) == (
        2,
        9,
        "This is bad.",
        "Be good.",
    )


def test_a_file_that_is_no_mapping() -> None:
    (problem,) = problems_of("- a\n- b\n")
    assert problem.message == "This list should be a mapping of keys to values."


def test_rendering_shows_place_line_caret_cause_and_next_step() -> None:
    (problem,) = problems_of("name: a\nnoet: x\n")
    assert problem.render().splitlines() == [
        'f.yaml:2:1: "noet" is not a key that is known here.',
        "      2 | noet: x",
        "        | ^^^^",
        '  Did you mean "note"?',
    ]
    assert Problem("f.yaml", None, None, "It is gone.").render() == "f.yaml: It is gone."


def test_the_caret_stands_under_the_right_character_of_long_and_odd_lines() -> None:
    line = "x" * 300 + "HERE" + "y" * 300
    shown = Problem("f", 1, 301, "m", line, width=4).render().splitlines()
    at = shown[2].index("^")
    assert shown[2].count("^") == 4 and shown[1][at : at + 4] == "HERE" and len(shown[1]) < 130
    odd = Problem("f", 1, 3, "m", "\t\x07z").render().splitlines()
    assert odd[1][odd[2].index("^")] == "z" and "\x07" not in odd[1] and "\t" not in odd[1]


def test_nearest_names() -> None:
    assert nearest("Windows1252", ["windows-1252", "utf-8"]) == "windows-1252"
    assert nearest("qqq", ["abc"]) is None
    assert did_you_mean("x", []) == "Nothing is known here."
    assert did_you_mean("qqq", [f"n{n:02}" for n in range(30)]).endswith("and 18 more.")


def test_a_declaration_error_shows_each_problem_once_and_is_wrong_use() -> None:
    problem = Problem("f", 2, 1, "Second.")
    error = DeclarationError([problem, Problem("f", 1, 1, "First."), problem])
    assert isinstance(error, UseError)
    assert [p.message for p in error.problems] == ["First.", "Second."]
    assert str(error).index("First.") < str(error).index("Second.")


def test_a_word_of_expressions_is_no_name() -> None:
    with pytest.raises(ValueError, match='"pass" is kept for expressions and cannot be a name: write pass_'):
        identifier("pass")
