"""What the check-digit algorithms promise: every wrong digit is caught, by many every swap of two as well."""

from __future__ import annotations

import string

import pytest
from check_examples import BODIES, VALID
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from exchange import checks
from exchange.checks import no_kid, se_ocr

CATCH_EVERY_DIGIT = [
    *(
        "be-ogm",
        "creditor-id",
        "dk-cvr",
        "dk-fik",
        "dk-vat",
        "ean",
        "ee-vat",
        "fi-hetu",
        "fi-vat",
        "fi-viite",
    ),
    *("fi-viite-international", "fi-ytunnus", "iban", "lei", "no-account", "no-orgnr", "no-vat", "rf"),
    *("no-kid-10", "no-kid-11", "se-ocr-length"),
    *("se-bankgiro", "se-ocr", "se-orgnr", "se-personnummer", "se-plusgiro", "se-vat"),
]
CATCH_EVERY_SWAP = [
    "iban",
    "rf",
    "lei",
    "fi-ytunnus",
    "dk-cvr",
    "no-orgnr",
    "no-account",
    "fi-hetu",
    "no-kid-11",
]


def whole_values(name: str) -> st.SearchStrategy[str]:
    complete = checks.get(name).complete
    assert complete

    def completed(body: str) -> str | None:
        try:
            return complete(body)
        except ValueError:
            return None

    drawn = BODIES[name].map(completed).filter(lambda whole: whole is not None)
    return st.one_of(st.sampled_from(VALID[name]), drawn)  # type: ignore[arg-type]


def _protected(name: str, value: str) -> list[int]:
    """Places of the digits the algorithm covers: not slip type and creditor, business code, century."""
    places = [place for place, character in enumerate(value) if character in string.digits]
    if name == "dk-fik":
        kind = value[1:3]
        return [place for place in places if kind in ("71", "75") and 3 < place < value.rindex("+")]
    if name == "creditor-id":
        return [place for place in places if not 4 <= place < 7]
    if name == "se-personnummer":
        return places[-10:]
    return places


@pytest.mark.parametrize("name", CATCH_EVERY_DIGIT)
@settings(max_examples=60)
@given(data=st.data())
def test_every_wrong_digit_is_caught(name: str, data: st.DataObject) -> None:
    value = data.draw(whole_values(name))
    places = _protected(name, value)
    assume(places)
    place = data.draw(st.sampled_from(places))
    digit = data.draw(st.sampled_from([digit for digit in string.digits if digit != value[place]]))
    assert checks.get(name).fault(value[:place] + digit + value[place + 1 :]) is not None


@pytest.mark.parametrize("name", CATCH_EVERY_SWAP)
@settings(max_examples=60)
@given(data=st.data())
def test_every_swap_of_neighbouring_digits_is_caught(name: str, data: st.DataObject) -> None:
    value = data.draw(whole_values(name))
    covered = {place for place in _protected(name, value) if place + 1 in _protected(name, value)}
    places = sorted(place for place in covered if value[place] != value[place + 1])
    assume(places)
    place = data.draw(st.sampled_from(places))
    swapped = value[:place] + value[place + 1] + value[place] + value[place + 2 :]
    assert checks.get(name).fault(swapped) is not None


@pytest.mark.parametrize("modulus", [10, 11])
@settings(max_examples=100)
@given(body=st.from_regex("[0-9]{1,24}", fullmatch=True), data=st.data())
def test_kid_of_an_agreed_modulus_catches_every_wrong_digit(
    modulus: no_kid.Modulus, body: str, data: st.DataObject
) -> None:
    value = no_kid.complete_with(body, modulus=modulus)
    assert no_kid.fault_with(value, modulus=modulus, lengths=(len(value),)) is None
    place = data.draw(st.integers(0, len(body) - 1))
    digit = data.draw(st.sampled_from([digit for digit in string.digits if digit != value[place]]))
    wrong = value[:place] + digit + value[place + 1 :]
    assert no_kid.fault_with(wrong, modulus=modulus, lengths=None) is not None


@settings(max_examples=100)
@given(body=st.from_regex("[0-9]{1,23}", fullmatch=True))
def test_ocr_with_length_digit_tells_lost_and_doubled_digits(body: str) -> None:
    value = se_ocr.complete_with_length(body)
    assert se_ocr.fault_with(value, length_digit=True, lengths=(len(value),)) is None
    assert se_ocr.fault_with("0" + value, length_digit=True, lengths=None) is not None
    assert value[-2] == str(len(value) % 10)
