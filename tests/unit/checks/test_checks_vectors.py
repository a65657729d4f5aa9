"""Published reference-number vectors, kept outside the repository: skipped where the file is not at hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from exchange import checks
from exchange.checks import dk_fik, fi_virtual_barcode, no_kid, rf, se_ocr

FILE = Path(__file__).resolve().parents[4] / "shared" / "facts" / "bank" / "reference-vectors.json"
VECTORS: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else []
OF_OTHERS = {"se_hmac_kvv"}  # a file seal, tested with its format


def _valid(name: str) -> Callable[[str], bool]:
    return lambda value: checks.get(name).fault(value) is None


def _complete(body: str) -> str:
    complete = checks.get("fi-viite").complete
    assert complete
    return complete(body)


def _barcode(bill: dict[str, Any]) -> str:
    due = datetime.strptime(bill["due"], "%y%m%d").date()
    return fi_virtual_barcode.build(fi_virtual_barcode.Barcode(bill["iban"], bill["cents"], bill["ref"], due))


HOW: dict[str, Callable[[Any], object]] = {
    "fi_ref_make": _complete,
    "fi_ref_valid": _valid("fi-viite"),
    "rf_make": rf.complete,
    "rf_valid": _valid("rf"),
    "fi_barcode": _barcode,
    "se_ocr_luhn_and_length_valid": lambda value: (
        se_ocr.fault_with(value, length_digit=True, lengths=None) is None
    ),
    "se_ocr_luhn_valid": _valid("se-ocr"),
    "se_bankgiro_valid": _valid("se-bankgiro"),
    "no_kid_mod10_checkdigit": lambda body: no_kid.complete_with(body, modulus=10)[-1],
    "no_kid_mod11_checkdigit": lambda body: no_kid.complete_with(body, modulus=11)[-1],
    "no_account_mod11_valid": _valid("no-account"),
    "dk_fik71_checkdigit": lambda body: dk_fik.complete_id("71", body)[-1],
    "iban_valid": _valid("iban"),
}


@pytest.mark.skipif(not VECTORS, reason="the vectors are not at hand")
@pytest.mark.parametrize(
    "vector",
    [vector for vector in VECTORS if vector["kind"] not in OF_OTHERS],
    ids=lambda vector: f"{vector['kind']}-{vector['input']}"[:60],
)
def test_vector(vector: dict[str, Any]) -> None:
    assert HOW[vector["kind"]](vector["input"]) == vector["expected"]
