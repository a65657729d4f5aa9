"""What a person decides about a movement: which open items it paid, or to which account it belongs; and its taking back."""

from __future__ import annotations

from collections.abc import Sequence

from exchange.outcome import MatchedItem
from exchange.reconcile.book import Book
from exchange.reconcile.case import Allocation, Case, Decision, Outcome, Posting
from exchange.reconcile.items import Item, OpenItems, Side

RULE = "person"


class NotPossible(Exception):
    """Why a decision cannot be entered, and what to do."""

    def __init__(self, message: str, advice: str = "") -> None:
        self.advice = advice
        super().__init__(message)


def payment(case: Case, book: Book, numbers: Sequence[str], difference: str | None) -> Decision:
    """The movement paid these open items, in this order. Less money than is open: the last one stays open in part; more: a
    credit on account; or the difference is booked where it is said. Raises NotPossible.
    """
    given_back = _given_back(case, book, numbers)
    items = given_back or [_item(case, book, number) for number in numbers]
    if len({item.place for item in items}) < len(items):
        raise NotPossible("The same open item is named twice.")
    total = sum(item.left for item in items)
    if not given_back and total <= 0:
        moved = "came in" if case.side == "receivable" else "went out"
        raise NotPossible(
            f"What is named comes to {case.money(total)}; money that {moved} pays invoices.",
            "Name the invoices that it paid, and of credit notes less than these; or book it with `exchange reconcile book`.",
        )
    rest = case.paid - abs(total)
    if given_back and rest:
        raise NotPossible(
            f"Of the credit notes {case.money(abs(total))} are open, and {case.money(case.paid)} moved.",
            "Name those that come to just this amount.",
        )
    if rest == 0:
        return _decision(case, [Allocation(item, item.left, item.left) for item in items])
    if difference is None and rest < 0:
        return _decision(case, _in_part(case, items, rest))
    account = _account(book, difference or "credit", rest)
    booked = -rest if case.side == "receivable" else rest
    kind = difference if difference in book.accounts else "credit" if difference is None else "difference"
    posting = Posting(str(kind), account, booked, items[-1].record["number"])
    return _decision(case, _closed(items, max(-rest, 0)), [posting])


def booking(case: Case, account: str) -> Decision:
    """The movement belongs to a ledger account."""
    posting = Posting("booking", account, -case.units, case.text or None)
    return Decision(RULE, "A person has decided.", "booked", (), [posting])


def taken_back(
    items: Sequence[MatchedItem],
    postings: Sequence[tuple[str, str, int]],
    side: str | None,
    book: Book,
) -> Decision:
    """The opposite of what was decided."""
    of: Side = "payable" if side == "payable" else "receivable"
    reopened = [book.reopened(each, of) for each in items]
    booked_back = [Posting(kind, account, -units) for kind, account, units in postings]
    outcome: Outcome = "matched" if items else "booked"
    return Decision(RULE, "A person has taken it back.", outcome, (), booked_back, reopened)


def _decision(case: Case, paid: Sequence[Allocation], postings: Sequence[Posting] = ()) -> Decision:
    return Decision(RULE, "A person has decided.", "matched", paid, postings)


def _given_back(case: Case, book: Book, numbers: Sequence[str]) -> list[Item]:
    """The credit notes of the other ledger that the movement pays out, where all that are named are such: money that goes out
    to a customer, or comes in from a supplier.
    """
    other = book.sides.get("payable" if case.side == "receivable" else "receivable")
    if other is None or any(_named(case, book.of(case), number) for number in numbers):
        return []
    found = [_named(case, other, number) for number in numbers]
    items = [each[0] for each in found if len(each) == 1 and each[0].left < 0]
    return items if len(items) == len(numbers) else []


def _named(case: Case, open_items: OpenItems | None, number: str) -> list[Item]:
    """What is open under a number in the currency of the movement."""
    found = [] if open_items is None else open_items.of_number(number)
    return [item for item in found if item.left and item.record["currency"] == case.currency]


def _item(case: Case, book: Book, number: str) -> Item:
    open_items = book.of(case)
    if open_items is None:
        if not case.units:
            raise NotPossible("An amount of nought pays no open item.", "Close the case.")
        raise NotPossible(
            f"The flow is matched against no {case.side}s, which this movement could pay.",
            "Name the flow of their list under `against`, or book the movement to an account.",
        )
    named = open_items.of_number(number)
    found = _named(case, open_items, number)
    if len(found) == 1:
        return found[0]
    if found:
        raise NotPossible(
            f"Open item {number} stands in the list {len(found)} times.", "Correct the list of open items."
        )
    if named:
        raise NotPossible(
            f"Invoice {number} has nothing open in {case.currency} any more.",
            "See `exchange reconcile --all`.",
        )
    raise NotPossible(
        f"There is no open item {number}.", "Check the number, or deliver a newer list of open items."
    )


def _in_part(case: Case, items: Sequence[Item], rest: int) -> list[Allocation]:
    """The last item takes what is left of the money."""
    last = items[-1]
    if last.left <= 0 or last.left + rest <= 0:
        named = "the invoices named" if len(items) > 1 else "the invoice"
        raise NotPossible(
            f"{case.money(case.paid)} do not reach the last of {named}: {case.money(-rest)} are missing.",
            "Leave the last one out, or say where the difference is booked, with --difference.",
        )
    paid = [Allocation(item, item.left, item.left) for item in items[:-1]]
    return [*paid, Allocation(last, last.left + rest, last.left + rest)]


def _closed(items: Sequence[Item], missing: int) -> list[Allocation]:
    """All of them are closed; what is missing of the money is missing from the last ones, of none more than is open."""
    paid = []
    for item in reversed(items):
        less = min(missing, max(item.left, 0))
        missing -= less
        paid.append(Allocation(item, item.left - less, item.left))
    return paid[::-1]


def _account(book: Book, difference: str, rest: int) -> str:
    """The account of a difference: by what it is (discount, rounding, credit), or as it is named."""
    if difference in book.accounts:
        return book.accounts[difference]
    if difference.isalpha():
        raise NotPossible(
            f"The rules name no account for {difference}.",
            f"Add `{difference}: NUMBER` under `accounts`, or name the account with --difference NUMBER.",
        )
    return difference
