"""A month day by day: the ERP in the morning, two people who approve, the bank at noon and in the evening."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from exchange import clock
from exchange.operations import approving
from exchange.operations.asking import status
from exchange.operations.running import run
from tests.scenario import payables
from tests.scenario.bank import Account, Bank
from tests.scenario.payables import Payable
from tests.scenario.receivables import Paid, SalesLedger
from tests.support.handing import hand_over

HERE = Path(__file__).parent
SAMPLE = HERE.parents[1] / "samples/nordkaffe/site"
EUR, SEK = "FI2112345600000785", "SE4550000000058398257466"
PLACES = (
    *(
        f"inbox/{name}"
        for name in (
            "supplier-payments",
            "open-receivables",
            "open-payables",
            "bank-statements",
            "bank-answers",
        )
    ),
    *(f"outbox/{name}" for name in ("bank", "bookkeeping", "sales-ledger", "to-check", "erp")),
)
OPENED = date(2026, 9, 15)
DAYS = [date(2026, 10, 1) + timedelta(days=number) for number in range(30)]
DAYS = [day for day in DAYS if day.weekday() < 5]
"""The bank days of October 2026; none of them is a holiday in Finland or Sweden."""


@dataclass
class Month:
    """The site, and everybody around it."""

    site: Path
    days: Sequence[date]
    payments: Mapping[date, list[Payable]]
    sales: SalesLedger
    bank: Bank
    receipts_a_day: int
    received: dict[str, Paid] = field(default_factory=dict)
    """By the bank's reference of the entry."""
    decided: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    """What Exchange let the ERP tick off: by the bank's reference, how much of which invoice."""
    unmatched: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    """What it handed to people, by the bank's reference."""
    told_back: list[dict[str, str]] = field(default_factory=list)
    """Payments that the ERP was told are not paid."""

    owed: dict[str, Decimal] = field(default_factory=dict)
    """What the purchase ledger has open, by invoice."""

    @classmethod
    def of(
        cls, folder: Path, seed: int, days: Sequence[date], payments_a_day: int, receipts_a_day: int
    ) -> Month:
        """A company before its first day. seed: of everything that happens."""
        site = folder / "site"
        shutil.copytree(SAMPLE, site)
        shutil.copytree(HERE / "site", site, dirs_exist_ok=True)
        for flow in (site / "flows").iterdir():
            if not (HERE / "site/flows" / flow.name).exists():
                flow.unlink()
        payments = payables.payables(seed, days[:-2], payments_a_day)
        accounts = {
            EUR: Account(EUR, "EUR", Decimal("250000.00")),
            SEK: Account(SEK, "SEK", Decimal("900000.00")),
        }
        orders = [each for day in payments.values() for each in day]
        bank = Bank(
            accounts,
            refused={each.end_to_end: each.reason for each in orders if each.fate == "refused"},
            bounced={each.end_to_end: each.reason for each in orders if each.fate == "returned"},
        )
        sales = SalesLedger(seed + 1, EUR)
        for number in range(12):
            sales.invoice(OPENED + timedelta(days=number), receipts_a_day // 2)
        return cls(site, days, payments, sales, bank, receipts_a_day)

    def play(self) -> None:
        """Every day."""
        for place in PLACES:
            (self.site / place).mkdir(parents=True, exist_ok=True)
        try:
            for day in self.days:
                self.morning(day)
                self.noon(day)
                self.evening(day)
        finally:
            clock.set_clock(None)

    def morning(self, day: date) -> None:
        """The ERP exports open items and payments; two people approve what was made of the payments."""
        self._at(day, 7)
        self.sales.invoice(day, self.receipts_a_day)
        self.sales.export(self.site / f"inbox/open-receivables/open-{day}.csv")
        ordered = [each for before in self.days if before <= day for each in self.payments.get(before, ())]
        for each in ordered:
            self.owed.setdefault(each.invoice, each.amount)
        payables.export(self.site / f"inbox/open-payables/open-{day}.csv", ordered, self.owed)
        if day in self.payments:
            payables.write(self.site / f"inbox/supplier-payments/pay-{day}.csv", self.payments[day])
        self._run()
        self._at(day, 8)
        for arrival in [waiting.arrival.id for waiting in status(self.site).awaited]:
            for person in ("anna", "bengt"):
                os.environ["EXCHANGE_ACTOR"] = person
                approving.approve(self.site, arrival, "compared with the approved invoices")
        self._run()

    def noon(self, day: date) -> None:
        """The bank fetches payment files and answers each."""
        self._at(day, 12)
        for path in _new(self.site / "outbox/bank"):
            answer = self.bank.take(path.read_bytes(), day)
            path.unlink()
            hand_over(self.site / f"inbox/bank-answers/{path.stem}.xml", answer)
        self._run()

    def evening(self, day: date) -> None:
        """The bank books and sends statements; the ERP reads what was decided, and people do the rest in it."""
        self._at(day, 21)
        self.bank.execute(day)
        paid = list(self.sales.pay(self.receipts_a_day))
        self.bank.receive(each.receipt for each in paid)
        if day.day % 10 == 0:
            self.bank.charge(EUR, Decimal("12.50"), "Palvelumaksut")
        for account in self.bank.accounts:
            hand_over(
                self.site / f"inbox/bank-statements/{account}-{day}.xml", self.bank.statement(account, day)
            )
        by_receipt = {id(each.receipt): each for each in paid}
        for reference, booking in self.bank.accounts[EUR].booked.items():
            if id(booking.receipt) in by_receipt:
                self.received[reference] = by_receipt[id(booking.receipt)]
        self._run()
        self._read_back(paid)

    def _read_back(self, paid: list[Paid]) -> None:
        decided: dict[str, dict[str, Decimal]] = {}
        for row in _rows(self.site / "outbox/sales-ledger"):
            amount = Decimal(row["Amount"].replace(",", "."))
            decided.setdefault(row["BankEntry"], {})[row["Invoice"]] = amount
        for row in _rows(self.site / "outbox/to-check"):
            self.unmatched.setdefault(row["BankEntry"], []).append(row)
        self.told_back += _rows(self.site / "outbox/erp")
        self.decided |= decided
        for invoice, amount in (each for paid_ in decided.values() for each in paid_.items()):
            if invoice in self.owed:
                self.owed[invoice] -= amount
        for each in paid:  # the rest is posted by people, who know better
            self.sales.post(each.truth)

    def _at(self, day: date, hour: int) -> None:
        moment = datetime.combine(day, time(hour), UTC)
        clock.set_clock(lambda: moment)

    def _run(self) -> None:
        report = run(self.site, once=True)
        assert not report.troubles, report.troubles


def _new(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if not path.name.startswith("."))


def _rows(folder: Path) -> Iterator[dict[str, str]]:
    """The rows of the CSV files in a folder, which are taken away."""
    for path in _new(folder):
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from csv.DictReader(file, delimiter=";")
        path.unlink()
