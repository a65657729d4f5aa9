"""Receipts whose truth is known, as whole files that a bank would send: camt.052, .053 and .054, MT940, KTL, BgMax, OCR giro.

Written from the descriptions of these files alone, so that what reads them is judged by somebody else. Each gives the receipts
that its file can carry, in its order; the others nobody could send that way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from xml.sax.saxutils import escape

from exchange.checks import get
from exchange.model import Record
from exchange.reconcile import money
from tests.bench.truth import DAY

IBAN = {
    "FI": "FI2112345600000785",
    "SE": "SE4550000000058398257466",
    "NO": "NO9386011117947",
    "DK": "DK5000400440116243",
}
SPACE = "urn:iso:std:iso:20022:tech:xsd:camt.{}.001.08"
TOPS = {
    "052": ("BkToCstmrAcctRpt", "Rpt"),
    "053": ("BkToCstmrStmt", "Stmt"),
    "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
}


@dataclass(frozen=True, slots=True)
class Received:
    """One receipt, what it truly paid, and the bank's own reference of it."""

    kind: str
    truth: object
    record: Record
    entry: str

    @property
    def units(self) -> int:
        """Smallest units, signed."""
        units = money.minor(self.record["amount"], self.record["currency"])
        assert units is not None
        return units


@dataclass(frozen=True, slots=True)
class Statement:
    """A file of one account: its number, what it opens with, its receipts."""

    country: str
    number: int
    opening: Decimal
    rows: Sequence[Received]
    more: Sequence[tuple[Decimal, str]] = field(default=())
    """Amounts and entries as they stand."""

    @property
    def currency(self) -> str:
        """Of the account."""
        return {"FI": "EUR", "SE": "SEK", "NO": "NOK", "DK": "DKK"}[self.country]

    @property
    def closing(self) -> Decimal:
        """What it closes with."""
        moved = [*(each.record["amount"] for each in self.rows), *(amount for amount, _ in self.more)]
        return sum(moved, self.opening)


def has_number(each: Received) -> bool:
    """Whether there is a reference of digits, as files of references have them alone."""
    return bool(each.record["reference"]) and _digits(each).isdecimal() and each.units > 0


def has_viite(each: Received) -> bool:
    """Whether there is a Finnish reference: banks take no payment with a wrong check digit."""
    return has_number(each) and get("fi-viite").fault(_digits(each)) is None


def _digits(each: Received) -> str:
    return str(each.record["reference"]).replace(" ", "")


def is_plain(each: Received) -> bool:
    """Whether it can be sent without structured lists of invoices."""
    return not each.record["invoices"]


def camt(message: str) -> Callable[[Statement], str]:
    """The writer of camt.052, .053 or .054."""
    return lambda statement: _camt(message, statement)


def _camt(message: str, made: Statement) -> str:
    top, below = TOPS[message]
    name = f"{message}-{made.number}"
    balances = (
        _balance("OPBD", made.opening, made) + _balance("CLBD", made.closing, made)
        if message == "053"
        else ""
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{SPACE.format(message)}"><{top}><GrpHdr><MsgId>M{name}</MsgId>'
        f"<CreDtTm>{DAY}T20:00:00</CreDtTm></GrpHdr><{below}><Id>{name}</Id><ElctrncSeqNb>{made.number}</ElctrncSeqNb>"
        f"<CreDtTm>{DAY}T20:00:00</CreDtTm><Acct><Id><IBAN>{IBAN[made.country]}</IBAN></Id><Ccy>{made.currency}</Ccy></Acct>"
        f"{balances}{''.join(map(entry, made.rows))}{''.join(text for _, text in made.more)}</{below}></{top}></Document>"
    )


def _balance(code: str, amount: Decimal, made: Statement) -> str:
    return f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_money(amount, made.currency)}<Dt><Dt>{DAY}</Dt></Dt></Bal>"


def _money(amount: Decimal, currency: str) -> str:
    side = "DBIT" if amount < 0 else "CRDT"
    return f'<Amt Ccy="{currency}">{abs(amount)}</Amt><CdtDbtInd>{side}</CdtDbtInd>'


def entry(each: Received) -> str:
    """One entry with one transaction."""
    record = each.record
    code = ("ACMT", "MDOP", "CHRG") if record["event"] == "fee" else ("PMNT", "RCDT", "ESCT")
    domain, family, below = code
    amount = _money(record["amount"], record["currency"])
    return (
        f"<Ntry>{amount}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{DAY}</Dt></BookgDt><ValDt><Dt>{DAY}</Dt></ValDt>"
        f"<AcctSvcrRef>{each.entry}</AcctSvcrRef><BkTxCd><Domn><Cd>{domain}</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{below}"
        f"</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>{amount}"
        f"{_parties(record)}{_told(record)}</TxDtls></NtryDtls></Ntry>"
    )


def _parties(record: Record) -> str:
    payer = record["counterparty"]
    name = f"<Dbtr><Pty><Nm>{escape(payer['name'])}</Nm></Pty></Dbtr>" if payer["name"] else ""
    account = (
        f"<DbtrAcct><Id><Othr><Id>{payer['account']}</Id></Othr></Id></DbtrAcct>" if payer["account"] else ""
    )
    return f"<RltdPties>{name}{account}</RltdPties>" if name or account else ""


