"""exchange repair: a correction laid over the archived original."""

from __future__ import annotations

from collections.abc import Sequence
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
@click.option(
    "--line",
    "lines",
    multiple=True,
    type=click.IntRange(min=1),
    help="Physical line on which a text is wrong.",
)
@click.option("--replace", "old", multiple=True, help="The wrong text; it must stand on that line once.")
@click.option("--with", "new", multiple=True, help="The right text.")
@click.option("--with-file", "file", type=FILE, help="A corrected copy of the whole file.")
def command(
    id: str,
    site: Path,
    as_json: bool,
    because: str,
    lines: Sequence[int],
    old: Sequence[str],
    new: Sequence[str],
    file: Path | None,
) -> None:
    """Lay corrections over the original of the held arrival ID and read it again.

    Either --line, --replace and --with, as often as there are errors, or --with-file. The original is never touched;
    the ledger keeps what was changed, by whom and why.
    """
    from exchange.operations import repairing

    if file is not None and not (lines or old or new):
        done = repairing.repair_with(site, id, file, because)
    elif file is None and lines and len(lines) == len(old) == len(new):
        corrections = [repairing.Correction(*each) for each in zip(lines, old, new, strict=True)]
        done = repairing.repair(site, id, corrections, because)
    else:
        raise click.UsageError("Give --line, --replace and --with together, or --with-file alone.")
    if not as_json:
        for before, after in done.lines:
            click.echo(f"- {before}\n+ {after}")
    print_decided(done.arrival, as_json)
