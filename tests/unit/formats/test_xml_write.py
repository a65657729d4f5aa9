"""Writing XML: order, envelopes, totals, escaping, rules; what is written can be read again."""

from __future__ import annotations

import io
import tempfile
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from exchange.errors import UseError
from exchange.formats import xml
from exchange.model import Record
from tests.unit.formats.xml_cases import ORDERS, codes, layout, read, write

PAIN: dict[str, Any] = {
    "layout": "acme/pain",
    "format": "xml",
    "namespace": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09",
    "records": {
        "message": {
            "at": "Document/CstmrCdtTrfInitn",
            "fields": {
                "id": {"path": "GrpHdr/MsgId", "required": True, "max_length": 35},
                "created": {"path": "GrpHdr/CreDtTm", "type": "datetime", "required": True},
                "count": {"path": "GrpHdr/NbOfTxs", "type": "integer", "control": {"count": ["payment"]}},
                "total": {
                    "path": "GrpHdr/CtrlSum",
                    "type": "decimal",
                    "control": {"sum": ["payment.amount"]},
                },
                "initiator": {"path": "GrpHdr/InitgPty/Nm", "max_length": 140},
            },
        },
        "batch": {
            "inside": "message",
            "at": "PmtInf",
            "fields": {
                "id": {"path": "PmtInfId", "required": True, "max_length": 35},
                "method": {"path": "PmtMtd", "constant": "TRF"},
                "count": {"path": "NbOfTxs", "type": "integer", "control": {"count": ["payment"]}},
                "total": {"path": "CtrlSum", "type": "decimal", "control": {"sum": ["payment.amount"]}},
                "service": {"path": "PmtTpInf/SvcLvl/Cd", "constant": "SEPA"},
                "date": {"path": "ReqdExctnDt/Dt", "type": "date", "required": True},
                "debtor": {"path": "Dbtr/Nm", "max_length": 140},
                "account": {"path": "DbtrAcct/Id/IBAN", "check": "iban", "required": True},
                "bic": {"path": "DbtrAgt/FinInstnId/BICFI", "required": True},
            },
        },
        "payment": {
            "inside": "batch",
            "at": "CdtTrfTxInf",
            "fields": {
                "end_to_end_id": {"path": "PmtId/EndToEndId", "required": True, "max_length": 35},
                "amount": {
                    "path": "Amt/InstdAmt",
                    "type": "money",
                    "required": True,
                    "scale": 2,
                    "digits": 18,
                },
                "currency": {"path": "Amt/InstdAmt/@Ccy", "required": True, "matches": "[A-Z]{3}"},
                "creditor": {
                    "required": True,
                    "fields": {
                        "name": {"path": "Cdtr/Nm", "required": True, "max_length": 140},
                        "address": {
                            "path": "Cdtr/PstlAdr",
                            "fields": {
                                "town": {"path": "TwnNm"},
                                "country": {"path": "Ctry", "matches": "[A-Z]{2}"},
                            },
                        },
                        "account": {"path": "CdtrAcct/Id/IBAN", "required": True},
                    },
                },
                "texts": {"path": "RmtInf/Ustrd", "many": True, "max_length": 140},
                "references": {
                    "path": "RmtInf/Strd",
                    "many": True,
                    "fields": {
                        "type": {"path": "CdtrRefInf/Tp/CdOrPrtry/Cd", "constant": "SCOR"},
                        "value": {"path": "CdtrRefInf/Ref", "required": True, "max_length": 35},
                    },
                },
            },
        },
    },
}
MESSAGE: Record = {"id": "M1", "created": datetime(2026, 11, 20, 10), "initiator": "Acme & Söhne"}
BATCH: Record = {
    "id": "B1",
    "date": date(2026, 11, 21),
    "debtor": None,
    "account": "FI2112345600000785",
    "bic": "NDEAFIHH",
}


def payment(number: int, batch: Record = BATCH, **changes: Any) -> Record:
    """A payment with everything a file needs."""
    return {
        "message": MESSAGE,
        "batch": batch,
        "end_to_end_id": f"E{number}",
        "amount": Decimal(number) + Decimal("0.10"),
        "currency": "EUR",
        "creditor": {"name": 'Åke <"&> Oy', "address": None, "account": "FI2112345600000785"},
        "texts": [],
        "references": [{"value": "RF18539007547034"}],
        "@line": number + 1,
        **changes,
    }


