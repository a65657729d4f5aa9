"""Reading XML: paths, ancestors, namespaces, late fields, control totals."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from pydantic import ValidationError

from exchange.formats.xml.paths import parse_path
from exchange.formats.xml.walk import HELD
from tests.unit.formats.xml_cases import ORDERS, codes, document, layout, one, read

WHOLE = """<group code="A">
<order no="1"><total cur="EUR">12.50</total>
 <buyer><party><name>Åke &amp; Co</name></party><name>no</name><address><town>Åbo</town></address></buyer>
 <phone kind="work">1</phone><phone kind="home">2</phone><text>a</text><text/><text>b</text><e:stock>7</e:stock>
 <line><sku>S1</sku><count>2</count><tag kind="k">t1</tag><tag>t2</tag></line><line><sku>S2</sku></line></order>
<note>late</note></group>
<group><order no="2"/></group>"""


def test_everything_a_path_can_say() -> None:
    records, findings = read(layout(), document(WHOLE))
    assert findings == []
    first, second = records
    assert first == {
        "number": "1",
        "total": Decimal("12.50"),
        "currency": "EUR",
        "name": "Åke & Co",
        "home": "2",
        "second": "S2",
        "texts": ["a", "b"],
        "stock": 7,
        "address": {"town": "Åbo", "zip": None},
        "lines": [
            {"sku": "S1", "count": 2, "tags": [{"text": "t1", "kind": "k"}, {"text": "t2", "kind": None}]},
            {"sku": "S2", "count": None, "tags": []},
        ],
        "export": {"made": date(2026, 1, 31), "by": "Åsa"},
        "group": {"code": "A", "note": "late"},
        "@kind": "order",
        "@line": 2,
        "@path": "/orders[1]/groups/group[1]/order[1]",
    }
    assert second["name"] is None and second["address"] is None and second["lines"] == []
    assert second["group"] == {"code": None, "note": None} and second["export"] is first["export"]
    assert (second["@line"], second["@path"]) == (7, "/orders[1]/groups/group[2]/order[1]")


def test_prefixes_in_the_file_make_no_difference() -> None:
    plain = document(WHOLE)
    prefixed = plain.decode().replace("<e:", "<E:").replace("</e:", "</E:").replace("xmlns=", "xmlns:q=")
    prefixed = prefixed.replace("xmlns:e=", "xmlns:E=")
    for name in (
        "orders",
        "head",
        "made",
        "groups",
        "group",
        "order",
        "total",
        "buyer",
        "party",
        "name",
        "address",
    ):
        prefixed = prefixed.replace(f"<{name}>", f"<q:{name}>").replace(f"<{name} ", f"<q:{name} ")
        prefixed = prefixed.replace(f"</{name}>", f"</q:{name}>")
    for name in ("town", "phone", "text", "line", "sku", "count", "tag", "note"):
        prefixed = prefixed.replace(f"<{name}>", f"<q:{name}>").replace(f"<{name} ", f"<q:{name} ")
        prefixed = prefixed.replace(f"</{name}>", f"</q:{name}>").replace(f"<{name}/>", f"<q:{name}/>")
    assert read(layout(), prefixed.encode()) == read(layout(), plain)
    assert read(layout(), prefixed.encode(), chunk=64) == read(layout(), plain)


def test_another_namespace_is_not_this_layout() -> None:
    records, (finding,) = read(layout(), document(WHOLE, namespace="urn:other"))
    assert records == [] and finding.code == "XML010"
    assert "its orders is in urn:other, the layout has urn:acme:orders:*" in finding.message


def test_no_namespace_only_when_the_layout_says_so() -> None:
    data = document(WHOLE).replace(b' xmlns="urn:acme:orders:1"', b"")
    assert codes(read(layout(), data)[1]) == ["XML010"]
    for chunk in (None, 64):
        records, findings = read(layout(namespace=["urn:acme:orders:*", ""]), data, chunk)
        assert len(records) == 2 and findings == []


LISTS = {
    "layout": "acme/lists",
    "meaning": "Lists of two kinds",
    "format": "xml",
    "records": {
        "file": {"at": "export", "fields": {"version": {"path": "head/version"}}},
        "order": {"inside": "file", "at": "orders/order", "fields": {"number": {"path": "number"}}},
        "parcel": {"inside": "file", "at": "parcel", "fields": {"number": {"path": "number"}}},
    },
}


@pytest.mark.parametrize("chunk", [None, 32])
def test_a_file_that_holds_other_things_than_the_layout_knows_is_an_error(chunk: int | None) -> None:
    strange = """<export><head><version>1</version></head>
