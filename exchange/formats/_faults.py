"""How the conversion of one value says no: `Fault` explains, `Refused` only stops the fast path."""

from __future__ import annotations

from typing import Any

from exchange.findings import Code


class Fault(ValueError):
    """A value breaks one rule; the code and its facts make the finding."""

    def __init__(self, code: Code, **facts: Any) -> None:
        super().__init__(code.code)
        self.code = code
        self.facts = facts


class Refused(ValueError):
    """The fast path met a value it does not take; the record goes to the slow path, which explains."""
