"""Ledger files as programs other than the standard's own example write them: FEC and DATEV in their several forms."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from exchange.model import Record
from exchange.operations import looking
from exchange.outcome import Gathered
from tests.docs.pages import ROOT

FEC = (
    "JournalCode|JournalLib|EcritureNum|EcritureDate|CompteNum|CompteLib|CompAuxNum|CompAuxLib|PieceRef|PieceDate|"
    "EcritureLib|Debit|Credit|EcritureLet|DateLet|ValidDate|Montantdevise|Idevise\r\n"
)
SALE = (
    "VE|Ventes|7|20260115|411000|Clients|C1|Société Élan|F7|20260115|Facture n° 7| 000000000001200,00|0,00|||20260116||\r\n"
    "VE|Ventes|7|20260115|706000|Prestations|||F7|20260115|Facture n° 7|0,00| 000000000001200,00|||20260116||\r\n"
)
SIDES = FEC.replace("Debit|Credit", "Montant|Sens")
SIDED = SALE.replace(" 000000000001200,00|0,00", "1200,00|D").replace("0,00| 000000000001200,00", "1200,00|C")
EXTF = '"EXTF";700;21;"Buchungsstapel";12;20260115120000000;;"";"";"";1000;1;20260101;4;20260101;20260131;"Januar";"";1;0;0;"EUR"'
TITLES = (
    "Umsatz (ohne Soll/Haben-Kz);Soll/Haben-Kennzeichen;WKZ Umsatz;Kurs;Basis-Umsatz;WKZ Basis-Umsatz;Konto;"
    "Gegenkonto (ohne BU-Schlüssel);BU-Schlüssel;Belegdatum;Belegfeld 1;Belegfeld 2;Skonto;Buchungstext"
)
BOOKED = '119,00;"S";"EUR";;;;10000;8400;;1501;"R7";;;"Rechnung Müller"'


def vouchers(path: Path, data: bytes) -> tuple[list[Record], Gathered]:
    path.write_bytes(data)
    found = Gathered()
    return list(looking.read(path, None, None, as_common=True, found=found)), found


@pytest.mark.parametrize(
    "names",
    [
        {"EcritureLet": "EcrtureLet"},
        {"EcritureLet": "LettragePiece", "Montantdevise": "MontantDevise", "Idevise": "CodeDevise"},
    ],
)
def test_columns_of_a_fec_that_some_programs_name_otherwise(names: dict[str, str], tmp_path: Path) -> None:
    head = FEC
    for official, other in names.items():
        assert official in head
        head = head.replace(official, other)
    rows = SALE.replace("|||20260116||", "|AA|20260117|20260116|1300,00|USD")
    path = tmp_path / "1FEC20261231.txt"
    path.write_bytes((head + rows).encode())
    found = Gathered()
    records = list(looking.read(path, None, None, as_common=False, found=found))
    assert found.kept == []
    row = records[0]["rows"][0]
    assert (row["letter"], row["currency_amount"], row["currency"]) == ("AA", Decimal("1300.00"), "USD")


@pytest.mark.parametrize("sign", ["|", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "iso-8859-15", "windows-1252"])
@pytest.mark.parametrize(("head", "rows"), [(FEC, SALE), (SIDES, SIDED)])
def test_a_fec_in_each_form_that_the_law_allows(
    tmp_path: Path, sign: str, encoding: str, head: str, rows: str
) -> None:
    """Also with the blank and the zeros that a much used program puts before amounts."""
    ((voucher,), found) = vouchers(
        tmp_path / "1FEC20261231.txt", (head + rows).replace("|", sign).encode(encoding)
    )
    assert found.kept == []
    assert voucher["text"] == "Facture n° 7"
    assert [(row["account"], row["amount"]) for row in voucher["rows"]] == [
        ("411000", Decimal("1200.00")),
        ("706000", Decimal("-1200.00")),
    ]


def test_signs_of_windows_are_read_as_they_were_meant(tmp_path: Path) -> None:
    data = (FEC + SALE.replace("n° 7", "n’7 – 5 €")).encode("windows-1252")
    ((voucher,), found) = vouchers(tmp_path / "1FEC20261231.txt", data)
    assert (voucher["text"], found.kept) == ("Facture n’7 – 5 €", [])


def test_a_side_that_is_none_is_refused(tmp_path: Path) -> None:
    made, found = vouchers(tmp_path / "1FEC20261231.txt", (SIDES + SIDED.replace("|C|", "|X|")).encode())
    assert made == []
    assert (found.kept[0].line, found.kept[0].value) == (3, "X")


@pytest.mark.parametrize("encoding", ["windows-1252", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("padding", ["", ";" * 30])
@pytest.mark.parametrize(
    "titles", [TITLES, TITLES.replace("Basis-Umsatz", "Basisumsatz"), TITLES.replace("WKZ Umsatz", "WKZ")]
)
def test_datev_bookings_as_others_write_them(
    tmp_path: Path, encoding: str, padding: str, titles: str
) -> None:
    """In UTF-8 too, and with lines that a spreadsheet program made alike."""
    text = "".join(f"{line}{padding}\r\n" for line in (EXTF + ";" * 9 * bool(padding), titles, BOOKED))
    ((voucher,), found) = vouchers(tmp_path / "EXTF_Buchungsstapel.csv", text.encode(encoding))
    assert found.kept == []
    assert (voucher["text"], voucher["date"].isoformat()) == ("Rechnung Müller", "2026-01-15")
    assert [row["amount"] for row in voucher["rows"]] == [Decimal("119.00"), Decimal("-119.00")]


def test_what_is_no_posting_batch_is_said_to_begin_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "EXTF_Andere.csv"
    path.write_bytes(f"{EXTF.replace(';21;', ';22;')}\r\n{TITLES}\r\n{BOOKED}\r\n".encode())
    (finding,) = looking.inspect(path, None, None).findings.kept
    assert "datev/bookings: 8 of its 8 columns are there, but it begins otherwise." in finding.message


FRAME = """<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><SOAP-ENV:Header/>
<SOAP-ENV:Body/></SOAP-ENV:Envelope>
"""


@pytest.mark.parametrize("encoding", ["ISO-8859-15", "ISO-8859-1", "UTF-8"])
def test_an_invoice_in_a_frame_without_a_declaration_is_read_as_it_declares(
    tmp_path: Path, encoding: str
) -> None:
    sample = (ROOT / "samples/finvoice/checked/01-swedish-rates.in.xml").read_text(encoding="utf-8")
    body = sample[sample.index("?>") + 2 :]
    body = body.replace("<SellerOrganisationName>", "<SellerOrganisationName>Äijälä ", 1)
    path = tmp_path / "framed.xml"
    path.write_bytes(f'{FRAME}<?xml version="1.0" encoding="{encoding}"?>{body}'.encode(encoding))
    plain = tmp_path / "plain.xml"
    plain.write_bytes(f'<?xml version="1.0" encoding="{encoding}"?>{body}'.encode(encoding))
    results = [looking.inspect(each, None, None) for each in (path, plain)]
    assert [result.layout for result in results] == ["finvoice/finvoice"] * 2
    assert results[0].documents == results[1].documents != {}
    assert [one.code for one in results[0].findings.kept] == [one.code for one in results[1].findings.kept]
    (framed,) = looking.read(path, None, None, as_common=True, found=Gathered())
    assert framed["seller"]["name"].startswith("Äijälä ")
