"""Whole files against schemas: every finding, its place, its words."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from exchange.findings import Finding
from exchange.formats import validate
from exchange.formats.validate import JsonSchemaCheck, XsdCheck
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
        (b"<NtryRef>1<", b"<NtryRef><", "XSD003", "NtryRef", "it has 0 characters, at least 1"),
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


def test_a_big_file_is_not_checked_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validate, "WHOLE", 100)
    assert [finding.code for finding in found(GOOD.replace(b">CRDT<", b">C<"))] == ["XSD010"]


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


def test_a_schema_elsewhere_is_not_fetched() -> None:
    findings = json_found({"id": "1"}, {"$ref": "http://127.0.0.1:9/schema.json"})
    assert [finding.code for finding in findings] == ["JSC002"]
