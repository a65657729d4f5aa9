"""Writing statement messages, round trips, and what mutations of files come to."""

from __future__ import annotations

import random
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mt940_cases import message, read, told, write

from exchange.model import KIND, LINE, Record

SWIFT = "abcXYZ0123456789/?().,'+ "
TEXT = st.text(SWIFT, min_size=1, max_size=64).map(str.strip).filter(bool)
REFERENCE = st.from_regex(r"[A-Z0-9][A-Z0-9.+]{0,14}", fullmatch=True)
AMOUNT = st.decimals(0, 10**9, places=2)
DAY = st.dates(date(2000, 1, 1), date(2079, 12, 1))


@st.composite
def entries(draw: st.DrawFn) -> Record:
    value = draw(DAY)
    return {
        "value_date": value,
        "entry_date": draw(st.sampled_from([None, value])),
        "mark": draw(st.sampled_from(["C", "D", "RC", "RD"])),
        "funds_code": draw(st.sampled_from([None, "R"])),
        "amount": draw(AMOUNT),
        "type": draw(st.sampled_from(["NTRF", "NMSC", "FCHG"])),
        "customer_ref": draw(REFERENCE),
        "bank_ref": draw(st.none() | REFERENCE),
        "supplementary": draw(st.none() | TEXT.map(lambda text: text[:34].strip() or "x")),
        "details": draw(st.none() | st.lists(TEXT, min_size=1, max_size=6).map("\n".join)),
        "numbered": None,
    }


@st.composite
def files(draw: st.DrawFn) -> list[Record]:
    records: list[Record] = []
    for number in range(draw(st.integers(1, 3))):
        inside = draw(st.lists(entries(), min_size=1, max_size=4))
        opening = draw(AMOUNT)
        moved = sum(each["amount"] * (1 if each["mark"] in ("C", "RD") else -1) for each in inside)
        balance = {"date": draw(DAY), "currency": "EUR", "intermediate": False}
        statement = {
            "message": "940",
            "reference": draw(REFERENCE),
            "account": f"FI{number:016}",
            "number": str(number),
            "page": draw(st.none() | st.just("1")),
            "opening": balance | {"amount": opening},
            "closing": balance | {"amount": opening + moved},
            "text": draw(st.none() | TEXT),
        }
        records += [each | {"statement": statement, KIND: "entry", LINE: 1} for each in inside]
    return records


@settings(max_examples=60)
@given(files())
def test_what_is_written_is_read_the_same(records: list[Record]) -> None:
    data, found = write(records, rules="swift")
    assert told(found, "error") == []
    again, found = read(data)
    assert told(found, "error") == []
    for got, want in zip(again, records, strict=True):
        assert {name: got[name] for name in want if name[0] != "@" and name != "statement"} == {
            name: value for name, value in want.items() if name[0] != "@" and name != "statement"
        }
        assert {name: got["statement"][name] for name in want["statement"]} == want["statement"]
    assert write(again, rules="swift")[0] == data


def test_a_statement_as_it_stands_in_the_file() -> None:
    text = message(
        ":61:2601020103DR12,5NTRFINV 7//B-1\nmore", ":86:one\ntwo", closing="C260103EUR87,5"
    ).replace("C260101EUR100,00", "C260101EUR100,")
    records, _ = read(text)
    assert write(records)[0].decode() == text.replace("\n", "\r\n")
    assert write(records, newline="lf")[0].decode() == text


def test_an_interim_report_as_it_stands_in_the_file() -> None:
    text = (
        ":20:R1\n:25:FI2112345600000785\n:28C:1/1\n:34F:EURD1,\n:34F:EURC2,\n:13D:2601191815+0100\n"
        ":61:260119D5,NMSCX\n:61:260119C3,NMSCX\n:90D:1EUR5,\n:90C:1EUR3,\n-\n"
    )
    records, _ = read(text)
    assert write(records, newline="lf") == (text.encode(), [])
    statement = records[0]["statement"]
    statement |= {"debits": None, "credits": None, "floor_debit": Decimal(0), "floor_credit": Decimal(0)}
    assert b":34F:EUR0,\n:13D" in write(records, newline="lf")[0]
    assert b":90D:1EUR5,\n:90C:1EUR3,\n" in write(records, newline="lf")[0]


def test_the_closing_balance_is_computed_or_must_agree() -> None:
    records, _ = read(message(":61:260102C1,00NMSCX", closing="C260102EUR101,00"))
    closing = records[0]["statement"]["closing"]
    closing["amount"] = None
    assert b":62F:C260102EUR101,00" in write(records)[0]
    closing["amount"] = Decimal("101.01")
    assert told(write(records)[1]) == ["MT020"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"value_date": None}, "MT054"),
        ({"mark": "X"}, "MT054"),
        ({"amount": Decimal(-1)}, "MT054"),
        ({"amount": "1"}, "MT054"),
        ({"amount": Decimal("12345678901234.00")}, "MT051"),
        ({"customer_ref": "A//B"}, "MT054"),
        ({"customer_ref": "12345678901234567"}, "MT051"),
        ({"customer_ref": "two\nlines"}, "MT054"),
        ({"details": "ok\n:61:evil"}, "MT053"),
        ({"details": "ok\n-"}, "MT053"),
        ({"details": "ok\n-}"}, "MT053"),
        ({"details": "Müller"}, "MT052"),
        ({"statement": None}, "MT055"),
        ({KIND: "balance"}, "MT056"),
    ],
)
def test_what_cannot_be_written_is_refused(change: Record, code: str) -> None:
    (record,), _ = read(message(":61:260102C0,00NMSCX"))
    assert code in told(write([record | change], rules="swift")[1], "error")