def test_the_bytes_of_a_small_file() -> None:
    data, findings = write(layout(PAIN, indent=2), payment(1, texts=["a]]>b"], references=None))
    assert findings == []
    assert data.decode() == (
        """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09">
  <CstmrCdtTrfInitn>
    <GrpHdr>
      <MsgId>M1</MsgId>
      <CreDtTm>2026-11-20T10:00:00</CreDtTm>
      <NbOfTxs>1</NbOfTxs>
      <CtrlSum>1.10</CtrlSum>
      <InitgPty>
        <Nm>Acme &amp; Söhne</Nm>
      </InitgPty>
    </GrpHdr>
    <PmtInf>
      <PmtInfId>B1</PmtInfId>
      <PmtMtd>TRF</PmtMtd>
      <NbOfTxs>1</NbOfTxs>
      <CtrlSum>1.10</CtrlSum>
      <PmtTpInf>
        <SvcLvl>
          <Cd>SEPA</Cd>
        </SvcLvl>
      </PmtTpInf>
      <ReqdExctnDt>
        <Dt>2026-11-21</Dt>
      </ReqdExctnDt>
      <DbtrAcct>
        <Id>
          <IBAN>FI2112345600000785</IBAN>
        </Id>
      </DbtrAcct>
      <DbtrAgt>
        <FinInstnId>
          <BICFI>NDEAFIHH</BICFI>
        </FinInstnId>
      </DbtrAgt>
      <CdtTrfTxInf>
        <PmtId>
          <EndToEndId>E1</EndToEndId>
        </PmtId>
        <Amt>
          <InstdAmt Ccy="EUR">1.10</InstdAmt>
        </Amt>
        <Cdtr>
          <Nm>Åke &lt;"&amp;&gt; Oy</Nm>
        </Cdtr>
        <CdtrAcct>
          <Id>
            <IBAN>FI2112345600000785</IBAN>
          </Id>
        </CdtrAcct>
        <RmtInf>
          <Ustrd>a]]&gt;b</Ustrd>
        </RmtInf>
      </CdtTrfTxInf>
    </PmtInf>
  </CstmrCdtTrfInitn>
</Document>
"""
    )


def test_without_indentation_it_is_the_same_document() -> None:
    wide, _ = write(layout(PAIN, indent=2), payment(1), payment(2))
    narrow, _ = write(layout(PAIN), payment(1), payment(2))
    parser = etree.XMLParser(remove_blank_text=True)
    assert etree.tostring(etree.fromstring(wide, parser)) == etree.tostring(etree.fromstring(narrow, parser))
    assert narrow.count(b"\n") == 2


def test_interleaved_groups_stand_together_and_totals_are_theirs() -> None:
    other = {**BATCH, "id": "B2"}
    payments = [payment(number, other if number % 3 == 0 else BATCH) for number in range(30)]
    data, findings = write(layout(PAIN), *payments)
    assert findings == []
    root = etree.fromstring(data)
    groups = root.findall(".//{*}PmtInf")
    assert [group.findtext("{*}PmtInfId") for group in groups] == ["B2", "B1"]
    assert [group.findtext("{*}NbOfTxs") for group in groups] == ["10", "20"]
    assert [group.findtext("{*}CtrlSum") for group in groups] == ["136.00", "302.00"]
    assert root.findtext(".//{*}GrpHdr/{*}CtrlSum") == "438.00"
    ids = [element.text for element in groups[0].iter("{*}EndToEndId")]
    assert ids == [f"E{number}" for number in range(0, 30, 3)]


def test_a_large_body_goes_through_one_spool_file_and_equals_the_small_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = {**BATCH, "id": "B2"}
    payments = [payment(number, other if number % 2 else BATCH) for number in range(200)]
    expected, _ = write(layout(PAIN), *payments)
    monkeypatch.setattr("exchange.formats.xml.writing.BLOCK", 1000)
    made: list[Any] = []

    def spool() -> Any:
        made.append(tempfile.TemporaryFile())  # noqa: SIM115  (closed at the end)
        return made[-1]

    out = io.BytesIO()
    batches = [payments[start : start + 7] for start in range(0, 200, 7)]
    written = xml.writer(layout(PAIN)).write(
        batches, out, spool, lambda finding: pytest.fail(finding.message)
    )
    assert out.getvalue() == expected and len(made) == 1
    assert written.records == {"message": 1, "batch": 2, "payment": 200}
    made[0].close()


def test_every_rule_that_is_broken_is_told_with_the_place_of_the_source() -> None:
    bad = payment(7, amount=Decimal("1.234"), currency="EURO", creditor=None)
    bad |= {"texts": "x", "references": [{"value": "fine"}, {"value": "a\x01"}]}
    _, findings = write(layout(PAIN), payment(1), bad)
    base = "/Document/CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf"
    assert [(finding.code, finding.field, finding.path, finding.line) for finding in findings] == [
        ("VAL012", "amount", f"{base}/Amt/InstdAmt", 8),
        ("VAL004", "currency", f"{base}/Amt/InstdAmt/@Ccy", 8),
        ("VAL001", "creditor", base, 8),
        ("XML023", "texts", base, 8),
        ("XML020", "references.value", f"{base}/RmtInf/Strd[2]/CdtrRefInf/Ref", 8),
    ]
    assert "U+0001" in findings[-1].message


