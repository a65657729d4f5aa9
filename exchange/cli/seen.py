"""exchange seen: every file that ever appeared, and its one disposition."""

from __future__ import annotations

from pathlib import Path

import click

from exchange.cli._face import json_option, print_json, print_table, site_option

DISPOSITIONS = (
    "waiting",
    "ignored",
    "unreadable",
    "gone",
    "taken",
    "held",
    "rejected",
    "duplicate",
    "superseded",
)


@click.command(short_help="Every file ever seen, its one disposition, and why.")
@site_option
@json_option
@click.option("--flow", help="Only of this flow.")
@click.option("--disposition", type=click.Choice(DISPOSITIONS), help="Only files with this disposition.")
@click.option("--limit", default=200, show_default=True, help="At most so many, the newest first.")
def command(site: Path, as_json: bool, flow: str | None, disposition: str | None, limit: int) -> None:
    """Every file that ever appeared at a source: taken, waiting for what, ignored by which rule, duplicate of, held."""
    from exchange.operations import asking

    rows = asking.seen(site, flow=flow, disposition=disposition, limit=limit)
    if as_json:
        print_json([asking.as_dict(row) for row in rows])
        return
    table = [(r.flow, r.name, r.disposition, (r.arrival or "")[-8:], r.stage or "", r.why) for r in rows]
    print_table(
        "Files seen",
        ("Flow", "File", "Disposition", "Arrival", "Stage", "Why"),
        table,
        empty="no file has been seen yet",
    )
