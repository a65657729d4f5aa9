"""Receipts whose truth is known, made by seed: what rules decide alone must be right, every time.

python -m tests.bench.truth [SEED ...]      precision and coverage of each rule, over all countries

Each country has its own way to make references, names and texts; the free texts are built like those of real bank files.
Truth is what the payer meant. A case whose truth is None must be left to people: nothing in it tells enough.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Protocol

from exchange.checks import get
from exchange.model import Record
from exchange.outcome import MatchedItem
from exchange.past import Earlier, NoPast, Past
from exchange.reconcile import money
from exchange.reconcile.rulebook import Rulebook
from tests.unit.reconcile.support import decide, item, moved

Truth = Mapping[str, int]
"""What each open item lost by a receipt, in smallest units."""
BOOKED = "booked"
"""The truth of a movement that belongs to an account by its nature."""
DAY = date(2026, 11, 20)


@dataclass(frozen=True)
class Style:
    """How a country refers. reference: of a number; spelled: as payers may write it; texts: {n} numbers, {name} the payer."""

    currency: str
    reference: Callable[[int], str]
    spelled: Callable[[str], Sequence[str]]
    texts: Sequence[str]
    both: Sequence[str]
    firms: Sequence[str]
    forms: Sequence[str]
    account: str


def _complete(check: str, width: int = 0) -> Callable[[int], str]:
    complete = get(check).complete
    assert complete is not None
    return lambda number: complete(str(number).zfill(width))


def _grouped(reference: str) -> str:
    """In groups of five from the right."""
    turned = reference[::-1]
    return " ".join(turned[at : at + 5] for at in range(0, len(turned), 5))[::-1]


def _rf(reference: str) -> str:
    complete = get("rf").complete
    assert complete is not None
    return complete(reference)


STYLES = {
    "FI": Style(
        "EUR", _complete("fi-viite"), lambda r: (r, r.zfill(20), _grouped(r), _rf(r)),
        ("LASKU {n}", "Lasku nro {n} / 2.11.2026", "lasku {n}, kiitos", "Viitteenä lasku {n} {name}"),
        ("LASKUT {n} JA {m}", "Lasku {n}+{m}", "laskut nro {n}, {m}"),
        ("Kahvila", "Leipomo", "Tukku", "Konepaja", "Ravintola", "Hotelli", "Kukkakauppa", "Rakennus"), ("Oy", "Oy Ab", "Ky", "Tmi"), "FI",
    ),
    "SE": Style(
        "SEK", _complete("se-ocr"), lambda r: (r, r.zfill(20), r.zfill(25)),
        ("Faktura {n}", "FAKTNR {n} 2026-11-02", "betalning fakt {n} {name}", "Fakturanr: {n}"),
        ("Faktura {n}, {m}", "Fakt {n} och {m}", "FAKTNR {n} {m} 2026-11-02"),
        ("Bageri", "Bokhandel", "Åkeri", "Snickeri", "Restaurang", "Lanthandel", "Trädgård", "Måleri"), ("AB", "HB", "KB", "ek"), "SE",
    ),
    "NO": Style(
        "NOK", _complete("no-kid-10", 12), lambda r: (r, r.zfill(20)),
        ("Fakt.nr. {n}", "Betaling faktura {n}", "Faktura {n} fra {name}", "FAKTURANR {n} DATO 02.11.2026"),
        ("Faktura {n} og {m}", "Fakt.nr. {n}/{m}", "Betaling {n},{m}"),
        ("Bakeri", "Bokhandel", "Rørlegger", "Snekkeri", "Kafé", "Fiskemat", "Hagesenter", "Elektro"), ("AS", "ASA", "ANS", "ENK"), "NO",
    ),
    "DK": Style(
        "DKK", lambda number: str(number).zfill(14) + _luhn(str(number).zfill(14)), lambda r: (r, r.lstrip("0")),
        ("Fakturanr. {n}", "Fra {name} faktura {n}", "Betaling af faktura {n}", "FAKT {n} 02-11-2026"),
        ("Faktura {n} og {m}", "Fakturanr. {n} + {m}", "FAKT {n} {m}"),
        ("Bageri", "Boghandel", "Tømrer", "VVS", "Café", "Fiskehandel", "Planteskole", "El-service"), ("A/S", "ApS", "I/S", "K/S"), "DK",
    ),
}  # fmt: skip


def _luhn(body: str) -> str:
    complete = get("se-ocr").complete
    assert complete is not None
    return complete(body)[-1]


@dataclass
class World(NoPast):
    """Customers, their open items and receipts of one country and seed; also what is known of the past."""

    seed: int
    country: str
    items: list[Record] = field(default_factory=list)
    receipts: list[Record] = field(default_factory=list)
    truths: list[tuple[str, Truth | str | None]] = field(default_factory=list)
    known: dict[str, dict[str, int]] = field(default_factory=dict)
    earlier: dict[str, Earlier] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = Random(f"{self.country} {self.seed}")
        self.style = STYLES[self.country]
        self.customers = [self._customer(number) for number in range(120)]
        self.free: list[Record] = []
        for number in range(600):
            self._invoice(number)
        self.random.shuffle(self.free)

    def parties(self, account: str) -> Mapping[str, int]:
        return self.known.get(account, {})

    def paid(self, names: Any, units: int, currency: str) -> Sequence[Earlier]:
        return [self.earlier[name] for name in names if name in self.earlier]

    def _customer(self, number: int) -> Record:
        name = f"{self.random.choice(self.style.firms)} {self._syllables()} {self.random.choice(self.style.forms)}"
        account = f"{self.style.account}{self.random.randrange(10**15, 10**16)}"
        if number % 2:
            self.known[account] = {str(1000 + number): self.random.randrange(2, 9)}
        return {
            "number": str(1000 + number),
            "name": name,
            "business_id": None,
            "account": None,
            "bank": account,
        }

    def _syllables(self) -> str:
        parts = (
            "ka",
            "vi",
            "ro",
            "sten",
            "lund",
            "mä",
            "ki",
            "berg",
            "sø",
            "dal",
            "ta",
            "lo",
            "vik",
            "hei",
            "ny",
        )
        return "".join(self.random.choice(parts) for _ in range(3)).capitalize()

    def _invoice(self, number: int) -> None:
        customer = self.random.choice(self.customers)
        units = (
            self.random.choice((4_990, 9_900, 19_900))
            if number % 9 == 0
            else self.random.randrange(500, 900_000)
        )
        amount = money.major(units, self.style.currency)
        day = DAY - timedelta(days=self.random.randrange(5, 40))
        record = item(
            50_000 + number, self.style.reference(7_310_000 + number * self.random.randrange(1, 2)), str(amount),
            self.style.currency, customer={k: v for k, v in customer.items() if k != "bank"}, issued=day,
            due=day + timedelta(days=14),
        )  # fmt: skip
        record["bank"] = customer["bank"]
        self.items.append(record)
        self.free.append(record)

    # --- receipts ------------------------------------------------------------------------------------------------------

    def add(
        self, kind: str, amount: int, truth: Truth | str | None, invoice: Record | None = None, **told: Any
    ) -> None:
        """One receipt. invoice: its customer is the payer, unless another is told."""
        payer = self._shown(invoice["customer"]["name"]) if invoice else None
        values = {
            "payer": payer,
            "payers_account": invoice["bank"] if invoice else None,
            "booked": DAY,
            "valued": DAY,
            **told,
        }
        reference = values.pop("reference", None)
        made = moved(str(money.major(amount, self.style.currency)), reference, self.style.currency, **values)
        made["key"] = f"{self.country}/{self.seed}/{len(self.receipts)}"
        self.receipts.append(made)
        self.truths.append((kind, truth))

    def _shown(self, name: str) -> str:
        """A name as a bank shows it."""
        return self.random.choice((name, name.upper(), name.rsplit(" ", 1)[0], name.upper()[:35]))

    def take(self) -> tuple[Record, int, str]:
        """An item that nothing was made of yet, what is open of it, its number."""
        record = self.free.pop()
        units = money.minor(record["open"], record["currency"])
        assert units is not None
        return record, units, record["number"]

    def text(self, templates: Sequence[str], record: Record, other: str = "") -> str:
        return self.random.choice(templates).format(
            n=record["number"], m=other, name=record["customer"]["name"]
        )


Case = Callable[[World], None]


def exact(world: World) -> None:
    record, units, number = world.take()
    spelled = world.random.choice(world.style.spelled(record["reference"]))
    world.add("exact", units, {number: units}, record, reference=spelled)


def paid_by_another(world: World) -> None:
    record, units, number = world.take()
    told = {"payer": "Some Body", "payers_account": "XX1"}
    world.add("paid by another", units, {number: units}, record, reference=record["reference"], **told)


def missing_digit(world: World) -> None:
    record, units, number = world.take()
    at = world.random.randrange(len(record["reference"]))
    spoilt = record["reference"][:at] + record["reference"][at + 1 :]
    world.add("missing digit", units, {number: units}, record, reference=spoilt)


def wrong_digit(world: World) -> None:
    record, units, number = world.take()
    at = world.random.randrange(len(record["reference"]))
    digit = str((int(record["reference"][at]) + world.random.randrange(1, 10)) % 10)
    spoilt = record["reference"][:at] + digit + record["reference"][at + 1 :]
    world.add("wrong digit", units, {number: units}, record, reference=spoilt)


def another_reference(world: World) -> None:
    """The payer took the reference of somebody else's invoice, and his own amount. (With the other's amount as well, it
    is the other's invoice that was paid, by any rule and for any bookkeeper.)
    """
    record, units, number = world.take()
    others = [
        each for each in world.free if each["bank"] != record["bank"] and each["open"] != record["open"]
    ]
    other = world.random.choice(others)
    world.add("reference of another", units, {number: units}, record, reference=other["reference"])


def rounding(world: World) -> None:
    """A few units too little or too much; of small amounts that is more than the tolerance."""
    record, units, number = world.take()
    off = world.random.choice((-1, 1)) * world.random.randrange(1, 40)
    closed = units if abs(off) * 200 <= units else min(units, units + off)
    world.add("a little off", units + off, {number: closed}, record, reference=record["reference"])


def discount(world: World) -> None:
    record, units, number = world.take()
    record["discount"] = {
        "percent": Decimal(2),
        "amount": None,
        "until": DAY + timedelta(days=world.random.randrange(-6, 8)),
    }
    cut = money.share(units, Decimal(2))
    late = record["discount"]["until"] + timedelta(days=2) < DAY
    truth = {number: units - cut} if late and cut * 200 > units else {number: units}
    world.add("discount", units - cut, truth, record, reference=record["reference"])


def part(world: World) -> None:
    record, units, number = world.take()
    some = units * world.random.randrange(10, 90) // 100
    world.add("part", some, {number: some}, record, reference=record["reference"])


def too_much(world: World) -> None:
    record, units, number = world.take()
    world.add("too much", units + units // 3, {number: units}, record, reference=record["reference"])


def wrong_amount(world: World) -> None:
    """Somebody unknown pays some other amount with a good reference."""
    record, units, _ = world.take()
    told = {"payer": "Some Body", "payers_account": None, "reference": record["reference"]}
    world.add("wrong amount, unknown payer", units * 7 // 9, None, record, **told)


def two_in_a_text(world: World) -> None:
    record, units, number = world.take()
    same = [each for each in world.free if each["bank"] == record["bank"]]
    if not same:
        return
    world.free.remove(same[0])
    more = money.minor(same[0]["open"], same[0]["currency"]) or 0
    text = world.text(world.style.both, record, same[0]["number"])
    world.add("two in a text", units + more, {number: units, same[0]["number"]: more}, record, text=text)


def listed(world: World) -> None:
    """Invoices and a credit note in structured fields."""
    record, units, number = world.take()
    credit = item(
        f"K{number}",
        None,
        f"-{money.major(units // 10, record['currency'])}",
        record["currency"],
        customer=record["customer"],
    )
    credit["bank"] = record["bank"]
    world.items.append(credit)
    lines = [{"number": number, "kind": "invoice", "amount": record["open"]},
             {"number": credit["number"], "kind": "credit", "amount": -credit["open"]}]  # fmt: skip
    truth = {number: units, credit["number"]: -(units // 10)}
    world.add("list with a credit note", units - units // 10, truth, record, invoices=lines)


def one_in_a_text(world: World) -> None:
    record, units, number = world.take()
    world.add("one in a text", units, {number: units}, record, text=world.text(world.style.texts, record))


def anonymous_text(world: World) -> None:
    record, units, number = world.take()
    told = {"payer": None, "payers_account": None}
    world.add(
        "text, no payer", units, {number: units}, record, text=world.text(world.style.texts, record), **told
    )


def number_of_another(world: World) -> None:
    """The text names an invoice that is paid or never was, the amount is that of one that is open."""
    record, units, _ = world.take()
    told = {"text": world.style.texts[0].format(n=99_000 + world.random.randrange(900), name="")}
    world.add("text names something else", units, None, record, **told)


def no_word(world: World) -> None:
    record, units, number = world.take()
    world.add("payer and amount alone", units, {number: units}, record, text="")


def shared_account(world: World) -> None:
    """An account that pays for two customers, both of whom owe the same."""
    record, units, number = world.take()
    twin, _, _ = world.take()
    twin["open"] = twin["amount"] = record["open"]
    world.known["XXSHARED" + number] = {record["customer"]["number"]: 3, twin["customer"]["number"]: 4}
    world.add("account of two", units, None, record, payers_account="XXSHARED" + number, payer=None)


def twice(world: World) -> None:
    record, units, number = world.take()
    world.add("first of two", units, {number: units}, record, reference=record["reference"])
    world.add("paid twice", units, None, record, reference=record["reference"])


def came_back(world: World) -> None:
    """Our own payment returned; it also carries a reference that an open item happens to have."""
    record, units, number = world.take()
    id_ = f"E2E{number}"
    closed = MatchedItem(f"payable/9/L{number}//", f"L{number}", "9", "Supplier", None, units, units, units)
    world.earlier[id_] = Earlier("X-1", DAY, "payable", [closed])
    told = {"end_to_end_id": id_, "returned_reason": "AC04", "reference": record["reference"]}
    world.add("return of ours", units, {f"L{number}": -units}, None, **told)


def unknown_return(world: World) -> None:
    record, units, _ = world.take()
    world.add("return, unknown", units, None, record, event="return", reference=record["reference"])


def other_currency(world: World) -> None:
    record, units, _ = world.take()
    world.add("other currency", units, None, record, reference=record["reference"])
    world.receipts[-1]["currency"] = "USD"


def stranger(world: World) -> None:
    world.add(
        "unknown payer",
        world.random.randrange(1_000, 90_000),
        None,
        None,
        payer="Tuntematon",
        text="kiitos / tack / takk",
    )


def fee(world: World) -> None:
    world.add("fee", -world.random.randrange(100, 900), BOOKED, None, event="fee")


def lump(world: World) -> None:
    units = world.random.randrange(100_000, 900_000)
    batch = {"count": 7, "index": None, "total": money.major(units, world.style.currency)}
    world.add("hidden sum", units, None, None, batch=batch)


CASES: Mapping[Case, int] = {
    exact: 150, paid_by_another: 10, missing_digit: 15, wrong_digit: 15, another_reference: 10, rounding: 12, discount: 15,
    part: 15, too_much: 8, wrong_amount: 8, two_in_a_text: 20, listed: 12, one_in_a_text: 25, anonymous_text: 8,
    number_of_another: 8, no_word: 25, shared_account: 4, twice: 8, came_back: 6, unknown_return: 4, other_currency: 6,
    stranger: 10, fee: 8, lump: 3,
}  # fmt: skip
"""How many of each kind one world has."""


@dataclass
class Report:
    """What was decided alone, by rule: right and wrong; and of each kind of case, how many of how many."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    wrong_by: Counter[str] = field(default_factory=Counter)
    decided: Counter[str] = field(default_factory=Counter)
    cases: Counter[str] = field(default_factory=Counter)
    proposed: int = 0
    proposed_right: int = 0

    @property
    def coverage(self) -> str:
        """Per cent of all receipts that no person has to look at."""
        return f"{Decimal(100 * self.decided.total()) / self.cases.total():.1f} %"

    def lines(self) -> Iterator[str]:
        """For people."""
        yield f"{'rule':<22} {'decided':>8} {'precision':>10}"
        for rule in sorted({*self.right, *self.wrong_by}):
            total = self.right[rule] + self.wrong_by[rule]
            yield f"{rule:<22} {total:>8} {Decimal(100 * self.right[rule]) / total:>8.2f} %"
        yield f"{self.cases.total()} receipts, decided alone: {self.decided.total()} ({self.coverage}), wrong: {len(self.wrong)}"
        yield f"left to people: {self.cases.total() - self.decided.total()}; a right proposal for {self.proposed_right} of {self.proposed}"
        yield "by kind: " + ", ".join(
            f"{kind} {self.decided[kind]}/{self.cases[kind]}" for kind in sorted(self.cases)
        )


