"""Whole files against schemas: every finding, its place, its words."""

from __future__ import annotations

import io
import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from exchange.errors import UseError
from exchange.findings import Finding
from exchange.formats import validate, xml
from exchange.formats.validate import JsonSchemaCheck, XsdCheck
from exchange.formats.xml import scan, source
from exchange.outcome import Gathered

ROOT = Path(__file__).parents[3]
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
GOOD = (ROOT / "samples/nordkaffe/bank-statements/02-camt053-08.in.xml").read_bytes()


def load(namespace: str) -> bytes | None:
    path = ROOT / f"schemas/iso20022/{namespace.rpartition(':')[2]}.xsd"
    return path.read_bytes() if namespace and path.is_file() else None


def found(text: bytes, severity: str = "error") -> list[Finding]:
    gathered = Gathered()
    XsdCheck(load)(io.BytesIO(text), gathered, severity)  # type: ignore[arg-type]
    return gathered.kept


def test_a_sound_file_has_no_findings() -> None:
    assert found(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "code", "name", "words"),
    [
        (b"<NtryRef>1<", b"<NtryRef>" + b"1" * 36 + b"<", "XSD003", "NtryRef", "it has 36 characters, at most 35"),
        (b"<NtryRef>1<", b"<NtryRef><", "XSD003", "NtryRef", "NtryRef is empty: it has 0 characters, at least 1"),
        (b"<BkTxCd>", b"five<BkTxCd>six", "XSD003", "Ntry", 'Ntry holds "five": text stands where only elements are allowed'),
        (b">3480.00<", b">3480.001234<", "XSD003", "Amt", "it has more than 5 decimals"),
        (b">3480.00<", b">-3480.00<", "XSD003", "Amt", "it is less than 0"),
        (b">CRDT<", b">CREDIT<", "XSD003", "CdtDbtInd", "it is none of the allowed values CRDT, DBIT"),
        (b'<Amt Ccy="EUR">3480', b"<Amt>3480", "XSD004", "Amt", "the attribute Ccy is missing"),
        (b"<NtryRef>1<", b'<NtryRef x="1">1<', "XSD004", "NtryRef", "the attribute x is not allowed"),
        (b"<Dt>2026-11-19</Dt></BookgDt>", b"<Dt>19.11.2026</Dt></BookgDt>", "XSD003", "Dt", "it is no valid ISODate"),
        (b"<CdtDbtInd>", b"<Xyz/><CdtDbtInd>", "XSD001", "Xyz", "expected is CdtDbtInd"),
        (b"<BkTxCd>", b"<BkTxCd/><BkTxCd>", "XSD001", "BkTxCd", "stands where the schema does not allow it"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_words(old: bytes, new: bytes, code: str, name: str, words: str) -> None:
    assert old in GOOD
    findings = found(GOOD.replace(old, new, 1))
    first = findings[0]
    assert (first.code, first.field) == (code, name)
    assert words in first.message and first.line and first.path and first.path.startswith("/Document/")
    assert "{" not in first.message


def test_the_attribute_that_is_wrong_is_named() -> None:
    (one,) = found(GOOD.replace(b'<Amt Ccy="EUR">3480', b'<Amt Ccy="eur">3480', 1))
    assert (
        one.message == "Amt: its attribute Ccy is wrong, it is not written as the schema wants ([A-Z]{3,3})."
    )


def test_text_among_elements_is_told_once_for_an_element() -> None:
    (one,) = found(GOOD.replace(b"<BkTxCd>", b"a<BkTxCd>", 1).replace(b"</BkTxCd>", b"</BkTxCd>b", 1))
    assert (one.field, one.value) == ("Ntry", "a b")


def test_all_findings_are_told_and_as_seriously_as_asked() -> None:
    bad = GOOD.replace(b">CRDT<", b">CREDIT<").replace(b"<NtryRef>2<", b"<NtryRef><")
    findings = found(bad, "warning")
    assert len(findings) > 3 and {finding.severity for finding in findings} == {"warning"}
    assert "/Document/BkToCstmrStmt/Stmt/Ntry[2]/NtryRef" in {finding.path for finding in findings}


def test_a_message_in_an_envelope_is_found() -> None:
    inner = GOOD.partition(b"?>")[2].replace(b">CRDT<", b">C<", 1)
    findings = found(b"<Envelope><Body>" + inner + b"</Body></Envelope>")
    assert [finding.code for finding in findings] == ["XSD003"]
    assert findings[0].path is not None and findings[0].path.startswith("/Envelope/Body/Document/")


def test_a_file_without_a_schema_here_says_so() -> None:
    assert [finding.code for finding in found(b'<a xmlns="urn:none"/>')] == ["XSD011"]


def test_broken_xml_is_left_to_the_reader_and_entities_are_not_fetched() -> None:
    assert found(GOOD[:500]) == []
    assert found(b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]><a xmlns="urn:none">&e;</a>')


def test_bytes_that_the_encoding_does_not_have_are_left_to_the_reader() -> None:
    sound = b'<?xml version="1.0" encoding="UTF-8"?><r xmlns="a">\xc5ke</r>'
    gathered = Gathered()
    XsdCheck(lambda _: None)(io.BytesIO(sound), gathered, "error")
    assert gathered.kept == []


def test_a_big_file_is_not_checked_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validate, "WHOLE", 100)
    assert [finding.code for finding in found(GOOD.replace(b">CRDT<", b">C<"))] == ["XSD010"]


XSD = (
    b'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="a" xmlns:b="b">%s<xs:element name="r">'
    b'<xs:complexType><xs:sequence><xs:element ref="b:x"/></xs:sequence></xs:complexType></xs:element></xs:schema>'
)
OTHER_XSD = (
    b'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="b">'
    b'<xs:element name="x" type="xs:int"/></xs:schema>'
)


def xsd_found(head: bytes) -> list[Finding]:
    gathered = Gathered()
    schemas = {"a": XSD % head, "b": OTHER_XSD}
    XsdCheck(schemas.get)(io.BytesIO(b'<r xmlns="a"><x xmlns="b">one</x></r>'), gathered, "error")
    return gathered.kept


def test_a_schema_may_import_those_that_are_here() -> None:
    (finding,) = xsd_found(b'<xs:import namespace="b" schemaLocation="../common/b.xsd"/>')
    assert (finding.code, finding.path, finding.value) == ("XSD003", "/r/x", "one")


@pytest.mark.parametrize("place", [b"file:///etc/hostname", b"/etc/hostname", b"http://127.0.0.1:9/b.xsd"])
def test_a_schema_fetches_nothing(place: bytes) -> None:
    for head in (b'<xs:import namespace="c" schemaLocation="%s"/>', b'<xs:include schemaLocation="%s"/>'):
        with pytest.raises(UseError, match=r"is not fetched|cannot be used"):
            xsd_found(head % place)


SCHEMA = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string"},
        "price": {"type": "number", "multipleOf": 0.01},
        "tags": {"items": {"enum": ["a", "b"]}},
    },
}


