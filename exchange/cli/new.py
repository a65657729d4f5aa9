"""exchange new: a new site, commented."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(short_help="Make a new site with commented files.")
@click.argument("dir", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--sample",
    metavar="NAME",
    help="Begin with the site of these samples, such as swedish-bridge, the samples and folders for its files.",
)
def command(dir: Path, sample: str | None) -> None:
    """Make a new site in the folder DIR (new or empty): exchange.yaml, a first flow with its layout and mapping."""
    from exchange.operations import making

    for path in making.new(dir, sample):
        click.echo(f"made {path}")
    first = f"put a file into {dir}/inbox/orders" if sample is None else f"read the flows in {dir}/flows"
    click.echo(f"\nNext: {first}, then\n  exchange check --site {dir}\n  exchange run --once --site {dir}")
