"""Money that comes back: an earlier payment of ours, or a receipt that the bank takes away again. The items that it had
paid are open again, whether an earlier file had paid them or this very one; what this file has besides may pay them anew. What a
person had matched only a person takes back; of what a person has closed or booked no rule decides about the opposite. Without
the earlier match in our books a person decides, and so does one where another movement fits as well, where the other party is
another one, or where the id is so short that it may be that of anything; nothing else ever looks at a return.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from exchange.declare.declared import Declared
from exchange.past import Earlier
from exchange.reconcile import references
from exchange.reconcile.book import Book, ids_of
from exchange.reconcile.case import Case, Decision, Posting
from exchange.reconcile.items import Side
from exchange.reconcile.names import alike

ORDER = 10
EARLY = True
BACK = True
ACCOUNTS = ()


class Settings(Declared):
    """How long an id must be that alone tells what came back."""

    characters: int = Field(
        6,
        ge=1,
        le=35,
        description="shorter references of the bank, and shorter ids of payers, may be numbers of a list: they need the same other party",
    )


def decide(case: Case, book: Book, settings: Settings) -> Decision | None:
    """The items of the one earlier match with the same id and amount, open again."""
    told = _told(case)
    if told is None:
        _leave_undone(case, book)
        return None
    came = book.came(case)
    known = [each for each in came if not _doubt(each, case, book, settings)]
    if len(known) == 1 and known[0].closed and known[0].decided_by is None:
        book.taken_back.add(known[0].id)
        return _taken_back(known[0], told, book)
    case.is_return = True
    case.close(f"{told}{_why_not(known) or _seeming(came, case, book, settings)}")
    return None


def _doubt(earlier: Earlier, case: Case, book: Book, settings: Settings) -> str | None:
    """Why an earlier movement with the same id and amount need not be the one that came back, in words."""
    same = _is_same_party(earlier, case)
    if same is False:
        return f"its other party is {earlier.payer_name or earlier.payer}"
    if same or book.is_here(earlier):  # one file numbers its entries once
        return None
    ours = case.transaction.get("end_to_end_id") if case.side == "receivable" else None  # we do not reuse ids
    shared = {name for name in (earlier.entry, earlier.end_to_end) if name in ids_of(case)}
    is_short = shared and not any(name == ours or len(name or "") >= settings.characters for name in shared)
    return "so short an id may be that of another one" if is_short else None


def _is_same_party(earlier: Earlier, case: Case) -> bool | None:
    """Whether the other party is the same by account, or else by name; None where one of them is not told."""
    account, name = case.payer.get("account"), case.payer.get("name")
    if account and earlier.payer:
        return references.compact(account) == earlier.payer
    if name and earlier.payer_name:
        return alike(name, earlier.payer_name)
    return None


def _seeming(came: Sequence[Earlier], case: Case, book: Book, settings: Settings) -> str:
    """What only seems to be what came back, and why it need not be."""
    seeming = [(each.id, _doubt(each, case, book, settings)) for each in came[:1]]
    return "".join(f" Case {id} has the same id and amount, but {doubt}." for id, doubt in seeming)


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
    if not known[0].closed:
        return (
            f" Nobody has decided yet what came back (case {known[0].id}); decide that first, or close both."
        )
    paid = ", ".join(each.number for each in known[0].closed)
    return (
        f" It had paid {paid} (case {known[0].id}) by a decision of {known[0].decided_by}, which only a person takes back:"
        f" unmatch {known[0].id}, which books it back, and close this one."
    )


def _taken_back(earlier: Earlier, told: str, book: Book) -> Decision:
    side: Side = "receivable" if earlier.side == "receivable" else "payable"
    numbers = ", ".join(each.number for each in earlier.closed)
    reopened = [book.reopened(each, side) for each in earlier.closed]
    postings = [Posting(kind, account, -units) for kind, account, units in earlier.postings]
    reason = f"{told} It had paid {numbers} (case {earlier.id}); that is open again."
    evidence = {"case": earlier.id}
    return Decision("returns", reason, "matched", (), postings, reopened, evidence)
