"""Control totals: what a layout promises about sums and counts, added up exactly while records pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal, localcontext
from typing import Any, NamedTuple

from exchange.declare.layout import Control
from exchange.formats.xml.layout import Layout, XmlKind
from exchange.model import Record

_EXACT = Context(prec=100)
_NUMBERS = (Decimal, int)
ZERO = Decimal(0)
TOGETHER = 100
"""So many records are added up at once."""


@dataclass(frozen=True, slots=True)
class Promise:
    """A control field of a kind, and the kind that is summed over."""

    name: str
    control: Control
    within: str
    late: bool


class Way(NamedTuple):
    """The way to what is summed in a record, and the fields that must be certain texts; without a path records count."""

    path: tuple[str, ...]
    where: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Totals:
    """Sums by `kind.field` (with the condition, if any) and counts by kind, of one element and all that is inside it."""

    sums: dict[str, Decimal] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, tuple[Mapping[str, Way], list[Record]]] = field(default_factory=dict)
    """Records of each kind that are not added yet: many at once cost a fraction of what each alone does."""

    def note(self, kind: str, terms: Mapping[str, Way], record: Record) -> None:
        """One more record of a kind, as in `add`."""
        _, records = self.waiting.setdefault(kind, (terms, []))
        records.append(record)
        if len(records) == TOGETHER:
            self.settle()

    def settle(self) -> None:
        """Add all that waits."""
        waiting, self.waiting = self.waiting, {}
        for kind, (terms, records) in waiting.items():
            self.add(kind, terms, records)

    def add(self, kind: str, terms: Mapping[str, Way], records: Sequence[Record]) -> None:
        """More records of a kind; terms: what of them is summed, by its name in the control."""
        self.count(kind, len(records), {term: values_at(way, records) for term, way in terms.items()})

    def count(self, kind: str, number: int, amounts: Mapping[str, Sequence[Any]]) -> None:
        """More records of a kind. amounts: by their name in the control; what is no number is told elsewhere."""
        self.counts[kind] = self.counts.get(kind, 0) + number
        if not amounts:
            return
        with localcontext(_EXACT):
            for term, values in amounts.items():
                numbers = [value for value in values if isinstance(value, _NUMBERS)]
                self.sums[term] = sum(map(Decimal, numbers), self.sums.get(term, ZERO))

    def merge(self, inner: Totals) -> None:
        """Everything inside an inner element is inside this one too."""
        inner.settle()
        for term, value in inner.sums.items():
            self.sums[term] = _EXACT.add(self.sums.get(term, ZERO), value)
        for kind, number in inner.counts.items():
            self.counts[kind] = self.counts.get(kind, 0) + number

    def of(self, control: Control) -> Decimal:
        """What a control field must say."""
        self.settle()
        total, only = ZERO, _condition(control)
        for kind in control.count or ():
            total += self.sums.get(kind + only, ZERO) if only else self.counts.get(kind, 0)
        for term in control.sum or ():
            value = self.sums.get(term.removeprefix("-") + only, ZERO)
            total = _EXACT.subtract(total, value) if term.startswith("-") else _EXACT.add(total, value)
        return total if control.modulo is None else _EXACT.remainder(total, Decimal(control.modulo))


def asked_of(control: Control, record: Record) -> bool:
    """Whether what the record says is a promise at all."""
    return not control.unless or any(_text(record.get(name)) != text for name, text in control.unless.items())


def promises(layout: Layout) -> dict[str, list[Promise]]:
    """The control fields of each kind."""
    return {
        name: [
            Promise(field_name, declared.control, declared.control.within or name, declared.late)
            for field_name, declared in kind.fields.items()
            if declared.control is not None
        ]
        for name, kind in layout.kinds().items()
    }


def terms(layout: Layout) -> dict[str, dict[str, Way]]:
    """For each kind that any control sums or counts: what is added up, with the way to it. A condition is asked of the
    kinds that have the field.
    """
    found: dict[str, dict[str, Way]] = {}
    kinds = layout.kinds()
    for control in (promise.control for kind in promises(layout).values() for promise in kind):
        only = _condition(control)
        for kind_name in control.count or ():
            where = _asked(control, kinds[kind_name])
            found.setdefault(kind_name, {}).update({kind_name + only: Way((), where)} if only else {})
        for term in control.sum or ():
            kind_name, _, path = term.removeprefix("-").partition(".")
            found.setdefault(kind_name, {})[term.removeprefix("-") + only] = Way(
                tuple(path.split(".")), _asked(control, kinds[kind_name])
            )
    return found


def _asked(control: Control, kind: XmlKind) -> tuple[tuple[str, str], ...]:
    """The conditions that a kind has the fields for."""
    return tuple((name, text) for name, text in (control.where or {}).items() if name in kind.fields)


def _condition(control: Control) -> str:
    """The condition of a control as a part of the name under which it is added up."""
    return "".join(f"?{name}={text}" for name, text in (control.where or {}).items())


def values_at(way: Way, records: Sequence[Record]) -> list[Any]:
    """What is to be added up of each record that meets the conditions."""
    for name, text in way.where:
        records = [record for record in records if _text(record.get(name)) == text]
    if not way.path:
        return [1] * len(records)
    if len(way.path) == 1:
        return [record.get(way.path[0]) for record in records]
    return [_value(record, way.path) for record in records]


def _text(value: Any) -> Any:
    """A truth as declared files write it."""
    return str(value).lower() if isinstance(value, bool) else value


def _value(record: Record, path: tuple[str, ...]) -> Any:
    """The value at a path of names, None when any part of it is empty; a list of structures is added up."""
    value: Any = record
    for depth, name in enumerate(path):
        if isinstance(value, list):
            inner = (_value(item, path[depth:]) for item in value)
            return sum((number for number in inner if isinstance(number, _NUMBERS)), ZERO)
        value = value.get(name) if isinstance(value, dict) else None
    return value
