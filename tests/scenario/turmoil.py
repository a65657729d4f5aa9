"""A sales ledger, a bank and an accountant who do anything in any order; whatever they do, the books must agree.

The ERP lists what is open as far as it has read what was ticked off. The bank tells some movements twice (an advice, then
the statement), takes some back, and its statements come late or once more. The accountant matches, books, closes and takes back at random,
replays, and rejects what is held. What is known for sure is kept here, apart from Exchange: what the bank moved, and
what came out of the files that left.
"""

from __future__ import annotations

import csv
import random
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from exchange import clock
from exchange.checks import get
from exchange.errors import UseError
from exchange.operations import asking, deciding, proving, reconciling
from exchange.operations.running import run
from tests.bench.data import ibans
from tests.support.handing import hand_over

SAMPLE = Path(__file__).parents[2] / "samples/nordkaffe/site"
IBAN = "FI2112345600000785"
BANK, RECEIVABLES, SUSPENSE = "1910", "1700", ("2990", "1790")
PLACES = ("open-receivables", "bank-statements", "advices", "decided")
MATCHES = """with: {receivables: open-receivables}
match: {against: receivables, rules: ours, decided: decided}
to:
  - {map: [common/match-to-voucher, sie/voucher-to-4i], write: sie/4i, at: "folder:outbox/bookkeeping", name: "{flow}-{arrival.id}.si"}
  - {map: [generic/match-to-tick-off], write: generic/tick-off, at: "folder:outbox/sales-ledger", name: "{flow}-{arrival.id}.csv"}
"""
DECIDED = """flow: decided
from: {at: "folder:inbox/decided", match: "*.jsonl", ready: renamed from *.part}
layout: exchange/decisions
map: [exchange/decisions-to-match]
"""
RULES = """rules: ours
like: standard
accounts: {discount: "3730", rounding: "8450", credit: "2420"}
suspense: {EUR: {receipts: "2990", payments: "1790"}}
use:
  bank_events: {events: {fee: {account: "8570"}}}
"""
OTHER_RULES = ("", "  known_payer: false\n", "  part_payment: false\n  overpayment: false\n")
HEADER = "Laskunro;Asiakasnro;Asiakas;Laskupvm;Eräpvm;Valuutta;Summa;Avoinna;Viite"
FIRST_DAY = date(2026, 10, 1)


@dataclass(frozen=True, slots=True)
class Item:
    """An invoice, or a credit note (negative)."""

    number: str
    customer: int
    amount: Decimal
    reference: str


@dataclass(frozen=True, slots=True)
class Movement:
    """One entry of the account. back: the bank's word that it takes back another one of the same end-to-end id."""

    entry: str
    end_to_end: str
    amount: Decimal
    payer: int | None = None
    reference: str = ""
    text: str = ""
    back: bool = False
    fee: bool = False


