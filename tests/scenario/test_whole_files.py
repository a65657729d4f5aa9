"""The receipts whose truth is known, in whole files as banks send them, through the engine: what it decides alone is right; files
that come twice, out of order or that tell again what another has told move no money twice.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from exchange.ledger.match_acts import Case
from exchange.operations import reconciling
from exchange.operations.asking import status
from exchange.operations.running import run
from tests.bench import truth
from tests.scenario import wholefiles
from tests.scenario.wholefiles import Received, Statement
from tests.support.handing import hand_over

SAMPLE = Path(__file__).parents[2] / "samples/nordkaffe/site"
HEADER = "Invoice;CustomerNo;Customer;Date;Due;Currency;Amount;Open;Reference;Account"
OPEN_ITEMS = """flow: open-receivables
from: {at: "folder:inbox/open-receivables", match: "*.csv", ready: renamed from *.part, after: archive}
layout: generic/open-items
map: [generic/open-items-to-receivable]
to: []
"""
LEFT_OUT = (
    truth.discount,
    truth.shared_account,
    truth.came_back,
    truth.unknown_return,
    truth.other_currency,
    truth.lump,
)
"""What rests on memories or on terms that the list of open items does not tell."""
RULES = """rules: ours
like: standard
accounts: {discount: "3730", rounding: "8450", credit: "2420"}
use:
  bank_events: {events: {fee: {account: "8570"}}}
"""
FLOW = """flow: FLOW
from: {at: "folder:inbox/FLOW", match: "*", ready: renamed from *.part, after: archive}
layout: LAYOUT
map: [LAYOUT-to-bank-transaction]
with: {receivables: open-receivables}
match: {against: receivables, rules: ours, decided: decided}
to:
  - {map: [common/match-to-voucher, generic/voucher-to-journal], write: generic/journal, at: "folder:outbox/books", name: "{flow}-{arrival.id}.csv"}
"""
DECIDED = """flow: decided
from: {at: "folder:inbox/decided", match: "*.jsonl", ready: renamed from *.part}
layout: exchange/decisions
map: [exchange/decisions-to-match]
to:
  - {map: [common/match-to-voucher, generic/voucher-to-journal], write: generic/journal, at: "folder:outbox/books", name: "{flow}-{arrival.id}.csv"}
