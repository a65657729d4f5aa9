"""exchange status: one screen, green or red."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from exchange.cli._face import HELD, console, json_option, print_json, print_table, site_option
from exchange.wording import counted

if TYPE_CHECKING:
    from exchange.operations.asking import Standing

STAGES = (
    "claimed",
    "read",
    "mapped",
    "written",
    "approved",
    "delivered",
    "done",
    "held",
    "rejected",
    "duplicate",
    "superseded",
)


@click.command(short_help="Where everything is: green, or what needs a person.")
@site_option
@json_option
@click.pass_context
def command(ctx: click.Context, site: Path, as_json: bool) -> None:
    """One screen: how many arrivals each flow has in each stage, what waits at the sources, what waits for approval
    and how much is missing, of which payments the bank has not spoken in time, what is held and why.

    GREEN: no file and no payment needs a person; movements of bank accounts that are open are told, and stay green.
    YELLOW: something waits for approval, payments are late, or something cannot be
    delivered and is tried again. RED: something is held, stopped or failing.
    Exit code 3 unless it is green.
    """
    from exchange.operations import asking, watching

    state = asking.status(site)
    if as_json:
        print_json(
            {
                "site": state.site,
                "green": state.is_green,
                "flows": state.stages,
                "waiting": state.waiting,
                "approval": [
                    asking.awaited_as_dict(each) | {"blocked": state.blocked.get(each.arrival.id)}
                    for each in state.awaited
                ],
                "open_cases": state.cases,
                "late": [watching.as_dict(each) for each in state.late],
                "held": [asking.as_dict(row) for row in state.held],
                "deliveries": [asking.as_dict(row) for row in state.open_deliveries],
                "stops": state.stops,
                "troubles": state.troubles,
                "broken": state.broken,
                "stuck": [asking.as_dict(row) for row in state.stuck],
            }
        )
    else:
        _show(state)
    ctx.exit(0 if state.is_green else HELD)


def _show(state: object) -> None:
    from rich.text import Text

    from exchange.operations.asking import Status

    assert isinstance(state, Status)
    if state.is_red:
        light = Text("RED  something needs a person", style="bold red")
    elif not state.is_green:
        why = (
            "something waits for approval" * bool(state.awaited),
            "payments are late" * bool(state.late),
            "something cannot be delivered" * bool(state.stalled),
        )
        light = Text(f"YELLOW  {' and '.join(filter(None, why))}", style="bold yellow")
    else:
        said = "no file and no payment needs a person" if state.cases else "nothing needs a person"
        light = Text(f"GREEN  {said}", style="bold green")
    console().print(Text(f"{state.site}: ").append_text(light))
    used = [stage for stage in STAGES if any(stage in counts for counts in state.stages.values())]
    rows = [
        (flow, state.waiting.get(flow, ""), *(counts.get(stage, "") for stage in used))
        for flow, counts in sorted(state.stages.items())
    ]
    print_table("Flows", ("Flow", "waiting", *used), rows, empty="no flow is declared")
    _show_awaited(state.awaited, state.blocked)
    for late in state.late:
        console().print(Text(f"{late.flow}: {late.sentence}", style="yellow"))
    if state.late:
        console().print("See them with `exchange payments --late`.")
    for name, number in state.cases.items():
        told = f"{name}: {counted(number, 'movement')} of bank accounts that nobody has decided about: `exchange reconcile`."
        console().print(Text(told))
    if state.held:
        held = [(row.id[-8:], row.flow, row.name, row.reason) for row in state.held]
        print_table("Held", ("Arrival", "Flow", "File", "Why"), held)
        console().print("See one with `exchange show ID`; then repair, retry, release or reject it.")
    if state.stuck:
        rows = [(row.flow, row.name, row.why) for row in state.stuck]
        print_table("Files that cannot be taken", ("Flow", "File", "Why"), rows)
    stuck = [(d.id[-8:], d.flow, d.name, d.stage, d.reason or "") for d in state.open_deliveries]
    if stuck:
        print_table("Deliveries under way or held", ("Delivery", "Flow", "File", "Stage", "Why"), stuck)
    for name in state.stops:
        console().print(f"The engine does not work until a person lifts it: exchange lift {name} --because …")
    for name, mistake in state.broken.items():
        console().print(Text(f"{name}: the flow cannot run, and no other is started: {mistake}", style="red"))
    if state.broken:
        console().print("See all mistakes with `exchange check`.")
    for name, reason in {**state.stops, **state.troubles}.items():
        console().print(Text(f"{name}: {reason}", style="red"))


def _show_awaited(awaited: Sequence[Standing], blocked: Mapping[str, str]) -> None:
    """What waits for approval: what would be sent where, and who must still act, or why nobody can."""
    if not awaited:
        return
    rows = [
        (
            each.arrival.id[-8:],
            each.arrival.flow,
            each.arrival.name,
            _sent(each),
            f"Nobody can: {blocked[each.arrival.id]}" if each.arrival.id in blocked else _missing(each),
        )
        for each in awaited
    ]
    print_table("Waiting for approval", ("Arrival", "Flow", "File", "Would be sent", "Who must act"), rows)
    if len(blocked) < len(awaited):
        console().print(
            "Look at one with `exchange approve ID --show`; then approve it: exchange approve ID --because …"
        )


def _sent(each: Standing) -> str:
    """How many files, documents and amounts go where."""
    places = ", ".join(dict.fromkeys(row.target for row in each.deliveries))
    documents = sum(row.documents for row in each.deliveries)
    sums: dict[str, Decimal] = {}
    for row in each.deliveries:
        for by, amount in json.loads(row.totals).items():
            sums[by] = sums.get(by, Decimal(0)) + Decimal(amount)
    amounts = ", ".join(f"{amount} {by}" for by, amount in sums.items())
    files = len(each.deliveries)
    text = f"{counted(files, 'file')}, {counted(documents, 'document')} to {places}"
    return f"{text}: {amounts}" if amounts else text


def _missing(each: Standing) -> str:
    missing = each.arrival.approvals_needed - len(each.given)
    people = "one person" if missing == 1 else f"{missing} people"
    others = [*each.given, *(name for name in each.suppliers if name not in each.given)]
    return f"{people}, not {' or '.join(others)}" if others else people
