"""OCR giro, AvtaleGiro and Telepay: published examples, files made here, both ways."""

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

from exchange.model import KIND, Record

OCR, CLAIMS, TELEPAY = "netsgiro/ocr", "netsgiro/avtalegiro", "telepay/payments"
FOLDER = "bank/no-ocr-avtalegiro/python-netsgiro"
MUTANTS = None if os.environ.get("EXCHANGE_DEEP") else 150


def sample(corpus: Path, name: str) -> bytes:
    return (corpus / FOLDER / f"{name}.txt").read_bytes()


# --- OCR giro ----------------------------------------------------------------------------------------------


def test_ocr_payments(corpus: Path, tmp_path: Path) -> None:
    raw = sample(corpus, "ocr_giro_transactions")
    made, found = documents(OCR, raw)
    assert (len(made), total(made), found) == (20, Decimal("51449.00"), [])
    assert taken(made[0], "account", "amount", "reference", "reference_scheme", "text", "booked") == (
        "99991042764", 1020, "0000531", "no-kid", "Foo bar baz", date(1992, 1, 20),
    )  # fmt: skip
    assert taken(made[0], "counterparty.account", "entry_ref", "batch.total", "event") == (
        "99990512341", "9201201320101464"[:6] + "1320" + "1" + "01464", 51449, "receipt",
    )  # fmt: skip
    seen = inspected(raw, tmp_path)
    assert (seen.layout, seen.totals[0]["credit"], seen.accounts[0]["id"]) == (OCR, 51449, "99991042764")


def test_ocr_reversals_are_negative(corpus: Path) -> None:
    raw = sample(corpus, "ocr_giro_transactions")
    for old, new in ((b"NY0921", b"NY0920"), (b"NY0910", b"NY0918")):
        lines = [line.replace(old, new) if b"0000001" in line[8:15] or b"0000002" in line[8:15] else line
                 for line in raw.splitlines(keepends=True)]  # fmt: skip
        made, found = documents(OCR, b"".join(lines))
        first = next(each for each in made if each["reversal"])
        assert (first["amount"], first["event"], errors(found)) == (-1020, "return", [])


def test_ocr_is_written_from_documents(corpus: Path) -> None:
    made, _ = documents(OCR, sample(corpus, "ocr_giro_transactions"))
    rows, found = mapped("netsgiro/bank-transaction-to-ocr", made)
    raw, told = written(OCR, rows)
    assert (len(rows), codes(found), codes(told)) == (20, [], [])
    again, found = documents(OCR, raw)
    names = (
        "account",
        "amount",
        "reference",
        "booked",
        "valued",
        "text",
        "bank_code",
        "entry_ref",
        "counterparty",
    )
    assert [taken(each, *names) for each in again] == [taken(each, *names) for each in made]
    assert codes(found) == []


def receipt(**changes: object) -> Record:
    values = {
        KIND: "bank_transaction", "account": "NO9386011117947", "currency": "NOK", "amount": Decimal("100.50"),
        "status": "booked", "booked": date(2026, 3, 2), "reference": "0000531", "entry_ref": "123456789",
    }  # fmt: skip
    return values | changes


def test_receipts_of_a_statement_become_ocr() -> None:
    given = [
        receipt(),
        receipt(reference=None),
        receipt(amount=Decimal("-5.00"), reversal=True),
        receipt(amount=Decimal("-7.00")),
        receipt(currency="EUR"),
        receipt(account="NO7950860054321"),
    ]
    rows, found = mapped("netsgiro/bank-transaction-to-ocr", given)
    raw, told = written(OCR, rows)
    assert codes([*found, *told]) == []
    made, found = documents(OCR, raw)
    assert codes(found) == []
    assert [taken(each, "account", "amount") for each in made] == [
        ("86011117947", Decimal("100.50")), ("86011117947", Decimal("-5.00")),
    ] + ([("50860054321", Decimal("100.50"))] if len(made) == 3 else [])  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "text", "told"),
    [
        ("20", "Strøm for mars", []),
        ("20", "Café", [("OCR02", "info", "Cafe")]),
        ("21", "x" * 41, [("OCR02", "info", "x" * 40)]),
        ("10", "x" * 41, []),  # no text is written for this type
    ],
)
def test_texts_that_are_changed_are_told(kind: str, text: str, told: list[tuple[str, str, str]]) -> None:
    code = {"proprietary": kind, "issuer": "NETS"}
    rows, found = mapped(
        "netsgiro/bank-transaction-to-ocr",
        [receipt(text=text, bank_code=code, entry_ref="0203260101100001")],
    )
    assert rows and [(each.code, each.severity, each.value) for each in found] == told


