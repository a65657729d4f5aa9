"""TITO: the Finnish account statement, on a real file and on statements made here with everything in them."""

from __future__ import annotations

import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from bank_files import (
    codes,
    damaged,
    documents,
    errors,
    inspected,
    mapped,
    plain,
    records,
    taken,
    total,
    written,
)  # fmt: skip
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.model import KIND, Record

NAME, KTL = "finanssiala/tito", "finanssiala/ktl"
SAMPLE = "bank/fi-tito/django-jbank/547404896.TO"
MUTANTS = None if os.environ.get("EXCHANGE_DEEP") else 250


def cents(amount: str) -> str:
    number = Decimal(amount)
    return f"{'-' if number < 0 else '+'}{abs(int(number * 100)):018}"


def head(number: int, opening: str, records: int = 0, length: int = 322) -> str:
    text = (
        f"T00{length}100{'50000110000238':14}{number:03}260302260303260304{'0600':4}{'CUSTOMER':17}260227"
        f"{cents(opening)}{records:06}EUR{'Tili':30}{0:018}{'OY AB':35}{'PANKKI':40}{'':40}{'':30}"
        f"{'FI4250001510000023 OKOYFIHH':30}"
    )
    assert len(text) == 322
    return text[:length]


def entry(
    number: int, amount: str, *, day: str = "260302", type_: str = "", code: str = "710", level: str = "0",
    receipt: str = " ", reference: str = "", name: str = "", record: str = "T10",
) -> str:  # fmt: skip
    kind = type_ or ("2" if amount.startswith("-") else "1")
    text = (
        f"{record}188{number:06}{f'ARCH{number}':18}{day}{day}{day}{kind}{code}{'PANO':35}{cents(amount)}{receipt}A"
        f"{name:35}{'':1}{'':14}{'':1}{reference.rjust(20, '0')}{'':8}{level}"
    )
    assert len(text) == 188
    return text


def detail(kind: str, text: str, record: str = "T11") -> str:
    return f"{record}{len(text) + 8:03}{kind}{text}"


def balance(day: str, amount: str) -> str:
    return f"T40050{day}{cents(amount)}{cents(amount)}"


def file(*lines: str, end: str = "\r\n") -> bytes:
    return "".join(f"{line}{end}" for line in lines).encode("iso-8859-1")


FULL = file(
    head(17, "100.00", 23),
    entry(1, "250.00", code="705", receipt="E"),
    detail("01", "00000002"),
    entry(2, "200.00", code="705", level="1", reference="1234561", name="MAKSAJA YKSI"),
    detail("00", f"{'Kiitos':35}"),
    entry(3, "50.00", code="705", level="1", name="MAKSAJA KAKSI"),
    detail("11", f"{'RF332348236':35}{'FI2112345600000785':35}{'NDEAFIHH':35}{'':70}{'':70}{'PAYERID':35}{'':35}"),
    entry(4, "-12.34", code="730"),
    detail("07", f"{'PALVELUMAKSUT':35}"),
    balance("260302", "337.66"),
    f"T500671260302{2:08}{cents('250.00')}{1:08}{cents('-12.34')}",
    entry(5, "90.00", day="260303", code="702", name="ACME INC"),
    detail("00", f"{'ENSIMMAINEN RIVI JONKA SANA J KATKE'}{'AMATTA SEURAAVALLE':35}"),
    detail("02", f"{'C1':10} {'2026-77':15} 260215"),
    detail("05", f"{cents('108.00')} USD {12000000:011}{'REF':6}"),
    detail("09", f"{'ACME INTERNATIONAL INCORPORATED':35}"),
    entry(6, "-250.00", day="260303", type_="3", code="705"),
    detail("04", f"{'ARCH1':18}"),
    entry(7, "5.00", day="260303", record="T80"),
    detail("00", f"{'ENNAKKOTIETO':35}", "T81"),
    balance("260303", "177.66"),
    "T60020020LIMIITTI 01",
    "T70030020PANKKI TIEDOTTAA ASIA",
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "more", "called", "text"),
    [
        ("BINGEN'S STEEL", "ALTMANNSTR.999", "BINGEN'S STEEL", "PANO ALTMANNSTR.999"),
        ("BINGEN'S STEEL", "BINGEN'S STEEL AND WOOD", "BINGEN'S STEEL AND WOOD", "PANO"),
        ("", "PALKKAOSASTO", "PALKKAOSASTO", "PANO"),
    ],
)
def test_more_words_about_the_other_party(name: str, more: str, called: str, text: str) -> None:
    lines = (entry(1, "10.00", name=name), detail("09", f"{more:35}"), balance("260302", "110.00"))
    (made,), _ = documents(NAME, file(head(1, "100.00"), *lines))
    assert taken(made, "counterparty.name", "text") == (called, text)


