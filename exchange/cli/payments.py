"""exchange payments: every payment that leaves, how far it is, and its whole story."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from exchange.cli._face import console, json_option, print_facts, print_json, print_table, site_option

if TYPE_CHECKING:
    from exchange.operations.paying import Payments
    from exchange.operations.watching import Missing

STAGES = (
    "ordered",
    "approved",
    "sent",
    "received",
    "accepted",
    "rejected",
    "cancelled",
    "booked",
    "posted",
    "returned",
    "withdrawn",
)
DAY = click.DateTime(["%Y-%m-%d"])


@click.command(short_help="Payments: where each is, what is late, one payment's whole story.")
@click.argument("id", required=False)
@site_option
@json_option
@click.option(
    "--stage", "stages", type=click.Choice(STAGES), multiple=True, help="Only these; may be repeated."
)
@click.option("--flow", help="Only of this flow.")
@click.option("--account", help="Only from this account of the payer.")
@click.option("--payee", help="Only to this payee: a part of the name, or the account.")
@click.option("--from", "since", type=DAY, help="Only to be carried out on this day or later.")
@click.option("--to", "until", type=DAY, help="Only to be carried out on this day or earlier.")
@click.option("--min", "least", help="Only of this amount or more.")
@click.option("--max", "most", help="Only of this amount or less.")
@click.option(
    "--late", is_flag=True, help="Only those of which the bank should have spoken by now (`expect`)."
)
@click.option("--limit", default=200, show_default=True, help="At most so many, the newest first.")
def command(id: str | None, site: Path, as_json: bool, late: bool, limit: int, **chosen: Any) -> None:
    """Every payment that leaves with a payment file, how far it is, what the bank owes, and sums by stage and currency.

    ID shows one payment's whole story: its number (P17), its id at the source, or an id of the payment file.
    """
    from exchange.operations import paying

    if id is not None:
        _story(site, id, as_json)
        return
    wanted = paying.wanted(**chosen)
    found = paying.payments(site, wanted, limit, late=late)
    if as_json:
        print_json(
            {
                "payments": [paying.as_dict(each, found.missing(each)) for each in found.payments],
                "count": found.count,
                "sums": [
                    {
                        "stage": each.stage,
                        "currency": each.currency,
                        "count": each.count,
                        "amount": each.amount,
                    }
                    for each in found.sums
                ],
            }
        )
    else:
        _show(found)


def _show(found: Payments) -> None:
    rows = [
        (
            p.id,
            p.stage,
            p.execution_date,
            p.amount,
            p.currency,
            p.payee,
            p.key,
            p.flow,
            _why(p.reason, found.missing(p)),
        )
        for p in found.payments
    ]
    columns = ("Payment", "Stage", "Day", "Amount", "", "Payee", "Id", "Flow", "Why")
    print_table("Payments", columns, rows, empty="none")
    if found.count > len(rows):
        console().print(f"{len(rows)} of {found.count} payments are shown.")
    sums = [(each.stage, each.count, each.amount, each.currency) for each in found.sums]
    if sums:
        print_table("Sums", ("Stage", "Payments", "Amount", ""), sums)


def _why(reason: str | None, missing: Missing | None) -> str:
    """Why the bank refused a payment, and what it owes of it."""
    if missing is None:
        return reason or ""
    if missing.since is None:
        owes = f"{' and '.join(missing.what)} cannot be watched: no calendar"
    else:
        owes = f"no {' and no '.join(missing.what)} since {missing.since}"
    return f"{owes}; {reason}" if reason else owes


def _story(site: Path, text: str, as_json: bool) -> None:
    from exchange.operations import asking, paying

    story, missing, zone = paying.story(site, text)
    payment = story.payment
    if as_json:
        print_json(
            {
                "payment": paying.as_dict(payment, missing),
                "answers": [paying.told_as_dict(each) for each in story.answers],
                "events": [asking.as_dict(event) for event in story.events],
            }
        )
        return
    print_facts(
        {
            "Payment": payment.id,
            "Stage": payment.stage,
            "Why": _why(payment.reason, missing) or None,
            "Amount": f"{payment.amount} {payment.currency}",
            "Day": payment.execution_date,
            "From": payment.account,
            "To": ", ".join(filter(None, (payment.payee, payment.payee_account))),
            "Reference": payment.reference,
            "Invoices": payment.invoices,
            "Text": payment.text,
            "Id at the source": payment.key,
            "End-to-end id": payment.end_to_end_id,
            "Instruction id": payment.instruction_id,
            "Batch": payment.payment_info_id,
            "Message": payment.message_id,
            "File": f"{payment.file} to {payment.target}",
            "Came with": f"{story.arrival.name}, line {payment.line}" if payment.line else story.arrival.name,
            "Arrival": payment.arrival,
        }
    )
    told = [
        (
            asking.moment(each.at, zone),
            each.kind,
            each.status or each.verdict,
            each.reason or "",
            each.day,
            each.file,
        )
        for each in story.answers
    ]
    if told:
        print_table("What the bank told", ("When", "", "Status", "Why", "Day", "File"), told)
    events = [(asking.moment(e.at, zone), e.actor, e.what, e.because or "") for e in story.events]
    print_table("Events", ("When", "Who", "What", "Because"), events)