def _told(record: Record) -> str:
    parts = [f"<Ustrd>{escape(record['text'])}</Ustrd>"] if record["text"] else []
    if record["reference"]:
        parts.append(
            f"<Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp><Ref>{record['reference']}</Ref></CdtrRefInf></Strd>"
        )
    for invoice in record["invoices"]:
        code, element = ("CREN", "CdtNoteAmt") if invoice["kind"] == "credit" else ("CINV", "RmtdAmt")
        parts.append(
            f"<Strd><RfrdDocInf><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Nb>{invoice['number']}</Nb></RfrdDocInf>"
            f'<RfrdDocAmt><{element} Ccy="{record["currency"]}">{invoice["amount"]}</{element}></RfrdDocAmt></Strd>'
        )
    return f"<RmtInf>{''.join(parts)}</RmtInf>" if parts else ""


def mt940(made: Statement) -> str:
    """SWIFT MT940 with the words of a Swedish bank in field 86."""
    day = f"{DAY:%y%m%d}"
    lines = [
        "{1:F01ESSESESSAXXX0000000000}{2:I940NORRSESSXXXXN}{4:", f":20:STMT{made.number:06}", f":25:{IBAN[made.country]}",
        f":28C:{made.number}/1", f":60F:{_signed(made.opening, day, made)}",
    ]  # fmt: skip
    for each in made.rows:
        record, payer = each.record, each.record["counterparty"]
        told = record["reference"] or record["text"] or ""
        side = "D" if record["amount"] < 0 else "C"
        lines.append(f":61:{day}{day[2:]}{side}{_comma(abs(record['amount']))}NTRFNONREF//{each.entry}")
        words = f":86:/CNTP/{payer['account'] or ''}//{payer['name'] or ''}//REMI/USTD//{told}"
        lines += [words[at : at + 65] for at in range(0, len(words), 65)]
    lines += [f":62F:{_signed(made.closing, day, made)}", "-}"]
    return "\r\n".join(lines) + "\r\n"


def _signed(amount: Decimal, day: str, made: Statement) -> str:
    return f"{'D' if amount < 0 else 'C'}{day}{made.currency}{_comma(abs(amount))}"


def _comma(amount: Decimal) -> str:
    return f"{amount:.2f}".replace(".", ",")


def ktl(made: Statement) -> str:
    """Finnish list of incoming reference payments."""
    day, total = f"{DAY:%y%m%d}", sum(each.units for each in made.rows)
    lines = [f"0{day}1900{'1':>12}".ljust(90)]
    lines += [
        f"312345600000785{day}{day}{each.entry:<16}{_digits(each).zfill(20)}"
        f"{(each.record['counterparty']['name'] or '')[:12]:<12}1J{each.units:010}0J ".ljust(90)
        for each in made.rows
    ]
    lines.append(f"9{len(made.rows):06}{total:011}{0:06}{0:011}".ljust(90))
    return "\r\n".join(lines) + "\r\n"


def bgmax(made: Statement) -> str:
    """Bankgirot's list of incoming payments; a reference is an OCR number (2) when its check digit is right, else wrong (5)."""
    day = f"{DAY:%Y%m%d}"
    lines = [f"01BGMAX               01{day}093012000123P", f"05{'5312079':>010}{'':10}SEK"]
    for each in made.rows:
        record = each.record
        reference = record["reference"] or ""
        is_right = bool(reference) and get("se-ocr").fault(reference) is None
        code = "2" if is_right else "5" if reference else "0"
        lines.append(f"20{0:010}{reference:>25}{each.units:018}{code}1{each.entry[-12:]}0")
        lines += [f"25{record['text'][:50]}"] if record["text"] else []
        lines += [f"26{record['counterparty']['name'][:35]}"] if record["counterparty"]["name"] else []
    total = sum(each.units for each in made.rows)
    lines.append(f"15{'0' * 21}58400031182201{day}{made.number:05}{total:018}SEK{len(made.rows):08} ")
    lines.append(f"70{len(made.rows):08}{0:08}{0:08}{1:08}")
    return "".join(f"{line:<80}\r\n" for line in lines)


def ocr(made: Statement) -> str:
    """Norwegian OCR giro: two lines for each payment with a KID."""
    day, total = f"{DAY:%d%m%y}", sum(each.units for each in made.rows)
    lines = [f"NY0000100000808{made.number:07}00445566", f"NY090020001008585{made.number:07}86011117947"]
    for number, each in enumerate(made.rows, 1):
        kid = each.record["reference"]
        lines.append(f"NY091330{number:07}{day}11{made.number:02}1{number:05}0{each.units:017}{kid:>25}")
        lines.append(f"NY091331{number:07}{each.entry[-10:]}{each.entry[-9:]}{'0000000'}{day}15034012552")
    counted = f"{len(made.rows):08}{2 * len(made.rows) + 2:08}{total:017}{day}{day}{day}"
    lines.append(f"NY090088{counted}")
    lines.append(f"NY000089{len(made.rows):08}{2 * len(made.rows) + 4:08}{total:017}{day}")
    return "".join(f"{line.ljust(80, '0')}\r\n" for line in lines)
