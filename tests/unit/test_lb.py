"""LB: supplier payments to Bankgirot and the reports about them, read, mapped and written."""

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
    mapped,
    records,
    taken,
    total,
    written,
)

from exchange.model import KIND, Record

FOLDER = "bank/se-lb/niho-bankgirot"
EXAMPLE = "leverantorsbetalning_exempelfil_{}.txt"
HEAD = "110009912346271215LEVERANTÖRSBETALNINGAR"
ROWS = (
    "13REFERENS                       BELOPP",
    "14000378351156897456986              000000098000271230     VERIF 12",
    "140003783511INVOICE 7                000000528000GENAST     VERIF 14",
    "160003783511563258967410             000000086000271212     VERIF 32",
    "250003783511Deduct all of it",
    "4000009900108357001112223332RESEERS",
    "14000099001015204076                 000000230000280131     VERIF 25",
    "40000099003 3300003232323232            L",
    "14000099003 48774616                 000000800000280131     VERIF 27",
    "26000099004 HANDELSBOLAGET HB",
    "27000099004 TORSGATAN 84                       11225STOCKHOLM",
    "14000099004 563258911111             000001500000280131     VERIF 29",
    "540028654341234566                   000000010000280131     VERIF 30",
    "650028654341Text to a plusgiro",
)
GOOD = filled(HEAD, *ROWS, "29000991234600000007000003080000")
PLAIN = filled(HEAD, *ROWS[:5], *ROWS[12:], "29000991234600000004000000550000")
"""Only payments to giro numbers."""


def example(corpus: Path, name: str) -> bytes:
    return (corpus / FOLDER / EXAMPLE.format(name)).read_bytes()


def trimmed(raw: bytes) -> bytes:
    """Without titles, blank lines and what stands at the ends of lines."""
    lines = [line.rstrip() for line in raw.splitlines()]
    return b"\n".join(line for line in lines if line and not line.startswith(b"LB"))


def made(raw: bytes) -> list[Record]:
    result, found = documents("bankgirot/lb", raw)
    assert errors(found) == []
    return result


# --- official examples -------------------------------------------------------------------------------------


def test_the_official_payments_are_read_as_printed(corpus: Path) -> None:
    docs = made(example(corpus, "exempel1_sv"))
    assert (len(docs), total(docs)) == (18, Decimal("40417.00"))
    assert [one["amount"] for one in docs if one["amount"] < 0] == [
        Decimal("-860"),
        Decimal("-233"),
        Decimal("-4450"),
    ]
    assert taken(docs[0], "reference", "amount", "execution_date", "end_to_end_id", "creditor.account") == (
        "56897456986", Decimal("980.00"), date(2006, 3, 30), "VERIF 12", "XXXXXXXX",
    )  # fmt: skip
    account, order = docs[13], docs[16]
    assert taken(account, "creditor.number", "creditor.clearing", "creditor.account", "text", "amount") == (
        "990010", "XXXX", "XXXXXXXXXX", "RESEERS", Decimal("2300.00"),
    )  # fmt: skip
    assert taken(order, "creditor.name", "creditor.account", "creditor.address.street", "creditor.address.postcode") == (
        "HANDELSBOLAGET HB", None, "TORSGATAN 84", "11225",
    )  # fmt: skip
    assert order["creditor"]["address"]["town"] == "STOCKHOLM"


def test_the_official_salaries_are_read_as_printed(corpus: Path) -> None:
    docs = made(example(corpus, "lon_sv"))
    assert (len(docs), total(docs)) == (7, Decimal("113300.00"))
    assert {one["purpose"] for one in docs} == {"salary"}
    assert [one["reference"] for one in docs] == ["122", "123", "124", "125", "126", "127", "128"]


