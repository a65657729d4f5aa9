"""Numbers of elements, names computed once for all children, and balances that must come out."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from time import process_time
from typing import Any

from mapping_support import ABOVE, compiled, line, order, problems_of, run
from test_mapping_twins import slowly

from exchange.mapping.compiler import CompiledMapping

BALANCE = """
balance:
  - by: [=source.currency]
    opening: =source.customer.number
    moved: =source.total
    closing: =source.pieces
    code: BAL1
    say: The statement does not balance.
    severity: warning
"""


def both(text: str) -> list[CompiledMapping]:
    """The mapping as generated code, and with every record interpreted."""
    mapping = compiled(text)
    return [mapping, replace(mapping, function=slowly)]  # type: ignore[arg-type]


def opened(number: int | None, **values: Any) -> Any:
    return order(customer={"name": "A", "email": None, "number": number}, **values)


def test_position_is_the_number_in_the_list() -> None:
    text = (
        "set: {number: =order_no, lines: {each: lines, where: =name != 'B', "
        "set: {description: =name, count: =position}}}\n" + ABOVE
    )
    for mapping in both(text):
        made, _, _ = run(mapping, order(lines=[line(name="A"), line(name="B"), line(name="C")]))
        assert [(each["description"], each["count"]) for each in made[0]["lines"]] == [("A", 1), ("C", 3)]


def test_position_of_exploded_children_and_of_groups() -> None:
    text = "each: order.lines\nset: {number: '=concat(order_no, \"/\", text(position))'}\n" + ABOVE
    for mapping in both(text):
        made, _, _ = run(mapping, order(order_no="7", lines=[line(), line()]))
        assert [each["number"] for each in made] == ["7/1", "7/2"]
    text = (
        "set: {number: =order_no, lines: {each: lines, group: {by: [=name]}, "
        "set: {description: =first(items).name, count: =position}}}\n" + ABOVE
    )
    for mapping in both(text):
        made, _, _ = run(mapping, order(lines=[line(name="A"), line(name="B"), line(name="A")]))
        assert [(each["description"], each["count"]) for each in made[0]["lines"]] == [("A", 1), ("B", 2)]


def test_position_of_an_envelope_is_its_number_in_the_file() -> None:
    text = "set: {number: =order_no}\n" + ABOVE.replace(
        "set: {currency: =currency}", "set: {currency: '=concat(currency, text(position))'}"
    )
    for mapping in both(text):
        made, _, _ = run(mapping, *(order(currency=c) for c in ("EUR", "SEK", "EUR")))
        assert [each["part"]["currency"] for each in made] == ["EUR1", "SEK2", "EUR1"]


def test_position_means_nothing_where_nothing_is_counted() -> None:
    problem = problems_of("set: {number: =order_no, pieces: =position}\n" + ABOVE)[0]
    assert '"position" is not a name' in problem.message


def test_a_field_called_position_is_that_field() -> None:
    text = "let: {position: =pieces}\nset: {number: =order_no, pieces: =position}\n" + ABOVE
    for mapping in both(text):
        assert run(mapping, order(pieces=9))[0][0]["pieces"] == 9


def test_a_balance_that_comes_out_says_nothing() -> None:
    for mapping in both("set: {number: =order_no, currency: =currency}\n" + ABOVE + BALANCE):
        orders = [opened(10, total=Decimal(5), pieces=12), opened(10, total=Decimal(-3), pieces=12)]
        assert run(mapping, *orders)[1] == []


def test_a_balance_that_does_not_come_out_says_its_figures() -> None:
    for mapping in both("set: {number: =order_no, currency: =currency}\n" + ABOVE + BALANCE):
        orders = [
            opened(10, total=Decimal("5.50"), pieces=12, currency="EUR"),
            opened(1, total=Decimal(1), pieces=2, currency="SEK"),
        ]
        _, (finding,), _ = run(mapping, *orders)
        assert (finding.code, finding.severity) == ("BAL1", "warning")
        assert finding.message.startswith(
            "The statement does not balance. (EUR) Opening 10 and movements 5.50"
        )
        assert "make 15.50, but the closing is 12; the difference is -3.50." in finding.message


def test_an_unknown_opening_or_closing_is_no_balance() -> None:
    for mapping in both("set: {number: =order_no, currency: =currency}\n" + ABOVE + BALANCE):
        assert run(mapping, opened(None, total=Decimal(5), pieces=12))[1] == []
        assert run(mapping, opened(3, total=Decimal(5), pieces=None))[1] == []


def test_a_group_without_an_end_is_told_where_it_must_have_one() -> None:
    ends = "    ends: {code: BAL2, say: It may be cut off., advice: Ask again.}\n"
    for mapping in both("set: {number: =order_no, currency: =currency}\n" + ABOVE + BALANCE + ends):
        assert run(mapping, opened(7, total=Decimal(5), pieces=12))[1] == []
        for opening, closing, missing in (
            (3, None, "closing"),
            (None, 12, "opening"),
            (None, None, "opening and no closing"),
        ):
            (said,) = run(mapping, opened(opening, total=Decimal(5), pieces=closing))[1]
            assert (said.code, said.severity, said.advice) == ("BAL2", "error", "Ask again.")
            assert (
                said.message
                == f"It may be cut off. (EUR) There is no {missing} balance; the movements that are there make 5."
            )
        assert len(run(mapping, *[opened(3, total=Decimal(5), pieces=None)] * 40)[1]) == 1


def test_a_balance_needs_numbers() -> None:
    text = "set: {number: =order_no, currency: =currency}\n" + ABOVE + BALANCE
    problem = problems_of(text.replace("=source.total", "=source.currency"))[0]
    assert "balance needs numbers" in problem.message


def test_names_that_are_the_same_for_all_children_are_computed_once() -> None:
    text = (
        "each: order.lines\nlet: {all: '=sum(order.lines.price)', share: =price / all}\n"
        "set: {number: =order_no, total: =all, share: =share}\n" + ABOVE
    )
    for mapping in both(text):
        assert "let_all" in mapping.source.partition(" in children:")[0]
        lines = [line(price=Decimal(1)), line(price=Decimal(3))]
        made, findings, _ = run(mapping, order(lines=lines), order(lines=[]))
        shares = [(each["total"], each["share"]) for each in made]
        assert shares == [(4, Decimal("0.25")), (4, Decimal("0.75"))]
        assert findings == []
        _, findings, _ = run(mapping, order(lines=[line(price=None), line(price=Decimal(3))]))
        assert [finding.field for finding in findings] == ["all"]


def test_names_after_where_wait_for_it() -> None:
    text = (
        "each: order.lines\nwhere: =name != empty\nlet: {all: '=sum(order.lines.price)'}\n"
        "set: {number: =order_no, total: =all}\n" + ABOVE
    )
    for mapping in both(text):
        assert run(mapping, order(lines=[line(name=None, price=None)]))[1] == []
        lines = [line(price=Decimal(9)), line(name="A", price=Decimal(1)), line(name="B", price=Decimal(2))]
        made, findings, _ = run(mapping, order(lines=lines), order(lines=lines[1:]))
        assert ([each["total"] for each in made], findings) == ([12, 12, 3, 3], [])
        bad = [line(name="A", price=None), line(name="B", price=Decimal(2))]
        assert [finding.field for finding in run(mapping, order(lines=bad))[1]] == ["all"]


def test_many_children_take_time_in_proportion() -> None:
    text = (
        "each: order.lines\nwhere: =name != empty\nlet: {all: '=sum(order.lines.price)'}\n"
        "set: {number: =order_no, total: =all}\n" + ABOVE
    )
    many = order(lines=[line(name="A", price=Decimal(1))] * 20_000)
    for mapping in both(text):
        began = process_time()
        assert len(run(mapping, many)[0]) == 20_000
        assert process_time() - began < 10


FOLLOWS = """
balance:
  - by: [=source.currency, =source.order_no]
    opening: =source.customer.number
    moved: =source.total
    closing: =source.pieces
    code: BAL1
    say: The statement does not balance.
    severity: info
    follows: {code: BAL2, say: A statement is missing., severity: error}
"""


def test_groups_follow_each_other_within_the_other_keys() -> None:
    text = "set: {number: =order_no}\n" + ABOVE + FOLLOWS

    def statement(name: str, opening: int | None, closing: int, currency: str = "EUR") -> Any:
        total = Decimal(closing - (opening or 0))
        return opened(opening, order_no=name, pieces=closing, total=total, currency=currency)

    good = [
        statement("1", 10, 15),
        statement("9", 1, 2, "SEK"),
        statement("2", 15, 15),
        statement("3", 15, 20),
    ]
    for mapping in both(text):
        _, found, _ = run(mapping, *good)
        assert [each.code for each in found] == []
        _, found, _ = run(mapping, *good[:2], good[3], statement("4", 21, 22), statement("5", None, 3))
        assert [(each.code, each.severity) for each in found if each.code == "BAL2"] == [("BAL2", "error")]
        (gap,) = [each for each in found if each.code == "BAL2"]
        assert "EUR / 4) It opens with 21, but the one before it closed with 20" in gap.message
