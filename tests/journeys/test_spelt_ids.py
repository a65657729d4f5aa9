"""A payment whose id no bank takes as it is goes out spelt, and what the bank says of it in those words reaches it."""

from __future__ import annotations

import re

from tests.journeys.conftest import Shell
from tests.journeys.test_payments import EUR, NORDKAFFE, batch, pain002, paying_site

OURS = """mapping: ours/payments
like: nordkaffe/supplier-payments-to-payment
from: nordkaffe/supplier-payments
to: common/payment
set: {end_to_end_id: =empty}
"""
ADVICES = """flow: advices
from: {at: "folder:inbox/advices", match: "*.xml", ready: renamed from *.part}
layout: iso20022/camt.054
map: [iso20022/camt.054-to-bank-transaction]
to:
  - {map: [generic/bank-transaction-to-lines], write: generic/bank-transactions, at: "folder:outbox/erp", name: "{arrival.stem}.csv"}
"""
ADVICE = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn>
<GrpHdr><MsgId>N1</MsgId><CreDtTm>2026-11-30T21:00:00Z</CreDtTm></GrpHdr>
<Ntfctn><Id>N1</Id><CreDtTm>2026-11-30T21:00:00Z</CreDtTm><Acct><Id><IBAN>{account}</IBAN></Id><Ccy>EUR</Ccy></Acct>
<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-30</Dt></BookgDt>
<ValDt><Dt>2026-11-30</Dt></ValDt><AcctSvcrRef>B1</AcctSvcrRef>
<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>
<NtryDtls><TxDtls><Refs><InstrId>{id}</InstrId><EndToEndId>NOTPROVIDED</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>
</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"""
ANSWERED = (
    "<TxInfAndSts><OrgnlInstrId>{}</OrgnlInstrId><OrgnlEndToEndId>NOTPROVIDED</OrgnlEndToEndId>"
    "<TxSts>{}</TxSts></TxInfAndSts>"
)


def test_an_id_that_is_sent_spelt_is_answered_and_booked_by_what_was_sent(exchange: Shell) -> None:
    site = paying_site(exchange.folder)
    (site / "mappings/ours").mkdir(parents=True)
    (site / "mappings/ours/payments.yaml").write_text(OURS, encoding="utf-8")
    flow = site / "flows/supplier-payments.yaml"
    told = flow.read_text(encoding="utf-8").replace("nordkaffe/supplier-payments-to-payment", "ours/payments")
    flow.write_text(told, encoding="utf-8")
    (site / "flows/advices.yaml").write_text(ADVICES, encoding="utf-8")
    (site / "inbox/advices").mkdir()
    lines = (NORDKAFFE / "supplier-payments/01-approved.in.csv").read_text("windows-1252")
    lines = lines.replace("70001;", "LØNN 17;").replace("70002;", "LONN 17;")
    (site / "inbox/supplier-payments/approved.csv").write_text(lines, "windows-1252")
    exchange("run", "--once", "--site", site)
    [file] = (site / "outbox/bank").glob("*.xml")
    [spelt, plain, *_] = re.findall("<InstrId>(.*?)</InstrId>", file.read_text(encoding="utf-8"))
    assert (spelt, plain) == ("LONN 17-DB6711F7", "LONN 17")

    answers = ANSWERED.format(spelt, "ACSP") + ANSWERED.format(plain, "RJCT")
    pain002(site, group="PART", batches=batch(site, 1, answers))
    exchange("run", "--once", "--site", site)
    assert stages(exchange, site) == {"LØNN 17": "accepted", "LONN 17": "rejected"}
    [back] = (site / "outbox/erp").glob("rejected-*.csv")
    assert "LONN 17" in back.read_text("utf-8-sig") and spelt not in back.read_text("utf-8-sig")

    advice = ADVICE.format(account=EUR, amount="12450.00", id=spelt)
    (site / "inbox/advices/n.xml").write_text(advice, encoding="utf-8")
    exchange("run", "--once", "--site", site)
    assert stages(exchange, site) == {"LØNN 17": "booked", "LONN 17": "rejected"}


def stages(exchange: Shell, site: object) -> dict[str, str]:
    listed = exchange("payments", "--site", site, "--json").json()["payments"]
    return {each["key"]: each["stage"] for each in listed if "NN 17" in each["key"]}
