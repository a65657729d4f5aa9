"""Cutting XML into pieces: always the same records as from the whole file; damage is told, never raised."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from exchange.formats import xml
from exchange.formats.xml import scan, source
from exchange.formats.xml.complaints import Ills, ill_of
from tests.unit.formats.xml_cases import codes, document, layout, one, read

ITEMS = layout(
    {
        "layout": "acme/items",
        "format": "xml",
        "namespace": "u",
        "records": {
            "file": {"at": "f", "fields": {"made": {"path": "made"}}},
            "box": {
                "inside": "file",
                "at": "boxes/box",
                "fields": {"id": {"path": "@id"}, "item": {"path": "h/item"}},
            },
            "item": {
                "inside": "box",
                "at": "item",
                "fields": {
                    "id": {"path": "@id"},
                    "text": {"path": "t"},
                    "deep": {"path": "item/t"},
                    "all": {"path": "t", "many": True},
                    "own": {"path": "item", "many": True, "fields": {"t": {"path": "t"}}},
                },
            },
        },
    }
)
NOISE = [
    "",
    " ",
    "\n",
    "<!-- </item> </box> -->",
    "<?pi </item>?>",
    "<![CDATA[</item>]]>",
    "<other><item>x</item></other>",
]
TEXTS = [
    "a",
    " b ",
    "&lt;",
    "&#65;&amp;",
    "x<!--y-->z",
    "<![CDATA[</item><item>]]>",
    "",
    "c\nd",
    "é€𝄞",
    "1<?p?>2",
]


@st.composite
def files(draw: st.DrawFn) -> str:
    """Files with everything that could mislead a cutter."""
    prefix = draw(st.sampled_from(["", "p:"]))
    noise = st.sampled_from(NOISE)

    def tag(name: str, inside: str, attributes: str = "") -> str:
        if not inside and draw(st.booleans()):
            return f"<{prefix}{name}{attributes}/>"
        space = draw(st.sampled_from(["", " ", "\n"]))
        return f"<{prefix}{name}{attributes}>{inside}</{prefix}{name}{space}>"

    def item(depth: int = 0) -> str:
        parts = [draw(noise)]
        for _ in range(draw(st.integers(0, 2))):
            parts += [tag("t", draw(st.sampled_from(TEXTS))), draw(noise)]
        if depth < 1 and draw(st.booleans()):
            parts.append(item(depth + 1))
        identity = draw(
            st.sampled_from(["", ' id="1"', " id='&gt;\"'", ' id="</item>"'.replace("<", "&lt;")])
        )
        return tag("item", "".join(parts), identity)

    boxes = []
    for _ in range(draw(st.integers(0, 3))):
        head = tag("h", tag("item", draw(st.sampled_from(TEXTS)))) if draw(st.booleans()) else ""
        items = "".join(item() + draw(noise) for _ in range(draw(st.integers(0, 4))))
        boxes.append(tag("box", head + items, f' id="{draw(st.integers(0, 9))}"'))
    foreign = draw(
        st.sampled_from(
            ["", "<q:boxes xmlns:q='v'><q:box><q:item/></q:box></q:boxes>", '<box xmlns="v"><item/></box>']
        )
    )
    inner = tag("boxes", draw(noise).join(boxes))
    space = "xmlns:p" if prefix else "xmlns"
    return f'<{prefix}f {space}="u">{tag("made", "m")}{foreign}{inner}</{prefix}f>'


def by_tree(data: str) -> list[dict[str, Any]]:
    """The same records by walking the whole tree, element by element."""
    parser = etree.XMLParser(remove_comments=True, remove_pis=True)
    root = etree.fromstring(data.encode(), parser)

    def text(element: etree._Element, path: str) -> list[str | None]:
        return [(found.text or "").strip() or None for found in element.findall(path, {"u": "u"})]

    def first(values: list[str | None]) -> str | None:
        return next((value for value in values if value), None)

    records: list[dict[str, Any]] = []
    made = first(text(root, "u:made"))
    boxes = root.findall("u:boxes/u:box", {"u": "u"})
    for number, box in enumerate(boxes, 1):
        shared = {"id": box.get("id"), "item": first(text(box, "u:h/u:item"))}
        for place, item in enumerate(box.findall("u:item", {"u": "u"}), 1):
            own = [{"t": first(text(inner, "u:t"))} for inner in item.findall("u:item", {"u": "u"})]
            records.append(
                {
                    "id": item.get("id"),
                    "text": first(text(item, "u:t")),
                    "deep": first(text(item, "u:item/u:t")),
                    "all": [value for value in text(item, "u:t") if value],
                    "own": own,
                    "file": {"made": made},
                    "box": shared,
                    "@kind": "item",
                    "@line": item.sourceline,
                    "@path": f"/f[1]/boxes/box[{number}]/item[{place}]",
                }
            )
    return records


@settings(max_examples=300)
@given(files(), st.sampled_from([1, 7, 40, 150]))
def test_pieces_give_what_the_whole_tree_gives(data: str, chunk: int) -> None:
    expected = by_tree(data)
    for size in (None, chunk):
        records, findings = read(ITEMS, data.encode(), size)
        assert (records, findings) == (expected, [])


@settings(max_examples=100)
@given(files(), st.sampled_from(["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"]), st.sampled_from([3, 64]))
def test_encodings_make_no_difference(data: str, encoding: str, chunk: int) -> None:
    name = "utf-8" if encoding == "utf-8-sig" else "utf-16"
    declared = f'<?xml version="1.0" encoding="{name}"?>{data}'
    assert read(ITEMS, declared.encode(encoding), chunk) == (by_tree(data), [])


@settings(max_examples=150)
@given(files(), st.data())
def test_damage_never_raises_and_is_told_the_same_in_pieces(data: str, draws: st.DataObject) -> None:
    raw = bytearray(data.encode())
    for _ in range(draws.draw(st.integers(1, 4))):
        place = draws.draw(st.integers(0, len(raw) - 1))
        action = draws.draw(st.sampled_from(["change", "delete", "insert", "cut"]))
        if action == "change":
            raw[place] = draws.draw(st.integers(0, 255))
        elif action == "delete":
            del raw[place : place + draws.draw(st.integers(1, 8))]
        elif action == "insert":
            raw[place:place] = draws.draw(
                st.sampled_from([b"<", b">", b"&", b"<item>", b"</item>", b"]]>", b"<!--", b"\0"])
            )
        else:
            del raw[place:]
        if not raw:
            break
    whole, pieces = read(ITEMS, bytes(raw)), read(ITEMS, bytes(raw), draws.draw(st.sampled_from([5, 60])))
    assert [(finding.code, finding.line) for finding in whole[1]] == [(f.code, f.line) for f in pieces[1]]
    if not whole[1]:
        assert whole == pieces


def test_a_file_that_is_cut_off_is_told_so_whatever_letters_stand_before() -> None:
    data = '<f xmlns="u"><boxes><box id="0"><h>Ä€𝄞</h><item><t>é€𝄞</t></item></box></boxes></f>'.encode()
    inside = [end for end in range(data.index(b"</t>"), len(data)) if data[end - 1 : end] not in (b">", b"<")]
    for end in inside:
        whole, pieces = read(ITEMS, data[:end])[1], read(ITEMS, data[:end], 5)[1]
        told = [(finding.code, finding.column) for finding in whole]
        assert told == [(finding.code, finding.column) for finding in pieces], data[:end]
        assert [code for code, _ in told] == ["XML004"], data[:end]


def test_the_last_element_of_a_name_need_not_be_a_border() -> None:
    data = '<f xmlns="u"><boxes><box id="0"/><box id="1"><item>%s</item></box></boxes></f>' % (
        "<t>x</t>" * 50
    )
    for chunk in range(1, 80):
        assert read(ITEMS, data.encode(), chunk) == (by_tree(data), [])


def test_a_file_cut_off_anywhere_is_told() -> None:
    data = document(
        '<group code="a">'
        + "".join(f'<order no="{n}"><text>x</text></order>\n' for n in range(12))
        + "</group>"
    )
    whole, _ = read(layout(), data)
    for end in range(len(data) - 1):
        for chunk in (None, 100):
            records, findings = read(layout(), data[:end], chunk)
            assert codes(findings)[0] in ("XML001", "XML003", "XML004", "XML005"), end
            numbers = [record["number"] for record in records]
            assert numbers == [record["number"] for record in whole][: len(numbers)]
    assert codes(read(layout(), data[: len(data) // 2])[1]) == ["XML004"]


def test_the_records_before_the_damage_are_read_and_its_place_is_told() -> None:
    orders = [f'<order no="{number}">\n<text>x</text></order>\n' for number in range(50)]
    orders[30] = '<order no="30"><text>x</order>\n'
    for chunk in (None, 64, 1000):
        records, (finding,) = read(layout(), document(f"<group>{''.join(orders)}</group>"), chunk)
        assert len(records) == 30
        assert (finding.code, finding.line, finding.column) == ("XML003", 61, 31)
        assert "</order> stands where the end of <text> (of line 61) belongs" in finding.message


def test_lines_far_beyond_what_libxml2_counts() -> None:
    data = document("<group>" + "<order\n\nno='1'/>\n" * 60_000 + "</group>")
    records, findings = read(layout(), data)
    assert findings == [] and [record["@line"] for record in records] == list(range(3, 3 * 60_000 + 1, 3))


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"", "XML001", "it is empty"),
        (b"  \n", "XML001", "it is empty"),
        (b"a;b;c\n", "XML001", 'stands "a;b;c'),
        (b"\x1f\x8b\x08\0\0", "XML001", "gzip"),
        (b"PK\x03\x04abc", "XML001", "ZIP"),
        (b'<!DOCTYPE orders SYSTEM "http://127.0.0.1/x"><orders/>', "XML002", "DOCTYPE"),
        (b'<?xml version="1.0"?><!-- x -->\n<!DOCTYPE o [<!ENTITY a "b">]><o>&a;</o>', "XML002", "DOCTYPE"),
        (b'<orders xmlns="urn:acme:orders:1">&a;</orders>', "XML003", "&a;"),
        (b'<orders xmlns="urn:acme:orders:1">&amp</orders>', "XML003", "no ; at its end"),
        (b'<orders xmlns="urn:acme:orders:1">\0</orders>', "XML003", "does not allow"),
        (b'<orders xmlns="urn:acme:orders:1"><q:a/></orders>', "XML003", 'the prefix "q" is used'),
        (b'<orders xmlns="urn:acme:orders:1" a="1" a="2"/>', "XML003", "same attribute twice"),
        (b'<orders xmlns="urn:acme:orders:1">' + b"<a>" * 300, "XML008", "256 deep"),
        (b'<orders xmlns="urn:acme:orders:1"><a>' + b"x" * 10_000_100, "XML008", "10 million"),
        (b"<orders " + b"".join(b'a%d="" ' % n for n in range(9_000)) + b"/>", "XML008", "start tag"),
        (b"<orders" + b" " * 70_000 + b"/>", "XML008", "start tag"),
        (b'<?xml version="1.0" encoding="klingon"?><orders/>', "XML006", "klingon"),
        (b'<?xml version="1.0" encoding="utf-7"?><orders/>', "XML006", "utf-7"),
        (b'<?xml version="1.0" encoding="utf-16"?><orders/>', "XML007", "UTF-8"),
        (b'\xef\xbb\xbf<?xml version="1.0" encoding="iso-8859-1"?><orders/>', "XML007", "EF BB BF"),
        (b'<orders xmlns="urn:acme:orders:1">\n\n\xe5</orders>', "XML005", "In line 3 the bytes E5"),
        (b'<?xml version="1.0" encoding="iso-8859-1"?><orders>\n\x80</orders>', "XML005", '"€"'),
        (b'<?xml version="1.0" encoding="iso-8859-1"?><orders>\xc3\xa4</orders>', "XML005", "UTF-8"),
        (b'<?xml version="1.0" encoding="us-ascii"?><orders>\xc3\xa4</orders>', "XML005", "bytes C3"),
    ],
)
def test_refused(data: bytes, code: str, words: str) -> None:
    for chunk in (None, 50 if len(data) < 100_000 else 50_000):
        _, findings = read(layout(namespace=["urn:acme:orders:1", ""]), data, chunk)
        assert codes(findings)[0] == code, findings
        assert words in findings[0].message, findings[0].message


def test_single_byte_encodings() -> None:
    for name, text in (("iso-8859-1", "Åsa"), ("windows-1252", "5 €"), ("cp850", "Åsa")):
        data = one(f"<text>{text}</text>").decode().replace('by="Åsa"', 'by="b"')
        raw = data.replace('encoding="utf-8"', f'encoding="{name}"').encode(name)
        (record,), findings = read(layout(), raw, chunk=16)
        assert record["texts"] == [text] and findings == []


def test_a_record_of_a_giant_is_refused_in_flat_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "MOST_HELD", 100_000)
    data = document("<group><order no='1'>" + "<text>abc</text>" * 50_000 + "</order></group>")
    assert codes(read(layout(), data, chunk=1000)[1]) == ["XML008"]


def test_errors_of_memory_are_not_the_files() -> None:
    error = etree.XMLSyntaxError("out of memory", etree.ErrorTypes.ERR_NO_MEMORY, 1, 1)
    ill = ill_of(scan.safe_parser(), error)
    assert ill is not None
    with pytest.raises(MemoryError):
        Ills().finding(ill)


def test_progress_counts_bytes() -> None:
    seen: list[int] = []
    data = document("<group><order no='1'/></group>" * 5_000)
    list(xml.reader(layout()).read(io.BytesIO(data), lambda finding: None, seen.append))
    assert seen == sorted(seen) and seen[-1] == len(data) and len(seen) > len(data) // source.CHUNK
