"""exchange findings: what is wrong."""

from __future__ import annotations

from pathlib import Path

import click

from exchange.cli._face import json_option, print_findings, print_json, site_option


@click.command(short_help="What was found wrong, where, and what to do.")
@click.argument("id", required=False)
@site_option
@json_option
@click.option("--flow", help="Only of this flow.")
@click.option("--limit", default=100, show_default=True, help="At most so many.")
def command(id: str | None, site: Path, as_json: bool, flow: str | None, limit: int) -> None:
    """What was found wrong in the arrival ID, in one flow, or everywhere; the newest arrivals first."""
    from itertools import groupby

    from exchange.operations import asking

    rows = asking.findings(site, arrival=id, flow=flow, limit=limit)
    if as_json:
        print_json([asking.as_dict(row) for row in rows])
        return
    if not rows:
        click.echo("Nothing was found wrong.")
    for arrival, found in groupby(rows, key=lambda row: row.arrival):
        click.echo(f"Arrival {arrival}")
        print_findings(asking.finding_of(row) for row in found)
