"""Every published version of every message that is read: messages made by machine, with all their elements.

The published schemas lie beside the repository; without them these tests are skipped. `EXCHANGE_DEEP=1` takes every
version and more instances, otherwise the last versions and a seeded sample of the others.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from iso20022_instances import NAMESPACE, Tree
from iso20022_support import documents, library, read
from iso20022_trees import elements, filled_in, layout, placed, tree_text
from lxml import etree

from exchange.formats import registry

MESSAGES = ("camt.029", "camt.052", "camt.053", "camt.054", "camt.055", "camt.056", "camt.060")
MESSAGES += ("pain.001", "pain.002", "pain.007", "pain.008")  # fmt: skip
BANK = Path(__file__).parents[2].parent / "shared" / "corpus" / "bank"
DEEP = os.environ.get("EXCHANGE_DEEP") == "1"
INSTANCES = 8 if DEEP else 4
"""Eight messages of a version show each alternative of nested choices once at least."""
BEFORE_2009 = {"pain.001.001.02", "pain.002.001.02", "pain.008.001.01"}
"""Their trees cannot be told as others are (a choice in the middle of other elements); read by tests/unit/test_iso20022_payments.py."""
NOT_IN = {
    "camt.054": {
        f"statement.balances.{name}" for name in ("code", "subtype", "amount", "currency", "direction")
    }
    | {"statement.balances.date", "statement.balances.moment"},
}
"""What the three statements share, but one of them never has."""
SINCE = {
    "uetr": 10, "execution_moment": 8, "statement.page": 3, "statement.last_page": 3, "charges.included": 4,
    "refused_changes.proprietary": 8, "request.sequence_from": 4, "request.sequence_to": 4,
}  # fmt: skip
"""Fields that versions before these have no element for, by the ends of their names."""
UNTIL = {"structured.credited": 10, "payment.payment_info_id": 2, "payment.regulatory.code": 12}
"""Fields whose element later versions have no more: the amount of a credit note is read as any other."""


def versions() -> list[str]:
    """The versions to try."""
    published = [
        f"{message}.001.{version}"
        for message in MESSAGES
        for version in layout(message).versions
        if (BANK / "xsd" / message[:4] / f"{message}.001.{version}.xsd").is_file()
    ]
    known = [each for each in published if each not in BEFORE_2009]
    last = [each for each in known if each[-2:] == layout(each[:8]).versions[-1]]
    return known if DEEP else sorted({*last, *random.Random(20022).sample(known, min(5, len(known)))})


@pytest.fixture(scope="module", params=versions() or ["none"])
def message(request: pytest.FixtureRequest) -> str:
    """One version of a message."""
    if request.param == "none":
        pytest.skip("no published schemas beside the repository")
    name: str = request.param
    return name


@cache
def made(message: str) -> list[bytes]:
    """Whole messages of a version."""
    tree, turns = Tree(message, tree_text(BANK, message)), Counter[str]()
    return [etree.tostring(tree.whole(random.Random(seed), turns)) for seed in range(INSTANCES)]


def gone(field: str, version: int) -> bool:
    """Whether a version is known to have no element for a field."""
    early = any(field.endswith(name) and version < first for name, first in SINCE.items())
    late = any(field.endswith(name) and version > last for name, last in UNTIL.items())
    return early or late or field.startswith("lone_payment")


def test_every_field_is_read_from_every_version_that_has_it(message: str) -> None:
    family, version = message[:8], int(message[-2:])
    declared, held = layout(family), elements(tree_text(BANK, message))
    seen: set[str] = set()
    (candidate,) = registry.recognise(made(message)[0], "a.xml", library().layouts())
    assert candidate.layout.layout == declared.layout
    assert registry.sniff(made(message)[0])[0].version == message
    for data in made(message):
        records, found = read(data, declared.layout)
        assert {each.code for each in found} <= {
            "XML013",
            "VAL001",
        }  # control sums and texts are made at random
        assert records or "VAL001" in {each.code for each in found}  # a random text may be all blanks
        seen |= filled_in(records, declared.kinds())
    there = {name for name, _, paths in placed(declared) if held.intersection(paths)}
    if not DEEP:  # fewer instances, in which a rare alternative may be missing
        seen |= {name for name in there if name.startswith("message.refused_changes")}
    assert (
        there - seen
        <= {name for name in there if name.endswith(("details.amount", "details.currency"))}
        | {
            "entry.details.direction"  # in the oldest version the entry itself has these, its transactions have not
        }
    )
    absent = {name for name, *_ in placed(declared)} - there - NOT_IN.get(family, set())
    assert {name for name in absent if not gone(name, version)} == set()


def test_documents_are_made_of_every_version(message: str) -> None:
    for data in made(message)[:1]:
        assert NAMESPACE + message in data.decode()
        documents_, found = documents(data, f"iso20022/{message[:8]}")
        assert documents_ or found


def test_what_was_published_is_known() -> None:
    if not BANK.is_dir():
        pytest.skip("no published schemas beside the repository")
    for message in MESSAGES:
        there = {path.stem[-2:] for path in (BANK / "xsd" / message[:4]).glob(f"{message}.001.*.xsd")}
        assert {"01", *layout(message).versions} >= there, message
