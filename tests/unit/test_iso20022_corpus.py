"""Real and published ISO 20022 files: counts, sums and values that were compared with the files by eye."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from iso20022_support import codes, taken
from iso20022_support import documents as every_document

from exchange.findings import Finding
from exchange.model import Record

FAMILIES = ("camt.052", "camt.053", "camt.054", "pain.001", "pain.002", "pain.008")
TEMPLATES = ("camt053__template.xml", "camt053__statement.xml")
"""Texts with {{…}} where values belong."""
FOREIGN = ("jbank__appreq.xml",)
"""A request to a bank's file service, stored among the answers."""


def documents(data: bytes, layout: str) -> tuple[list[Record], list[Finding]]:
    """The movements and orders of a file, without the statements that have none."""
    made, found = every_document(data, layout)
    return [each for each in made if each["@kind"] != "bank_statement"], found


def files(corpus: Path) -> list[Path]:
    """Every file of a message that is read."""
    found = sorted(path for path in (corpus / "bank" / "iso20022").rglob("*") if path.is_file())
    return [path for path in found if path.parent.name[:8] in FAMILIES]


def of(corpus: Path, *names: str) -> list[Record]:
    """The documents of the files whose names begin so; no file has errors."""
    made: list[Record] = []
    paths = [path for path in files(corpus) if path.name.startswith(names)]
    assert paths
    for path in paths:
        documents_, found = documents(path.read_bytes(), f"iso20022/{path.parent.name[:8]}")
        assert [each for each in found if each.severity == "error"] == []
        made += documents_
    return made


def sums(made: list[Record]) -> dict[str, Decimal]:
    """Sums by currency."""
    total: Counter[str] = Counter()
    for document in made:
        total[document["currency"]] += document["amount"]
    return dict(total)  # type: ignore[arg-type]


WRONG_IN_THEMSELVES = {
    "moov__musterfile_pain.001_Nov2020.xml": {"XML013"},  # says 7 transactions and holds 8
    "moov__camt.053_P_CH2909000000250094239_1110092698_0_2020112503071366.xml": {"CAMT02"},  # lacks an entry
    "pyiso20022__camt053_001_02.xml": {"CAMT02"},  # put together of several statements
}


def test_every_file_becomes_documents(corpus: Path) -> None:
    empty = []
    for path in files(corpus):
        made, found = documents(path.read_bytes(), f"iso20022/{path.parent.name[:8]}")
        errors = [each for each in found if each.severity == "error"]
        if not made:
            empty.append(path.name)
            assert errors
        else:
            assert {each.code for each in errors} == WRONG_IN_THEMSELVES.get(path.name, set()), path
        for document in made:
            assert document["amount"] is not None or "verdict" in document
    cheques = [name for name in empty if "cheque" in name]
    assert sorted(set(empty) - set(cheques)) == sorted({*TEMPLATES, *FOREIGN})
    assert len(cheques) == 5


def test_a_wrong_number_of_transactions_is_told(corpus: Path) -> None:
    (path,) = [path for path in files(corpus) if path.name == "moov__musterfile_pain.001_Nov2020.xml"]
    made, found = documents(path.read_bytes(), "iso20022/pain.001")
    assert (len(made), codes(found)) == (8, ["PAIN17", "PAIN17", "XML013"])
    (total,) = [each for each in found if each.code == "XML013"]
    assert "says 7, but what was read gives 8" in total.message


