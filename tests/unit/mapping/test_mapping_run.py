"""Mappings over records: results, findings, counts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest
from mapping_support import ABOVE, FACTS, HEAD, SOURCE, compiled, line, order, run, value_of

from exchange.model import DocumentKey, FieldShape, KindShape, Shape

LINES = [
    line(name="Bolt", unit="pcs", price=D("10.00"), quantity=D(1), rate=D("25.5")),
    line(name="Nut", unit="pcs", price=D("5.00"), quantity=D(4), rate=D(10)),
    line(name="Gift", unit="pcs", price=D("1.00"), quantity=D(0), rate=D(10)),
]
INVOICE = (
    ABOVE
    + """
each: order
where: =total != 0
let: {name: '=coalesce(customer.name, "Cash")'}
set:
  number: =order_no
  currency: =currency
  issued: =arrival.date
  total: =sum(result.lines.net)
  pieces: 3
  customer: {name: =customer.name, email: =customer.email}
  lines:
    each: lines
    where: =quantity > 0
    set:
      description: '=concat(name, " for ", order.customer.name)'
      net: =round(price * quantity, 2)
      rate: =rate
check:
  - {that: =result.total == source.total, code: ORD001, say: "Lines and total differ."}
  - {that: =currency == "EUR", code: ORD002, say: "Not in euro.", severity: warning}
