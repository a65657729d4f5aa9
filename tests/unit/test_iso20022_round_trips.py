"""What is read is written again: every ISO message that is read and written, on every file of it that is at hand.

Messages are enumerated from the layouts: one that is written and not read again, or of which no file is at hand, fails here.
What a message cannot carry, or what is made anew for each file, is named below with the reason; all else must be the same.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from iso20022_orders import faults, written
from iso20022_support import documents, library
from lxml import etree

from exchange.formats import registry
from exchange.model import Record

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpus" / "bank" / "iso20022"
WRITTEN = re.compile(r"(iso20022/[a-z]{4}\.\d{3})\.\d{3}\.\d\d")
IDS = r"batch\.(message_id|payment_info_id|created)"  # of the new file, never those of the one before
ADDRESS = r"(debtor|creditor)\.address\.(building|country|lines\.\d+|postcode|town)"
"""Lines alone are no structured address, and are told (PAY121)."""
TEXT = r"(debtor|creditor)\.name|text|creditor\.address\.street"  # characters of the bank's set, and told (PAY122, PAY126)
REGULATORY = r"regulatory\.\d+\.text"  # told (PAY128)
OURS = r"debtor\.(clearing|id_scheme)|creditor\.(clearing|clearing_system)|charges"
"""Written as banks want them for the kind of payment: a giro is a clearing number, charges of SEPA are SLEV; a payer's clearing
number is left out beside its IBAN and BIC, and read where an IBAN or a giro has none."""
NOT_WRITTEN = r"purpose"  # a payment to a supplier, which is what banks suppose
INVOICES = (
    r"invoices\.\d+\.(amount|date|kind|number)"  # of a SEPA payment they are one text of 140 characters
)
MADE_ANEW: dict[str, list[str]] = {
    "pain.001": [IDS, ADDRESS, TEXT, REGULATORY, OURS, NOT_WRITTEN, INVOICES],
    "pain.008": [IDS],
    "pain.002": [],
    "camt.054": [],
    "camt.055": [],
}
INVALID_IBANS = {"jbank__camt_054_credit_notoification_example_finland.xml"}
"""Files whose accounts were made unreadable: they are written as other accounts, since an XSD refuses them as IBANs."""


def messages() -> list[tuple[str, str, str]]:
    """Message that is written, the layout that reads it, and the mapping that leads to it."""
    names = library().catalogue.names("mapping")
    matches = [match for each in library().layouts() if (match := WRITTEN.fullmatch(each.layout))]
    return sorted(
        (match[0].partition("/")[2], match[1], name.partition("/")[2])
        for match in matches
        for name in names
        if name.endswith(f"-to-{match[0].partition('/')[2]}")
    )


@cache
def files() -> dict[str, list[Path]]:
    """Files by the layout that reads them: inputs and results of samples, and those of other people where they are."""
    reading = sorted({family for _, family, _ in messages()})
    known = [declared for declared in library().layouts() if declared.layout in reading]
    found = defaultdict(list)
    for path in (*sorted(ROOT.glob("samples/**/*.xml")), *sorted(CORPUS.rglob("*.*"))):
        if path.is_file():
            for candidate in registry.recognise(path.read_bytes(), path.name, known)[:1]:
                found[candidate.layout.layout].append(path)
    return found


def flat(value: Any, name: str = "") -> dict[str, Any]:
    """The values of a document that are not empty, dotted."""
    if isinstance(value, dict):
        inner = [flat(one, f"{name}.{key}".lstrip(".")) for key, one in value.items() if key[0] != "@"]
        return {key: one for each in inner for key, one in each.items()}
    if isinstance(value, list):
        return {key: one for at, each in enumerate(value) for key, one in flat(each, f"{name}.{at}").items()}
    return {} if value in (None, False) else {name: value}


def comparable(rows: list[Record], family: str) -> list[tuple[tuple[str, str], ...]]:
    """Documents by what each says, without what is made anew, in an order of their own. A payment without an id is called after its file."""
    anew = [re.compile(each) for each in MADE_ANEW[family.partition("/")[2]]]
    kept = [
        {
            name: one
            for name, one in flat(row).items()
            if not any(each.fullmatch(name) for each in anew) and not is_called_after_file(name, row)
        }
        for row in rows
        if row.get("level") not in ("file", "batch") or row.get("whole") or row.get("verdict")
    ]
    return sorted(tuple(sorted((name, str(one)) for name, one in each.items())) for each in kept)


def is_called_after_file(name: str, row: Record) -> bool:
    message = (row.get("batch") or {}).get("message_id")
    return name == "id" and message is not None and str(row["id"]).startswith(f"{message}/")


def without_new_batches(again: list[Record], made: list[Record]) -> list[Record]:
    """Payments of pain.002 in version 02 stand in no batch. Later versions need one, and it says what is said of the whole file."""
    if any(row.get("level") == "batch" for row in made):
        return again
    return [row for row in again if row.get("level") != "batch"]


@pytest.mark.parametrize(("message", "family", "mapping"), messages(), ids=lambda each: str(each))
def test_what_is_read_is_written_the_same(message: str, family: str, mapping: str) -> None:
    good = 0
    for path in files()[family]:
        made, _ = documents(path.read_bytes(), family)
        data, found = written(message, *made, mapping=mapping)
        if not made or any(each.severity == "error" for each in found):
            continue  # what the rules of this version refuse: tests of the rules are elsewhere
        assert faults(etree.fromstring(data), message) == [], path
        again, problems = documents(data, family)
        assert [each.code for each in problems if each.severity == "error"] == [], path
        assert {each["@kind"] for each in again} == {each["@kind"] for each in made}, path
        again = without_new_batches(again, made)
        if path.name not in INVALID_IBANS:
            assert comparable(again, family) == comparable(made, family), path
            assert written(message, *again, mapping=mapping)[0] == data, path
        good += 1
    assert good, f"no file is at hand that {message} is written from: make a sample"


def test_every_written_message_is_read() -> None:
    layouts = {each.layout for each in library().layouts()}
    assert {name for name in layouts if WRITTEN.fullmatch(name)} == {
        f"iso20022/{message}" for message, _, _ in messages()
    }
    assert {family for _, family, _ in messages()} <= layouts
    assert {family.partition("/")[2] for _, family, _ in messages()} == set(MADE_ANEW)
