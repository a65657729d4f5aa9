"""What a bank answers about payments of an LB file comes back as the reports of Bankgirot, record by record."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lxml import etree

from exchange.operations.trying import try_flow

SAMPLES = Path(__file__).parents[2] / "samples/swedish-bridge"
SITE = SAMPLES / "site"
SENT = SAMPLES / "supplier-payments/01-week-48.in.txt"
ECHOED = ("Amt", "RmtInf", "Cdtr", "CdtrAcct")
"""What banks repeat of a payment in OrgnlTxRef; the day stands at the batch."""


def payments() -> list[tuple[str, etree._Element]]:
    """The payments that are sent for the LB file, each with its day."""
    data = SENT.with_name("01-week-48.out.1.xml").read_bytes()
    document = etree.fromstring(re.sub(rb' xmlns="[^"]*"', b"", data))
    return [
        (batch.findtext("ReqdExctnDt/Dt"), one)
        for batch in document.iter("PmtInf")
        for one in batch.iter("CdtTrfTxInf")
    ]


def answer(status: str, code: str) -> str:
    """A bank's answer that says the same of every payment, and repeats what was ordered."""
    told = []
    for day, one in payments():
        parts = {name: etree.tostring(one.find(name), encoding="unicode") for name in ECHOED}
        parts["Cdtr"] = parts["Cdtr"].replace("<Cdtr>", "<Cdtr><Pty>").replace("</Cdtr>", "</Pty></Cdtr>")
        told.append(
            f"<TxInfAndSts><OrgnlInstrId>{one.findtext('PmtId/InstrId')}</OrgnlInstrId>"
            f"<OrgnlEndToEndId>{one.findtext('PmtId/EndToEndId')}</OrgnlEndToEndId><TxSts>{status}</TxSts>"
            + (f"<StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf>" if code else "")
            + f"<OrgnlTxRef>{parts['Amt']}<ReqdExctnDt><Dt>{day}</Dt></ReqdExctnDt>{parts['RmtInf']}{parts['Cdtr']}"
            f"{parts['CdtrAcct']}</OrgnlTxRef></TxInfAndSts>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10">'
        "<CstmrPmtStsRpt><GrpHdr><MsgId>B1</MsgId><CreDtTm>2026-11-23T10:00:00</CreDtTm></GrpHdr>"
        "<OrgnlGrpInfAndSts><OrgnlMsgId>A</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId></OrgnlGrpInfAndSts>"
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>A-1</OrgnlPmtInfId>{''.join(told)}</OrgnlPmtInfAndSts>"
        "</CstmrPmtStsRpt></Document>"
    )


def reported(tmp_path: Path, corpus: Path, status: str, code: str) -> dict[int, list[str]]:
    """The lines of each report that the flow makes, by its target."""
    path = tmp_path / "bank.in.xml"
    path.write_text(answer(status, code), encoding="utf-8")
    schema = etree.XMLSchema(etree.parse(corpus / "bank/xsd/pain/pain.002.001.10.xsd"))
    schema.assertValid(etree.parse(path))
    ((tried,), _) = try_flow(SITE, "answers", [path], write=True)
    assert not tried.is_bad, tried.outcome.findings.kept
    return {
        int(made.name.split(".out.")[1][0]): made.read_bytes().decode("iso-8859-1").splitlines()
        for made in tmp_path.glob("bank.out.*")
    }


def sent_lines() -> dict[str, str]:
    """The payments of the LB file by the sender's own text."""
    lines = SENT.read_bytes().decode("iso-8859-1").splitlines()
    return {line[60:80].strip(): line for line in lines if line[:2] in ("14", "54")}


@pytest.mark.parametrize(("code", "report"), [("AC01", "6"), ("DT01", "6"), ("AM04", "7"), ("MS03", "6")])
def test_rejected_records_come_back_as_they_were_sent(
    tmp_path: Path, corpus: Path, code: str, report: str
) -> None:
    lines = reported(tmp_path, corpus, "RJCT", code)[1]
    assert [line[46] for line in lines if line.startswith("11")] == [report]
    back = {line[60:80].strip(): line for line in lines if line[:2] in ("14", "54")}
    assert set(back) == set(sent_lines()) and len(back) == 4
    for own_text, line in sent_lines().items():
        assert back[own_text][:12] == line[:12], "kind of record and payee"
        assert back[own_text][37:55] == line[37:55], "amount and day"
        if line[2:6] != "0000":  # texts to a bank account are joined into one on the way
            assert back[own_text] == line
    assert sum(line.startswith("49MTRV") for line in lines) == 4
    assert lines[-1][12:20] == "00000004"


def test_accepted_payments_of_coming_days_are_the_monitored_ones(tmp_path: Path, corpus: Path) -> None:
    (lines,) = reported(tmp_path, corpus, "ACCP", "").values()
    assert [(line[2:8], line[14:27]) for line in lines if line.startswith("43")] == [
        ("261127", f"{3096200:013}")
    ]
