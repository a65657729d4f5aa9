"""Sites, flows, tables and the catalogue: what may be declared, and what is said when it is wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.declare.catalogue import Catalogue, package_data
from exchange.declare.flow import DoneFile, Flow, Renamed, Unchanged, file_name
from exchange.declare.parse import parse
from exchange.declare.problems import Problem, render
from exchange.declare.schema import schema, schema_of
from exchange.declare.site import Site
from exchange.declare.table import Table, TableRows, load_rows, validity
from exchange.declare.units import SecretRef
from exchange.declare.yaml import load
from exchange.flow.library import Library
from exchange.model import ArrivalFacts

FLOW = """
flow: orders
from: {at: "folder:inbox", match: "*.csv"}
layout: acme/orders
to: [{write: acme/out, at: "folder:outbox", name: "{arrival.id}.xml"}]
"""
ARRIVAL = ArrivalFacts("01J", "orders", "ORD 1.csv", "0" * 64, datetime(2026, 1, 31, 23, 59, tzinfo=UTC))


def parsed(model: Any, text: str) -> Any:
    node, problems = load(text, "f.yaml")
    assert node is not None and not problems, render(problems)
    made, problems = parse(model, node)
    assert made is not None, render(problems)
    return made


def problem_of(model: Any, text: str) -> Problem:
    node, problems = load(text, "f.yaml")
    assert node is not None and not problems, render(problems)
    made, problems = parse(model, node)
    assert made is None and len(problems) == 1, render(problems)
    return problems[0]


def test_a_flow_with_everything() -> None:
    flow = parsed(
        Flow,
        """
flow: webshop
from: {at: "sftp://ex@shop.example:2222/out", match: [A*.csv, B*.csv], ignore: "*.tmp",
  ready: "done file {stem}.ok", min size: 10, max size: 20MiB, after: delete,
  secret: env:SHOP_KEY, host key: "SHA256:abc", options: {prefetch: false}}
layout: acme/orders
map: [[a/b-to-c, a/d-to-c], a/c-to-e]
with: {open: receivables}
match: {against: open}
to:
  - {map: [a/e-to-f], write: a/f, at: "folder:out", name: "{key}.xml", per: document}
