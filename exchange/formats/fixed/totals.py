"""Control totals: sums and counts of an envelope, added up exactly while its records pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Context, Decimal
from typing import Any

from exchange.declare.layout import Control
from exchange.findings import Finding, code
from exchange.formats.fixed.structure import RecordBase as Declared
from exchange.formats.fixed.structure import RecordField, RecordsLayout
from exchange.model import Record

_EXACT = Context(prec=100)
_ZERO = Decimal(0)
_NUMBERS = (Decimal, int)

WRONG_TOTAL = code(
    "FIX020",
    "error",
    "Line {line}: {field} says {value}, but {what} of the {kind} that ends there is {want}.",
    advice="Records are missing, doubled or changed. Ask the sender for the whole file again.",
)


WRONG_DAY = code(
    "FIX040",
    "warning",
    "Line {line}: {field} says {value}, but the {what} {term} is {want}.",
    advice="Nothing was lost. Tell the sender; a receiver may refuse the file.",
)


@dataclass(slots=True, eq=False)
class Totals:
    """Sums by `record.field`, counts by record, and the lines, of one envelope and all that is inside it."""

    sums: dict[str, Decimal] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    days: dict[str, tuple[date, date]] = field(default_factory=dict)
    """The earliest and the latest day, by `record.field`."""
    lines: int = 0

    def add(self, name: str, terms: tuple[tuple[str, str], ...], values: Record) -> None:
        """One more record; terms: what of it is summed, with the name of the field."""
        counts = self.counts
        counts[name] = counts.get(name, 0) + 1
        for term, field_name in terms:
            value = values.get(field_name)
            if isinstance(value, _NUMBERS):
                self.sums[term] = _EXACT.add(self.sums.get(term, _ZERO), value)

    def pass_day(self, term: str, day: date | None, last: date | None = None) -> None:
        """One more day, or one more span of days."""
        if isinstance(day, date):
            first, end = self.days.get(term, (day, last or day))
            self.days[term] = min(first, day), max(end, last or day)

    def merge(self, inner: Totals) -> None:
        """Everything inside an inner envelope is inside this one too."""
        for term, value in inner.sums.items():
            self.sums[term] = _EXACT.add(self.sums.get(term, Decimal(0)), value)
        for name, number in inner.counts.items():
            self.counts[name] = self.counts.get(name, 0) + number
        for term, span in inner.days.items():
            self.pass_day(term, *span)
        self.lines += inner.lines

    def of(self, control: Control) -> Decimal:
        """What a control field must say."""
        total = _ZERO
        for counted in control.count or ():
            total += self.lines if counted == "*" else self.counts.get(counted, 0)
        for term in control.sum or ():
            value = self.sums.get(term.removeprefix("-"), Decimal(0))
            total = _EXACT.subtract(total, value) if term.startswith("-") else _EXACT.add(total, value)
        return total if control.modulo is None else _EXACT.remainder(total, Decimal(control.modulo))


@dataclass(frozen=True, slots=True)
class Counted:
    """A name under which records are counted, those that hold one of the texts, and what of them is summed."""

    name: str
    tests: tuple[tuple[str, frozenset[str | None]], ...]
    terms: tuple[tuple[str, str], ...]

    def takes(self, values: Record) -> bool:
        """Whether a record is one of them; an empty field has the text "" as well."""
        return all(values.get(field) in texts for field, texts in self.tests)


class Controls:
    """The control totals of a layout."""

    def __init__(self, layout: RecordsLayout) -> None:
        self.by_kind: dict[str, dict[str, RecordField]] = {}
        self.in_head: set[str] = set()
        self.terms: dict[str, tuple[tuple[str, str], ...]] = {}
        for name, record in layout.declared.items():
            head = {str(one): own for one, own in record.fields.items() if own.control}
            tail = record.trailer.fields if record.trailer else {}
            late = {str(one): own for one, own in tail.items() if own.control}
            self.by_kind[name] = head | late
            if head or any(own.earliest or own.latest for own in record.fields.values()):
                self.in_head.add(name)
        controls = [own.control for fields in self.by_kind.values() for own in fields.values() if own.control]
        for term in sorted({term.removeprefix("-") for control in controls for term in control.sum or ()}):
            owner, _, name = term.partition(".")
            self.terms[owner] = (*self.terms.get(owner, ()), (term, name))
        self.days: dict[str, dict[str, tuple[str, int]]] = {
            name: dict(_days(record)) for name, record in layout.declared.items()
        }
        dated = {term for days in self.days.values() for term, _ in days.values()}
        self.dated: dict[str, list[tuple[str, str]]] = {name: [] for name in layout.declared}
        for term in sorted(dated):
            self.dated[term.partition(".")[0]].append((term, term.partition(".")[2]))
        self.counted = {name: tuple(self._counted(name, record)) for name, record in layout.declared.items()}

    def _counted(self, name: str, record: Declared) -> Iterator[Counted]:
        """The names under which records of a kind are counted: its own, and those of its subsets."""
        yield Counted(name, (), self.terms.get(name, ()))
        for subset, tests in record.subsets.items():
            fields = tuple(
                (str(one), frozenset([*texts, None] if "" in texts else texts))
                for one, texts in tests.items()
            )
            yield Counted(str(subset), fields, self.terms.get(str(subset), ()))

    def add(self, totals: Totals, kind: str, values: Record) -> None:
        """One more record of an envelope; values that are no numbers are told of by whoever writes them."""
        for counted in self.counted[kind]:
            if counted.takes(values):
                totals.add(counted.name, counted.terms, values)
        for term, name in self.dated[kind]:
            totals.pass_day(term, values.get(name))

    def findings(self, kind: str, values: Mapping[str, Any], totals: Totals, line: int) -> Iterator[Finding]:
        """Every control total of an envelope that does not hold; an empty one promises nothing."""
        for name, own in self.by_kind[kind].items():
            said = values.get(name)
            if said is None or own.control is None:
                continue
            want = totals.of(own.control)
            if Decimal(said) != want:
                what = (
                    f"the sum of {', '.join(own.control.sum)}" if own.control.sum else "the number of records"
                )
                facts: dict[str, Any] = {"what": what, "kind": kind, "want": f"{want:f}"}
                yield WRONG_TOTAL.at(line=line, field=f"{kind}.{name}", value=said, **facts)
        for name, (term, end) in self.days[kind].items():
            said, span = values.get(name), totals.days.get(term)
            if said is not None and span is not None and said != span[end]:
                day: dict[str, Any] = {
                    "what": "latest" if end else "earliest",
                    "term": term,
                    "want": span[end],
                }
                yield WRONG_DAY.at(line=line, field=f"{kind}.{name}", value=said, **day)

    def computed(self, kind: str, totals: Totals) -> dict[str, Decimal | int | date]:
        """The values of the control fields of an envelope that is complete."""
        made: dict[str, Decimal | int | date] = {
            name: totals.days[term][end]
            for name, (term, end) in self.days[kind].items()
            if term in totals.days
        }
        for name, own in self.by_kind[kind].items():
            if own.control is not None:
                total = totals.of(own.control)
                made[name] = int(total) if own.type == "integer" else total
        return made


def _days(record: Declared) -> Iterator[tuple[str, tuple[str, int]]]:
    """Fields that hold the earliest (0) or latest (1) day of a field inside."""
    for name, own in {**record.fields, **(record.trailer.fields if record.trailer else {})}.items():
        for end, term in enumerate((own.earliest, own.latest)):
            if term is not None:
                yield str(name), (term, end)
