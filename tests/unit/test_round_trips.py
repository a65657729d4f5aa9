"""What is read is written again: every layout of bank files that are no XML, on every file of it that is at hand.

A layout without any file fails here until it has a sample, or a test of its own that writes what it read.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from bank_files import CORPUS, errors, files, names, plain, records, written

from exchange.model import Record

ELSEWHERE = {
    "bankgirot/autogiro-": "test_autogiro.py",
    "bankdata/entries-v3": "test_danish_listings.py",
    "bec/csv": "test_danish_listings.py",
    "nordea/dk-unitel-v3": "test_danish_listings.py",
    "nets-dk/slip-payments": "test_danish_collections.py",
    "betalingsservice/information": "test_danish_collections.py",
}
"""Beginnings of layouts of which no file is at hand, and where files made by hand are written again."""
NOT_ONE_FORM = {
    "aeb/norma-43": "lines may end where their last value does",
    "danskebank/cmkv": "some values are quoted, some are not",
    "danskebank/cmkxksx": "all values are quoted, also the empty ones",
    "telepay/payments": "a day that is left out is blanks or zeros",
    "swift/mt940": "banks break the lines of field 86 where they like",
}
"""Layouts whose files may be written in several ways, so that bytes may differ."""
COUNTED_ANEW = {"547404896.TO"}
"""Files that leave a count out, which is told when they are written."""


def bare(rows: list[Record], counts: bool) -> list[Record]:
    """Records without where they stood. counts: whether a count that was left out matters."""
    made = [plain(row) for row in rows]
    for row in made if not counts else ():
        (row.get("statement") or row).pop("records", None)
    return made


@pytest.mark.parametrize("name", names())
def test_what_is_read_is_written_the_same(name: str) -> None:
    good, identical = 0, 0
    for path in files()[name]:
        raw = path.read_bytes()
        rows, found = records(name, raw)
        if errors(found) or not rows:
            continue
        again, problems = written(name, rows)
        if name == "swift/mt940" and errors(problems) == ["MT053"]:
            continue  # lines that look like fields, which SWIFT does not allow
        assert errors(problems) == [], path
        counts = path.name not in COUNTED_ANEW
        if name != "swift/mt940":  # its own tests compare what is left after lines are broken anew
            assert bare(records(name, again)[0], counts) == bare(rows, counts), path
        good, identical = good + 1, identical + (again == raw)
    tested = next((where for start, where in ELSEWHERE.items() if name.startswith(start)), None)
    if tested is not None:
        assert name in (Path(__file__).parent / tested).read_text(encoding="utf-8")
        return
    if CORPUS.is_dir() or good:
        assert good, f"no file of {name} is at hand: make a sample"
        assert identical or name in NOT_ONE_FORM


def test_reasons_are_for_layouts_that_exist() -> None:
    for start in (*ELSEWHERE, *NOT_ONE_FORM):
        assert any(name.startswith(start) for name in names()), start
