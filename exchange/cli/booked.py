"""exchange booked: the bank carried a payment out, and no file says so."""

from __future__ import annotations

from pathlib import Path

import click

from exchange.cli._face import because_option, json_option, print_moved, site_option


@click.command(short_help="Say that a payment was carried out, which no file tells.")
@click.argument("id")
@site_option
@json_option
@because_option
def command(id: str, site: Path, as_json: bool, because: str) -> None:
    """The money of the payment ID left the account, and no statement of this site will show it: the account was closed, or its
    statements come on paper. It is `booked` from now on: the bank owes no answer and no booking, and it counts as paid.

    ID is the payment's number (P17), its id at the source, or an id of the payment file. Say with --because how you know.
    """
    from exchange.operations import deciding, paying

    print_moved(paying.as_dict(deciding.booked(site, id, because), None), as_json)
