"""LB files become pain.001 files: the official examples, credit notes, money orders.

The files are compared with what a reader of a few lines, written here for the purpose, takes from the LB file: not with what
our own layout and mappings say of it.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from itertools import cycle
from pathlib import Path

import pytest
from bank_files import documents, errors, filled, mapped
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from exchange.operations.trying import Tried, try_flow

ROOT = Path(__file__).parents[2]
SITE = ROOT / "samples/swedish-bridge/site"
FLOW = "supplier-payments"
EXAMPLES = "bank/se-lb/niho-bankgirot/leverantorsbetalning_exempelfil_{}.txt"
SENDER = "0005312079"
PAYEES = ("0052984713", "0076401231", "0003783511", "0009912346", "0050501055")
TAKES_MONEY_ORDERS = """\
bank: takes-money-orders
like: nordic
meaning: A bank that takes money orders
payments:
  se-money-order: {currencies: [SEK], urgency: [normal], characters: nordic, text: 140}
"""


@dataclass(frozen=True)
class Row:
    """A payment (or, negative, a deduction) as the LB file says it."""

    payee: str
    reference: str
    amount: Decimal
    date: str
    own_text: str


def lb_rows(text: str) -> tuple[list[Row], Decimal]:
    """The payments of an LB file with one section, and its total, by the columns of the manual."""
    rows, total = [], Decimal(0)
    known: dict[str, str] = {}
    for line in text.splitlines():
        code, payee = line[:2], line[2:12]
        if code == "40":
            known[payee] = line[12:16] + line[16:28].lstrip("0")
        elif code == "26":
            known[payee] = line[12:47].strip()
        elif code in ("14", "15", "16", "17", "54"):
            amount = Decimal(line[37:49]) / 100
            rows.append(
                Row(
                    known.get(payee, payee.lstrip("0")),
                    line[12:37].strip(),
                    amount if code in ("14", "54") else -amount,
                    f"20{line[49:51]}-{line[51:53]}-{line[53:55]}",
                    line[60:80].strip(),
                )
            )
        elif code == "29":
            total = Decimal(line[20:32]) / 100
    return rows, total


def plain(data: bytes) -> etree._Element:
    """A document whose names are read without their namespace."""
    return etree.fromstring(re.sub(rb' xmlns="[^"]*"', b"", data))


def texts(node: etree._Element, path: str) -> list[str]:
    return [each.text or "" for each in node.iterfind(path)]


@dataclass(frozen=True)
class Part:
    """An invoice or credit note of a payment, or the payment itself where it names none."""

    payee: str
    amount: Decimal
    reference: str


@dataclass(frozen=True)
class Ordered:
    """One payment of a pain.001 file."""

    payee: str
    amount: Decimal
    date: str
    end_to_end_id: str
    method: str
    parts: tuple[Part, ...]


def ordered(data: bytes) -> list[Ordered]:
    """The payments of a pain.001 file."""
    document = plain(data)
    return [payment(batch, one) for batch in document.iter("PmtInf") for one in batch.iter("CdtTrfTxInf")]


def payment(batch: etree._Element, one: etree._Element) -> Ordered:
    def found(path: str) -> str:
        return "".join(texts(one, path))

    account = found("CdtrAgt//MmbId") + found("CdtrAcct//Id/Othr/Id")
    if account.startswith(("9900", "9960")):
        account = account[4:]
    payee = account or found("Cdtr/Nm")
    amount = Decimal(found("Amt/InstdAmt"))
    parts = [
        Part(
            payee, Decimal(plus[0].text) if (plus := strd.findall(".//RmtdAmt")) else -Decimal(minus), number
        )
        for strd in one.iterfind("RmtInf/Strd")
        for number in texts(strd, "RfrdDocInf/Nb") or texts(strd, "CdtrRefInf/Ref")
        for minus in texts(strd, ".//CdtNoteAmt") or ["0"]
    ]
    return Ordered(
        payee,
        amount,
        "".join(texts(batch, "ReqdExctnDt/Dt")),
        found("PmtId/EndToEndId"),
        "".join(texts(batch, "PmtMtd")),
        tuple(parts) or (Part(payee, amount, found("RmtInf/Ustrd")),),
    )


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The site of the samples, whose bank takes money orders."""
    folder = tmp_path / "site"
    shutil.copytree(SITE, folder)
    (folder / "schemas/banks").mkdir(parents=True)
    (folder / "schemas/banks/takes-money-orders.yaml").write_text(TAKES_MONEY_ORDERS)
    return folder