# --- AvtaleGiro --------------------------------------------------------------------------------------------


def test_mandates(corpus: Path, tmp_path: Path) -> None:
    raw = sample(corpus, "avtalegiro_agreements")
    made, found = documents(OCR, raw)
    assert (len(made), found) == (16, [])
    assert taken(made[0], "id", "scheme", "change", "notice", "creditor.account") == (
        "000112000507155", "avtalegiro", "new", True, "99991042764",
    )  # fmt: skip
    assert sum(each["notice"] for each in made) == 11
    assert dict(inspected(raw, tmp_path).documents) == {"common/mandate": 16}
    assert written(OCR, records(OCR, raw)[0]) == (raw, [])


def test_claims(corpus: Path) -> None:
    raw = sample(corpus, "avtalegiro_payment_request")
    made, found = documents(CLAIMS, raw)
    assert (len(made), total(made), codes(found)) == (6, Decimal("6.00"), ["AVG01"])  # the account is made up
    assert taken(made[0], "kind", "amount", "execution_date", "reference", "debtor.name") == (
        "direct-debit", 1, date(2004, 6, 17), "008000011688373", "NAVN",
    )  # fmt: skip
    assert made[0]["text"] == "Gjelder Faktura: 168837  Dato: 19/03/04 ForfallsDato: 17/06/04"
    assert written(CLAIMS, records(CLAIMS, raw)[0]) == (raw, [])


def claim(**changes: object) -> Record:
    values = {
        KIND: "payment", "id": "INV-77", "kind": "direct-debit", "execution_date": date(2026, 4, 20),
        "amount": Decimal("1234.50"), "currency": "NOK", "debtor": {"name": "Kari Nordmann"},
        "creditor": {"name": "Vårt AS", "id": "55555555", "account": "86011117947"}, "reference": "0000531",
        "text": "Faktura 77: strøm i mars, forfall 20. april, avtale 1234567",
    }  # fmt: skip
    return values | changes


def test_direct_debits_become_claims() -> None:
    given = [claim(), claim(text=None, execution_date=date(2026, 4, 18)),
             claim(creditor={"name": "Vårt AS", "id": "55555555", "account": "99991042764"})]  # fmt: skip
    rows, found = mapped("netsgiro/payment-to-avtalegiro", given)
    raw, told = written(CLAIMS, rows)
    assert codes([*found, *told]) == []
    lines = raw.decode("iso-8859-1").splitlines()
    assert {len(line) for line in lines} == {80}
    assert lines[0].startswith("NY00001055555555") and lines[1].startswith("NY210020")
    assert [line[8:15] for line in lines if line[6:8] == "30"] == ["0000001", "0000002", "0000001"]
    assert [line[4:6] for line in lines if line[6:8] == "30"] == ["21", "02", "21"]
    assert lines[4][15:60].startswith("40011Faktura 77: strøm i mars, forfall 20.")
    closing = next(line for line in lines if line.startswith("NY210088"))
    assert closing[8:53] == "00000002" + "00000008" + f"{246900:017}" + "180426" + "200426"
    again, found = documents(CLAIMS, raw)
    assert [taken(each, "amount", "reference") for each in again] == [(Decimal("1234.50"), "0000531")] * 3
    assert codes(found) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"currency": "SEK"}, "AVG02"),
        ({"creditor": {"name": "A", "id": "1", "account": "86011117948"}}, "AVG03"),
        ({"reference": "0000532"}, "AVG04"),
        ({"creditor": {"name": "A", "id": "NO1", "account": "86011117947"}}, "AVG05"),
        ({"text": "x" * 401}, "AVG06"),
        ({"amount": Decimal("-1.00")}, "AVG07"),
    ],
)
def test_what_nets_would_refuse_is_refused(change: dict[str, object], code: str) -> None:
    assert code in errors(mapped("netsgiro/payment-to-avtalegiro", [claim(**change)])[1])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"text": "Café, strøm"}, [("AVG08", "info")]),
        ({"debtor": {"name": "José Ødegård"}}, [("AVG08", "info")]),
        ({"end_to_end_id": "É1"}, [("AVG09", "warning")]),
        ({"end_to_end_id": "1" * 26}, [("AVG09", "warning")]),
        ({}, []),
    ],
)
def test_characters_that_were_replaced_are_told(
    change: dict[str, object], told: list[tuple[str, str]]
) -> None:
    rows, found = mapped("netsgiro/payment-to-avtalegiro", [claim(**change)])
    assert rows and [(each.code, each.severity) for each in found] == told


