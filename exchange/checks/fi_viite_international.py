"""Finnish reference number in international form: RF, check digits, viite (ISO 11649, Finance Finland)."""

from __future__ import annotations

from exchange.checks import fi_viite, rf
from exchange.checks._text import refuse


def compact(value: str) -> str:
    """Without blanks, in upper case, the viite without leading zeros (its check digits stay right)."""
    text = rf.compact(value)
    return text[:4] + fi_viite.compact(text[4:]) if text.startswith("RF") else text


def fault(value: str) -> str | None:
    """None when both the RF reference and the Finnish reference number in it are right."""
    text = compact(value)
    if wrong := rf.fault(text):
        return wrong
    wrong = fi_viite.fault(text[4:])
    return wrong and f"in the Finnish reference number {text[4:]}, {wrong}"


def complete(body: str) -> str:
    """3 to 19 digits without any check digit, to the whole: 123456 becomes RF + check digits + 1234561."""
    return rf.complete(fi_viite.complete(body))


def pretty(value: str) -> str:
    """In groups of four, as on paper."""
    return rf.pretty(compact(value))


def from_national(viite: str) -> str:
    """The international form of a viite: 2348236 becomes RF332348236; ValueError if it is wrong."""
    refuse(fi_viite.fault(viite))
    return rf.complete(fi_viite.compact(viite))


def to_national(reference: str) -> str:
    """The viite inside an international reference: RF332348236 becomes 2348236; ValueError if it is wrong."""
    refuse(fault(reference))
    return compact(reference)[4:]