def sent(site: Path, text: str, *, bank: str = "takes-money-orders") -> tuple[Tried, bytes]:
    """What the flow of the samples makes of an LB file."""
    flow = site / "flows" / f"{FLOW}.yaml"
    flow.write_text(flow.read_text().replace("bank: nordic", f"bank: {bank}"))
    path = site.parent / "lb.in.txt"
    path.write_bytes(text.encode("iso-8859-1"))
    ((tried,), _) = try_flow(site, FLOW, [path], write=True)
    made = path.with_name("lb.out.1.xml")
    return tried, made.read_bytes() if made.is_file() else b""


def codes(tried: Tried, severity: str = "error") -> list[str]:
    return sorted({each.code for each in tried.outcome.findings.kept if each.severity == severity})


def example(corpus: Path, name: str, payees: tuple[str, ...]) -> str:
    """An official example with numbers where it has X: one sender, payees in turn, accounts as long as printed."""
    lines, turns = [], cycle(payees)
    for line in (corpus / EXAMPLES.format(name)).read_bytes().decode("iso-8859-1").splitlines():
        if line.startswith(("11", "29")):
            line = line[:2] + SENDER + line[12:]
        elif line.startswith(("14", "16")) and "X" in line[2:12]:
            line = line[:2] + next(turns) + line[12:]
        elif line.startswith("40"):
            line = line[:12] + "6112" + line[16:28].replace("X", "7") + line[28:]
        lines.append(line)
    return "\r\n".join(lines) + "\r\n"


def assert_valid(corpus: Path, data: bytes) -> None:
    schema = etree.XMLSchema(etree.parse(corpus / "bank/xsd/pain/pain.001.001.09.xsd"))
    schema.assertValid(etree.fromstring(data))


def assert_same_money(text: str, data: bytes) -> list[Ordered]:
    """Payees, amounts, references, days and totals of the two files are the same."""
    rows, total = lb_rows(text)
    payments = ordered(data)
    parts = [part for one in payments for part in one.parts]
    given = Counter((row.payee, row.amount) for row in rows)
    assert Counter((part.payee, part.amount) for part in parts) == given
    for row in rows:
        alike = [part for part in parts if (part.payee, part.amount) == (row.payee, row.amount)]
        assert any(row.reference in part.reference for part in alike), row
    assert sum(one.amount for one in payments) == total == sum(row.amount for row in rows)
    assert all(one.amount == sum(part.amount for part in one.parts) for one in payments)
    document = plain(data)
    head = document.find("*/GrpHdr")
    assert Decimal(head.findtext("CtrlSum")) == total
    assert int(head.findtext("NbOfTxs")) == len(payments)
    days = {(row.payee, row.amount): row.date for row in rows if row.amount > 0}
    for one in payments:
        if len(one.parts) == 1:
            assert one.date == days[one.payee, one.amount]
            assert one.end_to_end_id in [row.own_text or "NOTPROVIDED" for row in rows]
    return payments


# --- official examples -------------------------------------------------------------------------------------


@pytest.mark.parametrize("payees", [PAYEES[:1], PAYEES[:2], PAYEES[:3]], ids=["one payee", "two", "three"])
def test_the_official_payments_become_pain_001_with_the_same_money(
    corpus: Path, site: Path, payees: tuple[str, ...]
) -> None:
    text = example(corpus, "exempel1_sv", payees)
    tried, data = sent(site, text)
    assert codes(tried) == []
    assert_valid(corpus, data)
    payments = assert_same_money(text, data)
    assert sum(one.amount for one in payments) == Decimal("40417.00")
    assert [one.payee for one in payments if one.method == "CHK"] == ["HANDELSBOLAGET HB", "ENSKILDA FIRMAN"]


def test_the_official_salaries_become_pain_001_with_the_same_money(corpus: Path, site: Path) -> None:
    text = example(corpus, "lon_sv", PAYEES)
    tried, data = sent(site, text)
    assert codes(tried) == []
    assert_valid(corpus, data)
    payments = assert_same_money(text, data)
    assert (len(payments), sum(one.amount for one in payments)) == (7, Decimal("113300.00"))
    assert set(texts(plain(data), ".//CtgyPurp/Cd")) == {"SALA"}


def test_an_example_as_printed_is_held_because_its_numbers_are_hidden(corpus: Path, site: Path) -> None:
    text = (corpus / EXAMPLES.format("exempel1_sv")).read_bytes().decode("iso-8859-1")
    tried, data = sent(site, text)
    assert tried.is_bad and data == b""
    assert {each.value for each in tried.outcome.findings.kept if each.severity == "error"} == {"XXXXXXXX"}


