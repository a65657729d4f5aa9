"""Where values stand in a file and how they are written there, format by format."""

from __future__ import annotations

import io
from collections.abc import Mapping
from itertools import chain

import pytest

from exchange.declare.layout import LayoutBase
from exchange.declare.yaml import load
from exchange.formats import registry
from exchange.formats.spots import Spot, spot_of, spots
from exchange.model import Record
from exchange.outcome import Gathered

CSV = """
layout: t/rows
format: csv
encoding: windows-1252
dialect: {delimiter: ";", decimal: ",", header: true, skip: 1}
record: row
fields: {no: {column: No}, net: {column: Nettó, type: money}, town: {fields: {name: {column: Town}}}}
group: {by: [no], into: order, children: rows}
"""
CSV_FILE = 'made by hand\nTown;No;Nettó;Rest\n"A ""b""\nc";1;1,50;\nD;1;2,00;\nE;2;3,00;\n'
XML = """
layout: t/statements
format: xml
namespace: "urn:t:*"
records:
  statement:
    at: //Stmt
    fields:
      id: {path: Id}
      opening: {path: "Bal[Tp='OP']/Amt", type: money}
      count: {path: Count, type: integer, late: true}
  entry:
    inside: statement
    at: Ntry
    fields:
      amount: {path: Amt, type: money}
      currency: {path: Amt/@Ccy}
      name: {path: [Nm, Other/Nm]}
      parts: {many: true, path: Dtls/Tx, fields: {text: {path: .}}}
      notes: {many: true, path: Note}
"""
XML_FILE = """<?xml version="1.0" encoding="ISO-8859-1"?>
<D xmlns="urn:t:2"><Stmt><Id>first</Id><Ntry><Amt Ccy="EUR">1.00</Amt></Ntry><Count>1</Count></Stmt>
<Stmt>
 <Id>second</Id>
 <Bal><Tp>CL</Tp><Amt>7.00</Amt></Bal><Bal><Tp>OP</Tp><Amt>5.00</Amt></Bal>
 <!-- a remark -->
 <Ntry><Amt Ccy="EUR">2.00</Amt><Other><Nm> Åke </Nm></Other></Ntry>
 <Ntry>
  <Amt Ccy="SEK">3.00</Amt><Nm></Nm><Other><Nm>Bo</Nm></Other>
  <Dtls><Tx>a</Tx></Dtls><Dtls><Tx>b</Tx><Tx>c</Tx></Dtls>
  <Note/><Note>n</Note>
 </Ntry>
 <Count>2</Count>
</Stmt></D>
"""
JSON = """
layout: t/list
format: json
records:
  file: {fields: {made: {path: meta.made}}}
  item:
    inside: file
    each: data.items
    fields:
      no: {}
      price: {type: money}
      tags: {many: true}
      dims: {open: true}
      rows: {many: true, fields: {n: {type: integer}}}
"""
JSON_FILE = """{"data": {"items": [{"no": "a"},
  {"no": "b\\u00e4", "price": 1.50, "tags": ["x", "y"],
   "dims": {"Cost centre": "7"}, "rows": [{"n": 1}, {"n": 2}]}]}, "meta": {"made": "today"}}
"""
FIXED = """
layout: t/fixed
format: fixed
length: 12
code at: 1-2
records:
  file:
    code: "00"
    fields: {id: {at: 3-5}}
    trailer: {code: "99", fields: {sum: {at: 3-8, type: money, decimals: 2}}}
  payment:
    inside: file
    code: "10"
    fields: {amount: {at: 3-8, type: money, decimals: 2}}
  name: {of: payment, code: "11", fields: {name: {at: 3-12}}}
  address: {of: payment, code: "12", as: address, many: false, fields: {town: {at: 3-12}}}
  note: {of: payment, code: "13", as: notes, fields: {text: {at: 3-12}}}
"""
FIXED_FILE = (
    "00AB        \r\n10000150    \r\n11First     \r\n10000250    \r\n11Second    \r\n12Town      \r\n13one       \r\n"
    "13two       \r\n99000400    \r\n"
)
SIE = "layout: t/sie\nformat: sie\ntype: 4I\ndimensions: {cost_centre: 1}\n"
SIE_FILE = """#FLAGGA 0
#PROGRAM X 1
#FORMAT PC8
#GEN 20261124
#SIETYP 4
#FNAMN "Acme Ab"
#VER A 1 20261120 "Sale"
{
#TRANS 1910 {1 "100"} 80.00
#TRANS 3000 {} -80.00 "" "say"
}
"""
DOCUMENT = "layout: t/doc\nformat: document\nrecord: d\nfields: {a: {type: money}, b: {many: true, fields: {c: {}}}}\n"


def parsed(declared: str) -> LayoutBase:
    node, problems = load(declared.lstrip(), "t.yaml")
    assert node is not None, problems
    layout, problems = registry.parse_layout(node)
    assert layout is not None, problems
    return layout


def last(declared: str, file: bytes) -> tuple[Mapping[str, Spot], Record]:
    """The spots of the last record of a file."""
    layout = parsed(declared)
    found = Gathered()
    records = list(
        chain.from_iterable(registry.get(layout.format).reader(layout).read(io.BytesIO(file), found))
    )
    assert not found.errors, found.kept
    known = spots(layout, io.BytesIO(file), records)
    assert len(known) == len(records)
    assert spots(layout, io.BytesIO(file), records[-1:]) == known[-1:], "one alone is the same as all at once"
    return known[-1], records[-1]


