"""PDF files that carry an invoice: the attachment is read as the XML that it is; damaged and empty-handed ones are told."""

from __future__ import annotations

import io
import random
import sys
from pathlib import Path
from typing import Any

import pytest

from exchange.errors import UseError
from exchange.formats import pdf
from exchange.operations import looking
from exchange.operations.libraries import library_of
from exchange.outcome import Gathered

pypdf = pytest.importorskip("pypdf")
SAMPLE = Path(__file__).parents[3] / "samples/uncefact/received/01-two-rates.in.xml"
LAYOUT = library_of(None).layout("uncefact/factur-x")


def carrying(*files: tuple[str, bytes], password: str | None = None) -> bytes:
    """A PDF of one page with attached files."""
    made = pypdf.PdfWriter()
    made.add_blank_page(width=200, height=200)
    for name, content in files:
        made.add_attachment(name, content)
    if password is not None:
        made.encrypt(password, algorithm="RC4-128")
    out = io.BytesIO()
    made.write(out)
    return out.getvalue()


def read(data: bytes, path: Path) -> tuple[list[dict[str, Any]], Gathered]:
    path.write_bytes(data)
    found = Gathered()
    return list(looking.read(path, None, None, as_common=True, found=found)), found


@pytest.mark.parametrize("name", ["factur-x.xml", "Factur-X.xml", "zugferd-invoice.xml", "xrechnung.xml"])
def test_the_attached_invoice_is_read(name: str, tmp_path: Path) -> None:
    documents, found = read(
        carrying(("terms.txt", b"x"), (name, SAMPLE.read_bytes())), tmp_path / "invoice.pdf"
    )
    plain, _ = read(SAMPLE.read_bytes(), tmp_path / "invoice.xml")
    assert found.kept == []
    assert documents == plain and documents[0]["lines"]


def test_zugferd_1_is_known_by_the_file_inside(tmp_path: Path) -> None:
    sample = SAMPLE.parents[1] / "zugferd-1/01-freight-and-discount.in.xml"
    (document,), found = read(carrying(("ZUGFeRD-invoice.xml", sample.read_bytes())), tmp_path / "a.pdf")
    assert found.kept == [] and document["number"] == "R-2004"


def test_another_file_of_that_name_is_told(tmp_path: Path) -> None:
    documents, found = read(carrying(("zugferd-invoice.xml", b"<Order/>")), tmp_path / "a.pdf")
    assert documents == [] and [each.code for each in found.kept] == ["XML010"]


def test_what_is_wrong_in_the_attached_file_is_told(tmp_path: Path) -> None:
    text = SAMPLE.read_bytes()
    damaged = text.replace(b">380<", b"><").replace(b"</rsm:CrossIndustryInvoice>", b"")
    assert damaged != text
    documents, found = read(carrying(("factur-x.xml", damaged)), tmp_path / "a.pdf")
    assert documents == [] and found.errors and found.kept[0].line


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (carrying(), "PDF002"),
        (carrying(("order.xml", b"<a/>")), "PDF002"),
        (carrying(("factur-x.xml", b"<a/>"), ("xrechnung.xml", b"<a/>")), "PDF003"),
        (carrying(("factur-x.xml", b"<a/>"), password="secret"), "PDF001"),
        (b"%PDF-1.7\n", "PDF001"),
        (b"%PDF-1.7\n" + b"garbage " * 100, "PDF001"),
    ],
)
def test_a_pdf_without_an_invoice_is_held(data: bytes, code: str, tmp_path: Path) -> None:
    documents, found = read(data, tmp_path / "a.pdf")
    assert documents == [] and {each.code for each in found.kept} == {code}


def test_reading_never_raises() -> None:
    assert isinstance(LAYOUT, pdf.Layout)
    reader = pdf.reader(LAYOUT)
    whole, dice = carrying(("factur-x.xml", SAMPLE.read_bytes())), random.Random(7)
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 20)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        cut = bytes(data[: dice.randint(9, len(data))])
        found = Gathered()
        records = [record for batch in reader.read(io.BytesIO(cut), found) for record in batch]
        assert records or found.kept


def test_a_place_before_the_beginning_of_the_file_is_damage(tmp_path: Path) -> None:
    """A file on a disk says so in another way than bytes in memory do."""
    whole = carrying(("factur-x.xml", SAMPLE.read_bytes()))
    at = whole.index(b" 00000 n") - 10
    documents, found = read(whole[:at] + b"-999999999" + whole[at + 10 :], tmp_path / "a.pdf")
    assert documents == [] and {each.code for each in found.kept} == {"PDF001"}


def test_without_the_extra_its_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(LAYOUT, pdf.Layout)
    monkeypatch.setitem(sys.modules, "pypdf", None)
    monkeypatch.setitem(sys.modules, "pypdf.errors", None)
    with pytest.raises(UseError) as told:
        pdf.reader(LAYOUT)
    assert "`pdf`" in str(told.value)


def test_such_files_are_not_written() -> None:
    assert isinstance(LAYOUT, pdf.Layout)
    with pytest.raises(UseError):
        pdf.writer(LAYOUT)
