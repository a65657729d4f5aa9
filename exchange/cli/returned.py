"""exchange returned: the money of a payment is back, and no file says so."""

from __future__ import annotations

from pathlib import Path

import click

from exchange.cli._face import because_option, json_option, print_moved, site_option


@click.command(short_help="Say that the money of a payment is back, which no file tells.")
@click.argument("id")
@site_option
@json_option
@because_option
def command(id: str, site: Path, as_json: bool, because: str) -> None:
    """The money of the booked payment ID came back by a way that no statement of this site shows: on another account, or set off
    by the bank. It is `returned` from now on: the bank owes nothing more of it, and it may be paid again.

    ID is the payment's number (P17), its id at the source, or an id of the payment file. Say with --because where the money is.
    """
    from exchange.operations import deciding, paying

    print_moved(paying.as_dict(deciding.returned(site, id, because), None), as_json)
