"""exchange reconcile: what bank transactions paid, what is open, and what people decide about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from exchange.cli._face import because_option, json_option, print_facts, print_json, print_table, site_option

if TYPE_CHECKING:
    from exchange.operations.reconciling import Case, Learned, RuleRecord

OPEN = "unmatched"
new_account_option = click.option(
    "--new-account",
    "is_new",
    is_flag=True,
    help="The account is right, though nothing was booked to it so far.",
)


@click.group(
    invoke_without_command=True,
    short_help="Bank transactions that wait for a person, and what is decided about them.",
)
@site_option
@json_option
@click.option("--flow", help="Only of this flow.")
@click.option("--all", "show_all", is_flag=True, help="Also what is decided.")
@click.option("--limit", default=200, show_default=True, help="At most so many.")
@click.pass_context
def command(
    ctx: click.Context, site: Path, as_json: bool, flow: str | None, show_all: bool, limit: int
) -> None:
    """Without a command: the bank transactions that no rule decided, each with the reason and what is proposed.

    A case is called by the end of its arrival's identifier and the number of the transaction in the file: 7DYKVHBG-12.
    """
    if ctx.invoked_subcommand is not None:
        return
    from exchange.operations import reconciling

    rows = reconciling.cases(site, flow=flow, decision=None if show_all else OPEN, limit=limit)
    counts = reconciling.counts(site)
    if as_json:
        counted = [
            {"flow": name, "decision": decision, "count": number}
            for (name, decision), number in counts.items()
            if flow in (None, name)
        ]
        print_json({"counts": counted, "cases": [as_dict(row) for row in rows]})
        return
    for (name, decision), number in counts.items():
        if flow in (None, name):
            click.echo(f"{name}: {number} {decision}")
    columns = ("Case", "Booked", "Amount", "Payer", "Why" if not show_all else "Decision", "Proposed")
    print_table("", columns, map(_row, rows), empty="no case is open")


@command.command("show")
@click.argument("case")
@site_option
@json_option
def show(case: str, site: Path, as_json: bool) -> None:
    """Everything about CASE: what was decided, by whom or by which rule, on what evidence, and what is proposed."""
    from exchange.operations import reconciling

    known = reconciling.case(site, case)
    told = reconciling.words(site, case)
    if as_json:
        print_json(as_dict(known) | {"told": told})
        return
    evidence = ", ".join(f"{name} {_plain(value)}" for name, value in known.evidence.items())
    print_facts(
        {
            "Case": known.id, "Flow": known.flow, "Booked": known.booked, "Amount": _amount(known),
            "Payer": told.get("name", known.payer_name), "Payer's account": known.payer,
            "Reference": told.get("reference", ""), "Text": told.get("text", ""), "Bank's reference": known.entry,
            "Decision": known.decision, "Rule": known.rule, "Decided by": known.decided_by, "Why": known.reason,
            "Evidence": evidence, "Suspense account": known.suspense,
        }
    )  # fmt: skip
    from exchange.reconcile import money

    print_table(
        "Paid",
        ("Item", "Party", "Paid", "Closed"),
        [
            (each.number, f"{each.party} {each.name}".strip(), money.major(each.used, known.currency), money.major(each.closed, known.currency))
            for each in known.items
        ],
    )  # fmt: skip
    proposals = [(each["rule"], each["items"] or each["account"], each["reason"]) for each in known.proposals]
    print_table("Proposed", ("Rule", "What", "Why"), proposals)


@command.command("match")
@click.argument("case")
@click.argument("items", nargs=-1, required=True)
@site_option
@json_option
@because_option
@click.option("--difference", help="Where a difference is booked: discount, rounding, credit, or an account.")
@new_account_option
def match(
    case: str,
    items: tuple[str, ...],
    site: Path,
    as_json: bool,
    because: str,
    difference: str | None,
    is_new: bool,
) -> None:
    """CASE paid the open ITEMS (numbers of invoices and credit notes), in this order.

    Less money than is open: the last one stays open in part. More: a credit on account. With --difference the items are
    closed and the difference is booked. Voucher and tick-off go their way at the engine's next round.
    """
    from exchange.operations import reconciling

    _print(reconciling.match(site, case, items, because, difference, is_new=is_new), as_json)


@command.command("book")
@click.argument("case")
@click.argument("account")
@site_option
@json_option
@because_option
@new_account_option
def book(case: str, account: str, site: Path, as_json: bool, because: str, is_new: bool) -> None:
    """CASE pays no open item: it belongs to the ledger ACCOUNT.

    Where the site has a table `accounts`, the account must stand there. Otherwise it is known when something declared names it or
    something was booked to it before.
    """
    from exchange.operations import reconciling

    _print(reconciling.book(site, case, account, because, is_new=is_new), as_json)


@command.command("unmatch")
@click.argument("case")
@site_option
@json_option
@because_option
def unmatch(case: str, site: Path, as_json: bool, because: str) -> None:
    """What was decided about CASE was wrong: its items are open again and what was booked is booked back.

    No rule decides about it again; a person does.
    """
    from exchange.operations import reconciling

    _print(reconciling.unmatch(site, case, because), as_json)


@command.command("close")
@click.argument("case")
@site_option
@json_option
@because_option
def close(case: str, site: Path, as_json: bool, because: str) -> None:
    """CASE was settled elsewhere: nothing is made of it, and nobody need look at it again."""
    from exchange.operations import reconciling

    _print(reconciling.close(site, case, because), as_json)


@command.command("again")
@site_option
@json_option
@click.option("--flow", help="Only cases of this flow.")
def again(site: Path, as_json: bool, flow: str | None) -> None:
    """Let the rules look at the open cases once more.

    The engine does it by itself when a list of open items or a declaration is another one. What a person has decided or opened
    again stays as it is. Voucher and tick-off go their way at the engine's next round.
    """
    from exchange.operations import reconciling

    looked = reconciling.again(site, flow)
    if as_json:
        print_json([{"flow": each.flow, "cases": each.cases, "decided": each.decided} for each in looked])
        return
    for each in looked:
        click.echo(f"{each.flow}: {each.decided} of {each.cases} open cases decided.")
    if not looked:
        click.echo("No flow reconciles.")


@command.command("rules")
@site_option
@json_option
def rules(site: Path, as_json: bool) -> None:
    """How each rule has done on this site, and what its history has taught: payers' accounts, texts, and bookings by hand."""
    from exchange.operations import reconciling

    records, learned = reconciling.rules(site)
    if as_json:
        print_json(
            {"rules": [_record(each) for each in records], "learned": [_learned(each) for each in learned]}
        )
        return
    rows = [(each.flow, each.rule, each.decided, each.taken_back, each.precision) for each in records]
    print_table("Rules", ("Flow", "Rule", "Decided", "Taken back", "Precision"), rows)
    told = [
        (each.kind, each.shown, each.what, f"{each.times} of {each.total}", each.precision, _acts(each))
        for each in learned
    ]
    print_table(
        "Learned from confirmed matches",
        ("What", "Of", "Belongs to", "Times", "Precision", "Acts alone"),
        told,
    )