"""
Writer = Callable[[Statement], str]
Carries = Callable[[Received], bool]
EVERYTHING: Carries = lambda each: True  # noqa: E731
FILES: dict[str, tuple[str, Writer, Carries, str]] = {
    "camt.053": ("iso20022/camt.053", wholefiles.camt("053"), EVERYTHING, "utf-8"),
    "camt.054": ("iso20022/camt.054", wholefiles.camt("054"), EVERYTHING, "utf-8"),
    "camt.052": ("iso20022/camt.052", wholefiles.camt("052"), EVERYTHING, "utf-8"),
    "mt940": ("swift/mt940", wholefiles.mt940, wholefiles.is_plain, "latin-1"),
    "ktl": ("finanssiala/ktl", wholefiles.ktl, wholefiles.has_viite, "latin-1"),
    "bgmax": (
        "bankgirot/bgmax",
        wholefiles.bgmax,
        lambda each: wholefiles.is_plain(each) and each.units > 0,
        "latin-1",
    ),
    "ocr": ("netsgiro/ocr", wholefiles.ocr, wholefiles.has_number, "latin-1"),
}


class Office:
    """A site, the receipts of a country and a seed, and the files that bring them."""

    def __init__(self, folder: Path, country: str, seed: int, *kinds: str) -> None:
        self.site, self.world = folder / "site", truth.World(seed, country)
        shutil.copytree(SAMPLE, self.site)
        for flow in (self.site / "flows").iterdir():
            flow.unlink()
        (self.site / "flows/open-receivables.yaml").write_text(OPEN_ITEMS, encoding="utf-8")
        books = self.site / "exchange.yaml"
        currency = self.world.style.currency
        books.write_text(
            books.read_text("utf-8").replace("book_currency: EUR", f"book_currency: {currency}"),
            encoding="utf-8",
        )
        (self.site / "schemas/rules").mkdir()
        (self.site / "schemas/rules/ours.yaml").write_text(RULES, encoding="utf-8")
        (self.site / "flows/decided.yaml").write_text(DECIDED, encoding="utf-8")
        for place in ("outbox/books", "inbox/decided"):
            (self.site / place).mkdir(parents=True)
        (self.site / "inbox/open-receivables").mkdir(parents=True)
        for kind in kinds:
            name, text = kind.replace(".", "-"), FLOW.replace("LAYOUT", FILES[kind][0])
            (self.site / f"flows/{name}.yaml").write_text(text.replace("FLOW", name), encoding="utf-8")
            (self.site / f"inbox/{name}").mkdir(parents=True)
        order = [
            case for case, times in truth.CASES.items() if case not in LEFT_OUT for _ in range(1 + times // 3)
        ]
        Random(seed).shuffle(order)
        for case in order:
            case(self.world)
        self.receipts = [
            Received(kind, meant, record, f"{seed:04}{number:012}")
            for number, (record, (kind, meant)) in enumerate(
                zip(self.world.receipts, self.world.truths, strict=True)
            )
        ]
        self.sent: dict[str, Sequence[Received]] = {}

    def open_items(self) -> None:
        """The list of open items, as the sales ledger writes it."""
        rows = [
            f"{item['number']};{item['customer']['number']};{item['customer']['name']};{item['issued']};{item['due']};"
            f"{item['currency']};{str(item['amount']).replace('.', ',')};{str(item['open']).replace('.', ',')};{item['reference'] or ''};"
            for item in self.world.items
        ]
        hand_over(
            self.site / "inbox/open-receivables/items.csv", "\r\n".join([HEADER, *rows]) + "\r\n", "utf-8-sig"
        )

    def send(self, kind: str, statement: Statement, again: str = "") -> None:
        """A file at the place of its flow. again: what makes the same file another one."""
        _, write, _, encoding = FILES[kind]
        name = f"{len(self.sent):02}-{statement.number}.dat"
        self.sent[name] = statement.rows
        hand_over(self.site / f"inbox/{kind.replace('.', '-')}" / name, write(statement) + again, encoding)

    def work(self, held: int = 0) -> list[str]:
        """The engine's round, and why files are held: so many."""
        report = run(self.site, once=True)
        assert not report.troubles, report.troubles
        reasons = [each.reason or "" for each in status(self.site).held]
        assert len(reasons) == held, reasons
        return reasons

    def cases(self, flow: str | None = None) -> list[Case]:
        """Everything that was decided or left open, file by file in the order of the transactions."""
        found = reconciling.cases(self.site, flow=flow, decision=None, limit=10_000)
        return sorted(found, key=lambda case: (case.arrival, case.position))

    def booked(self) -> Counter[str]:
        """What all vouchers together have booked on each account, in smallest units."""
        sums: Counter[str] = Counter()
        for path in (self.site / "outbox/books").glob("[!.]*"):
            head, *rows = path.read_text("utf-8-sig").splitlines()
            names = head.split(";")
            for row in rows:
                told = dict(zip(names, row.split(";"), strict=True))
                for column, sign in (("Debit", 1), ("Credit", -1)):
                    sums[told["Account"]] += sign * int(re.sub(r"[,.]", "", told[column]) or 0)
        return sums


def judge(cases: Sequence[Case], rows: Sequence[Received], after: int = 0) -> Counter[tuple[str, bool]]:
    """Every case of a file against the truth: what was decided alone is right. How many of each kind were decided.
    after: so many came before in the file.
    """
    assert [case.position - after for case in cases] == list(range(1, len(rows) + 1))
    wrong, counted = [], Counter[tuple[str, bool]]()
    for case, row in zip(cases, rows, strict=True):
        assert case.units == row.units and case.reason
        counted[row.kind, case.decision in ("matched", "booked")] += 1
        closed = {item.number: item.closed for item in case.items}
        if case.decision == "booked" and row.truth == truth.BOOKED:
            continue
        if case.decision != "unmatched" and closed != row.truth:
            wrong.append((row.kind, case.rule, case.reason, row.truth, closed))
    assert wrong == []
    return counted


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    ("country", "kind"),
    [("FI", "camt.053"), ("FI", "mt940"), ("FI", "ktl"), ("SE", "bgmax"), ("SE", "camt.054"), ("NO", "ocr"), ("NO", "camt.053"),
     ("DK", "camt.053")],
)  # fmt: skip
def test_a_whole_file_is_decided_right_or_not_at_all(
    tmp_path: Path, country: str, kind: str, seed: int
) -> None:
    office = Office(tmp_path, country, seed, kind)
    office.open_items()
    rows = [each for each in office.receipts if FILES[kind][2](each)]
    office.send(kind, Statement(country, 1, Decimal("1000.00"), rows))
    office.work()
    counted = judge(office.cases(), rows)
    assert counted["exact", True] == sum(row.kind == "exact" for row in rows) > 30, counted
    decided = sum(number for (_, done), number in counted.items() if done)
    assert decided * 100 > len(rows) * 60, counted


