"""Moments in UTC are booked on the day that the site had then: at the turn of a year another VAT rate may stand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from invoice_support import FACTS, document, library

from exchange.findings import Finding
from exchange.flow.content import run_chain
from exchange.mapping.tally import Tally
from exchange.model import ArrivalFacts

DEAL = {
    "id": "1",
    "name": "Beans",
    "amount": Decimal(100),
    "currency": "EUR",
    "vat_rate": Decimal("13.5"),
    "stage": "closedwon",
}
WON = {
    "id": "1",
    "title": "Beans",
    "value": Decimal(100),
    "currency": "EUR",
    "vat_rate": Decimal("13.5"),
    "status": "won",
}
ITEM = {
    "id": "1",
    "sku": "A1",
    "quantity": Decimal(1),
    "row_total": Decimal(100),
    "tax": Decimal("13.5"),
    "tax_percent": Decimal("13.5"),
}
SHOP = {"id": "1", "number": "1", "currency": "EUR", "total": Decimal("113.5"), "items": [ITEM]}
ROW = {
    "quantity": Decimal(1),
    "unit_price": 11350,
    "row_taxable": 10000,
    "vat_rate": Decimal("13.5"),
    "name": "Beans",
}
TILL = {
    "short_id": "1",
    "amount": 11350,
    "currency": "EUR",
    "products": [ROW],
    "payments": [{"type": "CASH", "amount": 11350}],
}
CREDITED = {"sku": "A1", "quantity": Decimal(1), "row_total": Decimal(100), "tax": Decimal("25.5")}
MEMO = {**SHOP, "order_id": "9", "total": Decimal("125.5"), "items": [CREDITED]}
"""At a rate that stands on both days: a credit memo has no rates, and one of the other year would be held."""
CASES: list[tuple[str, dict[str, Any], str]] = [
    ("magento/orders", {**SHOP, "status": "complete"}, "created"),
    ("magento/credit-memos", MEMO, "created"),
    ("hubspot/deals", DEAL, "closed"),
    ("pipedrive/deals", WON, "won_time"),
    ("zettle/purchases", TILL, "timestamp"),
]


def ordered(layout: str, given: dict[str, Any], zone: str) -> date:
    step = library().mapping(f"{layout}-to-order")
    assert step is not None, library().problems
    facts = ArrivalFacts(
        FACTS.id, FACTS.flow, FACTS.name, FACTS.sha256, datetime(2026, 1, 5, 9, tzinfo=ZoneInfo(zone))
    )
    found: list[Finding] = []
    made = list(
        run_chain(iter([[document(layout, given)]]), [[step]], facts, found.append, lambda _: Tally())
    )
    assert found == []
    ((order,),) = made
    day: date = order["ordered"]
    return day


@pytest.mark.parametrize(("layout", "given", "field"), CASES, ids=[case[0] for case in CASES])
def test_the_last_hour_of_a_year_in_utc_is_the_next_year_in_helsinki(
    layout: str, given: dict[str, Any], field: str
) -> None:
    moment: Any = "2025-12-31 22:30:00"
    if layout.startswith("hubspot"):
        moment = "2025-12-31T22:30:00.123Z"
    if layout.startswith("zettle"):
        moment = datetime(2025, 12, 31, 22, 30, tzinfo=UTC)
    late = {**given, field: moment}
    assert ordered(layout, late, "Europe/Helsinki") == date(2026, 1, 1)
    assert ordered(layout, late, "UTC") == date(2025, 12, 31)


@pytest.mark.parametrize("layout", ["hubspot/deals-export", "pipedrive/deals-export"])
def test_exports_tell_the_days_of_the_company(layout: str) -> None:
    given = DEAL if layout.startswith("hubspot") else WON
    field = "closed" if layout.startswith("hubspot") else "won_time"
    late = (
        {**given, field: "2025-12-31 23:30", "contact_id": "5", "contact": "Aino"}
        if field == "closed"
        else {**given, field: "2025-12-31 23:30:00"}
    )
    assert ordered(layout, late, "Europe/Helsinki") == date(2025, 12, 31)
