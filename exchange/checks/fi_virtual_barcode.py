"""Finnish virtual bar code (virtuaaliviivakoodi): 54 digits of a bill, versions 4 and 5 (Finance Finland).

Version 4: `4`, IBAN 16 digits without FI, euros 6, cents 2, `000`, viite 20, due date YYMMDD.
Version 5: `5`, IBAN 16, euros 6, cents 2, RF check digits 2, rest of the RF reference 21, due date YYMMDD.
Amount and due date of all zeros stand for none; an amount above 999 999.99 is written as none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from exchange.checks import fi_viite, iban, rf
from exchange.checks._text import HYPHENS, SPACES, digits_fault, grouped, refuse, without

LARGEST_CENTS = 99_999_999
_SEPARATORS = without(SPACES + HYPHENS)
_FORM = re.compile(r"([45])([0-9]{16})([0-9]{8})([0-9]{23})([0-9]{6})")


@dataclass(frozen=True, slots=True)
class Barcode:
    """A bill: account (IBAN, FI), amount in cents or None, reference (viite or RF), due date or None."""

    iban: str
    cents: int | None
    reference: str
    due: date | None


def compact(value: str) -> str:
    """The 54 digits without blanks and hyphens."""
    return value.translate(_SEPARATORS)


def fault(value: str) -> str | None:
    """None when account, reference and due date in the bar code are right."""
    text = compact(value)
    if wrong := digits_fault(text, (54,)):
        return wrong
    match = _FORM.fullmatch(text)
    if match is None:
        return f"it is of version {text[0]}, only 4 and 5 are known"
    version, account, _, reference, due = match.groups()
    if wrong := iban.fault("FI" + account):
        return f"the account FI{account} is wrong: {wrong}"
    if version == "4" and not reference.startswith("000"):
        return f"positions 26 to 28 are {reference[:3]}, in version 4 they are 000"
    if wrong := _reference_fault(_reference(version, reference)):
        return wrong
    return _due_fault(due)


def parse(value: str) -> Barcode:
    """What the bar code says; ValueError with the reason when it is wrong."""
    match, wrong = _FORM.fullmatch(compact(value)), fault(value)
    if match is None or wrong:
        raise ValueError(wrong)
    version, account, cents, reference, due = match.groups()
    return Barcode("FI" + account, int(cents) or None, _reference(version, reference), _date(due))


def build(bill: Barcode) -> str:
    """The bar code of a bill, version 5 for an RF reference, else 4; ValueError when a part is wrong."""
    account, reference = iban.compact(bill.iban), rf.compact(bill.reference)
    refuse(_account_fault(account) or _reference_fault(reference) or _amount_fault(bill.cents))
    cents = bill.cents if bill.cents is not None and bill.cents <= LARGEST_CENTS else 0
    if reference.startswith("RF"):
        version, field = "5", reference[2:4] + _significant(reference[4:]).zfill(21)
    else:
        version, field = "4", fi_viite.compact(reference).zfill(23)
    return f"{version}{account[2:]}{cents:08d}{field}{_due_digits(bill.due)}"


def pretty(value: str) -> str:
    """In groups of four, as printed above the bars."""
    return grouped(compact(value), 4)


def _significant(digits: str) -> str:
    return digits.lstrip("0")


def _reference(version: str, field: str) -> str:
    if version == "4":
        return fi_viite.compact(field[3:])
    return f"RF{field[:2]}{_significant(field[2:])}"


def _reference_fault(reference: str) -> str | None:
    if not reference.startswith("RF"):
        wrong = fi_viite.fault(reference)
    else:
        wrong = rf.fault(reference) or digits_fault(reference[4:], range(1, 22))
    return wrong and f"the reference {reference} is wrong: {wrong}"


def _account_fault(account: str) -> str | None:
    wrong = iban.fault(account)
    if wrong is None and not account.startswith("FI"):
        wrong = "only Finnish accounts fit into the bar code"
    return wrong and f"the account {account} is wrong: {wrong}"


def _amount_fault(cents: int | None) -> str | None:
    if cents == 0:
        return "the amount is 0, which cannot be told from no amount"
    return "the amount is negative" if cents is not None and cents < 0 else None


def _date(due: str) -> date | None:
    """YYMMDD of this century; None for zeros; ValueError for what is no date."""
    return None if due == "000000" else date(2000 + int(due[:2]), int(due[2:4]), int(due[4:]))


def _due_fault(due: str) -> str | None:
    try:
        _date(due)
    except ValueError:
        return f"the due date {due} (YYMMDD) is no date"
    return None


def _due_digits(due: date | None) -> str:
    if due is None:
        return "000000"
    if not 2000 <= due.year <= 2099:
        raise ValueError(f"the due date {due.isoformat()} is not of this century")
    return due.strftime("%y%m%d")