def test_messages_of_payer_customer_and_bank_stand_one_behind_the_other() -> None:
    told = [
        detail(kind, f"{text:35}")
        for kind, text in (("00", "LASKU 77"), ("06", "OMA 5"), ("07", "LISAPALKKIO"))
    ]
    (made,), _ = documents(
        NAME, file(head(1, "100.00"), entry(1, "10.00"), *told, balance("260302", "110.00"))
    )
    assert made["text"] == "LASKU 77 OMA 5 LISAPALKKIO"


def test_the_sample(corpus: Path, tmp_path: Path) -> None:
    raw = (corpus / SAMPLE).read_bytes()
    made, found = documents(NAME, raw)
    assert (len(made), total(made), found) == (2, Decimal("-1750.00"), [])
    assert taken(made[0], "account", "amount", "text", "counterparty.name", "counterparty.account", "entry_ref") == (
        "FI4947300010416310", Decimal("-1799.00"), "VUOKRAT 2018-01", "JANI KAJALA", "FI8847304720017517",
        "180203473047IE5807",
    )  # fmt: skip
    assert taken(made[1], "amount", "batch.count", "bank_code.proprietary", "bank_code.issuer") == (
        49, 1, "705", "FFFS",
    )  # fmt: skip
    assert taken(made[0], "statement.opening", "statement.closing", "statement.sequence") == (1799, 49, "3")
    seen = inspected(raw, tmp_path)
    assert (seen.layout, dict(seen.records), seen.totals[0]["count"]) == (NAME, {"entry": 2}, 2)
    assert taken(seen.accounts[0], "id", "currency", "opening", "booked", "closing", "say") == (
        "FI4947300010416310", "EUR", 1799, -1750, 49, "agrees",
    )  # fmt: skip
    back, _ = written(NAME, records(NAME, raw)[0])
    assert back == raw.replace(b"000000EUR", b"000010EUR", 1)  # it does not count its records


def test_a_statement_with_everything_in_it() -> None:
    made, found = documents(NAME, FULL)
    assert codes(found) == []
    assert [str(each["amount"]) for each in made] == [
        "200.00", "50.00", "-12.34", "90.00", "-250.00", "5.00",
    ]  # fmt: skip
    first, second, fee, dollars, correction, notice = made
    assert taken(first, "reference", "reference_scheme", "counterparty.name", "text") == (
        "1234561", "fi-viite", "MAKSAJA YKSI", "Kiitos",
    )  # fmt: skip
    assert taken(first, "batch.index", "batch.count", "batch.total", "entry_ref") == (1, 2, 250, "ARCH2")
    assert taken(second, "reference", "reference_scheme", "counterparty.account", "counterparty.bic") == (
        "RF332348236", "rf", "FI2112345600000785", "NDEAFIHH",
    )  # fmt: skip
    assert taken(fee, "text", "batch", "bank_code.proprietary") == ("PALVELUMAKSUT", None, "730")
    assert taken(dollars, "original_amount.amount", "original_amount.currency", "original_amount.rate") == (
        108, "USD", Decimal("1.2000000"),
    )  # fmt: skip
    assert taken(dollars, "invoices.0.number", "counterparty.name") == (
        "2026-77", "ACME INTERNATIONAL INCORPORATED",
    )  # fmt: skip
    assert dollars["text"] == "ENSIMMAINEN RIVI JONKA SANA J KATKEAMATTA SEURAAVALLE"
    assert taken(correction, "reversal", "status") == (True, "booked")
    assert taken(notice, "text", "status") == ("ENNAKKOTIETO", "information")
    assert taken(first, "statement.date", "statement.closing", "statement.id") == (
        date(2026, 3, 3), Decimal("177.66"), "2026-17",
    )  # fmt: skip


