"""Where the values of records stand in a file, and how they are written there: one module per format, by its name.

    spots(layout, stream, records)  ->  for each record, in order: {"lines[2].net": Spot(text="470,40", line=7, …)}

Readers note the line of a record, not of every value, because nobody asks for them while files run. Here the file is
read once more, for a few records, in memory bounded by one of them. Paths are those of the record as it was read;
the fields of ancestors stand under the names of their kinds. A format without a module of its own gives no spots.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from exchange.declare.layout import LayoutBase
from exchange.findings import Finding
from exchange.model import LINE, PATH, Record


@dataclass(frozen=True, slots=True)
class Spot:
    """One value in a file. text: as written (None when it cannot be told); line from 1.

    column: as findings count it (a cell, a character); path: XPath or JSON pointer; name: what the file calls it, such
    as the header of the column.
    """

    text: str | None = None
    line: int | None = None
    column: int | None = None
    path: str | None = None
    name: str = ""


Spots = Mapping[str, Spot]


def spots(layout: LayoutBase, stream: BinaryIO, records: Sequence[Record]) -> list[Spots]:
    """The spots of some records that a reader of the layout gave for this stream."""
    if all(module.name != layout.format for module in pkgutil.iter_modules(__path__)):
        return [{} for _ in records]
    stream.seek(0)
    found: list[Spots] = importlib.import_module(f"{__name__}.{layout.format}").spots(layout, stream, records)
    return found


def spot_of(known: Spots, record: Record, path: str) -> Spot:
    """The spot of a value; of something around it, without a text, when its own is not known."""
    if path in known:
        return known[path]
    around = max((name for name in known if path.startswith((f"{name}.", f"{name}["))), key=len, default=None)
    if around is not None:
        return known[around]
    return Spot(line=record.get(LINE), path=record.get(PATH))


def ignored(_: Finding) -> None:
    """The file was read before; what is wrong with it has been told."""


def leaf(path: str, name: Any) -> str:
    """The path of a field inside a structure."""
    return f"{path}.{name}" if path else str(name)