@pytest.mark.parametrize(
    ("record", "reference", "information", "expected"),
    [
        ("14", "INV 1", "VECKA 46", "VECKA 46 INV 1"),
        ("14", "INV 1", "LEVERANS AV MJOLK OCH GRADDE VECKA 46", "INV 1"),
        ("14", "", "LEVERANS AV MJOLK OCH GRADDE VECKA 46", "LEVERANS AV MJOLK OCH GRA"),
        ("14", "5523014", "LEVERANS AV MJOLK OCH GRADDE VECKA 46", ""),
        ("54", "INV 1", "LEVERANS AV MJOLK OCH GRADDE VECKA 46", "INV 1"),
    ],
)
def test_a_text_that_is_too_long_for_a_giro_holds_nothing(
    corpus: Path, site: Path, record: str, reference: str, information: str, expected: str
) -> None:
    payee = FIRST if record == "14" else "0000000018"
    info = f"{'25' if record == '14' else '65'}{payee}{information}".ljust(80)
    tried, data = sent(site, lb(row(record, payee, reference, 100, "261201", "A1"), info))
    assert_valid(corpus, data)
    assert codes(tried) == []
    assert set(codes(tried, "warning")) - {"PAY120"} == (set() if "VECKA 46 INV" in expected else {"LB14"})
    assert "".join(etree.fromstring(data).xpath("//*[local-name()='Ustrd']/text()")) == expected


# --- credit notes ------------------------------------------------------------------------------------------

HEAD = f"11{SENDER}261123LEVERANTÖRSBETALNINGAR"
NET = "common/net-credit-notes"


def row(code: str, payee: str, reference: str, kronor: int, day: str, own_text: str) -> str:
    return f"{code}{payee}{reference:<25}{kronor * 100:012}{day}     {own_text}"


def lb(*rows: str) -> str:
    signs = {"14": 1, "54": 1, "15": -1, "16": -1, "17": -1}
    total = sum(signs[one[:2]] * int(one[37:49]) for one in rows if one[:2] in signs)
    count = sum(one[:2] in signs for one in rows)
    end = f"29{SENDER}{count:08}{abs(total):012}{'-' if total < 0 else ''}"
    return filled(HEAD, *rows, end).decode("iso-8859-1")


FIRST, SECOND = PAYEES[:2]


@pytest.mark.parametrize("code", ["15", "16", "17"])
def test_a_credit_note_is_taken_off_the_first_payment_that_exceeds_it(
    corpus: Path, site: Path, code: str
) -> None:
    text = lb(
        row("14", FIRST, "INV 1", 100, "261201", "A1"),
        row("14", FIRST, "INV 2", 500, "261201", "A2"),
        row("14", SECOND, "INV 3", 900, "261130", "A3"),
        row(code, FIRST, "CREDIT 9", 120, "261215", "C1"),
    )
    tried, data = sent(site, text)
    assert codes(tried) == [] and codes(tried, "info") == ["NET03"]
    assert_valid(corpus, data)
    made = {one.end_to_end_id: one for one in ordered(data)}
    assert {name: one.amount for name, one in made.items()} == {"A1": 100, "A2": 380, "A3": 900}
    assert made["A2"].parts == (
        Part("52984713", Decimal(500), "INV 2"),
        Part("52984713", Decimal(-120), "CREDIT 9"),
    )


