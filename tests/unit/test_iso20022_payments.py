"""pain.001, pain.002 and pain.008 of every version and of the national namespaces, as payments and their statuses."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from iso20022_instances import Tree
from iso20022_support import ISO, OTHER, OWN, codes, documents, element, library, taken
from lxml import etree

SIX = "http://www.six-interbank-clearing.com/de/"
OLD_NAMES = {"BICFI": "BIC"}
FAMILIES = ("camt.052", "camt.053", "camt.054", "pain.001", "pain.002", "pain.008")

PAYMENT = (
    "PmtId/InstrId=I1; PmtId/EndToEndId=E1; Amt/InstdAmt@Ccy=EUR:12.50; CdtrAgt/FinInstnId/BICFI=COBADEFFXXX; "
    f"Cdtr/Nm=Payee; Cdtr/PstlAdr/TwnNm=Hamburg; Cdtr/PstlAdr/Ctry=DE; CdtrAcct/Id/IBAN={OTHER}; "
    "RmtInf/Strd/CdtrRefInf/Tp/CdOrPrtry/Cd=SCOR; RmtInf/Strd/CdtrRefInf/Ref=RF18539007547034"
)
BATCH = (
    "PmtInfId=P1; PmtMtd=TRF; PmtTpInf/SvcLvl/Cd=SEPA; PmtTpInf/CtgyPurp/Cd=SALA; ReqdExctnDt/Dt=2026-11-27; "
    f"Dbtr/Nm=We; DbtrAcct/Id/IBAN={OWN}; DbtrAgt/FinInstnId/BICFI=NDEAFIHH; ChrgBr=SLEV"
)


def order(
    *payments: str,
    batch: str = BATCH,
    count: int | None = None,
    total: str = "",
    namespace: str = f"{ISO}pain.001.001.09",
) -> bytes:
    """A pain.001 with one batch."""
    head = (
        f"GrpHdr/MsgId=M1; GrpHdr/CreDtTm=2026-11-23T09:00:00; "
        f"GrpHdr/NbOfTxs={len(payments) if count is None else count}; "
    )
    head += (f"GrpHdr/CtrlSum={total}; " if total else "") + "GrpHdr/InitgPty/Nm=We"
    inner = "".join(f"<CdtTrfTxInf>{element(payment)}</CdtTrfTxInf>" for payment in payments)
    body = f"<CstmrCdtTrfInitn>{element(head)}<PmtInf>{element(batch)}{inner}</PmtInf></CstmrCdtTrfInitn>"
    return f'<Document xmlns="{namespace}">{body}</Document>'.encode()


def test_a_transfer() -> None:
    (made,), found = documents(order(PAYMENT, total="12.50"), "iso20022/pain.001")
    assert found == []
    names = (
        "id",
        "kind",
        "purpose",
        "execution_date",
        "amount",
        "currency",
        "urgency",
        "charges",
        "reference_scheme",
    )
    assert taken(made, *names) == (
        "E1", "transfer", "salary", date(2026, 11, 27), Decimal("12.50"), "EUR", "normal", "service-level", "rf",
    )  # fmt: skip
    assert taken(made, "debtor.account", "debtor.bic", "creditor.account", "creditor.bic") == (
        OWN,
        "NDEAFIHH",
        OTHER,
        "COBADEFFXXX",
    )
    assert taken(made, "creditor.address.town", "creditor.address.country", "batch.message_id") == (
        "Hamburg",
        "DE",
        "M1",
    )


@pytest.mark.parametrize(
    "namespace",
    [
        f"{ISO}pain.001.001.03", f"{ISO}pain.001.001.13", f"{ISO}pain.001.003.03", f"{SIX}pain.001.001.03.ch.02.xsd",
        f"{SIX}pain.001.001.09.ch.03.xsd", "urn:swift:xsd:$pain.001.001.03",
    ],
)  # fmt: skip
def test_every_namespace_is_read(namespace: str) -> None:
    data = order(PAYMENT, namespace=namespace)
    if ".03" in namespace:
        old = (
            data.decode()
            .replace("<ReqdExctnDt><Dt>", "<ReqdExctnDt>")
            .replace("</Dt></ReqdExctnDt>", "</ReqdExctnDt>")
        )
        data = old.replace("BICFI", "BIC").encode()
    (made,), found = documents(data, "iso20022/pain.001")
    assert (codes(found), taken(made, "id", "execution_date", "debtor.bic")) == (
        [],
        ("E1", date(2026, 11, 27), "NDEAFIHH"),
    )


def test_the_first_version() -> None:
    """pain.001.001.02: another root, BBAN as an element, references one level higher."""
    payment = (
        "PmtId/EndToEndId=E1; Amt/InstdAmt@Ccy=SEK:10; CdtrAgt/FinInstnId/CmbndId/ClrSysMmbId/Id=5000; "
        "Cdtr/Nm=Payee; CdtrAcct/Id/BBAN=123456; RmtInf/Strd/RfrdDocInf/RfrdDocTp/Cd=CINV; "
        "RmtInf/Strd/RfrdDocInf/RfrdDocNb=77; "
        "RmtInf/Strd/RfrdDocAmt/RmtdAmt@Ccy=SEK:10; RmtInf/Strd/CdtrRefInf/CdtrRefTp/Cd=SCOR; "
        "RmtInf/Strd/CdtrRefInf/CdtrRef=79927398713"
    )
    batch = (
        f"PmtInfId=P1; PmtMtd=TRF; PmtTpInf/CtgyPurp=SUPP; ReqdExctnDt=2009-09-01; Dbtr/Nm=We; "
        f"DbtrAcct/Id/IBAN={OWN}"
    )
    text = order(payment, batch=batch, namespace="urn:swift:xsd:$pain.001.001.02").decode()
    (made,), found = documents(
        text.replace("CstmrCdtTrfInitn", "pain.001.001.02").encode(), "iso20022/pain.001"
    )
    assert codes(found) == []
    assert taken(made, "creditor.account", "creditor.clearing", "reference", "purpose") == (
        "123456", "5000", "79927398713", "supplier",
    )  # fmt: skip
    assert taken(made, "reference_scheme") == ("se-ocr",)
    assert made["invoices"] == [{"number": "77", "kind": "invoice", "date": None, "amount": 10}]


def test_several_references_are_read_as_a_list_and_told_of() -> None:
    part = "RmtInf/Strd#{0}/RfrdDocAmt/{2}; RmtInf/Strd#{0}/CdtrRefInf/Ref={1}; "
    parts = part.format(1, "12344", "RmtdAmt@Ccy=EUR:20") + part.format(
        2, "2345 6", "CdtNoteAmt@Ccy=EUR:7.50"
    )
    (made,), found = documents(order(PAYMENT.partition("RmtInf")[0] + parts), "iso20022/pain.001")
    assert taken(made, "reference", "reference_scheme") == (None, None)
    assert [taken(each, "number", "kind", "amount") for each in made["invoices"]] == [
        ("12344", "invoice", 20),
        ("23456", "credit", Decimal("7.5")),
    ]
    assert codes(found) == ["PAIN25"]


def test_control_values_are_checked() -> None:
    _, found = documents(order(PAYMENT, count=2, total="12.51"), "iso20022/pain.001")
    assert [(each.code, each.field, each.severity) for each in found] == [
        ("XML013", "count", "error"),
        ("XML013", "sum", "error"),
    ]


def test_what_stands_at_the_transfer_goes_before_the_batch() -> None:
    own = (
        PAYMENT.replace("Amt/InstdAmt", "PmtTpInf/SvcLvl/Cd=URGP; PmtTpInf/CtgyPurp/Cd=SUPP; Amt/InstdAmt", 1)
        + "; ChrgBr=SHAR"
    )
    (made,), _ = documents(order(own), "iso20022/pain.001")
    assert taken(made, "urgency", "purpose", "category_code", "charges") == (
        "urgent",
        "supplier",
        "SUPP",
        "shared",
    )
    instant = PAYMENT.replace("Amt/InstdAmt", "PmtTpInf/LclInstrm/Cd=INST; Amt/InstdAmt", 1)
    assert documents(order(instant), "iso20022/pain.001")[0][0]["urgency"] == "instant"


@pytest.mark.parametrize(
    ("ids", "want"),
    [
        ("PmtId/InstrId=I1; PmtId/EndToEndId=NOTPROVIDED", ("I1", None)),
        ("PmtId/EndToEndId=NOTPROVIDED; PmtId/UETR=eb6305c9-1f7f-49de-aed0-16487c27b42d",
         ("eb6305c9-1f7f-49de-aed0-16487c27b42d", None)),
        ("PmtId/EndToEndId=NOTPROVIDED", (f"M1/P1/{OTHER}/12.50", None)),
    ],
)  # fmt: skip
def test_ids(ids: str, want: tuple[str, str | None]) -> None:
    (made,), _ = documents(
        order(PAYMENT.replace("PmtId/InstrId=I1; PmtId/EndToEndId=E1", ids)), "iso20022/pain.001"
    )
    assert taken(made, "id", "end_to_end_id") == want


@pytest.mark.parametrize(
    ("account", "clearing", "scheme"),
    [
        ("SchmeNm/Prtry=BGNR", "9900", "bankgiro"),
        ("SchmeNm/Cd=BBAN", "9960", "plusgiro"),
        ("SchmeNm/Cd=BBAN", "5000", "bban"),
    ],
)
def test_swedish_accounts(account: str, clearing: str, scheme: str) -> None:
    given = PAYMENT.replace("FinInstnId/BICFI=COBADEFFXXX", f"FinInstnId/ClrSysMmbId/MmbId={clearing}")
    given = given.replace(
        f"CdtrAcct/Id/IBAN={OTHER}", f"CdtrAcct/Id/Othr/Id=50501055; CdtrAcct/Id/Othr/{account}"
    )
    (made,), _ = documents(order(given), "iso20022/pain.001")
    assert taken(made, "creditor.account", "creditor.account_scheme", "creditor.clearing") == (
        "50501055",
        scheme,
        clearing,
    )


def test_cheques_are_refused_and_nameless_payees_are_told() -> None:
    made, found = documents(order(PAYMENT, batch=BATCH.replace("TRF", "CHK")), "iso20022/pain.001")
    assert (made, codes(found)) == ([], ["PAIN01"])
    (made_one,), found = documents(order(PAYMENT.replace("Cdtr/Nm=Payee; ", "")), "iso20022/pain.001")
    assert (made_one["creditor"]["name"], codes(found)) == (OTHER, ["PAIN03"])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("12.50", "-12.50"), "VAL016"),
        (("12.50", "0.00"), "PAIN16"),
        ((OTHER, "DE88370400440532013000"), "PAIN17"),
        (("RF18539007547034", "RF19539007547034"), "PAIN19"),
    ],
)
def test_what_no_bank_pays_is_told_whatever_the_version(change: tuple[str, str], code: str) -> None:
    assert change[0] in PAYMENT
    broken = order(PAYMENT.replace(*change)).replace(b"pain.001.001.09", b"pain.001.001.10")
    _, found = documents(broken, "iso20022/pain.001")
    assert codes(found) == [code]


def test_a_wrong_account_of_the_payer_is_told() -> None:
    broken = order(PAYMENT).replace(OWN.encode(), b"FI2212345600000785")
    _, found = documents(broken, "iso20022/pain.001")
    assert codes(found) == ["PAIN18"]


def collection() -> bytes:
    """One direct debit."""
    head = "GrpHdr/MsgId=M1; GrpHdr/CreDtTm=2026-11-23T09:00:00; GrpHdr/NbOfTxs=1; GrpHdr/InitgPty/Nm=We"
    batch = (
        "PmtInfId=P1; PmtMtd=DD; PmtTpInf/LclInstrm/Cd=CORE; PmtTpInf/SeqTp=RCUR; ReqdColltnDt=2026-12-01; "
        "Cdtr/Nm=We; "
        f"CdtrAcct/Id/IBAN={OWN}; CdtrSchmeId/Id/PrvtId/Othr/Id=FI12ZZZ23456785"
    )
    debit = (
        "PmtId/EndToEndId=E1; InstdAmt@Ccy=EUR:39.90; DrctDbtTx/MndtRltdInf/MndtId=MND1; "
        f"DrctDbtTx/MndtRltdInf/DtOfSgntr=2025-02-03; Dbtr/Nm=Payer; DbtrAcct/Id/IBAN={OTHER}; RmtInf/Ustrd=Fee"
    )
    inner = f"{element(batch)}<DrctDbtTxInf>{element(debit)}</DrctDbtTxInf>"
    body = f"<CstmrDrctDbtInitn>{element(head)}<PmtInf>{inner}</PmtInf></CstmrDrctDbtInitn>"
    return f'<Document xmlns="{ISO}pain.008.001.02">{body}</Document>'.encode()


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("39.90", "-39.90", "VAL016"),
        ("39.90", "39.905", "PAIN20"),
        ("39.90", "0.00", "PAIN21"),
        (OWN, "FI2212345600000785", "PAIN22"),
        (OTHER, "DE88370400440532013000", "PAIN23"),
        ("<RmtInf>", "<RmtInf><Strd><CdtrRefInf><Ref>RF19539007547034</Ref></CdtrRefInf></Strd>", "PAIN24"),
    ],
)
def test_what_no_bank_collects_is_told(old: str, new: str, code: str) -> None:
    assert old.encode() in collection()
    _, found = documents(collection().replace(old.encode(), new.encode()), "iso20022/pain.008")
    assert codes(found) == [code]


def test_a_direct_debit() -> None:
    (made,), found = documents(collection(), "iso20022/pain.008")
    assert found == []
    assert taken(made, "kind", "amount", "debtor.name", "creditor.account") == (
        "direct-debit",
        Decimal("39.90"),
        "Payer",
        OWN,
    )
    assert made["mandate"] == {
        "id": "MND1", "signed": date(2025, 2, 3), "creditor_id": "FI12ZZZ23456785",
        "sequence": "RCUR", "scheme": "CORE", "original": None,
    }  # fmt: skip


# --- answers -----------------------------------------------------------------------------------------------------


def answer(group: str, *batches: str, namespace: str = f"{ISO}pain.002.001.10", loose: str = "") -> bytes:
    """A pain.002; batches: what stands in each, transactions included."""
    head = element("GrpHdr/MsgId=A1; GrpHdr/CreDtTm=2026-11-23T10:00:00")
    told = element(
        f"OrgnlGrpInfAndSts/OrgnlMsgId=M1; OrgnlGrpInfAndSts/OrgnlMsgNmId=pain.001.001.09; {group}"
    )
    inner = "".join(f"<OrgnlPmtInfAndSts>{batch}</OrgnlPmtInfAndSts>" for batch in batches)
    body = f"<CstmrPmtStsRpt>{head}{told}{inner}{loose}</CstmrPmtStsRpt>"
    return f'<Document xmlns="{namespace}">{body}</Document>'.encode()


def told(data: bytes) -> tuple[list[tuple[str, str | None, str, str | None]], list[str]]:
    """Level, status, verdict and end-to-end id of each document, and the codes of what was found."""
    made, found = documents(data, "iso20022/pain.002")
    return sorted(taken(each, "level", "status", "verdict", "end_to_end_id") for each in made), codes(found)  # type: ignore[arg-type, return-value]


def test_a_file_that_is_rejected_as_a_whole() -> None:
    reason = "OrgnlGrpInfAndSts/StsRsnInf/Rsn/Cd=AM10; OrgnlGrpInfAndSts/StsRsnInf/AddtlInf#1=Control; "
    data = answer(f"OrgnlGrpInfAndSts/GrpSts=RJCT; {reason}OrgnlGrpInfAndSts/StsRsnInf/AddtlInf#2=sum")
    (made,), found = documents(data, "iso20022/pain.002")
    assert found == []
    assert taken(made, "level", "status", "verdict", "original_message_id", "message_id") == (
        "file",
        "RJCT",
        "rejected",
        "M1",
        "A1",
    )
    assert made["reasons"] == [{"code": "AM10", "proprietary": None, "text": "Control sum"}]


def test_each_batch_and_each_payment_of_a_partly_accepted_file() -> None:
    counts = (
        "OrgnlGrpInfAndSts/NbOfTxsPerSts#{0}/DtldNbOfTxs={1}; OrgnlGrpInfAndSts/NbOfTxsPerSts#{0}/DtldSts={2}"
    )
    payments = element(
        "OrgnlPmtInfId=P1; PmtInfSts=PART; TxInfAndSts#1/OrgnlInstrId=I1; TxInfAndSts#1/OrgnlEndToEndId=E1; "
        "TxInfAndSts#1/TxSts=RJCT; "
        "TxInfAndSts#1/StsRsnInf/Rsn/Cd=AC04; TxInfAndSts#1/OrgnlTxRef/Amt/InstdAmt@Ccy=EUR:5; "
        "TxInfAndSts#1/OrgnlTxRef/ReqdExctnDt/Dt=2026-11-27; TxInfAndSts#1/OrgnlTxRef/Cdtr/Pty/Nm=Payee; "
        "TxInfAndSts#2/OrgnlEndToEndId=E2; TxInfAndSts#2/TxSts=ACSC; TxInfAndSts#3/OrgnlEndToEndId=E3"
    )
    data = answer(
        "; ".join(
            ["OrgnlGrpInfAndSts/GrpSts=PART", counts.format(1, 2, "ACCP"), counts.format(2, 1, "RJCT")]
        ),
        payments,
    )
    assert told(data)[0] == [
        ("batch", "PART", "partial", None), ("file", "PART", "partial", None), ("payment", "ACSC", "accepted", "E2"),
        ("payment", "PART", "unknown", "E3"), ("payment", "RJCT", "rejected", "E1"),
    ]  # fmt: skip
    made, _ = documents(data, "iso20022/pain.002")
    rejected = next(each for each in made if each["end_to_end_id"] == "E1")
    names = ("payment_info_id", "instruction_id", "amount", "currency", "execution_date", "creditor.name")
    assert taken(rejected, *names) == ("P1", "I1", 5, "EUR", date(2026, 11, 27), "Payee")
    file = next(each for each in made if each["level"] == "file")
    assert taken(file, "accepted_count", "rejected_count") == (2, 1)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [("RCVD", "received"), ("ACTC", "accepted"), ("ACWC", "accepted"), ("PDNG", "pending"), ("RVNM", "pending"),
     ("RCVC", "received"), ("RVNC", "received"), ("RVMC", "received"), ("RVNA", "received"), ("RVCM", "pending"),
     ("CANC", "cancelled"), ("ACCC", "accepted"), ("ZZZZ", "unknown")],
)  # fmt: skip
def test_verdicts(status: str, verdict: str) -> None:
    assert told(answer(f"OrgnlGrpInfAndSts/GrpSts={status}"))[0] == [("file", status, verdict, None)]


def test_a_batch_and_a_payment_without_a_status_have_the_one_above() -> None:
    batch = element("OrgnlPmtInfId=P1; TxInfAndSts/OrgnlEndToEndId=E1")
    assert told(answer("OrgnlGrpInfAndSts/GrpSts=ACCP", batch))[0] == [
        ("batch", "ACCP", "accepted", None), ("file", "ACCP", "accepted", None), ("payment", "ACCP", "accepted", "E1"),
    ]  # fmt: skip


def test_answers_that_contradict_themselves_are_told() -> None:
    batch = element(
        "OrgnlPmtInfId=P1; PmtInfSts=RJCT; TxInfAndSts/OrgnlEndToEndId=E1; TxInfAndSts/TxSts=ACCP"
    )
    assert told(answer("OrgnlGrpInfAndSts/GrpSts=ACCP", batch))[1] == ["PAIN10", "PAIN13"]


def test_the_first_version_of_answers() -> None:
    loose = element(
        "TxInfAndSts/OrgnlPmtInfId=P1; TxInfAndSts/OrgnlEndToEndId=E1; TxInfAndSts/TxSts=RJCT; "
        "TxInfAndSts/StsRsnInf/StsRsn/Cd=AC01"
    )
    data = answer("OrgnlGrpInfAndSts/GrpSts=PART", namespace="urn:swift:xsd:$pain.002.001.02", loose=loose)
    made, found = documents(data.replace(b"CstmrPmtStsRpt", b"pain.002.001.02"), "iso20022/pain.002")
    assert codes(found) == []
    payment = next(each for each in made if each["level"] == "payment")
    assert taken(payment, "payment_info_id", "verdict", "original_message_id") == ("P1", "rejected", "M1")
    assert payment["reasons"][0]["code"] == "AC01"


# --- random messages ---------------------------------------------------------------------------------------------


def trees(facts: Path) -> list[tuple[str, str]]:
    """Message and element tree of every message that is read."""
    files = sorted((facts / "bank" / "schema-trees").glob("*.tsv"))
    return [(file.stem, file.read_text("utf-8")) for file in files if file.name[:8] in FAMILIES]


def test_random_valid_messages_are_read_and_mapped(facts: Path) -> None:
    reading = {f"iso20022/{family}": library().reader(f"iso20022/{family}") for family in FAMILIES}
    assert all(reading.values())
    records = 0
    for message, text in trees(facts):
        tree = Tree(message, text)
        for seed in range(4):
            rng = random.Random(f"{message}/{seed}")
            root = tree.instance(rng, rng.choice((0.2, 0.5, 0.9)))
            document = etree.Element(f"{{{tree.namespace}}}Document")
            document.append(root)
            made, found = documents(etree.tostring(document), f"iso20022/{message[:8]}")
            records += len(made)
            unexpected = {each.code for each in found} - {
                "CAMT01", "CAMT02", "CAMT03", "CAMT04", "CAMT05", "CAMT09", "CAMT14", "MAP001", "MAP002", "XML013",
                "PAIN01", "PAIN02", "PAIN03", "PAIN04", "PAIN05", "PAIN06", "PAIN07", "PAIN08", "PAIN09", "PAIN10", "PAIN11", "PAIN12", "PAIN13",
                "PAIN16", "PAIN17", "PAIN18", "PAIN19", "PAIN20", "PAIN21", "PAIN22", "PAIN23", "PAIN24",
            }  # fmt: skip
            assert unexpected == set(), (message, seed, found)
    assert records > 20
