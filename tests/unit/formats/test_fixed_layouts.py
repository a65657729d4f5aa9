"""The fixed-width layouts of banks that come with the package, on files made by others."""

from __future__ import annotations

import io
import json
import random
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.declare.catalogue import Catalogue
from exchange.findings import Finding
from exchange.formats import fixed, registry
from exchange.model import Record
from exchange.outcome import Gathered

NAMES = ("bankgirot/bgmax", "netsgiro/ocr", "finanssiala/ktl")
FILES = {
    "bankgirot/bgmax": "se-bgmax/bankgiro_inbetalningar/BgMaxfil4.txt",
    "netsgiro/ocr": "no-ocr-avtalegiro/python-netsgiro/ocr_giro_transactions.txt",
    "finanssiala/ktl": "fi-ktl/django-jbank/547392460.SVM",
}
OFFICIAL = (
    "se-bgmax/bgmax-parser/bankgiroinbetalningar_exempelfil_avtal-om-ocr-kontroll_checksiffra_langd_sv.txt"
)


def layout(name: str) -> fixed.Layout:
    node, problems = Catalogue.of().load("layout", name)
    assert node is not None and not problems
    declared, problems = registry.parse_layout(node)
    assert isinstance(declared, fixed.Layout), [problem.render() for problem in problems]
    return declared


LAYOUTS = {name: layout(name) for name in NAMES}
READERS = {name: fixed.reader(one) for name, one in LAYOUTS.items()}


def read(name: str, raw: bytes) -> tuple[list[Record], list[Finding]]:
    gathered = Gathered()
    return [r for batch in READERS[name].read(io.BytesIO(raw), gathered) for r in batch], gathered.kept


def write(name: str, records: list[Record]) -> tuple[bytes, list[Finding]]:
    gathered, out = Gathered(), io.BytesIO()
    fixed.writer(LAYOUTS[name]).write([records], out, io.BytesIO, gathered)
    return out.getvalue(), gathered.kept


def raw(corpus: Path, name: str) -> bytes:
    return (corpus / "bank" / FILES.get(name, name)).read_bytes()


def errors(found: list[Finding]) -> list[tuple[str, int | None]]:
    return [(f.code, f.line) for f in found if f.severity == "error"]


@pytest.mark.parametrize("name", ["netsgiro/ocr", "finanssiala/ktl"])
def test_canonical_files_are_written_byte_for_byte(corpus: Path, name: str) -> None:
    records, found = read(name, raw(corpus, name))
    assert found == []
    assert write(name, records) == (raw(corpus, name), [])


def test_bgmax_is_written_byte_for_byte_where_the_sample_keeps_to_the_manual(corpus: Path) -> None:
    source = raw(corpus, "bankgirot/bgmax")
    records, found = read("bankgirot/bgmax", source)
    assert (len(records), found) == (9, [])
    was, now = source.rstrip().splitlines(), write("bankgirot/bgmax", records)[0].rstrip().splitlines()
    differing = [(old, new) for old, new in zip(was, now, strict=True) if old.ljust(80) != new.ljust(80)]
    unfilled = b"2900550000432"  # the organisation number lacks a zero in front
    assert differing == [(unfilled.ljust(80), b"29000550000432".ljust(80))]


def test_bgmax_values(corpus: Path) -> None:
    records, _ = read("bankgirot/bgmax", raw(corpus, "bankgirot/bgmax"))
    first = records[0]
    assert (first["amount"], first["sender_bankgiro"], first["reference"]) == (
        Decimal("1800.00"),
        "3783511",
        None,
    )
    assert [extra["reference"] for extra in first["references"]] == ["665760", "665869", "665661", "657775"]
    assert [line["text"] for line in first["information"]] == [
        "Betalning med extra refnr 665869 657775 665661",
        "665760",
    ]
    assert first["payer"] == {
        "name": "Kalles Plåt AB",
        "extra_name": None,
        "street": "Storgatan 2",
        "postcode": "12345",
        "town": "Storåker",
        "country": None,
        "country_code": None,
        "number": "5500001234",
    }
    assert first["section"] | {"@line": 0} == {
        "bankgiro": "9912346",
        "plusgiro": None,
        "currency": "SEK",
        "account": "5841000001009823",
        "date": date(2004, 5, 25),
        "serial": "56",
        "amount": Decimal("3700.00"),
        "deposit_currency": "SEK",
        "count": 2,
        "deposit_type": None,
        "@kind": "section",
        "@line": 0,
    }
    assert first["file"]["created"] == datetime(2004, 5, 25, 17, 30, 35, 10331)
    assert (first["file"]["payments"], first["file"]["references"], first["file"]["deposits"]) == (9, 13, 4)


