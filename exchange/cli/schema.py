"""exchange schema: JSON Schemas of declared files, for editors."""

from __future__ import annotations

import click

from exchange.cli._face import print_json


@click.command(short_help="JSON Schema of a kind of declared file, for editors.")
@click.argument(
    "kind",
    type=click.Choice(["site", "flow", "table", "mapping", "bank", "calendar", "rules", "pack", "layout"]),
)
@click.option("--format", "format_name", help="For layouts: of this format only.")
@click.option("--json", "as_json", is_flag=True, help="The output is JSON in any case.")
def command(kind: str, format_name: str | None, as_json: bool) -> None:
    """The JSON Schema of a kind of declared file; editors complete and check with it."""
    from exchange.operations import reference

    print_json(reference.schema(kind, format_name))
