"""Single checks: their reasons in words, their agreements, parts and conversions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from check_examples import VALID
from hypothesis import given
from hypothesis import strategies as st

from exchange import checks
from exchange.checks import (
    country,
    currency,
    dk_fik,
    fi_viite,
    fi_viite_international,
    fi_virtual_barcode,
    iban,
    no_kid,
    rf,
    se_ocr,
    se_orgnr,
)

FAULTS = [
    ("iban", "FI2112345600000786", "the check digits 21 should be 91"),
    ("iban", "FI 12 12345600000785", "the check digits 12 should be 21"),
    ("iban", "FI211234560000078", "it has 17 characters, an IBAN of FI has 18"),
    ("iban", "GB82WES112345698765432", "characters 5 to 8 of an IBAN of GB must be letters"),
    ("iban", "SE4X50000000058398257466", "characters 3 to 4 of an IBAN of SE must be digits"),
    ("iban", "ZZ2112345600000785", 'it begins with "ZZ", which is no country of the IBAN registry'),
    ("iban", "FI21ä2345600000785", 'character 5 is "ä", only letters A-Z and digits may be used'),
    ("iban", "ﬁ2112345600000785", 'character 1 is "ﬁ", only letters A-Z and digits may be used'),
    ("iban", "", "it is empty"),
    ("bic", "NDEAFIH", "it has 7 characters, 8 or 11 are needed"),
    ("bic", "NDEAXXHH", 'characters 5 and 6 are "XX", which is no country'),
    ("bic", "           ", "it is empty"),
    ("rf", "RF19539007547034", "the check digits 19 should be 18"),
    ("rf", "RG18539007547034", "it does not begin with RF"),
    ("rf", "RF18" + "1" * 22, "it has 26 characters, 5 to 25 are needed"),
    ("fi-viite", "1234562", "the check digit 2 should be 1"),
    ("fi-viite", "00013", "it has 2 digits after leading zeros, 4 to 20 are needed"),
    ("fi-viite", "00000000000000000000", "it is all zeros, which stands for no reference"),
    ("fi-viite", "12345A", 'character 6 is "A", only digits may be used'),
    ("fi-viite", "1234561\n", "character 8 is U+000A, only digits may be used"),
    (
        "fi-viite-international",
        rf.complete("1234562"),
        "in the Finnish reference number 1234562, the check digit 2",
    ),
    ("se-ocr", "189853", "the check digit 3 should be 2"),
    ("se-ocr", "5", "it has 1 digit, 2 to 25 are needed"),
    ("se-bankgiro", "991-2345", "the check digit 5 should be 6"),
    ("se-bankgiro", "123456", "it has 6 digits, 7 or 8 are needed"),
    ("se-plusgiro", "28 65 43-5", "the check digit 5 should be 4"),
    ("no-kid", "123456781", "the check character 1 should be 2 (modulus 10) or 5 (modulus 11)"),
    ("no-kid", "10000013-5", 'character 9 is "-", only digits may be used'),
    ("dk-fik", "71<18", "it is not of the form +71<payment id+creditor<"),
    ("dk-fik", "+99<18+88888888<", "there is no slip type 99, only 01, 04, 15, 71, 73, 75"),
    ("dk-fik", "+71<19+88888888<", "the check digit 9 should be 8"),
    ("dk-fik", "+73<18+88888888<", "slip type 73 has no payment id"),
    ("dk-fik", "+71<18+8888888<", "the creditor number is wrong: it has 7 digits, 8 are needed"),
    ("dk-fik", "+71<+88888888<", "the payment id is wrong: it is empty"),
    ("no-account", "86011117948", "the check digit 8 should be 7"),
    ("no-account", "00000000010", "the check digit 0 should be"),
    ("dk-account", "0000 1234567", "the registration number is all zeros"),
    ("dk-account", "1234 0000", "the account is all zeros"),
    ("dk-account", "123456789012345", "it has 15 digits, 5 to 14 are needed"),
    ("fi-ytunnus", "2077474-1", "the check digit 1 should be 0"),
    ("fi-ytunnus", "207747-0", "it has 7 digits, 8 are needed"),
    ("fi-vat", "20774740", "it does not begin with FI"),
    ("se-vat", "ſE556036079301", "it does not begin with SE"),
    ("se-vat", "SE556036079302", "it ends with 02, not with 01"),
    ("no-vat", "995525828", "it does not end with MVA"),
    ("dk-cvr", "03585628", "the first digit is 0"),
    ("ee-regcode", "22345678", "the first digit is 2, it must be 1, 7, 8 or 9"),
    ("eu-vat", "GR094259216", 'it begins with "GR", which is no VAT prefix of the EU; use EL'),
    ("eu-vat", "NO995525828MVA", 'it begins with "NO", which is no VAT prefix of the EU'),
    ("eu-vat", "ATU1358562", "behind AT must come U and 8 digits"),
    ("eu-vat", "DE136695978", "its digits do not satisfy the rule of DE"),
    ("eu-vat", "FI20774741", "the check digit 1 should be 0"),
    ("lei", "213800KUD8LAJWSQ9D16", "the check digits 16 should be 15"),
    ("currency", "BGN", "it was withdrawn from ISO 4217 in 2026"),
    ("currency", "EUX", "it is no currency code of ISO 4217"),
    ("currency", "E", "it has 1 character, 3 are needed"),
    ("country", "UK", "the code of that country is GB"),
    ("country", "XX", "it is no country code of ISO 3166-1"),
    ("ean", "4006381333932", "the check digit 2 should be 1"),
    ("ean", "40063813", "the check digit 3 should be"),
    ("creditor-id", "DE97ZZZ09999999999", "the check digits 97 should be 98"),
    ("creditor-id", "XX98ZZZ09999999999", 'it begins with "XX", which is no country'),
    ("se-personnummer", "811318-9876", "month 13 has no day 18 in the year 81"),
    ("se-personnummer", "811218-9877", "the check digit 7 should be 6"),
    ("se-personnummer", "19811218+9876", "it is not of the form YYMMDD-NNNN or YYYYMMDD-NNNN"),
    ("fi-hetu", "310299-308T", "31.02.1999 is no date"),
    ("fi-hetu", "131052-3080", "the check digit 0 should be T"),
    ("fi-hetu", "131052-0017", "the number 001 is outside 002 to 899"),
    ("fi-hetu", "131052-900A", "the number 900 is outside 002 to 899"),
    (
        "fi-virtual-barcode",
        "6" + VALID["fi-virtual-barcode"][0][1:],
        "it is of version 6, only 4 and 5 are known",
    ),
]


@pytest.mark.parametrize(("name", "value", "reason"), FAULTS)
def test_fault_says_the_reason(name: str, value: str, reason: str) -> None:
    fault = checks.get(name).fault(value)
    assert fault is not None and fault.startswith(reason)


@pytest.mark.parametrize("name", ["iban", "rf", "lei", "creditor-id"])
def test_check_digits_beyond_98_or_below_02_are_refused_though_modulus_97_holds(name: str) -> None:
    check = checks.get(name)
    assert check.complete
    bodies = {
        "iban": "FI1234560000{:04d}",
        "rf": "{:04d}",
        "lei": "AAAA0000000000{:04d}",
        "creditor-id": "FIZZZ{:04d}",
    }
    where = slice(-2, None) if name == "lei" else slice(2, 4)
    seen = set()
    for number in range(1, 400):
        whole = check.complete(bodies[name].format(number).ljust(16 if name == "iban" else 0, "0"))
        other = {"97": "00", "98": "01", "02": "99"}.get(whole[where])
        if other:
            seen.add(other)
            twin = whole[:-2] + other if name == "lei" else whole[:2] + other + whole[4:]
            assert check.fault(twin) == f"the check digits {other} should be {whole[where]}"
    assert seen == {"00", "01", "99"}


def test_ocr_agreements() -> None:
    assert se_ocr.fault_with("655969", length_digit=True, lengths=None) is None
    assert se_ocr.fault_with("655969", length_digit=True, lengths=(6, 10)) is None
    assert se_ocr.fault_with("655969", length_digit=False, lengths=(7,)) == "it has 6 digits, 7 are needed"
    assert se_ocr.fault_with("18", length_digit=False, lengths=None) is None
    reason = se_ocr.fault_with("18", length_digit=True, lengths=None)
    assert reason == "the length digit 1 should be 2 for 2 digits"
    assert se_ocr.fault_with("655968", length_digit=True, lengths=None) == "the check digit 8 should be 9"
    assert se_ocr.complete_with_length("6559") == "655969"
    assert se_ocr.complete_with_length("12345678")[-2] == "0"
    assert (
        se_ocr.fault_with(se_ocr.complete_with_length("12345678"), length_digit=True, lengths=(10,)) is None
    )
    reason = se_ocr.fault_with(se_ocr.complete("123456789"), length_digit=True, lengths=None)
    assert reason == "the length digit 9 should be 0 for 10 digits"


def test_kid_agreements() -> None:
    assert no_kid.fault_with("123456782", modulus=10, lengths=None) is None
    assert no_kid.fault_with("123456782", modulus=11, lengths=None) == "the check digit 2 should be 5"
    assert no_kid.fault_with("10000013-", modulus=11, lengths=(9,)) is None
    assert no_kid.fault_with("10000013-", modulus=10, lengths=(9,)) is not None
    assert no_kid.fault_with("123456785", modulus=None, lengths=(9, 12)) is None
    assert no_kid.fault_with("123456785", modulus=None, lengths=(8,)) == "it has 9 characters, 8 are needed"
    assert no_kid.complete_with("10000013", modulus=11) == "10000013-"


@given(st.from_regex("[1-9][0-9]{2,18}", fullmatch=True))
def test_viite_converts_both_ways(body: str) -> None:
    viite = fi_viite.complete(body)
    international = fi_viite_international.from_national(viite.zfill(20))
    assert rf.fault(international) is None
    assert fi_viite_international.to_national(international) == viite
    assert fi_viite_international.complete(body) == international


def test_viite_inside_rf_may_be_padded() -> None:
    assert fi_viite_international.compact("RF98 0000 0000 0001 1112") == "RF9811112"
    assert fi_viite_international.to_national("RF98 0000 0001 1112") == "11112"
    with pytest.raises(ValueError, match="the check digit 3 should be 2"):
        fi_viite_international.from_national("11113")
    with pytest.raises(ValueError, match="in the Finnish reference number 539007547034"):
        fi_viite_international.to_national("RF18539007547034")


def test_fik_parts() -> None:
    slip = dk_fik.parse("71<18 + 88888888")
    assert slip == dk_fik.Slip("71", "000000000000018", "88888888")
    assert dk_fik.build(slip) == "+71<000000000000018+88888888<"
    assert dk_fik.build(dk_fik.Slip("73", "", "81234567")) == "+73<+81234567<"
    assert dk_fik.parse("+04<1234567890123456+1234567<").creditor == "1234567"
    assert dk_fik.complete_id("71", "1") == "000000000000018"
    assert dk_fik.complete_id("75", "2") == "0000000000000026"
    assert dk_fik.id_fault("71", "000000000000018") is None
    assert dk_fik.id_fault("75", "2" * 17) == "the payment id is wrong: it has 17 digits, 1 to 16 are needed"
    assert dk_fik.id_fault("73", "") is None
    for wrong in (replace(slip, payment_id="19"), replace(slip, creditor=""), replace(slip, kind="72")):
        with pytest.raises(ValueError, match=r"\w"):
            dk_fik.build(wrong)
    with pytest.raises(ValueError, match="slip type 73 has no payment id with a check digit"):
        dk_fik.complete_id("73", "1")
    with pytest.raises(ValueError, match="it is not of the form"):
        dk_fik.parse("nothing")


BILL = fi_virtual_barcode.Barcode("FI3715903000000776", 1225, "11112", date(2016, 12, 21))


def test_barcode_both_ways() -> None:
    first, second = VALID["fi-virtual-barcode"]
    assert fi_virtual_barcode.parse(first) == BILL
    international = replace(BILL, cents=110, reference="RF9811112", due=date(2017, 1, 1))
    assert fi_virtual_barcode.parse(second) == international
    assert fi_virtual_barcode.build(BILL) == first
    assert fi_virtual_barcode.build(international) == second


@given(
    body=st.from_regex("[1-9][0-9]{2,18}", fullmatch=True),
    cents=st.none() | st.integers(1, fi_virtual_barcode.LARGEST_CENTS),
    due=st.none() | st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    international=st.booleans(),
)
def test_barcode_round_trip(body: str, cents: int | None, due: date | None, international: bool) -> None:
    reference = fi_viite_international.complete(body) if international else fi_viite.complete(body)
    bill = replace(BILL, cents=cents, reference=reference, due=due)
    code = fi_virtual_barcode.build(bill)
    assert len(code) == 54 and fi_virtual_barcode.fault(code) is None
    assert fi_virtual_barcode.parse(code) == bill


def test_barcode_amount_too_large_is_written_as_none() -> None:
    code = fi_virtual_barcode.build(replace(BILL, cents=100_000_000))
    assert code[17:25] == "00000000"
    assert fi_virtual_barcode.parse(code).cents is None


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"iban": "SE4550000000058398257466"}, "only Finnish accounts"),
        ({"iban": "FI3715903000000777"}, "the check digits 37 should be"),
        ({"reference": "11113"}, "the reference 11113 is wrong: the check digit 3 should be 2"),
        ({"reference": rf.complete("A1")}, "only digits may be used"),
        ({"cents": -1}, "the amount is negative"),
        ({"cents": 0}, "the amount is 0"),
        ({"due": date(1999, 12, 31)}, "is not of this century"),
    ],
)
def test_barcode_of_a_wrong_bill_is_refused(wrong: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        fi_virtual_barcode.build(replace(BILL, **wrong))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("start", "digits", "reason"),
    [
        (1, "38", "the account FI38159030000007"),
        (25, "001", "positions 26 to 28 are 001"),
        (47, "3", "the reference 11113 is wrong"),
        (48, "161331", r"the due date 161331 \(YYMMDD\) is no date"),
    ],
)
def test_barcode_with_a_wrong_part_is_a_fault(start: int, digits: str, reason: str) -> None:
    code = VALID["fi-virtual-barcode"][0]
    with pytest.raises(ValueError, match=reason):
        fi_virtual_barcode.parse(code[:start] + digits + code[start + len(digits) :])


def test_forms_of_one_number() -> None:
    assert {se_orgnr.compact(text) for text in ("556036-0793", "165560360793", "16 556036-0793")} == {
        "5560360793"
    }
    assert checks.get("no-vat").compact("995 525 828 mva") == "NO995525828MVA"
    assert checks.get("dk-account").compact("0040-440116243") == "00400440116243"
    assert checks.get("se-bankgiro").compact("0009912346") == "9912346"
    assert checks.get("fi-viite").compact("00000000000001234561") == "1234561"
    assert iban.compact("fi21 1234 5600 0007 85") == "FI2112345600000785"


@pytest.mark.parametrize(
    ("name", "value", "pretty"),
    [
        ("iban", "FI2112345600000785", "FI21 1234 5600 0007 85"),
        ("fi-viite", "1234561", "12 34561"),
        ("fi-viite", "12345672", "123 45672"),
        ("rf", "RF18539007547034", "RF18 5390 0754 7034"),
        ("se-bankgiro", "9912346", "991-2346"),
        ("se-bankgiro", "50501055", "5050-1055"),
        ("se-plusgiro", "2865434", "28 65 43-4"),
        ("se-plusgiro", "18", "1-8"),
        ("no-account", "86011117947", "8601.11.17947"),
        ("fi-ytunnus", "20774740", "2077474-0"),
        ("se-orgnr", "5560360793", "556036-0793"),
        ("no-orgnr", "988077917", "988 077 917"),
        ("no-vat", "NO995525828MVA", "NO 995 525 828 MVA"),
        ("se-personnummer", "198112189876", "19811218-9876"),
        ("dk-fik", "+71<18+88888888<", "+71<000000000000018 +88888888<"),
    ],
)
def test_pretty(name: str, value: str, pretty: str) -> None:
    check = checks.get(name)
    assert check.pretty and check.pretty(value) == pretty


def test_minor_units() -> None:
    known = {
        "EUR": 2,
        "SEK": 2,
        "NOK": 2,
        "DKK": 2,
        "ISK": 0,
        "JPY": 0,
        "KWD": 3,
        "BHD": 3,
        "CLF": 4,
        "BGN": 2,
        "BYR": 0,
    }
    assert {code: currency.minor_units(code) for code in known} == known
    for code in ("XAU", "XXX", "eur", "EUX", "EURO"):
        with pytest.raises(ValueError, match=code):
            currency.minor_units(code)
    with pytest.raises(ValueError, match='"" is no currency code'):
        currency.minor_units("")


def test_currency_tables_do_not_overlap() -> None:
    tables = (set(currency.MINOR_UNITS), set(currency.WITHOUT_MINOR_UNITS), set(currency.WITHDRAWN))
    assert [len(table) for table in tables] == [165, 13, 14]
    assert len(set.union(*tables)) == 192
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in set.union(*tables))


def test_country_list_is_whole() -> None:
    assert len(country.CODES) == 249
    assert all(len(code) == 2 and code.isascii() and code.isupper() for code in country.CODES)
