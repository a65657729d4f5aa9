"""A movement that another file has told before: a report of the day and then the statement, an advice and the statement. It
is known by the bank's reference, account, day and amount, and nothing is booked again: its case is closed, and the first one says
what became of it. Two statements that tell the same movement, and references that may be mere numbers of a list, are left to
people.
"""

from __future__ import annotations

from pydantic import Field

from exchange.declare.declared import Declared
from exchange.past import Told
from exchange.reconcile import references
from exchange.reconcile.book import Book, movement_of
from exchange.reconcile.case import Case, Decision

ORDER = 5
EARLY = True
BACK = False
ACCOUNTS = ()


class Settings(Declared):
    """How long a reference of the bank must be."""

    characters: int = Field(
        6,
        ge=1,
        le=35,
        description="shorter references of the bank may be numbers of a list, which begins anew each day",
    )


def decide(case: Case, book: Book, settings: Settings) -> Decision | None:
    """Closes the case of what was told before; leaves to people what only seems so."""
    movement = movement_of(case)
    waiting = book.told.get(movement) if movement else None
    arrival = book.arrival(case.position)
    known = [each for each in waiting or () if _counts(each, arrival) and _may_be(each, case)]
    if movement is None or waiting is None or not known:
        return None
    before, is_statement = known[0], (case.transaction.get("statement") or {}).get("kind") == "statement"
    told = f"The bank told this movement before ({movement[0]}, case {before.case})"
    if is_statement and before.is_statement:
        case.close(f"{told}, in another statement: a person must say whether it is the same one.")
        return None
    if len(movement[0]) < settings.characters:
        case.close(f"{told}, but so short a reference may be that of another one.")
        return None
    for each in {each.arrival: each for each in reversed(known)}.values():
        waiting.remove(each)  # of a batch each file has told as many as it tells
    return Decision(
        "told_before", f"{told}: it is not booked again.", "closed", evidence={"case": before.case}
    )


def _counts(each: Told, arrival: str) -> bool:
    """Whether it came before; of what came later and waits itself, nothing can be said to be a repetition."""
    return each.arrival != arrival and (each.arrival < arrival or each.is_decided)


def _may_be(each: Told, case: Case) -> bool:
    """Whether nothing tells that it is another movement of the same entry."""
    payer, end_to_end = case.payer.get("account"), case.transaction.get("end_to_end_id")
    return (not each.payer or not payer or each.payer == references.compact(payer)) and (
        not each.end_to_end or not end_to_end or each.end_to_end == end_to_end
    )
