"""What is the same for all records inside one element is computed once for it, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from mapping_support import ABOVE, compiled, order, run
from test_mapping_twins import slowly

from exchange.mapping.compiler import CompiledMapping
from exchange.model import Record

SET = """
let:
  day: =date_of(message.created)
  shown: =upper(message.id)
  both: '=concat(shown, "/", currency)'
set:
  number: =order_no
  issued: =day
  text: =both
"""


def message(id_: str | None, day: int = 1) -> Record:
    return {"@kind": "message", "id": id_, "created": datetime(2026, 11, day, 8, 0, tzinfo=UTC)}


def both(text: str) -> list[CompiledMapping]:
    """The mapping as generated code, and with every record interpreted."""
    mapping = compiled(text + ABOVE)
    return [mapping, replace(mapping, function=slowly)]  # type: ignore[arg-type]


def block(mapping: CompiledMapping) -> list[str]:
    """The lines that run once for each element around records."""
    lines = mapping.source.splitlines()
    start = next((n for n, line in enumerate(lines) if " is not same_" in line), len(lines))
    depth = len(lines[start]) - len(lines[start].lstrip()) if start < len(lines) else 0
    rest = lines[start + 1 :]
    end = next((n for n, line in enumerate(rest) if len(line) - len(line.lstrip()) <= depth), 0)
    return [line.strip() for line in rest[:end]]


def test_values_change_with_the_element_around() -> None:
    first, second = message("a", 1), message("b", 2)
    records = [order(order_no=str(n), message=m, currency=c) for n, (m, c) in enumerate(
        [(first, "EUR"), (first, "SEK"), (second, "EUR"), (first, "NOK"), (message(None, 3), "DKK")]
    )]  # fmt: skip
    for mapping in both(SET):
        for batch in (1, 2, 100):
            made, found, _ = run(mapping, *records, batch=batch)
            assert not found
            assert [(each["text"], each["issued"].day) for each in made] == [
                ("A/EUR", 1), ("A/SEK", 1), ("B/EUR", 2), ("A/NOK", 1), ("/DKK", 3)
            ]  # fmt: skip


def test_what_rests_on_the_element_alone_is_computed_once() -> None:
    once = block(compiled(SET + ABOVE))
    assert any(line.startswith("let_day = ") for line in once)
    assert any(line.startswith("let_shown = ") for line in once)
    assert not any("let_both" in line for line in once)
    assert once[-1].startswith("same_message = ")
    assert not block(compiled("set: {number: =order_no, text: =upper(comment)}\n" + ABOVE))


def test_what_may_fail_and_may_not_be_asked_for_stays_where_it_is() -> None:
    """`number("x")` is no number; the records that do not ask for it go through."""
    text = 'set: {number: =order_no, total: "=number(message.id) if paid else 1.00"}\n'
    assert not any("fn_number" in line for line in block(compiled(text + ABOVE)))
    records = [
        order(order_no="1", message=message("x"), paid=False),
        order(order_no="2", message=message("7"), paid=True),
    ]
    for mapping in both(text):
        made, found, _ = run(mapping, *records)
        assert [each["number"] for each in made] == ["1", "2"]
        assert not found


def told(text: str, *records: Record) -> list[Any]:
    """What generated code tells of records; the interpreter tells the same."""
    ran = [run(mapping, *records) for mapping in both(text)]
    assert ran[0][:2] == ran[1][:2]
    return [finding.code for finding in ran[0][1]]


def test_what_is_wrong_around_is_told_of_each_record_inside() -> None:
    text = "let: {amount: =number(message.id)}\nset: {number: =order_no, total: =amount}\n"
    bad, good = message("x"), message("7")
    records = [order(order_no=str(n), message=m) for n, m in enumerate((bad, bad, good, bad))]
    assert len(told(text, *records)) == 3


def test_checks_of_the_element_around_hold_for_each_record() -> None:
    text = "set: {number: =order_no}\ncheck:\n  - {that: \"=upper(message.id) == 'A'\", code: ODD1, say: Odd., severity: warning}\n"
    records = [order(order_no=str(n), message=message(m)) for n, m in enumerate("aba")]
    assert told(text, *records) == ["ODD1"]


def test_a_structure_that_rests_on_the_element_alone_is_made_once() -> None:
    text = "set: {number: =order_no, customer: {name: =message.id, email: =upper(message.id)}}\n"
    around = message("a")
    made, _, _ = run(compiled(text + ABOVE), *(order(order_no=str(n), message=around) for n in range(2)))
    assert made[0]["customer"] == {"name": "a", "email": "A"}
    assert made[0]["customer"] is made[1]["customer"]
    assert told(text, order(message=message("a")), order(message=message(None))) == []
    needed = text.replace("=upper(message.id)", "x")
    assert len(told(needed, order(message=message("a")), order(message=message(None)))) == 1
