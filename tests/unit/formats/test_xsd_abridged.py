"""A file abridged has the verdict of the whole file, whatever is wrong in it and wherever it hides."""

from __future__ import annotations

import io
import os
import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from exchange.findings import Finding
from exchange.formats import _xsd_abridged, validate
from exchange.formats._xsd_abridged import abridged
from exchange.formats._xsd_types import XSD, Types, types_of
from exchange.formats.validate import XsdCheck
from exchange.outcome import Gathered
from tests.unit.formats.test_validate import GOOD, LAYOUT, NAMESPACE, ROOT, load, statement

EXAMPLES = int(os.environ.get("EXCHANGE_EXAMPLES", "60"))
SCHEMAS = sorted((ROOT / "schemas").glob("*/*.xsd"))
TEXTS = (
    "", " ", "0", "1", "-1", "+1", "1.5", ".5", "1.", "1e3", "007", "9" * 18, "9" * 19, "0.12345", "0.123456", "9" * 13 + ".12345",
    "true", "TRUE", "FI", "fi", "EUR", "EURO", "FI2112345600000785", "NDEAFIHH", "NDEAFIHHXXX", "2026-11-23", "2026-02-28",
    "2026-02-29", "2024-02-29", "2026-04-31", "2026-12-31Z", "0000-01-01", "2026-11-23T21:00:00", "2026-11-23T24:00:00",
    "2026-11-23T21:00:00.5+02:00", "2026-11-23T21:00:00+15:00", "CRDT", "a\tb", "a\nb", "a&amp;b", "&lt;", "&#65;", "å", "\U0001f600",
    *("x" * number for number in (2, 3, 4, 15, 16, 34, 35, 36, 70, 71, 140, 141, 256, 500, 501, 2048, 2049)),
    *("&amp;" * number for number in (1, 3, 4, 7, 14, 28)),
)  # fmt: skip


def checker(path: Path) -> tuple[Types, list[str], etree.XMLSchema]:
    """A schema with one more element for each of its simple types, of that type."""
    root = etree.fromstring(path.read_bytes())
    names = [each.get("name", "") for each in root if each.tag == f"{XSD}simpleType"]
    for name in names:
        root.append(etree.Element(f"{XSD}element", name=f"test.{name}", type=name))
    return Types(path.read_bytes()), names, etree.XMLSchema(etree.fromstring(etree.tostring(root)))


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.stem)
def test_a_text_that_is_surely_allowed_is_allowed(path: Path) -> None:
    types, names, schema = checker(path)
    namespace = etree.fromstring(path.read_bytes()).get("targetNamespace")
    seeded, known, taken = random.Random(path.stem), 0, 0
    for name in names:
        look = types.text(name)
        if look is None:
            continue
        known += 1
        mutated = [
            "".join(seeded.choices("ABZabz019.+- ", k=seeded.choice((1, 2, 3, 4, 8, 11, 20))))
            for _ in range(12)
        ]
        for text in (*TEXTS, *mutated):
            if re.compile(look + "</").match(text + "</"):
                taken += 1
                element = etree.fromstring(f'<test.{name} xmlns="{namespace}">{text}</test.{name}>')
                assert schema.validate(element), (name, look, text)
    assert known > 0.9 * len(names) and taken > known


def test_what_is_usual_is_surely_allowed() -> None:
    types = types_of((ROOT / "schemas/iso20022/pain.001.001.09.xsd").read_bytes())
    for name, text in (
        ("Max140Text", "Öberg &amp; Söner AB"), ("IBAN2007Identifier", "FI2112345600000785"), ("ISODate", "2026-12-31"),
        ("ActiveOrHistoricCurrencyAndAmount", "1234.56"), ("BICFIDec2014Identifier", "NDEAFIHH"), ("CountryCode", "FI"),
    ):  # fmt: skip
        assert re.fullmatch((types.text(name) or "") + "</", text + "</"), name


def findings(text: bytes, monkeypatch: pytest.MonkeyPatch, *, abridge: bool) -> list[Finding]:
    monkeypatch.setattr(validate, "ABRIDGED", 0 if abridge else 1 << 60)
    gathered = Gathered()
    XsdCheck(load, LAYOUT)(io.BytesIO(text), gathered, "error")
    return gathered.kept


def stays(text: bytes) -> int | None:
    """How many records stay."""
    short = abridged(io.BytesIO(text), LAYOUT, load)
    return None if short is None else sum(short.records.values())


def test_of_records_that_are_alike_few_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    text = statement(300, {number: (b">3480.00<", b">%d.50<" % number) for number in range(300)})
    assert stays(text) == 2
    monkeypatch.setattr(XsdCheck, "_whole", None)
    assert findings(text, monkeypatch, abridge=True) == []


@pytest.mark.parametrize("chunk", [1, 50, 700, 1 << 20])
def test_it_does_not_matter_where_the_file_is_cut(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_xsd_abridged, "CHUNK", chunk)
    text = statement(12, {7: (b"<Sts>", b"<RvslInd>false</RvslInd><Sts>")})
    assert b"<RvslInd>" in text and stays(text) == 3