def test_the_official_rejections_name_their_reasons(corpus: Path) -> None:
    docs, found = documents("bankgirot/lb-returned", example(corpus, "avvisade_sv"))
    assert errors(found) == [] and {one["verdict"] for one in docs} == {"rejected"}
    reasons = [[(each["proprietary"], each["text"]) for each in one["reasons"]] for one in docs]
    account = [("MTRV0013", "MOTTAGARENS BANKKONTO ÄR FELAKTIGT")]
    assert reasons == [
        account,
        account,
        [("MTRV0042", "MOTTAGARENS BANKGIRONUMMER ÄR FELAKTIGT")],
        [("MTRV0110", "MOTTAGARENS NAMN OCH/ELLER ADRESS SAKNAS")],
        [("MTRV0064", "ORIMLIGT DATUM")],
    ]
    assert [one["amount"] for one in docs] == [55000, -5000, 2000, 15000, 10000]
    assert [one["end_to_end_id"] for one in docs] == [None, None, "VERIF 20", "VERIF 29", None]


def test_the_official_payment_specification_adds_up_but_for_its_misprint(corpus: Path) -> None:
    raw = example(corpus, "betalningsspecifikation-med-lonedetaljer")
    _, found = documents("bankgirot/lb-paid", raw)
    assert errors(found) == ["FIX020", "VAL021"]
    mended = raw.replace(b"00000010000000602281 ", b"0000001000000602281  ")
    docs, found = documents("bankgirot/lb-paid", mended)
    assert errors(found) == []
    assert (len(docs), total(docs)) == (16, Decimal("38450.00"))
    first = next(one for one in docs if one["end_to_end_id"] == "VERIF 19")
    assert taken(first, "creditor.name", "end_to_end_id", "amount", "verdict", "execution_date") == (
        "LASTBILAR HB", "VERIF 19", Decimal("860.00"), "accepted", date(2006, 3, 30),
    )  # fmt: skip
    given, _ = records("bankgirot/lb-paid", mended)
    credit = next(one for one in given if one["own_text"] == "VERIF 32")
    assert taken(credit, "name.name", "remainder.original", "remainder.remaining") == (
        "LASTBILAR HB",
        1000,
        140,
    )
    last = next(one for one in given if one["own_text"] == "VERIF 36")
    assert taken(last["earlier"][0], "date", "amount", "second_amount", "third_date") == (
        date(2006, 1, 26), 1000, 50, None,
    )  # fmt: skip


def test_the_official_monitoring_adds_up(corpus: Path) -> None:
    docs, found = documents("bankgirot/lb-monitored", example(corpus, "betalningsbevakning_sv"))
    assert codes(found) == ["FIX021"]
    assert (len(docs), total(docs), {one["verdict"] for one in docs}) == (
        14,
        Decimal("5295570.85"),
        {"pending"},
    )
    given, _ = records("bankgirot/lb-monitored", example(corpus, "betalningsbevakning_sv"))
    assert (
        sum(one["payments"] for one in given)
        == given[0]["section"]["closing"]["third"]
        == Decimal("5297130.85")
    )


def test_the_official_money_orders_are_a_template(corpus: Path) -> None:
    docs, found = documents("bankgirot/lb-money-orders", example(corpus, "aterforda-kontantutbetalningar_sv"))
    assert errors(found) == ["FIX020", "VAL020"]  # one order has ÅÅMM00 where the others have ÅÅMMDD
    assert [one["amount"] for one in docs] == [300, 400, 500, 600, 700, 800, 900, 1000]


NAMES = {
    "exempel1_sv": "lb",
    "lon_sv": "lb",
    "avvisade_sv": "lb-returned",
    "betalningsspecifikation-med-lonedetaljer": "lb-paid",
    "betalningsbevakning_sv": "lb-monitored",
    "aterforda-kontantutbetalningar_sv": "lb-money-orders",
}


