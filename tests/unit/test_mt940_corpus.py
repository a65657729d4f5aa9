"""Real and published statement messages: every file is read or refused with the reason, and what another reader made
of them (with its known differences) is what becomes of them here.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from iso20022_support import documents, library
from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from exchange.findings import Finding
from exchange.formats import registry
from exchange.model import Record

LAYOUT = "swift/mt940"
PARTS = {
    **dict.fromkeys(
        [
            *("betterplace__empty_86", "betterplace__empty_entry_date", "betterplace__empty_line"),
            *(
                "betterplace__missing_crlf_at_end",
                "cmxl__account_balance_credit",
                "cmxl__account_balance_debit",
            ),
            *(
                "cmxl__available_balance",
                "cmxl__closing_balance",
                "cmxl__reference",
                "cmxl__statement_details",
            ),
            *("cmxl__statement_line", "cmxl__statement_number", "self-provided__empty_non_swift"),
            "self-provided__sparkassen",
        ],
        "MT031",
    ),
    "betterplace__amount_formats": "MT035",
    "betterplace__currency_in_25": "MT032",
    "cmxl__account_identification_iban": "MT032",
    "cmxl__account_identification_legacy": "MT032",
    "self-provided__account_identification": "MT032",
    "self-provided__gv_codes": "MT033",
}
"""Files that are parts of messages, and the first error that says so."""
EDITED = (
    *("jejik__abnamro", "jejik__rabobank", "jejik__triodos", "self-provided__malformed_details"),
    *("self-provided__overly_long_details", "self-provided__whitespace"),
)
"""Files whose amounts were changed or whose entries were taken out before they were published."""
EMPTY = ("self-provided__long_statement_number",)


def files(corpus: Path) -> list[Path]:
    found = sorted((corpus / "bank").glob("mt94[02]/*/*"))
    assert len(found) >= 41
    return found


def errors(found: list[Finding]) -> list[str]:
    return [each.code for each in found if each.severity == "error"]


def movements(path: Path) -> list[Record]:
    """The entries of a file as documents, without the statements that have none."""
    return [each for each in documents(path.read_bytes(), LAYOUT)[0] if each["@kind"] == "bank_transaction"]


def test_every_file_is_recognised_and_read_or_refused(corpus: Path) -> None:
    for path in files(corpus):
        candidates = registry.recognise(path.read_bytes(), path.name, library().layouts())
        assert [each.layout.layout for each in candidates] == [LAYOUT], path
        made, found = documents(path.read_bytes(), LAYOUT)
        if path.stem in PARTS:
            assert made == [] and errors(found)[0] == PARTS[path.stem], path
        elif path.stem in EDITED:
            assert made and set(errors(found)) <= {"MT020", "MT022"} and errors(found), path
        elif path.stem == "self-provided__multiline":
            assert (len(made), errors(found)) == (
                1,
                ["MT031"],
            )  # an entry without a message stands at its end
        else:
            kinds = {each["@kind"] for each in made}
            assert errors(found) == [] and kinds, path
            assert ("bank_transaction" in kinds) == (path.stem not in EMPTY), path


def plain(node: Node) -> Any:
    """A node without its tags: the files are objects of another program."""
    if isinstance(node, MappingNode):
        return {plain(key): plain(value) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return [plain(each) for each in node.value]
    return None if node.tag is not None and str(node.tag).endswith(":null") else node.value


def expected(path: Path) -> Iterator[dict[str, Any]]:
    """The transactions of a file of expected values."""
    top = YAML().compose(path.read_text(encoding="utf-8"))
    transactions = next(value for key, value in top.value if key.value == "transactions")
    for each in transactions.value:
        yield next(plain(value) for key, value in each.value if key.value == "data")


def day(packed: list[str] | None) -> date | None:
    if not packed:
        return None
    raw = base64.b64decode(packed[0])
    return date(raw[0] * 256 + raw[1], raw[2], raw[3])


def differences(want: dict[str, Any], got: Record, name: str) -> list[str]:
    """What a document says otherwise than expected, without the differences that are told in the documentation."""
    amount = Decimal(want["amount"]["amount"][0])
    expecting = {
        "amount": -amount if want["status"] == "RC" else amount,
        "currency": want["currency"],
        "valued": day(want["date"]),
        "booked": day(want.get("entry_date")) or day(want["date"]),
        "entry_ref": want.get("bank_reference") or got["entry_ref"],
    }
    reference = (want.get("customer_reference") or "").strip()
    if reference and reference != "NONREF" and not reference.startswith(("KREF", "EREF")):
        # another reader cuts references at 16 characters
        expecting["instruction_id"] = got["instruction_id"]
        assert (got["instruction_id"] or "").startswith(reference[:16].strip()), name
    for theirs, ours in (("applicant_name", "name"), ("applicant_iban", "account"), ("applicant_bin", "bic")):
        if want.get(theirs) and name != "cmxl__mt940":
            assert glued(got["counterparty"][ours]) == glued(want[theirs]), name
    end_to_end = (want.get("end_to_end_reference") or "").partition("MTLG:")[0]
    if end_to_end and end_to_end != "NONREF":
        assert glued(got["end_to_end_id"]) == glued(end_to_end), name
    if want.get("purpose"):
        theirs, ours = glued(want["purpose"].partition("MTLG:")[0]), glued(got["text"])
        assert ours.startswith(theirs) or theirs.startswith(ours), name  # sub-fields 60 to 63 are ours alone
    return [field for field, value in expecting.items() if got[field] != value]


def glued(text: str | None) -> str:
    """Without blanks: whether one belongs between two parts of field 86 cannot be known."""
    return "".join((text or "").split())


def test_values_are_those_of_another_reader(corpus: Path) -> None:
    compared = 0
    for path in sorted((corpus / "bank" / "expected" / "wolph-mt940").glob("*.yml")):
        sources = [each for each in files(corpus) if each.stem == path.stem]
        if not sources or path.stem in PARTS:
            continue
        made = movements(sources[0])
        want = list(expected(path))
        if path.stem == "self-provided__multiline":
            want = want[:1]
        assert len(made) == len(want), path
        for one, other in zip(want, made, strict=True):
            assert differences(one, other, path.stem) == [], (path.stem, one, other)
            compared += 1
    assert compared >= 159


@pytest.mark.parametrize(
    ("stem", "account", "opening", "closing", "receipts", "payments"),
    [
        ("ASNB__mt940", "NL81ASNB9999999999", "444.29", "501.23", "2828.90", "2771.96"),
        ("citi__mt940", "123456789", "17376.67", "16233.92", "0", "1142.75"),
        ("sberbank__171011_01234945", "1966315302010001", "627311.30", "617874.30", "0", "9437.00"),
    ],
)
def test_statements_from_their_first_to_their_last_balance(
    corpus: Path, stem: str, account: str, opening: str, closing: str, receipts: str, payments: str
) -> None:
    (path,) = [each for each in files(corpus) if each.stem == stem]
    made = movements(path)
    assert {each["account"] for each in made} == {account}
    ends = made[0]["statement"]["opening"], made[-1]["statement"]["closing"]
    assert ends == (Decimal(opening), Decimal(closing))
    assert sum(each["amount"] for each in made if each["amount"] > 0) == Decimal(receipts)
    assert -sum(each["amount"] for each in made if each["amount"] < 0) == Decimal(payments)
