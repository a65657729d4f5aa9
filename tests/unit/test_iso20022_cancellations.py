"""camt.055, camt.056, pain.007, camt.029 and camt.060: what becomes of requests to take payments back, and of the answers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from iso20022_support import ISO, OTHER, OWN, codes, documents, element, taken

from exchange.model import Record

GROUP = "OrgnlGrpInfAndCxl/OrgnlMsgId=M0; OrgnlGrpInfAndCxl/OrgnlMsgNmId=pain.001.001.09"
ASSIGNED = "Assgnmt/Id=R1; Assgnmt/Assgnr/Pty/Nm=We Oy; Assgnmt/Assgne/Agt/FinInstnId/BICFI=NDEAFIHH"
ASSIGNED += "; Assgnmt/CreDtTm=2026-11-21T09:00:00"
PAID = (
    f"OrgnlTxRef/Dbtr/Pty/Nm=We Oy; OrgnlTxRef/DbtrAcct/Id/IBAN={OWN}; "
    f"OrgnlTxRef/Cdtr/Pty/Nm=Payee; OrgnlTxRef/CdtrAcct/Id/IBAN={OTHER}"
)


def message(name: str, root: str, *parts: str) -> bytes:
    """A message of these parts."""
    return f'<Document xmlns="{ISO}{name}"><{root}>{"".join(parts)}</{root}></Document>'.encode()


def inside(name: str, *parts: str) -> str:
    """An element that holds these parts."""
    return f"<{name}>{''.join(parts)}</{name}>"


def of_level(made: list[Record], level: str) -> Record:
    """The only document of a level."""
    (found,) = [each for each in made if each["level"] == level]
    return found


def request(*underlying: str, version: str = "08", count: str = "1", total: str = "100.00") -> bytes:
    """A customer's request."""
    control = element(f"CtrlData/NbOfTxs={count}; CtrlData/CtrlSum={total}")
    return message(
        f"camt.055.001.{version}",
        "CstmrPmtCxlReq",
        element(ASSIGNED),
        element("Case/Id=C1"),
        control,
        *(inside("Undrlyg", each) for each in underlying),
    )


def one_payment(amount: str = "100.00") -> str:
    """A batch with one payment to cancel."""
    ids = "CxlId=X1; OrgnlInstrId=I1; OrgnlEndToEndId=E1; OrgnlUETR=0b5c8f8e-5a45-4d7e-8c7d-1a2b3c4d5e6f"
    paid = f"OrgnlInstdAmt@Ccy=EUR:{amount}; OrgnlReqdExctnDt/Dt=2026-11-20; CxlRsnInf/Rsn/Cd=DUPL; CxlRsnInf/AddtlInf=Twice"
    return inside(
        "OrgnlPmtInfAndCxl",
        element("PmtCxlId=B1; OrgnlPmtInfId=P1"),
        inside("TxInf", element(f"{ids}; {paid}; {PAID}")),
    )


def test_one_payment_is_to_be_cancelled() -> None:
    made, found = documents(request(element(GROUP) + one_payment()), "iso20022/camt.055")
    assert (codes(found), sorted(each["level"] for each in made)) == ([], ["batch", "file", "payment"])
    payment = of_level(made, "payment")
    ids = (
        "message_id",
        "id",
        "case_id",
        "original_message_id",
        "payment_info_id",
        "end_to_end_id",
        "instruction_id",
    )
    assert taken(payment, "kind", *ids) == ("cancellation", "R1", "X1", "C1", "M0", "P1", "E1", "I1")
    assert taken(payment, "amount", "currency", "execution_date", "sender", "receiver") == (
        100, "EUR", date(2026, 11, 20), "We Oy", "NDEAFIHH",
    )  # fmt: skip
    assert taken(payment, "debtor.account", "creditor.name", "creditor.account") == (OWN, "Payee", OTHER)
    assert payment["reasons"] == [{"code": "DUPL", "proprietary": None, "text": "Twice"}]
    assert of_level(made, "file")["whole"] is None