def test_values_of_a_wrong_type_are_told_and_do_not_break_the_totals() -> None:
    _, findings = write(
        layout(PAIN), payment(1), payment(2, amount="3.00"), payment(3, amount=None, creditor="x")
    )
    assert [(finding.code, finding.field, finding.line) for finding in findings] == [
        ("VAL040", "amount", 3),
        ("VAL001", "amount", 4),
        ("XML023", "creditor", 4),
        ("VAL001", "creditor", 4),
    ]


def test_totals_are_exact_beyond_the_usual_precision() -> None:
    payments = [payment(1, amount=Decimal("9999999999999999.99")) for _ in range(3)]
    data, findings = write(layout(PAIN), *payments)
    assert findings == [] and b"<CtrlSum>29999999999999999.97</CtrlSum>" in data


def test_a_wrong_value_around_records_is_told_once() -> None:
    batch = {**BATCH, "account": "FI00"}
    _, findings = write(layout(PAIN), payment(1, batch), payment(2, batch))
    assert [(finding.code, finding.field) for finding in findings] == [("VAL007", "account")]


def test_a_total_that_the_mapping_made_must_be_right() -> None:
    message = {**MESSAGE, "count": 1, "total": Decimal("3.20")}
    _, (finding,) = write(layout(PAIN), payment(1, message=message), payment(2, message=message))
    assert (finding.code, finding.field, finding.value) == ("XML013", "count", "1")


def test_one_root_only() -> None:
    declared = {"layout": "acme/i", "format": "xml", "record": "invoice", "at": "Invoice"}
    declared |= {"fields": {"id": {"path": "ID"}}}
    assert codes(write(layout(declared), {"id": "1"})[1]) == []
    assert codes(write(layout(declared), {"id": "1"}, {"id": "2"})[1]) == ["XML021"]
    assert codes(write(layout(declared))[1]) == ["XML022"]
    assert write(layout({**declared, "at": "Invoices/Invoice"})) == (
        b'<?xml version="1.0" encoding="UTF-8"?>\n<Invoices></Invoices>\n',
        [],
    )


def test_constants_conditions_and_attributes() -> None:
    of = layout(
        {
            "layout": "acme/s",
            "format": "xml",
            "record": "s",
            "at": "s",
            "fields": {
                "version": {"path": "@v", "constant": "3.0"},
                "opening": {"path": "bal[tp/cd='OP']/amt", "type": "money"},
                "closing": {"path": "bal[tp/cd='CL']/amt", "type": "money"},
                "closing_currency": {"path": "bal[tp/cd='CL']/amt/@ccy"},
                "phone": {"path": "phone[@kind='home']"},
                "date": {"path": "date", "type": "date"},
                "date_format": {"path": "date/@format", "constant": "ansi"},
                "code": {"path": "scheme/code", "constant": "{x}&\"'"},
                "optional": {
                    "fields": {"id": {"path": "org/id"}, "kind": {"path": "org/kind", "constant": "K"}}
                },
            },
        }
    )
    record = {
        "closing": Decimal("1.5"),
        "closing_currency": 'E"',
        "phone": "1",
        "opening": None,
        "date": None,
    }
    data, findings = write(of, record)
    assert findings == []
    assert data.partition(b"\n")[2].decode() == (
        '<s v="3.0"><bal><tp><cd>CL</cd></tp><amt ccy="E&quot;">1.5</amt></bal><phone kind="home">1</phone>'
        "<scheme><code>{x}&amp;\"'</code></scheme></s>\n"
    )
    (back,), findings = read(of, data)
    assert findings == [] and {name: back[name] for name in record} == record
    assert codes(write(of, {**record, "version": "2"})[1]) == ["VAL006"]


