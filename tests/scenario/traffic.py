"""An ERP that orders, three people who approve, a bank that answers when it likes, and an operator who does anything in any order.

What must hold whatever they do: no payment reaches the bank twice unless a person has said so, none without two
approvals of the very bytes, and each stands where what the bank has said puts it.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from exchange import clock
from exchange.checks import get
from exchange.errors import UseError
from exchange.operations import approving, asking, deciding, paying, proving, repairing
from exchange.operations.running import run
from tests.bench.data import HEADER, ibans
from tests.scenario.bank import Order, orders_of
from tests.support.handing import hand_over

SAMPLE = Path(__file__).parents[2] / "samples/nordkaffe/site"
IBAN = "FI2112345600000785"
PEOPLE = ("anna", "ben", "carl", "dora")
FLOWS = {
    "supplier-payments": """from: {at: "folder:inbox/supplier-payments", match: "*.csv", ready: renamed from *.part}
layout: nordkaffe/supplier-payments
map: [nordkaffe/supplier-payments-to-payment]
to:
  - {map: [iso20022/payment-to-pain.001.001.09], write: iso20022/pain.001.001.09, at: "folder:outbox/bank", name: "{arrival.id}.xml"}
approve: 2
""",
    "answers": """from: {at: "folder:inbox/answers", match: "*.xml", ready: renamed from *.part}
layout: iso20022/pain.002
map: [[iso20022/pain.002-file-to-payment-status, iso20022/pain.002-batch-to-payment-status, iso20022/pain.002-payment-to-payment-status]]
to:
  - {map: [generic/payment-status-to-rejections], write: generic/payment-statuses, at: "folder:outbox/erp", name: "{arrival.id}.csv"}
""",
    "advices": """from: {at: "folder:inbox/advices", match: "*.xml", ready: renamed from *.part}
layout: iso20022/camt.054
map: [iso20022/camt.054-to-bank-transaction]
to: []
""",
}
FIRST_DAY = date(2026, 10, 1)
UNDONE = ("rejected", "returned")
WRONG = "FI2112345600000786"
Key = tuple[str, Decimal, str]
"""Account, amount and reference: what makes a payment the same as another."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the bank about one payment. kind: received, accepted, rejected, booked, returned."""

    flow: str
    name: str
    text: str
    end_to_end: str
    kind: str


