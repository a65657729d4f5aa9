"""What no mapping of a flow takes is told, unless the flow says that it leaves it out."""

from __future__ import annotations

from pathlib import Path

import pytest

from exchange.declare.problems import DeclarationError
from exchange.flow.content import Content
from exchange.flow.site import open_site
from tests.flow.test_straight import FACTS

SAMPLES = Path(__file__).parents[2] / "samples"
AUTOGIRO = "bankgirot/autogiro/01-27-november.in.txt"
TARGETS = """layout: bankgirot/autogiro-payments
to:
  - map: [bankgirot/autogiro-payments-in-to-bank-transaction, generic/bank-transaction-to-lines]
    write: generic/bank-transactions
    at: "folder:out"
    name: "paid-{arrival.id}"
"""
AND_STOPPED = """  - map: [bankgirot/autogiro-payments-stopped-in-to-payment-status, generic/payment-status-to-lines]
    write: generic/payment-statuses
    at: "folder:out"
    name: "stopped-{arrival.id}"
"""
KEPT = (
    "layout: bankgirot/autogiro-payments\nmap: [bankgirot/autogiro-payments-in-to-bank-transaction]\nto: []\n"
)
CLAIMS = "layout: netsgiro/avtalegiro\nmap: [netsgiro/avtalegiro-to-payment]\nto: []\n"
DELETIONS = "netsgiro/deletions/01-december.in.txt"
STATEMENTS = "layout: iso20022/camt.053\nmap: [iso20022/camt.053-to-bank-transaction]\nto: []\n"
BALANCES = "layout: iso20022/camt.053\nmap: [iso20022/camt.053-to-bank-statement]\nto: []\n"
STATEMENT = "nordkaffe/bank-statements/01-camt053-02.in.xml"


def content(folder: Path, text: str) -> Content:
    """The content of a flow of a site of its own."""
    (folder / "flows").mkdir()
    (folder / "exchange.yaml").write_text("site: s\ntime zone: Europe/Oslo\n", "utf-8")
    head = 'flow: f\nfrom: {at: "folder:in", match: "*"}\n'
    (folder / "flows/f.yaml").write_text(head + text, "utf-8")
    made = open_site(folder).flows["f"].content
    assert isinstance(made, Content)
    return made


@pytest.mark.parametrize(
    ("flow", "file", "told"),
    [
        (KEPT, AUTOGIRO, "1 × stopped payment"),
        (TARGETS, AUTOGIRO, "1 × stopped payment"),
        (TARGETS + AND_STOPPED, AUTOGIRO, None),
        (KEPT + "leaves out: [stopped payment, refund]\n", AUTOGIRO, None),
        (CLAIMS, DELETIONS, "1 × deletion"),
        (STATEMENTS, STATEMENT, None),
        (BALANCES + "leaves out: [entry]\n", STATEMENT, None),
    ],
)
def test_what_no_mapping_takes_is_told(tmp_path: Path, flow: str, file: str, told: str | None) -> None:
    outcome, _ = content(tmp_path, flow).process(SAMPLES / file, FACTS, tmp_path)
    assert not outcome.is_bad
    passed = [found for found in outcome.findings.kept if found.code == "FLO007"]
    assert [(found.severity, found.value) for found in passed] == ([("warning", told)] if told else [])


@pytest.mark.parametrize(
    ("flow", "names", "advice"),
    [
        (KEPT, "[refunds]", "refund"),
        (KEPT, "[payment_in]", "payment_out"),
        ("layout: sie/4i\nmap: [sie/4i-to-voucher]\nto: []\n", "[balance]", "remove it"),
        ("layout: sie/4i\nto: []\n", "[balance]", "remove it"),
    ],
)
def test_what_is_not_left_out_is_not_said_to_be(tmp_path: Path, flow: str, names: str, advice: str) -> None:
    with pytest.raises(DeclarationError) as raised:
        content(tmp_path, f"{flow}leaves out: {names}\n")
    (problem,) = raised.value.problems
    assert "leave out" in problem.message
    assert advice in problem.advice


HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:{name}"><{root}>{head}{rest}</{root}>'
    "</Document>"
)
ASSIGNMENT = "<Assgnmt><Id>A1</Id><CreDtTm>2026-11-30T10:00:00</CreDtTm></Assgnmt>"
REPORT = "<GrpHdr><MsgId>A1</MsgId><CreDtTm>2026-11-30T10:00:00</CreDtTm></GrpHdr>"
WHOLE = "<Undrlyg><OrgnlGrpInfAndCxl><OrgnlMsgId>M1</OrgnlMsgId><GrpCxl>true</GrpCxl></OrgnlGrpInfAndCxl></Undrlyg>"
REFUSED = "<OrgnlGrpInfAndSts><OrgnlMsgId>M1</OrgnlMsgId><GrpSts>RJCT</GrpSts></OrgnlGrpInfAndSts>"


@pytest.mark.parametrize(
    ("layout", "version", "root", "head", "rest", "mapping", "told"),
    [
        ("camt.055", "08", "CstmrPmtCxlReq", ASSIGNMENT, "", "camt.055-payment-to-payment-cancellation", ""),
        ("camt.055", "08", "CstmrPmtCxlReq", ASSIGNMENT, WHOLE, "camt.055-payment-to-payment-cancellation", "1 × file"),
        ("camt.055", "08", "CstmrPmtCxlReq", ASSIGNMENT, WHOLE, "camt.055-file-to-payment-cancellation", None),
        ("camt.056", "08", "FIToFIPmtCxlReq", ASSIGNMENT, "", "camt.056-payment-to-payment-cancellation", ""),
        ("camt.029", "09", "RsltnOfInvstgtn", ASSIGNMENT, "<Sts><Conf>RJCR</Conf></Sts>", "camt.029-payment-to-cancellation-status", "1 × message"),
        ("pain.002", "03", "CstmrPmtStsRpt", REPORT, REFUSED, "pain.002-payment-to-payment-status", "1 × message"),
        ("pain.002", "03", "CstmrPmtStsRpt", REPORT, REFUSED, "pain.002-file-to-payment-status", None),
    ],
)  # fmt: skip
def test_an_answer_or_a_request_of_which_nothing_is_taken_is_held(
    tmp_path: Path, layout: str, version: str, root: str, head: str, rest: str, mapping: str, told: str | None
) -> None:
    file = tmp_path / "answer.xml"
    file.write_text(
        HEAD.format(name=f"{layout}.001.{version}", root=root, head=head, rest=rest), encoding="utf-8"
    )
    flow = f"layout: iso20022/{layout}\nmap: [iso20022/{mapping}]\nto: []\n"
    outcome, _ = content(tmp_path, flow).process(file, FACTS, tmp_path)
    found = [each for each in outcome.findings.kept if each.code == "FLO008"]
    assert outcome.is_bad == (told is not None)
    assert [each.value for each in found] == ([] if told is None else [told])