<bookings><order><number>1</number></order></bookings><stock/>
</export>"""
    records, (finding,) = read(layout(LISTS), strange.encode(), chunk)
    assert records == [] and finding.code == "XML015" and finding.line == 2 and finding.path == "/export[1]"
    assert (
        "file holds bookings, stock, and nothing of what is read from it: orders/order, parcel"
        in finding.message
    )
    inside = "<export><orders><booking><number>1</number></booking></orders></export>"
    assert codes(read(layout(LISTS), inside.encode(), chunk)[1]) == ["XML015"]


@pytest.mark.parametrize("chunk", [None, 32])
@pytest.mark.parametrize(
    ("inside", "count"),
    [
        ("", 0),
        ("<head><version>1</version></head>", 0),
        ("<orders/><stock>3</stock>", 0),
        ("<orders>\n</orders><stock><item/></stock>", 0),
        ("<stock>3</stock><parcel><number>1</number></parcel>", 1),
        ("<stock/><orders><note/><order><number>1</number></order></orders>", 1),
    ],
)
def test_an_empty_file_and_one_that_holds_more_are_none(inside: str, count: int, chunk: int | None) -> None:
    records, findings = read(layout(LISTS), f"<export>{inside}</export>".encode(), chunk)
    assert findings == [] and len(records) == count


def test_a_link_in_the_place_of_a_record() -> None:
    fields = {name: {"path": name, "required": True} for name in ("id", "day")}
    links = {**LISTS, "records": {"order": {"at": "shop/orders/order", "fields": fields}}}
    text = b'<shop><orders><order id="1" href="x"/><order><id>2</id></order></orders></shop>'
    records, findings = read(layout(links), text)
    assert records == [] and codes(findings) == ["XML016", "VAL001"] and "id, href" in findings[0].message


@pytest.mark.parametrize("chunk", [None, 32])
def test_a_list_without_records_of_its_kind(chunk: int | None) -> None:
    orders = {**LISTS, "records": {"order": {"at": "shop/orders/order", "fields": {"id": {"path": "id"}}}}}
    for empty in ("<shop/>", "<shop><orders/><page>1</page></shop>", "<shop> <orders>\n</orders></shop>"):
        assert read(layout(orders), empty.encode(), chunk) == ([], [])
    errors = "<shop><errors><error>no right to see orders</error></errors></shop>"
    _, (finding,) = read(layout(orders), errors.encode(), chunk)
    assert finding.code == "XML015" and "shop holds errors" in finding.message
    assert "shop/orders/order" in finding.message
    (finding,) = read(layout(orders), b"<store/>", chunk)[1]
    assert finding.code == "XML010" and "its outermost element is store" in finding.message


def test_an_envelope_anywhere() -> None:
    declared = {**ORDERS, "records": {**ORDERS["records"], "export": {"at": "//orders", "fields": {}}}}
    inner = document(WHOLE).partition(b"?>")[2].decode()
    soap = f'<s:E xmlns:s="urn:soap"><s:H><orders>no</orders></s:H><s:B>{inner}{inner}</s:B></s:E>'
    for chunk in (None, 64):
        records, findings = read(layout(declared), soap.encode(), chunk)
        assert findings == [] and [record["number"] for record in records] == ["1", "2"] * 2
        assert records[2]["@path"] == "/E/B/orders[2]/groups/group[1]/order[1]"
        assert records[0]["export"] is not records[2]["export"]


def test_records_without_text_in_the_first_alternative_take_the_second() -> None:
    (record,), _ = read(layout(), one("<buyer><party><name> </name></party><name>B</name></buyer>"))
    assert record["name"] == "B"


def test_several_streamed_kinds_at_different_depths() -> None:
    of = layout(
        {
            "layout": "acme/mixed",
            "format": "xml",
            "records": {
                "file": {"at": "file"},
                "customer": {"inside": "file", "at": "customers/customer", "fields": {"id": {"path": "@id"}}},
                "day": {"inside": "file", "at": "day", "fields": {"date": {"path": "@d", "type": "date"}}},
                "sale": {"inside": "day", "at": "sale", "fields": {"id": {"path": "."}}},
            },
        }
    )
    data = b"<file><customers><customer id='1'/><customer id='2'></customer></customers>" + b"".join(
        b'<day d="2026-01-0%d"><sale>%d</sale><sale>x</sale></day>' % (day, day) for day in range(1, 6)
    )
    for chunk in (None, 10, 50):
        records, findings = read(of, data + b"</file>", chunk)
        assert findings == []
        assert [record["@kind"] for record in records] == ["customer"] * 2 + ["sale"] * 10
        assert records[4]["day"]["date"] == date(2026, 1, 2) and "day" not in records[0]


def test_a_field_after_the_records_must_be_declared_late() -> None:
    declared = {
        **ORDERS,
        "records": {
            **ORDERS["records"],
            "group": {"inside": "export", "at": "groups/group", "fields": {"note": {"path": "note"}}},
        },
    }
    _, (finding,) = read(layout(declared), document(WHOLE))
    assert (finding.code, finding.value, finding.line) == ("XML011", "note", 6)
    assert "late: true" in finding.advice


@pytest.mark.parametrize("count", [3, HELD + 500])
def test_late_fields_are_known_to_the_first_record(count: int) -> None:
    orders = "".join(f'<order no="{number}"><text>some text</text></order>\n' for number in range(count))
    data = document(f'<group code="a">{orders}<note>n1</note></group><group>{orders}<note>n2</note></group>')
    records, findings = read(layout(), data, chunk=4096)
    seen = [record["group"]["note"] for record in records]
    assert findings == [] and seen == ["n1"] * count + ["n2"] * count


def test_late_fields_are_looked_up_before_the_records_are_handed_on() -> None:
    import io

    from exchange.formats import xml

    orders = "".join(f'<order no="{number}"/>\n' for number in range(3 * HELD))
    data = document(f'<group code="a">{orders}<note>n1</note></group>')
    first = next(xml.reader(layout()).read(io.BytesIO(data), lambda finding: pytest.fail(finding.message)))
    assert first[0]["group"]["note"] == "n1"


def test_a_record_with_an_error_is_not_handed_on_and_all_its_findings_are_told() -> None:
    body = (
        '<order no="1"><total>12,5</total><line><count>x</count></line><e:stock>1.5</e:stock></order>\n'
        '<order no="2"/>\n<order/>'
    )
    records, findings = read(layout(), document(f"<group>{body}</group>"))
    assert [record["number"] for record in records] == ["2"]
    base = "/orders[1]/groups/group[1]"
    assert [(finding.field, finding.path, finding.line) for finding in findings] == [
        ("lines.sku", f"{base}/order[1]/line/sku", 1),
        ("lines.count", f"{base}/order[1]/line/count", 1),
        ("total", f"{base}/order[1]/total", 1),
        ("stock", f"{base}/order[1]/x:stock", 1),
        ("number", f"{base}/order[3]/@no", 3),
    ]


def test_elements_inside_a_value_are_an_error() -> None:
    records, findings = read(layout(), one("<total>1<b>2</b>3</total>"))
    assert records == [] and codes(findings) == ["XML012"]


def test_a_wrong_value_around_records_stops_them() -> None:
    data = document("<group><order no='1'/></group>").replace(b"2026-01-31", b"31.1.2026")
    records, (finding,) = read(layout(), data)
    assert records == [] and finding.field == "made" and finding.path == "/orders[1]/head/made"


BATCH = {
    "layout": "acme/batch",
    "format": "xml",
    "records": {
        "file": {
            "at": "file",
            "fields": {
                "count": {"path": "n", "type": "integer", "control": {"count": ["pay"]}},
                "sum": {"path": "s", "type": "decimal", "control": {"sum": ["pay.amount"]}, "late": True},
            },
        },
        "batch": {
            "inside": "file",
            "at": "b",
            "fields": {
                "sum": {"path": "s", "type": "decimal", "control": {"sum": ["pay.amount"], "modulo": 10}}
            },
        },
        "pay": {
            "inside": "batch",
            "at": "p",
            "fields": {"amount": {"path": ".", "type": "money", "required": True}},
        },
    },
}


@pytest.mark.parametrize("chunk", [None, 5])
def test_control_totals(chunk: int | None) -> None:
    good = "<file><n>3</n><b><s>1</s><p>10.50</p><p>0.50</p></b><b><s>2</s><p>2</p></b><s>13.00</s></file>"
    assert read(layout(BATCH), good.encode(), chunk)[1] == []
    wrong = good.replace("<n>3", "<n>4").replace("13.00", "13.01").replace("<s>2", "<s>3")
    findings = read(layout(BATCH), wrong.encode(), chunk)[1]
    assert [(finding.code, finding.path, finding.value) for finding in findings] == [
        ("XML013", "/file[1]/b[2]/s", "3"),
        ("XML013", "/file[1]/n", "4"),
        ("XML013", "/file[1]/s", "13.01"),
    ]
    assert "gives 13.00" in findings[2].message


def test_control_totals_are_not_compared_when_a_record_was_refused() -> None:
    data = "<file><n>2</n><b><p>1</p><p>x</p></b></file>"
    assert codes(read(layout(BATCH), data.encode())[1]) == ["VAL010"]


def test_several_documents_in_one_file() -> None:
    declared = {"layout": "acme/frames", "format": "xml", "record": "invoice", "at": "invoice", "concatenated": True,
                "fields": {"id": {"path": "id"}}}  # fmt: skip
    data = (
        b'<?xml version="1.0"?><e:Envelope xmlns:e="u"><e:id>0</e:id></e:Envelope>\n<?xml version="1.0"?>\n'
    )
    data = b"".join(data + b"<invoice>\n<id>%d</id></invoice>\n" % number for number in range(5))
    for chunk in (None, 30):
        records, findings = read(layout(declared), data, chunk)
        assert findings == [] and [(r["id"], r["@line"]) for r in records] == [
            (str(n), 3 + 4 * n) for n in range(5)
        ]
    _, findings = read(layout({**declared, "concatenated": False}), data)
    assert codes(findings) == ["XML003"] and "<?xml …?> line stands where none may be" in findings[0].message
    _, findings = read(layout({**declared, "concatenated": False}), b"<invoice/><invoice/>")
    assert codes(findings) == ["XML003"] and "something follows" in findings[0].message
    _, findings = read(layout(declared), data + b"<?xml version='1.0' encoding='iso-8859-1'?><invoice/>")
    assert [(finding.code, finding.line, finding.value) for finding in findings] == [
        ("XML009", 21, "iso-8859-1")
    ]


INSIDE = {"inside": "a", "at": "b"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"records": {"a": {"at": "a", "inside": "b"}}}, 'inside "b", which is not declared'),
        ({"records": {"a": {"at": "a"}, "b": {"at": "a/b"}}}, 'stands in the elements of "a"'),
        ({"records": {"a": {"at": "a[b='1']"}}}, "the place of a kind has no conditions"),
        ({"records": {"a": {"at": "q:a"}}}, 'the prefix of "q:a" is not declared'),
        ({"records": {"a": {"at": "a", "fields": {"f": {"path": "b["}}}}}, "is not a usable path"),
        ({"records": {"a": {"at": "a", "fields": {"f": {}}}}}, "has no `path`"),
        ({"records": {"a": {"at": "a", "fields": {"f": {"path": "b", "late": True}}}}}, "`late` is for kinds"),
        ({"records": {"a": {"at": "a", "fields": {"f": {"path": "b/c"}}}, "b": INSIDE}}, "looks into"),
        ({"records": {"a": {"at": "a", "fields": {"f": {"path": "c[1]"}}}, "b": INSIDE}}, "counts elements"),
        ({"records": None}, "needs `record`, `at` and `fields`"),
        ({"record": "x"}, "cannot stand together"),
    ],
)  # fmt: skip
def test_declarations_that_make_no_sense(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match="validation error") as error:
        layout(**change)
    assert message in str(error.value)


@pytest.mark.parametrize(
    "text",
    ["a/b", ".", "@a", "a/@b", "x:a/y:b[@c='d']/e", "a[b/c!='x']", "a[2]", "a[b]", "//a/b", "a[b='x'][1]/c"],
)
def test_paths_say_what_they_are(text: str) -> None:
    assert str(parse_path(text)) == text


@pytest.mark.parametrize(
    "text", ["", "/a", "a/", "a//b", "a[", "a]", "a[b=c]", "a b", "@a/b", "a[0]", "a[//b]", "a/."]
)
def test_no_paths(text: str) -> None:
    with pytest.raises(ValueError, match="is not a usable path"):
        parse_path(text)
