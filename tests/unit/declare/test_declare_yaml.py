"""Texts keep what was written and where; everything wrong with the YAML of a file comes as problems."""

from __future__ import annotations

import copy
import pickle
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.declare import yaml as declared_yaml
from exchange.declare.places import PlacedText
from exchange.declare.problems import render
from exchange.declare.yaml import MAX_CHARACTERS, MAX_DEPTH, Node, load


def loaded(text: str) -> Node:
    node, problems = load(text, "f.yaml")
    assert node is not None and problems == [], render(problems)
    return node


def only_problem(text: str) -> tuple[int | None, int | None, str]:
    _, problems = load(text, "f.yaml")
    assert len(problems) == 1, render(problems)
    return problems[0].line, problems[0].column, problems[0].message


def test_scalars_keep_their_text() -> None:
    written = ["0012", "NO", "12:30", "1e3", "~", "2026-01-31", "1_000", "true", "0x1F", ".5", "<<"]
    node = loaded("".join(f"- {text}\n" for text in written))
    assert node.data() == written


def test_places_count_from_one_whatever_the_line_ends() -> None:
    for end in ("\n", "\r\n", "\r"):
        text = loaded(f"\ufeff# note{end}key:{end}  - äö{end}  - 'two'{end}").get("key").items()[1].text
        assert (text.file, text.line, text.column, text) == ("f.yaml", 4, 6, "two")


@pytest.mark.parametrize(
    ("written", "value", "wanted"),
    [
        ("a: =x + y", "y", (1, 9)),
        ("a: '=x + ''y'''", "y", (1, 12)),
        ('a: "=f(\\"q\\", y)"', "y", (1, 15)),
        ("a: =x\n  + y", "y", (2, 5)),
        ("a: |\n  =x\n    + y\n", "y", (3, 7)),
        ("a: >-\n  =x\n  + y\n", "y", (3, 5)),
        ("a: >-\n  =x +  y\n", "y", (2, 9)),
    ],
)
def test_every_character_of_a_text_has_its_place(written: str, value: str, wanted: tuple[int, int]) -> None:
    text = loaded(written).get("a").text
    assert text.at(text.index(value)) == wanted


@given(st.text(alphabet="abc =+-*/()'\"é,.[]{}:#&\\", min_size=1).map(str.strip).filter(bool))
def test_places_in_quoted_texts_point_at_the_same_character(value: str) -> None:
    written = "a:\n  key: '" + value.replace("'", "''") + "'"
    text = loaded(written).get("a").get("key").text
    lines = written.split("\n")
    assert text == value
    for offset, character in enumerate(value):
        line, column = text.at(offset)
        assert character == " " or lines[line - 1][column - 1] == character


def test_placed_texts_survive_copying_and_pickling() -> None:
    text = loaded("a: x\nb: =y").get("b").text
    for other in (copy.deepcopy(text), pickle.loads(pickle.dumps(text))):
        assert (other, other.line, other.column, other.file) == ("=y", 2, 4, "f.yaml")


def test_only_unquoted_texts_can_be_empty_or_numbers() -> None:
    node = loaded("a:\nb: ''\nc: 'null'\nd: null\n")
    assert [node.get(key).text.is_empty for key in "abcd"] == [True, False, False, True]
    assert PlacedText("x").at(0) == (1, 1)


def test_duplicate_keys_all_shown_with_the_place_of_the_first() -> None:
    node, problems = load("a: 1\nb: {c: 1, c: 2}\na: 2\n", "f.yaml")
    assert [(p.line, p.column) for p in problems] == [(2, 11), (3, 1)]
    assert "the first is on line 1" in problems[1].message
    assert node is not None and node.data() == {"a": "1", "b": {"c": "1"}}


