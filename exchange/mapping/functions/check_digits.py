"""Account numbers, references and identifiers: tested, completed with their check digits, and written as
people do.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from exchange import checks
from exchange.checks import fi_virtual_barcode
from exchange.mapping.functions import Known
from exchange.mapping.operators import Fault


def _known(name: str) -> str | None:
    try:
        checks.get(name)
    except checks.UnknownCheckError as unknown:
        return f"{str(unknown)[0].upper()}{str(unknown)[1:]}"
    return None


def _completes(name: str) -> str | None:
    return _known(name) or (None if checks.get(name).complete else f'"{name}" has no check digits to add.')


CheckName = Annotated[str, Known(_known)]


def is_valid(check: CheckName, value: str | None) -> bool:
    """Whether a value passes a check, such as iban, rf, fi-viite; empty does not.

    `is_valid("iban", "FI21 1234 5600 0007 85") → true`
    """
    return value is not None and checks.get(check).fault(value) is None


def complete(check: Annotated[str, Known(_completes)], body: str | None) -> str | None:
    """A body with its check digits. `complete("fi-viite", "123456") → "1234561"`"""
    made = checks.get(check).complete
    if body is None or made is None:
        return None
    try:
        return made(body)
    except ValueError as wrong:
        raise Fault(f'"{body}" cannot be completed to a {check}: {wrong}') from wrong


def compact(check: CheckName, value: str | None) -> str | None:
    """The electronic form, without separators; not tested.

    `compact("iban", "fi21 1234 5600 0007 85") → "FI2112345600000785"`
    """
    return None if value is None else checks.get(check).compact(value) or None


def pretty(check: CheckName, value: str | None) -> str | None:
    """The form that people write. `pretty("iban", "FI2112345600000785") → "FI21 1234 5600 0007 85"`"""
    written = checks.get(check).pretty
    if value is None:
        return None
    return written(value) if written is not None else checks.get(check).compact(value)


def valid(check: CheckName, value: str | None) -> str | None:
    """The electronic form of a value that passes a check; one that does not is a finding.

    `valid("rf", "RF18 5390 0754 7034") → "RF18539007547034"`
    """
    if value is None:
        return None
    if fault := checks.get(check).fault(value):
        raise Fault(f'"{value}" is not a valid {check}: {fault}', "Ask the sender for the right value.")
    return checks.get(check).compact(value)


def rf(reference: str | None) -> str | None:
    """The international form (ISO 11649) of a reference, such as a Finnish viite.

    `rf("1234561") → "RF341234561"`
    """
    return complete("rf", None if reference is None else reference.replace(" ", "").lstrip("0"))


def virtual_barcode(
    account: str | None, amount: Decimal | None, reference: str | None, due: date | None
) -> str | None:
    """The Finnish virtual bar code of a bill in euros: version 5 for an RF reference, else 4.

    `virtual_barcode("FI3715903000000776", 12.25, "11112", date("2016-12-21")) → "437159030000007760000122500000000000000000011112161221"`
    """
    if account is None or reference is None:
        return None
    cents = None if amount is None else amount * 100
    if cents is not None and cents != cents.to_integral_value():
        raise Fault(f"{amount} has more decimals than euros have")
    try:
        bill = fi_virtual_barcode.Barcode(account, None if cents is None else int(cents), reference, due)
        return fi_virtual_barcode.build(bill)
    except ValueError as wrong:
        raise Fault(f"no bar code can be made: {wrong}") from wrong


REMEMBERED = frozenset({"is_valid", "complete", "compact", "pretty", "valid", "rf"})
TOTAL = frozenset({"is_valid"})
