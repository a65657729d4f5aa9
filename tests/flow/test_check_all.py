"""All problems of all declared files in one round: each file goes as far as it can, and only what depends on a broken one
is not judged."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from exchange.declare.problems import DeclarationError, Problem
from exchange.flow.site import check_site, open_site

ROOT = Path(__file__).parent.parent.parent
EXCHANGE = """\
site: My_Site
time zone: Europe/Helsingfors
ledgr: sqlite
values:
  company: My Company Oy
"""
FLOW = """\
flow: order
from:
  at: "foldr:inbox/orders"
  match: "*.csv"
  ready: unchanged for 5
  aftr: archive
layout: my/orderz
map: [my/orders-to-order, common/order-to-invoic]
to:
  - map: [generic/invoice-to-lines]
    write: generic/invoice-lins
    at: "foldr:outbox/import"
    name: "{flow}-{arrival.dat}.csv"
approve: many
"""
LAYOUT = """\
layout: my/order
format: cvs
encoding: utf-9
dialect: {delimiter: ";;", decimal: ",", headr: true}
record: line
fields:
  order_no:    {column: Order, required: yes}
  date:        {column: Date, type: dat, required: true}
  customer_no: {colum: CustomerNo}
"""
OTHER_LAYOUT = """\
layout: my/other
format: csv
encodin: utf-8
record: line
fields:
  order_no: {column: Order, required: true}
  net:      {column: Net, type: moeny}
"""
MAPPING = """\
mapping: my/orders
from: my/other
to: common/order
set:
  number: =order_n
  kind: order
  customer: {number: =first(order_no, 1), name: =upper2(order_no)}
  currency: =site.companyy
  totl: =net
