"""exchange new: a new site, commented."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(short_help="Make a new site with commented files.")
@click.argument("dir", type=click.Path(file_okay=False, path_type=Path))
def command(dir: Path) -> None:
    """Make a new site in the folder DIR (new or empty): exchange.yaml, a first flow with its layout and mapping."""
    from exchange.operations import making

    for path in making.new(dir):
        click.echo(f"made {path}")
    click.echo(
        f"\nNext: put a file into {dir}/inbox/orders, then\n  exchange check --site {dir}\n  exchange run --once --site {dir}"
    )
