"""A bank that answers: takes pain.001 files, says pain.002, books, and sends camt.053 each evening.

It knows the messages from their namespaces alone and reads and writes them by itself, so that what Exchange reads and
writes is seen by somebody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from xml.sax.saxutils import escape

from lxml import etree

PAIN_002 = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"
CAMT_053 = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"


@dataclass(frozen=True, slots=True)
class Order:
    """One payment that a file asks for."""

    message: str
    group: str
    instruction: str
    end_to_end: str
    debtor: str
    creditor: str
    name: str
    amount: Decimal
    currency: str
    day: date
    reference: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Money that came. parts: of a batch entry, else itself alone; nothing in it is signed."""

    account: str
    amount: Decimal
    payer: str = ""
    payer_account: str = ""
    reference: str = ""
    text: str = ""
    code: tuple[str, str, str] = ("PMNT", "RCDT", "ESCT")


@dataclass(frozen=True, slots=True)
class Booking:
    """One entry of an account; amount signed. orders: what is paid together; returned: the order that comes back."""

    amount: Decimal
    orders: Sequence[Order] = ()
    receipt: Receipt | None = None
    returned: Order | None = None
    reason: str = ""
    code: tuple[str, str, str] = ("PMNT", "ICDT", "ESCT")
    text: str = ""


@dataclass(slots=True)
class Account:
    """One account of the company: its balance, and what was booked today."""

    number: str
    currency: str
    balance: Decimal
    sequence: int = 0
    today: list[Booking] = field(default_factory=list)
    opened: Decimal = Decimal(0)
    """The balance on the first day."""
    booked: dict[str, Booking] = field(default_factory=dict)
    """By the reference that the bank gave to each entry (AcctSvcrRef)."""

    def __post_init__(self) -> None:
        self.opened = self.balance

    def book(self, booking: Booking) -> None:
        """Let money move."""
        self.today.append(booking)


