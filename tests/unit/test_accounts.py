"""One account under several numbers: what is certain, and what may be."""

from __future__ import annotations

import random

import pytest

from exchange.accounts import compact, identity, may_be_one, tail
from exchange.checks import iban, no_account, se_account

SAME = [
    ("NO9386011117947", "86011117947", "", "NOK"),
    ("SE4550000000058398257466", "8257466", "5839", "SEK"),
    ("SE4550000000058398257466", "58398257466", "", "SEK"),
    ("SE4260000000000219161003", "219161003", "6112", "SEK"),
    ("SE4260000000000219161003", "6112219161003", "", "SEK"),
    ("SE7280000810340009783242", "9783242", "8103", "SEK"),
    ("SE7280000810340009783242", "9783242", "81034", "SEK"),
    ("SE8530000000008009286249", "8009286249", "3300", "SEK"),
    ("SE3195000099600001000009", "1000009", "9960", "SEK"),
    ("DK5000400440116243", "440116243", "0040", "DKK"),
    ("DK5000400440116243", "00400440116243", "", "DKK"),
    ("FI2112345600000785", "12345600000785", "", "EUR"),
    ("DE89370400440532013000", "532013000", "37040044", "EUR"),
    ("GB29NWBK60161331926819", "31926819", "601613", "GBP"),
]


@pytest.mark.parametrize(("one", "number", "clearing", "currency"), SAME)
def test_an_iban_and_the_number_of_its_country_are_one_account(
    one: str, number: str, clearing: str, currency: str
) -> None:
    assert identity(one, "", "USD") == identity(number, clearing, currency) is not None
    assert may_be_one(one, number) and may_be_one(number, one) and tail(one) == tail(number)


@pytest.mark.parametrize(
    ("number", "clearing", "currency"),
    [
        ("8257466", "", "SEK"),  # of which bank?
        ("8257467", "5839", "SEK"),  # the check digit is wrong
        ("58398257466", "", "EUR"),  # of which country?
        ("86011117948", "", "NOK"),
        ("440116243", "", "DKK"),
        ("532013000", "", "EUR"),
        ("12345600000786", "", "EUR"),
        ("50501055", "", "SEK"),  # a bankgiro number
        ("SE5050501055", "", "SEK"),
        ("KAHVILA", "", "EUR"),
        ("785", "X1", "EUR"),
    ],
)
def test_what_is_not_certain_is_no_account_that_is_known(number: str, clearing: str, currency: str) -> None:
    assert identity(number, clearing, currency) is None


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("SE4550000000058398257466", "8257466", True),
        ("SE4550000000058398257466", "8257467", False),
        ("SE4550000000058398257466", "4558398257465", False),
        ("SE4550000000058398257466", "SE3550000000054910000003", False),
        ("58398257466", "8257466", True),
        ("50501055", "0050501055", True),
        ("50501055", "SE5050501055", False),
        ("Kahvila Oy", "KAHVILA OY", True),
        ("Kahvila Oy", "Kahvila Ky", False),
    ],
)
def test_what_may_be_one_account(one: str, other: str, expected: bool) -> None:
    assert may_be_one(one, other) is may_be_one(other, one) is expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("123456-785", "12345600000785"),
        ("FI21 1234 5600 0007 85", "FI2112345600000785"),
        ("123456-786", "123456786"),  # its check digit is wrong: not a Finnish number
        ("5050-1055", "50501055"),
        ("123456-7", "1234567"),
        ("", ""),
        (None, ""),
    ],
)
def test_accounts_are_compared_in_one_form(written: str | None, expected: str) -> None:
    assert compact(written) == expected


def test_other_accounts_are_never_the_same() -> None:
    dice = random.Random(11)
    known: dict[str, str] = {}
    for _ in range(3_000):
        number = str(dice.randrange(10**9, 10**10))
        for one in (iban.complete(f"SE{dice.choice(('500', '600', '300', '800', '950'))}{dice.choice(('0' * 7, '0005839'))}{number}"),
                    iban.complete(f"DK0040{number}"), iban.complete(f"FI1234{number}")):  # fmt: skip
            same = identity(one, "", "EUR")
            assert same is None or known.setdefault(same, one) == one


def test_every_sound_number_of_a_fixed_length_is_found_again_in_its_iban() -> None:
    dice = random.Random(12)
    sound = 0
    for _ in range(20_000):
        number = str(dice.randrange(10**10, 10**11))
        if no_account.fault(number) is None:
            sound += 1
            assert identity(number, "", "NOK") == identity(iban.complete(f"NO{number}"), "", "NOK")
        if number[0] == "5" and se_account.fault(number) is None:
            sound += 1
            swedish = iban.complete(f"SE500{number:0>17}")
            assert identity(number[4:], number[:4], "SEK") == identity(swedish, "", "SEK") is not None
    assert sound > 500
