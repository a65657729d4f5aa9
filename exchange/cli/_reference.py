"""The commands that print the reference: lists made from the code and the declared files themselves."""

from __future__ import annotations

from pathlib import Path

import click

from exchange.cli._face import json_option, print_json, print_table, site_option


def listing(what: str, help: str) -> click.Command:
    """A command that lists one family; `what` is the name of a function of `exchange.operations.reference`."""

    @click.command(what, short_help=help, help=f"{help} With NAME, only those whose names contain it.")
    @click.argument("name", required=False)
    @site_option
    @json_option
    def command(name: str | None, site: Path, as_json: bool) -> None:
        from exchange.operations import reference

        show(what, getattr(reference, what)(site), name, as_json)

    return command


def show(what: str, rows: list[dict[str, str]], name: str | None, as_json: bool) -> None:
    """The rows of a family, or those of them whose names contain a text."""
    rows = [row for row in rows if name is None or name.casefold() in next(iter(row.values())).casefold()]
    if as_json:
        print_json(rows)
        return
    titles = [title.replace("_", " ").capitalize() for title in rows[0]] if rows else []
    print_table("", titles, [tuple(row.values()) for row in rows], empty=f"no {what} of that name")
