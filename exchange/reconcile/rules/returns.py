"""Money that comes back: an earlier payment of ours, or a receipt that the bank takes away again. The items that it had
paid are open again. Without the earlier match in our books a person decides; nothing else ever looks at a return.
"""

from __future__ import annotations

from exchange.declare.declared import Declared
from exchange.past import Earlier
from exchange.reconcile.book import Book
from exchange.reconcile.case import Case, Decision, Posting, Reopened
from exchange.reconcile.items import Side

ORDER = 10
EARLY = True
ACCOUNTS = ()


class Settings(Declared):
    """Nothing can be set."""


def decide(case: Case, book: Book, settings: Settings) -> Decision | None:
    """The items of the one earlier match with the same id and amount, open again."""
    told = _told(case)
    if told is None:
        return None
    names = [case.transaction.get(name) for name in ("end_to_end_id", "instruction_id", "entry_ref")]
    known = book.past.paid([name for name in names if name], -case.units, case.currency)
    if len(known) == 1:
        return _taken_back(known[0], told)
    more = "" if not known else f" {len(known)} earlier payments fit equally well."
    case.close(f"{told}{more}")
    return None


def _told(case: Case) -> str | None:
    """Why this is a return, in a sentence."""
    transaction = case.transaction
    if transaction.get("returned_reason"):
        return f"It is a return ({transaction['returned_reason']}): an earlier payment came back."
    if transaction.get("reversal"):
        return "It takes back an earlier entry."
    return "By the bank's code it is a return." if transaction.get("event") == "return" else None


def _taken_back(earlier: Earlier, told: str) -> Decision:
    side: Side = "receivable" if earlier.side == "receivable" else "payable"
    numbers = ", ".join(each.number for each in earlier.closed)
    reopened = [Reopened.of(each, side) for each in earlier.closed]
    postings = [Posting(kind, account, -units) for kind, account, units in earlier.postings]
    reason = f"{told} It had paid {numbers} (case {earlier.id}); that is open again."
    evidence = {"case": earlier.id}
    return Decision("returns", reason, "matched", (), postings, reopened, evidence)
