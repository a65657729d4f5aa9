"""One account under several numbers: the IBAN, and the number of its own country with or without that of its bank. Pure.

What is certain and what may be are asked apart. That an account is known must be certain, that money might go to the same one
twice need not be.
"""

from __future__ import annotations

import re
from functools import lru_cache

from exchange.checks import dk_account, iban, no_account, se_account
from exchange.checks._arithmetic import luhn_sum

_LAST = 7
"""So many digits at its end tell accounts apart well enough to look closer: no account number is shorter without zeros before it."""
_FINNISH = re.compile(r"([0-9]{6})-([0-9]{2,8})")
_LONGER = "45"
"""Finnish banks whose number has zeros behind its seventh digit, not behind its sixth."""


def compact(account: str | None) -> str:
    """An account as it is compared: without spaces and hyphens, in capitals; empty text where there is none. An old Finnish
    number is written out, as it stands in the IBAN.

    >>> compact("123456-785"), compact("fi21 1234 5600 0007 85")
    ('12345600000785', 'FI2112345600000785')
    """
    if account is None:
        return ""
    short = _FINNISH.fullmatch(account.strip()) if "-" in account else None
    if short is not None:
        at = 1 if short[1][0] in _LONGER else 0
        digits = short[1] + short[2][:at] + short[2][at:].zfill(8 - at)
        if luhn_sum(digits) % 10 == 0:
            return digits
    return account.replace(" ", "").replace("-", "").upper()


def tail(account: str) -> str:
    """What an account has in common with itself under its other numbers. Names and other texts have it whole.

    >>> tail("SE4550000000058398257466"), tail("8257466"), tail("58398257466")
    ('8257466', '8257466', '8257466')
    """
    if account.isdecimal() or _is_iban(account):
        return account[-_LAST:].lstrip("0")
    return account.casefold()


def may_be_one(one: str, other: str) -> bool:
    """Whether two accounts, compact, may be the same: an IBAN that ends with the other number, or a number that ends with the other
    one, behind that of a bank. Two different IBANs are never one.

    >>> may_be_one("SE4550000000058398257466", "8257466"), may_be_one("NO9386011117947", "FI2112345600000785")
    (True, False)
    """
    if _is_iban(one) and _is_iban(other):
        return one == other
    short, long = sorted((_digits(one), _digits(other)), key=len)
    if not (short.isdecimal() and long.isdecimal()):
        return tail(one) == tail(other)
    # In Sweden the number of the bank stands before some accounts, and not in their IBAN.
    if "SE" in (one[:2], other[:2]) and len(short) > 9:
        return long.endswith((short, short[4:].lstrip("0")))
    return long.endswith(short)


@lru_cache(10_000)
def identity(account: str, clearing: str, currency: str) -> str | None:
    """The same text for the same account, compact, where the rule of its country says for certain which one it is; None where it
    does not. A number that is no IBAN is at home in the country of the currency.

    >>> identity("86011117947", "", "NOK") == identity("NO9386011117947", "", "EUR")
    True
    """
    if _is_iban(account):
        return _of_iban(account[:2], account[4:])
    if not account.isdecimal() or not (clearing == "" or clearing.isdecimal()):
        return None
    return _national(account, clearing, currency)


def _of_iban(country: str, bban: str) -> str | None:
    if country == "SE":
        return _of("SE", se_account.of_bban(bban))
    if country == "GB":
        return f"GB {bban[4:]}"
    return f"{country} {bban}" if country in ("NO", "DK", "FI", "DE") else None


def _national(account: str, clearing: str, currency: str) -> str | None:
    size = len(account)
    match currency:
        case "NOK":
            return f"NO {account}" if no_account.fault(account) is None else None
        case "DKK":
            whole = clearing + account.zfill(10) if clearing else account
            return f"DK {whole}" if len(whole) == 14 and dk_account.fault(whole) is None else None
        case "SEK" if clearing:
            return _of("SE", se_account.national(clearing, account))
        case "SEK" if size > 9:  # longer than any bankgiro or plusgiro number
            at = 5 if account.startswith(se_account.SWEDBANK) and luhn_sum(account[:5]) % 10 == 0 else 4
            return _of("SE", se_account.national(account[:at], account[at:]))
        case "EUR" if len(clearing) == 8 and size <= 10:
            return f"DE {clearing}{account.zfill(10)}"
        case "EUR" if clearing == "" and size == 14 and luhn_sum(account) % 10 == 0:
            return f"FI {account}"
        case "GBP" if len(clearing) == 6 and size == 8:
            return f"GB {clearing}{account}"
    return None


def _of(country: str, number: str | None) -> str | None:
    return None if number is None else f"{country} {number}"


def _digits(account: str) -> str:
    """The digits of a number without zeros before it; of an IBAN those behind its bank's letters."""
    if _is_iban(account):
        account = account[4:].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return account.lstrip("0")


def _is_iban(account: str) -> bool:
    return account[:2] in iban.STRUCTURES and iban.fault(account) is None
