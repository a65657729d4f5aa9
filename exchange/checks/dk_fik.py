"""Danish payment slip code line (FIK and giro): +71<payment id+creditor<, slips 01, 04, 15, 71, 73 and 75.

Slips 71 and 75 carry a payment id of 15 and 16 digits, the last a modulus 10 check digit; 04 and 15 one of
16 digits, whose last digit is not tested here; 01 and 73 carry none. FIK slips (71, 73, 75) name a creditor
number of 8 digits, giro slips (01, 04, 15) a giro account of 7 or 8.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from exchange.checks._arithmetic import luhn_digit
from exchange.checks._text import SPACES, check_digit_fault, digits_fault, refuse, without


@dataclass(frozen=True, slots=True)
class _Kind:
    id_length: int
    check_digit: bool
    creditor_lengths: tuple[int, ...]


KINDS = {
    "01": _Kind(0, False, (7, 8)),
    "04": _Kind(16, False, (7, 8)),
    "15": _Kind(16, False, (7, 8)),
    "71": _Kind(15, True, (8,)),
    "73": _Kind(0, False, (8,)),
    "75": _Kind(16, True, (8,)),
}
_SEPARATORS = without(SPACES)
_LINE = re.compile(r"\+?([0-9]{2})<([0-9]*)\+([0-9]+)<?")


@dataclass(frozen=True, slots=True)
class Slip:
    """A code line in parts: slip type, payment id ("" where the type has none), creditor or giro account."""

    kind: str
    payment_id: str
    creditor: str


def compact(value: str) -> str:
    """Without blanks, with both signs at the ends, the payment id padded to its length with zeros."""
    text = value.translate(_SEPARATORS)
    slip = _split(text)
    return _line(slip) if slip else text


def fault(value: str) -> str | None:
    """None when this is a code line with a payment id and a creditor as its slip type demands."""
    text = value.translate(_SEPARATORS)
    if not text:
        return "it is empty"
    slip = _split(text)
    if slip is None:
        return "it is not of the form +71<payment id+creditor<"
    return _slip_fault(slip)


def id_fault(kind: str, payment_id: str) -> str | None:
    """The same for a payment id that stands alone (file columns, UBL's 71#…), of that slip type."""
    text = payment_id.translate(_SEPARATORS)
    if kind not in KINDS:
        return _kind_fault(kind)
    rule = KINDS[kind]
    if rule.id_length == 0:
        return f"slip type {kind} has no payment id" if text else None
    if wrong := digits_fault(text, range(1, rule.id_length + 1)):
        return f"the payment id is wrong: {wrong}"
    if rule.check_digit:
        return check_digit_fault(text[-1], luhn_digit(text[:-1]))
    return None


def complete(body: str) -> str:
    """A code line whose payment id lacks its check digit (slips 71, 75), to the whole: +71<1+88888888<."""
    slip = _split(body.translate(_SEPARATORS))
    if slip is None:
        raise ValueError("it is not of the form +71<payment id+creditor<")
    whole = Slip(slip.kind, complete_id(slip.kind, slip.payment_id), slip.creditor)
    refuse(_slip_fault(whole))
    return _line(whole)


def complete_id(kind: str, body: str) -> str:
    """A payment id without check digit, to the whole of 15 or 16 digits: 1 to 000000000000018 (slip 71)."""
    text = body.translate(_SEPARATORS)
    if kind not in KINDS or not KINDS[kind].check_digit:
        raise ValueError(f"slip type {kind} has no payment id with a check digit")
    length = KINDS[kind].id_length
    refuse(digits_fault(text, range(1, length)))
    return f"{text}{luhn_digit(text)}".zfill(length)


def parse(value: str) -> Slip:
    """The parts of a valid code line; ValueError with the reason for any other text."""
    slip, wrong = _split(compact(value)), fault(value)
    if slip is None or wrong:
        raise ValueError(wrong)
    return slip


def build(slip: Slip) -> str:
    """The code line of a slip whose payment id is whole; ValueError with the reason when a part is wrong."""
    refuse(_slip_fault(slip))
    return _line(slip)


def pretty(value: str) -> str:
    """As printed, with a blank between payment id and creditor: +71<000000000000018 +88888888<."""
    text = compact(value)
    slip = _split(text)
    return (
        text
        if slip is None or not slip.payment_id
        else text.replace("+" + slip.creditor, " +" + slip.creditor)
    )


def _split(text: str) -> Slip | None:
    match = _LINE.fullmatch(text)
    return Slip(*match.groups()) if match else None


def _line(slip: Slip) -> str:
    length = KINDS[slip.kind].id_length if slip.kind in KINDS and slip.payment_id else 0
    return f"+{slip.kind}<{slip.payment_id.zfill(length)}+{slip.creditor}<"


def _slip_fault(slip: Slip) -> str | None:
    if wrong := id_fault(slip.kind, slip.payment_id):
        return wrong
    wrong = digits_fault(slip.creditor, KINDS[slip.kind].creditor_lengths)
    return wrong and f"the creditor number is wrong: {wrong}"


def _kind_fault(kind: str) -> str:
    return f"there is no slip type {kind}, only {', '.join(KINDS)}"