@pytest.mark.parametrize("name", NAMES)
def test_each_official_example_is_known_and_written_again_as_printed(
    corpus: Path, tmp_path: Path, name: str
) -> None:
    raw = example(corpus, name)
    if name.startswith("betalningsspec"):
        raw = raw.replace(b"00000010000000602281 ", b"0000001000000602281  ").replace(
            b"   VERIF 33", b"    VERIF 33"
        )
    seen = inspected(raw, tmp_path)
    assert seen.layout == f"bankgirot/{NAMES[name]}" and seen.totals and sum(seen.records.values()) > 4
    given, _ = records(f"bankgirot/{NAMES[name]}", raw)
    data, found = written(f"bankgirot/{NAMES[name]}", given)
    assert found == []
    if "kontant" not in name:
        assert trimmed(data) == trimmed(raw.replace(b"0000000000000-", b"0000000000000 "))


# --- payments ----------------------------------------------------------------------------------------------


def test_payees_dates_and_texts() -> None:
    docs = made(GOOD)
    assert [
        taken(one, "creditor.account_scheme", "creditor.account", "creditor.clearing") for one in docs
    ] == [
        ("bankgiro", "3783511", None),
        ("bankgiro", "3783511", None),
        ("bankgiro", "3783511", None),
        ("bban", "1112223332", "8357"),
        ("bban", "3232323232", "3300"),
        (None, None, None),
        ("plusgiro", "28654341", None),
    ]
    assert [one["reference_scheme"] for one in docs] == [
        "se-ocr",
        "other",
        "se-ocr",
        "se-ocr",
        "se-ocr",
        "se-ocr",
        "other",
    ]
    assert [one["execution_date"] for one in docs[:3]] == [date(2027, 12, 30), FACTS.date, date(2027, 12, 12)]
    assert taken(docs[2], "invoices.0.number", "invoices.0.kind", "invoices.0.amount") == (
        "563258967410",
        "credit",
        860,
    )
    assert [one["text"] for one in docs if one["text"]] == [
        "Deduct all of it",
        "RESEERS",
        "Text to a plusgiro",
    ]
    assert codes(documents("bankgirot/lb", GOOD)[1]) == ["LB12"]


def test_it_is_written_byte_for_byte() -> None:
    given, found = records("bankgirot/lb", GOOD)
    assert found == [] and written("bankgirot/lb", given) == (GOOD, [])


def test_the_day_and_the_currency_of_the_section_count_where_payments_have_none() -> None:
    row = ROWS[1].replace("271230", "      ")
    head = f"{HEAD}280103{'':13}EUR"
    (one,) = made(filled(head, row, "29000991234600000001000000098000"))
    assert taken(one, "execution_date", "currency") == (date(2028, 1, 3), "EUR")
    undated = filled(HEAD, row, "29000991234600000001000000098000")
    assert errors(documents("bankgirot/lb", undated)[1]) == ["MAP002"]


def test_a_total_may_be_negative() -> None:
    raw = filled(HEAD, ROWS[3], "29000991234600000001000000086000-")
    assert [one["amount"] for one in made(raw)] == [Decimal("-860.00")]
    assert written("bankgirot/lb", records("bankgirot/lb", raw)[0]) == (raw, [])
    assert errors(documents("bankgirot/lb", raw.replace(b"86000-", b"86000 "))[1]) == ["FIX020"]


def test_several_sections_each_add_up() -> None:
    other = "110050501055271215LEVERANTORSBETALNINGAR"
    raw = GOOD + filled(other, ROWS[1], "29005050105500000001000000098000")
    docs = made(raw)
    assert {one["debtor"]["account"] for one in docs} == {"9912346", "50501055"}
    assert written("bankgirot/lb", records("bankgirot/lb", raw)[0]) == (raw, [])
    assert errors(documents("bankgirot/lb", raw[:-82])[1]) == ["FIX009"]