@dataclass(slots=True)
class Bank:
    """What is refused, and what comes back, is laid down before: reasons by the end-to-end id of a payment."""

    accounts: dict[str, Account]
    refused: dict[str, str] = field(default_factory=dict)
    bounced: dict[str, str] = field(default_factory=dict)
    refused_files: set[str] = field(default_factory=set)
    """Debtor accounts and days whose file is refused as a whole: `2026-10-14`."""
    waiting: list[Order] = field(default_factory=list)
    bouncing: list[tuple[Order, str]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    answers: int = 0

    def take(self, content: bytes, today: date) -> str:
        """A payment file comes in: its pain.002."""
        orders = list(orders_of(content))
        message = orders[0].message
        assert message not in self.seen, f"the same file twice: {message}"
        self.seen.add(message)
        self.answers += 1
        if today.isoformat() in self.refused_files:
            self.refused_files.remove(today.isoformat())
            return _answer(message, f"ANS{self.answers:06}", today, group="RJCT", reason="AM10")
        refused = [order for order in orders if order.end_to_end in self.refused]
        self.waiting += [order for order in orders if order.end_to_end not in self.refused]
        status = "ACCP" if not refused else "RJCT" if len(refused) == len(orders) else "PART"
        transactions = [(order, "RJCT", self.refused[order.end_to_end]) for order in refused]
        return _answer(message, f"ANS{self.answers:06}", today, group=status, transactions=transactions)

    def execute(self, today: date) -> None:
        """Pay what is due: each group of a file in one entry; what bounces comes back the next day."""
        for order, reason in self.bouncing:
            self.accounts[order.debtor].book(
                Booking(order.amount, returned=order, reason=reason, code=("PMNT", "ICDT", "RRTN"))
            )
        due = [order for order in self.waiting if order.day <= today]
        self.waiting = [order for order in self.waiting if order.day > today]
        groups: dict[tuple[str, str, str], list[Order]] = {}
        for order in due:
            groups.setdefault((order.debtor, order.message, order.group), []).append(order)
        for (debtor, _, _), orders in groups.items():
            self.accounts[debtor].book(Booking(-sum(order.amount for order in orders), orders))
        self.bouncing = [
            (order, self.bounced[order.end_to_end]) for order in due if order.end_to_end in self.bounced
        ]

    def receive(self, receipts: Iterable[Receipt]) -> None:
        """Money comes to the company."""
        for receipt in receipts:
            booking = Booking(receipt.amount, receipt=receipt, code=receipt.code)
            self.accounts[receipt.account].book(booking)

    def charge(self, account: str, amount: Decimal, text: str) -> None:
        """The bank's own fee."""
        fee = ("ACMT", "MDOP", "CHRG")
        self.accounts[account].book(Booking(-amount, code=fee, text=text))

    def statement(self, account: str, today: date) -> str:
        """The statement of an account for today, and its day is over."""
        kept = self.accounts[account]
        kept.sequence += 1
        opening, kept.balance = kept.balance, kept.balance + sum(each.amount for each in kept.today)
        named = {
            f"{today:%y%m%d}{account[-4:]}{number:06}": each for number, each in enumerate(kept.today, 1)
        }
        text = _statement(kept, opening, today, named)
        kept.booked |= named
        kept.today = []
        return text


def orders_of(content: bytes) -> Iterable[Order]:
    """The payments of a pain.001 of any version."""
    top = etree.fromstring(content)
    space = {"p": etree.QName(top).namespace}

    def text(node: etree._Element, path: str) -> str:
        found = node.xpath(f"string({path})", namespaces=space)
        return str(found)

    message = text(top, "//p:GrpHdr/p:MsgId")
    number = 0
    for group in top.iterfind(".//{*}PmtInf"):
        day = text(group, "p:ReqdExctnDt/p:Dt | p:ReqdExctnDt[not(*)]")
        for payment in group.iterfind("{*}CdtTrfTxInf"):
            number += 1
            amount = payment.find("{*}Amt/{*}InstdAmt")
            assert amount is not None
            assert amount.text
            yield Order(
                message,
                text(group, "p:PmtInfId"),
                text(payment, "p:PmtId/p:InstrId"),
                text(payment, "p:PmtId/p:EndToEndId"),
                text(group, "p:DbtrAcct/p:Id/p:IBAN | p:DbtrAcct/p:Id/p:Othr/p:Id"),
                text(payment, "p:CdtrAcct/p:Id/p:IBAN | p:CdtrAcct/p:Id/p:Othr/p:Id"),
                text(payment, "p:Cdtr/p:Nm"),
                Decimal(amount.text),
                amount.get("Ccy", ""),
                date.fromisoformat(day),
                text(payment, "p:RmtInf/p:Strd/p:CdtrRefInf/p:Ref"),
                text(payment, "p:RmtInf/p:Ustrd"),
            )
    assert number == int(text(top, "//p:GrpHdr/p:NbOfTxs"))


def _answer(
    message: str,
    own: str,
    today: date,
    group: str,
    reason: str = "",
    transactions: Sequence[tuple[Order, str, str]] = (),
) -> str:
    parts: dict[str, list[str]] = {}
    for order, status, why in transactions:
        parts.setdefault(order.group, []).append(
            f"<TxInfAndSts><OrgnlInstrId>{order.instruction}</OrgnlInstrId>"
            f"<OrgnlEndToEndId>{order.end_to_end}</OrgnlEndToEndId><TxSts>{status}</TxSts>{_reason(why)}"
            f'<OrgnlTxRef><Amt><InstdAmt Ccy="{order.currency}">{order.amount}</InstdAmt></Amt></OrgnlTxRef>'
            "</TxInfAndSts>"
        )
    groups = "".join(
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{name}</OrgnlPmtInfId><PmtInfSts>PART</PmtInfSts>{''.join(texts)}"
        "</OrgnlPmtInfAndSts>"
        for name, texts in parts.items()
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{PAIN_002}"><CstmrPmtStsRpt>'
        f"<GrpHdr><MsgId>{own}</MsgId><CreDtTm>{today}T15:00:00</CreDtTm></GrpHdr>"
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>"
        f"<GrpSts>{group}</GrpSts>{_reason(reason)}</OrgnlGrpInfAndSts>{groups}</CstmrPmtStsRpt></Document>\n"
    )


def _reason(code: str) -> str:
    return f"<StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf>" if code else ""


def _statement(account: Account, opening: Decimal, today: date, named: Mapping[str, Booking]) -> str:
    entries = "".join(_entry(account, reference, booking, today) for reference, booking in named.items())
    identity = f"ST{account.number[-6:]}{today:%Y%m%d}"
    scheme = (
        f"<IBAN>{account.number}</IBAN>"
        if account.number[:2].isalpha()
        else f"<Othr><Id>{account.number}</Id></Othr>"
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{CAMT_053}"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>{identity}</MsgId><CreDtTm>{today}T21:00:00+03:00</CreDtTm></GrpHdr>"
        f"<Stmt><Id>{identity}</Id><ElctrncSeqNb>{account.sequence}</ElctrncSeqNb>"
        f"<CreDtTm>{today}T21:00:00+03:00</CreDtTm>"
        f"<Acct><Id>{scheme}</Id><Ccy>{account.currency}</Ccy></Acct>"
        f"{_balance('OPBD', opening, account, today)}{_balance('CLBD', account.balance, account, today)}"
        f"{entries}</Stmt></BkToCstmrStmt></Document>\n"
    )


def _balance(kind: str, amount: Decimal, account: Account, today: date) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>{_money(amount, account)}"
        f"<Dt><Dt>{today}</Dt></Dt></Bal>"
    )


