"""A small site with everything a lineage can go through, and its engine run once."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from exchange.operations.installation import installation
from exchange.operations.running import run_opened

FILES = {
    "exchange.yaml": """
site: acme
time zone: Europe/Helsinki
values: {book_currency: EUR, company: Acme Oy}
""",
    "tables/rates.yaml": """
table: rates
key: [currency]
valid: {from: valid_from}
file: rates.csv
""",
    "tables/rates.csv": "currency;rate;valid_from\nNOK;0.0853;2026-01-01\nSEK;0.09123;2026-01-01\n",
    "schemas/acme/orders.yaml": """
layout: acme/orders
format: csv
encoding: windows-1252
dialect: {delimiter: ";", decimal: ",", header: true}
record: row
fields:
  no: {column: Nro, required: true}
  kind: {column: Laji, required: true}
  day: {column: Pvm, type: date, pattern: "%d.%m.%Y", required: true}
  customer: {column: Asiakas}
  currency: {column: Val, required: true}
  sku: {column: Tuote}
  quantity: {column: Määrä, type: decimal, required: true}
  price: {column: Hinta, type: money, required: true}
  place: {column: Kp}
group: {by: [no], into: order, children: lines, keep: [kind, day, customer, currency]}
""",
    "schemas/acme/invoice.yaml": """
layout: acme/invoice
format: document
record: invoice
fields:
  number: {required: true}
  currency: {}
  day: {type: date}
  customer: {fields: {name: {}}}
  lines:
    many: true
    fields: {sku: {}, net: {type: money}, share: {type: decimal}, dimensions: {open: true}}
  total: {type: money}
  words: {many: true}
""",
    "schemas/acme/invoices.yaml": """
layout: acme/invoices
format: xml
indent: 2
dialect: {decimal: ","}
records:
  file:
    at: invoices
    fields: {made: {path: "@made", type: date}, count: {path: count, type: integer, control: {count: [invoice]}}}
  batch: {inside: file, at: batch, fields: {currency: {path: "@currency"}, number: {path: "@number", type: integer}}}
  invoice:
    inside: batch
    at: invoice
    fields:
      number: {path: "@number", required: true}
      kind: {path: "@kind", constant: sales}
      seller: {path: seller}
      total: {path: total, type: money, scale: 2, required: true}
      lines:
        many: true
        path: lines/line
        fields: {sku: {path: "@sku"}, net: {path: net, type: money, scale: 2, required: true}, place: {path: place}}
      words: {many: true, path: word}
""",
    "schemas/acme/rows.yaml": """
layout: acme/rows
format: csv
dialect: {delimiter: ",", decimal: ".", header: true, newline: lf}
record: row
fields:
  invoice: {column: Invoice, required: true}
  sku: {column: SKU}
  net: {column: Net, type: money, scale: 2, required: true}
  source: {column: Source}
""",
    "schemas/acme/one.yaml": """
layout: acme/one
format: json
each: ""
record: one
fields: {number: {required: true}, total: {type: money}}
""",
    "schemas/acme/totals.yaml": """
layout: acme/totals
format: csv
dialect: {delimiter: ";", decimal: ",", header: true}
record: total
fields:
  currency: {column: Currency}
  total: {column: Total, type: money}
  first: {column: First}
  number: {column: Number, type: integer}
""",
    "mappings/acme/orders-to-invoice.yaml": """
mapping: acme/orders-to-invoice
from: acme/orders
to: acme/invoice
where: =kind == "S"
let:
  rate: =1 if currency == site.book_currency else number(lookup("rates", currency, on=day))
set:
  number: =no
  currency: =currency
  day: =day
  customer: {name: "=coalesce(customer, sku_of_first)"}
  lines:
    - each: lines
      where: =quantity != 0
      let: {gross: =price * quantity}
      set:
        sku: =sku
        net: =round(gross * rate, 2)
        share: =gross
        dimensions: {place: =place}
    - where: =count(lines) > 2
      set: {sku: FREIGHT, net: 5}
  total: =sum(result.lines.net)
  words: [=customer, fixed, =no]
key: =number
""".replace("=coalesce(customer, sku_of_first)", "=coalesce(customer, first(lines).sku)"),
    "mappings/acme/credits-to-invoice.yaml": """
mapping: acme/credits-to-invoice
from: acme/orders
to: acme/invoice
each: order.lines
where: =order.kind == "C" and quantity != 0
set:
  number: =concat(order.no, "-", sku)
  currency: =order.currency
  day: =order.day
  lines: [{set: {sku: =sku, net: =-price * quantity}}]
  total: =-price * quantity
key: =number
""",
    "mappings/acme/invoice-to-invoices.yaml": """
mapping: acme/invoice-to-invoices
from: acme/invoice
to: acme/invoices
set:
  number: =number
  seller: =site.company
  total: =total
  lines: {each: lines, set: {sku: =sku, net: =net, place: =dimensions.place}}
  words: =words
above:
  file: {set: {made: =arrival.date}}
  batch: {by: [=currency], set: {currency: =currency, number: =position}}
""",
    "mappings/acme/invoice-to-rows.yaml": """
mapping: acme/invoice-to-rows
from: acme/invoice
to: acme/rows
each: invoice.lines
where: =net > 0
set: {invoice: =invoice.number, sku: =sku, net: =net, source: =arrival.name}
""",
    "mappings/acme/invoice-to-one.yaml": """
mapping: acme/invoice-to-one
from: acme/invoice
to: acme/one
set: {number: =number, total: =total}
key: =number
""",
    "mappings/acme/invoice-to-totals.yaml": """
mapping: acme/invoice-to-totals
from: acme/invoice
to: acme/totals
group: {by: [=currency], as: items, order: any}
set:
  currency: =first(items).currency
  total: =sum(items.total)
  first: =first(items).customer.name
  number: =count(items)