def test_old_encodings_and_seven_bits() -> None:
    dos = GOOD.decode("iso-8859-1").encode("cp850")
    docs, found = documents("bankgirot/lb", dos)
    assert errors(found) == [] and "FIX022" in codes(found) and len(docs) == 7
    seven = GOOD.replace("Ö".encode("iso-8859-1"), b"\\")
    docs, found = documents("bankgirot/lb", seven)
    assert errors(found) == [] and "FIX019" in codes(found) and len(docs) == 7
    docs, found = documents("bankgirot/lb", GOOD.decode("iso-8859-1").encode())
    assert errors(found) == [] and "FIX022" in codes(found) and len(docs) == 7


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"110009912346", b"110009912345", "LB01"),
        (b"290009912346", b"290003783511", "LB02"),
        (b"14000378351156897456986", b"14000378351256897456986", "LB03"),
        (b"540028654341", b"540028654342", "LB04"),
        (b"990010", b"990011", "LB05"),
        (b"26000099004 ", b"26000099005 ", "LB06"),
        (b"4000009900108357", b"40000099001083A7", "VAL004"),
        (b"250003783511", b"250003783529", "LB09"),
        (b"40000099003 3300", b"40000099001 3300", "LB06"),
        (b"000000098000", b"000000098001", "FIX020"),
        (b"00000007", b"00000008", "FIX020"),
        (b"LEVERANT\xd6RSBETALNINGAR", b"LEVERANT\xd6RSBETALNINGER", "VAL005"),
        (b"280131     VERIF 30", b"280231     VERIF 30", "MAP001"),
        (b"16000378351156", b"18000378351156", "FIX003"),
    ],
)
def test_what_is_wrong_is_told(old: bytes, new: bytes, code: str) -> None:
    assert old in GOOD
    assert code in errors(documents("bankgirot/lb", GOOD.replace(old, new))[1])


def test_a_short_plusgiro_number_is_no_payee_number() -> None:
    docs, found = documents("bankgirot/lb", PLAIN.replace(b"0028654341", b"0000415448"))
    assert errors(found) == []
    assert (
        docs[-1]["creditor"]["account"] == "415448" and docs[-1]["creditor"]["account_scheme"] == "plusgiro"
    )


def test_two_accounts_for_one_payee_number_are_refused() -> None:
    double = ROWS[5].replace("1112223332", "1112223333")
    raw = filled(HEAD, *ROWS[5:7], double, ROWS[6], "29000991234600000002000000460000")
    assert "FIX025" in errors(documents("bankgirot/lb", raw)[1])
    again = filled(HEAD, *ROWS[5:7], ROWS[5], ROWS[6], "29000991234600000002000000460000")
    assert errors(documents("bankgirot/lb", again)[1]) == []
    docs = made(again)
    docs[1]["creditor"]["account"] = "1112223333"
    given, _ = mapped("bankgirot/payment-to-lb", docs)
    assert "FIX034" in errors(written("bankgirot/lb", given)[1])


def test_no_changed_byte_passes_with_other_money() -> None:
    assert_guarded(
        "bankgirot/lb", PLAIN, "creditor.account", "creditor.account_scheme", "amount", "debtor.account"
    )


