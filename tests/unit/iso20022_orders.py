"""Payments of the common kind, the files written from them, and what XSDs and the rules beyond XSDs say of those."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from iso20022_support import FACTS, ISO, OTHER, OWN, library
from lxml import etree

from exchange.checks.currency import MINOR_UNITS
from exchange.findings import Finding
from exchange.flow.content import run_chain
from exchange.mapping.tally import Tally
from exchange.model import ArrivalFacts, FieldShape, Record

ROOT = Path(__file__).parents[2]
OFFICIAL = ROOT.parent / "shared" / "corpus" / "bank" / "xsd"
SWEDISH_IBAN = "SE4550000000058398257466"
NORWEGIAN_IBAN = "NO9386011117947"
DANISH_IBAN = "DK5000400440116243"
CREDITOR_ID = "DE98ZZZ09999999999"
PAIN001, PAIN008 = ("pain.001.001.03", "pain.001.001.09"), ("pain.008.001.02", "pain.008.001.08")


def blank(fields: Any) -> Record:
    """A structure with every declared field, empty."""
    return {name: _empty(field) for name, field in fields.items()}


def _empty(field: FieldShape) -> Any:
    if field.repeated:
        return []
    return blank(field.fields) if field.fields and not field.open else None


def document(layout_name: str, /, **given: Any) -> Record:
    """A document with every field; `creditor__account="…"` reaches into a structure."""
    layout = library().layout(f"common/{layout_name}")
    assert layout is not None
    name = layout_name.replace("-", "_")
    made = {"@kind": name, "@line": 1, "@path": None, **blank(layout.shape().kinds[name].fields)}
    for path, value in given.items():
        into, steps = made, path.split("__")
        for step in steps[:-1]:
            into = into[step]
        into[steps[-1]] = value
    return made


def payment(**given: Any) -> Record:
    """A SEPA payment."""
    values = {
        "id": "70001", "end_to_end_id": "NK70001", "kind": "transfer", "execution_date": date(2026, 11, 27),
        "amount": Decimal("12.50"), "currency": "EUR", "debtor__name": "Nordkaffe Oy", "debtor__account": OWN,
        "debtor__bic": "NDEAFIHH", "creditor__name": "Payee", "creditor__account": OTHER, **given,
    }  # fmt: skip
    return document("payment", **values)


def swedish(**given: Any) -> Record:
    """A payment in crowns to a bankgiro."""
    base = {
        "currency": "SEK", "debtor__account": SWEDISH_IBAN, "debtor__bic": "ESSESESS", "creditor__account": "5050-1055",
        "creditor__account_scheme": "bankgiro", "charges": "shared",
    }  # fmt: skip
    return payment(**{**base, **given})


def danish(**given: Any) -> Record:
    """A payment in kroner by a slip 71."""
    base = {
        "currency": "DKK", "debtor__account": DANISH_IBAN, "debtor__bic": "DABADKKK", "creditor__account": None,
        "reference": "+71<000000000000018+88888888<", "charges": "shared",
    }  # fmt: skip
    return payment(**{**base, **given})


def debit(**given: Any) -> Record:
    """A SEPA direct debit."""
    base = {
        "kind": "direct-debit", "debtor__name": "Payer", "debtor__account": OTHER, "debtor__bic": "COBADEFFXXX",
        "creditor__name": "Nordkaffe Oy", "creditor__account": OWN, "creditor__bic": "NDEAFIHH", "mandate__id": "M-1",
        "mandate__signed": date(2025, 2, 3), "mandate__creditor_id": CREDITOR_ID, "mandate__sequence": "RCUR",
        "mandate__scheme": "CORE",
    }  # fmt: skip
    return payment(**{**base, **given})


def written(
    message: str, *documents: Record, mapping: str = "", facts: ArrivalFacts = FACTS
) -> tuple[bytes, list[Finding]]:
    """The file of some documents, and what was found."""
    step = library().mapping(f"iso20022/{mapping or f'payment-to-{message}'}")
    writer = library().writer(f"iso20022/{message}")
    assert step is not None and writer is not None, library().problems
    found: list[Finding] = []
    batches = run_chain(iter([list(documents)]), [[step]], facts, found.append, lambda _: Tally())
    out = io.BytesIO()
    writer.write(batches, out, tempfile.TemporaryFile, found.append)
    return out.getvalue(), found


def sent(message: str, *documents: Record, mapping: str = "") -> etree._Element:
    """The message of documents that have no errors: right by our XSD, the official one, and the rules beyond them."""
    data, found = written(message, *documents, mapping=mapping)
    assert [each for each in found if each.severity == "error"] == []
    root = etree.fromstring(data)
    assert [*faults(root, message), *broken_rules(root)] == []
    return root


def faults(root: etree._Element, message: str) -> list[str]:
    """What the XSDs say of a message: ours, and the official one where it is here."""
    return [
        f"{folder}: {error}"
        for folder, schema in _schemas(message)
        if not schema.validate(root)
        for error in schema.error_log
    ]


@cache
def _schemas(message: str) -> list[tuple[str, etree.XMLSchema]]:
    ours = ROOT / "schemas" / "iso20022" / f"{message}.xsd"
    official = sorted(OFFICIAL.rglob(f"*{message}.xsd")) if OFFICIAL.is_dir() else []
    return [(str(path), etree.XMLSchema(etree.parse(path))) for path in (ours, *official)]


def values(root: etree._Element, path: str) -> list[str]:
    """The texts at a path of names, anywhere in a message."""
    steps = "/".join(step if step.startswith("@") else f"p:{step}" for step in path.split("/"))
    return [
        str(getattr(node, "text", node)) for node in root.xpath(f"//{steps}", namespaces={"p": _space(root)})
    ]


def _space(root: etree._Element) -> str:
    return str(etree.QName(root).namespace)


def message_of(root: etree._Element) -> str:
    """pain.001.001.09 …"""
    return _space(root).removeprefix(ISO)


# --- what no XSD says --------------------------------------------------------------------------------------------------


def broken_rules(root: etree._Element) -> list[str]:
    """The rules of the message definition that an initiation breaks, by their numbers in pain.001."""
    names = {"p": _space(root)}
    broken = [*_control_values(root, names)]
    for batch in root.iterfind(".//p:PmtInf", names):
        payments = [*batch.iterfind("p:CdtTrfTxInf", names), *batch.iterfind("p:DrctDbtTxInf", names)]
        for each in payments:
            broken += _of_payment(batch, each, names)
    return broken


def _of_payment(batch: etree._Element, payment: etree._Element, names: dict[str, str]) -> Iterator[str]:
    def has(element: etree._Element, name: str) -> bool:
        return element.find(f"p:{name}", names) is not None

    for rule, name in (("C4", "ChrgBr"), ("C28", "PmtTpInf"), ("C34", "UltmtDbtr"), ("C10", "CdtrSchmeId")):
        if has(batch, name) and has(payment, name):
            yield f"{rule}: {name} at both levels"
    if batch.findtext("p:PmtMtd", namespaces=names) != "CHK":
        if has(payment, "ChqInstr"):
            yield "C14: a cheque instruction"
        if etree.QName(payment).localname == "CdtTrfTxInf" and not (
            has(payment, "Cdtr") or has(payment, "CdtrAcct")
        ):
            yield "C27: no creditor"
    agents = [has(payment, f"IntrmyAgt{number}") for number in (1, 2, 3)]
    if agents != sorted(agents, reverse=True):
        yield "C22-C26: intermediaries out of order"
    for amount in payment.iter(
        f"{{{names['p']}}}InstdAmt", f"{{{names['p']}}}RmtdAmt", f"{{{names['p']}}}CdtNoteAmt"
    ):
        if -Decimal(amount.text or "").normalize().as_tuple().exponent > MINOR_UNITS[amount.get("Ccy") or ""]:  # type: ignore[operator]
            yield f"C18: {amount.text} {amount.get('Ccy')}"
    for address in payment.iter(f"{{{names['p']}}}PstlAdr"):
        if (
            not (has(address, "TwnNm") and has(address, "Ctry"))
            or len(address.findall("p:AdrLine", names)) > 2
        ):
            yield "address: neither structured nor hybrid"


def _control_values(root: etree._Element, names: dict[str, str]) -> Iterator[str]:
    heads = [
        (root, root.find(".//p:GrpHdr", names)),
        *((each, each) for each in root.iterfind(".//p:PmtInf", names)),
    ]
    for inside, head in heads:
        amounts = [Decimal(each.text or "") for each in inside.iter(f"{{{names['p']}}}InstdAmt")]
        said = head.findtext("p:NbOfTxs", namespaces=names), head.findtext("p:CtrlSum", namespaces=names)
        if (int(said[0]), Decimal(said[1])) != (len(amounts), sum(amounts)):
            yield f"control values: {said} for {len(amounts)}, {sum(amounts)}"
    ids = [each.text for each in root.iterfind(".//p:PmtInf/p:PmtInfId", names)]
    if len(set(ids)) < len(ids):
        yield "batches with the same id"