DAMAGE = (
    (b"<NtryRef>1<", b"<NtryRef>" + b"1" * 36 + b"<"),
    (b"<NtryRef>1<", b"<NtryRef><"),
    (b"<NtryRef>1<", b"<NtryRef>&amp;<"),
    (b"<NtryRef>1<", b"<NtryRef> <"),
    (b"<NtryRef>1<", b"<NtryRef>&x;<"),
    (b"<NtryRef>1<", b"<NtryRef>\xc3\xa5\xc3\xa4\xc3\xb6<"),
    (b"<NtryRef>1<", b"<NtryRef>\x01<"),
    (b"<NtryRef>1<", b"<NtryRef>]]><"),
    (b"<NtryRef>1<", b"<NtryRef><![CDATA[1]]><"),
    (b"<NtryRef>1<", b"<!--<Ntry>--><NtryRef>1<"),
    (b"<NtryRef>1<", b'<NtryRef x="1">1<'),
    (b"<NtryRef>1<", b'<NtryRef xmlns="urn:other">1<'),
    (b"<Ntry>", b'<Ntry xmlns="urn:other">'),
    (b"<Ntry>", b"<Ntry >"),
    (b"<Ntry>", b"<Ntry><Ntry>"),
    (b"<Ntry>", b"five<Ntry>"),
    (b"<Ntry>", b"<!-- <Ntry> --><Ntry>"),
    (b"</Ntry>", b"</Ntry><Foreign/>"),
    (b"</Ntry>", b""),
    (b"<BkTxCd>", b"<BkTxCd/><BkTxCd>"),
    (b"<BkTxCd>", b"five<BkTxCd>"),
    (b">3480.00<", b">-3480.00<"),
    (b">3480.00<", b">3480.123456<"),
    (b">3480.00<", b">+3480<"),
    (b'Ccy="EUR">3480', b'Ccy="eur">3480'),
    (b'Ccy="EUR">3480', b"Ccy='SEK'>3480"),
    (b'<Amt Ccy="EUR">3480', b"<Amt>3480"),
    (b">CRDT<", b">CREDIT<"),
    (b">CRDT<", b">DBIT<"),
    (b"<Dt>2026-11-19</Dt></BookgDt>", b"<Dt>2026-02-29</Dt></BookgDt>"),
    (b"<Dt>2026-11-19</Dt></BookgDt>", b"<DtTm>2026-11-19T10:00:00</DtTm></BookgDt>"),
)


@settings(max_examples=EXAMPLES)
@given(
    st.integers(1, 12),
    st.dictionaries(st.integers(0, 11), st.sampled_from(DAMAGE), max_size=4),
    st.sampled_from((17, 400, 1 << 20)),
)
def test_the_verdict_is_that_of_the_whole_file(
    entries: int, damage: dict[int, tuple[bytes, bytes]], chunk: int
) -> None:
    text = statement(entries, damage)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_xsd_abridged, "CHUNK", chunk)
        assert findings(text, patch, abridge=True) == findings(text, patch, abridge=False)


@pytest.mark.parametrize("number", range(len(DAMAGE)))
def test_what_is_wrong_in_one_record_of_many_is_found(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = statement(40, {33: DAMAGE[number]}, statements=1)
    assert findings(text, monkeypatch, abridge=True) == findings(text, monkeypatch, abridge=False)


HEADS = (
    (b"<Stmt>", b"<!-- <Ntry>--><Stmt>"),
    (b"<Document ", b'<!DOCTYPE Document [<!ENTITY a "b">]><Document '),
    (b"<Stmt>", b'<Stmt xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="Other">'),
    (b"<?xml", b"\xef\xbb\xbf<?xml"),
    (b'encoding="UTF-8"', b'encoding="ISO-8859-1"'),
    (NAMESPACE.encode(), b"urn:none"),
)


@pytest.mark.parametrize(("old", "new"), HEADS)
def test_a_file_that_is_not_plain_is_checked_as_a_whole(
    old: bytes, new: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = statement(20, {}).replace(old, new, 1)
    assert new in text
    assert findings(text, monkeypatch, abridge=True) == findings(text, monkeypatch, abridge=False)


def test_a_record_among_what_the_schema_leaves_open_teaches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody checks what stands there, so a wrong record there must not excuse the same one in its own place."""
    entry = GOOD[GOOD.index(b"<Ntry>") : GOOD.index(b"</Ntry>") + 7]
    wrong = entry.replace(b"<BkTxCd>", b"<BkTxCd/><BkTxCd>")
    open_place = b'<SplmtryData><Envlp><e xmlns="">%s</e></Envlp></SplmtryData>' % wrong
    text = statement(3, {1: (b"<BkTxCd>", b"<BkTxCd/><BkTxCd>")}, statements=1)
    text = text.replace(b"</BkToCstmrStmt>", open_place + b"</BkToCstmrStmt>")
    expected = findings(text, monkeypatch, abridge=False)
    assert expected and findings(text, monkeypatch, abridge=True) == expected


def test_a_record_outside_the_document_teaches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = GOOD[GOOD.index(b"<Ntry>") : GOOD.index(b"</Ntry>") + 7]
    wrong = entry.replace(b"<BkTxCd>", b"<BkTxCd/><BkTxCd>")
    text = statement(3, {1: (b"<BkTxCd>", b"<BkTxCd/><BkTxCd>")}, statements=1).partition(b"?>")[2]
    text = b'<a><b xmlns="%s">%s</b>%s</a>' % (b"urn:none", wrong, text)
    expected = findings(text, monkeypatch, abridge=False)
    assert expected and findings(text, monkeypatch, abridge=True) == expected
