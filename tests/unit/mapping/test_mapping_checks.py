"""Every check is at hand in mappings and on the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from mapping_support import order, problems_of, value_of

from exchange import checks
from exchange.__main__ import run
from tests.unit.checks.check_examples import VALID

ABOVE = "above: {batch: {set: {id: =arrival.id}}, part: {by: [=currency], set: {currency: =currency}}}\n"


@pytest.mark.parametrize("name", checks.names())
def test_a_mapping_can_ask_every_check(name: str) -> None:
    good, wrong = VALID[name][0], "#"
    for value, passes in ((good, True), (wrong, False)):
        record = order(comment=value)
        assert value_of(f'is_valid("{name}", comment)', "paid", record) is passes
    record = order(comment=good)
    assert value_of(f'valid("{name}", comment)', record=record) == checks.get(name).compact(good)
    assert checks.get(name).fault(str(value_of(f'pretty("{name}", comment)', record=record))) is None
    assert value_of(f'compact("{name}", comment)', record=record) == checks.get(name).compact(good)


def test_a_check_that_is_not_there_is_a_problem_of_the_mapping() -> None:
    (problem,) = problems_of(f"{ABOVE}set: {{number: x, paid: '=is_valid(\"fi-vite\", comment)'}}\n")
    assert 'did you mean "fi-viite"?' in problem.message


@pytest.mark.parametrize("name", checks.names())
def test_the_command_line_can_ask_every_check(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["checks", name, *VALID[name], "--json"]) == 0
    rows: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    assert [row["value"] for row in rows] == VALID[name]
    assert [row["fault"] for row in rows] == [None] * len(rows)
    assert run(["checks", name, VALID[name][0], "#"]) == 3
    assert "passes" in (told := capsys.readouterr().out) and checks.get(name).fault("#") in " ".join(
        told.split()
    )


def test_the_command_line_lists_the_checks(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["checks", "--json"]) == 0
    assert [row["check"] for row in json.loads(capsys.readouterr().out)] == list(checks.names())
    assert run(["checks", "viite", "--json"]) == 0
    names = [row["check"] for row in json.loads(capsys.readouterr().out)]
    assert names == ["fi-viite", "fi-viite-international"]
    assert run(["checks", "ibn", "FI21"]) == 2
    assert 'did you mean "iban"?' in capsys.readouterr().err