def json_found(document: object, schema: object = SCHEMA) -> list[Finding]:
    gathered = Gathered()
    text = document if isinstance(document, str) else json.dumps(document)
    JsonSchemaCheck(lambda _: json.dumps(schema).encode())(io.BytesIO(text.encode()), gathered, "error")
    return gathered.kept


def test_json_is_checked_with_exact_numbers() -> None:
    assert json_found({"id": "1", "price": 19.99, "tags": ["a"]}) == []
    assert json_found('{"id": "1", "price": 0.07}') == []
    findings = json_found({"price": 0.005, "tags": ["a", "c"]})
    assert sorted((finding.path or "", finding.value) for finding in findings) == [
        ("/", None),
        ("/price", "0.005"),
        ("/tags/1", "c"),
    ]


@pytest.mark.parametrize("text", ['{"id": "1"}', '{"price": 1}', '{"id":', "[" * 100_000])
def test_whoever_reads_the_file_next_finds_it_open(text: str) -> None:
    stream = io.BytesIO(text.encode())
    JsonSchemaCheck(lambda _: json.dumps(SCHEMA).encode())(stream, Gathered(), "error")
    assert not stream.closed


def test_a_schema_elsewhere_is_not_fetched() -> None:
    findings = json_found({"id": "1"}, {"$ref": "http://127.0.0.1:9/schema.json"})
    assert [finding.code for finding in findings] == ["JSC002"]


