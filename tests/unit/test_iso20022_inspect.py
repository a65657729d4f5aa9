"""`exchange inspect` over every ISO 20022 file of other people: what it says against what the XML alone says.

The collection brings no expected values for these files. What is expected is counted here, by hand or from the XML with
nothing of the product in between.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from exchange.operations.looking import Inspected, inspect

FOREIGN = "jbank__appreq.xml"
"""A request of the Finnish banks' web services, whose content is not in it."""
TEMPLATES = ("camt053__template.xml", "camt053__statement.xml")
"""Texts with blanks to fill in, such as {{ amount }}, where values should stand."""
CHEQUES = "-cheque-"
"""Orders to pay by cheque, which are held: a payment here goes to an account."""
CONTRADICTING = {
    "moov__musterfile_pain.001_Nov2020.xml": {"XML013", "PAIN17"},  # says 7 payments and holds 8
    "moov__sepa_payment_naujas_1.xml": {"PAIN17", "PAIN18"},  # made-up account numbers
    "moov__International_payment_RUB_naujas_1.xml": {"PAIN18"},
    "moov__International_payment_USD_naujas_1.xml": {"PAIN18"},
    "moov__camt.053_P_CH2909000000250094239_1110092698_0_2020112503071366.xml": {"CAMT01", "CAMT02"},
    "pyiso20022__camt053_001_02.xml": {
        "CAMT02",
        "CAMT03",
        "CAMT09",
        "XML013",
    },  # its summary is of another statement
    "moov__statement_1.xml": {
        "CAMT11",
        "CAMT14",
    },  # accounts made up for the sample; available balances alone
    "moov__FI_camt_054_sample.xml.xml": {"CAMT03"},  # counts a reversal the other way round
    "moov__FI_camt_053_sample.xml.xml": {"CAMT10"},
    "moov__FI_camt_052_sample.xml.xml": {"CAMT10"},  # RF98123456789012 has wrong check digits
}
"""Files that say two different things, or hold a wrong reference, and the codes that tell it."""
SINGLE = "moov__camt.053_P"
"""An entry is a debit, its only transaction a credit; the entry counts."""
STATEMENTS = {"Stmt", "Rpt", "Ntfctn"}
SCHEMA = {"XSD001", "XSD002", "XSD003", "XSD004", "XSD011"}
"""What a file breaks of its schema, or that there is no schema here: never more than a warning."""
ORDERS = {"CdtTrfTxInf", "DrctDbtTxInf"}
Element = Any


def local(element: Element) -> str:
    """The name without its namespace."""
    return etree.QName(element).localname


def at(element: Element, path: str) -> list[Element]:
    """The elements at a path of local names."""
    found: list[Element] = element.findall("/".join(f"{{*}}{step}" for step in path.split("/")))
    return found


def text(element: Element, *paths: str) -> str | None:
    """The first text at one of some paths."""
    return next((each.text.strip() for path in paths for each in at(element, path) if each.text), None)


@cache
def tree(path: Path) -> Element:
    """The root of a file."""
    return etree.parse(path).getroot()


@cache
def looked(path: Path) -> Inspected:
    """What inspect says of a file."""
    return inspect(path, None, None)


def every(corpus: Path) -> list[Path]:
    """Every file."""
    found = sorted((corpus / "bank" / "iso20022").glob("*/*/*"))
    assert len(found) > 60
    return found


def good(corpus: Path) -> list[Path]:
    """Every file that holds values and can be read."""
    return [
        path for path in every(corpus) if path.name not in (FOREIGN, *TEMPLATES) and CHEQUES not in path.name
    ]


def found_in(path: Path, *names: str) -> list[Element]:
    """All elements of these names."""
    return [each for each in tree(path).iter(etree.Element) if local(each) in names]


def signed(element: Element) -> Decimal:
    """Its amount, with the sign of its direction."""
    value = Decimal(text(element, "Amt") or "0")
    return -value if text(element, "CdtDbtInd") == "DBIT" else value


def test_every_file_is_known_or_named(corpus: Path) -> None:
    for path in every(corpus):
        said = looked(path)
        message = path.parent.name
        if path.name == FOREIGN:
            assert (said.format, said.layout) == ("xml", None)
            assert "http://bxd.fi/xmldata/" in said.findings.kept[0].message
            continue
        assert (said.format, said.layout) == ("xml", f"iso20022/{message[:8]}"), path
        assert said.version is not None
        assert said.version.startswith(message), path
        assert said.encoding, path


