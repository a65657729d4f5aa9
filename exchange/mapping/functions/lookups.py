"""Look-ups in the tables of the site."""

from __future__ import annotations

from datetime import date
from typing import Any

from exchange.mapping.tables import Search, Table


def lookup(table: Table, *keys: Any, on: date | None = None, column: str | None = None) -> str | None:
    """The cell of the row with this key, and, in a dated table, valid on a day. An empty key gives empty.

    column may be left out when there is only one beside the key; a part of the
    key as column gives itself back, which asks only that the key is known. What happens to a key that is in no row is
    declared with the table: a finding, empty, the key itself, or a default. `lookup("units", "pcs") → "PCE"`
    """
    return Search(table, table.values[0] if column is None else column)(*keys, on=on)