@command.command("suspense")
@site_option
@json_option
def suspense(site: Path, as_json: bool) -> None:
    """What stands on each suspense account: its balance in the books must be this sum, with the other sign.

    Cases that were closed were settled elsewhere: they stand there until they are booked from it by hand.
    """
    from exchange.operations import reconciling
    from exchange.reconcile import money

    rows = [
        {
            "account": each.account, "currency": each.currency, "decision": each.decision, "count": each.count,
            "amount": money.major(each.units, each.currency),
        }
        for each in reconciling.suspended(site)
    ]  # fmt: skip
    if as_json:
        print_json(rows)
        return
    print_table(
        "",
        ("Account", "Currency", "Cases", "Number", "Sum"),
        [(row["account"], row["currency"], row["decision"], row["count"], row["amount"]) for row in rows],
        empty="nothing stands on a suspense account",
    )


@command.command("statements")
@click.argument("account", required=False)
@site_option
@json_option
@click.option("--limit", default=200, show_default=True, help="At most so many.")
def statements(account: str | None, site: Path, as_json: bool, limit: int) -> None:
    """The statements that were taken, of one ACCOUNT or of all, the newest first. Gap: by how much a statement opens otherwise
    than the one before it closed, so that one between them is missing.
    """
    from exchange.operations import reconciling

    rows = reconciling.statements(site, account, limit)
    if as_json:
        print_json(rows)
        return
    columns = ("account", "day", "id", "sequence", "opening", "closing", "gap", "arrival")
    print_table(
        "", [name.capitalize() for name in columns], [[row[name] for name in columns] for row in rows]
    )


def as_dict(case: Case) -> dict[str, object]:
    """A case for `--json`: amounts as texts with all their decimals."""
    from dataclasses import asdict

    from exchange.reconcile import money

    told = asdict(case)
    del told["n"], told["units"]
    told["amount"] = money.major(case.units, case.currency)
    told["items"] = [
        {
            "number": each.number, "party": each.party or None, "name": each.name or None,
            "paid": money.major(each.used, case.currency), "closed": money.major(each.closed, case.currency),
        }
        for each in case.items
    ]  # fmt: skip
    told["postings"] = [
        {"kind": kind, "account": account, "amount": money.major(units, case.currency)}
        for kind, account, units in case.postings
    ]
    return told


def _row(case: Case) -> tuple[object, ...]:
    proposed = "; ".join(
        f"{each['items'] or each['account']} ({each['rule']})" for each in case.proposals[:3]
    )
    decided = case.reason if case.decision == OPEN else f"{case.decision}: {case.reason}"
    return case.id, case.booked, _amount(case), case.payer_name, decided, proposed


def _amount(case: Case) -> str:
    from exchange.reconcile import money

    return f"{money.major(case.units, case.currency)} {case.currency}"


def _record(each: RuleRecord) -> dict[str, object]:
    return {
        "flow": each.flow, "rule": each.rule, "decided": each.decided, "taken_back": each.taken_back,
        "precision": each.precision,
    }  # fmt: skip


def _plain(value: object) -> str:
    """A piece of evidence as people read it: of several, each with what belongs to it."""
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_plain(each)}" for name, each in value.items())
    return ", ".join(map(_plain, value)) if isinstance(value, list) else str(value)


def _learned(each: Learned) -> dict[str, object]:
    return {
        "kind": each.kind, "of": each.of, "what": each.what, "times": each.times, "total": each.total,
        "precision": each.precision, "acts": list(each.acts), "lacks": each.lacks,
    }  # fmt: skip


def _acts(each: Learned) -> str:
    return f"in {', '.join(each.acts)}" if each.acts else f"no: {each.lacks}"


def _print(case: Case, as_json: bool) -> None:
    if as_json:
        print_json(as_dict(case))
        return
    paid = ", ".join(each.number for each in case.items) or ", ".join(
        account for _, account, _ in case.postings
    )
    click.echo(f"Case {case.id} ({_amount(case)}) is now {case.decision}{': ' + paid if paid else ''}.")
    if case.decision != "closed":
        click.echo("What follows from it is made at the engine's next round.")
    elif case.suspense:
        click.echo(f"Its voucher stands on account {case.suspense}: book it from there.")
