"""Swedish bank account: clearing number and account, with the check digit of the bank (Bankgirot).

Type 1 is 4 + 7 digits with a modulus 11 check digit, over the clearing number without its first digit (1) or with it
(2). Type 2 is 4 digits and an account of its own: 10 digits with modulus 10 (1, 3; shorter where zeros are left out),
9 with modulus 11 (2). Swedbank's clearing numbers 8xxx have a check digit of their own as a fifth digit, which may be
left out. Some old accounts of Swedbank follow no rule; they are refused here, so ask the payee for an IBAN.

Source: Bankgirot, Bankernas kontonummer, as in two independent implementations (2020, 2024).
"""

from __future__ import annotations

from exchange.checks._arithmetic import luhn_sum, weighted
from exchange.checks._text import HYPHENS, SPACES, digits_fault, without

Rule = str
_SEPARATORS = without(SPACES + HYPHENS + ".,")
_LENGTHS = {"1.1": (7,), "1.2": (7,), "2.1": (10,), "2.2": (8, 9), "2.3": range(2, 11)}
_RANGES: tuple[tuple[int, int, Rule, str], ...] = (
    (1100, 1199, "1.1", "Nordea"),
    (1200, 1399, "1.1", "Danske Bank"),
    (1400, 2099, "1.1", "Nordea"),
    (2300, 2399, "1.2", "Ålandsbanken"),
    (2400, 2499, "1.1", "Danske Bank"),
    (3300, 3300, "2.1", "Nordea, personal account"),
    (3782, 3782, "2.1", "Nordea, personal account"),
    (3400, 3409, "1.1", "Länsförsäkringar Bank"),
    (3000, 3999, "1.1", "Nordea"),
    (4000, 4999, "1.2", "Nordea"),
    (5000, 5999, "1.1", "SEB"),
    (6000, 6999, "2.2", "Handelsbanken"),
    (7000, 7999, "1.1", "Swedbank"),
    (8000, 8999, "2.3", "Swedbank and savings banks"),
    (9020, 9029, "1.2", "Länsförsäkringar Bank"),
    (9040, 9049, "1.2", "Citibank"),
    (9060, 9069, "1.1", "Länsförsäkringar Bank"),
    (9070, 9079, "1.1", "Multitude Bank"),
    (9090, 9099, "1.2", "Royal Bank of Scotland"),
    (9100, 9109, "1.2", "Nordnet Bank"),
    (9120, 9124, "1.1", "SEB"),
    (9130, 9149, "1.1", "SEB"),
    (9150, 9169, "1.2", "Skandiabanken"),
    (9170, 9179, "1.1", "Ikano Bank"),
    (9180, 9189, "2.1", "Danske Bank"),
    (9190, 9199, "1.2", "DNB Bank"),
    (9230, 9239, "1.1", "Marginalen Bank"),
    (9250, 9259, "1.1", "SBAB"),
    (9260, 9269, "1.2", "DNB Bank"),
    (9270, 9279, "1.1", "ICA Banken"),
    (9280, 9289, "1.1", "Resurs Bank"),
    (9300, 9349, "2.1", "Swedbank, formerly Sparbanken Öresund"),
    (9390, 9399, "1.2", "Landshypotek"),
    (9400, 9449, "1.1", "Forex Bank"),
    (9460, 9469, "1.1", "Santander Consumer Bank"),
    (9470, 9479, "1.2", "BNP Paribas"),
    (9500, 9549, "2.3", "Nordea, Plusgirot"),
    (9550, 9569, "1.2", "Avanza Bank"),
    (9570, 9579, "2.1", "Sparbanken Syd"),
    (9580, 9589, "1.1", "Aion Bank"),
    (9590, 9599, "1.2", "Erik Penser Bank"),
    (9630, 9639, "1.1", "Lån & Spar Bank Sverige"),
    (9640, 9649, "1.2", "Nordax Bank"),
    (9650, 9659, "1.2", "MedMera Bank"),
    (9660, 9669, "1.2", "Svea Bank"),
    (9670, 9679, "1.2", "JAK Medlemsbank"),
    (9680, 9689, "1.1", "BlueStep Finans"),
    (9700, 9709, "1.2", "Ekobanken"),
    (9710, 9719, "1.2", "Lunar Bank"),
    (9750, 9759, "1.2", "Northmill Bank"),
    (9780, 9789, "1.2", "Klarna Bank"),
    (9880, 9889, "1.2", "Riksgälden"),
    (9890, 9899, "2.1", "Riksgälden"),
    (9960, 9969, "2.3", "Nordea, Plusgirot"),
)
"""First and last clearing number, type and comment of the manual, bank; the first range that fits counts."""
_FROM_RIGHT = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1)
SWEDBANK = "8"


