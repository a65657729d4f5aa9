"""exchange run: the engine, or everything that waits and stop."""

from __future__ import annotations

from pathlib import Path

import click

from exchange.cli._face import HELD, json_option, print_json, print_table, site_option


@click.command(short_help="Keep all flows in motion, or do everything that waits and stop.")
@site_option
@json_option
@click.option("--once", is_flag=True, help="Do everything that waits, then stop.")
@click.pass_context
def command(ctx: click.Context, site: Path, as_json: bool, once: bool) -> None:
    """Keep all flows in motion until stopped (Ctrl-C or SIGTERM: after the step under way).

    With --once: take, check, map and deliver everything that waits, then stop. Exit code 3 when something is held.
    """
    from exchange.operations import asking, running

    report = running.run(site, once=once)
    state = asking.status(site)
    rounds = {
        name: {"taken": r.taken, "read": r.read, "sent": r.sent, "closed": r.closed}
        for name, r in report.rounds.items()
    }
    if as_json:
        print_json(
            {
                "flows": rounds,
                "troubles": report.troubles,
                "held": len(state.held),
                "approval": len(state.awaited),
                "late": sum(each.count for each in state.late),
            }
        )
    else:
        moved = [(name, *counts.values()) for name, counts in rounds.items() if any(counts.values())]
        print_table("", ("Flow", "Taken", "Read", "Sent", "Done"), moved, empty="nothing moved")
        for name, reasons in report.troubles.items():
            for reason in reasons:
                click.echo(f"{name}: {reason}", err=True)
        if state.stuck:
            click.echo(f"{len(state.stuck)} cannot be taken: see `exchange status`.")
        if waits := sum(state.waiting.values()) - sum(row.disposition == "waiting" for row in state.stuck):
            click.echo(
                f"{waits} still {'waits' if waits == 1 else 'wait'} at the source: see `exchange seen`."
            )
        if state.held:
            click.echo(f"{len(state.held)} held: see `exchange status`.")
        if state.awaited:
            click.echo(f"{len(state.awaited)} waiting for approval: see `exchange status`.")
        if state.stalled:
            click.echo(f"{len(state.stalled)} cannot be delivered yet: see `exchange status`.")
        if state.late:
            click.echo(f"Late payments: {sum(each.count for each in state.late)}, see `exchange status`.")
    ctx.exit(HELD if state.is_red or report.troubles else 0)
