"""exchange repair: a correction laid over the archived original."""

from __future__ import annotations

from pathlib import Path

import click

from exchange.cli._decision import print_decided
from exchange.cli._face import because_option, json_option, site_option

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(short_help="Correct a held file and read it again; the original stays as it is.")
@click.argument("id")
@site_option
@json_option
@because_option
@click.option("--line", type=click.IntRange(min=1), help="Physical line on which a text is wrong.")
@click.option("--replace", "old", help="The wrong text; it must stand on that line once.")
@click.option("--with", "new", help="The right text.")
@click.option("--with-file", "file", type=FILE, help="A corrected copy of the whole file.")
def command(
    id: str,
    site: Path,
    as_json: bool,
    because: str,
    line: int | None,
    old: str | None,
    new: str | None,
    file: Path | None,
) -> None:
    """Lay a correction over the original of the held arrival ID and read it again.

    Either --line, --replace and --with, or --with-file. The original is never touched; the ledger keeps what was
    changed, by whom and why.
    """
    from exchange.operations import repairing

    if file is not None and line is None and old is None and new is None:
        done = repairing.repair_with(site, id, file, because)
    elif file is None and line is not None and old is not None and new is not None:
        done = repairing.repair(site, id, repairing.Correction(line, old, new), because)
    else:
        raise click.UsageError("Give --line, --replace and --with together, or --with-file alone.")
    if done.before and not as_json:
        click.echo(f"- {done.before}\n+ {done.after}")
    print_decided(done.arrival, as_json)