def test_it_is_written_byte_for_byte() -> None:
    made, found = records(NAME, FULL)
    assert found == []
    assert written(NAME, made) == (FULL, [])


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (cents("200.00"), cents("201.00"), []),
        (cents("-12.34"), cents("-12.35"), ["TITO03", "TITO04"]),
        (balance("260302", "337.66"), balance("260302", "337.67"), ["TITO04", "TITO04"]),
        (balance("260303", "177.66"), balance("260303", "177.67"), ["TITO03", "TITO04"]),
        ("000023EUR", "000024EUR", ["FIX020"]),
        (cents("100.00") + "000023", cents("100.01") + "000023", ["TITO03", "TITO04"]),
    ],
)
def test_wrong_sums_are_told(old: str, new: str, told: list[str]) -> None:
    assert old.encode() in FULL
    made, found = documents(NAME, FULL.replace(old.encode(), new.encode(), 1))
    assert errors(found) == told
    if not told:
        assert codes(found) == ["TITO01"]  # the rows do not make up the entry: it is one movement
        assert taken(made[0], "amount", "counterparty", "batch.count") == (250, None, 2)


def test_a_day_outside_the_period_is_told() -> None:
    _, found = documents(NAME, FULL.replace(b"ARCH4             260302", b"ARCH4             260202"))
    assert "TITO06" in codes(found)


def test_a_statement_that_is_cut_off_is_held() -> None:
    first = FULL[: FULL.index(b"T40050260302")]
    _, found = documents(NAME, first.replace(b"000023EUR", b"000000EUR"))
    assert errors(found) == ["TITO10"] and "make 237.66" in found[0].message
    second = FULL[: FULL.rindex(b"T40050")]
    assert "TITO03" in errors(documents(NAME, second.replace(b"000023EUR", b"000000EUR"))[1])
    lone = file(head(18, "100.00"))
    assert errors(mapped("finanssiala/tito-to-bank-statement", records(NAME, lone)[0])[1]) == ["TITO10"]


def test_a_wrong_check_digit_is_told() -> None:
    _, found = documents(NAME, FULL.replace(b"1234561", b"1234562"))
    assert codes(found) == ["TITO02"]


def test_several_statements_in_one_file(tmp_path: Path) -> None:
    second = file(
        head(18, "177.66", 0, 292), entry(1, "0.34"), "T40050260303" + cents("178.00") * 2, end="\n"
    )
    raw = FULL + second
    made, found = documents(NAME, raw)
    assert (len(made), codes(found)) == (7, [])
    assert taken(made[6], "account", "account_scheme", "statement.opening") == (
        "FI2350000110000238", "iban", Decimal("177.66"),
    )  # fmt: skip
    assert len(inspected(raw, tmp_path).accounts) == 2
    other = file(head(18, "177.60"), entry(1, "0.40"), "T40050260303" + cents("178.00") * 2)
    _, found = documents(NAME, FULL + other)
    assert codes(found) == ["TITO08"] and "closed with 177.66" in found[0].message


def test_a_statement_without_entries_is_a_document_and_is_written_again() -> None:
    raw = file(
        head(7, "1799.00", 2),
        balance("260302", "1799.00"),
        head(8, "1799.00", 3),
        entry(1, "-10.00"),
        balance("260303", "1789.00"),
    )
    rows, found = records("finanssiala/tito", raw)
    assert ([row["@kind"] for row in rows], codes(found)) == (["statement", "entry"], [])
    assert written("finanssiala/tito", rows) == (raw, [])
    made, found = documents("finanssiala/tito", raw)
    assert ([one["@kind"] for one in made], codes(found)) == (["bank_statement", "bank_transaction"], [])
    assert taken(made[0], "opening", "closing", "sequence") == (Decimal("1799.00"), Decimal("1799.00"), "7")
    _, found = documents(
        "finanssiala/tito",
        raw.replace(balance("260302", "1799.00").encode(), balance("260302", "1789.00").encode()),
    )
    assert errors(found) == ["TITO09"]


