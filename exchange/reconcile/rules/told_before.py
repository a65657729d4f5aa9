"""A movement that another file has told before: a report of the day and then the statement, an advice and the statement. It
is known by the bank's reference, account, day and amount, and nothing is booked again: its case is closed, and the first one says
what became of it. The same goes for a sum whose payments were told before; payments whose sum was booked before are left to people,
who name that sum's invoices. Two statements that tell the same movement, and references that may be mere numbers of a list, are left
to people too.
"""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from exchange import accounts
from exchange.declare.declared import Declared
from exchange.past import Told
from exchange.reconcile import money, references
from exchange.reconcile.book import Book, Movement, movement_of
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
    movement = movement_of(case) if book.told else None
    if movement is None:
        return None
    waiting = book.told.get(movement, [])
    arrival = book.arrival(case.position)
    known = [each for each in waiting if _counts(each, arrival) and _may_be(each, case)]
    if not known:
        return _of_sum(case, movement, book, settings, arrival)
    told = f"The bank told this movement before ({movement[0]}, case {known[0].case})"
    if _is_doubtful(known[0], case, settings, told):
        return None
    for each in {each.arrival: each for each in reversed(known)}.values():
        waiting.remove(each)  # of a batch each file has told as many as it tells
    return _closed(told, known[0])


def _of_sum(case: Case, movement: Movement, book: Book, settings: Settings, arrival: str) -> Decision | None:
    """What is the sum of payments that were told before, or a payment of a sum that was posted before."""
    batch = case.transaction.get("batch") or {}
    if batch.get("index") is not None:
        _leave_part(case, movement, book, batch.get("total"), arrival)
        return None
    entry, day, _, currency = movement
    for parts in book.parts_told.get((entry, day, currency), {}).values():
        if len(parts) < 2 or sum(each.units for each in parts) != case.units:
            continue
        if not (_counts(parts[0], arrival) and _is_account(parts[0], case)):
            continue
        told = f"The bank told the {len(parts)} payments of this sum before ({entry}, from case {parts[0].case} on)"
        return None if _is_doubtful(parts[0], case, settings, told) else _closed(told, parts[0])
    return None


def _leave_part(case: Case, movement: Movement, book: Book, total: Decimal | None, arrival: str) -> None:
    """Leaves a payment to people whose sum was posted before: the bank's account must not move once more."""
    units = money.minor(abs(total), case.currency) if total is not None else None
    if not units:
        return
    entry, day, own, currency = movement
    for each in book.told.get((entry, day, units if own > 0 else -units, currency), ()):
        is_posted = each.is_decided or each.suspense is not None
        if each.arrival != arrival and is_posted and _is_account(each, case):
            case.is_told_apart = True
            case.close(
                f"The bank told the sum of which this is a payment before ({entry}, case {each.case}), and it is posted: match that "
                "case with what its payments paid, and close this one."
            )
            return


def _is_doubtful(before: Told, case: Case, settings: Settings, told: str) -> bool:
    """Whether a person must say if it is the same; tells why."""
    is_statement = (case.transaction.get("statement") or {}).get("kind") == "statement"
    if is_statement and before.is_statement:
        case.close(f"{told}, in another statement: a person must say whether it is the same one.")
        return True
    if len(before.entry) < settings.characters:
        case.close(f"{told}, but so short a reference may be that of another one.")
        return True
    return False


def _closed(told: str, before: Told) -> Decision:
    return Decision(
        "told_before", f"{told}: it is not booked again.", "closed", evidence={"case": before.case}
    )


def _counts(each: Told, arrival: str) -> bool:
    """Whether it came before; of what came later and waits itself, nothing can be said to be a repetition."""
    return each.arrival != arrival and (each.arrival < arrival or each.is_decided)


def _is_account(each: Told, case: Case) -> bool:
    """Whether it is of the same account, however that is spelt: an IBAN, or the number of its own country."""
    account = case.transaction.get("account")
    if each.account is None or account is None or each.account == account:
        return each.account == account
    return accounts.may_be_one(accounts.compact(each.account), accounts.compact(account))


def _may_be(each: Told, case: Case) -> bool:
    """Whether nothing tells that it is another movement of the same entry."""
    payer, end_to_end = case.payer.get("account"), case.transaction.get("end_to_end_id")
    return (
        _is_account(each, case)
        and (not each.payer or not payer or each.payer == references.compact(payer))
        and (not each.end_to_end or not end_to_end or each.end_to_end == end_to_end)
    )
