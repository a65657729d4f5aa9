"""The records of a statement message: fields of a statement and of an entry, those of the SWIFT fields.

Source: SWIFT User Handbook, Category 9 (MT940, MT942, MT950), as described by banks' customer guides.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from exchange.declare.layout import KindBase, Name
from exchange.formats.values import ValueField

INFORMATION = {
    "code": "the bank's code of the business transaction, such as the German GVC",
    "booking_text": "what kind of movement it is, in words",
    "text": "remittance information: what the payer wrote",
    "name": "the other party",
    "account": "account of the other party",
    "bic": "bank of the other party: BIC or national code",
    "address": "address of the other party",
    "reference": "structured reference: RF, viite, OCR, KID",
    "end_to_end": "end-to-end reference",
    "instruction": "reference of the payment order or batch",
    "customer_ref": "customer reference",
    "bank_ref": "the bank's own reference",
    "mandate": "mandate of a direct debit",
    "creditor_id": "creditor identifier of a direct debit",
    "debtor_id": "identification of the debtor",
    "ultimate": "the party behind the other party",
    "purpose": "purpose code",
    "return_reason": "why a payment came back",
    "original": "amount and currency as instructed",
    "rate": "rate of exchange",
    "charges": "charges",
    "text_key": "text key extension (German Textschlüsselergänzung)",
    "journal": "the bank's journal number (German Primanota)",
    "date": "a date in words or digits",
}
"""What dialects of field 86 can tell, by the names that layouts use."""

Spec = Mapping[str, Any]


class Field(ValueField):
    """A field of a record, or a structure."""

    fields: dict[Name, Field] | None = None


class Kind(KindBase):
    """A kind of record. own: handed on itself, too, where no other kind stands inside it."""

    fields: dict[Name, Field]
    own: bool = False


def _balance(meaning: str, **more: Any) -> Spec:
    return {
        "meaning": meaning,
        "fields": {
            "date": {"type": "date"},
            "currency": {"check": "currency"},
            "amount": {"type": "money", "meaning": "debit balances are negative"},
            **more,
        },
    }


def _sum(meaning: str) -> Spec:
    fields = {"count": {"type": "integer"}, "currency": {}, "amount": {"type": "money"}}
    return {"meaning": meaning, "fields": fields}


_FLAG = {"type": "boolean", "meaning": "M: the balance between two pages of one statement"}
_STATEMENT: Mapping[str, Spec] = {
    "message": {"required": True, "values": ["940", "942", "950"], "meaning": "message type"},
    "sender": {"meaning": "BIC of the bank, from the envelope"},
    "reference": {"meaning": "20: reference of the message"},
    "related": {"meaning": "21: related reference"},
    "account": {"required": True, "meaning": "25: account as it stands in the file"},
    "bank": {"meaning": "25: BIC or bank code before the account"},
    "account_number": {"meaning": "25: IBAN or account number alone, without blanks"},
    "account_currency": {"meaning": "25: currency behind the account"},
    "currency": {"required": True, "check": "currency", "meaning": "of the balances, floor limit or sums"},
    "number": {"meaning": "28C: number of the statement"},
    "page": {"meaning": "28C: number of the page (sequence)"},
    "created": {"type": "datetime", "meaning": "13D: when the report was made, local time of the bank"},
    "utc_offset": {"meaning": "13D: offset from UTC, such as +0100"},
    "floor_debit": {"type": "money", "meaning": "34F: smaller debits are not reported one by one"},
    "floor_credit": {"type": "money", "meaning": "34F: smaller credits are not reported one by one"},
    "opening": _balance("60F, 60M: opening balance", intermediate=_FLAG),
    "closing": _balance("62F, 62M: closing balance", intermediate=_FLAG),
    "available": _balance("64: closing available balance"),
    "forward": {"many": True, **_balance("65: forward available balances")},
    "debits": _sum("90D: number and sum of debit entries"),
    "credits": _sum("90C: number and sum of credit entries"),
    "text": {"meaning": "86 about the statement, lines separated by a line feed"},
}
_ENTRY: Mapping[str, Spec] = {
    "value_date": {"type": "date", "required": True},
    "entry_date": {"type": "date", "meaning": "empty: the same as the value date"},
    "mark": {
        "required": True,
        "values": ["C", "D", "RC", "RD", "EC", "ED"],
        "meaning": "C credit, D debit; R takes one back: RC is a debit, RD a credit; E is expected",
    },
    "funds_code": {"meaning": "third letter of the currency"},
    "amount": {"type": "money", "required": True, "minimum": Decimal(0), "meaning": "without a sign"},
    "moved": {"type": "money", "meaning": "the amount with its sign: what comes in is positive"},
    "type": {"meaning": "transaction type, such as NTRF, NMSC, NCHG, FMSC"},
    "customer_ref": {"meaning": "reference for the account owner"},
    "bank_ref": {"meaning": "reference of the bank, behind //"},
    "supplementary": {"meaning": "second line of field 61, or what stands behind the reference"},
    "details": {"meaning": "86 as it stands in the file, lines separated by a line feed"},
    "numbered": {"meaning": "NS: lines with numbers of two digits, as some banks use them in place of 86"},
    "dialect": {"meaning": "the dialect of the layout by which field 86 was understood"},
    "information": {
        "meaning": "what field 86 says, by that dialect",
        "fields": {name: {"meaning": meaning} for name, meaning in INFORMATION.items()},
    },
}


def kinds() -> dict[str, Kind]:
    """Statements, which are records themselves where no entry stands in them, and the entries in them."""
    return {"statement": _kind(_STATEMENT, own=True), "entry": _kind(_ENTRY, "statement")}


def _kind(fields: Mapping[str, Spec], inside: str | None = None, *, own: bool = False) -> Kind:
    return Kind.model_validate(
        {
            "inside": inside,
            "own": own,
            "fields": {name: Field.model_validate(one) for name, one in fields.items()},
        }
    )
