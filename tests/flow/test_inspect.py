"""Looking into files: one pass over them, and only the layouts read that may fit."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from exchange.cli.inspect import ACCOUNT
from exchange.declare.catalogue import Catalogue
from exchange.flow.library import Library
from exchange.formats import registry
from exchange.formats.contract import SAMPLE_SIZE
from exchange.operations import looking
from tests.docs.pages import ROOT

EMPTY = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>
<GrpHdr><MsgId>1</MsgId><CreDtTm>2026-11-23T21:00:00+02:00</CreDtTm></GrpHdr>
<Stmt><Id>S1</Id><CreDtTm>2026-11-23T21:00:00+02:00</CreDtTm>
<Acct><Id><IBAN>FI2112345600000785</IBAN></Id><Ccy>EUR</Ccy></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">10.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-23</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">10.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Dt><Dt>2026-11-23</Dt></Dt></Bal>
</Stmt></BkToCstmrStmt></Document>
"""
FILES = sorted(path for path in (ROOT / "samples").rglob("*.in.*") if path.stat().st_size < 1_000_000)


def test_a_statement_without_entries_tells_its_account_and_balances(tmp_path: Path) -> None:
    """Also where the balances are not the same, which is an error: nothing about it is lost."""
    path = tmp_path / "empty.xml"
    path.write_text(EMPTY, encoding="utf-8")
    result = looking.inspect(path, None, None)
    (account,) = result.accounts
    assert shown(account) == ("FI2112345600000785", "S1", "EUR", 10, 0, -10, "differs by -20.00")
    assert (account["balance"], account["difference"]) == ("differs", -20)
    assert result.documents == {"common/bank-statement": 1}
    assert [finding.code for finding in result.findings.kept] == ["CAMT12"]
    path.write_text(EMPTY.replace("DBIT", "CRDT"), encoding="utf-8")
    result = looking.inspect(path, None, None)
    assert (result.accounts[0]["say"], result.findings.errors) == ("agrees", 0)