def test_csv_cells_by_row_and_header() -> None:
    file = CSV_FILE.encode("windows-1252")
    known, record = last(CSV, file)
    assert known == {
        "no": Spot("2", 6, 2, name="No"),
        "rows[1].no": Spot("2", 6, 2, name="No"),
        "rows[1].net": Spot("3,00", 6, 3, name="Nettó"),
        "rows[1].town.name": Spot("E", 6, 1, name="Town"),
    }
    assert spot_of(known, record, "rows[1]") == Spot(None, 6, None)
    first, _ = last(CSV, file.rsplit(b"E;", 1)[0])
    assert (first["rows[1].town.name"].text, first["rows[1].town.name"].line) == ('A "b"\nc', 3)
    assert first["rows[2].net"] == Spot("2,00", 5, 3, name="Nettó")
    assert first["no"].line == 3, "what the group keeps stands in its first row"


def test_xml_elements_and_attributes() -> None:
    known, _ = last(XML, XML_FILE.encode("iso-8859-1"))
    base = "/D[1]/Stmt[2]/Ntry[2]"
    assert {name: (spot.text, spot.line, spot.path) for name, spot in known.items() if "." not in name} == {
        "amount": ("3.00", 9, f"{base}/Amt"),
        "currency": ("SEK", 9, f"{base}/Amt/@Ccy"),
        "name": ("Bo", 9, f"{base}/Other/Nm"),
        "notes[1]": ("n", 11, f"{base}/Note[2]"),
    }
    assert [(known[f"parts[{n}].text"].text, known[f"parts[{n}].text"].path) for n in (1, 2, 3)] == [
        ("a", f"{base}/Dtls[1]/Tx"), ("b", f"{base}/Dtls[2]/Tx[1]"), ("c", f"{base}/Dtls[2]/Tx[2]"),
    ]  # fmt: skip
    assert known["statement.id"].text == "second"
    assert (known["statement.opening"].text, known["statement.opening"].path) == (
        "5.00",
        "/D[1]/Stmt[2]/Bal[2]/Amt",
    )
    assert (known["statement.count"].text, known["statement.count"].line) == ("2", 13), (
        "it stands after the entries"
    )


def test_json_tokens() -> None:
    known, _ = last(JSON, JSON_FILE.encode())
    assert known["no"] == Spot("bä", 2, 10, "/data/items/1/no", "no")
    assert known["price"] == Spot("1.50", 2, 30, "/data/items/1/price", "price")
    assert known["tags[2]"].path == "/data/items/1/tags/1"
    assert known["dims.Cost centre"] == Spot("7", 3, 28, "/data/items/1/dims/Cost centre", "Cost centre")
    assert known["rows[2].n"].text == "2"
    assert known["file.made"] == Spot("today", path="/meta/made", name="made")


def test_json_lines() -> None:
    declared = "layout: t/l\nformat: json\nlines: true\nrecord: r\nfields: {a: {path: x.a}}\n"
    known, _ = last(declared, b'{"x": {"a": "1"}}\n\n {"x": {"a": "2"}}\n')
    assert known == {"a": Spot("2", 3, 14, "/x/a", "a")}


def test_fixed_columns_with_what_belongs_to_a_record() -> None:
    known, _ = last(FIXED, FIXED_FILE.encode())
    assert {name: (spot.text, spot.line, spot.column) for name, spot in known.items()} == {
        "amount": ("000250", 4, 3),
        "name": ("Second    ", 5, 3),
        "address.town": ("Town      ", 6, 3),
        "notes[1].text": ("one       ", 7, 3),
        "notes[2].text": ("two       ", 8, 3),
        "file.id": ("AB ", 1, 3),
        "file.sum": ("000400", 9, 3),
    }


def test_sie_lines() -> None:
    known, record = last(SIE, SIE_FILE.encode("cp437"))
    assert {name: (spot.text, spot.line) for name, spot in known.items() if not name.startswith("file.")} == {
        "series": ("A", 7),
        "number": ("1", 7),
        "date": ("20261120", 7),
        "text": ("Sale", 7),
        "rows[1].account": ("1910", 9),
        "rows[1].dimensions": ("1 100", 9),
        "rows[1].amount": ("80.00", 9),
        "rows[2].account": ("3000", 10),
        "rows[2].amount": ("-80.00", 10),
        "rows[2].date": ("", 10),
        "rows[2].text": ("say", 10),
    }
    assert (known["file.company"].text, known["file.company"].line) == ("Acme Ab", 6)
    assert spot_of(known, record, "rows[1].dimensions.cost_centre").text == "1 100"


def test_documents() -> None:
    known, _ = last(DOCUMENT, b'{"a": "1.00"}\n{"a": "2.00", "b": [{"c": "x"}, {"c": "y"}]}\n')
    assert known["a"] == Spot("2.00", 2, 7, "/a", "a")
    assert known["b[2].c"] == Spot("y", 2, 39, "/b/1/c", "c")


def test_of_a_format_without_spots_only_the_place_of_the_record_is_known() -> None:
    unknown = parsed(DOCUMENT).model_copy(update={"format": "none"})
    record = {"@line": 7, "@path": "/a"}
    assert spots(unknown, io.BytesIO(b""), [record]) == [{}]
    assert spot_of({}, record, "a") == Spot(None, 7, None, "/a")


@pytest.mark.parametrize("format_", ["csv", "xml", "json", "fixed", "sie", "document"])
def test_every_format_has_spots(format_: str) -> None:
    from exchange.formats import spots as family

    assert callable(__import__(f"{family.__name__}.{format_}", fromlist=["spots"]).spots)