def test_what_cannot_be_read_says_why(corpus: Path) -> None:
    for path in every(corpus):
        errors = {each.code for each in looked(path).findings.kept if each.severity == "error"}
        if path.name in TEMPLATES:
            assert any("{{" in (each.value or "") for each in looked(path).findings.kept), path
        elif CHEQUES in path.name:
            assert "PAIN01" in errors, path
            assert errors <= {"PAIN01", "PAIN02"}, path
        elif path.name != FOREIGN:
            assert errors <= CONTRADICTING.get(path.name, set()), path


def test_findings_are_those_of_the_schema_or_of_a_file_that_contradicts_itself(corpus: Path) -> None:
    for path in good(corpus):
        codes = {each.code for each in looked(path).findings.kept} - SCHEMA - {"PAIN03"}
        assert codes == CONTRADICTING.get(path.name, set()), path


def test_counts(corpus: Path) -> None:
    for path in good(corpus):
        documents = looked(path).documents
        if path.parent.name.startswith("camt.05") and not path.parent.name.startswith("camt.055"):
            entries = found_in(path, "Ntry")
            want = sum(max(1, len(at(entry, "NtryDtls/TxDtls"))) for entry in entries)
            assert documents["common/bank-transaction"] == want, path
        elif path.parent.name.startswith("pain.002"):
            want = len(found_in(path, "CstmrPmtStsRpt", "OrgnlPmtInfAndSts", "TxInfAndSts"))
            assert documents["common/payment-status"] == want, path
        elif path.parent.name.startswith("pain.00"):
            assert documents["common/payment"] == len(found_in(path, *ORDERS)), path


def test_totals(corpus: Path) -> None:
    for path in good(corpus):
        want: Counter[str] = Counter()
        for entry in found_in(path, "Ntry"):
            want[at(entry, "Amt")[0].get("Ccy")] += signed(entry)  # type: ignore[assignment]
        for payment in found_in(path, *ORDERS):
            amount = (at(payment, "Amt/InstdAmt") + at(payment, "InstdAmt") + at(payment, "Amt/EqvtAmt/Amt"))[
                0
            ]
            sign = -1 if local(payment) == "CdtTrfTxInf" else 1
            want[amount.get("Ccy")] += sign * Decimal(amount.text)  # type: ignore[assignment]
        got = {each["currency"]: each["credit"] - each["debit"] for each in looked(path).totals}
        assert got == dict(want), path


def test_accounts_with_their_balances(corpus: Path) -> None:
    for path in good(corpus):
        want = {}
        for statement in found_in(path, *STATEMENTS):
            owner = text(statement, "Acct/Id/IBAN", "Acct/Id/Othr/Id")
            booked = {text(each, "Tp/CdOrPrtry/Cd"): signed(each) for each in at(statement, "Bal")}
            closing = booked.get("CLBD", booked.get("ITBD") if local(statement) == "Rpt" else None)
            want[owner, text(statement, "Id")] = (booked.get("OPBD", booked.get("PRCD")), closing)
        with_entries = {
            (text(each, "Acct/Id/IBAN", "Acct/Id/Othr/Id"), text(each, "Id"))
            for each in found_in(path, *STATEMENTS)
            if at(each, "Ntry")
        }
        got = {each["id"]: (each["opening"], each["closing"]) for each in looked(path).accounts}
        known = {
            owner: balances for (owner, number), balances in want.items() if (owner, number) in with_entries
        }
        assert {owner: got.get(owner) for owner in known} == known, path


@pytest.mark.parametrize(
    ("name", "want"),
    [
        ("moov__FI_camt_053", [("EUR", "23075.00", "9430.17", 13)]),
        ("jbank__camt_054", [("EUR", "7048.00", "0", 4)]),
        ("jbank__772864574", [("EUR", "0", "1.23", 1)]),
        (
            "moov__gistfile1",
            [("EUR", "0", "500000", 1), ("JPY", "0", "10000000", 1), ("USD", "0", "1000000", 1)],
        ),
    ],
)
def test_totals_counted_by_hand(corpus: Path, name: str, want: list[tuple[str, str, str, int]]) -> None:
    (path,) = [each for each in every(corpus) if each.name.startswith(name)]
    totals = looked(path).totals
    assert [(each["currency"], each["credit"], each["debit"], each["count"]) for each in totals] == [
        (currency, Decimal(credit), Decimal(debit), count) for currency, credit, debit, count in want
    ]