def test_kinds_in_shared_elements_and_late_fields() -> None:
    declared = {
        "layout": "acme/d",
        "format": "xml",
        "indent": 2,
        "records": {
            "day": {"at": "day", "fields": {"id": {"path": "id"}, "end": {"path": "end", "late": True}}},
            "sale": {"inside": "day", "at": "all/sales/sale", "fields": {"id": {"path": "@id"}}},
            "refund": {"inside": "day", "at": "all/refund", "fields": {"id": {"path": "."}}},
        },
    }
    day = {"id": "d", "end": "e"}
    sales = [{"@kind": "sale", "day": day, "id": number} for number in "12"]
    records = [{"@kind": "refund", "day": day, "id": "r"}, *sales]
    data, findings = write(layout(declared), *records)
    assert findings == []
    assert data.decode().splitlines()[1:] == [
        "<day>", "  <id>d</id>", "  <all>", "    <sales>", '      <sale id="1"/>', '      <sale id="2"/>',
        "    </sales>", "    <refund>r</refund>", "  </all>", "  <end>e</end>", "</day>",
    ]  # fmt: skip
    back, findings = read(layout(declared), data)
    assert findings == []
    assert [(record["@kind"], record["id"]) for record in back] == [
        ("sale", "1"),
        ("sale", "2"),
        ("refund", "r"),
    ]
    assert back[0]["day"] == day


def test_prefixes_and_other_encodings() -> None:
    declared = {
        "layout": "acme/u", "format": "xml", "encoding": "iso-8859-1", "namespace": "urn:inv",
        "prefixes": {"cbc": "urn:cbc", "xsi": "http://www.w3.org/2001/XMLSchema-instance"},
        "record": "invoice", "at": "Invoice",
        "fields": {"schema": {"path": "@xsi:schemaLocation", "constant": "urn:inv a.xsd"}, "id": {"path": "cbc:ID"}},
    }  # fmt: skip
    data, findings = write(layout(declared), {"id": "Å€"})
    assert findings == [] and data == (
        b'<?xml version="1.0" encoding="ISO-8859-1"?>\n<Invoice xmlns="urn:inv" xmlns:cbc="urn:cbc" '
        b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:inv a.xsd">'
        b"<cbc:ID>\xc5&#8364;</cbc:ID></Invoice>\n"
    )
    (back,), findings = read(layout(declared), data)
    assert findings == [] and back["id"] == "Å€"


def test_layouts_that_can_only_be_read() -> None:
    for declared, words in (
        (ORDERS, r"its namespace ends in \*"),
        ({**PAIN, "encoding": "utf-16"}, "cannot be written in"),
        ({**PAIN, "prefixes": {"x": "urn:*"}}, 'namespace of "x" ends in'),
    ):
        with pytest.raises(UseError, match=words):
            xml.writer(layout(declared))


WRITABLE = st.characters(
    exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff", include_characters="\n\t\r"
)
TEXT = st.text(WRITABLE, max_size=20).map(str.strip).map(lambda text: text or None)
LOOKS_DAMAGED = ("ENC004", "ENC007")
"""Text at random may look like damaged text: that is told, and changes nothing."""
LINES = st.lists(st.tuples(TEXT.filter(bool), TEXT), max_size=3)
ROWS = st.lists(st.tuples(TEXT, TEXT, st.decimals(0, 10**9, places=2), LINES), max_size=5)


@settings(max_examples=150)
@example([(None, None, Decimal("0.00"), [("0", "\ufffd")])])
@given(ROWS)
def test_what_is_written_is_read_again(rows: list[Any]) -> None:
    of = layout(
        {
            "layout": "acme/r",
            "format": "xml",
            "record": "row",
            "at": "rows/row",
            "fields": {
                "a": {"path": "@a"},
                "b": {"path": "x/b"},
                "n": {"path": "x/n", "type": "money", "scale": 2},
                "l": {"many": True, "path": "l", "fields": {"t": {"path": "."}, "k": {"path": "@k"}}},
            },
        }
    )
    records = [{"a": a, "b": b, "n": n, "l": [{"t": t, "k": k} for t, k in ls]} for a, b, n, ls in rows]
    data, findings = write(of, *records)
    assert findings == []
    back, findings = read(of, data, 64) if rows else ([], [])
    assert [found for found in findings if found.code not in LOOKS_DAMAGED] == []
    assert [{name: record[name] for name in "abnl"} for record in back] == records
    assert write(of, *records)[0] == data


@pytest.mark.parametrize(("town", "inside"), [(None, b"<b></b>"), ("Oslo", b"<b><town>Oslo</town></b>")])
def test_an_element_that_the_schema_demands_is_written_empty(town: str | None, inside: bytes) -> None:
    fields = {"id": {"path": "a/id"}, "town": {"path": "b/town"}, "end": {"path": "c"}}
    declared = layout(
        {"layout": "a/b", "format": "xml", "record": "r", "at": "R", "always": ["b"], "fields": fields}
    )
    data, found = write(declared, {"@kind": "r", "id": "1", "town": town, "end": None})
    assert found == []
    assert data.partition(b"<R>")[2].strip() == b"<a><id>1</id></a>" + inside + b"</R>"
