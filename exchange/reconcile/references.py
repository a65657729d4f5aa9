"""Structured payment references, brought to one form so that a bank's and a ledger's spelling can be compared."""

from __future__ import annotations

from exchange.checks import get

_RF = get("rf").fault
_KINDS = tuple(get(kind).fault for kind in ("fi-viite", "se-ocr", "no-kid"))


def comparable(reference: str) -> str:
    """The reference without blanks and leading zeros; an RF reference that carries a national one becomes that.

    >>> comparable("RF08 0001 2344"), comparable("0000 0000 0000 0001 2344")
    ('12344', '12344')
    """
    text = compact(reference)
    if text.startswith("RF") and _RF(text) is None:
        text = text[4:]
    return text.lstrip("0")


def fault(reference: str) -> str | None:
    """Why a reference cannot be relied on; None when a check digit of one of the known kinds proves it.

    A reference is believed when any of RF, Finnish viite, Swedish OCR or Norwegian KID accepts it: which country
    it belongs to is not always known, and the comparison with an open item decides anyway.
    """
    text = compact(reference)
    if text.startswith("RF"):
        return _RF(text)
    return None if any(kind(text) is None for kind in _KINDS) else "its check digit is wrong"


def are_different(account: str, other: str) -> bool:
    """Whether two spellings of bank accounts cannot be one account. An IBAN and a national number are not compared.

    >>> are_different("FI21 1234 5600 0007 85", "FI3715903000000776"), are_different("5050-1055", "50501055")
    (True, False)
    >>> are_different("FI2112345600000785", "123456-785"), are_different("8327-9,123456", "123456")
    (False, False)
    """
    one, two = account_number(account), account_number(other)
    if one[:2].isalpha() != two[:2].isalpha():
        return False
    return one != two if one[:2].isalpha() else not (one.endswith(two) or two.endswith(one))


def account_number(account: str) -> str:
    """A bank account without the signs that banks and ledgers put into it as they like.

    >>> account_number("5050-1055"), account_number("fi21 1234 5600 0007 85")
    ('50501055', 'FI2112345600000785')
    """
    return account if account.isdecimal() else "".join(filter(str.isalnum, account.upper()))


def compact(reference: str) -> str:
    """Without blanks, in upper case."""
    return reference if reference.isdecimal() else "".join(reference.split()).upper()