""",
    "flows/orders.yaml": """
flow: orders
from: {at: "folder:in", match: "*.csv", ready: renamed from *.part, after: archive}
layout: acme/orders
map: [[acme/orders-to-invoice, acme/credits-to-invoice]]
to:
  - {map: [acme/invoice-to-invoices], write: acme/invoices, at: "folder:out/xml", name: "{arrival.id}.xml"}
  - {map: [acme/invoice-to-rows], write: acme/rows, at: "folder:out/rows", name: "{arrival.id}.csv"}
  - {map: [acme/invoice-to-one], write: acme/one, at: "folder:out/one", name: "{key}.json", per: document}
  - {map: [acme/invoice-to-totals], write: acme/totals, at: "folder:out/totals", name: "{arrival.id}.csv"}
""",
}
ORDERS = """Nro;Laji;Pvm;Asiakas;Val;Tuote;Määrä;Hinta;Kp
1;S;19.11.2026;Äijä;EUR;A;2;10,50;100
1;S;19.11.2026;Äijä;EUR;B;0;9,00;100
1;S;19.11.2026;Äijä;EUR;C;1;3,25;200
2;S;20.11.2026;;SEK;A;3;100,00;100
3;C;20.11.2026;Bo;EUR;A;0;1,00;
3;C;20.11.2026;Bo;EUR;B;-2;4,00;
4;S;21.11.2026;"Café ""Två""
i stan";SEK;D;1;55,55;300
5;S;21.11.2026;Eva;EUR;E;1;7,00;
"""


def made(folder: Path, orders: str = ORDERS, **changed: str) -> Path:
    """The site in a folder, with one file of orders taken all the way."""
    for name, text in {**FILES, **changed}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"), encoding="utf-8")
    for place in ("in", "out/xml", "out/rows", "out/one", "out/totals"):
        (folder / place).mkdir(parents=True, exist_ok=True)
    (folder / "in/monday.csv").write_bytes(orders.encode("windows-1252"))
    run(folder)
    return folder


def run(folder: Path) -> None:
    """Everything that waits."""
    with installation(folder) as opened:
        run_opened(opened, once=True)


def delivery(folder: Path, target: int, position: int = 1) -> str:
    """The identifier of a delivery: the position-th of a target."""
    with sqlite3.connect(folder / "var/ledger.db") as connection:
        rows = connection.execute(
            "select id from deliveries where target_index = ? order by ord", (target,)
        ).fetchall()
    return str(rows[position - 1][0])


MATCHING = {
    "exchange.yaml": FILES["exchange.yaml"],
    "schemas/acme/items.yaml": """
layout: acme/items
format: csv
dialect: {delimiter: ";", decimal: ",", thousands: " ", header: true}
record: item
fields:
  number: {column: Invoice, required: true}
  reference: {column: Reference}
  open: {column: Open, type: money, required: true}
""",
    "schemas/acme/entries.yaml": """
layout: acme/entries
format: json
lines: true
record: entry
fields: {id: {required: true}, amount: {type: money, required: true, path: sum.value}, reference: {path: sum.reference}}
""",
    "schemas/acme/decisions.yaml": """
layout: acme/decisions
format: csv
dialect: {delimiter: ";", decimal: ",", header: true}
record: decision
fields:
  entry: {column: Entry, required: true}
  invoice: {column: Invoice}
  amount: {column: Amount, type: money, required: true}
  reason: {column: Reason, required: true}
""",
    "mappings/acme/items-to-receivable.yaml": """
mapping: acme/items-to-receivable
from: acme/items
to: common/receivable
set: {number: =number, reference: =reference, currency: EUR, amount: =open, open: =open}
""",
    "mappings/acme/entries-to-bank-transaction.yaml": """
mapping: acme/entries-to-bank-transaction
from: acme/entries
to: common/bank-transaction
set:
  account: FI2112345600000785
  currency: EUR
  amount: =amount
  status: booked
  reversal: =false
  entry_ref: =id
  reference: =reference
""",
    "mappings/acme/match-to-decisions.yaml": """
mapping: acme/match-to-decisions
from: common/match
to: acme/decisions
set: {entry: =transaction.entry_ref, invoice: =first(allocations).number, amount: =amount, reason: =reason}
""",
    "flows/items.yaml": """
flow: items
from: {at: "folder:items", match: "*.csv", ready: renamed from *.part, after: archive}
layout: acme/items
map: [acme/items-to-receivable]
to: []
""",
    "flows/entries.yaml": """
flow: entries
from: {at: "folder:entries", match: "*.jsonl", ready: renamed from *.part, after: archive}
layout: acme/entries
map: [acme/entries-to-bank-transaction]
with: {open: items}
match: {against: open}
to:
  - {map: [acme/match-to-decisions], write: acme/decisions, at: "folder:out", name: "{arrival.id}.csv"}
""",
}
ITEMS = "Invoice;Reference;Open\n1001;400098 3;812,30\n1002;4001047;1 093,75\n"
ENTRIES = """{"id": "a", "sum": {"value": 812.30, "reference": "4000983"}}
{"id": "b", "sum": {"value": "812.30", "reference": "4000983"}}
{"id": "c", "sum": {"value": 1000.00, "reference": "4001047"}}
{"id": "d", "sum": {"value": 5}}
"""


def matched(folder: Path) -> Path:
    """A site with reconciliation, with one file of open items and one of entries taken all the way."""
    for name, text in MATCHING.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"), encoding="utf-8")
    for place in ("items", "entries", "out"):
        (folder / place).mkdir()
    (folder / "items/items.csv").write_text(ITEMS)
    run(folder)
    (folder / "entries/entries.jsonl").write_text(ENTRIES)
    run(folder)
    return folder
