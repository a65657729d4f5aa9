"""Answers of a bank as they are written: pain.002 and camt.054, valid, and read back as the same documents."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from iso20022_orders import document, faults, values, written
from iso20022_support import FACTS, OTHER, OWN, codes, documents
from lxml import etree

from exchange.model import KIND, LINE, PATH, Record

ANSWERS = ("pain.002.001.03", "pain.002.001.10")
ADVICE = ("camt.054.001.02", "camt.054.001.08")


def status(level: str, verdict: str, **given: Any) -> Record:
    """A bank's word about one payment file."""
    base = {"original_message_id": "M1", "original_message_type": "pain.001.001.09"}
    return document("payment-status", level=level, verdict=verdict, **{**base, **given})


def reason(code: str | None, text: str | None = None, proprietary: str | None = None) -> Record:
    return {"code": code, "proprietary": proprietary, "text": text}


def answer(message: str, *statuses: Record) -> etree._Element:
    """The answer of a bank; it is valid."""
    data, found = written(message, *statuses, mapping=f"payment-status-to-{message}")
    assert codes(found) == []
    root = etree.fromstring(data)
    assert faults(root, message) == []
    return root


def plain(records: list[Record]) -> list[Record]:
    """Documents without their places, in an order of their own."""
    bare = [
        {name: value for name, value in each.items() if name not in (KIND, LINE, PATH, "@key")}
        for each in records
    ]
    return sorted(bare, key=repr)


@pytest.mark.parametrize("message", ANSWERS)
def test_an_answer_about_a_file_its_batches_and_payments(message: str) -> None:
    root = answer(
        message,
        status("file", "partial", accepted_count=1, rejected_count=1),
        status("batch", "accepted", payment_info_id="P1", status="ACSP"),
        status("payment", "rejected", payment_info_id="P2", end_to_end_id="E2", instruction_id="I2", amount=Decimal("12.50"),
               currency="EUR", execution_date=date(2026, 11, 27), creditor__name="Payee", creditor__account=OTHER,
               reasons=[reason("AC04", "The account is closed since " + "long " * 30), reason(None, None, "X-1")]),
    )  # fmt: skip
    assert values(root, "MsgId") == [FACTS.id] and values(root, "CreDtTm")[0].startswith(
        "2026-11-23T09:30:15"
    )
    assert (values(root, "GrpSts"), values(root, "PmtInfSts"), values(root, "TxSts")) == (
        ["PART"],
        ["ACSP"],
        ["RJCT"],
    )
    assert values(root, "OrgnlPmtInfId") == ["P1", "P2"]
    assert (values(root, "Rsn/Cd"), values(root, "Rsn/Prtry"), len(values(root, "AddtlInf"))) == (
        ["AC04"],
        ["X-1"],
        2,
    )
    assert values(root, "OrgnlTxRef/CdtrAcct/Id/IBAN") == [OTHER]


@pytest.mark.parametrize("message", ANSWERS)
@pytest.mark.parametrize(
    "given",
    [
        {"debtor_account": OWN, "reference": "RF18539007547034", "creditor__account": OTHER, "creditor__account_scheme": "iban"},
        {"debtor_account": "123456", "creditor__account": "50501055", "creditor__account_scheme": "bankgiro"},
        {"creditor__account": "412346", "creditor__account_scheme": "plusgiro", "reference": "Invoice 2026-8841 of November, paid twice"},
        {"creditor__account": "86011117947", "creditor__account_scheme": "bban"},
        {"creditor__account": "X-1"},
    ],
)  # fmt: skip
def test_what_the_payment_was_is_told_and_reads_back_the_same(message: str, given: dict[str, Any]) -> None:
    one = status("payment", "rejected", status="RJCT", payment_info_id="P1", end_to_end_id="E1", **given)
    root = answer(message, one)
    made, found = documents(etree.tostring(root), "iso20022/pain.002")
    (back,) = (each for each in made if each["level"] == "payment")
    assert codes(found) == []
    assert (back["debtor_account"], back["reference"]) == (
        given.get("debtor_account"),
        given.get("reference"),
    )
    told = (back["creditor"]["account"], back["creditor"]["account_scheme"])
    assert told == (given["creditor__account"], given.get("creditor__account_scheme"))


