"""Ledger accounts that a site knows, so that a slip of the finger books nothing to an account that there is not."""

from __future__ import annotations

from collections.abc import Iterator

from exchange.declare.problems import did_you_mean
from exchange.errors import UnknownNameError, UseError
from exchange.ledger import match_acts
from exchange.mapping.tables import Table
from exchange.operations.installation import Installation
from exchange.reconcile.rulebook import Rulebook

CHART = "accounts"
"""The table of a site that names all accounts of its books."""
OF_BANKS = "bank-accounts"
"""The table of a site that names the ledger account of each of its accounts at banks."""


def expect_account(opened: Installation, rules: Rulebook, account: str, *, is_new: bool) -> None:
    """UnknownNameError where the site does not know an account. With a chart of accounts that is one which does not stand there;
    without one, an account that nothing declared names and nothing was booked to so far, unless it is said to be new.
    """
    chart = opened.site.library.tables().get(CHART)
    declared = {*_declared(opened), *rules.ledger_accounts()}
    if chart is not None:
        known = declared | {key[0] for key in chart.rows}
        if account not in known:
            advice = (
                f"{did_you_mean(account, known)} A new one belongs into the table `{CHART}` ({chart.file})."
            )
            raise UnknownNameError(f"Account {account} is not in the chart of accounts.", advice=advice)
        return
    if is_new or account in declared:
        return
    with opened.ledger.read() as connection:
        if match_acts.is_account(connection, account):
            return
        known = declared | match_acts.ledger_accounts(connection)
    raise UnknownNameError(
        f"Account {account} is not known here: nothing was booked to it so far, and nothing declared names it.",
        advice=f"{did_you_mean(account, known)} If it is right, say so with --new-account.",
    )


def expect_other_than_banks(opened: Installation, account: str, bank_account: str | None) -> None:
    """UseError where an account is the one on which the movement itself stands: nothing would be booked."""
    table = opened.site.library.tables().get(OF_BANKS)
    rows = table.rows.get((bank_account or "",), ()) if table else ()
    own = {row.cells.get("account") for row in rows} or {opened.site.declared.values.get("bank_account")}
    if account in own:
        raise UseError(
            f"Account {account} is the bank's own one, on which this movement stands: a voucher from it to itself books nothing.",
            advice="Name the account of what it was for; where it is booked elsewhere already, `exchange reconcile close`.",
        )


def _declared(opened: Installation) -> Iterator[str]:
    """The accounts that the site's values and its own tables of accounts name."""
    for name, value in opened.site.declared.values.items():
        if name.endswith("_account"):
            yield value
    tables = opened.site.library.tables()
    for entry in opened.site.library.catalogue.entries(("table",)):
        if not entry.packaged and entry.name.endswith("-accounts"):
            yield from _cells(tables.get(entry.name))


def _cells(table: Table | None) -> list[str]:
    """What of a table may be an account: numbers that are no keys."""
    if table is None:
        return []
    cells = (row.cells.get(column) for rows in table.rows.values() for row in rows for column in table.values)
    return [cell for cell in cells if cell and cell.isdecimal()]
