"""exchange seal: a file for Bankgirot with its seal, or whether a sealed one was changed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from exchange.cli._face import HELD, json_option, print_findings, print_json, site_option

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(short_help="Seal a file for Bankgirot, or look whether a sealed one was changed.")
@click.argument("file", type=FILE)
@click.option("--key", required=True, help="The key: env:NAME, file:PATH or credentials:NAME.")
@click.option("--output", type=click.Path(path_type=Path), help="The sealed file; it must not be there yet.")
@click.option("--verify", is_flag=True, help="Look at the seal of FILE instead.")
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="The day of the seal; default: today.")
@site_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    file: Path,
    key: str,
    output: Path | None,
    verify: bool,
    day: datetime | None,
    site: Path,
    as_json: bool,
) -> None:
    """Write FILE with Bankgirot's seal (HMAC) to --output, or look with --verify whether it was changed since.

    The key is 32 hexadecimal digits behind a reference to a secret. Exit code 3 when the seal does not hold.
    """
    from exchange.operations import sealing

    if verify:
        wrong = sealing.verify(file, key, site)
        if as_json:
            print_json(
                {"file": str(file), "unchanged": wrong is None, "finding": wrong.as_dict() if wrong else None}
            )
        elif wrong is None:
            click.echo(f"{file} is as it was sealed.")
        else:
            print_findings([wrong])
        ctx.exit(HELD if wrong else 0)
    if output is None:
        raise click.UsageError("Name the sealed file by --output, or look at a seal by --verify.")
    value = sealing.seal(file, output, key, site, day.date() if day else None)
    if as_json:
        print_json({"file": str(output), "kvv": value})
    else:
        click.echo(f"{output} is sealed with the key {value}.")