def statement(entries: int, replaced: dict[int, tuple[bytes, bytes]], statements: int = 2) -> bytes:
    """A file with statements of many entries, some of them damaged."""
    before, rest = GOOD.split(b"<Ntry>", 1)
    entry, after = b"<Ntry>" + rest[: rest.index(b"</Ntry>") + 7], rest[rest.rindex(b"</Ntry>") + 7 :]
    head, statement_head = before[: before.index(b"<Stmt>")], before[before.index(b"<Stmt>") :]
    body = [entry.replace(*replaced[number]) if number in replaced else entry for number in range(entries)]
    whole = statement_head + b"\n".join(body) + after[: after.index(b"</Stmt>") + 7]
    return head + whole * statements + after[after.index(b"</Stmt>") + 7 :]


LAYOUT = xml.Layout.model_validate(
    {
        "layout": "acme/camt",
        "format": "xml",
        "namespace": NAMESPACE,
        "records": {
            "message": {"at": "Document/BkToCstmrStmt"},
            "statement": {"inside": "message", "at": "Stmt"},
            "entry": {"inside": "statement", "at": "Ntry"},
        },
    }
)


def in_parts(text: bytes, monkeypatch: pytest.MonkeyPatch, chunk: int) -> list[Finding]:
    monkeypatch.setattr(validate, "WHOLE", 100)
    monkeypatch.setattr(source, "CHUNK", chunk)
    monkeypatch.setattr(scan, "CHUNK", chunk)
    gathered = Gathered()
    XsdCheck(load, LAYOUT)(io.BytesIO(text), gathered, "error")
    return gathered.kept


def test_a_header_with_a_schema_of_its_own_does_not_stand_for_the_message_beside_it() -> None:
    space = "urn:iso:std:iso:20022:tech:xsd:head.001.001.02"
    assert load(space) is not None
    header = b'<AppHdr xmlns="%s"><CreDt>2026-03-02T10:00:00Z</CreDt></AppHdr>' % space.encode()
    message = GOOD[GOOD.index(b"<Document") :].replace(b"<GrpHdr>", b"<GrpHdr><Wrong/>", 1)
    gathered = Gathered()
    XsdCheck(load, LAYOUT)(io.BytesIO(b"<Envelope>" + header + message + b"</Envelope>"), gathered, "warning")
    assert [(each.code, each.field) for each in gathered.kept] == [("XSD001", "Wrong")]


def test_a_message_in_an_envelope_that_has_no_schema_is_told_by_its_own_name() -> None:
    space = "http://schemas.xmlsoap.org/soap/envelope/"
    text = b'<s:Envelope xmlns:s="%s"><s:Body>%s</s:Body></s:Envelope>' % (
        space.encode(),
        GOOD[GOOD.index(b"<Document") :],
    )
    gathered = Gathered()
    XsdCheck({space: None}.get, LAYOUT)(io.BytesIO(text), gathered, "warning")
    assert [(each.code, each.value) for each in gathered.kept] == [("XSD011", NAMESPACE)]


def _numbered(finding: Finding) -> Finding:
    """Without the number of a first element: a part does not know whether there will be a second."""
    return replace(finding, path=(finding.path or "").replace("[1]", ""))


