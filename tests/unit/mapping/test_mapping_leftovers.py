"""`left out by`: the records and children that other mappings leave out, by the same conditions."""

from __future__ import annotations

from pathlib import Path

import pytest
from mapping_support import line, order, run

from exchange.declare.catalogue import Catalogue
from exchange.flow.library import Library

LAYOUTS = {
    "orders": (
        "record: order\nfields: {order_no: {}, paid: {type: boolean}, total: {type: money}, "
        "lines: {many: true, fields: {sku: {}, free: {type: boolean}}}}"
    ),
    "rows": "record: row\nfields: {number: {}}",
}
HEAD = "from: acme/orders\nto: acme/rows\n"
MAPPINGS = {
    "paid": "let: {much: '=total > 100'}\nwhere: =paid and much\nnothing lost: true\nset: {number: =order_no}",
    "odd": "let: {much: '=matches(order_no, \".*[13579]\")'}\nwhere: =much\nset: {number: =order_no}",
    "rest": "left out by: [acme/paid, acme/odd]\nset: {number: =order_no}\nconserve: {count: order}",
    "some-rest": "left out by: [acme/paid]\nlet: {much: =total}\nwhere: =much > 10\nset: {number: =text(much)}",
    "free": "each: order.lines\nwhere: =free\nset: {number: =sku}",
    "charged": "each: order.lines\nleft out by: [acme/free]\nset: {number: =sku}",
    "all": "set: {number: =order_no}",
}


@pytest.fixture
def library(tmp_path: Path) -> Library:
    for folder, made in (("schemas", LAYOUTS), ("mappings", MAPPINGS)):
        (tmp_path / folder / "acme").mkdir(parents=True)
        for name, text in made.items():
            head = (
                f"layout: acme/{name}\nformat: document\n"
                if made is LAYOUTS
                else f"mapping: acme/{name}\n{HEAD}"
            )
            (tmp_path / folder / "acme" / f"{name}.yaml").write_text(f"{head}{text}\n", "utf-8")
    return Library(Catalogue.of(tmp_path))


ORDERS = [
    order(order_no="10", paid=True, total=200),
    order(order_no="11", paid=False, total=200),
    order(order_no="12", paid=None, total=5),
    order(order_no="14", paid=True, total=50),
]


def numbers(library: Library, name: str, *records: dict[str, object]) -> list[str]:
    step = library.mapping(f"acme/{name}")
    assert step is not None, [problem.message for problem in library.problems]
    results, found, _ = run(step.compiled, *records)
    assert not found
    return [each["number"] for each in results]


def test_what_all_of_them_leave_out_is_taken(library: Library) -> None:
    assert numbers(library, "paid", *ORDERS) == ["10"]
    assert numbers(library, "odd", *ORDERS) == ["11"]
    assert numbers(library, "rest", *ORDERS) == ["12", "14"]


def test_names_of_the_others_are_not_those_of_the_rest(library: Library) -> None:
    assert numbers(library, "some-rest", *ORDERS) == ["200", "50"]


def test_children_are_taken_one_by_one(library: Library) -> None:
    lines = [line(sku="a", free=True), line(sku="b", free=False), line(sku="c")]
    assert numbers(library, "free", order(lines=lines)) == ["a"]
    assert numbers(library, "charged", order(lines=lines)) == ["b", "c"]


def test_a_record_that_cannot_be_decided_is_an_error_in_both(library: Library) -> None:
    for name in ("paid", "rest"):
        step = library.mapping(f"acme/{name}")
        assert step is not None
        results, found, _ = run(step.compiled, order(order_no="10", paid=True, total=None))
        assert not results and [each.severity for each in found] == ["error"]


def test_a_changed_condition_is_another_version_of_the_rest(library: Library, tmp_path: Path) -> None:
    before = library.hash_of("mapping", "acme/rest")
    path = tmp_path / "mappings/acme/odd.yaml"
    path.write_text(path.read_text("utf-8").replace("13579", "2468"), "utf-8")
    assert Library(Catalogue.of(tmp_path)).hash_of("mapping", "acme/rest") != before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("left out by: [acme/all]", "leaves nothing out"),
        ("left out by: [acme/rest]", "itself the rest of others"),
        ("left out by: [acme/free]", "goes through order.lines"),
        ("left out by: [acme/piad]", 'There is no mapping "acme/piad"'),
        ("left out by: [acme/paid]\ngroup: {by: [=paid]}", "What is grouped"),
    ],
)
def test_what_has_no_rest_is_a_problem(tmp_path: Path, library: Library, text: str, message: str) -> None:
    path = tmp_path / "mappings/acme/wrong.yaml"
    path.write_text(f"mapping: acme/wrong\n{HEAD}{text}\nset: {{number: x}}\n", "utf-8")
    fresh = Library(Catalogue.of(tmp_path))
    assert fresh.mapping("acme/wrong") is None
    assert message in " ".join(problem.message for problem in fresh.problems)