@dataclass
class Turmoil:
    """The site and everybody around it. seed: of everything that happens."""

    site: Path
    seed: int
    items: dict[str, Item] = field(default_factory=dict)
    moved: dict[str, Movement] = field(default_factory=dict)
    files: dict[str, list[str]] = field(default_factory=dict)
    """Which movements a file of the bank tells."""
    late: list[tuple[str, str]] = field(default_factory=list)
    """Statements that were written and not delivered yet: name and text."""
    sent: list[tuple[str, str]] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    """Files that were taken."""
    ticked: dict[str, Decimal] = field(default_factory=dict)
    """By how much each item was closed, all tick-off lists together."""
    books: dict[str, Decimal] = field(default_factory=dict)
    """What all vouchers together have booked."""
    story: list[str] = field(default_factory=list)
    """What happened, for who has to find out why it went wrong."""

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.accounts = ibans(60)[20:]
        self.day, self.statements, self.balance = FIRST_DAY, 0, Decimal("5000.00")
        self._make_site()

    def _make_site(self) -> None:
        shutil.copytree(SAMPLE, self.site)
        for flow in (self.site / "flows").iterdir():
            if flow.stem != "open-receivables":
                flow.unlink()
        for name, layout in (("bank-statements", "camt.053"), ("advices", "camt.054")):
            head = (
                f'flow: {name}\nfrom: {{at: "folder:inbox/{name}", match: "*.xml", ready: renamed from *.part}}\n'
                f"layout: iso20022/{layout}\nmap: [iso20022/{layout}-to-bank-transaction]\n"
            )
            (self.site / f"flows/{name}.yaml").write_text(head + MATCHES, encoding="utf-8")
        targets = MATCHES[MATCHES.index("to:") :]
        (self.site / "flows/decided.yaml").write_text(DECIDED + targets, encoding="utf-8")
        declared = self.site / "exchange.yaml"
        more = '  gift_account: "3990"\n  other_account: "3995"\n'
        declared.write_text(declared.read_text(encoding="utf-8") + more, encoding="utf-8")
        (self.site / "schemas/rules").mkdir(parents=True, exist_ok=True)
        self._rule(OTHER_RULES[0])
        for place in (*(f"inbox/{name}" for name in PLACES), "outbox/bookkeeping", "outbox/sales-ledger"):
            (self.site / place).mkdir(parents=True, exist_ok=True)

    def _rule(self, more: str) -> None:
        (self.site / "schemas/rules/ours.yaml").write_text(RULES + more, encoding="utf-8")

    # --- what happens --------------------------------------------------------------------------------------

    def play(self, steps: int) -> None:
        """So many things, then the rest of what the bank has written."""
        acts: list[tuple[Callable[[], object], int]] = [
            (self.invoice, 3), (self.list_open, 4), (self.banking_day, 6), (self.deliver_late, 2), (self.send_again, 1),
            (self.decide, 12), (self.replay, 3), (self.look_again, 1), (self.change_rules, 1),
        ]  # fmt: skip
        try:
            for act in (self.invoice, self.list_open, self.banking_day):
                self._then(act)
            for act in self.chance.choices(*zip(*acts, strict=True), k=steps):
                self._then(act)
            while self.late:
                self._then(self.deliver_late)
        finally:
            clock.set_clock(None)

    def _then(self, act: Callable[[], object]) -> None:
        """One thing, the engine's round, what a person does about what is held, and what left is read."""
        moment = datetime.combine(self.day, time(9), UTC)
        clock.set_clock(lambda: moment)
        self.story.append(f"{self.day} {act.__name__}")
        act()
        self._go_on()
        held = asking.status(self.site).held
        for each in held:
            self.story.append(f"  held {each.name} {each.hold}: {each.reason}")
            deciding.reject(self.site, each.id, "not meant")
        if held:
            self._go_on()
        self._read_back()
        self.check()

    def _go_on(self) -> None:
        report = run(self.site, once=True)
        assert not report.troubles, report.troubles

    def invoice(self) -> None:
        """New items; a credit note now and then; two of one customer for the same amount."""
        for _ in range(4):
            customer = self.chance.randrange(8)
            amount = Decimal(
                self.chance.choice((10_000, 12_400, 5_050, self.chance.randrange(1_000, 90_000)))
            )
            sign = -1 if self.chance.random() < 0.2 else 1
            number = str(500_100 + len(self.items))
            complete = get("fi-viite").complete
            assert complete is not None
            self.items[number] = Item(number, customer, sign * amount.scaleb(-2), complete(number))

    def list_open(self) -> None:
        """The ERP lists what is open, as far as it knows."""
        rows = [
            f"{item.number};{10_000 + item.customer};{_name(item.customer)};1.9.2026;15.9.2026;EUR;{_finnish(item.amount)};"
            f"{_finnish(left)};{item.reference}"
            for item in self.items.values()
            if (left := item.amount - self.ticked.get(item.number, Decimal(0)))
        ]
        if rows:
            name = f"open-{len(self.story)}.csv"
            hand_over(
                self.site / "inbox/open-receivables" / name, "\r\n".join([HEADER, *rows, ""]), "windows-1252"
            )

    def banking_day(self) -> None:
        """The bank moves money, and tells of it: some in an advice at once, all in a statement, which may come later."""
        self.day += timedelta(days=1)
        today = [self._movement() for _ in range(self.chance.randrange(2, 7))]
        self.moved |= {each.entry: each for each in today}
        if self.chance.random() < 0.3:
            some = [each for each in today if self.chance.random() < 0.6]
            if some:
                self._deliver("advices", f"advice-{self.day}.xml", _advice(self.day, some), some)
        self.statements += 1
        opening, self.balance = self.balance, self.balance + sum(each.amount for each in today)
        name = f"statement-{self.statements:03}.xml"
        text = _statement(self.statements, self.day, opening, self.balance, today)
        self.files[name] = [each.entry for each in today]
        self.late.append((name, text))
        if self.chance.random() < 0.8:
            self.deliver_late()

    def deliver_late(self) -> None:
        """A statement comes: mostly the oldest that waits."""
        if self.late:
            place = 0 if self.chance.random() < 0.7 else -1
            name, text = self.late.pop(place)
            self.sent.append((name, text))
            self._deliver("bank-statements", name, text)

    def send_again(self) -> None:
        """The bank sends a statement once more: the same bytes, or otherwise written."""
        if self.sent:
            name, text = self.chance.choice(self.sent)
            other = f"again-{len(self.story)}-{name}"
            self._deliver("bank-statements", other, text + self.chance.choice(("", "\n", "<!-- copy -->")))

    def _deliver(self, flow: str, name: str, text: str, told: Sequence[Movement] = ()) -> None:
        self.story.append(f"  {flow} {name}")
        if told:
            self.files[name] = [each.entry for each in told]
        hand_over(self.site / "inbox" / flow / name, text)

    def _movement(self) -> Movement:
        """What a customer pays, or the bank takes back or charges."""
        number = len(self.moved) + self.chance.randrange(1_000_000, 9_000_000) * 100
        entry, end_to_end = f"A{number}", f"E{number}"
        known = [each for each in self.moved.values() if each.amount > 0]
        if known and self.chance.random() < 0.15:
            paid = self.chance.choice(known)
            return Movement(entry, paid.end_to_end, -paid.amount, paid.payer, back=True)
        if self.chance.random() < 0.05:
            return Movement(entry, end_to_end, Decimal("-4.50"), text="Palvelumaksu", fee=True)
        item = self.chance.choice(list(self.items.values()))
        others = [each for each in self.items.values() if each.customer == item.customer and each != item]
        amount, payer = abs(item.amount), item.customer
        match self.chance.randrange(8):
            case 0 | 1 | 2:
                return Movement(entry, end_to_end, amount, payer, item.reference)
            case 3:
                part = (amount * Decimal("0.4")).quantize(Decimal("0.01"))
                return Movement(entry, end_to_end, part, payer, item.reference)
            case 4:
                return Movement(entry, end_to_end, amount + 30, payer, item.reference)
            case 5 if others:
                both = item.amount + others[0].amount
                text = f"laskut {item.number} {others[0].number}"
                return Movement(entry, end_to_end, abs(both) or amount, payer, text=text)
            case 6:
                return Movement(entry, end_to_end, amount, payer, text="kiitos")
        return Movement(entry, end_to_end, amount, None, text=f"lasku {item.number}")

    def decide(self) -> None:
        """A person decides about a case, or takes back what was decided; some of it cannot be done, which is told."""
        found = [
            case
            for case in reconciling.cases(self.site, flow=None, decision=None, limit=10_000)
            if case.rule != "told_before"
        ]
        if not found:
            return
        case = self.chance.choice(found)
        acts: list[Callable[[], object]] = [
            lambda: reconciling.match(
                self.site, case.id, self._some_items(), "looked at", self._difference(), is_new=False
            ),
            lambda: reconciling.match(
                self.site, case.id, self._some_items(), "looked at", None, is_new=False
            ),
            lambda: reconciling.book(self.site, case.id, "3990", "a gift", is_new=False),
            lambda: reconciling.unmatch(self.site, case.id, "wrong"),
            lambda: reconciling.unmatch(self.site, case.id, "wrong"),
        ]
        try:
            self.chance.choice(acts)()
            now = reconciling.case(self.site, case.id)
            told = [(each.number, each.closed) for each in now.items]
            self.story.append(f"  case {case.id} {case.units}: {case.decision} → {now.decision} {told}")
        except UseError as refused:
            self.story.append(f"  case {case.id}: {refused}")

    def _some_items(self) -> list[str]:
        return self.chance.sample(sorted(self.items), self.chance.randrange(1, 3))

    def _difference(self) -> str | None:
        return self.chance.choice((None, "discount", "rounding", "credit", "3995"))

    def replay(self) -> None:
        """A file that was read is read once more."""
        done = [each for each in asking.arrivals(self.site, limit=1_000)[0] if each.stage == "done"]
        done = [each for each in done if each.flow in ("bank-statements", "advices")]
        if done:
            chosen = self.chance.choice(done)
            self.story.append(f"  replay {chosen.name}")
            try:
                deciding.replay(self.site, chosen.id, "to be sure", force=False)
            except UseError as refused:
                self.story.append(f"  {refused}")

    def look_again(self) -> None:
        """Rules look at the open cases."""
        reconciling.again(self.site, None)

    def change_rules(self) -> None:
        """Other rules hold from now on."""
        self._rule(self.chance.choice(OTHER_RULES))

    # --- what must hold ------------------------------------------------------------------------------------

    def _read_back(self) -> None:
        for path in _taken(self.site / "outbox/sales-ledger"):
            with path.open(encoding="utf-8-sig", newline="") as file:
                for row in csv.DictReader(file, delimiter=";"):
                    closed = Decimal(row["Closed"].replace(",", "."))
                    self.ticked[row["Invoice"]] = self.ticked.get(row["Invoice"], Decimal(0)) + closed
            path.unlink()
        for path in _taken(self.site / "outbox/bookkeeping"):
            for account, amount in re.findall(r"#TRANS (\d+) \{\} (\S+)", path.read_text("cp437")):
                self.books[account] = self.books.get(account, Decimal(0)) + Decimal(amount)
            path.unlink()

    def check(self) -> None:
        """Every sum agrees with what the bank moved and what was ticked off."""
        assert sum(self.books.values()) == 0
        assert self.books.get(BANK, 0) == sum(self.moved[entry].amount for entry in self._told())
        assert self.books.get(RECEIVABLES, 0) == -sum(self.ticked.values())
        waiting = sum(each.units for each in reconciling.suspended(self.site))
        assert -sum(self.books.get(account, Decimal(0)) for account in SUSPENSE) == Decimal(waiting).scaleb(
            -2
        )
        for number, closed in self.ticked.items():
            amount = self.items[number].amount
            assert (closed >= 0 if amount > 0 else closed <= 0) and abs(closed) <= abs(amount), (
                number,
                amount,
                closed,
            )

    def _told(self) -> set[str]:
        """The movements that files tell which were taken; to reject what a replay gave takes nothing back."""
        arrivals, _ = asking.arrivals(self.site, limit=10_000)
        self.taken |= {each.name for each in arrivals if each.stage == "done"}
        return {entry for name, entries in self.files.items() if name in self.taken for entry in entries}

    def verify(self) -> None:
        """Much happened; nothing was changed, nothing is under way."""
        assert self.ticked
        assert self.books
        now = asking.status(self.site)
        assert not now.open_deliveries
        assert not now.held
        assert proving.verify(self.site, files=True).problems == []