@pytest.mark.parametrize("chunk", [700, 3000, 1 << 16])
def test_a_big_file_is_checked_in_parts_with_the_same_findings(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    damage = {
        3: (b">CRDT<", b">CREDIT<"),
        17: (b"<Amt Ccy", b"<X/><Amt Ccy"),
        18: (b'<Amt Ccy="EUR">', b"<Amt>"),
        29: (b"<BkTxCd>", b"<BkTxCd/><BkTxCd>"),
    }
    text = statement(30, damage)
    expected = found(text)
    assert len(expected) >= 8
    told = in_parts(text, monkeypatch, chunk)
    assert [_numbered(finding) for finding in told] == [_numbered(finding) for finding in expected]
    assert in_parts(statement(30, {}), monkeypatch, chunk) == []


def test_what_is_wrong_in_a_head_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    text = statement(50, {}, statements=1).replace(b"<Stmt>", b'<Stmt x="1">').replace(b">OPBD<", b"><", 1)
    expected = found(text)
    assert {finding.code for finding in expected} == {"XSD003", "XSD004"}
    assert in_parts(text, monkeypatch, 700) == expected


def test_what_is_missing_at_the_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    text = b"<a>" + GOOD.partition(b"?>")[2] + b"</a>"
    assert in_parts(text, monkeypatch, 700) == []
    head = GOOD[: GOOD.index(b"<Stmt>")]
    (finding,) = in_parts(head + b"</BkToCstmrStmt></Document>", monkeypatch, 700)
    assert (finding.code, finding.field) == ("XSD002", "BkToCstmrStmt")


CHILDREN = [
    b"<Id>1</Id>",
    b"<ElctrncSeqNb>1</ElctrncSeqNb>",
    b'<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">1</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
    b"<Dt><Dt>2026-11-23</Dt></Dt></Bal>",
    b"<TxsSummry/>",
    b'<Ntry><Amt Ccy="EUR">1</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BkTxCd/></Ntry>',
    b"<Ntry><CdtDbtInd>CREDIT</CdtDbtInd></Ntry>",
    b"<AddtlStmtInf>x</AddtlStmtInf>",
    b"<Foreign/>",
]


@settings(max_examples=int(os.environ.get("EXCHANGE_EXAMPLES", "40")))
@given(
    st.lists(st.tuples(st.sampled_from(CHILDREN), st.integers(1, 9)), max_size=6),
    st.sampled_from([0, 1, 20]),
    st.integers(0, 2),
    st.sampled_from([300, 900]),
)
@example([(CHILDREN[2], 1), (CHILDREN[3], 2), (CHILDREN[4], 1)], 0, 0, 300)
def test_the_order_and_the_number_of_elements_are_checked_across_parts(
    rows: list[tuple[bytes, int]], entries: int, at: int, chunk: int
) -> None:
    """In any order, as many as there may be: the same findings as for the whole file."""
    good = statement(entries + 2, {}, statements=2)
    begins = [match.start() for match in re.finditer(b"<Ntry>|</Stmt>|<Bal>", good)]
    place = begins[(len(begins) - 1) * at // 2]
    text = good[:place] + b"\n".join(child * number for child, number in rows) + good[place:]
    with pytest.MonkeyPatch.context() as patch:
        told = in_parts(text, patch, chunk)
    assert [_numbered(finding) for finding in told] == [_numbered(finding) for finding in found(text)]


def test_the_most_of_some_elements_is_counted_across_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    schema = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified" xmlns="u"
      targetNamespace="u"><xs:element name="f"><xs:complexType><xs:sequence>
      <xs:element name="r" maxOccurs="7" minOccurs="3"><xs:complexType><xs:sequence><xs:element name="t" type="xs:date"
      minOccurs="0"/></xs:sequence></xs:complexType></xs:element><xs:element name="end"/></xs:sequence></xs:complexType>
      </xs:element></xs:schema>"""
    rows = {
        "layout": "acme/r", "format": "xml", "namespace": "u",
        "records": {"file": {"at": "f"}, "r": {"inside": "file", "at": "r"}},
    }  # fmt: skip
    check = XsdCheck(lambda _: schema, xml.Layout.model_validate(rows))
    monkeypatch.setattr(validate, "WHOLE", 10)
    monkeypatch.setattr(source, "CHUNK", 30)
    monkeypatch.setattr(scan, "CHUNK", 30)
    for number in range(12):
        gathered = Gathered()
        text = b'<f xmlns="u">' + b"<r><t>2026-01-01</t></r>" * number + b"<end/></f>"
        check(io.BytesIO(text), gathered, "error")
        assert bool(gathered.errors) == (not 3 <= number <= 7), number
