"""One element or attribute of a good file is taken out, doubled, emptied or changed: nothing raises, and what breaks a
control total is told.

The files are other people's, beside the repository. What a control total must be is computed here from the XML alone.
`EXCHANGE_DEEP=1` damages every place of every file in every way, otherwise a seeded sample.
"""

from __future__ import annotations

import copy
import os
import random
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pytest
from iso20022_support import documents
from lxml import etree

DEEP = os.environ.get("EXCHANGE_DEEP") == "1"
SAMPLE, TELLING = 6, 6
"""Damages of each file, anywhere and at what control totals are made of, unless all are wanted."""
COUNTED = (
    "Ntry",
    "Amt",
    "InstdAmt",
    "Sum",
    "NbOfNtries",
    "NbOfTxs",
    "CtrlSum",
    "CdtTrfTxInf",
    "DrctDbtTxInf",
    "Bal",
    "CdtDbtInd",
)
BIG = 60_000
"""Files with more bytes are left to the deep run."""
CONTRADICTING = (
    "moov__camt.053_P",
    "pyiso20022__camt053",
    "moov__musterfile_pain.001_Nov2020",
    "camt053__",
    "jbank__appreq",
)
"""Files whose own totals do not come out as they are, or that hold no values."""
READ = ("camt.052", "camt.053", "camt.054", "camt.055", "pain.001", "pain.002", "pain.008")
Element = etree._Element


def files(corpus: Path) -> list[Path]:
    """The good files."""
    found = sorted((corpus / "bank" / "iso20022").glob("*/*/*"))
    return [
        path for path in found if not path.name.startswith(CONTRADICTING) and path.parent.name[:8] in READ
    ]


# --- damage ----------------------------------------------------------------------------------------------------------

TEXTS = (
    "",
    " ",
    "x",
    "0",
    "-1",
    "1",
    "99999999999999999999",
    "1.234567",
    "2026-13-45",
    "2026-02-03+02:00",
    "ÄÖ€",
    "CRDT",
    "DBIT",
)


def removed(element: Element, _: random.Random) -> None:
    """Taken out."""
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def doubled(element: Element, _: random.Random) -> None:
    """Twice."""
    if element.getparent() is not None:
        element.addnext(copy.deepcopy(element))


def emptied(element: Element, _: random.Random) -> None:
    """Nothing inside."""
    for child in list(element):
        element.remove(child)
    element.text = None


def changed(element: Element, rng: random.Random) -> None:
    """Another text: any, or the own one with a character changed."""
    own = element.text or ""
    if own.strip() and rng.random() < 0.6:
        at = rng.randrange(len(own))
        element.text = own[:at] + rng.choice("0123456789AZ.-") + own[at + 1 :]
    elif not len(element):
        element.text = rng.choice(TEXTS)


def attribute(element: Element, rng: random.Random) -> None:
    """An attribute changed, taken out or added."""
    if element.attrib:
        name = rng.choice(sorted(element.attrib))
        if rng.random() < 0.3:
            del element.attrib[name]
        else:
            element.set(name, rng.choice(("EUR", "USD", "XYZ", "", "e")))
    else:
        element.set("Ccy", "EUR")


def moved(element: Element, rng: random.Random) -> None:
    """To another place among its siblings."""
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)
        parent.insert(rng.randint(0, len(parent)), element)


DAMAGES: tuple[Callable[[Element, random.Random], None], ...] = (
    removed,
    doubled,
    emptied,
    changed,
    attribute,
    moved,
)


def damaged(data: bytes, rng: random.Random) -> Iterator[tuple[str, bytes]]:
    """The file with one damage each: every place in every way, or a sample."""
    names = [etree.QName(element).localname for element in etree.fromstring(data).iter(etree.Element)]
    places = [(place, damage) for place in range(1, len(names)) for damage in DAMAGES]
    telling = [each for each in places if names[each[0]] in COUNTED]
    few = [*rng.sample(places, min(SAMPLE, len(places))), *rng.sample(telling, min(TELLING, len(telling)))]
    for place, damage in places if DEEP else few:
        root = etree.fromstring(data)
        element = list(root.iter(etree.Element))[place]
        shown = f"{damage.__name__} {root.getroottree().getpath(element)}"
        damage(element, rng)
        yield shown, etree.tostring(root)


# --- what the totals must be -----------------------------------------------------------------------------------------


