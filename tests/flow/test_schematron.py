"""Stylesheets of Schematron that a flow names: their failed asserts are findings; what cannot be used is told."""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

import pytest

from exchange.declare.problems import DeclarationError
from exchange.findings import Finding
from exchange.flow.site import open_site
from exchange.formats.schematron import SchematronCheck
from exchange.operations.trying import Tried, try_flow

pytest.importorskip("saxonche")
ROOT = Path(__file__).parents[2]
RULES = ROOT.parent / "shared/corpus/accounting/peppol-billing3/xslt-2026.5"
OURS = b"""<xsl:stylesheet version="3.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:svrl="http://purl.oclc.org/dsdl/svrl">
  <xsl:template match="/"><svrl:schematron-output>
    <xsl:for-each select="//line[number(@net) lt 0]">
      <svrl:failed-assert id="OUR-1" flag="{@flag}" location="/*:order[namespace-uri()='urn:a/b'][1]/*[local-name()='line'][{position()}]">
        <svrl:text>[OUR-1]-A line  is negative.</svrl:text></svrl:failed-assert>
    </xsl:for-each></svrl:schematron-output></xsl:template>
</xsl:stylesheet>"""


def checked(data: bytes, stylesheet: bytes = OURS) -> list[Finding]:
    found: list[Finding] = []
    SchematronCheck("ours.xslt", lambda: stylesheet)(io.BytesIO(data), found.append)
    return found


def test_a_failed_assert_is_a_finding_at_its_place() -> None:
    found = checked(b'<order xmlns:x="y">\n<line net="1"/>\n<line net="2"/></order>')
    assert found == []
    data = b'<order>\n<line net="-1" flag="fatal"/>\n<line net="-1" flag="warning"/></order>'
    fatal, warning = checked(data)
    assert (fatal.code, fatal.severity, fatal.message) == ("SCH001", "error", "OUR-1: A line is negative.")
    assert (fatal.line, fatal.path) == (2, "/order[1]/line[1]")
    assert (warning.code, warning.severity, warning.line) == ("SCH002", "warning", 3)


@pytest.mark.parametrize(
    "stylesheet",
    [
        b"no stylesheet",
        b'<xsl:stylesheet version="3.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"/>',
        b"\xff",
    ],
)
def test_a_stylesheet_that_cannot_be_used_holds_the_file(stylesheet: bytes) -> None:
    (told,) = checked(b"<order/>", stylesheet)
    assert (told.code, told.severity) == ("SCH004", "error")


def test_a_damaged_file_is_left_to_the_reader() -> None:
    assert checked(b"<order>") == []


def site(folder: Path, *, named: str) -> Path:
    """The samples' site, with a stylesheet named by the flows that read and write UBL invoices."""
    made = folder / "a site"
    shutil.copytree(ROOT / "samples/ubl/site", made)
    flow = made / "flows/received.yaml"
    flow.write_text(
        flow.read_text("utf-8").replace('match: "invoice*.xml"', f'match: "*.xml", schematron: ["{named}"]'),
        "utf-8",
    )
    return made


def tried(made: Path, data: bytes, folder: Path) -> Tried:
    (folder / "invoice.xml").write_bytes(data)
    results, _ = try_flow(made, "received", [folder / "invoice.xml"])
    return results[0]


def test_the_rules_of_peppol_run_in_a_flow(tmp_path: Path) -> None:
    if not RULES.is_dir():
        pytest.skip(f"{RULES} is not here")
    made = site(tmp_path, named="rules/PEPPOL-EN16931-UBL.xslt")
    (made / "schemas/rules").mkdir(parents=True)
    shutil.copy(RULES / "PEPPOL-EN16931-UBL.xslt", made / "schemas/rules")
    good = (ROOT / "samples/ubl/purchase/02-two-rates.out.1.xml").read_bytes()
    assert not tried(made, good, tmp_path).outcome.is_bad
    bad = good.replace(b"<cbc:BuyerReference>", b"<!--").replace(b"</cbc:BuyerReference>", b"-->")
    bad = bad.replace(b"<cac:OrderReference>", b"<!--").replace(b"</cac:OrderReference>", b"-->")
    assert bad != good
    result = tried(made, bad, tmp_path)
    told = [each for each in result.outcome.findings.kept if each.message.startswith("PEPPOL-EN16931-R003:")]
    assert result.outcome.is_bad and len(told) == 1
    assert (told[0].code, told[0].severity, told[0].path) == ("SCH001", "error", "/Invoice[1]")


def test_a_stylesheet_that_is_not_there_is_a_problem_of_the_flow(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError) as told:
        open_site(site(tmp_path, named="rules/none.xslt"))
    assert 'There is no stylesheet "rules/none.xslt".' in str(told.value)


def test_without_the_extra_its_name_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = site(tmp_path, named="rules/ours.xslt")
    (made / "schemas/rules").mkdir(parents=True)
    (made / "schemas/rules/ours.xslt").write_bytes(OURS)
    monkeypatch.setitem(sys.modules, "saxonche", None)
    with pytest.raises(DeclarationError) as told:
        open_site(made)
    assert "extra `xml2`" in str(told.value)
