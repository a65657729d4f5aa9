"""Where values come from: every value of every delivered file, followed to the file that came and checked there."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from exchange.errors import UnknownNameError
from exchange.flow.site import OpenSite, open_site
from exchange.flow.tracing import ORIGIN, Came, follow, trace
from exchange.mapping.lineage import Lineage, joined, tokens
from exchange.model import ArrivalFacts, Record
from exchange.operations import deciding
from exchange.operations.explaining import Explanation, explain
from exchange.operations.generating import generated
from exchange.outcome import Gathered
from tests.conftest import ROOT
from tests.flow import explain_site

FACTS = ArrivalFacts("0" * 26, "orders", "monday.csv", "", datetime(2026, 11, 24, tzinfo=UTC))
SAMPLES = ROOT / "samples/nordkaffe"
XML, ROWS, ONE, TOTALS = range(4)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return explain_site.made(tmp_path_factory.mktemp("acme"))


@pytest.fixture(scope="module")
def matched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return explain_site.matched(tmp_path_factory.mktemp("matched"))


def of(site: Path, target: int, path: str, position: int = 1) -> Explanation:
    return explain(site, explain_site.delivery(site, target, position), path)


def sources(lineage: Lineage, *, conditions: bool = False) -> list[tuple[str, str | None, int | None]]:
    """What a value rests on: field, text and line in the original."""
    if lineage.kind == "condition" and not conditions:
        return []
    own = [(lineage.what, lineage.text, lineage.line)] if lineage.kind == "source" else []
    return own + [each for operand in lineage.operands for each in sources(operand, conditions=conditions)]


def of_kind(lineage: Lineage, kind: str) -> list[Lineage]:
    return [each for each in lineage.walk() if each.kind == kind]


# --- paths --------------------------------------------------------------------------------------------------------


def test_paths_are_names_and_numbers() -> None:
    assert tokens("lines[2].dimensions.Cost centre") == ("lines", 2, "dimensions", "Cost centre")
    assert joined("lines[2]", ("tags", 1)) == "lines[2].tags[1]"
    assert joined("", tokens("a.b[3].c")) == "a.b[3].c"


@pytest.mark.parametrize("path", ["", ".", "a.", "a..b", "[1]", "a[x]", "a[1"])
def test_what_is_no_path_is_told(path: str) -> None:
    with pytest.raises(UnknownNameError, match="is not a path"):
        tokens(path)


# --- single values ------------------------------------------------------------------------------------------------


def test_a_rounded_amount_with_its_rate(site: Path) -> None:
    """3 × 100,00 SEK at 0.09123 is 27.369, written 27,37."""
    found = of(site, ROWS, "4.net")
    assert (found.written.text, found.written.line, found.differs, found.changed) == ("27.37", 5, False, [])
    rule = next(each for each in found.lineage.walk() if each.rule == "=round(gross * rate, 2)")
    assert (rule.value, rule.note) == (Decimal("27.37"), "rounded from 27.3690000")
    assert rule.place == "mappings/acme/orders-to-invoice.yaml:18:15"
    (look_up,) = of_kind(found.lineage, "lookup")
    assert look_up.value == "0.09123"
    assert look_up.note.startswith("table rates, line 3 of tables/rates.csv: rate of the row currency SEK")
    assert sources(found.lineage) == [
        ("lines[1].price", "100,00", 5),
        ("lines[1].quantity", "3", 5),
        ("currency", "SEK", 5),
        ("day", "20.11.2026", 5),
    ]
    (price, *_) = of_kind(found.lineage, "source")
    assert (price.column, price.rule, price.layout) == (8, "Hinta", "acme/orders")
    assert price.note.startswith("monday.csv (arrival ")


def test_a_sum_is_followed_into_every_child(site: Path) -> None:
    """The second row of order 1 has no quantity and is left out; freight stands in the mapping."""
    found = of(site, XML, "1.total")
    assert found.written.text == "29,25"
    assert [(what, line) for what, _, line in sources(found.lineage)] == [
        ("lines[1].price", 2),
        ("lines[1].quantity", 2),
        ("lines[3].price", 4),
        ("lines[3].quantity", 4),
    ]
    (freight,) = of_kind(found.lineage, "constant")
    assert (freight.what, freight.value, freight.rule) == ("lines[3].net", 5, "5")
    assert freight.place.startswith("mappings/acme/orders-to-invoice.yaml:22:")


def test_records_count_as_written_where_the_writer_brings_them_together(site: Path) -> None:
    """Made in the order 1, 2, 4, 5, 3-B; written by currency."""
    numbers = [of(site, XML, f"{n}.number") for n in range(1, 6)]
    assert [(each.written.text, each.lineage.value, each.differs) for each in numbers] == [
        (number, number, False) for number in ("1", "5", "3-B", "2", "4")
    ]


def test_what_stands_around_a_record_comes_from_the_record_that_opened_it(site: Path) -> None:
    currency = of(site, XML, "5.batch.currency")
    assert sources(currency.lineage) == [("currency", "SEK", 5)], "order 2 came before order 4"
    number = of(site, XML, "5.batch.number")
    assert (number.written.text, number.lineage.value) == ("2", 2)
    made = of(site, XML, "2.file.made")
    assert (made.lineage.rule, made.lineage.note) == ("=arrival.date", "fact of the arrival")
    assert made.written.text == str(made.lineage.value)


def test_values_of_the_site_the_layout_and_the_writer_say_so(site: Path) -> None:
    seller = of(site, XML, "1.seller").lineage
    assert (seller.note, seller.value) == ("value of the site", "Acme Oy")
    kind = of(site, XML, "1.kind").lineage
    assert (kind.kind, kind.value) == ("layout", "sales")
    assert "always stands there" in kind.note
    count = of(site, XML, "1.file.count")
    assert (count.lineage.kind, count.lineage.value, count.written.text) == ("layout", 5, "5")
    assert "computed by the writer" in count.lineage.note
    assert of(site, ROWS, "1.source").lineage.note == "fact of the arrival"


def test_one_record_for_each_child_and_some_left_out(site: Path) -> None:
    """The credit 3 has two rows; the first has no quantity."""
    found = of(site, ROWS, "7.net")
    assert found.written.text == "8.00"
    assert sources(found.lineage) == [("lines[2].price", "4,00", 7), ("lines[2].quantity", "-2", 7)]
    assert [each.rule for each in of_kind(found.lineage, "value")] == ["=net", "=-price * quantity"]


def test_groups_of_records(site: Path) -> None:
    total = of(site, TOTALS, "2.Total")
    assert (total.field, total.written.text) == ("2.total", "32,44")
    assert {line for _, _, line in sources(total.lineage)} == {5, 8}
    assert sources(of(site, TOTALS, "2.first").lineage) == [
        ("customer", "", 5),
        ("lines[1].sku", "A", 5),
    ], "the first of the group has no name: that of its article stands for it"
    assert of(site, TOTALS, "1.number").lineage.value == 3


def test_a_file_for_each_document(site: Path) -> None:
    found = of(site, ONE, "total", 5)
    assert (found.delivery.name, found.written.text, found.field) == ("3-B.json", "8.00", "1.total")
    assert sources(found.lineage) == [("lines[2].price", "4,00", 7), ("lines[2].quantity", "-2", 7)]
    assert of(site, ONE, "1.number", 3).written.text == "4"


def test_a_cell_with_line_ends_keeps_its_line(site: Path) -> None:
    found = of(site, XML, "5.words[1]")
    assert sources(found.lineage) == [("customer", 'Café "Två"\ni stan', 8)]
    assert sources(of(site, ROWS, "6.net").lineage)[0] == ("lines[1].price", "7,00", 10)


def test_names_in_maps_and_plain_lists(site: Path) -> None:
    assert sources(of(site, XML, "5.lines[1].place").lineage) == [("lines[1].place", "300", 8)]
    assert of(site, XML, "1.words[2]").lineage.kind == "value"
    assert sources(of(site, XML, "1.words[3]").lineage) == [("no", "1", 2)]
    assert sources(of(site, XML, "4.words[2]").lineage) == [("no", "2", 5)], "an empty word is left out"


def test_structures_and_lists_as_a_whole(site: Path) -> None:
    line = of(site, XML, "1.lines[2]").lineage
    assert [(each.what, each.value) for each in line.operands] == [
        ("lines[2].sku", "C"), ("lines[2].net", Decimal("3.25")), ("lines[2].place", "200"),
    ]  # fmt: skip
    lines = of(site, XML, "1.lines").lineage
    assert (len(lines.value), lines.rule) == (3, "each: lines")


def test_conditions_tell_why_and_stand_apart(site: Path) -> None:
    found = of(site, ROWS, "1.net").lineage
    (why,) = of_kind(found, "condition")
    assert (why.what, why.value) == ("currency == site.book_currency", True)
    assert ("currency", "EUR", 2) in sources(found, conditions=True)
    assert ("currency", "EUR", 2) not in sources(found)
    assert of_kind(found, "lookup") == [], "what was not chosen is not told"


# --- how a value is named ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "path", "field"),
    [
        (ROWS, "3.SKU", "3.sku"),
        (ROWS, "3.sku", "3.sku"),
        (ROWS, "3.net", "3.net"),
        (ROWS, "4:Net", "3.net"),
        (ROWS, "4:3", "3.net"),
        (XML, "/invoices/batch[2]/invoice[1]/total", "4.total"),
        (XML, "/invoices[1]/batch[1]/invoice[3]/@number", "3.number"),
        (XML, "/invoices/batch/invoice/lines/line[2]/net", "1.lines[2].net"),
        (XML, "/invoices/batch[2]/@currency", "4.batch.currency"),
        (XML, "/invoices/@made", "1.file.made"),
        (ONE, "/0/total", "1.total"),
    ],
)
def test_ways_to_name_a_value(site: Path, target: int, path: str, field: str) -> None:
    assert of(site, target, path).field == field


@pytest.mark.parametrize(
    ("target", "path", "message", "advice"),
    [
        (ROWS, "3.nett", '"nett" is not a field', 'Did you mean "net"'),
        (ROWS, "3.Sources", '"Sources" is not a field', 'Did you mean "source"'),
        (ROWS, "4:Nett", 'Line 4 has no column "Nett"', 'Did you mean "Net"'),
        (ROWS, "1:Net", "No record stands on line 1", "line and column"),
        (ROWS, "99.net", "The file has 7 records, there is no number 99", ""),
        (ROWS, "0.net", "there is no number 0", ""),
        (ROWS, "net", "does not say which record", "3.lines[2].net"),
        (ROWS, "3", "3 is a record", "invoice, sku, net, source"),
        (XML, "1.lines[9].net", "lines has 3 elements, there is no number 9", ""),
        (XML, "1.lines[1].nett", "is not a field", 'Did you mean "lines[1].net"'),
        (XML, "1.lines.net", "lines is a list", "lines[1].net"),
        (XML, "/invoices/batch/invoice/totl", "There is no value at", "/invoice[1]/total"),
        (XML, "1.batch.currenzy", "is not a field", 'Did you mean "batch.currency"'),
    ],
)
def test_unknown_values_are_told_with_the_nearest_ones(
    site: Path, target: int, path: str, message: str, advice: str
) -> None:
    with pytest.raises(UnknownNameError) as told:
        of(site, target, path)
    assert message in told.value.message
    assert advice in told.value.advice


# --- reconciliation -----------------------------------------------------------------------------------------------


def test_a_match_shows_transaction_and_open_item(matched: Path) -> None:
    found = of(matched, 0, "1.Reason")
    (decision,) = of_kind(found.lineage, "decision")
    assert decision.note == "decided: matched"
    (item,) = of_kind(found.lineage, "open item")
    assert (item.what, item.value, item.note) == ("invoice 1001", Decimal("812.30"), "")
    assert sources(found.lineage) == [
        ("reference", "4000983", 1), ("amount", "812.30", 1), ("number", "1001", 2), ("reference", "400098 3", 2),
        ("open", "812,30", 2),
    ]  # fmt: skip
    files = [each.note for each in of_kind(found.lineage, "source")]
    assert files[0].startswith("entries.jsonl (arrival")
    assert files[-1].startswith("reference data of items (")
    assert sources(of(matched, 0, "1.invoice").lineage) == [("number", "1001", 2)]
    amount = of(matched, 0, "1.amount").lineage
    assert sources(amount) == [("amount", "812.30", 1)]
    assert of_kind(amount, "source")[0].path == "/sum/value"


def test_what_is_not_matched_shows_why(matched: Path) -> None:
    twice = of(matched, 0, "2.reason")
    (item,) = of_kind(twice.lineage, "open item")
    assert item.note == "paid by an earlier entry"
    assert ("id", "a", 1) in sources(item)
    less = of(matched, 0, "3.reason")
    assert ("open", "1 093,75", 3) in sources(less.lineage)
    assert ("amount", "1000.00", 3) in sources(less.lineage)
    nothing = of(matched, 0, "4.reason").lineage
    assert of_kind(nothing, "open item") == []
    invoice = of(matched, 0, "4.invoice").lineage
    assert [each.note for each in of_kind(invoice, "unset")] == ["The payer gave no structured reference."]


def test_the_reference_data_of_then_is_used(matched: Path, tmp_path: Path) -> None:
    """A newer file of open items does not change what an older delivery rests on."""
    folder = explain_site.matched(tmp_path)
    (folder / "items/newer.csv").write_text(explain_site.ITEMS.replace("812,30", "1,00"))
    explain_site.run(folder)
    assert sources(of(folder, 0, "1.invoice").lineage) == [("number", "1001", 2)]
    assert not of(folder, 0, "1.reason").differs


# --- what has changed since ---------------------------------------------------------------------------------------


def test_changed_declarations_are_told(tmp_path: Path) -> None:
    site = explain_site.made(tmp_path)
    rates = site / "tables/rates.csv"
    rates.write_text(rates.read_text().replace("0.09123", "0.1"))
    found = of(site, ROWS, "4.net")
    assert (found.changed, found.differs) == (["table rates"], True)
    others = explain_site.made(tmp_path / "others")
    before = open_site(others).flows["orders"].version_hash
    (others / "tables/days.yaml").write_text('table: days\nkey: [day]\nrows: [{day: "1", name: one}]\n')
    assert open_site(others).flows["orders"].version_hash == before, (
        "a table that no mapping of the flow looks into"
    )
    (others / "tables/rates.csv").write_text(rates.read_text())
    assert open_site(others).flows["orders"].version_hash != before
    assert (found.written.text, found.lineage.value) == ("27.37", Decimal("30.00"))
    assert not of(site, ROWS, "1.net").differs
    (site / "exchange.yaml").write_text((site / "exchange.yaml").read_text().replace("Acme Oy", "Acme Ab"))
    rates.write_text(rates.read_text().replace("0.1;", "0.09123;"))
    assert of(site, XML, "1.seller").changed == [
        "the flow itself, values of the site, or the version of Exchange"
    ]
    assert of(site, XML, "1.seller").differs


def test_deliveries_of_an_earlier_run_are_explained_by_what_is_declared_today(tmp_path: Path) -> None:
    site = explain_site.made(tmp_path)
    delivery = explain_site.delivery(site, TOTALS)
    deciding.replay(site, explain(site, delivery, "1.total").arrival.id, "to see", force=True)
    explain_site.run(site)
    assert explain(site, delivery, "1.total").changed is None


def test_generated_code_of_a_flow(site: Path) -> None:
    parts = dict(generated(site, "orders"))
    assert list(parts) == [
        "reader of acme/orders", "mapping acme/orders-to-invoice", "mapping acme/credits-to-invoice",
        "mapping acme/invoice-to-invoices", "writer of acme/invoices", "mapping acme/invoice-to-rows",
        "writer of acme/rows", "mapping acme/invoice-to-one", "writer of acme/one", "mapping acme/invoice-to-totals",
        "writer of acme/totals",
    ]  # fmt: skip
    for title, text in parts.items():
        compile(text, title, "exec")
    assert "def run(batch, state):" in parts["mapping acme/orders-to-invoice"]
    with pytest.raises(UnknownNameError, match="There is no flow"):
        generated(site, "order")


# --- every value of every file --------------------------------------------------------------------------------------


Look = Callable[[Lineage], str | None]


def looking(path: Path, encoding: str) -> Look:
    """How a value's text is found in a file, by its place alone and without our readers."""
    data = path.read_bytes()
    if path.suffix == ".csv":
        return lambda leaf: cell(data.decode(encoding), leaf)
    if path.suffix == ".xml":
        tree = etree.fromstring(data)
        return lambda leaf: element(tree, leaf.path or "")
    whole = json.loads(data, parse_float=str, parse_int=str)
    return lambda leaf: pointed(whole, leaf)