def compact(value: str) -> str:
    """The digits without hyphens, blanks, dots and commas."""
    return value.translate(_SEPARATORS)


def fault(value: str) -> str | None:
    """None when the clearing number is of a bank and the account has the length and check digit of that bank."""
    text = compact(value)
    if wrong := digits_fault(text, range(6, 16)):
        return wrong
    found = _range(text)
    if found is None:
        return f"no bank has the clearing number {text[:4]}"
    rule, bank = found
    if not text.startswith(SWEDBANK):
        return _account_fault(text[:4], text[4:], rule, bank)
    wrong = _account_fault(text[:4], text[4:], rule, bank)
    return wrong and (wrong if luhn_sum(text[:5]) % 10 else _account_fault(text[:5], text[5:], rule, bank))


def bank(value: str) -> str | None:
    """The bank of the clearing number; None when no bank has it."""
    found = _range(compact(value))
    return found and found[1]


def pretty(value: str) -> str:
    """Clearing number and account, as people write them: 3300-8009286249, 8351-9,3922422245."""
    text = compact(value)
    if digits_fault(text, range(6, 16)):
        return text
    if text.startswith(SWEDBANK) and len(text) > 8 and luhn_sum(text[:5]) % 10 == 0:
        return f"{text[:4]}-{text[4]},{text[5:]}"
    return f"{text[:4]}-{text[4:]}"


def national(clearing: str, account: str) -> str | None:
    """One form of a sound account of a clearing number: with that number where it is part of what the account is known by,
    else with the bank. None where the two do not make a sound account, or it cannot be told apart from others.
    """
    found = _range(clearing)
    if found is None or len(clearing) not in (4, 5) or fault(clearing + account) is not None:
        return None
    rule, bank = found
    if rule in ("2.1", "2.2"):
        return f"{_brand(bank)} {account.lstrip('0')}"
    return f"{clearing[:4]} {account if rule in ('1.1', '1.2') else account.lstrip('0')}"


def of_bban(bban: str) -> str | None:
    """The same form of the account in a Swedish IBAN: three digits of the bank, then zeros and the account, behind its
    clearing number where that is part of it (Bankinfrastruktur i Sverige). None where it is not certain which account that is.
    """
    found, rest = _range(f"{bban[:3]}0"), bban[3:].lstrip("0")
    if found is None:
        return None
    own = _range(rest)
    if own is not None and _brand(own[1]) == _brand(found[1]):
        if own[0] in ("1.1", "1.2") and len(rest) == 11:
            return national(rest[:4], rest[4:])
        if rest.startswith(SWEDBANK) and len(rest) == 15 and luhn_sum(rest[:5]) % 10 == 0:
            return national(rest[:5], rest[5:])
        if own[0] == "2.3" and len(rest) == 14:
            return national(rest[:4], rest[4:])
    its_own = any(rule in ("2.1", "2.2") and _brand(name) == _brand(found[1]) for _, _, rule, name in _RANGES)
    return f"{_brand(found[1])} {rest}" if its_own and len(rest) <= 10 else None


def _brand(bank: str) -> str:
    return bank.partition(",")[0]


def _range(text: str) -> tuple[Rule, str] | None:
    if len(text) < 4 or not (text.isascii() and text[:4].isdigit()):
        return None
    clearing = int(text[:4])
    return next(((rule, bank) for low, high, rule, bank in _RANGES if low <= clearing <= high), None)


def _account_fault(clearing: str, account: str, rule: Rule, bank: str) -> str | None:
    if wrong := digits_fault(account, _LENGTHS[rule]):
        return f"the account behind {clearing} is wrong for {bank}: {wrong}"
    covered = {"1.1": clearing[1:] + account, "1.2": clearing + account}.get(rule, account)
    if rule in ("2.1", "2.3"):
        right = luhn_sum(covered) % 10 == 0
    else:
        right = weighted(covered[::-1], _FROM_RIGHT) % 11 == 0
    return None if right else f"the check digit {account[-1]} does not fit the account of {bank}"