@dataclass
class Traffic:
    """The site and everybody around it. seed: of everything that happens."""

    site: Path
    seed: int
    ordered: list[tuple[str, Key]] = field(default_factory=list)
    taken: dict[Key, list[str]] = field(default_factory=dict)
    """The end-to-end ids with which the bank has got a payment."""
    waiting: list[Said] = field(default_factory=list)
    said: dict[str, Said] = field(default_factory=dict)
    """By the name of its file."""
    fate: dict[str, str] = field(default_factory=dict)
    """What the bank does with a payment in the end, by its end-to-end id."""
    doubted: set[str] = field(default_factory=set)
    """Payments about which a message was held, or of which a person has said something."""
    undone: set[str] = field(default_factory=set)
    """Payments of which a person has said that they were not carried out, or are back."""
    meant: set[str] = field(default_factory=set)
    """Arrivals that a person let go though they were doubted, or sent once more."""
    story: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.day, self.accounts = FIRST_DAY, ibans(12)
        shutil.copytree(SAMPLE, self.site)
        for flow in (self.site / "flows").iterdir():
            flow.unlink()
        for name, text in FLOWS.items():
            (self.site / f"flows/{name}.yaml").write_text(f"flow: {name}\n{text}", encoding="utf-8")
            (self.site / "inbox" / name).mkdir(parents=True)
        for name in ("bank", "erp"):
            (self.site / "outbox" / name).mkdir(parents=True)

    def play(self, steps: int) -> None:
        """So many things."""
        acts: list[tuple[Callable[[], object], int]] = [
            (self.order, 5), (self.approve, 8), (self.bank_takes, 4), (self.bank_speaks, 8), (self.bank_repeats, 1), (self.held, 4),
            (self.operate, 3), (self.tell, 1), (self.redeclare, 1), (self.next_day, 2),
        ]  # fmt: skip
        try:
            for act in (self.order, *self.chance.choices(*zip(*acts, strict=True), k=steps)):
                self._then(act)
        finally:
            clock.set_clock(None)
            os.environ.pop("EXCHANGE_ACTOR", None)

    def _then(self, act: Callable[[], object]) -> None:
        moment = datetime.combine(self.day, time(9), UTC)
        clock.set_clock(lambda: moment)
        self.story.append(f"{self.day} {act.__name__}")
        os.environ["EXCHANGE_ACTOR"] = self.chance.choice(PEOPLE)
        try:
            act()
        except UseError as refused:
            self.story.append(f"  refused: {refused}")
        report = run(self.site, once=True)
        assert not report.troubles, report.troubles
        self._note_doubts()
        self.check()

    # --- what happens --------------------------------------------------------------------------------------

    def next_day(self) -> None:
        """Time passes."""
        self.day += timedelta(days=1)

    def order(self) -> None:
        """The ERP orders payments; some were ordered before, some have a wrong account."""
        rows = [self._ordered() for _ in range(self.chance.randrange(1, 4))]
        name = f"pay-{len(self.story)}.csv"
        self.story.append(f"  {name}: {rows}")
        self._hand(name, rows)

    def _ordered(self) -> tuple[str, Key]:
        number = str(70_001 + len(self.ordered))
        if self.ordered and self.chance.random() < 0.2:
            key = self.chance.choice(self.ordered)[1]
        else:
            complete = get("fi-viite").complete
            assert complete is not None
            account = WRONG if self.chance.random() < 0.05 else self.chance.choice(self.accounts)
            amount = Decimal(self.chance.randrange(100, 90_000)).scaleb(-2)
            key = (account, amount, complete(str(self.chance.randrange(1000, 9999))))
        self.ordered.append((number, key))
        return number, key

    def _hand(self, name: str, rows: list[tuple[str, Key]]) -> None:
        due = self.day + timedelta(days=1)
        lines = [
            f"{number};{due:%d.%m.%Y};Toimittaja {account[-4:]} Oy;30010;{account};;IBAN;Rantatie;3;00160;Helsinki;FI;"
            f"{str(amount).replace('.', ',')};EUR;{reference};;"
            for number, (account, amount, reference) in rows
        ]
        text = "\r\n".join([HEADER.strip(), *lines, ""])
        hand_over(self.site / "inbox/supplier-payments" / name, text, "windows-1252")

    def approve(self) -> None:
        """Somebody looks at something that waits, and approves it."""
        waiting = asking.status(self.site).awaited
        if waiting:
            chosen = self.chance.choice(waiting).arrival
            shown = approving.look(self.site, chosen.id)
            said = shown.standing.said[:12] if self.chance.random() < 0.5 else ""
            passed = next(iter(shown.passed), "")
            approving.approve(self.site, chosen.id, "compared", statement=said, passed=passed)

    def bank_takes(self) -> None:
        """The bank fetches what lies there: it must never get the same twice."""
        for path in sorted(self.site.glob("outbox/bank/*.xml")):
            content = path.read_bytes()
            path.unlink()
            for order in orders_of(content):
                self._take(order, path.stem)

    def _take(self, order: Order, arrival: str) -> None:
        key = (order.creditor, order.amount, order.reference)
        live = [
            each
            for each in self.taken.get(key, [])
            if each not in self.undone and self.fate[each] not in UNDONE
        ]
        assert not live or arrival in self.meant, f"{order} was taken before as {live}"
        if order.end_to_end in self.fate:
            return
        self.taken.setdefault(key, []).append(order.end_to_end)
        fate = self.chance.choice(("booked", "booked", "booked", "rejected", "returned"))
        self.fate[order.end_to_end] = fate
        kinds = {"booked": ("booked",), "rejected": ("rejected",), "returned": ("booked", "returned")}[fate]
        if self.chance.random() < 0.5:
            kinds = (self.chance.choice(("received", "accepted")), *kinds)
        for kind in kinds:
            self.waiting.append(_said(order, kind))

    def bank_speaks(self) -> None:
        """A message of the bank comes, mostly the oldest."""
        if self.waiting:
            place = 0 if self.chance.random() < 0.6 else self.chance.randrange(len(self.waiting))
            said = self.waiting.pop(place)
            self._hear(said, said.name)

    def bank_repeats(self) -> None:
        """A message comes once more, otherwise written."""
        if self.said:
            said = self.chance.choice(list(self.said.values()))
            self._hear(said, f"again-{len(self.story)}-{said.name}", "\n")

    def _hear(self, said: Said, name: str, more: str = "") -> None:
        self.story.append(f"  {said.kind} {said.end_to_end} {name}")
        self.said[name] = said
        hand_over(self.site / "inbox" / said.flow / name, said.text + more)

    def held(self) -> None:
        """A person does something about what is held."""
        held = asking.status(self.site).held
        if not held:
            return
        each = self.chance.choice(held)
        act = self.chance.choice(("release", "reject", "retry", "replay", "repair"))
        self.story.append(f"  {act} {each.name} held {each.hold}")
        if act == "repair":
            corrected = self.site.parent / "corrected"
            text = asking.original(self.site, each.id).read_bytes().replace(WRONG.encode(), IBAN.encode())
            corrected.write_bytes(text)
            repairing.repair_with(self.site, each.id, corrected, "corrected")
            return
        if act == "release":
            self.meant.add(each.id)
        self._decide(act, each.id)

    def operate(self) -> None:
        """An operator does something to a file that is through, or on its way."""
        arrivals, deliveries = asking.arrivals(self.site, limit=1_000)
        act = self.chance.choice(("replay", "force", "resend", "reject", "retry"))
        if act == "resend":
            sent = [
                each for each in deliveries if each.stage == "delivered" and each.flow == "supplier-payments"
            ]
            if sent:
                chosen = self.chance.choice(sent)
                self.story.append(f"  resend {chosen.id}")
                deciding.resend(self.site, chosen.id, "the bank has lost it")
                self.meant.add(chosen.arrival)
            return
        if arrivals:
            chosen_ = self.chance.choice(arrivals)
            self.story.append(f"  {act} {chosen_.name} {chosen_.stage}")
            self._decide(act, chosen_.id)
            if act == "force":
                self.meant.add(chosen_.id)

    def _decide(self, act: str, arrival: str) -> None:
        if act in ("replay", "force"):
            deciding.replay(self.site, arrival, "to be sure", force=act == "force")
        else:
            getattr(deciding, act)(self.site, arrival, "looked at it")

    def tell(self) -> None:
        """A person says what no file tells."""
        found = paying.payments(self.site, paying.Wanted(), 1_000).payments
        if found:
            payment = self.chance.choice(found)
            act = self.chance.choice(("booked", "cancelled", "returned"))
            self.story.append(f"  {act} {payment.end_to_end_id} {payment.stage}")
            getattr(deciding, act)(self.site, f"P{payment.n}", "by telephone")
            self.doubted.add(payment.end_to_end_id or "")
            if act != "booked":
                self.undone.add(payment.end_to_end_id or "")

    def redeclare(self) -> None:
        """The company moves to another house: every payment file would be another one."""
        file = self.site / "exchange.yaml"
        text = file.read_text(encoding="utf-8")
        new = self.chance.choice(("Satamakatu", "Rantakatu"))
        file.write_text(text.replace("Satamakatu", new).replace("Rantakatu", new), encoding="utf-8")

    # --- what must hold ------------------------------------------------------------------------------------

    def _note_doubts(self) -> None:
        for each in asking.status(self.site).held:
            if each.name in self.said:
                self.doubted.add(self.said[each.name].end_to_end)

    def check(self) -> None:
        """Every payment stands where the bank has put it."""
        arrivals, _ = asking.arrivals(self.site, limit=10_000)
        heard: dict[str, set[str]] = {}
        for each in arrivals:
            if each.stage == "done" and each.name in self.said:
                said = self.said[each.name]
                heard.setdefault(said.end_to_end, set()).add(said.kind)
            elif each.name in self.said:
                self.doubted.add(self.said[each.name].end_to_end)
        stages: dict[str, set[str]] = {}
        for payment in paying.payments(self.site, paying.Wanted(), 10_000).payments:
            stages.setdefault(payment.end_to_end_id or "", set()).add(payment.stage)
        for name, kinds in heard.items():
            if name not in self.doubted:
                assert _may_stand(kinds) & stages[name], (name, kinds, stages[name])

    def verify(self) -> None:
        """Much happened; nothing was changed, and nothing left without its approvals."""
        assert self.ordered
        assert proving.verify(self.site, files=True).problems == []