def test_payments_become_lb_and_come_back_alike() -> None:
    first = [one for one in made(GOOD) if one["creditor"]["account"]]
    given, found = mapped("bankgirot/payment-to-lb", first)
    assert errors(found) == []
    data, found = written("bankgirot/lb", given)
    assert found == []
    names = (
        "end_to_end_id",
        "amount",
        "currency",
        "execution_date",
        "purpose",
        "reference",
        "reference_scheme",
    )
    names += ("creditor.account", "creditor.account_scheme", "creditor.clearing", "debtor.account")
    assert [taken(one, *names) for one in made(data)] == [taken(one, *names) for one in first]


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("kind", "direct-debit", "LB51"),
        ("amount", Decimal("0.00"), "LB52"),
        ("amount", Decimal("10.005"), "LB52"),
        ("debtor.account", "SE4550000000058398257466", "LB53"),
        ("creditor.account_scheme", "iban", "LB54"),
        ("creditor.account", "3783512", "LB55"),
        ("currency", "NOK", "LB59"),
        ("reference", "56897456987", "LB60"),
        ("id", "x" * 21, "LB62"),
        ("urgency", "instant", "LB63"),
    ],
)
def test_payments_that_lb_cannot_carry_are_refused(path: str, value: Any, code: str) -> None:
    (one, *_) = made(GOOD)
    outer, _, inner = path.partition(".")
    change = {outer: {**one[outer], inner: value}} if inner else {outer: value}
    payment = {**one, "end_to_end_id": None, **change}
    _, found = mapped("bankgirot/payment-to-lb", [payment])
    assert code in errors(found), codes(found)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"text": "Café crème"}, [("LB69", "info", "Cafe creme")]),
        ({"text": "Åke Öberg, ärende 7"}, []),
        ({"text": None, "reference": "É-17", "reference_scheme": None}, [("LB68", "warning", "E-17")]),
        ({"text": None, "id": "N°7"}, [("LB68", "warning", "56897456986")]),
    ],
)
def test_characters_that_were_replaced_are_told(
    change: dict[str, Any], told: list[tuple[str, str, str]]
) -> None:
    (one, *_) = made(GOOD)
    _, found = mapped("bankgirot/payment-to-lb", [{**one, "end_to_end_id": None, **change}])
    assert [(each.code, each.severity, each.value) for each in found if each.code in ("LB68", "LB69")] == told


# --- reports -----------------------------------------------------------------------------------------------


def test_stopped_payments_are_cancelled_ones() -> None:
    why = "49MTRV0082Stopped after balance check inquiry. Contact your bank."
    raw = filled(f"{HEAD}      7", ROWS[1], why, *ROWS[5:7], why, "29000991234600000002")
    docs, found = documents("bankgirot/lb-returned", raw)
    assert codes(found) == [] and {one["verdict"] for one in docs} == {"cancelled"}
    assert [one["reasons"][0]["proprietary"] for one in docs] == ["MTRV0082"] * 2
    assert written("bankgirot/lb-returned", records("bankgirot/lb-returned", raw)[0]) == (raw, [])
    assert errors(documents("bankgirot/lb-returned", raw.replace(b"00000002  ", b"00000003  "))[1]) == [
        "FIX020"
    ]


def status(**more: Any) -> Record:
    """An answer about one payment."""
    return documents("bankgirot/lb-paid", PAID)[0][0] | more


PAID = filled(
    f"{HEAD}2712301",
    "260003783511LASTBILAR HB",
    "14000378351108570215155              000000086000C0000000000VERIF 19",
    "540028654341234566                   000000010000C0000000000VERIF 30",
    "29000991234600000002000000096000",
)


def test_answers_are_written_as_reports_and_read_again_alike() -> None:
    docs, found = documents("bankgirot/lb-paid", PAID)
    assert codes(found) == []
    given, found = mapped("bankgirot/payment-status-to-lb-paid", docs)
    assert errors(found) == []
    data, found = written("bankgirot/lb-paid", given)
    names = (
        "amount",
        "currency",
        "end_to_end_id",
        "verdict",
        "creditor.account",
        "creditor.account_scheme",
        "reference",
    )
    again, _ = documents("bankgirot/lb-paid", data)
    assert found == [] and [taken(one, *names) for one in again] == [taken(one, *names) for one in docs]
    bad = status(verdict="rejected", reasons=[{"code": "AC04", "proprietary": None, "text": "Closed"}])
    given, found = mapped("bankgirot/payment-status-to-lb-returned", [bad])
    data, _ = written("bankgirot/lb-returned", given)
    (again,), found = documents("bankgirot/lb-returned", data)
    assert codes(found) == [] and taken(again, *names) == taken(bad, *names)
    assert [(one["proprietary"], one["text"]) for one in again["reasons"]] == [("MTRV0042", "Closed")]


