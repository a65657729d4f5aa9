"""Orders, answers, deliveries and catalogues at random, right in themselves."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from invoice_cases import cents

EAN = "7350053850019"


def party(country: str = "SE") -> dict[str, Any]:
    return {
        "name": "Åkerö Lampor & Söner AB",
        "business_id": "5560360793",
        "endpoint": {"scheme": "0007", "id": "5560360793"},
        "contact": {"name": "Åsa <1>", "phone": "+46 8 123", "email": "asa@example.com"},
        "address": {"street": "Storgatan 1", "postcode": "111 22", "town": "Stockholm", "country": country},
    }


words = st.sampled_from(("Kahvi 10 kg", "Muki <é> & muut", "y" * 200))
days = st.integers(0, 400).map(lambda n: date(2026, 1, 1) + timedelta(n))
amounts = st.decimals("0.01", "9999", places=2)
quantities = st.decimals("0.001", "999", places=3)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


@st.composite
def periods(draw: st.DrawFn) -> dict[str, Any] | None:
    start = draw(days)
    return draw(maybe(st.just({"start": start, "end": start + timedelta(draw(st.integers(0, 9)))})))


@st.composite
def articles(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "sku": draw(st.sampled_from(("S1", "Ä-2"))),
        "ean": draw(maybe(st.just(EAN))),
        "buyer_sku": draw(maybe(st.just("B & 7"))),
        "description": draw(words),
    }


@st.composite
def order_lines(draw: st.DrawFn, priced: bool) -> dict[str, Any]:
    rate = draw(st.sampled_from((Decimal("25.5"), Decimal(14), Decimal(0))))
    category = "S" if rate else draw(st.sampled_from(("Z", "E", "O")))
    quantity, price = draw(quantities), draw(st.decimals("0.0001", "999", places=4))
    net = cents(quantity * price)
    vat = cents(net * rate / 100)
    line = {
        **draw(articles()),
        "kind": "product",
        "quantity": quantity,
        "unit_code": draw(st.sampled_from(("H87", "KGM"))),
    }
    line |= {"note": draw(maybe(words)), "requested": draw(periods())}
    sums = {
        "net": net,
        "vat": vat,
        "gross": net + vat,
        "unit_price": price,
        "vat_rate": rate,
        "vat_category": category,
    }
    return line | (sums if priced else {})


@st.composite
def extra_lines(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(("fee", "discount")))
    net = draw(st.decimals("0.01", "5", places=2)) * (-1 if kind == "discount" else 1)
    vat = cents(net * Decimal("25.5") / 100)
    return {
        "kind": kind, "description": draw(words), "quantity": Decimal(1 if net > 0 else -1), "net": net,
        "vat_rate": Decimal("25.5"), "vat_category": "S", "vat": vat, "gross": net + vat,
    }  # fmt: skip


@st.composite
def orders(draw: st.DrawFn) -> dict[str, Any]:
    priced = draw(st.booleans())
    lines = draw(st.lists(order_lines(priced), min_size=1, max_size=4))
    for number, line in enumerate(lines, 1):
        line["id"] = str(number)
    extra = draw(st.lists(extra_lines(), max_size=2)) if priced else []
    sums = [sum(line[name] for line in (*lines, *extra)) for name in ("net", "vat")] if priced else [0]
    if min(sums) < 0:  # nobody orders for less than nothing
        extra = []
    lines += extra
    order = {
        "number": str(draw(st.integers(1, 10**9))), "kind": "order", "ordered": draw(days), "valid_until": draw(days),
        "currency": draw(st.sampled_from(("EUR", "SEK"))), "customer": party("FI") | {"vat_number": "FI23456780"}, "seller": party(),
        "requested": draw(periods()), "buyer_reference": draw(maybe(words)), "contract": draw(maybe(st.just("C & 1"))),
        "quotation": draw(maybe(st.just("Q1"))), "project": draw(maybe(st.just("P1"))), "note": draw(maybe(words)),
        "terms": draw(maybe(words)), "delivery": draw(maybe(st.just({"town": "Åbo", "country": "FI", "name": "Lager"}))), "lines": lines,
    }  # fmt: skip
    if priced:
        net, vat = (sum((line[name] for line in lines), Decimal(0)) for name in ("net", "vat"))
        order |= {"total_net": net, "total_vat": vat, "total": net + vat}
    return order


@st.composite
def answers(draw: st.DrawFn) -> dict[str, Any]:
    status = draw(st.sampled_from(("received", "accepted", "changed", "refused")))
    lines = draw(st.lists(answer_lines(), min_size=1, max_size=4)) if status == "changed" else []
    for number, line in enumerate(lines, 1):
        line["id"] = str(number)
    return {
        "number": "R1", "order_number": "O & 1", "seller_number": draw(maybe(st.just("S1"))), "issued": draw(days), "status": status,
        "currency": "EUR", "buyer_reference": draw(maybe(words)), "promised": draw(periods()), "seller": party(), "customer": party("FI"),
        "lines": lines, "note": draw(maybe(words)),
    }  # fmt: skip


@st.composite
def answer_lines(draw: st.DrawFn) -> dict[str, Any]:
    return {
        **draw(articles()), "order_line": str(draw(st.integers(1, 9))), "quantity": draw(maybe(quantities)), "unit_code": "KGM",
        "status": draw(st.sampled_from(("accepted", "changed", "added", "refused", "delivered"))),
        "backorder": draw(maybe(quantities)), "unit_price": draw(maybe(amounts)), "promised": draw(periods()), "note": draw(maybe(words)),
        "substitute": draw(maybe(st.just({"sku": "X9", "ean": EAN, "description": "Other & better"}))),
    }  # fmt: skip


@st.composite
def deliveries(draw: st.DrawFn) -> dict[str, Any]:
    lines = draw(st.lists(delivery_lines(), min_size=1, max_size=4))
    for number, line in enumerate(lines, 1):
        line["id"] = str(number)
    return {
        "number": "D1", "order_number": draw(maybe(st.just("O & 1"))), "issued": draw(days), "shipped": draw(maybe(days)),
        "expected": draw(periods()), "carrier": draw(maybe(words)), "consignment": draw(maybe(st.just("C7"))),
        "tracking": draw(maybe(st.just("T8"))), "packages": draw(maybe(st.just(Decimal(3)))), "weight": draw(maybe(quantities)),
        "seller": party(), "customer": party("FI"), "receiver": draw(maybe(st.just(party("NO")))), "lines": lines, "note": draw(maybe(words)),
    }  # fmt: skip


@st.composite
def delivery_lines(draw: st.DrawFn) -> dict[str, Any]:
    left = draw(maybe(quantities))
    return {
        **draw(articles()), "quantity": draw(quantities), "unit_code": draw(st.sampled_from(("H87", "KGM"))),
        "outstanding": left, "outstanding_reason": None if left is None else "Slut & borta",
        "order_line": draw(maybe(st.just("4"))), "note": draw(maybe(words)),
        "batches": draw(st.lists(st.just({"lot": "L1", "best_before": date(2027, 1, 1), "expires": date(2027, 2, 1)}), max_size=2)),
    }  # fmt: skip


@st.composite
def catalogues(draw: st.DrawFn) -> dict[str, Any]:
    made = draw(st.lists(catalogue_articles(), min_size=1, max_size=4))
    for number, article in enumerate(made, 1):
        article["id"] = str(number)
    return {
        "number": "K1", "action": draw(st.sampled_from(("add", "replace", "update"))), "name": draw(words), "version": "1",
        "issued": draw(days), "valid": {"start": date(2026, 1, 1), "end": date(2027, 12, 31)},
        "contract": draw(maybe(st.just("C1"))), "seller": party(), "customer": party("FI"), "articles": made,
    }  # fmt: skip


@st.composite
def catalogue_articles(draw: st.DrawFn) -> dict[str, Any]:
    rate = draw(st.sampled_from((Decimal(25), Decimal(0))))
    article = draw(articles())
    least = draw(maybe(st.integers(1, 9).map(Decimal)))
    return {
        "name": article["description"],
        "sku": article["sku"],
        "ean": article["ean"],
        "description": draw(maybe(words)),
        "action": draw(st.sampled_from(("add", "update", "delete"))),
        "brand": draw(maybe(words)),
        "manufacturer": draw(maybe(words)),
        "origin": draw(maybe(st.just("NO"))),
        "keywords": draw(maybe(words)),
        "orderable": draw(maybe(st.booleans())),
        "unit_code": draw(st.sampled_from(("XBX", "C62"))),
        "content": draw(maybe(quantities)),
        "minimum": least,
        "maximum": least and least + 5,
        "increment": draw(maybe(st.just(Decimal(1)))),
        "vat_rate": rate,
        "vat_category": "S" if rate else "Z",
        "lead_days": Decimal(5),
        "manufacturer_sku": draw(maybe(st.just("M1"))),
        "valid": draw(maybe(st.just({"start": date(2026, 2, 1), "end": date(2027, 1, 31)}))),
        "prices": [
            {
                "amount": draw(amounts),
                "currency": "NOK",
                "base_quantity": draw(maybe(st.just(Decimal(10)))),
                "from_quantity": draw(maybe(st.just(Decimal(2)))),
            }
        ],
        "classes": draw(st.lists(st.just({"list": "MP", "code": "44121701"}), max_size=1)),
        "properties": draw(st.lists(st.just({"name": "Size", "value": "A & 4"}), max_size=2)),
    }