def world(seed: int, country: str) -> World:
    """All cases of a seed, in an order of their own."""
    made = World(seed, country)
    order = [case for case, times in CASES.items() for _ in range(times)]
    made.random.shuffle(order)
    for case in order:
        case(made)
    return made


class Judged(Past, Protocol):
    """What is decided about, and what is right; it is its own past."""

    seed: int
    country: str
    items: list[Record]
    receipts: list[Record]
    truths: list[tuple[str, Truth | str | None]]


def judge(made: Judged, report: Report, rules: Rulebook | None = None) -> list[Record]:
    """Decide everything and compare it with the truth."""
    records = decide(made.items, made.receipts, past=made, rules=rules)
    for record, (kind, truth) in zip(records, made.truths, strict=True):
        report.cases[kind] += 1
        if record["decision"] == "unmatched":
            numbers = truth if isinstance(truth, Mapping) else {}
            report.proposed += bool(numbers)
            report.proposed_right += any(
                set((each["items"] or "").split(", ")) == set(numbers) for each in record["proposals"]
            )
            continue
        report.decided[kind] += 1
        closed = {
            each["number"]: money.minor(each["closed"], record["currency"]) for each in record["allocations"]
        }
        if truth == (BOOKED if record["decision"] == BOOKED else closed):
            report.right[record["rule"]] += 1
        else:
            report.wrong_by[record["rule"]] += 1
            report.wrong.append(
                f"{made.country} {made.seed}, {kind}: {record['reason']} Truth: {truth}, decided: {closed}"
            )
    return records


def report(seeds: Iterable[int], rules: Rulebook | None = None) -> Report:
    """The judgement about all countries with these seeds."""
    made = Report()
    for seed in seeds:
        for country in STYLES:
            judge(world(seed, country), made, rules)
    return made


def main() -> None:
    made = report(map(int, sys.argv[1:] or range(5)))
    print("\n".join([*made.lines(), *made.wrong]))
    sys.exit(1 if made.wrong else 0)


if __name__ == "__main__":
    main()
