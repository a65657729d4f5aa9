"""exchange checks: the checks of single values, and what one of them says of a value."""

from __future__ import annotations

from pathlib import Path

import click

from exchange.cli._face import HELD, json_option, print_json, print_table, site_option
from exchange.cli._reference import show


@click.command(short_help="The checks of account numbers, references and identifiers; one value looked at.")
@click.argument("name", required=False)
@click.argument("values", nargs=-1, metavar="[VALUE]...")
@site_option
@json_option
@click.pass_context
def command(ctx: click.Context, name: str | None, values: tuple[str, ...], site: Path, as_json: bool) -> None:
    """The checks of account numbers, references and identifiers. With NAME, only those whose names contain it.

    With VALUE, what the check NAME says of it: `exchange checks iban "FI21 1234 5600 0007 85"`. Exit code 3 when
    one of the values does not pass.
    """
    from exchange.operations import reference

    if name is None or not values:
        show("checks", reference.checks(site), name, as_json)
        return
    rows = reference.checked(name, values)
    if as_json:
        print_json(rows)
    else:
        told = [(row["value"], row["electronic"], row["written"], row["fault"] or "passes") for row in rows]
        print_table("", ["Value", "Electronic form", "As people write it", name], told)
    ctx.exit(HELD if any(row["fault"] for row in rows) else 0)
