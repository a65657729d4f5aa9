"""Invoices at random, right to the cent, for every target that takes invoices."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from exchange.checks import get

CENT = Decimal("0.01")
NAMES = (
    "Åkerö Lampor AB",
    "Kahvila Äijä & Kumpp. Oy",
    "Müller <GmbH>",
    'Ola "Nord" Nordmann AS',
    "x" * 90,
    "Oy",
)
ZERO_RATED = ("Z", "E", "AE", "K", "G", "O")
RATES = tuple(map(Decimal, ("25.5", "24", "14", "13.5", "10", "25", "12", "6")))

BUYER = {
    "name": "Åkerö Lampor AB", "business_id": "556036-0793", "vat_number": "SE556036079301",
    "endpoint": {"scheme": "0007", "id": "5560360793"},
    "address": {"street": "Storgatan 1", "postcode": "111 22", "town": "Stockholm", "country": "SE"},
}  # fmt: skip
SELLER = {
    "number": "9", "name": "Nordkaffe Oy", "business_id": "2345678-0", "vat_number": "FI23456780", "account": "FI2112345600000785",
    "endpoint": {"scheme": "0216", "id": "003723456780"},
    "address": {"street": "Satamakatu 4", "postcode": "00160", "town": "Helsinki", "country": "FI"},
}  # fmt: skip
DELIVERY = {"town": "Stockholm", "country": "SE"}


def cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


@st.composite
def lines(draw: st.DrawFn, sign: int) -> dict[str, Any]:
    taxed = draw(st.booleans())
    rate = draw(st.sampled_from(RATES)) if taxed else Decimal(0)
    quantity = draw(st.decimals("0.001", "9999", places=3)) * sign
    price = draw(st.decimals("0.0001", "9999", places=4))
    net = cents(quantity * price)
    vat = cents(net * rate / 100)
    return {
        "sku": draw(st.none() | st.sampled_from(("S1", "Ä-2"))),
        "description": draw(st.sampled_from(("Kahvi 10 kg", "Tuote <é> & muut", "y" * 200, "-"))),
        "quantity": quantity,
        "unit": draw(st.none() | st.sampled_from(("kpl", "kg", "tunti"))),
        "unit_price": price,
        "net": net,
        "vat_rate": rate,
        "vat_category": "S" if taxed else draw(st.sampled_from(ZERO_RATED)),
        "vat": vat,
        "gross": net + vat,
    }


@st.composite
def invoices(draw: st.DrawFn) -> dict[str, Any]:
    """A document common/invoice whose lines and totals agree."""
    sign = draw(st.sampled_from((1, 1, 1, -1)))
    made = draw(st.lists(lines(sign), min_size=1, max_size=6))
    issued = date(2026, 1, 1) + timedelta(draw(st.integers(0, 700)))
    complete = get("fi-viite").complete
    assert complete is not None
    reference = complete(str(draw(st.integers(100, 10**15))))
    net, vat = (sum((line[name] for line in made), Decimal(0)) for name in ("net", "vat"))
    accounting_currency = draw(st.sampled_from((None, "NOK")))
    address = {"street": "Katu 1", "postcode": "00100", "town": "Helsinki", "country": "FI"}
    return {
        "number": str(draw(st.integers(1, 10**9))),
        "kind": "credit" if sign < 0 else "invoice",
        "issued": issued,
        "due": issued + timedelta(draw(st.integers(0, 60))),
        "currency": draw(st.sampled_from(("EUR", "SEK", "USD"))),
        "reference": draw(st.none() | st.just(reference)),
        "buyer_reference": draw(st.none() | st.just("PO 77 & <x>")),
        "customer": {
            "number": "77",
            "name": draw(st.sampled_from(NAMES)),
            "business_id": draw(st.none() | st.just("0836922-4")),
            "address": draw(st.none() | st.just(address)),
        },
        "lines": made,
        "total_net": net,
        "total_vat": vat,
        "total": net + vat,
        "vat_accounting_currency": accounting_currency,
        "vat_in_accounting_currency": _in_kroner(accounting_currency, vat),
    }


@st.composite
def adjusted(draw: st.DrawFn, source: st.SearchStrategy[dict[str, Any]]) -> dict[str, Any]:
    """Invoices with allowances and charges of the whole invoice, and their VAT for each category and rate."""
    invoice = draw(source)
    sign = -1 if invoice["kind"] == "credit" else 1
    rates = list(dict.fromkeys((line["vat_category"], line["vat_rate"]) for line in invoice["lines"]))
    made = draw(st.lists(_adjustments(sign, rates), min_size=1, max_size=4))
    totals = [_vat_total(invoice["lines"], made, category, rate) for category, rate in rates]
    net, vat = (sum((total[name] for total in totals), Decimal(0)) for name in ("net", "vat"))
    return {
        **invoice,
        "adjustments": made,
        "vat_totals": totals,
        "total_net": net,
        "total_vat": vat,
        "total": net + vat,
        "vat_in_accounting_currency": _in_kroner(invoice["vat_accounting_currency"], vat),
    }


def _in_kroner(currency: str | None, vat: Decimal) -> Decimal | None:
    return cents(vat * Decimal("11.5")) if currency else None


@st.composite
def _adjustments(draw: st.DrawFn, sign: int, rates: list[tuple[str, Decimal]]) -> dict[str, Any]:
    category, rate = draw(st.sampled_from(rates))
    made = {
        "kind": draw(st.sampled_from(("allowance", "charge"))),
        "reason": draw(st.none() | st.sampled_from(("Rahti & käsittely", "Alennus"))),
        "net": draw(st.decimals("0.01", "500", places=2)) * sign,
        "vat_rate": rate,
        "vat_category": category,
    }
    if draw(st.booleans()):
        percent, base = (
            draw(st.sampled_from((Decimal(5), Decimal("12.5")))),
            draw(st.integers(1, 5000)) * sign,
        )
        made |= {"percent": percent, "base": Decimal(base), "net": cents(base * percent / 100)}
    return made


def _vat_total(
    lines: list[dict[str, Any]], made: list[dict[str, Any]], category: str, rate: Decimal
) -> dict[str, Any]:
    parts = [line["net"] for line in lines if (line["vat_category"], line["vat_rate"]) == (category, rate)]
    parts += [
        each["net"] if each["kind"] == "charge" else -each["net"]
        for each in made
        if (each["vat_category"], each["vat_rate"]) == (category, rate)
    ]
    net = sum(parts, Decimal(0))
    return {"category": category, "rate": rate, "net": net, "vat": cents(net * rate / 100)}


def sendable(invoice: dict[str, Any]) -> dict[str, Any]:
    """An invoice at random, with what Peppol asks for; lines outside the scope of VAT stand alone."""
    if any(line["vat_category"] == "O" for line in invoice["lines"]):
        for line in invoice["lines"]:
            line.update(vat_rate=Decimal(0), vat_category="O", vat=Decimal(0), gross=line["net"])
        invoice.update(
            total_vat=Decimal(0),
            total=invoice["total_net"],
            vat_accounting_currency=None,
            vat_in_accounting_currency=None,
        )
    whole = {
        **invoice,
        "buyer_reference": "PO 77",
        "customer": BUYER,
        "delivery": DELIVERY,
        "delivered": invoice["issued"],
    }
    return whole | ({"credits": "1"} if invoice["kind"] == "credit" else {})


@st.composite
def rounded(draw: st.DrawFn, source: st.SearchStrategy[dict[str, Any]]) -> dict[str, Any]:
    """Invoices whose total is rounded to the whole unit of the currency."""
    invoice = draw(source)
    total = invoice["total"].quantize(Decimal(1), ROUND_HALF_UP)
    return {**invoice, "total": total, "rounding": total - invoice["total"]}


@cache
def generated(count: int) -> tuple[dict[str, Any], ...]:
    """As many invoices, always the same: with and without allowances, charges and rounding, each with a number of its own."""
    made: list[dict[str, Any]] = []
    plain = invoices().map(sendable)
    whole = plain | adjusted(plain)

    @settings(
        max_examples=count // 2,
        phases=[Phase.generate],
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def take(invoice: dict[str, Any]) -> None:
        made.append({**invoice, "number": str(10_000 + len(made)), "seller": SELLER})

    each_kind = whole | rounded(whole)
    given(each_kind.filter(lambda each: each["kind"] == "invoice"))(take)()
    given(each_kind.filter(lambda each: each["kind"] == "credit" and each["total"] < 0))(take)()
    return tuple(made)