@pytest.mark.parametrize("country", ["FI", "SE"])
def test_what_a_report_of_the_day_told_the_statement_does_not_book_again(
    tmp_path: Path, country: str
) -> None:
    office = Office(tmp_path, country, 3, "camt.052", "camt.053")
    office.open_items()
    rows = office.receipts
    early, noon = rows[: len(rows) // 3], rows[: len(rows) // 2]
    for number, some in ((1, early), (2, noon)):
        office.send("camt.052", Statement(country, number, Decimal("1000.00"), some))
        office.work()
    office.send("camt.053", Statement(country, 1, Decimal("1000.00"), rows))
    office.work()
    reports = office.cases("camt-052")
    first, second = reports[: len(early)], reports[len(early) :]
    whole = office.cases("camt-053")
    judge(first, early)
    assert {case.rule for case in (*second[: len(early)], *whole[: len(noon)])} == {"told_before"}
    assert all(case.decision == "closed" and not case.items for case in whole[: len(noon)])
    judge(second[len(early) :], noon[len(early) :], after=len(early))
    last = whole[len(noon) :]
    assert "told_before" not in {case.rule for case in last}
    posted = sum(case.units for case in (*reports, *whole) if case.decision in ("matched", "booked"))
    assert office.booked()["1910"] == posted, "what was told three times is booked once"
    fees = [row for row in rows if row.truth == truth.BOOKED]
    assert office.booked()["8570"] == -sum(row.units for row in fees) > 0


def test_what_was_closed_as_told_twice_a_person_decides_all_the_same(tmp_path: Path) -> None:
    office = Office(tmp_path, "FI", 7, "camt.052", "camt.053")
    office.open_items()
    [row, *_] = [each for each in office.receipts if each.kind == "unknown payer"]
    office.send("camt.052", Statement("FI", 1, Decimal(0), [row]))
    office.work()
    office.send("camt.053", Statement("FI", 1, Decimal(0), [row]))
    office.work()
    [first], [second] = office.cases("camt-052"), office.cases("camt-053")
    assert (first.decision, second.decision, second.rule) == ("unmatched", "closed", "told_before")
    assert first.id in second.reason
    office.work()
    assert [case.decision for case in office.cases()] == ["unmatched", "closed"], (
        "the first waits on for a person"
    )
    reconciling.book(office.site, second.id, "3990", "it came twice", is_new=True)
    office.work()
    assert office.booked()["3990"] == -row.units


def test_a_file_that_comes_twice_is_held_and_a_gap_is_told(tmp_path: Path) -> None:
    office = Office(tmp_path, "FI", 4, "camt.053")
    office.open_items()
    half = len(office.receipts) // 2
    first = Statement("FI", 1, Decimal("1000.00"), office.receipts[:half])
    office.send("camt.053", first)
    office.work()
    before = office.booked()
    office.send("camt.053", first, again="\n")
    [reason] = office.work(held=1)
    assert "was taken before" in reason
    assert office.booked() == before
    later = Statement("FI", 3, first.closing + 5, office.receipts[half:])
    office.send("camt.053", later)
    office.work(held=1)
    judge(office.cases()[half:], later.rows)
    sums = office.booked()
    assert sum(sums.values()) == 0


def test_two_statements_that_tell_the_same_leave_it_to_people(tmp_path: Path) -> None:
    """Another number, the same entries: a fee is booked once, and nobody's invoice is paid twice."""
    office = Office(tmp_path, "FI", 5, "camt.053")
    office.open_items()
    first = Statement("FI", 1, Decimal("1000.00"), office.receipts)
    office.send("camt.053", first)
    office.work()
    before = office.booked()
    office.send("camt.053", Statement("FI", 2, first.closing, office.receipts))
    office.work()
    repeated = office.cases()[len(office.receipts) :]
    assert {case.decision for case in repeated} == {"unmatched"} and all(
        "told" in case.reason for case in repeated
    )
    assert office.booked() == before


def test_a_batch_that_does_not_come_to_its_entry_pays_nothing(tmp_path: Path) -> None:
    office = Office(tmp_path, "FI", 6, "camt.053")
    office.open_items()
    pair = [each for each in office.receipts if each.kind == "exact"][:2]
    parts = "".join(re.findall("<TxDtls>.*?</TxDtls>", "".join(map(wholefiles.entry, pair))))
    total = sum((each.record["amount"] for each in pair), Decimal(0))
    lump = re.sub("<TxDtls>.*</TxDtls>", lambda _: parts, wholefiles.entry(pair[0]), count=1)
    lump = lump.replace(f">{pair[0].record['amount']}<", f">{total + 1}<", 1)
    office.send("camt.053", Statement("FI", 1, Decimal("1000.00"), [], [(total + 1, lump)]))
    office.work()
    assert [case.reason for case in office.cases() if case.decision in ("matched", "booked")] == []
    assert not office.booked()