def test_an_expression_cut_by_a_comma_is_seen() -> None:
    assert only_problem("a: {b: =round(x, 2)}")[:2] == (1, 8)
    assert only_problem("a: [=max(x, 2)]")[2].startswith("The expression is cut off")
    assert loaded('a: {b: "=round(x, 2)", c: =f(x)}').get("a").get("b").text == "=round(x, 2)"
    assert loaded("a: =round(x, 2)").get("a").text == "=round(x, 2)"


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("a: b: c", 1, 5, "A colon followed by a space"),
        ("a:\n\t- x", 2, 1, "This character cannot begin a value."),
        ("a: 'x\nb: c", 1, 4, "The closing quote is missing."),
        ("a: [1, 2", 1, 9, "A comma or the closing bracket is missing."),
        ("", 1, 1, "The file declares nothing."),
        ("# only a note\n", 1, 1, "The file declares nothing."),
        ("a: *x", 1, 4, "*x refers to nothing."),
        ("a: &x [*x]", 1, 8, "*x refers to nothing."),
        ("a: b\n---\nc: d", 2, 1, "A second document begins here."),
        ("a: \x01", 1, 4, "The file holds a control character."),
        ("a: !int 3", 1, 4, "Tags such as !int are not used here."),
        ("a: &x {b: c}\nd: {<<: *x}", 2, 5, "Merge keys are not used here."),
        ("? [a]\n: b", 1, 3, "A key must be a text."),
        ("[" * (MAX_DEPTH + 9), 1, MAX_DEPTH + 1, "This is nested too deeply"),
    ],
)
def test_syntax_problems_have_place_and_words(text: str, line: int, column: int, said: str) -> None:
    assert only_problem(text)[:2] == (line, column)
    assert only_problem(text)[2].startswith(said)


def test_aliases_share_values_within_limits() -> None:
    assert loaded("a: &x {b: 1}\nc: *x").data() == {"a": {"b": "1"}, "c": {"b": "1"}}
    bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        bomb += f"{name}: &{name} [{','.join([f'*{before}'] * 10)}]\n"
    assert "too big" in only_problem(bomb)[2]
    ladder = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 90))
    assert "too deeply" in only_problem(ladder)[2]
    assert "too big" in only_problem("a: " + "x" * MAX_CHARACTERS)[2]


@given(st.text(alphabet=st.characters(codec="utf-8")) | st.text(alphabet="ab:-[]{},&*!|>'\"%@`#? \n\t=<~0"))
def test_loading_never_raises(text: str) -> None:
    node, problems = load(text, "f.yaml")
    assert node is not None or problems
    for problem in problems:
        assert problem.line and problem.column and problem.render()


def readings(node: Node) -> list[tuple[str, int]]:
    """Every text of a node and where it stands; of an empty one only that it is there."""
    if node.text is not None:
        return [(node.text, node.text.begin if node.text else 0)]
    own = [(key, key.begin) for key in node.entries()]
    return own + [each for child in (*node.entries().values(), *node.items()) for each in readings(child)]


ROOT = Path(__file__).parents[3]
SHIPPED = sorted(
    path for name in ("schemas", "mappings", "samples") for path in (ROOT / name).rglob("*.yaml")
)


@given(
    st.sampled_from(SHIPPED),
    st.lists(
        st.tuples(
            st.floats(0, 1), st.sampled_from([*":-,[]{}#&*!|>'\"%@` \n?=~/å\t", ""]), st.integers(0, 3)
        ),
        max_size=3,
    ),
)
def test_both_parsers_read_the_same(path: Path, changes: list[tuple[float, str, int]]) -> None:
    text = path.read_text("utf-8")
    for place, put, taken in changes:
        begin = int(place * len(text))
        text = text[:begin] + put + text[begin + taken :]
    node, problems = load(text, "f.yaml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(declared_yaml, "_quickly", lambda _: None)
        slow_node, slow_problems = load(text, "f.yaml")
    assert [each.message for each in problems] == [each.message for each in slow_problems]
    assert (node is None) == (slow_node is None)
    if node is not None and slow_node is not None:
        assert readings(node) == readings(slow_node)


def test_a_file_without_mistakes_goes_the_quick_way() -> None:
    text = "fields:\n" + "".join(
        f"  field_{n}: {{path: Grp/Hdr{n}, type: text, required: true, max_length: 35}}\n" for n in range(200)
    )

    def seconds() -> float:
        begin = time.process_time()
        assert len(loaded(text).get("fields").entries()) == 200
        return time.process_time() - begin

    quick = min(seconds() for _ in range(3))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(declared_yaml, "_quickly", lambda _: None)
        assert seconds() > 3 * quick