def test_finnish_statement(corpus: Path) -> None:
    made = of(corpus, "moov__FI_camt_053")
    assert (len(made), sums(made)) == (13, {"EUR": Decimal("13644.83")})
    names = ("statement.opening", "statement.closing", "statement.id", "statement.sequence")
    assert taken(made[0], *names) == (10000, Decimal("23644.83"), "BANKSTMTID0972009", "120")
    assert taken(made[0], "amount", "batch.count", "batch.payment_info_id", "bank_code.proprietary") == (
        Decimal("-1000.12"),
        4,
        "CustRefForSalaBatch",
        "NTRF+701TransactionCodeText",
    )
    batch = [each for each in made if each["entry_ref"] == "091029ACCTSTMTARCH03"]
    assert [each["amount"] for each in batch] == [
        Decimal("-2000.02"),
        Decimal("-1000.01"),
        Decimal("-1230.02"),
    ]
    assert taken(batch[0], "reference", "reference_scheme", "counterparty.name", "counterparty.account") == (
        "3900",
        "fi-viite",
        "Creditor Company",
        "29501800020582",
    )
    assert (batch[1]["text"], batch[2]["invoices"][0]["number"]) == ("Invoices 123 and 321", "217827182718")
    dollars = next(each for each in made if each["entry_ref"] == "091029ACCTSTMTARCH06")
    assert taken(dollars, "amount", "charges", "original_amount.amount", "original_amount.currency") == (
        2120,
        20,
        3200,
        "USD",
    )
    assert taken(dollars, "original_amount.rate", "counterparty.bic") == (Decimal("0.666667"), "BOFAUS6H")


def test_finnish_statement_of_a_small_bank(corpus: Path) -> None:
    (made,) = of(corpus, "jbank__772864574")
    assert taken(made, "account", "amount", "entry_ref", "text", "counterparty.account") == (
        "FI4947300010416310", Decimal("-1.23"), "191204473047ID5966", "TESTIMAKSUN SIIRTO TAKAISIN",
        "FI7947304720037952",
    )  # fmt: skip
    assert taken(made, "statement.opening", "statement.closing", "statement.sequence") == (
        Decimal("56.23"),
        Decimal("55"),
        "91",
    )
    assert taken(made, "bank_code.proprietary", "bank_code.issuer") == ("720OTTO TILISIIRTO", "FFFS")


def test_finnish_advices(corpus: Path) -> None:
    made = of(corpus, "jbank__camt_054")
    assert [each["amount"] for each in made] == [
        Decimal("88.16"),
        Decimal("742.45"),
        Decimal("6000.54"),
        Decimal("216.85"),
    ]
    assert [each["reference"] for each in made] == ["9597349", "9544208", None, None]
    kinds = [(each["number"], each["kind"], each["amount"]) for each in made[2]["invoices"]]
    assert kinds == [
        ("9580572", "invoice", Decimal("6256.7")),
        ("00000000000009580521", "credit", Decimal("166.46")),
        ("00000000000009579095", "credit", Decimal("89.7")),
    ]
    bank = of(corpus, "moov__FI_camt_054")
    assert [taken(each, "amount", "batch.index", "batch.count") for each in bank[:2]] == [
        (1900, 1, 2),
        (100, 2, 2),
    ]
    assert [each["reference"] for each in bank[:6]] == [None, "43216", "3900", "43216", None, "557742358"]
    lists = [[tuple(line.values()) for line in bank[place]["invoices"]] for place in (0, 4)]
    assert lists == [
        [("3900", "invoice", 2500), ("12344", "credit", 600)],
        [("RF7812345", "invoice", 3500), ("RF0812344", "credit", 1000)],
    ]
    returned = [each for each in bank if each["returned_reason"]]
    assert [taken(each, "amount", "returned_reason", "reversal", "status") for each in returned] == [
        (40, "AC01", True, "information"),
        (60, "CUST", True, "information"),
    ]


def test_swiss_advices(corpus: Path) -> None:
    made = of(corpus, "moov__200519_camt054-ESR-ASR")
    assert [each["amount"] for each in made] == [250, 200, 300, 324, 463, -147]
    assert made[0]["reference"] == "120000000000234478943216899"
    assert {each["entry_ref"] for each in made[:5]} == {"07582000303KBMSU"}
    assert taken(made[5], "charges", "bank_code.subfamily") == (None, "CWDL")  # its charge is not inside
    (returned,) = of(corpus, "moov__camt054-returns")
    assert taken(returned, "amount", "reversal", "returned_reason", "end_to_end_id", "bank_code.subfamily") == (
        500, True, "AC01", "EndToEndId-001-03-04", "RRTN",
    )  # fmt: skip
    assert taken(returned, "counterparty.name", "batch.payment_info_id") == (
        "Robert Schneider SA",
        "PmtInfId-001-03",
    )
    references = [each["reference"] for each in of(corpus, "moov__200519_camt.054_P")]
    assert references == ["539115429773825311971477453", "662437765447746478179744715"]


