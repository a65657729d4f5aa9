"""camt.052, camt.053 and camt.054: what becomes of amounts, signs, references, parties and balances."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from iso20022_support import (
    OTHER,
    OWN,
    balance,
    codes,
    detail,
    documents,
    element,
    entry,
    prefixed,
    read,
    statement,
    taken,
    transaction,
)

from exchange.declare.catalogue import Catalogue
from exchange.declare.mapping import Mapping
from exchange.declare.parse import parse

ROOT = Path(__file__).parents[2]
NAMES = {
    "camt.052": ("BkToCstmrAcctRpt", "Rpt"),
    "camt.053": ("BkToCstmrStmt", "Stmt"),
    "camt.054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
}


def neutral(message: str) -> list[str]:
    """A declared layout with the names of its message taken out, comments and meanings too."""
    text = (ROOT / "schemas/iso20022" / f"{message}.yaml").read_text("utf-8")
    for own, other in zip((message, *NAMES[message]), ("MSG", "ROOT", "STMT"), strict=True):
        text = re.sub(rf"\b{own}(?=Pgntn|\b)", other, text)
    return [line for line in text.splitlines() if not line.startswith(("#", "meaning:"))]


def declared(message: str) -> tuple[dict[str, Any], list[Any]]:
    """All that a mapping says, without the names of its message, and its balances."""
    node, problems = Catalogue.of(None).load("mapping", f"iso20022/{message}-to-bank-transaction")
    assert node is not None and not problems
    mapping, problems = parse(Mapping, node)
    assert mapping is not None and not problems
    said = mapping.model_dump(exclude={"mapping", "like", "meaning", "from_"})
    del said["let"]["closed"], said["set"]["statement"]["kind"]
    return said, said.pop("balance")


@pytest.mark.parametrize("message", NAMES)
def test_the_three_messages_are_declared_alike(message: str) -> None:
    assert neutral(message) == neutral("camt.053")
    (own, balances), (statement_says, (booked, net)) = declared(message), declared("camt.053")
    assert own == statement_says
    assert balances == ([booked, net] if message == "camt.053" else [net])


@pytest.mark.parametrize(
    ("message", "kind"), [("camt.052", "intraday"), ("camt.053", "statement"), ("camt.054", "advice")]
)
@pytest.mark.parametrize("version", ["02", "08", "14"])
def test_all_messages_and_versions_are_read(message: str, kind: str, version: str) -> None:
    text = statement(entry("AcctSvcrRef=A1"), version=version).decode()
    for own, other in zip(("camt.053", *NAMES["camt.053"]), (message, *NAMES[message]), strict=True):
        text = text.replace(own, other)
    made, found = documents(text.encode(), f"iso20022/{message}")
    assert found == []
    names = ("account", "amount", "entry_ref", "statement.kind", "statement.sequence", "booked", "valued")
    assert taken(made[0], *names) == (OWN, 100, "A1", kind, "7", date(2026, 11, 20), date(2026, 11, 21))


def test_prefixes_and_envelopes_do_not_matter() -> None:
    plain = statement(entry("AcctSvcrRef=A1"))
    envelope = b"<x:Envelope xmlns:x='urn:soap'><x:Body>" + plain + b"</x:Body></x:Envelope>"
    for data in (prefixed(plain), envelope, b"\xef\xbb\xbf" + plain):
        made, found = documents(data, "iso20022/camt.053")
        assert ([each["entry_ref"] for each in made], found) == (["A1"], [])


# --- amounts ---------------------------------------------------------------------------------------------------


def test_an_entry_without_transactions_is_one_movement() -> None:
    made = transaction(statement(entry("AcctSvcrRef=A1; AddtlNtryInf=Fee November", "26.00", "DBIT")))
    assert taken(made, "amount", "text", "counterparty", "batch", "reference") == (
        -26,
        "Fee November",
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("stated", "worth"),
    [
        ("Amt@Ccy=EUR:60.00; CdtDbtInd=CRDT; AmtDtls/TxAmt/Amt@Ccy=EUR:1", "60.00"),
        ("AmtDtls/InstdAmt/Amt@Ccy=EUR:61.00; AmtDtls/TxAmt/Amt@Ccy=EUR:60.00", "60.00"),
        ("AmtDtls/InstdAmt/Amt@Ccy=EUR:60.00", "60.00"),
        ("AmtDtls/InstdAmt/Amt@Ccy=USD:66.00; AmtDtls/CntrValAmt/Amt@Ccy=EUR:60.00", "60.00"),
        ("Amt@Ccy=USD:66.00; AmtDtls/TxAmt/Amt@Ccy=EUR:60.00", "60.00"),
    ],
)
def test_a_transaction_of_a_batch_has_its_own_amount(stated: str, worth: str) -> None:
    parts = detail(stated) + detail("AmtDtls/TxAmt/Amt@Ccy=EUR:40.00")
    made, found = documents(statement(entry("", details=parts)), "iso20022/camt.053")
    assert [each["amount"] for each in made] == [Decimal(worth), Decimal("40.00")]
    assert found == []
    names = ("batch.index", "batch.count", "batch.total")
    assert [taken(each, *names) for each in made] == [(1, 2, 100), (2, 2, 100)]


def test_the_batch_total_is_never_taken_for_each_transaction() -> None:
    parts = (
        element("Btch/PmtInfId=P1; Btch/NbOfTxs=2")
        + detail("Refs/EndToEndId=E1")
        + detail("Refs/EndToEndId=E2")
    )
    made, found = documents(statement(entry("AddtlNtryInf=Batch", details=parts)), "iso20022/camt.053")
    assert [each["amount"] for each in made] == [100]
    assert taken(made[0], "end_to_end_id", "text", "batch.count", "batch.index") == (None, "Batch", 2, None)
    assert taken(made[0], "batch.payment_info_id") == ("P1",)
    assert found == []


def test_a_batch_may_hold_both_directions() -> None:
    parts = detail("Amt@Ccy=EUR:130.00; CdtDbtInd=CRDT") + detail("Amt@Ccy=EUR:30.00; CdtDbtInd=DBIT")
    made, found = documents(statement(entry("", details=parts), version="08"), "iso20022/camt.053")
    assert ([each["amount"] for each in made], found) == ([130, -30], [])


def test_transactions_that_do_not_add_up_are_told_once() -> None:
    parts = detail("Amt@Ccy=EUR:60.00; CdtDbtInd=CRDT") + detail("Amt@Ccy=EUR:30.00; CdtDbtInd=CRDT")
    made, found = documents(statement(entry("", details=parts), version="08"), "iso20022/camt.053")
    assert [each["amount"] for each in made] == [60, 30]
    assert [(each.code, each.severity) for each in found] == [("CAMT01", "warning")]
    assert "total is 90.00, moved is 100.00" in found[0].message


def test_charges_may_explain_the_difference() -> None:
    costs = "Chrgs/Amt@Ccy=EUR:26.00"
    one = transaction(
        statement(entry("", "1526.00", "DBIT", details=detail(f"AmtDtls/TxAmt/Amt@Ccy=EUR:1500.00; {costs}")))
    )
    assert taken(one, "amount", "charges") == (-1526, 26)
    parts = detail(f"AmtDtls/TxAmt/Amt@Ccy=EUR:1000.00; {costs}") + detail("AmtDtls/TxAmt/Amt@Ccy=EUR:500.00")
    made, found = documents(statement(entry("", "1526.00", "DBIT", details=parts)), "iso20022/camt.053")
    assert [taken(each, "amount", "charges") for each in made] == [(-1026, 26), (-500, None)]
    assert found == []


def test_charges_in_the_new_form_and_such_that_are_not_inside() -> None:
    record = "Chrgs/Rcrd#1/Amt@Ccy=EUR:2.00; Chrgs/Rcrd#2/Amt@Ccy=EUR:0.50; Chrgs/Rcrd#2/CdtDbtInd=CRDT"
    part = detail(f"Amt@Ccy=EUR:100.00; CdtDbtInd=CRDT; {record}")
    assert transaction(statement(entry("", details=part), version="08"))["charges"] == Decimal("1.50")
    apart = "Chrgs/TtlChrgsAndTaxAmt@Ccy=EUR:4.40; Chrgs/Rcrd/Amt@Ccy=EUR:4.40; Chrgs/Rcrd/ChrgInclInd=false"
    assert transaction(statement(entry(apart, details=detail(apart)), version="08"))["charges"] is None
    foreign = detail("Amt@Ccy=EUR:100.00; CdtDbtInd=CRDT; Chrgs/Rcrd/Amt@Ccy=USD:9.00")
    assert transaction(statement(entry("", details=foreign), version="08"))["charges"] is None


def test_foreign_currency() -> None:
    part = detail(
        "AmtDtls/InstdAmt/Amt@Ccy=USD:110.00; AmtDtls/TxAmt/Amt@Ccy=EUR:100.00; AmtDtls/TxAmt/CcyXchg/SrcCcy=USD; "
        "AmtDtls/TxAmt/CcyXchg/XchgRate=1.1"
    )
    made = transaction(statement(entry("", details=part)))
    assert taken(made, "amount", "currency", "original_amount.amount", "original_amount.currency") == (
        100,
        "EUR",
        110,
        "USD",
    )
    assert made["original_amount"]["rate"] == Decimal("1.1")
    same = transaction(statement(entry("", details=detail("AmtDtls/InstdAmt/Amt@Ccy=EUR:100.00"))))
    assert same["original_amount"] is None


def test_many_transactions_take_time_in_proportion() -> None:
    parts = detail("Amt@Ccy=EUR:1.00; CdtDbtInd=CRDT; Refs/EndToEndId=E1") * 5_000
    began = process_time()
    made, found = documents(statement(entry("", "5000.00", details=parts), version="08"), "iso20022/camt.053")
    assert (len(made), sum(each["amount"] for each in made), found) == (5_000, 5_000, [])
    assert process_time() - began < 10


# --- returns and parties -----------------------------------------------------------------------------------------


def parties(debtor: str = "", creditor: str = "") -> str:
    """Related parties: `name|account` each."""
    parts = []
    for tag, text in (("Dbtr", debtor), ("Cdtr", creditor)):
        name, _, account = text.partition("|")
        parts += [f"RltdPties/{tag}/Nm={name}"] if name else []
        parts += [f"RltdPties/{tag}Acct/Id/IBAN={account}"] if account else []
    return "; ".join(parts)


@pytest.mark.parametrize(
    ("direction", "given", "name", "account"),
    [
        ("CRDT", parties("Payer|" + OTHER, "We|" + OWN), "Payer", OTHER),
        ("DBIT", parties("We|" + OWN, "Payee|" + OTHER), "Payee", OTHER),
        ("CRDT", parties("Payer"), "Payer", None),
        ("DBIT", parties("", "Payee"), "Payee", None),
        (
            "CRDT",
            parties("We|" + OWN, "Payee|" + OTHER),
            "Payee",
            OTHER,
        ),  # a return with the roles of the original
        ("DBIT", parties("Payer|" + OTHER, "We|" + OWN), "Payer", OTHER),
        ("CRDT", parties("", f"We|{OTHER}"), None, None),  # our own name for a giro number is no other party
    ],
)
def test_the_other_party(direction: str, given: str, name: str | None, account: str | None) -> None:
    made = transaction(statement(entry("", direction=direction, details=detail(f"Refs/TxId=1; {given}"))))
    assert taken(made, "counterparty.name", "counterparty.account") == (name, account)


def test_a_reversal_is_not_turned_round_again() -> None:
    made = transaction(
        statement(entry("RvslInd=true", direction="DBIT", details=detail(parties("Payer|" + OTHER))))
    )
    assert taken(made, "amount", "reversal", "counterparty.name") == (-100, True, "Payer")


def test_a_returned_payment() -> None:
    given = (
        parties("", "Payee|" + OTHER)
        + "; RtrInf/Rsn/Cd=AC04; BkTxCd/Domn/Cd=PMNT; BkTxCd/Domn/Fmly/Cd=ICDT; "
    )
    made = transaction(
        statement(entry("", details=detail(f"{given}BkTxCd/Domn/Fmly/SubFmlyCd=RRTN; Refs/EndToEndId=E7")))
    )
    assert taken(made, "amount", "returned_reason", "end_to_end_id") == (100, "AC04", "E7")
    assert taken(made, "counterparty.name", "bank_code.subfamily") == ("Payee", "RRTN")


def test_a_return_with_words_alone() -> None:
    given = "RltdPties/Cdtr/Nm=Payee; RtrInf/AddtlInf#1=Status changed; RtrInf/AddtlInf#2=to rejected"
    made = transaction(statement(entry("", details=detail(given))))
    assert taken(made, "event", "returned_reason", "returned_text", "counterparty.name") == (
        "return", None, "Status changed to rejected", "Payee",
    )  # fmt: skip


RETURN = "BkTxCd/Domn/Cd=PMNT; BkTxCd/Domn/Fmly/Cd={}; BkTxCd/Domn/Fmly/SubFmlyCd={}"


@pytest.mark.parametrize(
    ("code", "direction", "name"),
    [
        (("IDDT", "UPDD"), "DBIT", "Payer"),  # a claim of ours comes back: who should have paid it
        (("RCDT", "RRTN"), "DBIT", "Payer"),
        (("RRCT", "RPCR"), "DBIT", "Payer"),
        (("ICDT", "RRTN"), "CRDT", "Payee"),  # a payment of ours comes back: who should have got it
        (("IRCT", "RRTN"), "CRDT", "Payee"),
        (("RDDT", "PRDD"), "CRDT", "Payee"),
        (("RCDT", "RRTN"), "CRDT", "Payer"),  # a return that was received like a payment: who sent it
        (("ICDT", "RRTN"), "DBIT", "Payee"),
        (("RCDT", "ESCT"), "DBIT", "Payee"),  # no return: the direction tells
    ],
)
def test_the_other_party_of_a_return_by_its_code_alone(
    code: tuple[str, str], direction: str, name: str
) -> None:
    given = f"RltdPties/Dbtr/Nm=Payer; RltdPties/Cdtr/Nm=Payee; {RETURN.format(*code)}"
    made = transaction(statement(entry("", direction=direction, details=detail(given))))
    assert made["counterparty"]["name"] == name


@pytest.mark.parametrize(("debtor", "creditor"), [("OUR OY", "Other"), ("Other", "Our Oy")])
@pytest.mark.parametrize("direction", ["CRDT", "DBIT"])
def test_the_other_party_of_a_return_is_not_who_holds_the_account(
    debtor: str, creditor: str, direction: str
) -> None:
    given = f"RltdPties/Dbtr/Nm={debtor}; RltdPties/Cdtr/Nm={creditor}; RtrInf/Rsn/Cd=AC04"
    data = statement(entry("", direction=direction, details=detail(given)))
    named = data.replace(b"<Ccy>EUR</Ccy>", b"<Ccy>EUR</Ccy><Ownr><Nm>Our Oy</Nm></Ownr>")
    assert transaction(named)["counterparty"]["name"] == "Other"


def test_the_rate_is_that_of_the_instructed_amount() -> None:
    given = (
        "AmtDtls/InstdAmt/Amt@Ccy=NOK:1720.66; AmtDtls/InstdAmt/CcyXchg/XchgRate=0.76; AmtDtls/TxAmt/Amt@Ccy=EUR:100.00; "
        "AmtDtls/CntrValAmt/Amt@Ccy=EUR:100.00; AmtDtls/CntrValAmt/CcyXchg/XchgRate=1.0000000"
    )
    made = transaction(statement(entry("", details=detail(given))))
    assert taken(made, "original_amount.currency", "original_amount.rate") == ("NOK", Decimal("0.76"))


def test_parties_in_the_new_form() -> None:
    given = (
        "Amt@Ccy=EUR:100.00; CdtDbtInd=CRDT; RltdPties/Dbtr/Pty/Nm=Payer; RltdPties/Dbtr/Pty/PstlAdr/Ctry=DE; "
        "RltdPties/Dbtr/Pty/Id/OrgId/Othr/Id=77; RltdPties/DbtrAcct/Id/Othr/Id=1-2; "
        "RltdPties/UltmtDbtr/Pty/Nm=For Whom; RltdAgts/DbtrAgt/FinInstnId/BICFI=NDEAFIHH"
    )
    made = transaction(statement(entry("", details=detail(given)), version="08"))
    assert made["counterparty"] == {
        "name": "Payer",
        "account": "1-2",
        "bic": "NDEAFIHH",
        "id": "77",
        "country": "DE",
        "ultimate": "For Whom",
    }
    bank = detail("Amt@Ccy=EUR:100.00; CdtDbtInd=CRDT; RltdPties/Dbtr/Agt/FinInstnId/Nm=Bank Ab")
    assert transaction(statement(entry("", details=bank), version="08"))["counterparty"]["name"] == "Bank Ab"


# --- references and texts ------------------------------------------------------------------------------------------

SCOR = "RmtInf/Strd#1/CdtrRefInf/Tp/CdOrPrtry/Cd=SCOR; RmtInf/Strd#1/CdtrRefInf/Ref="


@pytest.mark.parametrize(
    ("given", "reference", "scheme", "text"),
    [
        (SCOR + "RF18 5390 0754 7034", "RF18539007547034", "rf", None),
        (SCOR + "00880123", "00880123", "fi-viite", None),
        (SCOR + "120000000000234478943216899", "120000000000234478943216899", "other", None),
        (f"RmtInf/Ustrd#1=Invoice 5; {SCOR}880123", "880123", "fi-viite", "Invoice 5"),
        ("RmtInf/Ustrd#1=Invoice; RmtInf/Ustrd#2=5", None, None, "Invoice 5"),
        ("RmtInf/Ustrd#1=RF18539007547034", "RF18539007547034", "rf", "RF18539007547034"),
        ("RmtInf/Ustrd#1=RFB/880123", "880123", "fi-viite", "RFB/880123"),
        ("RmtInf/Ustrd#1=880124", None, None, "880124"),  # wrong check digit
        ("Refs/EndToEndId=RF18539007547034", "RF18539007547034", "rf", None),
        ("RmtInf/Strd#1/AddtlRmtInf=Thanks", None, None, "Thanks"),
        ("RmtInf/Ustrd#1=Invoice 5; RmtInf/Strd#1/AddtlRmtInf=and 6", None, None, "Invoice 5 and 6"),
        ("RmtInf/Ustrd#1=Invoice 5; RmtInf/Strd#1/AddtlRmtInf=Invoice 5", None, None, "Invoice 5"),
        ("AddtlTxInf=Card 1234", None, None, "Card 1234"),
    ],
)
def test_references_and_texts(
    given: str, reference: str | None, scheme: str | None, text: str | None
) -> None:
    made = transaction(statement(entry("", details=detail(given))))
    assert taken(made, "reference", "reference_scheme", "text") == (reference, scheme, text)


def test_a_finnish_reference_in_a_text_counts_on_finnish_accounts_only() -> None:
    data = statement(entry("", details=detail("RmtInf/Ustrd=880123")), account=f"<IBAN>{OTHER}</IBAN>")
    assert taken(transaction(data), "reference", "text") == (None, "880123")


def test_several_invoices_and_a_credit_note() -> None:
    strd = "RmtInf/Strd#{0}/RfrdDoc"
    one = f"{strd}Inf/Tp/CdOrPrtry/Cd={{1}}; {strd}Inf/Nb={{2}}; {strd}Amt/{{3}}"
    given = one.format(1, "CINV", "I-1", "RmtdAmt@Ccy=EUR:25000.000") + "; "
    given += one.format(2, "CREN", "C-1", "CdtNoteAmt@Ccy=EUR:40.00")
    made = transaction(statement(entry("", details=detail(given))))
    assert made["invoices"] == [
        {"number": "I-1", "kind": "invoice", "amount": Decimal(25000)},
        {"number": "C-1", "kind": "credit", "amount": Decimal(40)},
    ]
    two = "RmtInf/Strd/RfrdDocInf#1/Nb=I-1; RmtInf/Strd/RfrdDocInf#2/Nb=I-2; RmtInf/Strd/RfrdDocAmt/RmtdAmt@Ccy=EUR:100"
    amounts = [
        (each["number"], each["amount"])
        for each in transaction(statement(entry("", details=detail(two))))["invoices"]
    ]
    assert amounts == [("I-1", None), ("I-2", None)]


def test_several_references_are_a_list_of_what_is_paid() -> None:
    one = "RmtInf/Strd#{0}/RfrdDocAmt/{2}; RmtInf/Strd#{0}/CdtrRefInf/Ref={1}"
    given = one.format(1, "12344", "RmtdAmt@Ccy=EUR:100") + "; "
    given += one.format(2, "2345 6", "CdtNoteAmt@Ccy=EUR:40")
    made = transaction(statement(entry("", details=detail(given))))
    assert taken(made, "reference", "reference_scheme") == (None, None)
    assert made["invoices"] == [
        {"number": "12344", "kind": "invoice", "amount": Decimal(100)},
        {"number": "23456", "kind": "credit", "amount": Decimal(40)},
    ]
    same = given.replace("2345 6", "12344")  # the same twice is one reference
    made = transaction(statement(entry("", details=detail(same))))
    assert taken(made, "reference", "invoices") == ("12344", [])


def test_ids_of_the_transaction() -> None:
    given = "Refs/InstrId=I1; Refs/EndToEndId=NOTPROVIDED; Refs/MndtId=M9; Refs/MsgId=MSG; Refs/PmtInfId=PMT"
    made = transaction(statement(entry("NtryRef=N1", details=detail(given))))
    assert taken(made, "instruction_id", "end_to_end_id", "mandate_id", "entry_ref") == (
        "I1",
        None,
        "M9",
        "N1",
    )
    assert taken(made, "batch.message_id", "batch.payment_info_id", "batch.index") == ("MSG", "PMT", None)


def test_bank_codes_of_the_transaction_go_before_those_of_the_entry() -> None:
    own = "BkTxCd/Domn/Cd=PMNT; BkTxCd/Domn/Fmly/Cd=RCDT; BkTxCd/Domn/Fmly/SubFmlyCd=ESCT; "
    own += "BkTxCd/Prtry/Cd=705; BkTxCd/Prtry/Issr=FFFS"
    alone = transaction(statement(entry(own, details=detail("Refs/TxId=1"))))
    assert alone["bank_code"] == {
        "domain": "PMNT", "family": "RCDT", "subfamily": "ESCT", "proprietary": "705", "issuer": "FFFS",
    }  # fmt: skip
    inner = detail("BkTxCd/Domn/Cd=PMNT; BkTxCd/Domn/Fmly/Cd=RCDT; BkTxCd/Domn/Fmly/SubFmlyCd=XBCT")
    made = transaction(statement(entry(own, details=inner)))
    assert taken(made, "bank_code.subfamily", "bank_code.proprietary") == ("XBCT", "705")


# --- status, dates, accounts, balances -------------------------------------------------------------------------------


def test_an_entry_without_a_status_is_told_as_such() -> None:
    made, found = documents(statement(entry("AcctSvcrRef=A1", status="")), "iso20022/camt.053")
    assert made == []
    assert [(each.code, each.field) for each in found if each.severity == "error"] == [("VAL001", "status")]


@pytest.mark.parametrize(
    ("status", "want"), [("BOOK", "booked"), ("PDNG", "pending"), ("INFO", "information"), ("FUTR", "future")]
)
def test_status_in_both_forms(status: str, want: str) -> None:
    assert transaction(statement(entry("", status=status)))["status"] == want
    new = statement(entry("", status=f"<Cd>{status}</Cd>"), version="08")
    assert transaction(new)["status"] == want


def test_an_unknown_status_is_no_movement() -> None:
    made, found = documents(statement(entry("", status="XXXX")), "iso20022/camt.053")
    assert (made, [each.severity for each in found]) == ([], ["error"])


def test_a_moment_is_a_day_as_printed() -> None:
    text = (
        statement(entry(""))
        .decode()
        .replace("<Dt>2026-11-20</Dt>", "<DtTm> 2026-11-20T23:30:00+02:00</DtTm>")
    )
    assert transaction(text.encode())["booked"] == date(2026, 11, 20)


@pytest.mark.parametrize(("account", "scheme"), [("BBAN", "bban"), ("BGNR", "bankgiro"), ("CUST", "other")])
def test_domestic_accounts(account: str, scheme: str) -> None:
    given = element(f"Othr/Id=52440000001; Othr/SchmeNm/Cd={account}")
    assert taken(transaction(statement(entry(""), account=given)), "account", "account_scheme") == (
        "52440000001",
        scheme,
    )


def test_an_iban_among_the_other_numbers_of_accounts() -> None:
    data = statement(entry(""), account=element("Othr/Id=FI2112345600000785"))
    assert taken(transaction(data), "account", "account_scheme") == ("FI2112345600000785", "iban")


BALANCES = balance("OPBD", "50.00", "DBIT") + balance("CLBD", "25.00") + balance("CLAV", "999.00")


def test_opening_and_booked_entries_make_the_closing() -> None:
    entries = [entry("", "100.00"), entry("", "25.00", "DBIT"), entry("", "7.00", status="PDNG")]
    made, found = documents(statement(*entries, balances=BALANCES), "iso20022/camt.053")
    assert found == []
    assert taken(made[0], "statement.opening", "statement.closing", "statement.date") == (
        -50,
        25,
        date(2026, 11, 20),
    )


def test_a_statement_that_does_not_balance_tells_its_figures() -> None:
    made, found = documents(statement(entry("", "100.00"), balances=BALANCES), "iso20022/camt.053")
    assert (len(made), [(each.code, each.severity) for each in found]) == (1, [("CAMT02", "error")])
    assert "Opening -50.00 and movements 100.00 make 50.00, but the closing is 25.00" in found[0].message


TOTALS = "TxsSummry/TtlNtries/NbOfNtries=2; TxsSummry/TtlNtries/Sum=140.00; TxsSummry/TtlNtries/TtlNetNtryAmt=60.00; "
TOTALS += "TxsSummry/TtlNtries/CdtDbtInd=CRDT; TxsSummry/TtlCdtNtries/NbOfNtries=1; TxsSummry/TtlCdtNtries/Sum=100.00; "
TOTALS += "TxsSummry/TtlDbtNtries/NbOfNtries=1; TxsSummry/TtlDbtNtries/Sum=40.00"


@pytest.mark.parametrize(
    ("said", "wrong", "field"),
    [
        ("", "", None),
        ("TtlNtries/NbOfNtries=2", "TtlNtries/NbOfNtries=3", "total_count"),
        ("TtlNtries/Sum=140.00", "TtlNtries/Sum=140.01", "total_sum"),
        ("TtlNetNtryAmt=60.00", "TtlNetNtryAmt=61", "net"),
        ("TtlNtries/CdtDbtInd=CRDT", "TtlNtries/CdtDbtInd=DBIT", "net"),
        ("TtlCdtNtries/NbOfNtries=1", "TtlCdtNtries/NbOfNtries=2", "credit_count"),
        ("TtlCdtNtries/Sum=100.00", "TtlCdtNtries/Sum=1", "credit_sum"),
        ("TtlDbtNtries/NbOfNtries=1", "TtlDbtNtries/NbOfNtries=0", "debit_count"),
        ("TtlDbtNtries/Sum=40.00", "TtlDbtNtries/Sum=41", "debit_sum"),
    ],
)
def test_the_summary_of_the_statement_is_checked(said: str, wrong: str, field: str | None) -> None:
    summary = element(TOTALS.replace(said, wrong))
    data = statement(entry("", "100.00"), entry("", "40.00", "DBIT"), extra=summary)
    made, found = documents(data, "iso20022/camt.053")
    assert (len(made), {each.severity for each in found} <= {"warning"}) == (2, True)
    assert [each.field or "net" for each in found] == ([] if field is None else [field])


def test_a_summary_of_entries_that_are_not_there_is_told() -> None:
    _, found = documents(statement(extra=element(TOTALS)), "iso20022/camt.053")
    assert [each.field for each in found] == [
        "total_count", "total_sum", "credit_count", "credit_sum", "debit_count", "debit_sum",
    ]  # fmt: skip


# --- what banks do wrong ---------------------------------------------------------------------------------------------


def warned(data: bytes) -> list[str]:
    """The codes of a file that is read all the same."""
    made, found = documents(data, "iso20022/camt.053")
    assert made
    assert {each.severity for each in found} <= {"warning"}
    return codes(found)


def test_a_batch_that_says_another_number_or_sum_is_told() -> None:
    parts = detail("AmtDtls/TxAmt/Amt@Ccy=EUR:60.00") + detail("AmtDtls/TxAmt/Amt@Ccy=EUR:40.00")
    for batch, want in (
        ("Btch/NbOfTxs=2; Btch/TtlAmt@Ccy=EUR:100.00", []),
        ("Btch/NbOfTxs=3", ["CAMT06"]),
        ("Btch/NbOfTxs=2; Btch/TtlAmt@Ccy=EUR:99.00", ["CAMT07"]),
        ("Btch/TtlAmt@Ccy=USD:99.00", []),
    ):
        assert warned(statement(entry("", details=element(batch) + parts))) == want
    assert (
        warned(statement(entry("", details=element("Btch/NbOfTxs=7")))) == []
    )  # its transactions come elsewhere


def test_several_lists_of_transactions_are_one() -> None:
    one = element("Btch/NbOfTxs=1") + detail("AmtDtls/TxAmt/Amt@Ccy=EUR:60.00")
    other = element("Btch/NbOfTxs=1") + detail("AmtDtls/TxAmt/Amt@Ccy=EUR:40.00")
    data = statement(entry("", details=f"{one}</NtryDtls><NtryDtls>{other}"))
    made, found = documents(data, "iso20022/camt.053")
    assert ([taken(each, "amount", "batch.index", "batch.count") for each in made], found) == (
        [(60, 1, 2), (40, 2, 2)],
        [],
    )


def test_decimals_currencies_and_check_digits_that_are_wrong_are_told() -> None:
    assert warned(statement(entry("", "100.005"))) == ["CAMT08"]
    assert warned(statement(entry("", "100.000"))) == []
    assert warned(statement(entry("", "100.00").replace('"EUR"', '"SEK"'))) == ["CAMT09"]
    assert warned(statement(entry("", details=detail(SCOR + "RF19539007547034")))) == ["CAMT10"]
    assert warned(statement(entry("", details=detail(SCOR + "880124")))) == ["CAMT10"]
    assert (
        warned(statement(entry("", details=detail(SCOR + "880124")), account=f"<IBAN>{OTHER}</IBAN>")) == []
    )
    assert warned(statement(entry("", details=detail(parties("Payer|" + OTHER.replace("89", "98")))))) == [
        "CAMT11"
    ]


def test_an_amount_with_a_sign_is_refused() -> None:
    made, found = documents(statement(entry("", "-100.00")), "iso20022/camt.053")
    assert (made, {each.severity for each in found}) == ([], {"error"})


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("<Dt>2026-11-20</Dt>", date(2026, 11, 20)),
        ("<Dt>2026-11-20+02:00</Dt>", date(2026, 11, 20)),
        ("<Dt>2026-11-20Z</Dt>", date(2026, 11, 20)),
        ("<DtTm>2026-11-20T23:30:00-05:00</DtTm>", date(2026, 11, 20)),
        ("<DtTm> 2026-11-20T23:30:00.1234567 </DtTm>", date(2026, 11, 20)),
    ],
)
def test_the_printed_day_counts_whatever_its_time_zone(written: str, read_as: date) -> None:
    data = statement(entry("")).replace(b"<BookgDt><Dt>2026-11-20</Dt>", f"<BookgDt>{written}".encode())
    assert transaction(data)["booked"] == read_as


def test_empty_elements_and_another_order_inside_an_entry_change_nothing() -> None:
    plain = statement(entry("AcctSvcrRef=A1", details=detail("Refs/EndToEndId=E1")))
    odd = plain.replace(b"<AcctSvcrRef>A1</AcctSvcrRef>", b"").replace(
        b"<Ntry>", b"<Ntry><AcctSvcrRef> A1 </AcctSvcrRef><NtryRef/><BkTxCd><Prtry/></BkTxCd>"
    )
    assert odd != plain
    (one,), (other,) = documents(plain, "iso20022/camt.053")[0], documents(odd, "iso20022/camt.053")[0]
    assert one == other


def test_a_statement_without_entries_is_a_document_of_its_own() -> None:
    same = balance("OPBD", "50.00", "DBIT") + balance("CLBD", "50.00", "DBIT")
    made, found = documents(statement(balances=same), "iso20022/camt.053")
    assert found == [] and [each["@kind"] for each in made] == ["bank_statement"]
    assert taken(made[0], "account", "opening", "closing", "kind") == (OWN, -50, -50, "statement")


def test_a_statement_whose_entries_are_gone_is_told() -> None:
    _, found = documents(statement(balances=BALANCES), "iso20022/camt.053")
    assert [(each.code, each.severity) for each in found] == [("CAMT12", "error")]


@pytest.mark.parametrize("entries", [(), (entry("", "75.00"), entry("", "9.00"))])
def test_balances_in_two_currencies_are_told_and_not_compared(entries: tuple[str, ...]) -> None:
    """The movements make the number of the closing balance, or not: either way nobody knows what it means."""
    foreign = BALANCES.replace('Ccy="EUR">25.00', 'Ccy="SEK">25.00')
    assert foreign != BALANCES
    _, found = documents(statement(*entries, balances=foreign), "iso20022/camt.053")
    told = [(each.code, each.severity, each.value) for each in found]
    assert told == [("CAMT15", "error", "SEK")] * max(1, len(entries))


def test_transactions_of_a_batch_have_keys_of_their_own() -> None:
    parts = detail("Amt@Ccy=EUR:60.00; CdtDbtInd=CRDT") + detail("Amt@Ccy=EUR:40.00; CdtDbtInd=CRDT")
    whole = entry("AcctSvcrRef=A1", details=parts) + entry("AcctSvcrRef=A2") + entry("")
    made, _ = documents(statement(whole, version="08"), "iso20022/camt.053")
    keys = [each["key"] for each in made]
    assert [each["entry_ref"] for each in made] == ["A1", "A1", "A2", None]
    assert len(set(keys)) == 4 and all(key.startswith(f"{OWN}/") for key in keys)
    assert [key.rpartition("/")[2] for key in keys] == ["1", "2", "A2", "2026-11-20 CRDT 100.00"]


@pytest.mark.parametrize("entries", [(), (entry("AcctSvcrRef=A1"), entry("AcctSvcrRef=A2"))])
@pytest.mark.parametrize(
    ("balances", "missing"),
    [
        ("", "no opening and no closing balance"),
        (balance("OPBD", "1.00"), "no closing balance"),
        (balance("CLBD", "1.00"), "no opening balance"),
        (balance("OPAV", "1.00") + balance("CLAV", "1.00"), "no opening and no closing balance"),
    ],
)
def test_a_statement_without_its_balances_may_be_cut_off(
    entries: tuple[str, ...], balances: str, missing: str
) -> None:
    data = statement(*entries, balances=balances)
    made, found = documents(data, "iso20022/camt.053")
    assert len(made) == max(1, len(entries))
    assert [(each.code, each.severity) for each in found] == [("CAMT14", "warning")]
    assert f"There is {missing};" in found[0].message


@pytest.mark.parametrize("message", ["camt.052", "camt.054"])
@pytest.mark.parametrize("entries", [(), (entry("AcctSvcrRef=A1"),)])
def test_reports_and_advices_need_no_balances(message: str, entries: tuple[str, ...]) -> None:
    text = statement(*entries, balances="").decode()
    for own, other in zip(("camt.053", *NAMES["camt.053"]), (message, *NAMES[message]), strict=True):
        text = text.replace(own, other)
    made, found = documents(text.encode(), f"iso20022/{message}")
    assert (len(made), found) == (1, [])


def test_two_statements_in_one_message_are_told_apart() -> None:
    one = statement(entry("", "75.00"), balances=BALANCES).decode()
    start, end = one.index("<Stmt>"), one.index("</Stmt>") + len("</Stmt>")
    second = (
        one[start:end].replace("<Id>S1</Id>", "<Id>S2</Id>").replace(OWN, OTHER).replace("75.00", "70.00")
    )
    made, found = documents((one[:end] + second + one[end:]).encode(), "iso20022/camt.053")
    assert [taken(each, "account", "statement.id", "amount") for each in made] == [
        (OWN, "S1", 75),
        (OTHER, "S2", 70),
    ]
    assert ["S2" in each.message for each in found] == [True]


def test_what_is_wrong_in_a_file_is_told_with_its_place() -> None:
    data = statement(entry("AcctSvcrRef=A1"), entry("", "12,50"))
    records, found = read(data, "iso20022/camt.053")
    assert [record["servicer_ref"] for record in records] == ["A1"]
    assert {(each.field, each.value) for each in found} == {("amount", "12,50"), ("details.amount", "12,50")}
    assert found[0].path == "/Document/BkToCstmrStmt[1]/Stmt[1]/Ntry[2]/Amt"
