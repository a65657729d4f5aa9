"""The layouts against the element trees of the schemas: no path that no version has, every limit as in the schema."""

from __future__ import annotations

import io
import re
from functools import cache
from pathlib import Path

import pytest
from iso20022_support import ISO, library, statement
from iso20022_trees import layout, placed

from exchange.formats import registry

FAMILIES = ("camt.052", "camt.053", "camt.054", "pain.001", "pain.002", "pain.008")
BEFORE_2009 = {
    "AddtlStsRsnInf", "BBAN", "BkPtyId", "CdtrRef", "CdtrRefTp", "CmbndId", "NmAndAdr", "NtwkFileNm", "OthrId",
    "PrtryAcct",
    "PrtryId", "RfrdDocNb", "RfrdDocRltdDt", "RfrdDocTp", "StsRsn", "TaxIdNb", "UPIC",
}  # fmt: skip
"""Elements that only the versions before 2009 have, of which there is no tree."""
ELSEWHERE = {
    "OrgnlPmtInfId", "OrgnlTxRef/PmtInfId", "ClrSysMmbId/Id", "PmtTpInf/CtgyPurp", "CdtrRefInf/Tp/Cd",
    "RfrdDocInf/Tp/Cd",
}  # fmt: skip
"""Paths that only those versions have, though later ones have the names."""
SINCE_2019 = {"RfrdDocInf/RltdDt/Dt", "RfrdDocAmt/RmtAmtAndTp/Amt", "Prxy/Id"}
"""Paths of later versions than the last tree of some messages."""


@cache
def tree(folder: Path, message: str) -> dict[str, str]:
    """Path without the outermost elements → facets."""
    lines = (folder / "bank" / "schema-trees" / f"{message}.tsv").read_text("utf-8").splitlines()[1:]
    cells = [line.split("\t") for line in lines]
    return {row[0].removeprefix("Document/").partition("/")[2]: row[4] for row in cells}


def trees(folder: Path, family: str) -> dict[str, str]:
    """The paths of all versions of a message."""
    files = sorted((folder / "bank" / "schema-trees").glob(f"{family}.*.tsv"))
    return {path: facets for file in files for path, facets in tree(folder, file.stem).items()}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_path_stands_in_some_version(family: str, facts: Path) -> None:
    known = trees(facts, family)
    fields = list(placed(layout(family)))
    assert len(fields) > 30
    for _, field, paths in fields:
        for own in field.paths:
            inner = "/".join(step.name for step in own.steps)
            whole = [
                re.sub("^TxInfAndSts", "OrgnlPmtInfAndSts/TxInfAndSts", path)
                for path in paths
                if path.endswith(inner)
            ]
            old = bool(BEFORE_2009 & set(inner.split("/"))) or inner in ELSEWHERE | SINCE_2019
            lent = family == "camt.054" and "/Bal/" in whole[0]  # the three statements share one shape
            assert old or lent or any(path in known for path in whole), (inner, whole)


def test_what_is_written_has_the_order_and_the_limits_of_the_schema(facts: Path) -> None:
    known = tree(facts, "pain.001.001.09")
    order = list(known)
    positions = []
    for _, field, (path, *others) in placed(layout("pain.001.001.09")):
        assert not others
        values = dict(part.split("=", 1) for part in known[path].split(" ") if "=" in part)
        if "maxLength" in values and field.constant is None:
            assert field.max_length == int(values["maxLength"]), path
        if field.values is not None or field.constant is not None:
            allowed = values.get("enum", "").split("|")
            assert set(field.values or [field.constant]) <= set(allowed), path
        if field.type in ("money", "decimal") and "totalDigits" in values:
            assert field.digits == int(values["totalDigits"]), path
        positions.append(order.index(path))
    batch = [place for place in positions if not order[place].startswith("PmtInf/CdtTrfTxInf")]
    payment = [place for place in positions if order[place].startswith("PmtInf/CdtTrfTxInf")]
    assert batch == sorted(batch)
    assert payment == sorted(payment)


def test_a_file_is_taken_for_one_layout() -> None:
    layouts = list(library().layouts())
    order = f'<Document xmlns="{ISO}pain.001.001.09"><CstmrCdtTrfInitn><GrpHdr/></CstmrCdtTrfInitn></Document>'.encode()
    for data, want in ((order, "iso20022/pain.001"), (statement(version="08"), "iso20022/camt.053")):
        assert [each.layout.layout for each in registry.recognise(data, "a.xml", layouts)] == [want]


def test_another_message_is_told_apart() -> None:
    reader = library().reader("iso20022/camt.054")
    assert reader is not None
    found: list[str] = []
    assert list(reader.read(io.BytesIO(statement()), lambda each: found.append(each.code))) == []
    assert found == ["XML010"]
