"""Money that comes back: an earlier payment of ours, or a receipt that the bank takes away again. The items that it had
paid are open again, whether an earlier file had paid them or this very one; what this file has besides may pay them anew. What a
person had matched only a person takes back; of what a person has closed or booked no rule decides about the opposite. Without
the earlier match in our books a person decides; nothing else ever looks at a return.
"""

from __future__ import annotations

from collections.abc import Sequence

from exchange.declare.declared import Declared
from exchange.past import Earlier
from exchange.reconcile.book import Book
from exchange.reconcile.case import Case, Decision, Posting, Reopened
from exchange.reconcile.items import Side

ORDER = 10
EARLY = True
BACK = True
ACCOUNTS = ()


class Settings(Declared):
    """Nothing can be set."""


def decide(case: Case, book: Book, settings: Settings) -> Decision | None:
    """The items of the one earlier match with the same id and amount, open again."""
    told = _told(case)
    if told is None:
        _leave_undone(case, book)
        return None
    known = book.came(case)
    if len(known) == 1 and known[0].decided_by is None:
        book.taken_back.add(known[0].id)
        return _taken_back(known[0], told)
    case.is_return = True
    case.close(f"{told}{_why_not(known)}")
    return None


def _leave_undone(case: Case, book: Book) -> None:
    """A movement of which a person has closed or booked the return pays nothing any more, whatever invoices come."""
    other = book.undone(case)
    if other is not None:
        case.is_undone = True
        case.close(
            f"The opposite of it, {case.money(-case.units)} with the same id, was {other.what} by {other.person} (case {other.case}):"
            " the money may have gone back. No rule decides about the one without the other."
        )


def _told(case: Case) -> str | None:
    """Why this is a return, in a sentence."""
    transaction = case.transaction
    if transaction.get("returned_reason"):
        return f"It is a return ({transaction['returned_reason']}): an earlier payment came back."
    if transaction.get("reversal"):
        return "It takes back an earlier entry."
    return "By the bank's code it is a return." if transaction.get("event") == "return" else None


def _why_not(known: Sequence[Earlier]) -> str:
    """Why a person must decide about a return."""
    if len(known) > 1:
        return f" {len(known)} earlier payments fit equally well."
    if not known:
        return ""
    paid = ", ".join(each.number for each in known[0].closed)
    return (
        f" It had paid {paid} (case {known[0].id}) by a decision of {known[0].decided_by}, which only a person takes back:"
        f" unmatch {known[0].id}, which books it back, and close this one."
    )


def _taken_back(earlier: Earlier, told: str) -> Decision:
    side: Side = "receivable" if earlier.side == "receivable" else "payable"
    numbers = ", ".join(each.number for each in earlier.closed)
    reopened = [Reopened.of(each, side) for each in earlier.closed]
    postings = [Posting(kind, account, -units) for kind, account, units in earlier.postings]
    reason = f"{told} It had paid {numbers} (case {earlier.id}); that is open again."
    evidence = {"case": earlier.id}
    return Decision("returns", reason, "matched", (), postings, reopened, evidence)
