"""A second truth set, made another way than `tests.bench.truth`: what a payer means, and what he tells of it, are drawn apart.

python -m tests.bench.traps [SEED ...]

A payer means one invoice, several, an invoice less a credit note, a part, the rest, too much, the same once more. What he
tells is drawn without regard to it: the right reference, one with a wrong digit, one of another invoice of his, of somebody
else; a text with the number, another number, half a number, noise; his account, his name, another's. Whatever a rule decides
alone must be what he meant. Customers owe the same amounts, have nearly the same names, invoices with short and with
hyphenated numbers, references that differ by one digit and are sound.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from exchange.checks import get
from exchange.model import Record
from exchange.past import NoPast
from exchange.reconcile import money
from exchange.reconcile.rulebook import Rulebook
from tests.bench.truth import Report, Truth, judge
from tests.unit.reconcile.support import item, moved

DAY = date(2026, 11, 20)
PRICES = (4_900, 9_900, 12_400, 19_900, 24_800)
"""What many customers owe at the same time."""
NOISE = (
    "", "kiitos", "TACK", "Maksu 20.11.2026", "hyra 11/2026", "Kontant 1 250,00", "ref. kundnr {c}", "AVTAL 7", "asunto B 12",
    "order 4711-22", "Arkiv 251120{c}0001", "20261120/5810AA/000123", "+358 40 123 4567", "bet. via nätet",
)  # fmt: skip
NAMES = (
    "Kauppa Lehto Oy",
    "Kauppa Lehto Ky",
    "Virtanen Matti",
    "Virtanen Maija",
    "Nordbygg AB",
    "Nordbygg Syd AB",
    "Berg & Dal",
    "Åkes Åkeri",
)
NUMBERS: Sequence[Callable[[int], str]] = (
    lambda n: str(10_000 + n),
    lambda n: f"2026-{n:04}",
    lambda n: f"{n}",
    lambda n: f"F{2600 + n}/A",
    lambda n: f"F-{n:05}",
)  # fmt: skip


def _referred(kind: str, body: str) -> str:
    complete = get(kind).complete
    assert complete is not None
    return complete(body)


@dataclass
class Traps(NoPast):
    """One company: its customers, what they owe, what they pay."""

    seed: int
    items: list[Record] = field(default_factory=list)
    receipts: list[Record] = field(default_factory=list)
    truths: list[tuple[str, Truth | str | None]] = field(default_factory=list)
    owed: list[list[Record]] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.random = Random(f"traps {self.seed}")
        self.country, self.currency = "traps", "EUR"
        self.spelled = self.random.choice(NUMBERS)
        self.kind = self.random.choice(("fi-viite", "se-ocr"))
        self.names = self.random.sample(NAMES, len(NAMES))
        for number in range(90):
            self._customer(number)

    def parties(self, account: str) -> Mapping[str, int]:
        number = int(account.removeprefix("FI")) - 10**9
        return {str(100 + number): 1 + number % 4} if number % 3 else {}

    def _customer(self, number: int) -> None:
        name = (
            self.names[number] if number < len(self.names) else f"Asiakas {chr(65 + number % 26)}{number} Oy"
        )
        party = {"number": str(100 + number), "name": name, "account": None, "business_id": None}
        owed = [self._invoice(party) for _ in range(self.random.randrange(2, 9))]
        if number % 4 == 0:
            owed.append(self._invoice(party, credit=True))
        self.owed.append(owed)
        self.items += owed

    def _invoice(self, party: Record, *, credit: bool = False) -> Record:
        place = 100 + sum(map(len, self.owed)) + self.random.randrange(3) * 400
        number = self.spelled(place)
        while number in self.taken:
            place += 1
            number = self.spelled(place)
        self.taken.add(number)
        units = (
            self.random.choice(PRICES) if self.random.random() < 0.5 else self.random.randrange(500, 90_000)
        )
        issued = DAY - timedelta(days=self.random.randrange(3, 30))
        amount = str(money.major(-units // 3 if credit else units, self.currency))
        return item(
            number, None if credit else _referred(self.kind, str(45_000 + place)), amount, customer=party,
            issued=issued, due=issued + timedelta(days=14),
        )  # fmt: skip


Meant = tuple[str, int, dict[str, int], list[Record]]
"""In a word; what is paid; what it closes; the invoices, the first of them named by what is told."""


def _units(record: Record) -> int:
    return money.minor(record["open"], record["currency"]) or 0


def meant(world: Traps, left: dict[str, int], owed: Sequence[Record]) -> Meant | None:
    """What a payer means, of what he still owes."""
    bills = [each for each in owed if left[each["number"]] > 0]
    if not bills:
        return None
    world.random.shuffle(bills)
    bill, number = bills[0], bills[0]["number"]
    units, drawn = left[number], world.random.random()
    credit = next((each for each in owed if left[each["number"]] < 0), None)
    if drawn < 0.15 and len(bills) > 1:
        other = bills[1]["number"]
        return "two", units + left[other], {number: units, other: left[other]}, bills[:2]
    if drawn < 0.30 and credit and -left[credit["number"]] < units:
        own = credit["number"]
        return "less a credit note", units + left[own], {number: units, own: left[own]}, [bill, credit]
    if drawn < 0.40:
        some = units * world.random.choice((25, 30, 50, 75)) // 100
        return "a part", some, {number: some}, [bill]
    if drawn < 0.46:
        return "too much", units + world.random.choice((1_000, units, 30)), {number: units}, [bill]
    if drawn < 0.52:
        return "a little less", units - 7, {number: units if units >= 7 * 200 else units - 7}, [bill]
    return "one", units, {number: units}, [bill]


def told(world: Traps, payer: int, bills: Sequence[Record]) -> tuple[str, dict[str, Any]]:
    """What he tells of it: his reference, his text, who he is."""
    random, party = world.random, bills[0]["customer"]
    how = random.choice(("right", "right", "none", "none", "spoilt", "his other", "somebody's", "rf"))
    reference = bills[0]["reference"]
    if how == "none":
        reference = None
    elif how == "rf":
        reference = _referred("rf", reference)
    elif how == "spoilt":
        at = random.randrange(len(reference))
        reference = reference[:at] + random.choice(("", str(random.randrange(10)))) + reference[at + 1 :]
    elif how in ("his other", "somebody's"):
        of = world.owed[payer if how == "his other" else payer - random.randrange(1, len(world.owed))]
        reference = random.choice([each["reference"] for each in of if each["reference"]])
    numbers = [each["number"] for each in bills]
    text = random.choice(NOISE).format(c=party["number"])
    if random.random() < 0.5:
        text = f"{random.choice(('Lasku ', 'Fakt.nr. ', 'inv '))}{random.choice((' ', ', ', ' + ')).join(numbers)} {text}"
    name, account = party["name"], f"FI{10**9 + payer}"
    drawn = random.random()
    if drawn < 0.1:
        name = account = None
    elif drawn < 0.2:
        name, account = "Tilitoimisto Luku Oy", None
    elif drawn < 0.3:
        account = None
    return how, {
        "reference": reference,
        "text": text,
        "payer": random.choice((name, name and name.upper())),
        "payers_account": account,
    }


def traps(seed: int, receipts: int = 400) -> Traps:
    """A company's receipts."""
    world = Traps(seed)
    left = {each["number"]: _units(each) for each in world.items}
    for _ in range(receipts):
        payer = world.random.randrange(len(world.owed))
        drawn = meant(world, left, world.owed[payer])
        if drawn is None:
            continue
        kind, paid, closes, bills = drawn
        how, values = told(world, payer, bills)
        if values["reference"] and _hit(world, bills, values["reference"], paid):
            continue
        if how == "his other" and kind not in ("one", "two", "less a credit note"):
            continue  # a part or too much with the reference of another invoice of his: nobody can know
        for bill in bills:
            left[bill["number"]] = 0
        reference = values.pop("reference")
        made = moved(str(money.major(paid, "EUR")), reference, **values)
        world.receipts.append(made)
        world.truths.append((f"{kind}, {how} reference", closes))
    return world


def _hit(world: Traps, bills: Sequence[Record], reference: str | None, paid: int) -> bool:
    """Whether reference and amount are those of another invoice: any bookkeeper takes that for a payment of it."""
    others = (each for each in world.items if each["number"] != bills[0]["number"])
    return any(each["reference"] == reference and abs(_units(each) - paid) <= 50 for each in others)


def report(seeds: Iterable[int], rules: Rulebook | None = None) -> Report:
    """The judgement about the companies of these seeds."""
    made = Report()
    for seed in seeds:
        judge(traps(seed), made, rules)
    return made


def main() -> None:
    made = report(map(int, sys.argv[1:] or range(10)))
    print("\n".join([*made.lines(), *made.wrong]))
    sys.exit(1 if made.wrong else 0)


if __name__ == "__main__":
    main()
