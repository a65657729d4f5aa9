"""What is wrong with a mapping is found before any file is read: all of it, with its place and next step."""

from __future__ import annotations

import pytest
from mapping_support import ABOVE, problems_of

SET = ABOVE + "set: {number: =order_no}\n"


@pytest.mark.parametrize(
    ("text", "message", "advice"),
    [
        ("set: {number: =order_nr}", '"order_nr" is not a name', 'Did you mean "order_no"?'),
        ("set: {number: =customer.nme}", '"nme" is not a field of customer', 'Did you mean "name"?'),
        ("set: {nmber: =order_no}", '"nmber" is not a field of invoice', 'Did you mean "number"?'),
        ("set: {number: =uper(order_no)}", '"uper" is not a function', 'Did you mean "upper"?'),
        ("set: {number: '=left(order_no)'}", 'left needs "length"', "left(value, length)"),
        ("set: {number: '=upper(order_no, 1)'}", "too many", "upper(value)"),
        ("set: {number: '=round(1.5, digts=1)'}", 'no argument "digts"', 'Did you mean "digits"?'),
        ("set: {number: =order_no + 1}", "+ needs numbers", "concat"),
        ("set: {total: =ordered - 1}", "- needs numbers", "add_days"),
        ("set: {total: =order_no}", '"total" is a number', "number(x)"),
        ("set: {number: =total}", '"number" is text', "text(x)"),
        ("set: {number: =ordered}", '"number" is text', "format_date"),
        ("set: {pieces: =total}", '"pieces" is a whole number', "integer(x)"),
        ("set: {issued: =order_no}", '"issued" is a date', "date(x"),
        ("set: {total: twelve}", '"twelve" is not a number', "0.5"),
        ("set: {issued: 1.9.2024}", "is not a date", "2024-09-01"),
        ("set: {paid: ja}", "is not true or false", "true or false"),
        ("where: =order_no == 1\nset: {number: x}", "Text is compared with a whole number", "number(x)"),
        ("where: =total\nset: {number: x}", "not a condition", "x > 0"),
        ("where: =total < empty\nset: {number: x}", "Nothing comes before or after empty", "x == empty"),
        ('where: =comment == ""\nset: {number: x}', 'No field is ever ""', "empty"),
        ("where: total > 0\nset: {number: x}", "An expression is wanted", '"=total > 0"'),
        ("set: {number: =lines.name}", '"number" is text', "first(list)"),
        ("set: {total: =sum(lines)}", "this is a list", "Say which field"),
        ("set: {lines: {each: customer, set: {description: x}}}", "not a list of structures", "repeated"),
        ("set: {customer: {each: lines, set: {name: =name}}}", "one structure, not a list", "first(list)"),
        ("set: {number: {a: b}}", "not a structure", "one value"),
        ("set: {number: [a, b]}", "is not a list", "one value"),
        ("each: ordr\nset: {number: x}", '"ordr" is not a kind', 'Did you mean "order"?'),
        ("into: invoce\nset: {number: x}", '"invoce" is not a kind', 'Did you mean "invoice"?'),
        ("let: {total: =1}\nset: {number: x}", '"total" already means something', "another name"),
        ("let: {empty: =1}\nset: {number: x}", '"empty" already means something', "another name"),
        ("set: {number: '=lookup(\"vat\", order_no)'}", "is not a table", "tables/vat.yaml of the site"),
        ("set: {paid: '=is_valid(\"ibn\", order_no)'}", 'called "ibn"; did you mean "iban"', ""),
        ("set: {paid: '=is_valid(order_no, order_no)'}", "must be written out", ""),
        ("set: {paid: '=matches(order_no, \"(a+)+\")'}", "cannot be repeated", ""),
        ("set: {number: =site.nme}", '"site.nme" is not a name', 'Did you mean "site.name"?'),
        ("set: {number: =arrival.idd}", '"arrival.idd"', 'Did you mean "arrival.id"?'),
        ("set: {number: =result.text, text: =result.number}", "rests on itself", ""),
        ("set: {number: =result.text}", "Nothing sets text", "text: …"),
        ("set: {number: x}\nconserve: {count: orders}", '"orders" is not what', '"order"'),
        ("set: {number: x}\nconserve: {amount: =sum(lines.net)}", '"net" is not a field', ""),
        ("set: {number: x}\nabove: {prt: {set: {}}}", '"prt" is not a kind', 'Did you mean "part"?'),
        ("set: {number: x}\nkey: =customer", "A key cannot be", ""),
        ("set: {number: x}\nkey: order_no", "An expression is wanted", '"=order_no"'),
        ("group: {by: [=currency]}\nset: {number: =order_no}", '"order_no" is not a name', ""),
    ],
)
def test_a_mistake_is_a_problem_with_its_next_step(text: str, message: str, advice: str) -> None:
    found = problems_of(text if "above" in text else ABOVE + text, name="Acme")
    matching = [problem for problem in found if message in problem.message and advice in problem.advice]
    assert matching, [problem.render() for problem in found]
    assert matching[0].file == "mappings/m.yaml"
    assert matching[0].line is not None
    assert matching[0].snippet


def test_all_mistakes_at_once_each_under_its_caret() -> None:
    found = problems_of(ABOVE + "set:\n  number: =order_nr\n  total: =totl + 1\n  paid: yes\n")
    assert [(problem.line, problem.column) for problem in found] == [(6, 12), (7, 11), (8, 9)]
    assert "^^^^" in found[1].render()


def test_literals_stay_as_written() -> None:
    assert (
        problems_of(ABOVE + "set: {number: 0012, pieces: 1.5}")[0].message == '"1.5" is not a whole number.'
    )
