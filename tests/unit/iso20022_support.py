"""Messages written down short, and what the package's own layouts and mappings make of them."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from exchange.declare.catalogue import Catalogue
from exchange.findings import Finding
from exchange.flow.content import run_chain
from exchange.flow.library import Library
from exchange.mapping.tally import Tally
from exchange.model import ArrivalFacts, Record

FACTS = ArrivalFacts(
    "01KAX3YEYR3TYTGZ5J8Q2M7B4C", "payments", "a.csv", "ab" * 32, datetime(2026, 11, 23, 9, 30, 15, 123, UTC)
)
ISO = "urn:iso:std:iso:20022:tech:xsd:"
OWN = "FI2112345600000785"
OTHER = "DE89370400440532013000"


@cache
def library() -> Library:
    """The declared things of the package."""
    return Library(Catalogue.of(None), {})


def read(data: bytes, layout: str) -> tuple[list[Record], list[Finding]]:
    """The records of a file."""
    reader = library().reader(layout)
    assert reader is not None, library().problems
    found: list[Finding] = []
    return [record for batch in reader.read(io.BytesIO(data), found.append) for record in batch], found


def documents(data: bytes, layout: str) -> tuple[list[Record], list[Finding]]:
    """The documents of a file, by every mapping that leads from its layout to one."""
    reader = library().reader(layout)
    steps = [library().mapping(name) for name in library().mappings_from(layout, "common/")]
    sound = [step for step in steps if step is not None]
    assert reader is not None and steps and len(sound) == len(steps), library().problems
    found: list[Finding] = []
    records = reader.read(io.BytesIO(data), found.append)
    made = run_chain(records, [sound], FACTS, found.append, lambda _: Tally())
    return [document for batch in made for document in batch], found


def element(text: str) -> str:
    """`A/B=1 A/C@Ccy=EUR:2` → nested elements; equal beginnings are shared, `;` begins the next path."""
    lines: list[tuple[list[str], str]] = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        path, _, value = part.partition("=")
        lines.append((path.split("/"), value))
    out: list[str] = []
    open_: list[str] = []
    for steps, value in lines:
        shared = 0
        while shared < min(len(open_), len(steps) - 1) and open_[shared] == steps[shared]:
            shared += 1
        out += [f"</{_name(name)}>" for name in reversed(open_[shared:])]
        out += [f"<{_name(name)}>" for name in steps[shared:-1]]
        open_ = steps[:-1]
        last, _, attribute = steps[-1].partition("@")
        currency, _, rest = value.partition(":") if attribute else ("", "", value)
        name = _name(last)
        out.append(f'<{name} {attribute}="{currency}">{rest}' if attribute else f"<{name}>{rest}")
        out.append(f"</{name}>")
    out += [f"</{_name(name)}>" for name in reversed(open_)]
    return "".join(out)


def _name(step: str) -> str:
    """`Strd#2` is another Strd than `Strd#1`."""
    return step.partition("#")[0]


def entry(
    text: str, amount: str = "100.00", direction: str = "CRDT", status: str = "BOOK", details: str = ""
) -> str:
    """An entry; text: what stands in it besides, details: the transactions."""
    head = f'<Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd><Sts>{status}</Sts>'
    inner = f"<NtryDtls>{details}</NtryDtls>" if details else ""
    return f"<Ntry>{head}{element('BookgDt/Dt=2026-11-20; ValDt/Dt=2026-11-21')}{element(text)}{inner}</Ntry>"


def detail(text: str) -> str:
    """One transaction."""
    return f"<TxDtls>{element(text)}</TxDtls>"


def statement(
    *entries: str,
    version: str = "02",
    balances: str | None = None,
    account: str = f"<IBAN>{OWN}</IBAN>",
    extra: str = "",
) -> bytes:
    """A camt.053 with one statement; balances that agree with its entries, unless others are given."""
    if balances is None:
        balances = agreeing("".join(entries))
    head = element("GrpHdr/MsgId=M1; GrpHdr/CreDtTm=2026-11-21T06:00:00")
    inner = "<Id>S1</Id><ElctrncSeqNb>7</ElctrncSeqNb><CreDtTm>2026-11-21T06:00:00</CreDtTm>"
    inner += f"<Acct><Id>{account}</Id><Ccy>EUR</Ccy></Acct>{balances}{extra}{''.join(entries)}"
    body = f"<BkToCstmrStmt>{head}<Stmt>{inner}</Stmt></BkToCstmrStmt>"
    return f'<Document xmlns="{ISO}camt.053.001.{version}">{body}</Document>'.encode()


def agreeing(entries: str) -> str:
    """An opening and a closing balance between which nothing but the booked entries lies."""
    moved = Decimal(0)
    for booked in re.finditer(
        r"<Ntry><Amt Ccy=.\w+.>([\d.]+)</Amt><CdtDbtInd>(\w+)</CdtDbtInd><Sts>(?:<Cd>)?BOOK<", entries
    ):
        moved += Decimal(booked[1]) * (1 if booked[2] == "CRDT" else -1)
    return balance("OPBD", "0") + balance("CLBD", str(abs(moved)), "CRDT" if moved >= 0 else "DBIT")


def balance(code: str, amount: str, direction: str = "CRDT") -> str:
    """One balance of a statement."""
    kind = f"Bal/Tp/CdOrPrtry/Cd={code}"
    return element(f"{kind}; Bal/Amt@Ccy=EUR:{amount}; Bal/CdtDbtInd={direction}; Bal/Dt/Dt=2026-11-20")


def transaction(data: bytes) -> Record:
    """The only movement of a statement."""
    made, found = documents(data, "iso20022/camt.053")
    assert [each for each in found if each.severity == "error"] == []
    assert len(made) == 1
    return made[0]


def codes(found: list[Finding]) -> list[str]:
    """The codes of findings, without the notice that there is no schema."""
    return sorted(each.code for each in found)


def taken(document: Record, *names: str) -> tuple[Any, ...]:
    """Some values of a document, by dotted names."""
    values = []
    for name in names:
        value: Any = document
        for step in name.split("."):
            value = None if value is None else value[step]
        values.append(value)
    return tuple(values)


def prefixed(data: bytes) -> bytes:
    """The same message with a prefix on every element, as some banks write it."""
    text = data.decode().replace("xmlns=", "xmlns:n=")
    return re.sub(r"<(/?)(\w)", r"<\1n:\2", text).encode()