def test_payments_of_a_day_are_put_together_where_none_alone_exceeds_the_credit_note(
    corpus: Path, site: Path
) -> None:
    text = lb(
        row("14", FIRST, "INV 1", 100, "261130", "A1"),
        row("14", FIRST, "INV 2", 300, "261201", "A2"),
        row("14", FIRST, "INV 3", 200, "261201", "A3"),
        row("16", FIRST, "CREDIT 8", 350, "261215", "C1"),
        row("17", FIRST, "CREDIT 9", 60, "261201", "C2"),
    )
    tried, data = sent(site, text)
    assert codes(tried) == []
    assert_valid(corpus, data)
    assert [(one.end_to_end_id, one.amount, one.date) for one in assert_same_money(text, data)] == [
        ("A1", 100, "2026-11-30"),
        ("A2", 90, "2026-12-01"),
    ]


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([row("16", FIRST, "CREDIT 9", 120, "261215", "C1")], "no payment at all"),
        (
            [
                row("14", SECOND, "INV 1", 900, "261201", "A1"),
                row("16", FIRST, "CREDIT 9", 120, "261215", "C1"),
            ],
            "another payee",
        ),
        (
            [
                row("14", FIRST, "INV 1", 120, "261201", "A1"),
                row("16", FIRST, "CREDIT 9", 120, "261215", "C1"),
            ],
            "nothing would be left",
        ),
        (
            [
                row("14", FIRST, "INV 1", 900, "261216", "A1"),
                row("16", FIRST, "CREDIT 9", 120, "261215", "C1"),
            ],
            "too late",
        ),
        (
            [
                row("14", FIRST, "INV 1", 90, "261201", "A1"),
                row("14", FIRST, "INV 2", 90, "261202", "A2"),
                row("17", FIRST, "CREDIT 9", 120, "261215", "C1"),
            ],
            "two days",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_credit_note_that_no_day_exceeds_holds_the_file_and_says_why(
    site: Path, rows: list[str], why: str
) -> None:
    tried, data = sent(site, lb(*rows))
    assert codes(tried) == ["NET01"] and data == b"", why


def test_what_is_said_to_all_payees_is_said_once_where_a_credit_note_is_deducted() -> None:
    rows = row("14", FIRST, "INV 1", 500, "261201", "A1"), row("16", FIRST, "CREDIT 9", 120, "261215", "C1")
    docs, _ = documents("bankgirot/lb", lb("12FOR NOVEMBER", *rows).encode("iso-8859-1"))
    [made], _ = mapped(NET, docs)
    assert made["text"] == "FOR NOVEMBER"


def test_payments_may_have_one_own_text_but_not_all_alike(site: Path) -> None:
    rows = [row("14", FIRST, reference, 900, "261201", "A1") for reference in ("INV 1", "INV 2")]
    assert codes(sent(site, lb(*rows))[0]) == []
    rows = [rows[0], rows[0], row("16", FIRST, "CREDIT 9", 120, "261215", "C1")]
    assert "NET02" in codes(sent(site, lb(*rows))[0])


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["14", "14", "14", "15", "16", "17"]),
            st.sampled_from(PAYEES[:3]),
            st.integers(1, 400),
            st.sampled_from(["261201", "261202", "261203"]),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_whatever_is_netted_no_money_is_lost_and_no_payment_is_moved(
    given_rows: list[tuple[str, str, int, str]],
) -> None:
    rows = [
        row(code, payee, f"R{number}", kronor, day, f"O{number}")
        for number, (code, payee, kronor, day) in enumerate(given_rows)
    ]
    payments, found = documents("bankgirot/lb", lb(*rows).encode("iso-8859-1"))
    assert errors(found) == []
    made, found = mapped(NET, payments)
    if errors(found):
        assert set(errors(found)) == {"NET01"}
        refused = {payment["creditor"]["account"] for payment in payments} - {
            payment["creditor"]["account"] for payment in made
        }
        payments = [one for one in payments if one["creditor"]["account"] not in refused]
        assert refused
    for payee in {one["creditor"]["account"] for one in payments}:
        before = [one for one in payments if one["creditor"]["account"] == payee]
        after = [one for one in made if one["creditor"]["account"] == payee]
        assert sum(one["amount"] for one in after) == sum(one["amount"] for one in before)
        assert all(one["amount"] > 0 for one in after)
        by_id = {one["id"]: one for one in before}
        assert all(one["execution_date"] == by_id[one["id"]]["execution_date"] for one in after)
        until = min((one["execution_date"] for one in before if one["amount"] < 0), default=None)
        netted = [one for one in after if len(one["invoices"]) > 1]
        assert len(netted) == (until is not None)
        assert all(one["execution_date"] <= until for one in netted)


# --- what is refused ---------------------------------------------------------------------------------------


def test_money_orders_are_refused_by_banks_that_take_none(site: Path) -> None:
    text = lb(
        "26000099004 HANDELSBOLAGET HB",
        "27000099004 TORSGATAN 84                       11225STOCKHOLM",
        row("14", "000099004 ", "INV 1", 900, "261201", "A1"),
    )
    tried, data = sent(site, text, bank="nordic")
    assert codes(tried) == ["BANK01"] and data == b""
    assert codes(tried, "warning") == ["LB12"]


@pytest.mark.parametrize("code", ["0", "2", "3", "4", "5", "6", "7", "9"])
def test_payments_abroad_are_refused_with_the_reason(site: Path, code: str) -> None:
    text = lb(row("14", FIRST, "INV 1", 900, "261201", "A1")).splitlines()
    text.insert(1, f"{code}1005312079".ljust(80))
    tried, data = sent(site, "\r\n".join(text) + "\r\n")
    assert codes(tried) == ["FIX041"] and data == b""
    assert "payment abroad" in tried.outcome.findings.kept[0].message


def test_cancellations_at_bankgirot_are_refused_with_the_reason(site: Path) -> None:
    text = lb(row("14", FIRST, "INV 1", 900, "261201", "A1")).splitlines()
    text.insert(1, "LB14261201".ljust(80))
    tried, _ = sent(site, "\r\n".join(text) + "\r\n")
    assert codes(tried) == ["FIX041"] and "camt.055" in tried.outcome.findings.kept[0].message
