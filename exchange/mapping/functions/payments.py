"""Payments: by which scheme a bank carries one out, and the code lines of Danish payment slips."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Annotated

from exchange.checks import dk_fik, iban
from exchange.mapping.functions import Known
from exchange.mapping.operators import Fault

_SEPA = """
    AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS SE
    SI SK SM VA
"""
SEPA_COUNTRIES = frozenset(_SEPA.split())
"""Countries whose banks can be reached by SEPA credit transfer (EPC409-09)."""
HOMES = {"SEK": "SE", "NOK": "NO", "DKK": "DK"}
OF_ACCOUNT = {"bankgiro": "se-bankgiro", "plusgiro": "se-plusgiro", "fik": "dk-slip"}
PARTS = ("type", "id", "creditor")


def payment_scheme(
    currency: str,
    urgency: str | None,
    payer: str | None,
    payer_scheme: str | None,
    payee: str | None,
    payee_scheme: str | None,
    slip: str | None,
) -> str:
    """By which scheme a transfer goes: sepa, sepa-instant, urgent, se-bankgiro, se-plusgiro, se-account, no-account,
    dk-account, dk-slip or international. Accounts with the kinds they are (empty: told by their looks); one that is no
    IBAN is at home in the country of the currency. slip: the type of a Danish payment slip.

    `payment_scheme("EUR", empty, "FI2112345600000785", empty, "DE89370400440532013000", "iban", empty) → "sepa"`
    """
    countries = _country(payer, payer_scheme), _country(payee, payee_scheme)
    if currency == "EUR" and SEPA_COUNTRIES.issuperset(countries):
        return {"urgent": "urgent", "instant": "sepa-instant"}.get(urgency or "", "sepa")
    home = HOMES.get(currency)
    if home is None or any(country is not None and country != home for country in countries):
        return "international"
    return OF_ACCOUNT.get("fik" if slip else payee_scheme or "", f"{home.lower()}-account")


@lru_cache(10_000)
def _country(account: str | None, scheme: str | None) -> str | None:
    """The country of an IBAN; None for other accounts."""
    if account is None or scheme not in (None, "iban"):
        return None
    return account.strip()[:2].upper() if scheme == "iban" or iban.fault(account) is None else None


def _part(name: str) -> str | None:
    return None if name in PARTS else f'"{name}" is none of {", ".join(PARTS)}.'


def payment_slip(code_line: str | None, part: Annotated[str, Known(_part)]) -> str | None:
    """A part of the code line of a Danish payment slip: its type, its payment id, its creditor. Empty where the text is
    no code line, or has no such part.

    `payment_slip("+71<000000000000018+88888888<", "creditor") → "88888888"`
    """
    if code_line is None or "<" not in code_line:
        return None
    try:
        slip = dk_fik.parse(code_line)
    except ValueError as wrong:
        raise Fault(f"the code line is wrong: {wrong}") from wrong
    return {"type": slip.kind, "id": slip.payment_id, "creditor": slip.creditor}[part] or None


def payment_slip_fault(slip_type: str | None, payment_id: str | None) -> str | None:
    """Why a payment id does not fit a type of Danish payment slip; empty when it fits.

    `payment_slip_fault("71", "18") → empty`
    """
    return None if slip_type is None else dk_fik.id_fault(slip_type, payment_id or "")


def covering_day(days: list[date], amounts: list[Decimal], owed: Decimal, latest: date | None) -> date | None:
    """The first day, not after the latest, on which amounts are together more than what is owed; empty when there is none.
    days and amounts belong together, one by one.

    `covering_day(values(lines, date("2026-01-09")), lines.net, 20.00, empty) → 2026-01-09`
    """
    sums: dict[date, Decimal] = defaultdict(Decimal)
    for day, amount in zip(days, amounts, strict=True):
        sums[day] += amount
    return min(
        (day for day, total in sums.items() if total > owed and (latest is None or day <= latest)),
        default=None,
    )


REMEMBERED = frozenset({"payment_scheme", "payment_slip", "payment_slip_fault"})