def _may_stand(kinds: set[str]) -> set[str]:
    for kind in ("returned", "booked", "rejected", "accepted", "received"):
        if kind in kinds:
            return {kind}
    return set()


def _said(order: Order, kind: str) -> Said:
    name = f"{kind}-{order.end_to_end}.xml"
    if kind in ("booked", "returned"):
        return Said("advices", name, "".join(_advice(order, kind)), order.end_to_end, kind)
    status, why = {"received": ("RCVD", ""), "accepted": ("ACSP", ""), "rejected": ("RJCT", "AC04")}[kind]
    reason = f"<StsRsnInf><Rsn><Cd>{why}</Cd></Rsn></StsRsnInf>" if why else ""
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>'
        f"<GrpHdr><MsgId>A{name[:30]}</MsgId><CreDtTm>2026-10-01T15:00:00</CreDtTm></GrpHdr><OrgnlGrpInfAndSts>"
        f"<OrgnlMsgId>{order.message}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId></OrgnlGrpInfAndSts>"
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{order.group}</OrgnlPmtInfId><TxInfAndSts>"
        f"<OrgnlEndToEndId>{order.end_to_end}</OrgnlEndToEndId><TxSts>{status}</TxSts>{reason}</TxInfAndSts>"
        "</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    )
    return Said("answers", name, text, order.end_to_end, kind)


