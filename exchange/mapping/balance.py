"""Balances while a mapping runs: what was there, what moved, and what must be there then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from exchange.declare.mapping import Ends, Follows
from exchange.findings import Finding
from exchange.mapping.evaluator import shown
from exchange.mapping.listing import Listing, listing_findings
from exchange.mapping.plan import Balance
from exchange.model import LINE, PATH, Record


@dataclass(slots=True)
class Movement:
    """All results with the same values of `by`: the first opening and the last closing that any of them says."""

    opening: Any
    moved: Any
    closing: Any
    line: int | None
    path: str | None


class Balances:
    """The movements of one run, added up for each declared balance."""

    def __init__(self, balances: Sequence[Balance]) -> None:
        self._balances = balances
        self._movements: list[dict[tuple[Any, ...], Movement]] = [{} for _ in balances]
        self._listings: list[dict[tuple[Any, ...], Listing]] = [{} for _ in balances]

    def add(self, number: int, by: tuple[Any, ...], amounts: tuple[Any, Any, Any], result: Record) -> None:
        """What one result moves. amounts: opening, moved, closing; opening and closing may be empty."""
        if self._balances[number].declared.running:
            self._listings[number].setdefault(by, Listing()).add(amounts[0], amounts[2], result)
            return
        known = self._movements[number].get(by)
        if known is None:
            self._movements[number][by] = Movement(*amounts, result.get(LINE), result.get(PATH))
        else:
            known.moved += amounts[1]
            known.opening = amounts[0] if known.opening is None else known.opening
            known.closing = known.closing if amounts[2] is None else amounts[2]

    def findings(self) -> Iterator[Finding]:
        """One for every balance that does not come out, with its figures."""
        for balance, listings in zip(self._balances, self._listings, strict=True):
            for by, listing in listings.items():
                yield from listing_findings(balance.declared, by, listing)
        for balance, movements in zip(self._balances, self._movements, strict=True):
            for by, movement in movements.items():
                if movement.opening is not None and movement.closing is not None:
                    yield from _difference(balance, by, movement)
                elif balance.declared.ends is not None:
                    yield _endless(balance.declared.ends, by, movement)
            if balance.declared.follows is not None:
                yield from _gaps(balance.declared.follows, movements)


def _endless(rule: Ends, by: tuple[Any, ...], movement: Movement) -> Finding:
    """A group of which nobody knows whether it is whole."""
    missing = " and no ".join(name for name in ("opening", "closing") if getattr(movement, name) is None)
    message = f"{rule.say}{_within(by)} There is no {missing} balance; the movements that are there make {shown(movement.moved)}."
    advice = rule.advice or "The file may be cut off: ask the sender for the whole of it."
    return Finding(rule.code, rule.severity, message, advice, movement.line, None, movement.path, None, None)


def _within(by: tuple[Any, ...]) -> str:
    """Which group it is, for people."""
    return f" ({' / '.join(str(value) for value in by if value is not None)})" if by else ""


def _gaps(rule: Follows, movements: Mapping[tuple[Any, ...], Movement]) -> Iterator[Finding]:
    """Where a group does not open with what the one before it closed with. Files that begin with the latest are read from
    their end: the order with fewer gaps is the one that was meant.
    """
    series: dict[tuple[Any, ...], list[tuple[tuple[Any, ...], Movement]]] = {}
    for by, movement in movements.items():
        series.setdefault(by[:-1], []).append((by, movement))
    for groups in series.values():
        broken = min(_broken(groups), _broken(groups[::-1]), key=len)
        yield from (_gap(rule, by, before, movement) for before, by, movement in broken)


def _broken(
    groups: Sequence[tuple[tuple[Any, ...], Movement]],
) -> list[tuple[Movement, tuple[Any, ...], Movement]]:
    """Each group, with the one before it, that opens with another balance; an unknown balance is no gap."""
    return [
        (before, by, movement)
        for (_, before), (by, movement) in pairwise(groups)
        if None not in (before.closing, movement.opening) and before.closing != movement.opening
    ]


def _gap(rule: Follows, by: tuple[Any, ...], before: Movement, movement: Movement) -> Finding:
    message = (
        f"{rule.say}{_within(by)} It opens with {shown(movement.opening)}, but the one before it closed with "
        f"{shown(before.closing)}."
    )
    advice = rule.advice or "One between them is probably missing: ask the sender for it."
    opening = shown(movement.opening)
    return Finding(
        rule.code, rule.severity, message, advice, movement.line, None, movement.path, None, opening
    )


def _difference(balance: Balance, by: tuple[Any, ...], movement: Movement) -> Iterator[Finding]:
    computed = movement.opening + movement.moved
    if computed == movement.closing:
        return
    rule = balance.declared
    message = (
        f"{rule.say}{_within(by)} Opening {shown(movement.opening)} and movements {shown(movement.moved)} make "
        f"{shown(computed)}, but the closing is {shown(movement.closing)}; the difference is "
        f"{shown(movement.closing - computed)}."
    )
    advice = (
        rule.advice or "Movements are missing, doubled or wrong: compare them with the sender's own list."
    )
    yield Finding(
        rule.code,
        rule.severity,
        message,
        advice,
        movement.line,
        None,
        movement.path,
        None,
        shown(movement.closing),
    )