def _taken(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if not path.name.startswith("."))


def _name(customer: int) -> str:
    return f"Kauppa {'ABCDEFGH'[customer]}ström Oy"


def _finnish(amount: Decimal) -> str:
    return f"{amount:.2f}".replace(".", ",")


def _statement(number: int, day: date, opening: Decimal, closing: Decimal, moved: Sequence[Movement]) -> str:
    balances = "".join(
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_money(amount)}<Dt><Dt>{day}</Dt></Dt></Bal>"
        for code, amount in (("OPBD", opening), ("CLBD", closing))
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">'
        f"<BkToCstmrStmt><GrpHdr><MsgId>M{number}</MsgId><CreDtTm>{day}T20:00:00</CreDtTm></GrpHdr><Stmt>"
        f"<Id>S{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb><CreDtTm>{day}T20:00:00</CreDtTm>"
        f"<Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>{balances}{''.join(_entries(day, moved))}"
        "</Stmt></BkToCstmrStmt></Document>"
    )


def _advice(day: date, moved: Sequence[Movement]) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08">'
        f"<BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>N{day}</MsgId><CreDtTm>{day}T12:00:00</CreDtTm></GrpHdr><Ntfctn>"
        f"<Id>N{day}</Id><CreDtTm>{day}T12:00:00</CreDtTm><Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>"
        f"{''.join(_entries(day, moved))}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
    )


