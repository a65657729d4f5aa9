"""exchange read: a file's records or documents as JSON lines."""

from __future__ import annotations

from pathlib import Path

import click

from exchange.cli._face import HELD, place_of, print_json_line, progress, site_option

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(short_help="A file's records, or its documents, as JSON lines.")
@click.argument("file", type=FILE)
@site_option
@click.option("--layout", help="Read it by this layout instead of recognising it.")
@click.option(
    "--as",
    "as_what",
    type=click.Choice(["records", "common"]),
    default="records",
    show_default=True,
    help="Records of the file, or documents of schemas/common.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="The output is JSON lines in any case; findings become JSON, too."
)
@click.pass_context
def command(
    ctx: click.Context, file: Path, site: Path, layout: str | None, as_what: str, as_json: bool
) -> None:
    """The records of FILE as JSON lines on standard output, its findings on standard error. Works without a site."""
    import json

    from exchange.operations import looking
    from exchange.outcome import Gathered

    found = Gathered()
    with progress([file]) as advance:
        for record in looking.read(
            file, site, layout, as_common=as_what == "common", found=found, progress=advance
        ):
            print_json_line(record)
    for finding in found.kept:
        said = f"{finding.severity} {finding.code} {place_of(finding)}: {finding.message} {finding.advice}"
        click.echo(json.dumps(finding.as_dict(), ensure_ascii=False) if as_json else said, err=True)
    ctx.exit(HELD if found.errors else 0)
