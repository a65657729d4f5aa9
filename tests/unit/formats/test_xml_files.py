"""Real XML files of others: recognised, read alike in pieces and as a whole, and never raising when damaged."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from exchange.formats import xml
from tests.unit.formats.test_xml_write import PAIN
from tests.unit.formats.xml_cases import ORDERS, document, layout, read

STATEMENT: dict[str, Any] = {
    "layout": "acme/camt",
    "format": "xml",
    "namespace": ["urn:iso:std:iso:20022:tech:xsd:camt.05*"],
    "records": {
        "message": {
            "at": ["//BkToCstmrStmt", "//BkToCstmrAcctRpt", "//BkToCstmrDbtCdtNtfctn"],
            "fields": {"id": {"path": "GrpHdr/MsgId", "required": True}},
        },
        "statement": {
            "inside": "message",
            "at": ["Stmt", "Rpt", "Ntfctn"],
            "fields": {
                "id": {"path": "Id", "required": True},
                "opening": {"path": "Bal[Tp/CdOrPrtry/Cd='OPBD']/Amt", "type": "money"},
                "text": {"path": ["AddtlStmtInf", "AddtlRptInf", "AddtlNtfctnInf"], "late": True},
            },
        },
        "entry": {
            "inside": "statement",
            "at": "Ntry",
            "fields": {
                "amount": {"path": "Amt", "type": "money", "required": True},
                "currency": {"path": "Amt/@Ccy", "required": True},
                "booked": {"path": ["BookgDt/Dt", "BookgDt/DtTm"]},
                "status": {"path": ["Sts/Cd", "Sts"]},
                "details": {
                    "many": True,
                    "path": "NtryDtls/TxDtls",
                    "fields": {
                        "end_to_end_id": {"path": "Refs/EndToEndId"},
                        "texts": {"many": True, "path": "RmtInf/Ustrd"},
                    },
                },
            },
        },
    },
}


DAMAGE = [
    b"",
    b"<",
    b">",
    b"&",
    b"\0",
    b"\xff",
    b'"',
    b"<!--",
    b"]]>",
    b"</Stmt>",
    b"<Ntry>",
    b"&#x110000;",
    b"\xc3",
]


def files(corpus: Path, pattern: str) -> list[Path]:
    found = sorted(path for path in (corpus / "bank" / "iso20022").rglob(pattern) if path.is_file())
    assert found
    return found


def test_statements_of_many_banks(corpus: Path) -> None:
    of = layout(STATEMENT)
    entries = 0
    for path in files(corpus, "camt.05[234]*/**/*.xml"):
        data = path.read_bytes()
        if b"<!DOCTYPE" in data or b"camt.05" not in data:
            continue
        assert xml.recognise(data[:65536], of), path
        whole = read(of, data, 1 << 24)
        assert whole == read(of, data, 500) == read(of, data), path
        assert not whole[1] or {finding.code for finding in whole[1]} <= {"VAL001", "VAL010", "XML004"}, (
            path,
            whole[1],
        )
        entries += len(whole[0])
    assert entries > 70


def test_payments_of_many_programs(corpus: Path) -> None:
    of = layout(PAIN, namespace="urn:iso:std:iso:20022:tech:xsd:pain.001.001.*")
    for path in files(corpus, "pain.001*/**/*.xml"):
        data = path.read_bytes()
        reason = xml.recognise(data[:65536], of)
        assert (reason is not None) == (b"tech:xsd:pain.001.001" in data[:65536]), path
        if reason:
            assert read(of, data, 300) == read(of, data), path


def test_mutated_files_never_raise(corpus: Path) -> None:
    of = layout(STATEMENT)
    random_ = random.Random(20022)
    samples = [
        path.read_bytes() for path in files(corpus, "camt.05[34]*/**/*.xml") if path.stat().st_size < 20_000
    ]
    for _ in range(400):
        data = bytearray(random_.choice(samples))
        for _ in range(random_.randint(1, 6)):
            place = random_.randrange(len(data))
            data[place : place + random_.randint(0, 3)] = random_.choice(DAMAGE)
        read(of, bytes(data), random_.choice([64, 1000, 1 << 16]))
        xml.sniff(bytes(data))
        xml.recognise(bytes(data), of)


def test_recognised_by_root_and_namespace() -> None:
    of = layout()
    assert xml.recognise(document("<group>"), of) == "It holds orders in urn:acme:orders:1."
    assert xml.recognise(document("<group>", namespace="urn:else"), of) is None
    assert xml.recognise(b"<orders/>", of) is None
    assert xml.recognise(b"a;b", of) is None
    assert xml.recognise(b"", of) is None
    assert xml.recognise(b"<!DOCTYPE orders><orders xmlns='urn:acme:orders:1'/>", of) is None
    assert xml.recognise(document("").decode().replace("utf-8", "utf-16").encode("utf-16"), of)
    deep = layout({**ORDERS, "records": {**ORDERS["records"], "export": {"at": "//orders"}}})
    inner = document("").partition(b"?>")[2]
    assert xml.recognise(b"<E><B>" + inner, deep)
    assert xml.recognise(b"<E><orders><B/></orders>", deep) is None


def test_what_the_bytes_say() -> None:
    data = b"\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?><!-- x -->"
    data += b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt>"
    sniffed = xml.sniff(data)
    assert sniffed is not None
    assert (sniffed.format, sniffed.encoding, sniffed.version) == ("xml", "utf-8", "camt.053.001.08")
    assert sniffed.namespace == "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
    assert sniffed.facts == {"root": "Document/BkToCstmrStmt"} and sniffed.evidence == "byte order mark"
    assert xml.sniff(b"<?xml version='1.0' encoding='iso-8859-1'?><a/>").evidence == "declared as iso-8859-1"  # type: ignore[union-attr]
    assert xml.sniff(b"<a>\xe4").encoding == "utf-8"  # type: ignore[union-attr]
    for other in (
        b"",
        b"{}",
        b"a;b",
        b"  ",
        b"<",
        b"\x1f\x8b",
        b"\xff\xfe",
        b"<?xml version='1.0' encoding='nope'?>",
    ):
        assert xml.sniff(other) is None


def test_the_generated_code_can_be_shown() -> None:
    of = layout(PAIN)
    assert "def read_payment(e, line, path, o):" in xml.reader(of).source
    assert "def write_payment(r, o):" in xml.writer(of).source