def texts(element: Element, path: str) -> list[str]:
    """The texts at a path of local names; empty ones are left out."""
    steps = "/".join(f"{{*}}{step}" for step in path.split("/"))
    return [found.text.strip() for found in element.iterfind(steps) if found.text and found.text.strip()]


def number(element: Element, path: str) -> Decimal | None:
    """The first number at a path; None when there is none."""
    try:
        return next((Decimal(text) for text in texts(element, path)), None)
    except InvalidOperation:
        return None


def amounts(elements: list[Element], path: str) -> Decimal:
    """The sum of the first numbers at a path."""
    return sum((number(each, path) or Decimal(0) for each in elements), Decimal(0))


def broken_orders(root: Element) -> bool:
    """Whether a control total of a payment file does not come out."""
    for around in (*root.iterfind(".//{*}PmtInf"), *root.iterfind("./*")):
        head = "" if etree.QName(around).localname == "PmtInf" else "GrpHdr/"
        payments = [*around.iterfind(".//{*}CdtTrfTxInf"), *around.iterfind(".//{*}DrctDbtTxInf")]
        sums = (
            amounts(payments, "Amt/InstdAmt")
            + amounts(payments, "Amt/EqvtAmt/Amt")
            + amounts(payments, "InstdAmt")
        )
        said, total = number(around, head + "NbOfTxs"), number(around, head + "CtrlSum")
        if (said is not None and said != len(payments)) or (total is not None and total != sums):
            return True
    return False


def signed(element: Element, path: str = "Amt") -> Decimal:
    """An amount with the sign of its direction."""
    value = number(element, path) or Decimal(0)
    return -value if texts(element, "CdtDbtInd")[:1] == ["DBIT"] else value


def broken_statement(statement: Element) -> bool:
    """Whether balances or the summary of a statement do not come out."""
    entries = list(statement.iterfind("{*}Ntry"))
    if not entries:
        return False
    for name, direction in (("TtlNtries", None), ("TtlCdtNtries", "CRDT"), ("TtlDbtNtries", "DBIT")):
        own = [each for each in entries if direction is None or texts(each, "CdtDbtInd")[:1] == [direction]]
        count, total = (
            number(statement, f"TxsSummry/{name}/NbOfNtries"),
            number(statement, f"TxsSummry/{name}/Sum"),
        )
        if (count is not None and count != len(own)) or (total is not None and total != amounts(own, "Amt")):
            return True
    codes = {
        text: each for each in statement.iterfind("{*}Bal") for text in texts(each, "Tp/CdOrPrtry/Cd")[:1]
    }
    opening = codes.get("OPBD", codes.get("PRCD"))
    if opening is None or "CLBD" not in codes or etree.QName(statement).localname != "Stmt":
        return False
    booked = [each for each in entries if "BOOK" in (*texts(each, "Sts"), *texts(each, "Sts/Cd"))]
    return signed(opening) + sum(map(signed, booked)) != signed(codes["CLBD"])


def broken(data: bytes) -> bool:
    """Whether any control total of a file does not come out."""
    root = etree.fromstring(data)
    statements = [each for name in ("Stmt", "Rpt", "Ntfctn") for each in root.iterfind(f".//{{*}}{name}")]
    return (
        broken_orders(root)
        if root.find(".//{*}PmtInf") is not None
        else any(map(broken_statement, statements))
    )


# --- the test --------------------------------------------------------------------------------------------------------


def test_damage_never_raises_and_no_broken_total_passes(corpus: Path) -> None:
    rng = random.Random(2002)
    tried = broke = 0
    for path in files(corpus):
        data = path.read_bytes()
        if not DEEP and len(data) > BIG:
            continue
        layout = f"iso20022/{path.parent.name[:8]}"
        assert not broken(data), path
        for shown, bad in damaged(data, rng):
            _, found = documents(bad, layout)
            tried += 1
            if broken(bad):
                broke += 1
                assert [each for each in found if each.severity != "info"], f"{path.name}: {shown}"
    print(f"{tried} damages, {broke} of them break a control total")
    assert broke > 30


@pytest.mark.parametrize("at", [0.1, 0.5, 0.9, 0.999])
def test_a_file_that_is_cut_off_is_told(corpus: Path, at: float) -> None:
    for path in files(corpus):
        data = path.read_bytes().rstrip()
        _, found = documents(data[: int(len(data) * at)], f"iso20022/{path.parent.name[:8]}")
        assert [each for each in found if each.severity == "error"], path.name
