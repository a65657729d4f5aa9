"""What of a file no field of its layout reads."""

from __future__ import annotations

import io
from typing import Any

from exchange.formats.xml import Layout, unread

FIELDS: dict[str, Any] = {
    "id": {"path": "Id"},
    "amount": {"path": "Amt[@Ccy='EUR']/Val"},
    "rows": {"many": True, "path": "Rows/Row", "fields": {"text": {"path": "."}}},
}


def found(text: str, at: str = "Bill") -> dict[str, int]:
    declared = Layout.model_validate(
        {"layout": "a/b", "format": "xml", "namespace": "urn:b", "record": "bill", "at": at, "fields": FIELDS}
    )  # fmt: skip
    return dict(unread(io.BytesIO(text.encode()), declared))


def test_elements_that_no_field_reads_are_told_once_for_their_kind() -> None:
    text = """<Bill xmlns="urn:b"><Id>1</Id><Amt Ccy="EUR"><Val>1</Val><Tax><Rate>2</Rate></Tax><Tax>3</Tax></Amt>
    <Rows>lost<Row>a</Row><Row/></Rows><Empty/><More><!-- nothing --></More><x:Sign xmlns:x="urn:x">s</x:Sign></Bill>"""
    assert found(text) == {"Bill/Amt/Tax": 2, "Bill/Rows": 1, "Bill/Sign": 1}


def test_what_is_around_the_records_is_no_part_of_them_and_a_fault_ends_the_look() -> None:
    framed = '<s:Env xmlns:s="urn:s"><s:Head>x</s:Head><Bill xmlns="urn:b"><No>7</No></Bill></s:Env>'
    assert found(framed, "//Bill") == {"Bill/No": 1}
    assert found('<Bill xmlns="urn:b"><No>7</No><Id></Bill>') == {"Bill/No": 1}