conserve: {count: order, amount: {source: =total, result: =total, by: =currency}}
key: =order_no
"""
)


def place(fragment: str) -> str:
    """Where a piece of the mapping INVOICE stands."""
    before = (HEAD + INVOICE).partition(fragment)[0]
    return f"mappings/m.yaml:{before.count(chr(10)) + 1}:{len(before.rpartition(chr(10))[2]) + 1}"


def test_a_record_becomes_a_result() -> None:
    results, found, tally = run(
        compiled(INVOICE), order(total=D("30.00"), customer={"name": "Ann"}, lines=LINES)
    )
    assert not found
    (result,) = results
    assert result["lines"] == [
        {"description": "Bolt for Ann", "net": D("10.00"), "rate": D("25.5"), "count": None},
        {"description": "Nut for Ann", "net": D("20.00"), "rate": D(10), "count": None},
    ]
    assert (result["number"], result["total"], result["pieces"], result["issued"]) == (
        "1001",
        D("30.00"),
        3,
        date(2024, 9, 1),
    )
    assert (result["@kind"], result["@line"], result["@key"]) == ("invoice", 2, "1001")
    assert set(result) == {
        "@kind",
        "@line",
        "@path",
        "@key",
        "batch",
        "part",
        *compiled(INVOICE).target_shape.kinds["invoice"].fields,
    }
    assert tally.sums == {"amount": {"EUR": (D("30.00"), D("30.00"))}, "count": {None: (D(1), D(1))}}
    assert list(tally.documents("common/invoice")) == [
        DocumentKey("common/invoice", "1001", 2, D("30.00"), "EUR")
    ]


def test_a_record_left_out_is_counted() -> None:
    results, found, tally = run(compiled(INVOICE), order(total=D(0)))
    assert (results, found, tally.taken, tally.left_out) == ([], [], 1, 1)


def test_a_check_tells_its_values_and_both_places() -> None:
    record = order(total=D("31.00"), lines=LINES, customer={"name": "Ann"}) | {
        "@line": 77,
        "@path": "/a/b[3]",
    }
    results, (finding,), tally = run(compiled(INVOICE), record)
    assert results == []
    assert (finding.code, finding.line, finding.path) == ("ORD001", 77, "/a/b[3]")
    assert "Lines and total differ." in finding.message
    assert place("result.total == source.total") in finding.advice
    assert finding.message.endswith('Here order_no is "1001", result.total is 30.00, total is 31.00.')
    assert tally.failed == 1


def test_a_warning_does_not_stop_a_record() -> None:
    results, (finding,), tally = run(
        compiled(INVOICE), order(total=D("30.00"), lines=LINES, currency="SEK", customer={"name": "Ann"})
    )
    assert (finding.code, finding.severity) == ("ORD002", "warning")
    assert [result["@key"] for result in results] == ["1001"]
    assert tally.sums["amount"] == {"SEK": (D("30.00"), D("30.00"))}
    assert tally.keys == [("1001", 2, D("30.00"), "SEK")]


def test_all_findings_of_a_record_and_the_others_go_on() -> None:
    broken = [
        line(price=None, quantity=D(2)) | {"@line": 11},
        line(name="A", price=D(1), quantity=None) | {"@line": 12},
    ]
    good = order(total=D("30.00"), customer={"name": "Ann"}, lines=LINES)
    results, found, _ = run(
        compiled(INVOICE), good, order(order_no=None, total=D(1), lines=broken), good, batch=2
    )
    assert len(results) == 2
    assert [(finding.code, finding.field, finding.line) for finding in found] == [
        ("MAP002", "number", 2),
        ("MAP001", "lines.net", 11),
        ("MAP001", "where", 12),
    ]
    assert "price is empty, quantity is 2" in found[1].message
    assert f"`price * quantity` ({place('price * quantity')})" in found[1].message
    assert "default(x, 0)" in found[1].advice


def test_a_structure_of_which_nothing_is_known_is_empty() -> None:
    results, found, _ = run(compiled(INVOICE), order(total=D("30.00"), lines=LINES))
    assert not found
    assert results[0]["customer"] is None
    _, (finding,), _ = run(
        compiled(INVOICE), order(total=D("30.00"), lines=LINES, customer={"email": "a@b.fi"})
    )
    assert (finding.code, finding.field) == ("MAP002", "customer.name")


def test_an_empty_key_is_a_finding() -> None:
    _, (finding,), _ = run(compiled(ABOVE + "set: {number: x}\nkey: =comment\n"), order())
    assert (finding.code, finding.line) == ("MAP004", 2)


def test_conservation_is_compared_within_each_currency() -> None:
    mapping = compiled(
        ABOVE + "set: {number: =order_no, currency: =currency, total: =floor(total)}\n"
        "conserve: {amount: {source: =total, result: =total, by: =currency}}\n"
    )
    _, (finding,), _ = run(mapping, order(total=D("2.50")), order(total=D("1"), currency="SEK"))
    assert finding.code == "MAP005"
    assert "for EUR: source 2.50, results 2, difference 0.50" in finding.message


def test_ancestors_are_shared_by_results_with_the_same_values() -> None:
    results, _, _ = run(
        compiled(ABOVE + "set: {number: =order_no}\n"), order(), order(currency="SEK"), order(), batch=1
    )
    assert results[0]["part"] is results[2]["part"]
    assert results[0]["part"] is not results[1]["part"]
    assert results[0]["batch"] is results[1]["batch"]
    assert results[1]["part"] == {"@kind": "part", "currency": "SEK", "day": None}
    assert results[0]["batch"]["id"] == "A7"


def test_one_result_for_each_child() -> None:
    mapping = compiled(
        ABOVE + "each: order.lines\nwhere: =quantity > 0\n"
        'set: {number: "=concat(order_no, \\"-\\", name)", total: =price, '
        "currency: =order.currency, text: =message.id}\n"
        "conserve: {count: order.lines, amount: {source: =price, result: =total}}\nkey: =result.number\n"
    )
    results, found, tally = run(mapping, order(lines=LINES), order(order_no="1002"))
    assert not found
    assert [result["@key"] for result in results] == ["1001-Bolt", "1001-Nut"]
    assert [result["text"] for result in results] == ["M1", "M1"]
    assert (tally.taken, tally.left_out, tally.results) == (3, 1, 2)
    assert tally.sums == {"amount": {None: (D("15.00"), D("15.00"))}, "count": {None: (D(2), D(2))}}


def test_records_become_one_by_their_values() -> None:
    text = (
        ABOVE + "group: {by: [=ordered, =currency], as: items%s}\nwhere: =total > 0\n"
        "set: {number: =first(items).order_no, total: =sum(items.total), pieces: =count(items), "
        "text: =first(items).message.id}\n"
    )
    days = [date(2024, 9, 1), date(2024, 9, 1), date(2024, 9, 2), date(2024, 9, 1)]
    records = [
        order(order_no=str(n), ordered=day, total=D(n)) | {"@line": n} for n, day in enumerate(days, 1)
    ]
    text = text.replace("set: {currency: =currency}", "set: {currency: =first(items).currency}").replace(
        "[=currency]", "[=first(items).currency]"
    )
    results, found, _ = run(compiled(text % ""), *records, order(total=D(0)), batch=2)
    assert [(r["number"], r["total"], r["pieces"], r["@line"], r["text"]) for r in results] == [
        ("1", D(3), 2, 1, "M1"),
        ("3", D(3), 1, 3, "M1"),
        ("4", D(4), 1, 4, "M1"),
    ]
    assert [(finding.code, finding.line) for finding in found] == [("MAP006", 4)]
    results, found, _ = run(compiled(text % ", order: any"), *records)
    assert [(r["number"], r["total"]) for r in results] == [("1", D(7)), ("3", D(3))]
    assert not found


def test_children_become_one_by_their_values() -> None:
    mapping = compiled(
        ABOVE + "set:\n  number: x\n  lines:\n    - each: lines\n      where: =quantity > 0\n"
        "      group: {by: [=rate], as: rows}\n      let: {net: '=sum(rows, price * quantity)'}\n"
        "      set: {description: VAT, rate: =first(rows).rate, net: =net, count: =count(rows)}\n"
        "    - {where: =total > 100, set: {description: Bonus}}\n    - {description: Total, net: =total}\n"
    )
    results, found, _ = run(mapping, order(lines=[*LINES, LINES[0]], total=D(40)))
    assert not found
    assert [(row["description"], row["rate"], row["net"], row["count"]) for row in results[0]["lines"]] == [
        ("VAT", D("25.5"), D("20.00"), 2),
        ("VAT", D(10), D("20.00"), 1),
        ("Total", None, D(40), None),
    ]


def test_records_of_other_kinds_are_counted_not_mapped() -> None:
    mapping = compiled(ABOVE + "set: {number: =order_no}\n")
    assert "@kind" in mapping.source
    _, found, tally = run(mapping, order())
    assert (found, tally.others) == ([], {})


def test_open_maps_lists_and_conditional_structures() -> None:
    mapping = compiled(
        ABOVE + "set:\n  number: x\n  tags: [=currency, fixed, =comment]\n"
        "  dimensions: {project: =dimensions.project, cost: =comment}\n"
        "  customer: {where: =paid, set: {name: =customer.name}}\n"
    )
    results, found, _ = run(
        mapping,
        order(paid=True, customer={"name": "Ann"}, dimensions={"project": "P1"}),
        order(customer={"name": "B"}),
    )
    assert not found
    assert results[0]["tags"] == ["EUR", "fixed"]
    assert results[0]["dimensions"] == {"project": "P1"}
    assert results[0]["customer"] == {"name": "Ann", "email": None}
    assert results[1]["dimensions"] is None
    assert results[1]["customer"] is None


@pytest.mark.parametrize(
    ("expression", "target", "value"),
    [
        ("total / 3", "total", D("33.33333333333333333333333333")),
        ("pieces / 2", "share", D("1.5")),
        ("pieces * 2", "pieces", 6),
        ("pieces", "share", D(3)),
        ("0 if total > 5 else total", "total", D(0)),
        ("default(comment, currency)", "text", "EUR"),
        ("comment or currency", "text", "EUR"),
        ("0 or total", "total", D(0)),
        ("paid and total > 5", "paid", None),
        ("not paid", "paid", True),
        ("comment == empty", "paid", True),
        ("1 < pieces <= 3", "paid", True),
        ('currency in ("EUR", "SEK")', "paid", True),
        ('currency not in ("EUR", "SEK")', "paid", False),
        ('"a" in tags', "paid", True),
        ("sum(lines.price)", "total", D("16.00")),
        ("sum(lines, price * quantity)", "total", D("30.00")),
        ("sum(only(lines, rate == 10).price)", "total", D("6.00")),
        ('first(lines, name == "Nut").price', "total", D("5.00")),
        ("last(lines).name", "text", "Gift"),
        ("count(lines, quantity > 0)", "pieces", 2),
        ("any(lines, price > 9)", "paid", True),
        ("all(lines, price > 9)", "paid", False),
        ("max(lines.price)", "total", D("10.00")),
        ("min(lines, price * quantity)", "total", D("0.00")),
        ("min(total, 3)", "total", D(3)),
        ('join(lines.name, "+")', "text", "Bolt+Nut+Gift"),
        ('join("-", currency, comment, order_no)', "text", "EUR-1001"),
        ("count(distinct(lines.rate))", "pieces", 2),
        ('choose(currency, "SEK", 1, "EUR", 2, 3)', "pieces", 2),
        ("arrival.name", "text", "ORD_1.csv"),
        ("flow", "text", "orders"),
        ("site.name", "text", "Acme"),
        ("message.id", "text", "M1"),
        ("source.currency", "text", "EUR"),
        ("round(total / 3, 2)", "total", D("33.33")),
        ("-total", "total", D("-100.00")),
        ("first(tags)", "text", "a"),
        ("customer.name", "text", None),
    ],
)
def test_expressions(expression: str, target: str, value: object) -> None:
    record = order(total=D("100.00"), pieces=3, lines=LINES, tags=["a", "b"])
    found = value_of(expression, target, record, name="Acme")
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("total + 1 > 0", "an empty value cannot be used with +"),
        ("total > 1 and true", "an empty value cannot be compared with >"),
        ("pieces / (pieces - 3) > 0", "a division by zero has no result"),
        ("sum(lines.quantity) > 0", "an empty value cannot be used with sum"),
        ("max(lines.quantity) > 0", "an element is empty"),
        ('choose(currency, "SEK", 1) == 1', "none of the cases"),
        ("left(currency, default(customer.number, -1)) == empty", "-1 is no length"),
        ("contains(currency, comment)", '"part" of contains is empty'),
        ("number(currency) == 1", '"EUR" is not a number'),
        ('date(currency, "%Y") == empty', "is no date of the pattern %Y"),
        ('complete("iban", currency) == empty', "cannot be completed to a iban"),
    ],
)
def test_what_cannot_be_computed_says_why(expression: str, reason: str) -> None:
    mapping = compiled(f"{ABOVE}set: {{number: x, paid: '={expression}'}}\n")
    record = order(pieces=3, lines=[line(quantity=None)], customer={"number": None})
    _, (finding,), _ = run(mapping, record)
    assert finding.code == "MAP001"
    assert reason in finding.message


def test_no_float_is_ever_made() -> None:
    mapping = compiled(ABOVE + "set: {number: x, total: =pieces / 4, share: '=sum(lines, price) / pieces'}\n")
    results, _, _ = run(mapping, order(pieces=3, lines=LINES))
    assert {type(results[0][name]) for name in ("total", "share")} == {D}


def test_the_context_of_the_caller_does_not_matter() -> None:
    import decimal

    with decimal.localcontext(decimal.Context(prec=4)):
        assert value_of("total / 3", "total", order(total=D(100))) == D("33.33333333333333333333333333")
        assert decimal.getcontext().prec == 4


def test_the_list_of_a_missing_element_has_no_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """An order without shipping: neither the fast code nor the explaining one may stumble over it."""
    tags = FieldShape("tags", "text", False, True)
    lines = FieldShape("lines", "structure", False, True, {"tags": tags})
    kinds = {
        **SOURCE.kinds,
        "order": KindShape("order", {**SOURCE.kinds["order"].fields, "lines": lines}, "message"),
    }
    monkeypatch.setattr("mapping_support.SOURCE", Shape(SOURCE.layout, kinds))
    counted = compiled(ABOVE + "set: {number: =order_no, pieces: =count(first(lines).tags)}\n")
    assert run(counted, order())[0][0]["pieces"] == 0
    divided = compiled(ABOVE + "set: {number: =order_no, total: =1 / count(first(lines).tags)}\n")
    results, found, _ = run(divided, order())
    assert not results and "division by zero" in found[0].message


def test_a_failed_check_names_the_record_by_its_key() -> None:
    check = 'check: [{that: =total > 0, code: ORD001, say: "Nothing to pay."}]\nkey: =order_no\n'
    _, found, _ = run(
        compiled(ABOVE + "set: {number: =order_no, total: =total}\n" + check), order(total=D(0))
    )
    assert found[0].message == 'Nothing to pay. Here order_no is "1001", total is 0.'


@pytest.mark.parametrize(
    ("severity", "next_step"),
    [("error", "Correct the value"), ("warning", "Look whether"), ("info", "Nothing needs to be done.")],
)
def test_a_check_without_advice_asks_for_no_more_than_its_severity(severity: str, next_step: str) -> None:
    check = f"check: [{{that: =total > 0, code: ORD001, say: Nothing to pay., severity: {severity}}}]\n"
    text = ABOVE + "set: {number: =order_no, total: =total}\n" + check
    _, (finding,), _ = run(compiled(text), order(total=D(0)))
    assert finding.advice is not None and finding.advice.startswith(next_step)


def test_static_reports() -> None:
    mapping = compiled(
        ABOVE + "set: {number: =order_no, customer: {email: x}, lines: {each: lines, set: {net: =price}}}\n"
    )
    unused = mapping.unused_source_fields()
    assert "lines.sku" not in compiled(ABOVE + "set: {number: =last(lines).sku}\n").unused_source_fields()
    assert "order_no" not in unused
    assert "lines.price" not in unused
    assert {"lines.name", "customer.name", "message.id", "total"} <= set(unused)
    assert mapping.missing_required_targets() == ["customer.name", "lines.description"]


def test_lineage_reaches_the_source_fields() -> None:
    mapping = compiled(INVOICE)
    record = order(
        total=D("30.00"),
        customer={"name": "Ann"},
        lines=[row | {"@line": n} for n, row in enumerate(LINES, 3)],
    )
    tracer = mapping.tracer(record, FACTS)
    tree = tracer.value("lines[2].net")
    assert (tree.what, tree.value, tree.place) == ("lines[2].net", D("20.00"), place("round(price"))
    price, quantity = tree.operands[0].operands
    assert [(leaf.kind, leaf.source, leaf.value) for leaf in (price, quantity)] == [
        ("field", "lines[2].price", D("5.00")),
        ("field", "lines[2].quantity", D(4)),
    ]
    total = tracer.value("total")
    assert [leaf.what for leaf in total.operands] == ["lines[1].net", "lines[2].net"]
    assert [leaf.source for leaf in total.walk() if leaf.kind == "field"][2:] == [
        "lines[2].price",
        "lines[2].quantity",
    ]
    assert [leaf.source for leaf in tracer.value("part.currency").operands] == ["currency"]


SEES_OTHERS = (
    ABOVE + "group: {by: [=currency], as: others, order: any, results: each}\n"
    "let: {all_of: '=sum(others.total)'}\nwhere: =total > 0\n"
    "set: {number: =order_no, currency: =currency, total: =all_of - total, pieces: =count(others)}\n"
    "check:\n  - {that: =source.total < 30, code: ORD1, say: Too much.}\n"
    "conserve: {count: order}\nkey: =order_no\n"
)


def test_each_record_of_a_group_gives_a_result_and_sees_the_others() -> None:
    given = [("1", 1, "EUR"), ("2", 5, "SEK"), ("3", 7, "EUR"), ("4", -2, "EUR")]
    records = [order(order_no=number, total=D(total), currency=money) for number, total, money in given]
    results, found, tally = run(compiled(SEES_OTHERS), *records)
    assert not found
    assert [(one["number"], one["total"], one["pieces"]) for one in results] == [
        ("1", D(5), 3),
        ("3", D(-1), 3),
        ("2", D(0), 1),
    ]
    assert (tally.taken, tally.left_out, tally.results) == (4, 1, 3)


def test_one_wrong_record_of_a_group_keeps_its_whole_group_back() -> None:
    records = [order(order_no=number, total=D(total)) for number, total in (("1", 1), ("2", 40), ("3", 2))]
    results, found, tally = run(
        compiled(SEES_OTHERS), *records, order(order_no="4", currency="SEK", total=D(1))
    )
    assert [one["number"] for one in results] == ["4"]
    assert [(each.code, each.value) for each in found] == [("ORD1", "40")] and tally.failed == 3


def of_orders(changes: str, *numbers: int, **values: object) -> tuple[list[str], list[tuple[str, str]]]:
    """The keys of the results and what was told, of orders on the lines 2, 4, 6 …"""
    good = {"total": D("30.00"), "lines": LINES, "customer": {"name": "Ann"}} | values
    given = [order(order_no=str(number), **good) | {"@line": 2 * number} for number in numbers]
    old, new = changes.split(" → ")
    results, found, _ = run(compiled(INVOICE.replace(old, new)), *given)
    return [result["@key"] for result in results], [(each.code, each.message) for each in found]


@pytest.mark.parametrize("numbers", [range(1, 2), range(1, 3), range(1, 501)])
def test_a_check_that_is_told_once_tells_how_many_more_there_are(numbers: range) -> None:
    keys, ((code, message),) = of_orders("ORD002, → ORD002, once: true,", *numbers, currency="SEK")
    assert keys == [str(number) for number in numbers]
    ends = {1: "", 2: " The same goes for one more record, last on line 4."}
    end = ends.get(len(numbers), " The same goes for 499 more records, last on line 1000.")
    assert (code, message) == ("ORD002", f'Not in euro. Here order_no is "1", currency is "SEK".{end}')


def test_an_error_that_is_told_once_stops_every_record() -> None:
    keys, told = of_orders("ORD001, → ORD001, once: true,", 1, 2, 3, total=D("31.00"))
    assert (keys, [code for code, _ in told]) == ([], ["ORD001"])
    assert told[0][1].endswith("The same goes for 2 more records, last on line 6.")


@pytest.mark.parametrize("many", [3, 60], ids=["looked through", "looked up"])
def test_children_with_a_text_are_found_in_their_order_however_many_there_are(many: int) -> None:
    lines = [line(sku=f"s{number % 3}" if number else None, name=f"n{number}") for number in range(many)]
    found = [
        value_of(f'join(only(lines, {condition}).name, " ")', "text", order(lines=lines, comment="s1"))
        for condition in ("sku == comment", '"s2" == sku', "sku == note", "sku == order_no")
    ]
    wanted = [
        [each["name"] for each in lines if each["sku"] == sku] or None for sku in ("s1", "s2", None, "1001")
    ]
    assert found == [None if each is None else " ".join(each) for each in wanted]