def cell(text: str, leaf: Lineage) -> str:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True)
    header, begin = next(rows), 2
    for row in rows:
        if begin == leaf.line:
            assert header[(leaf.column or 0) - 1] == leaf.rule
            return row[(leaf.column or 0) - 1]
        begin = rows.line_num + 1
    raise AssertionError(leaf)


def element(tree: etree._Element, path: str) -> str | None:
    steps = [step.partition("[") for step in path.strip("/").split("/")]
    names = [
        f"*[local-name()='{name.rpartition(':')[2]}']{mark}{rest}"
        for name, mark, rest in steps
        if name[0] != "@"
    ]
    found = tree.xpath("/" + "/".join(names))
    assert len(found) == 1, path
    text = found[0].get(steps[-1][0][1:]) if steps[-1][0][0] == "@" else found[0].text
    return text.strip() if text is not None else None


def pointed(value: Any, leaf: Lineage) -> str | None:
    for step in (leaf.path or "").strip("/").split("/"):
        value = value[int(step)] if isinstance(value, list) else value[step]
    return (
        {True: "true", False: "false", None: "null"}.get(value, value)
        if not isinstance(value, str)
        else value
    )


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every plain value of a record with its path."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if not name.startswith("@"):
                yield from leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for number, inner in enumerate(value, 1):
            yield from leaves(inner, f"{path}[{number}]")
    else:
        yield path, value


