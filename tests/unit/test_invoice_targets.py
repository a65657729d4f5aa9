"""Every target that invoices reach, found among the mappings: what is written passes what others judge by, and adds up to the cent.

A target that is new is tried by itself: what it says is read back by its own mapping to documents, or told by a function of TOLD.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from decimal import Decimal
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from invoice_cases import RATES, cents, generated
from invoice_support import CORPUS, EXAMPLES, FACTS, SELLER, document, errors
from lxml import etree
from official_rules import PEPPOL, broken_rules, schema, ubl_schema
from test_sie5 import schema as sie5_schema

from exchange.findings import Finding
from exchange.flow.content import run_chain
from exchange.flow.library import Library, Step
from exchange.mapping.tally import Tally
from exchange.model import Record
from exchange.operations.libraries import library_of

ROOT = Path(__file__).parents[2]
Invoice = dict[str, Any]
Sums = dict[str, Decimal]
"""Money by what it is told of: an invoice or an account."""
INVOICE, VOUCHER, LINES = "common/invoice", "common/voucher", "common/adjustments-as-lines"
RECEIVABLES, CLEARING = "1700", "1590"
VALUES = {
    **SELLER, "receivables_account": RECEIVABLES, "rounding_account": "8450", "book_currency": "EUR", "voucher_class": "Myyntilasku",
    "datev_consultant": "1001", "datev_client": "456", "datev_account_length": "4", "datev_clearing_account": CLEARING,
    "procountor_channel": "6", "contact_first_name": "Kari", "contact_last_name": "Nordmann",
}  # fmt: skip
BOOK_RATES = {"EUR": Decimal(1), "SEK": Decimal("0.0912"), "USD": Decimal("0.8571")}
ACCOUNTS = [
    RECEIVABLES,
    "8450",
    *(f"3{area}{number:02}" for area in range(3) for number in range(len(RATES) + 1)),
    "2939",
]
TABLES: dict[str, list[dict[str, str]]] = {
    "sales-accounts": [
        {"rate": str(rate), "area": area, "sales": f"3{at}{number:02}", "vat": "2939"}
        for at, area in enumerate(("home", "eu", "export"))
        for number, rate in enumerate((*RATES, 0))
    ],
    "currency-rates": [{"currency": name, "rate": str(rate)} for name, rate in BOOK_RATES.items()],
    "accounts": [{"account": account, "name": f"Account {account}"} for account in ACCOUNTS],
    "quickbooks-accounts": [{"account": account, "name": account} for account in ACCOUNTS],
    "saft-accounts": [
        {"account": account, "name": account, "category": "RF-1167", "code": "1500", "opening": "0"} for account in ACCOUNTS
    ],
    **{
        f"{owner}-{what}": [{"rate": str(rate), column: f"T{number}"} for number, rate in enumerate((*RATES, 0))]
        for owner, what, column in (
            ("xero", "tax-types", "name"), ("xero", "purchase-tax-types", "name"), ("heeros", "vat-codes", "code"),
        )
    },
}  # fmt: skip
"""The tables that must know every account and rate here; all others are those of the sample sites."""


@cache
def library() -> Library:
    """A site with all that targets of invoices ask a site for."""
    folder = Path(tempfile.mkdtemp())
    (folder / "tables").mkdir()
    for path in sorted((ROOT / "samples").glob("*/site/tables/*")):
        shutil.copy(path, folder / "tables")
    for name, rows in TABLES.items():
        keys = [key for key in ("currency", "rate", "area", "account") if key in rows[0]][
            : 2 if "area" in rows[0] else 1
        ]
        text = json.dumps({"table": name, "key": keys, "miss": "fail", "rows": rows}, indent=1)
        (folder / "tables" / f"{name}.yaml").write_text(text, encoding="utf-8")
    values = json.dumps(VALUES)
    (folder / "exchange.yaml").write_text(
        f"site: all\ntime zone: Europe/Helsinki\nvalues: {values}\n", encoding="utf-8"
    )
    return library_of(folder)


def edges() -> Iterator[tuple[str, str, str]]:
    """Each mapping with the layouts that it leads from and to."""
    catalogue = library().catalogue
    for name in catalogue.names("mapping"):
        node, _ = catalogue.load("mapping", name)
        assert node is not None
        yield name, *(str(getattr(node.get(key), "text", "")) for key in ("from", "to"))


@cache
def targets() -> dict[str, tuple[tuple[str, ...], ...]]:
    """Each layout that invoices reach, with the mappings on the shortest way; those that make one file together are together."""
    found: dict[str, tuple[tuple[str, ...], ...]] = {}
    known: dict[str, tuple[tuple[str, ...], ...]] = {INVOICE: ()}
    waiting = [INVOICE]
    for start in waiting:
        reached: dict[str, list[str]] = defaultdict(list)
        for name, source, target in edges():
            if source == start and target not in known:
                reached[target].append(name)
        for target, names in reached.items():
            is_document = target.startswith("common/")
            # A document is made by one mapping: an invoice becomes the voucher of a sale here, not that of a purchase.
            known[target] = (*known[start], tuple(names[:1] if is_document else names))
            if is_document:
                waiting.append(target)
            else:
                found[target] = known[target]
    return found


@cache
def back(target: str) -> tuple[str, str] | None:
    """The mapping that reads a target as vouchers or invoices, and which of them."""
    return next(
        ((name, to) for name, source, to in edges() if source == target and to in (INVOICE, VOUCHER)), None
    )


def chain(names: Sequence[Sequence[str]]) -> list[list[Step]]:
    steps = [[step for name in together if (step := library().mapping(name))] for together in names]
    assert library().problems == []
    return steps


def made(names: Sequence[Sequence[str]], records: list[Record]) -> tuple[list[Record], list[Finding]]:
    """What mappings make of records, and the errors."""
    found: list[Finding] = []
    made = [
        each
        for batch in run_chain(iter([records]), chain(names), FACTS, found.append, lambda _: Tally())
        for each in batch
    ]
    return made, errors(found)


def file_of(target: str, invoices: Sequence[Invoice], *before: str) -> tuple[bytes, list[Finding]]:
    """The file of these invoices; empty when none is for this target."""
    names = (*((name,) for name in before), *targets()[target])
    records, found = made(names, [document(INVOICE, each) for each in invoices])
    out, writer = io.BytesIO(), library().writer(target)
    assert writer is not None
    with ExitStack() as spills:
        if records:
            writer.write([records], out, lambda: spills.enter_context(tempfile.TemporaryFile()), found.append)
    return out.getvalue(), errors(found)


def written(target: str, invoices: Sequence[Invoice]) -> tuple[bytes, list[Finding]]:
    """As `file_of`; where the target says that it knows lines only, with what makes lines of all else."""
    data, found = file_of(target, invoices)
    if found and all(LINES in (each.advice or "") for each in found):
        return file_of(target, invoices, LINES)
    return data, found


def files(target: str) -> Iterator[tuple[Sequence[Invoice], bytes]]:
    """The files of all invoices: one for each year where the target takes many in a file, else one for each invoice."""
    invoices = sorted(sent_to(target), key=lambda each: each["issued"].year)
    years = [list(group) for _, group in groupby(invoices, lambda each: each["issued"].year)]
    pieces = years if target not in ALONE else [[each] for each in invoices]
    for piece in pieces:
        data, found = written(target, piece)
        assert found == [], found[:3]
        if data:
            yield piece, data


def total(invoices: Sequence[Invoice]) -> Sums:
    return {each["number"]: each["total"] for each in invoices}


def booked(invoices: Sequence[Invoice]) -> Sums:
    """What the invoices put on each account."""
    vouchers, found = made([["common/invoice-to-voucher"]], [document(INVOICE, each) for each in invoices])
    assert found == []
    due = sum((cents(each["total"] * BOOK_RATES[each["currency"]]) for each in invoices), Decimal(0))
    sums = by_account((row["account"], row["amount"]) for voucher in vouchers for row in voucher["rows"])
    assert sums.get(RECEIVABLES, 0) == due
    return sums


def by_account(rows: Iterator[tuple[str, Decimal]]) -> Sums:
    """Sums by account, without those that come to nothing."""
    sums: Sums = defaultdict(Decimal)
    for account, amount in rows:
        sums[account] += amount
    return {account: amount for account, amount in sums.items() if amount}


def read_back(target: str, data: bytes) -> tuple[str, Sums]:
    """Which document a file is read as, and what it then says."""
    way = back(target)
    assert way is not None, (
        f"{target} has no mapping to invoices or vouchers: say in TOLD how its money is read"
    )
    reader = library().reader(target)
    assert reader is not None
    found: list[Finding] = []
    records = [each for batch in reader.read(io.BytesIO(data), found.append) for each in batch]
    documents, more = made([[way[0]]], records)
    assert errors(found) + more == []
    if way[1] == VOUCHER:
        return VOUCHER, by_account(
            (row["account"], row["amount"]) for each in documents for row in each["rows"]
        )
    for each in documents:
        assert (
            sum((line["gross"] for line in each["lines"]), Decimal(0)) == each["total"]
            or each["adjustments"]
            or each["rounding"]
        )
    return INVOICE, total(documents)


def table(data: bytes, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig")), delimiter=delimiter))


def amount(text: str | None) -> Decimal:
    return Decimal((text or "0").replace(",", "."))


def added(rows: Iterator[tuple[str, Decimal]]) -> Sums:
    sums: Sums = defaultdict(Decimal)
    for key, value in rows:
        sums[key] += value
    return sums


def generic_lines(data: bytes) -> Sums:
    return added((row["Invoice"], amount(row["Gross"])) for row in table(data, ";"))


def xero(data: bytes) -> Sums:
    price = {name.strip("*"): name for name in table(data)[0]}
    return added(
        (
            row[price["InvoiceNumber"]],
            cents(amount(row[price["Quantity"]]) * amount(row[price["UnitAmount"]]))
            + amount(row[price["TaxAmount"]]),
        )
        for row in table(data)
    )


def netvisor_sales(data: bytes) -> Sums:
    root = etree.fromstring(data)
    for each in root.iter("salesinvoice"):
        lines = sum((amount(line.text) for line in each.iter("salesinvoiceproductlinesum")), Decimal(0))
        assert lines == amount(each.findtext("salesinvoiceamount"))
    return {
        str(each.findtext("salesinvoicenumber")): amount(each.findtext("salesinvoiceamount"))
        for each in root.iter("salesinvoice")
    }


def netvisor_purchase(data: bytes) -> Sums:
    root = etree.fromstring(data)
    for each in root.iter("purchaseinvoice"):
        assert sum((amount(line.text) for line in each.iter("linesum")), Decimal(0)) == amount(
            each.findtext("amount")
        )
    return {
        str(each.findtext("invoicenumber")): amount(each.findtext("amount"))
        for each in root.iter("purchaseinvoice")
    }


def netvisor_voucher(data: bytes) -> Sums:
    lines = etree.fromstring(data).iter("voucherline")
    return by_account(
        (str(line.findtext("accountnumber")), amount(line.findtext("linesum"))) for line in lines
    )


def iif(data: bytes) -> Sums:
    rows = [line.split("\t") for line in data.decode("cp1252").splitlines()]
    heads = {row[0]: row[1:] for row in rows if row[0].startswith("!")}
    told = (
        dict(zip(heads[f"!{row[0]}"], row[1:], strict=False)) for row in rows if row[0] in ("TRNS", "SPL")
    )
    return by_account((row["ACCNT"], amount(row["AMOUNT"])) for row in told)


def quickbooks(data: bytes) -> Sums:
    rows = table(data)
    return by_account((row["*AccountName"], amount(row["*Debits"]) - amount(row["*Credits"])) for row in rows)


def procountor(data: bytes) -> Sums:
    number, sums = "", dict[str, Decimal]()
    for row in csv.reader(io.StringIO(data.decode("cp1252")), delimiter=";"):
        if row[0]:
            number = row[19].split(" / ")[0]
            sums[number] = Decimal(0)
        else:
            net = cents(amount(row[3]) * amount(row[5]))
            sums[number] += net + cents(net * amount(row[7]) / 100)
    return sums


TOLD: dict[str, tuple[str, Callable[[bytes], Sums]]] = {
    "generic/invoice-lines": (INVOICE, generic_lines),
    "netvisor/sales-invoice": (INVOICE, netvisor_sales),
    "netvisor/purchase-invoice": (INVOICE, netvisor_purchase),
    "netvisor/voucher": (VOUCHER, netvisor_voucher),
    "procountor/invoices": (INVOICE, procountor),
    "quickbooks/iif": (VOUCHER, iif),
    "quickbooks/journal": (VOUCHER, quickbooks),
    "xero/bills": (INVOICE, xero),
    "xero/sales-invoices": (INVOICE, xero),
}
"""How the money of targets is read that no mapping reads back, with the document that it is compared with."""


def sales_dtd(data: bytes) -> None:
    path = CORPUS / "netvisor/salesinvoice.dtd"
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    text = path.read_text(encoding="utf-8", errors="replace")
    inner = text[text.index("[") + 1 : text.rindex("]")]
    rules = etree.DTD(io.StringIO(inner))
    assert rules.validate(etree.fromstring(data)), rules.error_log


def by_schema(path: str, *rules: Path) -> Callable[[bytes], None]:
    def judge(data: bytes) -> None:
        schema(path).assertValid(etree.fromstring(data))
        assert broken_rules(data, *rules) == []

    return judge


def ubl(root: str) -> Callable[[bytes], None]:
    def judge(data: bytes) -> None:
        ubl_schema(root).assertValid(etree.fromstring(data))
        assert broken_rules(data, *(PEPPOL / f"{name}-EN16931-UBL.xslt" for name in ("CEN", "PEPPOL"))) == []

    return judge


CII = "en16931/cii/schema/D16B SCRDM (Subset)/uncoupled clm/CII/uncefact/data/standard/CrossIndustryInvoice_100pD16B.xsd"
JUDGES: dict[str, Callable[[bytes], None]] = {
    "finvoice/finvoice": by_schema("finvoice/Finvoice3.0.xsd"),
    "netvisor/sales-invoice": sales_dtd,
    "sie/5-entry": lambda data: sie5_schema().assertValid(etree.fromstring(data)),
    "skatteetaten/saft-financial": by_schema("saft-no/Norwegian_SAF-T_Financial_Schema_v_1.30.xsd"),
    "ubl/credit-note": ubl("CreditNote"),
    "ubl/invoice": ubl("Invoice"),
    "uncefact/invoice": by_schema(CII, CORPUS / "en16931/cii/xslt/EN16931-CII-validation.xslt"),
}
"""What others judge files by, where they publish it."""
ALONE = {
    "finvoice/finvoice",
    "netvisor/purchase-invoice",
    "netvisor/sales-invoice",
    "netvisor/voucher",
    "ubl/credit-note",
    "ubl/invoice",
    "uncefact/invoice",
}
"""Targets with one invoice in a file, as their flows write them."""


@pytest.mark.parametrize("target", targets())
def test_invoices_at_random_reach_every_target_to_the_cent(target: str) -> None:
    count = 0
    for invoices, data in files(target):
        if target in JUDGES:
            JUDGES[target](data)
        if target in TOLD:
            through, tell = TOLD[target]
            sums = tell(data)
        else:
            through, sums = read_back(target, data)
        assert sums == (total(invoices) if through == INVOICE else booked(invoices))
        count += len(invoices)
    sent = [each for each in sent_to(target) if KINDS.get(target, each["kind"]) == each["kind"]]
    assert count == len(sent) > 0


def test_what_refuses_credit_notes_does() -> None:
    for target, code in NO_CREDITS.items():
        credits = [each for each in generated(EXAMPLES) if each["kind"] == "credit"][:3]
        _, found = file_of(target, credits, LINES)
        assert {each.code for each in found} == {code} and len(found) == len(credits)


def sent_to(target: str) -> list[Invoice]:
    invoices = [each for each in generated(EXAMPLES) if target not in NO_CREDITS or each["kind"] == "invoice"]
    code = SERVICE_CODES.get(target)
    return invoices if code is None else [with_service_code(each, code) for each in invoices]


def with_service_code(invoice: Invoice, code: str) -> Invoice:
    lines = [line | ({"vat_code": code} if line["vat_category"] == "AE" else {}) for line in invoice["lines"]]
    return invoice | {"lines": lines}


SERVICE_CODES = {"netvisor/sales-invoice": "EUPM309"}
"""Targets that want to be told which code services under reverse charge have."""
NO_CREDITS = {"procountor/invoices": "PROC03"}
"""Targets that refuse credit notes, with the finding."""
KINDS = {"ubl/invoice": "invoice", "ubl/credit-note": "credit"}
"""Targets of one kind of invoices, which leave the others to another target."""
