"""Shops that tell VAT and not its rate: the rate is one that the country has on that day, or the file is held."""

from __future__ import annotations

from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest
from conftest import Documents

from exchange.operations import looking
from exchange.outcome import Gathered

SLIP = """<prestashop><order_slips><order_slip><id>4</id><id_currency>EUR</id_currency><id_order>15</id_order>
<date_add>{day} 08:00:00</date_add><total_products_tax_incl>{gross}</total_products_tax_incl>
<associations><order_slip_details><order_slip_detail><product_quantity>1</product_quantity>
<amount_tax_excl>{net}</amount_tax_excl><amount_tax_incl>{gross}</amount_tax_incl></order_slip_detail>
</order_slip_details></associations></order_slip></order_slips></prestashop>"""


def memo(net: str, tax: str, total: str, day: str = "2026-11-26", **given: Any) -> dict[str, Any]:
    item = {
        "entity_id": 1,
        "sku": "A1",
        "name": "Cup",
        "qty": 1,
        "price": net,
        "row_total": net,
        "tax_amount": tax,
    }
    base = {
        "entity_id": 7,
        "increment_id": "7",
        "order_id": "103",
        "created_at": f"{day} 10:00:00",
        "order_currency_code": "EUR",
        "adjustment": 0,
        "grand_total": total,
        "items": [{**item, **given}],
    }
    return {"items": [base]}


@pytest.mark.parametrize(
    ("net", "tax", "total", "day", "rate"),
    [
        ("23.90", "6.10", "30.00", "2026-11-26", "25.5"),
        ("100.00", "14.00", "114.00", "2026-01-20", "14"),  # sold last year
        ("100.00", "13.50", "113.50", "2026-01-20", "13.5"),
        ("100.00", "14.00", "114.00", "2027-02-01", None),
        ("100.00", "24.99", "124.99", "2026-11-26", None),
        ("0.10", "0.01", "0.11", "2026-11-26", None),
    ],
)
def test_credit_memos(
    documents: Documents, net: str, tax: str, total: str, day: str, rate: str | None
) -> None:
    made, found = documents(memo(net, tax, total, day), country="FI")
    if rate is None:
        assert ([each.code for each in found], made) == (["MAP001"], [])
        assert f"VAT {tax} on {net}" in found[0].message
    else:
        assert (found, made[0]["lines"][0]["vat_rate"]) == ([], D(rate))


def test_pieces_that_were_rounded_each(documents: Documents) -> None:
    made, found = documents(memo("30.00", "7.50", "37.50", qty=30, price="1.00"), country="FI")
    assert (found, made[0]["lines"][0]["vat_rate"]) == ([], D("25.5"))


def test_a_country_that_is_not_said(documents: Documents) -> None:
    made, found = documents(memo("23.90", "6.10", "30.00"))
    assert (made, [each.code for each in found]) == ([], ["MAP001"])
    assert "country of the site" in (found[0].advice or "")


def test_the_cents_of_a_credit_memo_are_a_line(documents: Documents) -> None:
    made, found = documents(memo("23.9043", "6.0956", "30.01"), country="FI")
    assert found == []
    assert [(line["kind"], line["gross"]) for line in made[0]["lines"]] == [
        ("product", D("-30.00")),
        ("rounding", D("-0.01")),
    ]
    made, found = documents(memo("23.90", "6.10", "30.03"), country="FI")
    assert [each.code for each in found] == ["MAG004"]


@pytest.mark.parametrize(
    ("net", "gross", "day", "rate"),
    [
        ("26.387665", "29.950000", "2026-11-26", "13.5"),
        ("100.000000", "114.000000", "2026-01-20", "14"),
        ("100.000000", "124.000000", "2026-11-26", None),
    ],
)
def test_credit_slips(tmp_path: Path, net: str, gross: str, day: str, rate: str | None) -> None:
    (tmp_path / "exchange.yaml").write_text(
        "site: shop\ntime zone: Europe/Helsinki\nvalues: {country: FI}\n", encoding="utf-8"
    )
    path, found = tmp_path / "slips.xml", Gathered()
    path.write_text(SLIP.format(day=day, net=net, gross=gross), encoding="utf-8")
    made = list(looking.read(path, tmp_path, None, as_common=True, found=found))
    assert [line["vat_rate"] for each in made for line in each["lines"]] == (
        [] if rate is None else [D(rate)]
    )
    assert [each.code for each in found.kept] == (["MAP001"] if rate is None else [])