def test_the_official_bgmax_example_has_tabs_where_blanks_belong(corpus: Path) -> None:
    source = raw(corpus, OFFICIAL)
    records, found = read("bankgirot/bgmax", source)
    assert [(f.code, f.line) for f in found if f.severity != "info"] == [("FIX024", 17)]
    assert [r["amount"] for r in records] == [1000, 500, 1400, 1100, 1200, 700, 5000]
    assert [r["record"] for r in records].count("21") == 1
    blanks = source.replace(b"\t\t       ", b" " * 19)
    was = [line.ljust(80) for line in blanks.splitlines()]
    assert write("bankgirot/bgmax", records) == (b"".join(line + b"\r\n" for line in was), [])


def test_bgmax_against_another_implementation(corpus: Path) -> None:
    """Every value that bgmax-parser read from the records of the official example."""
    (file,) = (corpus / "bank/expected/bgmax-fabhed/bgmax-parser").glob("*.json")
    records, _ = read("bankgirot/bgmax", raw(corpus, OFFICIAL))
    payment = records[0]
    deduction = next(r for r in records if r["record"] == "21")
    names = {
        "05": (payment["section"], ["bankgiro", "plusgiro", "currency"]),
        "20": (
            payment,
            ["sender_bankgiro", "reference", "amount", "reference_code", "channel", "serial", "image"],
        ),
        "21": (
            deduction,
            [
                "sender_bankgiro",
                "reference",
                "amount",
                "reference_code",
                "channel",
                "serial",
                "image",
                "deduction_code",
            ],
        ),
        "26": (payment["payer"], ["name", "extra_name"]),
        "27": (payment["payer"], ["street", "postcode"]),
        "28": (payment["payer"], ["town", "country", "country_code"]),
        "29": (payment["payer"], ["number"]),
    }
    compared = 0
    for entry in json.loads(file.read_text("utf-8")):
        place, fields = names.get(entry["transactionCode"], ({}, []))
        for name, expected in zip(fields, entry["properties"], strict=False):
            value = place[name]
            text = str(int(value * 100)) if isinstance(value, Decimal) else value or ""
            assert text == expected["trimmedValue"].strip(), (entry["transactionCode"], name)
            compared += 1
    assert compared >= 30


def test_the_broken_bgmax_sample_is_told_of(corpus: Path) -> None:
    _, found = read("bankgirot/bgmax", raw(corpus, "se-bgmax/bankgiro_inbetalningar/BgMaxfil4_broken.txt"))
    assert errors(found) == [("FIX020", 67), ("FIX020", 67)]


def test_ocr_values_and_totals(corpus: Path) -> None:
    records, _ = read("netsgiro/ocr", raw(corpus, "netsgiro/ocr"))
    assert (len(records), sum(r["amount"] for r in records)) == (20, Decimal("51449.00"))
    assert records[0]["transmission"]["amount"] == Decimal("51449.00")
    first = records[0]
    assert (first["type"], first["kid"], first["text"]) == ("21", "0000531", "Foo bar baz")
    assert (first["date"], first["serial"], first["debit_account"]) == (
        date(1992, 1, 20),
        "01464",
        "99990512341",
    )
    assert first["assignment"]["account"] == "99991042764"
    source = raw(corpus, "netsgiro/ocr")
    lines = source.splitlines(keepends=True)
    negative = b"".join([*lines[:2], lines[2][:31] + b"-" + lines[2][32:], *lines[3:]])
    assert read("netsgiro/ocr", negative)[0][0]["amount"] == Decimal("-1020.00")
    assert [f.code for f in read("netsgiro/ocr", negative)[1]] == ["FIX020", "FIX020"]


