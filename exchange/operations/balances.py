"""What a file's statements say of themselves: opening balance, booked movements, closing balance, and whether they agree."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from exchange.model import KIND, Record

STATEMENT = "bank_statement"
"""A document that is a whole statement: handed on where no movement stands in it."""


@dataclass(slots=True)
class Statement:
    """One statement, added up from its documents: the first opening and the last closing that any of them says."""

    account: str
    id: str | None
    kind: str | None
    currency: str | None
    opening: Decimal | None = None
    closing: Decimal | None = None
    booked: Decimal = Decimal(0)
    currencies: set[str | None] = field(default_factory=set)

    def as_dict(self) -> dict[str, Any]:
        """The form of `inspect --json`. balance: agrees, differs, or unchecked; say: the same as people read it."""
        difference = None if self._open_question() else self._difference()
        return {
            "id": self.account,
            "currency": self.currency,
            "statement": self.id,
            "opening": self.opening,
            "booked": self.booked,
            "closing": self.closing,
            "balance": "unchecked" if difference is None else "differs" if difference else "agrees",
            "difference": difference,
            "say": self._say(difference),
        }

    def add(self, statement: Record, currency: str | None, booked: Decimal | None) -> None:
        """What one document says; booked: the movement that it is, None when it is none or is not booked."""
        opening, closing = statement.get("opening"), statement.get("closing")
        self.opening = opening if self.opening is None else self.opening
        self.closing = self.closing if closing is None else closing
        if booked is not None:
            self.booked += booked
            self.currencies.add(currency)

    def _difference(self) -> Decimal | None:
        if self.opening is None or self.closing is None:
            return None
        return self.closing - self.opening - self.booked

    def _open_question(self) -> str:
        """Why the balances cannot be checked; "" when they can."""
        missing = [name for name in ("opening", "closing") if getattr(self, name) is None]
        if missing:
            return f"no {' and no '.join(missing)} balance"
        if len(self.currencies) > 1:
            return f"movements in {' and '.join(sorted(map(str, self.currencies)))}"
        if self.kind != "statement" and self._difference():
            return "a report within the day may leave movements out"
        return ""

    def _say(self, difference: Decimal | None) -> str:
        if difference is None:
            return f"cannot be checked: {self._open_question()}"
        return f"differs by {difference:f}" if difference else "agrees"


class Statements:
    """The statements of the documents of one file, in the order of the file."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], Statement] = {}

    def add(self, document: Record) -> None:
        """A movement to its statement, or a statement in which no movement stands."""
        whole = document.get(KIND) == STATEMENT
        told = document if whole else document.get("statement")
        account, currency = document.get("account"), document.get("currency")
        if not told or not account:
            return
        known = self._known.setdefault(
            (account, told.get("id")), Statement(account, told.get("id"), told.get("kind"), currency)
        )
        moved = None if whole or document.get("status") != "booked" else document.get("amount")
        known.add(told, currency, moved)

    def as_dicts(self) -> list[dict[str, Any]]:
        """All of them in the form of `inspect --json`."""
        return [statement.as_dict() for statement in self._known.values()]
