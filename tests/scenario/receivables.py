"""What customers owe the company and how they pay: most as they should, some as people do. What each receipt truly
paid is known, so every decision can be judged.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from exchange.checks import get
from tests.bench.data import ibans
from tests.scenario.bank import Receipt
from tests.support.handing import hand_over

HABITS = {
    "exact": 800,
    "digit missing": 30,
    "too little": 20,
    "too much": 15,
    "two invoices": 40,
    "credit note": 20,
    "only in the text": 45,
    "twice": 15,
    "stranger": 15,
}
"""In a thousand receipts."""
HEADER = "Laskunro;Asiakasnro;Asiakas;Laskupvm;Eräpvm;Valuutta;Summa;Avoinna;Viite"
NAMES = (
    "Kahvila Äijä",
    "Ruokakauppa Östman",
    "Ravintola Meri-Helmi",
    "Hotelli Järvenranta",
    "Työmaaruokala Ärjä",
)


@dataclass(slots=True)
class Item:
    """One invoice, or one credit note (negative), and what is still open of it."""

    number: str
    customer: int
    issued: date
    due: date
    amount: Decimal
    open: Decimal
    reference: str


@dataclass(frozen=True, slots=True)
class Paid:
    """A receipt and the truth about it: how much of which invoice it paid; what is left over is the payer's credit."""

    habit: str
    receipt: Receipt
    truth: Mapping[str, Decimal]


class SalesLedger:
    """The ERP's ledger: invoices come in the morning, receipts are what customers make of them."""

    def __init__(self, seed: int, account: str) -> None:
        self._chance = random.Random(seed)
        self._account = account
        self._number = 400_000
        self._accounts = ibans(400)[100:]
        self._again: list[Paid] = []
        self._promised: set[str] = set()
        self.items: dict[str, Item] = {}

    def invoice(self, today: date, number: int) -> None:
        """New invoices, and a credit note for one customer in thirty."""
        for _ in range(number):
            customer, cents = self._chance.randrange(300), self._chance.randrange(2_000, 500_000)
            self._enter(customer, today, Decimal(cents).scaleb(-2))
            if self._chance.random() < 0.03:
                self._enter(customer, today, -Decimal(self._chance.randrange(500, 1_900)).scaleb(-2))

    def _enter(self, customer: int, today: date, amount: Decimal) -> None:
        self._number += 1
        complete = get("fi-viite").complete
        assert complete is not None
        number = str(self._number)
        due = today + timedelta(days=14)
        self.items[number] = Item(number, customer, today, due, amount, amount, complete(number))

    def pay(self, number: int) -> Iterator[Paid]:
        """So many receipts of today."""
        again, self._again = self._again, []
        yield from again
        waiting = [
            item for item in self.items.values() if item.open > 0 and item.number not in self._promised
        ]
        self._chance.shuffle(waiting)
        for _ in range(number - len(again)):
            habit = self._chance.choices(list(HABITS), list(HABITS.values()))[0]
            yield self._receipt(habit, waiting)

    def _receipt(self, habit: str, waiting: list[Item]) -> Paid:
        item = waiting.pop()
        self._promised.add(item.number)
        together = self._together(habit, item, waiting)
        if together is None:
            habit, together = "exact", [item]
        paid = self._paid(habit, together)
        if habit == "twice":
            self._again.append(Paid(habit, replace(paid.receipt), {}))
        return paid

    def _together(self, habit: str, item: Item, waiting: list[Item]) -> list[Item] | None:
        """The items that are paid together; None where the customer has no second one."""
        if habit == "two invoices":
            second = next((each for each in waiting if each.customer == item.customer), None)
            if second is not None:
                waiting.remove(second)
        elif habit == "credit note":
            second = next(
                (
                    each
                    for each in self.items.values()
                    if each.customer == item.customer and each.open < 0 and each.number not in self._promised
                ),
                None,
            )
        else:
            return [item]
        if second is None:
            return None
        self._promised.add(second.number)
        return [item, second]

    def _paid(self, habit: str, items: Sequence[Item]) -> Paid:
        first, total = items[0], sum((item.open for item in items), Decimal(0))
        numbers = [item.number for item in items]
        amount, reference, text = total, first.reference, ""
        truth = {item.number: item.open for item in items}
        match habit:
            case "digit missing":
                place = self._chance.randrange(len(reference))
                reference = reference[:place] + reference[place + 1 :]
            case "too little":
                amount = truth[first.number] = (total * Decimal("0.6")).quantize(Decimal("0.01"))
            case "too much":
                amount = total + 25
            case "two invoices":
                reference, text = "", f"Laskut {' ja '.join(numbers)}"
            case "credit note":
                reference, text = "", f"Lasku {numbers[0]}, hyvitys {numbers[1]}"
            case "only in the text":
                reference, text = "", f"lasku nro {numbers[0]}, kiitos"
            case "stranger":
                reference, text, truth = "", "Tilaus kesältä", {}
                amount = Decimal(self._chance.randrange(600_000, 900_000)).scaleb(-2)
        account = "" if habit == "stranger" else self._accounts[first.customer]
        payer = "Tuntematon Tuija" if habit == "stranger" else name(first.customer).upper()
        return Paid(habit, Receipt(self._account, amount, payer, account, reference, text), truth)

    def post(self, allocations: Mapping[str, Decimal]) -> None:
        """What was paid of each invoice is not open any more."""
        for number, amount in allocations.items():
            self.items[number].open -= amount

    def export(self, path: Path) -> None:
        """All open items, as the ERP writes them."""
        rows = [
            f"{item.number};{10_000 + item.customer};{name(item.customer)};{item.issued:%d.%m.%Y};{item.due:%d.%m.%Y};EUR;"
            f"{_finnish(item.amount)};{_finnish(item.open)};{item.reference}"
            for item in self.items.values()
            if item.open
        ]
        hand_over(path, "\r\n".join([HEADER, *rows]) + "\r\n", "windows-1252")


def name(customer: int) -> str:
    """A customer's name in the ledger."""
    return f"{NAMES[customer % len(NAMES)]} {customer} Oy"


def _finnish(amount: Decimal) -> str:
    return f"{amount:,.2f}".replace(",", " ").replace(".", ",")
