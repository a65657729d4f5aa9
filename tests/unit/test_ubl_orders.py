"""Orders, answers, deliveries and catalogues as UBL: what is written passes the schemas and the rules of Peppol and comes back whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from invoice_support import AT_RANDOM, CORPUS, document, errors, read, written
from lxml import etree
from official_rules import PEPPOL, broken_rules, ubl_schema
from order_cases import answers, catalogues, deliveries, orders, party

from exchange.findings import Finding
from exchange.operations import looking
from exchange.outcome import Gathered

CAC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"
CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
RULES = {"order": "T01", "order-response": "T76", "despatch-advice": "T16", "catalogue": "T19"}
ROOTS = {
    "order": "Order",
    "order-response": "OrderResponse",
    "despatch-advice": "DespatchAdvice",
    "catalogue": "Catalogue",
}
DOCUMENTS = {
    "order": "order",
    "order-response": "order-response",
    "despatch-advice": "delivery",
    "catalogue": "catalogue",
}
SOME = max(10, AT_RANDOM // 2)
"""How many documents at random each kind gets."""


def sent(kind: str, given: dict[str, Any]) -> tuple[bytes, list[Finding]]:
    name = DOCUMENTS[kind]
    return written(f"ubl/{name}-to-ubl-{kind}", f"ubl/{kind}", given, f"common/{name}")


def received(kind: str, data: bytes) -> tuple[list[dict[str, Any]], list[Finding]]:
    return read(f"ubl/{kind}-to-{DOCUMENTS[kind]}", f"ubl/{kind}", data)


def judged(kind: str, data: bytes) -> None:
    schema = ubl_schema(ROOTS[kind])
    assert schema.validate(etree.fromstring(data)), schema.error_log
    assert broken_rules(data, PEPPOL / f"PEPPOLBIS-{RULES[kind]}.xslt") == []


def told(value: Any) -> Any:
    """What a document says: without what is empty, and numbers without the zeros at their end."""
    if isinstance(value, dict):
        inner = {name: told(each) for name, each in value.items() if not name.startswith("@")}
        return {name: each for name, each in inner.items() if each not in (None, {}, [])}
    if isinstance(value, list):
        return [told(each) for each in value]
    return value.normalize() if isinstance(value, Decimal) else value


def differences(one: Any, other: Any, at: str = "") -> list[tuple[str, Any, Any]]:
    """Where two documents differ, with both values."""
    if isinstance(one, dict) and isinstance(other, dict):
        names = one.keys() | other.keys()
        return [
            each
            for name in sorted(names)
            for each in differences(one.get(name), other.get(name), f"{at}.{name}")
        ]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [each for n, (a, b) in pairs for each in differences(a, b, f"{at}[{n}]")]
    return [] if one == other else [(at, one, other)]


def assert_whole(kind: str, given: dict[str, Any], **without: set[str]) -> None:
    """Written and judged, it comes back as it was, but for what is told another way."""
    data, found = sent(kind, given)
    assert errors(found) == []
    judged(kind, data)
    (back,), found = received(kind, data)
    assert errors(found) == []
    whole, again = (told(each) for each in (document(f"common/{DOCUMENTS[kind]}", given), back))
    for at, names in without.items():
        for each in (whole, again):
            for structure in (
                [each]
                if at == "top"
                else each.get(at, [])
                if isinstance(each.get(at), list)
                else [each.get(at, {})]
            ):
                for name in names:
                    structure.pop(name, None)
    assert differences(again, whole) == []


@settings(max_examples=SOME)
@given(orders())
def test_an_order_is_right_and_comes_back(order: dict[str, Any]) -> None:
    assert_whole(
        "order", order, top={"prices_include_vat"}, customer={"email", "phone"}, lines={"unit_price"}
    )


@settings(max_examples=SOME)
@given(answers())
def test_an_answer_is_right_and_comes_back(answer: dict[str, Any]) -> None:
    unsaid = {"contact", "address", "business_id"}
    for line in answer["lines"]:
        if line["quantity"] is None:
            line["unit_code"] = None
    assert_whole("order-response", answer, seller=unsaid, customer=unsaid)


@settings(max_examples=SOME)
@given(deliveries())
def test_a_delivery_is_right_and_comes_back(delivery: dict[str, Any]) -> None:
    unsaid = {"contact", "address", "business_id", "endpoint"}
    for line in delivery["lines"]:
        line["order_number"] = delivery["order_number"]
    for who in ("seller", "receiver"):
        delivery[who] = delivery[who] and {
            name: value for name, value in delivery[who].items() if name != "business_id"
        }
    goes_to = delivery["receiver"] or {
        name: value for name, value in delivery["customer"].items() if name not in ("business_id", "contact")
    }
    data, _ = sent("despatch-advice", delivery)
    (back,), _ = received("despatch-advice", data)
    assert told(back["receiver"]) == told(goes_to)
    assert_whole("despatch-advice", delivery, top={"receiver"}, customer=unsaid)


@settings(max_examples=SOME)
@given(catalogues())
def test_a_catalogue_is_right_and_comes_back(catalogue: dict[str, Any]) -> None:
    for article in catalogue["articles"]:
        article["content_unit"] = "KGM" if article["content"] else None
    assert_whole("catalogue", catalogue, seller={"contact", "address"}, customer={"contact", "address"})


ORDER = {
    "number": "1", "kind": "order", "ordered": date(2026, 11, 2), "currency": "EUR", "customer": party("FI"), "seller": party(),
    "lines": [{"kind": "product", "id": "1", "description": "Kahvi", "quantity": Decimal(2), "net": Decimal("10.00"), "vat_rate": Decimal(14),
               "vat": Decimal("1.40"), "gross": Decimal("11.40")}],
    "total_net": Decimal("10.00"), "total_vat": Decimal("1.40"), "total": Decimal("11.40"),
}  # fmt: skip
LINE = ORDER["lines"][0]  # type: ignore[index]
ANSWER = {
    "number": "1", "order_number": "7", "issued": date(2026, 11, 2), "status": "changed", "currency": "EUR", "seller": party(),
    "customer": party("FI"), "lines": [{"id": "1", "order_line": "1", "status": "changed", "description": "Kahvi", "quantity": Decimal(1)}],
}  # fmt: skip
DELIVERY = {
    "number": "1", "issued": date(2026, 11, 2), "seller": party(), "customer": party("FI"),
    "lines": [{"id": "1", "sku": "S1", "description": "Kahvi", "quantity": Decimal(1)}],
}  # fmt: skip
CATALOGUE = {
    "number": "1",
    "issued": date(2026, 11, 2),
    "seller": party(),
    "customer": party("FI"),
    "valid": {"start": date(2026, 1, 1), "end": date(2026, 12, 31)},
    "articles": [
        {"id": "1", "sku": "S1", "name": "Kahvi", "prices": [{"amount": Decimal(2), "currency": "EUR"}]}
    ],
}
ARTICLE = CATALOGUE["articles"][0]  # type: ignore[index]
NOBODY = {"name": "N", "address": {"country": "SE"}}
SCHEMELESS = {**party(), "endpoint": {"id": "7350053850019"}}
"""Its address does not say of which scheme it is: that of the site is not meant."""


@pytest.mark.parametrize(
    ("kind", "right", "change", "code"),
    [
        ("order", ORDER, {"customer": SCHEMELESS}, "UBLO01"),
        ("order", ORDER, {"seller": NOBODY}, "UBLO02"),
        ("order", ORDER, {"seller": {**party(), "name": None}}, "UBLO03"),
        ("order", ORDER, {"seller": {**party(), "address": {"town": "Oslo"}}}, "UBLO04"),
        ("order", ORDER, {"lines": [LINE, LINE]}, "UBLO05"),
        ("order", ORDER, {"lines": [{**LINE, "quantity": Decimal(-2)}]}, "UBLO06"),
        ("order", ORDER, {"lines": [{**LINE, "net": Decimal(-10)}]}, "UBLO07"),
        ("order", ORDER, {"total": Decimal("11.41")}, "UBLO08"),
        ("order", ORDER, {"lines": [LINE, {**LINE, "id": "2", "kind": "discount", "net": Decimal(-20)}]}, "UBLO09"),
        ("order", ORDER, {"lines": [{**LINE, "vat_rate": Decimal(0), "vat_category": "S"}]}, "UBLO10"),
        ("order-response", ANSWER, {"seller": SCHEMELESS}, "UBLR01"),
        ("order-response", ANSWER, {"customer": NOBODY}, "UBLR02"),
        ("order-response", ANSWER, {"customer": {**party(), "name": None}}, "UBLR03"),
        ("order-response", ANSWER, {"lines": []}, "UBLR04"),
        ("order-response", ANSWER, {"status": "accepted"}, "UBLR05"),
        ("order-response", ANSWER, {"lines": ANSWER["lines"] * 2}, "UBLR06"),  # type: ignore[operator]
        ("order-response", ANSWER, {"lines": [{"id": "1", "order_line": "1"}]}, "UBLR07"),
        ("order-response", ANSWER, {"promised": {"start": date(2026, 2, 2), "end": date(2026, 2, 1)}}, "UBLR08"),
        ("order-response", ANSWER, {"currency": None}, "UBLR09"),
        ("despatch-advice", DELIVERY, {"seller": SCHEMELESS}, "UBLD01"),
        ("despatch-advice", DELIVERY, {"customer": NOBODY}, "UBLD02"),
        ("despatch-advice", DELIVERY, {"receiver": SCHEMELESS}, "UBLD02"),
        ("despatch-advice", DELIVERY, {"customer": {**party(), "address": {"town": "Oslo"}}}, "UBLD03"),
        ("despatch-advice", DELIVERY, {"lines": [{"id": "1", "description": "A", "quantity": Decimal(1)}]}, "UBLD04"),
        ("despatch-advice", DELIVERY, {"lines": [{"id": "1", "sku": "A", "quantity": Decimal(1)}]}, "UBLD05"),
        ("despatch-advice", DELIVERY, {"lines": [{"id": "1", "sku": "A", "description": "A"}]}, "UBLD06"),
        ("catalogue", CATALOGUE, {"seller": SCHEMELESS}, "UBLC01"),
        ("catalogue", CATALOGUE, {"customer": NOBODY}, "UBLC02"),
        ("catalogue", CATALOGUE, {"customer": {**party(), "name": None}}, "UBLC03"),
        ("catalogue", CATALOGUE, {"valid": {"start": date(2026, 2, 2), "end": date(2026, 2, 1)}}, "UBLC04"),
        ("catalogue", CATALOGUE, {"articles": [{"id": "1", "name": "Kahvi"}]}, "UBLC05"),
        ("catalogue", CATALOGUE, {"articles": [{**ARTICLE, "prices": [{"amount": Decimal(-1), "currency": "EUR"}]}]}, "UBLC06"),
        ("catalogue", CATALOGUE, {"articles": [{**ARTICLE, "minimum": Decimal(9), "maximum": Decimal(8)}]}, "UBLC07"),
        ("catalogue", CATALOGUE, {"articles": [{**ARTICLE, "vat_category": "S", "vat_rate": Decimal(0)}]}, "UBLC08"),
        ("catalogue", CATALOGUE, {"articles": [{**ARTICLE, "valid": {"start": date(2026, 2, 1), "end": date(2027, 2, 1)}}]}, "UBLC09"),
        ("catalogue", CATALOGUE, {"valid": None}, "UBLC10"),
    ],
)  # fmt: skip
def test_what_a_receiver_would_refuse_is_refused_here(
    kind: str, right: dict[str, Any], change: dict[str, Any], code: str
) -> None:
    data, found = sent(kind, right)
    assert found == []
    judged(kind, data)
    assert code in {finding.code for finding in errors(sent(kind, {**right, **change})[1])}


def examples(pattern: str) -> Iterator[tuple[etree._ElementTree, list[dict[str, Any]], Gathered]]:
    paths = sorted((CORPUS / "peppol-poacc3/examples").rglob(pattern))
    if not paths:
        pytest.skip(f"{CORPUS} is not here")
    for path in paths:
        found = Gathered()
        yield etree.parse(str(path)), list(looking.read(path, None, None, as_common=True, found=found)), found


def texts(tree: etree._ElementTree, path: str) -> list[str]:
    return [
        (node.text or "").strip() for node in tree.iterfind(path.replace("cac:", CAC).replace("cbc:", CBC))
    ]


def test_orders_of_peppol_are_read_as_they_say() -> None:
    read_ones = 0
    for tree, documents, found in examples("UC*_Order.xml"):
        (order,) = documents
        assert found.errors == 0
        assert [order["number"]] == texts(tree, "./cbc:ID") and [str(order["ordered"])] == texts(
            tree, "./cbc:IssueDate"
        )
        products = [line for line in order["lines"] if line["kind"] == "product"]
        assert [line["id"] for line in products] == texts(tree, "./cac:OrderLine/cac:LineItem/cbc:ID")
        assert [line["quantity"] for line in products] == [
            *map(Decimal, texts(tree, "./cac:OrderLine/cac:LineItem/cbc:Quantity"))
        ]
        assert [line["description"] for line in products] == texts(
            tree, "./cac:OrderLine/cac:LineItem/cac:Item/cbc:Name"
        )
        assert order["customer"]["name"] in texts(tree, "./cac:BuyerCustomerParty//cbc:RegistrationName")
        assert order["seller"]["name"] in texts(tree, "./cac:SellerSupplierParty//cbc:RegistrationName")
        for field, name in (("total_net", "TaxExclusiveAmount"), ("total", "PayableAmount")):
            for amount in texts(tree, f"./cac:AnticipatedMonetaryTotal/cbc:{name}"):
                assert order[field] == Decimal(amount)
        if all(line["net"] is not None for line in order["lines"]):
            assert sum(line["net"] for line in order["lines"]) == order["total_net"]
        read_ones += 1
    assert read_ones >= 5


def test_answers_of_peppol_are_read_as_they_say() -> None:
    words = {"AB": "received", "AP": "accepted", "RE": "refused", "CA": "changed"}
    for tree, documents, found in examples("*Order[_Rr]esponse*.xml"):
        (answer,) = documents
        assert found.errors == 0
        assert [answer["number"]] == texts(tree, "./cbc:ID") and [answer["order_number"]] == texts(
            tree, "./cac:OrderReference/cbc:ID"
        )
        assert [answer["status"]] == [words[code] for code in texts(tree, "./cbc:OrderResponseCode")]
        assert [line["id"] for line in answer["lines"]] == texts(tree, "./cac:OrderLine/cac:LineItem/cbc:ID")
        prices = [line["unit_price"] for line in answer["lines"] if line["unit_price"] is not None]
        assert prices == [
            *map(Decimal, texts(tree, "./cac:OrderLine/cac:LineItem/cac:Price/cbc:PriceAmount"))
        ]


def test_despatch_advices_of_peppol_are_read_as_they_say() -> None:
    for tree, documents, found in examples("DespatchAdvice*.xml"):
        (delivery,) = documents
        assert found.errors == 0
        assert [delivery["number"]] == texts(tree, "./cbc:ID")
        assert [line["quantity"] for line in delivery["lines"]] == [
            *map(Decimal, texts(tree, "./cac:DespatchLine/cbc:DeliveredQuantity"))
        ]
        lots = [batch["lot"] for line in delivery["lines"] for batch in line["batches"] if batch["lot"]]
        assert lots == texts(
            tree, "./cac:DespatchLine/cac:Item/cac:ItemInstance/cac:LotIdentification/cbc:LotNumberID"
        )
        units = [package["id"] for line in delivery["lines"] for package in line["packages"] if package["id"]]
        assert units == texts(tree, "./cac:DespatchLine/cac:Shipment/cac:TransportHandlingUnit/cbc:ID")


def test_catalogues_of_peppol_are_read_as_they_say() -> None:
    for tree, documents, found in examples("catalogue-*.xml"):
        (catalogue,) = documents
        assert found.errors == 0
        assert [catalogue["number"]] == texts(tree, "./cbc:ID")
        assert [article["name"] for article in catalogue["articles"]] == texts(
            tree, "./cac:CatalogueLine/cac:Item/cbc:Name"
        )
        prices = [price["amount"] for article in catalogue["articles"] for price in article["prices"]]
        assert prices == [
            *map(
                Decimal,
                texts(tree, "./cac:CatalogueLine/cac:RequiredItemLocationQuantity/cac:Price/cbc:PriceAmount"),
            )
        ]


def test_an_agreement_is_an_order_that_was_accepted() -> None:
    ((_, (answer,), found),) = examples("OrderAgreement_Example.xml")
    assert (answer["status"], found.errors) == ("accepted", 0)


@pytest.mark.parametrize(
    "missing",
    [
        b'<cbc:Quantity unitCode="C62">2</cbc:Quantity>',
        b"<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>",
    ],
)
def test_an_order_without_quantity_or_currency_is_held(tmp_path: Path, missing: bytes) -> None:
    data, _ = sent("order", ORDER)
    assert missing in data
    path = tmp_path / "order.xml"
    path.write_bytes(data.replace(missing, b"").replace(b' currencyID="EUR"', b""))
    found = Gathered()
    list(looking.read(path, None, None, as_common=True, found=found))
    assert {each.code for each in found.kept} == {"MAP002"}


def test_older_profiles_name_schemes_and_what_is_outstanding_in_their_own_words() -> None:
    data, _ = sent("order", ORDER)
    old = data.replace(b'schemeID="0007"', b'schemeID="SE:ORGNR"').replace(
        b"<cbc:CityName>", b"<cbc:BuildingNumber>5</cbc:BuildingNumber><cbc:CityName>"
    )
    (order,), found = received("order", old)
    assert found == [] and order["seller"]["endpoint"]["scheme"] == "0007"
    assert order["seller"]["address"]["street"] == "Storgatan 1 5"
    line = {**DELIVERY["lines"][0], "outstanding": Decimal(3), "outstanding_reason": "lack"}
    data, _ = sent("despatch-advice", {**DELIVERY, "lines": [line]})
    (delivery,), found = received("despatch-advice", data.replace(b"cbc:Outstanding", b"cbc:Backorder"))
    assert (delivery["lines"][0]["outstanding"], delivery["lines"][0]["outstanding_reason"]) == (3, "lack")