def test_deletions_are_requests_to_cancel_and_no_payments() -> None:
    rows, _ = mapped("netsgiro/payment-to-avtalegiro", [claim(text=None)])
    raw, _ = written(CLAIMS, rows)
    raw = (
        raw.replace(b"NY210020", b"NY213620").replace(b"NY210088", b"NY213688").replace(b"NY2102", b"NY2193")
    )
    assert [row["type"] for row in records(CLAIMS, raw)[0]] == ["93"]
    (asked,), found = documents(CLAIMS, raw)
    assert found == [] and (asked["@kind"], asked["kind"]) == ("payment_cancellation", "cancellation")
    told = ("amount", "execution_date", "end_to_end_id", "transaction_id", "currency")
    assert [asked[key] for key in told] == [Decimal("1234.50"), date(2026, 4, 20), "INV-77", "0000531", "NOK"]


@pytest.mark.parametrize(
    "name", ["ocr_giro_transactions", "avtalegiro_agreements", "avtalegiro_payment_request"]
)
def test_no_single_damage_passes_or_raises(corpus: Path, name: str) -> None:
    raw = sample(corpus, name)
    used = CLAIMS if name.endswith("request") else OCR
    good, usual = documents(used, raw)
    kept = ("amount", "booked", "execution_date", "reference", "change")
    for at, mutant in damaged(raw, 5, MUTANTS):
        made, found = documents(used, mutant)
        before = [[each.get(key) for key in kept if key != "booked"] for each in good]
        after = [[each.get(key) for key in kept if key != "booked"] for each in made]
        if [row[0] for row in before] != [row[0] for row in after]:
            assert codes(found) != codes(usual) or errors(found), (at, mutant[max(0, at - 30) : at + 30])


# --- Telepay -----------------------------------------------------------------------------------------------


def block(code: str, **places: str) -> str:
    """A record of 320 characters; places: p81="text" puts it into column 81."""
    text = list(f"AH200TBII0302000001{'':20}04{code}00123456789".ljust(320))[:320]
    text[38:] = list(f"04{code}00123456789".ljust(282))
    for place, value in places.items():
        start = int(place[1:]) - 1
        text[start : start + len(value)] = value
    assert len(text) == 320
    return "".join(text)


ORDER = {"p60": "86011117947", "p71": "0002", "p81": "260310", "p87": "ORDER1"}
PAYEE = {"p118": "99991042764", "p129": "Leverandør AS", "p159": "Gata 1", "p219": "0150", "p223": "Oslo"}
BLOCKS = [
    block("BETFOR00", p71="0001", p81="0302", p95="VERSJON002"),
    block("BETFOR21", **ORDER, **PAYEE, p264="602F", p269=f"{50000:015}"),
    block("BETFOR23", p201=f"{'0000531':27}", p228="OWN1", p258=f"{50000:015}D"),
    block("BETFOR21", **ORDER | {"p87": "ORDER2"}, **PAYEE, p264="602F", p269=f"{30000:015}"),
    block("BETFOR23", p81="Faktura 1", p258=f"{40000:015}D", p274="F-1", p313="20260201"),
    block("BETFOR23", p81="Kredit 2", p258=f"{10000:015}K", p274="K-2", p313="20260215"),
    block("BETFOR21", **ORDER | {"p87": "PAY"}, p264="604L", p269=f"{500:015}"),
    block("BETFOR22", p81="99991042764Ola Nordmann", p122=f"{200:015}", p138="EMP1"),
    block("BETFOR22", p81="86011117947Kari Nordmann", p122=f"{300:015}", p138="EMP2"),
    block("BETFOR01", **ORDER | {"p87": "ABROAD"}, p120="EUR", p123="SHA"),
    block("BETFOR02", p81="NDEAFIHHXXX", p243="FI"),
    block(
        "BETFOR03",
        p81="FI2112345600000785",
        p116="Toimittaja Oy",
        p151="Katu 2",
        p186="00100 Helsinki",
        p256="FI",
    ),
    block("BETFOR04", p81="LASKU 9", p116="OWN9", p151=f"{12345:015}D"),
    block("BETFOR99", p71="0013", p81="0302", p104="00014"),
]