@pytest.mark.parametrize("message", ANSWERS)
def test_a_lone_word_about_the_file_is_an_answer(message: str) -> None:
    root = answer(message, status("file", "rejected", reasons=[reason("FF01", "Not well formed")]))
    assert values(root, "GrpSts") == ["RJCT"] and values(root, "OrgnlPmtInfAndSts") == []


def test_what_an_answer_cannot_say() -> None:
    for statuses, want in (
        ([status("file", "accepted"), status("file", "rejected")], "STA101"),
        ([status("payment", "accepted")], "MAP002"),
        ([status("file", "accepted"), status("file", "accepted", original_message_id="M2")], "STA102"),
        ([status("file", "cancelled")], "VAL"),
    ):
        found = written("pain.002.001.03", *statuses, mapping="payment-status-to-pain.002.001.03")[1]
        assert any(each.code.startswith(want) and each.severity == "error" for each in found), (want, found)


@pytest.mark.parametrize("message", ANSWERS)
def test_answers_of_banks_are_written_as_they_were_read(message: str, corpus: Path) -> None:
    done = 0
    for path in sorted((corpus / "bank" / "iso20022" / "pain").glob("pain.002.*/*")):
        made, _ = documents(path.read_bytes(), "iso20022/pain.002")
        told = [each for each in made if each["level"] == "file" or each["payment_info_id"]]
        if not made or told != made:
            continue
        data, found = written(message, *made, mapping=f"payment-status-to-{message}")
        if any(each.severity == "error" for each in found):
            continue
        assert faults(etree.fromstring(data), message) == []
        assert plain(documents(data, "iso20022/pain.002")[0]) == plain(made), path.name
        done += 1
    assert done >= 2


# --- advice ------------------------------------------------------------------------------------------------------------


def moved(amount: str, **given: Any) -> Record:
    """A movement on our account."""
    base = {
        "account": OWN, "account_scheme": "iban", "currency": "EUR", "amount": Decimal(amount), "status": "booked",
        "reversal": False, "booked": date(2026, 11, 20), "valued": date(2026, 11, 20), "entry_ref": "R1",
        "bank_code__domain": "PMNT", "bank_code__family": "RCDT", "bank_code__subfamily": "ESCT", "statement__id": "S1",
        "statement__kind": "advice", "statement__date": date(2026, 11, 20),
    }  # fmt: skip
    return document("bank-transaction", **{**base, **given})


def advice(message: str, *movements: Record) -> tuple[etree._Element, list[Record]]:
    """The advice of movements, which is valid, and what it reads back as."""
    data, found = written(message, *movements, mapping=f"bank-transaction-to-{message}")
    assert codes(found) == []
    root = etree.fromstring(data)
    assert faults(root, message) == []
    made, found = documents(data, "iso20022/camt.054")
    assert codes(found) == []
    return root, made


def known(record: Record) -> dict[str, Any]:
    """The values of a document that are not empty, dotted."""
    found: dict[str, Any] = {}

    def walk(value: Any, name: str) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                if not key.startswith("@") and key not in ("event", "key"):  # which follow from the others
                    walk(inner, f"{name}.{key}" if name else key)
        elif value not in (None, [], False):
            found[name] = value

    walk(record, "")
    return found


