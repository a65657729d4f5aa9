"""Proof from the chain alone that nothing went out with less than its approvals. Reads only.

Every delivery that needs approvals says so in its first event. Before it is sent an event names the statement that was
approved; by then as many different people must have approved that very statement as the first event asks for, none of
them somebody through whom the file came, and the statement must name the delivery with its bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from exchange.ledger import approving, chain
from exchange.ledger.schema import ENGINE


@dataclass(slots=True)
class _Waiting:
    """A delivery that needs approvals and has not come to its end."""

    arrival: str
    needed: int
    sha256: str
    passed: bool = False


@dataclass(slots=True)
class Evidence:
    """Takes all events in their order. text_of: gives the text of a statement by its hash, None when it is not there."""

    text_of: Callable[[str], str | None]
    problems: list[str] = field(default_factory=list)
    _waiting: dict[str, _Waiting] = field(default_factory=dict)
    _barred: dict[str, set[str]] = field(default_factory=dict)
    _given: dict[str, set[str]] = field(default_factory=dict)
    _read: tuple[str, Mapping[str, str]] = ("", {})

    def take(self, event: Mapping[str, Any]) -> None:
        """One event: its columns, `data` as canonical text."""
        subject, what = event["subject"], event["what"]
        if what == "delivery ready":
            facts = chain.facts(event["data"])
            if facts.get("approvals"):
                self._waiting[subject] = _Waiting(facts["arrival"], facts["approvals"], facts["sha256"])
        elif what.startswith("delivery "):
            self._delivery(subject, what, event["data"])
        elif what == "arrival approval":
            given = self._given.setdefault(chain.facts(event["data"])["statement"], set())
            given.add(approving.person(event["actor"]))
        elif what == "arrival approval void":
            self._given.pop(chain.facts(event["data"])["statement"], None)
        elif event["actor"] != ENGINE and approving.supplied(what, chain.facts(event["data"])):
            self._barred.setdefault(subject, set()).add(approving.person(event["actor"]))

    def _delivery(self, id_: str, what: str, data: str) -> None:
        waiting = self._waiting.get(id_)
        if waiting is None:
            return
        if what == "delivery sending":
            waiting.passed = True
            self._check(id_, waiting, chain.facts(data).get("statement"))
        elif what == "delivery delivered":
            if not waiting.passed:
                self.problems.append(f"Delivery {id_} needs approvals and was delivered without being sent.")
            del self._waiting[id_]
        elif what == "delivery withdrawn":
            del self._waiting[id_]

    def _check(self, id_: str, waiting: _Waiting, statement: str | None) -> None:
        people = self._given.get(statement or "", set()) - self._barred.get(waiting.arrival, set())
        if statement is None or len(people) < waiting.needed:
            self.problems.append(
                f"Delivery {id_} was sent with {len(people)} of the {waiting.needed} approvals it needs."
            )
        elif self._deliveries(statement).get(id_) != waiting.sha256:
            self.problems.append(f"Delivery {id_} is not what was approved as statement {statement}.")

    def _deliveries(self, statement: str) -> Mapping[str, str]:
        """What a statement names: delivery → hash of its bytes; nothing when its text is not what was approved."""
        if self._read[0] != statement:
            text = self.text_of(statement)
            whole = text is not None and hashlib.sha256(text.encode()).hexdigest() == statement
            named = chain.facts(text)["deliveries"] if whole and text else []
            self._read = statement, {each["id"]: each["sha256"] for each in named}
        return self._read[1]
