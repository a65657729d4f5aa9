"""A bank that answers and books with the ids of payments or batches alone: the ledger's reports are written all the same, with what was ordered."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.journeys.conftest import Shell
from tests.support.handing import hand_over

PAYERS = """bankgiro;name;organisation;iban;bic;town
5312079;Norrbageri i Umeå AB;5566778899;SE4550000000058398257466;ESSESESS;Umeå
"""
ORDERS = (
    "110005312079261125LEVERANTÖRSBETALNINGAR261130             SEK",
    "140052984713Faktura 55 å 3           000000300000261201     B-1",
    "140052984713Faktura 56               000000012550261201     B-2",
    "29000531207900000002000000312550",
)
ANSWER = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>
<GrpHdr><MsgId>B-77</MsgId><CreDtTm>2026-11-30T19:02:11+01:00</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>{id}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId><GrpSts>PART</GrpSts></OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts><OrgnlPmtInfId>{id}-0001</OrgnlPmtInfId>{answers}</OrgnlPmtInfAndSts>
</CstmrPmtStsRpt></Document>
"""
ONE = """<TxInfAndSts><OrgnlInstrId>{id}</OrgnlInstrId><OrgnlEndToEndId>{own}</OrgnlEndToEndId>
<TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf>{order}</TxInfAndSts>"""


@pytest.fixture
def site(exchange: Shell) -> Path:
    """A site that has sent two payments."""
    folder = exchange.folder / "bridge"
    exchange("new", folder, "--sample", "swedish-bridge")
    (folder / "tables/payers.csv").write_text(PAYERS, encoding="utf-8")
    flow = folder / "flows/supplier-payments.yaml"
    text = flow.read_text(encoding="utf-8").replace("unchanged for 30s", "renamed from *.part")
    flow.write_text(text.replace("approve: 1", ""), encoding="utf-8")
    for name in ("answers", "debits"):
        answers = folder / f"flows/{name}.yaml"
        text = answers.read_text(encoding="utf-8").replace(
            'match: "*.xml"', 'match: "*.xml", ready: renamed from *.part'
        )
        answers.write_text(text, encoding="utf-8")
    hand_over(folder / "inbox/lb/BFEP.ILBLB.K1", "".join(f"{line:80}\r\n" for line in ORDERS), "iso-8859-1")
    exchange("run", "--once", "--site", folder)
    return folder


def one(site: Path, own: str, order: str = "") -> str:
    """An answer about the payment with an own text, by the id that it was sent with."""
    (sent,) = (site / "outbox/bank").glob("*.xml")
    ids = dict(
        re.findall(r"<InstrId>([^<]*)</InstrId><EndToEndId>([^<]*)<", sent.read_text(encoding="utf-8"))
    )
    known = next((id for id, end_to_end in ids.items() if end_to_end == own), f"14-5312079-0052984713-{own}")
    return ONE.format(id=known, own=own, order=order)


def answered(exchange: Shell, site: Path, *answers: str) -> None:
    (sent,) = (site / "outbox/bank").glob("*.xml")
    text = ANSWER.format(id=sent.stem[-26:], answers="".join(answers))
    hand_over(site / "inbox/bank-answers/a.xml", text)
    exchange("run", "--once", "--site", site, code=None)


def reports(site: Path) -> list[str]:
    found = sorted((site / "outbox/ledger").glob("BFEP.*"))
    return [line.rstrip() for path in found for line in path.read_text(encoding="iso-8859-1").splitlines()]


def test_what_the_answer_leaves_out_is_what_was_ordered(exchange: Shell, site: Path) -> None:
    answered(exchange, site, one(site, "B-1"))
    assert "140052984713Faktura 55 å 3           000000300000261201     B-1" in reports(site)
    listed = exchange("payments", "--site", site, "--json").json()["payments"]
    assert {each["end_to_end_id"]: each["stage"] for each in listed} == {"B-1": "rejected", "B-2": "received"}


def test_what_the_answer_says_is_not_replaced(exchange: Shell, site: Path) -> None:
    order = '<OrgnlTxRef><Amt><InstdAmt Ccy="SEK">125.50</InstdAmt></Amt><ReqdExctnDt><Dt>2026-12-02</Dt></ReqdExctnDt></OrgnlTxRef>'
    answered(exchange, site, one(site, "B-2", order))
    assert any(
        line.startswith("140052984713") and "000000012550261202     B-2" in line for line in reports(site)
    )


def test_a_payment_that_was_not_sent_from_here_is_held(exchange: Shell, site: Path) -> None:
    answered(exchange, site, one(site, "B-9"))
    assert reports(site) == []
    assert "LB78" in exchange("findings", "--site", site).out


