"""Values of delimited records: the cells of the rows that records came from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from exchange.formats.delimited.form import Rows
from exchange.formats.delimited.layout import Layout
from exchange.formats.spots import Spot
from exchange.formats.spots.fixed import found_in
from exchange.model import Record


def spots(layout: Layout, stream: BinaryIO, records: Sequence[Record]) -> list[dict[str, Spot]]:
    """The cells of each record, of what belongs to it, and of the kinds around it; columns count cells from 1."""
    return found_in(layout, Rows(layout), stream, records)
