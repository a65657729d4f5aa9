"""Control totals of the kind around the records: sums and counts over them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from exchange.declare.layout import Control
from exchange.formats.json.layout import JsonField
from exchange.model import Record


class Totals:
    """Adds up, record by record, what the control fields of an envelope must say."""

    def __init__(self, fields: Mapping[str, JsonField]) -> None:
        self._controls = {name: field.control for name, field in fields.items() if field.control is not None}
        self._sums: dict[str, Decimal | int] = dict.fromkeys(self._controls, 0)
        self._count = 0

    def __bool__(self) -> bool:
        return bool(self._controls)

    def add(self, record: Record) -> None:
        """Count one record in."""
        self._count += 1
        for name, control in self._controls.items():
            for term in control.sum or ():
                path = term.removeprefix("-").split(".")[1:]
                amount = sum(_numbers(record, path), Decimal(0))
                self._sums[name] += -amount if term.startswith("-") else amount

    def values(self) -> Iterator[tuple[str, Decimal | int]]:
        """Each control field with the value that it must have."""
        for name, control in self._controls.items():
            yield name, self._value(name, control)

    def _value(self, name: str, control: Control) -> Decimal | int:
        total = self._sums[name] if control.sum is not None else self._count * len(control.count or ())
        return total % control.modulo if control.modulo else total


def _numbers(value: Any, path: list[str]) -> Iterable[Decimal | int]:
    """The numbers at a path, through lists; what is empty adds nothing."""
    if value is None:
        return
    if isinstance(value, list):
        for item in value:
            yield from _numbers(item, path)
    elif path:
        yield from _numbers(value.get(path[0]), path[1:])
    else:
        yield value