@pytest.mark.parametrize("field", ["reference", "account", "number", "opening", "closing"])
def test_what_a_statement_must_have(field: str) -> None:
    (record,), _ = read(message(":61:260102C0,00NMSCX"))
    del record["statement"][field]
    if field == "number":
        record["statement"]["page"] = None
    assert "MT050" in told(write([record])[1], "error")


def test_every_file_that_is_read_without_errors_is_written_the_same(corpus: Path) -> None:
    seen = 0
    for path in sorted((corpus / "bank").glob("mt94[02]/*/*")):
        records, found = read(path.read_bytes())
        if told(found, "error") or not records:
            continue
        data, problems = write(records)
        again, _ = read(data)
        broken_times = any("\n:" in (record.get("details") or "") for record in records)
        assert told(problems, "error") == (["MT053"] if broken_times else []), path
        assert [_told(each) for each in again] == [_told(each) for each in records], path
        seen += 1
    assert seen >= 12


def _told(record: Record) -> Record:
    """A record without where it stood and how its amounts were padded."""
    if record[KIND] == "statement":
        return {name: value for name, value in record.items() if name not in (LINE, "sender")}
    told_ = {
        name: value for name, value in record.items() if name not in (LINE, "statement", "supplementary")
    }
    told_["customer_ref"] = told_["customer_ref"] or "NONREF"  # SWIFT wants one or the other
    told_["details"] = (told_["details"] or "").replace("\n", "")  # longer lines than allowed are broken
    statement = record["statement"]
    return told_ | {
        "statement": {name: statement[name] for name in statement if name not in (LINE, "sender")}
    }


GOOD = message(
    *(":61:2601020102C100,50NTRFA//B", ":86:166?00GUTSCHRIFT?20SVWZ+x?32KARL"),
    *(":61:2601020102DR20,25NMSCNONREF", ":86:/EREF/1/REMI/y"),
    closing="C260102EUR180,25",
)


def test_no_change_of_an_amount_passes() -> None:
    """Every digit of every amount, mark and currency, changed to every other one."""
    assert told(read(GOOD)[1], "error") == []
    amounts = [match.span() for match in re.finditer(r"(?<=EUR)\d+,\d\d|(?<=[CR])\d+,\d\d", GOOD)]
    assert len(amounts) == 4
    for start, end in amounts:
        for at in range(start, end):
            for digit in "0123456789,":
                changed = GOOD[:at] + digit + GOOD[at + 1 :]
                if changed != GOOD and not (GOOD[at] == "," or digit == ","):
                    assert told(read(changed)[1], "error"), (at, digit)


def test_no_missing_or_doubled_line_passes() -> None:
    lines = GOOD.splitlines(True)
    for at, line in enumerate(lines):
        if line.startswith((":61", ":60", ":62", ":25")):
            assert told(read("".join(lines[:at] + lines[at + 1 :]))[1], "error"), line
            assert told(read("".join([*lines[: at + 1], *lines[at:]]))[1], "error"), line


@pytest.mark.parametrize("seed", range(40))
def test_damaged_files_never_raise(seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray((GOOD * 2).encode())
    for _ in range(chance.randrange(1, 30)):
        at = chance.randrange(len(data))
        kind = chance.randrange(4)
        if kind == 0:
            data[at] = chance.randrange(256)
        elif kind == 1:
            del data[at : at + chance.randrange(1, 40)]
        elif kind == 2:
            data[at:at] = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 9)))
        else:
            data[at:at] = b"\n" if chance.random() < 0.5 else b"\n:86:"
        if not data:
            break
    records, _ = read(bytes(data))
    write(records)


@settings(max_examples=80)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_without_raising(data: bytes) -> None:
    read(data)
    read(b":20:A\n:25:B\n:60F:C260101EUR1,00\n:61:" + data)


def test_a_line_or_field_without_end_stops_reading() -> None:
    assert "MT001" in told(read(message(":61:260102C0,NMSCX", ":86:" + "x" * 200_000))[1], "error")
    assert "MT003" in told(read(message(":61:260102C0,NMSCX", ":86:" + "x\n" * 20_000))[1], "error")


def test_a_statement_without_entries_is_a_record_and_is_written_again() -> None:
    data = (
        b":20:S1\r\n:25:FI2112345600000785\r\n:28C:12/1\r\n:60F:C261124EUR1000,00\r\n:62F:C261124EUR1000,00\r\n-\r\n"
        b":20:S2\r\n:25:FI2112345600000785\r\n:28C:13/1\r\n:60F:C261125EUR1000,00\r\n"
        b":61:2611251125D10,00NTRFNONREF\r\n:62F:C261125EUR990,00\r\n-\r\n"
    )
    records, found = read(data)
    assert ([each[KIND] for each in records], told(found, "error")) == (["statement", "entry"], [])
    assert write(records) == (data, [])
    wrong = data.replace(b":62F:C261124EUR1000,00", b":62F:C261124EUR900,00")
    assert told(read(wrong)[1], "error") == ["MT020"]
