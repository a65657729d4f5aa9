"""exchange check: all declared files, places, secrets and connections."""

from __future__ import annotations

from pathlib import Path

import click

from exchange.cli._face import json_option, print_json, print_table, site_option
from exchange.wording import counted


@click.command(short_help="Check all declared files, places, secrets and connections.")
@site_option
@json_option
@click.option("--offline", is_flag=True, help="Do not try to reach the places.")
@click.pass_context
def command(ctx: click.Context, site: Path, as_json: bool, offline: bool) -> None:
    """Check every declared file of the site and tell all problems at once; then try every place.

    Exit code 2 when a declaration is wrong, 3 when a place or a secret cannot be used.
    """
    from exchange.declare.problems import render
    from exchange.operations import checking

    result = checking.check(site, offline=offline)
    if as_json:
        print_json(
            {
                "problems": [problem.as_dict() for problem in result.problems],
                "places": [
                    {
                        "flow": p.flow,
                        "place": p.where,
                        "what": p.what,
                        "ok": p.ok,
                        "say": p.say,
                        "advice": p.advice,
                    }
                    for p in result.places
                ],
            }
        )
    elif result.problems:
        click.echo(render(result.problems), err=True)
    else:
        click.echo(
            f"{counted(result.files, 'declared file is', 'declared files are')} sound, {counted(result.flows, 'flow')} can run."
        )
        rows = [("ok" if p.ok else "FAILED", p.flow, p.where, p.say, p.advice) for p in result.places]
        if rows:
            print_table("Places", ("", "Flow", "Place", "What was tried", "Next step"), rows)
    ctx.exit(2 if result.problems else 0 if all(p.ok for p in result.places) else 3)
