"""Requests to take payments back: written, valid, and read back as the same documents."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from iso20022_orders import document, faults, values, written
from iso20022_support import OTHER, OWN, codes, documents
from lxml import etree

from exchange.model import Record

REQUESTS = ("camt.055.001.01", "camt.055.001.08")


def cancelled(level: str, **given: Any) -> Record:
    """A cancellation in a request of ours."""
    base = {
        "kind": "cancellation", "message_id": "C1", "sender": "Nordkaffe Oy", "receiver": "NDEAFIHH",
        "original_message_id": "M1", "original_message_type": "pain.001.001.09",
        "reasons": [{"code": "DUPL", "proprietary": None, "text": "Paid twice"}],
    }  # fmt: skip
    return document("payment-cancellation", level=level, **{**base, **given})


def a_payment(**given: Any) -> Record:
    base = {
        "payment_info_id": "P1", "end_to_end_id": "E1", "instruction_id": "I1", "amount": Decimal("12.50"), "currency": "EUR",
        "execution_date": date(2026, 11, 27), "debtor__name": "Nordkaffe Oy", "debtor__account": OWN,
        "creditor__name": "Payee", "creditor__account": OTHER,
    }  # fmt: skip
    return cancelled("payment", **{**base, **given})


def known(record: Record) -> dict[str, Any]:
    """What a document says, without what is empty and without the moment of writing."""
    return {
        name: value
        for name, value in record.items()
        if value not in (None, [], False) and not name.startswith("@") and name != "created"
        and not (isinstance(value, dict) and not any(value.values()))
    }  # fmt: skip


@pytest.mark.parametrize("message", REQUESTS)
def test_a_request_reads_back_the_same(message: str) -> None:
    asked = [
        cancelled("file", whole=True, count=2, sum=Decimal("30.00"), original_message_id="M2"),
        cancelled("batch", whole=True, payment_info_id="P2", count=1, sum=Decimal("7.00")),
        a_payment(), a_payment(end_to_end_id="E2", instruction_id=None),
    ]  # fmt: skip
    data, found = written(message, *asked, mapping=f"payment-cancellation-to-{message}")
    assert codes(found) == []
    root = etree.fromstring(data)
    assert faults(root, message) == []
    assert (values(root, "CtrlData/NbOfTxs"), values(root, "CtrlData/CtrlSum")) == (["5"], ["62.00"])
    made, found = documents(data, "iso20022/camt.055")
    assert [each for each in found if each.severity == "error"] == []
    told = [each for each in made if each["level"] != "file" or each["whole"] or each["reasons"]]
    wanted = [
        {name: value for name, value in known(each).items() if name != "whole" or value} for each in asked
    ]
    read = [known(each) for each in told if not (each["level"] == "batch" and not each["reasons"])]
    assert sorted(read, key=repr) == sorted(wanted, key=repr)


@pytest.mark.parametrize(
    ("asked", "want"),
    [
        ([a_payment(kind="recall")], "CXL101"),
        ([a_payment(), a_payment(message_id="C2")], "CXL102"),
        ([a_payment(end_to_end_id=None, instruction_id=None)], "CXL103"),
        ([cancelled("file", whole=True)], "CXL104"),
        ([a_payment(reasons=[{"code": "TECH", "proprietary": None, "text": None}])], "VAL"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked(asked: list[Record], want: str) -> None:
    found = written(REQUESTS[0], *asked, mapping=f"payment-cancellation-to-{REQUESTS[0]}")[1]
    assert any(each.code.startswith(want) and each.severity == "error" for each in found), found


@pytest.mark.parametrize("message", REQUESTS)
@pytest.mark.parametrize(
    ("asked", "want"),
    [
        (a_payment(receiver="Östra Banken & Söner"), ["CXL105"]),
        (a_payment(receiver="B" * 141), ["CXL105"]),
        (a_payment(receiver="B" * 140), []),
        (a_payment(creditor__name="N" * 141), ["CXL106"]),
        (a_payment(debtor__name="N" * 141), ["CXL106"]),
        (a_payment(reasons=[{"code": "DUPL", "proprietary": None, "text": "word " * 80}]), ["CXL106"]),
    ],
)
def test_what_is_changed_in_a_request_is_told(message: str, asked: Record, want: list[str]) -> None:
    data, found = written(message, asked, mapping=f"payment-cancellation-to-{message}")
    assert [(each.code, each.severity) for each in found] == [(code, "info") for code in want]
    assert faults(etree.fromstring(data), message) == []