def check_every_value(
    site: OpenSite, flow: str, file: Path, reference: Came | None = None
) -> tuple[int, int]:
    """Every value a flow makes of a file: how many there were, and how many places in the original were looked at."""
    content = site.flows[flow].content
    layout = site.library.layout(site.declared_flows[flow].layout)
    assert layout is not None
    came = Came(file.name, file, layout)
    files = [each for each in (came, reference) if each is not None]
    looks = {each.title: looking(each.path, getattr(each.layout, "encoding", "utf-8")) for each in files}
    matching = content.matching
    lists = {each.flow: [reference] for each in matching.lists if reference} if matching else {}
    values = places = 0
    for way in content.ways:
        found = Gathered()
        for record in trace(content, way, came, lists, FACTS, found):
            for path, value in leaves(record):
                lineage = follow(record, path, FACTS)
                assert lineage.value == value or lineage.kind == "unset", (way.title, path)
                values += 1
                for leaf in lineage.walk():
                    if leaf.kind == "source" and leaf.text is not None:
                        assert looks[leaf.note](leaf) == leaf.text, (way.title, path, leaf)
                        places += 1
                    assert leaf.kind != "field", (way.title, path, leaf)
        assert not found.errors
    return values, places


def test_every_value_of_the_small_site_is_true(site: Path) -> None:
    orders = site / "in/orders.csv"
    orders.write_bytes(explain_site.ORDERS.encode("windows-1252"))
    values, places = check_every_value(open_site(site), "orders", orders)
    orders.unlink()
    assert values > 100
    assert places > 150