BOOKED = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn>
<GrpHdr><MsgId>B-78</MsgId><CreDtTm>2026-12-01T19:02:11+01:00</CreDtTm></GrpHdr><Ntfctn><Id>D-1</Id><CreDtTm>2026-12-01T19:02:11+01:00</CreDtTm>
<Acct><Id><IBAN>SE4550000000058398257466</IBAN></Id><Ccy>SEK</Ccy></Acct>
<Ntry><Amt Ccy="SEK">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-12-01</Dt></BookgDt>
<ValDt><Dt>2026-12-01</Dt></ValDt><AcctSvcrRef>R1</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>DMCT</SubFmlyCd></Fmly></Domn></BkTxCd>
<NtryDtls>{details}</NtryDtls></Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn></Document>
"""
DETAIL = '<TxDtls><Refs>{refs}</Refs><Amt Ccy="SEK">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd>{payee}</TxDtls>'
PAYEE = "<RltdPties><CdtrAcct><Id><Othr><Id>52984713</Id><SchmeNm><Prtry>BGNR</Prtry></SchmeNm></Othr></Id></CdtrAcct></RltdPties>"
PAID = {
    "B-1": "140052984713Faktura 55 å 3           000000300000 0000000000B-1",
    "B-2": "140052984713Faktura 56               000000012550 0000000000B-2",
}


def booked(exchange: Shell, site: Path, amount: str, details: str) -> tuple[list[str], list[str]]:
    """The records of report 1 and the rows of the listing."""
    (sent,) = (site / "outbox/bank").glob("*.xml")
    text = BOOKED.format(amount=amount, details=details.replace("BATCH", f"{sent.stem[-26:]}-0001"))
    hand_over(site / "inbox/bank-debits/d.xml", text)
    exchange("run", "--once", "--site", site)
    rows = [
        row
        for path in (site / "outbox/by-hand").glob("*.csv")
        for row in path.read_text("utf-8-sig").splitlines()[1:]
    ]
    return [line for line in reports(site) if line.startswith("14")], rows


@pytest.mark.parametrize(
    ("refs", "payee"),
    [
        ("<EndToEndId>{own}</EndToEndId>", ""),
        ("<PmtInfId>BATCH</PmtInfId><EndToEndId>NOTPROVIDED</EndToEndId>", PAYEE),
    ],
)
def test_a_booking_without_the_id_of_the_instruction_is_in_the_report(
    exchange: Shell, site: Path, refs: str, payee: str
) -> None:
    details = "".join(
        DETAIL.format(refs=refs.format(own=own), amount=amount, payee=payee)
        for own, amount in (("B-1", "3000.00"), ("B-2", "125.50"))
    )
    assert booked(exchange, site, "3125.50", details) == (list(PAID.values()), [])
    listed = exchange("payments", "--site", site, "--json").json()["payments"]
    assert {each["stage"] for each in listed} == {"booked"}


def test_a_batch_that_is_booked_with_one_sum_becomes_its_payments(exchange: Shell, site: Path) -> None:
    details = "<Btch><PmtInfId>BATCH</PmtInfId><NbOfTxs>2</NbOfTxs></Btch>"
    assert booked(exchange, site, "3125.50", details) == (list(PAID.values()), [])


def test_a_sum_that_its_batch_does_not_make_stays_as_the_bank_told_it(exchange: Shell, site: Path) -> None:
    details = "<Btch><PmtInfId>BATCH</PmtInfId><NbOfTxs>1</NbOfTxs></Btch>"
    lines, (row,) = booked(exchange, site, "3000.00", details)
    assert lines == [] and ";-3000,00;SEK;" in row


def test_of_two_bookings_that_fit_one_payment_the_second_stays_as_the_bank_told_it(
    exchange: Shell, site: Path
) -> None:
    detail = DETAIL.format(refs="<EndToEndId>B-1</EndToEndId>", amount="3000.00", payee="")
    lines, (row,) = booked(exchange, site, "6000.00", detail * 2)
    assert lines == [PAID["B-1"]] and ";-3000,00;SEK;" in row


def test_an_answer_that_names_nothing_is_held_with_a_sentence(exchange: Shell, site: Path) -> None:
    nameless = "<TxInfAndSts><OrgnlEndToEndId>NOTPROVIDED</OrgnlEndToEndId><TxSts>RJCT</TxSts></TxInfAndSts>"
    answered(exchange, site, nameless)
    told = exchange("findings", "--flow", "answers", "--site", site).out
    assert "LB75" in told and "MAP002" not in told
