"""Invoices in the general ledger: what is taken off or put on a whole invoice is booked by its rate, not as a rounding."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from invoice_support import FACTS, document, errors

from exchange.findings import Finding
from exchange.flow.content import run_chain
from exchange.flow.site import open_site
from exchange.mapping.tally import Tally

SITE = Path(__file__).parents[2] / "samples/nordkaffe/site"


def rows(invoice: dict[str, Any]) -> list[tuple[str, str, Decimal]]:
    """The rows of the voucher, with the accounts of the sample site."""
    step = open_site(SITE).library.mapping("common/invoice-to-voucher")
    assert step is not None
    found: list[Finding] = []
    made = run_chain(
        iter([[document("common/invoice", invoice)]]), [[step]], FACTS, found.append, lambda _: Tally()
    )
    (voucher,) = [record for batch in made for record in batch]
    assert errors(found) == []
    return [(row["account"], row["text"], row["amount"]) for row in voucher["rows"]]


def test_allowances_and_charges_are_booked_by_their_rate() -> None:
    line = {"description": "Kahvi", "quantity": Decimal(1), "net": Decimal("100.00"), "vat_rate": Decimal("25.5"),
            "vat_category": "S", "vat": Decimal("25.50"), "gross": Decimal("125.50")}  # fmt: skip
    rate = {"vat_rate": Decimal("25.5"), "vat_category": "S"}
    for sign in (1, -1):
        kind = "invoice" if sign > 0 else "credit"
        turned = {
            name: value * sign if name in ("quantity", "net", "vat", "gross") else value
            for name, value in line.items()
        }
        invoice = {
            "number": "1", "kind": kind, "issued": date(2026, 11, 2), "currency": "EUR", "customer": {"name": "A", "address": {"country": "FI"}},
            "lines": [turned],
            "adjustments": [
                {"kind": "allowance", "reason": "Alennus", "net": Decimal("10.00") * sign, **rate},
                {"kind": "charge", "reason": "Rahti", "net": Decimal("4.00") * sign, **rate},
            ],
            "total_net": Decimal("94.00") * sign, "total_vat": Decimal("23.97") * sign, "total": Decimal("117.97") * sign,
        }  # fmt: skip
        made = rows(invoice)
        assert sum(amount for _, _, amount in made) == 0
        assert not any(text == "Rounding" for _, text, _ in made)
        booked = {(text, amount * sign) for _, text, amount in made}
        assert {
            ("Alennus", Decimal("10.00")),
            ("Alennus", Decimal("2.55")),
            ("Rahti", Decimal("-4.00")),
            ("Rahti", Decimal("-1.02")),
        } <= booked
        accounts = {text: account for account, text, _ in made[:2]}
        assert next(account for account, text, _ in made if text == "Alennus") == accounts["Kahvi"]


def test_a_line_that_is_there_twice_is_no_rounding() -> None:
    step = open_site(SITE).library.mapping("common/invoice-to-voucher")
    assert step is not None
    line = {"description": "Kahvi", "quantity": Decimal(1), "net": Decimal("100.00"), "vat_rate": Decimal("25.5"),
            "vat_category": "S", "vat": Decimal("25.50"), "gross": Decimal("125.50")}  # fmt: skip
    customer = {"name": "A", "address": {"country": "FI"}}
    invoice = {"number": "1", "kind": "invoice", "issued": date(2026, 11, 2), "currency": "EUR", "customer": customer,
               "total_net": Decimal(100), "total_vat": Decimal("25.50")}  # fmt: skip
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"lines": [line], "total": Decimal("125.52")}, []),
        ({"lines": [line], "total": Decimal("126.00"), "rounding": Decimal("0.50")}, []),
        ({"lines": [line], "total": Decimal("126.00")}, ["VOU006"]),
        ({"lines": [line, line], "total": Decimal("125.50")}, ["VOU006"]),
    ]
    for given, codes in cases:
        found: list[Finding] = []
        records = [document("common/invoice", {**invoice, **given})]
        list(run_chain(iter([records]), [[step]], FACTS, found.append, lambda _: Tally()))
        assert [each.code for each in errors(found)] == codes


def test_roundings_and_reverse_charge_have_accounts_of_their_own() -> None:
    def line(text: str, net: str, **more: str) -> dict[str, Any]:
        amounts = {"net": Decimal(net), "vat": Decimal(0), "gross": Decimal(net), "vat_rate": Decimal(0)}
        return {"description": text, "quantity": Decimal(1), **amounts, **more}

    customer = {"name": "A", "address": {"country": "FI"}}
    lines = [
        line("Rakennustyö", "300.00", vat_category="AE"),
        line("Käyttö", "99.75", vat_category="E"),
        line("Pyöristys", "0.25", kind="rounding"),
    ]
    total = {"total_net": Decimal("400.00"), "total_vat": Decimal(0), "total": Decimal("400.00")}
    head = {
        "number": "1",
        "kind": "invoice",
        "issued": date(2026, 11, 2),
        "currency": "EUR",
        "customer": customer,
    }
    accounts = {text: account for account, text, _ in rows({**head, "lines": lines, **total})}
    assert accounts == {"1": "1700", "Rakennustyö": "3385", "Käyttö": "3380", "Pyöristys": "8450"}
