"""What a pure function gave for the values that come again and again: names, towns, accounts, days."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MOST = 10_000
"""How many different values are remembered."""


class Memo(dict[Any, Any]):
    """Remembers what a function gave; an exception is not remembered. Bounded: it starts anew when full."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, key: Any) -> Any:
        value = self._function(key)
        if len(self) >= MOST:
            self.clear()
        self[key] = value
        return value