def test_blanks_taken_off_and_letters_of_seven_bits() -> None:
    stripped = b"\n".join(line.rstrip() for line in FULL.split(b"\r\n"))
    assert plain(documents(NAME, stripped)[0]) == plain(documents(NAME, FULL)[0])
    assert codes(documents(NAME, stripped)[1]) == []
    made, found = documents(NAME, FULL.replace(b"MAKSAJA YKSI", b"P[IV[ Y]TJ\\ "))
    assert (made[0]["counterparty"]["name"], codes(found)) == ("PÄIVÄ YÅTJÖ", ["FIX019"])


@pytest.mark.parametrize(
    ("encoding", "name"), [("cp850", "Äijälä Öysti"), ("utf-8", "Äijälä Öysti"), ("utf-8", "mäkelä pöysy")]
)
def test_other_encodings_are_read_and_told(encoding: str, name: str, tmp_path: Path) -> None:
    raw = FULL.decode("iso-8859-1").replace("MAKSAJA YKSI", name).encode(encoding)
    made, found = documents(NAME, raw)
    assert (made[0]["counterparty"]["name"], codes(found)) == (name, ["FIX022"])
    assert inspected(raw, tmp_path).layout == NAME


def test_details_of_cards_have_42_or_43_characters() -> None:
    for card in ("T11042034920291234567891209 0606039875421 ", "T11043034920291234567891209 0606039875421  "):
        made, found = records(NAME, file(head(1, "0.00"), entry(1, "1.00"), card, balance("260302", "1.00")))
        assert (found, taken(made[0], "cards.0.merchant_reference")) == ([], ("0606039875421",))


def test_an_unknown_kind_of_detail_is_kept() -> None:
    made, found = records(
        NAME, file(head(1, "0.00"), entry(1, "1.00"), detail("42", "NEW"), balance("260302", "1.00"))
    )
    assert codes(found) == []
    assert taken(made[0], "other_details.0.kind", "other_details.0.text") == ("42", "NEW")


def moved(made: list[Record]) -> list[tuple[object, ...]]:
    """What is booked: notices are in no total."""
    return [taken(each, "amount", "booked") for each in made if each["status"] == "booked"]


def test_no_single_damage_passes_or_raises() -> None:
    """What is changed in an amount, a balance, a count, a day is always told."""
    good = moved(documents(NAME, FULL)[0])
    tried = 0
    for at, raw in damaged(FULL, 3, MUTANTS):
        made, found = documents(NAME, raw)
        if moved(made) != good:
            assert codes(found), (at, raw[max(0, at - 30) : at + 30])
        tried += 1
    assert tried >= 250


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(-(10**9), 10**9), st.integers(0, 3)), min_size=1, max_size=30),
    st.integers(0, 10**9),
)
def test_statements_of_any_size_add_up(moves: list[tuple[int, int]], opening: int) -> None:
    moves = sorted(moves, key=lambda one: one[1])
    first = head(1, f"{Decimal(opening) / 100}").replace("260302260303260304", "260301260331260401")
    lines, at = [first], Decimal(opening) / 100
    for number, (amount, day) in enumerate(moves, 1):
        at += Decimal(amount) / 100
        lines.append(entry(number, f"{Decimal(amount) / 100:.2f}", day=f"26030{day + 1}"))
        if number == len(moves) or moves[number][1] != day:
            lines.append(balance(f"26030{day + 1}", f"{at}"))
    made, found = documents(NAME, file(*lines))
    assert (total(made), codes(found)) == (at - Decimal(opening) / 100, [])


# --- reference payments ------------------------------------------------------------------------------------