def _money(amount: Decimal, account: Account) -> str:
    side = "CRDT" if amount >= 0 else "DBIT"
    return f'<Amt Ccy="{account.currency}">{abs(amount):.2f}</Amt><CdtDbtInd>{side}</CdtDbtInd>'


def _entry(account: Account, reference: str, booking: Booking, today: date) -> str:
    domain, family, sub = booking.code
    return (
        f"<Ntry><NtryRef>{int(reference[-6:])}</NtryRef>{_money(booking.amount, account)}<Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt><Dt>{today}</Dt></BookgDt><ValDt><Dt>{today}</Dt></ValDt>"
        f"<AcctSvcrRef>{reference}</AcctSvcrRef><BkTxCd><Domn><Cd>{domain}</Cd><Fmly><Cd>{family}</Cd>"
        f"<SubFmlyCd>{sub}</SubFmlyCd></Fmly></Domn></BkTxCd>"
        f"<NtryDtls>{_details(account, booking, reference)}</NtryDtls></Ntry>"
    )


def _details(account: Account, booking: Booking, reference: str) -> str:
    if booking.orders:
        first = booking.orders[0]
        batch = (
            f"<Btch><MsgId>{first.message}</MsgId><PmtInfId>{first.group}</PmtInfId>"
            f"<NbOfTxs>{len(booking.orders)}</NbOfTxs></Btch>"
        )
        return batch + "".join(_paid(account, order) for order in booking.orders)
    if booking.returned is not None:
        back = f"<RtrInf><Rsn><Cd>{booking.reason}</Cd></Rsn></RtrInf>"
        return _paid(account, booking.returned, "CRDT", back)
    if booking.receipt is not None:
        return _received(account, booking.receipt, reference)
    return (
        f"<TxDtls><Refs><AcctSvcrRef>{reference}</AcctSvcrRef></Refs>{_money(booking.amount, account)}"
        f"<RmtInf><Ustrd>{escape(booking.text)}</Ustrd></RmtInf></TxDtls>"
    )


def _paid(account: Account, order: Order, side: str = "DBIT", more: str = "") -> str:
    return (
        f"<TxDtls><Refs><MsgId>{order.message}</MsgId><PmtInfId>{order.group}</PmtInfId>"
        f"<InstrId>{order.instruction}</InstrId><EndToEndId>{order.end_to_end}</EndToEndId></Refs>"
        f'<Amt Ccy="{account.currency}">{order.amount:.2f}</Amt><CdtDbtInd>{side}</CdtDbtInd>'
        f"<RltdPties><Cdtr><Pty><Nm>{escape(order.name)}</Nm></Pty></Cdtr></RltdPties>"
        f"{_remittance(order.reference, order.text)}{more}</TxDtls>"
    )


def _received(account: Account, receipt: Receipt, reference: str) -> str:
    party = f"<Dbtr><Pty><Nm>{escape(receipt.payer)}</Nm></Pty></Dbtr>" if receipt.payer else ""
    if receipt.payer_account:
        party += f"<DbtrAcct><Id><IBAN>{receipt.payer_account}</IBAN></Id></DbtrAcct>"
    return (
        f"<TxDtls><Refs><AcctSvcrRef>{reference}</AcctSvcrRef><EndToEndId>NOTPROVIDED</EndToEndId></Refs>"
        f"{_money(receipt.amount, account)}<RltdPties>{party}</RltdPties>"
        f"{_remittance(receipt.reference, receipt.text)}</TxDtls>"
    )


def _remittance(reference: str, text: str) -> str:
    """What the payer says that it is for."""
    told = f"<Ustrd>{escape(text)}</Ustrd>" if text else ""
    if reference:
        told += (
            "<Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp>"
            f"<Ref>{reference}</Ref></CdtrRefInf></Strd>"
        )
    return f"<RmtInf>{told}</RmtInf>" if told else ""
