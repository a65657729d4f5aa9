"""Whether the vouchers of an export make its balances: opening + vouchers = closing, and the result of the year.

A file that is cut off between two vouchers is right line by line; only its balances know that vouchers are missing. Real
exports of a part of the vouchers, or of books that were repaired by hand, differ as well: the difference is told, not refused.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal

from exchange.findings import Found, code
from exchange.model import LINE, Record

SHOWN = 3
"""So many accounts are named."""
NOT_ALL_THERE = code(
    "SIE038",
    "warning",
    "The vouchers do not make the balances of {value} ({examples}); {last}.",
    advice="The end of the file may be missing, or only a part of the vouchers was exported. Compare their number with the "
    "sending program.",
)


class Agreement:
    """Adds up one file: the balances of the current year, and the vouchers that lie in it."""

    def __init__(self, file: Record) -> None:
        years = {year["year"]: year for year in file["fiscal_years"] or ()}
        current = years.get(0) or {}
        self._start, self._end = current.get("start"), current.get("end")
        self._balances: dict[str, dict[str, Decimal]] = {"IB": {}, "UB": {}, "RES": {}}
        self._moved: dict[str, Decimal] = defaultdict(Decimal)
        self._last = 0

    def balance(self, record: Mapping[str, object]) -> None:
        """A balance; those of other years, objects and periods say nothing of the vouchers."""
        known = self._balances.get(str(record["record"]))
        account, amount = record["account"], record["amount"]
        if known is not None and record["year"] == 0 and isinstance(amount, Decimal):
            known[str(account)] = amount

    def voucher(self, voucher: Record) -> None:
        """A voucher of the current year."""
        day = voucher["date"]
        if (self._start and day < self._start) or (self._end and day > self._end):
            return
        self._last = voucher[LINE]
        moved = self._moved
        for row in voucher["rows"]:
            moved[row["account"]] += row["amount"]

    def end(self, found: Found) -> None:
        """Tells the accounts that differ. Accounts without a closing balance or result are not known; they may be nought."""
        opening, closing, result = self._balances["IB"], self._balances["UB"], self._balances["RES"]
        wanted = {account: amount - opening.get(account, Decimal(0)) for account, amount in closing.items()}
        wanted |= {account: amount for account, amount in result.items() if account not in wanted}
        differing = {
            account: amount for account, amount in wanted.items() if amount != self._moved.get(account, 0)
        }
        if not differing:
            return
        value = f"{len(differing)} of {len(wanted)} accounts"
        examples = "; ".join(
            f"{account}: {amount} by the balances, {self._moved.get(account, 0)} by the vouchers"
            for account, amount in list(differing.items())[:SHOWN]
        )
        last = f"the last one stands on line {self._last}" if self._last else "there is none"
        found(NOT_ALL_THERE.at(line=self._last or None, value=value, examples=examples, last=last))