def shown(account: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(account[key] for key in ACCOUNT.values())


def statement(number: int, opening: str, entries: tuple[str, ...], closing: str, account: str = "S") -> str:
    """One statement of camt.053; balances that are "" are left out; an entry of -5 is a debit of 5."""

    def signed(tag: str, amount: str, rest: str) -> str:
        side = "DBIT" if amount.startswith("-") else "CRDT"
        return f'<{tag}><Amt Ccy="EUR">{amount.lstrip("-")}</Amt><CdtDbtInd>{side}</CdtDbtInd>{rest}</{tag}>'

    balances = "".join(
        signed("Bal", amount, "<Dt><Dt>2026-11-23</Dt></Dt>").replace(
            "<Bal>", f"<Bal><Tp><CdOrPrtry><Cd>{name}</Cd></CdOrPrtry></Tp>"
        )
        for name, amount in (("OPBD", opening), ("CLBD", closing))
        if amount
    )
    booked = "".join(signed("Ntry", each, "<Sts>BOOK</Sts><BkTxCd/>") for each in entries)
    return (
        f"<Stmt><Id>{account}{number}</Id><CreDtTm>2026-11-23T21:00:00+02:00</CreDtTm>"
        f"<Acct><Id><Othr><Id>{account}</Id></Othr></Id><Ccy>EUR</Ccy></Acct>{balances}{booked}</Stmt>"
    )


def inspected(folder: Path, *statements: str) -> looking.Inspected:
    path = folder / "statements.xml"
    path.write_text(EMPTY[: EMPTY.index("<Stmt>")] + "".join(statements) + EMPTY[EMPTY.index("</BkTo") :])
    return looking.inspect(path, None, None)


def told(result: looking.Inspected) -> list[str]:
    return [finding.code for finding in result.findings.kept if finding.code.startswith("CAMT")]


def test_each_statement_says_whether_its_balances_hold(tmp_path: Path) -> None:
    result = inspected(
        tmp_path,
        statement(1, "10.00", ("5.00", "-7.50"), "7.50", "A"),
        statement(1, "10.00", ("5.00",), "15.01", "B"),
        statement(1, "", ("5.00",), "15.00", "C"),
        statement(1, "", ("-5.00",), "", "D"),
    )
    assert [shown(account) for account in result.accounts] == [
        ("A", "A1", "EUR", 10, Decimal("-2.5"), Decimal("7.5"), "agrees"),
        ("B", "B1", "EUR", 10, 5, Decimal("15.01"), "differs by 0.01"),
        ("C", "C1", "EUR", None, 5, 15, "cannot be checked: no opening balance"),
        ("D", "D1", "EUR", None, -5, None, "cannot be checked: no opening and no closing balance"),
    ]
    assert [each["balance"] for each in result.accounts] == ["agrees", "differs", "unchecked", "unchecked"]
    assert told(result) == ["CAMT02", "CAMT14", "CAMT14"]


def test_statements_of_one_account_follow_each_other(tmp_path: Path) -> None:
    first = statement(1, "10.00", ("5.00",), "15.00")
    second = statement(2, "15.00", ("1.00",), "16.00")
    third = statement(3, "16.00", ("1.00",), "17.00")
    other = statement(1, "99.00", ("1.00",), "100.00", "T")
    assert told(inspected(tmp_path, first, other, second, third)) == []
    assert told(inspected(tmp_path, third, second, other, first)) == [], "the latest may stand first"
    result = inspected(tmp_path, first, other, third)
    (gap,) = result.findings.kept
    assert (gap.code, gap.severity, gap.value) == ("CAMT13", "warning", "16.00")
    assert "(S / EUR / S3) It opens with 16.00, but the one before it closed with 15.00." in gap.message
    assert [account["say"] for account in result.accounts] == ["agrees"] * 3


def test_a_file_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "empty.xml"
    path.write_text(EMPTY, encoding="utf-8")
    with mock.patch("exchange.formats.xml.reading.XmlReader.read", return_value=iter([])) as read:
        looking.inspect(path, None, None)
    assert read.call_count == 1


@pytest.fixture(scope="module")
def library() -> Library:
    return Library(Catalogue.of(None))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_layout_that_fits_is_left_unread(path: Path, library: Library) -> None:
    with path.open("rb") as stream:
        sample = stream.read(SAMPLE_SIZE)
    layouts = [layout for layout in library.layouts() if not layout.layout.startswith(looking.COMMON)]
    expected = registry.recognise(sample, path.name, layouts)
    assert registry.recognise(sample, path.name, looking._readable(library, sample)) == expected


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-16-be"])
def test_other_encodings_and_hidden_names_are_recognised_all_the_same(
    encoding: str, library: Library
) -> None:
    for text in (EMPTY, EMPTY.replace("urn:iso", "urn&#58;iso")):
        sample = text.replace("UTF-8", encoding.removesuffix("-sig").removesuffix("-be")).encode(encoding)
        found = registry.recognise(sample, "x", looking._readable(library, sample))
        assert [each.layout.layout for each in found] == ["iso20022/camt.053"], io.BytesIO(sample).read(40)


def test_heads_say_what_the_files_say(library: Library) -> None:
    """What is seen without reading a declared file as a whole is what reading it gives."""
    seen = 0
    for kind in ("layout", "mapping"):
        for name in library.catalogue.names(kind):  # type: ignore[arg-type]
            node, _ = library.catalogue.load(kind, name)  # type: ignore[arg-type]
            for key, text in library.catalogue.head(kind, name).items():  # type: ignore[arg-type]
                said = node.get(key) if node is not None else None
                assert said is not None, (name, key)
                if said.text is not None:
                    seen += 1
                    assert text.strip('"') == said.text, (name, key)
    assert seen > 200


@pytest.mark.parametrize(
    ("content", "words", "code"),
    [
        (
            b"<!DOCTYPE html>\n<html><head><title>Logga in</title>",
            'web page (HTML) titled "Logga in"',
            "INS005",
        ),
        (b"\n<HTML><body>502</body></HTML>", "web page (HTML), probably", "INS005"),
        (b"PK\x03\x04\x14\x00\x06\x00word/document.xml", "Word", "INS005"),
        (b"PK\x03\x04\x14\x00\x06\x00a.txt", "ZIP", "INS008"),
        (b"\x1f\x8b\x08\x00", "gzip", "INS008"),
    ],
)
def test_what_is_no_data_is_named(tmp_path: Path, content: bytes, words: str, code: str) -> None:
    path = tmp_path / "vouchers.se"
    path.write_bytes(content)
    (said,) = looking.inspect(path, None, None).findings.kept
    assert said.code == code and words in said.message


@pytest.mark.parametrize(
    ("content", "code"), [(b"\xef\xbb\xbf\r\n", "INS003"), (b"[\n]\n", "INS007"), (b" {} ", "INS007")]
)
def test_what_holds_nothing_is_not_said_to_be_unknown(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "answer.json"
    path.write_bytes(content)
    assert [each.code for each in looking.inspect(path, None, None).findings.kept] == [code]


# --- no layout fits ------------------------------------------------------------------------------------------------


def unknown(folder: Path, content: str, site: Path | None = None, name: str = "x") -> str:
    """What is said of a file without a layout, with the next step."""
    path = folder / name
    path.write_text(content, encoding="utf-8")
    said = looking.inspect(path, site, None).findings.kept[0]
    assert (said.code, said.severity) == ("INS001", "error")
    return f"{said.message} -> {said.advice}"


def site_with(folder: Path, **layouts: str) -> Path:
    (folder / "schemas" / "acme").mkdir(parents=True)
    (folder / "exchange.yaml").write_text("site: acme\n", encoding="utf-8")
    for name, text in layouts.items():
        path = folder / "schemas" / "acme" / f"{name}.yaml"
        path.write_text(f"layout: acme/{name}\n{text}", encoding="utf-8")
    return folder


ISO = "urn:iso:std:iso:20022:tech:xsd:"


def test_xml_without_its_namespace_is_told_with_the_layout_that_it_is_like(tmp_path: Path) -> None:
    said = unknown(tmp_path, EMPTY.replace(f' xmlns="{ISO}camt.053.001.02"', ""))
    assert "begins with Document/BkToCstmrStmt in no namespace" in said
    assert (
        f"It is like iso20022/camt.053: its //BkToCstmrStmt is in the namespace {ISO}camt.053.001.*" in said
    )
    assert said.count("It is like") == 1
    assert "--layout iso20022/camt.053" in said
    assert '`like: iso20022/camt.053` and `namespace: ""` and `versions: []`' in said


def test_xml_of_a_version_with_other_elements_is_told_what_is_missing(tmp_path: Path) -> None:
    said = unknown(
        tmp_path, EMPTY.replace("camt.053.001.02", "camt.053.001.01").replace("BkToCstmrStmt", "Old")
    )
    assert "begins with Document/Old" in said
    assert (
        "It is like iso20022/camt.053: the namespace is one of its own, but //BkToCstmrStmt is not in this file."
        in said
    )


def test_such_a_layout_reads_the_file(tmp_path: Path) -> None:
    """What is advised works."""
    like = 'like: iso20022/camt.053\nmeaning: x\nnamespace: ""\nversions: []\n'
    site = site_with(tmp_path, camt=like)
    path = tmp_path / "x.xml"
    path.write_text(EMPTY.replace(f' xmlns="{ISO}camt.053.001.02"', ""), encoding="utf-8")
    result = looking.inspect(path, site, None)
    assert (result.layout, result.records["statement"], result.findings.errors) == ("acme/camt", 1, 0)


def test_xml_of_another_namespace_and_xml_that_nobody_knows(tmp_path: Path) -> None:
    said = unknown(tmp_path, EMPTY.replace("camt.053.001.02", "camt.063.001.02"))
    assert f"in the namespace {ISO}camt.063.001.02" in said
    assert said.partition("It is like ")[2].startswith("iso20022/camt.053: its //BkToCstmrStmt")
    said = unknown(tmp_path, f'<Document xmlns="{ISO}pain.091.001.09"><Odd/></Document>')
    assert "its files are in the namespace urn:iso:std:iso:20022:tech:xsd:pain.0" in said
    said = unknown(tmp_path, "<a><b/></a>")
    assert "a/b in no namespace" in said and "It is like" not in said and "`exchange layouts`" in said


def test_csv_and_json_that_are_nearly_of_a_layout(tmp_path: Path) -> None:
    rows = "format: csv\nmeaning: x\nsource: x\nrecord: row\nfields: {one: {}, two: {}, three: {}}\n"
    site = site_with(tmp_path, rows=rows)
    said = unknown(tmp_path, "one|two|three\n1|2|3\n", site)
    assert 'It is like acme/rows: 3 of its 3 columns are there, between "|"' in said
    assert '`like: acme/rows` and `dialect: {delimiter: "|"}`' in said
    said = unknown(tmp_path, "one;two;drei\n1;2;3\n", site)
    assert "It is like acme/rows: 2 of its 3 columns are there." in said
    said = unknown(tmp_path, '[{"line_items": [], "x": 1}]')
    assert "It is like shopify/orders: it has line_items in common; financial_status is not there" in said


def test_a_layout_with_mistakes_is_not_passed_over_in_silence(tmp_path: Path) -> None:
    site = site_with(tmp_path, rows="format: csv\nmeaning: x\nrecord: row\nfeilds: {one: {}}\n")
    path = tmp_path / "x.csv"
    path.write_text("one;two\n1;2\n", encoding="utf-8")
    kept = looking.inspect(path, site, None).findings.kept
    assert [each.code for each in kept] == ["INS001", "INS006"]
    assert "schemas/acme/rows.yaml" in kept[1].message


def test_a_head_does_not_inherit_what_is_said_otherwise(tmp_path: Path) -> None:
    like = 'like: iso20022/camt.053\nmeaning: x\nnamespace: ""\nversions: []\n'
    catalogue = Catalogue.of(site_with(tmp_path, camt=like).absolute())
    head = catalogue.head("layout", "acme/camt")
    assert (head["format"], "namespace" in head) == ("xml", False)


@pytest.mark.parametrize("encoding", ["cp437", "utf-16"])
def test_files_in_other_encodings_are_told_with_their_layout(tmp_path: Path, encoding: str) -> None:
    rows = (
        "format: csv\nencoding: windows-1252\nmeaning: x\nsource: x\nrecord: row\n"
        "fields: {one: {column: Määrä}, two: {column: Yksikkö}}\n"
    )
    site = site_with(tmp_path, rows=rows)
    path = tmp_path / "x.csv"
    path.write_bytes("Määrä;Yksikkö\nÅijä;Öljy\n".encode(encoding))
    said = looking.inspect(path, site, None).findings.kept[0]
    named = "cp850" if encoding == "cp437" else encoding  # the same bytes for these letters
    assert f"It is like acme/rows: 2 of its 2 columns are there, in {named}." in said.message
    assert f"`encoding: {named}`" in said.advice


def test_json_in_another_encoding_is_told_with_its_layout(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes('[{"line_items": [], "financial_status": "paid", "id": 1}]'.encode("utf-16"))
    said = looking.inspect(path, None, None).findings.kept[0]
    assert (
        "It is like shopify/orders: it has financial_status, line_items in common, in utf-16" in said.message
    )


def test_documents_are_counted_once_where_the_site_has_a_mapping_in_the_place_of_another(
    tmp_path: Path,
) -> None:
    (tmp_path / "mappings/my").mkdir(parents=True)
    (tmp_path / "exchange.yaml").write_text("site: mine\ntime zone: Europe/Stockholm\n", encoding="utf-8")
    mapping = "mapping: my/lb-to-payment\nlike: bankgirot/lb-to-payment\nfrom: bankgirot/lb\nto: common/payment\nset: {debtor: {name: Ada}}\n"
    (tmp_path / "mappings/my/lb-to-payment.yaml").write_text(mapping, encoding="utf-8")
    file = ROOT / "samples/swedish-bridge/supplier-payments/01-week-48.in.txt"
    with_own, without = looking.inspect(file, tmp_path, None), looking.inspect(file, None, None)
    assert with_own.documents == without.documents == {"common/payment": 4}
    assert with_own.totals == without.totals