def _advice(order: Order, kind: str) -> Iterator[str]:
    back = kind == "returned"
    side = "CRDT" if back else "DBIT"
    money = f'<Amt Ccy="EUR">{order.amount:.2f}</Amt><CdtDbtInd>{side}</CdtDbtInd>'
    entry = f"{'R' if back else 'B'}{order.end_to_end}{order.message[-6:]}"
    yield (
        '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn>'
        f"<GrpHdr><MsgId>{entry}</MsgId><CreDtTm>{order.day}T12:00:00</CreDtTm></GrpHdr><Ntfctn><Id>{entry}</Id>"
        f"<CreDtTm>{order.day}T12:00:00</CreDtTm><Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>"
        f"<Ntry>{money}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{order.day}</Dt></BookgDt><ValDt><Dt>{order.day}</Dt></ValDt>"
        f"<AcctSvcrRef>{entry}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>"
        f"{'RRTN' if back else 'ESCT'}</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls><Refs><MsgId>{order.message}</MsgId>"
        f"<PmtInfId>{order.group}</PmtInfId><EndToEndId>{order.end_to_end}</EndToEndId></Refs>{money}<RltdPties><Cdtr><Pty>"
        f"<Nm>{order.name}</Nm></Pty></Cdtr><CdtrAcct><Id><IBAN>{order.creditor}</IBAN></Id></CdtrAcct></RltdPties>"
        f"<RmtInf><Strd><CdtrRefInf><Ref>{order.reference}</Ref></CdtrRefInf></Strd></RmtInf>"
    )
    yield "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>" if back else ""
    yield "</TxDtls></NtryDtls></Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