key: =order_no
chek: []
"""
WANTED = {
    "exchange.yaml": ["1:7 My_Site", "2:12 Europe/Helsingfors", "3:1 ledgr"],
    "flows/orders.yaml": [
        *("1:7 order", "3:8 foldr", "5:10 5", "6:3 aftr", "7:9 my/orderz", "8:27 common/order-to-invoic"),
        *("11:12 generic/invoice-lins", "12:10 foldr", "13:20 arrival.dat", "14:10 many"),
    ],
    "mappings/my/orders-to-order.yaml": [
        *("1:10 my/orders", "5:12 order_n", "7:22 cut off", "7:23 2 arguments", "7:50 upper2"),
        *("8:14 site.companyy", "9:3 totl", "11:1 chek"),
    ],
    "schemas/my/orders.yaml": [
        *(
            "1:9 my/order",
            "2:9 cvs",
            "3:11 utf-9",
            "4:23 ;;",
            "4:42 headr",
            "7:42 yes",
            "8:37 dat",
            "9:17 colum",
        ),
    ],
    "schemas/my/other.yaml": ["3:1 encodin", "7:33 moeny"],
}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "samples" / "starter", tmp_path / "site")
    return tmp_path / "site"


def plant(site: Path, **files: str) -> list[Problem]:
    for name, text in files.items():
        (site / name).write_text(text)
    opened, problems = check_site(site)
    assert opened is None or not problems
    return problems


def test_thirty_mistakes_of_five_files_come_in_one_round(site: Path) -> None:
    problems = plant(
        site,
        **{
            "exchange.yaml": EXCHANGE,
            "flows/orders.yaml": FLOW,
            "schemas/my/orders.yaml": LAYOUT,
            "schemas/my/other.yaml": OTHER_LAYOUT,
            "mappings/my/orders-to-order.yaml": MAPPING,
        },
    )
    told: dict[str, list[str]] = {}
    for problem in sorted(
        problems, key=lambda problem: (problem.file, problem.line or 0, problem.column or 0)
    ):
        told.setdefault(problem.file, []).append(f"{problem.line}:{problem.column} {problem.message}")
    assert told.keys() == WANTED.keys()
    for file, wanted in WANTED.items():
        assert [each.split()[0] for each in told[file]] == [each.split()[0] for each in wanted], told[file]
        assert all(want.split(" ", 1)[1] in have for want, have in zip(wanted, told[file], strict=True))
    with pytest.raises(DeclarationError):
        open_site(site)


def test_a_file_that_breaks_off_hides_no_problem_before_and_none_of_other_files(site: Path) -> None:
    problems = plant(
        site,
        **{
            "exchange.yaml": "site: acme\ntime zone: Europe/Helsinki\n  more: [\n",
            "flows/second.yaml": "flow: second\nlayuot: my/orders\nto: []\nmap: [a\n",
            "mappings/my/half.yaml": "mapping: my/half\nfrom: my/orders\neahc: x\nset:\n  number: 'x\n",
            "mappings/my/orders-to-order.yaml": MAPPING.replace("my/orders", "my/orders-to-order", 1)
            .replace("my/other", "my/orders")
            .replace("order_n\n", "order_no\n"),
        },
    )
    told = [(problem.file, problem.line, problem.column) for problem in problems]
    assert told.count(("exchange.yaml", 3, 7)) == 1
    assert [each for each in told if each[0] == "exchange.yaml"] == [("exchange.yaml", 3, 7)]
    assert ("flows/second.yaml", 2, 1) in told and ("mappings/my/half.yaml", 3, 1) in told
    assert ("mappings/my/half.yaml", 5, 11) in told
    ours = [problem for problem in problems if problem.file == "mappings/my/orders-to-order.yaml"]
    assert not any(
        "site.companyy" in problem.message for problem in ours
    )  # what exchange.yaml says is not known
    assert any("upper2" in problem.message for problem in ours)
    assert not any("is missing here" in problem.message for problem in problems)


def test_what_depends_on_a_layout_that_cannot_be_supposed_is_not_judged(site: Path) -> None:
    text = (site / "schemas/my/orders.yaml").read_text()
    problems = plant(site, **{"schemas/my/orders.yaml": text.replace("type: percent", "type: [a, b]")})
    assert [problem.file for problem in problems] == ["schemas/my/orders.yaml"]
    near = plant(site, **{"schemas/my/orders.yaml": text.replace("type: percent", "type: percnt")})
    assert [problem.file for problem in near] == ["schemas/my/orders.yaml"]
    gone = plant(
        site,
        **{"schemas/my/orders.yaml": text.replace("{column: Net,", "{colunm: Net,").replace("sku:", "sko:")},
    )
    assert {problem.file for problem in gone} == {
        "schemas/my/orders.yaml",
        "mappings/my/orders-to-order.yaml",
    }


def test_the_caret_of_a_name_in_braces_is_as_long_as_the_name(site: Path) -> None:
    text = (site / "flows/orders.yaml").read_text()
    (problem,) = plant(site, **{"flows/orders.yaml": text.replace("{arrival.date}-", "{arrival.dat}-")})
    caret = problem.render().splitlines()[2]
    assert caret.count("^") == len("arrival.dat") and problem.render().splitlines()[1][
        caret.index("^") :
    ].startswith("arrival.dat}")


def test_an_expression_that_a_comma_cuts_is_checked_as_a_whole(site: Path) -> None:
    path = "mappings/my/orders-to-order.yaml"
    text = (site / path).read_text()
    written = "=concat(customer, order_no, upper(order_no))"
    (problem,) = plant(
        site, **{path: text.replace("name: =customer}", f"name: {written}, email: upper(x)}}")}
    )
    assert "cut off" in problem.message
    assert (
        problem.advice == "Put the whole expression in quotes: '=concat(customer, order_no, upper(order_no))'"
    )


def test_what_takes_one_document_is_not_sent_several(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "samples/heeros/site", tmp_path / "site")
    flow = tmp_path / "site/flows/invoices.yaml"
    text = flow.read_text("utf-8")
    assert "per: document, " in text and "{n}" in text
    flow.write_text(text.replace("per: document, ", "").replace("{n}", "{arrival.id}"), "utf-8")
    with pytest.raises(DeclarationError) as told:
        open_site(tmp_path / "site")
    assert "Who receives netvisor/sales-invoice takes one document in a file" in str(told.value)