def payment_row(amount: str, reference: str = "1234561", correction: str = "0", record: str = "3") -> str:
    text = (
        f"{record}{'50000110000238'}260302260301{'ARCHIVE123456789'}{reference.rjust(20, '0')}{'MAKSAJA':12}1J"
        f"{abs(int(Decimal(amount) * 100)):010}{correction}A "
    )
    assert len(text) == 90
    return text


def payments_file(*rows: str, end: str = "\r\n") -> bytes:
    def summed(code: str) -> str:
        cents_ = [int(row[77:87]) for row in rows if row[87] == code]
        return f"{len(cents_):06}{sum(cents_):011}"

    lines = [
        f"0260302{'0615'}50{'123456789'}1".ljust(90),
        *rows,
        f"9{summed('0')}{summed('1')}{'0' * 17}".ljust(90),
    ]
    return file(*lines, end=end)


def test_reference_payments(corpus: Path, tmp_path: Path) -> None:
    raw = (corpus / "bank/fi-ktl/django-jbank/547392460.SVM").read_bytes()
    (made,), found = documents(KTL, raw)
    assert found == []
    assert taken(made, "account", "amount", "reference", "counterparty.name", "entry_ref", "event") == (
        "FI4947300010416310", 49, "13013", "KATAJAINEN J", "02042588WWRV0212", "receipt",
    )  # fmt: skip
    assert inspected(raw, tmp_path).totals == [{"currency": "EUR", "credit": 49, "debit": 0, "count": 1}]
    assert written(KTL, records(KTL, raw)[0]) == (raw, [])


def test_corrections_are_negative() -> None:
    raw = payments_file(
        payment_row("10.00"), payment_row("4.00", correction="1"), payment_row("3.00", record="5")
    )
    made, found = documents(KTL, raw)
    assert ([each["amount"] for each in made], codes(found)) == ([10, -4, 3], [])
    assert taken(made[1], "reversal", "event", "bank_code.proprietary") == (True, "return", "705")
    assert written(KTL, records(KTL, raw)[0]) == (raw, [])
    assert errors(documents(KTL, raw.replace(b"0000000400", b"0000000401", 1))[1]) == ["FIX020"]


def test_a_file_without_its_end_is_held() -> None:
    raw = payments_file(payment_row("10.00"))
    assert errors(documents(KTL, b"".join(raw.splitlines(keepends=True)[:-1]))[1]) == ["FIX009"]


def test_damage_to_reference_payments_never_passes() -> None:
    raw = payments_file(
        payment_row("10.00"), payment_row("4.00", correction="1"), payment_row("99.99", "2348236")
    )
    good = [taken(each, "amount", "reference") for each in documents(KTL, raw)[0]]
    for at, mutant in damaged(raw, 4, MUTANTS):
        made, found = documents(KTL, mutant)
        if [taken(each, "amount", "reference") for each in made] != good:
            assert errors(found), (at, mutant[max(0, at - 30) : at + 30])


# --- for programs that only read the old files -------------------------------------------------------------


def movement(amount: str, **changes: object) -> Record:
    values = {
        KIND: "bank_transaction", "account": "FI4250001510000023", "currency": "EUR", "amount": Decimal(amount),
        "status": "booked", "booked": date(2026, 3, 2), "valued": date(2026, 3, 2), "entry_ref": "260302ARCHIVE1",
        "reference": None, "text": None, "counterparty": {"name": "Maksaja Oy", "account": "FI2112345600000785"},
        "statement": {"id": "2026-17", "sequence": "17", "kind": "statement", "opening": Decimal("100.00"),
                      "closing": Decimal("331.50"), "date": date(2026, 3, 2), "period_to": date(2026, 3, 2)},
    }  # fmt: skip
    return values | changes


MOVEMENTS = [
    movement("200.00", reference="1234561", reference_scheme="fi-viite"),
    movement("50.00", reference="RF332348236", reference_scheme="rf"),
    movement(
        "-12.00", text="Palvelumaksu", bank_code={"proprietary": "730", "issuer": "FFFS"}, counterparty=None
    ),
    movement("-6.50", reversal=True, reference="1234561"),
    movement("9.99", status="pending"),
]


