"""What a file says of itself: company, years, period, program. Its layout names the fields (`about`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

from exchange.declare.layout import LayoutBase
from exchange.model import KIND, Batch, Record

BETWEEN = " – "
"""Between the beginning and the end of a period, or a name and its number."""


class About:
    """Looks at the first record of each kind of one file; what others say is the same, or is of one record only."""

    def __init__(self, layout: LayoutBase) -> None:
        self._layout = layout
        self._seen: set[str] = set()
        self.said: dict[str, str] = {}

    def add(self, batch: Batch) -> None:
        """The records of a batch."""
        if not self._layout.about:
            return
        for record in batch:
            kind = str(record.get(KIND))
            if kind not in self._seen:
                self._seen.add(kind)
                self._look(dict(self._within(kind, record)))

    def _within(self, kind: str, record: Record) -> Iterator[tuple[str, Record]]:
        """The record and the envelopes around it, by their kinds."""
        around: str | None = kind
        while around is not None and isinstance(record, dict):
            yield around, record
            declared = self._layout.kinds().get(around)
            around = declared.inside if declared else None
            record = record.get(str(around)) or {}

    def _look(self, records: Mapping[str, Record]) -> None:
        for name, fields in self._layout.about.items():
            texts = [
                self._texts(records, field) for field in ([fields] if isinstance(fields, str) else fields)
            ]
            told = (BETWEEN.join(filter(None, together)) for together in zip_longest(*texts, fillvalue=""))
            said = "; ".join(filter(None, told))
            if said:
                self.said.setdefault(str(name), said)

    def _texts(self, records: Mapping[str, Record], field: str) -> list[str]:
        """The values of a field, in order; none when it is empty or of another kind."""
        kind, *path = field.split(".")
        found: list[Any] = [records.get(kind)]
        for step in path:
            found = [each.get(step) for each in found if isinstance(each, dict)]
            found = [one for each in found for one in (each if isinstance(each, list) else [each])]
        return ["" if each is None else str(each) for each in found]
