"""Asking where a value comes from, through the real command line, on the demo."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.conftest import Shell


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shell, dict[tuple[str, str, str], str]]:
    """The demo site, and its deliveries by flow, original file and folder, with the number where one is not the first of several."""
    exchange = Shell(tmp_path_factory.mktemp("demo"))
    made = exchange("demo", "site", "--json").json()
    originals = {row["id"]: row["name"] for row in made["arrivals"]}
    found = {
        (d["flow"], originals[d["arrival"]], d["target"].rpartition("/")[2] + _number(d["name"])): d["id"]
        for d in made["deliveries"]
    }
    return exchange, found


def _number(name: str) -> str:
    match = re.search(r"-([2-9])\.xml$", name)
    return f" {match[1]}" if match else ""


ROOT = Path(__file__).parents[2]
Demo = tuple[Shell, dict[tuple[str, str, str], str]]


def lineage(demo: Demo, key: tuple[str, str, str], path: str) -> Any:
    exchange, deliveries = demo
    found = exchange("explain", deliveries[key], path, "--site", "site", "--json").json()
    assert (found["changed"], found["differs"]) == ([], False)
    return found


def sources(node: Any) -> list[tuple[str, str | None, int | None]]:
    """What a value rests on, conditions left out."""
    own = [(node["what"], node.get("text"), node.get("line"))] if node["kind"] == "source" else []
    below = [each for inner in node["from"] for each in sources(inner)]
    return [] if node["kind"] == "condition" else own + below


def rules(node: Any) -> list[str]:
    return [node.get("rule", ""), *(each for inner in node["from"] for each in rules(inner))]


def notes(node: Any) -> str:
    return "\n".join([node.get("note", ""), *(notes(inner) for inner in node["from"])])


NETVISOR = ("erp-orders", "01-daily.csv", "netvisor")
BOOKS = ("erp-orders", "01-daily.csv", "bookkeeping")
IMPORT = ("erp-orders", "01-daily.csv", "import")
PAID = ("bank-statements", "01-camt053-02.xml", "sales-ledger")
TO_CHECK = ("bank-statements", "02-camt053-08.xml", "to-check")


def test_the_sum_of_an_invoice_line(demo: Demo) -> None:
    found = lineage(demo, NETVISOR, "1.lines[2].sum")
    assert found["written"]["text"] == "111,70"
    assert sources(found["lineage"]) == [("lines[2].gross", "111,70", 3)]


def test_a_total_named_by_its_xpath(demo: Demo) -> None:
    found = lineage(demo, (*NETVISOR[:2], "netvisor 2"), "/root/salesinvoice[1]/salesinvoiceamount")
    assert (found["field"], found["written"]["text"]) == ("1.total", "1099,19")
    assert sources(found["lineage"]) == [("lines[1].gross", "1067,81", 4), ("lines[2].gross", "31,38", 5)]


def test_the_name_of_a_customer(demo: Demo) -> None:
    found = lineage(demo, (*NETVISOR[:2], "netvisor 4"), "1.customer_name")
    assert sources(found["lineage"]) == [("customer", "Kafé Åkerö AB", 7)]


def test_a_booking_in_another_currency(demo: Demo) -> None:
    """4650 SEK at the rate of November, 0.0912, is 424.08."""
    found = lineage(demo, BOOKS, "4.rows[1].amount")
    assert found["written"]["text"] == "424.08"
    assert "line 2 of tables/currency-rates.csv: rate of the row currency SEK" in notes(found["lineage"])
    assert {("lines[1].gross", "4650,00", 7), ("currency", "SEK", 7)} <= set(sources(found["lineage"]))
    assert "=round(total * book_rate, 2)" in rules(found["lineage"])


def test_the_account_of_a_booking(demo: Demo) -> None:
    found = lineage(demo, BOOKS, "1.rows[2].account")
    assert found["written"]["text"] == "3010"
    assert "of tables/sales-accounts.csv: sales of the row" in notes(found["lineage"])
    assert ("lines[1].vat_rate", "13,5", 2) in sources(found["lineage"])


def test_the_head_of_a_booking_file(demo: Demo) -> None:
    found = lineage(demo, BOOKS, "1.file.company")
    assert (found["written"]["text"], found["lineage"]["note"]) == ("Nordkaffe Oy", "value of the site")


def test_a_cell_named_by_line_and_column(demo: Demo) -> None:
    found = lineage(demo, IMPORT, "4:Gross")
    assert (found["field"], found["written"]["text"]) == ("3.gross", "1067,81")
    assert sources(found["lineage"]) == [("lines[1].gross", "1067,81", 4)]
    vat = lineage(demo, IMPORT, "3.VAT")
    assert vat["written"]["text"] == "127,01"
    assert sources(vat["lineage"]) == [("lines[1].gross", "1067,81", 4), ("lines[1].net", "940,80", 4)]


def test_a_payment_that_ticks_an_invoice_off(demo: Demo) -> None:
    found = lineage(demo, PAID, "2.Invoice")
    assert sources(found["lineage"]) == [("invoice", "400101", 3)]
    assert "reference data of open-receivables" in notes(found["lineage"])
    amount = lineage(demo, PAID, "2.amount")
    assert amount["written"]["text"] == "1093,75"
    assert ("1093.75", 33) in [(text, line) for _, text, line in sources(amount["lineage"])]


def test_why_a_payment_was_not_matched(demo: Demo) -> None:
    found = lineage(demo, TO_CHECK, "1.Reason")
    assert "3480.00 EUR paid, 3480.12 EUR of invoice 400105 open" in found["written"]["text"]
    texts = {(what, text) for what, text, _ in sources(found["lineage"])}
    assert {("open", "3 480,12"), ("reference", "4001050")} <= texts
    assert "3480.00" in {text for _, text in texts}


def test_stock_from_attributes_and_text(demo: Demo) -> None:
    found = lineage(demo, ("products", "01-erp-export.xml", "shop"), "/stock/1/quantity")
    assert found["written"]["text"] == "84"
    (leaf,) = [node for node in walk(found["lineage"]) if node["kind"] == "source"]
    assert (leaf["text"], leaf["line"], leaf["path"]) == (
        "84",
        11,
        "/tuotteet[1]/ryhma[1]/tuote[1]/v:saldo[2]",
    )


def walk(node: Any) -> list[Any]:
    return [node, *(each for inner in node["from"] for each in walk(inner))]


def test_an_amount_of_a_web_shop(demo: Demo) -> None:
    found = lineage(demo, ("shopify-orders", "01-week-47.json", "netvisor"), "1.total")
    leaf = next(node for node in walk(found["lineage"]) if node["kind"] == "source")
    assert (leaf["path"], leaf["text"], found["written"]["text"]) == (
        "/orders/0/total_price",
        "67.60",
        "67,60",
    )


def test_people_read_a_tree(demo: Demo) -> None:
    exchange, deliveries = demo
    shown = exchange("explain", deliveries[NETVISOR][-8:], "1.lines[2].sum", "--site", "site").out
    assert '1.lines[2].sum is written "111,70"' in shown
    assert re.search(r"lines\[2\]\.gross = 111\.70 .*line 3, column 20 Verollinen of 01-daily\.csv", shown)
    assert "mappings/netvisor/invoice-to-sales-invoice.yaml:" in shown
    reason = exchange("explain", deliveries[TO_CHECK], "1.amount", "--site", "site").out
    why = exchange("explain", deliveries[TO_CHECK], "1.amount", "--why", "--site", "site").out
    assert "because" in reason
    assert len(why) > len(reason)


def test_wrong_names_are_told(demo: Demo) -> None:
    exchange, deliveries = demo
    wrong = exchange("explain", deliveries[NETVISOR], "1.lines[2].summ", "--site", "site", code=2)
    assert 'Did you mean "lines[2].sum"?' in wrong.err + wrong.out
    nobody = exchange("explain", "ZZZZZZZZ", "1.total", "--site", "site", code=2)
    assert "There is no delivery" in nobody.err + nobody.out
    nothing = exchange("explain", deliveries[NETVISOR], "--site", "site", code=2)
    assert "Which value?" in nothing.err + nothing.out


def test_the_generated_code_can_be_read(demo: Demo) -> None:
    exchange, _ = demo
    shown = exchange("explain", "bank-statements", "--code", "--site", "site").out
    for title in (
        "reader of iso20022/camt.053",
        "mapping common/match-to-voucher",
        "writer of generic/tick-off",
    ):
        assert f"# {title}\n" in shown
    assert "def run(batch, state):" in shown
    compile(shown, "shown", "exec")


def test_the_code_made_for_rows_that_are_alike_can_be_read(demo: Demo, tmp_path: Path) -> None:
    exchange, _ = demo
    sample = sorted((ROOT / "samples/nordkaffe/supplier-payments").glob("*.in.csv"))[0]
    head, *rows = sample.read_bytes().splitlines(keepends=True)
    many = tmp_path / "many.csv"
    many.write_bytes(head + rows[0] * 400)
    shown = exchange("explain", "supplier-payments", "--code", "--on", str(many), "--site", "site").out
    assert "def straight(row, more, rows" in shown
    compile(shown, "shown", "exec")
    few = exchange("explain", "supplier-payments", "--code", "--on", str(sample), "--site", "site", code=2)
    assert "Give a bigger file." in few.err + few.out
    other = exchange("explain", "bank-statements", "--code", "--on", str(many), "--site", "site", code=2)
    assert "makes no functions for rows" in other.err + other.out
