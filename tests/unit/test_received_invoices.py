"""Invoices of others: what the account says for itself is looked at, and nothing of the whole invoice is lost on the way to lines."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from invoice_support import document, errors, mapped

from exchange.operations import looking
from exchange.outcome import Gathered

SAMPLES = Path(__file__).parents[2] / "samples"
UBL = (SAMPLES / "ubl/received/01-two-rates.in.xml", "FI2112345600000785", "UBL024")
CII = (SAMPLES / "uncefact/received/01-two-rates.in.xml", "DE02120300000000202051", "UBL024")
SFTI = (SAMPLES / "sfti/received/01-round-off.in.xml", "58377417", "SVEF03")
ORDERS = [
    SAMPLES / "ubl/orders-received/01-priced.in.xml",
    SAMPLES / "ubl/answers-received/01-changed.in.xml",
    SAMPLES / "ubl/deliveries-received/01-partly.in.xml",
]


def read(tmp_path: Path, path: Path, *changes: tuple[str, str]) -> tuple[list[dict[str, Any]], Gathered]:
    """The invoices of a sample with some of its text otherwise."""
    text = path.read_text(encoding="utf-8")
    for was, becomes in changes:
        assert was in text
        text = text.replace(was, becomes)
    changed = tmp_path / path.name
    changed.write_text(text, encoding="utf-8")
    found = Gathered()
    return list(looking.read(changed, None, None, as_common=True, found=found)), found


@pytest.mark.parametrize(("path", "account", "code"), [UBL, CII, SFTI], ids=["ubl", "cii", "svefaktura"])
def test_wrong_check_digits_of_the_payees_account_are_told(
    tmp_path: Path, path: Path, account: str, code: str
) -> None:
    made, found = read(tmp_path, path)
    assert found.kept == [] and made[0]["seller"]["account"] == account
    wrong = account[:-1] + str((int(account[-1]) + 1) % 10)
    made, found = read(tmp_path, path, (account, wrong))
    assert [(each.code, each.severity) for each in found.kept] == [(code, "warning")]
    assert f'is "{wrong}"' in found.kept[0].message
    assert made[0]["seller"]["account"] == wrong


@pytest.mark.parametrize(
    ("account", "bic", "is_told"),
    [
        ("58377417", "SE:BANKGIRO", False),
        ("58377418", "SE:BANKGIRO", True),
        ("SE5837", "SE:BANKGIRO", True),
        ("4789-8", "SE:PLUSGIRO", True),
        ("DE02 1203 0000 0000 2020 51", "BYLADEM1001", False),
        ("DE02120300000000202050", "BYLADEM1001", True),
        ("DE0212030000000020205", "BYLADEM1001", True),
        ("12345678", "BANKSESS", False),
        ("IBAN32423940", "BANKSESS", False),
    ],
)
def test_only_an_account_whose_kind_is_told_is_tested(
    tmp_path: Path, account: str, bic: str, is_told: bool
) -> None:
    path = UBL[0]
    known = path.read_text(encoding="utf-8").partition("<cac:FinancialInstitutionBranch>")[2]
    branch = known.partition("<cbc:ID>")[2].partition("</cbc:ID>")[0]
    _, found = read(
        tmp_path, path, (UBL[1], account), (f"<cbc:ID>{branch}</cbc:ID>", f"<cbc:ID>{bic}</cbc:ID>")
    )
    assert ("UBL024" in {each.code for each in found.kept}) == is_told


def test_the_account_is_that_of_the_way_to_pay_that_has_one(tmp_path: Path) -> None:
    card = "<cac:PaymentMeans><cbc:PaymentMeansCode>48</cbc:PaymentMeansCode></cac:PaymentMeans>\n  "
    made, _ = read(tmp_path, UBL[0], ("<cac:PaymentMeans>", f"{card}<cac:PaymentMeans>"))
    assert made[0]["seller"]["account"] == UBL[1]


def test_a_difference_of_the_total_is_told_with_its_figures_alone(tmp_path: Path) -> None:
    text = SFTI[0].read_text(encoding="utf-8")
    total = text.partition("<cbc:TaxInclusiveTotalAmount")[2].partition(">")[2].partition("<")[0]
    _, found = read(tmp_path, SFTI[0], (f">{total}<", f">{Decimal(total) + 63}<"))
    (wrong,) = [each for each in found.kept if each.code == "SVEF01"]
    assert wrong.message.startswith("Net total, VAT and rounding do not add up to the invoice's total. Here ")


def invoice(sign: int) -> dict[str, Any]:
    rate = {"vat_rate": Decimal(25), "vat_category": "S"}
    net = {
        "quantity": Decimal(2) * sign,
        "net": Decimal(200) * sign,
        "vat": Decimal(50) * sign,
        "gross": Decimal(250) * sign,
    }
    return {
        "number": "7", "kind": "invoice" if sign > 0 else "credit", "issued": "2026-11-20", "currency": "SEK", "customer": {"name": "Ö AB"},
        "lines": [{"description": "Lampa", "unit_price": Decimal(100), **net, **rate}],
        "adjustments": [
            {"kind": "allowance", "net": Decimal("20.00") * sign, **rate},
            {"kind": "charge", "reason": "Frakt", "net": Decimal("49.90") * sign, **rate},
        ],
        "total_net": Decimal("229.90") * sign, "total_vat": Decimal("57.48") * sign, "total": Decimal("287.38") * sign,
    }  # fmt: skip


@pytest.mark.parametrize("sign", [1, -1])
def test_allowances_and_charges_become_lines(sign: int) -> None:
    (made,), found = mapped("common/adjustments-as-lines", [document("common/invoice", invoice(sign))])
    assert errors(found) == [] and made["adjustments"] == []
    told = [
        (line["description"], line["quantity"], line["unit_price"], line["net"], line["vat"])
        for line in made["lines"]
    ]
    assert told == [
        ("Lampa", 2 * sign, 100, 200 * sign, 50 * sign),
        ("Allowance", -sign, 20, -20 * sign, -5 * sign),
        ("Frakt", sign, Decimal("49.90"), Decimal("49.90") * sign, Decimal("12.48") * sign),
    ]
    assert sum(line["gross"] for line in made["lines"]) == made["total"]
    rows, found = mapped("generic/invoice-to-lines", [made])
    assert errors(found) == [] and sum(row["gross"] for row in rows) == made["total"]


@pytest.mark.parametrize(
    ("codes", "told"),
    [(["K1", "K1"], "K1"), (["K1", "K2"], None), (["K1", None], None), ([None, None], None)],
)
def test_an_allowance_has_the_code_for_vat_that_all_lines_with_its_vat_have(
    codes: list[str | None], told: str | None
) -> None:
    whole = invoice(1)
    (line,) = whole["lines"]
    other = line | {"vat_category": "Z", "vat_rate": Decimal(0), "vat_code": "Z9"}
    whole["lines"] = [*(line | {"vat_code": code} for code in codes), other]
    (made,), _ = mapped("common/adjustments-as-lines", [document("common/invoice", whole)])
    assert [line["vat_code"] for line in made["lines"][3:5]] == [told, told]


def test_lines_alone_refuse_an_invoice_that_is_more_than_its_lines() -> None:
    _, found = mapped("generic/invoice-to-lines", [document("common/invoice", invoice(1))])
    assert [each.code for each in errors(found)] == ["GENL01"]
    assert "common/adjustments-as-lines" in (errors(found)[0].advice or "")


def test_vat_categories_are_those_that_an_invoice_may_have() -> None:
    rows = (SAMPLES.parent / "tables/vat-categories.csv").read_text(encoding="utf-8").splitlines()[1:]
    codes = {row.split(",")[0]: row.split(",")[1] for row in rows}
    assert {code for code, category in codes.items() if code == category} == set("SZEKGOLM") | {"AE"}
    assert set(codes.values()) == set("SZEKGOLM") | {"AE"}


ENVELOPES = {
    "peppol": (
        "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader",
        "StandardBusinessDocument",
    ),
    "sfti": ("urn:sfti:documents:StandardBusinessDocumentHeader", "StandardBusinessDocument"),
}


@pytest.mark.parametrize("envelope", ENVELOPES)
@pytest.mark.parametrize(
    "sample", [UBL[0], CII[0], SFTI[0], *ORDERS], ids=["ubl", "cii", "sfti", "order", "answer", "despatch"]
)
def test_a_message_in_the_envelope_of_the_network_is_read_as_without(
    tmp_path: Path, sample: Path, envelope: str
) -> None:
    namespace, name = ENVELOPES[envelope]
    alone, _ = read(tmp_path, sample)
    text = sample.read_text(encoding="utf-8")
    message = text[text.index("?>") + 2 :] if text.startswith("<?xml") else text
    wrapped = tmp_path / "wrapped.xml"
    header = f"<sh:{name}Header><sh:HeaderVersion>1.0</sh:HeaderVersion></sh:{name}Header>"
    wrapped.write_text(
        f'<sh:{name} xmlns:sh="{namespace}">{header}{message}<rest>JVBERi0=</rest></sh:{name}>',
        encoding="utf-8",
    )
    made = list(looking.read(wrapped, None, None, as_common=True, found=(found := Gathered())))
    assert errors(found.kept) == []
    for each in (*made, *alone):
        del each["@path"], each["@line"]
    assert made == alone


def test_svefakturor_come_in_a_list_too(tmp_path: Path) -> None:
    text = SFTI[0].read_text(encoding="utf-8")
    message = text[text.index("?>") + 2 :]
    listed = tmp_path / "listed.xml"
    listed.write_text(
        f'<Invoices xmlns="urn:sfti:documents:BasicInvoice:1:0">{message}{message}</Invoices>',
        encoding="utf-8",
    )
    made = list(looking.read(listed, None, None, as_common=True, found=Gathered()))
    assert [each["number"] for each in made] == [read(tmp_path, SFTI[0])[0][0]["number"]] * 2
