"""Swedish bank accounts: one valid number for each range, and what is told of others."""

from __future__ import annotations

import pytest

from exchange.checks import se_account

LISTED = """
9660-1000010 9580-1000100 9550-0100000 9680-0000000 9470-1000010 9040-1000100 1200-0000010
9190-1000100 9700-1000010 9590-0000100 9400-0001000 9270-0010000 9170-0001000 9670-0000000
9780-0000100 9390-0000001 9710-0000000 9630-0000001 3400-0001000 9020-0100000 9230-1000001
9650-1000000 9070-0000100 9640-0010000 1100-0000001 1400-0001000 3000-1001000 3410-0100000
4000-1000000 9100-0000100 9750-1000001 9280-1000000 9880-0001000 9460-0010000 9250-0000001
5000-1001000 9120-0010000 9130-1000000 9150-0000010 7000-1001000 2300-0000001 9180-1000000008
6000-100000010 9500-1000000008 3300-7505092556 3782-7505092556 9890-1000000008 9570-1000000008 9300-1000000008
82149-9234726124 8214-9234726124 8351-9,3922422245 8000-2-8000000003 1860-1089976 3244-4609298 5839-8257466
5491-0000003 9960-18
"""
NUMBERS = LISTED.split()
"""Most of them from the tests of an independent implementation, two from examples of the IBAN registry."""


@pytest.mark.parametrize("number", NUMBERS)
def test_a_valid_account_of_each_range(number: str) -> None:
    assert se_account.fault(number) is None
    assert se_account.bank(number)


@pytest.mark.parametrize("number", [number for number in NUMBERS if not number.startswith("8")])
def test_every_wrong_digit_of_the_account_is_caught(number: str) -> None:
    text = se_account.compact(number)
    for place in range(4, len(text)):
        for digit in set("0123456789") - {text[place]}:
            assert se_account.fault(text[:place] + digit + text[place + 1 :]) is not None


@pytest.mark.parametrize(
    ("number", "says"),
    [
        ("1000-0000009", "no bank has the clearing number 1000"),
        (
            "3300-750509255",
            "the account behind 3300 is wrong for Nordea, personal account: it has 9 digits, 10 are needed",
        ),
        ("8351-93922422240", "the check digit 0 does not fit the account of Swedbank and savings banks"),
        ("6000-100000011", "the check digit 1 does not fit the account of Handelsbanken"),
        ("1100-000000A", 'character 11 is "A", only digits may be used'),
        ("", "it is empty"),
    ],
)
def test_what_is_wrong(number: str, says: str) -> None:
    assert se_account.fault(number) == says


def test_as_people_write_it() -> None:
    assert se_account.pretty("835193922422245") == "8351-9,3922422245"
    assert se_account.pretty("33007505092556") == "3300-7505092556"