def test_movements_become_a_statement() -> None:
    rows, found = mapped("finanssiala/bank-transaction-to-tito", MOVEMENTS)
    raw, told = written(NAME, rows)
    assert codes([*found, *told]) == []
    made, found = documents(NAME, raw)
    assert codes(found) == []
    assert [taken(each, "amount", "reference", "reversal") for each in made] == [
        (200, "1234561", False), (50, "RF332348236", False), (-12, None, False), (Decimal("-6.50"), "1234561", True),
    ]  # fmt: skip
    assert taken(made[0], "account", "entry_ref", "counterparty.account", "bank_code.proprietary") == (
        "FI4250001510000023", "260302ARCHIVE1", "FI2112345600000785", "705",
    )  # fmt: skip
    assert taken(made[2], "text", "event", "statement.opening", "statement.closing") == (
        "Palvelumaksu", "fee", 100, Decimal("331.50"),
    )  # fmt: skip
    assert raw.splitlines()[0][90:96] == f"{len(raw.splitlines()):06}".encode()
    assert [line[6:12] for line in raw.splitlines() if line.startswith(b"T10")] == [
        b"%06d" % n for n in (1, 2, 3, 4)
    ]


def test_a_statement_that_cannot_be_told_is_refused() -> None:
    unknown = movement("231.50", statement={"id": "1", "sequence": "1", "kind": "advice"})
    assert "MAP002" in errors(mapped("finanssiala/bank-transaction-to-tito", [unknown])[1])
    assert "TITO07" in errors(mapped("finanssiala/bank-transaction-to-tito", MOVEMENTS[:2])[1])


def test_receipts_become_reference_payments() -> None:
    rows, found = mapped("finanssiala/bank-transaction-to-ktl", MOVEMENTS)
    raw, told = written(KTL, rows)
    assert codes([*found, *told]) == []
    made, found = documents(KTL, raw)
    assert codes(found) == []
    assert [taken(each, "account", "amount", "reference") for each in made] == [
        ("FI4250001510000023", 200, "1234561"), ("FI4250001510000023", 50, "2348236"),
        ("FI4250001510000023", Decimal("-6.50"), "1234561"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, []),
        ({"counterparty": {"name": "Åke & Søn"}}, [("KTL02", "info", "ÅKE + SØN")]),
        ({"counterparty": {"name": "Maksaja Oy Helsinki"}}, [("KTL02", "info", "MAKSAJA OY H")]),
        ({"entry_ref": "20260302593619BJ0001"}, [("KTL03", "info", "0302593619BJ0001")]),
    ],
)
def test_what_reference_payments_have_no_room_for_is_told(
    change: dict[str, object], told: list[tuple[str, str, str]]
) -> None:
    _, found = mapped(
        "finanssiala/bank-transaction-to-ktl", [movement("1.00", reference="1234561", **change)]
    )
    assert [(each.code, each.severity, each.value) for each in found] == told


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"text": "Kiitos, Åbo"}, []),
        ({"text": "Café"}, [("TITO11", "info", "Cafe")]),
        ({"text": "x" * 421}, [("TITO11", "info", "x" * 420)]),
        ({"counterparty": {"name": "José Öst"}}, [("TITO12", "info", "JOSE ÖST")]),
        ({"counterparty": {"name": "A" * 36}}, [("TITO12", "info", "A" * 35)]),
        ({"counterparty": {"account": "FI2112345600000785", "id": "9" * 36}}, [("TITO15", "info", "9" * 35)]),
        ({"entry_ref": "20260302593619BJ0001"}, [("TITO13", "warning", "20260302593619BJ00")]),
        ({"reference": "R" * 36}, [("TITO14", "warning", "R" * 35)]),
    ],
)
def test_what_a_statement_has_no_room_for_is_told(
    change: dict[str, object], told: list[tuple[str, str, str | None]]
) -> None:
    rows, found = mapped("finanssiala/bank-transaction-to-tito", [movement("231.50", **change)])
    assert rows and [(each.code, each.severity, each.value) for each in found] == told