def test_a_whole_file_is_to_be_cancelled() -> None:
    group = f"{GROUP}; OrgnlGrpInfAndCxl/NbOfTxs=7; OrgnlGrpInfAndCxl/CtrlSum=100.00; OrgnlGrpInfAndCxl/GrpCxl=true"
    group = f"{group}; OrgnlGrpInfAndCxl/CxlRsnInf/Rsn/Cd=CUST"
    made, found = documents(request(element(group), count="7"), "iso20022/camt.055")
    assert found == []
    assert [taken(each, "level", "whole", "count", "original_message_type") for each in made] == [
        ("file", True, 7, "pain.001.001.09")
    ]


@pytest.mark.parametrize(("count", "total"), [("2", "100.00"), ("1", "99.99")])
def test_a_request_that_says_another_number_or_sum_is_held(count: str, total: str) -> None:
    made, found = documents(
        request(element(GROUP) + one_payment(), count=count, total=total), "iso20022/camt.055"
    )
    assert (len(made), [(each.code, each.severity) for each in found]) == (3, [("XML013", "error")])


def test_a_recall_between_banks() -> None:
    payment = f"CxlId=X1; OrgnlGrpInf/OrgnlMsgId=M0; OrgnlTxId=T1; OrgnlEndToEndId=NOTPROVIDED; {PAID}"
    payment += "; OrgnlIntrBkSttlmAmt@Ccy=EUR:5.50; OrgnlIntrBkSttlmDt=2026-11-19; CxlRsnInf/Rsn/Cd=FRAD"
    payment = payment.replace(f"; {PAID}", "") + f"; {PAID}"
    data = message(
        "camt.056.001.08",
        "FIToFIPmtCxlReq",
        element(ASSIGNED),
        inside("Undrlyg", inside("TxInf", element(payment))),
    )
    (made,), found = documents(data, "iso20022/camt.056")
    assert (taken(made, "kind", "transaction_id", "end_to_end_id", "amount"), found) == (
        ("recall", "T1", None, Decimal("5.50")),
        [],
    )
    assert taken(made, "original_message_id", "execution_date", "creditor.name") == (
        "M0",
        date(2026, 11, 19),
        "Payee",
    )


def test_direct_debits_are_given_back() -> None:
    head = "GrpHdr/MsgId=R1; GrpHdr/CreDtTm=2026-11-21T09:00:00; GrpHdr/NbOfTxs=1; GrpHdr/CtrlSum=8; GrpHdr/GrpRvsl=false"
    payment = "RvslId=X1; OrgnlEndToEndId=E1; OrgnlInstdAmt@Ccy=EUR:10.00; RvsdInstdAmt@Ccy=EUR:8.00; RvslRsnInf/Rsn/Cd=AM05"
    data = message(
        "pain.007.001.09", "CstmrPmtRvsl", element(head), element("OrgnlGrpInf/OrgnlMsgId=M0"),
        inside("OrgnlPmtInfAndRvsl", element("OrgnlPmtInfId=P1"), inside("TxInf", element(payment))),
    )  # fmt: skip
    made, found = documents(data, "iso20022/pain.007")
    assert found == []
    assert taken(of_level(made, "payment"), "kind", "amount", "original_message_id", "payment_info_id") == (
        "reversal", 8, "M0", "P1",
    )  # fmt: skip
    assert of_level(made, "file")["whole"] is False


def given_back(control: str, *batches: str) -> bytes:
    """An order to give direct debits back, with these control values."""
    head = element(f"GrpHdr/MsgId=R1; GrpHdr/CreDtTm=2026-11-21T09:00:00; {control}")
    return message("pain.007.001.09", "CstmrPmtRvsl", head, element("OrgnlGrpInf/OrgnlMsgId=M0"), *batches)


