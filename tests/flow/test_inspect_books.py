"""What is shown first of a file of a ledger: company, years, program, and what its vouchers add up to."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from click.testing import CliRunner

from exchange.cli.inspect import command
from exchange.declare.yaml import load
from exchange.formats import registry
from exchange.operations import looking

SIE = """\
#FLAGGA 0
#PROGRAM "Lön & Co" 1.0
#FORMAT PC8
#GEN 20261123
#SIETYP 4
#ORGNR 555555-5555
#FNAMN "Övningsbolaget AB"
#RAR 0 20260101 20261231
#RAR -1 20250101 20251231
#KONTO 1910 Kassa
#IB 0 1910 1000.00
#UB 0 1910 875.00
#VER A 1 20261120 Kaffe
{
#TRANS 1910 {} -125.00
#TRANS 4010 {} 100.00
#TRANS 2641 {} 25.00
}
"""
SAFT = """<?xml version="1.0" encoding="UTF-8"?>
<AuditFile xmlns="urn:StandardAuditFile-Taxation-Financial:NO"><Header>
<AuditFileVersion>1.10</AuditFileVersion><AuditFileCountry>NO</AuditFileCountry><AuditFileDateCreated>2026-01-10</AuditFileDateCreated>
<SoftwareCompanyName>Regnskap</SoftwareCompanyName><SoftwareID>Bok</SoftwareID><SoftwareVersion>3</SoftwareVersion>
<Company><RegistrationNumber>889640782</RegistrationNumber><Name>Fjord AS</Name></Company>
<DefaultCurrencyCode>NOK</DefaultCurrencyCode>
<SelectionCriteria><SelectionStartDate>2025-01-01</SelectionStartDate><SelectionEndDate>2025-12-31</SelectionEndDate></SelectionCriteria>
<TaxAccountingBasis>A</TaxAccountingBasis></Header>
<MasterFiles><GeneralLedgerAccounts><Account><AccountID>1920</AccountID><AccountDescription>Bank</AccountDescription></Account>
</GeneralLedgerAccounts></MasterFiles></AuditFile>
"""


def inspected(path: Path, text: str, encoding: str) -> looking.Inspected:
    path.write_bytes(text.encode(encoding))
    return looking.inspect(path, None, None)


def test_a_sie_file_tells_its_company_years_and_totals(tmp_path: Path) -> None:
    result = inspected(tmp_path / "a.se", SIE, "cp437")
    assert result.about == {
        "Company": "Övningsbolaget AB – 555555-5555",
        "Years": "2026-01-01 – 2026-12-31; 2025-01-01 – 2025-12-31",
        "Program": "Lön & Co – 1.0",
        "Written": "2026-11-23",
    }
    assert result.totals == [{"currency": None, "credit": Decimal(125), "debit": Decimal(125), "count": 1}]


def test_they_stand_among_the_first_facts(tmp_path: Path) -> None:
    path = tmp_path / "a.se"
    path.write_bytes(SIE.encode("cp437"))
    shown = CliRunner().invoke(command, [str(path)]).output
    assert shown.index("Encoding") < shown.index("Övningsbolaget AB") < shown.index("Records")
    assert "of the books  125.00  125.00  1" in shown


def test_an_audit_file_tells_its_own_version_and_period(tmp_path: Path) -> None:
    result = inspected(tmp_path / "a.xml", SAFT, "utf-8")
    assert result.version == "1.10"
    assert result.about == {
        "Company": "Fjord AS – 889640782",
        "Period": "2025-01-01 – 2025-12-31",
        "Currency": "NOK",
        "Program": "Bok – 3",
        "Written": "2026-01-10",
    }


def test_about_names_fields_of_the_layout() -> None:
    text = "layout: a/b\nformat: sie\ntype: 4I\nabout: {Company: file.compani, Day: [voucher.date, voucher.datum]}\n"
    node, _ = load(text, "schemas/a/b.yaml")
    assert node is not None
    layout, problems = registry.parse_layout(node)
    assert layout is None
    assert '"file.compani" is no kind.field of this layout' in problems[0].message