def lines(blocks: list[str], width: int = 80, end: str = "\r\n") -> bytes:
    return "".join(b[at : at + width] + end for b in blocks for at in range(0, 320, width)).encode(
        "iso-8859-1"
    )


def test_telepay_orders(tmp_path: Path) -> None:
    made, found = documents(TELEPAY, lines(BLOCKS))
    assert codes(found) == []
    by = {each["id"]: each for each in made}
    assert sorted(by) == ["ABROAD", "EMP1", "EMP2", "ORDER2", "OWN1"]
    assert taken(by["OWN1"], "amount", "reference", "reference_scheme", "creditor.name", "creditor.account") == (
        500, "0000531", "no-kid", "Leverandør AS", "99991042764",
    )  # fmt: skip
    assert taken(by["OWN1"], "execution_date", "creditor.address.town", "debtor.account", "debtor.id") == (
        date(2026, 3, 10), "Oslo", "86011117947", "00123456789",
    )  # fmt: skip
    netted = by["ORDER2"]
    assert (netted["amount"], [(i["number"], i["kind"], i["amount"]) for i in netted["invoices"]]) == (
        300, [("F-1", "invoice", 400), ("K-2", "credit", 100)],
    )  # fmt: skip
    assert taken(by["EMP2"], "amount", "purpose", "creditor.name") == (3, "salary", "Kari Nordmann")
    assert taken(by["ABROAD"], "amount", "currency", "charges", "creditor.account", "creditor.bic") == (
        Decimal("123.45"), "EUR", "shared", "FI2112345600000785", "NDEAFIHHXXX",
    )  # fmt: skip
    assert inspected(lines(BLOCKS), tmp_path).layout == TELEPAY


def test_telepay_with_and_without_line_ends() -> None:
    good = plain(documents(TELEPAY, lines(BLOCKS))[0])
    whole = "".join(BLOCKS).encode("iso-8859-1")
    stripped = b"\n".join(line.rstrip() for line in lines(BLOCKS).split(b"\r\n"))
    for raw in (whole, whole + b"\n", lines(BLOCKS, 320, "\n"), stripped, lines(BLOCKS) + b"\r\n"):
        made, found = documents(TELEPAY, raw)
        assert (plain(made), codes(found)) == (good, [])
    again, _ = written(TELEPAY, records(TELEPAY, lines(BLOCKS))[0])
    assert plain(documents(TELEPAY, again)[0]) == good and len(again) == len(lines(BLOCKS))


def test_telepay_that_is_cut_off_or_contradicts_itself() -> None:
    assert errors(documents(TELEPAY, lines(BLOCKS)[:-200])[1]) == ["FIX002"]
    assert errors(documents(TELEPAY, lines([*BLOCKS[:7], *BLOCKS[8:]]))[1]) == ["FIX020", "TELE04"]
    wrong = [*BLOCKS[:2], BLOCKS[2].replace("0000531", "0000532"), *BLOCKS[3:]]
    assert codes(documents(TELEPAY, lines(wrong))[1]) == ["TELE01"]
    for at, raw in damaged(lines(BLOCKS), 9, 150):
        assert isinstance(documents(TELEPAY, raw)[0], list), at