def _entries(day: date, moved: Sequence[Movement]) -> Iterator[str]:
    for each in moved:
        money = _money(each.amount)
        code = ("ACMT", "MDOP", "CHRG") if each.fee else ("PMNT", "RCDT", "RRTN" if each.back else "ESCT")
        party = "" if each.payer is None else f"<Dbtr><Pty><Nm>{_name(each.payer)}</Nm></Pty></Dbtr>"
        told = f"<Ustrd>{each.text}</Ustrd>" if each.text else ""
        if each.reference:
            told += f"<Strd><CdtrRefInf><Ref>{each.reference}</Ref></CdtrRefInf></Strd>"
        reason = "<RtrInf><Rsn><Cd>MD06</Cd></Rsn></RtrInf>" if each.back else ""
        yield (
            f"<Ntry>{money}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt>"
            f"<AcctSvcrRef>{each.entry}</AcctSvcrRef><BkTxCd><Domn><Cd>{code[0]}</Cd><Fmly><Cd>{code[1]}</Cd>"
            f"<SubFmlyCd>{code[2]}</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls><Refs><AcctSvcrRef>{each.entry}"
            f"</AcctSvcrRef><EndToEndId>{each.end_to_end}</EndToEndId></Refs>{money}<RltdPties>{party}</RltdPties>"
            f"<RmtInf>{told}</RmtInf>{reason}</TxDtls></NtryDtls></Ntry>"
        )


def _money(amount: Decimal) -> str:
    side = "CRDT" if amount >= 0 else "DBIT"
    return f'<Amt Ccy="EUR">{abs(amount):.2f}</Amt><CdtDbtInd>{side}</CdtDbtInd>'
