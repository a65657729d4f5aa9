"""What the company owes in a month: the ERP's payment files day by day, and what the bank will say to each payment."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from exchange.checks import get
from tests.bench.data import HEADER, ibans
from tests.support.handing import hand_over

REFUSALS = ("AC04", "AC01", "BE04", "RC01")
RETURNS = ("AC04", "MD07")
TOWNS = (("00160", "Helsinki"), ("33100", "Tampere"), ("90100", "Oulu"), ("37120", "Nokia"))
NAMES = ("Tukku-Paahtimo", "Pakkaus-Ässä", "Sähkö-Veikko", "Kuljetus Mäkelä", "Öljy & Lämpö", "Työkalu-Jyrä")


@dataclass(frozen=True, slots=True)
class Payable:
    """One payment of the ERP. fate: paid, refused (by the bank), returned (by the payee's bank), with the reason."""

    id: str
    day: date
    supplier: int
    account: str
    kind: str
    amount: Decimal
    currency: str
    reference: str
    invoice: str
    fate: str = "paid"
    reason: str = ""

    @property
    def end_to_end(self) -> str:
        """The id that travels to the payee and back."""
        return f"NK{self.id}"


def payables(seed: int, days: Sequence[date], each_day: int) -> dict[date, list[Payable]]:
    """The payments of each day. One in twenty-five is refused, one in fifty comes back."""
    chance = random.Random(seed)
    accounts, number = ibans(60), iter(range(70_001, 99_999))
    return {
        day: [_payable(chance, str(next(number)), day, accounts) for _ in range(each_day)] for day in days
    }


def _payable(chance: random.Random, number: str, day: date, accounts: Sequence[str]) -> Payable:
    supplier = chance.randrange(60)
    amount = Decimal(chance.randrange(1_000, 900_000)).scaleb(-2)
    fate = chance.choices(("paid", "refused", "returned"), (94, 4, 2))[0]
    reason = chance.choice({"paid": ("",), "refused": REFUSALS, "returned": RETURNS}[fate])
    if supplier % 10 == 9:
        account, reference = _completed("se-bankgiro", f"{505_000 + supplier}"), _completed("se-ocr", number)
        return Payable(number, day, supplier, account, "BG", amount, "SEK", reference, number, fate, reason)
    reference = _completed("fi-viite", number) if chance.random() < 0.8 else ""
    account = accounts[supplier]
    return Payable(number, day, supplier, account, "IBAN", amount, "EUR", reference, number, fate, reason)


def _completed(check: str, text: str) -> str:
    complete = get(check).complete
    assert complete is not None
    return complete(text)


def write(path: Path, payments: Sequence[Payable]) -> None:
    """The ERP's file, as it writes it: windows-1252, thousands dots, decimal commas."""
    hand_over(path, "\r\n".join([HEADER, *_rows(payments)]) + "\r\n", "windows-1252")


LEDGER = (
    "Invoice;SupplierNo;Supplier;SupplierAccount;Date;Due;Currency;Amount;Open;Reference;PaymentId;Account"
)
ACCOUNT = "2870"
"""That of payables in the books."""


def export(path: Path, payments: Sequence[Payable], open_: Mapping[str, Decimal]) -> None:
    """The purchase ledger: what is open of each invoice, and the payment that was ordered for it. The books are in euro."""
    rows = [
        f"{each.invoice};{30_000 + each.supplier};{_name(each)};{each.account};{each.day:%Y-%m-%d};{each.day:%Y-%m-%d};EUR;"
        f"{_comma(each.amount)};{_comma(open_[each.invoice])};{each.reference};{each.end_to_end};{ACCOUNT}"
        for each in payments
        if each.currency == "EUR" and open_[each.invoice]
    ]
    hand_over(path, "\r\n".join([LEDGER, *rows]) + "\r\n")


def _comma(amount: Decimal) -> str:
    return f"{amount:.2f}".replace(".", ",")


def _name(payment: Payable) -> str:
    return f"{NAMES[payment.supplier % len(NAMES)]} {payment.supplier} Oy"


def _rows(payments: Sequence[Payable]) -> Iterator[str]:
    for each in payments:
        postcode, town = TOWNS[each.supplier % len(TOWNS)] if each.kind == "IBAN" else ("411 06", "Göteborg")
        country = "FI" if each.kind == "IBAN" else "SE"
        amount = f"{each.amount:,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".")
        yield (
            f"{each.id};{each.day:%d.%m.%Y};{_name(each)};{30_000 + each.supplier};{each.account};;{each.kind};"
            f"Rantatie;{each.supplier + 1};{postcode};{town};{country};{amount};{each.currency};{each.reference};;"
            f"{each.invoice}"
        )