@pytest.mark.parametrize(
    ("control", "batches", "wrong"),
    [
        ("GrpHdr/NbOfTxs=1; GrpHdr/CtrlSum=8", "P", []),
        ("GrpHdr/NbOfTxs=2; GrpHdr/CtrlSum=8", "P", ["count"]),
        ("GrpHdr/NbOfTxs=1; GrpHdr/CtrlSum=10", "P", ["sum"]),
        ("GrpHdr/NbOfTxs=5; GrpHdr/CtrlSum=50", "W", []),
        ("GrpHdr/NbOfTxs=6; GrpHdr/CtrlSum=58", "PW", []),
        ("GrpHdr/NbOfTxs=1; GrpHdr/CtrlSum=8", "PW", ["count", "sum"]),
        ("GrpHdr/NbOfTxs=7; GrpHdr/CtrlSum=70; GrpHdr/GrpRvsl=true", "", []),
        ("GrpHdr/NbOfTxs=7; GrpHdr/CtrlSum=70; GrpHdr/GrpRvsl=false", "", ["count", "sum"]),
    ],
)
def test_an_order_that_says_another_number_or_sum_is_held(
    control: str, batches: str, wrong: list[str]
) -> None:
    payment = element("OrgnlEndToEndId=E1; OrgnlInstdAmt@Ccy=EUR:10.00; RvsdInstdAmt@Ccy=EUR:8.00")
    known = {
        "P": inside("OrgnlPmtInfAndRvsl", element("OrgnlPmtInfId=P1; OrgnlNbOfTxs=9"), inside("TxInf", payment)),
        "W": inside("OrgnlPmtInfAndRvsl", element("OrgnlPmtInfId=P2; OrgnlNbOfTxs=5; OrgnlCtrlSum=50; PmtInfRvsl=true")),
    }  # fmt: skip
    _, found = documents(given_back(control, *(known[each] for each in batches)), "iso20022/pain.007")
    assert [(each.code, each.severity, each.field) for each in found] == [
        ("XML013", "error", name) for name in wrong
    ]


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("ACCR", "accepted"), ("CNCL", "accepted"), ("RJCR", "rejected"), ("PDCR", "pending"), ("CWFW", "pending"),
        ("PACR", "partial"), ("PECR", "partial"), ("INFO", "unknown"),
    ],
)  # fmt: skip
def test_answers(code: str, verdict: str) -> None:
    reason = f"CxlStsRsnInf/Rsn/Cd=AGNT; CxlStsRsnInf/AddtlInf=Refused; OrgnlInstdAmt@Ccy=EUR:100.00; {PAID}"
    payment = inside("TxInfAndSts", element(f"CxlStsId=X1; OrgnlEndToEndId=E1; TxCxlSts={code}; {reason}"))
    data = message(
        "camt.029.001.09", "RsltnOfInvstgtn", element(ASSIGNED), element("RslvdCase/Id=C1"), element(f"Sts/Conf={code}"),
        inside(
            "CxlDtls",
            element("OrgnlGrpInfAndSts/OrgnlMsgId=M0; OrgnlGrpInfAndSts/OrgnlMsgNmId=pain.001.001.09"),
            inside("OrgnlPmtInfAndSts", element("OrgnlPmtInfId=P1"), payment),
        ),
    )  # fmt: skip
    made, found = documents(data, "iso20022/camt.029")
    assert (sorted(each["level"] for each in made), found) == (["batch", "case", "file", "payment"], [])
    answer = of_level(made, "payment")
    assert taken(answer, "status", "verdict", "case_id", "original_message_id") == (code, verdict, "C1", "M0")
    assert taken(answer, "payment_info_id", "amount", "creditor.account") == ("P1", 100, OTHER)
    assert answer["reasons"] == [{"code": "AGNT", "proprietary": None, "text": "Refused"}]
    assert taken(of_level(made, "case"), "verdict", "case_id") == (verdict, "C1")


def test_a_request_for_statements() -> None:
    asked = f"RptgReq/Id=1; RptgReq/ReqdMsgNmId=camt.053.001.08; RptgReq/Acct/Id/IBAN={OWN}; RptgReq/AcctOwnr/Pty/Nm=We Oy"
    period = "RptgReq/RptgPrd/FrToDt/FrDt=2026-11-01; RptgReq/RptgPrd/FrToDt/ToDt=2026-11-20; RptgReq/RptgPrd/Tp=ALLL"
    data = message(
        "camt.060.001.05", "AcctRptgReq", element("GrpHdr/MsgId=R1"), element(f"{asked}; {period}")
    )
    (made,), found = documents(data, "iso20022/camt.060")
    assert (taken(made, "message_type", "account", "account_scheme", "owner.name"), found) == (
        ("camt.053.001.08", OWN, "iban", "We Oy"),
        [],
    )
    assert taken(made, "period_from", "period_to", "changes_only") == (
        date(2026, 11, 1),
        date(2026, 11, 20),
        False,
    )
