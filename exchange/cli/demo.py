"""exchange demo: the sample site, every flow once, and where to look."""

from __future__ import annotations

from pathlib import Path

import click

from exchange.cli._face import console, json_option, print_findings, print_json, print_table
from exchange.wording import totals


@click.command(short_help="Make the sample site, run every flow once, show what came and what went.")
@click.argument("dir", type=click.Path(file_okay=False, path_type=Path), default=Path("exchange-demo"))
@json_option
def command(dir: Path, as_json: bool) -> None:
    """Make the sample site in the folder DIR (new or empty) and run all its flows once.

    Shows what came, what went where, what is held and why, and the commands to go on with.
    """
    from exchange.operations import making

    made = making.demo(dir)
    if as_json:
        print_json(making.demo_as_dict(made))
        return
    from rich.text import Text

    out = console()
    out.print(
        Text(
            f"Made the sample site {dir}: a coffee roaster with two web shops, an old ERP and a bank.",
            style="bold",
        )
    )
    rows = [(a.flow, a.name, a.stage, (a.reason or "") if a.stage != "done" else "") for a in made.arrivals]
    print_table("\nWhat came", ("Flow", "File", "Stage", "Why"), rows)
    rows_out = [
        (d.flow, f"{d.target.removeprefix('folder:')}/{d.name}", d.documents, totals(d.totals))
        for d in made.deliveries
    ]
    print_table("\nWhat went", ("Flow", "Delivered file", "Records", "Totals"), rows_out)
    for arrival, findings in made.held:
        out.print(
            Text(f"\nHeld: {arrival.name} of {arrival.flow} (arrival {arrival.id[-8:]})", style="bold red")
        )
        print_findings(findings)
    out.print(Text("\nGo on with", style="bold"))
    for line in made.next_steps:
        click.echo(f"  {line}")
