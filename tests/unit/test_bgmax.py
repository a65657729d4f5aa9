"""BgMax files as bank transactions, and back."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bank_files import assert_guarded, documents, errors, filled, mapped, taken, written

from exchange.model import Record

LAYOUT = "bankgirot/bgmax"
BACK = "bankgirot/bank-transaction-to-bgmax"
HEAD = ("01BGMAX               0120260109120000000000P", "050050501055          SEK")


def payment(
    reference: str = "655969".rjust(25), amount: int = 10000, code: str = "2", record: str = "20"
) -> str:
    return f"{record}0009912346{reference:<25}{amount:018}{code}10000000000010"


def file(
    *records: str, amount: int, count: int = 1, paid: int = 1, deducted: int = 0, extra: int = 0
) -> bytes:
    deposit = f"15{'58410000010098232':0>35}2026010900012{amount:018}SEK{count:08}"
    return filled(*HEAD, *records, deposit, f"70{paid:08}{deducted:08}{extra:08}00000001")


def made(data: bytes) -> tuple[list[Record], list[str]]:
    result, found = documents(LAYOUT, data)
    return result, sorted({each.code for each in found if each.severity != "info"})


def test_a_payment_with_a_correct_reference() -> None:
    (one,), found = made(file(payment(), amount=10000))
    assert found == []
    assert taken(one, "account", "account_scheme", "currency", "amount", "reference", "reference_scheme", "status") == (
        "50501055", "bankgiro", "SEK", Decimal("100.00"), "655969", "se-ocr", "booked",
    )  # fmt: skip
    assert taken(one, "statement.id", "statement.kind", "batch.count", "batch.total", "entry_ref", "text") == (
        "50501055/SEK/2026-01-09/12", "advice", 1, Decimal("100.00"), "000000000001", None,
    )  # fmt: skip


def test_several_references_are_invoices_and_credit_notes() -> None:
    extra = payment("1234567897".rjust(25), 15000, "2", "22"), payment("CN 17", 5000, "5", "23")
    (one,), found = made(file(payment("", 10000, "3"), *extra, "25Thanks for all", amount=10000, extra=2))
    assert found == []
    assert [tuple(invoice.values()) for invoice in one["invoices"]] == [
        ("1234567897", "invoice", Decimal("150.00")),
        ("CN 17", "credit", Decimal("50.00")),
    ]
    assert taken(one, "reference", "text", "amount") == (None, "Thanks for all", Decimal("100.00"))
    odd = payment("", 10000, "3"), payment("1234567897".rjust(25), 15001, "2", "22"), extra[1]
    assert made(file(*odd, amount=10000, extra=2))[1] == ["BGM02"]


def test_a_correct_reference_beside_extra_ones_is_one_of_the_list() -> None:
    extra = payment("1234567897".rjust(25), 0, "2", "22"), payment("18".rjust(25), 0, "2", "22")
    (one,), _ = made(file(payment(), *extra, amount=10000, extra=2))
    assert [invoice["number"] for invoice in one["invoices"]] == ["655969", "1234567897", "18"]
    again = payment("655969".rjust(25), 0, "2", "22")  # where it is listed itself, it stands there once
    (one,), _ = made(file(payment(), *extra, again, amount=10000, extra=3))
    assert [invoice["number"] for invoice in one["invoices"]] == ["1234567897", "18", "655969"]
    whole = payment("1234567897".rjust(25), 6000, "2", "22"), payment("18".rjust(25), 4000, "2", "22")
    (one,), _ = made(file(payment(), *whole, amount=10000, extra=2))
    assert [invoice["number"] for invoice in one["invoices"]] == ["1234567897", "18"]


def test_a_deduction_lessens_the_deposit() -> None:
    data = file(payment(), payment("89853", 4000, "3", "21"), amount=6000, count=2, deducted=1)
    (_, taken_off), found = made(data)
    assert found == []
    assert taken(taken_off, "amount", "reference", "invoices") == (
        Decimal("-40.00"), "89853", [{"number": "89853", "kind": "credit", "amount": Decimal("40.00")}],
    )  # fmt: skip
    assert made(data.replace(b"000000000000006000SEK", b"000000000000006001SEK"))[1] == ["FIX020"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"655969", b"655968", "BGM01"),
        (b"0050501055", b"0050501054", "BGM03"),
        (b"200009912346", b"200009912345", "BGM04"),
        (b"0000000000P", b"0000000000T", "BGM05"),
    ],
)
def test_broken_check_digits_and_test_files_are_told_of(old: bytes, new: bytes, code: str) -> None:
    assert made(file(payment(), amount=10000).replace(old, new))[1] == [code]


def test_the_corpus_agrees_with_what_is_printed(corpus: Path) -> None:
    folder = corpus / "bank" / "se-bgmax"
    found = {path.name: documents(LAYOUT, path.read_bytes()) for path in sorted(folder.rglob("*.txt"))}
    sums: dict[str, Any] = {}
    for name, (docs, told) in found.items():
        sums[name[:12]] = (
            sum(one["amount"] for one in docs),
            len(docs),
            sorted(set(errors(told))),
        )
    assert sums == {
        "BgMaxfil4.tx": (12600, 9, []),
        "BgMaxfil4_br": (12600, 9, ["FIX020"]),
        "minimal.txt": (1100, 1, []),
        "bankgiroinbe": (9900, 7, []),
    }
    docs, _ = found["BgMaxfil4.txt"]
    assert [one["currency"] for one in docs].count("EUR") == 2
    assert [one["reference"] for one in docs] == [
        None, "524967", None, "525865", "525766", "535765", None, None, "525766",
    ]  # fmt: skip
    assert [tuple(invoice.values()) for invoice in docs[6]["invoices"]] == [
        ("7495575", "invoice", 1000), ("695668", "invoice", 500), ("8988777", "invoice", 400), ("74450", "credit", 500),
    ]  # fmt: skip


def test_transactions_are_written_as_bgmax_and_read_again_alike(corpus: Path) -> None:
    first, _ = documents(LAYOUT, (corpus / "bank/se-bgmax/bankgiro_inbetalningar/BgMaxfil4.txt").read_bytes())
    records, found = mapped(BACK, first)
    assert errors(found) == []
    data, found = written(LAYOUT, records)
    assert found == []
    again, found = documents(LAYOUT, data)
    assert errors(found) == []
    names = (
        "account",
        "currency",
        "amount",
        "booked",
        "entry_ref",
        "reference",
        "reference_scheme",
        "invoices",
    )
    names += (
        "statement.id",
        "batch.count",
        "batch.total",
        "counterparty.name",
        "counterparty.id",
        "bank_code.proprietary",
    )
    assert [taken(one, *names) for one in again] == [taken(one, *names) for one in first]


def test_only_movements_of_bankgiro_numbers_become_bgmax() -> None:
    (one,), _ = made(file(payment(), amount=10000))
    assert errors(mapped(BACK, [{**one, "account": "SE4550000000058398257466"}])[1]) == ["BGM11"]
    assert errors(mapped(BACK, [{**one, "currency": "NOK"}])[1]) == ["BGM12"]
    assert mapped(BACK, [{**one, "status": "pending"}]) == ([], [])
    replaced = mapped(BACK, [{**one, "text": "Café, räkning 7"}])[1]
    assert [(each.code, each.severity, each.value) for each in replaced] == [
        ("BGM17", "info", "Cafe, räkning 7")
    ]
    (long,), found = mapped(BACK, [{**one, "text": " ".join(["fakturor"] * 30)}])
    assert found == [] and len(long["information"]) == 6  # 269 characters, none of them lost
    assert [each.code for each in mapped(BACK, [{**one, "text": " ".join(["fakturor"] * 40)}])[1]] == [
        "BGM16"
    ]


def test_no_changed_byte_passes_with_other_money(corpus: Path) -> None:
    raw = (corpus / "bank/se-bgmax/bankgiro_inbetalningar/minimal.txt").read_bytes()
    assert_guarded(LAYOUT, raw, "account", "amount", "reference", "currency")


def test_references_of_autogiro_are_no_ocr_numbers() -> None:
    (one,), found = made(
        file(payment("65598".rjust(25)).replace("210000000000010", "240000000000010"), amount=10000)
    )
    assert (found, taken(one, "reference", "reference_scheme")) == (["BGM08"], ("65598", "other"))


def test_a_day_far_from_that_of_the_file_is_told() -> None:
    raw = file(payment(), amount=10000)
    assert made(raw.replace(b"2026010900012", b"1026010900012"))[1] == ["BGM09"]
    assert made(raw.replace(b"2026010900012", b"2024010900012"))[1] == []


@pytest.mark.parametrize(
    ("name", "encoding"), [("Blåbär Öst AB", "cp850"), ("Blåbär – Öst AB", "windows-1252")]
)
def test_names_in_other_encodings(name: str, encoding: str) -> None:
    raw = file(payment(), "26NAME", amount=10000).replace(b"NAME".ljust(20), name.ljust(20).encode(encoding))
    (one,), found = made(raw)
    assert (found, one["counterparty"]["name"]) == (["FIX022"], name)
