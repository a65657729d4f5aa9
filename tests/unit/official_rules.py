"""What others judge by: the schemas of UBL and CII, and the rules of EN 16931 and Peppol as compiled Schematron."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from invoice_support import CORPUS
from lxml import etree

PEPPOL = CORPUS / "peppol-billing3/xslt-2026.5"
FAILED = "{http://purl.oclc.org/dsdl/svrl}failed-assert"


@cache
def schema(path: str) -> etree.XMLSchema:
    """A schema of the corpus. Skips where it is not."""
    whole = CORPUS / path
    if not whole.is_file():
        pytest.skip(f"{whole} is not here")
    return etree.XMLSchema(etree.parse(str(whole)))


def ubl_schema(root: str) -> etree.XMLSchema:
    """The schema of a UBL document, such as Invoice."""
    return schema(f"ubl21/maindoc/UBL-{root}-2.1.xsd")


@cache
def _processor() -> Any:
    return pytest.importorskip("saxonche").PySaxonProcessor(license=False)


@cache
def _compiled(path: Path) -> Any:
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    return _processor().new_xslt30_processor().compile_stylesheet(stylesheet_file=str(path))


def broken_rules(data: bytes, *stylesheets: Path) -> list[str]:
    """The fatal rules that a file breaks, each with its text. Skips where the rules or the extra `xml2` are not."""
    text = etree.tostring(etree.fromstring(data), encoding="unicode")
    found = []
    for stylesheet in stylesheets:
        compiled = _compiled(stylesheet)
        report = etree.fromstring(
            compiled.transform_to_string(xdm_node=_processor().parse_xml(xml_text=text)).encode()
        )
        found += [
            f"{each.get('id')}: {''.join(each.itertext()).strip()}"
            for each in report.iter(FAILED)
            if each.get("flag") == "fatal"
        ]
    return found