@pytest.mark.parametrize(
    ("flow", "file"),
    [
        ("erp-orders", "01-daily.in.csv"),
        ("products", "01-erp-export.in.xml"),
        ("shopify-orders", "01-week-47.in.json"),
        ("woocommerce-orders", "01-b2b-shop.in.json"),
        ("supplier-payments", "01-approved.in.csv"),
        ("bank-statements", "01-camt053-02.in.xml"),
        ("bank-statements", "02-camt053-08.in.xml"),
    ],
)
def test_every_value_of_the_demo_is_true(flow: str, file: str) -> None:
    site = open_site(SAMPLES / "site")
    receivables = site.library.layout("nordkaffe/open-receivables")
    assert receivables is not None
    ledger = Came("open items", SAMPLES / "open-receivables/01-sales-ledger.in.csv", receivables)
    reference = ledger if flow == "bank-statements" else None
    values, places = check_every_value(site, flow, SAMPLES / flow / file, reference)
    assert values > 10
    assert places > 10


# --- memory ---------------------------------------------------------------------------------------------------------


def peak_of(site: OpenSite, path: Path, orders: int) -> int:
    """Bytes that following the chain takes at most, for a file of so many orders with two rows each."""
    rows = "".join(f"{n};S;19.11.2026;{'x' * 100};EUR;A;1;1,00;\n" * 2 for n in range(orders))
    path.write_bytes(f"{explain_site.ORDERS.splitlines()[0]}\n{rows}".encode("windows-1252"))
    layout = site.library.layout("acme/orders")
    assert layout is not None
    content = site.flows["orders"].content
    tracemalloc.start()
    last: Record = {}
    for record in trace(content, content.ways[ROWS], Came("big", path, layout), None, FACTS, Gathered()):
        last = record
    lineage = follow(last, "net", FACTS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert ORIGIN in last
    assert sources(lineage)[0][1:] == ("1,00", 2 * orders + 1)
    return peak


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    flow = explain_site.FILES["flows/orders.yaml"]
    flow = flow.replace("[[acme/orders-to-invoice, acme/credits-to-invoice]]", "[acme/orders-to-invoice]")
    opened = open_site(explain_site.made(tmp_path, **{"flows/orders.yaml": flow}))
    peak_of(opened, tmp_path / "warm.csv", 10)
    small, big = peak_of(opened, tmp_path / "small.csv", 3_000), peak_of(opened, tmp_path / "big.csv", 12_000)
    assert big < small * 1.5 + 4_000_000
