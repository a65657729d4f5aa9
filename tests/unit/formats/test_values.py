"""Typed values: the slow side explains, the fast side never differs from it, nothing is guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from exchange.formats._moments import _PARTS
from exchange.formats.values import Codec, Dialect, Refused, ValueField

NORDIC = Dialect(decimal=",", thousands=" ")


def field(**rules: Any) -> ValueField:
    return ValueField(**rules)


def read(text: str, dialect: Dialect | None = None, **rules: Any) -> Any:
    value, findings = Codec("f", field(**rules), dialect).read(text)
    assert not findings, findings
    return value


def codes(text: str, dialect: Dialect | None = None, **rules: Any) -> list[str]:
    return [finding.code for finding in Codec("f", field(**rules), dialect).read(text)[1]]


def write(value: Any, dialect: Dialect | None = None, **rules: Any) -> str:
    text, findings = Codec("f", field(**rules), dialect).write(value)
    assert not findings, findings
    return text


def write_codes(value: Any, dialect: Dialect | None = None, **rules: Any) -> list[str]:
    return [finding.code for finding in Codec("f", field(**rules), dialect).write(value)[1]]


@pytest.mark.parametrize(
    ("text", "dialect", "want"),
    [
        ("12.50", Dialect(), "12.50"),
        ("12,50", NORDIC, "12.50"),
        ("1 234 567,00", NORDIC, "1234567.00"),
        ("1\u00a0234,5", NORDIC, "1234.5"),
        ("1\u202f234,5", NORDIC, "1234.5"),
        ("1’234.50", Dialect(thousands="'"), "1234.50"),
        ("1'234'567.50", Dialect(thousands="'"), "1234567.50"),
        ("1.234,50", Dialect(decimal=",", thousands="."), "1234.50"),
        ("-7,10", NORDIC, "-7.10"),
        ("\u22127,10", NORDIC, "-7.10"),
        ("+7,10", NORDIC, "7.10"),
        ("7,10-", Dialect(decimal=",", sign="trailing"), "-7.10"),
        ("7,10", Dialect(decimal=",", sign="trailing"), "7.10"),
        ("(7.10)", Dialect(sign="parentheses"), "-7.10"),
        ("-0.00", Dialect(), "0.00"),
        (".5", Dialect(), "0.5"),
        ("5.", Dialect(), "5"),
        ("1234567890123456.78", Dialect(), "1234567890123456.78"),
    ],
)
def test_numbers_as_declared(text: str, dialect: Dialect, want: str) -> None:
    value = read(text, dialect, type="money")
    assert (str(value), type(value)) == (want, Decimal)


@pytest.mark.parametrize(
    ("text", "dialect", "why"),
    [
        ("1.234", NORDIC, '"."'),
        ("1,234", Dialect(), '","'),
        ("1 234.5", Dialect(), "a space"),
        ("12 34,50", NORDIC, "threes"),
        ("1 2345,50", NORDIC, "threes"),
        ("1 234\u00a0567,5", NORDIC, "threes"),
        ("1.234.567", Dialect(), "more than once"),
        ("1e5", Dialect(), '"e"'),
        ("1_000", Dialect(), '"_"'),
        ("NaN", Dialect(), '"N"'),
        ("٣", Dialect(), '"٣"'),
        (" 1", Dialect(), "trim"),
        ("7,10-", NORDIC, "sign"),
        ("(7,10)", NORDIC, "sign"),
        ("-7.10", Dialect(sign="trailing"), "sign"),
        ("--7", Dialect(), "sign"),
        ("-", Dialect(), "no digits"),
        (".", Dialect(), "no digits"),
        ("1e30000000", Dialect(), '"e"'),
        ("9" * 200, Dialect(), "200 characters"),
    ],
)
def test_numbers_not_as_declared(text: str, dialect: Dialect, why: str) -> None:
    value, (finding,) = Codec("price", field(type="money"), dialect).read(text, line=7, column=3)
    assert (value, finding.code, finding.line, finding.column) == (None, "VAL010", 7, 3)
    assert why in finding.message and finding.advice and finding.field == "price"


def test_number_rules_are_all_told() -> None:
    rules = {"type": "money", "scale": 2, "digits": 5, "minimum": Decimal(0), "maximum": Decimal(999)}
    assert codes("1234.567", **rules) == ["VAL014", "VAL015", "VAL017"]
    assert codes("-1", **rules) == ["VAL016"]
    assert codes("9" * 29, type="decimal") == ["VAL011"]


def test_integers_percent_and_implied_decimals() -> None:
    assert read("0012", type="integer") == 12
    assert type(read("0012", type="integer")) is int
    assert codes("12.0", type="integer") == ["VAL010"]
    assert read("1 234", NORDIC, type="integer") == 1234
    assert read("25,5 %", NORDIC, type="percent") == Decimal("25.5")
    assert read("24%", type="percent") == 24
    assert codes("24%", type="money") == ["VAL010"]
    implied = Codec("amount", field(type="money"), implied=2)
    assert implied.read("000001250")[0] == Decimal("12.50")
    assert implied.read("5")[0] == Decimal("0.05")
    assert implied.read("12.50")[1][0].code == "VAL010"
    assert implied.write(Decimal("12.5")) == ("1250", [])
    assert implied.write(Decimal("0.05")) == ("5", [])
    assert implied.write(Decimal("0.005"))[1][0].code == "VAL012"


def test_trailing_zeros_are_no_decimals_in_xml_only() -> None:
    assert codes("1.000", type="money", scale=2) == ["VAL014"]
    assert Codec("f", field(type="money", scale=2), xml=True).read("1.000") == (Decimal("1.000"), [])


@pytest.mark.parametrize(
    ("kind", "pattern", "text", "want"),
    [
        ("date", None, "2026-01-31", date(2026, 1, 31)),
        ("date", "%d.%m.%Y", "31.01.2026", date(2026, 1, 31)),
        ("date", "%-d.%-m.%Y", "1.2.2026", date(2026, 2, 1)),
        ("date", "%Y%m%d", "20260131", date(2026, 1, 31)),
        ("date", "%y%m%d", "690101", date(1969, 1, 1)),
        ("date", "%y%m%d", "680101", date(2068, 1, 1)),
        ("date", "100%% %d/%m/%Y", "100% 31/01/2026", date(2026, 1, 31)),
        ("time", None, "23:59:59", time(23, 59, 59)),
        ("time", "%H%M", "0730", time(7, 30)),
        ("datetime", None, "2026-01-31T10:00:00", datetime(2026, 1, 31, 10)),
        ("datetime", None, "2026-01-31T10:00:00.5Z", datetime(2026, 1, 31, 10, 0, 0, 500000, UTC)),
        ("datetime", None, "2026-01-31T10:00:00.1234567Z", datetime(2026, 1, 31, 10, 0, 0, 123456, UTC)),
        (
            "datetime",
            "%d.%m.%Y %H:%M %z",
            "31.01.2026 10:00 +02:00",
            datetime(2026, 1, 31, 10, tzinfo=timezone(timedelta(hours=2))),
        ),
    ],
)
def test_moments(kind: str, pattern: str | None, text: str, want: object) -> None:
    assert read(text, type=kind, pattern=pattern) == want


@pytest.mark.parametrize(
    ("kind", "pattern", "text", "code"),
    [
        ("date", "%d.%m.%Y", "31.02.2026", "VAL021"),
        ("date", "%d.%m.%Y", "29.02.2023", "VAL021"),
        ("date", "%d.%m.%Y", "1.2.2026", "VAL020"),
        ("date", "%d.%m.%Y", "31.01.26", "VAL020"),
        ("date", "%d.%m.%Y", "31.01.2026 ", "VAL020"),
        ("date", None, "31.01.2026", "VAL020"),
        ("date", None, "2026-1-31", "VAL020"),
        ("date", None, "0000-00-00", "VAL021"),
        ("date", None, "٢٠٢٦-٠١-٣١", "VAL020"),
        ("date", None, "2026-01-31Z", "VAL020"),
        ("time", None, "24:00:00", "VAL021"),
        ("datetime", None, "2026-01-31 10:00:00", "VAL020"),
        ("datetime", None, "2026-01-31T10:00:00+25:00", "VAL021"),
    ],
)
def test_moments_refused(kind: str, pattern: str | None, text: str, code: str) -> None:
    assert codes(text, type=kind, pattern=pattern) == [code]


@pytest.mark.parametrize(
    ("kind", "pattern", "text", "code", "said"),
    [
        ("date", "%d.%m.%Y", "1.2.2026", "VAL020", '`pattern: "%-d.%-m.%Y"`'),
        ("date", "%d.%m.%Y", "31.2.2026", "VAL021", "day is out of range"),
        ("date", None, "31.2.2026", "VAL021", "day is out of range"),
        ("date", None, "31.12.2026", "VAL020", '`pattern: "%d.%m.%Y"`'),
        ("date", None, "1.12.2026", "VAL020", '`pattern: "%-d.%-m.%Y"`'),
        ("date", "%Y%m%d", "261231", "VAL020", '`pattern: "%y%m%d"`'),
        ("date", "%d.%m.%Y", "2026-01-31", "VAL020", "declare no pattern"),
        ("date", "%d.%m.%Y", "31.01.2026 ", "VAL020", "`trim: true`"),
        ("date", None, "2026-01-31T10:00:00Z", "VAL020", "declare `type: datetime` in"),
        ("date", None, "2026-01-31 10:00", "VAL020", '`type: datetime` and `pattern: "%Y-%m-%d %H:%M"`'),
        ("datetime", "%d.%m.%Y %H:%M", "1.2.2026 9:05", "VAL020", '`pattern: "%-d.%-m.%Y %-H:%M"`'),
        ("date", "%d%m%Y", "1112026", "VAL020", "declare the pattern that the sender uses"),
        ("date", "%d.%m.%Y", "soon", "VAL020", "declare the pattern that the sender uses"),
    ],
)
def test_a_date_written_otherwise_is_told_with_its_pattern(
    kind: str, pattern: str | None, text: str, code: str, said: str
) -> None:
    _, [finding] = Codec("f", field(type=kind, pattern=pattern)).read(text)
    assert finding.code == code
    assert said in finding.message + finding.advice


def test_every_part_of_a_pattern_is_in_the_reference() -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference" / "dates.md").read_text(encoding="utf-8")
    assert [part for part in _PARTS if f"| `{part}` |" not in page] == []


def test_xml_dates_may_carry_a_zone() -> None:
    codec = Codec("f", field(type="date"), xml=True)
    assert codec.read("2026-01-31+02:00") == (date(2026, 1, 31), [])
    assert codec.read("2026-01-31Z") == (date(2026, 1, 31), [])
    assert codec.read("2026-01-31X")[1][0].code == "VAL020"


def test_texts_booleans_and_empty_words() -> None:
    assert read("0012") == "0012"
    assert read("NO") == "NO"
    assert read("") is None
    assert codes("", required=True) == ["VAL001"]
    assert codes("  ", Dialect(trim=True), required=True) == ["VAL001"]
    assert codes("abc", min_length=4, matches="[0-9]+", values=["x"]) == ["VAL002", "VAL004", "VAL005"]
    assert codes("abcde", max_length=4, constant="abcd") == ["VAL006", "VAL003"]
    assert codes("FI2112345600000786", check="iban") == ["VAL007"]
    assert read("FI2112345600000785", check="iban") == "FI2112345600000785"
    words = Dialect(true=["K", "Kyllä"], false="E")
    assert (read("Kyllä", words, type="boolean"), read("E", words, type="boolean")) == (True, False)
    assert codes("true", words, type="boolean") == ["VAL030"]
    assert read("00000000", type="date", pattern="%Y%m%d", empty=["00000000"]) is None
    assert write(None, type="date", pattern="%Y%m%d", empty=["00000000"]) == "00000000"


def test_writing() -> None:
    assert write(Decimal("1234.5"), NORDIC, type="money", scale=2) == "1 234,50"
    assert write(Decimal("-1234.500"), type="money", scale=2) == "-1234.50"
    assert write(5, type="money", scale=2) == "5.00"
    assert write(Decimal("-0.00"), type="money", scale=2) == "0.00"
    assert write(Decimal("1E+3"), type="decimal") == "1000"
    assert write(Decimal("-7.1"), Dialect(sign="trailing"), type="money") == "7.1-"
    assert write(Decimal("-7.1"), Dialect(sign="parentheses"), type="money") == "(7.1)"
    assert write(Decimal("7"), type="integer") == "7"
    assert write(date(2026, 1, 2), type="date", pattern="%-d.%-m.%Y") == "2.1.2026"
    assert write(date(926, 1, 2), type="date", pattern="%d.%m.%Y") == "02.01.0926"
    assert write(datetime(2026, 1, 2, 3, 4, 5), type="datetime") == "2026-01-02T03:04:05"
    assert write(None, constant="05") == "05"
    assert write(True, Dialect(true=["K", "Kyllä"]), type="boolean") == "K"


@pytest.mark.parametrize(
    ("value", "rules", "code"),
    [
        (Decimal("1.005"), {"type": "money", "scale": 2}, "VAL012"),
        (Decimal("0.5"), {"type": "integer"}, "VAL012"),
        (Decimal("8.7880240179054470192988692486"), {"type": "money"}, "VAL011"),
        (Decimal("8.7880240179054470192988692486E-28"), {"type": "money"}, "VAL011"),
        (Decimal("NaN"), {"type": "money"}, "VAL013"),
        (Decimal("Infinity"), {"type": "money"}, "VAL013"),
        (Decimal("1E+30000000"), {"type": "money"}, "VAL013"),
        (1.5, {"type": "money"}, "VAL040"),
        (True, {"type": "integer"}, "VAL040"),
        (datetime(2026, 1, 1), {"type": "date"}, "VAL040"),
        ("12.50", {"type": "money"}, "VAL040"),
        (12, {"type": "text"}, "VAL040"),
        ("abc", {"max_length": 2}, "VAL003"),
        ("06", {"constant": "05"}, "VAL006"),
        (None, {"required": True}, "VAL001"),
        ("", {"required": True}, "VAL001"),
        (date(1950, 1, 1), {"type": "date", "pattern": "%y%m%d"}, "VAL022"),
        (datetime(2026, 1, 1), {"type": "datetime", "pattern": "%Y%m%d%H%M%z"}, "VAL023"),
        (Decimal("-1"), {"type": "money", "minimum": Decimal(0)}, "VAL016"),
    ],
)
def test_writing_refuses(value: object, rules: dict[str, Any], code: str) -> None:
    assert write_codes(value, **rules) == [code]


@pytest.mark.parametrize(
    "rules",
    [
        {"check": "ibann"},
        {"matches": "("},
        {"type": "date", "pattern": "%d.%m"},
        {"type": "date", "pattern": "%d.%m.%Y %H:%M"},
        {"type": "date", "pattern": "%d.%m.%Q"},
        {"type": "date", "pattern": "%d.%m.%Y.%y"},
        {"type": "text", "pattern": "%d.%m.%Y"},
        {"type": "text", "scale": 2},
        {"type": "date", "minimum": Decimal(1)},
        {"type": "text", "true": "x"},
        {"min_length": 5, "max_length": 4},
        {"type": "money", "decimal": ",", "thousands": ","},
    ],
)
def test_wrong_declarations_are_refused(rules: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        field(**rules)


def test_wrong_dialects_are_refused() -> None:
    for wrong in ({"decimal": ",", "thousands": ","}, {"date": "%d"}, {"true": "x", "false": "x"}):
        with pytest.raises(ValidationError):
            Dialect(**wrong)


# --- the fast side against the slow side ---


def compiled(codec: Codec, direction: str) -> Any:
    names: dict[str, object] = {}
    lines = getattr(codec, f"{direction}_code")("given", "result", names)
    source = "\n".join(["def run(given):", *(f"    {line}" for line in lines), "    return result"])
    exec(source, names)
    return names["run"]


DIALECTS = [
    Dialect(),
    Dialect(trim=True),
    NORDIC,
    Dialect(decimal=",", thousands=".", sign="trailing"),
    Dialect(thousands="'", sign="parentheses", date="%d.%m.%Y", datetime="%Y%m%d%H%M", time="%H%M"),
    Dialect(sign="trailing"),
    Dialect(decimal=",", date="%y%m%d", true=["1", "K"], false=["0", "E"]),
]
RULES: list[dict[str, Any]] = [
    *({"type": kind} for kind in ("text", "integer", "decimal", "money", "percent")),
    *({"type": kind} for kind in ("date", "datetime", "time", "boolean")),
    {"type": "money", "required": True},
    {"required": True, "max_length": 3},
    {"min_length": 2, "max_length": 4, "matches": "[0-9a-z]+"},
    {"values": ["a", "1", "12.50"]},
    {"type": "money", "values": ["12.50", "12,50", "0"]},
    {"type": "money", "scale": 2, "minimum": Decimal("-5"), "maximum": Decimal("1000")},
    {"type": "money", "scale": 4},
    {"type": "money", "scale": 5},
    {"type": "decimal", "scale": 0},
    {"type": "decimal", "digits": 4},
    {"type": "integer", "digits": 3},
    {"type": "integer", "digits": 3, "minimum": Decimal(-2), "maximum": Decimal(500)},
    {"type": "money", "empty": ["0.00", "000"]},
    {"empty": ["-"]},
    {"constant": "05"},
    {"type": "integer", "constant": "5"},
    {"type": "date", "empty": ["000000"]},
    {"type": "boolean", "max_length": 3},
    {"check": "iban"},
    {"check": "fi-viite", "required": True},
]
CODECS = [
    Codec("f", field(**rules), dialect, implied=implied, xml=xml)
    for rules in RULES
    for dialect in DIALECTS
    for implied, xml in ((0, False), (0, True), (2, False))
]
FAST = [(codec, compiled(codec, "read"), compiled(codec, "write")) for codec in CODECS]

CHARACTERS = st.sampled_from("0123456789012345678901234567890123456789.,-+ ()'%’\u00a0eE_:TZat٣²")
DIGITS = st.text(st.sampled_from("0123456789٣"), max_size=7) | st.text(
    st.sampled_from("0123456789"), max_size=7
)
NUMBERS = st.tuples(
    st.sampled_from(["", "", "", "-", "+", "(", " "]),
    DIGITS,
    st.sampled_from(["", ".", ",", " 000.", " 000,", ".000,", "'000."]),
    DIGITS,
    st.sampled_from(["", "", "", "-", ")", " %", " "]),
).map("".join)
TEXTS = st.one_of(
    NUMBERS,
    st.text(CHARACTERS, max_size=12),
    st.sampled_from(
        ["", "12.50", "12,50", "1 234,50", "05", "5", "a", "true", "K", "0.00", "-0.00", "000000"]
    ),
    st.sampled_from(["2026-01-31", "31.01.2026", "260131", "2026-02-31", "FI2112345600000785", "1234561"]),
    st.sampled_from(["2026-01-31T10:00:00Z", "202601311000", "10:00:00", "1000", "9" * 40, "0" * 30 + ".5"]),
    st.sampled_from(["-5", "-5.00", "-5.01", "1000", "1000.00", "1000.01", "-2", "-3", "500", "501", "999"]),
    st.decimals(allow_nan=False, allow_infinity=False, places=2).map(str),
    st.integers().map(str),
)
VALUES = st.one_of(
    st.none(),
    TEXTS,
    st.booleans(),
    st.integers(),
    st.integers(-1100, 1100),
    st.decimals(),
    st.builds(
        Decimal,
        st.sampled_from(["-0", "-0.00", "-0.0000", "0.00", "1.5E+7", "1E+2", "-0E-10", "1000.00", "-5.00"]),
    ),
    st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-10_000, max_value=10_000),
    st.builds(
        lambda digits, exponent: Decimal(digits).scaleb(exponent),
        st.integers(-9999, 9999),
        st.integers(-9, 9),
    ),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=2))])),
    st.times(),
    st.floats(),
)


def same(one: object, other: object) -> bool:
    return type(one) is type(other) and str(one) == str(other)


@settings(max_examples=100)
@given(TEXTS)
def test_fast_reading_gives_the_verdict_of_slow_reading(text: str) -> None:
    for codec, fast, _ in FAST:
        value, findings = codec.read(text)
        try:
            got = fast(text)
        except Refused:
            assert findings, (codec.field, codec.dialect, text)
        else:
            assert not findings and same(got, value), (codec.field, codec.dialect, text, got, value, findings)


@settings(max_examples=100)
@given(VALUES)
def test_fast_writing_gives_the_verdict_of_slow_writing(value: object) -> None:
    for codec, _, fast in FAST:
        text, findings = codec.write(value)
        try:
            got = fast(value)
        except Refused:
            assert findings, (codec.field, codec.dialect, value)
        else:
            assert not findings and got == text, (codec.field, codec.dialect, value, got, text, findings)


@settings(max_examples=100)
@given(VALUES)
def test_what_is_written_is_read_again(value: object) -> None:
    for codec in CODECS:
        text, findings = codec.write(value)
        if findings or not text or text in codec.empty_words or codec.dialect.trim:
            continue
        again, findings = codec.read(text)
        assert not findings, (codec.field, codec.dialect, value, text, findings)
        if isinstance(value, (Decimal, int)) and not isinstance(value, bool):
            assert again == value
        if type(value) is date:
            assert again == value


def test_equal_moments_in_other_zones_are_written_as_they_are() -> None:
    fast = compiled(Codec("f", field(type="datetime")), "write")
    utc = datetime(2026, 1, 31, 8, tzinfo=UTC)
    helsinki = utc.astimezone(timezone(timedelta(hours=2)))
    assert (fast(utc), fast(helsinki)) == ("2026-01-31T08:00:00+00:00", "2026-01-31T10:00:00+02:00")
