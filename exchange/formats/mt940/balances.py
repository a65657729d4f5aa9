"""What the fields of a statement must give together: balances with entries, sums with entries, page with page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Context, Decimal
from typing import Any

from exchange.findings import Finding, code
from exchange.model import LINE, Record

_EXACT = Context(prec=100)
_ZERO = Decimal(0)
UNBALANCED = code(
    "MT020",
    "error",
    "The statement {value} (line {line}): opening balance {opening} and entries of {moved} give {want}, "
    "but the closing balance is {closing}.",
    advice="Entries are missing, doubled or changed. Ask the bank for the whole statement again.",
)
WRONG_SUM = code(
    "MT021",
    "error",
    "The report {value} (line {line}): field {field} says {count} entries of {sum}, but there are {want}.",
    advice="Entries are missing, doubled or changed. Ask the bank for the whole report again.",
)
PAGE_GAP = code(
    "MT022",
    "error",
    "The page {value} (line {line}) opens with {opening}, but the page before it closes with {closing}.",
    advice="A page is missing or out of order. Ask the bank for all pages of the statement.",
)
STATEMENT_GAP = code(
    "MT023",
    "warning",
    "The statement {value} (line {line}) opens with {opening}, but the statement of the account before it "
    "closes with {closing}.",
    advice="A statement between the two is probably in another file. Make sure that none is missing.",
)
OTHER_CURRENCY = code(
    "MT024",
    "error",
    "The statement {value} (line {line}) opens in {opening} but closes in {closing}.",
    advice="Ask the bank for the statement again.",
)
NO_LAST_PAGE = code(
    "MT025",
    "warning",
    "The last page of the statement {value} (line {line}) ends with an intermediate balance (62M).",
    advice="More pages follow in another file, or are missing. Ask the bank if they do not come.",
)
NO_FIRST_PAGE = code(
    "MT026",
    "warning",
    "The first page of the statement {value} (line {line}) opens with an intermediate balance (60M).",
    advice="The pages before it are in another file, or are missing. Ask the bank if they did not come.",
)
DOUBLED = code(
    "MT027",
    "error",
    "The statement {value} (line {line}) stands in the file twice (first on line {first}): its balances and sums are the same.",
    advice="Its entries would be booked twice. Ask the bank for the file again, or take the second one out.",
)


@dataclass(slots=True)
class Totals:
    """What was added up over the entries of one statement, booked and expected apart, by mark."""

    sums: dict[str, Decimal] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, mark: str, amount: Decimal) -> None:
        """One more entry."""
        self.sums[mark] = _EXACT.add(self.sums.get(mark, _ZERO), amount)
        self.counts[mark] = self.counts.get(mark, 0) + 1

    @property
    def moved(self) -> Decimal:
        """What the booked entries come to; expected ones (EC, ED) do not move the balance."""
        return self.of("C", "RD")[1] - self.of("D", "RC")[1]

    def of(self, *marks: str) -> tuple[int, Decimal]:
        """Number and sum of entries with these marks."""
        return sum(self.counts.get(mark, 0) for mark in marks), sum(
            (self.sums.get(mark, _ZERO) for mark in marks), _ZERO
        )

    def ways(self, side: str) -> list[tuple[int, Decimal]]:
        """What banks may mean by number and sum of debits (D) or credits (C): reversals count to the side that they
        move or to the side that they take back; expected entries count or do not.
        """
        other = "C" if side == "D" else "D"
        return [
            self.of(side, reversal, *expected)
            for reversal in (f"R{other}", f"R{side}")
            for expected in ((), (f"E{side}",))
        ]


def name(statement: Record) -> str:
    """A statement for people: its number and page, or its reference, and its account."""
    number = "/".join(part for part in (statement.get("number"), statement.get("page")) if part)
    account = statement.get("account")
    parts = (number or statement.get("reference"), f"of account {account}" if account else None)
    return " ".join(part for part in parts if part)


def findings(statement: Record, totals: Totals) -> Iterator[Finding]:
    """What the entries of a statement do not confirm."""
    place: dict[str, Any] = {"line": statement.get(LINE), "value": name(statement)}
    opening, closing = statement.get("opening"), statement.get("closing")
    if opening and closing:
        if opening["currency"] != closing["currency"]:
            facts = {"opening": opening["currency"], "closing": closing["currency"]}
            yield OTHER_CURRENCY.at(field="closing", **facts, **place)
        elif closing["amount"] not in (None, want := _EXACT.add(opening["amount"], totals.moved)):
            facts = {"opening": opening["amount"], "moved": totals.moved, "want": want}
            yield UNBALANCED.at(field="closing", closing=closing["amount"], **facts, **place)
    for field_, side in (("debits", "D"), ("credits", "C")):
        said = statement.get(field_)
        ways = totals.ways(side)
        if said and (said["count"], said["amount"]) not in ways:
            count, want = ways[0]
            facts = {"count": said["count"], "sum": said["amount"], "want": f"{count} of {want}"}
            yield WRONG_SUM.at(field=f"90{side}", **facts, **place)


class Doubled:
    """Finds statements that stand in the file again; many banks give all their statements one number or reference."""

    def __init__(self) -> None:
        self.seen: dict[tuple[Any, ...], int] = {}

    def of(self, statement: Record, totals: Totals) -> Iterator[Finding]:
        """The finding when a statement has all of an earlier one: account, number, days, balances, sums."""
        same = ("account", "currency", "message", "number", "page", "created")
        balances = [statement[side] and tuple(statement[side].values()) for side in ("opening", "closing")]
        if not totals.counts or not (all(balances) or statement["created"]):
            return
        sums = (tuple(sorted(totals.counts.items())), tuple(sorted(totals.sums.items())))
        key = (*(statement[field_] for field_ in same), *balances, sums)
        line = statement[LINE]
        first = self.seen.setdefault(key, line)
        if first != line:
            yield DOUBLED.at(line=line, value=name(statement), first=first)


class Pages:
    """Compares each statement with the one before it of the same account."""

    def __init__(self) -> None:
        self.last: dict[tuple[Any, Any], Record] = {}

    def follow(self, statement: Record) -> Iterator[Finding]:
        """The findings about the next statement of the file."""
        opening, closing = statement.get("opening"), statement.get("closing")
        key = (statement.get("account"), statement.get("currency"))
        before = self.last.get(key)
        follows = before is not None and before["closing"]["intermediate"]
        if opening and opening["intermediate"] and not follows:
            yield NO_FIRST_PAGE.at(line=statement.get(LINE), value=name(statement), field="opening")
        elif opening and before and before["closing"]["amount"] != opening["amount"]:
            kind = PAGE_GAP if follows else STATEMENT_GAP
            facts = {"opening": opening["amount"], "closing": before["closing"]["amount"]}
            yield kind.at(line=statement.get(LINE), value=name(statement), field="opening", **facts)
        if closing:
            self.last[key] = statement

    def end(self) -> Iterator[Finding]:
        """The findings when the file has ended."""
        for statement in self.last.values():
            if statement["closing"]["intermediate"]:
                yield NO_LAST_PAGE.at(line=statement.get(LINE), value=name(statement), field="closing")
