"""Autogiro and Total IN: every file type of both layouts, read, mapped and written."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bank_files import (
    FACTS,
    assert_guarded,
    codes,
    damaged,
    documents,
    errors,
    filled,
    inspected,
    layout,
    library,
    mapped,
    records,
    taken,
    written,
)

OLD = "0120260302AUTOGIRO9900{:<40}1234560050501055"
NEW = "01AUTOGIRO              {:<20}{:<20}1234560050501055"
SUMS = "09202603029900{:14}000000007500000001000002{zeros}000000030000{more}".format(
    "", zeros="0000", more="0" * 12
)
ROWS = (
    "82202603020    00000000000001010000000100000050501055MEMBER 1",
    "82202603025006 00000000000001020000000200000050501055MEMBER 2                  1",
    "32202603020    00000000000001030000000075000050501055REFUND 7",
)
WATCHED = tuple(row[:43] + " " * 10 + row[53:69] for row in ROWS)
REFUSED = (
    "82202603020   0000000000000101000000010000MEMBER 1        02",
    "82GENAST  0   0000000000000102000000020000MEMBER 2        10",
    "32202603020   0000000000000103000000007500REFUND 7        13",
    "09202603029900000001000000007500000002000000030000",
)
CHANGED = (
    "2320260302000000000000010182000000010000REFERENS00000000MEMBER 1        12",
    "2920260305000000000000010282000000020000REFERENS20260309MEMBER 2        14",
    "2520260305000000000000010332000000007500REFERENS00000000REFUND 7        12",
    "2520260231000000000000010482000000099900REFERENS00000000MEMBER 4        06",
    SUMS,
)
ADVICE = (
    "73005050105500000000000001015001000001000020196803050000     043220260302{}",
    "73005050105500000000000001020000000000000000000000000000     033320260302{}",
    "092026030299000000002",
)
MANDATES = (
    "512026030299000050501055AG-EMEDGIV",
    "52005050105500000000000001018901003232323232005556000521     0",
    "53Please collect each month",
    "54ANNA ANDERSSON                      C/O BENGT",
    "55LUGNA GATAN 5",
    "5612838SKARPNÄCK",
    "592026030299000000005",
)
DEPOSIT = "{}{:0>35}2026030200001{:018}   {:08}"
PAYMENTS = (
    NEW.format("20260302120000000000", "BET. SPEC & STOPP TK"),
    DEPOSIT.format("15", "89010032323232323", 10000, 1),
    "82202603020    00000000000001010000000100000050501055MEMBER 1                  0",
    "82202603020    00000000000001020000000200000050501055MEMBER 2                  1",
    DEPOSIT.format("16", "89010032323232323", 7500, 1),
    "32202603020    00000000000001030000000075000050501055REFUND 7                  0",
    DEPOSIT.format("17", "89010032323232323", 5000, 1),
    "77202602200    00000000000001040000000050000050501055MEMBER 9        2026030201",
    "09202603029900000001000000000001000001000000000001000001000000000001",
)
REQUEST = (
    OLD.replace("9900", "    ").format(""),
    "82202603050    00000000000001010000000100000050501055MEMBER 1",
    "82GENAST  0    00000000000001020000000200000050501055MEMBER 2",
    "32202603060    00000000000001030000000075000050501055REFUND 7",
    OLD.replace("9900", "    ").format(""),
    "04005050105500000000000001013300001212121212191212121212",
    "0400505010550000000000000102",
    "04005050105500000000000001033300001212121212191212121212                    AV",
    "0300505010550000000000000104",
    "050050501055000000000000010500505010550000000000000106",
    "2300505010550000000000000101",
    "25005050105500000000000001022026030900000002000082        MEMBER 2",
    "260050501055                                      20260320",
)
TOTAL_IN = (
    "00TI222222    2026030204133012345601TL1TOTALIN",
    "1010181                               SEK20260302",
    "20655969                             0000000000100002222233333444445150501055",
    "4012345678901234567890123456789012345Second half",
    "50TESTBOLAGET AB                     AVD 2",
    "51GATAN 12",
    "5212345    TESTSTAD                           SE",
    "60991-2346                            29999999999",
    "25987654123                          00000000000250022222333334444457",
    "30INV 1                              INV 2",
    "70000000000000500SEK                  000000000001000EUR000000115000",
    "90000000020000000000000750020260302001",
    "99000000000000013",
)
FILES: dict[str, tuple[str, ...]] = {
    "bankgirot/autogiro-request": REQUEST,
    "bankgirot/autogiro-payments": PAYMENTS,
    "bankgirot/autogiro-payments-old": (OLD.format(""), *ROWS, SUMS),
    "bankgirot/autogiro-monitored": (OLD.format("BEVAKNINGSREG"), *WATCHED, SUMS),
    "bankgirot/autogiro-rejected": (NEW.format("20260302", "AVVISADE BET UPPDR"), *REFUSED),
    "bankgirot/autogiro-rejected-old": (OLD.format("FELLISTA REG.KONTRL"), *REFUSED),
    "bankgirot/autogiro-changes": (NEW.format("20260302", "MAKULERING/ÄNDRING"), *CHANGED),
    "bankgirot/autogiro-changes-old": (OLD.format("MAK/ÄNDRINGSLISTA"), *CHANGED),
    "bankgirot/autogiro-mandates": (
        NEW.format("20260302", "AG-MEDAVI"),
        *(row.format("") for row in ADVICE),
    ),
    "bankgirot/autogiro-mandates-old": (
        "012026030299000050501055AG-MEDAVI",
        *(row.format("260303") for row in ADVICE),
    ),
    "bankgirot/autogiro-e-mandates": MANDATES,
    "plusgirot/total-in": TOTAL_IN,
}
IN = "bankgirot/autogiro-request"
ADVISED, ADVISED_OLD = "bankgirot/autogiro-mandates", "bankgirot/autogiro-mandates-old"
ASKED = "bankgirot/autogiro-e-mandates"


def good(name: str) -> bytes:
    return filled(*FILES[name])


@pytest.mark.parametrize("name", FILES)
def test_each_file_is_known_and_written_byte_for_byte(name: str, tmp_path: Path) -> None:
    given, found = records(name, good(name))
    assert found == []
    assert written(name, given) == (good(name), [])
    assert inspected(good(name), tmp_path).candidates == [name]
    trimmed = b"\r\n".join(line.rstrip() for line in good(name).splitlines())
    assert errors(records(name, trimmed)[1]) == [] and len(records(name, trimmed)[0]) == len(given)
    assert inspected(b"Exempelfil\r\n\r\n" + good(name), tmp_path).layout == (
        name if "auto" in name else None
    )
    blank = good(name) + b"\r\n \r\n\t\r\n  \t \r\n"
    assert inspected(blank, tmp_path).layout == name and errors(records(name, blank)[1]) == []


@pytest.mark.parametrize("name", [name for name in FILES if name != IN])
def test_every_total_is_checked(name: str) -> None:
    dispatch = library().reader(name).dispatch  # type: ignore[union-attr]
    lines, checked = good(name).splitlines(keepends=True), 0
    for number, line in enumerate(lines):
        plan = dispatch.plan(line.decode("iso-8859-1").rstrip("\r\n"))
        for column in plan.columns if plan else ():
            if column.field.control is None:
                continue
            end = column.field.span[1]
            other = b"%d" % ((int(line[end - 1 : end]) + 1) % 10)
            wrong = [*lines[:number], line[: end - 1] + other + line[end:], *lines[number + 1 :]]
            assert "FIX020" in errors(records(name, b"".join(wrong))[1]), column.name
            checked += 1
    assert checked >= 1


@pytest.mark.parametrize("name", FILES)
def test_no_changed_byte_makes_anything_raise(name: str) -> None:
    for _, changed in damaged(good(name), 5, 40):
        documents(name, changed) if library().mappings_from(name, "common/") else records(name, changed)


def test_total_in_is_guarded() -> None:
    raw = filled(*TOTAL_IN[:3], "90000000010000000000001000020260302001", "99000000000000005")
    assert_guarded("plusgirot/total-in", raw, "account", "amount", "currency")


def test_payment_specifications_of_both_layouts() -> None:
    for name, refunds in (("bankgirot/autogiro-payments", 1), ("bankgirot/autogiro-payments-old", 0)):
        docs, found = documents(name, good(name))
        assert codes(found) == []
        moved = [one for one in docs if one["@kind"] == "bank_transaction"]
        assert sorted(taken(one, "amount", "mandate_id", "reference") for one in moved) == sorted(
            [(Decimal("100.00"), "101", "MEMBER 1"), (Decimal("-75.00"), "103", "REFUND 7")]
            + [(Decimal("-50.00"), "104", "MEMBER 9")] * refunds
        )
        (stopped,) = [one for one in docs if one["@kind"] == "payment_status"]
        assert taken(stopped, "verdict", "amount", "debtor_account", "reasons.0.code") == (
            "rejected", Decimal("200.00"), "102", "AM04",
        )  # fmt: skip


def test_a_payment_for_another_bankgiro_number_is_told() -> None:
    for name in ("bankgirot/autogiro-payments", "bankgirot/autogiro-payments-old"):
        for mine in ("MEMBER 1", "REFUND 7"):
            other = good(name).replace(b"0050501055" + mine.encode(), b"0009912346" + mine.encode())
            docs, found = documents(name, other)
            assert codes(found) == ["AG22"]
            assert {one["account"] for one in docs if one["@kind"] == "bank_transaction"} == {"50501055"}


def test_answers_about_orders() -> None:
    for name in ("bankgirot/autogiro-rejected", "bankgirot/autogiro-rejected-old"):
        docs, found = documents(name, good(name))
        assert codes(found) == []
        assert [
            taken(one, "verdict", "amount", "reasons.0.proprietary", "execution_date") for one in docs
        ] == [
            ("rejected", 100, "02", date(2026, 3, 2)),
            ("rejected", 200, "10", None),
            ("rejected", 75, "13", date(2026, 3, 2)),
        ]
    for name in ("bankgirot/autogiro-changes", "bankgirot/autogiro-changes-old"):
        docs, found = documents(name, good(name))
        assert codes(found) == []
        assert [one["verdict"] for one in docs] == ["cancelled", "pending", "cancelled", "unknown"]
        none = good(name).replace(b"REFERENS00000000MEMBER 1        ", b"0" * 32)
        docs, found = documents(name, none)
        assert codes(found) == [] and [one["end_to_end_id"] for one in docs][:2] == [None, "MEMBER 2"]
    docs, _ = documents("bankgirot/autogiro-monitored", good("bankgirot/autogiro-monitored"))
    assert {one["verdict"] for one in docs} == {"pending"} and len(docs) == 3


def advice(information: str, status: str, first: str = "0" * 6, name: str = ADVISED_OLD) -> bytes:
    """A mandate advice with one record."""
    row = f"73005050105500000000000001015001000001000020196803050000     {information}{status}20260302{first}"
    return filled(FILES[name][0], row, "092026030299000000001")


def test_mandates_tell_what_became_of_them() -> None:
    for name in (ADVISED, ADVISED_OLD):
        docs, found = documents(name, good(name))
        assert codes(found) == []
        assert [
            taken(one, "id", "change", "ended_by", "debtor.account", "creditor.account") for one in docs
        ] == [
            ("101", "new", None, "5001000001000020", "50501055"),
            ("102", "ended", "creditor", None, "50501055"),
        ]
        first = date(2026, 3, 3) if name == ADVISED_OLD else None
        assert [one["valid_from"] for one in docs] == [first, first]
    (made,), found = documents(ADVISED_OLD, advice("46", "02"))
    assert codes(found) == [] and taken(made, "change", "valid_from", "ended_by") == ("ended", None, None)
    assert taken(made, "reason.event", "reason.code", "changed_on") == ("46", "02", date(2026, 3, 2))


@pytest.mark.parametrize(
    ("change", "answers"),
    [
        ("new", "32"),
        ("ended", "01 02 06 07 33 98"),
        ("stopped", "11"),
        ("resumed", "12"),
        ("refused", "03 04 05 09 10 20 21 23 24 29 30"),
    ],
)
def test_every_answer_about_a_mandate_is_told(change: str, answers: str) -> None:
    for status in answers.split():
        (made,), found = documents(ADVISED_OLD, advice("04", status))
        assert codes(found) == [] and made["change"] == change
        assert (made["ended_by"] is None) or change == "ended"


@pytest.mark.parametrize(
    ("information", "status", "by"),
    [
        ("03", "33", "creditor"), ("93", "33", "payer"), ("46", "33", None), ("10", "33", "scheme"),
        ("44", "33", "scheme"), ("43", "33", "scheme"), ("46", "01", "bank"), ("46", "02", None),
        ("03", "06", "scheme"),
    ],
)  # fmt: skip
def test_who_ended_a_mandate(information: str, status: str, by: str | None) -> None:
    (made,), found = documents(ADVISED_OLD, advice(information, status))
    assert codes(found) == [] and taken(made, "change", "ended_by") == ("ended", by)


@pytest.mark.parametrize(
    ("information", "status", "code"),
    [("04", "99", "MAP003"), ("77", "32", "MAP003"), ("03", "32", "AG33"), ("43", "32", "AG33")],
)
def test_mandates_in_doubt_are_held(information: str, status: str, code: str) -> None:
    assert code in errors(documents(ADVISED_OLD, advice(information, status))[1])


def test_mandates_of_another_bankgiro_number_are_held() -> None:
    for name in (ADVISED, ADVISED_OLD, ASKED):
        wrong = good(name).replace(b"0050501055", b"0050501056")
        assert errors(documents(name, wrong)[1]).count("AG31") == len(documents(name, good(name))[0])
        kind = b"52" if name == ASKED else b"73"
        other = good(name).replace(kind + b"0050501055", kind + b"0000001008")
        assert set(errors(documents(name, other)[1])) == {"AG32"}


def test_mandates_that_payers_ask_for_wait_for_an_answer() -> None:
    (made,), found = documents(ASKED, good(ASKED))
    assert codes(found) == [] and taken(
        made, "id", "change", "changed_on", "message", "debtor.id", "debtor.address.postcode", "reason.event"
    ) == ("101", "requested", date(2026, 3, 2), "Please collect each month", "5556000521", "12838", "0")
    for kind, words in ((b"1", "first"), (b"2", "second")):
        again = good(ASKED).replace(b"5556000521     0", b"5556000521     " + kind)
        assert words in documents(ASKED, again)[0][0]["reason"]["text"]
    assert errors(documents(ASKED, good(ASKED).replace(b"521     0", b"521     7"))[1])


def test_collections_become_direct_debits_and_come_back_alike() -> None:
    docs, found = documents(IN, good(IN))
    assert codes(found) == ["AG05"], "23 and 26 speak of several payments"
    cancelled = docs.pop()
    assert taken(cancelled, "kind", "amount", "execution_date", "end_to_end_id") == (
        "cancellation", 200, date(2026, 3, 9), "MEMBER 2",
    )  # fmt: skip
    assert taken(cancelled, "debtor.account", "creditor.account") == ("102", "50501055")
    assert [
        taken(one, "kind", "amount", "execution_date", "mandate.id", "end_to_end_id") for one in docs
    ] == [
        ("direct-debit", 100, date(2026, 3, 5), "101", "MEMBER 1"),
        ("direct-debit", 200, FACTS.date, "102", "MEMBER 2"),
        ("transfer", 75, date(2026, 3, 6), "103", "REFUND 7"),
    ]
    given, found = mapped("bankgirot/payment-to-autogiro-request", docs)
    assert errors(found) == []
    data, found = written(IN, given)
    names = (
        "kind",
        "amount",
        "execution_date",
        "mandate.id",
        "mandate.creditor_id",
        "end_to_end_id",
        "creditor.account",
    )
    assert found == [] and [taken(one, *names) for one in documents(IN, data)[0]] == [
        taken(one, *names) for one in docs
    ]


@pytest.mark.parametrize("missing", [b"20260309", b"000000020000", b"82        MEMBER 2"])
def test_a_cancellation_names_its_payment(missing: bytes) -> None:
    raw = filled(REQUEST[0], REQUEST[11])
    assert codes(documents(IN, raw)[1]) == []
    assert codes(documents(IN, raw.replace(missing, b" " * len(missing)))[1]) == ["AG06"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"0050501055MEMBER 1", b"0050501056MEMBER 1", "AG01"),
        (b"82202603050    ", b"82202603051012 ", "AG03"),
        (b"82202603050", b"82202602310", "MAP001"),
        (b"82202603050", b"8220260305X", "VAL005"),
        (b"000000010000", b"000000000000", "AG02"),
        (b"\r\n260050501055", b"\r\n360050501055", "FIX003"),
    ],
)
def test_orders_in_doubt_are_refused(old: bytes, new: bytes, code: str) -> None:
    assert old in good(IN)
    assert code in errors(documents(IN, good(IN).replace(old, new))[1])


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("creditor.account", "50501056", "AG11"),
        ("mandate.id", None, "MAP002"),
        ("mandate.creditor_id", "1234567", "AG13"),
        ("currency", "EUR", "AG14"),
        ("amount", Decimal("-1"), "AG15"),
        ("end_to_end_id", "x" * 17, "AG16"),
    ],
)
def test_direct_debits_that_autogiro_cannot_carry_are_refused(path: str, value: Any, code: str) -> None:
    one = documents(IN, good(IN))[0][0]
    outer, _, inner = path.partition(".")
    changed = {**one, outer: {**one[outer], inner: value} if inner else value}
    _, found = mapped("bankgirot/payment-to-autogiro-request", [changed])
    assert code in errors(found), codes(found)


def test_a_reference_of_other_characters_is_told() -> None:
    one = documents(IN, good(IN))[0][0]
    rows, found = mapped("bankgirot/payment-to-autogiro-request", [{**one, "end_to_end_id": "Nº é7"}])
    assert rows and [(each.code, each.severity) for each in found] == [("AG18", "warning")]


def test_total_in_values() -> None:
    docs, found = documents("plusgirot/total-in", good("plusgirot/total-in"))
    assert codes(found) == []
    paid, deducted = docs
    names = ("account", "account_scheme", "amount", "reference", "reference_scheme", "text")
    assert taken(paid, *names) == (
        "10181", "plusgiro", Decimal("100.00"), "655969", "se-ocr",
        "12345678901234567890123456789012345 Second half",
    )  # fmt: skip
    assert taken(paid, "counterparty.name", "counterparty.account", "counterparty.id", "counterparty.country") == (
        "TESTBOLAGET AB AVD 2", "991-2346", "9999999999", "SE",
    )  # fmt: skip
    assert taken(deducted, "amount", "charges", "original_amount.amount", "original_amount.rate") == (
        Decimal("-25.00"), Decimal("5.00"), Decimal("10.00"), Decimal("11.5000"),
    )  # fmt: skip
    assert [(one["number"], one["kind"]) for one in deducted["invoices"]] == [
        ("987654123", "credit"), ("INV 1", "credit"), ("INV 2", "credit"),
    ]  # fmt: skip
    test = good("plusgirot/total-in").replace(b"TOTALIN  ", b"TOTALIN-T")
    assert "TIN02" in errors(documents("plusgirot/total-in", test)[1])


def test_layouts_say_how_sure_they_are() -> None:
    assert {layout(name).confidence for name in FILES} == {"samples", "single source"}
