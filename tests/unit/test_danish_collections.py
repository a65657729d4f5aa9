"""Betalingsservice deliveries and payments by slip, made here after the columns that are publicly known."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

from bank_files import codes, damaged, documents, errors, inspected, plain, records, taken, written

BS, SLIPS = "betalingsservice/information", "nets-dk/slip-payments"
OFFICIAL = (
    "BS0420398564402360000000100000000001231312345678910120310000000012755000000125                         "
    "3112031112030000000012755"
)
"""A payment record printed in a public program."""


def lines(*records_: str, width: int = 128) -> bytes:
    return "".join(f"{record.ljust(width)}\r\n" for record in records_).encode("iso-8859-1")


def section(number: str, *entries: str, texts: int = 0, addresses: int = 0) -> list[str]:
    count = sum(entry.startswith("BS042") for entry in entries)
    end = f"BS09203985644{number}".ljust(31) + f"{count:011}{0:015}{texts:011}{'':15}{addresses:011}"
    return [f"BS01203985644{number}", *entries, end]


def delivery(kind: str, *sections: list[str]) -> bytes:
    body = [record for each in sections for record in each]
    counts = {code: sum(record.startswith(code) for record in body) for code in ("BS042", "BS052", "BS022")}
    start = f"BS00255887766BS1{kind}{'0000000042'}".ljust(49) + "020326"
    end = (
        f"BS99255887766BS1{kind}{len(sections):011}{counts['BS042']:011}{0:015}{counts['BS052']:011}{0:015}"
        f"{counts['BS022']:011}"
    )
    return lines(start, *body, end)


def payment(code: str, amount: int, sign: str = "1", paid: int | None = None) -> str:
    text = f"BS04203985644{code}000{'00001'}{'000000000001231'}{'123456789'}020326{sign}{amount:013}{'INV 7':30}    "
    return text + f"020326030326{amount if paid is None else paid:013}"


def slip(code: str, amount: int) -> str:
    text = f"BS04203985644{code}000{'00001'}    {'000000000001232'}71100500020326{'1'}{amount:013}{'INV 8':9}{'ARCHIVE':22}"
    return text + f"020326030326{amount:013}"


def mandate(code: str, ends: str = "000000") -> str:
    return f"BS04203985644{code}000{'00001'}{'000000000001231'}{'123456789'}010326{ends}"


PAYMENTS = delivery(
    "0602",
    section("0211", payment("0236", 12755), payment("0239", 5000), payment("0237", 700, paid=0), payment("0236", 300, "2")),
    section("0215", slip("0297", 9900), slip("0299", 100), "BS052Tak for sidst", texts=1),
)  # fmt: skip
MANDATES = delivery(
    "0603", section("0212", mandate("0231"), mandate("0232", "150326")), section("0210", mandate("0230"))
)


def test_payments(tmp_path: Path) -> None:
    made, found = documents(BS, PAYMENTS)
    assert codes(found) == []
    assert [(str(each["amount"]), each["status"], each["event"]) for each in made] == [
        ("127.55", "booked", "collection"),
        ("-50.00", "booked", "return"),
        ("7.00", "information", "collection"),
        ("-3.00", "booked", "collection"),
        ("99.00", "booked", "receipt"),
        ("-1.00", "booked", "return"),
    ]
    assert taken(made[0], "account", "counterparty.id", "mandate_id", "booked", "valued", "entry_ref") == (
        "03985644", "000000000001231", "123456789", date(2026, 3, 3), date(2026, 3, 2), "INV 7",
    )  # fmt: skip
    assert taken(made[4], "counterparty.id", "charges", "entry_ref", "reference") == (
        "000000000001232", 5, "ARCHIVE", "INV 8",
    )  # fmt: skip
    assert (made[2]["returned_reason"], inspected(PAYMENTS, tmp_path).layout) == ("0237", BS)


def test_the_printed_record_is_read() -> None:
    (made,), found = documents(BS, delivery("0602", section("0211", OFFICIAL)))
    assert codes(found) == []
    assert taken(made, "amount", "valued", "booked", "counterparty.id", "mandate_id") == (
        Decimal("127.55"), date(2003, 12, 31), date(2003, 12, 11), "000000000012313", "123456789",
    )  # fmt: skip


def test_mandates() -> None:
    made, found = documents(BS, MANDATES)
    assert codes(found) == []
    assert [taken(each, "id", "change", "changed_on", "ended_by") for each in made] == [
        ("123456789", "new", date(2026, 3, 1), None),
        ("123456789", "ended", date(2026, 3, 15), "bank"),
        ("123456789", "active", date(2026, 3, 1), None),
    ]


def test_lines_of_the_transport_are_passed_over() -> None:
    raw = lines("PBCNET HEADER") + PAYMENTS + lines("PBCNET TRAILER")
    assert plain(documents(BS, raw)[0]) == plain(documents(BS, PAYMENTS)[0])
    assert codes(documents(BS, raw)[1]) == []


def test_wrong_counts_are_errors_and_nothing_raises() -> None:
    without = PAYMENTS.replace(lines(payment("0239", 5000)), b"")
    assert errors(documents(BS, without)[1]) == ["FIX020", "FIX020"]
    assert written(BS, records(BS, PAYMENTS)[0])[1] == []
    for _, raw in damaged(PAYMENTS, 6, 150):
        assert isinstance(documents(BS, raw)[0], list)


def slip_file(*payment_ids: str) -> bytes:
    rows = [f"FI03{'':9}71    {one}{'':22}20260302{12345:015}" for one in payment_ids]
    return lines("FI01", "FI0288888888", *rows, "FI08", "FI09", width=80)


def test_payments_by_slip(tmp_path: Path) -> None:
    raw = slip_file("000000000000018", "000000000000026")
    made, found = documents(SLIPS, raw)
    assert codes(found) == []
    assert taken(made[0], "account", "amount", "reference", "reference_scheme", "booked") == (
        "88888888", Decimal("123.45"), "000000000000018", "dk-fik", date(2026, 3, 2),
    )  # fmt: skip
    assert inspected(raw, tmp_path).layout == SLIPS
    assert codes(documents(SLIPS, slip_file("000000000000019"))[1]) == ["FIK01"]
    assert errors(documents(SLIPS, raw.replace(b"FI09", b""))[1]) == ["FIX009"]


def test_a_payment_that_says_that_nothing_was_paid_waits() -> None:
    def of(*entries: str) -> list[str]:
        return errors(documents(BS, delivery("0602", section("0211", *entries)))[1])

    assert of(payment("0236", 12755, paid=0)) == ["BS02"]
    assert of(payment("0239", 12755, "2", paid=0)) == ["BS02"]
    assert of(payment("0236", 12755, "0")) == ["BS03"]
    assert of(payment("0236", 0, "0", paid=0)) == of(payment("0237", 700, paid=0)) == []
    (part,), _ = documents(BS, delivery("0602", section("0211", payment("0236", 12755, paid=12000))))
    assert part["amount"] == Decimal("120.00")
