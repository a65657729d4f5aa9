"""A message is chosen by its namespace, wherever it stands, in every version and in the national namespaces."""

from __future__ import annotations

import pytest
from iso20022_support import ISO, codes, documents, entry, library, read, statement

from exchange.formats import registry

SIX = "http://www.six-interbank-clearing.com/de/"
ROOTS = {
    "camt.052": "BkToCstmrAcctRpt",
    "camt.053": "BkToCstmrStmt",
    "camt.054": "BkToCstmrDbtCdtNtfctn",
    "pain.001": "CstmrCdtTrfInitn",
    "pain.002": "CstmrPmtStsRpt",
    "pain.008": "CstmrDrctDbtInitn",
}


def taken_for(data: bytes) -> list[str]:
    """The layouts that a file is taken for."""
    return [found.layout.layout for found in registry.recognise(data, "a.xml", library().layouts())]


def version_of(data: bytes) -> str | None:
    """The version that inspect shows."""
    (said, *_) = registry.sniff(data)
    return said.version


@pytest.mark.parametrize(
    ("namespace", "root", "layout", "version"),
    [
        *((f"{ISO}{message}.001.02", root, message, f"{message}.001.02") for message, root in ROOTS.items()),
        (f"{ISO}pain.001.003.03", "CstmrCdtTrfInitn", "pain.001", "pain.001.003.03"),
        (f"{ISO}pain.008.003.02", "CstmrDrctDbtInitn", "pain.008", "pain.008.003.02"),
        (f"{ISO}pain.002.003.03", "CstmrPmtStsRpt", "pain.002", "pain.002.003.03"),
        (f"{ISO}pain.001.001.02", "pain.001.001.02", "pain.001", "pain.001.001.02"),
        (f"{SIX}pain.001.001.03.ch.02.xsd", "CstmrCdtTrfInitn", "pain.001", "pain.001.001.03.ch.02"),
        (f"{SIX}pain.008.001.02.ch.03.xsd", "CstmrDrctDbtInitn", "pain.008", "pain.008.001.02.ch.03"),
        (f"{SIX}pain.002.001.03.ch.02.xsd", "CstmrPmtStsRpt", "pain.002", "pain.002.001.03.ch.02"),
        ("ISO:pain.001.001.03:APC:STUZZA:payments:003", "CstmrCdtTrfInitn", "pain.001", "pain.001.001.03"),
        ("ISO:camt.053.001.02:APC:STUZZA:payments:002", "BkToCstmrStmt", "camt.053", "camt.053.001.02"),
        ("urn:swift:xsd:$pain.001.002.02", "pain.001.001.02", "pain.001", "pain.001.002.02"),
        ("urn:swift:xsd:$pain.008.002.01", "pain.008.001.01", "pain.008", "pain.008.002.01"),
        ("urn:swift:xsd:camt.053.001.02", "BkToCstmrStmt", "camt.053", "camt.053.001.02"),
    ],
)
def test_the_namespace_names_the_message(namespace: str, root: str, layout: str, version: str) -> None:
    message = f'<Document xmlns="{namespace}"><{root}><GrpHdr><MsgId>M1</MsgId></GrpHdr></{root}></Document>'
    header = f'<h:AppHdr xmlns:h="{ISO}head.001.001.02"><h:BizMsgIdr>B1</h:BizMsgIdr></h:AppHdr>'
    soap = 'xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"'
    wrapped = [
        message,
        f"<BizMsgEnvlp xmlns='urn:any'>{header}{message}</BizMsgEnvlp>",
        f"<s:Envelope {soap}><s:Header/><s:Body><x>{header}{message}</x></s:Body></s:Envelope>",
        f"<?xml version='1.0'?>\n<!-- <Document> -->\n<a><b><c>{message}</c></b></a>",
    ]
    for text in wrapped:
        data = text.encode()
        assert (taken_for(data), version_of(data)) == ([f"iso20022/{layout}"], version)
        records, found = read(data, f"iso20022/{layout}")
        own = [record for record in records if "original_message_id" in record]
        assert ([record["id"] for record in own] or records, codes(found)) == (["M1"] if own else [], [])


@pytest.mark.parametrize(("version", "nearest"), [("15", "14"), ("99", "14"), ("01", "02")])
def test_a_version_that_is_not_known_is_read_as_the_nearest_and_told(version: str, nearest: str) -> None:
    data = statement(entry("AcctSvcrRef=A1"), version=version)
    made, found = documents(data, "iso20022/camt.053")
    assert [each["entry_ref"] for each in made] == ["A1"]
    assert [(each.code, each.severity, each.value) for each in found] == [("XML014", "warning", version)]
    assert f"read as version {nearest}" in found[0].message


def test_national_versions_are_known_by_their_first_number() -> None:
    for namespace in (f"{SIX}pain.001.001.03.ch.02.xsd", "ISO:pain.001.001.03:APC:STUZZA:payments:003"):
        data = f'<Document xmlns="{namespace}"><CstmrCdtTrfInitn><GrpHdr/></CstmrCdtTrfInitn></Document>'
        assert read(data.encode(), "iso20022/pain.001")[1] == []
    late = f'<Document xmlns="{ISO}pain.001.003.44"><CstmrCdtTrfInitn><GrpHdr/></CstmrCdtTrfInitn></Document>'
    assert codes(read(late.encode(), "iso20022/pain.001")[1]) == ["XML014"]
