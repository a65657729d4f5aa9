"""exchange approve: these very bytes may be sent."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from exchange.cli._decision import GOES_ON, print_decided
from exchange.cli._face import (
    console,
    json_option,
    passed_option,
    print_facts,
    print_json,
    print_table,
    site_option,
)
from exchange.wording import totals

if TYPE_CHECKING:
    from exchange.operations.approving import Payee, Shown

SHORT = 12
"""How many characters of a statement's hash are shown."""


@click.command("approve", short_help="These very bytes may be sent.")
@click.argument("id")
@site_option
@json_option
@click.option("--show", "only_show", is_flag=True, help="Only show what waits for approval.")
@click.option("--because", help="Why; kept in the ledger for ever.")
@click.option("--statement", default="", help="What you have seen: the statement that --show told.")
@passed_option
@click.option("--yes", is_flag=True, help="Do not ask on a terminal; needs --statement.")
def command(
    id: str,
    site: Path,
    as_json: bool,
    only_show: bool,
    because: str | None,
    statement: str,
    passed: str,
    yes: bool,
) -> None:
    """Approve that the very bytes that the arrival ID waits to send may be sent.

    On a terminal what is approved is shown, and you are asked. With --show nothing else happens; a script gives the statement
    that was shown there with --statement, because nobody approves what nobody has seen. Where a day of execution has passed, nothing is
    approved before you name that day, with --passed, or say yes to it on the terminal.
    """
    from exchange.operations import approving

    if only_show:
        shown = approving.look(site, id)
        print_json(approving.as_dict(shown)) if as_json else _show(shown)
        return
    if because is None:
        raise click.UsageError("Say why, with --because; or look first, with --show.")
    if sys.stdin.isatty() and not (as_json or yes):
        shown = approving.look(site, id)
        _show(shown)
        click.confirm("Do you approve this?", abort=True)
        statement = statement or shown.standing.said
        if shown.passed and not passed:
            click.confirm(f"The day {shown.passed[0]} has passed. Approve it all the same?", abort=True)
            passed = shown.passed[0]
    if not statement:
        raise click.UsageError(
            f"Say what you have seen, with --statement: `exchange approve {id} --show` tells it. Only a terminal shows it and asks."
        )
    row = approving.approve(site, id, because, statement=statement, passed=passed)
    print_decided(
        row,
        as_json,
        GOES_ON if row.stage == "approved" else "It waits until another person approves it, too.",
    )


def _show(shown: Shown) -> None:
    now = shown.standing
    print_facts(
        {
            "Arrival": now.arrival.id,
            "Flow": now.arrival.flow,
            "File": now.arrival.name,
            "Approved by": ", ".join(now.given) or "nobody yet",
            "Still needed": now.arrival.approvals_needed - len(now.given),
            "Cannot approve": "; ".join(f"{name} has {did}" for name, did in now.suppliers.items()),
            "Nobody can": shown.blocked or "",
            "You today": ", ".join(f"{total} {currency}" for currency, total in shown.today.items()),
            "Statement": now.said[:SHORT],
        }
    )
    rows = [
        (each.target, each.name, each.documents, totals(each.totals), each.sha256[:SHORT])
        for each in now.deliveries
    ]
    lines = [
        (
            each.account or "not known",
            each.count or "not known",
            f"{each.total} {each.currency}",
            "not known" if each.largest is None else f"{each.largest} {each.currency}",
            " to ".join(sorted({day for day in (each.first_day, each.last_day) if day})),
        )
        for each in shown.orders.lines
    ]
    print_table("Would be paid", ("Account", "Payments", "Total", "Largest", "Due"), lines)
    _show_passed(shown)
    _show_strangers(shown)
    print_table("Would be sent", ("Place", "File", "Documents", "Totals", "SHA-256"), rows)


def _show_passed(shown: Shown) -> None:
    if shown.passed:
        days = f"{shown.passed[0]} to {shown.passed[-1]}" if len(shown.passed) > 1 else shown.passed[0]
        console().print(
            f"The day of execution of some of these payments has passed ({days}): most banks refuse them, some pay at once."
        )


def _show_strangers(shown: Shown) -> None:
    """Accounts of payees that are new, or that a payee of this name did not have: changed ones first."""
    told = [(each.name or "", each.account, _why_look(each)) for each in shown.strangers.first]
    more = shown.strangers.count - len(told)
    title = "New and changed accounts of payees" + (f", and {more} more" if more else "")
    if told:
        print_table(title, ("Payee", "Account", "Why look"), told)


def _why_look(payee: Payee) -> str:
    if not payee.before:
        return "new"
    whose = f"; this account was paid as {', '.join(payee.others)}" if payee.others else ""
    return f"CHANGED, before: {', '.join(payee.before)}{whose}"