def test_a_swiss_statement_that_contradicts_itself(corpus: Path) -> None:
    """An entry is a debit of 77.70, its transaction a credit; and the closing balance lacks 1537.00 of the next day."""
    (path,) = [path for path in files(corpus) if path.name.startswith("moov__camt.053_P")]
    made, found = documents(path.read_bytes(), "iso20022/camt.053")
    assert [each["amount"] for each in made] == [
        Decimal(text) for text in ("4.50", "-77.70", "1500.00", "1537.00", "1692.22")
    ]
    assert codes(found) == ["CAMT01", "CAMT02"]
    assert "the difference is -1537.00" in next(each.message for each in found if each.code == "CAMT02")


def test_lithuanian_statement(corpus: Path) -> None:
    made = of(corpus, "moov__statement_1")
    assert (len(made), sums(made)) == (4, {"EUR": Decimal("-2768.08")})
    assert taken(made[0], "amount", "counterparty.account", "instruction_id", "end_to_end_id") == (
        Decimal("-1.64"), "LT007180000000000001", "215431", None,
    )  # fmt: skip
    assert taken(made[0], "statement.opening", "statement.closing") == (None, None)  # available balances only


def test_intraday_reports(corpus: Path) -> None:
    made = of(corpus, "pyiso20022__camt052")
    assert len(made) == 17
    assert Counter(each["account"] for each in made) == {"105084986": 11, "101153270": 4, "101152931": 2}
    assert taken(made[0], "amount", "counterparty.name", "counterparty.account", "statement.kind") == (
        Decimal("14.67"), "air001 incoming fedwire-USD", "12345678", "intraday",
    )  # fmt: skip
    (pending, _) = of(corpus, "moov__FI_camt_052")
    assert taken(pending, "status", "amount", "original_amount.amount") == ("pending", 2120, 3200)


@pytest.mark.parametrize(
    ("name", "want"),
    [
        ("jbank__547958656", [("file", "ACCP", "accepted")]),
        ("moov__pain002-epo_p_0_0_0_2018032614401842", [("file", "RJCT", "rejected")]),
        (
            "moov__pain002-epo_p_ch2909",
            [("batch", "RJCT", "rejected"), ("file", None, "unknown"), ("payment", "RJCT", "rejected")],
        ),
        ("moov__pain002-chdd", [("batch", "ACCP", "accepted"), ("file", None, "unknown")]),
    ],
)
def test_answers(corpus: Path, name: str, want: list[tuple[Any, ...]]) -> None:
    made = of(corpus, name)
    assert sorted((taken(each, "level", "status", "verdict") for each in made), key=str) == want


def test_orders(corpus: Path) -> None:
    swedish = of(corpus, "pain001cov__se.bankgiro")
    assert [taken(each, "amount", "creditor.account_scheme", "reference") for each in swedish] == [
        (18450, "bankgiro", "20260911000000316"),
        (2990, "bankgiro", "123456782"),
    ]
    instructed = of(corpus, "moov__gistfile1")
    assert sums(instructed) == {"JPY": 10_000_000, "EUR": 500_000, "USD": 1_000_000}
    assert [each["invoices"][0]["number"] for each in instructed] == ["4562", "ABC-13679", "987-AC"]
    (debit,) = of(corpus, "pain001cov__fr.sepa.sdd")
    assert taken(debit, "kind", "mandate.id", "mandate.sequence", "mandate.creditor_id") == (
        "direct-debit", "EAR-RUM-000123", "RCUR", "FR72ZZZ123456",
    )  # fmt: skip