approve: 2
""",
    )
    assert flow.from_.match == ["A*.csv", "B*.csv"] and flow.from_.ignore == ["*.tmp"]
    assert flow.from_.ready == DoneFile("{stem}.ok") and flow.from_.ready.marker("a.b.csv") == "a.b.ok"
    assert (flow.from_.min_size, flow.from_.max_size) == (10, 20 * 2**20)
    assert flow.from_.secret == SecretRef("env", "SHOP_KEY") and str(flow.from_.secret) == "env:SHOP_KEY"
    assert flow.from_.host_key == ["SHA256:abc"] and flow.from_.options == {"prefetch": "false"}
    assert flow.map == [["a/b-to-c", "a/d-to-c"], "a/c-to-e"]
    assert flow.to[0].name.line == 11 and flow.approve == 2


def test_what_a_flow_need_not_say() -> None:
    flow = parsed(Flow, FLOW)
    assert flow.from_.ready == Unchanged(30) and (flow.from_.min_size, flow.from_.max_size) == (1, 2 * 10**9)
    assert flow.from_.after == "archive"
    assert (flow.approve, flow.map, flow.to[0].per) == (0, [], "file")


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("unchanged for 30s", Unchanged(30)),
        ("unchanged for 2 min", Unchanged(120)),
        ("done file {name}.done", DoneFile("{name}.done")),
        ("renamed from *.part", Renamed("*.part")),
    ],
)
def test_when_a_file_is_whole(written: str, rule: object) -> None:
    assert parsed(Flow, FLOW.replace('"*.csv"', f'"*.csv", ready: "{written}"')).from_.ready == rule


@pytest.mark.parametrize(
    ("was", "wanted", "pointed", "said", "advice"),
    [
        ("folder:inbox", "inbox", "inbox", '"inbox" is not a place.', "Write folder:PATH"),
        ("folder:inbox", "sftp://a:pw@h/x", "sftp:", "A password never stands", "secret: env:NAME"),
        ('"*.csv"', "'*', ready: soon", "soon", "does not say when a file is whole", "unchanged for 30s"),
        (
            '"*.csv"',
            "'*', ready: unchanged for 30",
            "unchanged",
            "not a duration with its unit",
            "Write 30s, 30min",
        ),
        ('"*.csv"', "'*', ready: done file x.done", "done file", "does not tell which file", "{name}.done"),
        ('"*.csv"', "'*', max size: 2XB", "2XB", '"2XB" is not a size.', "20MB"),
        ('"*.csv"', "'*', min size: 3GB", "from", "`min size` is bigger than `max size`.", ""),
        ('"*.csv"', "'*', secret: hunter2", "hunter2", "A secret never stands", "env:NAME"),
        ('"*.csv"', "[]", "match", "should have at least 1 item", ""),
        ("{arrival.id}.xml", "{arrival.i}.xml", "arrival.i}", "{arrival.i} is not known", '"arrival.id"'),
        ("{arrival.id}.xml", "{arrival.id.xml", "{arrival.id.xml", "This brace has no partner.", ""),
        ("{arrival.id}.xml", "x/{arrival.id}", "/{", "A file name holds no /.", "Folders belong to `at`."),
        (
            "{arrival.id}.xml",
            "{key}.xml",
            "{key}",
            "{key} is only known with `per: document`.",
            "per: document",
        ),
        (
            '.xml"',
            '.xml", per: document',
            "{arrival.id}",
            "All documents would get the same file name.",
            "{n}",
        ),
        ("acme/out", "acme", "acme", '"acme" is not the name of a layout or mapping.', "owner/name"),
    ],
)
def test_what_a_flow_may_not_say(was: str, wanted: str, pointed: str, said: str, advice: str) -> None:
    problem = problem_of(Flow, FLOW.replace(was, wanted, 1))
    assert said in problem.message and advice in problem.advice
    assert problem.column and problem.snippet[problem.column - 1 :].startswith(pointed)


def test_the_parts_of_a_flow_fit_together() -> None:
    assert "among the names under" in problem_of(Flow, FLOW + "match: {against: open}\n").message
    assert "its own reference" in problem_of(Flow, FLOW + "with: {mine: orders}\n").message
    twice = FLOW.replace("to: [{", 'to: [{write: a/b, at: "folder:outbox", name: "{arrival.id}.xml"}, {')
    assert "same name at the same place" in problem_of(Flow, twice).message
    assert problem_of(Flow, FLOW.replace("to: [", "too: [", 1).replace("too: [", "# [")).message == (
        'The key "to" is missing here.'
    )


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("D{arrival.date:%y%m%d}.T{arrival.moment:%H%M%S}", True),
        ("{flow}-{arrival.moment}.txt", True),
        ("{flow}-{arrival.moment:%H%M}.txt", False),
        ("{flow}-{arrival.date}.txt", False),
        ("{arrival.moment}-{arrival.id}.txt", False),
        ("{arrival.moment}-{arrival.stem}.txt", False),
    ],
)
def test_a_second_tells_files_apart_where_nothing_else_does(name: str, answer: bool) -> None:
    flow = parsed(Flow, FLOW.replace("{arrival.id}.xml", name))
    assert [target.names_by_second for target in flow.to] == [answer]


def test_file_names_are_made_of_the_arrival_alone() -> None:
    assert file_name("{flow}-{arrival.date}-{arrival.id}.xml", ARRIVAL) == "orders-2026-01-31-01J.xml"
    assert file_name("{arrival.stem}_{n}", ARRIVAL, n=3) == "ORD 1_3"
    assert file_name("{key}", ARRIVAL, key="../a/b%c") == "%2E.%2Fa%2Fb%25c"
    assert file_name("BFEP.ULBU3.K0123456.D{arrival.date:%y%m%d}.T{arrival.moment:%H%M%S}", ARRIVAL) == (
        f"BFEP.ULBU3.K0123456.D260131.T{ARRIVAL.moment:%H%M%S}"
    )


@given(st.text(), st.text())
def test_different_keys_never_give_the_same_safe_name(one: str, other: str) -> None:
    one, other = (key.encode("utf-8", "replace").decode() for key in (one, other))
    first, second = (file_name("{key}", ARRIVAL, key=key) for key in (one, other))
    assert (first == second) == (one == other)
    assert "/" not in first and "\0" not in first and not first.startswith(".")


def test_a_site() -> None:
    site = parsed(
        Site, "site: acme\ntime zone: Europe/Helsinki\nvalues: {account: 0012, on: true}\nworkers: 2\n"
    )
    assert (site.time_zone, site.ledger, site.workers) == ("Europe/Helsinki", "sqlite", 2)
    assert site.values == {"account": "0012", "on": "true"}
    assert (
        problem_of(Site, "site: a\ntime zone: Europe/Helsinky\n").advice == 'Did you mean "Europe/Helsinki"?'
    )
    assert "not a ledger" in problem_of(Site, "site: a\ntime zone: UTC\nledger: mysql\n").message
    secret = "site: a\ntime zone: UTC\nledger: postgresql://u:pw@h/x\n"
    assert "password never" in problem_of(Site, secret).message


# --- tables ------------------------------------------------------------------------------------------------


def rows_of(folder: Path, text: str, content: bytes | None = None) -> tuple[TableRows | None, list[Problem]]:
    if content is not None:
        (folder / "t.csv").write_bytes(content)
    return load_rows(parsed(Table, text), folder)


DATED = "table: t\nkey: [rate]\nvalid: {from: first, to: last}\nfile: t.csv\n"


@pytest.mark.parametrize("sign", [";", ",", "\t"])
def test_a_table_in_a_file(tmp_path: Path, sign: str) -> None:
    content = '\ufeffrate;code;first;last\r\n24;"A\nB";2013-01-01;\r\n\r\n10;;;2012-12-31\r\n'.replace(
        ";", sign
    )
    rows, problems = rows_of(tmp_path, DATED, content.encode())
    assert rows is not None and not problems
    assert rows.columns == ("rate", "code", "first", "last") and rows.lines == (2, 5)
    assert rows.rows[0] == {"rate": "24", "code": "A\nB", "first": "2013-01-01", "last": None}
    assert validity(rows.table, rows.rows[0]) == (date(2013, 1, 1), date.max)
    assert validity(rows.table, rows.rows[1]) == (date.min, date(2012, 12, 31))


def test_a_table_with_its_rows_inside(tmp_path: Path) -> None:
    text = "table: t\nkey: [rate]\nmiss: {default: X}\nrows:\n  - {rate: 024, code: A}\n  - {rate: 25}\n"
    rows, problems = rows_of(tmp_path, text)
    assert rows is not None and not problems
    assert rows.rows == ({"rate": "024", "code": "A"}, {"rate": "25", "code": None}) and rows.lines == (5, 6)
    other, _ = rows_of(tmp_path, text.replace("code: A", "code: B"))
    again, _ = rows_of(tmp_path, text + "# note\n")
    assert other is not None and again is not None
    assert rows.sha256 != other.sha256 and rows.sha256 == again.sha256


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (b"rate;first;last\n24;2020-01-01;\n24;2021-01-01;\n", 3, '"24" is already given on line 2'),
        (b"rate;first;last\n24;2020-01-01;2020-12-31\n24;2020-12-31;\n", 3, "already given on line 2"),
        (b"rate;first;last\n24;1.1.2020;\n", 2, "This is not a day"),
        (b"rate;first;last\n24;2020-01-02;2020-01-01\n", 2, "before the first day"),
        (b"rate;first;last\n24;x\n", 2, "The row has 2 columns, the header has 3."),
        (b"rate;first;last;rate\n", 1, 'The column "rate" stands twice.'),
        (b"rat;first;last\n", 1, "does not name the key columns rate"),
        (b"rate;frist;last\n", None, 'The column "first" is missing.'),
        (b"rate;first;last\n\xe4;;\n", 2, "This is not UTF-8."),
        (b'rate;first;last\n"24"x;;\n', 2, "This is not CSV"),
        (None, 4, "The file cannot be read"),
    ],
)
def test_what_is_wrong_in_a_table(tmp_path: Path, content: bytes | None, line: int | None, said: str) -> None:
    rows, problems = rows_of(tmp_path, DATED, content)
    assert rows is None and len(problems) == 1
    assert problems[0].line == line and said in problems[0].message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("table: t\nkey: [a]\n", "either `file` or `rows`"),
        ("table: t\nkey: [a]\nfile: t.csv\nrows: []\n", "either `file` or `rows`"),
        ("table: t\nkey: [a, b]\nmiss: pass\nfile: t.csv\n", "must be one column"),
        ("table: t\nkey: [a]\nfile: ../t.csv\n", "must lie beside the table"),
        ("table: t\nkey: []\nfile: t.csv\n", "at least 1 item"),
    ],
)
def test_what_a_table_may_not_say(text: str, said: str) -> None:
    assert said in problem_of(Table, text).message


# --- the catalogue -----------------------------------------------------------------------------------------


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    files = {
        "package/schemas/acme/orders.yaml": "layout: acme/orders\n",
        "package/schemas/acme/orders.xsd": "<x/>",
        "site/exchange.yaml": "site: s\ntime zone: UTC\n",
        "site/flows/orders.yaml": FLOW,
        "site/mappings/acme/orders-to-invoice.v1.yaml": "mapping: acme/orders-to-invoice.v1\n",
        "site/tables/vat.yaml": "table: vat-codes\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path / "site", tmp_path / "package"


def test_declared_files_are_found_by_name(places: tuple[Path, Path]) -> None:
    catalogue = Catalogue(*places)
    assert catalogue.problems == []
    assert catalogue.names("layout") == ("acme/orders",) and catalogue.names("flow") == ("orders",)
    assert catalogue.names("mapping") == ("acme/orders-to-invoice.v1",)
    node, problems = catalogue.load("flow", "orders")
    assert node is not None and problems == [] and catalogue.load("flow", "orders")[0] is node
    entry = catalogue.entry("layout", "acme/orders")
    assert entry is not None and entry.packaged and entry.shown == "schemas/acme/orders.yaml"
    assert catalogue.load_site()[1] == []


def test_a_name_that_does_not_fit_its_place(places: tuple[Path, Path]) -> None:
    _, problems = Catalogue(*places).load("table", "vat")
    (problem,) = problems
    assert (problem.file, problem.line, problem.column) == ("tables/vat.yaml", 1, 8)
    assert problem.advice == "Call it vat, or move the file to tables/vat-codes.yaml."


def test_a_name_used_twice_and_an_ending_that_is_not_read(places: tuple[Path, Path]) -> None:
    site, package = places
    (site / "schemas/acme").mkdir(parents=True)
    (site / "schemas/acme/orders.yaml").write_text("layout: acme/orders\n")
    (site / "flows/other.yml").write_text("flow: other\n")
    catalogue = Catalogue(site, package)
    assert sorted(problem.file for problem in catalogue.problems) == [
        "flows/other.yml",
        "schemas/acme/orders.yaml",
    ]
    entry = catalogue.entry("layout", "acme/orders")
    assert entry is not None and entry.packaged


def test_unknown_names_unreadable_files_and_no_site(places: tuple[Path, Path], tmp_path: Path) -> None:
    site, package = places
    (site / "flows/bad.yaml").write_bytes(b"flow: bad\ntell: \xe4\n")
    (site / "flows/kindless.yaml").write_text("folw: x\n")
    catalogue = Catalogue(site, package)
    _, (unknown,) = catalogue.load("layout", "acme/order")
    assert (
        unknown.message == 'There is no layout "acme/order".'
        and 'Did you mean "acme/orders"?' in unknown.advice
    )
    _, (bad,) = catalogue.load("flow", "bad")
    assert (bad.line, bad.message) == (2, "This is not UTF-8.")
    _, (kindless,) = catalogue.load("flow", "kindless")
    assert kindless.message == "This file must say which flow it declares."
    assert "is not a site" in Catalogue(tmp_path, package).load_site()[1][0].message
    assert "no site" in Catalogue(None, package).load_site()[1][0].message


LIKE = "layout: acme/{}\nlike: acme/{}\n{}"


def liking(places: tuple[Path, Path], name: str, other: str, text: str) -> tuple[object, list[str]]:
    """The data of a layout that is like another, and the messages of what is wrong with it."""
    site, package = places
    path = site / "schemas/acme" / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(LIKE.format(name, other, text))
    node, problems = Catalogue(site, package).load("layout", f"acme/{name}")
    return None if node is None else node.data(), [str(problem.message) for problem in problems]


def test_a_file_like_another_one_says_only_what_differs(places: tuple[Path, Path]) -> None:
    orders = "layout: acme/orders\nformat: csv\nfields: {a: {type: text, column: A}, b: {column: B}}\n"
    (places[1] / "schemas/acme/orders.yaml").write_text(orders)
    data, problems = liking(
        places, "new", "acme/orders", "fields: {a: {column: AA}, b: , c: {column: C}}\nversion: 2\n"
    )
    assert problems == ['There is no layout "acme/acme/orders".']
    data, problems = liking(
        places, "new", "orders", "fields: {a: {column: AA}, b: , c: {column: C}}\nversion: 2\n"
    )
    assert problems == [] and data == {
        "layout": "acme/new",
        "format": "csv",
        "fields": {"a": {"type": "text", "column": "AA"}, "c": {"column": "C"}},
        "like": "acme/orders",
        "version": "2",
    }
    assert list(data["fields"]) == ["a", "c"]  # type: ignore[index]


def test_files_like_each_other_and_like_a_broken_one(places: tuple[Path, Path]) -> None:
    site, package = places
    (package / "schemas/acme/a.yaml").write_text(LIKE.format("a", "b", ""))
    (package / "schemas/acme/b.yaml").write_text(LIKE.format("b", "a", ""))
    catalogue = Catalogue(site, package)
    node, (problem,) = catalogue.load("layout", "acme/a")
    assert node is None and problem.message == '"acme/b" has problems of its own.'
    _, (circle,) = catalogue.load("layout", "acme/b")
    assert circle.message == "These files are like each other in a circle." and (
        circle.line,
        circle.column,
    ) == (2, 7)
    assert [entry.name for entry in catalogue.family("layout", "acme/orders")] == ["acme/orders"]


def test_the_version_of_a_file_rests_on_the_one_it_is_like(places: tuple[Path, Path]) -> None:
    site, package = places
    (package / "schemas/acme/new.yaml").write_text(LIKE.format("new", "orders", "format: csv\n"))
    before = Library(Catalogue(site, package)).hash_of("layout", "acme/new")
    (package / "schemas/acme/orders.yaml").write_text("layout: acme/orders\nversion: 3\n")
    assert Library(Catalogue(site, package)).hash_of("layout", "acme/new") != before


def test_the_package_has_its_own_files() -> None:
    assert (package_data() / "schemas").is_dir()
    assert "common/invoice" in Catalogue.of().names("layout")


# --- schemas for editors -----------------------------------------------------------------------------------


def test_schemas_accept_what_the_models_accept() -> None:
    flow = {
        "flow": "orders",
        "from": {"at": "folder:inbox", "match": "*.csv", "min size": 1, "after": "keep"},
        "layout": "acme/orders",
        "to": [{"write": "acme/out", "at": "folder:x", "name": 12}],
        "approve": 2,
    }
    jsonschema.validate(flow, schema("flow"))
    assert schema("flow")["$defs"]["Source"]["properties"]["ready"]["default"] == "unchanged for 30s"
    site = {"site": "a", "time zone": "UTC", "values": {"a": 12, "b": True}}
    jsonschema.validate(site, schema_of([Site, Table]))
    for wrong in ({**flow, "floww": "x"}, {**flow, "approve": 10}, {"flow": "a"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema("flow"))


def test_a_file_like_another_one_satisfies_the_schema() -> None:
    jsonschema.validate({"mapping": "a/b", "like": "a/c", "to": "a/d"}, schema("mapping"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"mapping": "a/b", "to": "a/d"}, schema("mapping"))


@pytest.mark.parametrize("kind", ["site", "flow", "table", "mapping", "bank"])
def test_every_schema_is_a_schema(kind: Any) -> None:
    made = schema(kind)
    jsonschema.Draft202012Validator.check_schema(made)
    assert made["additionalProperties"] is False