def test_ktl_values_and_corrections(corpus: Path) -> None:
    source = raw(corpus, "finanssiala/ktl")
    (payment,), _ = read("finanssiala/ktl", source)
    assert (payment["amount"], payment["reference"], payment["payer"]) == (
        Decimal("49.00"),
        payment["reference"],
        "KATAJAINEN J",
    )
    head, row, total, *_ = source.decode().splitlines()
    corrected = f"{row[:77]}0000001000{'1'}{row[88:]}"
    wrong = "\r\n".join([head, row, corrected, total, ""]).encode()
    assert errors(read("finanssiala/ktl", wrong)[1]) == [("FIX020", 4), ("FIX020", 4)]
    right = total[:18] + "000001" + "00000001000" + total[35:]
    good = "\r\n".join([head, row, corrected, right, ""]).encode()
    records, found = read("finanssiala/ktl", good)
    assert [r["correction_code"] for r in records] == ["0", "1"] and found == []
    assert write("finanssiala/ktl", records)[0] == good


@pytest.mark.parametrize("name", NAMES)
def test_every_total_of_every_layout_is_checked(corpus: Path, name: str) -> None:
    """Each digit of each control field, made another one, is an error."""
    lines = raw(corpus, name).rstrip().split(b"\n")
    plans = READERS[name].dispatch.plans  # type: ignore[attr-defined]
    mutants = 0
    for number, line in enumerate(lines):
        plan = READERS[name].dispatch.plan(line.decode("iso-8859-1"))  # type: ignore[attr-defined]
        for column in plans[plan.title].columns if plan else ():
            if column.field.control is None:
                continue
            start, end = column.field.span
            other = b"%d" % ((int(line[end - 1 : end]) + 1) % 10)
            changed = line[: end - 1] + other + line[end:]
            mutant = b"\n".join([*lines[:number], changed, *lines[number + 1 :], b""])
            assert ("FIX020", number + 1) in errors(read(name, mutant)[1]), (column.name, start)
            mutants += 1
    assert mutants >= 4


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_or_doubled_payment_is_always_noticed(corpus: Path, name: str) -> None:
    lines = raw(corpus, name).rstrip().split(b"\n")
    dispatch = READERS[name].dispatch  # type: ignore[attr-defined]
    for number, line in enumerate(lines):
        plan = dispatch.plan(line.decode("iso-8859-1"))
        if plan is None or plan.role != "streamed":
            continue
        without = b"\n".join([*lines[:number], *lines[number + 1 :], b""])
        doubled = b"\n".join([*lines[:number], line, *lines[number:], b""])
        assert errors(read(name, without)[1]) and errors(read(name, doubled)[1])


@pytest.mark.parametrize("name", NAMES)
def test_each_file_is_recognised_by_its_own_layout_only(corpus: Path, name: str) -> None:
    sample = raw(corpus, name)
    assert [one for one in NAMES if fixed.recognise(sample, LAYOUTS[one])] == [name]


@settings(max_examples=60)
@given(st.integers(0, 10**9))
def test_no_file_makes_a_reader_raise(seed: int) -> None:
    chance = random.Random(seed)
    name = chance.choice(NAMES)
    codes = [code for plan in READERS[name].dispatch.plans.values() for code in plan.line.codes]  # type: ignore[attr-defined]
    alphabet = "0123456789 ABCÅé-\t"
    lines = [
        chance.choice(codes) + "".join(chance.choices(alphabet, k=chance.randrange(0, 95))) for _ in range(30)
    ]
    records, _ = read(name, "\r\n".join(lines).encode("iso-8859-1"))
    write(name, records)
