"""exchange verify: prove that ledger and archive are whole."""

from __future__ import annotations

from pathlib import Path

import click

from exchange.cli._face import HELD, json_option, print_facts, print_json, site_option
from exchange.wording import counted


@click.command(short_help="Prove that ledger and archive are whole and untouched.")
@site_option
@json_option
@click.option("--no-files", is_flag=True, help="Do not read the archived files again.")
@click.pass_context
def command(ctx: click.Context, site: Path, as_json: bool, no_files: bool) -> None:
    """Prove the hash chain of events, every row against it, every archived file against its hash, every delivery."""
    from dataclasses import asdict

    from exchange.operations import proving

    result = proving.verify(site, files=not no_files)
    if as_json:
        print_json(asdict(result))
    else:
        print_facts({name: value for name, value in asdict(result).items() if name != "problems"})
        for problem in result.problems:
            click.echo(problem)
        click.echo(
            "Ledger and archive are whole."
            if not result.problems
            else f"{counted(len(result.problems), 'problem')}."
        )
    ctx.exit(HELD if result.problems else 0)
