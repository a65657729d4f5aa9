"""What a file for an old program has no room for stands in the listing beside it: both together are what the bank told."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bank_files import errors, library, mapped

from exchange.declare.problems import DeclarationError
from exchange.flow.site import open_site
from exchange.model import KIND, Record
from exchange.operations.making import new

FILES = {
    "netsgiro/bank-transaction-not-in-ocr": ["netsgiro/bank-transaction-to-ocr"],
    "finanssiala/bank-transaction-not-in-ktl": ["finanssiala/bank-transaction-to-ktl"],
    "finanssiala/bank-transaction-not-in-tito": ["finanssiala/bank-transaction-to-tito"],
    "bankgirot/bank-transaction-not-in-lb": [
        "bankgirot/bank-transaction-to-lb-paid", "bankgirot/bank-transaction-to-lb-money-orders",
    ],
}  # fmt: skip
"""By listing, the files beside it of which each movement stands in one at most."""
ONE_OF: dict[str, list[Any]] = {
    "status": ["booked", "booked", "booked", "pending", "information"],
    "currency": ["EUR", "NOK", "SEK", "USD"],
    "account": ["FI4250001510000023", "50001510000023", "NO9386011117947", "86011117947", "SE4550000000058398257466", "5312079"],
    "amount": [Decimal("125.50"), Decimal("-125.50"), Decimal("100000000.00"), Decimal("0.00")],
    "reversal": [None, True, False],
    "reference": [None, "1234561", "RF332348236", "0000531", "12345"],
    "event": [None, "receipt", "return", "fee"],
    "instruction_id": [None, "14-5312079-0076401231-NB-1", "14-5312079-0000001875-NB-2", "54-5312079-0000012345-NB-3", "X1"],
    "bank_code": [None, {"proprietary": "12", "issuer": "NETS"}, {"proprietary": "705", "issuer": "FFFS"}],
}  # fmt: skip


def movements(count: int) -> list[Record]:
    """Movements of every kind, each with an amount that makes it known again."""
    dice = random.Random(5)
    made = []
    for n in range(count):
        day = date(2026, 3, 2)
        chosen = {name: dice.choice(values) for name, values in ONE_OF.items()}
        if chosen["amount"]:
            chosen["amount"] += Decimal(n + 1) / 100
        fixed = {
            KIND: "bank_transaction", "booked": day, "valued": day, "entry_ref": f"2603020000{n:05}",
            "statement": {"id": "17", "sequence": "17", "kind": "statement"},
        }  # fmt: skip
        made.append(fixed | chosen)
    return made


@pytest.mark.parametrize(("listing", "files"), FILES.items(), ids=FILES)
def test_file_and_listing_together_are_what_the_bank_told(listing: str, files: list[str]) -> None:
    rest = Counter(row["amount"] for each in movements(600) for row in mapped(listing, [each])[0])
    carried: Counter[Decimal] = Counter()
    told = movements(600)
    for each in told:
        for name in files:
            rows, found = mapped(name, [each])
            refused = not rows and errors(found)  # held, and so neither lost nor sent
            carried[each["amount"]] += bool(rows or refused)
    assert carried and rest
    assert carried + rest == Counter(each["amount"] for each in told)


def test_every_file_whose_leavings_must_be_taken_has_a_listing() -> None:
    known = library()
    steps = [step for name in known.catalogue.names("mapping") if (step := known.mapping(name)) is not None]
    wanted = {step.name for step in steps if step.compiled.plan.nothing_lost}
    assert wanted == {name for step in steps for name in step.compiled.plan.rest_of}
    assert wanted >= {name for files in FILES.values() for name in files} | {"bankgirot/camt.054-to-bgmax"}


@pytest.mark.parametrize(
    ("flow", "cut", "said"),
    [
        ("receipts", "bankgirot/camt.054-not-in-bgmax", "What bankgirot/camt.054-to-bgmax leaves out would be lost"),
        ("debits", "bankgirot/bank-transaction-to-lb-paid", "no target of this flow has that mapping"),
    ],
)  # fmt: skip
def test_a_flow_that_would_lose_movements_does_not_start(
    tmp_path: Path, flow: str, cut: str, said: str
) -> None:
    new(tmp_path / "site", "swedish-bridge")
    path = tmp_path / f"site/flows/{flow}.yaml"
    head, *targets = path.read_text("utf-8").split("\n  - ")
    path.write_text("\n  - ".join([head, *(each for each in targets if f"[{cut}" not in each)]), "utf-8")
    with pytest.raises(DeclarationError) as wrong:
        open_site(tmp_path / "site")
    assert said in str([problem.message for problem in wrong.value.problems])