def told(found: list[Any], *among: str) -> list[tuple[str, str, str | None]]:
    return [(each.code, each.severity, each.value) for each in found if each.code in among]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"reference": "É-17"}, [("LB86", "warning", "E-17")]),
        ({"reference": "7" * 26}, [("LB86", "warning", "7" * 25)]),
        ({"creditor": {"name": "Café Åre"}}, [("LB87", "info", "Cafe Åre")]),
        ({"creditor": {"name": "A" * 36}}, [("LB87", "info", "A" * 35)]),
    ],
)
def test_what_reports_of_paid_payments_change_is_told(change: dict[str, Any], expected: list[Any]) -> None:
    creditor = status()["creditor"] | change.get("creditor", {})
    rows, found = mapped("bankgirot/payment-status-to-lb-paid", [status(**change | {"creditor": creditor})])
    assert rows and told(found, "LB86", "LB87") == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"reference": "É-17"}, [("LB88", "warning", "E-17")]),
        ({"reference": "7" * 26}, [("LB88", "warning", "7" * 25)]),
        ({"words": "Compte clôturé"}, [("LB89", "info", "Compte clôturé")]),
        ({"words": "x" * 71}, [("LB89", "info", "x" * 71)]),
        ({"words": None}, []),
    ],
)
def test_what_reports_of_rejected_payments_change_is_told(
    change: dict[str, Any], expected: list[Any]
) -> None:
    reason = {"code": "AC04", "proprietary": None, "text": change.pop("words", "Konto spärrat")}
    rows, found = mapped(
        "bankgirot/payment-status-to-lb-returned", [status(verdict="rejected", reasons=[reason], **change)]
    )
    assert rows and told(found, "LB88", "LB89") == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"reference": "2155155"}, []),
        ({"reference": "É-17"}, [("LB84", "warning", "E-17")]),
        ({"reference": "7" * 26}, [("LB84", "warning", "7" * 25)]),
        ({"invoices": [{"number": "F" * 26}]}, [("LB84", "warning", "F" * 25)]),
        ({"text": "Café Åre"}, [("LB85", "info", "Cafe Åre")]),
        ({"text": "x" * 26}, [("LB85", "info", "x" * 25)]),
        ({"counterparty": {"name": "Señor Öst"}}, [("LB90", "info", "SENOR ÖST")]),
        ({"counterparty": {"name": "A" * 36}}, [("LB90", "info", "A" * 35)]),
        ({"counterparty": {"name": "Åre Bygg AB"}}, []),
    ],
)
def test_what_reports_of_booked_payments_change_is_told(change: dict[str, Any], expected: list[Any]) -> None:
    movement = {
        KIND: "bank_transaction", "account": "9912346", "currency": "SEK", "amount": Decimal("-10.00"),
        "status": "booked", "booked": date(2026, 3, 2), "instruction_id": "14-9912346-0003783511-1",
    }  # fmt: skip
    rows, found = mapped("bankgirot/bank-transaction-to-lb-paid", [movement | change])
    assert rows and told(found, "LB84", "LB85", "LB90") == expected


def test_answers_that_name_too_little_are_refused() -> None:
    for change, code in (
        ({"debtor_account": "123"}, "LB71"),
        ({"amount": Decimal(-5)}, "LB72"),
        ({"end_to_end_id": None}, "LB74"),
    ):
        assert code in errors(mapped("bankgirot/payment-status-to-lb-paid", [status(**change)])[1])


@pytest.mark.parametrize("name", ["lb", "lb-returned", "lb-paid", "lb-monitored", "lb-money-orders"])
def test_no_changed_example_makes_a_reader_raise(corpus: Path, name: str) -> None:
    printed = next(one for one, layout in NAMES.items() if layout == name)
    for _, changed in damaged(example(corpus, printed), 3, 60):
        documents(f"bankgirot/{name}", changed)