@pytest.mark.parametrize("message", ADVICE)
@pytest.mark.parametrize(
    "given",
    [
        {"amount": Decimal("100.00"), "reference": "880123", "reference_scheme": "fi-viite", "counterparty__name": "Payer",
         "counterparty__account": OTHER, "counterparty__bic": "COBADEFFXXX", "counterparty__country": "DE"},
        {"amount": Decimal("-12.50"), "text": "Fee for one month", "end_to_end_id": "E1", "instruction_id": "I1",
         "counterparty__name": "Payee", "counterparty__account": "123456", "counterparty__id": "ID-1"},
        {"amount": Decimal("90.00"), "charges": Decimal("10.00"), "original_amount__amount": Decimal("1000.00"),
         "original_amount__currency": "SEK", "original_amount__rate": Decimal("0.1")},
        {"amount": Decimal("5.00"), "returned_reason": "AC04", "counterparty__name": "Payee", "reversal": True},
        {"status": "pending", "text": "880123"},
        {"invoices": [{"number": "I-1", "kind": "invoice", "amount": Decimal(30)},
                      {"number": "C-1", "kind": "credit", "amount": Decimal(5)}]},
        {"batch__count": 3, "batch__total": Decimal("100.00"), "batch__payment_info_id": "P1", "mandate_id": "MND"},
    ],
)  # fmt: skip
def test_a_movement_reads_back_the_same(message: str, given: dict[str, Any]) -> None:
    given = {"amount": Decimal("100.00"), **given}
    one = moved(str(given.pop("amount")), **given)
    _, made = advice(message, one)
    assert [known(each) for each in made] == [known(one)]


@pytest.mark.parametrize("message", ADVICE)
def test_a_batch_of_several_messages_and_codes_is_one_entry(message: str) -> None:
    batch = {"batch__count": 3, "batch__total": Decimal("60.00")}
    movements = [
        moved("10.00", batch__index=1, batch__message_id="M1", **batch),
        moved("20.00", batch__index=2, batch__message_id="M2", bank_code__subfamily="XBCT", **batch),
        moved("30.00", batch__index=3, batch__message_id="M3", bank_code__proprietary="705", **batch),
    ]
    root, made = advice(message, *movements)
    assert values(root, "Ntry/Amt") == ["60.00"]
    assert values(root, "TxDtls/BkTxCd/Domn/Fmly/SubFmlyCd") == ["XBCT", "ESCT"]
    assert [known(each) for each in made] == [known(each) for each in movements]
    assert len({each["key"] for each in made}) == 3


@pytest.mark.parametrize("message", ADVICE)
def test_a_batch_is_one_entry(message: str) -> None:
    batch = {"batch__payment_info_id": "P1", "batch__count": 2, "batch__total": Decimal("30.00")}
    movements = [
        moved("-10.00", end_to_end_id="E1", batch__index=1, **batch), moved("5.00"),
        moved("-20.00", end_to_end_id="E2", batch__index=2, **batch),
    ]  # fmt: skip
    root, made = advice(message, *movements)
    assert [each.text for each in root.iterfind(".//{*}Ntry/{*}Amt")] == ["5.00", "30.00"]
    assert sorted(map(repr, map(known, made))) == sorted(map(repr, map(known, movements)))


@pytest.mark.parametrize("message", ADVICE)
def test_each_account_and_statement_has_an_advice(message: str) -> None:
    root, made = advice(
        message, moved("1"), moved("2", account=OTHER), moved("3"), moved("4", statement__id="S2")
    )
    assert len(root.findall(".//{*}Ntfctn")) == 3 and len(made) == 4


@pytest.mark.parametrize("message", ADVICE)
def test_advice_of_banks_is_written_as_it_was_read(message: str, corpus: Path) -> None:
    done = 0
    for path in sorted((corpus / "bank" / "iso20022" / "camt").glob("camt.054.*/*")):
        made, _ = documents(path.read_bytes(), "iso20022/camt.054")
        data, found = written(message, *made, mapping=f"bank-transaction-to-{message}")
        if not made or any(each.severity == "error" for each in found):
            continue
        assert faults(etree.fromstring(data), message) == [], path.name
        again = documents(data, "iso20022/camt.054")[0]
        assert sorted((str(each["amount"]), str(each["reference"])) for each in again) == sorted(
            (str(each["amount"]), str(each["reference"])) for each in made
        ), path.name
        done += 1
    assert done >= 4


def test_the_same_statuses_give_the_same_bytes() -> None:
    given = [status("file", "accepted")]
    assert written(ANSWERS[1], *given, mapping=f"payment-status-to-{ANSWERS[1]}") == written(
        ANSWERS[1], *given, mapping=f"payment-status-to-{ANSWERS[1]}"
    )
