"""Files whose number is made of the time alone: copies of one file may share it, different files of one flow may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from exchange.declare.problems import DeclarationError
from tests.flow.test_passed import content

OCR = '  - {map: [MAPPING], write: netsgiro/ocr, at: "folder:FOLDER", name: "{arrival.id}NAME", per: PER}\n'
FLOW = """layout: iso20022/camt.054
map: [iso20022/camt.054-to-bank-transaction]
to:
  - {map: [netsgiro/bank-transaction-not-in-ocr], write: generic/not-carried, at: "folder:by-hand", name: "{arrival.id}.csv"}
"""
OURS = "mapping: ours/ocr\nlike: netsgiro/bank-transaction-to-ocr\nfrom: common/bank-transaction\nto: netsgiro/ocr\n"


def ocr(mapping: str = "netsgiro/bank-transaction-to-ocr", folder: str = "a", per: str = "file") -> str:
    name = "-{n}" if per == "document" else ""
    told = OCR.replace("MAPPING", mapping).replace("FOLDER", folder)
    return told.replace("NAME", name).replace("PER", per)


def test_copies_of_one_file_bear_one_number(tmp_path: Path) -> None:
    assert len(content(tmp_path, FLOW + ocr() + ocr(folder="b")).ways) == 3


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        (ocr() + ocr("ours/ocr", folder="b"), "the same number as another one of this flow"),
        (ocr(per="document"), "all files would bear the same number"),
    ],
)
def test_files_that_differ_do_not(tmp_path: Path, targets: str, said: str) -> None:
    (tmp_path / "mappings/ours").mkdir(parents=True)
    (tmp_path / "mappings/ours/ocr.yaml").write_text(OURS, "utf-8")
    with pytest.raises(DeclarationError) as raised:
        content(tmp_path, FLOW + targets)
    assert said in raised.value.problems[-1].message
