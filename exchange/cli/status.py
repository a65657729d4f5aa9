"""exchange status: one screen, green or red."""

from __future__ import annotations

from pathlib import Path

import click

from exchange.cli._face import HELD, console, json_option, print_json, print_table, site_option

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
    """One screen: how many arrivals each flow has in each stage, what waits at the sources, what is held and why."""
    from exchange.operations import asking

    state = asking.status(site)
    if as_json:
        print_json(
            {
                "site": state.site,
                "green": state.is_green,
                "flows": state.stages,
                "waiting": state.waiting,
                "held": [asking.as_dict(row) for row in state.held],
                "deliveries": [asking.as_dict(row) for row in state.open_deliveries],
                "stops": state.stops,
                "troubles": state.troubles,
            }
        )
    else:
        _show(state)
    ctx.exit(0 if state.is_green else HELD)


def _show(state: object) -> None:
    from rich.text import Text

    from exchange.operations.asking import Status

    assert isinstance(state, Status)
    light = (
        Text("GREEN  nothing needs a person", style="bold green")
        if state.is_green
        else Text("RED  something needs a person", style="bold red")
    )
    console().print(Text(f"{state.site}: ").append_text(light))
    used = [stage for stage in STAGES if any(stage in counts for counts in state.stages.values())]
    rows = [
        (flow, state.waiting.get(flow, ""), *(counts.get(stage, "") for stage in used))
        for flow, counts in sorted(state.stages.items())
    ]
    print_table("Flows", ("Flow", "waiting", *used), rows, empty="no flow is declared")
    if state.held:
        held = [(row.id[-8:], row.flow, row.name, row.reason) for row in state.held]
        print_table("Held", ("Arrival", "Flow", "File", "Why"), held)
        console().print("See one with `exchange show ID`; then repair, retry, release or reject it.")
    stuck = [(d.id[-8:], d.flow, d.name, d.stage, d.reason or "") for d in state.open_deliveries]
    if stuck:
        print_table("Deliveries under way or held", ("Delivery", "Flow", "File", "Stage", "Why"), stuck)
    for name in state.stops:
        console().print(f"The engine does not work until a person lifts it: exchange lift {name} --because …")
    for name, reason in {**state.stops, **state.troubles}.items():
        console().print(Text(f"{name}: {reason}", style="red"))
